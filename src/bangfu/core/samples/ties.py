"""Who is tied to which household or place: pairings and assignments."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from bangfu.core.samples.areas import GROUPS, PATCHES
from bangfu.core.samples.scene import Scene, yes
from bangfu.core.samples.workforce import HELPING

_PAIRED = ["household_id", "cadre_id", "start_on", "end_on", "kind"]
_STRETCH, _LENT = 97, 4  # of so many households in a row, the last few go to the helper of the first


def helped(scene: Scene, household: pl.DataFrame) -> pl.DataFrame:
    """Households that have a helper, by key, each with the number (from 0) of its helper."""
    dice = scene.dice("helped", "household_id")
    due = (pl.col("is_listed") | pl.col("monitoring_kind").is_not_null()) & ~dice.chance(
        "no helper", scene.rates.no_helper
    )
    frame = household.filter(due).select("household_id", "village_id", pl.int_range(pl.len()).alias("turn"))
    turn = pl.col("turn")
    turn = pl.when(turn % _STRETCH >= _STRETCH - _LENT).then(turn - turn % _STRETCH).otherwise(turn)
    return frame.with_columns((turn // scene.place.pairs).alias("helper"))


def pairings(scene: Scene, pairs: pl.DataFrame, household: pl.DataFrame, cadre: pl.DataFrame) -> pl.DataFrame:
    """The pairings of today (`helped`), a few that ended when helpers changed, and contracted households."""
    helpers = cadre.filter(pl.col("job").is_in(HELPING)).select(
        "cadre_id", pl.int_range(pl.len()).alias("helper")
    )
    count = helpers.height
    dice = scene.dice("pairing", "household_id")
    changed = dice.chance("changed", 0.05)
    early = dice.day(
        "start", scene.place.anchor - timedelta(days=700), scene.place.anchor - timedelta(days=200)
    )
    since = dice.day("change", scene.place.anchor - timedelta(days=150), scene.place.anchor)
    frame = pairs.with_columns(changed.alias("is_changed"), early.alias("early"), since.alias("since"))
    now = frame.with_columns(
        pl.when("is_changed").then("since").otherwise("early").alias("start_on"),
        pl.lit(None, pl.Date).alias("end_on"),
    )
    before = frame.filter("is_changed").with_columns(
        ((pl.col("helper") + 1) % count).alias("helper"),
        pl.col("early").alias("start_on"),
        (pl.col("since") - pl.duration(days=1)).alias("end_on"),
    )
    frame = pl.concat([before, now]).join(helpers, on="helper").with_columns(pl.lit("official").alias("kind"))
    frame = pl.concat([frame.select(_PAIRED), *_contracts(scene, household, cadre)])
    frame = frame.sort("household_id", "start_on", "cadre_id").with_row_index("pairing_id", 1)
    own = scene.dice("pairing", "pairing_id")
    kept, unknown = 1 - scene.rates.missed_duty, scene.rates.unknown_cell
    said = own.day("ten things", max(scene.first_day, scene.as_of - timedelta(days=30)), scene.as_of)
    return frame.select(
        pl.col("pairing_id").cast(pl.Int64),
        "household_id",
        "cadre_id",
        "start_on",
        "end_on",
        "kind",
        yes(own, "agreed_by_agency", 1 - scene.rates.missed_duty / 10, unknown / 10),
        yes(own, "agreed_by_village", 1 - scene.rates.missed_duty / 10, unknown / 10),
        yes(own, "known_by_household", kept, unknown),
        pl.when(own.chance("said", kept)).then(said).alias("ten_things_said_on"),
        scene.known_to(own, "ten_things_checked_on"),
        scene.known_to(own, "visits_known_to"),
        pl.when(own.chance("cleaned", kept))
        .then(own.day("cleaning", scene.first_day, scene.as_of))
        .alias("joint_cleaning_on"),
        pl.when(own.chance("ate", kept))
        .then(own.day("meal", scene.first_day, scene.as_of))
        .alias("shared_meal_on"),
    )


def _contracts(scene: Scene, household: pl.DataFrame, cadre: pl.DataFrame) -> list[pl.DataFrame]:
    """Helpers of agencies who look after a household that is not poor."""
    if not scene.place.contracts:
        return []
    others = household.filter(~pl.col("is_listed")).select(
        "household_id", pl.int_range(pl.len()).alias("turn")
    )
    helpers = cadre.filter(pl.col("job").is_in(HELPING) & (pl.col("kind") == "department"))
    dice = scene.dice("contract", "cadre_id")
    helpers = helpers.filter(dice.chance("has one", 1 - scene.rates.missed_duty)).select(
        "cadre_id", (pl.int_range(pl.len()) % others.height).alias("turn")
    )
    start = pl.lit(scene.place.anchor - timedelta(days=60))
    frame = helpers.join(others, on="turn").with_columns(
        start.alias("start_on"), pl.lit(None, pl.Date).alias("end_on"), pl.lit("contracted").alias("kind")
    )
    return [frame.select(_PAIRED)]


def assignments(scene: Scene, cadre: pl.DataFrame, village: pl.DataFrame) -> pl.DataFrame:
    """Who answers for which township, village, patch and group."""
    parts = [*_in_villages(cadre), *_in_townships(cadre, village)]
    frame = pl.concat(parts, how="diagonal").with_row_index("assignment_id", 1)
    dice = scene.dice("assignment", "assignment_id")
    return frame.select(
        pl.col("assignment_id").cast(pl.Int64),
        "cadre_id",
        "township_id",
        "patch_id",
        "village_id",
        "group_id",
        pl.lit(scene.place.anchor - timedelta(days=100)).alias("start_on"),
        pl.lit(None, pl.Date).alias("end_on"),
        "role",
        ((pl.col("role") == "patch_officer") & dice.chance("full time", 1 - scene.rates.missed_duty)).alias(
            "is_full_time"
        ),
    )


def _in_villages(cadre: pl.DataFrame) -> list[pl.DataFrame]:
    """Village cadres and first secretaries."""
    job, local = pl.col("job"), cadre.filter(pl.col("village_id").is_not_null())
    secretary, head = local.filter(job == "village_secretary"), local.filter(job == "village_head")
    captain = cadre.filter(job == "captain").with_columns(village_id="stationed_in")
    return [
        _to(secretary, "village_id", ["village_secretary", "commander", "first_responsible"]),
        _to(head, "village_id", ["commander"]),
        _to(_below(head, "group_id", GROUPS), "group_id", ["group_cadre"]),
        _to(_below(local.filter(job == "village"), "patch_id", PATCHES), "patch_id", ["patch_officer"]),
        _to(captain, "village_id", ["direct_responsible"]),
    ]


def _in_townships(cadre: pl.DataFrame, village: pl.DataFrame) -> list[pl.DataFrame]:
    """Leaders of townships, county leaders, and the township's cadres, each for some of the villages."""
    job = pl.col("job")
    covered = village.select("township_id", covers="village_id").with_columns(
        pl.int_range(pl.len()).over("township_id").alias("place")
    )
    cadres = cadre.filter(job == "township").with_columns(
        pl.int_range(pl.len()).over("township_id").alias("turn"), pl.len().over("township_id").alias("turns")
    )
    turn = pl.col("place") % pl.col("turns") == pl.col("turn")
    liaison = cadres.join(covered, on="township_id").filter(turn).with_columns(village_id="covers")
    secretary, mayor = cadre.filter(job == "secretary"), cadre.filter(job == "mayor")
    patches = secretary.join(covered, on="township_id").with_columns(village_id="covers")
    leader = cadre.filter(job == "county_leader").with_columns(township_id="hooked")
    return [
        _to(_below(patches, "patch_id", PATCHES), "patch_id", ["main_leader"]),
        _to(secretary, "township_id", ["first_responsible"]),
        _to(mayor, "township_id", ["direct_responsible"]),
        _to(leader, "township_id", ["county_leader"]),
        _to(liaison, "village_id", ["village_liaison", "deputy_leader", "commander"]),
    ]


def _to(cadres: pl.DataFrame, place: str, roles: list[str]) -> pl.DataFrame:
    return cadres.select("cadre_id", place).join(pl.DataFrame({"role": roles}), how="cross")


def _below(cadres: pl.DataFrame, key: str, count: int) -> pl.DataFrame:
    """A row for every part of the cadre's village."""
    numbers = pl.DataFrame({"number": range(1, count + 1)})
    return cadres.join(numbers, how="cross").with_columns(
        ((pl.col("village_id") - 1) * count + pl.col("number")).alias(key)
    )
