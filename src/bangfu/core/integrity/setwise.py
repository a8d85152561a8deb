"""Checks that need identity columns or all rows at once. Each gives the rows that fail, by key.

A check gets the register's frames and gives `subject_id` and `outcome` (2 unmet, 3 unknown) of the subjects
that are not plainly right; values never leave.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from bangfu.core.engine.outcome import Outcome
from bangfu.core.register import State
from bangfu.core.vocabulary import Vocabulary

Check = Callable[[State, Vocabulary], pl.DataFrame]
FOUND = pl.Schema({"subject_id": pl.Int64(), "outcome": pl.Int8()})
_POOR = ("registered", "exited", "returned")
_PHONE = r"^(?:1[3-9]\d{9}|0\d{9,11})$"


def duplicate_person(state: State, vocabulary: Vocabulary) -> pl.DataFrame:
    """People who share an ID number; whoever has none is not known to be unique."""
    people = state.rows(vocabulary.tables["person"]).select("person_id", "id_number")
    shared = pl.len().over("id_number") > 1
    number = pl.col("id_number")
    return _found(people, "person_id", pl.when(number.is_not_null()).then(shared))


def household_phone(state: State, vocabulary: Vocabulary) -> pl.DataFrame:
    """Phones of another form than a mobile or a line with its area code."""
    homes = state.rows(vocabulary.tables["household"]).select("household_id", "phone")
    return _found(homes, "household_id", ~pl.col("phone").str.contains(_PHONE))


def helper_is_poor(state: State, vocabulary: Vocabulary) -> pl.DataFrame:
    """Households whose helper has the name and the phone of a person in a poor household.

    The same name with the phone missing on either side is not known; the same name with another phone is
    another person.
    """
    tables = vocabulary.tables
    homes = state.rows(tables["household"])
    poor = homes.filter(pl.col("household_status").is_in(_POOR)).select("household_id")
    people = state.rows(tables["person"]).join(poor, on="household_id", how="semi")
    people = people.select("full_name", pl.col("phone").alias("own_phone")).drop_nulls("full_name")
    cadres = state.rows(tables["cadre"]).select("cadre_id", "full_name", "phone")
    named = cadres.join(people, on="full_name")
    same = pl.col("phone") == pl.col("own_phone")
    # of several people of the name, one with the phone decides; else one without a phone leaves it open
    suspects = named.group_by("cadre_id").agg(
        pl.when(same.any()).then(True).when(same.is_null().any()).then(None).otherwise(False).alias("is_poor")
    )
    pairs = state.rows(tables["pairing"]).select("household_id", "cadre_id").unique()
    paired = pairs.join(suspects, on="cadre_id").group_by("household_id")
    judged = paired.agg(
        pl.when(pl.col("is_poor").any())
        .then(True)
        .when(pl.col("is_poor").is_null().any())
        .then(None)
        .otherwise(False)
        .alias("is_poor")
    )
    return _found(judged, "household_id", pl.col("is_poor"))


def copied_plan(state: State, vocabulary: Vocabulary) -> pl.DataFrame:
    """Households with a plan nearly the same as another's; not known where a plan was not compared."""
    plans = state.rows(vocabulary.tables["household_plan"]).drop_nulls("household_id")
    number = pl.col("similar_plans")
    judged = plans.group_by("household_id").agg(
        pl.when((number > 0).any())
        .then(True)
        .when(number.is_null().any())
        .then(None)
        .otherwise(False)
        .alias("is_copied")
    )
    return _found(judged, "household_id", pl.col("is_copied"))


def _found(frame: pl.DataFrame, key: str, is_wrong: pl.Expr) -> pl.DataFrame:
    outcome = (
        pl.when(is_wrong)
        .then(pl.lit(int(Outcome.UNMET)))
        .when(is_wrong.is_null())
        .then(pl.lit(int(Outcome.UNKNOWN)))
    )
    judged = frame.select(pl.col(key).alias("subject_id"), outcome.alias("outcome"))
    return judged.drop_nulls("outcome").cast(FOUND).sort("subject_id")


CHECKS: Mapping[str, Check] = {
    check.__name__: check for check in (duplicate_person, household_phone, helper_is_poor, copied_plan)
}
