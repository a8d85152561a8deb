"""Kinds and units of measure of scalars, so that 元 is never compared with 天."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from bangfu.core.expressions import nodes as n
from bangfu.core.vocabulary import ColumnType, Empty


@dataclass(frozen=True)
class Kind:
    """`name` is number, date, text, bool, code or codes; `detail` the code list; `unit` of a number."""

    name: str
    detail: str = ""
    unit: str | None = None


_COLUMN_KINDS = {
    ColumnType.TEXT: "text",
    ColumnType.INT: "number",
    ColumnType.DECIMAL: "number",
    ColumnType.DATE: "date",
    ColumnType.BOOL: "bool",
    ColumnType.CODE: "code",
    ColumnType.CODES: "codes",
}

COUNT_UNITS = {"person": "人", "household": "户"}

_PERIOD_KINDS = {
    "period_start": Kind("date"),
    "period_end": Kind("date"),
    "as_of": Kind("date"),
    "period_days": Kind("number", unit="天"),
    "period_workdays": Kind("number", unit="天"),
}


_ELAPSED_UNITS = {"years": "岁", "months": "个月", "days": "天"}


def kind_of(node: n.Scalar) -> Kind:
    """The kind of a scalar."""
    match node:
        case n.ColumnValue(column=column):
            return Kind(_COLUMN_KINDS[column.type], column.codes or "", column.unit)
        case n.Constant(kind=kind, unit=unit, codes=codes):
            return Kind(kind, codes, unit)
        case n.PeriodValue(name=name):
            return _PERIOD_KINDS[name]
        case n.Named(value=value, unit=unit):
            return replace(kind_of(value), unit=unit)
    return Kind("number", unit=_number_unit(node))


def _number_unit(node: n.Scalar) -> str | None:
    match node:
        case n.Arithmetic(unit=unit) | n.Extreme(unit=unit) | n.Choice(unit=unit) | n.Total(unit=unit):
            return unit
        case n.OrElse(column=n.ColumnValue(column=column)):
            return column.unit
        case n.Elapsed(unit=passed):
            return _ELAPSED_UNITS[passed]
        case n.Count(rows=rows):
            return COUNT_UNITS.get(rows.relation.table.id)
        case n.DayCount():
            return "天"
    return None


def is_quotient(node: n.Scalar) -> bool:
    """Whether a number is a ratio of two others."""
    match node:
        case n.Share():
            return True
        case n.Named(value=value):
            return is_quotient(value)
        case n.Arithmetic(op=op, left=left, right=right):
            return op == "/" or is_quotient(left) or is_quotient(right)
    return False


def may_not_apply(node: n.Scalar) -> bool:
    """Whether a value may be absent because it does not apply."""
    match node:
        case n.ColumnValue(column=column):
            return column.empty is Empty.NOT_APPLICABLE
        case n.Named(value=value) | n.DatePart(of=value):
            return may_not_apply(value)
        case n.Elapsed(start=start, end=end):
            return may_not_apply(start) or may_not_apply(end)
    return False


def is_never_negative(node: n.Scalar) -> bool:
    """Whether the vocabulary says that a column never falls below zero."""
    minimum = node.column.minimum if isinstance(node, n.ColumnValue) else None
    return minimum is not None and minimum >= 0


def decimals_of(node: n.Scalar) -> int:
    """How many digits a number may have after the point; what is never a quotient has an end of them."""
    match node:
        case n.Constant(value=value):
            return max(0, -int(Decimal(str(value)).as_tuple().exponent))
        case n.ColumnValue(column=column):
            return 2 if column.type is ColumnType.DECIMAL else 0
        case n.Named(value=value) | n.Total(amount=value):
            return decimals_of(value)
        case n.Arithmetic(op=op, left=left, right=right):
            return (sum if op == "*" else max)((decimals_of(left), decimals_of(right)))
        case n.Extreme(items=items):
            return max(map(decimals_of, items))
        case n.Choice(branches=branches, otherwise=otherwise):
            return max(decimals_of(value) for value in (*(value for _, value in branches), otherwise))
        case n.OrElse(column=column_value, default=default):
            return max(decimals_of(column_value), decimals_of(default))
    return 0


def shared_unit(kinds: list[Kind]) -> tuple[str | None, bool]:
    """The one unit among numbers, and whether they agree (a bare number agrees with anything)."""
    units = {kind.unit for kind in kinds if kind.unit is not None}
    return (next(iter(units)) if len(units) == 1 else None), len(units) <= 1


def product_unit(left: str | None, right: str | None) -> str | None:
    """元/人 × 人 is 元; a bare number keeps the other's unit."""
    if left is None or right is None:
        return left or right
    for quotient, divisor in ((left, right), (right, left)):
        if quotient.endswith(f"/{divisor}"):
            return quotient.removesuffix(f"/{divisor}")
    return f"{left}·{right}"


def quotient_unit(left: str | None, right: str | None) -> str | None:
    """元 ÷ 人 is 元/人; like units cancel."""
    if right is None:
        return left
    return None if left == right or left is None else f"{left}/{right}"
