"""Sheets that the product writes: one look for all, and no text that turns into a formula.

A workbook is written row by row, so that its size does not matter; the same input gives the same bytes.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from math import ceil
from pathlib import Path
from unicodedata import east_asian_width

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from bangfu.core.messages import N_, translate
from bangfu.core.register.durable import PRIVATE_FILE

Value = str | int | float | Decimal | bool | date | None
LONGEST_TEXT = 32_767  # characters that a cell of Excel holds
_RISKY = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet may take for a formula
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_PLAIN: dict[str, object] = {"font_name": "宋体", "font_size": 10, "valign": "vcenter"}
_HEADS: dict[str, dict[str, object]] = {
    "title": {"bold": True, "font_size": 16, "align": "center"},
    "header": {"bold": True, "align": "center", "border": 1, "bg_color": "#DDEBF7"},
}
_LINE_POINTS, _TALLEST = 13.5, 409.0
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)  # instead of the clock: the same input, the same bytes


class Kind(Enum):
    """What a column holds, and how it is shown."""

    TEXT = "@"
    WHOLE = "#,##0"
    AMOUNT = "#,##0.00"
    DATE = "yyyy-mm-dd"


@dataclass(frozen=True)
class SheetColumn:
    """A column of a sheet: its title, width in characters, what it holds, whether long text is wrapped."""

    title: str
    width: float = 12
    kind: Kind = Kind.TEXT
    wrap: bool = False


def is_risky(text: str) -> bool:
    """Whether a spreadsheet could take a text for a formula."""
    return text.startswith(_RISKY)


class Book:
    """A workbook being written; get one from `open_book`."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._formats: dict[tuple[Kind | str, bool, bool], Format] = {}

    def add_table(
        self,
        name: str,
        columns: Sequence[SheetColumn],
        rows: Iterable[Sequence[Value]],
        title: str = "",
        frozen: int = 0,
    ) -> int:
        """Add a sheet with a frozen, filtered header below an optional title; give the number of rows.

        `frozen`: how many columns at the left stay in sight.

        `name`: at most 31 characters, none of []:*?/\\. A value is written by its own type; None is empty.
        """
        sheet = self._book.add_worksheet(name)
        header = 1 if title else 0
        for at, column in enumerate(columns):
            sheet.set_column(at, at, column.width)
        if title:
            sheet.set_row(0, 30)
            self._write_title(sheet, title, len(columns))
        sheet.set_row(header, 30)
        for at, column in enumerate(columns):
            sheet.write_string(header, at, column.title, self._format("header", wrap=True))
        last = header
        for last, row in enumerate(rows, header + 1):
            sheet.set_row(last, _height(columns, row))
            for at, (column, value) in enumerate(zip(columns, row, strict=True)):
                self._write(sheet, last, at, value, column)
        sheet.freeze_panes(header + 1, frozen)
        sheet.autofilter(header, 0, last, len(columns) - 1)
        _set_up_print(sheet, header)
        return last - header

    def _write_title(self, sheet: Worksheet, title: str, width: int) -> None:
        style = self._format("title")
        if width > 1:
            sheet.merge_range(0, 0, 0, width - 1, "", style)
        sheet.write_string(0, 0, _clean(title), style)

    def _write(self, sheet: Worksheet, row: int, at: int, value: Value, column: SheetColumn) -> None:
        style = self._format(column.kind, column.wrap)
        if value is None:
            sheet.write_blank(row, at, None, style)
        elif isinstance(value, bool):
            sheet.write_string(row, at, translate(N_("是")) if value else translate(N_("否")), style)
        elif isinstance(value, (int, float, Decimal)):
            sheet.write_number(row, at, value, style)
        elif isinstance(value, date):
            sheet.write_datetime(row, at, value, self._format(Kind.DATE, column.wrap))
        else:
            text = _clean(value)
            sheet.write_string(row, at, text, self._format(column.kind, column.wrap, is_risky(text)))

    def _format(self, kind: Kind | str, wrap: bool = False, quoted: bool = False) -> Format:
        key = (kind, wrap, quoted)
        if key not in self._formats:
            if isinstance(kind, Kind):
                look = _PLAIN | {"border": 1, "num_format": kind.value, "quote_prefix": quoted}
            else:
                look = _PLAIN | _HEADS[kind]
            self._formats[key] = self._book.add_format(look | {"text_wrap": wrap})
        return self._formats[key]


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A path to write to; at the end of the block the file is at `path`, private to the user, or nowhere."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        yield partial
        partial.chmod(PRIVATE_FILE)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def open_book(path: Path) -> Iterator[Book]:
    """A new workbook at `path`, private to the user; there only once it is whole."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with whole_file(path) as partial, Workbook(partial, options) as book:
        book.set_properties({"created": _BEGINNING})
        yield Book(book)


def write_csv(path: Path, titles: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
    """A csv that Excel opens as Chinese (UTF-8 with mark). A text that could be taken for a formula gets an
    apostrophe in front."""
    with whole_file(path) as partial, partial.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([_csv_cell(title) for title in titles])
        for row in rows:
            writer.writerow([_csv_cell(value) for value in row])


def _height(columns: Sequence[SheetColumn], row: Sequence[Value]) -> float:
    """Points that a row with wrapped text needs; not every program finds that out by itself."""
    lines = 1
    for column, value in zip(columns, row, strict=True):
        if column.wrap and isinstance(value, str):
            across = (
                sum(2 if east_asian_width(c) in "WF" else 1 for c in part) for part in value.split("\n")
            )
            lines = max(lines, sum(max(1, ceil(width / (column.width - 1))) for width in across))
    return min(lines * _LINE_POINTS + 4, _TALLEST)


def _csv_cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return translate(N_("是")) if value else translate(N_("否"))
    if isinstance(value, str):
        text = _CONTROL.sub("", value)
        return f"'{text}" if is_risky(text) else text
    return str(value)


def _clean(text: str) -> str:
    plain = _CONTROL.sub("", text)
    return plain if len(plain) <= LONGEST_TEXT else plain[: LONGEST_TEXT - 1] + "…"


def _set_up_print(sheet: Worksheet, header: int) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, header)
    sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    sheet.set_footer(f"&C{translate(N_('第 &P 页，共 &N 页'))}")
    sheet.center_horizontally()
