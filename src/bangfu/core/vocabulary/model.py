"""What a vocabulary is: tables, columns, code lists and the dated paths between tables.

Every table has an integer key `<table>_id`. A link says to which parent a row belongs; the parent's
`known_to` column says up to which day the list of its rows is complete (empty: never checked).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property


class ColumnType(StrEnum):
    """What a column holds."""

    TEXT = "text"
    INT = "int"
    DECIMAL = "decimal"  # two decimals, exact
    DATE = "date"
    BOOL = "bool"
    CODE = "code"  # one value of a code list
    CODES = "codes"  # several values of a code list, sorted and joined by ","


class Empty(StrEnum):
    """What an empty cell means."""

    NOT_KNOWN = "not_known"
    NOT_APPLICABLE = "not_applicable"


class Sensitivity(StrEnum):
    """Who may see a column, and whether a snapshot carries it.

    `identity` (name, ID number, phone, account, free text about a person) never enters a snapshot.
    """

    PUBLIC = "public"
    INTERNAL = "internal"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"  # health, religion, minors: PIPL art. 28
    IDENTITY = "identity"


@dataclass(frozen=True)
class CodeList:
    """A closed list of values: stored code → Chinese label; `aliases` are other spellings of a label.

    `implies`: another column of the same table → own code → the code it has there, where one official
    cell states two facts (低保脱贫户 says exited too). Used only to fill an empty cell.
    `within`: part → whole (the pay of a public post lies within wages): add up parts or wholes, never both.
    """

    id: str
    name: str
    labels: Mapping[str, str]
    aliases: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    implies: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    within: Mapping[str, str] = field(default_factory=dict)

    def code_of(self, text: str) -> str | None:
        """The code whose code, label or alias is `text`, or None."""
        return self._by_text.get(text)

    @cached_property
    def _by_text(self) -> dict[str, str]:
        by_label = {label: code for code, label in self.labels.items()}
        return {code: code for code in self.labels} | by_label | dict(self.aliases)


@dataclass(frozen=True)
class Column:
    """One fact about a row. `given` names a column of the table: empty means *not applicable* only where
    that column is filled, else *not known*. `fixed` columns never change (a birth date)."""

    id: str
    name: str
    english: str
    type: ColumnType
    empty: Empty
    sensitivity: Sensitivity
    source: str
    aliases: tuple[str, ...] = ()
    unit: str | None = None
    codes: str | None = None
    given: str | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    fixed: bool = False

    @property
    def in_snapshot(self) -> bool:
        """Whether a snapshot may carry the column."""
        return self.sensitivity is not Sensitivity.IDENTITY


@dataclass(frozen=True)
class Timing:
    """When a row holds: on one day (`at`), in one year (`year`), or over days (`start`, `end`, both
    inclusive; an empty `end` is not known to have ended). All None: a standing fact."""

    at: str | None = None
    year: str | None = None
    start: str | None = None
    end: str | None = None

    @property
    def is_dated(self) -> bool:
        """Whether rows belong to a time at all."""
        return any((self.at, self.year, self.start))


@dataclass(frozen=True)
class Link:
    """A row's path to its parent: by a key column of its own, or through a dated membership table.

    `known_to` is the parent's column that says up to when the parent's list of these rows is complete; for
    a path `through` a membership it speaks of the list of memberships. None: complete by nature (villages of
    a township). Longer paths run over a link only if it is `transit`: the pairings of a township are those of
    its households, not those of the cadres it employs.
    """

    parent: str
    column: str | None = None
    through: str | None = None
    known_to: str | None = None
    transit: bool = True


@dataclass(frozen=True, eq=False)  # one object a table: nodes that speak of it stay hashable
class Table:
    """A kind of row. `is_subject`: criteria may judge it."""

    id: str
    name: str
    english: str
    columns: Mapping[str, Column]
    links: tuple[Link, ...] = ()
    timing: Timing = Timing()
    is_subject: bool = False
    previous: str | None = None  # the name under which last year's rows are spoken of
    aliases: tuple[str, ...] = ()
    source: str = ""

    @property
    def key(self) -> str:
        """The name of the integer key column."""
        return f"{self.id}_id"

    @property
    def previous_names(self) -> tuple[str, ...]:
        """The names of last year's rows, in English and Chinese; none if rows have no year."""
        return (self.previous, f"上年{self.name}") if self.previous else ()

    @property
    def link_columns(self) -> tuple[str, ...]:
        """Key columns that point to parents."""
        return tuple(link.column for link in self.links if link.column)


@dataclass(frozen=True)
class Relation:
    """A list of rows as seen from a subject: the table, and the links from the rows up to the subject.

    `year_shift` is −1 for last year's rows.
    """

    name: str
    table: Table
    path: tuple[Link, ...]  # nearest the rows first; the last link's parent is the subject
    year_shift: int = 0


@dataclass(frozen=True)
class Vocabulary:
    """All tables and code lists; immutable."""

    tables: Mapping[str, Table]
    codes: Mapping[str, CodeList]

    def relation(self, subject: str, name: str) -> Relation | None:
        """The list `name` (identifier or Chinese name) of `subject`, by the shortest path, or None."""
        for table in self.tables.values():
            shift = -1 if name in table.previous_names else 0
            if shift or name in (table.id, table.name, *table.aliases):
                path = self._path(table.id, subject)
                return Relation(name, table, path, shift) if path else None
        return None

    def _path(self, start: str, goal: str) -> tuple[Link, ...]:
        frontier: list[tuple[str, tuple[Link, ...]]] = [(start, ())]
        seen = {start}
        while frontier:
            table, path = frontier.pop(0)
            for link in self.tables[table].links:
                if path and not link.transit:
                    continue
                longer = (*path, link)
                if link.parent == goal:
                    return longer
                if link.parent not in seen:
                    seen.add(link.parent)
                    frontier.append((link.parent, longer))
        return ()

    def code_list(self, column: Column) -> CodeList:
        """The code list of a code column; KeyError if it has none."""
        return self.codes[column.codes or ""]
