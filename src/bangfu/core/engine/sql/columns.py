"""Columns as numbers, where the vocabulary's bounds stand for an empty cell; and days as figures."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from bangfu.core.engine.sql.values import OPEN, Sides, literal
from bangfu.core.expressions import intervals as iv
from bangfu.core.expressions import nodes as n
from bangfu.core.vocabulary import Column, ColumnType

NUMERIC = (ColumnType.INT, ColumnType.DECIMAL)


def column_sides(column: Column, cell: str) -> Sides:
    """A cell as an interval: the column's bounds where it is empty."""
    low = cell if column.minimum is None else f"COALESCE({cell}, {literal(column.minimum)})"
    high = cell if column.maximum is None else f"COALESCE({cell}, {literal(column.maximum)})"
    return Sides(low, high)


def may_lack(amount: n.Scalar) -> tuple[bool, bool]:
    """Whether an amount may have no low side, and no high side."""
    match n.plain(amount):
        case n.Constant():
            return False, False
        case n.ColumnValue(column=column):
            return column.minimum is None, column.maximum is None
    return True, True


def column_bounds(column: Column) -> Sides:
    """Whatever a number of the column may be."""
    low, high = (OPEN if x is None else literal(x) for x in (column.minimum, column.maximum))
    return Sides(low, high)


def is_decided_by_value(column: Column, op: str, limit: n.Constant) -> bool:
    """Whether the vocabulary's bounds alone decide nothing, so that SQL's own NULL logic is right."""
    if column.type not in NUMERIC:
        return False
    whole = iv.Interval(
        None if column.minimum is None else Fraction(column.minimum),
        None if column.maximum is None else Fraction(column.maximum),
    )
    return iv.compare_intervals(op, whole, iv.constant(Fraction(str(limit.value)))) is None


def years_before(day: date, years: int) -> date:
    """The last birthday on which one is `years` old on `day`: 28 February stands in for the 29th."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
