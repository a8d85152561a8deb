"""Checking a plan: every mistake at once, whatever its kind and file, and none told twice."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bangfu.core.errors import PlanError
from bangfu.core.plans.compiling import check_plan
from bangfu.core.plans.load import read_pack
from bangfu.core.vocabulary import load_vocabulary
from tests.unit.plans.packs import CRITERION, HEAD, write_pack
from tests.unit.plans.test_income import rule

ON = date(2020, 6, 30)
PARAMETERS = 'parameters: {line: {name: 收入线, unit: 元/人, values: [{from: 2018-01-01, value: "3430"}]}}'


def mistakes(folder: Path) -> list[str]:
    """What `bangfu plan check` tells of the pack in a folder."""
    vocabulary = load_vocabulary()
    try:
        check_plan(read_pack(folder, vocabulary), ON, vocabulary)
    except PlanError as error:
        return [problem.render() for problem in error.problems]
    return []


def test_ten_mistakes_in_seven_files_are_told_in_one_go(tmp_path: Path) -> None:
    folder = write_pack(
        tmp_path,
        plan=HEAD + "totals:\n  - {id: S4-2, name: 户数, subject: household, value: 3, unit: 户,\n"
        "     where: is_remot}\n",
        parameters=PARAMETERS.replace('"3430"', '"三千"'),
        measures="""
measures:
  seen: {name: 走访次数, subject: household, of: visits, take: count}
  rooms: {name: 住房数, subject: household, of: housing, take: counts}
""",
        criteria="""
criteria:
  - {id: S4-4, name: 收入, subject: household, holds: net_income_per_capita > line}
  - {id: S4-5, name: 走访, subject: household, per: month, holds: seen >= 1}
  - {id: S4-6, name: 人口, subject: household, holds: headcont >= 1 AND grain_enough = 3}
  - {id: S4-7, name: 饮水, subject: household, holds: "water_safe OR"}
  - {id: S4-8, name: 住房, subject: household, holds: rooms >= 1, responsible: [helpr]}
  - {id: S4-9, name: 全部, subject: household, holds: verdict('S4-7') AND verdict('S4-4')}
""",
        income=rule(),
        procedures="""
procedures:
  - id: exit
    name: 退出
    subject: household
    steps:
      - {id: ask, name: 申请, by: [helper], gate: {holds: 人均纯收入 >= 收入线 AND headcount}}
""",
        organisation="roles: [{id: helper, name: 帮扶责任人}]",
        documents="lists:\n  - {id: a, name: 名单, of: household, where: is_poor_vilage}\n",
    )
    told = mistakes(folder)
    assert [text.partition(" ")[0] for text in told] == [
        "criteria.yaml:5:", "criteria.yaml:5:", "criteria.yaml:6:", "criteria.yaml:7:", "documents.yaml:2:",
        "measures.yaml:3:", "measures.yaml:4:", "parameters.yaml:1:", "plan.yaml:10:", "procedures.yaml:7:",
    ]  # fmt: skip
    assert told[0].startswith(
        "criteria.yaml:5: “户”没有名为“headcont”的列、指标或参数。 是不是要写：headcount"
    )
    assert "是/否不能用 = 比较" in told[1]
    assert "写法有误" in told[2]
    assert told[3] == "criteria.yaml:7: 没有这个角色：helpr。 是不是 helper？"
    assert "is_poor_vilage" in told[4]
    assert "可用的有：visit" in told[5]
    assert told[6] == "measures.yaml:4: take 不能写 counts。 是不是 count？"
    assert "要写数，写的是 三千" in told[7]
    assert "is_remot" in told[8]
    assert "“headcount”不是“是/否”列" in told[9]


def test_what_cannot_be_parsed_is_not_missed_elsewhere(tmp_path: Path) -> None:
    folder = write_pack(
        tmp_path,
        measures="measures: [",
        parameters="parameters: {line: [",
        organisation="roles: {",
        income=rule().replace("items:", "itmes:"),
        criteria="""
criteria:
  - {id: S4-4, name: 收入, subject: household, holds: 人均纯收入 > line, responsible: [helper]}
  - {id: S4-5, name: 走访, subject: household, holds: seen >= 1}
  - {id: S4-6, name: 人口, subject: household, holds: headcount >= 1 AND '3'}
""",
    )
    told = [text.partition(":")[0] for text in mistakes(folder)]
    assert sorted(set(told)) == [
        "criteria.yaml",
        "income.yaml",
        "measures.yaml",
        "organisation.yaml",
        "parameters.yaml",
    ]
    assert told.count("criteria.yaml") == 1


@pytest.mark.parametrize("wrong", ["period: {from: 2020-12-31, to: 2020-01-01}", "period: 2020"])
def test_a_wrong_head_hides_nothing(tmp_path: Path, wrong: str) -> None:
    measure = "measures: {m: {name: 走访, subject: household, of: visit, take: count, within: campaign}}"
    criteria = CRITERION.replace("grain_enough", "m >= 1 AND grain_enogh")
    folder = write_pack(
        tmp_path, plan=HEAD.replace("issuer", "isuer") + wrong, measures=measure, criteria=criteria
    )
    found = [text.partition(":")[0] for text in mistakes(folder)]
    assert found == ["criteria.yaml", *["plan.yaml"] * 3]


def test_mistakes_of_the_county_and_of_the_township(tmp_path: Path) -> None:
    write_pack(tmp_path / "county", parameters=PARAMETERS, criteria=CRITERION.replace("enough", "enogh"))
    criteria = "criteria: [{id: S4-5, name: 人口, subject: household, holds: line > headcount AND wter}]"
    town = write_pack(tmp_path / "town", plan=HEAD + "extends: ../county", criteria=criteria)
    (tmp_path / "county" / "measures.yaml").write_text("measure: {}")
    assert [text.partition(": ")[0] for text in mistakes(town)] == [
        "county/criteria.yaml:6",
        "county/measures.yaml:1",
        "criteria.yaml:1",
        "criteria.yaml:1",
    ]


def test_any_name_may_be_inherited_where_the_county_is_not_named(tmp_path: Path) -> None:
    criteria = "criteria: [{id: S4-5, name: 人口, subject: household, holds: line > 1 AND headcount}]"
    found = mistakes(write_pack(tmp_path, plan=HEAD + "extends: 3", criteria=criteria))
    assert [text.partition(":")[0] for text in found] == ["criteria.yaml", "plan.yaml"]


def test_a_list_of_the_wrong_form_may_have_had_any_entry(tmp_path: Path) -> None:
    criteria = "criteria: [{id: S4-5, name: 人口, subject: household, holds: line > 1 AND headcount}]"
    found = mistakes(write_pack(tmp_path, parameters="parameters: 3", criteria=criteria))
    assert [text.partition(":")[0] for text in found] == ["criteria.yaml", "parameters.yaml"]


@pytest.mark.parametrize("files", [{}, {"plan": "["}])
def test_without_its_county_a_township_is_still_read(tmp_path: Path, files: dict[str, str]) -> None:
    (tmp_path / "county").mkdir()
    for name, text in files.items():
        (tmp_path / "county" / f"{name}.yaml").write_text(text)
    criteria = "criteria: [{id: S4-5, name: 人口, subject: household, holds: line > 1 AND headcount}]"
    found = mistakes(write_pack(tmp_path / "town", plan=HEAD + "extends: ../county", criteria=criteria))
    assert len(found) == 2
    assert any("“headcount”不是“是/否”列" in text for text in found)
    found = mistakes(write_pack(tmp_path / "town", plan=HEAD + "extends: ../conty"))
    assert "没有叫 ../conty 的方案包" in found[0]


def test_a_folder_without_a_head_is_no_pack(tmp_path: Path) -> None:
    assert "没有 plan.yaml" in mistakes(tmp_path)[0]


def test_a_sound_pack_has_no_mistake(tmp_path: Path) -> None:
    assert mistakes(write_pack(tmp_path, criteria=CRITERION)) == []


def test_only_what_is_wrong_is_told_where_a_criterion_refers_to_it(tmp_path: Path) -> None:
    criteria = (
        CRITERION.replace("holds", "hold")
        + "  - {id: S4-5, name: 乙, subject: household, holds: verdict('S4-4')}\n"
    )
    [told, missing] = mistakes(write_pack(tmp_path, criteria=criteria))
    assert "hold" in told + missing
    assert "S4-4" not in told + missing
