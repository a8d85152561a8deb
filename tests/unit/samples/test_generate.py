"""The sample registers: what the plans declare holds, and the same seed gives the same rows."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from bangfu.core.documents.totals import totals_of
from bangfu.core.plans.load import load_pack
from bangfu.core.register import open_register
from bangfu.core.samples import PLACES, RATES, SampleError, generate, place_of, write_sample_register
from bangfu.core.samples.generate import declared
from bangfu.core.samples.papers import PROCEDURES
from bangfu.core.snapshots import snapshot_register, write_snapshot
from bangfu.core.vocabulary import load_vocabulary
from tests.unit.samples.places import SEED, sample

LISTED = ["registered", "exited", "returned"]


def listed(place: str) -> pl.DataFrame:
    return sample(place)["household"].filter(pl.col("household_status").is_in(LISTED))


@pytest.mark.requirement("S3-33")
def test_canggou_has_its_households_and_people() -> None:
    assert listed("s3").height == 475
    assert sample("s3")["person"].filter("in_poverty_system").height == 1578
    assert sample("s3")["village"]["is_poor_village"].sum() == 2


@pytest.mark.requirement("S2-3", "S2-4", "S2-5")
def test_the_reviewed_town_has_its_villages_households_and_people() -> None:
    assert listed("s2")["village_id"].n_unique() == 13
    assert listed("s2").height == 406
    assert sample("s2")["person"].filter("in_poverty_system").height == 1403


@pytest.mark.requirement("S1-3", "S1-4")
def test_the_county_of_linked_villages_has_its_villages_and_households() -> None:
    assert sample("s1")["village"]["is_poor_village"].sum() == 35
    assert listed("s1").height == 2425


@pytest.mark.requirement("S0-3")
def test_lvchun_has_its_agencies_townships_and_poor_villages() -> None:
    tables = sample("s0")
    assert tables["agency"].filter(pl.col("level") == "county").height == 97
    assert tables["township"].height == 9
    assert tables["village"]["is_poor_village"].sum() == 83
    assert tables["household"].height == 8000


@pytest.mark.requirement("S4-5")
def test_nanhuzhou_has_its_people_and_its_two_exited_villages() -> None:
    tables = sample("s4")
    assert tables["township"]["agricultural_population"].item() == 30_000
    planned = tables["household"].filter(pl.col("planned_exit_year") == 2018)
    assert planned["headcount"].sum() == 330
    exited = tables["village"].filter(pl.col("is_poor_village") & (pl.col("exited_on") < date(2018, 1, 1)))
    assert sorted(exited["division_name"]) == ["光明咀村", "南湖新村"]


@pytest.mark.parametrize("place", PLACES)
def test_a_place_counts_its_cohorts(place: str) -> None:
    assert listed(place).height == PLACES[place].registered_households
    assert listed(place)["headcount"].sum() == PLACES[place].registered_people


def test_a_sample_is_a_register_and_a_snapshot(tmp_path: Path) -> None:
    register = write_sample_register("s4", SEED, tmp_path / "register")
    assert register.seq == 1
    state = open_register(tmp_path / "register").state()
    for name, frame in sample("s4").items():
        assert state.rows(load_vocabulary().tables[name]).height == frame.height
    taken = snapshot_register(register, PLACES["s4"].usual_day, tmp_path / "snapshot")
    assert taken.rows["household"] == sample("s4")["household"].height


@pytest.mark.parametrize("place", ["s0", "s1", "s3", "s4"])  # those of S2 count villages by their households
def test_declared_totals_hold_in_a_snapshot(place: str, tmp_path: Path) -> None:
    snapshot = write_snapshot(sample(place), PLACES[place].usual_day, tmp_path / "snapshot", "sample")
    found = list(totals_of(load_pack(PLACES[place].pack), load_vocabulary(), snapshot))
    assert found
    assert all(total.agrees for total in found), found


@pytest.mark.parametrize("place", PLACES)
def test_every_table_that_a_plan_speaks_of_has_rows(place: str) -> None:
    empty = [name for name, frame in sample(place).items() if frame.is_empty()]
    assert set(empty) <= {"absence"}
    assert set(load_vocabulary().tables) - set(sample(place)) == {"calendar_day"}


def test_the_same_seed_gives_the_same_rows_and_another_others() -> None:
    day = PLACES["s3"].usual_day
    again = generate("s3", SEED, day)
    assert all(frame.equals(again[name]) for name, frame in sample("s3").items())
    assert not generate("s3", SEED + 1, day)["person"].equals(again["person"])


def test_people_do_not_change_from_day_to_day() -> None:
    fixed = ["person_id", "full_name", "id_number", "birth_date"]
    early = generate("s4", SEED, date(2018, 3, 31))
    assert early["person"].select(fixed).equals(sample("s4")["person"].select(fixed))
    assert early["visit"]["day"].max() <= date(2018, 3, 31)
    planned = early["household"].filter(pl.col("planned_exit_year") == 2018)
    assert set(planned["household_status"]) == {"registered"}  # nobody has exited yet


@pytest.mark.parametrize("place", PLACES)
def test_nothing_happened_after_the_day(place: str) -> None:
    days = {
        "visit": "day",
        "meeting": "held_on",
        "activity": "day",
        "document": "made_on",
        "stay": "in_on",
        "field_day": "day",
        "issue": "found_on",
        "procedure_step": "done_on",
        "survey_result": "held_on",
        "training": "held_on",
        "household_plan": "made_on",
        "benefit_received": "started_on",
    }
    for table, column in days.items():
        last = sample(place)[table][column].max()
        assert last is not None
        assert last <= PLACES[place].usual_day, table


def test_incomes_of_the_exited_are_above_the_line_but_for_a_few() -> None:
    tables = sample("s4")
    counted = tables["income_item"].filter(
        (pl.col("year") == 2018) & ~pl.col("source").is_in(["condolence", "relief"])
    )
    earned = counted.group_by("household_id").agg(pl.col("amount").cast(pl.Float64).sum().alias("earned"))
    costs = tables["production_cost"].filter(pl.col("year") == 2018)
    spent = costs.group_by("household_id").agg(pl.col("amount").cast(pl.Float64).sum().alias("spent"))
    exited = tables["household"].filter(pl.col("household_status") == "exited")
    frame = (
        exited.join(earned, on="household_id")
        .join(spent, on="household_id", how="left")
        .with_columns(((pl.col("earned") - pl.col("spent").fill_null(0)) / pl.col("headcount")).alias("net"))
    )
    short = (frame["net"] <= 3430).mean()
    assert 0 < float(short) < RATES.below_line * 2  # type: ignore[arg-type]


def test_some_incomes_are_last_years_as_declared() -> None:
    items = sample("s0")["income_item"].filter(~pl.col("source").is_in(["condolence", "relief"]))
    now = items.filter(pl.col("year") == 2024).select("household_id", "source", "amount")
    before = items.filter(pl.col("year") == 2023).select("household_id", "source", last="amount")
    both = now.join(before, on=["household_id", "source"])
    copied = both.group_by("household_id").agg((pl.col("amount") == pl.col("last")).all().alias("copied"))
    assert float(copied["copied"].mean()) == pytest.approx(RATES.copied_income, abs=0.01)  # type: ignore[arg-type]


def test_lists_are_late_or_never_checked_as_declared() -> None:
    known = sample("s0")["household"]["persons_checked_on"]
    assert known.null_count() / len(known) == pytest.approx(RATES.never_checked, abs=0.006)
    late = (known < PLACES["s0"].usual_day).sum() / len(known)
    assert late == pytest.approx(RATES.checked_late, abs=0.01)


@pytest.mark.parametrize("place", PLACES)
def test_procedures_are_those_of_the_pack(place: str) -> None:
    declared = {
        procedure.id: {step.id for step in procedure.steps}
        for procedure in load_pack(PLACES[place].pack).content.procedures
    }
    for procedure, (_, steps) in PROCEDURES[place].items():
        assert set(steps) <= declared[procedure]


def test_rows_that_the_vocabulary_cannot_hold_are_an_error() -> None:
    frame = pl.DataFrame({"person_id": [1], "household_id": [1], "birth_date": ["gestern"]})
    with pytest.raises(TypeError, match="birth_date"):
        declared("person", frame)


def test_a_place_that_is_not_there() -> None:
    with pytest.raises(SampleError) as caught:
        place_of("s9")
    assert caught.value.problems[0].code == "sample.unknown_place"


def test_a_day_before_the_plan() -> None:
    with pytest.raises(SampleError) as caught:
        generate("s4", 1, date(2017, 6, 1))
    assert caught.value.problems[0].code == "sample.too_early"
