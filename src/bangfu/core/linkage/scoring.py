"""How alike two people are: splink's model on DuckDB, with figures that are declared, not learned."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl

from bangfu.core.linkage.extra import needed

_USED = ("full_name", "id_number", "birth_date", "gender", "household_code", "head_name", "village")
_BLOCKED_BY = ("full_name", "id_number", "birth_date", "household_code", "head_name")
_LEAST = -10.0  # weights below are not worth carrying


@dataclass(frozen=True)
class Level:
    """A degree of likeness: `same` is the share of pairs of one person that show it, `other` of two people.
    `within`: at most so many characters wrong, swapped, missing or added; 0: equal; None: everything else."""

    within: int | None
    same: float
    other: float


# From how such lists go wrong: a digit of the number, a character of the name, the day of the birth date.
# Household, head and village go together: each alone counts for little.
LEVELS: Mapping[str, tuple[Level, ...]] = {
    "full_name": (Level(0, 0.94, 0.002), Level(1, 0.04, 0.06), Level(None, 0.02, 0.938)),
    "id_number": (Level(0, 0.88, 0.00001), Level(2, 0.1, 0.0002), Level(None, 0.02, 0.99979)),
    "birth_date": (Level(0, 0.93, 0.0002), Level(1, 0.04, 0.003), Level(None, 0.03, 0.9968)),
    "gender": (Level(0, 0.98, 0.5), Level(None, 0.02, 0.5)),
    "household_code": (Level(0, 0.96, 0.05), Level(None, 0.04, 0.95)),
    "head_name": (Level(0, 0.92, 0.1), Level(None, 0.08, 0.9)),
    "village": (Level(0, 0.95, 0.3), Level(None, 0.05, 0.7)),
}


def score(ours: pl.DataFrame, theirs: pl.DataFrame) -> pl.DataFrame:
    """Pairs that have anything telling in common: ours, theirs, weight (a power of two, by the evidence alone).

    Raises EngineError where the extra `linkage` is not installed.
    """
    splink = needed("splink")

    settings = splink.SettingsCreator(
        link_type="link_only",
        unique_id_column_name="row",
        comparisons=[_comparison(column) for column in _USED],
        blocking_rules_to_generate_predictions=[splink.block_on(column) for column in _BLOCKED_BY],
        probability_two_random_records_match=0.5,  # the weight is the evidence; who decides adds no prior
        retain_matching_columns=False,
    )
    with duckdb.connect(config={"threads": 1}) as connection, _quiet():
        api = splink.DuckDBAPI(connection)
        tables = [
            api.register(_texts(frame).to_arrow(), dataset_display_name=name)
            for frame, name in ((ours, "a_ours"), (theirs, "b_theirs"))
        ]
        linker = splink.Linker(tables, settings, log_level=None)
        found: pl.DataFrame = (
            linker.inference.predict(threshold_match_weight=_LEAST).as_duckdbpyrelation().pl()
        )
    return found.select(
        pl.col("row_l").alias("ours").cast(pl.Int64), pl.col("row_r").alias("theirs").cast(pl.Int64),
        pl.col("match_weight").round(6).alias("weight"),
    ).sort("ours", "theirs")  # fmt: skip


def _texts(people: pl.DataFrame) -> pl.DataFrame:
    return people.select("row", *(pl.col(name).cast(pl.String) for name in _USED))


def _comparison(column: str) -> Any:  # splink has no types
    levels = needed("splink.comparison_level_library")
    comparisons = needed("splink.comparison_library")

    made = [levels.NullLevel(column)]
    for level in LEVELS[column]:
        if level.within is None:
            bare = levels.ElseLevel()
        elif level.within == 0:
            bare = levels.ExactMatchLevel(column)
        else:
            bare = levels.DamerauLevenshteinLevel(column, level.within)
        made.append(bare.configure(m_probability=level.same, u_probability=level.other))
    return comparisons.CustomComparison(output_column_name=column, comparison_levels=made)


@contextmanager
def _quiet() -> Iterator[None]:
    """splink prints what it does; standard output is for results."""
    with redirect_stdout(io.StringIO()):
        yield
