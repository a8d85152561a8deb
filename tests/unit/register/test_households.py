"""Lawful changes of people and households, on the product's vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl
import pytest

from bangfu.core.errors import RegisterError
from bangfu.core.register import (
    Batch,
    ChangeSet,
    Kind,
    State,
    Succession,
    apply,
    creates,
    empty_state,
    fold,
    inverse,
    well_formed,
)
from bangfu.core.register import households as act
from bangfu.core.register.statuses import STATUS_MOVES, change_status, correction
from bangfu.core.register.successions import current_keys
from bangfu.core.vocabulary import load_vocabulary
from tests.unit.register.worlds import MOMENT

V = load_vocabulary()
ON = date(2020, 5, 1)
BATCH = Batch("b", Kind.IMPORT, "乡镇", ON, MOMENT, "officer", "key")


def created(rows: Mapping[str, dict[str, list[object]]], seq: int = 1) -> State:
    tables = {name: creates(V.tables[name], pl.DataFrame(columns)) for name, columns in rows.items()}
    changes = well_formed(ChangeSet(BATCH, tables), V)
    return apply(changes, State(seq - 1, *empty_parts()), V)


def empty_parts() -> tuple[Mapping[str, pl.DataFrame], pl.DataFrame, Mapping[str, int]]:
    state = empty_state()
    return state.tables, state.successors, state.next_ids


@pytest.fixture
def state() -> State:
    """Household 1: head 11, spouse 12, son 13 · household 2: head 21 · household 3: nobody taken down."""
    return created(
        {
            "county": {"county_id": [1]},
            "township": {"township_id": [1], "county_id": [1]},
            "village": {"village_id": [1, 2], "township_id": [1, 1]},
            "group": {"group_id": [1], "village_id": [1]},
            "household": {
                "household_id": [1, 2, 3],
                "village_id": [1, 1, 2],
                "group_id": [1, None, None],
                "headcount": [3, 1, None],
                "household_status": ["registered", "exited", None],
                "household_type": ["poor_low_income", "exited", None],
                "head_name": ["甲", "己", None],
                "head_id_number": ["A", "F", None],
                "identified_on": [date(2014, 1, 1), None, None],
            },
            "person": {
                "person_id": [11, 12, 13, 21],
                "household_id": [1, 1, 1, 2],
                "full_name": ["甲", "乙", "丙", "己"],
                "id_number": ["A", "B", None, "F"],
                "relation": ["head", "spouse", "son", "head"],
            },
            "hospital_bill": {"hospital_bill_id": [1], "person_id": [13]},
            "benefit_received": {
                "benefit_received_id": [1, 2],
                "household_id": [1, 1],
                "person_id": [13, None],
            },
            "land": {"land_id": [1, 2], "household_id": [1, 1]},
        }
    )


def after(state: State, changes: ChangeSet) -> State:
    """The state after a change, having seen that its inverse takes it back."""
    done = apply(changes, state, V)
    back = fold([(done.seq + 1, inverse(changes, state, V, BATCH))], V, start=done)
    assert all(back.rows(table).equals(state.rows(table)) for table in V.tables.values())
    assert back.successors.equals(state.successors)
    return done


def household(state: State, key: int) -> dict[str, object]:
    return state.rows(V.tables["household"]).row(by_predicate=pl.col("household_id") == key, named=True)


def members(state: State, key: int) -> dict[int, str]:
    rows = state.rows(V.tables["person"]).filter(pl.col("household_id") == key)
    return dict(rows.select("person_id", "relation").rows())


def relations(**of: str) -> pl.DataFrame:
    return pl.DataFrame({"person_id": [int(key[1:]) for key in of], "relation": list(of.values())})


def code_of(raised: pytest.ExceptionInfo[RegisterError]) -> str:
    return raised.value.problems[0].code.removeprefix("register.")


# People come and go


def test_a_birth_adds_a_person_and_counts_one_more(state: State) -> None:
    child = pl.DataFrame(
        {"household_id": [1, 3], "birth_date": [date(2020, 4, 30)] * 2, "relation": ["son", "head"]}
    )
    changes = act.births(state, V, BATCH, child)
    assert changes.batch.kind is Kind.BIRTH
    done = after(state, changes)
    assert members(done, 1)[22] == "son"
    assert household(done, 1)["headcount"] == 4
    assert household(done, 3)["headcount"] is None  # none was entered, none is made up
    born = done.rows(V.tables["person"]).row(by_predicate=pl.col("person_id") == 22, named=True)
    assert (born["joined_on"], born["joined_by"]) == (ON, "newborn")


def test_nobody_is_born_after_the_day_of_the_change(state: State) -> None:
    with pytest.raises(RegisterError) as raised:
        act.births(state, V, BATCH, pl.DataFrame({"household_id": [1], "birth_date": [date(2020, 5, 2)]}))
    assert code_of(raised) == "birth_date"


@pytest.mark.parametrize("household_id", [[None], None, [99]])
def test_who_joins_joins_a_household_that_is_there(
    state: State, household_id: list[int | None] | None
) -> None:
    rows = pl.DataFrame({"relation": ["son"]})
    if household_id is not None:
        rows = rows.with_columns(pl.Series("household_id", household_id, dtype=pl.Int64))
    with pytest.raises(RegisterError) as raised:
        act.births(state, V, BATCH, rows)
    assert code_of(raised) in {"no_household", "no_row"}


def test_a_marriage_in_keeps_the_day_it_is_given(state: State) -> None:
    wife = pl.DataFrame(
        {"household_id": [1], "relation": ["daughter_in_law"], "joined_on": [date(2020, 2, 2)]}
    )
    done = after(state, act.marriages_in(state, V, BATCH, wife))
    person = done.rows(V.tables["person"]).row(by_predicate=pl.col("person_id") == 22, named=True)
    assert (person["joined_on"], person["joined_by"]) == (date(2020, 2, 2), "married_in")


def test_nobody_joins_as_a_second_head(state: State) -> None:
    with pytest.raises(RegisterError, match="变更后户主不是恰好一人"):
        act.marriages_in(state, V, BATCH, pl.DataFrame({"household_id": [1], "relation": ["head"]}))


def test_who_dies_takes_along_what_is_only_theirs(state: State) -> None:
    done = after(state, act.deaths(state, V, BATCH, pl.Series([13])))
    assert members(done, 1) == {11: "head", 12: "spouse"}
    assert done.rows(V.tables["hospital_bill"]).height == 0
    benefits = done.rows(V.tables["benefit_received"]).select("household_id", "person_id").rows()
    assert benefits == [(1, None), (1, None)]
    assert household(done, 1)["headcount"] == 2


def test_when_the_head_dies_somebody_is_named_head(state: State) -> None:
    with pytest.raises(RegisterError) as raised:
        act.deaths(state, V, BATCH, pl.Series([11]))
    assert code_of(raised) == "head"
    done = after(state, act.deaths(state, V, BATCH, pl.Series([11]), relations(p12="head")))
    assert members(done, 1) == {12: "head", 13: "son"}
    assert (household(done, 1)["head_name"], household(done, 1)["head_id_number"]) == ("乙", "B")


def test_a_new_head_without_a_number_leaves_none_behind(state: State) -> None:
    done = after(state, act.deaths(state, V, BATCH, pl.Series([11]), relations(p13="head")))
    assert (household(done, 1)["head_name"], household(done, 1)["head_id_number"]) == ("丙", None)


def test_the_last_member_may_go_and_the_household_stays(state: State) -> None:
    done = after(state, act.marriages_out(state, V, BATCH, pl.Series([21])))
    assert members(done, 2) == {}
    assert household(done, 2)["headcount"] == 0


def test_who_is_not_there_cannot_go(state: State) -> None:
    with pytest.raises(RegisterError, match=r"person \[99\]: 登记库里没有这些行"):
        act.deaths(state, V, BATCH, pl.Series([99]))


def test_a_household_that_never_had_a_head_may_still_change() -> None:
    state = created(
        {"household": {"household_id": [1]}, "person": {"person_id": [1, 2], "household_id": [1, 1]}}
    )
    assert members(after(state, act.deaths(state, V, BATCH, pl.Series([2]))), 1) == {1: None}


def test_a_change_of_head(state: State) -> None:
    done = after(state, act.change_head(state, V, BATCH, relations(p12="head", p11="spouse")))
    assert members(done, 1) == {11: "spouse", 12: "head", 13: "son"}
    assert household(done, 1)["head_name"] == "乙"
    assert household(done, 2)["head_name"] == "己"
    with pytest.raises(RegisterError):
        act.change_head(state, V, BATCH, relations(p12="head"))


# Moves, splits, merges


def test_a_person_moves_with_what_names_both(state: State) -> None:
    moves = pl.DataFrame({"person_id": [13], "household_id": [2], "relation": ["son_in_law"]})
    done = after(state, act.move_persons(state, V, BATCH, moves))
    assert members(done, 1) == {11: "head", 12: "spouse"}
    assert members(done, 2) == {13: "son_in_law", 21: "head"}
    assert [household(done, key)["headcount"] for key in (1, 2)] == [2, 2]
    assert done.rows(V.tables["benefit_received"])["household_id"].to_list() == [2, 1]
    assert done.rows(V.tables["hospital_bill"]).height == 1


def test_a_head_who_moves_leaves_a_head_behind(state: State) -> None:
    moves = pl.DataFrame({"person_id": [11], "household_id": [2], "relation": ["sibling"]})
    with pytest.raises(RegisterError):
        act.move_persons(state, V, BATCH, moves)
    done = after(state, act.move_persons(state, V, BATCH, moves, relations(p12="head")))
    assert members(done, 1) == {12: "head", 13: "son"}


def test_a_household_moves_out_of_its_group_too(state: State) -> None:
    moves = pl.DataFrame({"household_id": [1], "village_id": [2]})
    done = after(state, act.move_households(state, V, BATCH, moves))
    assert (household(done, 1)["village_id"], household(done, 1)["group_id"]) == (2, None)


def test_a_split_makes_a_household_that_succeeds_the_old_one(state: State) -> None:
    changes = act.split(
        state,
        V,
        BATCH,
        1,
        relations(p13="head"),
        values=pl.DataFrame({"phone": ["1"]}),
        rows={"land": pl.Series([2])},
    )
    done = after(state, changes)
    assert members(done, 1) == {11: "head", 12: "spouse"}
    assert members(done, 4) == {13: "head"}
    new = household(done, 4)
    assert [new[name] for name in ("village_id", "group_id", "headcount", "phone", "head_name")] == [
        1,
        1,
        1,
        "1",
        "丙",
    ]
    assert (new["household_status"], new["identified_on"]) == ("registered", date(2014, 1, 1))
    assert new["persons_checked_on"] is None  # nobody has looked yet
    assert household(done, 1)["headcount"] == 2
    assert done.rows(V.tables["land"])["household_id"].to_list() == [1, 4]
    assert done.successors.rows() == [("household", 1, 4, "split", ON)]


def test_a_split_in_which_the_head_leaves(state: State) -> None:
    members_away = relations(p11="head", p13="son")
    with pytest.raises(RegisterError):
        act.split(state, V, BATCH, 1, members_away)
    done = after(state, act.split(state, V, BATCH, 1, members_away, relations(p12="head")))
    assert (members(done, 1), household(done, 1)["head_name"]) == ({12: "head"}, "乙")
    assert (members(done, 4), household(done, 4)["headcount"]) == ({11: "head", 13: "son"}, 2)


@pytest.mark.parametrize(
    "who", [relations(p21="head"), relations(p11="head", p12="spouse", p13="son"), relations()]
)
def test_a_split_leaves_people_in_both_households(state: State, who: pl.DataFrame) -> None:
    with pytest.raises(RegisterError) as raised:
        act.split(state, V, BATCH, 1, who.cast({"person_id": pl.Int64, "relation": pl.String}))
    assert code_of(raised) == "split"


def test_a_household_that_splits_off_has_a_head(state: State) -> None:
    with pytest.raises(RegisterError) as raised:
        act.split(state, V, BATCH, 1, relations(p13="son"))
    assert code_of(raised) == "head"


def test_only_its_own_rows_go_along_in_a_split(state: State) -> None:
    state = apply(
        well_formed(
            ChangeSet(
                BATCH,
                {"land": creates(V.tables["land"], pl.DataFrame({"land_id": [3], "household_id": [2]}))},
            ),
            V,
        ),
        state,
        V,
    )
    with pytest.raises(RegisterError, match="land: 随分户转出的行不属于本户"):
        act.split(state, V, BATCH, 1, relations(p13="head"), rows={"land": pl.Series([3])})


def pairs(**of: int) -> pl.DataFrame:
    return pl.DataFrame({"old_key": [int(key[1:]) for key in of], "new_key": list(of.values())})


def test_a_merge_joins_all_that_belongs_to_both(state: State) -> None:
    with pytest.raises(RegisterError):  # two heads
        act.merge(state, V, BATCH, pairs(h1=2))
    done = after(state, act.merge(state, V, BATCH, pairs(h1=2), relations(p11="father")))
    assert members(done, 2) == {11: "father", 12: "spouse", 13: "son", 21: "head"}
    assert done.rows(V.tables["household"])["household_id"].to_list() == [2, 3]
    assert household(done, 2)["headcount"] == 4
    assert done.rows(V.tables["land"])["household_id"].to_list() == [2, 2]
    assert done.rows(V.tables["benefit_received"])["household_id"].to_list() == [2, 2]
    assert done.successors.rows() == [("household", 1, 2, "merge", ON)]


def test_villages_are_joined_and_recoded_alike(state: State) -> None:
    changes = act.merge(state, V, BATCH, pairs(v1=2), table="village", kind=Succession.RECODE)
    assert changes.batch.kind is Kind.RECODE
    done = after(state, changes)
    assert done.rows(V.tables["village"])["village_id"].to_list() == [2]
    assert done.rows(V.tables["household"])["village_id"].to_list() == [2, 2, 2]
    assert done.rows(V.tables["group"])["village_id"].to_list() == [2]
    assert done.successors["kind"].to_list() == ["recode"]


@pytest.mark.parametrize("of", [{"h1": 2, "h2": 3}, {"h1": 1}])
def test_a_merge_says_plainly_what_goes_where(state: State, of: dict[str, int]) -> None:
    with pytest.raises(RegisterError) as raised:
        act.merge(state, V, BATCH, pairs(**of))
    assert code_of(raised) == "merge"


def test_one_row_cannot_go_up_in_two(state: State) -> None:
    with pytest.raises(RegisterError) as raised:
        act.merge(state, V, BATCH, pl.DataFrame({"old_key": [1, 1], "new_key": [2, 3]}))
    assert code_of(raised) == "merge"


def test_keys_are_followed_through_splits_and_merges() -> None:
    steps = pl.DataFrame(
        [
            ("household", 1, 4, "split", ON),
            ("household", 4, 5, "merge", ON),
            ("household", 5, 6, "recode", ON),
            ("village", 9, 1, "merge", ON),
        ],
        schema=empty_state().successors.schema,
        orient="row",
    )
    found = current_keys(steps, "household", pl.Series([1, 4, 9]))
    assert found.rows() == [(1, 1), (1, 6), (4, 6), (9, 9)]
    assert current_keys(steps, "village", pl.Series([9])).rows() == [(9, 1)]


# Where a household stands


def stands(state: State, kind: Kind, **columns: list[object]) -> State:
    return after(state, change_status(state, V, BATCH, kind, pl.DataFrame(columns)))


def test_a_household_leaves_poverty_falls_back_and_is_struck_off(state: State) -> None:
    exited = stands(state, Kind.EXIT, household_id=[1])
    row = household(exited, 1)
    assert [row[n] for n in ("household_status", "household_type", "exited_on", "exit_year")] == [
        "exited",
        "exited_low_income",
        ON,
        2020,
    ]
    back = stands(exited, Kind.RETURN, household_id=[1])
    assert [household(back, 1)[n] for n in ("household_status", "household_type", "returned_on")] == [
        "returned",
        "poor_low_income",
        ON,
    ]
    off = stands(back, Kind.REMOVAL, household_id=[1])
    assert [household(off, 1)[n] for n in ("household_status", "household_type", "removed_on")] == [
        "removed",
        "general",
        ON,
    ]
    again = stands(off, Kind.IDENTIFICATION, household_id=[1], poverty_causes=["illness"])
    assert [household(again, 1)[n] for n in ("household_status", "household_type", "poverty_causes")] == [
        "registered",
        "poor",
        "illness",
    ]


def test_a_household_of_unknown_status_may_be_identified_on_a_day_of_its_own(state: State) -> None:
    done = stands(
        state,
        Kind.IDENTIFICATION,
        household_id=[3],
        identified_on=[date(2020, 4, 1)],
        household_type=["poor"],
    )
    row = household(done, 3)
    assert [row[n] for n in ("household_status", "identified_on", "household_type")] == [
        "registered",
        date(2020, 4, 1),
        "poor",
    ]


@pytest.mark.parametrize(
    ("kind", "key"),
    [(Kind.EXIT, 2), (Kind.EXIT, 3), (Kind.RETURN, 1), (Kind.IDENTIFICATION, 1), (Kind.REMOVAL, 3)],
)
def test_a_move_begins_where_the_household_stands(state: State, kind: Kind, key: int) -> None:
    with pytest.raises(RegisterError) as raised:
        change_status(state, V, BATCH, kind, pl.DataFrame({"household_id": [key]}))
    assert code_of(raised) == "status"


def test_the_moves_speak_of_codes_and_columns_that_are_declared() -> None:
    columns = V.tables["household"].columns
    states, types = V.codes["household_status"].labels, V.codes["household_type"].labels
    for move in STATUS_MOVES.values():
        assert {*move.origins, move.goal} <= set(states)
        assert {kind for pair in move.types for kind in pair} <= set(types)
        assert move.day in columns
    assert set(act.INHERITED) <= {*columns, *V.tables["household"].link_columns}
    assert act.HEAD in V.codes["relation"].labels


def test_a_correction_sets_and_clears(state: State) -> None:
    fixed = pl.DataFrame({"person_id": [12], "birth_date": [date(1980, 1, 1)]})
    done = after(state, correction(state, V, BATCH, "person", fixed, ["id_number"]))
    person = done.rows(V.tables["person"]).row(by_predicate=pl.col("person_id") == 12, named=True)
    assert (person["birth_date"], person["id_number"]) == (date(1980, 1, 1), None)


def test_one_row_is_not_told_two_things_at_once(state: State) -> None:
    both = pl.DataFrame({"person_id": [12, 12], "birth_date": [date(1980, 1, 1), date(1981, 1, 1)]})
    there = pl.DataFrame({"person_id": [13, 13], "household_id": [2, 3], "relation": ["son", "head"]})
    said_twice = pl.concat([relations(p11="head"), relations(p11="head")])
    for change in (
        lambda: correction(state, V, BATCH, "person", both),
        lambda: act.move_persons(state, V, BATCH, there),
        lambda: act.split(state, V, BATCH, 1, said_twice, relations(p12="head")),
    ):
        with pytest.raises(RegisterError, match=r"person \[\d+\]: 同一行写了两次"):
            change()


def test_nobody_moves_to_nowhere(state: State) -> None:
    moves = pl.DataFrame({"person_id": [13], "household_id": [None], "relation": ["son"]})
    with pytest.raises(RegisterError, match=r"household \[None\]: 登记库里没有这些行"):
        act.move_persons(state, V, BATCH, moves.cast({"household_id": pl.Int64}))


def test_a_change_drawn_on_an_old_state_is_a_conflict(state: State) -> None:
    mine = act.deaths(state, V, BATCH, pl.Series([13]))
    theirs = apply(act.deaths(state, V, BATCH, pl.Series([13])), state, V)
    with pytest.raises(RegisterError, match="已被别的批次改动"):
        apply(mine, theirs, V)
