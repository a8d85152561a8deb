"""Changes of where a household stands (identified, exited, fallen back, struck off); plain corrections."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from bangfu.core.messages import N_
from bangfu.core.register.changes import Batch, ChangeSet, Kind, State
from bangfu.core.register.drafts import Draft, refusal
from bangfu.core.vocabulary import Vocabulary


@dataclass(frozen=True)
class StatusMove:
    """From which states of `household_status` to which, the column of its day, and how the type follows."""

    origins: tuple[str, ...]
    goal: str
    day: str
    types: tuple[tuple[str, str], ...]


_EXITS = (
    ("poor", "exited"),
    ("poor_low_income", "exited_low_income"),
    ("poor_destitute", "exited_destitute"),
)
_RETURNS = tuple((new, old) for old, new in _EXITS)
STATUS_MOVES: dict[Kind, StatusMove] = {
    Kind.IDENTIFICATION: StatusMove(
        ("general", "removed"), "registered", "identified_on", (("general", "poor"),)
    ),
    Kind.EXIT: StatusMove(("registered", "returned"), "exited", "exited_on", _EXITS),
    Kind.RETURN: StatusMove(("exited",), "returned", "returned_on", _RETURNS),
    Kind.REMOVAL: StatusMove(
        ("registered", "exited", "returned"),
        "removed",
        "removed_on",
        tuple((kind, "general") for pair in _EXITS for kind in pair),
    ),
}


def change_status(
    state: State, vocabulary: Vocabulary, batch: Batch, kind: Kind, households: pl.DataFrame
) -> ChangeSet:
    """Identification, exit, return into poverty or removal from the list of households.

    `households`: household_id, and what else is known (day, year, standard, causes); the day is the batch's
    unless given. A household whose status is not known may be identified. Raises RegisterError for
    households that do not stand where the move begins.
    """
    move = STATUS_MOVES[kind]
    draft = Draft(state, vocabulary)
    now = draft.rows("household", households["household_id"])
    start = pl.col("household_status").is_in(move.origins)
    free = pl.col("household_status").is_null() & pl.lit(kind is Kind.IDENTIFICATION)
    wrong = now.filter(~(start.fill_null(False) | free))["household_id"]
    if wrong.len():
        raise refusal("status", N_("这些户的现状不能作此变更"), f"household {wrong.to_list()[:5]}")
    known = now.select("household_id", pl.col("household_type").replace(dict(move.types)))
    derived = known.with_columns(
        pl.lit(move.goal).alias("household_status"), pl.lit(batch.effective_on).alias(move.day)
    )
    if kind is Kind.EXIT:
        derived = derived.with_columns(pl.lit(batch.effective_on.year, pl.Int64).alias("exit_year"))
    draft.update("household", derived.update(households, on="household_id"))
    said = households.drop([name for name in derived.columns if name != "household_id"], strict=False)
    draft.update("household", said)
    return draft.finish(batch, kind)


def correction(
    state: State,
    vocabulary: Vocabulary,
    batch: Batch,
    table: str,
    rows: pl.DataFrame,
    cleared: Iterable[str] = (),
) -> ChangeSet:
    """Set what was wrong: rows of a table (own key, the corrected columns); `cleared` columns are emptied."""
    draft = Draft(state, vocabulary)
    draft.update(table, rows, cleared)
    return draft.finish(batch, Kind.CORRECTION)
