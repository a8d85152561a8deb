"""What is certain and what is possible: exact intervals, ratios of intervals, and their comparison.

The SQL of the other engines follows these rules to the letter (`numbers_sql.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

Bound = Fraction | None  # None: no bound on that side


@dataclass(frozen=True)
class Interval:
    """All values from `low` to `high`; None means open. `is_constant`: written in the plan, so that a product
    with it keeps an open side."""

    low: Bound
    high: Bound
    is_constant: bool = False

    @property
    def is_point(self) -> bool:
        """Whether exactly one value is possible."""
        return self.low is not None and self.low == self.high


ZERO = Interval(Fraction(0), Fraction(0))
ONE = Interval(Fraction(1), Fraction(1))
ANYTHING = Interval(None, None)


def point(value: int | Fraction) -> Interval:
    """Exactly this value."""
    return Interval(Fraction(value), Fraction(value))


def constant(value: int | Fraction) -> Interval:
    """Exactly this value, written in the plan."""
    return Interval(Fraction(value), Fraction(value), is_constant=True)


def add(a: Interval, b: Interval) -> Interval:
    """Every sum."""
    return Interval(_plus(a.low, b.low), _plus(a.high, b.high))


def negate(a: Interval) -> Interval:
    """Every negation."""
    return Interval(_minus(a.high), _minus(a.low))


def scale(a: Interval, factor: Fraction) -> Interval:
    """Every product with a constant."""
    if factor < 0:
        return scale(negate(a), -factor)
    return Interval(_times(a.low, factor), _times(a.high, factor))


def multiply(a: Interval, b: Interval) -> Interval:
    """Every product, or anything where a bound is missing and a factor may be negative."""
    if b.is_constant and b.low is not None:
        return scale(a, b.low)
    if a.is_constant and a.low is not None:
        return scale(b, a.low)
    if a.low is not None and b.low is not None and a.low >= 0 and b.low >= 0:
        return Interval(a.low * b.low, None if a.high is None or b.high is None else a.high * b.high)
    if a.low is None or a.high is None or b.low is None or b.high is None:
        return ANYTHING
    products = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high]
    return Interval(min(products), max(products))


def least(items: Sequence[Interval]) -> Interval:
    """The least of the items: certain only as far as every item is."""
    highs = [i.high for i in items if i.high is not None]
    lows = [i.low for i in items if i.low is not None]
    return Interval(min(lows) if len(lows) == len(items) else None, min(highs) if highs else None)


def greatest(items: Sequence[Interval]) -> Interval:
    """The greatest of the items."""
    return negate(least([negate(item) for item in items]))


def hull(a: Interval, b: Interval) -> Interval:
    """Whatever either may be."""
    low = None if a.low is None or b.low is None else min(a.low, b.low)
    high = None if a.high is None or b.high is None else max(a.high, b.high)
    return Interval(low, high)


def _plus(a: Bound, b: Bound) -> Bound:
    return None if a is None or b is None else a + b


def _minus(a: Bound) -> Bound:
    return None if a is None else -a


def _times(a: Bound, factor: Fraction) -> Bound:
    return None if a is None else a * factor


@dataclass(frozen=True)
class Ratio:
    """`num / den`, not divided until compared; `den` None means one."""

    num: Interval
    den: Interval | None = None


def calculate(op: str, left: Ratio, right: Ratio) -> Ratio:
    """`left op right`, never divided. What is divided by (`right` of a division) is no quotient itself."""
    if op == "/":
        return Ratio(left.num, _product(left.den, right.num))
    if op == "*":
        den = _product(left.den, right.den) if left.den or right.den else None
        return Ratio(multiply(left.num, right.num), den)
    other = right.num if op == "+" else negate(right.num)
    if left.den is None and right.den is None:
        return Ratio(add(left.num, other))
    num = add(_product(left.num, right.den), _product(other, left.den))
    return Ratio(num, _product(left.den or ONE, right.den))


def _product(a: Interval | None, b: Interval | None) -> Interval:
    return multiply(a or ONE, b) if b is not None else (a or ONE)


def compare(op: str, left: Ratio, right: Ratio) -> bool | None:
    """Three-valued comparison by cross-multiplication; a denominator that may not be positive is *not
    computable*: None."""
    for den in (left.den, right.den):
        if den is not None and (den.low is None or den.low <= 0):
            return None
    a = left.num if right.den is None else multiply(left.num, right.den)
    b = right.num if left.den is None else multiply(right.num, left.den)
    return compare_intervals(op, a, b)


def compare_intervals(op: str, a: Interval, b: Interval) -> bool | None:
    """Three-valued comparison of two intervals."""
    match op:
        case ">=":
            return _at_least(a, b)
        case "<=":
            return _at_least(b, a)
        case "<":
            return _not(_at_least(a, b))
        case ">":
            return _not(_at_least(b, a))
        case "=":
            return _equal(a, b)
        case _:
            return _not(_equal(a, b))


def _at_least(a: Interval, b: Interval) -> bool | None:
    if a.low is not None and b.high is not None and a.low >= b.high:
        return True
    if a.high is not None and b.low is not None and a.high < b.low:
        return False
    return None


def _equal(a: Interval, b: Interval) -> bool | None:
    if a.is_point and b.is_point and a.low == b.low:
        return True
    apart = (a.high is not None and b.low is not None and a.high < b.low) or (
        b.high is not None and a.low is not None and b.high < a.low
    )
    return False if apart else None


def _not(truth: bool | None) -> bool | None:
    return None if truth is None else not truth
