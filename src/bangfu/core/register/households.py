"""Lawful changes of people and households: birth, death, marriage, move, split, merge, change of head.

Each takes the state and the values, for any number of people at once, and gives a change set that keeps
one head per household, or raises RegisterError. Counts of people entered by hand are carried along.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from bangfu.core.messages import N_
from bangfu.core.register.changes import (
    ROW,
    VERSION,
    Batch,
    ChangeSet,
    Kind,
    State,
    Succession,
    successors,
)
from bangfu.core.register.drafts import Draft, refusal
from bangfu.core.register.folding import fold_rows
from bangfu.core.vocabulary import Vocabulary

HEAD = "head"
# What a household that splits off keeps of the one it comes from: where it is and how it stands; its other
# facts are not known until somebody looks.
INHERITED = (
    "village_id",
    "group_id",
    "patch_id",
    "committee_member_id",
    "household_status",
    "household_type",
    "identified_on",
    "identification_standard",
    "exit_year",
    "exited_on",
)


def births(state: State, vocabulary: Vocabulary, batch: Batch, persons: pl.DataFrame) -> ChangeSet:
    """Newborn people: rows of person without key, each with its household_id."""
    draft = Draft(state, vocabulary)
    early = (
        persons.filter(pl.col("birth_date") > batch.effective_on) if "birth_date" in persons.columns else None
    )
    if early is not None and early.height:
        raise refusal("birth_date", N_("出生日期晚于生效日期"), "person.birth_date")
    return _join(draft, batch, Kind.BIRTH, persons, "newborn")


def marriages_in(state: State, vocabulary: Vocabulary, batch: Batch, persons: pl.DataFrame) -> ChangeSet:
    """People who marry into a household from outside the register: rows of person without key."""
    return _join(Draft(state, vocabulary), batch, Kind.MARRIAGE_IN, persons, "married_in")


def _join(draft: Draft, batch: Batch, kind: Kind, persons: pl.DataFrame, reason: str) -> ChangeSet:
    if "household_id" not in persons.columns or persons["household_id"].null_count():
        raise refusal("no_household", N_("新增成员要写明所在户"), "person.household_id")
    draft.rows("household", persons["household_id"])
    defaults = {"joined_on": pl.lit(batch.effective_on), "joined_by": pl.lit(reason)}
    absent = [value.alias(name) for name, value in defaults.items() if name not in persons.columns]
    draft.create("person", persons.with_columns(absent))
    return _finish(draft, batch, kind)


def deaths(
    state: State,
    vocabulary: Vocabulary,
    batch: Batch,
    persons: pl.Series,
    relations: pl.DataFrame | None = None,
) -> ChangeSet:
    """People (keys) who died. `relations` (person_id, relation) names a new head where the head died."""
    return _leave(Draft(state, vocabulary), batch, Kind.DEATH, persons, relations)


def marriages_out(
    state: State,
    vocabulary: Vocabulary,
    batch: Batch,
    persons: pl.Series,
    relations: pl.DataFrame | None = None,
) -> ChangeSet:
    """People (keys) who marry out of the register; inside it, that is a move."""
    return _leave(Draft(state, vocabulary), batch, Kind.MARRIAGE_OUT, persons, relations)


def _leave(
    draft: Draft, batch: Batch, kind: Kind, persons: pl.Series, relations: pl.DataFrame | None
) -> ChangeSet:
    draft.remove("person", persons)
    _relate(draft, relations)
    return _finish(draft, batch, kind)


def move_persons(
    state: State,
    vocabulary: Vocabulary,
    batch: Batch,
    moves: pl.DataFrame,
    relations: pl.DataFrame | None = None,
) -> ChangeSet:
    """People who go to another household of the register: person_id, household_id, relation to its head."""
    draft = Draft(state, vocabulary)
    draft.rows("household", moves["household_id"])
    _resettle(draft, moves)
    _relate(draft, relations)
    return _finish(draft, batch, Kind.MOVE)


def _resettle(draft: Draft, moves: pl.DataFrame) -> None:
    """Move people with the rows that name both them and their household."""
    draft.update("person", moves)
    for child in draft.vocabulary.tables.values():
        if {"person_id", "household_id"} <= set(child.link_columns):
            rows = draft.rows(child.id).select(child.key, "person_id")
            draft.update(child.id, rows.join(moves, on="person_id").select(child.key, "household_id"))


def move_households(state: State, vocabulary: Vocabulary, batch: Batch, moves: pl.DataFrame) -> ChangeSet:
    """Households that go to another village: household_id, village_id, and its group and patch if known."""
    draft = Draft(state, vocabulary)
    inside = [name for name in draft.table("household").link_columns if name != "village_id"]
    draft.update("household", moves, [name for name in inside if name not in moves.columns])
    return draft.finish(batch, Kind.MOVE)


def change_head(state: State, vocabulary: Vocabulary, batch: Batch, relations: pl.DataFrame) -> ChangeSet:
    """New heads: person_id, relation; the old head's new relation must be among them."""
    draft = Draft(state, vocabulary)
    _relate(draft, relations)
    return _finish(draft, batch, Kind.CHANGE_HEAD)


def split(
    state: State,
    vocabulary: Vocabulary,
    batch: Batch,
    household: int,
    members: pl.DataFrame,
    relations: pl.DataFrame | None = None,
    values: pl.DataFrame | None = None,
    rows: Mapping[str, pl.Series] | None = None,
) -> ChangeSet:
    """Part of a household becomes one of its own.

    `members` (person_id, relation) leave, one of them as head; `relations` of those who stay, if their head
    leaves; `values`: a row of what is known of the new household; `rows`: keys of land and other rows of the
    household that go along, by table. The new household's key succeeds the old one's.
    """
    draft = Draft(state, vocabulary)
    old = draft.rows("household", pl.Series([household]))
    living = draft.rows("person").filter(pl.col("household_id") == household)
    if members.join(living, on="person_id", how="anti").height or not 0 < members.height < living.height:
        raise refusal("split", N_("分户成员须是本户成员，且两户都要有人"), f"household {household}")
    known = old.select(name for name in INHERITED if name in old.columns)
    said = values if values is not None else pl.DataFrame()
    headcount = pl.lit(members.height, pl.Int64).alias("headcount")
    new = draft.create("household", known.with_columns(headcount).with_columns(*said.iter_columns()))[0]
    _resettle(draft, members.with_columns(pl.lit(new, pl.Int64).alias("household_id")))
    for name, keys in (rows or {}).items():
        own = pl.DataFrame({draft.table(name).key: keys}).with_columns(
            pl.lit(new, pl.Int64).alias("household_id")
        )
        if (draft.rows(name, keys)["household_id"] != household).any():
            raise refusal("split", N_("随分户转出的行不属于本户"), name)
        draft.update(name, own)
    _relate(draft, relations)
    draft.successors = successors("household", [(household, new)], Succession.SPLIT, batch.effective_on)
    return _finish(draft, batch, Kind.SPLIT)


def merge(
    state: State,
    vocabulary: Vocabulary,
    batch: Batch,
    pairs: pl.DataFrame,
    relations: pl.DataFrame | None = None,
    table: str = "household",
    kind: Succession = Succession.MERGE,
) -> ChangeSet:
    """Rows of a table that go up in others: `old_key`, `new_key` (one household in another, villages joined).

    Everything that belongs to the old rows belongs to the new ones; the old keys are succeeded by the new.
    `relations` of people to their new head. With `Succession.RECODE`: rows under changed division codes.
    """
    draft = Draft(state, vocabulary)
    old, new = pairs["old_key"], pairs["new_key"]
    if old.is_duplicated().any() or new.is_in(old.implode()).any():
        raise refusal("merge", N_("合并的去向不清：同一行并入两处，或并入又被并掉"), table)
    draft.rows(table, old)
    draft.rows(table, new)
    draft.repoint(table, pairs)
    draft.strike(table, old)
    _relate(draft, relations)
    keys = zip(old.to_list(), new.to_list(), strict=True)
    draft.successors = successors(table, keys, kind, batch.effective_on)
    return _finish(draft, batch, Kind.RECODE if kind is Succession.RECODE else Kind.MERGE)


def _relate(draft: Draft, relations: pl.DataFrame | None) -> None:
    if relations is not None:
        draft.update("person", relations.select("person_id", "relation"))


def _finish(draft: Draft, batch: Batch, kind: Kind) -> ChangeSet:
    """Check the heads of all households touched, carry their head counts along, name their new heads."""
    before, after = _members(draft)
    census = _census(after).join(
        _census(before), on="household_id", how="full", coalesce=True, suffix="_before"
    )
    census = census.with_columns(pl.col("members", "heads", "members_before").fill_null(0))
    lawful = (
        (pl.col("members") == 0) | (pl.col("heads") == 1) | pl.col("heads").eq_missing(pl.col("heads_before"))
    )
    wrong = census.filter(~lawful)["household_id"].sort()
    if wrong.len():
        where = f"household {wrong.to_list()[:5]}"
        raise refusal(
            "head", N_("变更后户主不是恰好一人"), where, N_("请写明谁是新户主，其他人与户主是什么关系。")
        )
    _carry_headcount(draft, census)
    _name_heads(draft, census, after)
    return draft.finish(batch, kind)


def _members(draft: Draft) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All people of the households that the draft touches, before and after it."""
    table, changed = draft.table("person"), draft.changed("person")
    everyone = draft.rows("person")
    touched = everyone.filter(pl.col("person_id").is_in(changed[ROW].implode()))
    homes = pl.concat([touched["household_id"], changed["household_id"]]).drop_nulls().unique()
    before = everyone.filter(pl.col("household_id").is_in(homes.implode()))
    return before, fold_rows(table, before, changed.with_columns(pl.lit(0, pl.Int64).alias(VERSION)))


def _census(members: pl.DataFrame) -> pl.DataFrame:
    """Per household: how many members, how many heads, and the key of one of these."""
    is_head = (pl.col("relation") == HEAD).fill_null(False)
    return members.group_by("household_id").agg(
        pl.len().cast(pl.Int64).alias("members"),
        is_head.sum().cast(pl.Int64).alias("heads"),
        pl.col("person_id").filter(is_head).first().alias("head"),
    )


def _carry_headcount(draft: Draft, census: pl.DataFrame) -> None:
    """Entered head counts move with the people; where none was entered, none is made up."""
    entered = draft.rows("household").select("household_id", "headcount").drop_nulls()
    carried = entered.join(census, on="household_id").filter(pl.col("members") != pl.col("members_before"))
    shift = pl.col("headcount") + pl.col("members") - pl.col("members_before")
    staying = carried.join(draft.struck("household"), on="household_id", how="anti")
    draft.update("household", staying.select("household_id", shift))


def _name_heads(draft: Draft, census: pl.DataFrame, members: pl.DataFrame) -> None:
    """Households repeat their head's name and ID number: both follow the head."""
    fresh = census.filter(pl.col("head").is_not_null() & pl.col("head").ne_missing(pl.col("head_before")))
    named = (
        fresh.select("household_id", pl.col("head").alias("person_id"))
        .join(members, on="person_id")
        .select(
            "household_id",
            pl.col("full_name").alias("head_name"),
            pl.col("id_number").alias("head_id_number"),
        )
    )
    for name in ("head_name", "head_id_number"):
        draft.update("household", named.filter(pl.col(name).is_not_null()).select("household_id", name))
        draft.update("household", named.filter(pl.col(name).is_null()).select("household_id"), [name])
