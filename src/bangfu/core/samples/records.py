"""Meetings, activities, trainings, surveys and projects: what places, teams and agencies did this year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from bangfu.core.samples.scene import Scene, months, numbered_rows, yes, yuan

_MONTH, _QUARTER, _HALF, _YEAR = 1, 3, 6, 12
_EVERYBODY = "party_members,poor_households,representatives,team,three_heads,village_committees"
_TOPICS = "changes,introduction,policy,questionnaire"


@dataclass(frozen=True)
class Custom:
    """Something that every place (team, agency …) does once in so many months; `where` narrows who."""

    table: str
    kind: str
    every: int
    by_role: str | None = None
    where: tuple[str, str] | None = None


MEETINGS = (
    Custom("township", "dispatch", _MONTH),
    Custom("township", "review", _QUARTER),
    Custom("township", "special", _QUARTER),
    Custom("township", "mobilisation", _QUARTER),
    Custom("village", "village_assembly", _HALF),
    Custom("village", "poor_households", _QUARTER),
    Custom("village", "household_heads", _QUARTER),
    Custom("village", "party_life", _QUARTER),
    Custom("village", "party_day", _MONTH),
    Custom("village", "deliberation", _YEAR),
    Custom("group", "group", _MONTH),
    Custom("group", "family", _QUARTER),
    Custom("team", "special", _MONTH, where=("kind", "stationed")),
    Custom("agency", "special", _QUARTER),
)
ACTIVITIES = (
    Custom("agency", "research", _QUARTER, "head", ("level", "county")),
    Custom("agency", "research", _QUARTER, "deputy", ("level", "county")),
    Custom("agency", "evaluation", _YEAR, None, ("level", "county")),
    Custom("agency", "feedback", _YEAR, None, ("level", "county")),
    Custom("team", "supervision", _MONTH, None, ("kind", "supervision")),
    *(
        Custom("team", kind, _QUARTER, "staff", ("kind", "stationed"))
        for kind in ("publicity", "party_life", "industry_guidance", "survey", "dynamic", "funds", "daily")
    ),
    Custom("village", "sanitation", _MONTH),
    Custom("village", "evaluation", _YEAR),
    Custom("village", "publicity", _QUARTER),
    Custom("group", "sanitation", _QUARTER),
    Custom("county", "commendation", _YEAR),
    Custom("household", "phone_contact", _YEAR),
    Custom("cadre", "research", _QUARTER, "staff", ("job", "village_secretary")),
    Custom("cadre", "research", _QUARTER, "staff", ("job", "village_head")),
    Custom("cadre", "research", _QUARTER, "deputy", ("job", "township")),
)
_TRAINED = ("secretary", "mayor", "township", "officer", "village_secretary", "village_head", "village")
_QUESTIONS = {
    "registered": (
        "satisfied",
        "recognises",
        "knows_team",
        "knows_exit",
        "knows_changes",
        "helper_known",
        "income_rose",
        "fair",
    ),
    "others": ("satisfied", "understands", "fair"),
}
_PROJECT_KINDS = ("industry", "road", "water", "training")
_PROJECT_DAYS = {  # days after the beginning of the work on a project
    "meeting_on": 0,
    "notice_on": 8,
    "approved_on": 20,
    "started_on": 35,
    "completed_on": 100,
    "accepted_on": 115,
}
_PROJECT_NAMES = {
    "industry": "产业发展项目",
    "road": "道路硬化项目",
    "water": "饮水巩固项目",
    "training": "技能培训项目",
    "workshop": "扶贫车间项目",
}


def records(scene: Scene, tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """meeting, activity, training, survey_result, project."""
    return {
        "meeting": _meetings(scene, tables),
        "activity": _activities(scene, tables),
        "training": _trainings(scene, tables),
        "survey_result": _surveys(scene, tables),
        "project": _projects(scene, tables["village"]),
    }


def customs(
    scene: Scene, tables: Mapping[str, pl.DataFrame], what: Sequence[Custom], scope: str
) -> pl.DataFrame:
    """A row per thing done: the key of who did it, kind, by_role, on (a day)."""
    every_month = months(scene)
    parts = []
    for number, custom in enumerate(what):
        key = f"{custom.table}_id"
        who = tables[custom.table]
        if custom.where:
            who = who.filter(pl.col(custom.where[0]) == custom.where[1])
        frame = who.select(key).join(every_month, how="cross", maintain_order="left_right")
        dice = scene.dice(f"{scope} {number}", pl.col(key) * 16 + pl.col("month"))
        # in one drawn month of each stretch of so many months
        stretch = (pl.col("month") - 1) // custom.every
        frame = frame.filter(dice.uniform("month").rank("ordinal").over(key, stretch) == 1)
        frame = frame.filter(~dice.chance("missed", scene.rates.missed_duty / 2))
        parts.append(
            frame.select(
                key,
                pl.lit(custom.kind).alias("kind"),
                pl.lit(custom.by_role, pl.String).alias("by_role"),
                dice.day("on", pl.col("first"), pl.col("last")).alias("on"),
            )
        )
    return pl.concat(parts, how="diagonal").sort("on", "kind", maintain_order=True)


def _meetings(scene: Scene, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    listed = (
        tables["household"]
        .filter("is_listed")
        .group_by("village_id")
        .agg(pl.len().cast(pl.Int64).alias("listed"))
    )
    weekly = _weekly(scene, tables["township"], ["party_committee"])
    frame = pl.concat([customs(scene, tables, MEETINGS, "meetings"), weekly], how="diagonal").sort(
        "on", maintain_order=True
    )
    frame = numbered_rows(
        frame.join(listed, on="village_id", how="left", maintain_order="left"), "meeting_id"
    )
    dice, kept = scene.dice("meeting", "meeting_id"), 1 - scene.rates.missed_duty / 10
    is_big = pl.col("kind").is_in(["village_assembly", "poor_households"])
    full = dice.chance("full", 0.9)
    return frame.select(
        "meeting_id",
        *_keys(frame, ("county_id", "township_id", "village_id", "group_id", "team_id", "agency_id")),
        pl.col("on").alias("held_on"),
        "kind",
        dice.between("attendees", 8, 120).alias("attendees"),
        pl.when(is_big & full)
        .then("listed")
        .when(is_big)
        .then(pl.col("listed") // 2)
        .alias("poor_households"),
        pl.when(is_big & full)
        .then(pl.lit(_EVERYBODY))
        .otherwise(pl.lit("village_committees"))
        .alias("attending"),
        pl.when(is_big & full)
        .then(pl.lit(_TOPICS))
        .otherwise(dice.pick("topics", {"policy": 4, "project": 3, "issues": 2, "rules": 1}))
        .alias("topics"),
        yes(dice, "has_minutes", kept, scene.rates.unknown_cell / 10),
        yes(dice, "has_pictures", kept, scene.rates.unknown_cell / 10),
        yes(dice, "has_notice", kept, scene.rates.unknown_cell / 10),
    )


def _weekly(scene: Scene, township: pl.DataFrame, kinds: Sequence[str]) -> pl.DataFrame:
    """What a township does every week."""
    weeks = pl.DataFrame(pl.date_range(scene.first_day, scene.as_of, "1w", eager=True).alias("on"))
    what = weeks.join(pl.DataFrame({"kind": kinds}), how="cross")
    return township.select("township_id").join(what, how="cross", maintain_order="left_right")


def _keys(frame: pl.DataFrame, columns: Sequence[str]) -> list[pl.Expr]:
    return [pl.col(name) if name in frame.columns else pl.lit(None, pl.Int64).alias(name) for name in columns]


def _activities(scene: Scene, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    weekly = _weekly(scene, tables["township"], ["inspection", "lecture"])
    frame = pl.concat([customs(scene, tables, ACTIVITIES, "activities"), weekly], how="diagonal")
    frame = numbered_rows(frame.sort("on", maintain_order=True), "activity_id")
    dice = scene.dice("activity", "activity_id")
    keys = (
        "cadre_id",
        "team_id",
        "agency_id",
        "village_id",
        "township_id",
        "county_id",
        "group_id",
        "household_id",
    )
    solved = pl.when(pl.col("by_role") == "deputy").then(dice.between("solved", 0, 3)).otherwise(0)
    return frame.select(
        "activity_id",
        *_keys(frame, keys),
        pl.col("on").alias("day"),
        "kind",
        "by_role",
        dice.chance("in village", 0.97).alias("in_village"),
        solved.alias("problems_solved"),
        dice.chance("proof", 1 - scene.rates.missed_duty).alias("has_proof"),
    )


def _trainings(scene: Scene, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Cadres every quarter; people who want to learn something once a year."""
    policy = [Custom("cadre", "policy", _QUARTER, None, ("job", job)) for job in _TRAINED]
    cadres = customs(scene, tables, policy, "trainings").select("cadre_id", "on", "kind")
    dice = scene.dice("trained", "person_id")
    people = tables["person"].filter(pl.col("wants_training") & dice.chance("trained", 0.93))
    people = people.select(
        "person_id",
        dice.day("on", scene.first_day, scene.as_of).alias("on"),
        pl.lit("vocational").alias("kind"),
    )
    frame = numbered_rows(pl.concat([cadres, people], how="diagonal"), "training_id")
    each = scene.dice("training", "training_id")
    return frame.select(
        "training_id",
        "cadre_id",
        "person_id",
        pl.col("on").alias("held_on"),
        "kind",
        each.between("days", 1, 5).alias("days"),
        each.chance("proof", 1 - scene.rates.missed_duty).alias("has_proof"),
    )


def _surveys(scene: Scene, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Anonymous counts by village, township and county."""
    asked = pl.DataFrame(
        [(group, question) for group, questions in _QUESTIONS.items() for question in questions],
        schema=["asked_of", "question"],
        orient="row",
    )
    places = pl.concat(
        [tables[name].select(f"{name}_id") for name in ("village", "township", "county")], how="diagonal"
    )
    frame = numbered_rows(places.join(asked, how="cross", maintain_order="left_right"), "survey_result_id")
    dice = scene.dice("survey", "survey_result_id")
    sent = dice.between("asked", 20, 60)
    answered = sent - dice.between("silent", 0, 4)
    against = pl.when(dice.chance("all agree", 0.96)).then(0).otherwise(dice.between("against", 1, 3))
    start = max(scene.first_day, scene.as_of - timedelta(days=25))
    return frame.select(
        "survey_result_id",
        "village_id",
        "township_id",
        "county_id",
        dice.day("on", start, scene.as_of).alias("held_on"),
        "question",
        "asked_of",
        sent.alias("asked"),
        answered.alias("answered"),
        (answered - against).alias("agreed"),
    )


def _projects(scene: Scene, village: pl.DataFrame) -> pl.DataFrame:
    """Projects of this year and the last, and a workshop in the first village."""
    kinds = pl.DataFrame({"kind": _PROJECT_KINDS}).join(
        pl.DataFrame({"year": [scene.year - 1, scene.year]}), how="cross"
    )
    frame = village.select("village_id", "division_name").join(
        kinds, how="cross", maintain_order="left_right"
    )
    drawn = scene.dice("projects", pl.int_range(pl.len())).chance("built", 0.6) | (
        pl.col("kind") == "industry"
    )
    workshop = village.head(1).select(
        "village_id", "division_name", kind=pl.lit("workshop"), year=pl.lit(scene.year, pl.Int64)
    )
    frame = pl.concat([frame.filter(drawn), workshop]).sort("village_id", "year", "kind")
    return _described_projects(scene, numbered_rows(frame, "project_id"))


def _described_projects(scene: Scene, frame: pl.DataFrame) -> pl.DataFrame:
    dice, kept = scene.dice("project", "project_id"), 1 - scene.rates.missed_duty
    unknown = scene.rates.unknown_cell
    start = pl.date("year", 1, 5) + pl.duration(days=dice.between("start", 0, 60))
    is_old = pl.col("year") < scene.year
    budget = yuan(dice.between("budget", 5, 90) * 10_000)
    frame = frame.with_columns(budget.alias("budget"), start.alias("start"))
    day = {name: pl.col("start") + pl.duration(days=after) for name, after in _PROJECT_DAYS.items()}
    done = dice.chance("paid", 0.85) & (day["accepted_on"] <= scene.as_of)
    return frame.select(
        "project_id",
        "village_id",
        "year",
        (pl.col("division_name") + pl.col("kind").replace_strict(_PROJECT_NAMES)).alias("project_name"),
        "kind",
        yes(dice, "in_library", kept, unknown),
        *(
            pl.when((value <= scene.as_of) & (is_old | dice.chance(name, kept))).then(value).alias(name)
            for name, value in day.items()
        ),
        "budget",
        (pl.col("budget").cast(pl.Float64) * dice.between("share", 5, 10) / 10)
        .pipe(yuan)
        .alias("integrated_funds"),
        pl.when(is_old | done)
        .then("budget")
        .otherwise((pl.col("budget").cast(pl.Float64) * 0.6).pipe(yuan))
        .alias("paid"),
        dice.pick(
            "source", {"central": 3, "province": 4, "central,province": 2, "county": 2, "agency": 1}
        ).alias("fund_source"),
        yes(dice, "signed_by_first_secretary", kept, unknown),
        yes(dice, "in_system", kept, unknown),
        (pl.col("kind") == "water").alias("serves_two_worries"),
        dice.between("trainings", 0, 4).alias("trainings"),
        yes(dice, "has_shared_interest", kept, unknown),
        scene.known_to(dice, "checked_on"),
        *scene.known("benefits_known_to", "steps_known_to", "documents_known_to"),
    )
