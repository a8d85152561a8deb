"""Workbooks made for tests, and the way from a file to a plan of changes."""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import xlsxwriter

from bangfu.core.divisions import Divisions, load_divisions
from bangfu.core.register.changes import Batch, Kind, State, empty_state
from bangfu.core.register.validation import apply
from bangfu.core.sheets import (
    ImportResult,
    Options,
    StagedWorkbook,
    plan_import,
    read_workbook,
    stage_workbook,
)
from bangfu.core.sheets.identity import CHECK_DIGITS, WEIGHTS
from bangfu.core.vocabulary import load_vocabulary

TODAY = date(2020, 12, 1)
VOCABULARY = load_vocabulary()


def id_number(first17: str) -> str:
    """An ID number with its check digit."""
    return first17 + CHECK_DIGITS[sum(int(a) * b for a, b in zip(first17, WEIGHTS, strict=True)) % 11]


VILLAGES = ("甲村", "乙村", "丙村")
Rows = Sequence[Sequence[object]]


def write_xlsx(path: Path, sheets: Mapping[str, Rows]) -> Path:
    """Each row of each sheet cell by cell; None is left out, text is never a formula."""
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, date):
                        sheet.write_datetime(at, column, cell, day)
                    elif isinstance(cell, str):
                        sheet.write_string(at, column, cell)
                    elif cell is not None:
                        sheet.write(at, column, cell)
    return path


def rezip(source: Path, target: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """A copy of a zip with each part changed; None leaves a part out."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            content = change(part.filename, old.read(part))
            if content is not None:
                new.writestr(part.filename, content)
    return target


def with_sheet_xml(source: Path, target: Path, change: Callable[[bytes], bytes], sheet: int = 1) -> Path:
    """A copy of an xlsx with the XML of one worksheet changed."""
    name = f"xl/worksheets/sheet{sheet}.xml"
    return rezip(source, target, lambda part, content: change(content) if part == name else content)


def prefixed(xml: bytes) -> bytes:
    """A worksheet as some programs write it, every element with a prefix."""
    named = re.sub(rb"<(/?)([A-Za-z])", rb"<\1x:\2", xml)
    return named.replace(b"<x:worksheet xmlns=", b"<x:worksheet xmlns:x=")


def divisions(folder: Path) -> Divisions:
    """An invented county with two townships; 甲村 stands in both."""
    rows = [
        "990000000000,测试省",
        "990100000000,测试市",
        "990101000000,测试县",
        "990101100000,东乡",
        "990101101000,西乡",
    ]
    rows += [f"990101100{200 + i},{name}" for i, name in enumerate(VILLAGES)] + ["990101101200,甲村"]
    path = folder / "区划.csv"
    path.write_text("code,name\n" + "\n".join(rows), encoding="utf-8")
    return load_divisions(path)


def staged(path: Path, layout: str | None = None) -> StagedWorkbook:
    return stage_workbook(read_workbook(path), VOCABULARY, TODAY, layout)


def planned(
    folder: Path,
    books: Mapping[str, Mapping[str, Rows]],
    state: State | None = None,
    options: Options | None = None,
) -> ImportResult:
    """Write the books, read them, plan their import."""
    paths = [write_xlsx(folder / f"{name}.xlsx", sheets) for name, sheets in books.items()]
    read = [staged(path) for path in paths]
    return plan_import(state or empty_state(), read, divisions(folder), VOCABULARY, options)


def applied(result: ImportResult, state: State | None = None) -> State:
    """The register afterwards."""
    batch = Batch("b", Kind.IMPORT, "test", TODAY, datetime(2020, 12, 1), "tester", "key")  # noqa: DTZ001
    return apply(result.change_set(batch), state or empty_state(), VOCABULARY)


def found(result: ImportResult) -> list[tuple[str, str]]:
    """Cell and code of every problem."""
    return [
        (problem.cell, code)
        for problem, code in zip(result.cell_problems(), result.problems["code"], strict=True)
    ]


def rows_of(state: State, table: str, *columns: str) -> list[tuple[object, ...]]:
    """Rows of a register table, some columns."""
    return state.rows(VOCABULARY.tables[table]).select(columns).rows()


# --- xls, by hand: no program that writes it can be asked for here -------------------------------------------


def record(kind: int, content: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def label(row: int, column: int, text: str) -> bytes:
    return record(0x204, struct.pack("<HHHHB", row, column, 0, len(text), 1) + text.encode("utf-16-le"))


def number(row: int, column: int, value: float) -> bytes:
    return record(0x203, struct.pack("<HHHd", row, column, 0, value))


def numbers(row: int, first: int, values: Sequence[int]) -> bytes:
    """Whole numbers side by side in one record."""
    cells = b"".join(struct.pack("<HI", 0, value << 2 | 2) for value in values)
    return record(0xBD, struct.pack("<HH", row, first) + cells + struct.pack("<H", first + len(values) - 1))


def error(row: int, column: int, code: int, is_error: int = 1) -> bytes:
    return record(0x205, struct.pack("<HHHBB", row, column, 0, code, is_error))


def formula(row: int, column: int, result: bytes) -> bytes:
    return record(0x6, struct.pack("<HHH", row, column, 0) + result + struct.pack("<HIH", 0, 0, 0))


BOF_BOOK, BOF_SHEET = (
    record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0)),
    record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0)),
)
EOF = record(0xA)


def xls_stream(
    sheets: Mapping[str, Sequence[bytes]], globals_: bytes = b"", hidden: Sequence[str] = ()
) -> bytes:
    """The stream "Workbook": records by sheet."""
    bodies = [BOF_SHEET + b"".join(records) + EOF for records in sheets.values()]
    heads = [len(name.encode("utf-16-le")) + 4 + 8 for name in sheets]
    start = len(BOF_BOOK) + len(globals_) + sum(heads) + len(EOF)
    tabs = b""
    for name, body in zip(sheets, bodies, strict=True):
        text = name.encode("utf-16-le")
        tabs += record(0x85, struct.pack("<IBBBB", start, name in hidden, 0, len(name), 1) + text)
        start += len(body)
    return BOF_BOOK + globals_ + tabs + EOF + b"".join(bodies)


def compound(streams: Mapping[str, bytes]) -> bytes:
    """A compound file with 512-byte sectors; short streams lie in the mini stream."""
    sectors: list[bytes] = []
    table: list[int] = []

    def put(content: bytes) -> int:
        first = len(sectors)
        pieces = [content[i : i + 512].ljust(512, b"\0") for i in range(0, len(content), 512)]
        for at, piece in enumerate(pieces, first + 1):
            sectors.append(piece)
            table.append(at if at < first + len(pieces) else 0xFFFFFFFE)
        return first if pieces else 0xFFFFFFFE

    mini, mini_table, places = b"", [], {}
    for name, content in streams.items():
        if len(content) >= 4096:
            places[name] = (put(content), len(content))
        else:
            first, count = len(mini) // 64, -(-len(content) // 64)
            mini += content.ljust(count * 64, b"\0")
            mini_table += [first + i + 1 for i in range(count - 1)] + [0xFFFFFFFE] * (count > 0)
            places[name] = (first, len(content))
    root = (put(mini), len(mini))
    mini_start = put(struct.pack(f"<{len(mini_table)}I", *mini_table))
    entries = [_entry("Root Entry", 5, *root), *(_entry(name, 2, *place) for name, place in places.items())]
    directory = put(b"".join(entries))
    tables = -(-(len(sectors) + 1) // 128)
    while tables * 128 < len(sectors) + tables:
        tables += 1
    first = len(sectors)
    full = table + [0xFFFFFFFD] * tables
    full += [0xFFFFFFFF] * (tables * 128 - len(full))
    listed = [*range(first, first + tables)]
    head = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + b"\0" * 16
        + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
        + b"\0" * 6
    )
    head += struct.pack("<IIIIIIIII", 0, tables, directory, 0, 4096, mini_start, 1, 0xFFFFFFFE, 0)
    head += struct.pack("<109I", *(listed + [0xFFFFFFFF] * 109)[:109])
    return head + b"".join(sectors) + struct.pack(f"<{len(full)}I", *full)


def _entry(name: str, kind: int, start: int, length: int) -> bytes:
    text = (name + "\0").encode("utf-16-le")
    return (
        text.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(text), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, 1 if kind == 5 else 0xFFFFFFFF)
        + b"\0" * 36
        + struct.pack("<III", start, length, 0)
    )


def write_xls(path: Path, sheets: Mapping[str, Sequence[bytes]], **more: object) -> Path:
    """A small xls; the stream is made long enough not to be a short one."""
    stream = xls_stream(sheets, **more)  # type: ignore[arg-type]
    path.write_bytes(compound({"Workbook": stream.ljust(4096, b"\0")}))
    return path


def texts(rows: Iterable[Sequence[object]]) -> list[bytes]:
    """Records of a sheet of texts and numbers."""
    cells = []
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, str) and cell:
                cells.append(label(at, column, cell))
            elif isinstance(cell, (int, float)):
                cells.append(number(at, column, cell))
    return cells
