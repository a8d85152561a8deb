"""Every way in which a world's gaps may turn out.

An empty cell takes any value of its column, or none where it may not apply. A list that was not checked, or
not up to the end, may hold rows that nobody has told of. What lies after the day looked at may still change:
rows of coming days may come, go or end early, and in a period that has not ended the subject's standing facts
and lists may be others when it ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import islice

from bangfu.core.engine.outcome import Outcome
from bangfu.core.engine.world import World
from bangfu.core.expressions import nodes as n
from bangfu.core.periods import Period
from bangfu.core.plans.plan import Criterion
from bangfu.core.vocabulary import Column, ColumnType, Empty, Link, Relation, Table
from tests.generative.choosing import Chooser, Rolling, every
from tests.generative.oracle import ABSENT, LAST_DAY, Judge, Row, Whole, span_of
from tests.generative.worlds import DAYS, YEARS, Needs, truths_of, values_of

LONG_AGO, FAR_OFF = date(2000, 1, 1), date(2040, 1, 1)
COPIES = (0, 1, 9)  # of a row nobody told of; nine outweigh every figure of a plan
Cells = dict[str, object]


def outcomes(
    criterion: Criterion, world: World, period: Period, row: Row, limit: int
) -> tuple[set[object], bool]:
    """The outcomes of all completions, and whether all of them were tried."""

    asked = Asked(criterion, world)

    def build(choose: Chooser) -> object:
        return Completion(choose, world, asked, period, row).outcome()

    tried = list(islice(every(build), limit + 1))
    if len(tried) <= limit:
        return set(tried), True
    return set(tried) | {build(Rolling(seed)) for seed in range(limit)}, False


class Asked:
    """What a criterion looks at, worked out once."""

    def __init__(self, criterion: Criterion, world: World) -> None:
        self.criterion = criterion
        needs = Needs([criterion])
        self.columns = needs.columns
        self.proven = _tables_with_sure(criterion)
        self.tables = [name for name in world.vocabulary.tables if name in needs.tables]
        lists = [node for truth in truths_of(criterion) for node in n.walk(truth) if isinstance(node, n.Rows)]
        self.parents = {link.parent for rows in lists for link in rows.relation.path}
        self.lists = [rows for truth in truths_of(criterion) for rows in _lists_of(truth)]
        self.final = [rows for rows in _lists_of(criterion.holds) if not rows.relation.table.timing.is_dated]
        self._below: dict[int, tuple[n.Rows, list[n.Rows]]] = {}

    def below(self, rows: n.Rows) -> list[n.Rows]:
        """The lists that the condition on a list's rows looks at."""
        if id(rows) not in self._below:
            self._below[id(rows)] = rows, list(_lists_of(rows.where))
        return self._below[id(rows)][1]


@dataclass
class Completion:
    """One completion of a world, as far as a criterion looks at it."""

    choose: Chooser
    world: World
    asked: Asked
    period: Period
    row: Row
    tables: dict[str, list[Row]] = field(default_factory=dict)
    fresh: int = 1000

    def outcome(self) -> Outcome:
        """The two-valued outcome."""
        subject = self._complete()
        whole = Whole(
            self.world.vocabulary, self.tables, self.world.as_of, self.world.calendar, self.world.campaign
        )
        table = self.world.vocabulary.tables[self.asked.criterion.subject]
        now = Judge(whole, self.period, table, subject, lambda: self.choose.pick([True, False]))
        when = True if self.asked.criterion.when is None else now.truth(self.asked.criterion.when)
        if when is False:
            return Outcome.NOT_APPLICABLE
        holds = self._at_the_end(now).truth(self.asked.criterion.holds)
        return Outcome.MET if holds else Outcome.UNMET

    # --- the world on the day looked at -----------------------------------------------------------------

    def _complete(self) -> Row:
        self.tables = {name: [] for name in self.world.vocabulary.tables}
        for name in self.asked.tables:
            table = self.world.vocabulary.tables[name]
            self.tables[name] = [done for row in self.world.rows(name) if (done := self._told(table, row))]
        key = f"{self.asked.criterion.subject}_id"
        subject = next(row for row in self.tables[self.asked.criterion.subject] if row[key] == self.row[key])
        for rows in self.asked.lists:
            self._reveal(rows, subject)
        return subject

    def _told(self, table: Table, row: Row) -> Cells | None:
        """A recorded row completed; None where it lies ahead and does not come to pass."""
        is_subject = table.id == self.asked.criterion.subject and row[table.key] == self.row[table.key]
        done: Cells = {name: value for name, value in row.items() if name.endswith("_id")}
        for column in self._columns(table):
            done[column.id] = self._cell(table, column, row, done)
            done[f"recorded {column.id}"] = row.get(column.id) is not None
        if table.id in self.asked.proven:
            done["stands"] = self.choose.pick([True, False])
        return done if is_subject else self._come_to_pass(table, done)

    def _columns(self, table: Table) -> list[Column]:
        names = self.asked.columns[table.id]
        columns = table.columns.values()
        return [column for column in columns if column.id in names and not column.id.endswith("_known")]

    def _cell(self, table: Table, column: Column, row: Row, done: Cells) -> object:
        value = row.get(column.id)
        if value is not None:
            return value
        may_not_apply = column.empty is Empty.NOT_APPLICABLE
        if may_not_apply and row.get(column.given or "") is not None:
            return ABSENT
        return self._any(table, column, row, done)

    def _any(self, table: Table, column: Column, row: Row, done: Cells) -> object:
        """Any value the column may have; no span ends before it starts."""
        options: list[object] = list(values_of(column))
        timing = table.timing
        if column.type is ColumnType.DATE:
            options = sorted({LONG_AGO, self.period.start, *DAYS, self.period.end, FAR_OFF})
        if column.id == timing.start and isinstance(end := row.get(timing.end or ""), date):
            options = [day for day in options if isinstance(day, date) and day <= end]
        if column.id == timing.end and isinstance(start := done.get(timing.start or ""), date):
            options = [day for day in options if isinstance(day, date) and day >= start]
        if column.empty is Empty.NOT_APPLICABLE:
            options.append(ABSENT)
        return self.choose.pick(options)

    def _come_to_pass(self, table: Table, done: Cells) -> Cells | None:
        timing, today = table.timing, self.world.as_of
        first = done.get(timing.at or timing.start or "")
        if isinstance(first, date) and first > today and table.id not in self.asked.parents:
            return done if self.choose.pick([True, False]) else None
        last = done.get(timing.end or "")
        if timing.end and (last is ABSENT or (isinstance(last, date) and last > today)):
            days = [today, today + timedelta(days=1), today + timedelta(days=3)]
            earlier = [day for day in days if last is ABSENT or day < last]  # type: ignore[operator]
            done[LAST_DAY] = self.choose.pick([last, *earlier])  # the record stands for conditions
        return done

    # --- rows that nobody told of -----------------------------------------------------------------------

    def _reveal(self, rows: n.Rows, owner: Row) -> None:
        """Add rows to a list wherever it may hold more, then to the lists of its rows."""
        relation = rows.relation
        owners = [owner]
        for index in range(len(relation.path) - 1, -1, -1):
            link = relation.path[index]
            table = self._below(relation, index)
            for each in owners:
                self._reveal_under(link, table, each, relation)
            owners = self._children(link, table, owners)
        for inner in self.asked.below(rows):
            for each in owners:
                self._reveal(inner, each)

    def _below(self, relation: Relation, index: int) -> Table:
        tables = self.world.vocabulary.tables
        return relation.table if index == 0 else tables[relation.path[index - 1].parent]

    def _children(self, link: Link, table: Table, owners: Sequence[Row]) -> list[Row]:
        keys = [owner[f"{link.parent}_id"] for owner in owners]
        if link.through is None:
            return [row for row in self.tables[table.id] if row.get(link.column or "") in keys]
        below = {
            row[f"{table.id}_id"] for row in self.tables[link.through] if row.get(f"{link.parent}_id") in keys
        }
        return [row for row in self.tables[table.id] if row[table.key] in below]

    def _reveal_under(self, link: Link, table: Table, owner: Row, relation: Relation) -> None:
        is_new = owner[f"{link.parent}_id"] >= 1000  # type: ignore[operator]
        until = self._known_to(link, table, owner)
        if until == date.max and not is_new:
            return
        timed = self.world.vocabulary.tables[link.through] if link.through else table
        is_dated = timed.timing.is_dated
        if not is_dated and until is not None and not is_new:
            return
        after = None if until is None or is_new else min(until, self.world.as_of)
        options = [dates for dates in self._dates(timed, after) if self._lies_within(dates, link, owner)]
        copies = self.choose.pick(COPIES) if options else 0
        if not copies:
            return
        dates = self.choose.pick(options)
        child = self._new_row(table, dates if timed is table else {})
        for _ in range(copies):
            self.fresh += 1
            row = {**child, table.key: self.fresh}
            if link.through is None:
                row[link.column or ""] = owner[f"{link.parent}_id"]
            else:
                member = {**self._new_row(timed, dates), f"{link.parent}_id": owner[f"{link.parent}_id"]}
                self.tables[timed.id].append({**member, timed.key: self.fresh, table.key: self.fresh})
            self.tables[table.id].append(row)

    def _lies_within(self, dates: Cells, link: Link, owner: Row) -> bool:
        """What is listed under a dated row, the subject apart, lies within its days."""
        table = self.world.vocabulary.tables[link.parent]
        is_subject = table.id == self.asked.criterion.subject and owner[table.key] == self.row[table.key]
        if is_subject or not dates or not (table.timing.at or table.timing.start):
            return True
        first, last = span_of(owner, table)
        return all(isinstance(day, date) and first <= day <= last for day in dates.values())

    def _known_to(self, link: Link, table: Table, owner: Row) -> date | None:
        if table.id not in self.world.tables or (link.through and link.through not in self.world.tables):
            return None
        if link.known_to is None:
            return date.max
        key = f"{link.parent}_id"
        told = next((row for row in self.world.rows(link.parent) if row[key] == owner[key]), {})
        value = told.get(link.known_to)
        return value if isinstance(value, date) else None

    def _dates(self, table: Table, after: date | None) -> list[Cells]:
        """The dates that a row nobody told of may bear."""
        timing = table.timing
        days = [
            day
            for day in sorted({LONG_AGO, self.period.start, *DAYS, self.period.end, FAR_OFF})
            if after is None or day > after
        ]
        if timing.at:
            return [{timing.at: day} for day in days]
        if timing.year:
            return [{timing.year: year} for year in YEARS if after is None or after < self._needed(year)]
        if timing.start and timing.end:
            return [{timing.start: a, timing.end: b} for a in days for b in days if a <= b]
        return [{}]

    def _needed(self, year: int) -> date:
        return date(year, 1, 1) if self.period.kind == "once" else date(year, 12, 31)

    def _new_row(self, table: Table, dates: Mapping[str, object]) -> Cells:
        row: Cells = {link.column: None for link in table.links if link.column}
        for column in self._columns(table):
            row[column.id] = dates[column.id] if column.id in dates else self._any(table, column, {}, row)
            row[f"recorded {column.id}"] = self.choose.pick([True, False]) if column.id not in dates else True
        if table.id in self.asked.proven:
            row["stands"] = self.choose.pick([True, False])
        return row

    # --- the end of the period --------------------------------------------------------------------------

    def _at_the_end(self, now: Judge) -> Judge:
        """The subject when the period has ended: its standing facts and lists may be others."""
        if self.period.end <= self.world.as_of:
            return now
        table, subject = now.table, dict(now.row)
        timing = table.timing
        for column in self._columns(table):
            if not column.fixed and column.id not in (timing.at, timing.start, timing.end, timing.year):
                subject[column.id] = self._any(table, column, {}, {})
            subject[f"recorded {column.id}"] = self.choose.pick([True, False])
        standing = {
            (rows.relation.table.id, rows.relation.path): self._new_list(rows) for rows in self.asked.final
        }
        return replace(now, row=subject, standing=standing)

    def _new_list(self, rows: n.Rows) -> list[Row]:
        found: list[Row] = []
        copies = self.choose.pick(COPIES)
        if copies:
            child = self._new_row(rows.relation.table, {})
            for _ in range(copies):
                self.fresh += 1
                found.append({**child, rows.relation.table.key: self.fresh})
            for inner in self.asked.below(rows):
                self._reveal(inner, found[0])
        return found


def _lists_of(node: n.Node | None) -> Iterator[n.Rows]:
    """The lists a node looks at on its own row, not those of related rows."""
    if node is None:
        return
    if isinstance(node, n.Rows):
        yield node
        return
    if isinstance(node, (n.Total, n.Share)):
        inner = (node.amount,) if isinstance(node, n.Total) else (node.applies, node.holds)
        below = [x for part in inner for x in n.walk(part) if isinstance(x, n.Rows)]
        where = n.All(tuple(n.Quantifier("has", x) for x in below)) if below else None
        yield replace(node.rows, where=_both(node.rows.where, where))
        return
    for child in n.children(node):
        yield from _lists_of(child)


def _both(a: n.Truth | None, b: n.Truth | None) -> n.Truth | None:
    return n.All((a, b)) if a is not None and b is not None else a or b


def _tables_with_sure(criterion: Criterion) -> set[str]:
    return {
        rows.relation.table.id
        for truth in truths_of(criterion)
        for node in n.walk(truth)
        if isinstance(node, n.DayCount) and node.sure is not None
        for rows in node.lists
    }
