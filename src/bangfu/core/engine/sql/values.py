"""Numbers as pairs of SQL expressions, following `expressions/intervals.py` to the letter.

NULL stands for an open side. Where both sides are the same text the number is a point or unknown, and SQL's own
three-valued comparison is the right one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

OPEN = "CAST(NULL AS DECIMAL(18, 2))"


def quoted(name: str) -> str:
    """An identifier, always quoted."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: Decimal | str | date | int) -> str:
    """A constant as SQL."""
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    return f"({text})" if text.startswith("-") else text


def parquet(*files: Path) -> str:
    """The rows of Parquet files, as they stand: no letter of a path is a pattern, no folder adds a column."""
    paths = ", ".join(literal(_PATTERN.sub(r"[\g<0>]", str(file))) for file in files)
    return f"read_parquet([{paths}], hive_partitioning = false)"


_PATTERN = re.compile(r"[\[*?]")


@dataclass(frozen=True)
class Sides:
    """An interval: SQL for the low and the high side. `constant` is set for figures of the plan."""

    low: str
    high: str
    constant: Decimal | None = None

    @property
    def is_point(self) -> bool:
        """Whether both sides are one expression."""
        return self.low == self.high


@dataclass(frozen=True)
class Number:
    """A ratio of two intervals; `absent` is SQL that is true where the value does not apply."""

    num: Sides
    den: Sides | None = None
    absent: str | None = None


@dataclass(frozen=True)
class Plain:
    """A date, text or code."""

    sql: str
    absent: str | None = None


def both(sql: str) -> Sides:
    """A number known exactly, or NULL."""
    return Sides(sql, sql)


def constant(value: Decimal) -> Sides:
    """A figure of the plan."""
    return Sides(literal(value), literal(value), value)


ONE = Sides("1", "1")


def add(a: Sides, b: Sides) -> Sides:
    """Every sum."""
    return Sides(f"({a.low} + {b.low})", f"({a.high} + {b.high})")


def negate(a: Sides) -> Sides:
    """Every negation."""
    return Sides(f"(-{a.high})", f"(-{a.low})")


def scale(a: Sides, factor: Decimal) -> Sides:
    """Every product with a figure of the plan."""
    if a.constant is not None:
        return constant(a.constant * factor)  # figures alone might not fit the engine's integers
    if factor < 0:
        return scale(negate(a), -factor)
    return Sides(f"({a.low} * {literal(factor)})", f"({a.high} * {literal(factor)})")


def multiply(a: Sides, b: Sides) -> Sides:
    """Every product."""
    if b.constant is not None:
        return scale(a, b.constant)
    if a.constant is not None:
        return scale(b, a.constant)
    if a.is_point and b.is_point:
        # The general rule on two points comes to the same.
        return both(f"({a.low} * {b.low})")
    positive = f"{a.low} >= 0 AND {b.low} >= 0"
    products = [f"{x} * {y}" for x in (a.low, a.high) for y in (b.low, b.high)]
    known = " AND ".join(f"{side} IS NOT NULL" for side in (a.low, a.high, b.low, b.high))
    low = f"CASE WHEN {positive} THEN {a.low} * {b.low} WHEN {known} THEN LEAST({', '.join(products)}) END"
    high = (
        f"CASE WHEN {positive} THEN {a.high} * {b.high} WHEN {known} THEN GREATEST({', '.join(products)}) END"
    )
    return Sides(f"({low})", f"({high})")


def least(items: Sequence[Sides]) -> Sides:
    """The least: its low side only where every item has one; SQL's LEAST skips NULL."""
    return Sides(
        _all_known("LEAST", [i.low for i in items], items), f"LEAST({', '.join(i.high for i in items)})"
    )


def greatest(items: Sequence[Sides]) -> Sides:
    """The greatest, likewise."""
    high = _all_known("GREATEST", [i.high for i in items], items)
    return Sides(f"GREATEST({', '.join(i.low for i in items)})", high)


def _all_known(function: str, sides: list[str], items: Sequence[Sides]) -> str:
    nullable = [side for side, item in zip(sides, items, strict=True) if item.constant is None]
    call = f"{function}({', '.join(sides)})"
    if not nullable:
        return call
    return f"(CASE WHEN {' AND '.join(f'{side} IS NOT NULL' for side in nullable)} THEN {call} END)"


def hull(a: Sides, b: Sides) -> Sides:
    """Whatever either may be."""
    return Sides(
        _all_known("LEAST", [a.low, b.low], [a, b]), _all_known("GREATEST", [a.high, b.high], [a, b])
    )


def choose(condition: str, a: Sides, b: Sides) -> Sides:
    """`a` where the condition is true, `b` where false, either where unknown."""
    wide = hull(a, b)
    return Sides(
        f"(CASE WHEN {condition} THEN {a.low} WHEN NOT ({condition}) THEN {b.low} ELSE {wide.low} END)",
        f"(CASE WHEN {condition} THEN {a.high} WHEN NOT ({condition}) THEN {b.high} ELSE {wide.high} END)",
    )


def product(a: Sides | None, b: Sides | None) -> Sides:
    """The product, where None means one."""
    return multiply(a or ONE, b) if b is not None else (a or ONE)


def arithmetic(op: str, left: Number, right: Number) -> Number:
    """`left op right`, never divided."""
    if op == "/":
        return Number(product(left.num, right.den), product(right.num, left.den))
    if op == "*":
        den = product(left.den, right.den) if left.den or right.den else None
        return Number(multiply(left.num, right.num), den)
    other = right.num if op == "+" else negate(right.num)
    if left.den is None and right.den is None:
        return Number(add(left.num, other))
    num = add(product(left.num, right.den), product(other, left.den))
    return Number(num, product(left.den or ONE, right.den))


def compare(op: str, left: Number, right: Number) -> str:
    """Three-valued comparison by cross-multiplication, as nullable boolean SQL."""
    a = left.num if right.den is None else multiply(left.num, right.den)
    b = right.num if left.den is None else multiply(right.num, left.den)
    truth = compare_sides(op, a, b)
    positive = [f"{den.low} > 0" for den in (left.den, right.den) if den is not None]
    if positive:
        truth = f"(CASE WHEN {' AND '.join(positive)} THEN {truth} END)"
    return unless(left.absent, unless(right.absent, truth))


def compare_sides(op: str, a: Sides, b: Sides) -> str:
    """Three-valued comparison of two intervals."""
    if a.is_point and b.is_point:
        return f"({a.low} {op} {b.low})"
    match op:
        case ">=":
            return _at_least(a, b)
        case "<=":
            return _at_least(b, a)
        case "<":
            return f"(NOT {_at_least(a, b)})"
        case ">":
            return f"(NOT {_at_least(b, a)})"
        case "=":
            return _equal(a, b)
        case _:
            return f"(NOT {_equal(a, b)})"


def _at_least(a: Sides, b: Sides) -> str:
    return f"(CASE WHEN {a.low} >= {b.high} THEN TRUE WHEN {a.high} < {b.low} THEN FALSE END)"


def _equal(a: Sides, b: Sides) -> str:
    points = f"{a.low} = {a.high} AND {b.low} = {b.high} AND {a.low} = {b.low}"
    return f"(CASE WHEN {points} THEN TRUE WHEN {a.high} < {b.low} OR {b.high} < {a.low} THEN FALSE END)"


def unless(absent: str | None, truth: str) -> str:
    """False where the value does not apply."""
    return truth if absent is None else f"(CASE WHEN {absent} THEN FALSE ELSE {truth} END)"


def absent_if_any(*conditions: str | None) -> str | None:
    """True where any of the values does not apply."""
    found = [condition for condition in conditions if condition]
    return f"({' OR '.join(found)})" if found else None
