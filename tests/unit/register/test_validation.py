"""What a change set must be, and what it may do to a state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import polars as pl
import pytest

from bangfu.core.errors import RegisterError
from bangfu.core.register import (
    ChangeSet,
    apply,
    creates,
    empty_state,
    fold,
    removes,
    updates,
    well_formed,
)
from tests.unit.register.worlds import HOME, PERSON, VILLAGE, VOCABULARY, batch, change_set, founding, resize


def problems_of(frames: Mapping[str, pl.DataFrame]) -> list[tuple[str, str]]:
    with pytest.raises(RegisterError) as raised:
        well_formed(change_set("1", frames), VOCABULARY)
    return [(problem.code, problem.where) for problem in raised.value.problems]


def refused(changes: ChangeSet) -> list[tuple[str, str]]:
    state = fold([(1, founding())], VOCABULARY)
    with pytest.raises(RegisterError) as raised:
        apply(well_formed(changes, VOCABULARY), state, VOCABULARY)
    return [(problem.code, problem.where) for problem in raised.value.problems]


def rows(**columns: list[object]) -> pl.DataFrame:
    return pl.DataFrame({"row_id": [1], "change": ["create"], **columns})


def test_undeclared_tables_and_columns_are_all_named() -> None:
    found = problems_of({"nowhere": rows(), "household": rows(colour=["red"], size=[1])})
    assert found == [("register.unknown_table", "nowhere"), ("register.unknown_column", "household.colour")]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("size", 2.5),
        ("size", "02"),
        ("area", 1.239),
        ("seen_on", "昨天"),
        ("seen_on", datetime(2020, 1, 31, 8, tzinfo=UTC)),
        ("seen_on", "2020-01-31"),
        ("safe", 2),
        ("village_id", 0.5),
    ],
)
def test_a_value_that_does_not_fit_its_type_is_refused_and_never_rounded(column: str, value: object) -> None:
    assert problems_of({"household": rows(**{column: [value]})}) == [
        ("register.wrong_type", f"household.{column}")
    ]


def test_values_of_another_type_without_loss_are_taken() -> None:
    frame = rows(size=["2"], area=[1.25], seen_on=[datetime(2020, 1, 31)], safe=[1], village_id=[1.0])  # noqa: DTZ001
    taken = well_formed(change_set("1", {"household": frame}), VOCABULARY).tables["household"]
    assert taken.select("size", "seen_on", "safe").rows() == [(2, date(2020, 1, 31), True)]
    assert str(taken["area"][0]) == "1.25"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"row_id": [None], "change": ["create"]}, "no_key"),
        ({"row_id": [1, 1], "change": ["create", "create"]}, "repeated"),
        ({"row_id": [1], "change": ["replace"], "base_version": [1]}, "change"),
        ({"row_id": [1], "change": ["create"], "base_version": [1]}, "base"),
        ({"row_id": [1], "change": ["update"]}, "base"),
        ({"row_id": [1], "change": ["create"], "cleared": [["colour"]]}, "unknown_column"),
        ({"row_id": [1], "change": ["create"], "size": [1], "cleared": [["size"]]}, "both"),
    ],
)
def test_rows_that_make_no_sense_are_refused(frame: dict[str, list[object]], code: str) -> None:
    assert problems_of({"household": pl.DataFrame(frame, strict=False)}) == [
        (f"register.{code}", "household")
    ]


def test_a_change_without_a_word_for_it_is_refused() -> None:
    frame = pl.DataFrame({"row_id": [1], "base_version": [1]})
    assert ("register.change", "household") in problems_of({"household": frame})


def test_codes_outside_their_list_are_refused() -> None:
    frame = pl.DataFrame(
        {"row_id": [1, 2], "change": "create", "road": ["mud", "air"], "needs": ["water,air", "house"]}
    )
    assert problems_of({"household": frame}) == [
        ("register.code", "household.road"),
        ("register.code", "household.needs"),
    ]


def test_successors_are_typed_too() -> None:
    changes = replace(change_set("1", {}), successors=pl.DataFrame({"old_key": ["ein"]}))
    with pytest.raises(RegisterError) as raised:
        well_formed(changes, VOCABULARY)
    assert [problem.where for problem in raised.value.problems] == ["successors.old_key"]


def test_the_moment_of_record_has_a_time_zone() -> None:
    changes = ChangeSet(replace(batch("1"), recorded_at=datetime(2020, 1, 1)), {})  # noqa: DTZ001
    with pytest.raises(RegisterError, match="时区"):
        well_formed(changes, VOCABULARY)


def test_tables_without_rows_are_left_out() -> None:
    empty = rows().clear()
    assert well_formed(change_set("1", {"household": empty}), VOCABULARY).tables == {}


def test_what_moved_meanwhile_is_refused_with_advice() -> None:
    state = fold([(1, founding())], VOCABULARY)
    moved = fold([(2, resize("2", state, {1: 4}))], VOCABULARY, start=state)
    with pytest.raises(
        RegisterError, match="household: 这些行已被别的批次改动：1 行，如编号 1 请按现在的登记内容"
    ):
        apply(well_formed(resize("3", state, {1: 5}), VOCABULARY), moved, VOCABULARY)


def test_a_row_whose_parent_is_not_there_is_refused() -> None:
    lost = creates(PERSON, pl.DataFrame({"person_id": [9, 10], "household_id": [7, 1]}))
    assert refused(change_set("2", {"person": lost})) == [("register.no_parent", "person.household_id")]


def test_a_row_cannot_be_moved_to_a_parent_that_is_not_there() -> None:
    state = fold([(1, founding())], VOCABULARY)
    moved = updates(PERSON, pl.DataFrame({"person_id": [1], "household_id": [7]}), state.rows(PERSON))
    assert refused(change_set("2", {"person": moved})) == [("register.no_parent", "person.household_id")]


def test_a_parent_is_not_removed_before_its_children() -> None:
    state = fold([(1, founding())], VOCABULARY)
    village, homes = removes(VILLAGE, state.rows(VILLAGE)), removes(HOME, state.rows(HOME))
    people = removes(PERSON, state.rows(PERSON))
    assert refused(change_set("2", {"village": village})) == [("register.no_parent", "household.village_id")]
    assert refused(change_set("2", {"village": village, "household": homes})) == [
        ("register.no_parent", "person.household_id")
    ]
    together = change_set("2", {"village": village, "household": homes, "person": people})
    assert apply(well_formed(together, VOCABULARY), state, VOCABULARY).rows(PERSON).height == 0


def test_parents_and_children_may_come_in_one_batch() -> None:
    assert apply(well_formed(founding(), VOCABULARY), empty_state(), VOCABULARY).rows(PERSON).height == 3
