"""Lists of people from elsewhere (residence booklets, a department's list) as typed columns; not imported."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from bangfu.core.errors import Problem, WorkbookError
from bangfu.core.messages import N_, Message
from bangfu.core.sheets.headers import find_header
from bangfu.core.sheets.layouts import load_list_layout
from bangfu.core.sheets.reading import read_workbook
from bangfu.core.sheets.staging import ROW, SOFT, stage_sheet
from bangfu.core.vocabulary import Vocabulary

PLACE = "_place"  # sheet and row, as people count them
_FOUND = ("person.full_name", "person.id_number")


def read_people(path: Path, vocabulary: Vocabulary, today: date) -> pl.DataFrame:
    """Every person listed in the sheets of a workbook that have a column of names.

    Columns: `_place` ("名单 第 5 行"), and `table.column` of the vocabulary as far as the sheets have them, and
    place.village. What the ID number says fills an empty birth date or gender. Raises WorkbookError: the file
    cannot be read, or no sheet lists people.
    """
    layout = load_list_layout("people")
    frames = []
    for sheet in read_workbook(path).sheets:
        header = find_header(sheet, layout)
        if header is None or header.missing(layout):
            continue
        staged = stage_sheet(sheet, layout, header, vocabulary, today)
        place = pl.format("{} 第 {} 行", pl.lit(sheet.name), pl.col(ROW) + 1).alias(PLACE)
        frames.append(_with_soft(staged.frame.with_columns(place)).drop(ROW))
    if not frames:
        raise WorkbookError(
            Problem(
                "workbook.no_people",
                Message(N_("没有找到列着姓名的表")),
                path.name,
                Message(N_("表头要有“姓名”，最好还有“证件号码”。")),
            )
        )
    people = pl.concat(frames, how="diagonal")
    named = [name for name in _FOUND if name in people.columns]
    return people.filter(pl.any_horizontal(pl.col(named).is_not_null()))


def _with_soft(frame: pl.DataFrame) -> pl.DataFrame:
    """Soft columns fill what the sheet leaves empty."""
    for name in [column for column in frame.columns if column.endswith(SOFT)]:
        own = name.removesuffix(SOFT)
        value = pl.coalesce(own, name) if own in frame.columns else pl.col(name)
        frame = frame.with_columns(value.alias(own)).drop(name)
    return frame
