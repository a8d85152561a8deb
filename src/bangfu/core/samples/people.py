"""What is recorded of every person: numbers, schooling, health, work, insurance."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from bangfu.core.samples.dice import Dice
from bangfu.core.samples.families import full_names, members
from bangfu.core.samples.identity import id_numbers, numbered, phone_numbers
from bangfu.core.samples.scene import Scene, gap, yes

_GRADES = {  # age on 1 September of the school year → where a pupil is then
    0: "preschool_age",
    3: "kindergarten",
    6: "primary",
    12: "grade_7",
    13: "grade_8",
    14: "grade_9",
}
_SENIOR = ("senior", "vocational")
_ILLNESSES = {"慢性肾病": 3, "恶性肿瘤": 3, "脑卒中": 3, "先天性心脏病": 1, "尿毒症": 1}
_DISABILITIES = {
    "limb": 40,
    "sight": 12,
    "hearing": 14,
    "speech": 4,
    "intellect": 10,
    "mental": 14,
    "multiple": 6,
}
_PROOFS = {
    "contract,employer": 60,
    "contract,employer,phone": 20,
    "neighbours": 15,
    "contract": 3,
    "phone": 2,
}
_EMPLOYERS = ("宏达服装厂", "顺安建筑队", "佳味食品厂", "众诚电子厂", "利民物流站", "新禾农机社")
HOUSEHOLD_PREFIX = "99"


def people(scene: Scene, households: pl.DataFrame) -> pl.DataFrame:
    """The person table, from households with `household_id`, `composition`, `household_code`, `is_listed`."""
    family = scene.dice("family", "household_id")
    drawn = members(households, family, scene.place.anchor)
    drawn = drawn.with_columns(full_names(family, scene.place.anchor).alias("full_name"))
    drawn = drawn.join(
        households.select("household_id", "household_code", "is_listed"),
        on="household_id",
        maintain_order="left",
    ).with_row_index("person_id", 1)
    frame = drawn.with_columns(pl.col("person_id").cast(pl.Int64))
    frame = frame.with_columns(
        _age(pl.lit(scene.as_of)).alias("age"), _age(_school_year(scene)).alias("school_age")
    )
    dice = scene.dice("person", "person_id")
    frame = _identity(scene, frame, dice)
    frame = _schooling(scene, frame, dice)
    frame = _health(scene, frame, dice)
    frame = _work(scene, frame, dice)
    return _insurance(scene, frame, dice)


def _age(day: pl.Expr) -> pl.Expr:
    """Full years of life on a day."""
    born = pl.col("birth_date")
    before = (day.dt.month() * 100 + day.dt.day()) < (born.dt.month().cast(pl.Int32) * 100 + born.dt.day())
    return (day.dt.year() - born.dt.year() - before.cast(pl.Int32)).cast(pl.Int64)


def _school_year(scene: Scene) -> pl.Expr:
    year = scene.year if scene.as_of >= date(scene.year, 9, 1) else scene.year - 1
    return pl.lit(date(year, 9, 1))


def _identity(scene: Scene, frame: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    is_wrong = dice.chance("wrong ID number", scene.rates.wrong_id_number)
    ethnic = scene.dice("ethnic", "household_id").pick("ethnic", scene.place.ethnic)
    return frame.with_columns(id_numbers(scene.place.id_prefix).alias("id_number")).with_columns(
        (pl.col("household_code") + (pl.col("slot") + 1).cast(pl.String).str.zfill(2)).alias("person_code"),
        pl.lit("id_card").alias("id_kind"),
        pl.when(is_wrong).then(_miswritten(pl.col("id_number"))).otherwise("id_number").alias("id_number"),
        (~is_wrong).alias("id_valid"),
        ethnic.alias("ethnic_group"),
        pl.when(pl.col("age").is_between(16, 70)).then(phone_numbers(pl.col("person_id"))).alias("phone"),
        pl.when(dice.chance("party", 0.03) & (pl.col("age") >= 25))
        .then(pl.lit("party"))
        .otherwise(pl.lit("masses"))
        .alias("political_status"),
        yes(dice, "speaks_mandarin", 0.9, scene.rates.unknown_cell),
        yes(dice, "in_residence_booklet", 0.995, scene.rates.unknown_cell),
        pl.col("is_listed").alias("in_poverty_system"),
    )


def _miswritten(number: pl.Expr) -> pl.Expr:
    """The last character is off by one."""
    last = number.str.slice(17, 1)
    return number.str.slice(0, 17) + last.replace_strict(
        dict(zip("0123456789X", "1234567890" + "1", strict=True))
    )


def _grade(dice: Dice) -> pl.Expr:
    """Where somebody of that age is at school, if at all."""
    age = pl.col("school_age")
    grade = pl.lit("preschool_age")
    for low, text in _GRADES.items():
        grade = pl.when(age >= low).then(pl.lit(text)).otherwise(grade)
    year_of_senior = (age - 14).clip(1, 3).cast(pl.String)
    senior = dice.pick("senior", {"senior": 55, "vocational": 45}) + pl.lit("_") + year_of_senior
    year_of_college = (age - 17).clip(1, 3).cast(pl.String)
    college = dice.pick("college", {"bachelor": 40, "higher_vocational": 60}) + pl.lit("_") + year_of_college
    return (
        pl.when(age.is_between(15, 17))
        .then(senior)
        .when(age.is_between(18, 20))
        .then(college)
        .otherwise(grade)
    )


def _education(dice: Dice) -> pl.Expr:
    """What grown people learnt, by their time."""
    return (
        pl.when(pl.col("age") >= 65)
        .then(dice.pick("old education", {"illiterate": 35, "primary": 55, "junior": 10}))
        .when(pl.col("age") >= 40)
        .then(dice.pick("education", {"illiterate": 6, "primary": 42, "junior": 44, "senior": 8}))
        .otherwise(
            dice.pick(
                "young education", {"primary": 8, "junior": 60, "senior": 22, "college": 8, "bachelor": 2}
            )
        )
    )


def _schooling(scene: Scene, frame: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    age = pl.col("school_age")
    goes_on = (
        pl.when(age >= 18)
        .then(dice.chance("college at all", 0.4))
        .otherwise(dice.chance("senior at all", 0.93))
    )
    is_pupil = (age < 15) | ((age <= 20) & goes_on)
    left_early = age.is_between(7, 14) & dice.chance("left school", scene.rates.unmet)
    not_known = dice.chance("schooling unknown", scene.rates.unknown_cell)
    schooling = pl.when(left_early).then(pl.lit("none")).when(is_pupil).then(_grade(dice))
    education = pl.when(left_early).then(pl.lit("primary")).when(~is_pupil).then(_education(dice))
    return frame.with_columns(is_pupil.alias("is_pupil")).with_columns(
        pl.when(~not_known).then(schooling).alias("schooling"),
        pl.when(~not_known).then(education).alias("education"),
        pl.when(left_early)
        .then(dice.pick("dropout", {"unwilling": 5, "illness": 2, "other": 1}))
        .alias("dropout_reason"),
        pl.when(left_early & dice.chance("urged", 0.7))
        .then(dice.day("urged on", scene.first_day, scene.as_of))
        .alias("return_urged_on"),
        pl.when(left_early)
        .then(dice.chance("taught at home", 0.2))
        .when(is_pupil)
        .then(pl.lit(False))
        .alias("taught_at_home"),
        pl.when(is_pupil & (age >= 6) & dice.chance("teacher", 0.97))
        .then(dice.day("teacher visit", scene.first_day, scene.as_of))
        .alias("teacher_visited_on"),
        scene.known_to(dice, "schooling_checked_on", share=0.2),
    )


def _health(scene: Scene, frame: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    risk = 0.03 + (pl.col("age") - 40).clip(0, 50) / 140
    chronic = dice.chance("chronic", risk)
    serious = dice.chance("serious", risk * 0.25)
    disabled = dice.chance("disabled", 0.03 + risk * 0.15)
    # codes of several values are sorted and joined by ","
    health = pl.concat_str(
        pl.when(chronic).then(pl.lit("chronic")),
        pl.when(disabled).then(pl.lit("disabled")),
        pl.when(serious).then(pl.lit("serious")),
        separator=",",
        ignore_nulls=True,
    )
    health = pl.when(health == "").then(pl.lit("healthy")).otherwise(health)
    not_known = dice.chance("health unknown", scene.rates.unknown_cell)
    return frame.with_columns(
        chronic.alias("is_chronic"), serious.alias("is_serious"), disabled.alias("is_disabled")
    ).with_columns(
        pl.when(~not_known).then(health).alias("health"),
        pl.when("is_serious").then(dice.pick("illness", _ILLNESSES)).alias("illness"),
        pl.when("is_serious")
        .then(dice.chance("aided", 0.94))
        .otherwise(pl.lit(False))
        .alias("illness_aided"),
        (pl.col("is_chronic") & dice.chance("other aid", 0.8)).alias("other_health_aid"),
        pl.when("is_disabled").then(dice.pick("disability", _DISABILITIES)).alias("disability"),
        pl.when("is_disabled").then(dice.between("grade", 1, 4)).alias("disability_grade"),
        pl.when("is_disabled")
        .then(scene.place.anchor.year - dice.between("card", 0, 8))
        .alias("disability_year"),
        pl.when("is_chronic")
        .then(dice.chance("doctor", 0.995))
        .otherwise(dice.chance("doctor", 0.985))
        .alias("doctor_contracted"),
        pl.when(dice.chance("doctor came", 0.985))
        .then(dice.day("doctor visit", scene.first_day, scene.as_of))
        .alias("doctor_visited_on"),
        scene.known_to(dice, "doctor_visits_known_to", share=0.2),
    )


def _work(scene: Scene, frame: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    age, is_pupil = pl.col("age"), pl.col("is_pupil")
    lost = pl.col("is_serious") | (pl.col("disability_grade") <= 2).fill_null(False)
    labour = (
        pl.when((age < 16) | is_pupil | (age >= 75))
        .then(pl.lit("none"))
        .when(lost)
        .then(pl.lit("lost"))
        .when((age >= 60) | pl.col("is_disabled") | pl.col("is_chronic"))
        .then(pl.lit("weak"))
        .otherwise(dice.pick("labour", {"ordinary": 82, "skilled": 18}))
    )
    frame = frame.with_columns(labour.alias("labour"))
    able = pl.col("labour").is_in(["ordinary", "skilled"])
    away = able & dice.chance("away", 0.6)
    post = ~away & (able | (pl.col("labour") == "weak")) & (age < 65) & dice.chance("post", 0.08)
    frame = frame.with_columns(away.alias("is_away"), post.alias("has_post"), able.alias("is_able"))
    place = dice.pick("work place", {"elsewhere": 55, "province": 20, "county": 17, "township": 8})
    proofs = dice.pick("proofs", _PROOFS)
    return frame.with_columns(
        gap(dice, "labour", pl.col("labour"), scene.rates.unknown_cell),
        pl.when("is_away")
        .then(dice.between("months", 4, 11))
        .otherwise(pl.lit(0, pl.Int64))
        .alias("work_months"),
        pl.when("is_away").then(place).alias("work_place"),
        pl.when("is_away").then(dice.one_of("employer", _EMPLOYERS)).alias("employer"),
        pl.when("is_away")
        .then(dice.pick("channel", {"self": 5, "relatives": 3, "enterprise": 2, "government": 1}))
        .alias("job_channel"),
        pl.lit(False).alias("works_abroad"),
        pl.when(pl.col("is_away") & dice.chance("has proof", 0.97)).then(proofs).alias("work_proofs"),
        (pl.col("is_away") | pl.col("has_post") | (pl.col("is_able") & dice.chance("farms", 0.7))).alias(
            "employed"
        ),
        (pl.col("is_able") & dice.chance("wants work", 0.9)).alias("wants_work"),
        (pl.col("is_able") & dice.chance("wants training", 0.15)).alias("wants_training"),
        pl.when("has_post")
        .then(dice.pick("post", {"cleaner": 4, "ranger": 3, "road": 2, "carer": 1}))
        .alias("public_post"),
        pl.when("has_post")
        .then(dice.between("post months", 6, 12))
        .otherwise(pl.lit(0, pl.Int64))
        .alias("public_post_months"),
        pl.when("is_able")
        .then(dice.pick("industry", {"planting": 5, "breeding": 3, "breeding,planting": 2}))
        .alias("industry_kind"),
        pl.when("is_away").then(place).otherwise(pl.lit("home")).alias("whereabouts"),
    )


def _insurance(scene: Scene, frame: pl.DataFrame, dice: Dice) -> pl.DataFrame:
    unknown = scene.rates.unknown_cell / 2
    employee = pl.col("is_away") & dice.chance("employee", 0.05)
    joined = dice.day("joined", scene.place.anchor - timedelta(days=1400), scene.place.anchor)
    is_baby = pl.col("birth_date") > joined
    return frame.with_columns(employee.alias("is_insured_at_work")).with_columns(
        pl.when(~dice.chance("insurance unknown", unknown))
        .then(~pl.col("is_insured_at_work") & ~dice.chance("uninsured", scene.rates.unmet / 3))
        .alias("resident_medical"),
        pl.col("is_insured_at_work").alias("employee_medical"),
        yes(dice, "critical_illness", 0.998, unknown),
        yes(dice, "medical_aid_covered", 0.998, unknown),
        yes(dice, "commercial_medical", 0.2, unknown),
        ((pl.col("age") >= 16) & ~pl.col("is_pupil") & dice.chance("pension", 0.9)).alias("resident_pension"),
        pl.col("is_insured_at_work").alias("employee_pension"),
        pl.lit(False).alias("orphaned"),
        (
            pl.col("member").is_in(["mother", "father", "head"])
            & (pl.col("age") >= 60)
            & dice.chance("widowed", 0.2)
        ).alias("widowed"),
        pl.when(is_baby).then("birth_date").otherwise(joined).alias("joined_on"),
        pl.when(is_baby).then(pl.lit("newborn")).alias("joined_by"),
        scene.known_to(dice, "trainings_known_to", share=0.2),
        scene.known_to(dice, "bills_known_to", share=0.2),
        scene.known_to(dice, "benefits_known_to", share=0.2),
    )


def household_code(number: pl.Expr) -> pl.Expr:
    """Numbers of households: ten digits."""
    return numbered(HOUSEHOLD_PREFIX, number, 8)


def with_relief(scene: Scene, person: pl.DataFrame, household: pl.DataFrame) -> pl.DataFrame:
    """Who of a household has the minimum living allowance, or is supported as destitute."""
    relief = household.select("household_id", "is_low_income", "is_destitute")
    whole = scene.dice("relief", "household_id").chance("whole", 0.75)
    frame = person.join(relief, on="household_id", maintain_order="left")
    return frame.with_columns(
        (pl.col("is_low_income") & (whole | ~pl.col("is_able"))).alias("low_income"),
        pl.col("is_destitute").alias("destitute"),
    )
