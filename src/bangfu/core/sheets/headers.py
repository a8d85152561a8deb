"""Find the header of a sheet wherever it stands, and say where each column goes: by name, never by position."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bangfu.core.sheets.cells import RawSheet
from bangfu.core.sheets.folding import fold
from bangfu.core.sheets.layouts import SKIP, Layout, Target

SEARCHED_ROWS = 60
MAX_HEIGHT = 3
_DECORATION = re.compile(r"^[*★☆]+|^[0-9]+[.、]|[*:]+$")
_YEAR = re.compile(r"^(20[0-9]{2})年(?:度)?")


@dataclass(frozen=True)
class Header:
    """Where the header stands (rows from 0, inclusive) and what each column of the sheet means.

    `clashes`: columns that mean the same as an earlier one. `unknown`: columns with a title that no layout
    knows. `texts`: each column's title as written.
    """

    first: int
    last: int
    targets: Mapping[int, Target]
    clashes: tuple[int, ...]
    unknown: tuple[int, ...]
    texts: Mapping[int, str]

    def missing(self, layout: Layout) -> tuple[Target, ...]:
        """Needed columns that the sheet lacks."""
        present = set(self.targets.values())
        return tuple(target for target in layout.needed if target not in present)


def find_header(sheet: RawSheet, layout: Layout) -> Header | None:
    """The rows that name the most columns of the layout; None if nowhere two are named."""
    grid = _titles(sheet)
    best: Header | None = None
    for height in range(1, MAX_HEIGHT + 1):  # the lowest first: a title above adds nothing
        for first in range(len(grid) - height + 1):
            header = _read(grid[first : first + height], first, layout)
            if len(header.targets) > (len(best.targets) if best else 1):
                best = header
    return best


def _titles(sheet: RawSheet) -> list[list[str]]:
    """The top of the sheet as folded text, merged cells filled throughout."""
    grid = [
        [fold(cell) if isinstance(cell, str) else "" for cell in row] for row in sheet.rows[:SEARCHED_ROWS]
    ]
    for top, left, bottom, right in sheet.merged:
        if top >= len(grid):
            continue
        for row in range(top, min(bottom + 1, len(grid))):
            grid[row][left : right + 1] = [grid[top][left]] * len(grid[row][left : right + 1])
    return grid


def _read(rows: Sequence[Sequence[str]], first: int, layout: Layout) -> Header:
    targets: dict[int, Target] = {}
    texts: dict[int, str] = {}
    clashes, unknown = [], []
    seen: set[Target] = set()
    for column in range(len(rows[0])):
        parts = _distinct(row[column] for row in rows)
        if not parts:
            continue
        texts[column] = " ".join(parts)
        target = _match(parts, layout)
        if target is None:
            unknown.append(column)
        elif target.table != SKIP and target in seen:
            clashes.append(column)
        else:
            seen.add(target)
            targets[column] = target
    return Header(first, first + len(rows) - 1, targets, tuple(clashes), tuple(unknown), texts)


def _distinct(parts: Iterable[str]) -> list[str]:
    """Titles above one column from top to bottom; what a merged cell repeats counts once."""
    kept: list[str] = []
    for part in parts:
        if part and part not in kept:
            kept.append(part)
    return kept


def _match(parts: Sequence[str], layout: Layout) -> Target | None:
    """The joined titles first (帮扶责任人 + 姓名), then the lowest alone."""
    year: int | None = None
    bare = []
    for part in parts:
        text = _DECORATION.sub("", part)
        if match := _YEAR.match(text):
            year, text = int(match[1]), text[match.end() :]
        bare.append(text)
    for text in ("".join(bare), bare[-1]):
        if text and (target := layout.find(text)):
            if year is None:
                return target
            return replace(target, year=year) if target.code else None
    return None
