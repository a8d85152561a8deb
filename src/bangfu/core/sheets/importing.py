"""Plan an import: (register, staged workbooks) → typed changes and a problem per cell. Nothing is written.

A household of which one cell is refused is refused whole, whatever sheet the cell stands in; everything else
of the file goes on. The same file a second time gives no change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from bangfu.core.divisions import Divisions
from bangfu.core.errors import Problem
from bangfu.core.messages import N_, Message
from bangfu.core.register.changes import State, differences
from bangfu.core.sheets.checking import HOUSEHOLD, household_issues
from bangfu.core.sheets.completing import completed_lists
from bangfu.core.sheets.detecting import StagedWorkbook
from bangfu.core.sheets.feeding import SHEET, Feeder
from bangfu.core.sheets.matching import KEY
from bangfu.core.sheets.reasons import REASONS, Severity
from bangfu.core.sheets.results import ImportResult, count_all, located
from bangfu.core.sheets.staging import ISSUES, ROW, StagedSheet
from bangfu.core.vocabulary import Vocabulary

_ORDER = ("household", "person", "income", "pairing", "village_cadre")
_WRONG_PLACE = ("place_unknown", "place_ambiguous", "place_outside")
_REFUSED = [code for code, reason in REASONS.items() if reason.severity is Severity.REFUSED]


@dataclass(frozen=True)
class Options:
    """What the office says beside its files.

    `within`: code of its own division; `year`: of income sheets that name none; `complete_on`: the day on
    which the lists in the files were complete (None: nothing is said of it).
    """

    within: str | None = None
    year: int | None = None
    complete_on: date | None = None


def plan_import(
    state: State,
    workbooks: Sequence[StagedWorkbook],
    divisions: Divisions,
    vocabulary: Vocabulary,
    options: Options | None = None,
) -> ImportResult:
    """What importing the workbooks would do to the register. Nothing raises for what stands in a cell.

    Raises DivisionError if `options.within` is no division.
    """
    said = options or Options()
    refusals = (*_namesakes(workbooks), *(problem for book in workbooks for problem in book.refusals))
    notes = tuple(problem for book in workbooks for problem in book.notes)
    named = [(book.name, sheet) for book in workbooks for sheet in book.sheets]
    sheets = sorted(named, key=lambda pair: _ORDER.index(pair[1].layout.id))
    feeder = Feeder(state, divisions, vocabulary)
    for number, (_, sheet) in enumerate(sheets):
        feeder.feed(number, sheet, said.within, said.year)
    issues = _all_issues(feeder, said.complete_on is not None)
    rows = pl.concat([pl.DataFrame(schema=_ROWS), *feeder.rows], how="diagonal_relaxed")
    accepted = _accepted(rows, issues)
    tables: dict[str, pl.DataFrame] = {}
    if not refusals:
        tables = _changes(feeder, accepted, sheets, issues, said.complete_on)
    return ImportResult(
        tables,
        located(issues, sheets, vocabulary),
        refusals,
        notes,
        count_all(tables, rows, accepted),
    )


def _namesakes(workbooks: Sequence[StagedWorkbook]) -> list[Problem]:
    """Two workbooks of one name: nobody could tell whose cell a problem names."""
    names = [book.name for book in workbooks]
    return [
        Problem("sheet.same_name", Message(N_("几个文件同名")), name, Message(N_("改名，或分两次导入")))
        for name in sorted({name for name in names if names.count(name) > 1})
    ]


_ROWS = {SHEET: pl.UInt32(), ROW: pl.UInt32(), "household": pl.Int64()}


def _all_issues(feeder: Feeder, is_complete: bool) -> pl.DataFrame:
    empty = pl.DataFrame(schema={SHEET: pl.UInt32(), **ISSUES})
    issues = _one_about_the_place(pl.concat([empty, *feeder.issues]))
    if "person" in feeder.entries:
        said = pl.concat(feeder.entries["person"], how="diagonal_relaxed")
        bad = said.join(_refused(issues), on=[SHEET, ROW]).select(HOUSEHOLD)
        said = said.join(bad, on=HOUSEHOLD, how="anti")  # refused anyway
        found = household_issues(said, feeder.register_rows("person"), is_complete)
        issues = pl.concat([issues, *(one.cast(empty.schema) for one in found)])
    return issues


def _one_about_the_place(issues: pl.DataFrame) -> pl.DataFrame:
    """Without "lies nowhere" where the name of the place is wrong already."""
    wrong = issues.filter(pl.col("code").is_in(_WRONG_PLACE)).select(SHEET, "row")
    missing = pl.col("code") == "place_missing"
    others = issues.filter(missing).join(wrong, on=[SHEET, "row"], how="anti")
    return pl.concat([issues.filter(~missing), others])


def _refused(issues: pl.DataFrame) -> pl.DataFrame:
    """`_sheet` and `_row` of rows with a refused cell."""
    return issues.filter(pl.col("code").is_in(_REFUSED)).select(SHEET, pl.col("row").alias(ROW)).unique()


def _accepted(rows: pl.DataFrame, issues: pl.DataFrame) -> pl.DataFrame:
    """The rows of which neither a cell nor their household is refused."""
    refused = _refused(issues)
    bad = rows.join(refused, on=[SHEET, ROW], how="semi").select("household").drop_nulls()
    good = rows.join(refused, on=[SHEET, ROW], how="anti")
    return good.join(bad, on="household", how="anti")


def _changes(
    feeder: Feeder,
    accepted: pl.DataFrame,
    sheets: Sequence[tuple[str, StagedSheet]],
    issues: pl.DataFrame,
    complete_on: date | None,
) -> dict[str, pl.DataFrame]:
    wanted = {
        name: pl.concat(parts, how="diagonal_relaxed").join(accepted, on=[SHEET, ROW], how="semi")
        for name, parts in feeder.entries.items()
    }
    if complete_on is not None:
        for name, part in completed_lists(feeder, accepted, sheets, issues, complete_on):
            wanted[name] = pl.concat([wanted[name], part], how="diagonal_relaxed") if name in wanted else part
    tables = {}
    for name, frame in wanted.items():
        table = feeder.vocabulary.tables[name]
        columns = [column for column in (*table.link_columns, *table.columns) if column in frame.columns]
        one_each = frame.select(KEY, *columns)
        if one_each[KEY].is_duplicated().any():
            one_each = one_each.group_by(KEY, maintain_order=True).first(ignore_nulls=True)
        changed = differences(table, one_each.rename({KEY: table.key}), feeder.state.rows(table))
        if changed.height:
            tables[name] = changed
    return tables
