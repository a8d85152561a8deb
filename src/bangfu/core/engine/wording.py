"""What values and conditions are called, as messages: no value of anyone is in them."""

from __future__ import annotations

from bangfu.core.expressions import nodes as n
from bangfu.core.expressions.kinds import kind_of
from bangfu.core.messages import N_, Message
from bangfu.core.vocabulary import Column, Sensitivity, Vocabulary


def label(node: n.Scalar) -> object:  # noqa: C901 - one case a node
    """What a value is called."""
    match node:
        case n.ColumnValue(column=column, owner=owner) if owner:
            return Message(N_("{owner}的{column}"), {"owner": owner, "column": column.name})
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
    return node.lists[0].relation.table.name


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


def is_year(node: n.Scalar) -> bool:
    """Whether a number is a calendar year."""
    match node:
        case n.ColumnValue(column=column) | n.OrElse(column=n.ColumnValue(column=column)):
            return column.id == "year" or column.id.endswith("_year")
        case n.DatePart(part=part):
            return part == "year"
        case n.Named(value=value):
            return is_year(value)
    return False


def sensitivity(node: n.Node) -> Sensitivity:
    """The most sensitive column that a value or condition speaks of."""
    found = [below.column.sensitivity for below in n.walk(node) if isinstance(below, n.ColumnValue)]
    return max(found, key=list(Sensitivity).index) if found else Sensitivity.INTERNAL


def constant_text(node: n.Constant, vocabulary: Vocabulary) -> object:
    """A figure of the plan, or the label of a code."""
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
            limit = constant_text(right, vocabulary) if isinstance(right, n.Constant) else label(right)
            words = {
                "left": label(left),
                "op": Message(_COMPARED[op]),
                "right": limit,
                "unit": unit_text(left),
            }
            return Message(N_("{left}{op}{right}{unit}"), words)
        case n.Among(value=value, options=options):
            listed = [constant_text(option, vocabulary) for option in options]
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
    return node.value  # TRUE or FALSE


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
