"""The findings as a workbook that an office works in: problems and questions on two sheets, ready to print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from bangfu.core.documents.ledger import LedgerRow
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


def write_ledger(
    path: Path,
    ledger: LedgerDefinition | None,
    sheets: Mapping[str, Sequence[LedgerRow]],
    found_on: date,
    notes: Sequence[tuple[str, str]],
) -> None:
    """Write a sheet for each entry of `sheets`, then one that says where all this comes from.

    `ledger` is the plan's own layout: its title, and its columns beyond the common ones.
    """
    title = ledger.name if ledger else translate(N_("问题整改台账"))
    common = {name for name, _, _ in _COLUMNS}  # a plan names its columns in Chinese
    own = [column for column in ledger.columns if column.name not in common] if ledger else []
    columns = [
        SheetColumn(translate(name), width, kind, wrap=kind is Kind.TEXT) for name, width, kind in _COLUMNS
    ]
    columns += [
        SheetColumn(c.name, 11, Kind.DATE if c.column == "found_on" else Kind.TEXT, wrap=True) for c in own
    ]
    with open_book(path) as book:
        for name, rows in sheets.items():
            count = Message(
                N_("{title}（{name}，共 {count} 条）"), {"title": title, "name": name, "count": len(rows)}
            )
            filled = [
                (*_cells(number, row), *(_own_cell(c.column, found_on) for c in own))
                for number, row in enumerate(rows, 1)
            ]
            nothing: list[Value] = [None] * len(columns)
            nothing[_PROBLEM] = translate(N_("没有内容。"))
            book.add_table(name, columns, filled or [nothing], count.render(), frozen=3)
        about = [SheetColumn(translate(N_("项目")), 16), SheetColumn(translate(N_("内容")), 90, wrap=True)]
        book.add_table(translate(N_("说明")), about, notes)


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
