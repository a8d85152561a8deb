"""Spans of days in SQL: NULL where a side is not known; `lists.overlap` in other words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from bangfu.core.engine.sql.setting import FIRST_DAY, LAST_DAY, Setting, WindowSql, absent_sql
from bangfu.core.vocabulary import Relation, Table


@dataclass(frozen=True)
class SpanSql:
    """Days from `start` to `end`; NULL where not known. `is_known`: neither is ever NULL."""

    start: str
    end: str
    is_known: bool = False

    @property
    def certain(self) -> tuple[str, str]:
        """First and last day that surely belong to it: its one known day at least; NULL: none."""
        if self.is_known or self.start == self.end:
            return self.start, self.end
        return f"COALESCE({self.start}, {self.end})", f"COALESCE({self.end}, {self.start})"

    @property
    def possible(self) -> tuple[str, str]:
        """First and last day that may belong to it."""
        return f"COALESCE({self.start}, {FIRST_DAY})", f"COALESCE({self.end}, {LAST_DAY})"


def row_span(table: Table, alias: str) -> SpanSql:
    """The days of a dated row."""
    timing = table.timing
    if timing.at is not None:
        day = f'{alias}."{timing.at}"'
        return SpanSql(day, day)
    start, end = f'{alias}."{timing.start}"', f'{alias}."{timing.end}"'
    absent = absent_sql(table, timing.end or "", alias)
    if absent is not None:
        end = f"(CASE WHEN {absent} THEN {LAST_DAY} ELSE {end} END)"
    return SpanSql(start, end)


def seen_span(window: WindowSql, setting: Setting) -> SpanSql:
    """The window up to the as-of day."""
    last = window.last if window.is_once else f"LEAST({window.last}, {setting.today})"
    if window.is_own:  # LEAST skips an unknown end
        last = f"(CASE WHEN {window.last} IS NOT NULL THEN {last} END)"
    return SpanSql(window.first, last, is_known=not window.is_own)


def overlap(a: SpanSql, b: SpanSql) -> str:
    """Whether two spans have a day in common, as nullable boolean SQL."""
    return f"({_starts_by_end(a, b)} AND {_starts_by_end(b, a)})"


def _starts_by_end(a: SpanSql, b: SpanSql) -> str:
    plain = f"{a.start} <= {b.end}"
    if all(span.is_known or span.start == span.end for span in (a, b)):
        return f"({plain})"
    return f"COALESCE({plain}, CASE WHEN {a.start} <= {b.start} OR {a.end} <= {b.end} THEN TRUE END)"


def inside(
    relation: Relation, alias: str, members: Iterable[SpanSql], window: WindowSql, setting: Setting
) -> str:
    """Whether a row belongs to the subject within the window; "TRUE" where it always does."""
    table = relation.table
    members = list(members)
    own: list[SpanSql] = []
    conditions = [f"({window.first} IS NOT NULL AND {window.last} IS NOT NULL)"] if window.is_own else []
    if table.timing.year is not None:
        shift = f" + {relation.year_shift}" if relation.year_shift else ""
        year = f'{alias}."{table.timing.year}"'
        conditions.append(f"({year} BETWEEN {window.first_year}{shift} AND {window.last_year}{shift})")
    elif table.timing.is_dated:
        own = [row_span(table, alias)]
    if own or members:
        seen = seen_span(window, setting)
        if not window.is_once:  # of a window that has not begun nothing has come to pass
            conditions.append(f"({seen.start} <= {seen.end})")
        conditions += [overlap(a, b) for a, b in combinations([seen, *own, *members], 2)]
    return " AND ".join(conditions) if conditions else "TRUE"
