"""Explanations, rendered exactly."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bangfu.core.calendars import load_calendar
from bangfu.core.engine import Explanation, Outcome, World, explain
from bangfu.core.engine.wording import condition_text, label
from bangfu.core.expressions.nodes import ColumnValue
from bangfu.core.periods import containing, once
from bangfu.core.vocabulary import Sensitivity, load_vocabulary
from tests.inline_plans import plan_of
from tests.text_tables import read_rows

AS_OF = date(2020, 6, 30)
PARAMETERS = {
    "line": {"name": "收入线", "unit": "元/人", "values": [{"from": "2000-01-01", "value": "3700"}]},
    "visits_owed": {"name": "应走访次数", "values": [{"from": "2000-01-01", "value": "2"}]},
}
MEASURES = {
    "net": {
        "name": "人均纯收入",
        "subject": "household",
        "unit": "元/人",
        "value": "total(income_item, amount) / headcount",
    },
    "visits": {"name": "走访次数", "subject": "household", "of": "visit", "take": "count"},
    "visit_days": {"name": "走访天数", "subject": "household", "of": "visit", "take": "days", "unit": "天"},
}
HOUSEHOLDS = """
    | id | headcount | has_power | fuel | housing_grade | household_status | exit_year | exited_on  | persons_checked_on | income_known_to | visits_known_to | housing_area |
    | 1  | 4         | yes       | 柴草 | C级           | 脱贫户           | 2018      | 2018-12-01 | 2020-06-30         | 2020-06-30      | 2020-06-30      | 80.5         |
    | 2  | 4         | no        | 柴草 | A级           | 脱贫户           |           |            |                    | 2020-06-30      | 2020-06-10      | 80.5         |
    | 3  |           |           |      |               |                  |           |            | 2020-06-30         | 2020-06-30      |                 |              |
    | 4  | 0         | yes       |      |               |                  |           |            | 2020-06-30         |                 | 2020-06-30      |              |
"""  # noqa: E501
TABLES = {
    "household": HOUSEHOLDS,
    "income_item": """
        | household | year | amount |
        | 1         | 2020 | 12860  |
        | 2         | 2020 | 16000  |
        | 2         | 2020 |        |
        | 3         | 2020 | 7000   |
        | 4         | 2020 | 7000   |
    """,
    "person": """
        | household | employed | health      | birth_date | disability | work_months |
        | 1         | yes      | 健康        | 2000-01-01 |            | 3           |
        | 1         | no       | 残疾        | 2010-01-01 | 肢体残疾   |             |
        | 3         |          |             |            |            |             |
    """,
    "visit": """
        | household | day        | at_home |
        | 1         | 2020-06-01 | yes     |
        | 2         | 2020-06-01 |         |
    """,
}


def why(
    holds: str, key: int = 1, subject: str = "household", month: bool = False, **rest: Any
) -> Explanation:
    others = rest.pop("others", [])
    criterion = {
        "id": "S9-1",
        "subject": subject,
        "per": "month" if month else "once",
        "holds": holds,
        **rest,
    }
    plan = plan_of([*others, criterion], MEASURES, PARAMETERS, lets_unsafe_pass=True)
    vocabulary = load_vocabulary()
    world = World(vocabulary, read_rows(TABLES, vocabulary), AS_OF, load_calendar())
    row = next(row for row in world.rows(subject) if row[f"{subject}_id"] == key)
    found = plan.criterion("S9-1")
    assert found is not None
    return explain(found, world, containing("month", AS_OF) if month else once(AS_OF), row)


@pytest.mark.parametrize(
    ("holds", "key", "text"),
    [
        # figures
        ("net >= line", 1, "人均纯收入 3,215 元，低于 3,700 元，差 485 元"),
        ("net >= line", 2, "人均纯收入不清楚"),
        ("net >= line", 3, "人均纯收入无法计算：分母为零或不清楚"),
        ("net >= line", 4, "人均纯收入无法计算：分母为零或不清楚"),
        ("net < line", 1, "人均纯收入 3,215 元，低于 3,700 元"),
        ("net <= 3000", 1, "人均纯收入 3,215 元，高于 3,000 元，超出 215 元"),
        ("net > 3000", 1, "人均纯收入 3,215 元，超过 3,000 元"),
        ("net > 4000", 1, "人均纯收入 3,215 元，未超过 4,000 元"),
        ("headcount >= 3", 1, "当前家庭人口数 4 人，达到 3 人"),
        ("headcount >= 5", 1, "当前家庭人口数 4 人，低于 5 人，差 1 人"),
        ("headcount >= 50", 3, "当前家庭人口数 0 至 40 人，低于 50 人"),
        ("headcount <= -1", 3, "当前家庭人口数 0 至 40 人，超过 -1 人"),
        ("headcount <= 5", 1, "当前家庭人口数 4 人，不高于 5 人"),
        ("headcount < 4", 1, "当前家庭人口数 4 人，不低于 4 人"),
        ("headcount = 4", 1, "当前家庭人口数是 4 人"),
        ("headcount = 5", 1, "当前家庭人口数是 4 人，应为 5 人"),
        ("headcount <> 5", 1, "当前家庭人口数是 4 人，不是 5 人"),
        ("headcount <> 4", 1, "当前家庭人口数是 4 人"),
        ("headcount >= 3", 3, "当前家庭人口数不清楚（0 至 40 人），要与 3 人 比较"),
        ("housing_area >= 100", 1, "住房面积 80.5 平方米，低于 100 平方米，差 19.5 平方米"),
        ("count(person) >= 1", 2, "家庭成员不清楚（至少 0 人），要与 1 人 比较"),
        ("total(person, work_months) <= 2", 1, "家庭成员 3 至 15 月，超过 2 月"),
        ("5 - count(person) >= 1", 2, "5－家庭成员不清楚（至多 5 人），要与 1 人 比较"),
        ("headcount / 3 >= 2", 1, "当前家庭人口数÷3 1.33 人，低于 2 人，差 0.6667 人"),
        ("least(headcount, 9) >= 5", 1, "当前家庭人口数、9中的较小者 4 人，低于 5 人，差 1 人"),
        ("greatest(headcount, 9) >= 10", 1, "当前家庭人口数、9中的较大者 9 人，低于 10 人，差 1 人"),
        ("CASE WHEN has_power THEN 1 ELSE headcount END >= 2", 1, "当前家庭人口数 1 人，低于 2 人，差 1 人"),
        ("share(person, TRUE, employed) >= 1", 1, "家庭成员中符合条件的比例 0.5，低于 1，差 0.5"),
        ("coalesce(exit_year, 0) >= 2019", 1, "脱贫年度 2018，低于 2019，差 1"),
        ("headcount / year_headcount IN (1, 2)", 4, "当前家庭人口数÷年度家庭人口数不清楚"),
        # what does not apply
        ("exit_year >= 2018", 2, "脱贫年度不适用"),
        ("'2019-01-01' >= exited_on", 2, "脱贫日期不适用"),
        ("exit_year IN (2018, 2019)", 2, "脱贫年度不适用"),
        ("exit_year IS NULL", 2, "脱贫年度不适用"),
        ("exit_year IS NULL", 1, "脱贫年度已登记"),
        ("exit_year IS NULL", 3, "脱贫年度不清楚"),
        # flags, codes, dates
        ("has_power", 1, "是否通生活用电：是"),
        ("has_power", 2, "是否通生活用电：否"),
        ("has_power", 3, "是否通生活用电不清楚"),
        ("fuel = '清洁能源'", 1, "主要燃料类型是 柴草，应为 清洁能源"),
        ("fuel = '清洁能源'", 3, "主要燃料类型不清楚"),
        ("housing_grade IN ('A级', 'B级')", 1, "住房安全等级是C级，不在A级、B级之内"),
        ("housing_grade IN ('A级', 'B级')", 2, "住房安全等级是A级"),
        ("housing_grade IN ('A级', 'B级')", 3, "住房安全等级不清楚"),
        ("exited_on >= '2019-01-01'", 1, "脱贫日期 2018-12-01，低于 2019-01-01"),
        ("exited_on <= as_of", 1, "脱贫日期 2018-12-01，不高于 2020-06-30"),
        ("year(exited_on) = 2019", 1, "脱贫日期是 2018，应为 2019"),
        ("days_between(exited_on, as_of) <= 100", 1, "脱贫日期至截至日的时长 577 天，高于 100 天，超出 477 天"),
        ("years_between(exited_on, period_end) >= 2", 1, "脱贫日期至今年数 1 岁，低于 2 岁，差 1 岁"),
        ("period_days >= 2", 1, "本期天数 1 天，低于 2 天，差 1 天"),
        ("recorded(fuel)", 1, "主要燃料类型已登记"),
        ("recorded(fuel)", 3, "主要燃料类型未登记"),
        ("FALSE", 1, "恒定成立"),
        # lists
        ("has(person)", 1, "家庭成员中有 2 条符合“有记录”"),
        ("has(person, employed)", 1, "家庭成员中有 1 条符合“是否就业”"),
        ("has(person, employed)", 2, "家庭成员是否有符合“是否就业”的，名单或内容不清楚"),
        ("has(person, employed)", 4, "家庭成员中没有符合“是否就业”的"),
        ("no(person, employed)", 1, "家庭成员中有 1 条符合“是否就业”"),
        ("no(person, employed)", 4, "家庭成员中没有符合“是否就业”的"),
        ("every(person, employed)", 1, "家庭成员中有 1 条不符合“是否就业”"),
        ("every(person, employed)", 4, "家庭成员都符合“是否就业”"),
        (
            "has(person, age(birth_date) >= 16 AND (NOT employed OR includes(health, '残疾')))",
            4,
            "家庭成员中没有符合“年龄不少于16 岁且非（是否就业）或健康状况含残疾”的",
        ),
        (
            "has(person, gender IN ('男') AND disability IS NULL AND recorded(work_months) AND TRUE)",
            4,
            "家庭成员中没有符合“性别是男且残疾类别不适用且务工时间已登记且是”的",
        ),
        ("has(person, gender = '男' OR birth_date < as_of)", 4, "家庭成员中没有符合“性别是男或出生日期低于截至日”的"),
        ("has(person, has(training))", 4, "家庭成员中没有符合“有培训符合“有记录””的"),
        ("has(person, every(training, has_proof))", 4, "家庭成员中没有符合“培训都符合“有培训佐证””的"),
        # both and either
        ("has_power AND headcount >= 5 AND net >= line", 1, "当前家庭人口数 4 人，低于 5 人，差 1 人；人均纯收入 3,215 元，低于 3,700 元，差 485 元"),  # noqa: E501
        ("has_power OR headcount >= 5", 1, "是否通生活用电：是"),
        ("has_power OR headcount >= 5", 2, "是否通生活用电：否；当前家庭人口数 4 人，低于 5 人，差 1 人"),
        ("NOT has_power", 1, "是否通生活用电：是"),
        ("NOT (has_power AND headcount >= 3)", 1, "是否通生活用电：是；当前家庭人口数 4 人，达到 3 人"),
        ("has_power AND headcount >= 3", 3, "是否通生活用电不清楚；当前家庭人口数不清楚（0 至 40 人），要与 3 人 比较"),
    ],
)  # fmt: skip
def test_in_words(holds: str, key: int, text: str) -> None:
    assert why(holds, key).text() == text


@pytest.mark.parametrize(
    ("holds", "key", "text"),
    [
        ("includes(health, '残疾')", 1, "健康状况是 健康，不是 残疾"),
        ("includes(health, '残疾')", 2, "健康状况是 残疾"),
        ("includes(health, '残疾')", 3, "健康状况不清楚"),
        ("includes(disability, '肢体残疾')", 1, "残疾类别不适用"),
        ("age(birth_date) >= 18", 2, "年龄 10 岁，低于 18 岁，差 8 岁"),
    ],
)
def test_of_a_person(holds: str, key: int, text: str) -> None:
    assert why(holds, key, "person").text() == text


@pytest.mark.parametrize(
    ("holds", "key", "text"),
    [
        ("visits >= visits_owed", 1, "走访次数 1，低于 2，差 1"),
        ("visits >= visits_owed", 2, "走访次数不清楚（至少 1），要与 2 比较"),
        ("visit_days >= 1", 1, "走访天数 1 天，达到 1 天"),
        ("count(visit) < visits_owed", 1, "走访 1，低于 2"),
        ("visits >= 1 AND has_power", 2, "是否通生活用电：否"),
    ],
)
def test_in_a_month(holds: str, key: int, text: str) -> None:
    assert why(holds, key, month=True).text() == text


def test_a_row_against_the_row_it_belongs_to() -> None:
    assert (
        why("has(visit, day >= household.exited_on)").text()
        == "走访中有 1 条符合“走访日期不少于户的脱贫日期”"
    )


def test_why_it_does_not_apply() -> None:
    found = why("has_power", 2, when="headcount >= 5 AND fuel = '柴草'")
    assert found.outcome is Outcome.NOT_APPLICABLE
    assert found.text() == "当前家庭人口数 4 人，低于 5 人，差 1 人"


def test_when_is_unknown() -> None:
    found = why("NOT has_power", 3, when="headcount >= 5")
    assert found.outcome is Outcome.UNKNOWN
    assert found.text() == "当前家庭人口数不清楚（0 至 40 人），要与 5 人 比较；是否通生活用电不清楚"


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (1, "“有电且人少”未达标（当前家庭人口数 4 人，高于 3 人，超出 1 人）"),
        (2, "“有电且人少”未达标（是否通生活用电：否、当前家庭人口数 4 人，高于 3 人，超出 1 人）"),
        (4, "“有电且人少”达标"),
    ],
)
def test_a_nested_verdict(key: int, text: str) -> None:
    inner = {
        "id": "inner",
        "name": "有电且人少",
        "subject": "household",
        "holds": "has_power AND headcount <= 3",
    }
    found = why("verdict('inner')", key, others=[inner])
    assert found.text() == text
    assert found.holds[0].parts


def test_a_nested_verdict_with_when_tells_what_must_hold() -> None:
    inner = {
        "id": "inner",
        "name": "有电",
        "subject": "household",
        "when": "headcount >= 1",
        "holds": "has_power",
    }
    assert why("verdict('inner')", 2, others=[inner]).text() == "“有电”未达标（是否通生活用电：否）"
    assert why("has(person, TRUE) AND verdict('inner')", 3, others=[inner]).text().startswith("“有电”待核实")


def test_a_clause_is_as_sensitive_as_the_columns_it_speaks_of() -> None:
    assert why("includes(health, '残疾')", 1, "person").holds[0].sensitivity is Sensitivity.SENSITIVE
    assert why("has(person, includes(health, '残疾'))").holds[0].sensitivity is Sensitivity.SENSITIVE
    assert why("period_days >= 2").holds[0].sensitivity is Sensitivity.INTERNAL


def test_the_outcome_is_the_evaluators() -> None:
    assert why("net >= line").outcome is Outcome.UNMET
    assert why("visits >= 1", 1, month=True).outcome is Outcome.MET


def test_a_list_of_days_is_called_by_its_list() -> None:
    plan = plan_of([], MEASURES)
    assert label(plan.measures["household", "visit_days"].value) == "走访"


def test_a_condition_on_a_verdict_and_on_a_list_in_words() -> None:
    inner = {"id": "inner", "name": "有电", "subject": "household", "holds": "has_power"}
    village = {"id": "outer", "subject": "village", "holds": "no(household, verdict('inner') AND no(person))"}
    truth = plan_of([inner, village]).criteria[1].holds
    assert str(condition_text(truth, load_vocabulary())) == "没有户符合““有电”达标且没有家庭成员符合“有记录””"


@pytest.mark.parametrize(
    ("holds", "key", "open_facts"),
    [
        ("count(person) >= headcount", 3, ["headcount"]),
        ("count(person) >= headcount", 2, ["Count"]),
        ("net >= line", 3, ["headcount"]),
        ("has_power AND has(visit)", 3, ["has_power", "Quantifier"]),
        ("CASE WHEN has(visit) THEN headcount ELSE 1 END >= 3", 3, ["Quantifier", "headcount"]),
        ("CASE WHEN has(person) THEN headcount ELSE 1 END >= 3", 3, ["headcount"]),
        ("has_power", 1, []),
    ],
)
def test_what_is_missing_is_told_by_column_and_list(holds: str, key: int, open_facts: list[str]) -> None:
    gaps = [gap for clause in why(holds, key).deciding() for gap in clause.gaps]
    assert [
        gap.column.id if isinstance(gap, ColumnValue) else type(gap).__name__ for gap in gaps
    ] == open_facts
