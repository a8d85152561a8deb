"""Keep what was found as rows of the register: keys and names of columns, never a value of a person.

A difference is known by household, kind, table and column: found again it is not written again; no longer
found it is settled; one that a person settled stays settled while it is found, and one that this room settled
is opened anew when it comes back.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from bangfu.core.register import VERSION, Batch, ChangeSet, Kind, State, creates, updates
from bangfu.core.vocabulary import Vocabulary

TABLE = "discrepancy"
IDENTITY = ("household_id", "kind", "table_name", "column_name")
FACTS = pl.Schema(
    {
        "household_id": pl.Int64(),
        "village_id": pl.Int64(),
        "kind": pl.String(),  # a code of discrepancy_kind
        "table_name": pl.String(),
        "column_name": pl.String(),
    }
)


@dataclass(frozen=True)
class Completion:
    """The office says that every comparison of these households is done up to a day; it is noted on them, and
    on the villages of which all households are among them, and never set back."""

    day: date
    households: pl.Series


def record_facts(
    state: State,
    vocabulary: Vocabulary,
    facts: pl.DataFrame,
    judged: pl.DataFrame,
    batch: Batch,
    own_batches: Collection[int] = (),
    completion: Completion | None = None,
) -> ChangeSet:
    """The changes that bring the register's discrepancies to `facts` (columns `FACTS`).

    `judged`: `IDENTITY` of all that was looked at with a sure answer, found or not; only such rows are
    settled. `own_batches`: numbers of batches that this function drew up.
    """
    table = vocabulary.tables[TABLE]
    held = state.rows(table)
    facts = facts.unique(IDENTITY, maintain_order=True).sort(IDENTITY)
    is_open = ~pl.col("resolved").fill_null(False)
    settled_by_hand = pl.col("resolved") & ~pl.col(VERSION).is_in(list(own_batches))
    standing = held.filter(is_open | settled_by_hand)
    fresh = facts.join(standing, on=IDENTITY, how="anti", nulls_equal=True, maintain_order="left")
    first = state.next_id(TABLE)
    keys = pl.int_range(first, first + fresh.height, dtype=pl.Int64, eager=True).alias(table.key)
    new = fresh.with_columns(
        keys, pl.lit(batch.effective_on).alias("found_on"), pl.lit(False).alias("resolved")
    )
    gone = held.filter(is_open).join(judged, on=IDENTITY, how="semi", nulls_equal=True)
    gone = gone.join(facts, on=IDENTITY, how="anti", nulls_equal=True)
    settled = gone.select(table.key, pl.lit(True).alias("resolved"))
    tables = {TABLE: pl.concat([creates(table, new), updates(table, settled, held)])}
    if completion is not None:
        tables |= _completed(state, vocabulary, completion)
    return ChangeSet(
        replace(batch, kind=Kind.CORRECTION), {name: frame for name, frame in tables.items() if frame.height}
    )


def _completed(state: State, vocabulary: Vocabulary, completion: Completion) -> dict[str, pl.DataFrame]:
    column, day = "discrepancies_known_to", completion.day
    is_done = pl.col("household_id").is_in(completion.households.implode())
    homes = state.rows(vocabulary.tables["household"])
    villages = state.rows(vocabulary.tables["village"])
    whole = villages.join(homes.filter(is_done), on="village_id", how="semi")
    whole = whole.join(homes.filter(~is_done), on="village_id", how="anti")
    changes = {}
    for name, rows in (("household", homes.filter(is_done)), ("village", whole)):
        table = vocabulary.tables[name]
        older = rows.filter(pl.col(column).is_null() | (pl.col(column) < day))
        changes[name] = updates(table, older.select(table.key, pl.lit(day).alias(column)), older)
    return changes
