"""Loading a pack: every mistake at once, with file, line and what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from bangfu.core.errors import PlanError
from bangfu.core.plans.folder import FILE_BYTES, find_pack, packaged_packs
from bangfu.core.plans.load import load_pack
from bangfu.core.plans.pack import collections
from bangfu.core.vocabulary import load_vocabulary
from tests.unit.plans.packs import CRITERION, HEAD, loaded, problems, problems_in, said, write_pack

EXAMPLE = Path(__file__).parent.parent.parent / "plans" / "example"


def test_the_example_loads() -> None:
    pack = load_pack(EXAMPLE, load_vocabulary())
    assert pack.head.title == "示例镇帮扶工作方案"
    assert [criterion.id for criterion in pack.criteria] == ["E-2"]
    assert pack.roles["helper"] == "帮扶责任人"
    assert len(pack.cases) == 4
    assert pack.where("criteria", "E-2", "holds") == "criteria.yaml:7"
    assert pack.where("criteria", "E-2") == "criteria.yaml:2"
    assert pack.where("measures", "net_income") == "income.yaml:1"
    assert pack.where("criteria", "no such") == "example"


def test_a_head_alone_is_a_pack(tmp_path: Path) -> None:
    pack = loaded(tmp_path / "alone")
    assert list(pack.entries()) == []
    assert pack.measures == {}


def test_comments_and_other_files_do_no_harm(tmp_path: Path) -> None:
    folder = write_pack(tmp_path, criteria="# nothing yet\n")
    (folder / "README.md").write_text("for people")
    (folder / ".draft.yaml").write_text("[")
    assert load_pack(folder).criteria == ()


def test_cases_come_from_all_files(tmp_path: Path) -> None:
    case = "cases: [{{name: {}, criterion: S4-4, as_of: 2018-12-31, given: {{}}, expect: unknown}}]"
    pack = loaded(tmp_path, criteria=CRITERION, cases__a=case.format("甲"), cases__b=case.format("乙"))
    assert [case.name for case in pack.cases] == ["甲", "乙"]
    assert pack.where("cases", "乙") == "cases/b.yaml:1"


def test_every_mistake_is_reported_at_once(tmp_path: Path) -> None:
    assert said(
        tmp_path,
        plan=HEAD.replace('"990001001000"', "990001001000").replace("draft", "in_forse"),
        criteria="""
criteria:
  - {id: S4-4, nmae: 收入, name: 收入, subject: household, holds: grain_enough}
  - {id: S4-5, name: 收入, subject: household, holds: grain_enough, responsible: [helpr]}
""",
        organisation="roles: [{id: helper, name: 帮扶责任人}]",
    ) == [
        'plan.yaml:6: 代码 990001001000 没有加引号，会被当成数。 请写成 "990001001000"。',
        "criteria.yaml:3: 不认识的键 nmae。 是不是 name？",
        "plan.yaml:7: state 不能写 in_forse。 是不是 in_force？",
        "criteria.yaml:4: 没有这个角色：helpr。 是不是 helper？",
    ]
    assert said(tmp_path, plan=HEAD) == [
        "criteria.yaml:3: 不认识的键 nmae。 是不是 name？",
        "criteria.yaml:4: 没有这个角色：helpr。 是不是 helper？",
    ]


@pytest.mark.parametrize(
    ("file", "text", "problem"),
    [
        ("criteria", "criteria: [{id: S4-4, name: 收入, subject: household}]",
         "criteria.yaml:1: 缺少 holds。"),
        ("criteria", "criterion: []", "criteria.yaml:1: 不认识的键 criterion。 是不是 criteria？"),
        ("criteria", "zzz: []", "criteria.yaml:1: 不认识的键 zzz。 可以写：criteria。"),
        ("parameters", "parameters: {line: {name: 线, valeus: [], values: [{from: 2018-01-01, value: 1}]}}",
         "parameters.yaml:1: 不认识的键 valeus。 是不是 values？"),
        ("plan", HEAD + "period: {form: 2018-01-01}", "plan.yaml:8: 不认识的键 form。 是不是 from？"),
        ("cases__a", "cases: [{name: 甲, criterion: a, as_of: 2018-01-01, expect: met, given: {}, "
         "period: {from: 2018-01-01, to: 2018-01-02, too: 1}}]",
         "cases/a.yaml:1: 不认识的键 too。 是不是 to？"),
        ("criteria", "criteria: x",
         "criteria.yaml:1: criteria 要写成列表。 每一项前面加“- ”，或写在 [ ] 里。"),
        ("criteria", "- 1", "criteria.yaml:1: criteria.yaml 要写成“键: 值”。"),
        ("parameters", "parameters: []", "parameters.yaml:1: parameters 要写成“键: 值”。"),
        ("organisation", "roles: [{id: 4 x, name: 甲}]",
         "organisation.yaml:1: id 的写法不对：4 x。 "
         "只能用字母、汉字、数字、连字符和下划线，以字母或汉字开头。"),
        ("organisation", "roles: [{id: a, name: 12}]",
         "organisation.yaml:1: name 要写文字，写的是 12。 如果是代码、编号或文字，请加引号。"),
        ("organisation", 'roles: [{id: a, name: ""}]', "organisation.yaml:1: name 不能是空的。"),
        ("measures", "measures: {Big: {name: 大, subject: household, value: headcount}}",
         "measures.yaml:1: Big 的写法不对：Big。 只能用小写字母、数字和下划线，以字母开头。"),
        ("placeholders", "placeholders: [{id: a, name: 甲, slots: 0, unit: 项}]",
         "placeholders.yaml:1: slots 不能小于 1。"),
        ("placeholders", "placeholders: [{id: a, name: 甲, slots: many, unit: 项}]",
         "placeholders.yaml:1: slots 要写整数，写的是 many。"),
        ("criteria", CRITERION + "    appraises: 1\n",
         "criteria.yaml:7: appraises 要写 true 或 false，写的是 1。"),
        ("parameters", "parameters: {line: {name: 线, values: []}}",
         "parameters.yaml:1: values 至少要写一项。"),
        ("parameters", "parameters: {line: {name: 线, values: [{from: 2018, value: 1}]}}",
         "parameters.yaml:1: from：要写日期，如 2018-12-31，写的是 2018。"),
        ("parameters", 'parameters: {line: {name: 线, values: [{from: "2018-02-30", value: 1}]}}',
         "parameters.yaml:1: from：没有 2018-02-30 这一天。"),
        ("parameters", "parameters: {line: {name: 线, values: [{from: 2018-02-28, value: 三千}]}}",
         "parameters.yaml:1: value：要写数，写的是 三千。"),
        ("parameters", "parameters: {line: {name: 线, values: [{from: 2018-02-28, value: true}]}}",
         "parameters.yaml:1: value：要写数，写的是 true。"),
        ("appraisal", "appraisal: [{id: a, name: 甲, subject: village, "
         "items: [{item: b, name: 乙, full: 0}]}]",
         "appraisal.yaml:1: full 要大于 0。"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_words(tmp_path: Path, file: str, text: str, problem: str) -> None:
    assert said(tmp_path, **{file: text}) == [problem]


def test_a_mistake_without_words_of_its_own_is_told_by_the_schema(tmp_path: Path) -> None:
    [problem] = problems(tmp_path, cases__a="cases: [{name: 甲, criterion: S4-4, as_of: 2018-01-01, "
                         "given: {}, "
                         "expect: met, facts: {income: [1, 2, 3]}}]")  # fmt: skip
    assert problem.code == "plan.too_long"
    assert problem.where == "cases/a.yaml:1"


def test_the_example_has_every_part() -> None:
    pack = load_pack(EXAMPLE)
    assert {address for address, _, _ in pack.entries()} == set(collections())


def test_what_the_reader_reported_is_not_reported_again(tmp_path: Path) -> None:
    assert [p.code for p in problems(tmp_path, organisation="roles: [{id: a, name: *b}]")] == ["plan.anchor"]


def test_ids_stand_once_in_a_list(tmp_path: Path) -> None:
    text = "roles:\n  - {id: a, name: 甲}\n  - {id: a, name: 乙}\nteams: [{id: a, name: 组}]"
    assert said(tmp_path, organisation=text) == [
        "organisation.yaml:3: a 重复。 第一次在 organisation.yaml:2。"
    ]


def test_an_entry_without_id_or_shape_is_told(tmp_path: Path) -> None:
    assert said(tmp_path, organisation="roles: [helper, {name: 甲}]") == [
        "organisation.yaml:1: roles 要写成“键: 值”。",
        "organisation.yaml:1: 缺少 id。",
    ]


def test_the_rest_is_still_checked_where_a_part_is_beyond_repair(tmp_path: Path) -> None:
    found = said(
        tmp_path, income="income: {window: year}", duties="duties: [{id: a, name: 甲, role: helper}]"
    )
    assert "duties.yaml:1: 没有这个角色：helper。 请先在 organisation.yaml 里写上。" in found
    assert [text for text in found if text.startswith("income.yaml")] != []


class TestFolder:
    def test_packaged_packs_have_names(self) -> None:
        for name, folder in packaged_packs().items():
            assert find_pack(name) == folder

    def test_a_packaged_name_is_found_from_anywhere(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_pack(tmp_path / "plans" / "s9")
        monkeypatch.setattr("bangfu.core.plans.folder.files", lambda package: tmp_path)
        assert load_pack("s9").name == "s9"
        assert find_pack("s9", tmp_path / "elsewhere") == tmp_path / "plans" / "s9"
        assert problems_in("s99")[0].render() == ("没有叫 s99 的方案包，也没有这个文件夹。 是不是 s9？")

    def test_a_file_is_not_a_pack(self, tmp_path: Path) -> None:
        (tmp_path / "plan.xlsx").touch()
        assert problems_in(tmp_path / "plan.xlsx")[0].code == "plan.not_a_folder"

    def test_an_empty_folder(self, tmp_path: Path) -> None:
        [problem] = problems_in(tmp_path)
        assert problem.code == "plan.empty"

    def test_an_unknown_file(self, tmp_path: Path) -> None:
        folder = write_pack(tmp_path, critera="a: 1", cases="cases: []")
        found = {p.where: p for p in problems_in(folder)}
        assert {p.code for p in found.values()} == {"plan.unknown_file"}
        assert found["critera.yaml"].render() == (
            "critera.yaml: 方案包里没有 critera.yaml 这种文件。 是不是 criteria.yaml？"
        )
        assert "cases.yaml" in found, "cases stand in a folder"

    def test_yml_is_told_to_be_yaml(self, tmp_path: Path) -> None:
        folder = write_pack(tmp_path)
        (folder / "criteria.yml").write_text("criteria: []")
        assert [p.render() for p in problems_in(folder)] == ["criteria.yml: 请改名为 criteria.yaml。"]

    def test_a_folder_named_as_a_file(self, tmp_path: Path) -> None:
        folder = write_pack(tmp_path)
        (folder / "criteria.yaml").mkdir()
        assert [p.code for p in problems_in(folder)] == ["plan.not_a_file"]

    def test_links_out_of_the_folder_are_refused(self, tmp_path: Path) -> None:
        folder = write_pack(tmp_path / "pack")
        (tmp_path / "secret.yaml").write_text("criteria: []")
        (tmp_path / "cases").mkdir()
        (folder / "criteria.yaml").symlink_to(tmp_path / "secret.yaml")
        (folder / "cases").symlink_to(tmp_path / "cases")
        assert {p.where: p.code for p in problems_in(folder)} == {
            "criteria.yaml": "plan.link_out",
            "cases": "plan.link_out",
        }

    def test_links_within_are_followed(self, tmp_path: Path) -> None:
        folder = write_pack(tmp_path)
        (folder / "rules").write_text(CRITERION)
        (folder / "criteria.yaml").symlink_to(folder / "rules")
        assert len(load_pack(folder).criteria) == 1

    def test_text_in_another_encoding(self, tmp_path: Path) -> None:
        folder = write_pack(tmp_path)
        (folder / "criteria.yaml").write_bytes("criteria:\n  - name: 收入".encode("gb18030"))
        [problem] = problems_in(folder)
        assert (problem.code, problem.where) == ("plan.not_utf8", "criteria.yaml:2")

    def test_a_byte_order_mark_does_no_harm(self, tmp_path: Path) -> None:
        folder = write_pack(tmp_path)
        (folder / "criteria.yaml").write_bytes(CRITERION.encode("utf-8-sig"))
        assert len(load_pack(folder).criteria) == 1

    def test_sizes_are_limited(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = write_pack(tmp_path, criteria=CRITERION + "#" * FILE_BYTES)
        assert [(p.code, p.where) for p in problems_in(folder)] == [("plan.too_large", "criteria.yaml")]
        monkeypatch.setattr("bangfu.core.plans.folder.PACK_BYTES", 10)
        write_pack(tmp_path, criteria=CRITERION)
        assert [p.code for p in problems_in(folder)] == ["plan.too_large"]


def test_nothing_is_raised_but_plan_errors(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="缺少 id") as error:
        load_pack(write_pack(tmp_path, plan="title: x"))
    assert error.value.exit_code == 3


def test_ids_that_a_run_cannot_tell_apart(tmp_path: Path) -> None:
    ids = ("s1", "S1", "Period", "division", "S2")
    criteria = "\n".join(
        f"  - {{id: {id_}, name: 口粮, subject: household, holds: grain_enough}}" for id_ in ids
    )
    remedy = "请换一个编号：不能只差大小写，也不能是 subject_id、period、division。"
    assert said(tmp_path, criteria=f"criteria:\n{criteria}") == [
        f"criteria.yaml:3: 编号 S1 与 s1 在核查结果中分不清。 {remedy}",
        f"criteria.yaml:4: 编号 Period 与 period 在核查结果中分不清。 {remedy}",
        f"criteria.yaml:5: 编号 division 与 division 在核查结果中分不清。 {remedy}",
    ]
