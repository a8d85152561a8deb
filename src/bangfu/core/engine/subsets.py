"""The rows that bear on a few subjects, fetched from the same tables that a run read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import duckdb

from bangfu.core.calendars import Calendar
from bangfu.core.engine.run import Tables
from bangfu.core.engine.sql.values import parquet, quoted
from bangfu.core.engine.world import Row, World
from bangfu.core.expressions import nodes as n
from bangfu.core.plans.plan import Criterion, Plan
from bangfu.core.snapshots.schema import arrow_schema
from bangfu.core.vocabulary import Relation


def world_around(
    plan: Plan,
    criteria: Sequence[Criterion],
    subject_ids: Iterable[int],
    tables: Tables,
    as_of: date,
    calendar: Calendar,
) -> World:
    """The world of a few subjects of one kind: their own rows and every related row the criteria read."""
    subject = criteria[0].subject
    with duckdb.connect() as connection:
        fetch = _Fetch(connection, plan, tables)
        fetch.add(subject, f"SELECT UNNEST({sorted(set(subject_ids))}::BIGINT[])")
        for criterion in criteria:
            for truth in (criterion.when, criterion.holds):
                if truth is not None:
                    fetch.follow(subject, truth)
        fetch.descend()
        rows = {name: fetch.rows(name) for name in fetch.names if name in tables}
    return World(plan.vocabulary, rows, as_of, calendar, plan.campaign)


class _Fetch:
    def __init__(self, connection: duckdb.DuckDBPyConnection, plan: Plan, tables: Tables) -> None:
        self.connection = connection
        self.vocabulary = plan.vocabulary
        self.tables = tables
        self.names: list[str] = []
        self._lists: dict[
            object, tuple[str, Relation]
        ] = {}  # each list once, however many conditions ask for it

    def add(self, table: str, keys: str) -> None:
        """Note rows of a table, by a SELECT of their keys."""
        self._touch(table)
        self.connection.execute(f"INSERT OR IGNORE INTO {_keys(table)} {keys}")

    def _touch(self, table: str) -> None:
        if table not in self.names:
            self.names.append(table)
            self.connection.execute(f"CREATE TEMP TABLE {_keys(table)} (id BIGINT PRIMARY KEY)")
            self._view(table)

    def _view(self, table: str) -> None:
        source = self.tables.get(table, arrow_schema(self.vocabulary.tables[table]).empty_table())
        if isinstance(source, Path):
            select = f"SELECT * FROM {parquet(source)}"
            self.connection.execute(f"CREATE TEMP VIEW {quoted(table)} AS {select}")
        else:
            self.connection.register(table, source)

    def follow(self, table: str, node: n.Node) -> None:
        """Note every list below a node that stands on rows of `table`."""
        for child in n.children(node):
            if not isinstance(child, n.Rows):
                self.follow(table, child)
                continue
            relation = child.relation
            self._lists[table, relation.table.id, relation.path] = table, relation
            for truth in (child.where, *_conditions_of(node)):
                if truth is not None:
                    self.follow(child.relation.table.id, truth)

    def descend(self) -> None:
        """Note the rows of all lists; again where rows came in whose own lists were asked for before."""
        before = -1
        while before != (noted := self._noted()):
            before = noted
            for table, relation in self._lists.values():
                self._descend(table, relation)

    def _noted(self) -> int:
        counts = " + ".join(f"(SELECT COUNT(*) FROM {_keys(table)})" for table in self.names)
        return int(self.connection.sql(f"SELECT {counts}").fetchall()[0][0])

    def _descend(self, table: str, relation: Relation) -> None:
        above = table
        for index in range(len(relation.path) - 1, -1, -1):
            link = relation.path[index]
            below = relation.table.id if index == 0 else relation.path[index - 1].parent
            key = quoted(self.vocabulary.tables[below].key)
            parents = f"SELECT id FROM {_keys(above)}"
            if link.through is None:
                self._touch(below)  # its rows are asked for before they are noted
                self.add(
                    below,
                    f"SELECT {key} FROM {quoted(below)} WHERE {quoted(link.column or '')} IN ({parents})",
                )
            else:
                member = self.vocabulary.tables[link.through]
                self._touch(member.id)
                inside = f"{quoted(member.id)} WHERE {quoted(f'{above}_id')} IN ({parents})"
                self.add(member.id, f"SELECT {quoted(member.key)} FROM {inside}")
                self.add(below, f"SELECT DISTINCT {key} FROM {inside} AND {key} IS NOT NULL")
            above = below

    def rows(self, table: str) -> list[Row]:
        """The noted rows."""
        key = quoted(self.vocabulary.tables[table].key)
        sql = (
            f"SELECT t.* FROM {quoted(table)} AS t JOIN {_keys(table)} AS k ON k.id = t.{key} ORDER BY {key}"
        )
        found: list[Row] = self.connection.sql(sql).to_arrow_table().to_pylist()
        return found


def _keys(table: str) -> str:
    return quoted(f"{table} keys")


def _conditions_of(node: n.Node) -> tuple[n.Node, ...]:
    """Conditions and amounts of a node that stand on the rows of its list."""
    match node:
        case n.Total(amount=amount):
            return (amount,)
        case n.Share(applies=applies, holds=holds):
            return (applies, holds)
        case n.DayCount(sure=sure) if sure is not None:
            return (sure,)
    return ()
