"""A small register for the tests: one county, two townships, two villages each, three households a village."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl

from bangfu.core.divisions import Divisions, shipped_divisions
from bangfu.core.register import Batch, ChangeSet, Kind, Receipt, creates
from bangfu.core.sheets.identity import check_digit
from bangfu.web.access import Role
from bangfu.web.accounts.actions import create_user, grant_role
from bangfu.web.audit.recording import Command
from bangfu.web.divisions.loading import load_table
from bangfu.web.divisions.models import Division
from bangfu.web.registry.actions import apply_changes
from bangfu.web.registry.rows import VOCABULARY

COUNTY = "430624000000"
HERE, THERE = "430624119000", "430624999000"  # the township of the accounts, and another one
VILLAGES = {1: "430624119240", 2: "430624119241", 3: "430624999200", 4: "430624999201"}
HELPER = 1  # the cadre that is the account "helper"; helps household 2
AT_COUNTY = {Role.ADMINISTRATOR, Role.COUNTY_OFFICER, Role.LEADER, Role.SECTOR_OFFICE, Role.INSPECTOR}
SINCE = date(2018, 1, 1)
TEST = Command("test")


def id_number(serial: int) -> str:
    """An ID number that nobody has: right by its checksum, of an area that does not exist."""
    first = f"9900001980{serial:07d}"
    return first + str(pl.select(check_digit(pl.lit(first))).item())


def phone(serial: int) -> str:
    """A number of a range that is given to nobody."""
    return f"1980000{serial:04d}"


def divisions() -> Divisions:
    """The shipped divisions with a second township of two villages."""
    extra = [
        (THERE, "邻镇", 4, COUNTY),
        ("430624999200", "甲村", 5, THERE),
        ("430624999201", "乙村", 5, THERE),
    ]
    rows = pl.DataFrame(extra, schema=["code", "name", "level", "parent"], orient="row").with_columns(
        pl.col("level").cast(pl.Int8),
        pl.lit(None, pl.Date).alias("valid_from"),
        pl.lit(None, pl.Date).alias("valid_to"),
    )
    return shipped_divisions().joined_with(Divisions(rows))


def said(name: str, kind: Kind = Kind.IMPORT, on: date = SINCE) -> Batch:
    """Who says something, and since when."""
    return Batch(name, kind, f"test {name}", on, datetime(2020, 1, 1, tzinfo=UTC), "test", name)


def change(name: str, tables: dict[str, pl.DataFrame], on: date = SINCE) -> Receipt:
    """Create rows in the register."""
    frames = {table: creates(VOCABULARY.tables[table], rows) for table, rows in tables.items()}
    return apply_changes(by=TEST, change_set=ChangeSet(said(name, on=on), frames))


def build() -> None:
    """Everything."""
    load_table(by=TEST, divisions=divisions())
    change("world", _tables())
    for role in Role:
        code = COUNTY if role in AT_COUNTY else HERE
        user = create_user(
            by=TEST,
            username=role.value,
            display_name=role.value,
            password="spring rain 2020",
            cadre_id=HELPER if role is Role.HELPER else None,
            must_change_password=False,
        )
        grant_role(by=TEST, user=user, role=role, division=Division.objects.get(code=code), begins_on=SINCE)


def _tables() -> dict[str, pl.DataFrame]:
    households = list(range(1, 13))
    village_of = {household: (household - 1) // 3 + 1 for household in households}
    names = {1: "镇郊村", 2: "和平村", 3: "甲村", 4: "乙村"}
    people = [(household * 10 + n, household, n) for household in households for n in (0, 1)]
    return {
        "county": pl.DataFrame({"county_id": [1], "division_code": [COUNTY], "division_name": ["湘阴县"]}),
        "township": pl.DataFrame(
            {
                "township_id": [1, 2],
                "county_id": [1, 1],
                "division_code": [HERE, THERE],
                "division_name": ["南湖洲镇", "邻镇"],
            }
        ),
        "village": pl.DataFrame(
            {
                "village_id": list(VILLAGES),
                "township_id": [1, 1, 2, 2],
                "division_code": list(VILLAGES.values()),
                "division_name": list(names.values()),
            }
        ),
        "household": pl.DataFrame(
            {
                "household_id": households,
                "village_id": [village_of[one] for one in households],
                "household_code": [f"99{one:08d}" for one in households],
                "head_name": [f"户主{one}" for one in households],
                "head_id_number": [id_number(one * 10) for one in households],
                "phone": [phone(one) for one in households],
                "address": [f"某路{one}号" for one in households],
                "household_status": ["exited" if one % 2 else "registered" for one in households],
                "headcount": [2] * 12,
            }
        ),
        "person": pl.DataFrame(
            {
                "person_id": [key for key, _, _ in people],
                "household_id": [household for _, household, _ in people],
                "full_name": [
                    f"户主{household}" if n == 0 else f"配偶{household}" for _, household, n in people
                ],
                "id_number": [id_number(key) for key, _, _ in people],
                "relation": ["head" if n == 0 else "spouse" for _, _, n in people],
                "illness": ["某种大病" if n else None for _, _, n in people],
            }
        ),
        "cadre": pl.DataFrame(
            {
                "cadre_id": [1, 2],
                "township_id": [1, 1],
                "full_name": ["干部一", "干部二"],
                "phone": [phone(901), phone(902)],
            }
        ),
        "pairing": pl.DataFrame(
            {
                "pairing_id": [1, 2, 3],
                "household_id": [2, 3, 7],
                "cadre_id": [1, 2, 2],
                "start_on": [SINCE] * 3,
            }
        ),
        "income_item": pl.DataFrame(
            {
                "income_item_id": households,
                "household_id": households,
                "year": [2018] * 12,
                "source": ["other_wage"] * 12,
                "amount": [f"{one}00.50" for one in households],
            }
        ).with_columns(pl.col("amount").cast(pl.Decimal(18, 2))),
    }
