"""Why: a verdict clause by clause, as message ids with typed values, put into words when shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from bangfu.core.engine.outcome import Outcome
from bangfu.core.engine.reference import Evaluator, judge
from bangfu.core.engine.world import NOT_APPLICABLE, UNKNOWN, Row, World
from bangfu.core.expressions import nodes as n
from bangfu.core.expressions.intervals import Interval, Ratio
from bangfu.core.expressions.kinds import kind_of
from bangfu.core.expressions.kleene import Tri, tri_not
from bangfu.core.messages import N_, Message
from bangfu.core.periods import Period
from bangfu.core.plans.plan import Criterion
from bangfu.core.vocabulary import Column, Sensitivity, Vocabulary

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
    """One reason: its message id, typed values, the truth, how sensitive it is, and what lies below."""

    id: str
    values: dict[str, object]
    truth: Tri
    sensitivity: Sensitivity = Sensitivity.INTERNAL
    parts: tuple[Clause, ...] = ()

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
            yield Clause(
                clause.id, clause.values, _turned(clause.truth, negated), clause.sensitivity, clause.parts
            )


def _turned(truth: Tri, negated: bool) -> Tri:
    return tri_not(truth) if negated else truth


def _clause(node: n.Truth, on: Evaluator) -> Clause:
    truth = on.truth(node)
    match node:
        case n.Comparison():
            return _comparison(node, on, truth)
        case n.Flag(value=value):
            state = "unknown" if truth is None else "yes" if truth else "no"
            if on.cell(value) is NOT_APPLICABLE:
                state = "absent"
            return Clause(state, {"label": label(value)}, truth, value.column.sensitivity)
        case n.Among(value=value, options=options):
            shown = _shown(value, on)
            state = {True: "one_of", False: "not_one_of", None: "unknown"}[truth]
            limit = [_constant_text(option, on.world.vocabulary) for option in options]
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
        if any(
            isinstance(side, Ratio) and side.den and not (side.den.low or 0) > 0 for side in (left, right)
        ):
            return Clause("not_computable", names, truth, secret)
        shown = _shown(node.left, on), _shown(node.right, on)
        unclear = [
            side for side, text in zip((node.left, node.right), shown, strict=True) if text in _UNCLEAR
        ]
        if unclear:
            return Clause("unknown", {"label": label(unclear[0])}, truth, secret)
        values = names | {"value": shown[0], "limit": shown[1]}
        return Clause("unclear", values, truth, secret)
    values = names | {
        "value": _shown(node.left, on),
        "limit": _shown(node.right, on),
        "gap": _gap(left, right),
    }
    return Clause(_ORDERED[node.op, truth], values, truth, secret)


def _gap(left: object, right: object) -> object:
    a, b = _quotient(left), _quotient(right)
    if a is None or b is None or a.low is None or b.low is None:
        return ""
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


# --- words ------------------------------------------------------------------------------------------------


def label(node: n.Scalar) -> object:  # noqa: C901 - one case a node
    """What a value is called."""
    match node:
        case n.ColumnValue(column=column) | n.OrElse(column=n.ColumnValue(column=column)):
            return column.name
        case n.Named(name=name):
            return name
        case n.Constant(name=name, value=value):
            return name or value
        case n.Count(rows=rows) | n.Total(rows=rows):
            return rows.relation.table.name
        case n.Share(rows=rows):
            return Message(N_("{table}中符合条件的比例"), {"table": rows.relation.table.name})
        case n.Arithmetic(op=op, left=left, right=right):
            return Message(
                N_("{left}{op}{right}"), {"left": label(left), "op": _SIGNS[op], "right": label(right)}
            )
        case n.Extreme(kind=kind, items=items):
            template = N_("{items}中的较小者") if kind == "least" else N_("{items}中的较大者")
            return Message(template, {"items": [label(item) for item in items]})
        case n.Elapsed(start=n.ColumnValue(column=column), unit="years") if column.id == "birth_date":
            return Message(N_("年龄"))
        case n.Elapsed(start=start, unit="years"):
            return Message(N_("{start}至今年数"), {"start": label(start)})
        case n.Elapsed(start=start, end=end):
            return Message(N_("{start}至{end}的时长"), {"start": label(start), "end": label(end)})
        case n.DatePart(of=of):
            return label(of)
        case n.PeriodValue(name=name):
            return Message(_PERIOD_LABELS[name])
        case n.Choice(otherwise=otherwise):
            return label(otherwise)
        case n.DayCount(lists=lists) | n.Difference(lists=lists):
            return lists[0].relation.table.name


_SIGNS = {"+": "＋", "-": "－", "*": "×", "/": "÷"}
_PERIOD_LABELS = {
    "period_start": N_("期初"),
    "period_end": N_("期末"),
    "as_of": N_("截至日"),
    "period_days": N_("本期天数"),
    "period_workdays": N_("本期工作日数"),
}


def unit_text(node: n.Scalar) -> str:
    """The unit as people say it: per-head amounts are just amounts."""
    unit = kind_of(node).unit or ""
    return f" {unit.split('/')[0]}" if unit else ""


def sensitivity(node: n.Node) -> Sensitivity:
    """The most sensitive column that a value or condition speaks of."""
    found = [below.column.sensitivity for below in n.walk(node) if isinstance(below, n.ColumnValue)]
    return max(found, key=list(Sensitivity).index) if found else Sensitivity.INTERNAL


def _quotient(value: object) -> Interval | None:
    """A ratio divided out where that is plain; None where it is not a number or not computable."""
    if not isinstance(value, Ratio):
        return None
    if value.den is None:
        return value.num
    if not value.den.is_point or not value.num.is_point or not value.den.low or value.num.low is None:
        return None
    exact = value.num.low / value.den.low
    return Interval(exact, exact)


def _shown(node: n.Scalar, on: Evaluator) -> object:
    """A value as it is shown: a figure, a range, a label."""
    value = on.value(node)
    if isinstance(value, Ratio):
        return _figure(value)
    if isinstance(node, n.ColumnValue) and node.column.codes and isinstance(value, str):
        labels = on.world.vocabulary.code_list(node.column).labels
        return [labels.get(code, code) for code in value.split(",")]
    return _constant_text(node, on.world.vocabulary) if isinstance(node, n.Constant) else value


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


def _constant_text(node: n.Constant, vocabulary: Vocabulary) -> object:
    return vocabulary.codes[node.codes].labels[str(node.value)] if node.kind == "code" else node.value


_COMPARED = {
    ">=": N_("不少于"),
    ">": N_("超过"),
    "<=": N_("不超过"),
    "<": N_("低于"),
    "=": N_("是"),
    "<>": N_("不是"),
}


def condition_text(node: n.Truth, vocabulary: Vocabulary) -> object:  # noqa: C901 - one case a node
    """A condition in words, without values of anyone."""
    match node:
        case n.All(items=items):
            return _joined(items, N_("且"), vocabulary)
        case n.Any(items=items):
            return _joined(items, N_("或"), vocabulary)
        case n.Not(item=item):
            return Message(N_("非（{item}）"), {"item": condition_text(item, vocabulary)})
        case n.Flag(value=value):
            return value.column.name
        case n.Comparison(op=op, left=left, right=right):
            limit = _constant_text(right, vocabulary) if isinstance(right, n.Constant) else label(right)
            words = {
                "left": label(left),
                "op": Message(_COMPARED[op]),
                "right": limit,
                "unit": unit_text(left),
            }
            return Message(N_("{left}{op}{right}{unit}"), words)
        case n.Among(value=value, options=options):
            listed = [_constant_text(option, vocabulary) for option in options]
            return Message(N_("{label}是{value}"), {"label": label(value), "value": listed})
        case n.Includes(value=value, code=code):
            return Message(
                N_("{label}含{code}"),
                {"label": label(value), "code": _code_label(value.column, code, vocabulary)},
            )
        case n.NotApplicable(value=value):
            return Message(N_("{label}不适用"), {"label": label(value)})
        case n.Recorded(value=value):
            return Message(N_("{label}已登记"), {"label": label(value)})
        case n.Quantifier(kind=kind, rows=rows):
            inner = (
                condition_text(rows.where, vocabulary) if rows.where is not None else Message(N_("有记录"))
            )
            return Message(_QUANTIFIED[kind], {"table": rows.relation.table.name, "inner": inner})
        case n.Verdict(name=name):
            return Message(N_("“{name}”达标"), {"name": name})
        case n.Literally(value=value):
            return value


_QUANTIFIED = {
    "has": N_("有{table}符合“{inner}”"),
    "no": N_("没有{table}符合“{inner}”"),
    "every": N_("{table}都符合“{inner}”"),
}


def _code_label(column: Column, code: str, vocabulary: Vocabulary) -> str:
    return vocabulary.code_list(column).labels[code]


def _joined(items: tuple[n.Truth, ...], word: str, vocabulary: Vocabulary) -> Message:
    names = {f"item{index}": condition_text(item, vocabulary) for index, item in enumerate(items)}
    joint = "{word}".join(f"{{{name}}}" for name in names)
    return Message(joint, names | {"word": Message(word)})
