"""Why: a verdict clause by clause, as message ids with typed values, put into words when shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

from bangfu.core.engine.outcome import Outcome
from bangfu.core.engine.reference import Evaluator, judge
from bangfu.core.engine.wording import condition_text, constant_text, is_year, label, sensitivity, unit_text
from bangfu.core.engine.world import NOT_APPLICABLE, UNKNOWN, Row, World
from bangfu.core.expressions import nodes as n
from bangfu.core.expressions.intervals import Interval, Ratio
from bangfu.core.expressions.kleene import Tri, tri_not
from bangfu.core.messages import N_, Message
from bangfu.core.periods import Period
from bangfu.core.plans.plan import Criterion
from bangfu.core.vocabulary import Sensitivity

# Message ids are stable; findings and logs keep them with their values.
CLAUSES = {
    "reaches": N_("{label} {value}{unit}，达到 {limit}{unit}"),
    "below": N_("{label} {value}{unit}，低于 {limit}{unit}，差 {gap}{unit}"),
    "not_above": N_("{label} {value}{unit}，未超过 {limit}{unit}"),
    "exceeds": N_("{label} {value}{unit}，超过 {limit}{unit}"),
    "too_high": N_("{label} {value}{unit}，高于 {limit}{unit}，超出 {gap}{unit}"),
    "within": N_("{label} {value}{unit}，不高于 {limit}{unit}"),
    "under": N_("{label} {value}{unit}，低于 {limit}{unit}"),
    "not_under": N_("{label} {value}{unit}，不低于 {limit}{unit}"),
    "equals": N_("{label}是 {value}{unit}"),
    "differs": N_("{label}是 {value}{unit}，应为 {limit}{unit}"),
    "is_not": N_("{label}是 {value}{unit}，不是 {limit}{unit}"),
    "unclear": N_("{label}不清楚（{value}{unit}），要与 {limit}{unit} 比较"),
    "not_computable": N_("{label}无法计算：分母为零或不清楚"),
    "absent": N_("{label}不适用"),
    "unknown": N_("{label}不清楚"),
    "yes": N_("{label}：是"),
    "no": N_("{label}：否"),
    "one_of": N_("{label}是{value}"),
    "not_one_of": N_("{label}是{value}，不在{limit}之内"),
    "recorded": N_("{label}已登记"),
    "not_recorded": N_("{label}未登记"),
    "some": N_("{label}中有 {value} 条符合“{condition}”"),
    "none": N_("{label}中没有符合“{condition}”的"),
    "all": N_("{label}都符合“{condition}”"),
    "not_all": N_("{label}中有 {value} 条不符合“{condition}”"),
    "list_unclear": N_("{label}是否有符合“{condition}”的，名单或内容不清楚"),
    "verdict_met": N_("“{label}”达标"),
    "verdict_unmet": N_("“{label}”未达标（{because}）"),
    "verdict_unknown": N_("“{label}”待核实（{because}）"),
    "literal": N_("恒定成立"),
}


@dataclass(frozen=True)
class Clause:
    """One reason: its message id, typed values, the truth, how sensitive it is, and what lies below.

    `gaps`: the columns and lists that are not known, where that is why the truth is not.
    """

    id: str
    values: dict[str, object]
    truth: Tri
    sensitivity: Sensitivity = Sensitivity.INTERNAL
    parts: tuple[Clause, ...] = ()
    gaps: tuple[n.Node, ...] = field(default=(), compare=False)

    def message(self) -> Message:
        """The sentence, to be rendered in the viewer's language."""
        return Message(CLAUSES[self.id], self.values)


@dataclass(frozen=True)
class Explanation:
    """Why a criterion has its outcome for a subject: the clauses of `when` and `holds`."""

    criterion: Criterion
    outcome: Outcome
    when: tuple[Clause, ...] = ()
    holds: tuple[Clause, ...] = field(default=())

    def deciding(self) -> list[Clause]:
        """The clauses that explain the outcome, in order: failures first for unmet, gaps for unknown."""
        if self.outcome is Outcome.NOT_APPLICABLE:
            return [clause for clause in self.when if clause.truth is False] or list(self.when)
        wanted: Tri = {Outcome.MET: True, Outcome.UNMET: False}.get(self.outcome)
        pool = (*self.when, *self.holds) if wanted is None else self.holds
        return [clause for clause in pool if clause.truth is wanted] or list(pool)

    def text(self) -> str:
        """The explanation as one line in the current language."""
        return Message(N_("；")).render().join(clause.message().render() for clause in self.deciding())


def explain(criterion: Criterion, world: World, period: Period, row: Row) -> Explanation:
    """Explain one verdict. The outcome is the reference evaluator's own."""
    table = world.vocabulary.tables[criterion.subject]
    standing = Evaluator(world, period, table, row)
    final = Evaluator(world, period, table, row, state_open=not standing.is_closed)
    when = tuple(_clauses(criterion.when, standing, False)) if criterion.when is not None else ()
    return Explanation(
        criterion, judge(criterion, world, period, row), when, tuple(_clauses(criterion.holds, final, False))
    )


def _clauses(node: n.Truth, on: Evaluator, negated: bool) -> Iterator[Clause]:
    """Clauses of a condition; conjunctions and disjunctions are opened, a negation turns its clause."""
    match node:
        case n.All(items=items) | n.Any(items=items):
            for item in items:
                yield from _clauses(item, on, negated)
        case n.Not(item=item):
            yield from _clauses(item, on, not negated)
        case _:
            clause = _clause(node, on)
            gaps = tuple(_gaps(node, on)) if clause.truth is None and not clause.parts else ()
            yield replace(clause, truth=_turned(clause.truth, negated), gaps=gaps)


_LISTS = (n.Count, n.Total, n.Share, n.DayCount, n.Difference)


def _gaps(node: n.Node, on: Evaluator) -> Iterator[n.Node]:
    """The columns and lists within a condition that are not known."""
    if isinstance(node, n.ColumnValue):
        if on.cell(node) is UNKNOWN:
            yield node
    elif isinstance(node, n.Quantifier):
        if on.truth(node) is None:
            yield node
    elif isinstance(node, _LISTS):
        found = on.number(node)
        if not found.num.is_point or (found.den is not None and not found.den.is_point):
            yield node
    else:
        for child in n.children(node):
            yield from _gaps(child, on)


def _turned(truth: Tri, negated: bool) -> Tri:
    return tri_not(truth) if negated else truth


def _clause(node: n.Truth, on: Evaluator) -> Clause:
    truth = on.truth(node)
    match node:
        case n.Comparison():
            return _comparison(node, on, truth)
        case n.Flag(value=value):
            state = "unknown" if truth is None else "yes" if truth else "no"
            state = "absent" if on.cell(value) is NOT_APPLICABLE else state
            return Clause(state, {"label": label(value)}, truth, value.column.sensitivity)
        case n.Among(value=value) | n.Includes(value=value) if on.value(value) is NOT_APPLICABLE:
            return Clause("absent", {"label": label(value)}, truth, sensitivity(value))
        case n.Among(value=value, options=options):
            shown = _shown(value, on)
            state = {True: "one_of", False: "not_one_of", None: "unknown"}[truth]
            limit = [constant_text(option, on.world.vocabulary) for option in options]
            return Clause(
                state, {"label": label(value), "value": shown, "limit": limit}, truth, sensitivity(value)
            )
        case n.Includes(value=value, code=code):
            name = on.world.vocabulary.code_list(value.column).labels[code]
            state = {True: "equals", False: "is_not", None: "unknown"}[truth]
            values = {"label": label(value), "value": _shown(value, on), "limit": name, "unit": ""}
            return Clause(state, values, truth, value.column.sensitivity)
        case n.NotApplicable(value=value):
            state = {True: "absent", False: "recorded", None: "unknown"}[truth]
            return Clause(state, {"label": label(value)}, truth, value.column.sensitivity)
        case n.Recorded(value=value):
            return Clause("recorded" if truth else "not_recorded", {"label": label(value)}, truth)
        case n.Quantifier():
            return _quantifier(node, on, truth)
        case n.Verdict(name=name, truth=inner):
            state = {True: "verdict_met", False: "verdict_unmet", None: "verdict_unknown"}[truth]
            # A nested criterion is `NOT when OR holds`: where it applies, only `holds` is a reason.
            reason = (
                inner.items[-1] if isinstance(inner, n.Any) and isinstance(inner.items[0], n.Not) else inner
            )
            parts = tuple(_clauses(reason, on, negated=False))
            because = [part.message() for part in parts if part.truth is truth]
            return Clause(state, {"label": name, "because": because}, truth, parts=parts)
        case _:
            return Clause("literal", {}, truth)


_ORDERED = {
    (">=", True): "reaches", (">=", False): "below", (">", True): "exceeds", (">", False): "not_above",
    ("<=", True): "within", ("<=", False): "too_high", ("<", True): "under", ("<", False): "not_under",
    ("=", True): "equals", ("=", False): "differs", ("<>", True): "is_not", ("<>", False): "equals",
}  # fmt: skip


def _comparison(node: n.Comparison, on: Evaluator, truth: Tri) -> Clause:
    left, right = on.value(node.left), on.value(node.right)
    secret = max(sensitivity(node.left), sensitivity(node.right), key=list(Sensitivity).index)
    names: dict[str, object] = {"label": label(node.left), "unit": unit_text(node.left)}
    if NOT_APPLICABLE in (left, right):
        absent = node.left if left is NOT_APPLICABLE else node.right
        return Clause("absent", {"label": label(absent)}, truth, secret)
    if truth is None:
        if any(isinstance(side, Ratio) and _quotient(side) is None for side in (left, right)):
            return Clause("not_computable", names, truth, secret)
        unclear = [side for side in (node.left, node.right) if _shown(side, on) in _UNCLEAR]
        if unclear:
            return Clause("unknown", {"label": label(unclear[0])}, truth, secret)
    texts = [_shown(side, on) for side in (node.left, node.right)]
    if is_year(node.left) or is_year(node.right):  # 2018, not 2,018
        texts = [str(text) if isinstance(text, int) else text for text in texts]
    values = names | {"value": texts[0], "limit": texts[1]}
    if truth is None:
        return Clause("unclear", values, truth, secret)
    gap = _gap(left, right)
    state = _ORDERED[node.op, truth]
    if gap is None:
        return Clause(_WITHOUT_GAP.get(state, state), values, truth, secret)
    return Clause(state, values | {"gap": gap}, truth, secret)


_WITHOUT_GAP = {"below": "under", "too_high": "exceeds"}


def _gap(left: object, right: object) -> Fraction | None:
    """How far apart two figures are; None where one of them is not one figure."""
    a, b = _quotient(left), _quotient(right)
    if a is None or b is None or not a.is_point or not b.is_point or a.low is None or b.low is None:
        return None
    return abs(a.low - b.low)


def _quantifier(node: n.Quantifier, on: Evaluator, truth: Tri) -> Clause:
    where = node.rows.where
    condition = condition_text(where, on.world.vocabulary) if where is not None else Message(N_("有记录"))
    secret = sensitivity(where) if where is not None else Sensitivity.INTERNAL
    values: dict[str, object] = {"label": node.rows.relation.table.name, "condition": condition}
    truths, _ = on.row_truths(node.rows)
    if truth is None:
        return Clause("list_unclear", values, truth, secret)
    if node.kind == "every":
        values["value"] = sum(found is True for _, found in on.row_truths(_negated(node.rows))[0])
        return Clause("all" if truth else "not_all", values, truth, secret)
    values["value"] = sum(found is True for _, found in truths)
    return Clause("some" if (node.kind == "has") is truth else "none", values, truth, secret)


def _negated(rows: n.Rows) -> n.Rows:
    return n.Rows(rows.relation, n.Not(rows.where) if rows.where is not None else None, rows.within)


# --- values ---------------------------------------------------------------------------------------------


def _quotient(value: object) -> Interval | None:
    """A ratio divided out; None where it is not a number or not computable."""
    if not isinstance(value, Ratio):
        return None
    num, den = value.num, value.den
    if den is None:
        return num
    if den.low is None or den.low <= 0:
        return None
    least = Fraction(0) if den.high is None else 1 / den.high
    most = 1 / den.low
    low = None if num.low is None else num.low * (least if num.low >= 0 else most)
    high = None if num.high is None else num.high * (most if num.high >= 0 else least)
    return Interval(low, high)


def _shown(node: n.Scalar, on: Evaluator) -> object:
    """A value as it is shown: a figure, a range, a label."""
    value = on.value(node)
    if isinstance(value, Ratio):
        return _figure(value)
    if isinstance(node, n.ColumnValue) and node.column.codes and isinstance(value, str):
        labels = on.world.vocabulary.code_list(node.column).labels
        return [labels.get(code, code) for code in value.split(",")]
    return constant_text(node, on.world.vocabulary) if isinstance(node, n.Constant) else value


_NOT_CLEAR = Message(N_("不清楚"))
_UNCLEAR = (UNKNOWN, _NOT_CLEAR)


def _figure(value: Ratio) -> object:
    whole = _quotient(value)
    if whole is None:
        return _NOT_CLEAR
    if whole.is_point:
        return _whole(whole.low)
    if whole.low is None and whole.high is None:
        return _NOT_CLEAR
    if whole.high is None:
        return Message(N_("至少 {low}"), {"low": _whole(whole.low)})
    if whole.low is None:
        return Message(N_("至多 {high}"), {"high": _whole(whole.high)})
    return Message(N_("{low} 至 {high}"), {"low": _whole(whole.low), "high": _whole(whole.high)})


def _whole(bound: Fraction | None) -> object:
    return int(bound) if bound is not None and bound.denominator == 1 else bound
