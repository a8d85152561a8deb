"""Write a pack as a workbook: the same pack gives the same bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

import xlsxwriter
from pydantic import BaseModel

from bangfu.core.errors import PlanError, Problem
from bangfu.core.messages import N_, Message
from bangfu.core.plans.columns import (
    FIRST_ROW,
    HEAD_SHEETS,
    KEY,
    LABEL,
    VALUE,
    columns_of,
    heading,
    sheet_name,
)
from bangfu.core.plans.emit import plain_of
from bangfu.core.plans.pack import Content, collections

CELL_CHARACTERS = 32_767
LINE = 15  # height of a line in points
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_WRITTEN_ON = datetime(2000, 1, 1)  # noqa: DTZ001 - fixed, so that the same pack gives the same bytes


@dataclass(frozen=True)
class Sheet:
    """A sheet: its name, its columns (dotted keys), the text of each filled cell by column."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]


def to_workbook(content: Content) -> bytes:
    """The workbook (xlsx) of a pack's own content.

    Raises PlanError where a text fits no cell: more than 32,767 characters, or control characters.
    """
    sheets = list(_sheets(content))
    problems = [problem for sheet in sheets for problem in _unfit(sheet)]
    if problems:
        raise PlanError(problems)
    target = BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        book.set_properties({"created": _WRITTEN_ON, "title": content.plan.title})
        for sheet in sheets:
            _write(book, sheet)
    return target.getvalue()


def _sheets(content: Content) -> Iterator[Sheet]:
    for file, model in HEAD_SHEETS.items():
        part = getattr(content, file)
        if part is not None:
            cells = _cells(part, model)
            rows = tuple({LABEL: heading(key), KEY: key, VALUE: cell} for key, cell in cells.items())
            yield Sheet(sheet_name(file), (LABEL, KEY, VALUE), rows)
    for address, collection in collections().items():
        entries = collection.of(content)
        rows = tuple(
            ({KEY: key} if collection.is_mapping else {}) | _cells(entry, collection.model)
            for key, entry in entries.items()
        )
        if rows:
            known = [KEY, *(column.key for column in columns_of(collection.model))]
            used = [key for key in known if any(key in row for row in rows)]
            yield Sheet(sheet_name(address), tuple(used), rows)


def _cells(entry: BaseModel, model: type[BaseModel]) -> dict[str, str]:
    plain = plain_of(entry)
    cells = ((column.key, column.cell_of(plain)) for column in columns_of(model))
    return {key: cell for key, cell in cells if cell is not None}


def _unfit(sheet: Sheet) -> Iterator[Problem]:
    for number, row in enumerate(sheet.rows, start=FIRST_ROW + 1):
        for key, cell in row.items():
            where = f"{sheet.name}:{number} {key}"
            if len(cell) > CELL_CHARACTERS:
                values = {"length": len(cell), "limit": CELL_CHARACTERS}
                message = Message(N_("文字有 {length} 个字，一个单元格只放得下 {limit} 个。"), values)
                yield Problem(
                    "plan.cell_too_long", message, where, Message(N_("请分成几条，或用文件夹的写法。"))
                )
            if _CONTROL.search(cell):
                message = Message(N_("文字里有控制字符，工作簿存不下。"))
                yield Problem("plan.control_character", message, where, Message(N_("请删去看不见的字符。")))


def _write(book: xlsxwriter.Workbook, sheet: Sheet) -> None:
    bold = book.add_format({"bold": True, "bg_color": "#DDEBF7", "text_wrap": True})
    grey = book.add_format({"italic": True, "font_color": "#808080"})
    text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    page = book.add_worksheet(sheet.name)
    page.freeze_panes(FIRST_ROW, 1)
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)
    page.repeat_rows(0, FIRST_ROW - 1)
    widths = {key: _width(key, sheet.rows) for key in sheet.columns}
    for column, key in enumerate(sheet.columns):
        page.write_string(0, column, heading(key), bold)
        page.write_string(1, column, key, grey)
        page.set_column(column, column, widths[key])
    for number, row in enumerate(sheet.rows, start=FIRST_ROW):
        page.set_row(number, LINE * max(_lines(cell, widths[key]) for key, cell in row.items()))
        for column, key in enumerate(sheet.columns):
            if key in row:
                page.write_string(number, column, row[key], text)


def _width(key: str, rows: tuple[dict[str, str], ...]) -> int:
    """As wide as the longest line needs, between 10 and 48 Latin letters."""
    longest = max(_letters(line) for row in rows for line in row.get(key, "").split("\n"))
    return max(10, len(key) + 2, min(48, longest + 2))


def _lines(cell: str, width: int) -> int:
    """How many lines a cell takes, up to twenty."""
    return min(20, sum(1 + _letters(line) // width for line in cell.split("\n")))


def _letters(line: str) -> int:
    """The width of a line in Latin letters; a Chinese character is two wide."""
    return len(line) + sum(character > "\u2e80" for character in line)
