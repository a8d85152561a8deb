"""People of the samples: plausible, and nobody who could exist."""

from __future__ import annotations

import polars as pl
import pytest

from bangfu.core.divisions import shipped_divisions
from bangfu.core.samples import PLACES, RATES
from bangfu.core.samples.families import COMPOSITIONS, LARGEST
from bangfu.core.samples.identity import PHONE_PREFIX
from bangfu.core.sheets.identity import check_digit
from tests.unit.samples.places import sample

pytestmark = pytest.mark.parametrize("place", PLACES)


def people(place: str) -> pl.DataFrame:
    return sample(place)["person"]


def with_head(place: str) -> pl.DataFrame:
    """Members beside their head: years by which they are older, and both genders."""
    head = people(place).filter(pl.col("relation") == "head")
    head = head.select("household_id", head_born="birth_date", head_gender="gender")
    older = (pl.col("head_born") - pl.col("birth_date")).dt.total_days() / 365.25
    return people(place).join(head, on="household_id").with_columns(older.alias("older"))


def test_id_numbers_are_right_but_unassignable(place: str) -> None:
    person = people(place)
    number = pl.col("id_number")
    checked = person.with_columns(
        (check_digit(number.str.slice(0, 17)) == number.str.slice(17)).alias("right")
    )
    assert (checked["right"] == checked["id_valid"]).all()
    assert person.filter(number.str.slice(0, 2) != "99").is_empty()  # 99 is no province
    real = shipped_divisions().subtree(PLACES[place].division)["code"].str.slice(0, 6).to_list()
    assert PLACES[place].id_prefix.startswith("99")
    assert PLACES[place].id_prefix not in [code for code in real if not code.startswith("99")]
    assert person["id_number"].n_unique() == person.height


def test_id_numbers_say_birth_and_gender(place: str) -> None:
    person = people(place)
    number = person["id_number"]
    assert (number.str.slice(6, 8) == person["birth_date"].dt.strftime("%Y%m%d")).all()
    is_odd = number.str.slice(16, 1).cast(pl.Int64) % 2 == 1
    assert (is_odd == (person["gender"] == "male")).all()


def test_some_id_numbers_are_wrong_as_declared(place: str) -> None:
    share = 1 - people(place)["id_valid"].mean()  # type: ignore[operator]
    assert share < RATES.wrong_id_number * 4 + 0.002


def test_phones_are_from_a_range_that_nobody_holds(place: str) -> None:
    for table in ("person", "household", "cadre"):
        phones = sample(place)[table]["phone"].drop_nulls()
        assert phones.str.contains(rf"^{PHONE_PREFIX}\d{{8}}$").all()
    assert people(place)["phone"].drop_nulls().is_unique().all()


def test_a_household_has_one_head_and_at_most_one_spouse_of_the_other_sex(place: str) -> None:
    person = with_head(place)
    heads = person.group_by("household_id").agg((pl.col("relation") == "head").sum())
    assert (heads["relation"] == 1).all()
    spouses = person.filter(pl.col("relation") == "spouse")
    assert spouses["household_id"].is_unique().all()
    assert (spouses["gender"] != spouses["head_gender"]).all()


def test_ages_fit_kinship(place: str) -> None:
    person = with_head(place)
    bounds = {
        "spouse": (-4, 2),
        "father": (18, 36),
        "mother": (18, 36),
        "son": (-36, -18),
        "daughter": (-36, -18),
        "daughter_in_law": (-34, -18),
        "sons_son": (-66, -40),
        "sons_daughter": (-66, -40),
    }
    for relation, (low, high) in bounds.items():
        older = person.filter(pl.col("relation") == relation)["older"]
        assert older.is_between(low, high).all(), relation
    assert set(person["relation"]) == {"head", *bounds}


def test_gender_fits_relation(place: str) -> None:
    male = {"father", "son", "sons_son"}
    female = {"mother", "daughter", "daughter_in_law", "sons_daughter"}
    person = people(place)
    assert set(person.filter(pl.col("relation").is_in(male))["gender"]) == {"male"}
    assert set(person.filter(pl.col("relation").is_in(female))["gender"]) == {"female"}


def test_nobody_is_unborn_or_of_a_fabulous_age(place: str) -> None:
    born = people(place)["birth_date"]
    assert born.max() <= PLACES[place].anchor  # type: ignore[operator]
    assert born.min().year > PLACES[place].anchor.year - 100  # type: ignore[union-attr]


def test_names_are_unlike_within_a_household_and_children_bear_the_family_name(place: str) -> None:
    person = people(place)
    assert person.select(pl.struct("household_id", "full_name").is_unique().all()).item()
    fathers = person.filter((pl.col("relation") == "head") & (pl.col("gender") == "male"))
    family = fathers.select("household_id", surname=pl.col("full_name").str.slice(0, 1))
    children = person.filter(pl.col("relation").is_in(["son", "daughter", "sons_son"])).join(
        family, on="household_id"
    )
    assert (children["full_name"].str.slice(0, 1) == children["surname"]).all()


def test_schooling_and_education_exclude_each_other(place: str) -> None:
    person = people(place)
    both = person.filter(pl.col("schooling").is_not_null() & pl.col("education").is_not_null())
    assert set(both["schooling"]) <= {"none"}  # left school early: what was reached counts
    young = person.filter(pl.col("schooling").str.starts_with("grade"))
    age = PLACES[place].usual_day.year - young["birth_date"].dt.year()
    assert age.is_between(11, 16).all()


def test_children_do_not_work(place: str) -> None:
    year = PLACES[place].usual_day.year
    children = people(place).filter(year - pl.col("birth_date").dt.year() < 15)
    assert (children["work_months"] == 0).all()
    assert set(children["labour"].drop_nulls()) == {"none"}


def test_disability_only_of_the_disabled(place: str) -> None:
    person = people(place)
    graded = person.filter(pl.col("disability_grade").is_not_null())
    assert graded.height > 0
    assert graded.filter(~pl.col("health").str.contains("disabled")).is_empty()
    assert graded["disability"].null_count() == 0


def test_sizes_add_up(place: str) -> None:
    household = sample(place)["household"]
    counted = people(place).group_by("household_id").len().sort("household_id")
    assert (household.sort("household_id")["headcount"] == counted["len"]).all()
    assert household["headcount"].is_between(1, LARGEST).all()
    assert {c.size for c in COMPOSITIONS} == set(range(1, LARGEST + 1))
