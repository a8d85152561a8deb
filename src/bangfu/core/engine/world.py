"""The facts as plain rows, for the reference evaluator: slow and obvious."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Final

from bangfu.core.calendars import Calendar
from bangfu.core.vocabulary import Column, Empty, Vocabulary


class Missing(Enum):
    """Why a cell has no value."""

    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


UNKNOWN: Final = Missing.UNKNOWN
NOT_APPLICABLE: Final = Missing.NOT_APPLICABLE

Cell = object  # a date, bool, str, int, Decimal, or None: empty
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


def cell(row: Row, column: Column) -> Cell:
    """The value of a cell, or why there is none."""
    value = row.get(column.id)
    if value is not None:
        return value
    is_settled = column.given is None or row.get(column.given) is not None
    return NOT_APPLICABLE if column.empty is Empty.NOT_APPLICABLE and is_settled else UNKNOWN
