"""The findings as a workbook that an office works in: problems and questions on two sheets, ready to print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bangfu.core.documents.ledger import LedgerRow
from bangfu.core.documents.questions import Gathered, Lack
from bangfu.core.messages import N_, Message, translate
from bangfu.core.plans.schema.papers import LedgerDefinition
from bangfu.core.sheets.writing import Kind, SheetColumn, Value, open_book

_COLUMNS: tuple[tuple[str, float, Kind], ...] = (
    (N_("序号"), 5, Kind.WHOLE),
    (N_("地点"), 12, Kind.TEXT),
    (N_("对象"), 15, Kind.TEXT),
    (N_("问题"), 18, Kind.TEXT),
    (N_("事实"), 32, Kind.TEXT),
    (N_("周期"), 8, Kind.TEXT),
    (N_("来源条款"), 12, Kind.TEXT),
    (N_("整改措施"), 22, Kind.TEXT),
    (N_("责任人"), 16, Kind.TEXT),
    (N_("整改期限"), 11, Kind.DATE),
    (N_("轻重"), 5, Kind.TEXT),
)
_PROBLEM = 3


_BY_FACT: tuple[tuple[str, float, Kind], ...] = (
    (N_("序号"), 5, Kind.WHOLE),
    (N_("地点"), 14, Kind.TEXT),
    (N_("缺什么"), 20, Kind.TEXT),
    (N_("种类"), 9, Kind.TEXT),
    (N_("待核实结论"), 9, Kind.WHOLE),
    (N_("涉及对象"), 16, Kind.TEXT),
    (N_("等着它的标准"), 44, Kind.TEXT),
    (N_("怎样补"), 30, Kind.TEXT),
    (N_("责任人"), 18, Kind.TEXT),
)
_BY_SUBJECT: tuple[tuple[str, float, Kind], ...] = (
    (N_("序号"), 5, Kind.WHOLE),
    (N_("地点"), 14, Kind.TEXT),
    (N_("对象"), 20, Kind.TEXT),
    (N_("要问清或补登的"), 40, Kind.TEXT),
    (N_("待核实结论"), 9, Kind.WHOLE),
    (N_("等着它的标准"), 56, Kind.TEXT),
    (N_("责任人"), 22, Kind.TEXT),
)


@dataclass(frozen=True)
class LedgerSheets:
    """What the workbook holds: problems, questions gathered by what is missing and by subject, all conclusions
    that wait."""

    problems: Sequence[LedgerRow]
    by_fact: Sequence[Gathered]
    by_subject: Sequence[Gathered]
    waiting: Sequence[LedgerRow]


def write_ledger(
    path: Path,
    ledger: LedgerDefinition | None,
    sheets: LedgerSheets,
    found_on: date,
    notes: Sequence[tuple[str, str]],
) -> None:
    """Write the sheets, then one that says where all this comes from.

    `ledger` is the plan's own layout: its title, and its columns beyond the common ones.
    """
    title = ledger.name if ledger else translate(N_("问题整改台账"))
    common = {name for name, _, _ in _COLUMNS}  # a plan names its columns in Chinese
    own = [column for column in ledger.columns if column.name not in common] if ledger else []
    columns = _columns(_COLUMNS) + [
        SheetColumn(c.name, 11, Kind.DATE if c.column == "found_on" else Kind.TEXT, wrap=True) for c in own
    ]

    def in_layout(rows: Sequence[LedgerRow]) -> list[tuple[Value, ...]]:
        return [
            (*_cells(number, row), *(_own_cell(c.column, found_on) for c in own))
            for number, row in enumerate(rows, 1)
        ]

    facts = [_fact_cells(number, row) for number, row in enumerate(sheets.by_fact, 1)]
    subjects = [_subject_cells(number, row) for number, row in enumerate(sheets.by_subject, 1)]
    told = N_("{title}（{name}，共 {count} 条）")
    with open_book(path) as book:
        for name, heads, rows, template, count, frozen in (
            (N_("问题"), columns, in_layout(sheets.problems), told, len(sheets.problems), 3),
            (N_("待核实"), _columns(_BY_FACT), facts, _SUMMED, len(sheets.waiting), 3),
            (N_("待核实对象"), _columns(_BY_SUBJECT), subjects, _ASKED, len(sheets.by_subject), 3),
            (N_("待核实明细"), columns, in_layout(sheets.waiting), told, len(sheets.waiting), 3),
        ):
            values = {"title": title, "name": Message(name), "count": count}
            nothing: list[Value] = [None] * len(heads)
            nothing[_PROBLEM] = translate(N_("没有内容。"))
            heading = Message(template, values).render()
            book.add_table(translate(name), heads, rows or [nothing], heading, frozen=frozen)
        about = [SheetColumn(translate(N_("项目")), 16), SheetColumn(translate(N_("内容")), 90, wrap=True)]
        book.add_table(translate(N_("说明")), about, notes)


_SUMMED = N_("{title}（待核实：缺什么，{count} 个结论在等）")
_ASKED = N_("{title}（待核实：{count} 个对象各要问清什么）")


def _columns(declared: Sequence[tuple[str, float, Kind]]) -> list[SheetColumn]:
    return [
        SheetColumn(translate(name), width, kind, wrap=kind is Kind.TEXT) for name, width, kind in declared
    ]


def _fact_cells(number: int, row: Gathered) -> tuple[Value, ...]:
    [missing] = row.missing
    kind = translate(Lack[missing.lack].value[0])
    start = (number, row.place, missing.name, kind, row.conclusions, row.subjects)
    return (*start, row.criteria, missing.remedy(), row.responsible)


def _subject_cells(number: int, row: Gathered) -> tuple[Value, ...]:
    lacking = "、".join(dict.fromkeys(missing.name for missing in row.missing))
    who = "，".join(filter(None, (row.helper, row.responsible)))
    return number, row.place, row.name, lacking, row.conclusions, row.criteria, who


def _cells(number: int, row: LedgerRow) -> tuple[Value, ...]:
    texts = (
        row.place,
        row.subject,
        row.problem,
        row.facts,
        row.period,
        row.clause,
        row.remedy,
        row.responsible,
    )
    return (number, *texts, row.deadline, row.severity)


def _own_cell(column: str | None, found_on: date) -> Value:
    """What a finding can fill of the plan's own columns; the rest is left to the office."""
    known: dict[str | None, Value] = {
        "found_on": found_on,
        "source": translate(N_("方案核查")),
        "state": translate(N_("待整改")),
    }
    return known.get(column)
