"""Sheets that the product writes: one look, and no text that turns into a formula."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bangfu.core.sheets import read_workbook
from bangfu.core.sheets.writing import Kind, SheetColumn, open_book, write_csv

COLUMNS = [
    SheetColumn("序号", 6, Kind.WHOLE),
    SheetColumn("问题", 20, wrap=True),
    SheetColumn("金额", 12, Kind.AMOUNT),
    SheetColumn("期限", 12, Kind.DATE),
    SheetColumn("通过", 6),
]
ROWS = [
    [
        1,
        "人均纯收入 3,215 元，低于 3,700 元，差 485 元，请核对收入明细",
        Decimal("3215.5"),
        date(2020, 1, 2),
        True,
    ],
    [2, "=SUM(A1)", 2.5, None, False],
]


def write(path: Path, title: str = "问题台账") -> int:
    with open_book(path) as book:
        return book.add_table("问题", COLUMNS, ROWS, title)


def test_a_table_with_title_filter_frozen_header_and_print_set_up(tmp_path: Path) -> None:
    path = tmp_path / "台账.xlsx"
    assert write(path) == 2
    sheet = openpyxl.load_workbook(path)["问题"]
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["问题台账", None, None, None, None],
        [column.title for column in COLUMNS],
        [1, ROWS[0][1], 3215.5, datetime(2020, 1, 2), "是"],  # noqa: DTZ001
        [2, "=SUM(A1)", 2.5, None, "否"],
    ]
    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet.print_title_rows) == ("A3", "A2:E4", "$1:$2")
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize, sheet.page_setup.fitToHeight) == (
        "landscape",
        9,
        0,
    )
    assert next(iter(sheet.merged_cells.ranges)).coord == "A1:E1"
    assert (
        sheet["C3"].number_format,
        sheet["D3"].number_format,
        sheet.column_dimensions["B"].width > 19,
    ) == ("#,##0.00", "yyyy-mm-dd", True)
    assert sheet.row_dimensions[3].height > sheet.row_dimensions[4].height  # wrapped text is seen whole
    assert (path.stat().st_mode & 0o077, [entry.name for entry in tmp_path.iterdir()]) == (0, ["台账.xlsx"])


def test_a_table_without_title_and_a_table_of_one_column(tmp_path: Path) -> None:
    with open_book(tmp_path / "a.xlsx") as book:
        assert book.add_table("甲", COLUMNS, []) == 0
        assert book.add_table("乙", COLUMNS[:1], [[7]], "题") == 1
    read = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert (read["甲"].auto_filter.ref, read["甲"].freeze_panes) == ("A1:E1", "A2")
    assert [cell.value for (cell,) in read["乙"].iter_rows()] == ["题", "序号", 7]


def test_the_same_table_gives_the_same_bytes(tmp_path: Path) -> None:
    write(tmp_path / "a.xlsx")
    write(tmp_path / "b.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_workbook_that_fails_midway_is_not_there(tmp_path: Path) -> None:
    def rows() -> Iterator[list[object]]:
        yield [1, "x", None, None, None]
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError), open_book(tmp_path / "a.xlsx") as book:
        book.add_table("甲", COLUMNS, rows())  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=20)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["", "=", "+", "-", "@", "\t", "'"]), texts)
def test_no_text_becomes_a_formula(tmp_path: Path, start: str, text: str) -> None:
    path = tmp_path / "a.xlsx"
    with open_book(path) as book:
        book.add_table("甲", [SheetColumn("列"), SheetColumn("二")], [[start + text, 1]])
    (sheet,) = read_workbook(path).sheets
    assert sheet.formulas == {}
    cell = openpyxl.load_workbook(path)["甲"]["A2"]
    assert cell.data_type in ("s", "n")
    assert cell.quotePrefix == start.startswith(("=", "+", "-", "@", "\t")) or text.startswith(
        ("=", "+", "-", "@", "\t")
    )


def test_long_text_is_cut_and_control_characters_are_dropped(tmp_path: Path) -> None:
    with open_book(tmp_path / "a.xlsx") as book:
        book.add_table("甲", [SheetColumn("列", wrap=True)], [["x" * 40_000], ["a\x00b\nc"]])
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["甲"]
    assert (len(sheet["A2"].value), sheet["A2"].value[-1]) == (32_767, "…")
    assert sheet["A3"].value == "ab\nc"


def test_csv_opens_as_chinese_and_without_formulas(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_csv(
        path,
        ["列", "=题"],
        [["=1+1", -5], ["@x", None], ["\t+", True], ["-", False], ['a\x00,"b', date(2020, 1, 2)]],
    )
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    (sheet,) = read_workbook(path).sheets
    assert [list(row) for row in sheet.rows()] == [
        ["列", "'=题"], ["'=1+1", "-5"], ["'@x", ""], ["'\t+", "是"], ["'-", "否"], ['a,"b', "2020-01-02"],
    ]  # fmt: skip
    assert path.stat().st_mode & 0o077 == 0
