"""The rows of a list as seen from one subject, and how far the list is complete."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from bangfu.core.engine.windows import Window, is_dated_list, needed_until, table_below, years_of
from bangfu.core.engine.world import NOT_APPLICABLE, UNKNOWN, Row, World, cell
from bangfu.core.expressions.kleene import Tri, tri_and, tri_or
from bangfu.core.vocabulary import Link, Relation, Table


@dataclass(frozen=True)
class Span:
    """Days from `start` to `end`, both included; None where that side is not known (never before `start`)."""

    start: date | None
    end: date | None

    @property
    def certain(self) -> tuple[date, date] | None:
        """The days that surely belong to it: its one known day at least."""
        start, end = self.start or self.end, self.end or self.start
        return (start, end) if start is not None and end is not None else None

    @property
    def possible(self) -> tuple[date, date]:
        """The days that may belong to it."""
        return self.start or date.min, self.end or date.max


Spans = tuple[Span, ...]  # all of them must hold at once


@dataclass(frozen=True)
class Related:
    """A row, and the ways in which it belongs to the subject: each way is a set of memberships."""

    row: Row
    ways: tuple[Spans, ...]


def related_rows(relation: Relation, subject: Row, world: World) -> list[Related]:
    """All rows of the relation, whenever dated."""
    found = [Related(subject, ((),))]
    for index in range(len(relation.path) - 1, -1, -1):
        found = _step_down(relation, index, found, world)
    return found


def _step_down(relation: Relation, index: int, parents: list[Related], world: World) -> list[Related]:
    link = relation.path[index]
    child = table_below(link, relation, world.vocabulary)
    found: dict[object, tuple[Row, list[Spans]]] = {}
    for parent in parents:
        for row, spans in _children(link, child, parent.row[f"{link.parent}_id"], world):
            ways = found.setdefault(row[child.key], (row, []))[1]
            ways.extend((*way, *spans) for way in parent.ways)
    return [Related(row, tuple(ways)) for row, ways in found.values()]


def _children(link: Link, child: Table, parent_key: object, world: World) -> Iterator[tuple[Row, Spans]]:
    if link.column is not None:
        yield from ((row, ()) for row in world.rows_where(child.id, link.column, parent_key))
        return
    membership = world.vocabulary.tables[link.through or ""]
    for member in world.rows_where(membership.id, f"{link.parent}_id", parent_key):
        for row in world.rows_where(child.id, child.key, member.get(child.key)):
            yield row, (row_span(member, membership),)


def row_span(row: Row, table: Table) -> Span:
    """The days of a dated row: one day, or start to end (an end that does not apply goes on for ever)."""
    timing = table.timing
    if timing.at is not None:
        day = _day(row, table, timing.at)
        return Span(day, day)
    end_cell = cell(row, table.columns[timing.end or ""])
    end = date.max if end_cell is NOT_APPLICABLE else end_cell
    return Span(_day(row, table, timing.start or ""), end if isinstance(end, date) else None)


def _day(row: Row, table: Table, column: str) -> date | None:
    value = cell(row, table.columns[column])
    return value if isinstance(value, date) else None


def overlap(a: Span, b: Span) -> Tri:
    """Whether two spans have a day in common."""
    return tri_and([_starts_by_end(a, b), _starts_by_end(b, a)])


def _starts_by_end(a: Span, b: Span) -> Tri:
    """`a.start <= b.end`, using that no span ends before it starts."""
    if a.start is not None and b.end is not None:
        return a.start <= b.end
    if a.start is not None and b.start is not None and a.start <= b.start:
        return True
    return True if a.end is not None and b.end is not None and a.end <= b.end else None


def is_inside(related: Related, relation: Relation, window: Window, world: World) -> Tri:
    """Whether a row belongs to the subject within the window and up to the as-of day.

    Spans on a line that meet pairwise have a common day, so pairs are enough. Of a window that has not begun
    nothing has come to pass.
    """
    table = relation.table
    seen = Span(window.first, min(window.last, world.as_of))
    own: Spans = ()
    in_year: Tri = True
    if table.timing.year is not None:
        year = cell(related.row, table.columns[table.timing.year])
        in_year = None if year is UNKNOWN else year in years_of(window, relation, world.as_of)
    elif table.timing.is_dated:
        own = (row_span(related.row, table),)
    ways = [_have_common_day(seen, (*own, *way)) for way in related.ways]
    return tri_and([in_year, tri_or(ways)])


def _have_common_day(seen: Span, spans: Spans) -> Tri:
    if not spans:
        return True
    has_begun = seen.start is not None and seen.end is not None and seen.start <= seen.end
    return tri_and([has_begun, *(overlap(a, b) for a, b in combinations((seen, *spans), 2))])


def owners(relation: Relation, subject: Row, world: World) -> Iterator[tuple[Link, Related]]:
    """Every row that has a list on the way: the subject first, then the parents below it."""
    for index in range(len(relation.path) - 1, -1, -1):
        below = relation.path[index + 1 :]
        link = relation.path[index]
        if not below:
            yield link, Related(subject, ((),))
        else:
            table = world.vocabulary.tables[link.parent]
            for related in related_rows(Relation(table.id, table, below), subject, world):
                yield link, related


def _is_owner_inside(relation: Relation, link: Link, owner: Related, window: Window, world: World) -> bool:
    """Whether the owner may have belonged to the subject within the window at all."""
    below = relation.path[relation.path.index(link) + 1 :]
    if not below:
        return True
    table = world.vocabulary.tables[link.parent]
    return is_inside(owner, Relation(table.id, table, below), window, world) is not False


def owner_span(link: Link, relation: Relation, owner: Row, world: World) -> Spans:
    """The days of an owner below the subject that is itself dated: what is listed under it lies within."""
    table = world.vocabulary.tables[link.parent]
    is_subject = link == relation.path[-1]
    return () if is_subject or not (table.timing.at or table.timing.start) else (row_span(owner, table),)


def known_to(link: Link, relation: Relation, owner: Row, world: World) -> date | None:
    """Up to when the owner's list is complete; the end of time where it is so by nature. Nothing is known of
    a table that is not there."""
    below = table_below(link, relation, world.vocabulary)
    if below.id not in world.tables or (link.through is not None and link.through not in world.tables):
        return None
    if link.known_to is None:
        return date.max
    value = owner.get(link.known_to)
    return value if isinstance(value, date) else None


def is_open(relation: Relation, subject: Row, window: Window, world: World) -> bool:
    """Whether the list may hold rows that nobody has told us of."""
    for link, owner in owners(relation, subject, world):
        if not _is_owner_inside(relation, link, owner, window, world):
            continue
        until = known_to(link, relation, owner.row, world)
        if is_dated_list(link, relation, world.vocabulary):
            needed = needed_until(window, link, relation, world.as_of)
            if until is None or min(until, world.as_of) < needed:
                return True
        elif until is None:
            return True
    return False
