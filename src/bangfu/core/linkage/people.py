"""People of the register and of a list in one form, ready to be matched."""

from __future__ import annotations

import polars as pl

from bangfu.core.register import State
from bangfu.core.vocabulary import Vocabulary

# What matching looks at; every frame of people has these and any other columns of the table person.
PEOPLE = pl.Schema(
    {
        "row": pl.Int64(),  # person_id in the register, number of the row in a list
        "full_name": pl.String(),
        "id_number": pl.String(),
        "birth_date": pl.Date(),
        "gender": pl.String(),
        "household_code": pl.String(),  # null where it is no household of the register
        "head_name": pl.String(),
        "village": pl.String(),
        "home": pl.String(),  # what tells the list's own households apart
        "place": pl.String(),  # sheet and row of a list
    }
)
_OWN = ("household_id", "village_id")
_NOT_COMPARED = ("person_code", "id_kind", "id_valid")


def people_of_register(state: State, vocabulary: Vocabulary) -> pl.DataFrame:
    """Columns `PEOPLE`, household_id, village_id, and every column of the table person."""
    tables = vocabulary.tables
    people = state.rows(tables["person"])
    homes = state.rows(tables["household"]).select(
        "household_id", "village_id", "household_code", pl.col("head_name").alias("_head")
    )
    villages = state.rows(tables["village"]).select("village_id", pl.col("division_name").alias("village"))
    heads = people.filter(pl.col("relation") == "head").unique("household_id", keep="none")
    heads = heads.select("household_id", pl.col("full_name").alias("head_name"))
    joined = people.join(homes, on="household_id", how="left", maintain_order="left")
    joined = joined.join(villages, on="village_id", how="left", maintain_order="left")
    joined = joined.join(heads, on="household_id", how="left", maintain_order="left")
    return _complete(
        joined.with_columns(
            pl.col("person_id").alias("row"),
            pl.coalesce("head_name", "_head").alias("head_name"),
            pl.col("household_code").alias("home"),
        ).drop("_head")
    ).sort("row")


def people_of_list(listed: pl.DataFrame, ours: pl.DataFrame, place: str = "_place") -> pl.DataFrame:
    """Columns `PEOPLE` and the other columns of the table person that the list has.

    `listed`: columns `person.*`, `household.*`, place.village, and `place`. A number of a household that the
    register does not have tells the list's households apart, and no more.
    """
    names = {
        name: name.removeprefix("person.")
        for name in listed.columns
        if name.startswith("person.") and name.removeprefix("person.") in ours.columns
    }
    others = {
        "household.household_code": "home",
        "household.head_name": "head_name",
        "place.village": "village",
        place: "place",
    }
    present = names | {name: alias for name, alias in others.items() if name in listed.columns}
    frame = listed.select(pl.col(name).alias(alias) for name, alias in present.items())
    if "home" not in frame.columns:
        head = pl.col("head_name") if "head_name" in frame.columns else pl.lit(None, pl.String)
        frame = frame.with_columns(head.alias("home"))
    known = ours["household_code"].drop_nulls().unique()
    numbered = frame.with_row_index("row", offset=1).with_columns(
        pl.when(pl.col("home").is_in(known.implode())).then("home").alias("household_code")
    )
    return _complete(numbered)


def compared_columns(theirs: pl.DataFrame, vocabulary: Vocabulary) -> list[str]:
    """The columns of a list that can be held against the register: those it says anything in."""
    table = vocabulary.tables["person"]
    said = [
        name for name in table.columns if name in theirs.columns and theirs[name].null_count() < theirs.height
    ]
    return [name for name in said if name not in _NOT_COMPARED and not name.endswith(("_on", "_known_to"))]


def _complete(frame: pl.DataFrame) -> pl.DataFrame:
    lacking = [pl.lit(None, kind).alias(name) for name, kind in PEOPLE.items() if name not in frame.columns]
    return frame.with_columns(lacking).cast(PEOPLE)
