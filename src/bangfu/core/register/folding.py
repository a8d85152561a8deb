"""Fold change sets into tables, take one back, and see which rows moved meanwhile."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from datetime import date

import polars as pl

from bangfu.core.register.changes import (
    BASE,
    CHANGE,
    CLEARED,
    CREATE,
    REMOVE,
    RESTORES,
    ROW,
    UPDATE,
    VERSION,
    Batch,
    ChangeSet,
    State,
    change_schema,
    empty_state,
    tables_of,
)
from bangfu.core.register.columns import table_schema
from bangfu.core.vocabulary import Table, Vocabulary

Numbered = tuple[int, ChangeSet]

_CHUNK = 1_000_000  # change rows folded at once: bounds the memory of a long replay
_AT, _BIRTH = "_at", "_birth"
_CONFLICT_SCHEMA = {"table": pl.String(), ROW: pl.Int64(), BASE: pl.Int64(), "version": pl.Int64()}


def fold(
    batches: Iterable[Numbered],
    vocabulary: Vocabulary,
    until: int | date | None = None,
    start: State | None = None,
) -> State:
    """The tables after the numbered batches, in ascending order of number, applied to `start`.

    `until` a number: later batches are left out. `until` a date: batches that took effect after that day
    are left out, so the tables show that day as the register knows it now.
    """
    state = start or empty_state()
    for chunk in _chunks(batch for batch in batches if _counts(batch, until)):
        state = _fold_chunk(chunk, vocabulary, state)
    return state


def _counts(batch: Numbered, until: int | date | None) -> bool:
    seq, changes = batch
    if isinstance(until, date):
        return changes.batch.effective_on <= until
    return until is None or seq <= until


def _chunks(batches: Iterable[Numbered]) -> Iterator[list[Numbered]]:
    waiting: list[Numbered] = []
    rows = 0
    for seq, changes in batches:
        waiting.append((seq, changes))
        rows += changes.rows
        if rows >= _CHUNK:
            yield waiting
            waiting, rows = [], 0
    if waiting:
        yield waiting


def _fold_chunk(chunk: list[Numbered], vocabulary: Vocabulary, state: State) -> State:
    frames: dict[str, list[pl.DataFrame]] = {}
    for seq, changes in chunk:
        for table, frame in tables_of(vocabulary, changes):
            version = pl.coalesce(RESTORES, pl.lit(seq, pl.Int64)).alias(VERSION)
            frames.setdefault(table.id, []).append(frame.with_columns(version))
    tables, next_ids = dict(state.tables), dict(state.next_ids)
    for name, parts in frames.items():
        table, changed = vocabulary.tables[name], pl.concat(parts)
        tables[name] = fold_rows(table, state.rows(table), changed)
        next_ids[name] = max(state.next_id(name), _highest(changed) + 1)
    successions = _fold_successors(state.successors, [changes.successors for _, changes in chunk])
    return State(chunk[-1][0], tables, successions, next_ids)


def _highest(changed: pl.DataFrame) -> int:
    highest = changed[ROW].max()
    return highest if isinstance(highest, int) else 0


def fold_rows(table: Table, current: pl.DataFrame, changed: pl.DataFrame) -> pl.DataFrame:
    """Current rows after change rows (with `_version`) in the order in which they were said.

    A change of a row that is not there (as of an earlier day) is idle.
    """
    touched = changed.select(pl.col(ROW).alias(table.key)).unique()
    untouched = current.join(touched, on=table.key, how="anti")
    before = current.join(touched, on=table.key, how="semi").rename({table.key: ROW})
    births = before.with_columns(
        pl.lit(CREATE).alias(CHANGE),
        pl.lit(None, pl.Int64).alias(BASE),
        pl.lit(None, pl.List(pl.String)).alias(CLEARED),
        pl.lit(None, pl.Int64).alias(RESTORES),
    )
    # What was said of a row stands here in the order in which it was said, so no sort is needed.
    history = pl.concat([births.select(changed.columns), changed], rechunk=True).with_row_index(_AT)
    return pl.concat([untouched, _last_said(table, history, _since_creation(history))]).sort(table.key)


def _since_creation(history: pl.DataFrame) -> pl.DataFrame:
    """Positions (`_at`) and rows of what was said since each row was last created; none of removed rows."""
    birth = pl.when(pl.col(CHANGE) != UPDATE).then(pl.col(_AT)).max().over(ROW)
    born = history.select(_AT, ROW, VERSION, birth.alias(_BIRTH)).filter(pl.col(_AT) >= pl.col(_BIRTH))
    return born.filter(history[CHANGE].gather(born[_BIRTH]) == CREATE)


def _last_said(table: Table, history: pl.DataFrame, living: pl.DataFrame) -> pl.DataFrame:
    """Per row and column the last value said; a column of which no update speaks stays as created."""
    updated = history.filter(pl.col(CHANGE) == UPDATE)
    emptied = set(updated[CLEARED].explode().drop_nulls().unique().to_list())
    columns = [name for name in table_schema(table) if name != table.key]
    spoken = [name for name in columns if name in emptied or updated[name].null_count() < updated.height]
    said = history.select(_AT, CLEARED, *spoken)[living[_AT]].with_columns(living[ROW, VERSION, _BIRTH])
    where = said.group_by(ROW, maintain_order=True).agg(
        pl.col(_BIRTH).first(),
        pl.col(VERSION).last(),
        *(pl.when(_speaks_of(name, emptied)).then(pl.col(_AT)).max().alias(name) for name in spoken),
    )
    values = [history[name].gather(where[name if name in spoken else _BIRTH]) for name in columns]
    return pl.DataFrame([where[ROW].alias(table.key), *values, where[VERSION]])


def _speaks_of(name: str, emptied: Container[str]) -> pl.Expr:
    """Whether a change sets or empties a column; `emptied` are the columns that any change empties."""
    sets = pl.col(name).is_not_null()
    return sets | pl.col(CLEARED).list.contains(name).fill_null(False) if name in emptied else sets


def _fold_successors(current: pl.DataFrame, parts: list[pl.DataFrame]) -> pl.DataFrame:
    for part in parts:
        said = part.drop(CHANGE)
        gone = said.filter(part[CHANGE] == REMOVE)
        current = pl.concat([current, said.filter(part[CHANGE] == CREATE)])
        current = current.join(gone, on=["table", "old_key", "new_key", "kind"], how="anti")
    return current


def inverse(change_set: ChangeSet, before: State, vocabulary: Vocabulary, batch: Batch) -> ChangeSet:
    """The changes that undo `change_set`, which was applied to `before` as its next batch.

    `batch` says who undoes it; it takes effect on the day the undone one did.
    """
    seq = before.seq + 1
    tables = {
        table.id: _inverse_frame(table, frame, before.rows(table), seq)
        for table, frame in tables_of(vocabulary, change_set)
    }
    flipped = pl.col(CHANGE).replace_strict({CREATE: REMOVE, REMOVE: CREATE}, return_dtype=pl.String)
    undoing = replace(batch, effective_on=change_set.batch.effective_on, undoes=seq)
    return ChangeSet(undoing, tables, change_set.successors.with_columns(flipped))


def _inverse_frame(table: Table, frame: pl.DataFrame, before: pl.DataFrame, seq: int) -> pl.DataFrame:
    old = before.rename({table.key: ROW, VERSION: RESTORES})
    columns = [name for name in old.columns if name not in (ROW, RESTORES)]
    # The version that the batch gave the row: its own number, or an earlier one if it was itself an undo.
    said = frame.with_columns(pl.coalesce(RESTORES, pl.lit(seq, pl.Int64)).alias(BASE)).drop(RESTORES)
    created = said.filter(pl.col(CHANGE) == CREATE)
    taken = created.select(ROW, BASE, pl.lit(REMOVE).alias(CHANGE))
    removed = said.filter(pl.col(CHANGE) == REMOVE).select(ROW).join(old, on=ROW)
    restored = removed.with_columns(pl.lit(None, pl.Int64).alias(BASE), pl.lit(CREATE).alias(CHANGE))
    updated = said.filter(pl.col(CHANGE) == UPDATE).join(old, on=ROW, suffix="\0old")
    speaks = {name: _speaks_of(name, columns) for name in columns}
    values = [pl.when(speaks[name]).then(pl.col(f"{name}\0old")).alias(name) for name in columns]
    emptied = pl.concat_list(
        pl.when(speaks[name] & pl.col(f"{name}\0old").is_null()).then(pl.lit(name)) for name in columns
    ).list.drop_nulls()
    change = pl.lit(UPDATE).alias(CHANGE)
    reverted = updated.select(ROW, *values, emptied.alias(CLEARED), BASE, change, RESTORES)
    wanted = pl.DataFrame(schema=change_schema(table))
    return pl.concat([wanted, taken, restored, reverted], how="diagonal").select(wanted.columns)


def conflicts(change_set: ChangeSet, state: State, vocabulary: Vocabulary) -> pl.DataFrame:
    """Rows that moved since the change set's author saw them: table, row_id, base_version, version.

    `version` is the batch that touched the row last, null if the row is gone (or `base_version` is null:
    the row to be created is already there).
    """
    found = [pl.DataFrame(schema=_CONFLICT_SCHEMA)]
    for table, frame in tables_of(vocabulary, change_set):
        now = state.rows(table).select(pl.col(table.key).alias(ROW), pl.col(VERSION).alias("version"))
        seen = frame.select(pl.lit(table.id).alias("table"), ROW, BASE, CHANGE).join(now, on=ROW, how="left")
        fresh = pl.col(CHANGE) == CREATE
        moved = (fresh & pl.col("version").is_not_null()) | (
            ~fresh & pl.col("version").ne_missing(pl.col(BASE))
        )
        found.append(seen.filter(moved).select(_CONFLICT_SCHEMA.keys()))
    return pl.concat(found)


__all__ = ["Numbered", "conflicts", "fold", "inverse"]
