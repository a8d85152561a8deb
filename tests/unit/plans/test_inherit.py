"""A township's pack under its county's, and what differs."""

from __future__ import annotations

from pathlib import Path

import pytest

from bangfu.core.plans.diff import diff_packs
from bangfu.core.plans.load import Pack, load_pack
from bangfu.core.plans.schema import Criterion
from tests.unit.plans.packs import HEAD, problems_in, write_pack
from tests.unit.plans.test_income import rule

COUNTY = {
    "plan": HEAD.replace("little", "county")
    + "totals: [{id: T, name: 户数, subject: household, value: 8000, unit: 户}]",
    "parameters": 'parameters: {line: {name: 线, values: [{from: 2018-01-01, value: "3430"}]}}',
    "income": rule(),
    "organisation": "roles: [{id: helper, name: 帮扶责任人}, {id: office, name: 扶贫办}]\n"
    "teams: [{id: office, name: 办公室}]",
    "criteria": """
criteria:
  - {id: S4-4, name: 收入, subject: household, holds: net_income_per_capita > line, responsible: [helper]}
  - {id: S4-5, name: 口粮, subject: household, holds: grain_enough}
""",
    "cases__a": """
cases:
  - {name: 有粮, criterion: S4-5, as_of: 2018-12-31, given: {household: {grain_enough: true}}, expect: met}
""",
}
TOWN = HEAD.replace("little", "town") + "extends: ../county\n"


def town(folder: Path, extra: str = "", **files: str) -> Path:
    """A township under COUNTY."""
    write_pack(folder / "county", **COUNTY)
    return write_pack(folder / "town", plan=TOWN + extra, **files)


def ids(pack: Pack, address: str) -> list[str]:
    return [entry_id for found, entry_id, _ in pack.entries() if found == address]


def test_everything_but_the_head_is_inherited(tmp_path: Path) -> None:
    pack = load_pack(town(tmp_path))
    assert pack.head.id == "town"
    assert ids(pack, "plan.totals") == []
    assert ids(pack, "criteria") == ["S4-4", "S4-5"]
    assert ids(pack, "organisation.roles") == ["helper", "office"]
    assert "net_income" in pack.measures
    assert [case.name for case in pack.cases] == ["有粮"]
    assert pack.where("criteria", "S4-5") == "county/criteria.yaml:4"
    assert pack.where("measures", "net_income") == "county/income.yaml:2"
    assert pack.parent is not None
    assert pack.parent.head.id == "county"


def test_the_digest_knows_the_parent(tmp_path: Path) -> None:
    before = load_pack(town(tmp_path))
    county = tmp_path / "county" / "parameters.yaml"
    county.write_text(county.read_text().replace("3430", "3700"))
    after = load_pack(tmp_path / "town")
    assert before.digest != after.digest
    assert load_pack(tmp_path / "town").digest == after.digest


def test_the_same_id_replaces_and_new_ones_follow(tmp_path: Path) -> None:
    folder = town(
        tmp_path,
        parameters='parameters: {line: {name: 线, values: [{from: 2018-01-01, value: "3700"}]}}',
        criteria="criteria:\n"
        "  - {id: S4-6, name: 饮水, subject: household, holds: water_safe}\n"
        "  - {id: S4-4, name: 收入, subject: household, holds: net_income_per_capita >= line}\n",
        income=rule().replace("第三条", "第四条"),
    )
    pack = load_pack(folder)
    assert ids(pack, "criteria") == ["S4-4", "S4-5", "S4-6"]
    assert pack.criteria[0].holds == "net_income_per_capita >= line"
    assert pack.criteria[0].responsible == (), "an entry is replaced whole"
    assert pack.where("criteria", "S4-4") == "criteria.yaml:3"
    assert pack.where("measures", "net_income") == "income.yaml:2"


def test_what_is_removed_takes_its_cases_with_it(tmp_path: Path) -> None:
    pack = load_pack(town(tmp_path, "remove: [S4-5, organisation.teams.office]"))
    assert ids(pack, "criteria") == ["S4-4"]
    assert ids(pack, "organisation.teams") == []
    assert ids(pack, "organisation.roles") == ["helper", "office"]
    assert pack.cases == ()
    assert ("criteria", "S4-5") not in pack.places
    assert ("cases", "有粮") not in pack.places


def test_removing_what_is_still_needed_is_noticed(tmp_path: Path) -> None:
    found = problems_in(town(tmp_path, "remove: [helper]"))
    assert [problem.render() for problem in found] == [
        "county/criteria.yaml:3: 没有这个角色：helper。 可以写：office。"
    ]


def test_removing_what_is_not_there_or_not_clear(tmp_path: Path) -> None:
    found = problems_in(town(tmp_path, "remove:\n  - office\n  - S4-55\n"))
    assert found[0].message.render() == "office 在几处都有，要写明是哪一处。"
    assert "organisation." in str(found[0].remedy)
    assert found[1].render() == "plan.yaml:11: 上级方案里没有 S4-55，无从删去。 是不是 S4-5？"
    assert found[0].where == "plan.yaml:10"


def test_inheritance_in_a_circle(tmp_path: Path) -> None:
    write_pack(tmp_path / "a", plan=HEAD + "extends: ../b")
    write_pack(tmp_path / "b", plan=HEAD + "extends: ../a")
    [problem] = problems_in(tmp_path / "a")
    assert problem.render() == "b/plan.yaml: 方案互相继承，绕成了圈：a → b → a。"


def test_mistakes_of_parent_and_child_come_together(tmp_path: Path) -> None:
    write_pack(tmp_path / "a", plan=HEAD + "extends: ../b\nnmae: x")
    write_pack(tmp_path / "b", plan=HEAD.replace("draft", "final"))
    assert [problem.code for problem in problems_in(tmp_path / "a")] == [
        "plan.extra_forbidden",
        "plan.literal_error",
    ]


class TestDiff:
    def lines(self, old: Pack, new: Pack) -> list[str]:
        return [line for change in diff_packs(old, new) for line in change.lines()]

    def test_equal_packs(self, tmp_path: Path) -> None:
        pack = load_pack(town(tmp_path))
        assert diff_packs(pack, pack) == []

    def test_a_township_and_its_county(self, tmp_path: Path) -> None:
        folder = town(
            tmp_path,
            "remove: [S4-5]",
            parameters="parameters: {line: {name: 线, values: [{from: 2018-01-01, value: '3700'}, "
            "{from: 2020-01-01, value: null}]}}",
            criteria="criteria:\n"
            "  - {id: S4-6, name: 饮水, subject: household, holds: water_safe}\n"
            "  - {id: S4-4, name: 收入, subject: household, holds: net_income_per_capita >= line,\n"
            "     deadline: {workdays: 5}, appraises: true}\n",
            organisation="teams:\n"
            "  - {id: office, name: 办公室, seats: [{role: helper, least: 1}, {role: helper}]}\n",
            income=rule().replace("headcount: year", "headcount: current"),
        )
        assert self.lines(load_pack(tmp_path / "county"), load_pack(folder)) == [
            "方案 town（小方案）：有改动",
            "  编号：county → town",
            "  继承：新增 ../county",
            "  删去：新增 S4-5",
            "收入口径 town（小方案）：有改动",
            "  人口口径：year → current",
            "申报总数 T（户数）：删去",
            "参数 line（线）：有改动",
            "  历次取值 2018-01-01 取值：3430 → 3700",
            "  历次取值 2020-01-01 起始日：新增 2020-01-01",
            "标准 S4-4（收入）：有改动",
            "  达标条件：net_income_per_capita > line → net_income_per_capita >= line",
            "  责任人：删去 helper",
            "  只用于考核：false → true",
            "  期限 工作日：新增 5",
            "标准 S4-5（口粮）：删去",
            "标准 S4-6（饮水）：新增",
            "机构 office（办公室）：有改动",
            "  席位 helper 角色：新增 helper",
            "  席位 helper 至少：新增 1",
            "  席位 helper #2 角色：新增 helper",
            "案例 有粮（有粮）：删去",
        ]  # fmt: skip

    def test_places_and_pieces_without_an_id(self, tmp_path: Path) -> None:
        old = load_pack(town(tmp_path / "1"))
        new = load_pack(town(tmp_path / "2", duties="duties: [{id: a, name: 甲, role: helper}]"))
        newer = load_pack(
            town(tmp_path / "3", duties="duties: [{id: a, name: 甲, role: helper, proofs: [{kind: photo}]}]")
        )
        assert [(c.kind, c.where) for c in diff_packs(old, new)] == [("added", "duties.yaml:1")]
        assert [(c.kind, c.where) for c in diff_packs(new, old)] == [("removed", "duties.yaml:1")]
        [change] = diff_packs(new, newer)
        assert change.lines()[1:] == ["  佐证 1 种类：新增 photo", "  佐证 1 至少：新增 1"]


def test_entries_without_a_name_go_by_title(tmp_path: Path) -> None:
    old = load_pack(write_pack(tmp_path / "a"))
    new = load_pack(write_pack(tmp_path / "b", plan=HEAD + "references: [{id: r, title: 某通知}]\n"
                               "defects: [{id: S4-4, kind: other, printed: 某}]"))  # fmt: skip
    assert [change.name for change in diff_packs(old, new)] == ["S4-4", "某通知"]


def test_criterion_defaults() -> None:
    criterion = Criterion.model_validate({"id": "a", "name": "甲", "subject": "person", "holds": "TRUE"})
    assert (criterion.per, criterion.severity) == ("once", "normal")
    with pytest.raises(ValueError, match="frozen"):
        criterion.name = "乙"  # type: ignore[misc]
