"""The findings as a workbook that an office works in: problems and questions on two sheets, ready to print."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from bangfu.core.documents.ledger import LedgerRow
from bangfu.core.messages import Message, N_, translate

FONT = "宋体"
_MAX_ROWS = 1_048_000  # of a sheet, title and header apart
_COLUMNS: tuple[tuple[str, int], ...] = (
    (N_("序号"), 6),
    (N_("地点"), 18),
    (N_("对象"), 20),
    (N_("问题"), 26),
    (N_("事实"), 44),
    (N_("周期"), 10),
    (N_("来源条款"), 20),
    (N_("整改措施"), 32),
    (N_("责任人"), 22),
    (N_("整改期限"), 12),
    (N_("轻重"), 6),
)


class LedgerWorkbook:
    """Writes the workbook; `extra` are the plan's own ledger columns, left blank for the office."""

    def __init__(self, path: Path, title: str, extra: Sequence[str], notes: Sequence[tuple[str, str]]) -> None:
        options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self._book = xlsxwriter.Workbook(str(path), {**options, "default_date_format": "yyyy-mm-dd"})
        self._title = title
        self._extra = tuple(extra)
        self._notes = notes
        self._formats = {
            "title": self._format(bold=True, font_size=16, align="center", valign="vcenter"),
            "sub": self._format(font_color="#555555", valign="vcenter"),
            "head": self._format(bold=True, border=1, bg_color="#DDE6F0", align="center", valign="vcenter", text_wrap=True),
            "text": self._format(border=1, valign="top", text_wrap=True),
            "mid": self._format(border=1, valign="top", align="center"),
            "date": self._format(border=1, valign="top", align="center", num_format="yyyy-mm-dd"),
        }

    def _format(self, **properties: object) -> Format:
        return self._book.add_format({"font_name": FONT, "font_size": 10.5, **properties})

    def add_sheet(self, name: str, rows: Sequence[LedgerRow], subtitle: str) -> None:
        """A sheet of the ledger: title, header repeated on every page, filters, frozen panes."""
        sheet = self._book.add_worksheet(name)
        headers = [*(translate(header) for header, _ in _COLUMNS), *self._extra]
        last = len(headers) - 1
        sheet.merge_range(0, 0, 0, last, self._title, self._formats["title"])
        sheet.set_row(0, 30)
        sheet.write_string(1, 0, subtitle, self._formats["sub"])
        for index, header in enumerate(headers):
            sheet.write_string(2, index, header, self._formats["head"])
            sheet.set_column(index, index, _COLUMNS[index][1] if index < len(_COLUMNS) else 14)
        sheet.set_row(2, 30)
        for number, row in enumerate(rows[:_MAX_ROWS], 1):
            self._write(sheet, number, row)
        sheet.freeze_panes(3, 3)
        sheet.autofilter(2, 0, 2 + max(len(rows), 1), last)
        self._set_up_print(sheet)

    def _write(self, sheet: Worksheet, number: int, row: LedgerRow) -> None:
        at = number + 2
        text, mid = self._formats["text"], self._formats["mid"]
        sheet.write_number(at, 0, number, mid)
        values = (row.place, row.subject, row.problem, row.facts, row.period, row.clause, row.remedy, row.responsible)
        for column, value in enumerate(values, 1):
            sheet.write_string(at, column, value, text)
        if row.deadline is not None:
            sheet.write_datetime(at, 9, _moment(row.deadline), self._formats["date"])
        else:
            sheet.write_blank(at, 9, None, mid)
        sheet.write_string(at, 10, row.severity, mid)
        for column in range(len(_COLUMNS), len(_COLUMNS) + len(self._extra)):
            sheet.write_blank(at, column, None, text)

    def _set_up_print(self, sheet: Worksheet) -> None:
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(2)
        sheet.set_margins(0.4, 0.4, 0.6, 0.6)
        sheet.set_footer("&L" + self._title.replace("&", "&&") + "&R" + translate(N_("第 &P 页，共 &N 页")))

    def close(self) -> None:
        """Add the sheet that says where all this comes from, and write the file."""
        sheet = self._book.add_worksheet(translate(N_("说明")))
        sheet.set_column(0, 0, 18)
        sheet.set_column(1, 1, 90)
        for row, (name, value) in enumerate(self._notes):
            sheet.write_string(row, 0, name, self._formats["head"])
            sheet.write_string(row, 1, value, self._formats["text"])
        self._book.close()


def _moment(day: date) -> date:
    return day


def subtitle(count: int, as_of: date) -> str:
    """The line under the title."""
    return Message(N_("共 {count} 条，截至 {as_of}"), {"count": count, "as_of": as_of}).render()
