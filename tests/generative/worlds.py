"""Tiny worlds: a few rows a table, some cells empty, some lists not checked or not up to the day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from bangfu.core.engine.world import World
from bangfu.core.expressions import nodes as n
from bangfu.core.periods import Period, containing, named, once
from bangfu.core.plans.plan import Criterion
from bangfu.core.vocabulary import Column, ColumnType, Table
from tests.generative.choosing import Chooser
from tests.generative.tiny import CALENDAR, VOCABULARY

FIRST = date(2020, 6, 1)  # a Monday
DAYS = [FIRST + timedelta(days=offset) for offset in range(-2, 7)]
YEARS = (2019, 2020, 2021)
_VALUES = {
    ColumnType.BOOL: (True, False),
    ColumnType.CODE: ("a", "b", "c"),
    ColumnType.CODES: ("x", "y", "x,y"),
    ColumnType.TEXT: ("t", "u"),
}


@dataclass(frozen=True)
class Times:
    """The day looked at and the periods judged."""

    as_of: date
    periods: tuple[Period, ...]


def times(choose: Chooser, per: str) -> Times:
    """Periods of a kind about the tiny days, closed, open or not begun."""
    if per == "year":
        as_of = choose.pick([date(2020, 12, 31), date(2020, 6, 4), date(2021, 3, 1)])
        return Times(as_of, tuple(containing("year", date(year, 1, 1)) for year in (2020, 2019)))
    as_of = choose.pick([FIRST + timedelta(days=offset) for offset in (4, 1, 0, -2)])
    if per == "once":
        return Times(as_of, (once(as_of),))
    if per == "day":
        return Times(as_of, tuple(containing("day", FIRST + timedelta(days=offset)) for offset in (0, 1)))
    if per == "week":
        return Times(as_of, tuple(containing("week", FIRST + timedelta(days=offset)) for offset in (0, -7)))
    first = named("stage", "one", FIRST, FIRST + timedelta(days=2))
    return Times(as_of, (first, named("stage", "two", FIRST - timedelta(days=1), FIRST)))


def values_of(column: Column) -> tuple[object, ...]:
    """The values tried in a column; for numbers without bound some beyond every figure of a plan."""
    if column.type is ColumnType.DATE:
        return tuple(DAYS)
    if column.id == "year":
        return YEARS
    if column.type in (ColumnType.INT, ColumnType.DECIMAL):
        low = -9 if column.minimum is None else int(column.minimum)
        high = 9 if column.maximum is None else int(column.maximum)
        if high - low > 2:
            numbers: Iterable[int] = (0, 1, 2, low, high)
        else:
            numbers = range(low, high + 1)
        return tuple(dict.fromkeys(_typed(number, column) for number in numbers))
    return _VALUES[column.type]


def _typed(number: int, column: Column) -> object:
    return Decimal(number) if column.type is ColumnType.DECIMAL else number


@dataclass(frozen=True)
class Shape:
    """How big and how full of gaps: rows a table at most, empty cells and unchecked lists in a hundred."""

    rows: int = 2
    gaps: int = 20
    unchecked: int = 20
    subjects: int = 1


class Needs:
    """What criteria look at: tables, and columns by table."""

    def __init__(self, criteria: Iterable[Criterion]) -> None:
        self.tables: set[str] = set()
        self.columns: dict[str, set[str]] = defaultdict(set)
        for criterion in criteria:
            self.tables.add(criterion.subject)
            self._add_dates(VOCABULARY.tables[criterion.subject])
            for truth in truths_of(criterion):
                for node in n.walk(truth):
                    self._add(node)

    def _add(self, node: n.Node) -> None:
        if isinstance(node, n.ColumnValue):
            self.columns[node.table] |= {node.column.id, *([node.column.given] if node.column.given else [])}
        if isinstance(node, n.Difference):
            for rows in node.lists:
                self.columns[rows.relation.table.id] |= set(node.match)
        if isinstance(node, n.Rows):
            self._add_dates(node.relation.table)
            for link in node.relation.path:
                self.columns[link.parent] |= {link.known_to} if link.known_to else set()
                self._add_dates(VOCABULARY.tables[link.parent])
                if link.through:
                    self._add_dates(VOCABULARY.tables[link.through])

    def _add_dates(self, table: Table) -> None:
        timing = table.timing
        self.tables.add(table.id)
        self.columns[table.id] |= {x for x in (timing.at, timing.year, timing.start, timing.end) if x}


def truths_of(criterion: Criterion) -> list[n.Truth]:
    """`when` and `holds`."""
    return [truth for truth in (criterion.when, criterion.holds) if truth is not None]


def world(
    choose: Chooser, needs: Needs, as_of: date, shape: Shape, campaign: tuple[date, date] | None = None
) -> World:
    """Rows for every table that is needed; now and then one of them is not there at all."""
    tables: dict[str, list[dict[str, object]]] = {}
    for table in VOCABULARY.tables.values():
        if table.id in needs.tables:
            is_parent = table.id in ("house", "team", "village")
            fewest, most = (shape.subjects, shape.subjects) if is_parent else (0, shape.rows * shape.subjects)
            columns = [column for column in table.columns.values() if column.id in needs.columns[table.id]]
            tables[table.id] = [
                _row(choose, table, columns, key + 1, as_of, shape)
                for key in range(fewest + choose.below(most - fewest + 1))
            ]
    _link(choose, tables)
    if shape.unchecked and choose.chance(4):
        tables.pop(choose.pick(["event", "person", "stay", "membership", "item", "duty"]), None)
    return World(VOCABULARY, tables, as_of, CALENDAR, campaign)


def _row(
    choose: Chooser, table: Table, columns: list[Column], key: int, as_of: date, shape: Shape
) -> dict[str, object]:
    row: dict[str, object] = {table.key: key}
    for column in columns:
        if column.id.endswith("_known"):
            row[column.id] = None if choose.chance(shape.unchecked) else _known(choose, as_of)
        else:
            row[column.id] = None if choose.chance(shape.gaps) else choose.pick(values_of(column))
    timing = table.timing
    if timing.start and timing.end:
        start, end = row[timing.start], row[timing.end]
        if isinstance(start, date) and isinstance(end, date) and end < start:
            row[timing.start], row[timing.end] = end, start
    return row


def _known(choose: Chooser, as_of: date) -> date:
    return choose.pick(
        [date(2021, 12, 31), as_of, as_of - timedelta(days=1), as_of - timedelta(days=2), DAYS[0]]
    )


def _link(choose: Chooser, tables: dict[str, list[dict[str, object]]]) -> None:
    for table in VOCABULARY.tables.values():
        for link in table.links:
            if link.column is None:
                continue
            parents = [row[f"{link.parent}_id"] for row in tables.get(link.parent, [])]
            for row in tables.get(table.id, []):
                row[link.column] = choose.pick([*parents, None]) if len(parents) != 1 else parents[0]
