"""The workbooks of a township: everything wrong in them is found, nothing else; the same seed, the same bytes."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import polars as pl
import pytest

from bangfu.core.divisions import shipped_divisions
from bangfu.core.register import empty_state
from bangfu.core.samples import PLACES, write_sample_workbooks
from bangfu.core.samples.pages import Dirt, Page, Titled, write_xlsx
from bangfu.core.sheets.cells import reference
from bangfu.core.sheets.detecting import stage_workbook
from bangfu.core.sheets.importing import ImportResult, Options, plan_import
from bangfu.core.sheets.reading import read_workbook
from bangfu.core.sheets.reasons import REASONS
from bangfu.core.vocabulary import load_vocabulary

FILES = {"户信息表.xlsx", "人口信息表.xlsx", "家庭收入表.xlsx", "帮扶责任人结对表.csv", "驻村干部表.xlsx"}


@pytest.fixture(scope="module")
def canggou(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Dirt]]:
    """The folder of one set of workbooks, and what is wrong in them."""
    folder = tmp_path_factory.mktemp("canggou") / "books"
    return folder, write_sample_workbooks("s3", 4, folder)


def import_all(place: str, folder: Path) -> ImportResult:
    """What importing every file of a folder into an empty register would do."""
    where, vocabulary = PLACES[place], load_vocabulary()
    staged = [
        stage_workbook(read_workbook(file), vocabulary, where.usual_day) for file in sorted(folder.iterdir())
    ]
    options = Options(within=where.division, complete_on=where.usual_day)
    return plan_import(empty_state(), staged, shipped_divisions(), vocabulary, options)


def reported(result: ImportResult) -> set[tuple[str, str, str, str]]:
    cells = result.problems.select("workbook", "sheet", "row", "column", "code").rows()
    return {(file, sheet, reference(row, column), code) for file, sheet, row, column, code in cells}


@pytest.mark.parametrize(("place", "seed"), [("s4", 1), ("s2", 5), ("s3", 3)])
def test_the_importer_finds_exactly_what_was_spoiled(place: str, seed: int, tmp_path: Path) -> None:
    dirt = write_sample_workbooks(place, seed, tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == FILES
    result = import_all(place, tmp_path)
    assert result.refusals == ()
    assert reported(result) == {(d.file, d.sheet, d.cell, d.kind) for d in dirt}
    assert result.counts.households_refused < result.counts.households / 10


def test_every_kind_of_mistake_is_there(canggou: tuple[Path, list[Dirt]]) -> None:
    kinds = {d.kind for d in canggou[1]}
    assert kinds <= set(REASONS)
    assert len(kinds) >= 34


def test_the_same_seed_gives_the_same_bytes(canggou: tuple[Path, list[Dirt]], tmp_path: Path) -> None:
    folder, dirt = canggou
    assert write_sample_workbooks("s3", 4, tmp_path) == dirt
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_a_chart_a_formula_an_error_and_merged_titles_are_there(canggou: tuple[Path, list[Dirt]]) -> None:
    folder, _ = canggou
    with ZipFile(folder / "户信息表.xlsx") as archive:
        assert any("chart" in name for name in archive.namelist())
        assert b"<mergeCell " in archive.read("xl/worksheets/sheet1.xml")
    with ZipFile(folder / "家庭收入表.xlsx") as archive:
        content = archive.read("xl/worksheets/sheet1.xml")
    assert b"<f>" in content
    assert b"#DIV/0!" in content


def test_the_pairing_sheet_is_text_in_gb18030(canggou: tuple[Path, list[Dirt]]) -> None:
    content = (canggou[0] / "帮扶责任人结对表.csv").read_bytes()
    assert "帮扶责任人编号" in content.decode("gb18030")
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")


def test_places_names_and_people_of_a_sheet_reach_the_register(canggou: tuple[Path, list[Dirt]]) -> None:
    tables = import_all("s3", canggou[0]).tables
    assert tables["village"].height == 5
    assert set(tables["household"]["household_status"]) <= {"registered", "exited", "returned", "general"}
    person = tables["person"]
    assert person.filter(pl.col("disability_grade").is_not_null()).height > 10
    assert tables["pairing"].height > 400


def test_a_group_of_one_column_is_written_without_merging(tmp_path: Path) -> None:
    page = Page(
        "f", "s", ["题"], [Titled("甲", "一"), Titled("乙", "二"), Titled("丙", "二")], [["1", 2, None]]
    )
    write_xlsx(tmp_path / "f.xlsx", [page])
    sheet = read_workbook(tmp_path / "f.xlsx").sheets[0]
    assert [list(row) for row in sheet.rows()] == [
        ["题", "", ""],
        ["一", "二", ""],
        ["甲", "乙", "丙"],
        ["1", 2, ""],
    ]


def test_a_header_of_one_row_or_two() -> None:
    flat = Page("f", "s", ["题"], [Titled("甲"), Titled("乙")], [["1", "2"]], footer="注")
    assert flat.grid() == [["题", None], ["甲", "乙"], ["1", "2"], ["注", None]]
    grouped = Page(
        "f", "s", ["题"], [Titled("甲"), Titled("乙", "组"), Titled("丙", "组"), Titled("丁", "单")], []
    )
    assert grouped.grid()[1:] == [["甲", "组", None, "单"], [None, "乙", "丙", "丁"]]
    grouped.rows.append([None, None, None, None])
    grouped.write(0, "丙", "x", "not_number")
    assert grouped.dirt == [Dirt("f", "s", "C4", "not_number")]
