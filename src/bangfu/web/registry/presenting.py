"""Rows of the register as people read them: names of columns, labels of codes, units, masks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from bangfu.core.messages import N_, format_value
from bangfu.core.vocabulary import Column, ColumnType, Sensitivity
from bangfu.web.pages.text import code_label, name_of, t
from bangfu.web.registry.fields import Sealed
from bangfu.web.registry.rows import VOCABULARY, Row

# The units of the vocabulary, marked so that they can be said in English (a test compares).
UNITS = frozenset(
    {
        N_("平方米"),
        N_("元/人"),
        N_("人"),
        N_("个"),
        N_("千米"),
        N_("户"),
        N_("亩"),
        N_("元"),
        N_("项"),
        N_("字"),
        N_("块"),
        N_("月"),
        N_("升"),
        N_("分钟"),
        N_("米"),
        N_("次"),
        N_("天"),
        N_("份"),
    }
)


@dataclass(frozen=True)
class Fact:
    """A cell in words. `reveals` names the column whose value stands masked and may be asked for."""

    label: str
    text: str
    unit: str = ""
    is_hidden: bool = False
    reveals: str = ""


@cache
def column_of(table: str, column: str) -> Column:
    """A column of the vocabulary."""
    return VOCABULARY.tables[table].columns[column]


def text_of(column: Column, value: object) -> str:
    """A value as people read it; empty if there is none. What is closed comes out masked."""
    if value is None:
        return ""
    if column.type is ColumnType.CODE and isinstance(value, str):
        return code_label(VOCABULARY.code_list(column), value)
    if column.type is ColumnType.CODES and isinstance(value, str):
        codes = VOCABULARY.code_list(column)
        return t(N_("、")).join(code_label(codes, one) for one in value.split(","))
    if isinstance(value, Sealed):
        return str(value)
    is_year = column.type is ColumnType.INT and column.id.endswith("year")
    return str(value) if is_year else format_value(value)


def cell(row: Row, column: str) -> str:
    """One cell of a row, in words."""
    return text_of(column_of(row._meta.db_table.removeprefix("register_"), column), getattr(row, column))


@dataclass(frozen=True)
class Grid:
    """Rows of one table as a small table: only the columns that some row fills, each label with its unit and
    whether it holds numbers. `more`: rows not shown."""

    id: str
    title: str
    headings: list[tuple[str, bool]]
    rows: list[list[tuple[str, bool]]]
    more: int


_NUMBERS = (ColumnType.INT, ColumnType.DECIMAL)


def grid(table: str, found: Sequence[Row], more: int, sees_sensitive: bool) -> Grid:
    """Rows of a table side by side; what is sensitive is not shown to those who may not see it."""
    declared = VOCABULARY.tables[table]
    filled = [
        one for one in declared.columns.values() if any(getattr(row, one.id) is not None for row in found)
    ]
    return Grid(
        table,
        name_of(declared),
        [(_heading(one), one.type in _NUMBERS) for one in filled],
        [[(_shown(row, one, sees_sensitive), one.type in _NUMBERS) for one in filled] for row in found],
        more,
    )


def _heading(column: Column) -> str:
    if not column.unit:
        return name_of(column)
    return t(N_("{name}（{unit}）"), name=name_of(column), unit=t(column.unit))


def _shown(row: Row, column: Column, sees_sensitive: bool) -> str:
    value = getattr(row, column.id)
    if value is not None and column.sensitivity is Sensitivity.SENSITIVE and not sees_sensitive:
        return t(N_("凭权限查看"))
    return text_of(column, value)


def facts(
    row: Row, columns: Iterable[str] | None, sees_sensitive: bool, is_filled: bool = True
) -> list[Fact]:
    """Cells of a row, of some columns or of all; `is_filled`: only those that say something."""
    table = VOCABULARY.tables[row._meta.db_table.removeprefix("register_")]
    found = []
    for column in (table.columns[name] for name in columns) if columns else table.columns.values():
        value = getattr(row, column.id)
        if is_filled and value is None:
            continue
        if column.sensitivity is Sensitivity.SENSITIVE and not sees_sensitive:
            found.append(Fact(name_of(column), t(N_("凭权限查看")), is_hidden=True))
            continue
        reveals = column.id if isinstance(value, Sealed) else ""
        found.append(
            Fact(
                name_of(column),
                text_of(column, value),
                t(column.unit) if column.unit else "",
                reveals=reveals,
            )
        )
    return found
