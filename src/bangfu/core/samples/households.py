"""Households: where they stand on the list, how they live, and up to when each of their lists is complete."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from bangfu.core.samples.areas import COMMITTEE, GROUPS, PATCHES
from bangfu.core.samples.dice import Dice
from bangfu.core.samples.families import compositions, sizes
from bangfu.core.samples.identity import phone_numbers
from bangfu.core.samples.people import household_code
from bangfu.core.samples.scene import Scene, gap, yes, yuan

LISTED = ("registered", "exited", "returned")
A_YEAR = 370  # days: a list of last year says nothing of this year's income
_HEAD_PHONES = 50_000_000  # numbers of households begin here, those of people below
_LISTS = (
    "persons_checked_on",
    "land_checked_on",
    "housing_checked_on",
    "water_checked_on",
    "loans_known_to",
    "plans_known_to",
    "helpers_checked_on",
    "visits_known_to",
    "activities_known_to",
    "documents_known_to",
    "issues_known_to",
    "discrepancies_known_to",
    "steps_known_to",
)
_YEARLY_LISTS = (
    "income_known_to",
    "costs_known_to",
    "handbook_known_to",
    "passbooks_known_to",
    "benefits_known_to",
    "entitlements_known_to",
)
_CLEAN = ("yard_clean", "rooms_clean", "kitchen_clean", "toilet_clean", "people_clean", "yard_tidy")
_CAUSES = {"labour": 3, "skill": 4, "funds": 3, "motivation": 1, "disaster": 1, "transport": 1}


def skeleton(scene: Scene, village: pl.DataFrame) -> pl.DataFrame:
    """Households by village: household_id, household_code, village_id, composition, what the cohort says."""
    cohorts = pl.DataFrame(
        [
            (c.id, c.status, c.households, c.people, c.planned, list(c.exit_years or (0,)))
            for c in scene.place.cohorts
        ],
        schema=["cohort", "status", "households", "people", "is_planned", "exit_years"],
        orient="row",
    )
    frame = (
        cohorts.with_columns(pl.int_ranges(0, "households").alias("nth"))
        .explode("nth")
        .with_row_index("draw")
    )
    dice = scene.dice("placing", "draw")
    weights = {
        str(key): 2.5 if poor else 1.0 for key, poor in village.select("village_id", "is_poor_village").rows()
    }
    frame = frame.with_columns(
        sizes(frame, dice).alias("size"), dice.pick("village", weights).cast(pl.Int64).alias("village_id")
    )
    frame = frame.sort("village_id", "draw").with_row_index("household_id", 1)
    frame = frame.with_columns(pl.col("household_id").cast(pl.Int64))
    own = scene.dice("household", "household_id")
    return frame.with_columns(
        compositions(pl.col("size"), own).alias("composition"),
        household_code(pl.col("household_id")).alias("household_code"),
        pl.col("status").is_in(LISTED).alias("is_listed"),
        own.chance("falls short", scene.rates.below_line).alias("falls_short"),
    )


def household_facts(people: pl.DataFrame) -> pl.DataFrame:
    """A row per household: what its people are together, and its head."""
    counted = people.group_by("household_id", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("headcount"),
        pl.col("is_able").sum().cast(pl.Int64).alias("able"),
        pl.col("is_away").sum().cast(pl.Int64).alias("away"),
        (pl.col("is_away").cast(pl.Int64) * pl.col("work_months")).sum().alias("months_away"),
        pl.col("public_post_months").sum().alias("post_months"),
        pl.col("is_pupil").sum().cast(pl.Int64).alias("pupils"),
        pl.col("is_serious").any().alias("has_serious"),
        pl.col("is_disabled").any().alias("has_disabled"),
        pl.col("is_chronic").any().alias("has_chronic"),
        (pl.col("age") >= 60).sum().cast(pl.Int64).alias("pensioners"),
    )
    head = people.filter(pl.col("member") == "head").select(
        "household_id", pl.col("full_name").alias("head_name"), pl.col("id_number").alias("head_id_number")
    )
    return counted.join(head, on="household_id", maintain_order="left")


def households(scene: Scene, frame: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """The household table, with the columns of `skeleton` and `household_facts` beside its own."""
    dice = scene.dice("household", "household_id")
    frame = frame.join(facts, on="household_id", maintain_order="left")
    frame = _standing(scene, frame, dice)
    frame = _need(scene, frame, dice)
    frame = _living(scene, frame, dice)
    frame = _economy(scene, frame, dice)
    frame = _papers(scene, frame, dice)
    lists = [scene.known_to(dice, name) for name in _LISTS]
    return frame.with_columns(*lists, *(scene.known_to(dice, name, A_YEAR) for name in _YEARLY_LISTS))


def _standing(scene: Scene, frame: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """On the list, exited, fallen back, watched: with the days."""
    place = scene.place
    exit_year = pl.col("exit_years").list.get(
        dice.between("exit year", 0, pl.col("exit_years").list.len() - 1)
    )
    exits_on = dice.day("exit this year", place.exit_by - timedelta(days=40), place.exit_by)
    exits_now = pl.col("is_planned") & ~pl.col("falls_short") & (exits_on <= scene.as_of)
    exited_on = (
        pl.when(exits_now).then(exits_on).when(pl.col("status") == "exited").then(pl.date(exit_year, 12, 10))
    )
    identified = pl.min_horizontal(
        dice.day("identified", date(2013, 12, 1), date(2014, 6, 30)),
        pl.lit(place.anchor - timedelta(days=200)),
    )
    frame = frame.with_columns(
        pl.when(exits_now).then(pl.lit("exited")).otherwise("status").alias("household_status"),
        exited_on.alias("exited_on"),
        pl.when(pl.col("status") != "general").then(identified).alias("identified_on"),
        pl.when("is_planned").then(place.anchor.year).alias("planned_exit_year"),
    )
    return _watched(scene, _corrected(scene, frame, dice), dice)


def _watched(scene: Scene, frame: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Households that the office keeps an eye on, and what became of the risk."""
    is_watched = ((pl.col("cohort") == "edge") & dice.chance("edge", 0.75)) | (
        (pl.col("household_status") == "exited") & dice.chance("unstable", 0.03)
    )
    kind = pl.when(pl.col("cohort") == "edge").then(pl.lit("edge")).otherwise(pl.lit("unstable"))
    at_risk = dice.day("at risk", scene.first_day, scene.as_of)
    removed = is_watched & dice.chance("risk removed", 0.25) & (at_risk < scene.as_of - timedelta(days=60))
    return frame.with_columns(
        pl.when(is_watched).then(kind).alias("monitoring_kind"),
        pl.when(is_watched).then(at_risk).alias("at_risk_on"),
        pl.when(is_watched)
        .then(dice.pick("risk", {"illness": 5, "schooling": 2, "disaster": 1, "labour": 2}))
        .alias("risks"),
        pl.when(is_watched).then(removed).alias("risk_removed"),
        pl.when(removed).then(at_risk + pl.duration(days=50)).alias("risk_removed_on"),
    )


def _corrected(scene: Scene, frame: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """What was decided otherwise later: fallen back, struck off, taken back, verified as wrong."""
    return frame.with_columns(
        pl.col("exited_on").dt.year().cast(pl.Int64).alias("exit_year"),
        pl.when("is_listed").then(pl.lit("national")).alias("identification_standard"),
        pl.when(pl.col("status") == "returned")
        .then(dice.day("returned", scene.first_day, scene.as_of))
        .alias("returned_on"),
        pl.when(pl.col("status") == "removed")
        .then(pl.date(scene.place.anchor.year - 1, 7, 20))
        .alias("removed_on"),
        pl.when((pl.col("status") == "registered") & dice.chance("rolled back", 0.01))
        .then(dice.day("rolled back on", scene.first_day, scene.as_of))
        .alias("rolled_back_on"),
        ((pl.col("cohort") == "edge") & dice.chance("missed", 0.02)).alias("missed_confirmed"),
        (pl.col("is_listed") & dice.chance("wrongly listed", 0.002)).alias("wrongly_listed_confirmed"),
        ((pl.col("status") == "exited") & dice.chance("wrongly exited", 0.003)).alias(
            "wrongly_exited_confirmed"
        ),
        pl.col("is_listed").alias("in_poverty_system"),
    )


def _need(scene: Scene, frame: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Why the household is poor and which relief it has."""
    is_old_alone = pl.col("composition") == "alone_old"
    destitute = is_old_alone & pl.col("is_listed") & dice.chance("destitute", 0.35)
    rate = pl.when(pl.col("able") == 0).then(0.6).otherwise(0.1)
    low_income = ~destitute & dice.chance("low income", rate) & (pl.col("status") != "removed")
    cause = (
        pl.when("has_serious")
        .then(pl.lit("illness"))
        .when("has_disabled")
        .then(pl.lit("disability"))
        .when(pl.col("pupils") >= 2)
        .then(pl.lit("schooling"))
        .when(pl.col("able") == 0)
        .then(pl.lit("labour"))
        .otherwise(dice.pick("cause", _CAUSES))
    )
    left = pl.col("household_status") == "exited"
    frame = frame.with_columns(destitute.alias("is_destitute"), low_income.alias("is_low_income"))
    suffix = (
        pl.when("is_destitute")
        .then(pl.lit("_destitute"))
        .when("is_low_income")
        .then(pl.lit("_low_income"))
        .otherwise(pl.lit(""))
    )
    kind = pl.when(left).then(pl.lit("exited")).otherwise(pl.lit("poor")) + suffix
    return frame.with_columns(
        pl.when("is_listed").then(kind).otherwise(pl.lit("general")).alias("household_type"),
        pl.when(pl.col("status") != "general").then(cause).alias("poverty_causes"),
        pl.when("is_destitute")
        .then(dice.pick("care", {"scattered": 8, "central": 2}))
        .alias("destitute_care"),
        dice.chance("remote", 0.06).alias("is_remote"),
        dice.chance("soldiers", 0.02).alias("is_soldier_family"),
        dice.between("supporters", 0, 2).alias("other_supporters"),
        (pl.col("has_serious") | (pl.col("able") == 0)).alias("is_key"),
        (pl.col("able") == 0).alias("safety_net_eligible"),
        (
            (pl.col("able") == 0)
            & dice.chance("civil aid", 0.3)
            & (pl.col("is_low_income") | dice.chance("no relief", 0.1))
        ).alias("needs_civil_aid"),
    )


def _living(scene: Scene, frame: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Food, clothes, water, house, road, power."""
    bad, unknown = scene.rates.unmet, scene.rates.unknown_cell
    grade = dice.pick("grade", {"A": 55, "B": 45 - 200 * bad, "C": 100 * bad, "D": 40 * bad})
    frame = frame.with_columns(grade.alias("true_grade"))
    in_danger = pl.col("true_grade").is_in(["C", "D"])
    resettled = dice.chance("resettled", 0.04) & pl.col("is_listed")
    moved = dice.day("moved", date(2014, 6, 1), scene.place.anchor)
    return frame.with_columns(
        yes(dice, "grain_enough", 1 - bad / 2, unknown),
        yes(dice, "has_seasonal_clothes", 1 - bad / 2, unknown),
        yes(dice, "has_warm_bedding", 1 - bad / 2, unknown),
        yes(dice, "water_safe", 1 - bad, unknown),
        gap(dice, "housing_grade", pl.col("true_grade"), unknown),
        gap(dice, "in_dangerous_house", in_danger, unknown),
        yuan(dice.between("area", 20, 45) * pl.col("headcount") + 10).alias("housing_area"),
        yes(dice, "has_sanitary_toilet", 0.85, unknown),
        yes(dice, "has_power", 0.998, unknown),
        yes(dice, "has_production_power", 0.97, unknown),
        yes(dice, "has_broadcast", 0.98, unknown),
        gap(
            dice,
            "road_kind",
            dice.pick("road", {"concrete": 70, "asphalt": 10, "gravel": 15, "earth": 5}),
            unknown,
        ),
        yuan(dice.between("distance", 1, 60) / 10).alias("road_distance"),
        dice.pick("fuel", {"clean": 50, "wood": 40, "coal": 10}).alias("fuel"),
        resettled.alias("is_resettled"),
        pl.when(resettled).then(moved - pl.duration(days=150)).alias("resettlement_agreed_on"),
        pl.when(resettled).then(moved).alias("resettled_on"),
        yes(dice, "sanitation_poor", 0.06, unknown),
        *(yes(dice, name, 0.99, unknown / 3) for name in _CLEAN),
    )


def _economy(scene: Scene, frame: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """What the household works at."""
    unknown, is_able = scene.rates.unknown_cell, pl.col("able") > 0
    kind = dice.pick("industry", {"planting": 5, "breeding": 4, "breeding,planting": 3, "photovoltaic": 2})
    wants_loan = is_able & dice.chance("wants loan", 0.85)
    return frame.with_columns(
        gap(dice, "in_cooperative", dice.chance("cooperative", 0.9), unknown),
        dice.chance("enterprise", 0.4).alias("has_leading_enterprise"),
        dice.chance("leader", 0.35).alias("has_leading_person"),
        pl.when(is_able).then(kind).alias("industry_kind"),
        pl.when(is_able)
        .then(dice.chance("wants industry", 0.85))
        .otherwise(pl.lit(False))
        .alias("wants_industry"),
        wants_loan.alias("wants_loan"),
        (wants_loan & dice.chance("loan eligible", 0.9)).alias("loan_eligible"),
    )


def _papers(scene: Scene, frame: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    """Phone, address, signatures, handbook; which group, patch and committee member the household has."""
    missed, unknown = scene.rates.missed_duty, scene.rates.unknown_cell
    signature = dice.pick("signature", {"hand": 80, "fingerprint": 12, "absent": 6, "declined": 1, "none": 1})
    is_signed = signature.is_in(["hand", "fingerprint"])
    group = (pl.col("village_id") - 1) * GROUPS + dice.between("group", 1, GROUPS)
    shares_phone = dice.chance("same phone", scene.rates.same_phone)
    phone = phone_numbers(pl.col("household_id") + _HEAD_PHONES - shares_phone.cast(pl.Int64))
    errors = pl.when(dice.chance("errors", missed)).then(dice.between("how many errors", 1, 4)).otherwise(0)
    frame = frame.with_columns(group.alias("group_id"))
    in_turn = pl.int_range(pl.len()).over("group_id") % COMMITTEE + 1
    return frame.with_columns(
        ((pl.col("village_id") - 1) * PATCHES + dice.between("patch", 1, PATCHES)).alias("patch_id"),
        ((pl.col("group_id") - 1) * COMMITTEE + in_turn).alias("committee_member_id"),
        phone.alias("phone"),
        pl.format("{}号", dice.between("house", 1, 180)).alias("address"),
        pl.col("headcount").alias("year_headcount"),
        signature.alias("income_signature"),
        pl.when(is_signed)
        .then(dice.day("income signed", scene.first_day, scene.as_of))
        .alias("income_signed_on"),
        pl.when(pl.col("household_status") == "exited")
        .then(dice.pick("exit signature", {"hand": 90, "fingerprint": 9, "none": 1}))
        .alias("exit_signature"),
        pl.when("is_listed").then(dice.chance("handbook", 1 - missed)).alias("handbook_matches"),
        pl.when("is_listed").then(gap(dice, "handbook_errors", errors, unknown)).alias("handbook_errors"),
        pl.when("is_listed")
        .then(dice.day("handbook updated", scene.first_day, scene.as_of))
        .alias("handbook_updated_on"),
    )
