"""The ledger as a workbook, and lists of issues as others write them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from bangfu.core.casework import State
from bangfu.core.casework.routes import extension_route
from bangfu.core.casework.sheet import IssueLine, read_issues, register_state, write_issues
from bangfu.core.plans.folder import packaged_packs
from bangfu.core.plans.load import load_pack
from bangfu.core.plans.schema.papers import LedgerDefinition
from bangfu.core.sheets import RawWorkbook, read_workbook
from bangfu.core.sheets.cells import Cell, RawSheet
from bangfu.core.vocabulary import load_vocabulary

VOCABULARY = load_vocabulary()
FIRST, LAST = datetime.fromisoformat("2024-07-01"), datetime.fromisoformat("2024-07-31")
LINE = IssueLine(
    number="2024-000007",
    place="东村",
    subject="甲一",
    household_code="990001",
    problem="屋顶漏雨",
    facts="住房等级 C",
    clause="X-1 一（一）",
    remedy="换瓦",
    responsible="村民委员会",
    assignee="",
    severity="中",
    state=State.WORKING,
    found_on=date(2024, 7, 1),
    due_on=date(2024, 7, 31),
    source="visit",
    kind="housing",
)
LAYOUT = LedgerDefinition.model_validate(
    {
        "id": "own",
        "name": "镇问题台账",
        "of": "issue",
        "columns": [
            {"name": "发现日期", "column": "found_on"},
            {"name": "问题来源", "column": "source"},
            {"name": "排查内容", "blank": "问题"},
            {"name": "有整改措施", "column": "has_measure"},
            {"name": "整改状态", "column": "state"},
            {"name": "限时", "column": "due_on"},
            {"name": "类型", "blank": "填"},
            {"name": "验收人", "blank": "签字"},
            {"name": "别的列", "column": "has_proof"},
            {"name": "别的表的列", "column": "household.head_name"},
        ],
    }
)


def written(folder: Path, layout: LedgerDefinition | None, *lines: IssueLine) -> list[dict[str, object]]:
    path = folder / "ledger.xlsx"
    write_issues(path, layout, lines, [("用途", "报县")], VOCABULARY)
    rows = openpyxl.load_workbook(path)["台账"].iter_rows(min_row=2, values_only=True)
    headings = [str(one) for one in next(rows)]
    return [dict(zip(headings, row, strict=True)) for row in rows]


def test_the_plans_columns_stand_in_the_plans_order(tmp_path: Path) -> None:
    [row] = written(tmp_path, LAYOUT, LINE)
    own = [
        "发现日期",
        "问题来源",
        "排查内容",
        "有整改措施",
        "整改状态",
        "限时",
        "类型",
        "验收人",
        "别的列",
        "别的表的列",
    ]
    assert list(row) == [
        *("问题编号", "地点", "户编号", "对象"),
        *own,
        *("事实", "来源条款", "整改措施", "责任人", "办理环节", "销号编号", "办理情况"),
    ]
    assert [row[name] for name in own] == [
        FIRST, "走访", "屋顶漏雨", "是", "整改中", LAST, "住房", None, "否", None,
    ]  # fmt: skip


def test_without_a_layout_every_common_column_stands(tmp_path: Path) -> None:
    [row] = written(tmp_path, None, replace(LINE, assignee="乙一"))
    assert (row["责任人"], row["整改期限"], row["办理环节"]) == (
        "乙一",
        datetime.fromisoformat("2024-07-31"),
        "整改中",
    )


def test_a_void_issue_is_called_so(tmp_path: Path) -> None:
    [row] = written(tmp_path, LAYOUT, replace(LINE, state=State.VOID))
    assert row["整改状态"] == "作废"


@pytest.mark.parametrize(
    ("state", "extended", "code"),
    [
        (State.OPEN, 0, "open"),
        (State.ASSIGNED, 0, "open"),
        (State.SUBMITTED, 0, "working"),
        (State.WORKING, 1, "extended"),
        (State.EXTENSION_ASKED, 0, "extended"),
        (State.CLOSED, 1, "closed"),
        (State.VOID, 0, ""),
    ],
)
def test_states_as_the_vocabulary_calls_them(state: State, extended: int, code: str) -> None:
    assert register_state(state, extended) == code
    assert not code or code in VOCABULARY.codes["issue_state"].labels


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    written(tmp_path, LAYOUT, LINE)
    [one] = read_issues(read_workbook(tmp_path / "ledger.xlsx"))
    assert (one.number, one.place, one.subject, one.problem, one.remedy) == (
        "2024-000007",
        "东村",
        "甲一",
        "屋顶漏雨",
        "换瓦",
    )
    assert (one.found_on, one.state, one.row) == (date(2024, 7, 1), "整改中", 3)


def book(*rows: list[Cell]) -> RawWorkbook:
    width = max(map(len, rows))
    return RawWorkbook(
        "清单.xlsx", "xlsx", (RawSheet.of_rows("表", [row + [""] * (width - len(row)) for row in rows]),)
    )


@pytest.mark.parametrize(
    ("cell", "day", "faults"),
    [
        (date(2024, 7, 1), date(2024, 7, 1), ()),
        (datetime.fromisoformat("2024-07-01T08:00"), date(2024, 7, 1), ()),
        ("2024年7月1日", date(2024, 7, 1), ()),
        ("2024.7.1前", date(2024, 7, 1), ()),
        ("尽快", None, ("整改期限",)),
        ("2024-13-40", None, ("整改期限",)),
        ("", None, ()),
    ],
)
def test_days_as_people_write_them(cell: Cell, day: date | None, faults: tuple[str, ...]) -> None:
    [one] = read_issues(book(["村", "存在问题", "完成时限"], ["东村", "塌方", cell]))
    assert (one.due_on, one.faults) == (day, faults)


def test_the_best_row_is_the_header_and_rows_without_a_problem_are_left_out() -> None:
    rows = [["问题", "状态"], ["村*", "户编号", "存 在 问 题"], ["东村", 990001.0, "塌方"], ["合计", "", ""]]
    [one] = read_issues(book(*rows))
    assert (one.place, one.household_code, one.problem, one.row) == ("东村", "990001", "塌方", 3)


def test_a_sheet_without_problems_is_no_list() -> None:
    assert read_issues(book(["村", "户主"], ["东村", "甲一"])) == []
    assert read_issues(book(["问题"], ["塌方"])) == []


@pytest.mark.requirement("S0-15")
def test_who_gives_more_time_is_what_the_plan_says() -> None:
    packs = packaged_packs()
    lvchun = load_pack(packs["s0_lvchun"])
    [decider] = [role.name for role in lvchun.content.organisation.roles if role.id == "county_committee"]
    assert extension_route(lvchun) == decider
    assert extension_route(load_pack(packs["s4_nanhuzhou"])) == ""
