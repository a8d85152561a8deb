"""An xls or csv as an xlsx with the same sheets and values, marked cells coloured and commented."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from bangfu.core.sheets.cells import Cell, RawSheet, RawWorkbook
from bangfu.core.sheets.commenting import AUTHOR
from bangfu.core.sheets.marks import FILLS, SheetMarks
from bangfu.core.sheets.reasons import Severity
from bangfu.core.sheets.writing import LONGEST_TEXT, is_risky

_NUMBER_FORMATS: Mapping[type, str] = {
    date: "yyyy-mm-dd",
    datetime: "yyyy-mm-dd hh:mm:ss",
    time: "hh:mm:ss",
    timedelta: "[h]:mm:ss",
}


def write_marked_values(workbook: RawWorkbook, marks: Mapping[str, SheetMarks], target: Path) -> None:
    """Write every sheet of `workbook` to `target`, row by row. Text stays text, whatever it begins with."""
    with Workbook(target, {"constant_memory": True, "strings_to_formulas": False}) as book:
        formats, shown = _Formats(book), False
        for raw in workbook.sheets:
            sheet = book.add_worksheet(raw.name)
            own = marks.get(raw.name, SheetMarks({}, {}))
            sheet.set_comments_author(AUTHOR)
            _write(sheet, raw, own, formats)
            if raw.name in workbook.hidden:
                sheet.hide()
            elif not shown:
                sheet.activate()  # the first that can be seen
                shown = True


class _Formats:
    """Cell formats by kind of value and severity, each made once."""

    def __init__(self, book: Workbook) -> None:
        self.book = book
        self.made: dict[tuple[type, bool, Severity | None], Format | None] = {(str, False, None): None}

    def of(self, cell: Cell, severity: Severity | None) -> Format | None:
        kind = type(cell) if type(cell) in _NUMBER_FORMATS else str
        key = (kind, isinstance(cell, str) and is_risky(cell), severity)
        if key not in self.made:
            properties: dict[str, object] = {"quote_prefix": key[1]}
            if kind in _NUMBER_FORMATS:
                properties["num_format"] = _NUMBER_FORMATS[kind]
            if severity is not None:
                properties["bg_color"] = f"#{FILLS[severity]}"
            self.made[key] = self.book.add_format(properties)
        return self.made[key]


def _write(sheet: Worksheet, raw: RawSheet, marks: SheetMarks, formats: _Formats) -> None:
    for at, row in enumerate(raw.rows()):
        severities = marks.severities.get(at, {})
        for column, cell in enumerate(row):
            severity = severities.get(column)
            if cell != "" or severity is not None:
                _write_cell(sheet, at, column, cell, formats.of(cell, severity))
            if (at, column) in marks.texts:
                sheet.write_comment(at, column, marks.texts[at, column], {"x_scale": 2})


def _write_cell(sheet: Worksheet, row: int, column: int, cell: Cell, style: Format | None) -> None:
    if isinstance(cell, bool):
        sheet.write_boolean(row, column, cell, style)
    elif isinstance(cell, float):
        sheet.write_number(row, column, cell, style)
    elif isinstance(cell, str):
        if cell:
            sheet.write_string(row, column, cell[:LONGEST_TEXT], style)
        else:
            sheet.write_blank(row, column, None, style)
    else:
        sheet.write_datetime(row, column, cell, style)
