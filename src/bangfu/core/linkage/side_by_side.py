"""Two or three sources beside each other: a row per person and column on which any of them disagrees."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from bangfu.core.linkage.comparing import VALUE, Comparison

SIDES = (
    "household_id",
    "village_id",
    "person_id",
    "kind",
    "column",
    "ours",
    "source",
)  # then a column per source


def side_by_side(comparisons: Mapping[str, Comparison]) -> pl.DataFrame:
    """Columns `SIDES`, then what each source says (by its name), how it was matched and where it stands.

    A source that agrees with the register while another does not is shown with its value; null: the source
    says nothing there. Who is missing somewhere or doubtful has a row for that source alone, named by `source`.
    """
    rows = []
    for name, comparison in comparisons.items():
        rows.append(comparison.differences.with_columns(pl.lit(name).alias("source")))
    everything = pl.concat(rows)
    keys = ["household_id", "village_id", "person_id", "column", "ours"]
    of_values = everything.filter(pl.col("kind") == VALUE)
    table = of_values.select(*keys, "kind", pl.lit(None, pl.String).alias("source")).unique(
        keys, maintain_order=True
    )
    for name, comparison in comparisons.items():
        said = comparison.values.select("person_id", "column", pl.col("theirs").alias(name))
        found = of_values.filter(pl.col("source") == name).select(
            "person_id", "column", pl.col("how").alias(f"{name} how"), pl.col("slip").alias(f"{name} slip"),
            pl.col("place").alias(f"{name} place"),
        )  # fmt: skip
        table = table.join(said, on=["person_id", "column"], how="left", maintain_order="left")
        table = table.join(found, on=["person_id", "column"], how="left", maintain_order="left")
    alone = [
        part.filter(pl.col("kind") != VALUE).select(
            *keys, "kind", "source", pl.col("theirs").alias(name), pl.col("how").alias(f"{name} how"),
            pl.col("slip").alias(f"{name} slip"), pl.col("place").alias(f"{name} place"),
        )
        for name, part in zip(comparisons, rows, strict=True)
    ]  # fmt: skip
    joined = pl.concat([table, *alone], how="diagonal")
    order = [*SIDES, *(column for column in joined.columns if column not in SIDES)]
    return joined.select(order).sort("household_id", "person_id", "column", "kind", "source", nulls_last=True)
