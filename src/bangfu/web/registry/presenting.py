"""Rows of the register as people read them: names of columns, labels of codes, units, masks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from bangfu.core.messages import N_, format_value
from bangfu.core.vocabulary import Column, ColumnType, Sensitivity
from bangfu.web.pages.text import code_label, name_of, t
from bangfu.web.registry.fields import Sealed
from bangfu.web.registry.rows import VOCABULARY, Row


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
        found.append(Fact(name_of(column), text_of(column, value), column.unit or "", reveals=reveals))
    return found
