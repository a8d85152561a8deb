"""A worksheet's XML → columns of cells, while it streams by: a large sheet costs no more than its values.

A block of rows in the spelling that nearly every program uses is taken by one expression and column by
column; any other block is parsed for itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from lxml import etree

from bangfu.core.sheets.blocks import parse_inside, row_blocks, rows_end
from bangfu.core.sheets.cells import Cell, Position, RawSheet, column_letters, column_number, position
from bangfu.core.sheets.content import Content, local_name, text_inside
from bangfu.core.sheets.problems import refusal

_CELL = re.compile(rb'<c r="([A-Z]+)([0-9]+)"')
_BETWEEN = re.compile(rb"</row>\s*(?:<row\b[^>]*>\s*)*")
# What stands behind a cell's reference: format, type, formula, content.
_REST = re.compile(
    rb'(?: s="([0-9]{1,6})")?(?: t="([A-Za-z]+)")?(?:/>|>'
    rb"(<f(?: [^>]*)?(?:/>|>[^<]*</f>))?"
    rb'(?:(?:<v>|<is><t(?: xml:space="preserve")?>)([^<]*)(?:</v>|</t></is>)|<v/>)?</c>)\s*'
)
_START = re.compile(rb"<(?:[\w.-]+:)?worksheet\b[^>]*>")
_ROWS_START = re.compile(rb"<(?:[\w.-]+:)?sheetData\b[^>]*>")
_END = re.compile(rb"</(?:[\w.-]+:)?worksheet\s*>\s*(?:<!--.*-->\s*)?$", re.DOTALL)
_MERGED = re.compile(rb"""<(?:[\w.-]+:)?mergeCell\s[^>]*?\bref\s*=\s*["']([A-Z]+[0-9]+):([A-Z]+[0-9]+)["']""")
_INEXACT = 16  # digits, more than a float holds
_REMEMBERED = 4096  # different cells of a column


def read_sheet(name: str, pieces: Iterable[bytes], content: Content, where: str, most_cells: int) -> RawSheet:
    """The cells of a worksheet from A1 to the last that holds anything. Raises WorkbookError: the XML is
    damaged or builds on entities, or the area has more than `most_cells`."""
    reader = _Reader(content, where, most_cells)
    tail: list[bytes] = []
    for block in row_blocks(pieces, where):
        if tail:
            tail.append(block)
            continue
        rows = block if reader.start else reader.begin(block)
        if end := rows_end(rows):
            rows, tail = rows[: end.start()], [rows[end.end() :]]
        reader.take(rows)
    behind = b"".join(tail)
    if _END.search(behind) is None:
        raise refusal("truncated", where)
    merged = tuple((*position(a.decode()), *position(b.decode())) for a, b in _MERGED.findall(behind))
    return RawSheet(name, reader.filled(), merged, reader.formulas, reader.faults, reader.exact_numbers)


@dataclass(frozen=True)
class _Note:
    """What is to be kept of a cell beside its value."""

    is_formula: bool
    has_value: bool
    fault: str | None
    exact_number: str | None


class _Memory(dict[bytes, Cell]):
    """The cells of a column by how they are written, so that each is read once and equal texts are one."""

    def __init__(self, reader: _Reader) -> None:
        self.reader = reader

    def __missing__(self, written: bytes) -> Cell:
        if len(self) > _REMEMBERED:
            self.clear()
        cell, note = self.reader.read(written)
        if note is None:
            self[written] = cell
        else:
            self.reader.notes[written] = note
        return cell


class _Reader:
    """The columns of a sheet as far as its XML has streamed by."""

    def __init__(self, content: Content, where: str, most_cells: int) -> None:
        self.content, self.where, self.most_cells = content, where, most_cells
        self.start = b""  # the tag that opens the worksheet
        self.columns: dict[int, list[Cell]] = {}
        self.height = self.width = 0
        self.last_row = -1
        self.memories: dict[bytes, _Memory] = {}
        self.notes: dict[bytes, _Note] = {}  # of the cells that are being added
        self.formulas: dict[Position, bool] = {}
        self.faults: dict[Position, str] = {}
        self.exact_numbers: dict[Position, str] = {}

    def begin(self, block: bytes) -> bytes:
        """What stands before the rows; the rest of the first block."""
        if b"<!DOCTYPE" in block:
            raise refusal("bomb", self.where, "DOCTYPE")
        start, rows = _START.search(block), _ROWS_START.search(block)
        if start is None or rows is None:
            raise refusal("truncated", self.where)
        self.start = start[0]
        return block[rows.start() if rows[0].endswith(b"/>") else rows.end() :]

    def take(self, rows: bytes) -> None:
        """Add a block of whole rows."""
        found = _CELL.split(_BETWEEN.sub(b"", rows))
        letters, numbers, written = found[1::3], found[2::3], found[3::3]
        if not letters or len(letters) != rows.count(b"<c") or b"<!" in rows:
            letters, numbers, written = self._parsed(rows)
            if not letters:
                return
        width = numbers.count(numbers[0])
        if _is_rectangle(letters, numbers, width):
            first = int(numbers[0]) - 1
            at_rows = range(first, first + len(numbers) // width)
            for column in range(width):
                self._add(letters[column], at_rows, written[column::width])
        else:
            places: dict[bytes, list[int]] = {}
            for place, letter in enumerate(letters):
                places.setdefault(letter, []).append(place)
            for letter, own in places.items():
                at = [int(numbers[place]) - 1 for place in own]
                self._add(letter, at, [written[place] for place in own])
        self.last_row = int(numbers[-1]) - 1

    def _parsed(self, rows: bytes) -> tuple[list[bytes], list[bytes], list[bytes]]:
        """Letters, row and the rest of every cell of rows in any spelling."""
        letters, numbers, written = [], [], []
        at = self.last_row
        for row in parse_inside(self.start, rows, self.where).iterchildren("{*}row"):
            number = row.get("r", "")
            at, column = int(number) - 1 if number.isdigit() else at + 1, -1
            for cell in row.iterchildren("{*}c"):
                at, column = self._position(cell.get("r"), (at, column + 1))
                letters.append(column_letters(column).encode())
                numbers.append(b"%d" % (at + 1))
                written.append(_plainly(cell))
        return letters, numbers, written

    def _position(self, reference: str | None, default: Position) -> Position:
        try:
            return default if reference is None else position(reference)
        except ValueError:
            raise refusal("truncated", self.where) from None

    def _add(self, letters: bytes, rows: Sequence[int], written: Sequence[bytes]) -> None:
        """Cells of one column."""
        column = column_number(letters.decode())
        if letters not in self.memories:
            self.memories[letters] = _Memory(self)
        cells = list(map(self.memories[letters].__getitem__, written))
        if self.notes:
            for row, text in zip(rows, written, strict=True):
                if text in self.notes:
                    self._keep((row, column), self.notes[text])
            self.notes.clear()
        if cells.count("") < len(cells):
            self._place(column, rows, cells)

    def read(self, written: bytes) -> tuple[Cell, _Note | None]:
        """A cell from what stands behind its reference."""
        match = _REST.fullmatch(written)
        if match is None:
            (cell, *_) = parse_inside(self.start, b"<c" + written, self.where)
            match = _REST.fullmatch(_plainly(cell))
            if match is None:
                raise refusal("truncated", self.where)
        style, cell_type, formula, raw = match.groups(b"")
        value = self.content.reader(cell_type, style)(raw) if raw else ""
        fault = exact = None
        if cell_type == b"e":
            fault = raw.decode("utf-8", "replace").strip()
        elif len(raw) >= _INEXACT and cell_type in (b"", b"n") and raw.strip().isdigit():
            exact = raw.strip().decode()
        if formula or fault or exact:
            return value, _Note(formula != b"", raw != b"", fault, exact)
        return value, None

    def _keep(self, cell: Position, note: _Note) -> None:
        if note.is_formula:
            self.formulas[cell] = note.has_value
        if note.fault:
            self.faults[cell] = note.fault
        if note.exact_number:
            self.exact_numbers[cell] = note.exact_number

    def _place(self, column: int, rows: Sequence[int], cells: list[Cell]) -> None:
        end = max(rows) + 1
        self.height, self.width = max(self.height, end), max(self.width, column + 1)
        if self.height * self.width > self.most_cells:
            raise refusal("too_big", self.where, f"{self.height:,} × {self.width:,}")
        if min(rows) < 0:
            raise refusal("truncated", self.where)
        own = self.columns.setdefault(column, [])
        if isinstance(rows, range) and len(own) <= rows.start:
            own.extend([""] * (rows.start - len(own)))
            own.extend(cells)
            return
        own.extend([""] * (end - len(own)))
        for row, cell in zip(rows, cells, strict=True):
            own[row] = cell

    def filled(self) -> list[list[Cell]]:
        """Every column, all as long as the last row that holds anything."""
        for own in self.columns.values():
            while own and own[-1] == "":
                own.pop()
        height = max(map(len, self.columns.values()), default=0)
        width = max((column + 1 for column, own in self.columns.items() if own), default=0)
        found = [self.columns.get(column, []) for column in range(width)]
        for own in found:
            own.extend([""] * (height - len(own)))
        return found


def _plainly(cell: etree._Element) -> bytes:
    """What stands behind the reference of a cell, in the usual spelling."""
    said, formula = "", b""
    for part in cell:
        name = local_name(part)
        if name == "v":
            said = part.text or ""
        elif name == "is":
            said = text_inside(part)
        elif name == "f":
            formula = b"<f/>"
    style, kind = cell.get("s", ""), cell.get("t")
    return b"%s%s>%s<v>%s</v></c>" % (
        b' s="%s"' % style.encode() if style.isdigit() else b"",
        b' t="%s"' % kind.encode() if kind else b"",
        formula,
        escape(said).encode(),
    )


def _is_rectangle(letters: list[bytes], numbers: list[bytes], width: int) -> bool:
    """Whether every row of a block has the same columns and no row is left out."""
    height, rest = divmod(len(numbers), width)
    if rest or letters != letters[:width] * height or len(set(letters[:width])) < width:
        return False
    first = int(numbers[0])
    rows = [b"%d" % row for row in range(first, first + height)]
    return all(numbers[column::width] == rows for column in range(width))
