"""Write values into cells of a worksheet's XML; elsewhere no byte changes, and no style of a cell does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from xml.sax.saxutils import escape

from bangfu.core.sheets.cells import column_letters, position
from bangfu.core.sheets.patching import CELL, NUMBER, ROW, STYLE
from bangfu.core.sheets.problems import refusal

CellValue = str | int | Decimal
# Row → column → value, from 0; None: an empty cell in the format of its row.
CellValues = Mapping[int, Mapping[int, CellValue | None]]
_SHEET_DATA = re.compile(rb"<((?:[\w.-]+:)?)sheetData\b[^>]*?(/?)>")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def insert_values(content: bytes, values: CellValues, like: int, where: str) -> bytes:
    """The worksheet with `values`. Text goes in as text, whatever it begins with.

    `like`: the row whose cells give their formats to cells that are not there yet. Raises WorkbookError where
    the sheet holds no rows.
    """
    start = _SHEET_DATA.search(content)
    if start is None or start[2]:
        raise refusal("truncated", where)
    prefix = start[1]
    end = content.index(b"</" + prefix + b"sheetData", start.end())
    waiting = sorted(values)
    rows = list(_rows(content, start.end(), end))
    styles = next((_styles(match[4] or b"") for row, match in rows if row == like), {})
    parts, done = [content[: start.end()]], start.end()
    for row, match in rows:
        parts.append(content[done : match.start()])
        while waiting and waiting[0] < row:
            at = waiting.pop(0)
            parts.append(_new_row(prefix, at, values[at], styles))
        if waiting and waiting[0] == row:
            waiting.pop(0)
            parts.append(_filled(match, row, values[row], styles))
        else:
            parts.append(match[0])
        done = match.end()
    parts += [_new_row(prefix, at, values[at], styles) for at in waiting]
    parts.append(content[done:])
    return b"".join(parts)


def _rows(content: bytes, start: int, end: int) -> Iterator[tuple[int, re.Match[bytes]]]:
    row = -1
    for match in ROW.finditer(content, start, end):
        number = NUMBER.search(match[2])
        row = int(number[1]) - 1 if number else row + 1
        yield row, match


def _cells(content: bytes) -> Iterator[tuple[int, re.Match[bytes]]]:
    column = -1
    for match in CELL.finditer(content):
        reference = NUMBER.search(match[2])
        column = position(reference[1].decode("ascii"))[1] if reference else column + 1
        yield column, match


def _styles(content: bytes) -> dict[int, bytes]:
    found = ((column, STYLE.search(match[2])) for column, match in _cells(content))
    return {column: style[2] for column, style in found if style}


def _new_row(
    prefix: bytes, row: int, values: Mapping[int, CellValue | None], styles: Mapping[int, bytes]
) -> bytes:
    columns = sorted({*values, *styles})
    cells = b"".join(_cell(prefix, row, at, values.get(at), styles.get(at)) for at in columns)
    return b'<%srow r="%d">%s</%srow>' % (prefix, row + 1, cells, prefix)


def _filled(
    match: re.Match[bytes], row: int, values: Mapping[int, CellValue | None], styles: Mapping[int, bytes]
) -> bytes:
    prefix, attributes, _, content = match.groups()
    content = content or b""
    custom = STYLE.search(attributes)
    waiting = sorted(values)
    parts, done = [b"<%srow%s>" % (prefix, attributes)], 0

    def fill_up(before: int) -> None:
        while waiting and waiting[0] < before:
            at = waiting.pop(0)
            style = custom[2] if custom else styles.get(at)
            parts.append(_cell(prefix, row, at, values[at], style))

    for column, cell in _cells(content):
        parts.append(content[done : cell.start()])
        fill_up(column)
        if waiting and waiting[0] == column:
            waiting.pop(0)
            old = STYLE.search(cell[2])
            parts.append(_cell(prefix, row, column, values[column], old[2] if old else None))
        else:
            parts.append(cell[0])
        done = cell.end()
    fill_up(1 << 14)
    return b"".join([*parts, content[done:], b"</%srow>" % prefix])


def _cell(prefix: bytes, row: int, column: int, value: CellValue | None, style: bytes | None) -> bytes:
    head = b'<%sc r="%s%d"' % (prefix, column_letters(column).encode(), row + 1)
    head += b' s="%s"' % style if style else b""
    if value is None:
        return head + b"/>"
    if isinstance(value, str):
        text = escape(_CONTROL.sub("", value)).encode()
        inside = b'<%sis><%st xml:space="preserve">%s</%st></%sis>' % (prefix, prefix, text, prefix, prefix)
        return head + b' t="inlineStr">%s</%sc>' % (inside, prefix)
    return head + b"><%sv>%s</%sv></%sc>" % (prefix, str(value).encode(), prefix, prefix)
