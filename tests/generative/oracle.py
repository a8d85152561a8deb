"""The definition of truth, by brute force: every way the unknown can turn out, each judged two-valued.

Nothing here is shared with the engines: rows are completed first, then plain Python asks whether a condition
holds. A comparison that cannot be computed (a division by zero) may turn out either way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction

from bangfu.core.calendars import Calendar
from bangfu.core.expressions import nodes as n
from bangfu.core.periods import Period, previous
from bangfu.core.vocabulary import ColumnType, Link, Relation, Table, Vocabulary


class Sentinel:
    """A value of its own kind."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


ABSENT = Sentinel("does not apply")
NOT_COMPUTABLE = Sentinel("not computable")

Row = Mapping[str, object]
LAST_DAY = "last day"  # of a row that ends otherwise than recorded
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Whole:
    """A world in which nothing is unknown, as it is when all is over; `recorded` keeps the record's cells."""

    vocabulary: Vocabulary
    tables: Mapping[str, list[Row]]
    as_of: date  # the day looked at, for expressions that speak of it
    calendar: Calendar
    campaign: tuple[date, date] | None


@dataclass(frozen=True)
class Judge:
    """Two-valued truth of conditions on one row of a whole world."""

    world: Whole
    period: Period
    table: Table
    row: Row
    either: Callable[[], bool]
    standing: Mapping[tuple[str, tuple[Link, ...]], list[Row]] | None = None  # lists as they will stand
    owner: Judge | None = None  # of the row to whose list this one belongs

    def truth(self, node: n.Truth) -> bool:  # noqa: C901 - one case a node
        """Whether the condition holds."""
        match node:
            case n.Literally(value=value):
                return value
            case n.Flag(value=value):
                found = self.cells(value)[value.column.id]
                return found is not ABSENT and bool(found)
            case n.Comparison(op=op, left=left, right=right):
                return self._compare(op, self.value(left), self.value(right))
            case n.Among(value=value, options=options):
                found = self.value(value)
                return any(self._compare("=", found, self.value(option)) for option in options)
            case n.Includes(value=value, code=code):
                found = self.cells(value)[value.column.id]
                return found is not ABSENT and code in str(found).split(",")
            case n.NotApplicable(value=value):
                return self.cells(value)[value.column.id] is ABSENT
            case n.Recorded(value=value):
                return bool(self.cells(value)[f"recorded {value.column.id}"])
            case n.Not(item=item):
                return not self.truth(item)
            case n.All(items=items):
                return all(self.truth(item) for item in items)
            case n.Any(items=items):
                return any(self.truth(item) for item in items)
            case n.Verdict(truth=truth):
                return self.truth(truth)
            case n.Quantifier(kind=kind, rows=rows):
                truths = [on.meets(rows.where) for on in self.rows(rows)]
                return all(truths) if kind == "every" else any(truths) is (kind == "has")

    def cells(self, node: n.ColumnValue) -> Row:
        """The row whose column it is."""
        return self.owner.row if node.owner and self.owner else self.row

    def meets(self, where: n.Truth | None) -> bool:
        """Whether the row meets the condition of a list."""
        return where is None or self.truth(where)

    def _compare(self, op: str, left: object, right: object) -> bool:
        """What does not apply compares false."""
        if NOT_COMPUTABLE in (left, right):
            return self.either()
        return ABSENT not in (left, right) and _OPERATORS[op](left, right)

    # --- numbers ----------------------------------------------------------------------------------------

    def value(self, node: n.Scalar) -> object:  # noqa: C901 - one case a node
        """A Fraction, date, text, ABSENT or NOT_COMPUTABLE."""
        match node:
            case n.Constant(value=value, kind=kind):
                return Fraction(str(value)) if kind == "number" else value
            case n.ColumnValue(column=column):
                found = self.cells(node)[column.id]
                is_number = column.type in (ColumnType.INT, ColumnType.DECIMAL)
                return Fraction(str(found)) if is_number and found is not ABSENT else found
            case n.Named(value=inner):
                return self.value(inner)
            case n.PeriodValue(name=name):
                return self._of_period(name)
            case n.Arithmetic(op=op, left=left, right=right):
                return calculate(op, self.value(left), self.value(right))
            case n.Extreme(kind=kind, items=items):
                found = [self.value(item) for item in items]
                return NOT_COMPUTABLE if NOT_COMPUTABLE in found else (min if kind == "least" else max)(found)  # type: ignore[type-var]
            case n.Choice(branches=branches, otherwise=otherwise):
                for condition, value in branches:
                    if self.truth(condition):
                        return self.value(value)
                return self.value(otherwise)
            case n.OrElse(column=column, default=default):
                found = self.value(column)
                return self.value(default) if found is ABSENT else found
            case n.DatePart(part=part, of=of):
                found = self.value(of)
                return Fraction(getattr(found, part)) if isinstance(found, date) else found
            case n.Elapsed(unit=unit, start=start, end=end):
                return elapsed(unit, self.value(start), self.value(end))
            case n.Count(rows=rows):
                return Fraction(sum(on.meets(rows.where) for on in self.rows(rows)))
            case n.Total(rows=rows, amount=amount):
                return self._total(rows, amount)
            case n.Share(rows=rows, applies=applies, holds=holds):
                return self._share(rows, applies, holds)
            case n.DayCount():
                return self._days(node)
            case n.Difference():
                return self._difference(node)

    def _of_period(self, name: str) -> object:
        start, end = self.period.start, self.period.end
        return {
            "period_start": start,
            "period_end": end,
            "as_of": self.world.as_of,
            "period_days": Fraction((end - start).days + 1),
            "period_workdays": Fraction(self.world.calendar.count_workdays(start, end)),
        }[name]

    def _total(self, rows: n.Rows, amount: n.Scalar) -> Fraction:
        total = Fraction(0)
        for on in self.rows(rows):
            if on.meets(rows.where):
                value = on.value(amount)
                assert isinstance(value, Fraction)
                total += value
        return total

    def _share(self, rows: n.Rows, applies: n.Truth, holds: n.Truth) -> object:
        truths = [on.truth(holds) for on in self.rows(rows) if on.truth(applies)]
        return Fraction(sum(truths), len(truths)) if truths else NOT_COMPUTABLE

    # --- lists ------------------------------------------------------------------------------------------

    def rows(self, rows: n.Rows) -> list[Judge]:
        """The rows of the list in its window; `where` is not asked."""
        first, last = self.window(rows)
        ahead = (self.standing or {}).get((rows.relation.table.id, rows.relation.path))
        if ahead is not None:
            return [
                replace(self, table=rows.relation.table, row=row, standing=None, owner=self) for row in ahead
            ]
        found = {}
        for row, stretches in self.related(rows.relation):
            years = range(
                max(first, date(self.world.as_of.year, 1, 1)).year
                if self.period.kind == "once"
                else first.year,
                last.year + 1,
            )
            if rows.relation.table.timing.year is not None:
                year = row[rows.relation.table.timing.year]
                if year not in [y + rows.relation.year_shift for y in years]:
                    continue
            spans = [(first, last), *stretches]
            if rows.relation.table.timing.year is None and rows.relation.table.timing.is_dated:
                spans.append(span_of(row, rows.relation.table))
            is_standing = len(spans) == 1
            if is_standing or max(a for a, _ in spans) <= min(b for _, b in spans):
                found[row[rows.relation.table.key]] = row
        return [
            replace(self, table=rows.relation.table, row=row, standing=None, owner=self)
            for row in found.values()
        ]

    def window(self, rows: n.Rows) -> tuple[date, date]:
        """First and last day looked at."""
        match rows.within:
            case "own":
                first, last = span_of(self.row, self.table)
                return first, (self.world.as_of if last == date.max else last)
            case "campaign":
                assert self.world.campaign is not None
                return self.world.campaign
            case "previous":
                before = previous(self.period)
                return before.start, before.end
        return (date.min if self.period.kind == "once" else self.period.start), self.period.end

    def related(self, relation: Relation) -> Iterator[tuple[Row, list[tuple[date, date]]]]:
        """Rows of the relation with the stretches of membership passed on the way, one a way."""
        tables = self.world.tables
        found: list[tuple[Row, list[tuple[date, date]]]] = [(self.row, [])]
        for index in range(len(relation.path) - 1, -1, -1):
            link = relation.path[index]
            child = relation.table.id if index == 0 else relation.path[index - 1].parent
            below = []
            for parent, stretches in found:
                key = parent[f"{link.parent}_id"]
                if link.through is None:
                    below += [(row, stretches) for row in tables[child] if row[link.column or ""] == key]
                    continue
                through = self.world.vocabulary.tables[link.through]
                for member in tables[link.through]:
                    if member[f"{link.parent}_id"] == key:
                        span = span_of(member, through)
                        below += [
                            (row, [*stretches, span])
                            for row in tables[child]
                            if row[f"{child}_id"] == member[f"{child}_id"]
                        ]
            found = below
        yield from found

    # --- days -------------------------------------------------------------------------------------------

    def _day_set(self, rows: n.Rows, sure: n.Truth | None, nights: bool) -> frozenset[date]:
        first, last = self.window(rows)
        days: set[date] = set()
        for row, stretches in self.related(rows.relation):
            on = replace(self, table=rows.relation.table, row=row, standing=None, owner=self)
            # A row that does not prove may be true all the same.
            if not on.meets(rows.where) or not (on.meets(sure) or row["stands"]):
                continue
            start, end = span_of(row, rows.relation.table)
            if nights and end != date.max:
                end -= DAY
            spans = [(first, last), (start, end), *stretches]
            days.update(between(max(a for a, _ in spans), min(b for _, b in spans)))
        return frozenset(days)

    def _days(self, node: n.DayCount) -> Fraction:
        sets = [self._day_set(rows, node.sure, node.take == "nights") for rows in node.lists]
        less = self._day_set(node.less, None, False) if node.less else frozenset()
        days = frozenset().union(*sets) - less
        if node.take == "workdays":
            return Fraction(sum(self.world.calendar.is_workday(day) for day in days))
        return Fraction(len(days))

    def _difference(self, node: n.Difference) -> Fraction:
        """What stands in some list and not in all: days, or values of `match`."""
        sets: list[frozenset[object]]
        if node.match:
            sets = [
                frozenset(
                    tuple(on.row[c] for c in node.match) for on in self.rows(rows) if on.meets(rows.where)
                )
                for rows in node.lists
            ]
        else:
            sets = [frozenset(self._day_set(rows, None, False)) for rows in node.lists]
        return Fraction(len(frozenset().union(*sets) - frozenset.intersection(*sets)))


def span_of(row: Row, table: Table) -> tuple[date, date]:
    """First and last day of a dated row; an end that does not apply is the end of time."""
    timing = table.timing
    if timing.at is not None:
        day = row[timing.at]
        assert isinstance(day, date)
        return day, day
    start, end = row[timing.start or ""], row.get(LAST_DAY, row[timing.end or ""])
    end = date.max if end is ABSENT else end
    assert isinstance(start, date)
    assert isinstance(end, date)
    return start, end


def between(first: date, last: date) -> Iterator[date]:
    """Every day from first to last."""
    while first <= last:
        yield first
        first += DAY


_OPERATORS: Mapping[str, Callable[[object, object], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,  # type: ignore[operator]
    "<=": lambda a, b: a <= b,  # type: ignore[operator]
    ">": lambda a, b: a > b,  # type: ignore[operator]
    ">=": lambda a, b: a >= b,  # type: ignore[operator]
}


def calculate(op: str, left: object, right: object) -> object:
    """Exact arithmetic."""
    if not isinstance(left, Fraction) or not isinstance(right, Fraction) or (op == "/" and right == 0):
        return NOT_COMPUTABLE
    return {"+": left + right, "-": left - right, "*": left * right}[op] if op != "/" else left / right


def elapsed(unit: str, start: object, end: object) -> object:
    """Whole years, months or days."""
    if not isinstance(start, date) or not isinstance(end, date):
        return ABSENT
    if unit == "days":
        return Fraction((end - start).days)
    months = (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)
    return Fraction(months if unit == "months" else months // 12)
