"""A frame is the rows of one table with everything lifted from their lists joined to them.

All conditions over one list are gathered into one GROUP BY: truths as two bits a condition, counts and sums as
columns. Each group is a named step; nothing here runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bangfu.core.engine.sql.setting import Setting, WindowSql, absent_sql
from bangfu.core.engine.sql.spans import SpanSql, inside, row_span
from bangfu.core.engine.sql.values import quoted
from bangfu.core.expressions import nodes as n
from bangfu.core.vocabulary import Link, Relation, Table

BITS_A_COLUMN = 31  # two bits a condition in a BIGINT

_TIMED_VALUES = (n.PeriodValue, n.DayCount, n.Difference)


def is_timed(node: n.Node) -> bool:
    """Whether a node's value depends on the period."""
    return any(
        isinstance(below, _TIMED_VALUES)
        or (isinstance(below, n.Rows) and is_timed_list(below.relation) and below.within != "own")
        for below in n.walk(node)
    )


def is_timed_list(relation: Relation) -> bool:
    """Whether which rows belong to the list depends on the period."""
    return relation.table.timing.is_dated or any(link.through for link in relation.path)


class Frame:
    """Rows of `table` under the alias `t`, with the period as `p` where `is_timed`.

    `is_outer`: what is gathered from lists is worked out once into cells, and read from them as columns of `t`.
    """

    def __init__(self, setting: Setting, table: Table, is_timed: bool, is_outer: bool = False) -> None:
        self.setting = setting
        self.is_outer = is_outer
        self.cells: dict[str, str] = {}  # SQL over the row and its lists → column
        self.table = table
        self.is_timed = is_timed and not setting.is_once
        self.groups: dict[tuple[object, ...], ListGroup] = {}
        self.day_steps: dict[str, str] = {}  # step of a day count → alias

    @property
    def key(self) -> str:
        """The row's key."""
        return f"t.{quoted(self.table.key)}"

    def cell(self, sql: str) -> str:
        """Something gathered from lists, as it is read on the row."""
        return f"t.{quoted(self.cells.setdefault(sql, f'cell {len(self.cells)}'))}" if self.is_outer else sql

    def group(self, relation: Relation, within: n.Within, is_timed: bool) -> ListGroup:
        """The group of a list, made when first asked for."""
        timed = is_timed and self.is_timed
        key = (relation.table.id, relation.path, relation.year_shift, within, timed)
        if key not in self.groups:
            self.groups[key] = ListGroup(self, relation, within, timed, f"g{len(self.groups)}")
        return self.groups[key]

    def join_days(self, step: str) -> str:
        """The alias under which a step of day counts is joined."""
        return self.day_steps.setdefault(step, f"d{len(self.day_steps)}")

    def joins(self) -> Iterator[str]:
        """LEFT JOINs of all groups; renders them as steps."""
        # Rendering a group may ask for nothing more of this frame: conditions are read before.
        for group in self.groups.values():
            yield self._join(group.render(), group.alias, group.is_timed)
        for step, alias in self.day_steps.items():
            yield self._join(step, alias, self.is_timed)

    def _join(self, step: str, alias: str, timed: bool) -> str:
        on = f"{alias}.subject_id = {self.key}" + (f" AND {alias}.period_id = p.period_id" if timed else "")
        return f"LEFT JOIN {step} AS {alias} ON {on}"


@dataclass(frozen=True)
class Path:
    """How rows reach their subject: joins, the SQL of the subject's key, and the memberships passed."""

    joins: tuple[str, ...]
    subject: str
    members: tuple[SpanSql, ...]


def path_of(relation: Relation, setting: Setting, alias: str) -> Path:
    """The joins from rows (under `alias`) up to the subject's key."""
    joins: list[str] = []
    members: list[SpanSql] = []
    key = ""
    below = relation.table
    for index, link in enumerate(relation.path):
        if index:
            below = setting.vocabulary.tables[relation.path[index - 1].parent]
        if link.through is not None:
            member = setting.vocabulary.tables[link.through]
            own_key = f"{alias}.{quoted(below.key)}" if not index else key
            joins.append(f"JOIN {quoted(member.id)} AS m{index} ON m{index}.{quoted(below.key)} = {own_key}")
            members.append(row_span(member, f"m{index}"))
            key = f"m{index}.{quoted(f'{link.parent}_id')}"
        elif index:
            joins.append(f"JOIN {quoted(below.id)} AS a{index} ON a{index}.{quoted(below.key)} = {key}")
            key = f"a{index}.{quoted(link.column or '')}"
        else:
            key = f"{alias}.{quoted(link.column or '')}"
    return Path(tuple(joins), key, tuple(members))


def owner_relations(relation: Relation, setting: Setting) -> Iterator[tuple[Link, Relation | None]]:
    """Each link with the list of its owners as seen from the subject; None: the subject itself."""
    for index, link in enumerate(relation.path):
        below = relation.path[index + 1 :]
        table = setting.vocabulary.tables[link.parent]
        yield link, Relation(table.id, table, below) if below else None


class ListGroup:
    """Everything asked of one list, aggregated by subject (and period)."""

    def __init__(self, parent: Frame, relation: Relation, within: n.Within, timed: bool, alias: str) -> None:
        self.setting = parent.setting
        self.relation = relation
        self.is_timed = timed
        self.alias = alias
        self.frame = Frame(parent.setting, relation.table, timed)
        self.frame.is_timed = timed
        self.window: WindowSql = self.setting.window(within, parent.table, "s")
        self._owner_table = parent.table
        self._needs_owner = self.window.is_own
        self._cells: dict[str, str] = {}  # SQL on a row → its name among the rows that are gathered
        self._bits: dict[str, int] = {}
        self._sums: dict[str, str] = {}

    @property
    def inside(self) -> str:
        """Whether a row belongs to the subject in the window, as SQL on the rows; "TRUE" where always."""
        if self._is_deduplicated:
            return "(CASE WHEN b.belongs = 2 THEN TRUE END)"
        return inside(self.relation, "t", (), self.window, self.setting)

    @property
    def _is_deduplicated(self) -> bool:
        """A row may belong by several memberships and yet counts once."""
        return any(link.through for link in self.relation.path)

    def cell(self, sql: str) -> str:
        """Note a condition or value of a row, to be worked out once; returns its name for aggregates."""
        return sql if sql in ("TRUE", "FALSE") else self._cells.setdefault(sql, f"c{len(self._cells)}")

    def ask_owner(self) -> None:
        """The rows' owner is asked for: it is joined as `s`."""
        self._needs_owner = True

    def truth_bit(self, condition: str, is_usual: bool = False) -> tuple[str, str]:
        """Note a condition; returns SQL on the subject: some row makes it true, some row leaves it unknown.

        `is_usual`: most rows meet it; what is usual is asked first.
        """
        column, shift = self.bit(condition, is_usual)
        return f"(({column} & {1 << shift}) <> 0)", f"(({column} & {2 << shift}) <> 0)"

    def bit(self, condition: str, is_usual: bool = False) -> tuple[str, int]:
        """The column and the place of the two bits of a condition."""
        code = _two_bits(self.cell(condition), is_usual)
        index = self._bits.setdefault(code, len(self._bits))
        return f"{self.alias}.bits{index // BITS_A_COLUMN}", 2 * (index % BITS_A_COLUMN)

    def count(self, condition: str) -> tuple[str, str]:
        """Note a count of rows; returns SQL on the subject: the fewest and the most."""
        if condition == "TRUE":
            return (self.aggregate("COUNT(*)"),) * 2
        cell = self.cell(condition)
        # Both counts in one sum: those that may meet it stand above the lower half.
        term = f"CASE WHEN {cell} THEN {_ONE} WHEN NOT {cell} THEN {_NONE} ELSE {_MAYBE} END"
        packed = self.aggregate(f"CAST(SUM({term}) AS BIGINT)")
        sure, unsure = f"({packed} & {_HALF - 1})", f"({packed} >> 32)"
        return sure, f"({sure} + {unsure})"

    def aggregate(self, sql: str) -> str:
        """Note an aggregate over the cells of the rows; returns its column on the subject."""
        name = self._sums.setdefault(sql, f"v{len(self._sums)}")
        return f"{self.alias}.{name}"

    def render(self) -> str:
        """The step that aggregates the list."""
        rows = self._belonging() if self._is_deduplicated else self._rows()
        subject, source = rows
        period = "b.period_id" if self._is_deduplicated else "p.period_id"
        keys = [f"{subject} AS subject_id", *([f"{period} AS period_id"] if self.is_timed else [])]
        cells = [f"{sql} AS {name}" for sql, name in self._cells.items()]
        gathered = f"SELECT {', '.join([*keys, *cells])} FROM {source}"
        by = "subject_id, period_id" if self.is_timed else "subject_id"
        columns = ", ".join([by, *self._columns()])
        return self.setting.step("list", f"SELECT {columns} FROM ({gathered}) AS r GROUP BY {by}")

    def _columns(self) -> Iterator[str]:
        codes = list(self._bits)
        for start in range(0, len(codes), BITS_A_COLUMN):
            terms = [
                code.format(true=_big(1 << 2 * index), unknown=_big(2 << 2 * index))
                for index, code in enumerate(codes[start : start + BITS_A_COLUMN])
            ]
            yield f"BIT_OR({' | '.join(terms)}) AS bits{start // BITS_A_COLUMN}"
        yield from (f"{sql} AS {name}" for sql, name in self._sums.items())

    def _rows(self) -> tuple[str, str]:
        """The subject's key and the FROM clause, rows that cannot belong left out."""
        path = path_of(self.relation, self.setting, "t")
        belongs = self.inside
        parts = [f"{quoted(self.relation.table.id)} AS t", *path.joins, *self._own_join(path.subject)]
        if self.is_timed:
            parts.append(f"JOIN period AS p ON {_possibly(belongs)}")
        parts += self.frame.joins()
        where = "" if self.is_timed or belongs == "TRUE" else f" WHERE {_possibly(belongs)}"
        return path.subject, " ".join(parts) + where

    def _own_join(self, subject: str) -> list[str]:
        if not self._needs_owner:
            return []
        return [f"JOIN {quoted(self._owner_table.id)} AS s ON s.{quoted(self._owner_table.key)} = {subject}"]

    def _belonging(self) -> tuple[str, str]:
        """Rows once per subject, with how surely they belong; then the rows themselves."""
        table, path = self.relation.table, path_of(self.relation, self.setting, "t")
        belongs = inside(self.relation, "t", path.members, self.window, self.setting)
        period = ["p.period_id"] if self.is_timed else []
        keys = ", ".join([f"t.{quoted(table.key)} AS row_id", f"{path.subject} AS subject_id", *period])
        parts = [f"{quoted(table.id)} AS t", *path.joins, *self._own_join(path.subject)]
        parts += [f"JOIN period AS p ON {_possibly(belongs)}"] if period else []
        where = "" if period else f" WHERE {_possibly(belongs)}"
        grouped = ", ".join(str(index + 1) for index in range(2 + len(period)))
        code = f"MAX(CASE WHEN {belongs} THEN 2 ELSE 1 END) AS belongs"
        step = self.setting.step(
            "belonging", f"SELECT {keys}, {code} FROM {' '.join(parts)}{where} GROUP BY {grouped}"
        )
        source = [f"{step} AS b", f"JOIN {quoted(table.id)} AS t ON t.{quoted(table.key)} = b.row_id"]
        source += self._own_join("b.subject_id")
        if self.is_timed:
            source.append("JOIN period AS p ON p.period_id = b.period_id")
        return "b.subject_id", " ".join([*source, *self.frame.joins()])


def _two_bits(cell: str, is_usual: bool) -> str:
    """A true and an unknown bit. CASE over constants runs three times as fast as casting and multiplying."""
    if cell == "TRUE":
        return "{true}"
    order = (cell, "{true}", f"NOT {cell}", _NONE) if is_usual else (f"NOT {cell}", _NONE, cell, "{true}")
    return "(CASE WHEN {} THEN {} WHEN {} THEN {} ELSE {{unknown}} END)".format(*order)


def _big(number: int) -> str:
    return f"CAST({number} AS BIGINT)"


_HALF = 1 << 32
_NONE, _ONE, _MAYBE = (_big(number) for number in (0, 1, _HALF))


_EVERY_UNKNOWN = _big(sum(2 << 2 * index for index in range(BITS_A_COLUMN)))


def settled(column: str, is_open: str) -> str:
    """A column of bits with what an open list adds: every condition on it may be met by a row not told of."""
    bits = f"COALESCE({column}, {_NONE})"
    return (
        bits
        if is_open == "FALSE"
        else f"({bits} | CASE WHEN {is_open} THEN {_EVERY_UNKNOWN} ELSE {_NONE} END)"
    )


def _possibly(truth: str) -> str:
    return "TRUE" if truth == "TRUE" else f"({truth}) IS DISTINCT FROM FALSE"


__all__ = [
    "Frame",
    "ListGroup",
    "Path",
    "absent_sql",
    "is_timed",
    "is_timed_list",
    "owner_relations",
    "path_of",
    "settled",
]
