"""Where a list and the register disagree, with both sides; and what of it is kept as keyed facts."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from bangfu.core.integrity.facts import FACTS, IDENTITY
from bangfu.core.linkage.extra import needed
from bangfu.core.linkage.matching import BY_ID, Matching, match_people
from bangfu.core.linkage.people import compared_columns
from bangfu.core.vocabulary import Vocabulary

VALUE, NOT_IN_LIST, NOT_IN_REGISTER, DOUBTFUL = "value", "not_in_list", "not_in_register", "doubtful"
DIFFERENCES = pl.Schema(
    {
        "kind": pl.String(),  # one of the four above
        "household_id": pl.Int64(),
        "village_id": pl.Int64(),
        "person_id": pl.Int64(),
        "column": pl.String(),  # of the table person; household_code where the household differs
        "ours": pl.String(),
        "theirs": pl.String(),
        "how": pl.String(),  # by what the two were matched
        "slip": pl.Int64(),  # characters wrong, swapped, missing or added; of texts only
        "place": pl.String(),  # sheet and row of the list
    }
)
_KEYS = ("household_id", "village_id", "person_id", "how", "place")
_SHOWN = ("full_name", "id_number")
HOME = "household_code"


@dataclass(frozen=True)
class Comparison:
    """One list held against the register.

    `differences`: columns `DIFFERENCES`. `values`: household_id, person_id, column, theirs of everybody
    matched. `judged`: `facts.IDENTITY` of what was surely compared. `households`: those that the list covers
    without a doubt. `counts`: matched by ID number, by likeness, doubtful.
    """

    differences: pl.DataFrame
    values: pl.DataFrame
    judged: pl.DataFrame
    households: pl.Series
    counts: dict[str, int]


def compare_people(
    ours: pl.DataFrame,
    theirs: pl.DataFrame,
    vocabulary: Vocabulary,
    kind: str,
    lists_households: bool,
    how: Matching | None = None,
) -> Comparison:
    """Match a list (`people.people_of_list`) to the register (`people.people_of_register`) and compare.

    `kind`: the code of discrepancy_kind under which differences are kept. `lists_households`: whoever belongs
    to a household of the list must be in the list; else the list names only some people (those who draw an
    allowance). Raises EngineError: the extra `linkage` is missing.
    """
    matched = match_people(ours, theirs, how or Matching())
    columns = compared_columns(theirs, vocabulary)
    if theirs[HOME].null_count() < theirs.height:
        columns.append(HOME)
    left = ours.select(pl.col("row").alias("ours"), pl.col("row").alias("person_id"), *_KEYS[:2], *columns)
    right = theirs.select(
        pl.col("row").alias("theirs"), "place", *(pl.col(name).alias(f"their {name}") for name in columns)
    )
    pairs = matched.pairs.join(left, on="ours", maintain_order="left").join(
        right, on="theirs", maintain_order="left"
    )
    cells = pl.concat([_cells(pairs, name) for name in columns]) if columns else _cells(pairs, None)
    parts = [pl.DataFrame(schema=DIFFERENCES), _values(cells)]
    homes = _homes(pairs, theirs)
    doubtful = _doubtful(matched.doubtful, ours, theirs)
    parts += [doubtful, _not_in_register(theirs, matched.pairs, matched.doubtful, homes)]
    covered = pairs.select("household_id").drop_nulls().unique()
    if lists_households:
        parts.append(_not_in_list(ours, matched.pairs, matched.doubtful, covered))
    differences = pl.concat([part.select(DIFFERENCES.keys()).cast(DIFFERENCES) for part in parts])
    sure = covered.join(doubtful.drop_nulls("household_id"), on="household_id", how="anti").sort(
        "household_id"
    )
    by_id = pairs.filter(pl.col("how") == BY_ID).height
    unsure = matched.doubtful["theirs"].n_unique()
    counts = {"by_id": by_id, "by_likeness": pairs.height - by_id, "doubtful": unsure}
    return Comparison(
        differences.sort("household_id", "person_id", "column", "place", nulls_last=True),
        cells.drop_nulls("theirs").select("household_id", "person_id", "column", "theirs"),
        _judged(cells, sure, ours, kind, lists_households),
        sure["household_id"],
        counts,
    )


def differences_as_facts(differences: pl.DataFrame, kind: str) -> pl.DataFrame:
    """What is sure of the differences, as columns `facts.FACTS`; values stay behind."""
    sure = differences.filter((pl.col("kind") != DOUBTFUL) & pl.col("household_id").is_not_null())
    return sure.select(
        "household_id",
        "village_id",
        pl.lit(kind).alias("kind"),
        pl.lit("person").alias("table_name"),
        pl.when(pl.col("kind") == VALUE).then("column").otherwise("kind").alias("column_name"),
    ).cast(FACTS)


def _cells(pairs: pl.DataFrame, column: str | None) -> pl.DataFrame:
    """Both sides of a column, as text."""
    name = column or "how"
    other = f"their {name}" if column else "how"
    cells = pairs.select(
        *_KEYS,
        pl.lit(name).alias("column"),
        pl.col(name).cast(pl.String).alias("ours"),
        pl.col(other).cast(pl.String).alias("theirs"),
    )
    return cells if column else cells.clear()


def _values(cells: pl.DataFrame) -> pl.DataFrame:
    """Cells filled on both sides that say two things."""
    differing = cells.filter(pl.col("ours") != pl.col("theirs"))
    texts = differing.select("column", "ours", "theirs").iter_rows()
    distance = needed("rapidfuzz.distance").OSA.distance
    slips = [distance(a, b) if column in _SHOWN else None for column, a, b in texts]
    return differing.with_columns(pl.lit(VALUE).alias("kind"), pl.Series("slip", slips, pl.Int64))


def _homes(pairs: pl.DataFrame, theirs: pl.DataFrame) -> pl.DataFrame:
    """The household of the register that a household of the list is, where its matched people agree on it."""
    homed = pairs.join(theirs.select(pl.col("row").alias("theirs"), "home"), on="theirs").drop_nulls("home")
    agreed = homed.group_by("home").agg(
        pl.col("household_id").drop_nulls().unique(), pl.col("village_id").first()
    )
    one = agreed.filter(pl.col("household_id").list.len() == 1)
    return one.with_columns(pl.col("household_id").list.first())


def _doubtful(doubtful: pl.DataFrame, ours: pl.DataFrame, theirs: pl.DataFrame) -> pl.DataFrame:
    """Each pair that might be one person, to be decided by people."""
    left = ours.select(
        pl.col("row").alias("ours"),
        pl.col("row").alias("person_id"),
        *_KEYS[:2],
        pl.col("full_name").alias("name"),
    )
    right = theirs.select(pl.col("row").alias("theirs"), "place", pl.col("full_name").alias("their name"))
    pairs = doubtful.join(left, on="ours", maintain_order="left").join(
        right, on="theirs", maintain_order="left"
    )
    return pairs.select(
        pl.lit(DOUBTFUL).alias("kind"), "household_id", "village_id", "person_id",
        pl.lit("full_name").alias("column"), pl.col("name").alias("ours"), pl.col("their name").alias("theirs"),
        pl.lit(None, pl.String).alias("how"), pl.lit(None, pl.Int64).alias("slip"), "place",
    )  # fmt: skip


def _not_in_register(
    theirs: pl.DataFrame, pairs: pl.DataFrame, doubtful: pl.DataFrame, homes: pl.DataFrame
) -> pl.DataFrame:
    lost = theirs.join(pairs, left_on="row", right_on="theirs", how="anti")
    lost = lost.join(doubtful, left_on="row", right_on="theirs", how="anti")
    homed = lost.join(homes, on="home", how="left", maintain_order="left")
    return homed.select(
        pl.lit(NOT_IN_REGISTER).alias("kind"), "household_id", "village_id", pl.lit(None, pl.Int64).alias("person_id"),
        pl.lit("full_name").alias("column"), pl.lit(None, pl.String).alias("ours"),
        pl.col("full_name").alias("theirs"), pl.lit(None, pl.String).alias("how"),
        pl.lit(None, pl.Int64).alias("slip"), "place",
    )  # fmt: skip


def _not_in_list(
    ours: pl.DataFrame, pairs: pl.DataFrame, doubtful: pl.DataFrame, covered: pl.DataFrame
) -> pl.DataFrame:
    lost = ours.join(covered, on="household_id", how="semi", maintain_order="left")
    lost = lost.join(pairs, left_on="row", right_on="ours", how="anti", maintain_order="left")
    lost = lost.join(doubtful, left_on="row", right_on="ours", how="anti", maintain_order="left")
    return lost.select(
        pl.lit(NOT_IN_LIST).alias("kind"), "household_id", "village_id", pl.col("row").alias("person_id"),
        pl.lit("full_name").alias("column"), pl.col("full_name").alias("ours"),
        pl.lit(None, pl.String).alias("theirs"), pl.lit(None, pl.String).alias("how"),
        pl.lit(None, pl.Int64).alias("slip"), pl.lit(None, pl.String).alias("place"),
    )  # fmt: skip


def _judged(
    cells: pl.DataFrame, sure: pl.DataFrame, ours: pl.DataFrame, kind: str, lists_households: bool
) -> pl.DataFrame:
    """What has a sure answer: a column of a household whose people were all compared in it; and, where the
    list names whole households, who is missing on either side."""
    compared = (
        cells.drop_nulls(("ours", "theirs"))
        .group_by("household_id", "column")
        .agg(pl.col("person_id").n_unique().alias("n"))
    )
    size = ours.group_by("household_id").agg(pl.col("row").n_unique().alias("size"))
    full = compared.join(size, on="household_id").filter(pl.col("n") == pl.col("size"))
    parts = [full.select("household_id", pl.col("column").alias("column_name"))]
    if lists_households:
        ways = pl.DataFrame({"column_name": [NOT_IN_LIST, NOT_IN_REGISTER]})
        parts.append(sure.select("household_id").join(ways, how="cross"))
    said = pl.concat(parts).join(sure, on="household_id", how="semi")
    return said.with_columns(pl.lit(kind).alias("kind"), pl.lit("person").alias("table_name")).select(
        IDENTITY
    )
