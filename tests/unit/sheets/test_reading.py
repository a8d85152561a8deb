"""Files as they come: what is read, and what is refused before it can do harm."""

from __future__ import annotations

import struct
import zipfile
from datetime import date
from pathlib import Path

import pytest

from bangfu.core.errors import WorkbookError
from bangfu.core.sheets import read_workbook
from bangfu.core.sheets.archive import Limits, open_archive
from bangfu.core.sheets.biff import scan_xls
from bangfu.core.sheets.cells import column_letters, column_number, position, reference
from tests.unit.sheets.books import (
    compound,
    error,
    formula,
    label,
    number,
    numbers,
    prefixed,
    record,
    rezip,
    texts,
    with_sheet_xml,
    write_xls,
    write_xlsx,
    xls_stream,
)

ROWS = [["姓名", "金额", "日期", "是否"], ["张三", 1.5, date(2019, 6, 15), True], ["李四", None, None, False]]


def refused(path: Path, limits: Limits | None = None) -> str:
    with pytest.raises(WorkbookError) as caught:
        read_workbook(path, limits or Limits())
    problem = caught.value.problems[0]
    assert problem.where == path.name
    assert problem.remedy is not None
    return problem.code.removeprefix("workbook.")


def test_cells_are_named_as_in_the_sheet() -> None:
    assert [reference(0, 0), reference(4, 2), reference(0, 26), reference(9, 16383)] == [
        "A1",
        "C5",
        "AA1",
        "XFD10",
    ]
    assert [position("A1"), position("xfd10")] == [(0, 0), (9, 16383)]
    assert column_number(column_letters(700)) == 700
    for text in ("1A", "A0", "A", "ABCD1", "A-1", ""):
        with pytest.raises(ValueError, match=r"not a cell"):
            position(text)


def test_an_xlsx_gives_typed_cells_from_a1_on(tmp_path: Path) -> None:
    book = read_workbook(write_xlsx(tmp_path / "表.xlsx", {"户": ROWS, "空": []}))

    assert (book.name, book.kind, [s.name for s in book.sheets]) == ("表.xlsx", "xlsx", ["户", "空"])
    assert book.sheets[0].rows() == [
        ["姓名", "金额", "日期", "是否"],
        ["张三", 1.5, date(2019, 6, 15), True],
        ["李四", "", "", False],
    ]
    assert book.sheets[1].rows() == []


def test_hidden_sheets_are_named_and_left_unread(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "表.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("看得见").write("A1", 1)
        book.add_worksheet("代码").hide()
        book.add_chartsheet("图")
    assert (read_workbook(path).hidden, len(read_workbook(path).sheets)) == (("代码",), 1)
    assert len(read_workbook(path, with_hidden=True).sheets) == 2


def test_formulas_errors_and_long_numbers_are_known_by_cell(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "表.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.merge_range("A1:B1", "标题")
        sheet.write_formula("A2", "=1+1", None, 2)
        sheet.write_formula("B2", "=B1", None, "")
        sheet.write_formula("C2", "=1/0", None, "#DIV/0!")
        sheet.write_number("D2", 12345)
        sheet.write_blank("E2", None, book.add_format({"bold": True}))
    long = with_sheet_xml(
        path, tmp_path / "长.xlsx", lambda xml: xml.replace(b">12345<", b">990101196001010018<")
    )
    read = read_workbook(long).sheets[0]

    assert read.merged == ((0, 0, 0, 1),)
    assert read.formulas == {(1, 0): True, (1, 1): False, (1, 2): True}
    assert read.faults == {(1, 2): "#DIV/0!"}
    assert read.exact_numbers == {(1, 3): "990101196001010018"}


def test_prefixed_elements_and_cells_without_reference_are_read(tmp_path: Path) -> None:
    plain = write_xlsx(tmp_path / "表.xlsx", {"户": ROWS})
    other = with_sheet_xml(plain, tmp_path / "前缀.xlsx", prefixed)
    assert read_workbook(other).sheets[0].rows() == read_workbook(plain).sheets[0].rows()
    import re

    bare = with_sheet_xml(
        plain, tmp_path / "无号.xlsx", lambda xml: re.sub(rb'(<(?:c|row)) r="[A-Z]*[0-9]+"', rb"\1", xml)
    )
    assert read_workbook(bare).sheets[0].rows()[0][0] == "姓名"


@pytest.mark.parametrize("cell", ["XFD1048576", "A1048576", "AAA70000", "CZ99999"])
def test_a_cell_far_away_does_not_claim_the_memory_between(tmp_path: Path, cell: str) -> None:
    plain = write_xlsx(tmp_path / "表.xlsx", {"户": [[1.0] * 2, [2.0] * 300]})
    far = with_sheet_xml(
        plain,
        tmp_path / "远.xlsx",
        lambda xml: xml.replace(
            b"</sheetData>", b'<row><c r="%s"><v>1</v></c></row></sheetData>' % cell.encode()
        ),
    )
    assert refused(far) == "too_big"


def test_many_columns_are_read_where_the_rows_are_few(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "宽.xlsx", {"户": [[1.0] * 300]})
    assert len(read_workbook(path).sheets[0].rows()[0]) == 300


def test_what_is_damaged_is_refused(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "表.xlsx", {"户": ROWS})
    whole = path.read_bytes()
    cut = tmp_path / "断.xlsx"
    for length in (len(whole) // 2, len(whole) - 10):
        cut.write_bytes(whole[:length])
        assert refused(cut) == "truncated"
    flipped = bytearray(whole)
    flipped[whole.index(b"xl/worksheets/sheet1.xml") + 60] ^= 0xFF
    cut.write_bytes(flipped)
    assert refused(cut) == "truncated"
    for change in (
        lambda xml: b"<worksheet><sheetData><row",
        lambda xml: xml.replace(b'r="A1"', b'r="A0"'),
        lambda xml: xml.replace(b'r="A1"', b"r='1A'"),
    ):
        assert refused(with_sheet_xml(path, cut, change)) == "truncated"
    assert (
        refused(rezip(path, cut, lambda part, content: None if "sheet1" in part else content)) == "truncated"
    )
    assert (
        refused(rezip(path, cut, lambda part, content: b"<x" if "workbook.xml" in part else content))
        == "truncated"
    )


def test_other_documents_and_unknown_files_are_refused(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "表.xlsx", {"户": ROWS})
    other = tmp_path / "其他.xlsx"
    for change in (
        lambda part, content: None if part == "_rels/.rels" else content,
        lambda part, content: b"<document/>" if part == "xl/workbook.xml" else content,
    ):
        assert refused(rezip(path, other, change)) == "unknown"
    with zipfile.ZipFile(other, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("x", "x")
    assert refused(other) == "unknown"
    other.write_bytes(b"%PDF-1.7\x00\xff\xfe binary")
    assert refused(other) == "unknown"
    other.write_bytes(b"\x89PNG\xff\xff\xff")
    assert refused(other) == "unknown"
    assert refused(tmp_path / "没有.xlsx") == "missing"
    other.write_bytes(b"")
    assert refused(other) == "empty"
    other.write_bytes(b"PK\x03\x04 nothing")
    assert refused(other) == "truncated"


def test_a_workbook_without_a_worksheet_is_refused(tmp_path: Path) -> None:
    import re

    path = write_xlsx(tmp_path / "表.xlsx", {"户": ROWS})
    none = rezip(
        path,
        tmp_path / "无.xlsx",
        lambda part, c: re.sub(rb"<sheet .*?/>", b"", c) if part == "xl/workbook.xml" else c,
    )
    assert refused(none) == "no_sheet"
    hidden = rezip(
        path,
        tmp_path / "隐.xlsx",
        lambda part, c: (
            c.replace(b"<sheet ", b'<sheet state="veryHidden" ') if part == "xl/workbook.xml" else c
        ),
    )
    assert refused(hidden) == "no_sheet"


def test_pages_and_text_under_the_name_of_a_workbook_are_refused(tmp_path: Path) -> None:
    for content, code in (
        (b"<html><table><tr><td>1</td></tr></table></html>", "html"),
        (b"\n<!DOCTYPE html><p>", "html"),
        (b'<?xml version="1.0"?><Workbook/>', "html"),
        ("姓名,金额\n张三,1\n".encode(), "text"),
        ("姓名,金额\n张三,1\n".encode("gb18030"), "text"),
        ("姓名\t金额".encode("utf-16"), "text"),
    ):
        path = tmp_path / "表.xls"
        path.write_bytes(content)
        assert refused(path) == code
    page = tmp_path / "表.csv"
    page.write_text("<html><body>1,2</body></html>", encoding="utf-8")
    assert refused(page) == "html"


def test_bombs_are_refused_before_they_unfold(tmp_path: Path) -> None:
    plain = write_xlsx(tmp_path / "表.xlsx", {"户": ROWS})
    small = Limits(ratio_from=1000, ratio=20)
    spaces = with_sheet_xml(
        plain, tmp_path / "空.xlsx", lambda xml: xml.replace(b"<sheetData>", b" " * 200_000 + b"<sheetData>")
    )
    assert refused(spaces, small) == "bomb"
    assert refused(spaces, Limits(unpacked_bytes=100_000)) == "bomb"
    assert refused(plain, Limits(parts=3)) == "bomb"
    assert refused(plain, Limits(file_bytes=100)) == "too_big"
    assert refused(plain, Limits(cells=5)) == "too_big"
    entity = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>'
    for part in ("xl/worksheets/sheet1.xml", "xl/workbook.xml"):
        doctype = rezip(
            plain,
            tmp_path / "实体.xlsx",
            lambda name, c, part=part: c.replace(b"?>", b"?>" + entity, 1) if name == part else c,
        )
        assert refused(doctype) == "bomb"


def test_one_endless_row_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bangfu.core.sheets.blocks._MAX_ELEMENT_BYTES", 10_000)
    plain = write_xlsx(tmp_path / "表.xlsx", {"户": ROWS})
    endless = with_sheet_xml(
        plain, tmp_path / "长.xlsx", lambda xml: xml.replace(b"</sheetData>", b"<row>" + b"<c/>" * 9000)
    )
    assert refused(endless) == "bomb"


def lying(source: Path, target: Path, size: int) -> Path:
    """A copy whose directory says that the worksheet unfolds to `size` bytes."""
    content = bytearray(source.read_bytes())
    at = content.rindex(b"xl/worksheets/sheet1.xml") - 46
    struct.pack_into("<I", content, at + 24, size)
    target.write_bytes(content)
    return target


def test_a_part_longer_or_shorter_than_declared_is_refused(tmp_path: Path) -> None:
    plain = write_xlsx(tmp_path / "表.xlsx", {"户": ROWS})
    assert refused(lying(plain, tmp_path / "小.xlsx", 10)) == "bomb"
    assert refused(lying(plain, tmp_path / "大.xlsx", 100_000)) == "truncated"


def test_parts_stored_without_packing_are_read(tmp_path: Path) -> None:
    plain = write_xlsx(tmp_path / "表.xlsx", {"户": ROWS})
    stored = tmp_path / "存.xlsx"
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(stored, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    assert read_workbook(stored).sheets[0].rows() == read_workbook(plain).sheets[0].rows()
    content = stored.read_bytes()
    name = b"xl/worksheets/sheet1.xml"
    broken = tmp_path / "坏.xlsx"
    broken.write_bytes(content.replace(b"PK\x03\x04", b"PK\x03\x05").replace(b"PK\x03\x05", b"PK\x03\x04", 1))
    assert refused(broken) == "truncated"
    with open_archive(stored) as archive:
        part = archive.parts[name.decode()]
        part.compress_size = part.file_size = 10_000_000
        with pytest.raises(WorkbookError):
            list(archive.raw(part))


def test_two_parts_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "重.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", "1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a", "2")
    assert refused(path) == "truncated"


def test_a_zip_with_a_password_is_refused(tmp_path: Path) -> None:
    plain = write_xlsx(tmp_path / "表.xlsx", {"户": ROWS})
    content = bytearray(plain.read_bytes())
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    locked = tmp_path / "锁.xlsx"
    locked.write_bytes(content)
    assert refused(locked) == "password"
    locked.write_bytes(compound({"EncryptionInfo": b"x" * 10, "EncryptedPackage": b"x" * 5000}))
    assert refused(locked) == "password"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_in_each_encoding_and_delimiter(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "人口.csv"
    lines = [["姓名", "备注", ""], ["张三", f'"有{delimiter}有\n行"', ""], ["李四"]]
    path.write_bytes("\r\n".join(delimiter.join(line) for line in lines).encode(encoding))
    book = read_workbook(path)
    assert (book.kind, book.sheets[0].name) == ("csv", "人口")
    assert [list(row) for row in book.sheets[0].rows()] == [
        ["姓名", "备注", ""],
        ["张三", f"有{delimiter}有\n行", ""],
        ["李四", "", ""],
    ]


def test_csv_that_cannot_be_trusted_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "表.csv"
    for content, code in (
        ('姓名,金额\n"张三,1\n李四,2\n'.encode(), "csv"),
        (b"a,b\n1,\x00\n", "unknown"),
        (b"\xff\xff\xff\x81", "encoding"),
        (b"\xef\xbb\xbf", "empty"),
    ):
        path.write_bytes(content)
        assert refused(path) == code
    path.write_text("a,b\n" * 50, encoding="utf-8")
    assert refused(path, Limits(whole_bytes=100)) == "too_big"
    assert refused(path, Limits(cells=60)) == "too_big"


def test_an_xls_gives_the_same_cells_as_an_xlsx(tmp_path: Path) -> None:
    sheets = {
        "户": [*texts([["姓名", "金额"], ["张三", 1.5]]), numbers(2, 0, [3, 4, 5])],
        "代码": [label(0, 0, "x")],
    }
    path = write_xls(tmp_path / "表.xls", sheets, hidden=["代码"])
    book = read_workbook(path)
    assert (book.kind, book.hidden) == ("xls", ("代码",))
    assert book.sheets[0].rows() == [["姓名", "金额", ""], ["张三", 1.5, ""], [3.0, 4.0, 5.0]]
    assert all(type(cell) is float for cell in book.sheets[0].rows()[2])
    assert len(read_workbook(path, with_hidden=True).sheets) == 2


def test_formulas_and_errors_of_an_xls_are_known_by_cell(tmp_path: Path) -> None:
    sheet = [
        number(0, 0, 1),
        formula(0, 1, struct.pack("<d", 2.0)),
        formula(0, 2, b"\x02\x00\x07\x00\x00\x00\xff\xff"),
        error(0, 3, 42),
        error(0, 4, 1, is_error=0),
        record(0x809, b"\0" * 16) + number(9, 9, 9) + record(0xA),  # an embedded chart
    ]
    assert scan_xls(compound({"Book": xls_stream({"户": [record(0x203, b"\0")]})}), "x")[0].rows == 0
    read = read_workbook(write_xls(tmp_path / "表.xls", {"户": sheet})).sheets[0]
    assert read.formulas == {(0, 1): True, (0, 2): True}
    assert read.faults == {(0, 2): "#DIV/0!", (0, 3): "#N/A"}


def test_an_xls_with_a_password_is_refused(tmp_path: Path) -> None:
    path = write_xls(tmp_path / "锁.xls", {"户": []}, globals_=record(0x2F, b"\0" * 6))
    assert refused(path) == "password"


def test_a_damaged_xls_is_refused(tmp_path: Path) -> None:
    whole = write_xls(tmp_path / "表.xls", {"户": texts([["姓名"]] * 400)}).read_bytes()
    path = tmp_path / "坏.xls"
    stream = xls_stream({"户": texts([["姓名"]])})
    long = stream.ljust(5000, b"\0")
    damaged = [
        whole[:1000],
        whole[:520],
        whole[:30] + b"\x05\x00" + whole[32:],  # sectors of 32 bytes
        whole[:40],
        compound({"Workbook": stream[:-10]}),  # the last record is cut
        compound({"Workbook": long[: stream.index(b"\x04\x02")] + b"\x04\x02\xff\xff".ljust(4000, b"\0")}),
    ]
    for content in damaged:
        path.write_bytes(content)
        assert refused(path) == "truncated"
    short = write_xls(path, {"户": [record(0x203, b"\0")]})  # a number of one byte
    assert refused(short) == "truncated"
    endless = xls_stream({"户": []}, globals_=record(0x85, b"\0"))[:-8].ljust(5000, b"\0")
    path.write_bytes(compound({"Workbook": endless}))
    assert refused(path) == "truncated"
    longer = bytearray(compound({"Workbook": long}))
    at = longer.index("Workbook".encode("utf-16-le"))
    struct.pack_into("<I", longer, at + 120, 1_000_000)
    path.write_bytes(longer)
    assert refused(path) == "truncated"
    path.write_bytes(compound({"WordDocument": b"x" * 5000}))
    assert refused(path) == "unknown"


def test_chains_of_an_xls_that_run_in_a_circle_end(tmp_path: Path) -> None:
    content = bytearray(compound({"Workbook": xls_stream({"户": texts([["姓名"]])}).ljust(5000, b"\0")}))
    table = struct.unpack_from("<I", content, 76)[0]
    struct.pack_into("<I", content, (table + 1) * 512, 0)  # sector 0 follows itself
    path = tmp_path / "环.xls"
    path.write_bytes(content)
    assert refused(path) == "truncated"
    struct.pack_into("<I", content, 68, 0)  # more tables, in a circle
    path.write_bytes(content)
    assert refused(path) == "truncated"


def test_a_short_xls_lies_in_the_mini_stream(tmp_path: Path) -> None:
    path = tmp_path / "短.xls"
    path.write_bytes(compound({"Workbook": xls_stream({"户": texts([["姓名"]])})}))
    assert read_workbook(path).sheets[0].rows() == [["姓名"]]


def test_an_xls_too_wide_or_without_a_sheet_is_refused(tmp_path: Path) -> None:
    far = write_xls(tmp_path / "远.xls", {"户": [number(65535, 65535, 1)]})
    assert refused(far) == "too_big"
    assert refused(write_xls(tmp_path / "隐.xls", {"户": []}, hidden=["户"])) == "no_sheet"


def test_prefixes_do_not_hide_a_cell_far_away(tmp_path: Path) -> None:
    plain = write_xlsx(tmp_path / "表.xlsx", {"户": ROWS})
    far = b'<row><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    other = with_sheet_xml(
        plain, tmp_path / "远.xlsx", lambda xml: prefixed(xml.replace(b"</sheetData>", far))
    )
    assert refused(other) == "too_big"


def test_counts_that_would_claim_all_memory_are_refused(tmp_path: Path) -> None:
    for area in (
        struct.pack("<IIHHH", 0, 0xFFFFFFFF, 0, 0xFFFF, 0),
        struct.pack("<HHHHH", 0, 0xFFFF, 0, 0xFFFF, 0),
    ):
        assert (
            refused(write_xls(tmp_path / "多.xls", {"户": [record(0x200, area), label(0, 0, "x")]}))
            == "too_big"
        )


def test_a_file_on_which_the_library_gives_up_is_refused(tmp_path: Path) -> None:
    path = write_xls(tmp_path / "坏.xls", {"户": [label(0, 0, "x"), record(0xE5, b"\xff\xff")]})
    assert refused(path) == "truncated"


def test_an_interruption_is_not_taken_for_a_broken_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(path: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("python_calamine.CalamineWorkbook.from_path", interrupted)
    with pytest.raises(KeyboardInterrupt):
        read_workbook(write_xls(tmp_path / "表.xls", {"户": texts(ROWS)}))


def test_parts_that_begin_before_the_file_are_refused(tmp_path: Path) -> None:
    content = bytearray(write_xlsx(tmp_path / "表.xlsx", {"户": ROWS}).read_bytes())
    end = content.rindex(b"PK\x05\x06")
    (directory,) = struct.unpack_from("<I", content, end + 16)
    struct.pack_into("<I", content, end + 16, directory + 100)
    path = tmp_path / "前.xlsx"
    path.write_bytes(content)
    assert refused(path) == "truncated"
