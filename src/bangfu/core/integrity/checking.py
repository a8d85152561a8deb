"""Judge every rule on a register: who breaks it, and of whom it is not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl
import pyarrow as pa

from bangfu.core.calendars import Calendar
from bangfu.core.engine import Ask, evaluate
from bangfu.core.integrity.rules_data import Rule, load_rule_pack, load_rules
from bangfu.core.integrity.setwise import CHECKS
from bangfu.core.plans.compiling import compile_plan
from bangfu.core.register import State
from bangfu.core.snapshots import arrow_schema, sort_columns
from bangfu.core.vocabulary import Vocabulary

HITS = pl.Schema(
    {
        "rule": pl.String(),
        "subject": pl.String(),
        "subject_id": pl.Int64(),
        "outcome": pl.Int8(),  # 2 breaks the rule, 3 not known
        "household_id": pl.Int64(),
        "village_id": pl.Int64(),
    }
)


def check_register(
    state: State, vocabulary: Vocabulary, as_of: date, calendar: Calendar, rules: Sequence[Rule] | None = None
) -> pl.DataFrame:
    """Columns `HITS`, by rule and subject: the subjects that break a rule or of which it is not known.

    `state`: the register as it was on `as_of`. Raises EngineError, PlanError.
    """
    rules = load_rules() if rules is None else rules
    parts = [pl.DataFrame(schema={name: HITS[name] for name in ("rule", "subject", "subject_id", "outcome")})]
    judged = _judged(state, vocabulary, as_of, calendar)
    for rule in rules:
        if rule.check:
            found = CHECKS[rule.check](state, vocabulary)
        else:
            found = judged.filter(pl.col("criterion") == rule.id).select("subject_id", "outcome")
        parts.append(
            found.select(
                pl.lit(rule.id).alias("rule"), pl.lit(rule.subject).alias("subject"), "subject_id", "outcome"
            )
        )
    return _placed(pl.concat(parts), state, vocabulary)


def register_tables(state: State, vocabulary: Vocabulary) -> Mapping[str, pa.Table]:
    """The register's frames as the engines read them: no identity column, sorted as in a snapshot."""
    tables = {}
    for (
        name,
        table,
    ) in vocabulary.tables.items():  # those without a row, too: their lists may have been checked
        schema = arrow_schema(table)
        frame = state.rows(table).sort(sort_columns(table))
        tables[name] = frame.select(schema.names).to_arrow().cast(schema)
    return tables


def _judged(state: State, vocabulary: Vocabulary, as_of: date, calendar: Calendar) -> pl.DataFrame:
    plan = compile_plan(load_rule_pack(), as_of, vocabulary)
    run = evaluate(plan, register_tables(state, vocabulary), Ask(as_of, calendar))
    return pl.DataFrame(pl.from_arrow(run.findings)).sort("criterion", "subject_id")


def _placed(hits: pl.DataFrame, state: State, vocabulary: Vocabulary) -> pl.DataFrame:
    people = state.rows(vocabulary.tables["person"]).select("person_id", "household_id")
    homes = state.rows(vocabulary.tables["household"]).select("household_id", "village_id")
    of_people = hits.join(
        people, left_on="subject_id", right_on="person_id", how="left", maintain_order="left"
    )
    own = pl.when(pl.col("subject") == "household").then("subject_id").otherwise("household_id")
    homed = of_people.with_columns(own.alias("household_id"))
    return homed.join(homes, on="household_id", how="left", maintain_order="left").select(HITS.keys())
