"""Folding changes, taking them back, and seeing conflicts; also against a model of plain dictionaries."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bangfu.core.register import (
    ChangeSet,
    Kind,
    State,
    apply,
    change_schema,
    conflicts,
    creates,
    differences,
    empty_state,
    fold,
    inverse,
    removes,
    state_schema,
    updates,
    well_formed,
)
from bangfu.core.register import folding as folding_module
from bangfu.core.register.changes import VERSION
from tests.unit.register.worlds import (
    BENEFIT,
    DAY,
    HOME,
    PERSON,
    VOCABULARY,
    batch,
    change_set,
    founding,
    resize,
    same_state,
)


def founded() -> State:
    return fold([(1, founding())], VOCABULARY)


def test_creates_are_the_rows_of_the_state() -> None:
    state = founded()
    assert state.seq == 1
    assert state.rows(HOME)["size"].to_list() == [2, 1]
    assert state.rows(HOME)[VERSION].to_list() == [1, 1]
    assert dict(state.rows(HOME).schema) == state_schema(HOME)
    assert state.next_id("household") == 3


def test_a_table_of_which_nothing_was_said_is_absent_and_empty() -> None:
    state = founded()
    assert "benefit" not in state.tables
    assert state.rows(BENEFIT).height == 0
    assert state.next_id("benefit") == 1


def test_an_update_sets_what_it_names_and_clears_what_it_says() -> None:
    state = founded()
    after = fold([(2, resize("2", state, {1: 5, 2: None}))], VOCABULARY, start=state)
    assert after.rows(HOME).select("size", "road", VERSION).rows() == [(5, "mud", 2), (None, None, 2)]


def test_a_removed_row_is_gone_and_its_key_is_not_given_again() -> None:
    state = founded()
    gone = change_set("2", {"person": removes(PERSON, state.rows(PERSON).filter(pl.col("person_id") == 3))})
    after = fold([(2, gone)], VOCABULARY, start=state)
    assert after.rows(PERSON)["person_id"].to_list() == [1, 2]
    assert after.next_id("person") == 4


def test_until_a_number_or_a_day_leaves_later_batches_out() -> None:
    state = founded()
    later = (2, resize("2", state, {1: 9}, on=date(2020, 6, 1)))
    backdated = (3, resize("3", state, {2: 7}, on=date(2020, 2, 1)))
    log = [(1, founding()), later, backdated]
    assert fold(log, VOCABULARY, until=2).rows(HOME)["size"].to_list() == [9, 1]
    assert fold(log, VOCABULARY, until=date(2020, 3, 1)).rows(HOME)["size"].to_list() == [2, 7]
    assert fold(log, VOCABULARY, until=date(2019, 1, 1)).tables == {}


def test_on_a_day_before_a_row_was_created_its_updates_are_idle() -> None:
    created = founding(on=date(2020, 6, 1))
    early = resize("2", founded(), {1: 9}, on=date(2020, 2, 1))
    assert fold([(1, created), (2, early)], VOCABULARY, until=date(2020, 3, 1)).rows(HOME).height == 0


def test_conflicts_name_the_rows_that_moved_meanwhile() -> None:
    state = founded()
    mine, theirs = resize("mine", state, {1: 5, 2: 6}), resize("theirs", state, {1: 4})
    moved = fold([(2, theirs)], VOCABULARY, start=state)
    assert conflicts(mine, state, VOCABULARY).height == 0
    assert conflicts(mine, moved, VOCABULARY).rows() == [("household", 1, 1, 2)]


def test_creating_what_is_there_and_changing_what_is_gone_are_conflicts() -> None:
    state = founded()
    again = change_set("2", {"household": creates(HOME, pl.DataFrame({"household_id": [2]}))})
    assert conflicts(again, state, VOCABULARY).rows() == [("household", 2, None, 1)]
    assert conflicts(resize("3", state, {1: 3}), empty_state(), VOCABULARY).rows() == [
        ("household", 1, 1, None)
    ]


def test_differences_name_only_the_cells_that_differ() -> None:
    state = founded()
    wanted = pl.DataFrame(
        {"household_id": [1, 2, 3], "size": [2, None, 4], "road": ["concrete", None, "mud"]}
    )
    found = differences(HOME, wanted, state.rows(HOME))
    assert found.select("row_id", "change", "base_version", "size", "road").rows() == [
        (3, "create", None, 4, "mud"),
        (1, "update", 1, None, "concrete"),
    ]


def test_the_same_sheet_twice_differs_in_nothing() -> None:
    wanted = pl.DataFrame({"household_id": [1, 3], "size": [5, 4]})
    state = founded()
    after = fold(
        [(2, change_set("2", {"household": differences(HOME, wanted, state.rows(HOME))}))],
        VOCABULARY,
        start=state,
    )
    assert differences(HOME, wanted, after.rows(HOME)).height == 0


def test_an_undo_takes_a_succession_back() -> None:
    from bangfu.core.register import Succession, successors

    state = founded()
    split = ChangeSet(batch("2"), {}, successors("household", [(1, 2)], Succession.SPLIT, DAY))
    after = fold([(2, split)], VOCABULARY, start=state)
    assert after.successors.rows() == [("household", 1, 2, "split", DAY)]
    back = inverse(split, state, VOCABULARY, batch("3", Kind.UNDO))
    assert fold([(3, back)], VOCABULARY, start=after).successors.height == 0


def test_the_undo_of_an_undo_brings_all_back() -> None:
    state = founded()
    first = resize("2", state, {1: 5, 2: None})
    after = fold([(2, first)], VOCABULARY, start=state)
    undo = inverse(first, state, VOCABULARY, batch("3", Kind.UNDO))
    undone = fold([(3, undo)], VOCABULARY, start=after)
    redo = inverse(undo, after, VOCABULARY, batch("4", Kind.UNDO))
    assert same_state(fold([(4, redo)], VOCABULARY, start=undone), after)


# A model of plain dictionaries, and invented histories that both it and the fold must tell alike.

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "village_id": st.just(1),
    "phone": st.sampled_from(["1", "22"]),
    "size": st.integers(0, 9),
    "area": st.decimals(0, 99, places=2),
    "seen_on": st.dates(date(2019, 1, 1), date(2021, 1, 1)),
    "safe": st.booleans(),
    "road": st.sampled_from(["mud", "concrete"]),
    "needs": st.sampled_from(["water", "house,water"]),
}
Rows = dict[int, dict[str, Any]]


def frame_of(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=change_schema(HOME), orient="row")


@st.composite
def histories(draw: st.DrawFn) -> list[pl.DataFrame]:
    """Change frames of households, each lawful after those before it."""
    present: dict[int, int] = {}
    frames: list[pl.DataFrame] = []
    next_key = 1
    for seq in range(1, draw(st.integers(1, 6)) + 1):
        rows: list[dict[str, Any]] = []
        for key in draw(st.lists(st.sampled_from(sorted(present)), unique=True)) if present else []:
            cells = draw(cells_of())
            if draw(st.booleans()):
                cleared = sorted(set(draw(st.sets(st.sampled_from(sorted(VALUES))))) - set(cells))
                rows.append(
                    {
                        "row_id": key,
                        "change": "update",
                        "base_version": present[key],
                        "cleared": cleared,
                        **cells,
                    }
                )
                present[key] = seq
            else:
                rows.append({"row_id": key, "change": "remove", "base_version": present.pop(key)})
        for _ in range(draw(st.integers(0, 3))):
            rows.append({"row_id": next_key, "change": "create", **draw(cells_of())})
            present[next_key] = seq
            next_key += 1
        frames.append(frame_of([{**dict.fromkeys(change_schema(HOME)), **row} for row in rows]))
    return frames


def cells_of() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=VALUES)


def model(frames: list[pl.DataFrame]) -> Rows:
    rows: Rows = {}
    for seq, frame in enumerate(frames, 1):
        for change in frame.iter_rows(named=True):
            key = change["row_id"]
            if change["change"] == "remove":
                del rows[key]
                continue
            row = rows.setdefault(key, dict.fromkeys(VALUES))
            row |= {name: change[name] for name in VALUES if change[name] is not None}
            row |= dict.fromkeys(change["cleared"] or ())
            row[VERSION] = seq
    return rows


def sets_of(frames: list[pl.DataFrame]) -> list[tuple[int, ChangeSet]]:
    return [(seq, change_set(str(seq), {"household": frame})) for seq, frame in enumerate(frames, 1)]


@given(histories())
@settings(deadline=None, max_examples=150)
def test_fold_agrees_with_plain_dictionaries(frames: list[pl.DataFrame]) -> None:
    rows = fold(sets_of(frames), VOCABULARY).rows(HOME)
    assert {row.pop("household_id"): row for row in rows.to_dicts()} == model(frames)


@given(histories(), st.integers(0, 6))
@settings(deadline=None, max_examples=100)
def test_fold_in_one_go_by_parts_or_one_by_one_is_the_same(frames: list[pl.DataFrame], cut: int) -> None:
    log = sets_of(frames)
    whole = fold(log, VOCABULARY)
    parts = fold(log[cut:], VOCABULARY, start=fold(log[:cut], VOCABULARY))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folding_module, "_CHUNK", 1)
        single = fold(log, VOCABULARY)
    assert same_state(whole, parts)
    assert same_state(whole, single)
    assert whole.next_ids == parts.next_ids == single.next_ids


@given(histories())
@settings(deadline=None, max_examples=100)
def test_a_batch_and_its_inverse_change_nothing(frames: list[pl.DataFrame]) -> None:
    *earlier, last = sets_of(frames)
    before = fold(earlier, VOCABULARY, start=State(0, {}, empty_state().successors, {}))
    before = State(last[0] - 1, before.tables, before.successors, before.next_ids)
    after = fold([last], VOCABULARY, start=before)
    undo = inverse(last[1], before, VOCABULARY, batch("undo", Kind.UNDO))
    assert undo.batch.undoes == last[0]
    assert conflicts(undo, after, VOCABULARY).height == 0
    assert same_state(fold([(last[0] + 1, undo)], VOCABULARY, start=after), before)


@given(histories())
@settings(deadline=None, max_examples=100)
def test_lawful_histories_are_accepted_batch_by_batch(frames: list[pl.DataFrame]) -> None:
    state = apply(well_formed(village(), VOCABULARY), empty_state(), VOCABULARY)
    state = State(0, state.tables, state.successors, state.next_ids)
    for _, changes in sets_of(frames):
        state = apply(well_formed(changes, VOCABULARY), state, VOCABULARY)
    assert {row.pop("household_id"): row for row in state.rows(HOME).to_dicts()} == model(frames)


def village() -> ChangeSet:
    founded = founding()
    return ChangeSet(founded.batch, {"village": founded.tables["village"]})


def test_decimals_stay_exact() -> None:
    rows = pl.DataFrame({"household_id": [1], "area": [Decimal("0.10")]})
    state = fold([(1, change_set("1", {"household": creates(HOME, rows)}))], VOCABULARY)
    more = updates(HOME, pl.DataFrame({"household_id": [1], "area": [Decimal("57.29")]}), state.rows(HOME))
    after = fold(
        [(2, well_formed(change_set("2", {"household": more}), VOCABULARY))], VOCABULARY, start=state
    )
    assert after.rows(HOME)["area"].to_list() == [Decimal("57.29")]
