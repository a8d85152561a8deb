"""The whole self-check of a register in one go: texts compared, rules judged, what is to be kept drawn up."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import polars as pl

from bangfu.core.calendars import Calendar
from bangfu.core.engine.outcome import Outcome
from bangfu.core.integrity.checking import check_register
from bangfu.core.integrity.facts import FACTS, TABLE, Completion, record_facts
from bangfu.core.integrity.rules_data import Rule, load_rules
from bangfu.core.integrity.texts import Similarity, similar_texts
from bangfu.core.register import Batch, ChangeSet, State, apply, differences
from bangfu.core.vocabulary import Vocabulary

PLANS = "household_plan"
SOURCE = "bangfu integrity"  # of the batches that this room draws up


@dataclass(frozen=True)
class Audit:
    """`hits`: columns `checking.HITS`. `groups`: of plans that are nearly the same: household_id, group,
    similar. `changes`: what to append to the register."""

    hits: pl.DataFrame
    groups: pl.DataFrame
    changes: ChangeSet


def audit(
    state: State,
    vocabulary: Vocabulary,
    as_of: date,
    calendar: Calendar,
    batch: Batch,
    how: Similarity | None,
    own_batches: Collection[int] = (),
    complete_on: date | None = None,
) -> Audit:
    """Compare and judge; nothing is written. `how`: None leaves the texts of plans as they were compared last.

    Raises EngineError, PlanError.
    """
    changes: dict[str, pl.DataFrame] = {}
    groups = pl.DataFrame(schema={"household_id": pl.Int64(), "group": pl.Int64(), "similar": pl.Int64()})
    after = state
    if how is not None:
        changed, groups = _compared_plans(state, vocabulary, how)
        if changed.height:
            changes[PLANS] = changed
            after = apply(ChangeSet(batch, changes), state, vocabulary)
    rules = load_rules()
    hits = check_register(after, vocabulary, as_of, calendar, rules)
    unknown = hits.filter(pl.col("outcome") == int(Outcome.UNKNOWN))
    facts = facts_of(hits, rules)
    drawn = record_facts(
        state,
        vocabulary,
        facts,
        _judged(state, vocabulary, unknown, rules),
        batch,
        own_batches,
        None if complete_on is None else Completion(complete_on, _whole(state, vocabulary, unknown)),
    )
    return Audit(hits, groups, ChangeSet(drawn.batch, {**changes, **drawn.tables}))


def facts_of(hits: pl.DataFrame, rules: Collection[Rule]) -> pl.DataFrame:
    """The breaches among hits as columns `FACTS`."""
    kinds = {rule.id: rule.kind for rule in rules}
    broken = hits.filter((pl.col("outcome") == int(Outcome.UNMET)) & pl.col("household_id").is_not_null())
    return broken.select(
        "household_id",
        "village_id",
        pl.col("rule").replace_strict(kinds, return_dtype=pl.String).alias("kind"),
        pl.col("subject").alias("table_name"),
        pl.col("rule").alias("column_name"),
    ).cast(FACTS)


def _judged(
    state: State, vocabulary: Vocabulary, unknown: pl.DataFrame, rules: Collection[Rule]
) -> pl.DataFrame:
    """The discrepancies in the register about which the rules give a sure answer."""
    told = pl.DataFrame(
        [(rule.kind, rule.subject, rule.id) for rule in rules],
        schema={"kind": pl.String(), "table_name": pl.String(), "column_name": pl.String()},
        orient="row",
    )
    held = state.rows(vocabulary.tables[TABLE]).join(told, on=told.columns, how="semi")
    unsure = unknown.select("household_id", pl.col("rule").alias("column_name"))
    return held.join(unsure, on=["household_id", "column_name"], how="anti")


def _whole(state: State, vocabulary: Vocabulary, unknown: pl.DataFrame) -> pl.Series:
    homes = state.rows(vocabulary.tables["household"]).select("household_id")
    return homes.join(unknown, on="household_id", how="anti")["household_id"]


def _compared_plans(
    state: State, vocabulary: Vocabulary, how: Similarity
) -> tuple[pl.DataFrame, pl.DataFrame]:
    table = vocabulary.tables[PLANS]
    held = state.rows(table)
    texts = held.select(
        pl.col(table.key).alias("key"),
        pl.col("household_id").alias("owner"),
        pl.col("plan_text").alias("text"),
    )
    found = similar_texts(texts, how)
    wanted = found.select(
        pl.col("key").alias(table.key),
        pl.col("length").alias("text_length"),
        pl.col("similar").alias("similar_plans"),
    )
    owned = found.join(texts.select("key", "owner"), on="key", maintain_order="left")
    alike = owned.filter(pl.col("similar") > 0)
    groups = alike.select(pl.col("owner").alias("household_id"), "group", "similar").sort(
        "group", "household_id"
    )
    return differences(table, wanted, held), groups


__all__ = ["SOURCE", "Audit", "audit", "facts_of"]
