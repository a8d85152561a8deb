"""Cases of a pack: what is given, what is expected, and what is told where they differ."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bangfu.core.calendars import load_calendar
from bangfu.core.engine.cases import CaseBench, CaseResult, cell_value, world_of
from bangfu.core.errors import PlanError
from bangfu.core.plans import schema as s
from bangfu.core.vocabulary import load_vocabulary
from tests.inline_plans import pack_of

VOCABULARY = load_vocabulary()
CRITERIA: list[dict[str, Any]] = [
    {"id": "S9-1", "name": "有电", "subject": "household", "holds": "has_power AND rooms >= 1"},
    {"id": "S9-2", "subject": "household", "per": "month", "holds": "visits >= 2"},
    {"id": "S9-3", "subject": "household", "per": "stage", "holds": "visits >= 2"},
    {"id": "S9-4", "subject": "household", "per": "campaign", "holds": "visits >= 2"},
    {"id": "S9-5", "subject": "person", "holds": "includes(health, '残疾') AND employed"},
]
MEASURES = {
    "visits": {"subject": "household", "of": "visit", "take": "count"},
    "rooms": {"subject": "household", "of": "person", "take": "count"},
    "rate": {"subject": "household", "value": "headcount / 2"},
}
STAGES = [
    {"id": "one", "name": "第一阶段", "from": "2018-06-01", "to": "2018-06-15"},
    {"id": "two", "name": "第二阶段"},
]
HOUSEHOLD = {"has_power": True, "persons_checked_on": "2018-12-31", "visits_known_to": "2018-12-31"}


def case(**spec: Any) -> dict[str, Any]:
    return {
        "name": "一例",
        "criterion": "S9-1",
        "as_of": "2018-12-31",
        "given": {"household": HOUSEHOLD, "person": [{}]},
        "expect": "met",
        **spec,
    }


def bench(
    *cases: dict[str, Any], campaign: tuple[date, date] | None = (date(2018, 6, 1), date(2018, 7, 31))
) -> CaseBench:
    parts = {"campaign": {"stages": STAGES}, "cases": list(cases)}
    return CaseBench(pack_of(CRITERIA, MEASURES, None, campaign, parts), VOCABULARY, load_calendar())


def problems(**spec: Any) -> list[str]:
    (result,) = bench(case(**spec)).run()
    assert isinstance(result, CaseResult)
    return [problem.render() for problem in result.problems]


VISITS = [{"day": "2018-06-02"}, {"day": "2018-06-20"}]
VISITED = {"household": HOUSEHOLD, "visit": VISITS}


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"facts": {"rooms": ["1", "1"]}, "because": "是否通生活用电：是"},
        {"given": {"household": {**HOUSEHOLD, "persons_checked_on": None}, "person": [{}]}, "facts": {"rooms": ["1", None]}},
        {"given": {"household": HOUSEHOLD}, "expect": "unmet"},
        {"given": {"household": {"has_power": True}}, "expect": "unknown"},
        {"criterion": "S9-2", "period": "2018-06", "given": VISITED},
        {"criterion": "S9-2", "as_of": "2018-06-30", "given": VISITED},
        {"criterion": "S9-2", "period": {"from": "2018-06-01", "to": "2018-06-19"}, "given": VISITED, "expect": "unmet"},
        {"criterion": "S9-3", "period": "one", "given": VISITED, "expect": "unmet"},
        {"criterion": "S9-4", "given": VISITED},
        {"criterion": "S9-4", "given": {"household": HOUSEHOLD, "visit": VISITS[:1]}, "as_of": "2018-06-30", "expect": "not_due"},
        {"criterion": "S9-5", "given": {"person": {"health": "残疾,长期慢性病", "employed": True}}},
        {"criterion": "S9-5", "given": {"person": [{"person_id": 7, "health": "健康"}, {"health": "残疾"}]}, "expect": "unmet"},
    ],
)  # fmt: skip
def test_as_expected(spec: dict[str, Any]) -> None:
    assert problems(**spec) == []


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"expect": "unmet"}, ["reference：应为 unmet，得到 met。", "duckdb：应为 unmet，得到 met。"]),
        ({"criterion": "S9-9"}, ["方案中没有标准 S9-9。"]),
        ({"facts": {"rooms": ["2", "2"]}}, ["inline 一例: 指标 rooms 应为 [2, 2]，得到 [1, 1]。"]),
        ({"facts": {"rooms": ["1", None]}}, ["指标 rooms 应为 [1, null]，得到 [1, 1]。"]),
        ({"facts": {"rate": ["2", "2"]}}, ["指标 rate 是商或不是数，不能用 facts 核对。"]),
        ({"facts": {"homes": ["2", "2"]}}, ["没有指标 homes。"]),
        ({"because": "没有电"}, ["说明中没有“没有电”，而是：是否通生活用电：是；指标rooms 1 人，达到 1 人"]),
        ({"given": {"village": {}}}, ["没有给出核查对象 household 的一行。"]),
        ({"given": {"household": {}, "home": {}}}, ["没有名为 home 的表。"]),
        ({"given": {"household": {"power": True}}}, ["表“户”没有列 power。"]),
        ({"given": {"household": {"headcount": "三"}}}, ["列“当前家庭人口数”不能填 三。"]),
        ({"period": "2018-06"}, ["周期 2018-06 与标准的周期 once 不同。"]),
        ({"criterion": "S9-2", "period": "六月"}, ["inline 一例: “六月”不是周期。"]),
        ({"criterion": "S9-3"}, ["没有写是哪个阶段：请写 period: 阶段的 id。"]),
        ({"criterion": "S9-3", "period": "two"}, ["“two”不是周期。"]),
    ],
)
def test_not_as_expected(spec: dict[str, Any], told: list[str]) -> None:
    found = problems(**spec)
    assert len(found) == len(told)
    assert all(text in line for text, line in zip(told, found, strict=True)), found


def test_a_plan_without_campaign_judges_a_campaign_on_the_day() -> None:
    spec = case(criterion="S9-4", given=VISITED, expect="unmet")
    (result,) = bench(spec, campaign=None).run({})
    assert result.problems == ()


@pytest.mark.parametrize(
    ("table", "column", "value", "cell"),
    [
        ("household", "headcount", "4", 4),
        ("household", "housing_area", 80, 80),
        ("household", "fuel", "柴草", "wood"),
        ("household", "fuel", "wood", "wood"),
        ("household", "has_power", False, False),
        ("person", "health", "残疾, 健康", ",".join(sorted(["healthy", "disabled"]))),
        ("person", "birth_date", date(2000, 1, 1), date(2000, 1, 1)),
        ("person", "birth_date", "2000-01-01", date(2000, 1, 1)),
        ("procedure_step", "step", 3, "3"),
        ("household", "fuel", None, None),
    ],
)
def test_cells(table: str, column: str, value: object, cell: object) -> None:
    found = cell_value(value, VOCABULARY.tables[table].columns[column], VOCABULARY)
    if column == "health":
        assert str(found).count(",") == 1
    else:
        assert found == cell


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("headcount", "4.5"),
        ("housing_area", "大"),
        ("fuel", "太阳"),
        ("has_power", "yes"),
        ("identified_on", "昨天"),
    ],
)
def test_cells_refused(column: str, value: object) -> None:
    with pytest.raises(PlanError, match="不能填"):
        cell_value(value, VOCABULARY.tables["household"].columns[column], VOCABULARY)


def test_rows_belong_to_the_only_parent_unless_said() -> None:
    given = {
        "village": {},
        "household": [{"household_id": 5}, {"village_id": 9}],
        "person": [{}, {"household_id": 2}],
    }
    spec = s.Case.model_validate(case(given=given))
    world = world_of(spec, VOCABULARY, load_calendar())
    assert [row["village_id"] for row in world.rows("household")] == [1, 9]
    assert [row["household_id"] for row in world.rows("household")] == [5, 2]
    assert [row["household_id"] for row in world.rows("person")] == [5, 2]
    assert "visit" not in world.tables
