"""Typed changes: what a batch says about rows, who says it, and since when it holds.

A change frame speaks of one table, a row of it per changed row:

    row_id        int64      the row's own key
    change        str        create · update · remove
    base_version  int64      number of the batch that last touched the row, as the author saw it; null: create
    <columns>     typed      links and columns of the vocabulary; null = says nothing
    cleared       list[str]  columns that the change empties
    restores      int64      undo only: the version that the row gets back; null = the batch's own number
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

import polars as pl

from bangfu.core.register.columns import KEY_TYPE, table_schema
from bangfu.core.vocabulary import Table, Vocabulary

VERSION = "_version"
ROW, CHANGE, BASE, CLEARED, RESTORES = "row_id", "change", "base_version", "cleared", "restores"
CREATE, UPDATE, REMOVE = "create", "update", "remove"
SUCCESSOR_SCHEMA: dict[str, pl.DataType] = {
    "change": pl.String(),  # create, or remove when an undo takes the succession back
    "table": pl.String(),
    "old_key": KEY_TYPE,
    "new_key": KEY_TYPE,
    "kind": pl.String(),
    "on": pl.Date(),
}


class Kind(StrEnum):
    """Why a batch changes the register."""

    IMPORT = "import"
    BIRTH = "birth"
    DEATH = "death"
    MARRIAGE_IN = "marriage_in"
    MARRIAGE_OUT = "marriage_out"
    MOVE = "move"
    SPLIT = "split"
    MERGE = "merge"
    RECODE = "recode"
    CHANGE_HEAD = "change_head"
    IDENTIFICATION = "identification"
    EXIT = "exit"
    RETURN = "return"
    REMOVAL = "removal"
    CORRECTION = "correction"
    UNDO = "undo"


class Succession(StrEnum):
    """How one key came out of another."""

    SPLIT = "split"
    MERGE = "merge"
    RECODE = "recode"


@dataclass(frozen=True)
class Batch:
    """Who says what kind of thing, from which source, since when. Carries no personal value.

    `idempotency_key` is made by the client: a batch sent twice under one key is applied once.
    """

    batch_id: str
    kind: Kind
    source: str
    effective_on: date
    recorded_at: datetime
    by: str
    idempotency_key: str
    undoes: int | None = None


@dataclass(frozen=True)
class ChangeSet:
    """A batch and its change frames by table; `successors` says which keys came out of which."""

    batch: Batch
    tables: Mapping[str, pl.DataFrame]
    successors: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SUCCESSOR_SCHEMA))

    @property
    def rows(self) -> int:
        """How many rows the batch changes."""
        return sum(frame.height for frame in self.tables.values())


@dataclass(frozen=True)
class State:
    """The register's tables after batch number `seq`.

    Frames hold the row's key, the parents' keys, every column, and `_version`: the batch that last touched
    the row. A table of which no batch ever spoke is absent. `next_ids` never gives a key a second time.
    """

    seq: int
    tables: Mapping[str, pl.DataFrame]
    successors: pl.DataFrame
    next_ids: Mapping[str, int]

    def rows(self, table: Table) -> pl.DataFrame:
        """The rows of a table with `_version`; empty if nothing was ever said of it."""
        return self.tables.get(table.id, pl.DataFrame(schema=state_schema(table)))

    def next_id(self, table: str) -> int:
        """The first key that no row of the table ever had."""
        return self.next_ids.get(table, 1)


def empty_state() -> State:
    """The register before its first batch."""
    return State(0, {}, pl.DataFrame(schema=SUCCESSOR_SCHEMA).drop("change"), {})


def state_schema(table: Table) -> dict[str, pl.DataType]:
    """The columns of a table in a State."""
    return table_schema(table) | {VERSION: KEY_TYPE}


def change_schema(table: Table) -> dict[str, pl.DataType]:
    """The columns of a change frame."""
    values = {name: dtype for name, dtype in table_schema(table).items() if name != table.key}
    head: dict[str, pl.DataType] = {ROW: KEY_TYPE, CHANGE: pl.String(), BASE: KEY_TYPE}
    return head | values | {CLEARED: pl.List(pl.String), RESTORES: KEY_TYPE}


def complete(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """The change frame with every column of the table, those it lacks being empty."""
    wanted = change_schema(table)
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in wanted.items() if name not in frame.columns]
    return frame.with_columns(absent).select(wanted.keys())


def creates(table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """Change frame that creates `rows` (own key, links, columns; null = empty)."""
    keyed = rows.rename({table.key: ROW}).with_columns(
        pl.lit(CREATE).alias(CHANGE), pl.lit(None, KEY_TYPE).alias(BASE)
    )
    return complete(table, keyed)


def updates(
    table: Table, rows: pl.DataFrame, current: pl.DataFrame, cleared: Iterable[str] = ()
) -> pl.DataFrame:
    """Change frame that sets the non-null columns of `rows` (own key first) and empties `cleared`.

    `current` are the rows as the author saw them, with `_version`.
    """
    versions = current.select(pl.col(table.key).alias(ROW), pl.col(VERSION).alias(BASE))
    keyed = rows.rename({table.key: ROW}).join(versions, on=ROW, how="left", maintain_order="left")
    names = pl.lit(list(cleared), pl.List(pl.String))
    return complete(table, keyed.with_columns(pl.lit(UPDATE).alias(CHANGE), names.alias(CLEARED)))


def removes(table: Table, gone: pl.DataFrame) -> pl.DataFrame:
    """Change frame that removes the rows `gone` (own key and `_version`)."""
    keyed = gone.select(pl.col(table.key).alias(ROW), pl.col(VERSION).alias(BASE))
    return complete(table, keyed.with_columns(pl.lit(REMOVE).alias(CHANGE)))


def differences(table: Table, wanted: pl.DataFrame, current: pl.DataFrame) -> pl.DataFrame:
    """Change frame that brings `current` (with `_version`) to `wanted` (own key, columns it speaks of).

    A row not yet there is created; of the others only the cells that differ are named, and a row without
    any is left out. An empty cell of `wanted` says nothing.
    """
    columns = [name for name in wanted.columns if name != table.key]
    old = current.select(table.key, VERSION, *(pl.col(name).alias(f"{name}\0old") for name in columns))
    both = wanted.join(old, on=table.key, how="left", maintain_order="left")
    fresh = creates(table, both.filter(pl.col(VERSION).is_null()).select(wanted.columns))
    moved = [
        pl.when(pl.col(name).ne_missing(pl.col(f"{name}\0old"))).then(pl.col(name)).alias(name)
        for name in columns
    ]
    kept = both.filter(pl.col(VERSION).is_not_null()).select(table.key, *moved)
    changed = kept.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in columns))
    return pl.concat([fresh, updates(table, changed, current)])


def successors(table: str, pairs: Iterable[tuple[int, int]], kind: Succession, on: date) -> pl.DataFrame:
    """Rows of `ChangeSet.successors` for (old key, new key) pairs."""
    rows = [(CREATE, table, old, new, kind.value, on) for old, new in pairs]
    return pl.DataFrame(rows, schema=SUCCESSOR_SCHEMA, orient="row")


def tables_of(vocabulary: Vocabulary, change_set: ChangeSet) -> list[tuple[Table, pl.DataFrame]]:
    """The declared tables that a change set speaks of, by name, with completed change frames."""
    return [
        (vocabulary.tables[name], complete(vocabulary.tables[name], change_set.tables[name]))
        for name in sorted(change_set.tables)
    ]
