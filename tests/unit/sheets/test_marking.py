"""The user's own workbook comes back with its dirty cells marked, and otherwise as it was."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import polars as pl
import pytest
import xlsxwriter

from bangfu.core.errors import WorkbookError
from bangfu.core.register.changes import empty_state
from bangfu.core.sheets import ImportResult, mark_workbook, plan_import
from bangfu.core.sheets.cells import position
from bangfu.core.sheets.patching import comments_drawing, patch_sheet
from bangfu.core.sheets.results import PROBLEMS, Counts
from bangfu.core.sheets.styling import Styles
from tests.unit.sheets.books import (
    VOCABULARY,
    divisions,
    label,
    number,
    prefixed,
    rezip,
    staged,
    with_sheet_xml,
    write_xls,
    write_xlsx,
)

RED, YELLOW = "FFFFC7CE", "FFFFEB9C"
SOFFICE = shutil.which("soffice")


def result_of(path: Path, problems: Mapping[tuple[str, str], str]) -> ImportResult:
    """A result with problems by (sheet, cell): codes of reasons."""
    rows = [
        (
            path.name,
            sheet,
            *position(cell),
            "x",
            "题",
            "",
            code,
            "doubtful" if code == "date_month" else "refused",
            "细节",
        )
        for (sheet, cell), code in problems.items()
    ]
    frame = pl.DataFrame(rows, schema=PROBLEMS, orient="row")
    return ImportResult({}, frame, (), (), Counts(0, 0, 0, 0, {}, {}))


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def marked(path: Path, problems: Mapping[tuple[str, str], str], folder: Path) -> Path:
    made = mark_workbook(path, result_of(path, problems), folder)
    assert made is not None
    assert made.stat().st_mode & 0o077 == 0  # it holds personal data
    assert [entry.name for entry in folder.iterdir() if "partial" in entry.name] == []
    return made


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """A workbook as offices make them: formats, a formula, a comment, a picture of a chart, a list of codes."""
    path = tmp_path / "人口.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("人口")
        money = book.add_format({"num_format": "#,##0.00", "border": 1, "font_color": "#0000FF"})
        sheet.merge_range("A1:D1", "标题", book.add_format({"bold": True}))
        sheet.write_row("A2", ["姓名", "金额", "日期", "备注"])
        sheet.write_row("A3", ["张三", 1.5])
        sheet.write_number("B4", 3, money)
        sheet.write_formula("C4", "=B4*2", money, 6)
        sheet.write_comment("B4", "原有的话", {"author": "李"})
        sheet.data_validation(
            "D3:D9", {"validate": "list", "source": ["是", "否"], "input_message": 'a>b "c"'}
        )
        sheet.conditional_format("B3:B9", {"type": "cell", "criteria": ">", "value": 5, "format": money})
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": "=人口!$B$3:$B$4"})
        sheet.insert_chart("F2", chart)
        sheet.add_table("F20:G22")
        other = book.add_worksheet("代码")
        other.write("A1", "是")
        other.hide()
    return path


def test_nothing_is_written_where_nothing_is_wrong(office: Path, out: Path) -> None:
    assert mark_workbook(office, result_of(office, {}), out) is None
    assert mark_workbook(office, result_of(Path("别的.xlsx"), {("人口", "A1"): "not_date"}), out) is None
    assert list(out.iterdir()) == []


def test_only_what_has_to_change_changes(office: Path, out: Path) -> None:
    made = marked(office, {("人口", "A3"): "not_date", ("人口", "B4"): "date_month"}, out)
    before, after = parts(office), parts(made)

    assert made.name == "人口（标注）.xlsx"
    assert set(before) == set(after)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {
        "[Content_Types].xml",
        "xl/worksheets/sheet1.xml",
        "xl/styles.xml",
        "xl/comments1.xml",
        "xl/drawings/vmlDrawing1.vml",
    } - ({"[Content_Types].xml"} if before["[Content_Types].xml"] == after["[Content_Types].xml"] else set())
    with zipfile.ZipFile(office) as old, zipfile.ZipFile(made) as new:
        for name in set(before) - changed:
            assert old.getinfo(name).compress_size == new.getinfo(name).compress_size
            assert old.getinfo(name).date_time == new.getinfo(name).date_time
    sheet, was = after["xl/worksheets/sheet1.xml"], before["xl/worksheets/sheet1.xml"]
    unstyled = re.sub(rb'(<c r="(?:A3|B4)"[^>]*?) s="[0-9]+"', rb"\1", sheet)
    assert unstyled == re.sub(rb'(<c r="(?:A3|B4)"[^>]*?) s="[0-9]+"', rb"\1", was)


def test_marked_cells_keep_their_format_and_get_fill_and_comment(office: Path, out: Path) -> None:
    book = openpyxl.load_workbook(
        marked(
            office, {("人口", "A3"): "not_date", ("人口", "B4"): "date_month", ("人口", "C4"): "rounded"}, out
        )
    )
    sheet = book["人口"]
    assert [sheet[cell].fill.fgColor.rgb for cell in ("A3", "B4", "C4")] == [RED, YELLOW, RED]
    assert (sheet["B4"].number_format, sheet["B4"].border.left.style, sheet["B4"].font.color.rgb) == (
        "#,##0.00",
        "thin",
        "FF0000FF",
    )
    assert sheet["A2"].fill.fgColor.rgb == "00000000"
    assert sheet["C4"].value == "=B4*2"
    assert sheet["A3"].comment.text == "【退回】不是能认出的日期。写成 2019-06-15 的样子。"
    assert sheet["A3"].comment.author == "Bangfu"
    assert (
        sheet["B4"].comment.text
        == "原有的话\n【存疑】只写到月，已按当月 1 日 细节 记录。知道具体日期的请补上。"
    )
    assert sheet["B4"].comment.author == "李"
    assert book["代码"].sheet_state == "hidden"


def test_a_cell_that_is_not_there_is_added_in_its_place(tmp_path: Path, out: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", {"表": [["x", None, "y", None], [None], ["z"]]})
    made = marked(path, {("表", cell): "not_date" for cell in ("B1", "D1", "A3", "C3", "A2")}, out)
    xml = parts(made)["xl/worksheets/sheet1.xml"]
    assert re.findall(rb'<c r="([A-Z0-9]+)"', xml) == [
        b"A1",
        b"B1",
        b"C1",
        b"D1",
        b"A3",
        b"C3",
    ]  # row 2 is not there
    sheet = openpyxl.load_workbook(made)["表"]
    assert sheet["B1"].fill.fgColor.rgb == RED
    assert sheet["A2"].comment is not None


def test_empty_rows_and_rows_with_a_format_take_marks(tmp_path: Path, out: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", {"表": [["x"]]})
    styled = with_sheet_xml(
        path,
        tmp_path / "b.xlsx",
        lambda xml: xml.replace(
            b"</sheetData>",
            b'<row r="2" s="0" customFormat="1"/><row><c><v>7</v></c><c/><c t="n"/></row></sheetData>',
        ),
    )
    made = marked(styled, {("表", cell): "not_date" for cell in ("A2", "A3", "B3", "C3")}, out)
    sheet = openpyxl.load_workbook(made)["表"]
    assert [sheet[cell].fill.fgColor.rgb for cell in ("A2", "A3", "B3", "C3")] == [RED] * 4
    assert sheet["A3"].value == 7


def test_a_worksheet_with_prefixed_elements_is_patched(tmp_path: Path, out: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", {"表": [["x", None, "y"]]})
    made = marked(
        with_sheet_xml(path, tmp_path / "b.xlsx", prefixed),
        {("表", "A1"): "not_date", ("表", "B1"): "not_date"},
        out,
    )
    sheet = openpyxl.load_workbook(made)["表"]
    assert [sheet[cell].fill.fgColor.rgb for cell in ("A1", "B1")] == [RED] * 2
    assert sheet["A1"].comment is not None


def test_comments_of_several_sheets_do_not_share_numbers(tmp_path: Path, out: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", {name: [["x"] * 3] * 3 for name in ("甲", "乙", "丙")})
    made = marked(path, {("甲", "A1"): "not_date", ("乙", "A1"): "not_date", ("乙", "B1"): "not_date"}, out)
    content = parts(made)
    shapes = [
        set(re.findall(rb'id="(_x0000_s[0-9]+)"', content[f"xl/drawings/vmlDrawing{n}.vml"])) for n in (1, 2)
    ]
    assert [len(ids) for ids in shapes] == [1, 2]
    assert not shapes[0] & shapes[1]
    assert content["[Content_Types].xml"].count(b'Extension="vml"') == 1
    assert content["xl/worksheets/_rels/sheet2.xml.rels"].count(b"<Relationship ") == 2
    assert "xl/worksheets/_rels/sheet3.xml.rels" not in content


def test_a_sheet_with_other_references_keeps_them(tmp_path: Path, out: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("表")
        sheet.write_url("A1", "https://example.org/")
        sheet.add_table("C1:D3")
        sheet.write_row("A5", ["x"])
        sheet.set_header(
            "&G", {"image_center": str(_picture(tmp_path))}
        )  # an old drawing too, for the header
    made = marked(path, {("表", "A5"): "not_date"}, out)
    xml = parts(made)["xl/worksheets/sheet1.xml"]
    assert xml.index(b"<legacyDrawing ") < xml.index(b"<legacyDrawingHF") < xml.index(b"<tableParts")
    with pytest.warns(UserWarning, match="header or footer"):
        sheet = openpyxl.load_workbook(made)["表"]
    assert (sheet["A1"].hyperlink.target, sheet["A5"].comment.author) == ("https://example.org/", "Bangfu")
    assert "Table1" in sheet.tables


def _picture(folder: Path) -> Path:
    import base64

    path = folder / "p.png"
    path.write_bytes(
        base64.b64decode(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
        )
    )
    return path


def test_an_old_drawing_without_its_namespaces_or_list_of_numbers_is_extended(
    office: Path, tmp_path: Path, out: Path
) -> None:
    def strip(name: str, content: bytes) -> bytes:
        if not name.endswith(".vml"):
            return content
        content = re.sub(rb"<o:shapelayout.*?</o:shapelayout>", b"", content, flags=re.DOTALL)
        return content.replace(b'_x0000_t202"', b'_x0000_t999"')

    bare = rezip(office, tmp_path / "人口2.xlsx", strip)
    made = marked(bare, {("人口", "A3"): "not_date"}, out)
    vml = parts(made)["xl/drawings/vmlDrawing1.vml"]
    assert vml.count(b"<v:shapetype") == 2
    assert b'data="2"' in vml
    assert openpyxl.load_workbook(made)["人口"]["A3"].comment is not None


def test_comments_without_a_drawing_get_one(office: Path, tmp_path: Path, out: Path) -> None:
    def strip(name: str, content: bytes) -> bytes:
        return (
            re.sub(rb"<legacyDrawing [^>]*/>", b"", content)
            if name == "xl/worksheets/sheet1.xml"
            else content
        )

    made = marked(rezip(office, tmp_path / "人口2.xlsx", strip), {("人口", "A3"): "not_date"}, out)
    assert "xl/drawings/vmlDrawing2.vml" in parts(made)
    assert parts(made)["xl/worksheets/_rels/sheet1.xml.rels"].count(b"vmlDrawing2") == 1


def test_plain_text_of_an_old_comment_becomes_a_run(office: Path, tmp_path: Path, out: Path) -> None:
    def plain(name: str, content: bytes) -> bytes:
        return (
            re.sub(rb"<text>.*?</text>", b"<text><t>old</t></text>", content)
            if name == "xl/comments1.xml"
            else content
        )

    path = rezip(office, tmp_path / "人口2.xlsx", plain)
    made = marked(path, {("人口", "B4"): "not_date"}, out)
    assert openpyxl.load_workbook(made)["人口"]["B4"].comment.text.startswith("old\n【退回】")


def test_more_cells_than_comments(office: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bangfu.core.sheets.marks.MOST_COMMENTS", 1)
    sheet = openpyxl.load_workbook(
        marked(office, {("人口", "A2"): "date_month", ("人口", "A3"): "not_date"}, out)
    )["人口"]
    assert (sheet["A2"].comment, sheet["A2"].fill.fgColor.rgb) == (None, YELLOW)  # the graver one has it
    assert sheet["A3"].comment is not None


def test_text_in_a_comment_is_escaped(office: Path, out: Path) -> None:
    result = result_of(office, {("人口", "A3"): "fault"})
    odd = result.problems.with_columns(pl.lit("<&>\"'=1").alias("detail"))
    made = mark_workbook(office, ImportResult({}, odd, (), (), result.counts), out)
    assert made is not None
    assert "<&>\"'=1" in openpyxl.load_workbook(made)["人口"]["A3"].comment.text


def test_what_cannot_be_patched_leaves_nothing_behind(office: Path, tmp_path: Path, out: Path) -> None:
    def without(part: str, old: bytes = b"", new: bytes = b"") -> Path:
        return rezip(
            office,
            tmp_path / "坏.xlsx",
            lambda n, c: (c.replace(old, new) if old else None) if n == part else c,
        )

    for change in (
        ("xl/styles.xml",),
        ("xl/styles.xml", b"cellXfs", b"cellYfs"),
        ("xl/worksheets/sheet1.xml", b"sheetData>", b"sheetBata>"),
        ("xl/comments1.xml", b"commentList", b"commentLost"),
    ):
        path = without(*change)
        with pytest.raises(WorkbookError):
            mark_workbook(path, result_of(path, {("人口", "A3"): "not_date"}), out)
        assert list(out.iterdir()) == []


def test_a_style_that_is_not_there_falls_back(tmp_path: Path, out: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", {"表": [["x"]]})
    odd = with_sheet_xml(
        path, tmp_path / "b.xlsx", lambda xml: xml.replace(b'<c r="A1"', b'<c r="A1" s="99"')
    )
    sheet = openpyxl.load_workbook(marked(odd, {("表", "A1"): "not_date"}, out))["表"]
    assert sheet["A1"].fill.fgColor.rgb == RED


def test_macros_stay_and_are_never_run(office: Path, tmp_path: Path, out: Path) -> None:
    path = tmp_path / "宏.xlsm"
    shutil.copy(office, path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"\x00macro")
    made = marked(path, {("人口", "A3"): "not_date"}, out)
    assert made.suffix == ".xlsm"
    assert parts(made)["xl/vbaProject.bin"] == b"\x00macro"


def test_parts_with_names_that_are_not_ascii_are_kept(office: Path, tmp_path: Path, out: Path) -> None:
    path = tmp_path / "人口2.xlsx"
    shutil.copy(office, path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("customXml/附件.xml", b"<x/>")
    assert parts(marked(path, {("人口", "A3"): "not_date"}, out))["customXml/附件.xml"] == b"<x/>"


def test_a_csv_becomes_a_workbook_in_which_text_stays_text(tmp_path: Path, out: Path) -> None:
    path = tmp_path / "人口.csv"
    path.write_text("姓名,备注\n=1+1,@x\n,0123\n", encoding="gb18030")
    book = openpyxl.load_workbook(
        marked(path, {("人口", "B2"): "not_date", ("人口", "A3"): "date_month"}, out)
    )
    sheet = book["人口"]
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["姓名", "备注"],
        ["=1+1", "@x"],
        [None, "0123"],
    ]
    assert (sheet["A2"].data_type, sheet["B2"].fill.fgColor.rgb, sheet["A3"].fill.fgColor.rgb) == (
        "s",
        RED,
        YELLOW,
    )
    assert sheet["B2"].comment.text.startswith("【退回】")
    assert sheet["A2"].quotePrefix is True


def test_an_xls_becomes_a_workbook_with_the_same_sheets(tmp_path: Path, out: Path) -> None:
    path = write_xls(
        tmp_path / "户.xls",
        {"代码": [label(0, 0, "=x")], "户": [label(0, 0, "户编号"), number(1, 0, 5)], "三": []},
        hidden=["代码"],
    )
    made = marked(path, {("户", "A2"): "not_date"}, out)
    assert made.suffix == ".xlsx"
    book = openpyxl.load_workbook(made)
    assert [(sheet.title, sheet.sheet_state, sheet["A1"].value) for sheet in book] == [
        ("代码", "hidden", "=x"), ("户", "visible", "户编号"), ("三", "visible", None),
    ]  # fmt: skip
    assert (book["户"]["A2"].value, book["户"]["A2"].fill.fgColor.rgb) == (5, RED)


def test_every_kind_of_value_survives_the_change_of_format(tmp_path: Path) -> None:
    from bangfu.core.sheets.cells import RawSheet, RawWorkbook
    from bangfu.core.sheets.converting import write_marked_values

    row = [
        True,
        1.5,
        "x" * 40_000,
        date(2019, 6, 15),
        datetime(2019, 6, 15, 8),  # noqa: DTZ001
        time(8, 30),
        timedelta(hours=30),
        "",
    ]
    target = tmp_path / "a.xlsx"
    write_marked_values(RawWorkbook("a.xls", "xls", (RawSheet.of_rows("表", [row]),)), {}, target)
    cells = [cell.value for cell in openpyxl.load_workbook(target)["表"][1]]
    assert cells[:2] == [True, 1.5]
    assert len(cells[2]) == 32_767
    assert cells[3:5] == [datetime(2019, 6, 15), datetime(2019, 6, 15, 8)]  # noqa: DTZ001


def test_marking_a_large_sheet_takes_little_memory(tmp_path: Path, out: Path) -> None:
    """200,000 rows, a problem in every hundredth, in a process of its own that says what it took."""
    row = b'<row r="%d"><c r="A%d" t="inlineStr"><is><t>%d</t></is></c><c r="B%d"><v>1.5</v></c><c r="C%d" s="0"/></row>'
    rows = b"".join(row % ((n,) * 5) for n in range(1, 200_001))
    small = write_xlsx(tmp_path / "小.xlsx", {"表": []})
    path = with_sheet_xml(
        small,
        tmp_path / "大.xlsx",
        lambda xml: xml.replace(b"<sheetData/>", b"<sheetData>" + rows + b"</sheetData>"),
    )
    code = f"""
import resource
from pathlib import Path
import polars as pl
from tests.unit.sheets.test_marking import result_of
from bangfu.core.sheets import mark_workbook
path = Path({str(path)!r})
result = result_of(path, {{("表", f"B{{row}}"): "not_date" for row in range(1, 200_000, 100)}})
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert mark_workbook(path, result, Path({str(out)!r})) is not None
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) <= 100  # MB


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_what_was_marked(office: Path, tmp_path: Path, out: Path) -> None:
    assert SOFFICE is not None
    made = marked(office, {("人口", "A3"): "not_date", ("人口", "B4"): "date_month"}, out)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    subprocess.run(
        [
            SOFFICE,
            profile,
            "--headless",
            "--convert-to",
            "xlsx:Calc MS Excel 2007 XML",
            "--outdir",
            str(tmp_path / "lo"),
            str(made),
        ],
        check=True,
        capture_output=True,
    )
    sheet = openpyxl.load_workbook(tmp_path / "lo" / made.name)["人口"]
    assert [sheet[cell].fill.fgColor.rgb for cell in ("A3", "B4")] == [RED, YELLOW]
    assert "【退回】" in sheet["A3"].comment.text
    assert "原有的话" in sheet["B4"].comment.text


def test_from_an_import_to_the_marked_file(tmp_path: Path, out: Path) -> None:
    titles = ["乡", "村", "户编号", "姓名", "与户主关系", "务工时间（月）"]
    path = write_xlsx(
        tmp_path / "人口.xlsx", {"人口": [titles, ["东乡", "甲村", "9901", "张三", "户主", 13]]}
    )
    result = plan_import(empty_state(), [staged(path)], divisions(tmp_path), VOCABULARY)
    made = mark_workbook(path, result, out)
    assert made is not None
    sheet = openpyxl.load_workbook(made)["人口"]
    assert sheet["F2"].comment.text == "【退回】超出允许范围（0–12）。核对后更正。"


def test_the_size_of_the_pieces_does_not_matter(
    office: Path, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = with_sheet_xml(
        office,
        tmp_path / "人口2.xlsx",
        lambda xml: xml.replace(b"</sheetData>", b"</sheetData><controls><x><x:row>1</x:row></x></controls>"),
    )
    problems = {("人口", cell): "not_date" for cell in ("A2", "A3", "B4", "C4", "D4")}
    at_once = parts(marked(path, problems, out))
    monkeypatch.setattr("bangfu.core.sheets.archive.CHUNK", 50)
    assert parts(marked(path, problems, out)) == at_once


def test_odd_ends_of_a_worksheet() -> None:
    assert comments_drawing(b'<legacyDrawing/><a:legacyDrawing r:id="rId7"/></worksheet>') == "rId7"
    assert comments_drawing(b'<x><legacyDrawing r:id="rId7"/></x></worksheet>') is None
    patched = patch_sheet([b"<sheetData/><?x y?><a>"], {}, Styles(STYLES, "x"), b"<legacyDrawing/>", "x")
    assert b"".join(patched) == b"<sheetData/><?x y?><a>"  # unclosed: left as it is


STYLES = b"<styleSheet xmlns='x'><fills/><cellXfs><xf/></cellXfs></styleSheet>"
