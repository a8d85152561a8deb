"""Visits to households: by helpers every month, by secretaries on their round, by village cadres to all."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from bangfu.core.samples.scene import Scene, months, numbered_rows

_DUTIES = "basics,difficulty,dispute,family,motivation,policy,publicity"  # all seven, sorted as codes are
_PURPOSES = (
    "basics",
    "plan",
    "check",
    "handbook",
    "publicity",
    "check",
    "interview",
    "project",
    "check",
    "policy",
    "publicity",
    "check",
)


def visits(scene: Scene, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """The visit table."""
    parts = [
        _by_helpers(scene, tables["pairing"]),
        _by_secretaries(scene, tables),
        _to_everybody(scene, tables),
    ]
    frame = numbered_rows(
        pl.concat(parts, how="diagonal").sort("household_id", "day", "cadre_id"), "visit_id"
    )
    dice, kept = scene.dice("visit", "visit_id"), 1 - scene.rates.missed_duty
    return frame.select(
        "visit_id",
        "household_id",
        "cadre_id",
        "pairing_id",
        "day",
        "purpose",
        dice.chance("at home", 0.985).alias("at_home"),
        dice.chance("ledger", kept).alias("has_ledger"),
        dice.chance("record", kept).alias("has_record"),
        dice.chance("picture", kept).alias("has_picture"),
        dice.chance("handbook", kept).alias("handbook_signed"),
        pl.when(dice.chance("all duties", 0.7))
        .then(pl.lit(_DUTIES))
        .otherwise(dice.pick("duties", {"basics,family": 3, "policy,publicity": 3, "difficulty": 1}))
        .alias("duties_done"),
    )


def _by_helpers(scene: Scene, pairing: pl.DataFrame) -> pl.DataFrame:
    """One visit a month under every pairing, seldom none, sometimes two."""
    frame = pairing.join(months(scene), how="cross", maintain_order="left_right")
    is_on = (pl.col("start_on") <= pl.col("last")) & (
        pl.col("end_on").is_null() | (pl.col("end_on") >= pl.col("first"))
    )
    key = pl.col("pairing_id") * 16 + pl.col("month")
    dice = scene.dice("visits", key)
    came = (
        pl.when(dice.chance("missed", scene.rates.missed_visit))
        .then(0)
        .when(dice.chance("again", 0.1))
        .then(2)
        .otherwise(1)
    )
    frame = (
        frame.filter(is_on)
        .with_columns(pl.int_ranges(0, came).alias("time"))
        .explode("time", empty_as_null=False)
    )
    each = scene.dice("helper's visit", key * 2 + pl.col("time"))
    first = pl.max_horizontal("first", "start_on")
    purpose = pl.col("month").replace_strict(dict(enumerate(_PURPOSES, 1)), return_dtype=pl.String)
    return frame.select(
        "household_id",
        "cadre_id",
        "pairing_id",
        each.day("day", first, pl.max_horizontal(first, "last")).alias("day"),
        pl.when(purpose == "policy").then(pl.lit("publicity")).otherwise(purpose).alias("purpose"),
    )


def _by_secretaries(scene: Scene, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """The secretary of the village goes round the poor households in spring."""
    secretary = tables["cadre"].filter(pl.col("job") == "village_secretary").select("cadre_id", "village_id")
    frame = (
        tables["household"]
        .filter("is_listed")
        .select("household_id", "village_id")
        .join(secretary, on="village_id")
    )
    dice = scene.dice("round", "household_id")
    start = scene.first_day + timedelta(days=10)
    frame = frame.with_columns(dice.day("day", start, start + timedelta(days=150)).alias("day"))
    seen = (pl.col("day") <= scene.as_of) & dice.chance("seen", 1 - scene.rates.missed_duty)
    return frame.filter(seen).select(
        "household_id", "cadre_id", "day", pl.lit("secretary_round").alias("purpose")
    )


def _to_everybody(scene: Scene, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Village cadres see every household within the last weeks."""
    head = tables["cadre"].filter(pl.col("job") == "village_head").select("cadre_id", "village_id")
    frame = tables["household"].select("household_id", "village_id").join(head, on="village_id")
    dice = scene.dice("everybody", "household_id")
    start = max(scene.first_day, scene.as_of - timedelta(days=30))
    return frame.filter(dice.chance("seen", 1 - scene.rates.missed_duty)).select(
        "household_id",
        "cadre_id",
        dice.day("day", start, scene.as_of).alias("day"),
        pl.lit("publicity").alias("purpose"),
    )
