"""Small registers written down as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

import polars as pl

from bangfu.core.register import (
    Batch,
    ChangeSet,
    Kind,
    State,
    apply,
    creates,
    empty_state,
    state_schema,
    well_formed,
)
from bangfu.core.vocabulary import load_vocabulary

VOCABULARY = load_vocabulary()
DAY = date(2023, 12, 31)
Rows = Mapping[str, Sequence[Mapping[str, object]]]


def batch(key: str = "k", source: str = "test", on: date = DAY) -> Batch:
    return Batch(key, Kind.IMPORT, source, on, datetime(2024, 1, 1, tzinfo=UTC), "tester", key)


def state_of(rows: Rows) -> State:
    """A register that holds just these rows; keys count from 1 unless given."""
    frames = {}
    for name, listed in rows.items():
        table = VOCABULARY.tables[name]
        schema = {k: v for k, v in state_schema(table).items() if k != "_version"}
        full = [{table.key: at, **row} for at, row in enumerate(listed, 1)]
        frames[name] = creates(table, pl.DataFrame(full, schema=schema))
    return apply(well_formed(ChangeSet(batch(), frames), VOCABULARY), empty_state(), VOCABULARY)


def rows_of(state: State, table: str, *columns: str) -> list[tuple[object, ...]]:
    return state.rows(VOCABULARY.tables[table]).select(columns).rows()
