"""What to show in the sheets of one workbook: how grave each cell is, and the comment on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from bangfu.core.messages import N_, Message
from bangfu.core.sheets.cells import Position
from bangfu.core.sheets.reasons import Severity
from bangfu.core.sheets.results import CellProblem, cell_problems

FILLS: Mapping[Severity, str] = {Severity.REFUSED: "FFC7CE", Severity.DOUBTFUL: "FFEB9C"}
MOST_COMMENTS = 20_000  # in one sheet; Excel grows slow beyond. Further cells are only coloured.


@dataclass(frozen=True)
class SheetMarks:
    """`severities` by row and column; `texts` of comments by cell."""

    severities: Mapping[int, Mapping[int, Severity]]
    texts: Mapping[Position, str]


def marks_by_sheet(problems: pl.DataFrame) -> dict[str, SheetMarks]:
    """Rows of `results.PROBLEMS` of one workbook by sheet; refused cells are commented first."""
    marks: dict[str, SheetMarks] = {}
    for (sheet,), part in problems.group_by("sheet", maintain_order=True):
        severities: dict[int, dict[int, Severity]] = {}
        for row, column, severity in part.select("row", "column", "severity").iter_rows():
            severities.setdefault(row, {})[column] = Severity(severity)
        first = part.sort(pl.col("severity") != Severity.REFUSED, maintain_order=True).head(MOST_COMMENTS)
        cells = first.select("row", "column").iter_rows()
        texts = {cell: comment(one) for cell, one in zip(cells, cell_problems(first), strict=True)}
        marks[str(sheet)] = SheetMarks(severities, texts)
    return marks


def comment(problem: CellProblem) -> str:
    """What the comment on a cell says."""
    is_refused = problem.severity is Severity.REFUSED
    template = N_("【退回】{reason}。{remedy}。") if is_refused else N_("【存疑】{reason}。{remedy}。")
    return str(Message(template, {"reason": problem.reason, "remedy": problem.remedy}))
