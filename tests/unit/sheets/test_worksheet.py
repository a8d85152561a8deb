"""A worksheet read while it streams by: the same cells as another reader finds, in whatever spelling."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest
import python_calamine
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from bangfu.core.errors import WorkbookError
from bangfu.core.sheets import read_workbook
from bangfu.core.sheets.archive import Limits
from bangfu.core.sheets.blocks import cut_behind
from bangfu.core.sheets.cells import Cell, RawSheet
from bangfu.core.sheets.content import shared_strings, text_of
from bangfu.core.sheets.formats import Kind, as_day, as_span, as_written_day, kinds_of_formats
from bangfu.core.sheets.package import parse
from tests.unit.sheets.books import prefixed, rezip, with_sheet_xml, write_xlsx

SHEET = "xl/worksheets/sheet1.xml"
FORMATS = ["General", "0.00", "yyyy-mm-dd", 'yyyy"年"m"月"d"日"', "[h]:mm:ss", "h:mm", '"day"0', "@"]
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=8).filter(
    lambda text: text == text.strip() and "_x" not in text
)
numbers = (
    st.floats(-1e6, 1e6)
    | st.integers(0, 80_000).map(float)
    | st.integers(1, 80_000_000).map(lambda n: n / 1000)
)
cells = st.none() | texts | st.tuples(numbers, st.integers(0, len(FORMATS) - 1)) | st.booleans()
grids = st.lists(st.lists(cells, min_size=1, max_size=5), max_size=8)


def written(grid: Sequence[Sequence[object]], path: Path, is_inline: bool, is_1904: bool = False) -> Path:
    options = {"constant_memory": is_inline, "date_1904": is_1904, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, options) as book:
        sheet = book.add_worksheet("表")
        formats = [book.add_format({"num_format": code, "bold": True}) for code in FORMATS]
        for row, line in enumerate(grid):
            for column, cell in enumerate(line):
                if isinstance(cell, tuple):
                    sheet.write_number(row, column, cell[0], formats[cell[1]])
                elif isinstance(cell, str):
                    sheet.write_string(row, column, cell)
                elif cell is None:
                    sheet.write_blank(row, column, None, formats[column])
                else:
                    sheet.write_boolean(row, column, cell)
    return path


def by_another(path: Path) -> list[list[Cell]]:
    found = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0)
    return found.to_python(skip_empty_area=False)


def trimmed(rows: Sequence[Sequence[Cell]]) -> list[list[Cell]]:
    """Without empty rows and columns at the end."""
    last = max((at for at, row in enumerate(rows) if any(cell != "" for cell in row)), default=-1)
    width = max((at + 1 for row in rows for at, cell in enumerate(row) if cell != ""), default=0)
    return [list(row[:width]) for row in rows[: last + 1]]


def typed(rows: Sequence[Sequence[Cell]]) -> list[list[tuple[type, Cell]]]:
    return [[(type(cell), cell) for cell in row] for row in rows]


@given(grid=grids, is_inline=st.booleans(), is_1904=st.booleans())
@settings(max_examples=60)
def test_every_cell_is_what_another_reader_finds(
    grid: list[list[object]], is_inline: bool, is_1904: bool
) -> None:
    # The other takes a day before all days for midnight.
    positive = [["" if isinstance(cell, tuple) and cell[0] < 0 else cell for cell in row] for row in grid]
    with tempfile.TemporaryDirectory() as folder:
        path = written(positive, Path(folder) / "表.xlsx", is_inline, is_1904)
        assert typed(read_workbook(path).sheets[0].rows()) == typed(trimmed(by_another(path)))


@given(grid=st.lists(st.lists(texts, min_size=3, max_size=3), min_size=1, max_size=8))
@settings(max_examples=30)
def test_another_spelling_changes_nothing(grid: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        plain = written(grid, Path(folder) / "表.xlsx", is_inline=True)
        other = with_sheet_xml(plain, Path(folder) / "前缀.xlsx", prefixed)
        assert read_workbook(other).sheets[0].rows() == read_workbook(plain).sheets[0].rows()


def sheet_of(rows: bytes, folder: Path, tail: bytes = b"", strings: bytes = b"") -> RawSheet:
    """A sheet whose rows are written by hand."""
    path = folder / "表.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("表")
        sheet.write_string(0, 0, "甲")
        sheet.write_datetime(0, 1, date(2020, 1, 1), book.add_format({"num_format": "yyyy-mm-dd"}))
    start = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'

    def change(name: str, content: bytes) -> bytes:
        if name == SHEET:
            return start + rows + b"</sheetData>" + tail + b"</worksheet>"
        return strings if strings and name == "xl/sharedStrings.xml" else content

    return read_workbook(rezip(path, folder / "手写.xlsx", change)).sheets[0]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('t="inlineStr"><is><t xml:space="preserve"> 甲\r\n乙 </t></is>', " 甲\n乙 "),
        ('t="inlineStr"><is><r><t>甲</t></r><r><rPr><b/></rPr><t> 乙</t></r><rPh sb="0" eb="1"><t>jia</t></rPh></is>', "甲 乙"),
        ('t="inlineStr"><is><t>a&amp;&lt;&#20013;&#x4e2d;_x000D__x005F_x4E00_</t></is>', "a&<中中\r_x4E00_"),
        ('t="inlineStr"><is><t><![CDATA[a<b]]></t><!-- 注 --></is>', "a<b"),
        ('t="inlineStr"><is><t/></is>', ""),
        ('t="str"><v>甲</v>', "甲"),
        ('t="b"><v>1</v>', True),
        ('t="b"><v>0</v>', False),
        ('t="b"><v>true</v>', True),
        ('t="b">', ""),
        ('t="d"><v>2019-06-15</v>', date(2019, 6, 15)),
        ('t="d"><v>2019-06-15T12:30:00Z</v>', datetime(2019, 6, 15, 12, 30)),  # noqa: DTZ001
        ('t="d"><v>去年</v>', "去年"),
        ('t="n"><v> 12 </v>', 12.0),
        ('><v>1E3</v>', 1000.0),
        ('><v>1_0</v>', "1_0"),
        ('><v>nan</v>', "nan"),
        ('><v>某</v>', "某"),
        ('s="1"><v>某</v>', "某"),
        ('s="1"><v>43631</v>', date(2019, 6, 15)),
        ('s="99"><v>5</v>', 5.0),
        ('s="1" t="s"><v>0</v>', "甲"),
        ('t="s" s="1"><v>0</v>', "甲"),
        ("><v/>", ""),
        ('cm="1"><f>A2</f><v>7</v>', 7.0),
        ("><v>7</v><extLst/>", 7.0),
    ],
)  # fmt: skip
def test_each_kind_of_cell(tmp_path: Path, cell: str, value: Cell) -> None:
    rows = f'<row r="1"><c r="A1" {cell}</c><c r="B1"><v>9</v></c></row>'.encode()
    assert sheet_of(rows, tmp_path).rows() == [[value, 9.0]]


@pytest.mark.parametrize(
    "cell",
    [
        b' r="A1" t="s"><v>7</v>',
        b' r="A1" t="s"><v>x</v>',
        b' r="A1" t="b"><v>2</v>',
        b' r="A1" t="q"><v>7</v>',
        b' r="A1" t="inlineStr"><is><t>\xff</t></is>',
        b' r="A1" t="inlineStr"><is><t>a&nope;b</t></is>',
        b' r="A1" t="inlineStr"><is><b></is>',
        b' r="A1" t=" "><v>1</v>',
        b' r="A0"><v>1</v>',
        b" r='A0'><v>1</v>",
    ],
)
def test_cells_that_cannot_be_trusted_refuse_the_file(tmp_path: Path, cell: bytes) -> None:
    with pytest.raises(WorkbookError) as error:
        sheet_of(b'<row r="1"><c' + cell + b"</c></row>", tmp_path)
    assert error.value.problems[0].code == "workbook.truncated"


def test_cells_stand_where_their_references_say(tmp_path: Path) -> None:
    rows = (
        b'<row r="2"><c r="B2"><v>1</v></c><c r="A2"><v>2</v></c></row>'
        b'<row r="3"/><row r="4"></row><row r="5"><c r="B5"><v>3</v></c><c r="D5" s="1"/></row>'
        b'<row r="2"><c r="B2"><v>4</v></c></row>'
    )
    assert sheet_of(rows, tmp_path).rows() == [["", ""], [2.0, 4.0], ["", ""], ["", ""], ["", 3.0]]


def test_rows_told_twice_or_out_of_order_keep_the_last(tmp_path: Path) -> None:
    def row(number: int, value: int) -> bytes:
        return b'<row r="%d"><c r="A%d"><v>%d</v></c></row>' % (number, number, value)

    filler = b" " * (1 << 20)  # the next row comes in another piece
    rows = row(1, 1) + row(2, 2) + filler + row(1, 5) + row(2, 6) + filler + row(4, 7)
    assert sheet_of(rows, tmp_path).rows() == [[5.0], [6.0], [""], [7.0]]


def test_a_comment_hides_what_stands_in_it(tmp_path: Path) -> None:
    rows = b'<row r="1"><!-- <c r="A1"><v>1</v></c> --><c r="B1"><v>2</v></c></row>'
    assert sheet_of(rows, tmp_path).rows() == [["", 2.0]]


def test_a_text_that_looks_like_an_end_is_a_text(tmp_path: Path) -> None:
    rows = b'<row r="1"><c r="A1" t="inlineStr"><is><t>arrow> sheetData</t></is></c></row>'
    assert sheet_of(rows, tmp_path).rows() == [["arrow> sheetData"]]
    assert list(cut_behind([b"<row>a", b"row></row><row>"], b"row", "x")) == [b"<row>arow></row>", b"<row>"]


def test_formulas_faults_and_long_numbers_are_noted_however_often(tmp_path: Path) -> None:
    rows = b"".join(
        b'<row r="%d"><c r="A%d"><f>B1</f><v>7</v></c><c r="B%d" t="e"><v>#N/A</v></c>'
        b'<c r="C%d"><v>990101196001010018</v></c><c r="D%d"><f t="shared" si="0"/></c></row>'
        % (n, n, n, n, n)
        for n in (1, 2)
    )
    sheet = sheet_of(rows, tmp_path)
    assert sheet.rows() == [[7.0, "", 990101196001010018.0]] * 2
    assert sheet.formulas == {(0, 0): True, (1, 0): True, (0, 3): False, (1, 3): False}
    assert sheet.faults == {(0, 1): "#N/A", (1, 1): "#N/A"}
    assert sheet.exact_numbers == {(row, 2): "990101196001010018" for row in (0, 1)}


def test_merged_cells_are_known(tmp_path: Path) -> None:
    tail = b'<mergeCells count="2"><mergeCell ref="A1:B1"/><mergeCell ref="A2:A3"/></mergeCells>'
    sheet = sheet_of(b'<row r="1"><c r="A1"><v>1</v></c></row>', tmp_path, tail)
    assert sheet.merged == ((0, 0, 0, 1), (1, 0, 2, 0))


def test_what_stands_behind_the_rows_may_speak_of_rows(tmp_path: Path) -> None:
    tail = (
        b'<controls xmlns:x="u"><x:row>7</x:row></controls><mergeCells><mergeCell ref="A1:B2"/></mergeCells>'
    )
    sheet = sheet_of(b'<row r="1"><c r="A1"><v>1</v></c></row>', tmp_path, tail)
    assert (sheet.rows(), sheet.merged) == ([[1.0]], ((0, 0, 1, 1),))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<worksheet><sheetData><row/></sheetData>", "truncated"),
        (b"<worksheet><sheetData><row/></worksheet>", "truncated"),
        (b"<worksheet></worksheet>", "truncated"),
        (b"<chartsheet><sheetData/></chartsheet>", "truncated"),
        (b"", "truncated"),
        (b"<!DOCTYPE x><worksheet><sheetData/></worksheet>", "bomb"),
    ],
)
def test_a_worksheet_that_is_none_refuses_the_file(tmp_path: Path, content: bytes, code: str) -> None:
    plain = write_xlsx(tmp_path / "表.xlsx", {"表": [["甲"]]})
    with pytest.raises(WorkbookError) as error:
        read_workbook(with_sheet_xml(plain, tmp_path / "坏.xlsx", lambda _: content))
    assert error.value.problems[0].code == f"workbook.{code}"


def test_a_thousand_different_texts_and_more_are_all_read(tmp_path: Path) -> None:
    grid = [[f"甲{n}", n % 7] for n in range(10_000)]
    assert read_workbook(write_xlsx(tmp_path / "长.xlsx", {"表": grid})).sheets[0].rows() == grid


def test_what_another_program_wrote_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    moments = [
        "甲 ",
        1.5,
        True,
        date(2019, 6, 15),
        datetime(2019, 6, 15, 8),  # noqa: DTZ001
        time(8, 30),
        timedelta(hours=30),
    ]
    book.active.append(moments)
    book.save(tmp_path / "表.xlsx")
    assert read_workbook(tmp_path / "表.xlsx").sheets[0].rows() == [moments]


def test_blank_cells_far_away_claim_nothing_and_others_are_counted(tmp_path: Path) -> None:
    def rows(rest: bytes) -> bytes:
        return b'<row r="1"><c r="A1"><v>1</v></c></row><row r="90000"><c r="ZZ90000"' + rest + b"</row>"

    assert sheet_of(rows(b' s="1"/>'), tmp_path).rows() == [[1.0]]
    with pytest.raises(WorkbookError) as error:
        sheet_of(rows(b"><v>1</v></c>"), tmp_path)
    assert error.value.problems[0].code == "workbook.too_big"


def test_shared_strings_in_any_spelling() -> None:
    start, end = b'<?xml version="1.0"?><sst xmlns="u">', b"</sst>"
    plain = b'<si><t>a</t></si><si><t xml:space="preserve"> b </t></si>'
    rich = b"<si><r><t>x</t></r><r><t> y</t></r><rPh><t>p</t></rPh></si><si/><si><t/></si>"
    assert shared_strings([start + plain, plain + end], "x") == ["a", " b "] * 2
    assert shared_strings([start + plain + rich + end], "x") == ["a", " b ", "x y", "", ""]
    assert shared_strings([b'<x:sst xmlns:x="u"><x:si><x:t>a</x:t></x:si></x:sst>'], "x") == ["a"]
    assert shared_strings([b"<sst/>"], "x") == []
    for damaged, code in ((b"<!DOCTYPE x><sst></sst>", "bomb"), (b"<sst><si><t>", "truncated")):
        with pytest.raises(WorkbookError) as error:
            shared_strings([damaged], "x")
        assert error.value.problems[0].code == f"workbook.{code}"


def test_a_workbook_without_styles_has_plain_numbers(tmp_path: Path) -> None:
    path = written([[(43631.0, 2)]], tmp_path / "表.xlsx", is_inline=False)
    bare = rezip(
        path, tmp_path / "无.xlsx", lambda name, content: None if name == "xl/styles.xml" else content
    )
    assert read_workbook(bare).sheets[0].rows() == [[43631.0]]


def kinds(*codes: str, formats: Sequence[int]) -> tuple[Kind, ...]:
    own = "".join(f'<numFmt numFmtId="{200 + at}" formatCode="{code}"/>' for at, code in enumerate(codes))
    used = "".join(f'<xf numFmtId="{number}"/>' for number in formats)
    xml = f"<styleSheet><numFmts>{own}</numFmts><cellXfs>{used}</cellXfs></styleSheet>"
    return kinds_of_formats(parse(xml.encode(), "x"))


def test_formats_that_show_a_day() -> None:
    days = [
        "yyyy-m-d",
        "yyyy/m/d;@",
        "[$-804]yyyy&quot;年&quot;m&quot;月&quot;",
        "h:mm AM/PM",
        "[$-804]aaaa",
        "[Red]d",
    ]
    others = [
        "General",
        "Standard",
        "#,##0_d",
        "&quot;d&quot;0",
        "\\d0",
        "0.00E+00",
        "[Red]0;[Blue]-0",
        "0;yyyy",
        "G/通用格式",
    ]
    assert set(kinds(*days, formats=range(200, 200 + len(days)))) == {Kind.DAY}
    assert set(kinds(*others, formats=range(200, 200 + len(others)))) == {Kind.NUMBER}
    assert kinds("[h]:mm", formats=[200, 46]) == (Kind.SPAN, Kind.SPAN)
    assert kinds(formats=[0, 14, 31, 57, 49]) == (Kind.NUMBER, Kind.DAY, Kind.DAY, Kind.DAY, Kind.NUMBER)
    assert kinds_of_formats(parse(b"<styleSheet/>", "x")) == ()
    assert kinds_of_formats(parse(b'<s><cellXfs><xf numFmtId="x"/></cellXfs></s>', "x")) == (Kind.NUMBER,)


def test_numbers_as_days_and_times() -> None:
    assert as_day(43631, False) == date(2019, 6, 15)
    assert as_day(43631 - 1462, True) == date(2019, 6, 15)
    assert as_day(43631.5, False) == datetime(2019, 6, 15, 12)  # noqa: DTZ001
    assert [as_day(n, False) for n in (1, 59, 61)] == [date(1900, 1, 1), date(1900, 2, 28), date(1900, 3, 1)]
    assert as_day(0.25, False) == time(6)
    assert [as_day(n, False) for n in (-1, 3e6)] == [-1, 3e6]
    assert (as_span(1.5), as_span(1e18)) == (timedelta(days=1.5), 1e18)
    assert as_written_day("2019") == "2019"


def test_a_text_of_a_cell_says_what_was_typed() -> None:
    assert text_of("甲_x000a_乙_x4E00_".encode(), "x") == "甲\n乙_x4E00_"


def test_reading_takes_no_more_than_the_values(tmp_path: Path) -> None:
    import tracemalloc

    path = tmp_path / "大.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for row in range(5_000):
            sheet.write_row(row, 0, ["是"] * 40)
    tracemalloc.start()
    read = read_workbook(path, Limits()).sheets[0]
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert read.height == 5_000
    assert kept < 3 << 20  # eight bytes a cell
    assert peak < 20 << 20  # whatever the number of rows
