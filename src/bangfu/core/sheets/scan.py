"""One pass over a worksheet's XML for what the reader of values does not tell.

It bounds the sheet before anything is laid out in memory (two cells at opposite corners would otherwise
claim hundreds of gigabytes) and finds formulas, error values and whole numbers too long for a float.
Searching for a few byte strings is ten times faster than parsing; only pieces with a hit are looked at cell
by cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bangfu.core.sheets.cells import Position, column_number, position
from bangfu.core.sheets.problems import refusal

SHORT_ROWS = 99_999  # the highest row number of five digits
_MAX_ROW_BYTES = 64 << 20
_SHORT_CELL = re.compile(rb'<c r="([A-Z]+)[0-9]{1,5}"')
_WORTH_A_LOOK = (b"<f", b't="e"', b"t='e'")
_LONG_NUMBER = re.compile(rb"v>[0-9]{16}")
_ELEMENT = re.compile(
    rb"<(?:[\w.-]+:)?(?:(row)\b([^>]*)>|c\b((?:[^>/]|/(?!>))*)(?:/>|>(.*?)</(?:[\w.-]+:)?c\s*>))", re.DOTALL
)
_ATTRIBUTE = re.compile(rb"""(?:^|\s)([rt])\s*=\s*["']([^"']*)["']""")
_FORMULA = re.compile(rb"<(?:[\w.-]+:)?f[\s>/]")
_VALUE = re.compile(rb"<(?:[\w.-]+:)?v\b[^>]*>([^<]+)<")


@dataclass
class SheetFacts:
    """What a worksheet's XML says beside its values. `rows` and `columns` are upper bounds of the area."""

    rows: int = 0
    columns: int = 0
    formulas: dict[Position, bool] = field(default_factory=dict)
    faults: dict[Position, str] = field(default_factory=dict)
    exact_numbers: dict[Position, str] = field(default_factory=dict)


def scan_sheet(pieces: Iterable[bytes], where: str, closely: bool = False) -> SheetFacts:
    """Read a worksheet's XML in pieces. `closely`: bound the rows exactly, at four times the cost. Raises
    WorkbookError where the XML is damaged or builds on entities."""
    facts = SheetFacts()
    last = (-1, -1)
    for block in row_blocks(pieces, where):
        if b"<!DOCTYPE" in block:
            raise refusal("bomb", where, "DOCTYPE")
        columns = [] if closely else _SHORT_CELL.findall(block)
        if columns and len(columns) == block.count(b"<c") and not _is_worth_a_look(block):
            facts.columns = max(facts.columns, *(column_number(x.decode()) + 1 for x in set(columns)))
            facts.rows = max(facts.rows, SHORT_ROWS)
            start = block.rfind(b'<c r="') + 6
            last = _position(block[start : block.find(b'"', start)], last, where)
        else:
            last = _look_closely(block, last, facts, where)
    return facts


def _is_worth_a_look(block: bytes) -> bool:
    return any(mark in block for mark in _WORTH_A_LOOK) or _LONG_NUMBER.search(block) is not None


def row_blocks(pieces: Iterable[bytes], where: str) -> Iterator[bytes]:
    """Pieces cut anew behind the end of a row."""
    rest = b""
    for piece in pieces:
        rest += piece
        end = rest.rfind(b"row>") + 4
        if end >= 4:
            yield rest[:end]
            rest = rest[end:]
        if len(rest) > _MAX_ROW_BYTES:
            raise refusal("bomb", where, "row")
    yield rest


def _position(text: bytes | None, default: Position, where: str) -> Position:
    if text is None:
        return default
    try:
        return position(text.decode("ascii"))
    except ValueError:
        raise refusal("truncated", where) from None


def _look_closely(block: bytes, last: Position, facts: SheetFacts, where: str) -> Position:
    row, column = last
    for match in _ELEMENT.finditer(block):
        is_row, row_attributes, cell_attributes, content = match.groups()
        attributes = dict(_ATTRIBUTE.findall(row_attributes if is_row else cell_attributes))
        if is_row:
            number = attributes.get(b"r", b"%d" % (row + 2))
            row, column = int(number) - 1 if number.isdigit() else row + 1, -1
            continue
        row, column = _position(attributes.get(b"r"), (row, column + 1), where)
        facts.rows = max(facts.rows, row + 1)
        facts.columns = max(facts.columns, column + 1)
        if content:
            _note(content, attributes.get(b"t"), (row, column), facts)
    return row, column


def _note(content: bytes, kind: bytes | None, cell: Position, facts: SheetFacts) -> None:
    value = _VALUE.search(content)
    if _FORMULA.search(content):
        facts.formulas[cell] = value is not None
    if value is None:
        return
    if kind == b"e":
        facts.faults[cell] = value[1].decode("utf-8", "replace").strip()
    elif kind in (None, b"n") and len(digits := value[1].strip()) >= 16 and digits.isdigit():
        facts.exact_numbers[cell] = digits.decode("ascii")
