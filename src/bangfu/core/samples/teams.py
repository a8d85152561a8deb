"""Teams of villages and townships, and who is in them."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from bangfu.core.samples.dice import Dice
from bangfu.core.samples.scene import Scene, yuan

_TEAM_LISTS = (
    "members_checked_on",
    "activities_known_to",
    "meetings_known_to",
    "documents_known_to",
    "steps_known_to",
)
_MEMBERS = (  # kind of team, job, role, capacity
    ("stationed", "captain", "captain", "department_leader"),
    ("stationed", "deputy_captain", "member", "stationed"),
    ("stationed", "member", "member", "stationed"),
    ("stationed", "committee", "deputy_captain", "township_committee"),
    ("stationed", "sent", "member", "township_cadre"),
    ("village_campaign", "village_secretary", "captain", "villager"),
    ("village_campaign", "village_head", "deputy_captain", "villager"),
    ("leading_group", "county_leader", "captain", "county_leader"),
    ("leading_group", "secretary", "deputy_captain", "township_secretary"),
    ("leading_group", "mayor", "deputy_captain", "township_head"),
    ("leading_group", "head", "deputy_captain", "group_leader"),
    ("leading_group", "deputy", "member", "group_deputy"),
    ("leading_group", "township", "member", "township_committee"),
    ("leading_group", "officer", "office_director", "township_cadre"),
    ("township_command", "secretary", "captain", "township_secretary"),
    ("township_command", "mayor", "deputy_captain", "township_head"),
    ("supervision", "county_leader", "captain", "county_leader"),
    ("supervision", "deputy", "member", "prefecture_deputy"),
    ("supervision", "head", "member", "department_head"),
    ("supervision", "secretary", "member", "township_secretary"),
    ("supervision", "mayor", "member", "township_head"),
)


def teams(scene: Scene, area: dict[str, pl.DataFrame], hooks: pl.DataFrame) -> pl.DataFrame:
    """A stationed team, a campaign team and a branch in every village; the groups of every township."""
    owner = hooks.unique("village_id", keep="first", maintain_order=True).select("village_id", "agency_id")
    village = (
        area["village"]
        .select("village_id", "township_id", "division_name")
        .join(owner, on="village_id", maintain_order="left")
    )
    stationed = village.select(
        "village_id",
        "agency_id",
        pl.col("township_id").alias("of_township"),
        pl.lit("stationed").alias("kind"),
        (pl.col("division_name") + pl.lit("驻村工作队")).alias("team_name"),
    )
    others = [
        village.select(
            "village_id",
            pl.lit(kind).alias("kind"),
            (pl.col("division_name") + pl.lit(name)).alias("team_name"),
        )
        for kind, name in {"village_campaign": "攻坚战斗队", "branch": "临时党支部"}.items()
    ]
    groups = {"leading_group": "脱贫攻坚领导小组", "township_command": "指挥部", "supervision": "督导工作组"}
    upper = [
        area["township"].select(
            "township_id",
            pl.lit(kind).alias("kind"),
            (pl.col("division_name") + pl.lit(name)).alias("team_name"),
        )
        for kind, name in groups.items()
    ]
    frame = pl.concat([stationed, *others, *upper], how="diagonal").with_row_index("team_id", 1)
    dice = scene.dice("team", "team_id")
    formed = dice.day(
        "formed", scene.place.anchor - timedelta(days=30), scene.place.anchor + timedelta(days=70)
    )
    return frame.with_columns(
        pl.col("team_id").cast(pl.Int64), pl.lit(None, pl.Int64).alias("group_id")
    ).with_columns(
        pl.when(formed <= scene.as_of).then(formed).alias("formed_on"),
        pl.when((pl.col("kind") == "stationed") & (formed <= scene.as_of))
        .then(formed + pl.duration(days=5))
        .alias("stationed_on"),
        pl.when(pl.col("kind") == "stationed")
        .then(yuan(pl.when(dice.chance("funds", 0.95)).then(10_000).otherwise(5_000)))
        .alias("fund_paid"),
        pl.when(pl.col("kind") == "stationed").then(dice.chance("vouchers", 0.95)).alias("fund_vouchered"),
        *(scene.known_to(dice, name) for name in _TEAM_LISTS),
    )


def postings(scene: Scene, cadre: pl.DataFrame, team: pl.DataFrame) -> pl.DataFrame:
    """Members of the teams: `_MEMBERS` says which job has which part in which kind of team."""
    at_village = team.filter(pl.col("village_id").is_not_null()).select(
        "team_id", "kind", "village_id", "stationed_on"
    )
    at_township = team.filter(pl.col("township_id").is_not_null()).select("team_id", "kind", "township_id")
    stationed = cadre.drop("kind").join(
        at_village.filter(pl.col("kind") == "stationed"), left_on="stationed_in", right_on="village_id"
    )
    local = (
        cadre.filter(pl.col("village_id").is_not_null())
        .drop("kind")
        .join(at_village.filter(pl.col("kind") == "village_campaign"), on="village_id")
    )
    township = cadre.filter(pl.col("village_id").is_null()).drop("kind").join(at_township, on="township_id")
    leaders = (
        cadre.filter(pl.col("job") == "county_leader")
        .drop("kind")
        .join(at_township, left_on="hooked", right_on="township_id")
    )
    guests = (
        cadre.filter(pl.col("job").is_in(["head", "deputy"]) & (pl.col("agency_id") == 1))
        .drop("kind")
        .join(at_township, how="cross")
    )
    frame = pl.concat(
        [stationed, local, township, leaders, guests, _from_township(scene, cadre, team)], how="diagonal"
    )
    roles = pl.DataFrame(_MEMBERS, schema=["kind", "job", "role", "capacity"], orient="row")
    frame = frame.join(roles, on=["kind", "job"])
    return _posted(scene, frame.sort("team_id", "cadre_id", "role"))


def _from_township(scene: Scene, cadre: pl.DataFrame, team: pl.DataFrame) -> pl.DataFrame:
    """Two cadres of the township in every stationed team, in turn; under jobs of their own."""
    homes = team.filter(pl.col("kind") == "stationed").select(
        "team_id", "kind", "of_township", "stationed_on"
    )
    homes = homes.with_columns(pl.int_range(pl.len()).over("of_township").alias("turn"))
    cadres = (
        cadre.filter(pl.col("job") == "township")
        .drop("kind")
        .with_columns(
            pl.int_range(pl.len()).over("township_id").alias("place"),
            pl.len().over("township_id").alias("places"),
        )
    )
    frame = homes.join(cadres, left_on="of_township", right_on="township_id")
    first, second = pl.col("turn") % pl.col("places"), (pl.col("turn") + 1) % pl.col("places")
    job = (
        pl.when(pl.col("place") == first)
        .then(pl.lit("committee"))
        .when(pl.col("place") == second)
        .then(pl.lit("sent"))
    )
    return frame.with_columns(job.alias("job")).filter(pl.col("job").is_not_null())


def _posted(scene: Scene, frame: pl.DataFrame) -> pl.DataFrame:
    frame = frame.select(
        "team_id", "cadre_id", "role", "capacity", "stationed_on", "political_status", "stationed_in"
    )
    frame = frame.with_row_index("team_membership_id", 1)
    dice: Dice = scene.dice("posting", "team_membership_id")
    start = pl.coalesce("stationed_on", pl.lit(scene.place.anchor))
    kept, is_stationed = 1 - scene.rates.missed_duty, pl.col("stationed_in").is_not_null()
    appointed = start - pl.duration(days=dice.between("appointed", 3, 12))
    wrong_way = dice.chance("appointed late", scene.rates.missed_duty / 2)
    in_party = is_stationed & (pl.col("political_status") == "party")
    return frame.select(
        pl.col("team_membership_id").cast(pl.Int64),
        "team_id",
        "cadre_id",
        start.alias("start_on"),
        pl.lit(None, pl.Date).alias("end_on"),
        "role",
        "capacity",
        pl.when(is_stationed)
        .then(dice.chance("full time", kept))
        .otherwise(pl.lit(False))
        .alias("is_full_time"),
        pl.when(is_stationed)
        .then(pl.format("样例组发〔{}〕{}号", scene.place.anchor.year, pl.col("team_id")))
        .alias("document_number"),
        pl.when(is_stationed)
        .then(pl.when(wrong_way).then(start + pl.duration(days=9)).otherwise(appointed))
        .alias("appointed_on"),
        pl.when(is_stationed).then(start).alias("arrived_on"),
        pl.when(in_party & dice.chance("transferred", kept))
        .then(start + pl.duration(days=8))
        .alias("party_transferred_on"),
        pl.when(is_stationed).then(dice.chance("allowances", kept)).alias("allowances_paid"),
        pl.when(is_stationed).then(dice.chance("insured", kept)).alias("accident_insured"),
        (start + pl.duration(days=3)).alias("notice_updated_on"),
        pl.lit(None, pl.Date).alias("recalled_on"),
    )
