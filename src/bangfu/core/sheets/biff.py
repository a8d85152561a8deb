"""What an xls says beside its values: open password, formulas, error values, area of each sheet.

An xls is a compound file (a small file system of sectors) whose stream "Workbook" is a run of records: type,
length, content.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from bangfu.core.sheets.cells import Position
from bangfu.core.sheets.problems import refusal

_FREE = 0xFFFFFFFA  # this and above: no sector
_HEADER = 512
_ENTRY = 128
_MINI_SECTOR, _MINI_CUTOFF = 64, 4096
_BOF, _EOF, _FILEPASS, _SHEET = 0x809, 0xA, 0x2F, 0x85
_DIMENSIONS = 0x200
_FORMULA, _BOOLERR, _MULRK = 0x6, 0x205, 0xBD
_CELLS = frozenset((_FORMULA, _BOOLERR, _MULRK, 0x203, 0x27E, 0xFD, 0x204, 0xD6))  # and other values
_HEAD, _CELL = struct.Struct("<HH"), struct.Struct("<HH")
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
_NOT_A_NUMBER, _ERROR = b"\xff\xff", 2  # of a formula's stored result
_ENCRYPTED = ("EncryptedPackage", "EncryptionInfo")  # an xlsx with a password is a compound file


@dataclass
class SheetFacts:
    """What an xls says of a sheet beside its values, as `RawSheet` has it. `rows` and `columns` are upper bounds
    of the area."""

    rows: int = 0
    columns: int = 0
    formulas: dict[Position, bool] = field(default_factory=dict)
    faults: dict[Position, str] = field(default_factory=dict)


class CompoundFile:
    """The streams of a compound file by name. Raises WorkbookError where its chains are broken."""

    def __init__(self, content: bytes, where: str) -> None:
        self.content, self.where = content, where
        shift = self._long(30) & 0xFFFF
        if shift not in (9, 12):
            raise refusal("truncated", where)
        self.size = 1 << shift
        self.sectors = len(content) // self.size
        self.table = b"".join(self._sector(number) for number in self._table_sectors())
        self.mini_table = self._chain(self._long(60))
        self.entries = self._directory(self._chain(self._long(48)))

    def stream(self, name: str) -> bytes | None:
        """The content of a stream; None if there is none of that name."""
        if name not in self.entries:
            return None
        start, length = self.entries[name]
        content = self._chain(start) if length >= _MINI_CUTOFF else self._mini_chain(start)
        if len(content) < length:
            raise refusal("truncated", self.where)
        return content[:length]

    def _long(self, offset: int, content: bytes | None = None) -> int:
        source = self.content if content is None else content
        if offset + 4 > len(source):
            raise refusal("truncated", self.where)
        return int.from_bytes(source[offset : offset + 4], "little")

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self.size
        return self.content[start : start + self.size]

    def _table_sectors(self) -> list[int]:
        listed = [self._long(offset) for offset in range(76, _HEADER, 4)]
        following = self._long(68)
        for _ in range(self.sectors):
            if following >= _FREE:
                break
            part = self._sector(following)
            listed += [self._long(offset, part) for offset in range(0, self.size - 4, 4)]
            following = self._long(self.size - 4, part)
        return [number for number in listed if number < _FREE]

    def _follow(self, start: int, table: bytes, most: int) -> Iterator[int]:
        seen = 0
        while start < _FREE:
            seen += 1
            if seen > most:
                raise refusal("truncated", self.where)
            yield start
            start = self._long(start * 4, table)

    def _chain(self, start: int) -> bytes:
        return b"".join(self._sector(number) for number in self._follow(start, self.table, self.sectors))

    def _mini_chain(self, start: int) -> bytes:
        root, _ = self.entries["Root Entry"]
        stream = self._chain(root)
        most = len(stream) // _MINI_SECTOR
        numbers = self._follow(start, self.mini_table, most)
        return b"".join(stream[n * _MINI_SECTOR : (n + 1) * _MINI_SECTOR] for n in numbers)

    def _directory(self, content: bytes) -> dict[str, tuple[int, int]]:
        entries: dict[str, tuple[int, int]] = {}
        for offset in range(0, len(content) - _ENTRY + 1, _ENTRY):
            entry = content[offset : offset + _ENTRY]
            length = int.from_bytes(entry[64:66], "little")
            name = entry[: max(length - 2, 0)].decode("utf-16-le", "replace")
            entries.setdefault(name, (self._long(116, entry), self._long(120, entry)))
        return entries


def scan_xls(content: bytes, where: str) -> list[SheetFacts]:
    """Facts of every sheet in the order of the tabs. Raises WorkbookError: password, truncated, unknown."""
    file = CompoundFile(content, where)
    if any(name in file.entries for name in _ENCRYPTED):
        raise refusal("password", where)
    stream = file.stream("Workbook") or file.stream("Book")
    if stream is None:
        raise refusal("unknown", where)
    starts = []
    for kind, at, length in _records(stream, 0, where):
        if kind == _FILEPASS:
            raise refusal("password", where)
        if kind == _SHEET and length >= 4:
            starts.append(int.from_bytes(stream[at : at + 4], "little"))
    return [_scan_sheet(stream, start, where) for start in starts]


def _records(stream: bytes, start: int, where: str) -> Iterator[tuple[int, int, int]]:
    """Kind, place of the content and its length, for the records of a substream; those of what is embedded
    in it (a chart) are left out."""
    depth = 0
    while start + 4 <= len(stream):
        kind, length = _HEAD.unpack_from(stream, start)
        start += 4
        if start + length > len(stream):
            break
        if kind == _BOF:
            depth += 1
        elif kind == _EOF:
            depth -= 1
            if depth <= 0:
                return
        elif depth == 1:
            yield kind, start, length
        start += length
    raise refusal("truncated", where)


def _area(content: bytes) -> tuple[int, int]:
    """Rows and columns that a sheet says it has; rows take two bytes in older files, four in newer."""
    if len(content) < 14:
        _, rows, _, columns = struct.unpack_from("<HHHH", content)
    else:
        _, rows, _, columns = struct.unpack_from("<IIHH", content)
    return rows, columns


def _scan_sheet(stream: bytes, start: int, where: str) -> SheetFacts:
    facts = SheetFacts()
    for kind, at, length in _records(stream, start, where):
        if kind == _DIMENSIONS and length >= 10:  # for which the reader of values sets memory aside
            rows, columns = _area(stream[at : at + length])
            facts.rows, facts.columns = max(facts.rows, rows), max(facts.columns, columns)
        if kind not in _CELLS or length < 6:
            continue
        row, column = _CELL.unpack_from(stream, at)
        last = int.from_bytes(stream[at + length - 2 : at + length], "little") if kind == _MULRK else column
        facts.rows = max(facts.rows, row + 1)
        facts.columns = max(facts.columns, last + 1)
        if kind == _FORMULA:
            facts.formulas[row, column] = True
            result = stream[at + 6 : at + 14]
            if result[6:] == _NOT_A_NUMBER and result[0] == _ERROR:
                facts.faults[row, column] = _ERRORS.get(result[2], "#")
        elif kind == _BOOLERR and stream[at + 7 : at + 8] == b"\1":
            facts.faults[row, column] = _ERRORS.get(stream[at + 6], "#")
    return facts
