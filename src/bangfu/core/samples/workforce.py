"""Who helps: agencies, cadres and teams, and who belongs to which."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from bangfu.core.samples.dice import Dice, nth
from bangfu.core.samples.identity import numbered, phone_numbers
from bangfu.core.samples.names import GIVEN, GIVEN_COUNT, SURNAMES
from bangfu.core.samples.scene import Scene, yes
from bangfu.core.samples.teams import postings, teams

_CADRE_PHONES = 80_000_000
_NAMES, _NAME_STEP = len(SURNAMES) * GIVEN_COUNT, 1237  # coprime
TOWNSHIP_CADRES = 6
HELPING = [
    "head",
    "deputy",
    "captain",
    "deputy_captain",
    "member",
    "township",
    "officer",
    "helper",
]  # who is paired
_WORDS = [first + second for first in "松青金云" for second in "风泉穗航禾岭"]
_KINDS = ("农技站", "服务中心", "学校", "医院", "公司")
_CADRE_LISTS = (
    "pairings_checked_on",
    "memberships_checked_on",
    "assignments_checked_on",
    "activities_known_to",
    "trainings_known_to",
    "meetings_known_to",
    "documents_known_to",
    "issues_known_to",
    "absences_known_to",
    "duties_known_to",
    "presence_known_to",
    "field_days_known_to",
    "visits_known_to",
    "diaries_known_to",
    "sheets_known_to",
    "dingtalk_known_to",
    "leaves_known_to",
)
_AGENCY_LISTS = (
    "members_checked_on",
    "hooks_checked_on",
    "batches_known_to",
    "activities_known_to",
    "meetings_known_to",
    "documents_known_to",
    "teams_checked_on",
)
_POSTS = {
    "county_leader": "县领导",
    "head": "局长",
    "deputy": "副局长",
    "secretary": "党委书记",
    "mayor": "镇长",
    "township": "干事",
    "officer": "扶贫专干",
    "village_secretary": "村党组织书记",
    "village_head": "村委会主任",
    "village": "村委委员",
    "captain": "第一书记、队长",
    "deputy_captain": "副队长",
    "member": "队员",
    "helper": "科员",
}
_KIND_OF = {
    "county_leader": "county_leader",
    "head": "department_head",
    "secretary": "township_leader",
    "mayor": "township_leader",
    "township": "township",
    "officer": "township",
    "village_secretary": "village_secretary",
    "village_head": "village_head",
    "village": "village",
}
_RANK_OF = {
    "county_leader": "county",
    "head": "section",
    "deputy": "section",
    "secretary": "section",
    "mayor": "section",
    "captain": "section",
}
_LEADERS = ["county_leader", "head", "secretary", "mayor"]


def workforce(scene: Scene, area: dict[str, pl.DataFrame], helpers: int) -> dict[str, pl.DataFrame]:
    """agency, agency_hook, cadre (with `job`, `agency_id`, `stationed_in` beside its own columns),
    agency_membership, team, team_membership; with helpers enough that `helpers` cadres can be paired."""
    agency = _agencies(scene, area["township"])
    hooks = _hooks(scene, area["village"])
    cadre = _cadres(scene, area, hooks, helpers)
    team = teams(scene, area, hooks)
    return {
        "agency": agency,
        "agency_hook": hooks,
        "cadre": cadre,
        "agency_membership": _memberships(scene, cadre),
        "team": team,
        "team_membership": postings(scene, cadre, team),
    }


def _agencies(scene: Scene, township: pl.DataFrame) -> pl.DataFrame:
    """The county's agencies, then the government of each township."""
    count = scene.place.county_agencies
    names = [_WORDS[i % len(_WORDS)] + _KINDS[i // len(_WORDS)] for i in range(count)]
    names += [f"{name}人民政府" for name in township["division_name"]]
    frame = pl.DataFrame({"agency_name": names}).with_row_index("agency_id", 1)
    dice = scene.dice("agency", "agency_id")
    is_county = pl.col("agency_id") <= count
    return frame.select(
        pl.col("agency_id").cast(pl.Int64),
        pl.lit(1, pl.Int64).alias("county_id"),
        numbered("97", pl.col("agency_id"), 6).alias("agency_code"),
        "agency_name",
        pl.when(is_county).then(pl.lit("county")).otherwise(pl.lit("township")).alias("level"),
        dice.between("staff", 8, 60).alias("staff"),
        is_county.alias("is_hooked"),
        yes(dice, "posting_allowance_paid", 0.96, 0.02),
        *(scene.known_to(dice, name) for name in _AGENCY_LISTS),
    )


def _hooks(scene: Scene, village: pl.DataFrame) -> pl.DataFrame:
    """Every village has an agency, and every county agency a village."""
    agencies, villages = scene.place.county_agencies, village.height
    number = pl.int_range(0, max(agencies, villages), eager=True).alias("n").to_frame()
    return number.select(
        (pl.col("n") + 1).alias("agency_hook_id"),
        (pl.col("n") % agencies + 1).alias("agency_id"),
        (pl.col("n") % villages + 1).alias("village_id"),
        pl.lit(None, pl.Int64).alias("township_id"),
        pl.lit(scene.place.anchor - timedelta(days=300)).alias("start_on"),
        pl.lit(None, pl.Date).alias("end_on"),
    )


def _cadres(scene: Scene, area: dict[str, pl.DataFrame], hooks: pl.DataFrame, helpers: int) -> pl.DataFrame:
    agencies = scene.place.county_agencies
    townships, village = area["township"]["township_id"], area["village"]
    owners = (
        hooks.unique("village_id", keep="first", maintain_order=True)
        .sort("village_id")
        .select("village_id", "agency_id")
    )
    parts = [
        _job(
            ["county_leader"],
            pl.DataFrame({"township_id": townships}).with_columns(hooked=pl.col("township_id")),
        ).drop("township_id"),
        _job(["head", "deputy"], pl.DataFrame({"agency_id": pl.int_range(1, agencies + 1, eager=True)})),
        _job(
            ["secretary", "mayor", "officer", *["township"] * (TOWNSHIP_CADRES - 1)],
            area["township"].select("township_id", agency_id=pl.col("township_id") + agencies),
        ),
        _job(["village_secretary", "village_head", "village"], village.select("village_id", "township_id")),
        _job(["captain", "deputy_captain", "member"], owners.rename({"village_id": "stationed_in"})),
    ]
    others = sum(int(part["job"].is_in(HELPING).sum()) for part in parts)
    more = pl.int_range(0, max(helpers - others, agencies), eager=True) % agencies + 1
    parts.append(_job(["helper"], pl.DataFrame({"agency_id": more})))
    frame = (
        pl.concat(parts, how="diagonal")
        .with_row_index("cadre_id", 1)
        .with_columns(pl.col("cadre_id").cast(pl.Int64))
    )
    return _described(scene, frame)


def _job(jobs: list[str], places: pl.DataFrame) -> pl.DataFrame:
    """A cadre for every job at every place."""
    return places.join(pl.DataFrame({"job": jobs}), how="cross")


def _described(scene: Scene, frame: pl.DataFrame) -> pl.DataFrame:
    dice = scene.dice("cadre", "cadre_id")
    job = pl.col("job")
    is_man = dice.chance("man", 0.68)
    born = dice.day(
        "born", scene.place.anchor - timedelta(days=57 * 365), scene.place.anchor - timedelta(days=24 * 365)
    )
    stationed = job.is_in(["captain", "deputy_captain", "member"])
    frame = frame.with_columns(
        pl.when(is_man).then(pl.lit("male")).otherwise(pl.lit("female")).alias("gender")
    )
    return frame.with_columns(
        numbered("96", pl.col("cadre_id"), 8).alias("cadre_code"),
        _names(dice).alias("full_name"),
        born.alias("birth_date"),
        phone_numbers(pl.col("cadre_id") + _CADRE_PHONES).alias("phone"),
        pl.format("sample-{}", "cadre_id").alias("dingtalk_user"),
        pl.when(job.is_in(_LEADERS) | dice.chance("party", 0.7))
        .then(pl.lit("party"))
        .otherwise(pl.lit("masses"))
        .alias("political_status"),
        job.replace_strict(_KIND_OF, default="department").alias("kind"),
        job.replace_strict(_RANK_OF, default="general").alias("rank"),
        job.replace_strict(_POSTS).alias("post"),
        job.is_in(_LEADERS).alias("is_leader"),
        (job == "captain").alias("is_first_secretary"),
        (job == "captain").alias("is_captain"),
        job.is_in(["secretary", "village_secretary"]).alias("is_secretary"),
        stationed.alias("is_stationed"),
        (job == "officer").alias("is_poverty_officer"),
        (stationed | dice.chance("knows policy", 0.6)).alias("knows_policy"),
        yes(dice, "is_healthy", 0.98, scene.rates.unknown_cell),
        yes(dice, "has_rural_experience", 0.9, scene.rates.unknown_cell),
        *(scene.known_to(dice, name) for name in _CADRE_LISTS),
    )


def _names(dice: Dice) -> pl.Expr:
    """Names, no two alike for as many cadres of one sex as there are surnames times given names."""
    number = dice.uniform("name").rank("ordinal").over("gender").cast(pl.Int64) * _NAME_STEP % _NAMES
    given = number % GIVEN_COUNT
    men, women = (nth(GIVEN[gender][1], given) for gender in ("male", "female"))
    return nth(SURNAMES, number // GIVEN_COUNT) + pl.when(pl.col("gender") == "male").then(men).otherwise(
        women
    )


def _memberships(scene: Scene, cadre: pl.DataFrame) -> pl.DataFrame:
    job = pl.col("job")
    role = (
        pl.when(job.is_in(["head", "secretary", "mayor"]))
        .then(pl.lit("head"))
        .when(job == "deputy")
        .then(pl.lit("deputy"))
        .otherwise(pl.lit("staff"))
    )
    frame = cadre.filter(pl.col("agency_id").is_not_null()).with_row_index("agency_membership_id", 1)
    dice = scene.dice("membership", "cadre_id")
    return frame.select(
        pl.col("agency_membership_id").cast(pl.Int64),
        "cadre_id",
        "agency_id",
        dice.day("since", scene.place.anchor - timedelta(days=2500), scene.place.anchor).alias("start_on"),
        pl.lit(None, pl.Date).alias("end_on"),
        role.alias("role"),
        (job == "deputy").alias("is_liaison"),
    )
