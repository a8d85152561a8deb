"""What an office takes away from a run: the ledger, the page, the data, and what they must not say."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from bangfu.core.calendars import load_calendar
from bangfu.core.documents import export_run
from bangfu.core.documents.ledger import Names
from bangfu.core.documents.questions import question
from bangfu.core.engine.explaining import Clause, Explanation
from bangfu.core.engine.outcome import Outcome
from bangfu.core.engine.runs import RunFolder
from bangfu.core.expressions.nodes import Difference, walk
from bangfu.core.messages import set_language
from bangfu.core.plans.pack import Pack
from bangfu.core.plans.plan import Plan
from bangfu.core.snapshots import Snapshot
from tests.inline_plans import plan_of
from tests.unit.engine.offices import (
    frame,
    household,
    judged,
    plan_in,
    snapshot_of,
    state,
    write_office,
)

LEDGER = """
ledgers:
  - id: own
    name: 镇问题台账
    of: issue
    columns:
      - {name: 发现日期, column: found_on}
      - {name: 问题来源, column: source}
      - {name: 问题, blank: 问题描述}
      - {name: 销号日期, column: closed_on}
      - {name: 验收人, blank: 签字}
  - {id: other, name: 户台账, of: household, columns: [{name: 户编号, column: household_code}]}
"""
PLACEHOLDERS = """
placeholders:
  - {id: P-1, name: 巩固提升事项, slots: 3, unit: 项, filled: [{slot: one, text: 已写}]}
  - {id: P-2, name: 都写好了, slots: 1, unit: 项, filled: [{slot: one, text: 已写}]}
"""
WATER = "criteria:\n  - {id: X-2, name: 饮水安全, subject: household, holds: water_safe}"


@dataclass
class Handed:
    """What was handed over."""

    folder: Path
    recorded: list[dict[str, list[int]]] = field(default_factory=list)
    steps: list[tuple[str, int, int]] = field(default_factory=list)

    @property
    def page(self) -> str:
        return (self.folder / "summary.html").read_text(encoding="utf-8")

    def sheet(self, name: str) -> list[tuple[object, ...]]:
        """The rows of a sheet below its title."""
        return list(
            openpyxl.load_workbook(self.folder / "findings.xlsx")[name].iter_rows(min_row=2, values_only=True)
        )

    def rows(self, name: str, criterion: str) -> list[dict[object, object]]:
        header, *rows = self.sheet(name)
        listed = [dict(zip(header, row, strict=True)) for row in rows]
        return [row for row in listed if str(row["来源条款"]).split(" ")[0] == criterion]


def handed(work: Path, tables: dict[str, pl.DataFrame] | None = None, **parts: str) -> Handed:
    """Judge a register by the plan and export it."""
    tables = state() if tables is None else tables
    pack, plan = plan_in(write_office(work / "plan", **parts))
    snapshot = snapshot_of(tables, work / "snapshot")
    return export(pack, plan, judged(pack, plan, snapshot, work / "run"), snapshot, tables, work / "out")


def export(
    pack: Pack, plan: Plan, run: RunFolder, snapshot: Snapshot, tables: dict[str, pl.DataFrame], folder: Path
) -> Handed:
    out = Handed(folder)
    files = export_run(
        pack, plan, run, snapshot, tables, folder,
        found_on=date(2018, 12, 28), calendar=load_calendar(), purpose="整改交办",
        record=out.recorded.append, progress=lambda *step: out.steps.append(step),
    )  # fmt: skip
    assert sorted(file.name for file in files) == [
        "counts.json",
        "findings.parquet",
        "findings.xlsx",
        "summary.html",
    ]
    return out


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Handed:
    return handed(tmp_path_factory.mktemp("office"), documents=LEDGER, placeholders=PLACEHOLDERS)


def test_a_problem_says_where_who_what_why_and_what_to_do(office: Handed) -> None:
    row = office.rows("问题", "X-1")[0]
    assert row["地点"] == "某镇东村"
    assert row["对象"] == "=甲二 990002"
    assert row["问题"] == "收入没有达到收入线"
    assert row["事实"] == "全年收入 2,500 元，低于 3,000 元，差 500 元"
    assert row["来源条款"] == "X-1 一（一）"
    assert row["整改措施"] == "落实产业帮扶"
    assert row["责任人"] == "帮扶责任人、村民委员会（乙一、乙二）"
    assert row["轻重"] == "重"


def test_what_is_not_known_is_a_question_by_its_name(office: Handed) -> None:
    row = office.rows("待核实明细", "X-2")[0]
    assert (row["对象"], row["问题"], row["事实"]) == ("甲三 990003", "饮水安全", "饮水是否安全不清楚")


def listed(office: Handed, name: str) -> list[dict[object, object]]:
    header, *rows = office.sheet(name)
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_one_thing_missing_is_one_question_however_many_wait_for_it(office: Handed) -> None:
    rows = listed(office, "待核实")
    whole = {row["缺什么"]: row for row in rows if row["地点"] == "全部"}
    assert whole["饮水是否安全"]["种类"] == "一项内容"
    assert whole["饮水是否安全"]["等着它的标准"] == "X-2 饮水安全；X-4 两项都达到"
    assert whole["饮水是否安全"]["怎样补"] == "问清“饮水是否安全”后补登"
    assert whole["家庭成员"]["种类"] == "明细表"
    assert "登全以后写明登到哪一天" in str(whole["家庭成员"]["怎样补"])
    assert whole["户"]["种类"] == "汇总"
    water = [row for row in rows if row["缺什么"] == "饮水是否安全"]
    assert [row["地点"] for row in water] == ["全部", "某镇东村"]
    assert {row["待核实结论"] for row in water} == {2}
    counts = [row["待核实结论"] for row in rows if row["地点"] == "全部"]
    assert counts == sorted(counts, reverse=True)  # type: ignore[type-var]
    assert [row["地点"] for row in rows][: len(whole)] == ["全部"] * len(whole)


def test_each_household_has_one_row_of_what_to_ask(office: Handed) -> None:
    rows = listed(office, "待核实对象")
    names = [row["对象"] for row in rows]
    assert len(names) == len(set(names))
    [third] = [row for row in rows if row["对象"] == "甲三 990003"]
    assert third["地点"] == "某镇东村"
    assert set(str(third["要问清或补登的"]).split("、")) >= {"饮水是否安全", "家庭成员"}
    assert third["责任人"] == "村民委员会"
    details = {row["对象"] for row in listed(office, "待核实明细")}
    assert len(rows) < len(listed(office, "待核实明细"))
    assert {name for name in names if name in details}, "who is asked is who the conclusions are about"


def test_what_cannot_be_traced_is_asked_by_the_name_of_its_criterion(office: Handed) -> None:
    _, plan = plan_in(office.folder.parent / "plan")
    why = Explanation(plan.criteria[1], Outcome.UNKNOWN)
    asked = question(plan, why, 9, None, Names({}, {}, {}, {}))
    assert [(missing.name, missing.lack) for missing in asked.missing] == [("饮水安全", "FACT")]
    assert (asked.place, asked.subject, asked.helper) == ("", "9", "")


def test_a_pairing_is_asked_of_its_household_and_only_for_what_is_open(office: Handed) -> None:
    _, plan = plan_in(office.folder.parent / "plan")
    visits = next(criterion for criterion in plan.criteria if criterion.id == "X-6")
    days = {"d": {"subject": "household", "of": ["visit", "activity"], "take": "differ"}}
    days_apart = plan_of([{"id": "X", "subject": "household", "per": "month", "holds": "d = 0"}], days)
    [gap] = [node for node in walk(days_apart.criteria[0].holds) if isinstance(node, Difference)]
    parts = (Clause("unknown", {}, True, gaps=(gap,)), Clause("unknown", {}, None, gaps=(gap,)))
    why = Explanation(visits, Outcome.UNKNOWN, holds=(Clause("verdict_unknown", {}, None, parts=parts),))
    asked = question(plan, why, 5, None, Names({"household": {7: "甲"}}, {}, {7: "乙"}, {5: 7}))
    assert (asked.owner, asked.subject, asked.helper) == (("household", 7), "甲", "乙")
    assert [missing.name for missing in asked.missing] == ["走访、工作记录"]


def test_deadlines(office: Handed) -> None:
    deadlines = {c: office.rows("问题", c)[0]["整改期限"] for c in ("X-1", "X-2", "X-3", "X-8")}
    assert {c: d and d.date() for c, d in deadlines.items()} == {
        "X-1": date(2019, 1, 3),  # Saturday the 29th is worked in a holiday's stead; then New Year
        "X-2": date(2019, 1, 27),
        "X-3": date(2019, 3, 31),
        "X-8": None,
    }


def test_those_of_no_place_stand_last_and_the_period_is_told(office: Handed) -> None:
    header, *rows = office.sheet("问题")
    places = [row[header.index("地点")] or "" for row in rows]
    assert places == sorted(filter(None, places)) + [""] * places.count("")
    assert places[-1] == ""
    assert [row["周期"] for row in office.rows("问题", "X-6")][:2] == ["2018-Q4", "2018-Q1"]
    assert {row["对象"] for row in office.rows("问题", "X-6")} == {"乙一—=甲二", "乙二—=甲二", "—甲四"}


def test_sensitive_facts_are_named_and_not_told(office: Handed) -> None:
    for criterion in ("X-3", "X-4", "X-5"):
        text = " ".join(str(row["事实"]) for row in office.rows("问题", criterion))
        assert "敏感信息，凭权限查看" in text
        assert "大病" not in text
    assert "饮水是否安全：否" in str(office.rows("问题", "X-4")[0]["事实"])


def test_text_from_data_never_becomes_a_formula(office: Handed) -> None:
    book = openpyxl.load_workbook(office.folder / "findings.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    assert any(str(cell.value).startswith("=甲二") for cell in cells)


def test_the_plan_may_add_columns_of_its_own(office: Handed) -> None:
    header, first, *_ = office.sheet("问题")
    assert header[-4:] == ("发现日期", "问题来源", "销号日期", "验收人")
    assert header.count("问题") == 1
    assert first[-3:] == ("方案核查", None, None)
    book = openpyxl.load_workbook(office.folder / "findings.xlsx")
    assert str(book["问题"]["A1"].value).startswith("镇问题台账（问题，共 ")


def test_whose_names_leave_is_recorded_first(office: Handed) -> None:
    assert office.recorded[0]["village"] == [1, 2]
    assert office.recorded[0]["household"] == [2, 3, 4, 6]
    assert office.steps[0][0] == "写成文字"


def test_no_number_of_a_person_leaves(office: Handed) -> None:
    book = openpyxl.load_workbook(office.folder / "findings.xlsx")
    text = " ".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)
    assert "19900000000" not in text
    assert "19700101" not in text
    assert "整改交办" in text


def test_the_page_names_nobody_and_needs_nothing(office: Handed) -> None:
    assert not [name for name in ("甲", "乙一", "990002", "http", "<script") if name in office.page]
    assert "某镇工作方案" in office.page
    assert "巩固提升事项：待填 2" in office.page
    assert "都写好了" not in office.page


def test_the_page_shows_villages_by_their_short_names(office: Handed) -> None:
    assert '<th scope="row">东村</th>' in office.page
    assert "某镇东村" not in office.page


def test_declared_totals_are_compared_with_what_is_recorded(office: Handed) -> None:
    rows = re.findall(r"<tr><td>(\S+) .*?</td>(.*?)</tr>", office.page)
    cells = {name: re.sub(r"<[^>]+>", " ", rest).split() for name, rest in rows}
    assert cells == {
        "贫困户": ["5", "5", "✓", "一致"],
        "全部户": ["6", "6", "✓", "一致"],
        "饮水安全的户": ["3", "3–4", "?", "待核实"],
    }


def test_a_total_that_is_not_so(tmp_path: Path) -> None:
    pack, plan = plan_in(write_office(tmp_path / "plan", total=4))
    snapshot = snapshot_of(state(), tmp_path / "snapshot")
    out = export(
        pack, plan, judged(pack, plan, snapshot, tmp_path / "run"), snapshot, state(), tmp_path / "out"
    )
    assert "✕ 对不上" in out.page


def test_data_for_other_programs(office: Handed) -> None:
    counts = json.loads((office.folder / "counts.json").read_text(encoding="utf-8"))
    findings = pl.read_parquet(office.folder / "findings.parquet")
    assert sum(row["unmet"] + row["unknown"] for row in counts) == findings.height


def test_the_same_input_gives_the_same_bytes(office: Handed, tmp_path: Path) -> None:
    again = handed(tmp_path, documents=LEDGER, placeholders=PLACEHOLDERS)
    for name in ("findings.xlsx", "summary.html", "findings.parquet", "counts.json"):
        assert (office.folder / name).read_bytes() == (again.folder / name).read_bytes()


def test_a_draft_says_so_everywhere(tmp_path: Path) -> None:
    out = handed(tmp_path, state="draft", criteria=WATER)
    assert "讨论稿，仅供试算" in out.page
    assert ("状态", "讨论稿，仅供试算") in [row[:2] for row in out.sheet("说明")]
    assert (
        openpyxl.load_workbook(out.folder / "findings.xlsx")["问题"]["A1"].value
        == "问题整改台账（问题，共 2 条）"
    )


@pytest.mark.parametrize(
    ("homes", "said"),
    [([], "目前没有可以下结论的对象"), ([household(1, 1, water_safe=True)], "全部达标，没有发现问题")],
)
def test_nothing_found_is_said_kindly(tmp_path: Path, homes: list[dict[str, object]], said: str) -> None:
    tables = {
        "village": frame("village", [{"village_id": 1, "division_name": "东村"}]),
        "household": frame("household", homes),
    }
    out = handed(tmp_path, tables, criteria=WATER)
    assert said in out.page
    assert "各村问题分布" not in out.page
    for name in ("问题", "待核实", "待核实对象", "待核实明细"):
        _, only = out.sheet(name)
        assert [value for value in only if value] == ["没有内容。"]


def test_a_register_without_names_still_gives_a_ledger(tmp_path: Path) -> None:
    pack, plan = plan_in(write_office(tmp_path / "plan", criteria=WATER))
    snapshot = snapshot_of(state(), tmp_path / "snapshot")
    out = export(pack, plan, judged(pack, plan, snapshot, tmp_path / "run"), snapshot, {}, tmp_path / "out")
    assert {row["对象"] for row in out.rows("问题", "X-2")} == {"2", "6"}


def test_two_townships_keep_their_names(tmp_path: Path) -> None:
    tables = state()
    tables["township"] = frame(
        "township",
        [
            {"township_id": 1, "county_id": 1, "division_name": "某镇"},
            {"township_id": 2, "county_id": 1, "division_name": "某乡"},
        ],
    )
    assert '<th scope="row">某镇东村</th>' in handed(tmp_path, tables, criteria=WATER).page


def test_the_page_in_english(tmp_path: Path) -> None:
    set_language("en")
    out = handed(tmp_path, criteria=WATER)
    assert '<html lang="en">' in out.page
    shown = re.sub(r"<style>.*?</style>", "", out.page, flags=re.DOTALL)
    ours = re.findall(r"[\u4e00-\u9fff]+", shown)
    assert set(ours) <= {
        "某镇工作方案",
        "某镇人民政府",
        "贫困户",
        "全部户",
        "饮水安全的户",
        "饮水安全",
        "户",
        "东村",
    }
    assert "unmet" in out.page
    assert openpyxl.load_workbook(out.folder / "findings.xlsx").sheetnames == [
        "Problems", "unknown", "Whom to ask", "Each conclusion waiting", "About",
    ]  # fmt: skip
