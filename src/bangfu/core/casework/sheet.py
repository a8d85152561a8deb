"""The ledger of issues as a workbook in the plan's own layout, and read back; superiors' lists read as they come."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from bangfu.core.casework.moves import STATE_NAMES, State
from bangfu.core.messages import N_, Message, translate
from bangfu.core.plans.schema.papers import Field_, LedgerDefinition
from bangfu.core.sheets.cells import Cell, RawSheet, RawWorkbook
from bangfu.core.sheets.folding import fold
from bangfu.core.sheets.writing import Kind, SheetColumn, Value, open_book
from bangfu.core.vocabulary import Vocabulary

SEARCHED_ROWS = 30


@dataclass(frozen=True)
class IssueLine:
    """An issue as a line of the workbook; codes are codes."""

    number: str
    place: str
    subject: str
    household_code: str
    problem: str
    facts: str
    clause: str
    remedy: str
    responsible: str
    assignee: str
    severity: str
    state: State
    found_on: date
    due_on: date | None
    source: str = ""
    kind: str = ""
    closed_on: date | None = None
    closure_number: str = ""
    extension_asked_on: date | None = None
    extended: int = 0
    has_proof: bool = False
    report: str = ""


def register_state(state: State, extended: int) -> str:
    """The code of the vocabulary's `issue_state`; empty for a void one."""
    if state is State.VOID:
        return ""
    if state is State.CLOSED:
        return "closed"
    if extended or state is State.EXTENSION_ASKED:
        return "extended"
    return "open" if state in (State.OPEN, State.ASSIGNED) else "working"


@dataclass(frozen=True)
class _Common:
    """A column that every layout has, unless the plan's own names it already: by one of `aliases`, or of the same
    column of the vocabulary."""

    field: str
    title: str
    width: float
    of: Callable[[IssueLine], Value]
    kind: Kind = Kind.TEXT
    column: str = ""


_COMMON = (
    _Common("number", N_("问题编号"), 12, lambda one: one.number),
    _Common("place", N_("地点"), 12, lambda one: one.place),
    _Common("household_code", N_("户编号"), 12, lambda one: one.household_code),
    _Common("subject", N_("对象"), 12, lambda one: one.subject),
    _Common("problem", N_("问题"), 24, lambda one: one.problem),
    _Common("facts", N_("事实"), 30, lambda one: one.facts),
    _Common("clause", N_("来源条款"), 14, lambda one: one.clause),
    _Common("remedy", N_("整改措施"), 24, lambda one: one.remedy),
    _Common("responsible", N_("责任人"), 18, lambda one: one.assignee or one.responsible),
    _Common("due_on", N_("整改期限"), 11, lambda one: one.due_on, Kind.DATE, "due_on"),
    _Common("step", N_("办理环节"), 9, lambda one: translate(STATE_NAMES[one.state])),
    _Common("closure_number", N_("销号编号"), 12, lambda one: one.closure_number),
    _Common("report", N_("办理情况"), 24, lambda one: one.report),
)
# What a heading means, whoever wrote it.
ALIASES: Mapping[str, tuple[str, ...]] = {
    "number": ("问题编号",),
    "place": ("地点", "村", "行政村", "所在村", "村名", "村（社区）", "单位", "乡镇村"),
    "household_code": ("户编号", "贫困户编号"),
    "subject": ("对象", "户主", "户主姓名", "姓名", "农户姓名", "涉及户"),
    "problem": ("问题", "存在问题", "存在的问题", "问题描述", "排查内容", "反馈问题", "具体问题", "问题内容"),
    "remedy": ("整改措施", "措施", "整改建议", "整改要求"),
    "responsible": (
        "责任人",
        "责任单位",
        "责任单位或责任人",
        "整改责任人",
        "整改责任单位",
        "责任单位及责任人",
    ),
    "due_on": ("整改期限", "整改时限", "期限", "完成时限", "整改完成时限"),
    "found_on": ("发现日期", "反馈日期", "检查日期", "发现时间"),
    "kind": ("问题类型", "类型", "问题类别"),
    "source": ("问题来源", "来源"),
    "report": ("办理情况", "整改情况", "整改进展", "群众意见"),
    "state": ("整改状态", "状态", "办理环节", "是否销号"),
}
_MEANING = {fold(title): field for field, titles in ALIASES.items() for title in titles}


def write_issues(
    path: Path,
    layout: LedgerDefinition | None,
    lines: Sequence[IssueLine],
    notes: Sequence[tuple[str, str]],
    vocabulary: Vocabulary,
) -> None:
    """The ledger: the issue's number, the plan's own columns in the plan's order, then what it does not name.

    `notes` stand on a sheet of their own: plan, purpose, who took it out and when.
    """
    own = list(layout.columns) if layout else []
    named = {_MEANING.get(fold(one.name)) for one in own} | {one.column for one in own if one.column}
    lead = [one for one in _COMMON if one.field in ("number", "place", "household_code", "subject")]
    rest = [one for one in _COMMON if one not in lead]
    before = [one for one in lead if one.field == "number" or one.field not in named]
    after = [one for one in rest if one.field not in named and one.column not in (named - {""})]
    columns = [
        *(_column(one) for one in before),
        *(SheetColumn(one.name, 14, _kind_of(one), wrap=True) for one in own),
        *(_column(one) for one in after),
    ]
    rows = (
        (
            *(one.of(line) for one in before),
            *(_own(one, line, vocabulary) for one in own),
            *(one.of(line) for one in after),
        )
        for line in lines
    )
    name = layout.name if layout else translate(N_("问题整改台账"))
    heading = Message(N_("{name}（共 {count} 件）"), {"name": name, "count": len(lines)}).render()
    with open_book(path) as book:
        book.add_table(translate(N_("台账")), columns, rows, heading, frozen=1)
        about = [SheetColumn(translate(N_("项目")), 16), SheetColumn(translate(N_("内容")), 90, wrap=True)]
        book.add_table(translate(N_("说明")), about, notes)


def _column(one: _Common) -> SheetColumn:
    return SheetColumn(translate(one.title), one.width, one.kind, wrap=one.kind is Kind.TEXT)


_DAYS = ("found_on", "due_on", "closed_on", "extension_asked_on")


def _kind_of(one: Field_) -> Kind:
    return Kind.DATE if one.column in _DAYS or _MEANING.get(fold(one.name)) in _DAYS else Kind.TEXT


def _own(one: Field_, line: IssueLine, vocabulary: Vocabulary) -> Value:
    """A cell of the plan's own column: by the vocabulary's column, or by what the heading means."""
    values: Mapping[str, Value] = {
        "found_on": line.found_on,
        "source": _label(vocabulary, "issue_source", line.source),
        "kind": _label(vocabulary, "issue_kind", line.kind),
        "has_measure": bool(line.remedy),
        "has_owner": bool(line.assignee or line.responsible),
        "due_on": line.due_on,
        "state": _label(vocabulary, "issue_state", register_state(line.state, line.extended))
        or translate(STATE_NAMES[line.state]),
        "closed_on": line.closed_on,
        "reviewed": line.state is State.CLOSED,
        "has_proof": line.has_proof,
        "extension_asked_on": line.extension_asked_on,
    }
    if one.column is not None:
        return values.get(one.column)
    meaning = _MEANING.get(fold(one.name), "")
    common = next((common for common in _COMMON if common.field == meaning), None)
    return common.of(line) if common else values.get(meaning)


def _label(vocabulary: Vocabulary, codes: str, code: str) -> str:
    return vocabulary.codes[codes].labels.get(code, "")


@dataclass(frozen=True)
class SheetIssue:
    """A line of a workbook as read. `row`: of the sheet, from 1. `faults`: headings of cells that say no day.
    `state`: as written."""

    sheet: str
    row: int
    number: str = ""
    place: str = ""
    household_code: str = ""
    subject: str = ""
    problem: str = ""
    remedy: str = ""
    responsible: str = ""
    kind: str = ""
    source: str = ""
    report: str = ""
    state: str = ""
    found_on: date | None = None
    due_on: date | None = None
    faults: tuple[str, ...] = ()


def read_issues(workbook: RawWorkbook) -> list[SheetIssue]:
    """The lines of all sheets that have a column of problems; totals and empty lines are left out."""
    found: list[SheetIssue] = []
    for sheet in workbook.sheets:
        header = _header(sheet)
        if header is not None:
            at, columns = header
            rows = enumerate(sheet.rows(at + 1), at + 2)
            read = (_read(sheet.name, number, columns, row) for number, row in rows)
            found += [one for one in read if one is not None]
    return found


def _header(sheet: RawSheet) -> tuple[int, dict[str, int]] | None:
    """The row among the first with the most known headings, a problem's among them."""
    best: tuple[int, dict[str, int]] | None = None
    for at, row in enumerate(sheet.rows(0, SEARCHED_ROWS)):
        columns: dict[str, int] = {}
        for place, cell in enumerate(row):
            field = _MEANING.get(fold(cell).rstrip("*")) if isinstance(cell, str) else None
            if field is not None:
                columns.setdefault(field, place)
        if "problem" in columns and len(columns) > 1 and (best is None or len(columns) > len(best[1])):
            best = at, columns
    return best


def _read(sheet: str, number: int, columns: Mapping[str, int], row: Sequence[Cell]) -> SheetIssue | None:
    cells = {field: row[at] for field, at in columns.items()}
    texts = {field: _text(cell) for field, cell in cells.items() if field not in _DAYS}
    if not texts["problem"]:
        return None
    days: dict[str, date | None] = {}
    faults = []
    for field in ("found_on", "due_on"):
        if field in cells:
            days[field] = _day(cells[field])
            if days[field] is None and _text(cells[field]):
                faults.append(ALIASES[field][0])
    return SheetIssue(sheet, number, faults=tuple(faults), **texts, **days)  # type: ignore[arg-type]


def _text(cell: Cell) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


_WRITTEN = re.compile(r"(\d{4})\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})\s*[日号]?")


def _day(cell: Cell) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    match = _WRITTEN.match(_text(cell))
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None
