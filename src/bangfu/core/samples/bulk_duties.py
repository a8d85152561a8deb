"""A snapshot of a million activities of cadres for measuring: stays, days in the field, rota, leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from bangfu.core.samples.dice import Dice
from bangfu.core.samples.scene import gap, numbered_rows
from bangfu.core.snapshots import Snapshot, write_snapshot

AGENCY_SIZE = 20  # cadres of an agency
BATCHES = 36  # a year, of every agency
_STAYS, _FIELD_DAYS, _LEAVES = 0.75, 0.6, 0.03  # a day and cadre
_LISTS = (
    "presence_known_to",
    "field_days_known_to",
    "leaves_known_to",
    "duties_known_to",
    "memberships_checked_on",
)
_LEADERS_EVERY = 10


def write_sample_duties(
    cadres: int, seed: int, folder: Path, year: int = 2024, unknown: float = 0.05
) -> Snapshot:
    """A snapshot of the last day of `year`: tables county, agency, cadre, agency_membership, batch, batch_duty,
    stay, field_day, leave; about 500 rows of the last four for each cadre, so a million for 2,000.

    `unknown`: share of cadres of whom a list is not complete. The same arguments give the same bytes. Raises
    SnapshotError.
    """
    draft = _Draft(cadres, seed, date(year, 1, 1), date(year, 12, 31), unknown)
    agencies = -(-cadres // AGENCY_SIZE)
    batch = draft.batches(agencies)
    tables = {
        "county": pl.DataFrame({"county_id": [1], "agencies_checked_on": [draft.last]}),
        "agency": draft.agencies(agencies),
        "cadre": draft.cadre_rows(),
        "agency_membership": draft.memberships(),
        "batch": batch,
        "batch_duty": draft.duties(batch),
        "stay": draft.stays(),
        "field_day": draft.field_days(),
        "leave": draft.leaves(),
    }
    return write_snapshot(tables, draft.last, folder, f"sample duties:{cadres}:{seed}")


@dataclass(frozen=True)
class _Draft:
    cadres: int
    seed: int
    first: date
    last: date
    unknown: float

    def dice(self, scope: str, key: str) -> Dice:
        return Dice(self.seed, f"duties:{scope}", pl.col(key))

    def grid(self) -> pl.DataFrame:
        """A row per cadre and day: cadre_id, day, key."""
        cadres = pl.DataFrame({"cadre_id": pl.int_range(1, self.cadres + 1, eager=True)})
        days = pl.DataFrame(pl.date_range(self.first, self.last, "1d", eager=True).alias("day"))
        frame = cadres.join(days.with_row_index("n"), how="cross", maintain_order="left_right")
        return frame.select("cadre_id", "day", (pl.col("cadre_id") * 512 + pl.col("n")).alias("key"))

    def agencies(self, count: int) -> pl.DataFrame:
        return pl.DataFrame({"agency_id": pl.int_range(1, count + 1, eager=True)}).with_columns(
            pl.lit(1, pl.Int64).alias("county_id"),
            pl.lit("county").alias("level"),
            pl.lit(True).alias("is_hooked"),
            *(pl.lit(self.last).alias(name) for name in ("members_checked_on", "batches_known_to")),
        )

    def cadre_rows(self) -> pl.DataFrame:
        frame = pl.DataFrame({"cadre_id": pl.int_range(1, self.cadres + 1, eager=True)})
        dice, is_leader = self.dice("cadre", "cadre_id"), pl.col("cadre_id") % _LEADERS_EVERY == 0
        kind = pl.when(is_leader).then(pl.lit("department_head")).otherwise(pl.lit("department"))
        return frame.with_columns(
            kind.alias("kind"),
            is_leader.alias("is_leader"),
            (~is_leader).alias("is_stationed"),
            *(gap(dice, name, pl.lit(self.last), self.unknown / len(_LISTS)) for name in _LISTS),
        )

    def memberships(self) -> pl.DataFrame:
        frame = pl.DataFrame({"cadre_id": pl.int_range(1, self.cadres + 1, eager=True)})
        return frame.with_columns(
            pl.col("cadre_id").alias("agency_membership_id"),
            ((pl.col("cadre_id") - 1) // AGENCY_SIZE + 1).alias("agency_id"),
            pl.lit(self.first - timedelta(days=400)).alias("start_on"),
            pl.lit("staff").alias("role"),
        )

    def batches(self, agencies: int) -> pl.DataFrame:
        """Three a month, of six days."""
        frame = pl.DataFrame({"agency_id": pl.int_range(1, agencies + 1, eager=True)}).join(
            pl.DataFrame({"n": range(BATCHES)}), how="cross", maintain_order="left_right"
        )
        frame = numbered_rows(frame, "batch_id")
        dice = self.dice("batch", "batch_id")
        start = pl.date(self.first.year, pl.col("n") // 3 + 1, pl.col("n") % 3 * 8 + 1)
        return frame.select(
            "batch_id",
            "agency_id",
            (pl.col("n") % 3 + 1).alias("number"),
            start.alias("first_on"),
            (start + pl.duration(days=5)).alias("last_on"),
            dice.chance("deputy", 0.6).alias("lead_is_deputy"),
            dice.chance("policy", 0.9).alias("lead_knows_policy"),
            gap(dice, "duties_known_to", pl.lit(self.last), self.unknown),
        )

    def duties(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Each cadre is in every other batch of the agency."""
        frame = (
            self.memberships()
            .select("cadre_id", "agency_id")
            .join(batch, on="agency_id", maintain_order="left_right")
        )
        frame = numbered_rows(
            frame.filter((pl.col("cadre_id") + pl.col("batch_id")) % 2 == 0), "batch_duty_id"
        )
        return frame.select("batch_duty_id", "batch_id", "cadre_id", "first_on", "last_on").with_columns(
            pl.lit(True).alias("is_released")
        )

    def stays(self) -> pl.DataFrame:
        dice = self.dice("stay", "key")
        frame = numbered_rows(self.grid().filter(dice.chance("starts", _STAYS)), "stay_id")
        until = pl.min_horizontal(
            pl.col("day") + pl.duration(days=dice.between("nights", 0, 2)), pl.lit(self.last)
        )
        return frame.select(
            "stay_id",
            "cadre_id",
            pl.col("day").alias("in_on"),
            gap(dice, "out_on", until, self.unknown / 50),
            dice.pick("source", {"check_in": 7, "daily_sheet": 2, "monthly_sheet": 1}).alias("source"),
        )

    def field_days(self) -> pl.DataFrame:
        dice = self.dice("field", "key")
        frame = numbered_rows(self.grid().filter(dice.chance("goes", _FIELD_DAYS)), "field_day_id")
        return frame.select(
            "field_day_id",
            "cadre_id",
            "day",
            dice.chance("own", 0.4).alias("is_own"),
            pl.lit("research").alias("purpose"),
        )

    def leaves(self) -> pl.DataFrame:
        dice = self.dice("leave", "key")
        frame = numbered_rows(self.grid().filter(dice.chance("leave", _LEAVES)), "leave_id")
        days = dice.between("days", 1, 3)
        return frame.select(
            "leave_id",
            "cadre_id",
            pl.col("day").alias("from_on"),
            (pl.col("day") + pl.duration(days=days - 1)).alias("to_on"),
            days.alias("days"),
            gap(dice, "approved", dice.chance("yes", 0.9), self.unknown),
        )
