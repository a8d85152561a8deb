"""What an import would do: changes by table, every cell that is refused or doubtful, and counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from bangfu.core.errors import Problem
from bangfu.core.messages import N_, Message
from bangfu.core.register.changes import CHANGE, CREATE, UPDATE, Batch, ChangeSet
from bangfu.core.sheets.cells import reference
from bangfu.core.sheets.layouts import SKIP, column_of
from bangfu.core.sheets.reasons import REASONS, Severity
from bangfu.core.sheets.staging import StagedSheet
from bangfu.core.vocabulary import Sensitivity, Vocabulary

PROBLEMS = pl.Schema(
    {
        "workbook": pl.String(),
        "sheet": pl.String(),
        "row": pl.UInt32(),  # from 0
        "column": pl.UInt32(),  # from 0
        "target": pl.String(),  # table.column
        "header": pl.String(),
        "value": pl.String(),  # masked where personal
        "code": pl.String(),  # of `reasons.REASONS`
        "severity": pl.String(),
        "detail": pl.String(),
    }
)


@dataclass(frozen=True)
class CellProblem:
    """One cell that is refused or doubtful, in words. `cell` is C5; `value` is masked where personal."""

    workbook: str
    sheet: str
    cell: str
    header: str
    value: str
    severity: Severity
    reason: Message
    remedy: Message

    def as_problem(self) -> Problem:
        """The same for the command line's list of problems."""
        values = {"header": self.header, "value": self.value, "reason": self.reason}
        template = N_("{header}“{value}”：{reason}") if self.value else N_("{header}：{reason}")
        where = f"{self.workbook} {self.sheet}!{self.cell}"
        return Problem(f"cell.{self.severity}", Message(template, values), where, self.remedy)


@dataclass(frozen=True)
class Counts:
    """How much was read and what becomes of it; `created` and `updated` by table."""

    rows: int
    rows_refused: int
    households: int
    households_refused: int
    created: Mapping[str, int]
    updated: Mapping[str, int]


@dataclass(frozen=True)
class ImportResult:
    """What an import would do to the register.

    `tables`: change frames of `bangfu.core.register`, none empty; without any the register stays as it is.
    `problems`: columns as `PROBLEMS`, by sheet, row, column. `refusals`: why whole sheets cannot be imported
    (then nothing is). `notes`: what was left alone.
    """

    tables: Mapping[str, pl.DataFrame]
    problems: pl.DataFrame
    refusals: tuple[Problem, ...]
    notes: tuple[Problem, ...]
    counts: Counts

    def change_set(self, batch: Batch) -> ChangeSet:
        """The changes as said by whoever the batch names."""
        return ChangeSet(batch, self.tables)

    def cell_problems(self) -> Iterator[CellProblem]:
        """The problems in words, in order."""
        return cell_problems(self.problems)


def cell_problems(problems: pl.DataFrame) -> Iterator[CellProblem]:
    """Rows of `PROBLEMS` in words."""
    for row in problems.iter_rows(named=True):
        reason = REASONS[row["code"]]
        values = {"detail": row["detail"] or ""}
        yield CellProblem(
            row["workbook"],
            row["sheet"],
            reference(row["row"], row["column"]),
            row["header"],
            row["value"],
            reason.severity,
            Message(reason.why, values),
            Message(reason.remedy, values),
        )


def masked(text: str) -> str:
    """A personal value as far as it may be shown: its ends, so that its owner knows it again."""
    keep = len(text) // 5
    if keep == 0:
        return text[:1] + "*" * (len(text) - 1)
    return text[:keep] + "*" * (len(text) - 2 * keep) + text[-keep:]


def located(
    issues: pl.DataFrame, sheets: Sequence[tuple[str, StagedSheet]], vocabulary: Vocabulary
) -> pl.DataFrame:
    """Issues by sheet number, row and target → rows of `PROBLEMS`, the gravest of each cell."""
    parts = [pl.DataFrame(schema=PROBLEMS)]
    severity = {code: reason.severity.value for code, reason in REASONS.items()}
    for number, (workbook, sheet) in enumerate(sheets):
        own = issues.filter(pl.col("_sheet") == number)
        anchor = min(sheet.columns[name] for name in _anchors(sheet))
        at = pl.col("target").replace_strict(dict(sheet.columns), default=anchor, return_dtype=pl.UInt32)
        placed = own.with_columns(
            at.alias("column"),
            pl.col("code").replace_strict(severity, return_dtype=pl.String).alias("severity"),
            pl.lit(workbook).alias("workbook"),
            pl.lit(sheet.raw.name).alias("sheet"),
        )
        gravest = placed.sort("row", "column", pl.col("severity") != Severity.REFUSED, maintain_order=True)
        gravest = gravest.unique(["row", "column"], keep="first", maintain_order=True)
        texts = sheet.header.texts
        shown = gravest.with_columns(
            pl.col("column").replace_strict(texts, return_dtype=pl.String).alias("header"),
            pl.Series("value", _shown(gravest, sheet, vocabulary), dtype=pl.String),
        )
        parts.append(shown.select(PROBLEMS.keys()))
    return pl.concat(parts)


def _anchors(sheet: StagedSheet) -> list[str]:
    """Columns that name the row: where to show what belongs to no cell of the sheet."""
    needed = [target.name for group in sheet.layout.needed for target in group]
    return [name for name in needed if name in sheet.columns]


def _shown(problems: pl.DataFrame, sheet: StagedSheet, vocabulary: Vocabulary) -> list[str]:
    is_open = {
        at: column_of(target, vocabulary).sensitivity in (Sensitivity.PUBLIC, Sensitivity.INTERNAL)
        for at, target in sheet.header.targets.items()
        if target.table != SKIP
    }
    texts = []
    for row, column in problems.select("row", "column").iter_rows():
        cell = sheet.raw.columns[column][row]
        text = format(cell, ".15g") if isinstance(cell, float) else str(cell).strip()
        texts.append(text if is_open.get(column, False) else masked(text))
    return texts


def _count(tables: Mapping[str, pl.DataFrame], kind: str) -> dict[str, int]:
    counts = {table: frame.filter(pl.col(CHANGE) == kind).height for table, frame in tables.items()}
    return {table: count for table, count in counts.items() if count}


def count_all(tables: Mapping[str, pl.DataFrame], rows: pl.DataFrame, accepted: pl.DataFrame) -> Counts:
    """`rows` and `accepted`: a row per row of the sheets, with the key of its household."""
    households = rows["household"].drop_nulls().n_unique()
    refused = households - accepted["household"].drop_nulls().n_unique()
    return Counts(
        rows.height,
        rows.height - accepted.height,
        households,
        refused,
        _count(tables, CREATE),
        _count(tables, UPDATE),
    )
