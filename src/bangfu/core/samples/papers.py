"""Documents, issues, discrepancies and the recorded steps of procedures."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from bangfu.core.samples.scene import Scene, months, numbered_rows

_OF_HOUSEHOLD = (
    "income_sheet",
    "handbook",
    "identification",
    "support",
    "policy_card",
    "household_schedule",
    "housing_plate",
    "water_plate",
    "doctor_card",
    "detail_account",
    "benefit_history",
    "household_scheme",
    "instructor_record",
    "exit",
)
_OF_PLACE = {
    "village": (
        "village_plan",
        "industry_plan",
        "year_plan",
        "identification",
        "support",
        "exit",
        "basics",
        "project_list",
        "catalogue",
        "briefing",
    ),
    "township": ("catalogue", "supervision_proof", "survey_summary", "register_forms"),
    "county": ("catalogue",),
    "agency": ("roster",),
}
_OF_TEAM = ("work_plan", "duty_proof", "survey_summary")
_OF_CADRE = ("work_plan", "cadre_file", "appointment")
_DUE = (
    "work_plan",
    "village_plan",
    "industry_plan",
    "year_plan",
    "household_scheme",
    "survey_summary",
    "register_forms",
    "roster",
)
_LATELY = ("benefit_history", "supervision_proof", "duty_proof", "briefing", "income_sheet")
_ISSUE_KINDS = {
    "housing": 3,
    "medical": 2,
    "income": 2,
    "papers": 5,
    "education": 1,
    "water": 2,
    "industry": 2,
    "environment": 2,
}
_ISSUE_SOURCES = {
    "self_check": 5,
    "visit": 4,
    "campaign": 2,
    "platform": 2,
    "spot_check": 0.3,
    "city_appraisal": 1,
    "grievance": 1,
}
PROCEDURES: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {  # place → procedure → whose, steps
    "s4": {
        "exit": ("exited_now", ("deliberate", "verify", "agree", "notice", "announce")),
        "pairing_decision": ("listed", ("agency", "village")),
        "village_project": ("project", ("discuss", "notice", "carry_out", "funds_notice", "supervise")),
    },
    "s2": {
        "exit": ("exited_now", ("deliberate", "verify", "agree", "notice", "announce")),
        "identify": ("poor", ("apply", "deliberate", "village_notice", "town_review", "announce")),
        "project": ("project", ("library", "meeting", "notice", "carry_out", "accept", "account", "pay")),
    },
    "s3": {
        "identification": ("listed", ("apply", "deliberation", "notice", "review")),
        "exit": ("exited", ("deliberation", "verification", "agreement", "notice", "announcement")),
        "monitoring_identification": ("watched", ("survey", "deliberation", "notice", "review")),
    },
    "s1": {
        "plan_signoff": ("village", ("draft", "supervision", "secretary", "head", "leader", "report")),
        "survey_report": ("township", ("collect", "sign", "report")),
        "four_proposals": (
            "village",
            (
                "branch",
                "committees",
                "members",
                "assembly",
                "publish_decision",
                "publish_result",
                "oversight",
            ),
        ),
    },
    "s0": {"report_up": ("watched", ("raise", "gather", "study"))},
}


def papers(scene: Scene, tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """document, issue, discrepancy, procedure_step."""
    return {
        "document": _documents(scene, tables),
        "issue": _issues(scene, tables),
        "discrepancy": _discrepancies(scene, tables),
        "procedure_step": _steps(scene, tables),
    }


def _documents(scene: Scene, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    household = tables["household"].filter("is_listed").select("household_id", "household_status")
    parts = [household.join(_kinds(_OF_HOUSEHOLD), how="cross", maintain_order="left_right")]
    parts[0] = parts[0].filter((pl.col("kind") != "exit") | (pl.col("household_status") == "exited"))
    parts += [_each(tables[table], f"{table}_id", kinds) for table, kinds in _OF_PLACE.items()]
    team = tables["team"].filter(pl.col("kind") == "stationed").select("team_id")
    parts.append(_each(team, "team_id", _OF_TEAM))
    reports = team.join(months(scene).select("last"), how="cross", maintain_order="left_right")
    parts.append(reports.with_columns(pl.lit("monthly_report").alias("kind")))
    parts.append(_each(tables["cadre"].filter("is_stationed"), "cadre_id", _OF_CADRE))
    frame = pl.concat(parts, how="diagonal").with_row_index("draw")
    there = scene.dice("documents", "draw").chance("there", 1 - scene.rates.missed_duty / 2)
    return _written(scene, numbered_rows(frame.filter(there), "document_id"))


def _kinds(kinds: tuple[str, ...]) -> pl.DataFrame:
    return pl.DataFrame({"kind": kinds})


def _each(owners: pl.DataFrame, key: str, kinds: tuple[str, ...]) -> pl.DataFrame:
    return owners.select(key).join(_kinds(kinds), how="cross", maintain_order="left_right")


def _written(scene: Scene, frame: pl.DataFrame) -> pl.DataFrame:
    dice, kept = scene.dice("document", "document_id"), 1 - scene.rates.missed_duty / 2
    in_month = pl.col("last").dt.month_start() + pl.duration(days=dice.between("in month", 10, 24))
    due = scene.place.papers_by
    late = pl.when(dice.chance("late", scene.rates.missed_duty / 2)).then(30).otherwise(0)
    made = (
        pl.when(pl.col("last").is_not_null())
        .then(in_month)
        .when(pl.col("kind").is_in(_DUE))
        .then(dice.day("due", due - timedelta(days=20), due - timedelta(days=1)) + pl.duration(days=late))
        .when(pl.col("kind").is_in(_LATELY))
        .then(dice.day("lately", max(scene.first_day, scene.as_of - timedelta(days=30)), scene.as_of))
        .otherwise(dice.day("made", scene.first_day, scene.as_of))
    )
    frame = frame.with_columns(made.alias("made_on")).filter(pl.col("made_on") <= scene.as_of)
    frame = numbered_rows(frame, "document_id")
    later = pl.min_horizontal(pl.col("made_on") + pl.duration(days=1), pl.lit(scene.as_of))
    of_last_year = pl.col("kind") == "income_sheet"
    links = ("household_id", "village_id", "township_id", "county_id", "team_id", "agency_id", "cadre_id")
    return frame.select(
        "document_id",
        *links,
        "made_on",
        "kind",
        (pl.lit(scene.year, pl.Int64) - of_last_year.cast(pl.Int64) * int(scene.as_of.month < 12)).alias(
            "year"
        ),
        pl.when(dice.chance("filed", kept)).then(later).alias("filed_on"),
        pl.when(pl.col("household_id").is_not_null() & dice.chance("on wall", kept))
        .then(later)
        .alias("on_wall_on"),
        pl.when(dice.chance("handed in", kept)).then(later).alias("handed_in_on"),
        dice.chance("complete", kept).alias("complete"),
        dice.chance("truthful", 0.995).alias("truthful"),
        pl.when(pl.col("household_id").is_not_null()).then(dice.chance("agreed", kept)).alias("agreed"),
        pl.when(dice.chance("twice", 0.002)).then(2).otherwise(1).alias("copies"),
        scene.known_to(dice, "checked_on"),
    )


def _issues(scene: Scene, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Of some households and of villages; most are settled."""
    of_household = scene.dice("issues", "household_id")
    homes = tables["household"].select("household_id", "village_id")
    household = homes.filter(of_household.chance("issue", 0.07))
    dry = (
        tables["water"]
        .filter(pl.col("seasonal_shortage") | ~pl.col("piped"))
        .select("household_id", about=pl.lit("water"))
    )
    dry = homes.join(dry, on="household_id", maintain_order="left")
    villages = (
        tables["village"].select("village_id").join(pl.DataFrame({"n": range(3)}), how="cross").drop("n")
    )
    secretary = tables["cadre"].filter(pl.col("job") == "village_secretary").select("village_id", "cadre_id")
    frame = pl.concat([household, dry, villages], how="diagonal").join(
        secretary, on="village_id", maintain_order="left"
    )
    return _described_issues(scene, numbered_rows(frame, "issue_id"))


def _described_issues(scene: Scene, frame: pl.DataFrame) -> pl.DataFrame:
    dice = scene.dice("issue", "issue_id")
    found = dice.day("found", scene.first_day, scene.as_of)
    due = found + pl.duration(days=30)
    state = dice.pick("state", {"closed": 98, "working": 1.2, "open": 0.3, "extended": 0.5})
    closed = pl.min_horizontal(found + pl.duration(days=dice.between("took", 3, 32)), pl.lit(scene.as_of))
    return frame.select(
        "issue_id",
        "household_id",
        "village_id",
        "cadre_id",
        found.alias("found_on"),
        dice.pick("source", _ISSUE_SOURCES).alias("source"),
        pl.coalesce("about", dice.pick("kind", _ISSUE_KINDS)).alias("kind"),
        dice.chance("measure", 0.99).alias("has_measure"),
        dice.chance("owner", 0.99).alias("has_owner"),
        due.alias("due_on"),
        state.alias("state"),
        pl.when(state == "closed").then(closed).alias("closed_on"),
        pl.when(state == "closed")
        .then(dice.chance("reviewed", 0.99))
        .otherwise(pl.lit(False))
        .alias("reviewed"),
        dice.chance("proof", 0.96).alias("has_proof"),
        pl.when(state == "extended").then(due - pl.duration(days=3)).alias("extension_asked_on"),
    )


def _discrepancies(scene: Scene, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    dice = scene.dice("discrepancies", "household_id")
    frame = (
        tables["household"]
        .filter(dice.chance("differs", scene.rates.amount_off))
        .select("household_id", "village_id")
    )
    frame = numbered_rows(frame, "discrepancy_id")
    each = scene.dice("discrepancy", "discrepancy_id")
    kinds = {"system_ledger": 4, "ledger_field": 3, "residence_booklet": 2, "sector_list": 1, "logic": 1}
    return frame.select(
        "discrepancy_id",
        "household_id",
        "village_id",
        each.day("found", max(scene.first_day, scene.as_of - timedelta(days=90)), scene.as_of).alias(
            "found_on"
        ),
        each.pick("kind", kinds).alias("kind"),
        pl.lit("household").alias("table_name"),
        each.pick("column", {"headcount": 2, "housing_grade": 1, "is_low_income": 1}).alias("column_name"),
        each.chance("resolved", 0.6).alias("resolved"),
    )


def _steps(scene: Scene, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    household = tables["household"]
    listed = household.filter("is_listed")
    exited = household.filter(pl.col("household_status") == "exited")
    owners = {
        "listed": listed.select("household_id", pl.col("identified_on").alias("by")),
        "poor": listed.filter(pl.col("household_status") != "exited").select(
            "household_id", pl.col("identified_on").alias("by")
        ),
        "exited": exited.select("household_id", pl.col("exited_on").alias("by")),
        "exited_now": exited.filter(pl.col("exit_year") == scene.year).select(
            "household_id", pl.col("exited_on").alias("by")
        ),
        "watched": household.filter(pl.col("monitoring_kind").is_not_null()).select(
            "household_id", pl.col("at_risk_on").alias("by")
        ),
        "project": tables["project"]
        .filter(pl.col("started_on").is_not_null())
        .select("project_id", pl.col("started_on").alias("by")),
        "village": tables["village"].select("village_id", pl.lit(scene.place.papers_by).alias("by")),
        "township": tables["township"].select("township_id", pl.lit(scene.place.papers_by).alias("by")),
    }
    parts = []
    for procedure, (whose, steps) in PROCEDURES[scene.place.id].items():
        order = pl.DataFrame({"step": steps}).with_row_index("number")
        frame = owners[whose].join(order, how="cross", maintain_order="left_right")
        back = pl.duration(days=(len(steps) - 1 - pl.col("number").cast(pl.Int64)) * 9)
        parts.append(
            frame.with_columns(pl.lit(procedure).alias("procedure"), (pl.col("by") - back).alias("done_on"))
        )
    frame = pl.concat(parts, how="diagonal").filter(pl.col("done_on") <= scene.as_of)
    return _signed(scene, numbered_rows(frame, "procedure_step_id"))


def _signed(scene: Scene, frame: pl.DataFrame) -> pl.DataFrame:
    dice = scene.dice("step", "procedure_step_id")
    is_notice = pl.col("step").str.contains("notice|publish|announce")
    links = ("household_id", "village_id", "township_id", "project_id")
    absent = [pl.lit(None, pl.Int64).alias(name) for name in links if name not in frame.columns]
    frame = frame.with_columns(absent).filter(dice.chance("done", 1 - scene.rates.unmet / 2))
    return numbered_rows(frame, "procedure_step_id").select(
        "procedure_step_id",
        *links,
        "procedure",
        "step",
        pl.lit(1, pl.Int64).alias("round"),
        (pl.col("done_on") - pl.duration(days=2)).alias("started_on"),
        "done_on",
        pl.lit("village_committees").alias("by_role"),
        dice.chance("paper", 1 - scene.rates.unmet / 2).alias("has_paper"),
        pl.lit("hand").alias("signature"),
        pl.when(is_notice).then(pl.col("done_on") + pl.duration(days=7)).alias("notice_to"),
        pl.lit(0, pl.Int64).alias("objections"),
    )
