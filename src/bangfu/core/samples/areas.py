"""County, townships, villages, groups and patches of a place."""

from __future__ import annotations

from datetime import date

import polars as pl

from bangfu.core.divisions import Level, shipped_divisions
from bangfu.core.samples.dice import nth
from bangfu.core.samples.scene import Scene, gap, yes, yuan

GROUPS = 3  # villagers' groups in a village
PATCHES = 2  # patches of a village
COMMITTEE = 4  # members of a group's committee
_HEALTHY = 0.985
_STANDARDS = (  # what a village that leaves the list must have
    "road_hardened",
    "road_guarded",
    "has_three_phase_power",
    "broadband_committee",
    "broadband_school",
    "has_standard_clinic",
    "broadband_clinic",
    "has_public_space",
)
_VILLAGE_LISTS = (
    "households_checked_on",
    "projects_known_to",
    "meetings_known_to",
    "activities_known_to",
    "documents_known_to",
    "surveys_known_to",
    "issues_known_to",
    "discrepancies_known_to",
    "teams_checked_on",
    "assignments_checked_on",
    "hooks_checked_on",
    "cadres_checked_on",
    "steps_known_to",
    "field_days_known_to",
    "stays_known_to",
)
_TOWNSHIP_LISTS = (
    "meetings_known_to",
    "activities_known_to",
    "documents_known_to",
    "surveys_known_to",
    "assignments_checked_on",
    "hooks_checked_on",
    "teams_checked_on",
    "cadres_checked_on",
    "steps_known_to",
    "field_days_known_to",
)
_COUNTY_LISTS = (
    "agencies_checked_on",
    "meetings_known_to",
    "activities_known_to",
    "documents_known_to",
    "surveys_known_to",
)
_GROUP_LISTS = (
    "committee_checked_on",
    "households_checked_on",
    "meetings_known_to",
    "teams_checked_on",
    "activities_known_to",
    "assignments_checked_on",
)


def areas(scene: Scene) -> dict[str, pl.DataFrame]:
    """county, township, village, group, patch, committee_member; places by code, numbered from 1."""
    divisions = shipped_divisions()
    chain = divisions.chain(scene.place.division)
    county = next(d for d in chain if d.level is Level.COUNTY)
    below = divisions.subtree(scene.place.division).sort("code")
    townships = below.filter(pl.col("level") == Level.TOWNSHIP)
    villages = below.filter(pl.col("level") == Level.VILLAGE)
    township = _townships(scene, townships)
    village = _villages(scene, villages, township)
    return {
        "county": _county(scene, county.code, county.name),
        "township": township,
        "village": village,
        "group": _groups(scene, village),
        "patch": _patches(scene, village),
        "committee_member": _committees(scene, village.height * GROUPS),
    }


def _county(scene: Scene, code: str, name: str) -> pl.DataFrame:
    frame = pl.DataFrame({"county_id": [1], "division_code": [code], "division_name": [name]})
    people = scene.place.agricultural_population
    return frame.with_columns(
        pl.lit(scene.place.poor_county).alias("is_poor_county"),
        pl.lit(people, pl.Int64).alias("agricultural_population"),
        *_samples(people),
        *scene.known(*_COUNTY_LISTS),
    )


def _samples(people: int | pl.Expr) -> list[pl.Expr]:
    """What a survey of a part of the people found."""
    total = people if isinstance(people, pl.Expr) else pl.lit(people, pl.Int64)
    return [
        (total // 60).alias("sampled_exited_people"),
        (total // 4000).alias("wrongly_exited_people"),
        (total // 30).alias("sampled_unregistered_people"),
        (total // 5000).alias("missed_people"),
    ]


def _townships(scene: Scene, places: pl.DataFrame) -> pl.DataFrame:
    each = scene.place.agricultural_population // places.height
    dice = scene.dice("township", "township_id")
    frame = places.select(
        pl.int_range(1, pl.len() + 1).alias("township_id"),
        pl.lit(1, pl.Int64).alias("county_id"),
        pl.col("code").alias("division_code"),
        pl.col("name").alias("division_name"),
    )
    sales = dice.between("sales", 20, 400) * 1000
    completed = dice.day("system", date(scene.year, 3, 1), date(scene.year, 3, 30))
    is_done = pl.lit(scene.as_of >= date(scene.year, 3, 31))
    return frame.with_columns(
        pl.lit(each, pl.Int64).alias("agricultural_population"),
        *_samples(each),
        yuan(sales).alias("channel_sales"),
        yuan(sales * 3).alias("online_sales"),
        yuan(sales * dice.between("growth", 20, 31) // 10).alias("previous_online_sales"),
        pl.when(is_done).then(completed).alias("system_completed_on"),
        *scene.known("system_checked_on", *_TOWNSHIP_LISTS),
    )


def _villages(scene: Scene, places: pl.DataFrame, township: pl.DataFrame) -> pl.DataFrame:
    place, dice = scene.place, scene.dice("village", "village_id")
    each = place.agricultural_population // places.height
    frame = places.join(
        township.select("township_id", pl.col("division_code").alias("parent")),
        on="parent",
        maintain_order="left",
    ).select(
        pl.int_range(1, pl.len() + 1).alias("village_id"),
        "township_id",
        pl.col("code").alias("division_code"),
        pl.col("name").alias("division_name"),
    )
    named = pl.col("division_name").is_in(place.poor_villages)
    # communities of a town (codes 001–199) are the last to be poor
    drawn = (dice.uniform("poor") + (pl.col("division_code").str.slice(9, 3) < "200").cast(pl.Float64)).rank(
        "ordinal"
    )
    is_poor = named if place.poor_villages else drawn <= place.poor_village_count
    frame = frame.with_columns(is_poor.alias("is_poor_village"))
    exit_year = (
        pl.col("division_name")
        .replace_strict(place.village_exits, default=None, return_dtype=pl.Int32)
        .fill_null(place.anchor.year - dice.between("exit year", 1, 4))
    )
    households = dice.between("households", each // 5, each // 3)
    no_gap = scene.rates.unknown_cell
    return frame.with_columns(
        pl.when("is_poor_village", pl.lit(bool(place.village_exits)) | dice.chance("exited", 0.5))
        .then(pl.date(exit_year, 12, 10))
        .alias("exited_on"),
        households.alias("household_total"),
        (households * 36 // 10).alias("registered_population"),
        (households * 26 // 10).alias("resident_population"),
        pl.lit(each, pl.Int64).alias("agricultural_population"),
        *_samples(each),
        *(yes(dice, standard, _HEALTHY, no_gap) for standard in _STANDARDS),
        yes(dice, "has_dangerous_section", 0.3, no_gap),
        yes(dice, "has_school", 0.5, 0),
        gap(dice, "broadcast_households", households - dice.between("unbroadcast", 0, 3), no_gap),
        gap(dice, "powered_households", households, no_gap),
        gap(dice, "water_piped_households", households - dice.between("unpiped", 0, 20), no_gap),
        yes(dice, "has_seasonal_shortage", 0.1, no_gap),
        gap(dice, "collective_income", yuan(dice.between("collective", 20, 160) * 1000), no_gap),
        dice.between("cooperatives", 1, 4).alias("cooperatives"),
        dice.between("industries", 0, 3).alias("backbone_industries"),
        dice.between("boards", 0, 3).alias("publicity_boards"),
        dice.day("rules", date(place.anchor.year - 2, 1, 5), place.anchor).alias("village_rules_on"),
        *scene.known(*_VILLAGE_LISTS),
    )


def _groups(scene: Scene, village: pl.DataFrame) -> pl.DataFrame:
    dice = scene.dice("group", "group_id")
    numbers = pl.DataFrame({"number": ["一", "二", "三"]})
    frame = village.select("village_id").join(numbers, how="cross").with_row_index("group_id", 1)
    return frame.select(
        pl.col("group_id").cast(pl.Int64),
        "village_id",
        (pl.lit("第") + pl.col("number") + pl.lit("村民小组")).alias("group_name"),
        pl.when(dice.chance("elected", 1 - scene.rates.missed_duty))
        .then(dice.day("elected on", scene.first_day, scene.as_of))
        .alias("committee_elected_on"),
        yes(dice, "elected_at_assembly", 0.96, scene.rates.unknown_cell),
        *scene.known(*_GROUP_LISTS),
    )


def _committees(scene: Scene, groups: int) -> pl.DataFrame:
    """The committee of every group; the first member is its director."""
    frame = pl.DataFrame({"committee_member_id": range(1, groups * COMMITTEE + 1)})
    dice, number = scene.dice("committee", "committee_member_id"), pl.col("committee_member_id") - 1
    positions = ("production", "living", "publicity", "security")
    return frame.select(
        "committee_member_id",
        (number // COMMITTEE + 1).alias("group_id"),
        nth(positions, number % COMMITTEE).alias("position"),
        (number % COMMITTEE == 0).alias("is_director"),
        dice.pick(
            "eligible", {"party": 5, "able": 3, "veteran": 1, "graduate": 1, "returned": 2, "other": 0.2}
        ).alias("eligible_as"),
        dice.day("elected", scene.first_day, scene.as_of).alias("elected_on"),
        *scene.known("households_checked_on"),
    )


def _patches(scene: Scene, village: pl.DataFrame) -> pl.DataFrame:
    numbers = pl.DataFrame({"side": ["东", "西"]})
    frame = (
        village.select("village_id", "division_name").join(numbers, how="cross").with_row_index("patch_id", 1)
    )
    return frame.select(
        pl.col("patch_id").cast(pl.Int64),
        "village_id",
        (pl.col("division_name") + pl.col("side") + pl.lit("片")).alias("patch_name"),
        *scene.known("assignments_checked_on", "households_checked_on"),
    )
