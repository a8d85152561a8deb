"""The facts as plain rows, for the reference evaluator: slow and obvious."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from functools import cached_property
from typing import Final

from bangfu.core.calendars import Calendar
from bangfu.core.vocabulary import Column, Empty, Table, Vocabulary


class Missing(Enum):
    """Why a cell has no value."""

    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


UNKNOWN: Final = Missing.UNKNOWN
NOT_APPLICABLE: Final = Missing.NOT_APPLICABLE

Cell = object  # a date, bool, str, int, Decimal, None (empty), or UNKNOWN even where empty would not apply
Row = Mapping[str, Cell]


@dataclass(frozen=True)
class World:
    """Tables as lists of rows, the calendar, and the day on which all of it is looked at."""

    vocabulary: Vocabulary
    tables: Mapping[str, list[Row]]
    as_of: date
    calendar: Calendar
    campaign: tuple[date, date] | None = None
    _indexes: dict[tuple[str, str], dict[Cell, list[Row]]] = field(default_factory=dict, repr=False)

    def rows(self, table: str) -> list[Row]:
        """All rows of a table."""
        return self.tables.get(table, [])

    def rows_where(self, table: str, column: str, key: Cell) -> list[Row]:
        """Rows whose key column points to `key`."""
        index = self._indexes.get((table, column))
        if index is None:
            index = defaultdict(list)
            for row in self.rows(table):
                index[row.get(column)].append(row)
            self._indexes[table, column] = index
        return index.get(key, [])

    @cached_property
    def workdays(self) -> Calendar:
        """The calendar of working days."""
        return self.calendar


def cell(row: Row, column: Column) -> Cell:
    """The value of a cell, or why there is none."""
    value = row.get(column.id)
    if value is not None:
        return value
    is_settled = column.given is None or row.get(column.given) not in (None, UNKNOWN)
    return NOT_APPLICABLE if column.empty is Empty.NOT_APPLICABLE and is_settled else UNKNOWN


def key_of(row: Row, table: Table) -> Cell:
    """The row's own key."""
    return row[table.key]


def unique(rows: Iterable[Row], key: str) -> list[Row]:
    """Each row once, by its key, in order."""
    return list({row[key]: row for row in rows}.values())
