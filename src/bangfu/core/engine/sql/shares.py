"""A share against a figure, as the sum of (holds − figure) over the rows to which it applies."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from bangfu.core.engine.sql.values import literal

Weights = tuple[Decimal, Decimal, Decimal]  # of a row that holds, that may hold, that fails


def weighed(applies: str, holds: str, limit: Decimal) -> tuple[str, str]:
    """The least and the most that the sum may come to; its sign decides."""
    if_held, if_not = Decimal(1) - limit, -limit
    low, high = (if_held, if_not, if_not), (if_held, if_held, if_not)
    return (
        _sum_of(applies, holds, low, _each(min, low)),
        _sum_of(applies, holds, high, _each(max, high)),
    )


def _each(bound: Callable[[Decimal, Decimal], Decimal], weights: Weights) -> Weights:
    held, unclear, failed = weights
    return bound(held, Decimal(0)), bound(unclear, Decimal(0)), bound(failed, Decimal(0))


def _sum_of(applies: str, holds: str, surely: Weights, maybe: Weights) -> str:
    parts = []
    for condition, weights in ((applies, surely), (f"{applies} IS NULL", maybe)):
        held, unclear, failed = map(literal, weights)
        choice = f"CASE WHEN {holds} THEN {held} WHEN {holds} IS NULL THEN {unclear} ELSE {failed} END"
        parts.append(f"WHEN {condition} THEN {choice}")
    return f"SUM(CASE {' '.join(parts)} ELSE 0 END)"
