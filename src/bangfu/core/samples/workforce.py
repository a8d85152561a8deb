"""Who helps: agencies, cadres and teams, and who belongs to which."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from bangfu.core.samples.dice import Dice, nth
from bangfu.core.samples.identity import numbered, phone_numbers
from bangfu.core.samples.names import GIVEN, GIVEN_COUNT, SURNAMES
from bangfu.core.samples.scene import Scene, yes, yuan

_CADRE_PHONES = 80_000_000
_NAMES, _NAME_STEP = len(SURNAMES) * GIVEN_COUNT, 1237  # coprime
TOWNSHIP_CADRES = 6
HELPING = ["head", "deputy", "captain", "deputy_captain", "member", "township", "officer", "helper"]  # who is paired
_WORDS = "松风 清泉 新禾 长虹 晨光 利民 同心 金穗 绿野 远航 宏图 益农 和畅 春晖 安澜 启明 博爱 兴业 丰源 惠民 青松 明德 乐业 广济".split()
_KINDS = "农技站 服务中心 学校 医院 公司".split()
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
_TEAM_LISTS = ("members_checked_on", "activities_known_to", "meetings_known_to", "documents_known_to", "steps_known_to")
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
_RANK_OF = {"county_leader": "county", "head": "section", "deputy": "section", "secretary": "section", "mayor": "section", "captain": "section"}
_LEADERS = ["county_leader", "head", "secretary", "mayor"]


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


def workforce(scene: Scene, area: dict[str, pl.DataFrame], helpers: int) -> dict[str, pl.DataFrame]:
    """agency, agency_hook, cadre (with `job`, `agency_id`, `stationed_in` beside its own columns),
    agency_membership, team, team_membership; with helpers enough that `helpers` cadres can be paired."""
    agency = _agencies(scene, area["township"])
    hooks = _hooks(scene, area["village"])
    cadre = _cadres(scene, area, hooks, helpers)
    team = _teams(scene, area, hooks)
    return {
        "agency": agency,
        "agency_hook": hooks,
        "cadre": cadre,
        "agency_membership": _memberships(scene, cadre),
        "team": team,
        "team_membership": _postings(scene, cadre, team),
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
    owners = hooks.unique("village_id", keep="first", maintain_order=True).sort("village_id").select(
        "village_id", "agency_id"
    )
    parts = [
        _job(["county_leader"], pl.DataFrame({"township_id": townships}).with_columns(hooked=pl.col("township_id"))).drop("township_id"),
        _job(["head", "deputy"], pl.DataFrame({"agency_id": pl.int_range(1, agencies + 1, eager=True)})),
        _job(
            ["secretary", "mayor", "officer", *["township"] * (TOWNSHIP_CADRES - 1)],
            area["township"].select("township_id", agency_id=pl.col("township_id") + agencies),
        ),
        _job(["village_secretary", "village_head", "village"], village.select("village_id", "township_id")),
        _job(["captain", "deputy_captain", "member"], owners.rename({"village_id": "stationed_in"})),
    ]
    others = sum(part["job"].is_in(HELPING).sum() for part in parts)
    more = pl.int_range(0, max(helpers - others, agencies), eager=True) % agencies + 1
    parts.append(_job(["helper"], pl.DataFrame({"agency_id": more})))
    frame = pl.concat(parts, how="diagonal").with_row_index("cadre_id", 1).with_columns(pl.col("cadre_id").cast(pl.Int64))
    return _described(scene, frame)


def _job(jobs: list[str], places: pl.DataFrame) -> pl.DataFrame:
    """A cadre for every job at every place."""
    return places.join(pl.DataFrame({"job": jobs}), how="cross")


def _described(scene: Scene, frame: pl.DataFrame) -> pl.DataFrame:
    dice = scene.dice("cadre", "cadre_id")
    job = pl.col("job")
    is_man = dice.chance("man", 0.68)
    born = dice.day("born", scene.place.anchor - timedelta(days=57 * 365), scene.place.anchor - timedelta(days=24 * 365))
    stationed = job.is_in(["captain", "deputy_captain", "member"])
    frame = frame.with_columns(pl.when(is_man).then(pl.lit("male")).otherwise(pl.lit("female")).alias("gender"))
    return frame.with_columns(
        numbered("96", pl.col("cadre_id"), 8).alias("cadre_code"),
        _names(dice).alias("full_name"),
        born.alias("birth_date"),
        phone_numbers(pl.col("cadre_id") + _CADRE_PHONES).alias("phone"),
        pl.format("sample-{}", "cadre_id").alias("dingtalk_user"),
        pl.when(job.is_in(_LEADERS) | dice.chance("party", 0.7)).then(pl.lit("party")).otherwise(pl.lit("masses")).alias("political_status"),
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
    return nth(SURNAMES, number // GIVEN_COUNT) + pl.when(pl.col("gender") == "male").then(men).otherwise(women)


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


def _teams(scene: Scene, area: dict[str, pl.DataFrame], hooks: pl.DataFrame) -> pl.DataFrame:
    """A stationed team, a campaign team and a branch in every village; the groups of every township."""
    owner = hooks.unique("village_id", keep="first", maintain_order=True).select("village_id", "agency_id")
    village = area["village"].select("village_id", "township_id", "division_name").join(owner, on="village_id", maintain_order="left")
    stationed = village.select(
        "village_id",
        "agency_id",
        pl.col("township_id").alias("of_township"),
        pl.lit("stationed").alias("kind"),
        (pl.col("division_name") + pl.lit("驻村工作队")).alias("team_name"),
    )
    others = [
        village.select("village_id", pl.lit(kind).alias("kind"), (pl.col("division_name") + pl.lit(name)).alias("team_name"))
        for kind, name in {"village_campaign": "攻坚战斗队", "branch": "临时党支部"}.items()
    ]
    groups = {"leading_group": "脱贫攻坚领导小组", "township_command": "指挥部", "supervision": "督导工作组"}
    upper = [
        area["township"].select(
            "township_id", pl.lit(kind).alias("kind"), (pl.col("division_name") + pl.lit(name)).alias("team_name")
        )
        for kind, name in groups.items()
    ]
    frame = pl.concat([stationed, *others, *upper], how="diagonal").with_row_index("team_id", 1)
    dice = scene.dice("team", "team_id")
    formed = dice.day("formed", scene.place.anchor - timedelta(days=30), scene.place.anchor + timedelta(days=70))
    return frame.with_columns(pl.col("team_id").cast(pl.Int64), pl.lit(None, pl.Int64).alias("group_id")).with_columns(
        pl.when(formed <= scene.as_of).then(formed).alias("formed_on"),
        pl.when((pl.col("kind") == "stationed") & (formed <= scene.as_of)).then(formed + pl.duration(days=5)).alias("stationed_on"),
        pl.when(pl.col("kind") == "stationed")
        .then(yuan(pl.when(dice.chance("funds", 0.95)).then(10_000).otherwise(5_000)))
        .alias("fund_paid"),
        pl.when(pl.col("kind") == "stationed").then(dice.chance("vouchers", 0.95)).alias("fund_vouchered"),
        *(scene.known_to(dice, name) for name in _TEAM_LISTS),
    )


def _postings(scene: Scene, cadre: pl.DataFrame, team: pl.DataFrame) -> pl.DataFrame:
    """Members of the teams: `_MEMBERS` says which job has which part in which kind of team."""
    at_village = team.filter(pl.col("village_id").is_not_null()).select("team_id", "kind", "village_id", "stationed_on")
    at_township = team.filter(pl.col("township_id").is_not_null()).select("team_id", "kind", "township_id")
    stationed = cadre.drop("kind").join(at_village.filter(pl.col("kind") == "stationed"), left_on="stationed_in", right_on="village_id")
    local = cadre.filter(pl.col("village_id").is_not_null()).drop("kind").join(
        at_village.filter(pl.col("kind") == "village_campaign"), on="village_id"
    )
    township = cadre.filter(pl.col("village_id").is_null()).drop("kind").join(at_township, on="township_id")
    leaders = cadre.filter(pl.col("job") == "county_leader").drop("kind").join(at_township, left_on="hooked", right_on="township_id")
    guests = cadre.filter(pl.col("job").is_in(["head", "deputy"]) & (pl.col("agency_id") == 1)).drop("kind").join(at_township, how="cross")
    frame = pl.concat([stationed, local, township, leaders, guests, _from_township(scene, cadre, team)], how="diagonal")
    roles = pl.DataFrame(_MEMBERS, schema=["kind", "job", "role", "capacity"], orient="row")
    frame = frame.join(roles, on=["kind", "job"])
    return _posted(scene, frame.sort("team_id", "cadre_id", "role"))


def _from_township(scene: Scene, cadre: pl.DataFrame, team: pl.DataFrame) -> pl.DataFrame:
    """Two cadres of the township in every stationed team, in turn; under jobs of their own."""
    homes = team.filter(pl.col("kind") == "stationed").select("team_id", "kind", "of_township", "stationed_on")
    homes = homes.with_columns(pl.int_range(pl.len()).over("of_township").alias("turn"))
    cadres = cadre.filter(pl.col("job") == "township").drop("kind").with_columns(
        pl.int_range(pl.len()).over("township_id").alias("place"), pl.len().over("township_id").alias("places")
    )
    frame = homes.join(cadres, left_on="of_township", right_on="township_id")
    first, second = pl.col("turn") % pl.col("places"), (pl.col("turn") + 1) % pl.col("places")
    job = pl.when(pl.col("place") == first).then(pl.lit("committee")).when(pl.col("place") == second).then(pl.lit("sent"))
    return frame.with_columns(job.alias("job")).filter(pl.col("job").is_not_null())


def _posted(scene: Scene, frame: pl.DataFrame) -> pl.DataFrame:
    frame = frame.select("team_id", "cadre_id", "role", "capacity", "stationed_on", "political_status", "stationed_in")
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
        pl.when(is_stationed).then(dice.chance("full time", kept)).otherwise(pl.lit(False)).alias("is_full_time"),
        pl.when(is_stationed).then(pl.format("样例组发〔{}〕{}号", scene.place.anchor.year, pl.col("team_id"))).alias("document_number"),
        pl.when(is_stationed).then(pl.when(wrong_way).then(start + pl.duration(days=9)).otherwise(appointed)).alias("appointed_on"),
        pl.when(is_stationed).then(start).alias("arrived_on"),
        pl.when(in_party & dice.chance("transferred", kept)).then(start + pl.duration(days=8)).alias("party_transferred_on"),
        pl.when(is_stationed).then(dice.chance("allowances", kept)).alias("allowances_paid"),
        pl.when(is_stationed).then(dice.chance("insured", kept)).alias("accident_insured"),
        (start + pl.duration(days=3)).alias("notice_updated_on"),
        pl.lit(None, pl.Date).alias("recalled_on"),
    )
