"""The income rule and what it becomes; parameters on a day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from bangfu.core.errors import PlanError
from bangfu.core.plans.income import income_measures
from bangfu.core.plans.schema import Income
from bangfu.core.vocabulary import load_vocabulary
from tests.unit.plans.packs import loaded, said


def rule(costs: str = "{rule: actual}", where: str = "", drop: str = "", never: str = "loan") -> str:
    """An income rule that counts everything but `never` and `drop`."""
    codes = load_vocabulary().codes["income_kind"].labels
    counted = [code for code in codes if code not in (drop, *never.split(", "))]
    return f"""
income:
  source: 第三条
  items:
    counted: [{", ".join(counted)}]
    never: [{never}]
    {where}
  costs: {costs}
  window: calendar_year
  headcount: year
"""


def test_a_rule_becomes_measures(tmp_path: Path) -> None:
    never = ", ".join(code for code in load_vocabulary().codes["income_kind"].labels if code != "wage")
    pack = loaded(tmp_path, income=rule(never=never))
    assert {key: (m.name, m.unit, m.value) for key, m in pack.measures.items()} == {
        "counted_income": (
            "计入收入",
            "元",
            "total(income_item, amount, source IN ('wage') AND NOT is_forecast)",
        ),
        "production_expense": ("生产经营性支出", "元", "total(production_cost, amount)"),
        "net_income": ("纯收入", "元", "counted_income - production_expense"),
        "net_income_per_capita": ("人均纯收入", "元/人", "net_income / year_headcount"),
    }
    assert pack.measures["net_income"].source == "第三条"


def test_no_rule_no_measures() -> None:
    assert income_measures(None) == {}


def expense(costs: str, where: str | None = None) -> str | None:
    income = Income.model_validate(
        {
            "items": {"counted": ["business", "crops"], "never": [], "where": where},
            "costs": {"rule": costs, "ratios": {"business": "0.40", "crops": "0.45"}},
            "window": "calendar_year",
            "headcount": "current",
        }
    )
    return income_measures(income)["production_expense"].value


def test_costs_by_ratio() -> None:
    received = "NOT is_forecast AND (NOT from_failed_project)"
    assert expense("ratio", "NOT from_failed_project") == (
        f"0.40 * total(income_item, amount, source = 'business' AND {received})"
        f" + 0.45 * total(income_item, amount, source = 'crops' AND {received})"
    )


def test_recorded_costs_come_before_ratios() -> None:
    assert expense("actual_or_ratio") == (
        "total(production_cost, amount, NOT source IN ('business', 'crops'))"
        " + CASE WHEN has(production_cost, source = 'business')"
        " THEN total(production_cost, amount, source = 'business')"
        " ELSE 0.40 * total(income_item, amount, source = 'business' AND NOT is_forecast) END"
        " + CASE WHEN has(production_cost, source = 'crops')"
        " THEN total(production_cost, amount, source = 'crops')"
        " ELSE 0.45 * total(income_item, amount, source = 'crops' AND NOT is_forecast) END"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (rule(drop="wage"),
         "收入类别 wage（工资性收入）没有写算不算收入。 请写进 counted（计入）或 never（不计）。"),
        (rule(never="loan, wage, wage"), "收入类别 wage 写了两次。"),
        (rule(never="loan, wages"), "没有这个收入类别：wages。 是不是 wage？"),
        (rule("{rule: ratio, ratios: {loan: '0.4'}}"), "成本比例写了 loan，但它不是计入的收入类别。"),
        (rule().replace("calendar_year", "twelve_months"),
         "收入按年登记，还不能按近十二个月核算。 请写 window: calendar_year，并在 note 中注明方案要的是近十二个月。"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_rule(tmp_path: Path, text: str, problem: str) -> None:
    [found] = said(tmp_path, income=text)
    assert found.partition(": ")[2].startswith(problem)


def test_its_measures_are_not_written_again(tmp_path: Path) -> None:
    text = "measures: {net_income: {name: 纯收入二, subject: household, value: headcount}}"
    assert said(tmp_path, income=rule(), measures=text) == [
        "measures.yaml:1: net_income 由收入口径生成，不能再写。"
    ]


class TestParameters:
    TEXT = """
parameters:
  line:
    name: 线
    unit: 元/人
    values:
      - {from: 2017-01-01, value: "3200"}
      - {from: 2018-01-01, value: "3430"}
      - {from: 2021-01-01, value: null}
"""

    @pytest.mark.parametrize(
        ("on", "value"),
        [
            (date(2016, 12, 31), None),
            (date(2017, 1, 1), Decimal(3200)),
            (date(2017, 12, 31), Decimal(3200)),
            (date(2018, 1, 1), Decimal(3430)),
            (date(2020, 12, 31), Decimal(3430)),
            (date(2021, 1, 1), None),
        ],
    )
    def test_the_latest_value_holds(self, tmp_path: Path, on: date, value: Decimal | None) -> None:
        assert loaded(tmp_path, parameters=self.TEXT).parameters_on(on) == {"line": value}

    def test_using_what_is_not_in_force_is_an_error(self, tmp_path: Path) -> None:
        pack = loaded(tmp_path, parameters=self.TEXT)
        assert pack.parameter("line", date(2018, 1, 1)) == 3430
        with pytest.raises(PlanError) as error:
            pack.parameter("line", date(2021, 1, 1))
        assert str(error.value) == (
            "parameters.yaml:3: 参数 line（线）在 2021-01-01 没有值：还没有规定，或者已经废止。"
            " 请在 parameters.yaml 里补上这一天的取值，或换一个日期。"
        )
        with pytest.raises(PlanError, match="没有参数 lines"):
            pack.parameter("lines", date(2018, 1, 1))
