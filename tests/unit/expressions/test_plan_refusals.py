"""What a plan may not say: measures and criteria that have no meaning, cycles, what nothing known would meet."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bangfu.core.errors import PlanError
from bangfu.core.expressions import nodes as n
from bangfu.core.plans.compiling import compile_plan
from bangfu.core.plans.plan import Deadline
from bangfu.core.vocabulary import load_vocabulary
from tests.inline_plans import pack_of, plan_of

CAMPAIGN = (date(2020, 6, 15), date(2020, 7, 20))
Spec = dict[str, Any]


def criterion(holds: str, **rest: Any) -> Spec:
    return {"id": "S9-1", "subject": "household", "holds": holds, **rest}


def refusals(criteria: list[Spec], measures: Spec | None = None, **rest: Any) -> list[str]:
    with pytest.raises(PlanError) as found:
        plan_of(criteria, measures, **rest)
    return [
        f"{problem.code.removeprefix('expression.')} {problem.render()}" for problem in found.value.problems
    ]


def measure_refusal(spec: Spec, per: str = "month", **rest: Any) -> str:
    used = criterion("m >= 1", per=per) | {"subject": spec.get("subject", "household")}
    found = refusals([used], {"m": {"subject": "household", "name": "指标甲", **spec}}, **rest)
    return found[0]


@pytest.mark.parametrize(
    ("spec", "code", "message"),
    [
        ({"value": "headcont + 1"}, "unknown_name", "是不是要写：headcount"),
        ({"value": "headcount", "unit": "元"}, "measure_unit", "算出来的单位是人，写的是元。"),
        ({"of": ["visit", "person"], "take": "count"}, "one_list", "count 和 total 只能针对一张明细表。"),
        ({"of": ["visit", "person"], "take": "total", "amount": "1"}, "one_list", "只能针对一张明细表"),
        (
            {"of": "income_item", "take": "total", "amount": "amount, is_forecast"},
            "syntax",
            "表达式写法有误：amount, is_forecast",
        ),
        ({"of": "income_item", "take": "total", "amount": "amount) + headcount * (1"}, "syntax", "表达式写法有误"),
        ({"of": "income_item", "take": "total", "amount": "amount / 2"}, "quotient", "这里不能用商：amount / 2"),
        ({"of": "income_item", "take": "total", "amount": "source"}, "not_a_number", "“source”是代码，这里要用数。"),
        ({"of": "visit", "take": "total", "amount": "dayy"}, "unknown_name", "“走访”没有名为“dayy”"),
        ({"of": "visits", "take": "count"}, "unknown_list", "“户”没有名为“visits”的明细表。 可用的有：visit"),
        ({"of": "visit", "take": "count", "where": "at_hom"}, "unknown_name", "是不是要写：at_home"),
        ({"of": "visit", "take": "count", "within": "own"}, "own", "“户”没有起止日期，不能用 within: own。"),
        ({"of": "visit", "take": "count", "within": "campaign"}, "campaign", "方案没有写活动起止日期"),
        ({"of": "person", "take": "days"}, "no_days", "“家庭成员”没有按天或起止日期记录，不能数天数。"),
        ({"of": "visit", "take": "nights"}, "no_days", "“走访”没有按天或起止日期记录，不能数天数。"),
        ({"of": "loan", "take": "days", "less": {"of": "person"}}, "no_days", "“家庭成员”没有按天"),
        ({"of": ["visit", "loan"], "take": "days", "sure": "TRUE"}, "sure", "sure 只能用于一张明细表。"),
        ({"of": "visit", "take": "differ"}, "two_lists", "differ 至少要比较两张明细表，写了 match 的正好两张。"),
        ({"of": ["visit", "person"], "take": "differ"}, "no_days", "“家庭成员”没有按天"),
        (
            {"of": ["production_cost", "previous_production_cost", "income_item"], "take": "differ", "match": ["amount"]},
            "two_lists",
            "写了 match 的正好两张",
        ),
        ({"of": ["visit", "activity"], "take": "differ", "match": ["purpose"]}, "match", "没有同样的列 purpose。"),
        ({"of": ["visit", "visit"], "take": "differ", "match": ["at_hom"]}, "match", "没有同样的列 at_hom。"),
        ({"of": ["person", "person"], "take": "differ", "match": ["full_name"]}, "match", "没有同样的列 full_name"),
        ({"subject": "agency", "of": ["cadre", "cadre"], "take": "differ", "match": ["kind"]}, "match_path", "经任职"),
        ({"subject": "nobody", "value": "1"}, "subject", "“nobody”不能作为核查对象。"),
    ],
)  # fmt: skip
def test_measures_refused(spec: Spec, code: str, message: str) -> None:
    found = measure_refusal(spec)
    assert found.startswith(f"{code} ")
    assert message in found


@pytest.mark.parametrize(
    ("spec", "per", "code", "message"),
    [
        ({"of": "loan", "take": "workdays"}, "once", "each_day", "没有确定的起止日，不能逐日比较，也不能数工作日。"),
        ({"of": ["visit", "loan"], "take": "differ"}, "once", "each_day", "请用 per: month 等周期"),
        (
            {"subject": "batch", "of": "stay", "take": "workdays", "within": "own"},
            "month",
            "each_day",
            "或写 within: campaign。",
        ),
        ({"of": "visit", "take": "count", "within": "previous"}, "once", "previous", "per: once 没有上一周期"),
        ({"of": "visit", "take": "count", "within": "previous"}, "stage", "previous", "per: stage 没有上一周期"),
        ({"of": "production_cost", "take": "count"}, "month", "yearly", "“生产支出项”按年登记，周期不能是 month。"),
    ],
)  # fmt: skip
def test_refused_in_a_period(spec: Spec, per: str, code: str, message: str) -> None:
    found = measure_refusal(spec, per)
    assert found.startswith(f"{code} ")
    assert message in found


def test_days_of_the_campaign_can_be_told_one_by_one_as_of_a_day() -> None:
    measures = {"m": {"subject": "household", "of": "loan", "take": "workdays", "within": "campaign"}}
    assert plan_of([criterion("m >= 1")], measures, campaign=CAMPAIGN).criteria


def test_every_mistake_is_told_at_once() -> None:
    found = refusals(
        [
            criterion("headcont >= 1", when="has_powr") | {"id": "S9-1"},
            criterion("TRUE") | {"id": "S9-2", "subject": "income_item"},
            criterion("TRUE") | {"id": "S9-3", "subject": "nobody"},
        ],
        {"m": {"subject": "household", "value": "lin"}},
    )
    assert [text.split()[0] for text in found] == [
        "unknown_name",
        "unknown_name",
        "subject",
        "subject",
        "unknown_name",
    ]


def test_criteria_in_a_circle() -> None:
    found = refusals(
        [
            criterion("verdict('S9-2')") | {"id": "S9-1"},
            criterion("verdict('S9-3')") | {"id": "S9-2"},
            criterion("has_power AND verdict('S9-1')") | {"id": "S9-3"},
        ]
    )
    assert "cycle inline: 互相引用，绕成了圈：S9-1 → S9-2 → S9-3 → S9-1" in found
    assert len(found) == 1, "whoever refers to the circle is not blamed as well"


def test_measures_in_a_circle() -> None:
    measures = {
        "a": {"subject": "household", "value": "b + 1"},
        "b": {"subject": "household", "value": "a + 1"},
    }
    assert any("绕成了圈：a → b → a" in text for text in refusals([criterion("a >= 1")], measures))


def test_a_criterion_and_a_measure_may_share_a_name() -> None:
    measures = {"visits": {"subject": "household", "of": "visit", "take": "count"}}
    assert plan_of([criterion("visits >= 1") | {"id": "visits"}], measures).criteria


def test_a_measure_named_like_a_column() -> None:
    measures = {"headcount": {"subject": "household", "value": "year_headcount * 1"}}
    assert "ambiguous" in refusals([criterion("headcount >= 1")], measures)[0]


@pytest.mark.parametrize(
    ("inner", "per", "outer"),
    [
        ({"holds": "has(visit)", "per": "month"}, "quarter", "verdict('inner')"),
        ({"holds": "has(visit)", "per": "month"}, "once", "verdict('inner')"),
        ({"holds": "has(visit)", "per": "once"}, "month", "verdict('inner')"),
        ({"holds": "handbook_updated_on >= period_start", "per": "once"}, "month", "verdict('inner')"),
        ({"holds": "has(cadre)", "per": "once"}, "month", "has_power OR verdict('inner')"),
    ],
)
def test_the_verdict_of_another_period(inner: Spec, per: str, outer: str) -> None:
    both = [criterion(**inner) | {"id": "inner"}, criterion(outer, per=per) | {"id": "outer"}]
    assert "verdict_period inline: 标准 inner 的周期与引用它的标准不同。" in refusals(both)[0]


def test_the_verdict_of_another_period_by_a_measure() -> None:
    both = [
        criterion("has(visit)", per="month") | {"id": "inner"},
        {"id": "outer", "subject": "village", "per": "quarter", "holds": "unvisited = 0"},
    ]
    measures = {"unvisited": {"subject": "village", "value": "count(household, NOT verdict('inner'))"}}
    assert refusals(both, measures)[0].startswith("verdict_period")


def test_a_standing_fact_may_be_judged_in_any_period() -> None:
    both = [
        criterion("has_power AND has(person, employed)") | {"id": "inner"},
        criterion("verdict('inner') AND has(visit)", per="month") | {"id": "outer"},
    ]
    assert len(plan_of(both).criteria) == 2


def test_a_verdict_is_of_the_same_kind_of_subject() -> None:
    both = [criterion("has_power"), {"id": "S9-2", "subject": "village", "holds": "verdict('S9-1')"}]
    assert "方案中没有针对“行政村”的标准“S9-1”" in refusals(both)[0]


@pytest.mark.parametrize(
    ("spec", "of"),
    [
        ({"holds": "TRUE"}, "household"),
        ({"holds": "headcount >= 0"}, "household"),
        ({"holds": "headcount / 3 >= 0"}, "household"),
        ({"holds": "headcount * 2 + 1 > 0"}, "household"),
        ({"holds": "count(person) >= 0"}, "household"),
        ({"holds": "count(person) - 1 >= -1"}, "household"),
        ({"holds": "visits >= 0", "per": "month"}, "household"),
        ({"holds": "total(person, work_months) >= 0"}, "household"),
        ({"holds": "coalesce(disability_grade, 1) >= 1"}, "person"),
        ({"holds": "least(headcount, 3) <= 3"}, "household"),
        ({"holds": "CASE WHEN has_power THEN 2 ELSE 1 END >= 1"}, "household"),
        ({"holds": "NOT recorded(health)"}, "person"),
        ({"holds": "has_power OR NOT recorded(health)"}, "person"),
        ({"holds": "as_of <= '2030-01-01'"}, "household"),
        ({"holds": "has_power OR period_days < 30", "per": "month"}, "household"),
        ({"holds": "has_power OR NOT period_days >= 30", "per": "month"}, "household"),
        ({"holds": "has_power OR 1 = 1"}, "household"),
        ({"holds": "has_power", "when": "FALSE OR headcount > 50"}, None),
        ({"holds": "TRUE", "when": "headcount > 50"}, None),
        ({"holds": "exit_year >= 2014"}, None),
        ({"holds": "recorded(health)"}, None),
        ({"holds": "verdict('inner')"}, None),
        ({"holds": "share(person, TRUE, employed) >= 0"}, None),
        ({"holds": "age(birth_date) >= 0"}, None),
        ({"holds": "fuel = '柴草' OR TRUE AND headcount <= 40"}, "household"),
        ({"holds": "has(person) OR no(person)"}, None),
    ],
)
def test_what_nothing_known_would_meet(spec: Spec, of: str | None) -> None:
    subject = (
        "person" if of == "person" or "health" in spec["holds"] or "birth" in spec["holds"] else "household"
    )
    spec = {"id": "S9-1", "name": "有水", "subject": subject, **spec}
    spec["holds"] = spec["holds"].replace("has_power", "employed") if subject == "person" else spec["holds"]
    criteria = [criterion("grain_enough") | {"id": "inner"}, spec]
    measures = {"visits": {"subject": "household", "of": "visit", "take": "count"}}
    if of is None:
        assert plan_of(criteria, measures).criteria
    else:
        assert refusals(criteria, measures) == [
            "met_by_nothing inline: 标准“有水”在什么都不清楚时也会判为达标。 请改成必须有事实才能达标的写法。"
        ]


def test_facts_used_twice_are_told() -> None:
    measures = {"visits": {"subject": "household", "of": "visit", "take": "days"}}
    plan = plan_of(
        [
            criterion("headcount >= 5 OR headcount < 2") | {"id": "S9-1"},
            criterion("headcount >= 5 OR has_power") | {"id": "S9-2"},
            criterion("visits >= 5 OR visits < 2 OR count(person) > count(person)", per="month")
            | {"id": "S9-3"},
            criterion("headcount BETWEEN 2 AND 5") | {"id": "S9-4"},
            criterion("headcount BETWEEN 2 AND headcount") | {"id": "S9-5"},
        ],
        measures,
    )
    lints = [str(lint) for lint in plan.lints]
    assert lints[0].startswith("标准 S9-1：当前家庭人口数 用了不止一次")
    assert lints[1].startswith("标准 S9-3：走访、家庭成员 用了不止一次")
    assert lints[2].startswith("标准 S9-5：当前家庭人口数 用了不止一次")
    assert len(lints) == 3


def test_a_parameter_without_value() -> None:
    later = {"name": "收入线", "values": [{"from": "2021-01-01", "value": "4000"}]}
    gone = {
        "name": "旧线",
        "values": [{"from": "2010-01-01", "value": "3000"}, {"from": "2019-01-01", "value": None}],
    }
    found = refusals(
        [criterion("headcount >= line") | {"id": "S9-1"}, criterion("headcount >= 旧线") | {"id": "S9-2"}],
        parameters={"line": later, "old": gone},
    )
    assert found[0].startswith("no_value inline: 参数“line”在 2020-06-30 没有取值。")
    assert found[1].startswith("no_value inline: 参数“旧线”在 2020-06-30 没有取值。")


def test_a_verdict_holds_where_the_other_does_not_apply() -> None:
    inner = criterion("grain_enough", when="has_power") | {"id": "inner"}
    plan = plan_of([criterion("has_power AND verdict('inner')"), inner])
    only, other = plan.criteria
    assert isinstance(only.holds, n.All)
    assert only.holds.items[1] == n.Verdict("inner", "inner", n.Any((n.Not(other.when), other.holds)))  # type: ignore[arg-type]


def test_lists_may_be_compared_by_several_columns() -> None:
    spec = {"of": ["income_item", "previous_income_item"], "take": "differ", "match": ["source", "amount"]}
    plan = plan_of([criterion("unequal >= 1", per="year")], {"unequal": {"subject": "household", **spec}})
    found = plan.measures["household", "unequal"].value
    assert isinstance(found, n.Difference)
    assert (found.match, [rows.relation.year_shift for rows in found.lists]) == (
        ("source", "amount"),
        [0, -1],
    )


def test_what_a_compiled_plan_carries() -> None:
    pack = pack_of(
        [
            criterion(
                "visits >= least_visits",
                per="month",
                deadline={"days": 30},
                message="走访不够",
                remedy="补上",
                severity="high",
                source="三（一）",
                also=["S9-8"],
                appraises=True,
            )
        ],
        {"visits": {"subject": "household", "of": "visit", "take": "count", "name": "走访次数"}},
        {"least_visits": "2"},
        CAMPAIGN,
    )
    plan = compile_plan(pack, date(2020, 6, 30), load_vocabulary())
    only = plan.criterion("S9-1")
    assert only is not None
    assert (only.deadline, only.message, only.remedy) == (Deadline(days=30), "走访不够", "补上")
    assert (only.severity, only.source, only.requirements, only.appraises) == (
        "high",
        "三（一）",
        ("S9-1", "S9-8"),
        True,
    )
    assert plan.criterion("S9-2") is None
    assert plan.campaign == CAMPAIGN
    assert isinstance(plan.measures["household", "visits"].value, n.Count)
    assert repr(plan) == "Plan(inline 1.0.0, 1 criteria)"
