"""Cells of one column → typed values, and what is wrong with each cell that is not plain.

Whole columns are cleaned at once by polars expressions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import polars as pl

from bangfu.core.sheets.cells import Cell
from bangfu.core.sheets.cleaning import DAY, DETAIL, FLAG, ISSUE, NUMBER, TEXT, VALUE, number_as_text, outcome
from bangfu.core.sheets.codes import clean_code, clean_flag
from bangfu.core.sheets.dates import clean_date
from bangfu.core.sheets.folding import person_name, tidy
from bangfu.core.sheets.identity import clean_id_number, clean_phone, clean_serial
from bangfu.core.sheets.numbers import clean_number
from bangfu.core.vocabulary import Column, ColumnType, Vocabulary

ISSUE_SCHEMA = pl.Schema({"row": pl.UInt32(), "code": pl.String(), "detail": pl.String()})


@dataclass(frozen=True)
class Cleaned:
    """Typed values in the order of the rows, and issues: row, code of `reasons.REASONS`, detail. A refused
    cell's value is null. `extra`: what else the cells say (see `clean_id_number`)."""

    values: pl.Series
    issues: pl.DataFrame
    extra: Mapping[str, pl.Series] = field(default_factory=dict)


def clean_column(
    cells: Sequence[Cell], column: Column, vocabulary: Vocabulary, today: date, form: str = ""
) -> Cleaned:
    """Clean the cells under one header. `form`: "", number, name, id_number or phone."""
    repeated = _distinct(cells)
    cleaned = _clean(cells if repeated is None else repeated[0], column, vocabulary, today, form)
    if repeated is not None:
        cleaned = cleaned[repeated[1]]
    facts = {name: cleaned[name] for name in cleaned.columns if name not in (VALUE, ISSUE, DETAIL)}
    return Cleaned(cleaned[VALUE], _issues(cleaned), facts)


def _distinct(cells: Sequence[Cell]) -> tuple[list[Cell], list[int]] | None:
    """The different cells and where each cell stands among them; None where most are different anyway."""
    if {bool, float} <= set(map(type, cells)):
        return None  # True == 1.0
    different = list(dict.fromkeys(cells))
    if len(different) * 4 > len(cells):
        return None
    places = {cell: place for place, cell in enumerate(different)}
    return different, list(map(places.__getitem__, cells))


def _issues(cleaned: pl.DataFrame) -> pl.DataFrame:
    if cleaned[ISSUE].null_count() == cleaned.height:
        return pl.DataFrame(schema=ISSUE_SCHEMA)
    found = cleaned.with_row_index("row").filter(pl.col(ISSUE).is_not_null())
    return found.select("row", pl.col(ISSUE).alias("code"), DETAIL).cast(ISSUE_SCHEMA)


def _clean(
    cells: Sequence[Cell], column: Column, vocabulary: Vocabulary, today: date, form: str
) -> pl.DataFrame:
    split = split_types(cells)
    if form == "id_number":
        return clean_id_number(split, today)
    if form == "number":
        return clean_serial(split)
    if form == "phone":
        return clean_phone(split)
    return _by_type(split, column, vocabulary, today, form)


def _by_type(
    split: pl.DataFrame, column: Column, vocabulary: Vocabulary, today: date, form: str
) -> pl.DataFrame:
    if column.type in (ColumnType.INT, ColumnType.DECIMAL):
        return clean_number(split, column)
    if column.type is ColumnType.DATE:
        return clean_date(split, today)
    if column.type is ColumnType.BOOL:
        return clean_flag(split)
    if column.type in (ColumnType.CODE, ColumnType.CODES):
        several = column.type is ColumnType.CODES
        return clean_code(split, column, vocabulary.code_list(column), several)
    return clean_text(split, is_name=form == "name")


def clean_text(split: pl.DataFrame, is_name: bool) -> pl.DataFrame:
    """`value` is text; numbers as people write them."""
    plain = person_name(TEXT) if is_name else TEXT
    value = pl.coalesce(plain, number_as_text(NUMBER), DAY.cast(pl.String), FLAG.cast(pl.String))
    digits = TEXT.str.contains(r"[0-9０-９]") if is_name else pl.lit(False)
    cases = [(DAY.is_not_null(), "date_in_text", None), (digits, "name_digits", None)]
    return split.select(outcome(value, *cases))


def split_types(cells: Sequence[Cell]) -> pl.DataFrame:
    """Cells by type: `text` (tidied, null if empty), `number`, `day`, `flag`; a time of day is text."""
    kinds = set(map(type, cells))
    size = len(cells)
    text: Sequence[object] = cells
    number: Sequence[object] = []
    day: Sequence[object] = []
    if not kinds <= {str}:
        text = [_as_text(cell) for cell in cells]
        number = [cell if type(cell) is float else None for cell in cells]
    if kinds & {date, datetime}:
        day = [_as_day(cell) for cell in cells]
    flag = [cell if type(cell) is bool else None for cell in cells] if bool in kinds else []
    frame = pl.DataFrame(
        [
            _series("text", text, pl.String(), size),
            _series("number", number, pl.Float64(), size),
            _series("day", day, pl.Date(), size),
            _series("flag", flag, pl.Boolean(), size),
        ]
    )
    return frame.with_columns(tidy(TEXT))


def _series(name: str, values: Sequence[object], dtype: pl.DataType, size: int) -> pl.Series:
    if values:
        return pl.Series(name, values, dtype=dtype)
    return pl.Series(name, [None], dtype=dtype).new_from_index(0, size)


def _as_text(cell: Cell) -> str | None:
    if type(cell) is str:
        return cell
    return None if isinstance(cell, (float, bool, date)) else str(cell)


def _as_day(cell: Cell) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    return cell if isinstance(cell, date) else None
