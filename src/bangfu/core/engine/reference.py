"""The reference evaluator: one subject at a time, plain Python, the meaning of the language spelled out.

Every other engine must agree with it. It also explains (`explaining.py`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import reduce
from typing import cast

from bangfu.core.engine.days import DaySet, covered_days
from bangfu.core.engine.lists import is_inside, is_open, related_rows
from bangfu.core.engine.outcome import Outcome, outcome_of
from bangfu.core.engine.windows import Window, window_of
from bangfu.core.engine.world import NOT_APPLICABLE, UNKNOWN, Missing, Row, World, cell
from bangfu.core.expressions import intervals as iv
from bangfu.core.expressions import nodes as n
from bangfu.core.expressions.intervals import Interval, Ratio
from bangfu.core.expressions.kinds import is_never_negative, may_not_apply
from bangfu.core.expressions.kleene import Tri, tri_and, tri_not, tri_or
from bangfu.core.periods import Period
from bangfu.core.plans.plan import Criterion
from bangfu.core.vocabulary import Column, ColumnType, Table

Value = Ratio | date | str | Missing


@dataclass(frozen=True)
class Evaluator:
    """Evaluates nodes on one row. `state_open`: the period has not ended and the row's standing facts may
    still change (the condition `holds` on the subject itself, never `when`, never rows of a dated list)."""

    world: World
    period: Period
    table: Table
    row: Row
    state_open: bool = False
    owner: Evaluator | None = None  # of the row to whose list this one belongs

    @property
    def is_closed(self) -> bool:
        """Whether the period has ended on the as-of day."""
        return self.period.end <= self.world.as_of

    # --- truths ---------------------------------------------------------------------------------------

    def truth(self, node: n.Truth) -> Tri:  # noqa: C901 - one case a node
        """Whether the condition holds."""
        match node:
            case n.Literally(value=value):
                return value
            case n.Flag(value=value):
                found = self.cell(value)
                return False if found is NOT_APPLICABLE else None if found is UNKNOWN else bool(found)
            case n.Comparison():
                return self._comparison(node)
            case n.Among(value=value, options=options):
                return tri_or(self._comparison(n.Comparison("=", value, option)) for option in options)
            case n.Includes(value=value, code=code):
                found = self.cell(value)
                if isinstance(found, Missing):
                    return False if found is NOT_APPLICABLE else None
                return code in str(found).split(",")
            case n.NotApplicable(value=value):
                found = self.cell(value)
                return None if found is UNKNOWN else found is NOT_APPLICABLE
            case n.Recorded(value=value):
                return self._recorded(value)
            case n.Not(item=item):
                return tri_not(self.truth(item))
            case n.All(items=items):
                return tri_and([self.truth(item) for item in items])
            case n.Any(items=items):
                return tri_or([self.truth(item) for item in items])
            case n.Verdict(truth=truth):
                return self.truth(truth)
        return self._quantifier(node)

    def _comparison(self, node: n.Comparison) -> Tri:
        for share, op, limit in (
            (node.left, node.op, node.right),
            (node.right, _MIRRORED[node.op], node.left),
        ):
            if isinstance(n.plain(share), n.Share) and isinstance(limit, n.Constant):
                return self._share_comparison(n.plain(share), op, Fraction(limit.value))  # type: ignore[arg-type]
        left, right = self.value(node.left), self.value(node.right)
        if NOT_APPLICABLE in (left, right):
            return False
        if isinstance(left, Ratio) and isinstance(right, Ratio):
            truth = iv.compare(node.op, left, right)
            return None if truth and self._may_prove_absent(node) else truth
        if UNKNOWN in (left, right):
            return None
        return _ordered(node.op, left, right)

    def _may_prove_absent(self, node: n.Comparison) -> bool:
        """Whether a side is an empty cell of a column that may not apply: its bounds prove nothing."""
        sides = (n.plain(node.left), n.plain(node.right))
        return any(
            isinstance(side, n.ColumnValue) and may_not_apply(side) and self.cell(side) is UNKNOWN
            for side in sides
        )

    def _quantifier(self, node: n.Quantifier) -> Tri:
        where = node.rows.where
        if node.kind == "every" and where is not None:
            return tri_not(self._has(replace(node.rows, where=n.Not(where))))
        return self._has(node.rows) if node.kind == "has" else tri_not(self._has(node.rows))

    def _has(self, rows: n.Rows) -> Tri:
        truths, is_open_list = self.row_truths(rows)
        return tri_or([*(truth for _, truth in truths), None if is_open_list else False])

    # --- lists ----------------------------------------------------------------------------------------

    def window(self, rows: n.Rows) -> Window | None:
        """The days of which the list is read; None where the subject's own span is not known."""
        return window_of(rows.within, self.period, self.row, self.table, self.world)

    def inside(self, row: Row, rows: n.Rows) -> Evaluator:
        """The evaluator on a related row. Recorded rows of a dated list stand."""
        return replace(self, table=rows.relation.table, row=row, state_open=False, owner=self)

    def row_truths(self, rows: n.Rows) -> tuple[list[tuple[Evaluator, Tri]], bool]:
        """Each row with the truth that it belongs here, and whether there may be rows nobody told of."""
        window = self.window(rows)
        if window is None or (self.state_open and not rows.relation.table.timing.is_dated):
            return [], True
        found: list[tuple[Evaluator, Tri]] = []
        for related in related_rows(rows.relation, self.row, self.world):
            inner = self.inside(related.row, rows)
            belongs = is_inside(related, rows.relation, window, self.world)
            if belongs is not False and rows.where is not None:
                belongs = tri_and([belongs, inner.truth(rows.where)])
            if belongs is not False:
                found.append((inner, belongs))
        return found, is_open(rows.relation, self.row, window, self.world)

    def _share_comparison(self, share: n.Share, op: str, limit: Fraction) -> Tri:
        """`share op limit` as the sign of the sum of (holds − limit) over the rows that apply: exact."""
        truths, is_open_list = self.row_truths(share.rows)
        total, certain = iv.ZERO, 0
        for inner, belongs in truths:
            applies = tri_and([belongs, inner.truth(share.applies)])
            holds = inner.truth(share.holds)
            certain += applies is True
            total = iv.add(total, _contribution(applies, holds, limit))
        if certain == 0:
            return None  # nobody may be there: not computable
        if is_open_list:  # rows nobody told of weigh between -limit and 1 - limit each
            total = iv.add(
                total, Interval(None if limit > 0 else Fraction(0), None if limit < 1 else Fraction(0))
            )
        return iv.compare_intervals(op, total, iv.ZERO)

    def _count(self, rows: n.Rows) -> Interval:
        truths, is_open_list = self.row_truths(rows)
        low = sum(truth is True for _, truth in truths)
        return Interval(Fraction(low), None if is_open_list else Fraction(len(truths)))

    def _total(self, node: n.Total) -> Interval:
        truths, is_open_list = self.row_truths(node.rows)
        total = iv.ZERO
        for inner, belongs in truths:
            amount = inner.number(node.amount).num
            total = iv.add(total, amount if belongs else iv.hull(amount, iv.ZERO))
        if not is_open_list:
            return total
        return Interval(total.low if is_never_negative(node.amount) else None, None)

    def _day_set(self, rows: n.Rows, window: Window, sure: n.Truth | None, nights: bool) -> DaySet:
        def where(row: Row) -> Tri:
            return True if rows.where is None else self.inside(row, rows).truth(rows.where)

        def is_sure(row: Row) -> Tri:
            return True if sure is None else self.inside(row, rows).truth(sure)

        return covered_days(rows, self.row, window, self.world, where, is_sure, nights)

    def _by_days(self, node: n.DayCount | n.Difference) -> Interval:
        window = self.window(node.lists[0])
        if window is None:
            return Interval(Fraction(0), None)
        if isinstance(node, n.DayCount):
            return self._days(node, window)
        return self._day_difference(node, window)

    def _days(self, node: n.DayCount, window: Window) -> Interval:
        nights = node.take == "nights"
        sets = [self._day_set(rows, window, node.sure, nights) for rows in node.lists]
        less = self._day_set(node.less, window, None, False) if node.less else _NO_DAYS
        certain = frozenset().union(*(s.certain for s in sets)) - less.possible
        possible = frozenset().union(*(s.possible for s in sets)) - less.certain
        low = 0 if less.is_endless else self._size(certain, node.take)
        is_endless = any(s.is_endless for s in sets)
        return Interval(Fraction(low), None if is_endless else Fraction(self._size(possible, node.take)))

    def _size(self, days: frozenset[date], take: n.DayTake) -> int:
        if take != "workdays":
            return len(days)
        return sum(self.world.calendar.is_workday(day) for day in days)

    def _day_difference(self, node: n.Difference, window: Window) -> Interval:
        sets = [self._day_set(rows, window, None, False) for rows in node.lists]
        low = sum(
            any(day not in s.possible for s in sets) for day in frozenset().union(*(s.certain for s in sets))
        )
        high = sum(
            any(day not in s.certain for s in sets) for day in frozenset().union(*(s.possible for s in sets))
        )
        return Interval(Fraction(low), Fraction(high))

    def _key_difference(self, node: n.Difference) -> Interval:
        certain: list[Counter[tuple[object, ...]]] = []
        possible: list[Counter[tuple[object, ...]]] = []
        wild: list[int] = []
        is_open_any = False
        for rows in node.lists:
            truths, is_open_list = self.row_truths(rows)
            keys = [(tuple(_key_cell(i, c) for c in node.match), truth) for i, truth in truths]
            known = [(key, truth) for key, truth in keys if UNKNOWN not in key]
            certain.append(Counter(key for key, truth in known if truth))
            possible.append(Counter(key for key, _ in known))
            wild.append(len(keys) - len(known) + (1 if is_open_list else 0))
            is_open_any = is_open_any or is_open_list
        some_certain = set().union(*certain)
        low = sum(
            any(key not in p and w == 0 for p, w in zip(possible, wild, strict=True)) for key in some_certain
        )
        if is_open_any:
            return Interval(Fraction(low), None)
        some_possible = set().union(*possible)
        high = sum(any(key not in c for c in certain) for key in some_possible) + sum(wild)
        return Interval(Fraction(low), Fraction(high))

    # --- values ---------------------------------------------------------------------------------------

    def cell(self, node: n.ColumnValue) -> object:
        """The value of a column of this row, or why there is none."""
        on = self._at(node)
        return UNKNOWN if on.state_open and not node.column.fixed else cell(on.row, node.column)

    def _recorded(self, node: n.ColumnValue) -> Tri:
        on = self._at(node)
        return None if on.state_open else on.row.get(node.column.id) is not None

    def _at(self, node: n.ColumnValue) -> Evaluator:
        """The evaluator on the row whose column it is."""
        return cast(Evaluator, self.owner) if node.owner else self  # the resolver has seen to the owner

    def number(self, node: n.Scalar) -> Ratio:
        """A number; only for nodes of that kind."""
        return cast(Ratio, self.value(node))  # the resolver has checked the kind

    def value(self, node: n.Scalar) -> Value:  # noqa: C901 - one case a node
        """A number as a ratio of intervals, or a date or text, or why there is none."""
        match node:
            case n.Constant(value=value, kind=kind):
                return Ratio(iv.constant(Fraction(value))) if kind == "number" else value  # type: ignore[arg-type, return-value]
            case n.ColumnValue(column=column):
                return _column_value(self.cell(node), column)
            case n.Named(value=inner):
                return self.value(inner)
            case n.PeriodValue(name=name):
                return self._period_value(name)
            case n.Arithmetic(op=op, left=left, right=right):
                return iv.calculate(op, self.number(left), self.number(right))
            case n.Extreme(kind=kind, items=items):
                extreme = iv.least if kind == "least" else iv.greatest
                return Ratio(extreme([self.number(item).num for item in items]))
            case n.Choice():
                return self._choice(node)
            case n.OrElse(column=column, default=default):
                return self._or_else(column, self.number(default).num)
            case n.DatePart(part=part, of=of):
                found = self.value(of)
                if isinstance(found, date):
                    return Ratio(iv.point(int(getattr(found, part))))
                return found if found is NOT_APPLICABLE else Ratio(iv.ANYTHING)
            case n.Elapsed():
                return self._elapsed(node)
            case n.Count(rows=rows):
                return Ratio(self._count(rows))
            case n.Total():
                return Ratio(self._total(node))
            case n.Share(rows=rows, applies=applies, holds=holds):
                both = n.All((applies, holds))
                return Ratio(
                    self._count(replace(rows, where=both)), self._count(replace(rows, where=applies))
                )
            case n.Difference() if node.match:
                return Ratio(self._key_difference(node))
        return Ratio(self._by_days(node))

    def _period_value(self, name: str) -> Value:
        last = self.period.end
        match name:
            case "period_start":
                return self.period.start
            case "period_end":
                return last
            case "as_of":
                return self.world.as_of
            case "period_days":
                return Ratio(iv.point((last - self.period.start).days + 1))
            case _:
                return Ratio(iv.point(self.world.calendar.count_workdays(self.period.start, last)))

    def _choice(self, node: n.Choice) -> Ratio:
        found: list[Interval] = []
        for condition, value in node.branches:
            truth = self.truth(condition)
            if truth is not False:
                found.append(self.number(value).num)
            if truth:
                break
        else:
            found.append(self.number(node.otherwise).num)
        return Ratio(reduce(iv.hull, found, found[0]))

    def _or_else(self, column: n.ColumnValue, default: Interval) -> Ratio:
        found = self.value(column)
        if not isinstance(found, Ratio):
            return Ratio(iv.hull(default, default))
        return Ratio(iv.hull(found.num, default)) if self.cell(column) is UNKNOWN else found

    def _elapsed(self, node: n.Elapsed) -> Value:
        start, end = self.value(node.start), self.value(node.end)
        if NOT_APPLICABLE in (start, end):
            return NOT_APPLICABLE
        if not isinstance(start, date) or not isinstance(end, date):
            return Ratio(iv.ANYTHING)
        if node.unit == "days":
            return Ratio(iv.point((end - start).days))
        months = (end.year - start.year) * 12 + end.month - start.month
        if node.unit == "months":
            return Ratio(iv.point(months - (end.day < start.day)))
        years = end.year - start.year - ((end.month, end.day) < (start.month, start.day))
        return Ratio(iv.point(years))


def judge(criterion: Criterion, world: World, period: Period, row: Row) -> Outcome:
    """The outcome of a criterion for one subject row in one period."""
    table = world.vocabulary.tables[criterion.subject]
    standing = Evaluator(world, period, table, row)
    final = replace(standing, state_open=not standing.is_closed)
    when = True if criterion.when is None else standing.truth(criterion.when)
    return outcome_of(when, final.truth(criterion.holds), standing.is_closed)


_MIRRORED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_NO_DAYS = DaySet(frozenset(), frozenset())


def _contribution(applies: Tri, holds: Tri, limit: Fraction) -> Interval:
    if applies is False:
        return iv.ZERO
    high = Fraction(1) - limit if holds is not False else -limit
    low = Fraction(1) - limit if holds is True else -limit
    found = Interval(low, high)
    return found if applies else iv.hull(found, iv.ZERO)


def _ordered(op: str, left: object, right: object) -> bool:
    match op:
        case "=":
            return left == right
        case "<>":
            return left != right
        case "<":
            return left < right  # type: ignore[operator, no-any-return]
        case "<=":
            return left <= right  # type: ignore[operator, no-any-return]
        case ">":
            return left > right  # type: ignore[operator, no-any-return]
        case _:
            return left >= right  # type: ignore[operator, no-any-return]


def _key_cell(inner: Evaluator, column: str) -> object:
    return cell(inner.row, inner.table.columns[column])


def _column_value(found: object, column: Column) -> Value:
    if column.type in (ColumnType.INT, ColumnType.DECIMAL):
        if found is NOT_APPLICABLE:
            return NOT_APPLICABLE
        if found is UNKNOWN:
            low, high = column.minimum, column.maximum
            return Ratio(
                Interval(None if low is None else Fraction(low), None if high is None else Fraction(high))
            )
        return Ratio(iv.point(Fraction(str(found))))
    return found  # type: ignore[return-value]
