"""Worksheets as offices hand them round, cell by cell, with a list of what is wrong in them on purpose."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from bangfu.core.sheets.cells import reference


@dataclass(frozen=True)
class Formula:
    """A formula and the value stored with it, which may be an error (#DIV/0!); None: none is stored."""

    text: str
    value: float | str | None


@dataclass(frozen=True)
class Titled:
    """A column's title: `group` above it (merged over neighbours of the same group), and its own."""

    text: str
    group: str = ""


_CREATED = datetime(2020, 1, 1, tzinfo=UTC)  # fixed, so that the same pages give the same bytes

Value = str | float | int | date | Formula | None


@dataclass(frozen=True)
class Dirt:
    """A cell that an importer has to report: `kind` is a code of `bangfu.core.sheets.reasons`."""

    file: str
    sheet: str
    cell: str
    kind: str


@dataclass
class Page:
    """A worksheet: title rows, a header of one or two rows, rows of cells, and its dirt."""

    file: str
    sheet: str
    titles: Sequence[str]
    columns: Sequence[Titled]
    rows: list[list[Value]]
    footer: str = ""
    chart: tuple[str, int] | None = None  # title of a chart over this column of numbers
    dirt: list[Dirt] = field(default_factory=list)

    @property
    def has_groups(self) -> bool:
        """Whether the header takes two rows."""
        return any(column.group for column in self.columns)

    @property
    def first_row(self) -> int:
        """The first row of data, from 0."""
        return len(self.titles) + 1 + self.has_groups

    def at(self, header: str) -> int:
        """The column with a title. ValueError if there is none."""
        return [column.text for column in self.columns].index(header)

    def value(self, row: int, header: str) -> Value:
        """What stands in a row of data (from 0) under a title."""
        return self.rows[row][self.at(header)]

    def write(self, row: int, header: str, value: Value, kind: str = "") -> None:
        """Replace a cell; `kind`: what the importer must say of it."""
        self.rows[row][self.at(header)] = value
        if kind:
            self.report(row, header, kind)

    def report(self, row: int, header: str, kind: str) -> None:
        """Note what the importer must say of a cell."""
        self.dirt.append(Dirt(self.file, self.sheet, reference(self.first_row + row, self.at(header)), kind))

    def grid(self) -> list[list[Value]]:
        """All rows from the top, as they stand in the sheet."""
        width = len(self.columns)
        top: list[list[Value]] = [[title, *[None] * (width - 1)] for title in self.titles]
        if self.has_groups:
            above = ["", *[column.group for column in self.columns]]
            top.append(
                [
                    c.group or c.text if c.group != above[i] or not c.group else None
                    for i, c in enumerate(self.columns)
                ]
            )
        top.append([c.text if c.group or not self.has_groups else None for c in self.columns])
        end: list[list[Value]] = [[self.footer, *[None] * (width - 1)]] if self.footer else []
        return top + self.rows + end


def write_xlsx(path: Path, pages: Sequence[Page]) -> None:
    """Write a workbook; the same pages give the same bytes."""
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties(
        {"title": pages[0].titles[0], "comments": "样例数据，人员均为虚构", "created": _CREATED}
    )
    formats = {
        "title": book.add_format({"bold": True, "font_size": 16, "align": "center"}),
        "header": book.add_format(
            {"bold": True, "border": 1, "align": "center", "text_wrap": True, "bg_color": "#DDEBF7"}
        ),
        "cell": book.add_format({"border": 1}),
        "date": book.add_format({"border": 1, "num_format": "yyyy-mm-dd"}),
    }
    for page in pages:
        sheet = book.add_worksheet(page.sheet)
        _write_head(sheet, page, formats)
        for number, row in enumerate(page.rows, page.first_row):
            for column, value in enumerate(row):
                _write_cell(sheet, number, column, value, formats)
        if page.footer:
            sheet.write_string(page.first_row + len(page.rows), 0, page.footer)
        if page.chart:
            _write_chart(book, sheet, page, *page.chart)
        sheet.freeze_panes(page.first_row, 0)
        sheet.set_column(0, len(page.columns) - 1, 14)
    book.close()


def _write_head(sheet: Worksheet, page: Page, formats: dict[str, xlsxwriter.format.Format]) -> None:
    width, height = len(page.columns), len(page.titles)
    for row, title in enumerate(page.titles):
        sheet.merge_range(row, 0, row, width - 1, title, formats["title" if row == 0 else "cell"])
    for column, titled in enumerate(page.columns):
        if not page.has_groups:
            sheet.write_string(height, column, titled.text, formats["header"])
        elif not titled.group:
            sheet.merge_range(height, column, height + 1, column, titled.text, formats["header"])
        else:
            sheet.write_string(height + 1, column, titled.text, formats["header"])
    for first, last, group in _spans(page.columns):
        if last > first:
            sheet.merge_range(height, first, height, last, group, formats["header"])
        else:
            sheet.write_string(height, first, group, formats["header"])


def _spans(columns: Sequence[Titled]) -> list[tuple[int, int, str]]:
    """First and last column of each title that stands over others."""
    spans: list[tuple[int, int, str]] = []
    for column, titled in enumerate(columns):
        if titled.group and spans and spans[-1][1:] == (column - 1, titled.group):
            spans[-1] = (spans[-1][0], column, titled.group)
        elif titled.group:
            spans.append((column, column, titled.group))
    return spans


def _write_cell(
    sheet: Worksheet, row: int, column: int, value: Value, formats: dict[str, xlsxwriter.format.Format]
) -> None:
    match value:
        case None:
            sheet.write_blank(row, column, None, formats["cell"])
        case str():
            sheet.write_string(row, column, value, formats["cell"])
        case date():
            sheet.write_datetime(row, column, value, formats["date"])
        case Formula(text, stored):
            sheet.write_formula(row, column, text, formats["cell"], "" if stored is None else stored)
        case _:
            sheet.write_number(row, column, value, formats["cell"])


def _write_chart(book: xlsxwriter.Workbook, sheet: Worksheet, page: Page, title: str, column: int) -> None:
    chart = book.add_chart({"type": "column"})
    last = page.first_row + min(len(page.rows), 20) - 1
    chart.add_series({"name": title, "values": [page.sheet, page.first_row, column, last, column]})
    chart.set_title({"name": title})
    sheet.insert_chart(page.first_row + 1, len(page.columns) + 1, chart)


def write_csv(path: Path, page: Page, encoding: str) -> None:
    """Write a page as comma-separated text, formulas by their value."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for row in page.grid():
        writer.writerow(["" if cell is None else cell for cell in row])
    path.write_bytes(text.getvalue().encode(encoding))
