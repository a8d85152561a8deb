"""What all SQL of one block shares: the day, the kind of period, and the named steps written so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from bangfu.core.engine.sql.values import literal, quoted
from bangfu.core.engine.windows import is_yearly_list, table_below
from bangfu.core.expressions.nodes import Within
from bangfu.core.vocabulary import Link, Relation, Table, Vocabulary

FIRST_DAY = literal(date.min)
LAST_DAY = literal(date.max)


@dataclass(frozen=True)
class WindowSql:
    """First and last day as SQL. `is_own`: the subject's own days, which may be unknown."""

    first: str
    last: str
    first_year: str
    last_year: str
    is_once: bool = False
    is_own: bool = False


@dataclass
class Setting:
    """A block: one subject, one kind of period. `steps` are common table expressions in order."""

    vocabulary: Vocabulary
    as_of: date
    per: str
    campaign: tuple[date, date] | None = None
    absent: frozenset[str] = frozenset()  # tables that are not there: nothing is known of them
    steps: dict[str, str] = field(default_factory=dict)  # name → SQL
    _names: dict[str, str] = field(default_factory=dict)  # SQL → name

    @property
    def is_once(self) -> bool:
        """Whether the block is judged as of the day only: then there is no table of periods."""
        return self.per == "once"

    @property
    def today(self) -> str:
        """The as-of day."""
        return literal(self.as_of)

    def step(self, prefix: str, sql: str) -> str:
        """Name a step; the same SQL gets the same name."""
        if sql not in self._names:
            self._names[sql] = name = f"{prefix}_{len(self.steps)}"
            self.steps[name] = sql
        return self._names[sql]

    def window(self, within: Within, table: Table, own_alias: str) -> WindowSql:
        """The days looked at; `own_alias` is where the subject's own row is found."""
        if within == "own":
            start, end = table.timing.start or "", table.timing.end or ""
            first, last = f'{own_alias}."{start}"', f'{own_alias}."{end}"'
            absent = absent_sql(table, end, own_alias)
            if absent is not None:
                last = f"(CASE WHEN {absent} THEN {self.today} ELSE {last} END)"
            return WindowSql(first, last, f"YEAR({first})", f"YEAR({last})", is_own=True)
        if within == "campaign":
            if self.campaign is None:
                raise ValueError("the plan has no campaign")  # compile_plan refuses it earlier
            first_on, last_on = self.campaign
            years = str(first_on.year), str(last_on.year)
            return WindowSql(literal(first_on), literal(last_on), *years)
        if self.is_once:
            year = str(self.as_of.year)
            return WindowSql(FIRST_DAY, self.today, year, year, is_once=True)
        side = "before_" if within == "previous" else ""
        return WindowSql(
            f"p.{side}first_on", f"p.{side}last_on", f"YEAR(p.{side}first_on)", f"YEAR(p.{side}last_on)"
        )

    def known_to(self, link: Link, relation: Relation, alias: str) -> str | None:
        """The day up to which the list under a link is complete; None where it is so by nature."""
        below = table_below(link, relation, self.vocabulary)
        if {below.id, link.through} & self.absent:
            return "CAST(NULL AS DATE)"
        return f"{alias}.{quoted(link.known_to)}" if link.known_to else None

    def needed_until(self, window: WindowSql, link: Link, relation: Relation) -> str:
        """The day up to which a dated list must be complete."""
        if not is_yearly_list(link, relation):
            return window.last
        year = f"({window.last_year} + {relation.year_shift})" if relation.year_shift else window.last_year
        return f"MAKE_DATE({year}, {'1, 1' if window.is_once else '12, 31'})"


def absent_sql(table: Table, column_id: str, alias: str) -> str | None:
    """SQL that is true where the column does not apply to the row; None where it always applies."""
    column = table.columns[column_id]
    if column.empty.value != "not_applicable":
        return None
    given = f' AND {alias}."{column.given}" IS NOT NULL' if column.given else ""
    return f'({alias}."{column_id}" IS NULL{given})'
