"""What the parts of a pack demand beyond their fields, and what they refer to."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bangfu.core.plans.schema.cases import CaseSpan
from tests.unit.plans.packs import CRITERION, HEAD, loaded, problems, said

TOTAL = "totals: [{id: S3-33, name: 户数, value: 475, unit: 户%s}]"
MEASURE = "measures: {days: {name: 天数, subject: cadre, %s}}"


@pytest.mark.parametrize(
    ("file", "text", "problem"),
    [
        ("plan", HEAD + "period: {from: 2018-12-31, to: 2018-01-01}",
         "period：结束日 2018-01-01 早于开始日 2018-12-31。"),
        ("plan", HEAD + TOTAL % "", "totals：subject、of 中要写且只写一个。"),
        ("plan", HEAD + TOTAL % ", subject: household, of: person", "totals：subject、of 中要写且只写一个。"),
        ("parameters", "parameters: {a: {name: 甲, values: [{from: 2019-01-01, value: 1}, "
         "{from: 2018-01-01, value: 2}]}}", "a：取值要按起始日先后排列，且同一天只有一个值。"),
        ("measures", MEASURE % "unit: 天", "days：value、of 中要写且只写一个。"),
        ("measures", MEASURE % "value: '1', take: days", "days：用 value 写的指标不能再写 take。"),
        ("measures", MEASURE % "of: stay", "days：写了 of 就要写 take。"),
        ("measures", MEASURE % "of: stay, take: total", "days：take: total 要写 amount，其余的 take 不写。"),
        ("measures", MEASURE % "of: stay, take: days, amount: a",
         "days：take: total 要写 amount，其余的 take 不写。"),
        ("measures", MEASURE % "of: stay, take: days, match: [a]", "days：只有 take: differ 才写 match。"),
        ("measures", MEASURE % "of: visit, take: count, sure: at_home",
         "days：只有 take: days、workdays、nights 才写 sure。"),
        ("measures", MEASURE % "of: [diary, attendance_sheet], take: differ, less: {of: leave}",
         "days：只有 take: days、workdays、nights 才写 less。"),
        ("criteria", CRITERION + "    deadline: {days: 1, workdays: 2}",
         "deadline：on、days、workdays 中要写且只写一个。"),
        ("income", "income: {items: {counted: [wage], never: []}, costs: {rule: ratio}, "
         "window: calendar_year, headcount: current}", "costs：rule: actual 不写 ratios，其余要写。"),
        ("income", "income: {items: {counted: [wage], never: []}, "
         "costs: {rule: ratio, ratios: {wage: '1.5'}}, "
         "window: calendar_year, headcount: current}", "costs：成本比例 wage 要在 0 到 1 之间。"),
        ("procedures", "procedures: [{id: a, name: 甲, subject: household, "
         "steps: [{id: b, name: 乙, by: [c], clock: {}}]}]", "clock：days、workdays、by 中要写且只写一个。"),
        ("procedures", "procedures: [{id: a, name: 甲, subject: household, "
         "steps: [{id: b, name: 乙, by: [c], gate: {}}]}]", "gate：criterion、holds 中要写且只写一个。"),
        ("campaign", "stages: [{id: a, name: 甲, from: 2020-02-01, to: 2020-01-01}]",
         "stages：结束日 2020-01-01 早于开始日 2020-02-01。"),
        ("campaign", "milestones: [{id: a, name: 甲}]", "milestones：on、per、event 中要写且只写一个。"),
        ("documents", "lists: [{id: a, name: 甲, of: household, columns: [{name: 户主}]}]",
         "columns：column、measure、value、blank 中要写且只写一个。"),
        ("placeholders", "placeholders: [{id: a, name: 甲, slots: 1, unit: 项, "
         "filled: [{slot: b, text: 乙}, {slot: c, text: 丙}]}]", "placeholders：填写了 2 项，多于 1 项。"),
        ("placeholders", "placeholders: [{id: a, name: 甲, slots: 3, unit: 项, "
         "filled: [{slot: b, text: 乙}, {slot: b, text: 丙}]}]", "placeholders：填写的 slot 有重复。"),
        ("appraisal", "appraisal: [{id: a, name: 甲, subject: village, total: 10, "
         "items: [{item: b, name: 乙, full: 9}]}]", "appraisal：下级各项满分之和 9 不等于 10。"),
        ("appraisal", "appraisal: [{id: a, name: 甲, subject: village, items: [{item: b, name: 乙, full: 9}, "
         "{item: c, name: 丙, under: b, full: 8}]}]", "appraisal：下级各项满分之和 8 不等于 9。"),
        ("appraisal", "appraisal: [{id: a, name: 甲, subject: village, "
         "items: [{item: b, name: 乙, under: x, full: 9}]}]", "appraisal：没有考核项 x。"),
        ("appraisal", "appraisal: [{id: a, name: 甲, subject: village, "
         "items: [{item: b, name: 乙, full: 9}, {item: b, name: 乙, full: 9}]}]",
         "appraisal：考核项的 item 有重复。"),
        ("cases/a", "cases: [{name: 甲, criterion: S4-4, as_of: 2018-01-01, expect: met, "
         "given: {household: [{headcount: [1]}]}}]",
         "headcount：这里只能写一个值：文字、数、日期、true、false 或空。"),
        ("cases/a", "cases: [{name: 甲, criterion: S4-4, as_of: 2018-01-01, expect: met, "
         "period: {from: 2018-01-01}, given: {}}]", "缺少 to。"),
        ("cases/a", "cases: [{name: 甲, criterion: S4-4, as_of: 2018-01-01, expect: met, "
         "period: {from: 2018-01-02, to: 2018-01-01}, given: {}}]",
         "period：结束日 2018-01-01 早于开始日 2018-01-02。"),
        ("cases/a", "cases: [{name: 甲, criterion: S4-4, as_of: 2018-01-01, expect: met, given: {}, "
         "facts: {net: [1]}}]", "net 少写了一项。"),
        ("cases/a", "cases: [{name: 甲, criterion: S4-4, as_of: 2018-01-01, expect: met, given: {}, "
         "facts: {net: [1, 2, 3]}}]", "net 至多写 2 项，写了 3 项。"),
        ("cases/a", "cases: [{name: 甲, criterion: S4-4, as_of: 2018-01-01, expect: met, period: 2018, "
         "given: {}}]", "period 要写文字，写的是 2018。 如果是代码、编号或文字，请加引号。"),
    ],
)  # fmt: skip
def test_what_an_entry_demands(tmp_path: Path, file: str, text: str, problem: str) -> None:
    found = said(tmp_path, **{"criteria": CRITERION, file.replace("/", "__"): text})
    assert [line.partition(": ")[2].partition(" 请先")[0] for line in found] == [problem]


def test_a_sheet_that_adds_up(tmp_path: Path) -> None:
    items = (
        "{item: b, name: 乙, full: 400}, {item: c, name: 丙, full: 600}, "
        "{item: d, name: 丁, under: c, full: 600}"
    )
    text = f"appraisal: [{{id: a, name: 甲, subject: village, total: 1000, items: [{items}]}}]"
    assert loaded(tmp_path, appraisal=text).content.appraisal.appraisal[0].total == 1000


def test_what_is_left_of_a_placeholder_is_counted(tmp_path: Path) -> None:
    text = "placeholders: [{id: a, name: 甲, slots: 20, unit: 项, filled: [{slot: b, text: 乙}]}]"
    assert loaded(tmp_path, placeholders=text).content.placeholders[0].to_fill == 19


def test_a_case_may_name_days_of_its_own(tmp_path: Path) -> None:
    text = (
        "cases: [{name: 甲, criterion: S4-4, as_of: 2018-01-05, given: {}, expect: unknown, "
        "period: {from: 2018-01-01, to: 2018-01-01}}]"
    )
    [case] = loaded(tmp_path, criteria=CRITERION, cases__a=text).cases
    assert isinstance(case.period, CaseSpan)
    assert (case.period.start, case.period.to) == (date(2018, 1, 1), date(2018, 1, 1))


def test_one_list_or_several(tmp_path: Path) -> None:
    pack = loaded(tmp_path, measures="""
measures:
  days: {name: 天数, subject: cadre, of: stay, take: days}
  unequal: {name: 不符天数, subject: cadre, of: [diary, attendance_sheet], take: differ}
""")  # fmt: skip
    assert pack.measures["days"].of == ("stay",)
    assert pack.measures["unequal"].of == ("diary", "attendance_sheet")


class TestReferences:
    @pytest.mark.parametrize(
        ("file", "text", "problem"),
        [
            ("duties", "duties: [{id: a, name: 甲, role: b}]", "没有这个角色：b。 可以写：r。"),
            ("duties", "duties:\n- id: a\n  name: 甲\n  role: r\n  criteria:\n  - S4-4\n  - S4-5",
             "没有这个标准：S4-5。 是不是 S4-4？"),
            ("procedures", "procedures: [{id: a, name: 甲, subject: household, "
             "steps: [{id: b, name: 乙, by: [r], gate: {criterion: S44}}]}]",
             "没有这个标准：S44。 是不是 S4-4？"),
            ("appraisal", "appraisal: [{id: a, name: 甲, subject: village, placeholders: sheet}]",
             "没有这个待补内容：sheet。"),
            ("organisation", "roles: [{id: r, name: 甲}]\n"
             "assignments: [{id: a, name: 甲, role: r, to: household, most: cap}]", "没有这个参数：cap。"),
            ("documents", "lists: [{id: a, name: 甲, of: household, "
             "columns: [{name: 收入, measure: income}]}]",
             "没有这个指标：income。"),
            ("cases/a", "cases: [{name: 甲, criterion: S4-4, as_of: 2018-01-01, given: {}, expect: met, "
             "facts: {income: [1, 2]}}]", "没有这个指标：income。"),
            ("organisation", "roles: [{id: r, name: 甲}]\nteams: [{id: a, name: 甲, under: b}]",
             "没有这个机构：b。 可以写：a。"),
        ],
    )  # fmt: skip
    def test_what_is_not_there(self, tmp_path: Path, file: str, text: str, problem: str) -> None:
        files = {"criteria": CRITERION, "organisation": "roles: [{id: r, name: 甲}]"}
        found = said(tmp_path, **{**files, file.replace("/", "__"): text})
        assert [line.partition(": ")[2].partition(" 请先")[0] for line in found] == [problem]

    def test_the_line_is_that_of_the_reference(self, tmp_path: Path) -> None:
        text = "duties:\n- id: a\n  name: 甲\n  role: r\n  criteria:\n  - S4-4\n  - S4-5"
        found = problems(tmp_path, criteria=CRITERION, duties=text, organisation="roles: [{id: r, name: 甲}]")
        assert [problem.where for problem in found] == ["duties.yaml:7"]

    def test_what_is_there(self, tmp_path: Path) -> None:
        loaded(
            tmp_path,
            criteria=CRITERION,
            parameters='parameters: {cap: {name: 上限, values: [{from: 2018-01-01, value: "5"}]}}',
            organisation="roles: [{id: r, name: 甲}]\n"
            "assignments: [{id: a, name: 甲, role: r, to: household, most: cap, coverage: '1', "
            "criteria: [S4-4]}]",
        )

    def test_bodies_form_a_tree(self, tmp_path: Path) -> None:
        text = (
            "teams: [{id: a, name: 甲, under: b}, {id: b, name: 乙, under: a}, {id: c, name: 丙, under: a}]"
        )
        assert said(tmp_path, organisation=text) == [
            "organisation.yaml:1: 上下级绕成了圈：a → b → a。",
            "organisation.yaml:1: 上下级绕成了圈：b → a → b。",
        ]


class TestNames:
    def test_a_name_means_one_thing(self, tmp_path: Path) -> None:
        found = said(
            tmp_path,
            parameters="parameters:\n"
            "  a: {name: 线, values: [{from: 2018-01-01, value: 1}]}\n"
            "  b: {name: 线, values: [{from: 2018-01-01, value: 1}]}\n",
            measures="measures:\n"
            "  a: {name: 甲, subject: household, value: headcount}\n"
            "  c: {name: 线, subject: household, value: headcount}\n"
            "  d: {name: 丁, subject: household, value: headcount}\n"
            "  e: {name: 丁, subject: village, value: '1'}\n"
            "  f: {name: 丁, subject: household, value: headcount}\n",
        )
        remedy = "参数和指标的名称要各不相同，公式里才分得清。"
        assert found == [
            f"parameters.yaml:2: 名称“线”已经用于 b。 {remedy}",
            f"measures.yaml:2: 名称“a”已经用于 a。 {remedy}",
            f"measures.yaml:3: 名称“线”已经用于 b。 {remedy}",
            f"measures.yaml:6: 名称“丁”已经用于 d。 {remedy}",
        ]


class TestCases:
    def test_tables_and_columns_are_known(self, tmp_path: Path) -> None:
        text = """
cases:
  - name: 甲
    criterion: S4-4
    as_of: 2018-12-31
    given:
      household: {household_id: 1, village_id: 2, headcout: 3}
      persn: []
    expect: unknown
"""
        assert said(tmp_path, criteria=CRITERION, cases__a=text) == [
            "cases/a.yaml:7: 户没有列 headcout。 是不是 headcount？",
            "cases/a.yaml:8: 没有这张表：persn。 是不是 person？",
        ]
