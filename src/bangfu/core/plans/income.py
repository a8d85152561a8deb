"""The income rule as measures: what counts, what never does, how costs are taken off."""

from __future__ import annotations

from decimal import Decimal

from bangfu.core.messages import N_
from bangfu.core.plans.schema import Income, Measure

_RECEIVED = "NOT is_forecast"  # what is only expected is a plan, not income
_HEADCOUNTS = {"current": "headcount", "year": "year_headcount"}
NAMES = {
    "counted_income": N_("计入收入"),
    "production_expense": N_("生产经营性支出"),
    "net_income": N_("纯收入"),
    "net_income_per_capita": N_("人均纯收入"),
}


def income_measures(income: Income | None) -> dict[str, Measure]:
    """The measures that an income rule stands for, in 元 and 元/人; none without a rule."""
    if income is None:
        return {}
    common = {"subject": "household", "requirement": income.requirement, "source": income.source}
    values = {
        "counted_income": ("元", _counted(income)),
        "production_expense": ("元", _expense(income)),
        "net_income": ("元", "counted_income - production_expense"),
        "net_income_per_capita": ("元/人", f"net_income / {_HEADCOUNTS[income.headcount]}"),
    }
    return {
        key: Measure.model_validate({**common, "name": NAMES[key], "unit": unit, "value": value})
        for key, (unit, value) in values.items()
    }


def _counted(income: Income) -> str:
    return f"total(income_item, amount, {_among(income.items.counted)} AND {_received(income)})"


def _received(income: Income) -> str:
    return f"{_RECEIVED} AND ({income.items.where})" if income.items.where else _RECEIVED


def _expense(income: Income) -> str:
    ratios = income.costs.ratios
    if income.costs.rule == "actual":
        return "total(production_cost, amount)"
    if income.costs.rule == "ratio":
        return " + ".join(_by_ratio(income, code, ratio) for code, ratio in ratios.items())
    others = f"total(production_cost, amount, NOT {_among(tuple(ratios))})"
    return " + ".join([others, *(_actual_or_ratio(income, code, ratio) for code, ratio in ratios.items())])


def _by_ratio(income: Income, code: str, ratio: Decimal) -> str:
    return f"{ratio} * total(income_item, amount, {_is(code)} AND {_received(income)})"


def _actual_or_ratio(income: Income, code: str, ratio: Decimal) -> str:
    actual = f"total(production_cost, amount, {_is(code)})"
    return (
        f"CASE WHEN has(production_cost, {_is(code)}) THEN {actual} ELSE {_by_ratio(income, code, ratio)} END"
    )


def _is(code: str) -> str:
    return f"source = {_quoted(code)}"


def _among(codes: tuple[str, ...]) -> str:
    return f"source IN ({', '.join(map(_quoted, codes))})"


def _quoted(code: str) -> str:
    return "'" + code.replace("'", "''") + "'"
