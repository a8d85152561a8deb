"""Which days a list is looked at: the period judged, the subject's own span, the campaign, the one before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bangfu.core.engine.world import NOT_APPLICABLE, Row, World, cell
from bangfu.core.expressions.nodes import Within
from bangfu.core.periods import Period, previous
from bangfu.core.vocabulary import Link, Relation, Table, Vocabulary


@dataclass(frozen=True)
class Window:
    """Days `first` to `last`, both included. `is_once`: everything up to the as-of day."""

    first: date
    last: date
    is_once: bool = False


def window_of(within: Within, period: Period, row: Row, table: Table, world: World) -> Window | None:
    """The window, or None where the subject's own span is not known."""
    match within:
        case "own":
            return _own_window(row, table, world)
        case "campaign":
            if world.campaign is None:
                raise ValueError("the plan has no campaign")  # compile_plan refuses it earlier
            return Window(*world.campaign)
        case "previous":
            before = previous(period)
            return Window(before.start, before.end)
        case _:
            is_once = period.kind == "once"
            return Window(date.min if is_once else period.start, period.end, is_once)


def _own_window(row: Row, table: Table, world: World) -> Window | None:
    first = cell(row, table.columns[table.timing.start or ""])
    last = cell(row, table.columns[table.timing.end or ""])
    if last is NOT_APPLICABLE:  # goes on
        last = world.as_of
    return Window(first, last) if isinstance(first, date) and isinstance(last, date) else None


def years_of(window: Window, relation: Relation, as_of: date) -> range:
    """The calendar years whose rows of a yearly list belong to the window."""
    first = as_of.year if window.is_once else window.first.year
    return range(first + relation.year_shift, window.last.year + relation.year_shift + 1)


def table_below(link: Link, relation: Relation, vocabulary: Vocabulary) -> Table:
    """The table of the rows that a link of the relation's path leads up from."""
    index = relation.path.index(link)
    return relation.table if index == 0 else vocabulary.tables[relation.path[index - 1].parent]


def is_dated_list(link: Link, relation: Relation, vocabulary: Vocabulary) -> bool:
    """Whether the list under this link is told day by day (memberships, dated rows) or just stands."""
    return link.through is not None or table_below(link, relation, vocabulary).timing.is_dated


def is_yearly_list(link: Link, relation: Relation) -> bool:
    """Whether the list under this link is told year by year."""
    return link == relation.path[0] and link.through is None and relation.table.timing.year is not None


def needed_until(window: Window, link: Link, relation: Relation, as_of: date) -> date:
    """The day up to which a dated list must be complete for the window to be settled."""
    if not is_yearly_list(link, relation):
        return window.last
    years = years_of(window, relation, as_of)
    return date(years[-1], 1, 1) if window.is_once else date(years[-1], 12, 31)
