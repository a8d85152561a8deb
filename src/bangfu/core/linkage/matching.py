"""Match the people of a list to those of the register: by ID number; where that fails, by all the rest.

What splink's model weighs is declared here, not learned: the same lists give the same matches. A pair is taken
only where each is the other's best by a clear margin; what is not clear is said to be so, and never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from bangfu.core.linkage.extra import needed
from bangfu.core.linkage.scoring import score

MATCHES = pl.Schema({"ours": pl.Int64(), "theirs": pl.Int64(), "how": pl.String()})
BY_ID, BY_LIKENESS = "id_number", "likeness"


@dataclass(frozen=True)
class Matching:
    """When a pair is taken. Weights are powers of two: 7 says that the pair is 128 times as likely to be one
    person as two. `margin`: by how much it outdoes the next. `possible`: the least for which a pair is shown
    among the doubtful ones."""

    sure: float = 7.0
    margin: float = 7.0
    possible: float = 5.0


@dataclass(frozen=True)
class Matched:
    """`pairs`: columns `MATCHES`. `doubtful`: ours, theirs, weight of the pairs between which nobody decided."""

    pairs: pl.DataFrame
    doubtful: pl.DataFrame


def match_people(ours: pl.DataFrame, theirs: pl.DataFrame, how: Matching) -> Matched:
    """Pairs of rows (columns `people.PEOPLE`), each row at most once.

    Raises EngineError where rows are left after the ID numbers and the extra `linkage` is not installed.
    """
    by_id = _by_id(ours, theirs)
    left = ours.join(by_id, left_on="row", right_on="ours", how="anti")
    right = theirs.join(by_id, left_on="row", right_on="theirs", how="anti")
    empty = pl.DataFrame(schema={"ours": pl.Int64(), "theirs": pl.Int64(), "weight": pl.Float64()})
    candidates = score(left, right) if left.height and right.height else empty
    likely = _with_names(candidates.filter(pl.col("weight") >= how.possible), left, right)
    taken, open_ = _settle(likely, how)
    pairs = pl.concat([by_id, taken.select("ours", "theirs", pl.lit(BY_LIKENESS).alias("how"))])
    return Matched(pairs.cast(MATCHES).sort("ours"), open_.sort("theirs", "ours"))


def _by_id(ours: pl.DataFrame, theirs: pl.DataFrame) -> pl.DataFrame:
    """Pairs whose ID number stands once on either side, and whose names do not contradict it."""
    sides = []
    for frame, key in ((ours, "ours"), (theirs, "theirs")):
        numbered = frame.drop_nulls("id_number").filter(pl.len().over("id_number") == 1)
        sides.append(
            numbered.select(pl.col("row").alias(key), "id_number", pl.col("full_name").alias(f"{key}_name"))
        )
    pairs = sides[0].join(sides[1], on="id_number", maintain_order="left")
    same = pl.col("ours_name") == pl.col("theirs_name")
    agreeing = pairs.filter(same.fill_null(True))
    return agreeing.select("ours", "theirs", pl.lit(BY_ID).alias("how"))


def _with_names(candidates: pl.DataFrame, left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """With `is_named_alike`: at most one character apart. A number under another name is nobody's to decide."""
    distance = needed("rapidfuzz.distance").OSA.distance if candidates.height else None
    named = candidates.join(
        left.select(pl.col("row").alias("ours"), pl.col("full_name").alias("a")), on="ours"
    )
    named = named.join(
        right.select(pl.col("row").alias("theirs"), pl.col("full_name").alias("b")), on="theirs"
    )
    alike = [
        bool(a and b and distance and distance(a, b) <= 1) for a, b in named.select("a", "b").iter_rows()
    ]
    return named.drop("a", "b").with_columns(pl.Series("is_named_alike", alike, pl.Boolean))


def _settle(candidates: pl.DataFrame, how: Matching) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Take the pairs that nobody disputes, then those that nobody disputes any more."""
    taken = candidates.clear()
    while candidates.height:
        lead = [_lead(side).alias(f"{side}_lead") for side in ("ours", "theirs")]
        clear = candidates.with_columns(lead).filter(
            pl.col("is_named_alike")
            & (pl.col("weight") >= how.sure)
            & (pl.col("ours_lead") >= how.margin)
            & (pl.col("theirs_lead") >= how.margin)
        )
        if not clear.height:
            break
        taken = pl.concat([taken, clear.select(candidates.columns)])
        candidates = candidates.join(taken, on="ours", how="anti").join(taken, on="theirs", how="anti")
    return taken, candidates


def _lead(side: str) -> pl.Expr:
    """By how much a pair outdoes the best other pair of the row on one side; negative if it is not the best."""
    weight = pl.col("weight")
    best = weight.max().over(side)
    ranked = weight.sort(descending=True)
    second = ranked.slice(1, 1).first().over(side).fill_null(float("-inf"))
    return weight - pl.when(weight == best).then(second).otherwise(best)
