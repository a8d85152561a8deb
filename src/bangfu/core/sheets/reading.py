"""xlsx, xls and csv → raw sheets, refusing what cannot be read safely. The content decides, not the name.

Macros are never executed and links never followed: nothing here looks at the parts that hold them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import python_calamine as calamine

from bangfu.core.sheets.archive import LIMITS, Limits, open_archive
from bangfu.core.sheets.biff import SheetFacts, scan_xls
from bangfu.core.sheets.cells import Cell, RawSheet, RawWorkbook
from bangfu.core.sheets.content import Content
from bangfu.core.sheets.delimited import is_page, is_text, read_csv
from bangfu.core.sheets.package import open_package
from bangfu.core.sheets.problems import refusal
from bangfu.core.sheets.worksheet import read_sheet

_ZIP_MAGIC = b"PK\x03\x04"
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SAMPLE = 1 << 16
_TEXT_NAMES = (".csv", ".tsv", ".txt")


def read_workbook(path: Path, limits: Limits = LIMITS, with_hidden: bool = False) -> RawWorkbook:
    """Read the visible worksheets of a file, or all. Raises WorkbookError (see `problems.REFUSALS`)."""
    try:
        size = path.stat().st_size
    except OSError:
        raise refusal("missing", path.name) from None
    if size == 0:
        raise refusal("empty", path.name)
    if size > limits.file_bytes:
        raise refusal("too_big", path.name, f"{size >> 20:,} MB")
    with path.open("rb") as file:
        start = file.read(len(_OLE_MAGIC))
    if start.startswith(_ZIP_MAGIC):
        return _read_xlsx(path, limits, with_hidden)
    if size > limits.whole_bytes:
        raise refusal("too_big", path.name, f"{size >> 20:,} MB")
    if start == _OLE_MAGIC:
        return _read_xls(path, limits, with_hidden)
    return _read_text(path, limits)


def is_xlsx(path: Path) -> bool:
    """Whether a file's content is a zip: an xlsx, or nothing we know."""
    with path.open("rb") as file:
        return file.read(len(_ZIP_MAGIC)) == _ZIP_MAGIC


def _read_text(path: Path, limits: Limits) -> RawWorkbook:
    if path.suffix.lower() in _TEXT_NAMES:
        return RawWorkbook(path.name, "csv", (read_csv(path, path.read_bytes(), limits),))
    with path.open("rb") as file:
        sample = file.read(_SAMPLE)
    if is_page(sample.decode("utf-8", "ignore")):
        raise refusal("html", path.name)
    raise refusal("text" if is_text(sample) else "unknown", path.name)


def _read_xlsx(path: Path, limits: Limits, with_hidden: bool) -> RawWorkbook:
    with open_archive(path, limits) as archive:
        package = open_package(archive)
        content = Content(archive, package)
        sheets = tuple(
            read_sheet(
                sheet.name, archive.unpacked(archive.parts[sheet.part]), content, path.name, limits.cells
            )
            for sheet in package.sheets
            if sheet.is_visible or with_hidden
        )
    if not sheets:
        raise refusal("no_sheet", path.name)
    hidden = tuple(sheet.name for sheet in package.sheets if not sheet.is_visible)
    return RawWorkbook(path.name, "xlsx", sheets, hidden)


@contextmanager
def _opened(path: Path) -> Iterator[calamine.CalamineWorkbook]:
    try:
        with calamine.CalamineWorkbook.from_path(path) as workbook:
            yield workbook
    except (calamine.CalamineError, OSError):
        raise refusal("truncated", path.name) from None
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # how a broken assumption of the library shows itself
            raise refusal("truncated", path.name) from None
        raise


def _read_xls(path: Path, limits: Limits, with_hidden: bool) -> RawWorkbook:
    scanned = scan_xls(path.read_bytes(), path.name)
    if sum(facts.rows * facts.columns for facts in scanned) > limits.cells:
        raise refusal("too_big", path.name, "")
    with _opened(path) as workbook:
        tabs = workbook.sheets_metadata
    sheets = [tab for tab in tabs if tab.typ == calamine.SheetTypeEnum.WorkSheet]
    chosen = [tab for tab in sheets if with_hidden or tab.visible == calamine.SheetVisibleEnum.Visible]
    if not chosen or len(tabs) != len(scanned):
        raise refusal("no_sheet" if not chosen else "truncated", path.name)
    hidden = tuple(tab.name for tab in sheets if tab.visible != calamine.SheetVisibleEnum.Visible)
    with _opened(path) as workbook:
        read = tuple(
            _xls_sheet(workbook.get_sheet_by_name(tab.name), scanned[tabs.index(tab)]) for tab in chosen
        )
    return RawWorkbook(path.name, "xls", read, hidden)


def _xls_sheet(sheet: calamine.CalamineSheet, facts: SheetFacts) -> RawSheet:
    rows = _with_floats(sheet.to_python(skip_empty_area=False))
    merged = tuple((*first, *last) for first, last in sheet.merged_cell_ranges or ())
    return replace(
        RawSheet.of_rows(sheet.name, rows), merged=merged, formulas=facts.formulas, faults=facts.faults
    )


def _with_floats(rows: Sequence[Sequence[Cell]]) -> list[list[Cell]]:
    """An xls keeps small whole numbers as such; every other file knows only floats."""
    return [[float(cell) if type(cell) is int else cell for cell in row] for row in rows]
