"""Checks that look at a household as a whole: its head, its people's ID numbers, who is not in the sheet."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from bangfu.core.sheets.feeding import SHEET, issue
from bangfu.core.sheets.matching import KEY
from bangfu.core.sheets.staging import ROW

HOUSEHOLD = "household_id"
_RELATION, _ID = "relation", "id_number"
_CELL = pl.lit("household.household_code")


def household_issues(said: pl.DataFrame, register: pl.DataFrame, is_complete: bool) -> Iterator[pl.DataFrame]:
    """What is wrong with the households of which person sheets speak: frames of issues with `_sheet`.

    `said`: `_sheet`, `_row`, `_key`, household_id and columns of people; `register`: the people who are in
    it, `_key` and columns. `is_complete`: the sheets claim to list every member.
    """
    told = [name for name in (_RELATION, _ID) if name in said.columns]
    people = said.select(SHEET, ROW, KEY, HOUSEHOLD, *told).unique(KEY, keep="last", maintain_order=True)
    known = register.select(KEY, HOUSEHOLD, _RELATION, _ID)
    others = known.join(people, on=KEY, how="anti")
    old = known.select(KEY, *(pl.col(name).alias(f"{name}_old") for name in told))
    people = people.join(old, on=KEY, how="left", maintain_order="left").with_columns(
        pl.coalesce(name, f"{name}_old").alias(name) for name in told
    )
    yield from _heads(people, others)
    if _ID in told:
        yield from _shared_ids(people, others)
    if is_complete:
        yield _not_listed(people, others)


def _heads(people: pl.DataFrame, others: pl.DataFrame) -> Iterator[pl.DataFrame]:
    everybody = pl.concat([people, others], how="diagonal")
    heads = everybody.group_by(HOUSEHOLD).agg((pl.col(_RELATION) == "head").sum().alias("heads"))
    counted = people.join(heads, on=HOUSEHOLD, maintain_order="left")
    headless = counted.filter(pl.col("heads") == 0).unique(HOUSEHOLD, keep="first", maintain_order=True)
    yield issue(headless, _CELL, "no_head")
    several = counted.filter((pl.col("heads") > 1) & (pl.col(_RELATION) == "head"))
    yield issue(several, pl.lit("person.relation"), "two_heads")


def _shared_ids(people: pl.DataFrame, others: pl.DataFrame) -> Iterator[pl.DataFrame]:
    everybody = pl.concat([people, others], how="diagonal").drop_nulls(_ID)
    shared = everybody.group_by(_ID).agg(
        pl.len().alias("n"), pl.col(HOUSEHOLD).n_unique().alias("households")
    )
    twice = people.join(shared.filter(pl.col("n") > 1), on=_ID, maintain_order="left")
    cell = pl.lit("person.id_number")
    yield issue(twice.filter(pl.col("households") == 1), cell, "id_twice")
    yield issue(twice.filter(pl.col("households") > 1), cell, "id_in_two_households")


def _not_listed(people: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    counts = others.group_by(HOUSEHOLD).agg(pl.len().alias("n"))
    lacking = people.join(counts, on=HOUSEHOLD, maintain_order="left")
    first = lacking.unique(HOUSEHOLD, keep="first", maintain_order=True)
    return issue(first, _CELL, "not_in_sheet", pl.col("n").cast(pl.String))
