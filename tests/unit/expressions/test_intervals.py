"""Exact intervals: what is certain and what is possible."""

from __future__ import annotations

from fractions import Fraction

import pytest

from bangfu.core.expressions import intervals as iv
from bangfu.core.expressions.intervals import ANYTHING, ZERO, Interval, Ratio, constant, point


def between(low: int | None, high: int | None) -> Interval:
    return Interval(None if low is None else Fraction(low), None if high is None else Fraction(high))


def ends(interval: Interval) -> tuple[Fraction | None, Fraction | None]:
    return interval.low, interval.high


@pytest.mark.parametrize(
    ("left", "right", "product"),
    [
        (between(1, 2), between(3, 4), (3, 8)),
        (between(1, None), between(3, 4), (3, None)),
        (between(0, 2), between(0, None), (0, None)),
        (between(-1, 2), between(-3, 4), (-6, 8)),
        (between(-1, 2), between(3, None), (None, None)),
        (between(-1, None), constant(-2), (None, 2)),
        (constant(-2), between(None, 3), (-6, None)),
        (constant(0), between(1, None), (0, None)),
        (ANYTHING, point(2), (None, None)),
    ],
)
def test_products(left: Interval, right: Interval, product: tuple[int | None, int | None]) -> None:
    assert ends(iv.multiply(left, right)) == product


def test_least_and_greatest_are_certain_only_as_far_as_all_are() -> None:
    assert ends(iv.least([between(1, 5), between(2, None)])) == (1, 5)
    assert ends(iv.least([between(None, 5), between(2, 3)])) == (None, 3)
    assert ends(iv.least([ANYTHING, ANYTHING])) == (None, None)
    assert ends(iv.greatest([between(1, None), between(2, 3)])) == (2, None)
    assert ends(iv.greatest([between(None, 4), between(2, 3)])) == (2, 4)


def test_hull_holds_both() -> None:
    assert ends(iv.hull(between(1, 2), between(5, 6))) == (1, 6)
    assert ends(iv.hull(between(None, 2), between(5, None))) == (None, None)


@pytest.mark.parametrize(
    ("op", "left", "right", "truth"),
    [
        (">=", between(3, 5), between(1, 3), True),
        (">=", between(1, 2), between(3, 4), False),
        (">=", between(1, 3), between(3, 4), None),
        (">", between(3, 5), between(1, 3), None),
        (">", between(4, 5), between(1, 3), True),
        (">", between(1, 3), between(3, 4), False),
        ("<", between(1, 2), between(3, 4), True),
        ("<=", between(1, 3), between(3, 4), True),
        ("=", point(3), point(3), True),
        ("=", between(1, 2), between(3, 4), False),
        ("=", between(5, 6), between(3, 4), False),
        ("=", between(1, 3), point(3), None),
        ("<>", between(1, 2), between(3, 4), True),
        ("<>", point(3), point(3), False),
        ("=", ANYTHING, point(3), None),
        (">=", between(None, 3), between(3, None), None),
    ],
)
def test_comparisons(op: str, left: Interval, right: Interval, truth: bool | None) -> None:
    assert iv.compare_intervals(op, left, right) is truth


def test_a_quotient_is_compared_by_cross_multiplication() -> None:
    rate = Ratio(point(57), point(100))
    assert iv.compare(">=", rate, Ratio(constant(Fraction("0.57")))) is True
    assert iv.compare("<=", Ratio(constant(Fraction("0.57"))), rate) is True
    assert iv.compare(">", rate, Ratio(point(2), point(4))) is True
    for den in (ZERO, between(0, 5), between(-2, -1), between(None, 5)):
        assert iv.compare(">=", Ratio(point(57), den), Ratio(ZERO)) is None
