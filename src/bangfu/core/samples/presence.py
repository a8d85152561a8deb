"""Where cadres are: stays, attendance in three books, leave, the rota, days in the field, absences."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from bangfu.core.samples.scene import Scene, months, numbered_rows

BATCHES = 3  # a month
_BATCH_DAYS = 6
_LAST_WEEKDAY = 6  # Monday is 1: present up to Saturday
_FIELD_RATES = {  # share of the days that a cadre of this job spends in villages
    "county_leader": 0.5,
    "head": 0.48,
    "secretary": 0.55,
    "mayor": 0.55,
    "township": 0.2,
    "officer": 0.2,
    "village_secretary": 0.2,
    "village_head": 0.2,
    "village": 0.2,
}


def presence(scene: Scene, tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """stay, attendance_sheet, diary, dingtalk, leave, batch, batch_duty, field_day, absence."""
    stationed = (
        tables["cadre"]
        .filter(pl.col("stationed_in").is_not_null())
        .select("cadre_id", pl.col("stationed_in").alias("village_id"))
    )
    leave = _leaves(scene, stationed)
    days = _days(scene, stationed, leave)
    batch = _batches(scene)
    duty = _duties(scene, batch, tables["agency_membership"])
    stays = pl.concat([_stays(scene, days), _rota_stays(scene, duty, tables["agency_hook"])])
    return {
        "leave": leave,
        "stay": numbered_rows(stays.sort("cadre_id", "in_on"), "stay_id"),
        "attendance_sheet": _book(scene, days, "attendance_sheet"),
        "dingtalk": _book(scene, days, "dingtalk").with_columns(
            scene.dice("inside", "dingtalk_id").chance("inside", 0.97).alias("inside")
        ),
        "diary": _diaries(scene, days),
        "batch": batch,
        "batch_duty": duty.drop("agency_id"),
        "field_day": _field_days(scene, tables),
        "absence": _absences(scene, stationed),
    }


def _leaves(scene: Scene, stationed: pl.DataFrame) -> pl.DataFrame:
    frame = stationed.join(months(scene), how="cross", maintain_order="left_right")
    due = scene.dice("leaves", pl.col("cadre_id") * 16 + pl.col("month")).chance("leave", 0.2)
    frame = numbered_rows(frame.filter(due), "leave_id")
    dice = scene.dice("leave", "leave_id")
    days = dice.between("days", 1, 3)
    start = dice.day(
        "from", pl.col("first"), pl.max_horizontal("first", pl.col("last") - pl.duration(days=3))
    )
    kept = 1 - scene.rates.missed_duty
    by_rule = pl.when(days > 1).then(pl.lit("branch_secretary")).otherwise(pl.lit("group_leader"))
    return frame.select(
        "leave_id",
        "cadre_id",
        start.alias("from_on"),
        (start + pl.duration(days=days - 1)).alias("to_on"),
        days.alias("days"),
        dice.pick("kind", {"personal": 5, "sick": 2, "annual": 1, "training": 2}).alias("kind"),
        dice.chance("approved", 0.97).alias("approved"),
        pl.when(dice.chance("by rule", kept)).then(by_rule).otherwise(pl.lit("captain")).alias("approver"),
        dice.chance("form", kept).alias("has_form"),
        dice.chance("proof", kept).alias("has_proof"),
    )


def _days(scene: Scene, stationed: pl.DataFrame, leave: pl.DataFrame) -> pl.DataFrame:
    """Days on which stationed cadres are in their village: cadre_id, village_id, day, week."""
    days = pl.DataFrame(pl.date_range(scene.first_day, scene.as_of, "1d", eager=True).alias("day"))
    days = days.filter(pl.col("day").dt.weekday() <= _LAST_WEEKDAY).with_columns(
        (pl.col("day").dt.iso_year().cast(pl.Int64) * 100 + pl.col("day").dt.week()).alias("week")
    )
    frame = stationed.join(days, how="cross", maintain_order="left_right")
    skips = scene.dice("weeks", pl.col("cadre_id") * 1_000_000 + pl.col("week")).chance(
        "skips", scene.rates.unmet
    )
    off = leave.select("cadre_id", pl.date_ranges("from_on", "to_on").alias("day")).explode("day")
    return frame.filter(~skips).join(off, on=["cadre_id", "day"], how="anti", maintain_order="left")


def _stays(scene: Scene, days: pl.DataFrame) -> pl.DataFrame:
    """A stay per run of days in a week; a few of which nobody noted the end."""
    broken = (pl.col("day").diff().dt.total_days() != 1).fill_null(True).over("cadre_id", "week")
    runs = days.with_columns(broken.cast(pl.Int64).cum_sum().over("cadre_id").alias("run"))
    frame = runs.group_by("cadre_id", "village_id", "run", maintain_order=True).agg(
        pl.col("day").min().alias("in_on"), pl.col("day").max().alias("out_on")
    )
    dice = scene.dice("stay", pl.col("cadre_id") * 1000 + pl.col("run"))
    return frame.select(
        "cadre_id",
        "village_id",
        "in_on",
        pl.when(~dice.chance("open", scene.rates.unknown_cell / 10)).then("out_on").alias("out_on"),
        dice.pick("source", {"check_in": 6, "daily_sheet": 3, "monthly_sheet": 1}).alias("source"),
    )


def _book(scene: Scene, days: pl.DataFrame, table: str) -> pl.DataFrame:
    """Days as one book has them; each leaves out some."""
    key = pl.col("cadre_id") * 100_000 + pl.col("day").to_physical().cast(pl.Int64)
    kept = ~scene.dice(table, key).chance("left out", scene.rates.unmet / 20)
    return numbered_rows(days.filter(kept).select("cadre_id", "day"), f"{table}_id")


def _diaries(scene: Scene, days: pl.DataFrame) -> pl.DataFrame:
    frame = _book(scene, days, "diary")
    dice = scene.dice("diary entry", "diary_id")
    return frame.with_columns(
        dice.chance("meeting", 0.08).alias("mentions_meeting"),
        dice.chance("matches", 0.995).alias("matches_minutes"),
        pl.when(dice.chance("similar", scene.rates.unmet))
        .then(dice.between("how many", 1, 3))
        .otherwise(0)
        .alias("similar_entries"),
    )


def _batches(scene: Scene) -> pl.DataFrame:
    """Three batches a month for every county agency, done by the 25th."""
    agencies = pl.DataFrame({"agency_id": range(1, scene.place.county_agencies + 1)})
    numbers = pl.DataFrame({"number": range(1, BATCHES + 1)})
    frame = agencies.join(months(scene).select("month", "first"), how="cross").join(numbers, how="cross")
    frame = frame.sort("agency_id", "month", "number")
    start = pl.col("first") + pl.duration(days=(pl.col("number") - 1) * 8)
    frame = frame.with_columns(
        start.alias("first_on"), (start + pl.duration(days=_BATCH_DAYS - 1)).alias("last_on")
    )
    dropped = scene.dice("batches", pl.col("agency_id") * 64 + pl.col("month") * 4 + pl.col("number")).chance(
        "dropped", scene.rates.unmet
    )
    frame = numbered_rows(frame.filter((pl.col("last_on") <= scene.as_of) & ~dropped), "batch_id")
    dice = scene.dice("batch", "batch_id")
    return frame.select(
        "batch_id",
        "agency_id",
        "number",
        "first_on",
        "last_on",
        dice.chance("deputy", 0.6).alias("lead_is_deputy"),
        dice.chance("policy", 0.9).alias("lead_knows_policy"),
        scene.known_to(dice, "duties_known_to"),
    )


def _duties(scene: Scene, batch: pl.DataFrame, membership: pl.DataFrame) -> pl.DataFrame:
    """The cadres of an agency take turns over its batches; agency_id beside the table's own columns."""
    turns = batch.select("batch_id", "agency_id", "first_on", "last_on").with_columns(
        pl.int_range(pl.len()).over("agency_id").alias("turn"), pl.len().over("agency_id").alias("turns")
    )
    cadres = membership.select(
        "cadre_id", "agency_id", (pl.int_range(pl.len()).over("agency_id")).alias("place")
    )
    size = cadres.group_by("agency_id").agg(pl.len().alias("cadres"))
    frame = turns.join(size, on="agency_id", maintain_order="left").join(
        cadres, on="agency_id", maintain_order="left_right"
    )
    # fewer cadres than batches: some go more than once
    goes = pl.col("place") % pl.min_horizontal("turns", "cadres") == pl.col("turn") % pl.min_horizontal(
        "turns", "cadres"
    )
    frame = numbered_rows(frame.filter(goes), "batch_duty_id")
    dice = scene.dice("duty", "batch_duty_id")
    return frame.select(
        "batch_duty_id",
        "batch_id",
        "cadre_id",
        "agency_id",
        "first_on",
        "last_on",
        (pl.int_range(pl.len()).over("batch_id") == 0).alias("is_lead"),
        dice.chance("released", 1 - scene.rates.missed_duty).alias("is_released"),
    )


def _rota_stays(scene: Scene, duty: pl.DataFrame, hooks: pl.DataFrame) -> pl.DataFrame:
    """Where and how long the cadres on duty stayed; some left a day early."""
    villages = hooks.unique("agency_id", keep="first", maintain_order=True).select("agency_id", "village_id")
    frame = duty.join(villages, on="agency_id", maintain_order="left")
    dice = scene.dice("rota", "batch_duty_id")
    came = ~dice.chance("did not come", scene.rates.unmet)
    early = (
        pl.when(dice.chance("early", scene.rates.missed_duty)).then(dice.between("days", 1, 3)).otherwise(0)
    )
    return frame.filter(came).select(
        "cadre_id",
        "village_id",
        pl.col("first_on").alias("in_on"),
        (pl.col("last_on") - pl.duration(days=early)).alias("out_on"),
        dice.pick("source", {"check_in": 8, "daily_sheet": 1, "monthly_sheet": 1}).alias("source"),
    )


def _field_days(scene: Scene, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    village = tables["village"].select("village_id", "township_id")
    days = pl.DataFrame(pl.date_range(scene.first_day, scene.as_of, "1d", eager=True).alias("day"))
    cadre = tables["cadre"].filter(pl.col("job").is_in(list(_FIELD_RATES)))
    rate = pl.col("job").replace_strict(_FIELD_RATES, return_dtype=pl.Float64)
    hooked = (
        tables["agency_hook"]
        .unique("agency_id", keep="first", maintain_order=True)
        .select("agency_id", pl.col("village_id").alias("own"))
    )
    cadre = cadre.join(hooked, on="agency_id", how="left", maintain_order="left")
    cadre = cadre.select(
        "cadre_id", "own", rate.alias("rate"), pl.coalesce("township_id", "hooked").alias("home")
    )
    frame = cadre.join(days, how="cross", maintain_order="left_right")
    key = pl.col("cadre_id") * 100_000 + pl.col("day").to_physical().cast(pl.Int64)
    dice = scene.dice("field", key)
    frame = frame.filter(dice.chance("goes", pl.col("rate"))).with_columns(
        dice.chance("own", 0.6).alias("is_own")
    )
    # a random village: of the own township for those who have one
    by_home = village.group_by("township_id").agg(pl.col("village_id").sort().alias("choice"))
    frame = frame.join(by_home, left_on="home", right_on="township_id", how="left", maintain_order="left")
    everywhere = pl.lit(pl.Series([village["village_id"].sort().to_list()]), pl.List(pl.Int64)).first()
    choice = pl.coalesce("choice", everywhere)
    drawn = choice.list.get(dice.between("village", 0, choice.list.len() - 1))
    place = pl.when("is_own", pl.col("own").is_not_null()).then("own").otherwise(drawn)
    frame = numbered_rows(frame.with_columns(place.alias("village_id")), "field_day_id")
    return frame.select(
        "field_day_id",
        "cadre_id",
        "village_id",
        "day",
        "is_own",
        dice.pick("purpose", {"research": 5, "visit": 3, "dispatch": 1, "inspection": 1}).alias("purpose"),
        dice.pick("source", {"daily_sheet": 6, "check_in": 3, "monthly_sheet": 1}).alias("source"),
    )


def _absences(scene: Scene, stationed: pl.DataFrame) -> pl.DataFrame:
    times = pl.DataFrame({"time": range(3)})
    frame = stationed.select("cadre_id").join(times, how="cross", maintain_order="left_right")
    rate = pl.when(pl.col("time") == 0).then(0.04).otherwise(0.01)
    found = scene.dice("absences", pl.col("cadre_id") * 4 + pl.col("time")).chance("found", rate)
    frame = numbered_rows(frame.filter(found), "absence_id")
    dice = scene.dice("absence", "absence_id")
    on = dice.day("on", scene.first_day, pl.lit(max(scene.first_day, scene.as_of - timedelta(days=10))))
    confirmed = ~dice.chance("excused", 0.25)
    return frame.select(
        "absence_id",
        "cadre_id",
        on.alias("found_on"),
        dice.pick("by", {"discipline": 3, "inspection_group": 5, "township_discipline": 2}).alias("found_by"),
        pl.when(~dice.chance("not yet heard", 0.1)).then(confirmed).alias("confirmed"),
        (on + pl.duration(days=3)).alias("replied_on"),
    )
