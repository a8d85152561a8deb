"""Up to when lists are complete, where the office says that the sheets it hands in are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import polars as pl

from bangfu.core.sheets.feeding import SHEET, Feeder
from bangfu.core.sheets.matching import KEY
from bangfu.core.sheets.staging import ROW, StagedSheet
from bangfu.core.sheets.wide import row_year
from bangfu.core.vocabulary import Table, Vocabulary

_NOT_LISTED = "not_in_sheet"
_YEAR = "_year"
_KEPT_WHOLE = ("household", "village")  # a household is refused whole; a village counts the households it has


def completed_lists(
    feeder: Feeder,
    accepted: pl.DataFrame,
    sheets: Sequence[tuple[str, StagedSheet]],
    issues: pl.DataFrame,
    on: date,
) -> Iterator[tuple[str, pl.DataFrame]]:
    """Table and rows `_key`, `<known_to column>` for every parent whose list an accepted row belongs to.

    A day that the register holds is never set back. The income of a year is complete up to its last day. A
    household with members whom the sheet does not list is left out; so is any other parent (a cadre) of whom a
    row was refused, or who may be meant by a refused row that names none.
    """
    partial = issues.filter(pl.col("code") == _NOT_LISTED).select(SHEET, pl.col("row").alias(ROW))
    whole = accepted.join(
        accepted.join(partial, on=[SHEET, ROW], how="semi").select("household"), on="household", how="anti"
    )
    for number, (_, sheet) in enumerate(sheets):
        years = sheet.frame.select(ROW, row_year(sheet.frame, feeder.years[number]).alias(_YEAR))
        rows = whole.filter(pl.col(SHEET) == number).join(years, on=ROW)
        lost = feeder.rows[number].join(whole, on=[SHEET, ROW], how="anti")
        for parent, columns in sheet.layout.complete.items():
            listed = rows if parent in _KEPT_WHOLE else _without_refused(rows, lost, parent)
            for column in columns:
                child = _child(parent, column, sheet, feeder.vocabulary)
                if child is not None:
                    yield parent, _days(listed, feeder, parent, column, on, is_yearly=bool(child.timing.year))


def _without_refused(rows: pl.DataFrame, lost: pl.DataFrame, parent: str) -> pl.DataFrame:
    """Rows of parents whose list lost nothing."""
    if lost[parent].null_count():
        return rows.clear()
    return rows.join(lost, on=parent, how="anti")


def _child(parent: str, column: str, sheet: StagedSheet, vocabulary: Vocabulary) -> Table | None:
    """The table whose list the column speaks of, if the sheet lists its rows."""
    said = {target.table for target in sheet.header.targets.values()}
    for rule in sheet.layout.rows:
        table = vocabulary.tables[rule.table]
        is_listed = rule.table in said or not (rule.optional or rule.wide)
        if is_listed and any(link.parent == parent and link.known_to == column for link in table.links):
            return table
    return None


def _days(
    rows: pl.DataFrame, feeder: Feeder, parent: str, column: str, on: date, is_yearly: bool
) -> pl.DataFrame:
    day = pl.lit(on)
    if is_yearly:
        day = pl.min_horizontal(day, pl.date(pl.col(_YEAR), 12, 31))
    said = rows.select(pl.col(parent).alias(KEY), day.alias(column)).drop_nulls()
    latest = said.group_by(KEY, maintain_order=True).agg(pl.col(column).max())
    held = feeder.register_rows(parent).select(KEY, pl.col(column).alias("_held"))
    both = latest.join(held, on=KEY, how="left", maintain_order="left")
    return both.select(KEY, pl.max_horizontal(column, "_held").alias(column))
