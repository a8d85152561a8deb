"""Find the header of a sheet wherever it stands and say where each column goes: by name, never by place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bangfu.core.sheets.cells import RawSheet
from bangfu.core.sheets.folding import fold
from bangfu.core.sheets.layouts import SKIP, Layout, Target, column_of, unit_in
from bangfu.core.sheets.numbers import unit_spellings
from bangfu.core.vocabulary import Vocabulary

SEARCHED_ROWS = 60
MAX_HEIGHT = 3
_DECORATION = re.compile(r"^[*★☆]+|^[0-9]+[.、]|[*:]+$")
_YEAR = re.compile(r"^(20[0-9]{2})年(?:度)?")
_YEAR_ANYWHERE = re.compile(r"(20[0-9]{2})年")


@dataclass(frozen=True)
class Header:
    """Where the header stands (rows from 0, inclusive) and what each column of the sheet means.

    `clashes`: columns that mean the same as an earlier one. `unknown`: columns with a title that the layout
    does not know. `texts`: each column's title as written. `year`: the year that the titles above name, if
    they name one.
    """

    first: int
    last: int
    targets: Mapping[int, Target]
    clashes: tuple[int, ...]
    unknown: tuple[int, ...]
    texts: Mapping[int, str]
    year: int | None = None

    def missing(self, layout: Layout) -> tuple[tuple[Target, ...], ...]:
        """Needed columns that the sheet lacks, each with what would do instead."""
        present = {(target.table, target.column) for target in self.targets.values()}
        return tuple(
            group for group in layout.needed if not any((t.table, t.column) in present for t in group)
        )

    def wrong_units(self, vocabulary: Vocabulary) -> dict[int, str]:
        """Columns whose title states another unit of measure than the vocabulary → the right unit."""
        wrong = {}
        for at, target in self.targets.items():
            stated = unit_in(self.texts[at])
            unit = None if target.table == SKIP else column_of(target, vocabulary).unit
            if unit and stated and stated not in unit_spellings(unit):
                wrong[at] = unit
        return wrong


def find_header(sheet: RawSheet, layout: Layout) -> Header | None:
    """The rows that name the most columns of the layout; None if nowhere two are named."""
    grid = _titles(sheet)
    known = {text for text in {text for row in grid for text in row} if text and _match([text], layout)}
    last_rows = [at for at, row in enumerate(grid) if not known.isdisjoint(row)]
    best: Header | None = None
    for height in range(1, MAX_HEIGHT + 1):  # the lowest first: a title above adds nothing
        for first in (last - height + 1 for last in last_rows if last >= height - 1):
            header = _read(grid[first : first + height], first, layout)
            if len(header.targets) > (len(best.targets) if best else 1):
                best = header
    if best is None:
        return None
    above = {match for row in grid[: best.first] for text in row for match in _YEAR_ANYWHERE.findall(text)}
    return replace(best, year=int(above.pop())) if len(above) == 1 else best


def _titles(sheet: RawSheet) -> list[list[str]]:
    """The top of the sheet as folded text, merged cells filled throughout."""
    top_rows = sheet.rows(0, SEARCHED_ROWS)
    grid = [[fold(cell) if isinstance(cell, str) else "" for cell in row] for row in top_rows]
    for top, left, bottom, right in sheet.merged:
        for row in range(top, min(bottom + 1, len(grid))):
            grid[row][left : right + 1] = [grid[top][left]] * len(grid[row][left : right + 1])
    return grid


def _read(rows: Sequence[Sequence[str]], first: int, layout: Layout) -> Header:
    titles = {at: parts for at in range(len(rows[0])) if (parts := _distinct(row[at] for row in rows))}
    outdone = _outdone({parts[-1] for parts in titles.values()}, layout)
    targets: dict[int, Target] = {}
    clashes, unknown = [], []
    for at, parts in titles.items():
        target = Target(SKIP, "outdone") if parts[-1] in outdone else _match(parts, layout)
        if target is None:
            unknown.append(at)
        elif target.table != SKIP and target in targets.values():
            clashes.append(at)
        else:
            targets[at] = target
    texts = {at: " ".join(parts) for at, parts in titles.items()}
    return Header(first, first + len(rows) - 1, targets, tuple(clashes), tuple(unknown), texts)


def _distinct(parts: Iterable[str]) -> list[str]:
    """Titles above one column from top to bottom; what a merged cell repeats counts once."""
    kept: list[str] = []
    for part in parts:
        if part and part not in kept:
            kept.append(part)
    return kept


def _outdone(titles: set[str], layout: Layout) -> set[str]:
    """Titles that give way to a better one of the sheet."""
    gone: set[str] = set()
    for group in layout.prefer:
        gone.update([title for title in group if title in titles][1:])
    return gone


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
        if target := layout.find(text):
            if year is None:
                return target
            return replace(target, year=year) if target.code else None
    return None
