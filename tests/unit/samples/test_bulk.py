"""Snapshots of millions, tried on thousands: shares, order, chunks, bytes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from bangfu.core.samples import bulk, write_sample_duties
from bangfu.core.samples.bulk import LINE, Draft, Shares, write_sample_snapshot
from bangfu.core.snapshots import open_snapshot

DAY = date(2018, 12, 31)
DRAFT = Draft(3, DAY, Shares())
COUNT = 20_000


def test_a_snapshot_is_whole_and_the_same_again(tmp_path: Path) -> None:
    one = write_sample_snapshot(3_000, 3, tmp_path / "one")
    two = write_sample_snapshot(3_000, 3, tmp_path / "two")
    assert open_snapshot(tmp_path / "one").rows == one.rows
    assert one.content_hash == two.content_hash
    assert one.rows["household"] == 3_000
    assert one.rows["village"] == 6
    assert one.rows["township"] == one.rows["county"] == 1
    assert one.rows["person"] / 3_000 == pytest.approx(3.5, abs=0.15)
    assert one.rows["income_item"] / 3_000 == pytest.approx(5, abs=0.5)


def test_chunks_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = write_sample_snapshot(2_500, 3, tmp_path / "whole")
    monkeypatch.setattr(bulk, "CHUNK", 700)
    assert write_sample_snapshot(2_500, 3, tmp_path / "parts").content_hash == whole.content_hash


def test_a_larger_snapshot_begins_like_a_smaller_one() -> None:
    assert DRAFT.people(1, 101).equals(DRAFT.people(1, 501).filter(pl.col("household_id") <= 100))


@pytest.mark.parametrize("column", ["grain_enough", "water_safe", "yard_tidy", "handbook_matches"])
def test_criteria_on_a_household_are_missed_and_unknown_as_asked(column: str) -> None:
    values = DRAFT.households(1, COUNT + 1)[column]
    assert values.null_count() / COUNT == pytest.approx(0.05, abs=0.01)
    assert (~values).sum() / COUNT == pytest.approx(0.05, abs=0.01)


def test_without_unknowns_nothing_is_empty_but_what_does_not_apply() -> None:
    draft = Draft(3, DAY, Shares(unmet=0.05, unknown=0.0))
    household = draft.households(1, 2_001)
    empty = {name for name in household.columns if household[name].null_count()}
    assert empty == {"exit_year", "planned_exit_year"}
    person = draft.people(1, 2_001)
    assert {name for name in person.columns if person[name].null_count()} == {"schooling", "education"}
    assert draft.incomes(1, 2_001)["amount"].null_count() == 0


def test_net_income_misses_the_line_as_asked() -> None:
    draft = Draft(3, DAY, Shares(unmet=0.05, unknown=0.0))
    earned = draft.incomes(1, COUNT + 1).group_by("household_id").agg(pl.col("amount").cast(pl.Int64).sum())
    spent = draft.costs(1, COUNT + 1).select("household_id", pl.col("amount").cast(pl.Int64).alias("spent"))
    frame = draft.households(1, COUNT + 1).select("household_id", "headcount").join(earned, on="household_id")
    frame = frame.join(spent, on="household_id", how="left")
    short = frame["amount"] - frame["spent"].fill_null(0) <= LINE * frame["headcount"]
    assert short.sum() / COUNT == pytest.approx(0.05, abs=0.01)


def test_people_are_sorted_keyed_and_as_many_as_counted() -> None:
    person = DRAFT.people(1, 2_001)
    assert person["person_id"].is_sorted()
    assert person["person_id"].is_unique().all()
    counted = person.group_by("household_id").len().sort("household_id")["len"]
    assert (counted == DRAFT.households(1, 2_001)["headcount"]).all()
    assert person["birth_date"].max() < DAY  # type: ignore[operator]


def test_duties_of_cadres_fill_a_year(tmp_path: Path) -> None:
    one = write_sample_duties(40, 3, tmp_path / "one")
    assert open_snapshot(tmp_path / "one").content_hash == one.content_hash
    assert write_sample_duties(40, 3, tmp_path / "two").content_hash == one.content_hash
    rows = sum(one.rows[name] for name in ("stay", "field_day", "leave", "batch_duty"))
    assert rows / 40 == pytest.approx(500, abs=40)
    assert one.rows["agency"] == 2
    assert one.rows["batch"] == 72
    stays = pl.read_parquet(one.tables["stay"])
    assert stays["in_on"].min() == date(2024, 1, 1)
    assert stays["out_on"].max() == date(2024, 12, 31)
