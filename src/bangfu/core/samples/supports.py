"""What households get: benefits, what they are entitled to, loans, hospital bills, and their plans."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from bangfu.core.samples.scene import Scene, numbered_rows, yuan

_CHRONIC_BILLS, _SERIOUS_BILLS = 0.12, 0.7
_AIMS = ("发展种养业", "稳定外出务工", "落实兜底保障", "搞好子女就学", "做好看病报销")
_MEANS = (
    "送种苗并上门指导",
    "介绍就近务工",
    "代办补贴申报",
    "联系合作社包销",
    "每月上门走访一次",
    "帮助修缮住房",
)
_OUTLOOKS = ("今年收入有望稳中有升", "争取年内稳定达标", "防止返贫是重点", "按季核对收入账")


def supports(scene: Scene, household: pl.DataFrame, person: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """benefit_received, entitlement, loan, hospital_bill, household_plan."""
    helped = household.filter(pl.col("is_listed") | pl.col("monitoring_kind").is_not_null())
    loan = _loans(scene, helped)
    due = _due(scene, helped, person)
    return {
        "benefit_received": _benefits(scene, due),
        "entitlement": _entitlements(scene, due),
        "loan": loan,
        "hospital_bill": _bills(scene, person),
        "household_plan": _plans(scene, helped),
    }


def _due(scene: Scene, household: pl.DataFrame, person: pl.DataFrame) -> pl.DataFrame:
    """household_id, person_id, kind: what each household is entitled to."""
    dice = scene.dice("due", "household_id")
    is_able = pl.col("able") > 0
    kinds = {
        "industry": is_able | (pl.col("is_listed") & dice.chance("industry", 0.9)),
        "employment": pl.col("away") > 0,
        "public_post": pl.col("post_months") > 0,
        "finance": pl.col("wants_loan") & pl.col("loan_eligible"),
        "health": pl.col("has_chronic") | pl.col("has_serious"),
        "safety_net": pl.col("is_low_income") | pl.col("is_destitute") | ~is_able,
        "housing": pl.col("in_dangerous_house").fill_null(False),
        "resettlement": pl.col("is_resettled"),
        "equity": dice.chance("equity", 0.75),
        "social": dice.chance("social", 0.3),
    }
    parts = [
        household.filter(holds).select(
            "household_id", pl.lit(None, pl.Int64).alias("person_id"), pl.lit(kind).alias("kind")
        )
        for kind, holds in kinds.items()
    ]
    pupils = person.filter(pl.col("is_pupil") & (pl.col("school_age") >= 6)).join(
        household.select("household_id"), on="household_id", how="semi"
    )
    kind = (
        pl.when(pl.col("school_age") < 15).then(pl.lit("compulsory_education")).otherwise(pl.lit("education"))
    )
    parts.append(pupils.select("household_id", "person_id", kind.alias("kind")))
    return pl.concat(parts).sort("household_id", "kind", "person_id")


def _benefits(scene: Scene, due: pl.DataFrame) -> pl.DataFrame:
    """Benefits of this year and the last."""
    years = pl.DataFrame({"year": [scene.year - 1, scene.year]})
    frame = numbered_rows(due.join(years, how="cross", maintain_order="left_right"), "benefit_received_id")
    dice = scene.dice("benefit", "benefit_received_id")
    frame = numbered_rows(
        frame.filter(dice.chance("had", 1 - scene.rates.missed_duty)), "benefit_received_id"
    )
    dice = scene.dice("benefit again", "benefit_received_id")
    first = pl.date("year", 1, 10)
    last = pl.min_horizontal(pl.date("year", 12, 1), pl.lit(scene.as_of))
    is_industry = pl.col("kind") == "industry"
    return frame.with_columns(
        pl.col("year").cast(pl.Int64),
        pl.when(is_industry)
        .then(dice.chance("short", 0.985))
        .otherwise(pl.lit(False))
        .alias("is_short_term"),
        dice.day("from", first, pl.max_horizontal(first, last)).alias("started_on"),
        pl.when(~dice.chance("amount unknown", scene.rates.unknown_cell))
        .then(yuan(dice.between("amount", 2, 40) * 100))
        .alias("amount"),
        pl.when(~dice.chance("knows unknown", scene.rates.unknown_cell))
        .then(dice.chance("knows", 1 - scene.rates.missed_duty))
        .alias("known_to_household"),
        pl.when(is_industry & dice.chance("guided", 0.9))
        .then(dice.day("guided on", first, pl.max_horizontal(first, last)))
        .alias("guided_on"),
    )


def _entitlements(scene: Scene, due: pl.DataFrame) -> pl.DataFrame:
    frame = numbered_rows(due.select("household_id", "kind").unique(maintain_order=True), "entitlement_id")
    dice = scene.dice("entitlement", "entitlement_id")
    return frame.with_columns(
        pl.lit(scene.year, pl.Int64).alias("year"),
        dice.chance("received", 1 - scene.rates.unmet / 3).alias("is_received"),
        dice.chance("known", 1 - scene.rates.unmet / 3).alias("known_to_household"),
    )


def _loans(scene: Scene, household: pl.DataFrame) -> pl.DataFrame:
    of_household = scene.dice("loans", "household_id")
    wanted = pl.col("wants_loan") & pl.col("loan_eligible") & of_household.chance("lent", 0.95)
    frame = numbered_rows(household.filter(wanted).select("household_id"), "loan_id")
    dice = scene.dice("loan", "loan_id")
    lent = dice.day("lent", scene.as_of - timedelta(days=1300), scene.as_of - timedelta(days=60))
    due = lent + pl.duration(days=1095)
    is_over = due < scene.as_of
    repaid = dice.chance("repaid", 0.8)
    return frame.with_columns(
        lent.alias("lent_on"),
        due.alias("due_on"),
        pl.when(is_over & ~repaid & dice.chance("extended", 0.8))
        .then(due + pl.duration(days=365))
        .alias("extended_to"),
        pl.when(is_over & repaid).then(due - pl.duration(days=5)).alias("repaid_on"),
        yuan(dice.between("amount", 1, 5) * 10_000).alias("amount"),
        pl.lit(True).alias("is_small_credit"),
        pl.when(dice.chance("checked", 0.95))
        .then(dice.day("checked on", pl.max_horizontal(lent, pl.lit(scene.first_day)), scene.as_of))
        .alias("checked_on"),
    )


def _bills(scene: Scene, person: pl.DataFrame) -> pl.DataFrame:
    of_person = scene.dice("bills", "person_id")
    rate = pl.when("is_serious").then(_SERIOUS_BILLS).when("is_chronic").then(_CHRONIC_BILLS).otherwise(0.01)
    frame = numbered_rows(
        person.filter(of_person.chance("bill", rate)).select("person_id"), "hospital_bill_id"
    )
    dice = scene.dice("bill", "hospital_bill_id")
    total = dice.between("total", 8, 300) * 100
    share = (
        pl.when(dice.chance("dear", scene.rates.missed_duty))
        .then(dice.between("dear", 11, 35))
        .otherwise(dice.between("share", 3, 10))
    )
    paid = total * share // 100
    return frame.with_columns(
        dice.day("left", scene.first_day, scene.as_of).alias("left_on"),
        yuan(total).alias("total"),
        yuan(total * dice.between("compliant", 88, 100) // 100).alias("compliant"),
        yuan(total - paid).alias("reimbursed"),
        pl.when(~dice.chance("unknown", scene.rates.unknown_cell)).then(yuan(paid)).alias("self_paid"),
        dice.chance("in county", 0.85).alias("in_county"),
        dice.chance("before paying", 0.97).alias("treated_before_paying"),
        dice.chance("one stop", 0.97).alias("settled_at_one_stop"),
    )


def _plans(scene: Scene, household: pl.DataFrame) -> pl.DataFrame:
    """A plan of every helped household; some repeat, but for the name, the text of another."""
    of_household = scene.dice("plans", "household_id")
    made = of_household.day("made", date(scene.year, 1, 8), date(scene.year, 3, 31))
    late = of_household.day("late", date(scene.year, 4, 1), date(scene.year, 6, 30))
    is_late = of_household.chance("is late", scene.rates.missed_duty)
    frame = household.with_columns(pl.when(is_late).then(late).otherwise(made).alias("made_on"))
    frame = numbered_rows(frame.filter(pl.col("made_on") <= scene.as_of), "household_plan_id")
    dice = scene.dice("plan", "household_plan_id")
    is_copy = dice.chance("copy", scene.rates.copied_plan)
    text = pl.format(
        "{}家{}口人，有劳动力{}人，耕种土地，今年{}，{}，{}。第{}号户，{}。",
        pl.col("head_name"),
        pl.col("headcount"),
        pl.col("able"),
        dice.one_of("aim", _AIMS),
        dice.one_of("means", _MEANS),
        dice.one_of("more means", _MEANS),
        pl.col("household_id"),
        dice.one_of("outlook", _OUTLOOKS),
    )
    copied = pl.format(
        "{}家由帮扶责任人按季走访，发展种植养殖，参加技能培训，落实各项惠民政策，力争稳定脱贫、逐步致富。",
        "head_name",
    )
    signature = dice.pick("signature", {"hand": 82, "fingerprint": 11, "absent": 5, "declined": 2})
    frame = frame.with_columns(
        pl.when(is_copy).then(copied).otherwise(text).alias("plan_text"), is_copy.alias("is_copy")
    )
    copies = pl.col("is_copy").sum().cast(pl.Int64) - 1
    return frame.select(
        "household_plan_id",
        "household_id",
        "made_on",
        "plan_text",
        pl.col("plan_text").str.len_chars().cast(pl.Int64).alias("text_length"),
        pl.when("is_copy").then(copies).otherwise(0).alias("similar_plans"),
        pl.when(pl.col("able") > 0)
        .then(pl.lit("employment,industry"))
        .otherwise(pl.lit("health,safety_net"))
        .alias("supports"),
        pl.when(signature.is_in(["hand", "fingerprint"])).then("made_on").alias("agreed_on"),
        signature.alias("signature"),
        dice.chance("knows", 1 - scene.rates.missed_duty).alias("household_knows"),
        pl.when(dice.chance("forecast", 0.96))
        .then(yuan(scene.place.line + dice.between("forecast", 100, 4000)))
        .alias("forecast_income"),
    )
