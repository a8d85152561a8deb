"""Sets of days: which are certain, which possible. Day by day, so that it is plainly right."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from bangfu.core.engine.lists import (
    Related,
    is_inside,
    known_to,
    owner_span,
    owners,
    related_rows,
    row_span,
)
from bangfu.core.engine.windows import Window, is_dated_list
from bangfu.core.engine.world import Row, World
from bangfu.core.expressions.kleene import Tri
from bangfu.core.expressions.nodes import Rows

Judge = Callable[[Row], Tri]  # a condition on one related row
DAY = timedelta(days=1)


@dataclass(frozen=True)
class DaySet:
    """Days surely covered, days possibly covered; `is_endless`: more days than the window can name."""

    certain: frozenset[date]
    possible: frozenset[date]
    is_endless: bool = False


def covered_days(
    rows: Rows, subject: Row, window: Window, world: World, where: Judge, sure: Judge, nights: bool
) -> DaySet:
    """The days of the window covered by the rows; a night is named by its first day."""
    certain: set[date] = set()
    possible: set[date] = set()
    for related in related_rows(rows.relation, subject, world):
        inside = is_inside(related, rows.relation, Window(date.min, window.last), world)
        truth = where(related.row)
        if inside is False or truth is False:
            continue
        possible.update(_row_days(related, rows, window, world, nights, certainly=False))
        if truth and sure(related.row):
            certain.update(_row_days(related, rows, window, world, nights, certainly=True))
    tail, is_endless = _untold_days(rows, subject, window, world)
    return DaySet(frozenset(certain), frozenset(possible | certain | tail), is_endless)


def _row_days(
    related: Related, rows: Rows, window: Window, world: World, nights: bool, certainly: bool
) -> Iterable[date]:
    own = row_span(related.row, rows.relation.table)
    stretch = own.certain if certainly else own.possible
    if stretch is None:
        return
    # Of what has come to pass nothing is certain beyond the as-of day, nor is the night that follows it.
    end = _night_end(min(stretch[1], world.as_of) if certainly else stretch[1], nights)
    for way in related.ways:
        first_day, last_day = max(stretch[0], window.first), min(end, window.last)
        for span in way:
            bounds = span.certain if certainly else span.possible
            if bounds is None:
                last_day = date.min
            else:
                first_day, last_day = max(first_day, bounds[0]), min(last_day, bounds[1])
        yield from days_between(first_day, last_day)


def _night_end(day: date, nights: bool) -> date:
    """A stay ends with the night before its last day; a stay that may go on for ever has every night."""
    return day - DAY if nights and day != date.max else day


def _untold_days(rows: Rows, subject: Row, window: Window, world: World) -> tuple[set[date], bool]:
    """Days after the lists end, on which anything may yet turn out; and whether they cannot be named."""
    days: set[date] = set()
    for link, owner in owners(rows.relation, subject, world):
        until = known_to(link, rows.relation, owner.row, world)
        if until is not None and not is_dated_list(link, rows.relation, world.vocabulary):
            continue
        if until is None and window.is_once:
            return days, True
        first = window.first if until is None else max(window.first, min(until, world.as_of) + DAY)
        own = owner_span(link, rows.relation, owner.row, world)
        for way in owner.ways:
            start, end = first, window.last
            for span in (*own, *way):
                start, end = max(start, span.possible[0]), min(end, span.possible[1])
            days.update(days_between(start, end))
    return days, False


def days_between(first: date, last: date) -> Iterable[date]:
    """Every day from first to last, none if last is before first."""
    while first <= last:
        yield first
        first += DAY
