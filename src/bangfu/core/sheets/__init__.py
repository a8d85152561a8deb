"""Workbooks in and out: reading, cleaning, planning an import, marking the user's own file, writing."""

from bangfu.core.sheets.cells import RawSheet, RawWorkbook
from bangfu.core.sheets.detecting import StagedWorkbook, stage_workbook
from bangfu.core.sheets.importing import Options, plan_import
from bangfu.core.sheets.marking import mark_workbook
from bangfu.core.sheets.reading import read_workbook
from bangfu.core.sheets.results import CellProblem, Counts, ImportResult

__all__ = [
    "CellProblem",
    "Counts",
    "ImportResult",
    "Options",
    "RawSheet",
    "RawWorkbook",
    "StagedWorkbook",
    "mark_workbook",
    "plan_import",
    "read_workbook",
    "stage_workbook",
]
