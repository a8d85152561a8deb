"""Sets of days: which are certain, which possible. Day by day, so that it is plainly right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
    """Days surely covered, days possibly covered; `is_endless`: possible since the beginning of time, more
    days than can be named."""

    certain: frozenset[date]
    possible: frozenset[date]
    is_endless: bool = False


def covered_days(
    rows: Rows, subject: Row, window: Window, world: World, where: Judge, sure: Judge, nights: bool
) -> DaySet:
    """The days of the window covered by the rows; a night is named by its first day."""
    certain: set[date] = set()
    stretches: list[tuple[date, date]] = []
    for related in related_rows(rows.relation, subject, world):
        inside = is_inside(related, rows.relation, Window(date.min, window.last), world)
        truth = where(related.row)
        if inside is False or truth is False:
            continue
        stretches += _row_days(related, rows, window, world, nights, certainly=False)
        if truth and sure(related.row):
            for first, last in _row_days(related, rows, window, world, nights, certainly=True):
                certain.update(days_between(first, last))
    stretches += _untold_days(rows, subject, window, world)
    is_endless = any(first == date.min <= last for first, last in stretches)
    possible = {day for first, last in stretches if first > date.min for day in days_between(first, last)}
    return DaySet(frozenset(certain), frozenset(possible | certain), is_endless)


def _row_days(
    related: Related, rows: Rows, window: Window, world: World, nights: bool, certainly: bool
) -> Iterator[tuple[date, date]]:
    """First and last of the days covered, one a way."""
    own = row_span(related.row, rows.relation.table)
    stretch = own.certain if certainly else own.possible
    if stretch is None:
        return
    # Of what has come to pass nothing is certain beyond the as-of day, nor is the night that follows it.
    end = _night_end(min(stretch[1], world.as_of) if certainly else stretch[1], nights)
    for way in related.ways:
        bounds = [span.certain if certainly else span.possible for span in way]
        known = [bound for bound in bounds if bound is not None]
        if len(known) == len(bounds):
            firsts, lasts = [first for first, _ in known], [last for _, last in known]
            yield max(stretch[0], window.first, *firsts), min(end, window.last, *lasts)


def _night_end(day: date, nights: bool) -> date:
    """A stay ends with the night before its last day; a stay that may go on for ever has every night."""
    return day - DAY if nights and day != date.max else day


def _untold_days(rows: Rows, subject: Row, window: Window, world: World) -> Iterator[tuple[date, date]]:
    """First and last of the days after a list ends, on which anything may yet turn out."""
    for link, owner in owners(rows.relation, subject, world):
        until = known_to(link, rows.relation, owner.row, world)
        if until is not None and not is_dated_list(link, rows.relation, world.vocabulary):
            continue
        after = window.first if until is None else min(until, world.as_of) + DAY
        own = owner_span(link, rows.relation, owner.row, world)
        for way in owner.ways:
            bounds = [span.possible for span in (*own, *way)]
            yield (
                max(after, window.first, *(first for first, _ in bounds)),
                min(window.last, *(last for _, last in bounds), date.max),
            )


def days_between(first: date, last: date) -> Iterator[date]:
    """Every day from first to last, none if last is before first."""
    return (first + timedelta(days=number) for number in range((last - first).days + 1))
