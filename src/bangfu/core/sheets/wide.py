"""Amounts that stand side by side (工资性收入, 财产性收入 …) → one row for each amount."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from bangfu.core.sheets.layouts import Layout, Target
from bangfu.core.sheets.staging import ISSUES, ROW, TARGET


def row_year(frame: pl.DataFrame, year: int | None) -> pl.Expr:
    """The year of a row: its own column, else that of the title or of the user."""
    own = pl.col("sheet.year") if "sheet.year" in frame.columns else pl.lit(None, pl.Int64)
    return pl.coalesce(own, pl.lit(year, pl.Int64))


def side_by_side(
    frame: pl.DataFrame, targets: Iterable[Target], table: str, year: int | None
) -> pl.DataFrame:
    """Rows of `table`: `_row`, `_target` (the column of the sheet), source, year, amount. An empty cell says
    nothing and gives no row; 0 is an amount."""
    parts = [
        frame.select(
            ROW,
            pl.lit(target.name).alias(TARGET),
            pl.lit(target.code).alias("source"),
            (row_year(frame, year) if target.year is None else pl.lit(target.year, pl.Int64)).alias("year"),
            pl.col(target.name).alias("amount"),
        )
        for target in targets
        if target.table == table and target.code
    ]
    return pl.concat(parts).drop_nulls("amount")


def without_totals(
    frame: pl.DataFrame, layout: Layout, targets: Iterable[Target]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The frame with only so much left in a total as its parts do not say, so that nothing counts twice; and
    an issue where they say more, or, all of them being there, less."""
    issues = [pl.DataFrame(schema=ISSUES)]
    by_code = {(target.code, target.year): target.name for target in targets if target.code}
    for (code, year), total in by_code.items():
        declared = layout.totals.get(code, ())
        parts = [by_code[part, year] for part in declared if (part, year) in by_code]
        if not parts:
            continue
        filled = pl.any_horizontal(pl.col(part).is_not_null() for part in parts)
        said = pl.sum_horizontal(pl.col(part).fill_null(0) for part in parts)
        rest = pl.col(total) - said
        wrong = (rest != 0) if len(parts) == len(declared) else (rest < 0)
        issues.append(
            frame.filter(filled & wrong).select(
                pl.col(ROW).alias("row"),
                pl.lit(total).alias("target"),
                pl.lit("total_differs").alias("code"),
                said.cast(pl.String).alias("detail"),
            )
        )
        left = pl.when(~filled).then(total).when(rest > 0).then(rest)
        frame = frame.with_columns(left.alias(total))
    return frame, pl.concat(issues)
