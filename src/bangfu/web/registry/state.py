"""The register as the core's `State`: all of it from the log, or the part that some rows need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import polars as pl

from bangfu.core.register import ChangeSet, State, empty_state, fold, state_schema
from bangfu.core.register.changes import CHANGE, REMOVE, ROW
from bangfu.core.vocabulary import Table
from bangfu.web.registry import log
from bangfu.web.registry.fields import Sealed
from bangfu.web.registry.models import NextKey
from bangfu.web.registry.rows import VOCABULARY, row_model

WHOLE_FROM = 5_000  # change rows from which the whole register is folded instead of asking for single rows
_AT_ONCE = 500
Keys = dict[str, set[int]]


def whole_state(as_of: int | date | None = None) -> State:
    """The register now, after a batch, or on a day as it knows that day now: the fold of the log."""
    return fold(log.numbered(as_of), VOCABULARY)


def rows_of(table: Table, column: str, keys: Iterable[int]) -> pl.DataFrame:
    """Current rows of a table whose key or link `column` is one of `keys`, opened, as in a State."""
    names = [table.key, *table.link_columns, *table.columns]
    wanted = sorted(set(keys))
    found: list[tuple[object, ...]] = []
    for start in range(0, len(wanted), _AT_ONCE):
        part = {f"{column}__in": wanted[start : start + _AT_ONCE]}
        found += row_model(table.id).objects.filter(**part).values_list(*names, "row_version")
    opened = [tuple(v.reveal() if isinstance(v, Sealed) else v for v in row) for row in found]
    return pl.DataFrame(opened, schema=state_schema(table), orient="row").unique(table.key).sort(table.key)


def state_for(change_set: ChangeSet) -> State:
    """As much of the register as tells whether the change set may be applied."""
    if change_set.rows >= WHOLE_FROM:
        return whole_state()
    keys: Keys = {}
    for name, frame in change_set.tables.items():
        keys.setdefault(name, set()).update(frame[ROW].to_list())
        for link in VOCABULARY.tables[name].links:
            if link.column is not None:
                keys.setdefault(link.parent, set()).update(frame[link.column].drop_nulls().to_list())
    tables = _rows(keys)
    for name, frame in change_set.tables.items():
        gone = frame.filter(pl.col(CHANGE) == REMOVE)[ROW].to_list()
        _add_children(tables, name, gone)
    return _with_parents(tables)


def state_of_households(households: Iterable[int], also: Mapping[str, Iterable[int]] | None = None) -> State:
    """Everything of some households, and what their rows belong to. `also`: further rows, by table."""
    tables = _rows({name: set(keys) for name, keys in (also or {}).items()} | {"household": set(households)})
    pending = [("household", tables["household"]["household_id"].to_list())]
    while pending:
        name, keys = pending.pop()
        pending += _add_children(tables, name, keys)
    return _with_parents(tables)


Tables = dict[str, pl.DataFrame]


def _rows(keys: Keys) -> Tables:
    return {name: rows_of(VOCABULARY.tables[name], "pk", wanted) for name, wanted in keys.items()}


def _merge(tables: Tables, table: Table, rows: pl.DataFrame) -> list[int]:
    """Add rows; the keys of those that were not there."""
    known = tables.get(table.id)
    if known is None:
        tables[table.id] = rows
        return rows[table.key].to_list()
    fresh = rows.join(known, on=table.key, how="anti")
    tables[table.id] = pl.concat([known, fresh]).sort(table.key)
    return fresh[table.key].to_list()


def _add_children(tables: Tables, parent: str, keys: list[int]) -> list[tuple[str, list[int]]]:
    added = []
    for child in VOCABULARY.tables.values():
        for link in child.links:
            if link.parent == parent and link.column is not None and keys:
                fresh = _merge(tables, child, rows_of(child, link.column, keys))
                if fresh:
                    added.append((child.id, fresh))
    return added


def _with_parents(tables: Tables) -> State:
    """The rows with everything above them, up to the county."""
    pending = [(name, rows) for name, rows in tables.items()]
    while pending:
        name, rows = pending.pop()
        for link in VOCABULARY.tables[name].links:
            if link.column is None:
                continue
            parent = VOCABULARY.tables[link.parent]
            known = tables.get(parent.id, pl.DataFrame(schema={parent.key: pl.Int64}))[parent.key]
            missing = (
                rows[link.column]
                .drop_nulls()
                .unique()
                .to_frame(parent.key)
                .join(known.to_frame(), on=parent.key, how="anti")
            )
            above = rows_of(parent, "pk", missing[parent.key].to_list())
            if above.height:
                _merge(tables, parent, above)
                pending.append((parent.id, above))
    base = empty_state()
    next_ids = dict(NextKey.objects.values_list("table", "next_id"))
    return State(log.last_seq(), tables, base.successors, next_ids)
