"""Snapshots of millions of households for measuring: invented villages, people, incomes; keys, no names.

Everything hangs on the key of a household alone, so that any part of it can be drawn by itself, and a
snapshot of a million households begins like one of ten million.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from bangfu.core.samples.dice import Dice
from bangfu.core.samples.families import LARGEST, compositions, members
from bangfu.core.samples.scene import gap, yes, yuan
from bangfu.core.snapshots import Snapshot, write_snapshot

CHUNK = 200_000  # households drawn at once
LINE = 3430  # yuan a person and year
VILLAGE, TOWNSHIP, COUNTY = 500, 7_500, 90_000  # households of each
_SIZES = {"1": 10, "2": 18, "3": 24, "4": 24, "5": 14, "6": 7, "7": 3}
_FLAGS = (  # true where all is well
    "grain_enough",
    "has_seasonal_clothes",
    "has_warm_bedding",
    "water_safe",
    "has_sanitary_toilet",
    "has_power",
    "has_production_power",
    "has_broadcast",
    "in_cooperative",
    "handbook_matches",
    "yard_clean",
    "rooms_clean",
    "kitchen_clean",
    "toilet_clean",
    "people_clean",
    "yard_tidy",
)
_LISTS = ("persons_checked_on", "income_known_to", "costs_known_to")
_PERSON_FLAGS = (
    "resident_medical",
    "critical_illness",
    "medical_aid_covered",
    "doctor_contracted",
    "in_residence_booklet",
    "in_poverty_system",
    "id_valid",
    "speaks_mandarin",
)
_SLOTS, _SOURCES = LARGEST + 1, 8  # keys of people and income items: so many a household


@dataclass(frozen=True)
class Shares:
    """Of households (not of cells): how many miss a criterion, and of how many it is not known."""

    unmet: float = 0.05
    unknown: float = 0.05


def write_sample_snapshot(
    households: int, seed: int, folder: Path, as_of: date = date(2018, 12, 31), shares: Shares | None = None
) -> Snapshot:
    """A snapshot of so many households with 3.5 people and 5 items of income each, by village, township and
    county: tables county, township, village, household, person, income_item, production_cost.

    A criterion on a column of a household, on all of its people or on its net income a person (line
    `LINE`) is missed by `shares.unmet` and not known of `shares.unknown` of the households, about. Drawn
    and written in chunks. The same arguments give the same bytes. Raises SnapshotError.
    """
    draft = Draft(seed, as_of, shares or Shares())
    parts = [(low, min(low + CHUNK, households + 1)) for low in range(1, households + 1, CHUNK)]
    return write_snapshot(
        {
            **draft.areas(households),
            "household": (draft.households(*part) for part in parts),
            "person": (draft.people(*part) for part in parts),
            "income_item": (draft.incomes(*part) for part in parts),
            "production_cost": (draft.costs(*part) for part in parts),
        },
        as_of,
        folder,
        f"sample:{households}:{seed}",
    )


@dataclass(frozen=True)
class Draft:
    """What any range of households (from `low` to below `high`) looks like."""

    seed: int
    as_of: date
    shares: Shares

    def dice(self, scope: str, key: str) -> Dice:
        """Draws for the rows of a table."""
        return Dice(self.seed, f"bulk:{scope}", pl.col(key))

    def areas(self, households: int) -> dict[str, pl.DataFrame]:
        """county, township, village: so many households each."""
        frames = {}
        sizes = {"county": COUNTY, "township": TOWNSHIP, "village": VILLAGE}
        above = None
        for name, size in sizes.items():
            key = f"{name}_id"
            frame = pl.DataFrame({key: pl.int_range(1, (households - 1) // size + 2, eager=True)})
            first = (pl.col(key) - 1) * size
            if above:
                frame = frame.with_columns((first // sizes[above] + 1).alias(f"{above}_id"))
            frames[name] = frame.with_columns(
                (pl.lit("99") + pl.col(key).cast(pl.String).str.zfill(10)).alias("division_code")
            )
            above = name
        frames["village"] = frames["village"].with_columns(pl.lit(self.as_of).alias("households_checked_on"))
        return frames

    def base(self, low: int, high: int) -> pl.DataFrame:
        """household_id, size, composition, and what incomes and costs share."""
        frame = pl.DataFrame({"household_id": pl.int_range(low, high, eager=True)})
        dice = self.dice("base", "household_id")
        frame = frame.with_columns(dice.pick("size", _SIZES).cast(pl.Int64).alias("headcount"))
        short = dice.chance("short", self.shares.unmet)
        ratio = (
            pl.when(short)
            .then(0.6 + 0.39 * dice.uniform("below"))
            .otherwise(1.01 + 2 * dice.uniform("above"))
        )
        return frame.with_columns(
            compositions(pl.col("headcount"), dice).alias("composition"),
            (ratio * LINE * pl.col("headcount")).floor().cast(pl.Int64).alias("net"),
            pl.when(dice.chance("farms", 0.6))
            .then(dice.between("cost", 2, 30) * 100)
            .otherwise(0)
            .alias("cost"),
        )

    def households(self, low: int, high: int) -> pl.DataFrame:
        """Rows of the household table."""
        dice, unmet, unknown = self.dice("household", "household_id"), self.shares.unmet, self.shares.unknown
        status = dice.pick("status", {"exited": 85, "registered": 10, "returned": 2, "general": 3})
        frame = self.base(low, high).with_columns(status.alias("household_status"))
        is_exited = pl.col("household_status") == "exited"
        known = 1 - unmet / max(1 - unknown, 0.01)
        return frame.select(
            "household_id",
            ((pl.col("household_id") - 1) // VILLAGE + 1).alias("village_id"),
            "household_status",
            pl.when(is_exited).then(dice.between("exit year", 2014, self.as_of.year)).alias("exit_year"),
            pl.when(pl.col("household_status") == "registered")
            .then(self.as_of.year)
            .alias("planned_exit_year"),
            "headcount",
            pl.col("headcount").alias("year_headcount"),
            *(yes(dice, flag, known, unknown) for flag in _FLAGS),
            yes(dice, "in_dangerous_house", 1 - known, unknown),
            gap(dice, "housing_grade", dice.pick("grade", {"A": 60, "B": 35, "C": 100 * unmet}), unknown),
            gap(dice, "housing_area", yuan(dice.between("area", 15, 45) * pl.col("headcount")), unknown),
            gap(dice, "road_kind", dice.pick("road", {"concrete": 80, "gravel": 15, "earth": 5}), unknown),
            dice.chance("low income", 0.15).alias("is_low_income"),
            dice.chance("destitute", 0.02).alias("is_destitute"),
            dice.chance("resettled", 0.04).alias("is_resettled"),
            pl.when(~dice.chance("errors", unmet))
            .then(0)
            .otherwise(dice.between("errors", 1, 4))
            .alias("handbook_errors"),
            dice.pick("signature", {"hand": 80, "fingerprint": 15, "none": 5}).alias("income_signature"),
            *(gap(dice, name, pl.lit(self.as_of), unknown / 3) for name in _LISTS),
        )

    def people(self, low: int, high: int) -> pl.DataFrame:
        """Rows of the person table."""
        frame = members(
            self.base(low, high), self.dice("family", "household_id"), date(self.as_of.year, 1, 1)
        )
        frame = frame.with_columns((pl.col("household_id") * _SLOTS + pl.col("slot")).alias("person_id"))
        dice = self.dice("person", "person_id")
        unmet, unknown = self.shares.unmet / 3.5, self.shares.unknown / 3.5
        age = pl.lit(self.as_of.year) - pl.col("birth_date").dt.year()
        is_pupil = age <= 15
        grade = (
            pl.when(age < 6)
            .then(pl.lit("preschool_age"))
            .when(age < 13)
            .then(pl.lit("primary"))
            .otherwise(pl.lit("grade_8"))
        )
        left = (age >= 7) & dice.chance("left school", unmet * 6)
        chronic = dice.chance("chronic", (age.clip(30, 90) - 25) / 150)
        able = age.is_between(16, 60) & ~chronic
        return frame.select(
            "person_id",
            "household_id",
            "gender",
            "birth_date",
            "relation",
            gap(dice, "schooling", pl.when(is_pupil & ~left).then(grade), unknown),
            pl.when(is_pupil & left)
            .then(pl.lit("primary"))
            .when(~is_pupil)
            .then(pl.lit("junior"))
            .alias("education"),
            gap(
                dice, "health", pl.when(chronic).then(pl.lit("chronic")).otherwise(pl.lit("healthy")), unknown
            ),
            pl.when(able)
            .then(dice.pick("labour", {"ordinary": 8, "skilled": 2}))
            .otherwise(pl.lit("none"))
            .alias("labour"),
            pl.when(able).then(dice.between("months", 0, 11)).otherwise(0).alias("work_months"),
            *(yes(dice, flag, 1 - unmet, unknown) for flag in _PERSON_FLAGS),
            pl.lit(False).alias("employee_medical"),
            dice.chance("low income", 0.1).alias("low_income"),
            pl.lit(self.as_of).alias("schooling_checked_on"),
        )

    def incomes(self, low: int, high: int) -> pl.DataFrame:
        """Rows of the income_item table: net income and costs spread over five sources, about."""
        frame, dice = self.base(low, high), self.dice("income", "household_id")
        gross = pl.col("net") + pl.col("cost")
        wage = (gross * (0.4 + 0.3 * dice.uniform("wage"))).floor().cast(pl.Int64)
        crops = pl.when(pl.col("cost") > 0).then(gross - wage - (gross - wage) // 3).otherwise(0)
        rest = gross - wage - crops
        parts = {
            "other_wage": wage,
            "crops": crops,
            "farm_subsidy": rest // 4,
            "pension": rest // 4,
            "asset_dividend": pl.when(dice.chance("dividend", 0.6)).then(rest // 5).otherwise(0),
        }
        frame = frame.select(
            "household_id", gross.alias("gross"), *(value.alias(name) for name, value in parts.items())
        )
        frame = frame.with_columns((pl.col("gross") - pl.sum_horizontal(list(parts))).alias("other_transfer"))
        sources = [*parts, "other_transfer"]
        rank = {name: number for number, name in enumerate(sources)}
        items = frame.unpivot(sources, index="household_id", variable_name="source", value_name="amount")
        items = items.filter(pl.col("amount") > 0).with_columns(
            (
                pl.col("household_id") * _SOURCES
                + pl.col("source").replace_strict(rank, return_dtype=pl.Int64)
            ).alias("income_item_id")
        )
        each = self.dice("item", "income_item_id")
        return items.sort("income_item_id").select(
            "income_item_id",
            "household_id",
            pl.lit(self.as_of.year, pl.Int64).alias("year"),
            "source",
            gap(each, "amount", yuan(pl.col("amount")), self.shares.unknown / 3 / 5),
            pl.lit(False).alias("is_forecast"),
            pl.lit(False).alias("from_failed_project"),
        )

    def costs(self, low: int, high: int) -> pl.DataFrame:
        """Rows of the production_cost table."""
        frame = self.base(low, high).filter(pl.col("cost") > 0)
        return frame.select(
            pl.col("household_id").alias("production_cost_id"),
            "household_id",
            pl.lit(self.as_of.year, pl.Int64).alias("year"),
            pl.lit("crops").alias("source"),
            yuan(pl.col("cost")).alias("amount"),
        )
