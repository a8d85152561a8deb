"""Criteria that must not stand: without meaning in their period, or met by a subject of which nothing is
known; and lints for a second look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TypeAlias

from bangfu.core.expressions import intervals as iv
from bangfu.core.expressions import nodes as n
from bangfu.core.expressions import refuse
from bangfu.core.expressions.intervals import Interval, Ratio
from bangfu.core.expressions.kinds import kind_of, may_not_apply
from bangfu.core.expressions.kleene import Tri, tri_and, tri_not, tri_or
from bangfu.core.messages import N_, Message
from bangfu.core.periods import NAMED_KINDS
from bangfu.core.plans.plan import Criterion

_Fact: TypeAlias = n.ColumnValue | n.Count | n.DayCount | n.Total
_YEARLY = ("year", "two_years", "once")


def check_period(node: n.Node, per: str) -> None:
    """Refuse what has no meaning in a kind of period."""
    if isinstance(node, n.Rows):
        _check_rows(node, per)
    elif isinstance(node, n.Difference):
        _check_each_day(node.lists[0].within, "" if node.match else per)
    elif isinstance(node, n.DayCount) and node.take == "workdays":
        _check_each_day(node.lists[0].within, per)


def _check_each_day(within: n.Within, per: str) -> None:
    if within == "own" or (within == "period" and per == "once"):
        raise refuse(
            "each_day",
            N_("没有确定的起止日，不能逐日比较，也不能数工作日。"),
            N_("请用 per: month 等周期，或写 within: campaign。"),
        )


def _check_rows(rows: n.Rows, per: str) -> None:
    if rows.relation.table.timing.year and per not in _YEARLY:
        raise refuse(
            "yearly",
            N_("“{name}”按年登记，周期不能是 {per}。"),
            N_("请用 per: year 或 per: once。"),
            name=rows.relation.table.name,
            per=per,
        )
    if rows.within == "previous" and per in ("once", *NAMED_KINDS):
        raise refuse("previous", N_("per: {per} 没有上一周期，不能用 within: previous。"), per=per)


def looks_at_time(truth: n.Truth) -> bool:
    """Whether a condition depends on the period in which it is judged."""
    return any(
        isinstance(node, n.PeriodValue)
        or (isinstance(node, n.Rows) and (node.relation.table.timing.is_dated or passes_membership(node)))
        for node in n.walk(truth)
    )


def passes_membership(rows: n.Rows) -> bool:
    """Whether rows belong to the subject by a dated membership."""
    return any(link.through for link in rows.relation.path)


def truth_of_nothing(node: n.Truth, is_negated: bool = False) -> Tri:
    """The truth of a condition where every cell is unknown and every list was never checked.

    True where it is so in some period; `is_negated`: false where it is so in some period.
    """
    match node:
        case n.Literally(value=value):
            return value
        case n.Not(item=item):
            return tri_not(truth_of_nothing(item, not is_negated))
        case n.All(items=items):
            return tri_and([truth_of_nothing(item, is_negated) for item in items])
        case n.Any(items=items):
            return tri_or([truth_of_nothing(item, is_negated) for item in items])
        case n.Verdict(truth=inner):
            return truth_of_nothing(inner, is_negated)
        case n.Recorded():
            return False
        case n.Comparison():
            return _comparison_of_nothing(node, is_negated)
    return None


def _comparison_of_nothing(node: n.Comparison, is_negated: bool) -> Tri:
    if not any(isinstance(below, (n.ColumnValue, n.Rows)) for below in n.walk(node)):
        return not is_negated  # figures of the plan and of the period alone: no fact about anyone
    if kind_of(node.left).name != "number":
        return None
    truth = iv.compare(node.op, bounds_of_nothing(node.left), bounds_of_nothing(node.right))
    return None if truth and any(map(may_not_apply, (node.left, node.right))) else truth


def bounds_of_nothing(node: n.Scalar) -> Ratio:  # noqa: C901 - one case a node
    """Between which bounds a number lies where nothing is known."""
    match node:
        case n.Constant(value=value):
            return Ratio(iv.constant(Fraction(value)))  # type: ignore[arg-type]
        case n.ColumnValue(column=column) | n.OrElse(column=n.ColumnValue(column=column)):
            whole = Interval(
                None if column.minimum is None else Fraction(column.minimum),
                None if column.maximum is None else Fraction(column.maximum),
            )
            default = bounds_of_nothing(node.default).num if isinstance(node, n.OrElse) else whole
            return Ratio(iv.hull(whole, default))
        case n.Named(value=value):
            return bounds_of_nothing(value)
        case n.Count() | n.DayCount() | n.Difference() | n.PeriodValue():
            return Ratio(_NOT_NEGATIVE)
        case n.Total(amount=amount):
            low = bounds_of_nothing(amount).num.low
            return Ratio(_NOT_NEGATIVE if low is not None and low >= 0 else iv.ANYTHING)
        case n.Extreme(kind=kind, items=items):
            bounds = [bounds_of_nothing(item).num for item in items]
            return Ratio(iv.least(bounds) if kind == "least" else iv.greatest(bounds))
        case n.Choice(branches=branches, otherwise=otherwise):
            whole = bounds_of_nothing(otherwise).num
            for _, value in branches:
                whole = iv.hull(whole, bounds_of_nothing(value).num)
            return Ratio(whole)
        case n.Arithmetic(op=op, left=left, right=right):
            return iv.calculate(op, bounds_of_nothing(left), bounds_of_nothing(right))
        case n.Share():
            return Ratio(iv.ANYTHING, iv.ANYTHING)  # of nobody: not computable
    return Ratio(iv.ANYTHING)


_NOT_NEGATIVE = Interval(Fraction(0), None)


def refuse_unsafe(criterion: Criterion) -> None:
    """Raise ExpressionError where a subject of which nothing is known would be met."""
    when = True if criterion.when is None else truth_of_nothing(criterion.when)
    if when is not False and truth_of_nothing(criterion.holds):
        raise refuse(
            "met_by_nothing",
            N_("标准“{name}”在什么都不清楚时也会判为达标。"),
            N_("请改成必须有事实才能达标的写法。"),
            name=criterion.name,
        )


def lints_of(criterion: Criterion) -> list[Message]:
    """What deserves a second look: a fact used twice may leave a verdict needlessly unknown."""
    names = [_fact_name(fact) for fact, uses in Counter(_facts(criterion.holds)).items() if uses > 1]
    if not names:
        return []
    template = N_("标准 {id}：{names} 用了不止一次，不清楚时可能判为待核实而其实已可判定。")
    return [Message(template, {"id": criterion.id, "names": names})]


def _facts(node: n.Node) -> Iterator[_Fact]:
    """The facts of which a condition speaks, as often as it does; `x BETWEEN a AND b` speaks of x once."""
    if isinstance(node, (n.ColumnValue, n.Count, n.DayCount, n.Total)):
        yield node
    match node:
        case n.All(
            items=(n.Comparison(op=">=", left=x) as low, n.Comparison(op="<=", left=y, right=high))
        ) if x == y:
            below: Iterable[n.Node] = (low, high)
        case _:
            below = n.children(node)
    for child in below:
        yield from _facts(child)


def _fact_name(node: _Fact) -> str:
    if isinstance(node, n.ColumnValue):
        return node.column.name
    rows = node.lists[0] if isinstance(node, n.DayCount) else node.rows
    return rows.relation.table.name
