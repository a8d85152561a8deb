"""Cells and sheets as they come out of a file, before anything is understood."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

Cell = str | float | bool | date | datetime | time | timedelta
Position = tuple[int, int]  # row, column; both from 0

_REFERENCE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")


def column_letters(column: int) -> str:
    """0 → A, 26 → AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """A → 0, AA → 26."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def reference(row: int, column: int) -> str:
    """(4, 2) → C5."""
    return f"{column_letters(column)}{row + 1}"


def position(text: str) -> Position:
    """C5 → (4, 2). Raises ValueError for anything else."""
    match = _REFERENCE.fullmatch(text)
    if match is None or match[2].strip("0") == "":
        raise ValueError(f"{text!r} is not a cell reference")
    return int(match[2]) - 1, column_number(match[1])


@dataclass(frozen=True)
class RawSheet:
    """A worksheet as columns of typed cells from A1 on, all of one length; an empty cell is "".

    `formulas`: cells with a formula → whether a computed value is stored with it. `faults`: cells that hold
    an error value (#DIV/0!). `exact_numbers`: whole numbers too long for a float, as written in the file.
    `merged`: first row, first column, last row, last column.
    """

    name: str
    columns: Sequence[Sequence[Cell]]
    merged: tuple[tuple[int, int, int, int], ...] = ()
    formulas: Mapping[Position, bool] = field(default_factory=dict)
    faults: Mapping[Position, str] = field(default_factory=dict)
    exact_numbers: Mapping[Position, str] = field(default_factory=dict)

    @classmethod
    def of_rows(cls, name: str, rows: Sequence[Sequence[Cell]]) -> RawSheet:
        """A sheet from rows of one length."""
        return cls(name, list(zip(*rows, strict=True)))

    @property
    def height(self) -> int:
        """How many rows it has."""
        return len(self.columns[0]) if self.columns else 0

    def rows(self, first: int = 0, end: int | None = None) -> list[list[Cell]]:
        """Rows as lists, which take as much memory again; `end` is not among them."""
        parts = (column[first:end] for column in self.columns)
        return [list(row) for row in zip(*parts, strict=True)]


@dataclass(frozen=True)
class RawWorkbook:
    """The worksheets of a file that were read. `kind`: xlsx, xls or csv. `hidden`: names of the sheets that
    nobody sees, which are read on demand only."""

    name: str
    kind: str
    sheets: tuple[RawSheet, ...]
    hidden: tuple[str, ...] = ()
