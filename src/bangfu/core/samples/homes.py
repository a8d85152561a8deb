"""Land, houses and water of households."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from bangfu.core.samples.dice import Dice
from bangfu.core.samples.scene import Scene, gap, yes, yuan

_PARTS = ("kitchen", "toilet", "water", "power", "doors", "windows", "roof", "walls")


def homes(scene: Scene, household: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """land, housing, water: a row per household, and for some a dwelling elsewhere."""
    return {
        "land": _land(scene, household),
        "housing": _housing(scene, household),
        "water": _water(scene, household),
    }


def _land(scene: Scene, household: pl.DataFrame) -> pl.DataFrame:
    dice, people = scene.dice("land", "household_id"), pl.col("headcount")
    woods = pl.when(dice.chance("woods", 0.5)).then(dice.between("forest", 1, 40) / 2).otherwise(0)
    return household.select(
        pl.col("household_id").alias("land_id"),
        "household_id",
        gap(
            dice,
            "cultivated_area",
            yuan(dice.between("field", 4, 24) / 10 * people),
            scene.rates.unknown_cell,
        ),
        yuan(pl.when(dice.chance("grass", 0.03)).then(dice.between("grass", 1, 20)).otherwise(0)).alias(
            "grassland_area"
        ),
        yuan(pl.when(dice.chance("pond", 0.08)).then(dice.between("pond", 1, 8) / 2).otherwise(0)).alias(
            "water_area"
        ),
        yuan(woods).alias("forest_area"),
        yuan(woods * 0.2).alias("reforested_area"),
        yuan(
            pl.when(dice.chance("orchard", 0.15)).then(dice.between("orchard", 1, 10) / 2).otherwise(0)
        ).alias("orchard_area"),
    )


def _housing(scene: Scene, household: pl.DataFrame) -> pl.DataFrame:
    main = household.with_columns(pl.lit(True).alias("is_main"))
    of_household = scene.dice("second house", "household_id")
    second = household.filter(of_household.chance("has one", 0.02)).with_columns(
        pl.lit(False).alias("is_main")
    )
    frame = pl.concat([main, second]).sort("household_id", pl.col("is_main"), descending=[False, True])
    frame = frame.with_row_index("housing_id", 1)
    dice: Dice = scene.dice("housing", "housing_id")
    sound, unknown = 1 - scene.rates.unmet / 2, scene.rates.unknown_cell / 2
    grade = pl.when("is_main").then("housing_grade").otherwise(pl.lit("B"))
    graded = dice.day("graded", scene.place.anchor - timedelta(days=500), scene.place.anchor)
    is_renovated = dice.chance("renovated", 0.3)
    return frame.select(
        pl.col("housing_id").cast(pl.Int64),
        "household_id",
        "is_main",
        grade.alias("grade"),
        pl.when(grade.is_not_null()).then(graded).alias("graded_on"),
        pl.when(dice.chance("plate", 1 - scene.rates.missed_duty))
        .then(graded + pl.duration(days=20))
        .alias("plate_on"),
        pl.col("housing_area").alias("area"),
        dice.pick("structure", {"brick": 60, "timber": 20, "frame": 10, "earth": 10}).alias("structure"),
        pl.when(is_renovated)
        .then(dice.pick("how", {"rebuilt": 3, "repaired": 5, "bought": 1}))
        .otherwise(pl.lit("none"))
        .alias("renovation"),
        pl.when(is_renovated).then(graded - pl.duration(days=60)).alias("renovated_on"),
        *(yes(dice, f"{part}_sound", sound, unknown) for part in _PARTS),
    )


def _water(scene: Scene, household: pl.DataFrame) -> pl.DataFrame:
    dice, unknown = scene.dice("water", "household_id"), scene.rates.unknown_cell
    piped = dice.chance("piped", 0.92)
    is_safe = pl.col("water_safe").fill_null(True)
    outage = pl.when(is_safe).then(dice.between("outage", 0, 30)).otherwise(dice.between("outage", 40, 90))
    tested = dice.day("tested", scene.place.anchor - timedelta(days=300), scene.as_of)
    return household.select(
        pl.col("household_id").alias("water_id"),
        "household_id",
        gap(dice, "litres_per_day", yuan(dice.between("litres", 40, 90)), unknown),
        dice.chance("short", 0.05).alias("is_short_area"),
        gap(dice, "piped", piped, unknown),
        pl.when(piped).then(0).otherwise(dice.between("minutes", 2, 18)).alias("fetch_minutes"),
        pl.when(piped).then(0).otherwise(dice.between("metres", 20, 700)).alias("fetch_metres"),
        pl.when(piped).then(0).otherwise(dice.between("height", 0, 70)).alias("fetch_height"),
        gap(dice, "outage_days", outage, unknown),
        gap(dice, "quality_sound", is_safe, unknown),
        yes(dice, "seasonal_shortage", 0.03, unknown),
        tested.alias("tested_on"),
        pl.when(dice.chance("plate", 1 - scene.rates.missed_duty)).then(tested).alias("plate_on"),
    )
