"""Dates as people write them: 2019年6月15日 · 2019.6.15 · 20190615 · 2019.6 · 19-6-15 · 43631."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date

import polars as pl

from bangfu.core.sheets.cells import Cell
from bangfu.core.sheets.cleaning import (
    DAY,
    EMPTY_WORDS,
    FLAG,
    NUMBER,
    TEXT,
    meaningful,
    number_as_text,
    outcome,
)

_OPEN_END = ("至今", "今", "现在", "长期", "目前")
_TIME = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?$"
_FULL = r"^(?<y>\d{4}) ?[-./年\\] ?(?<m>\d{1,2}) ?[-./月\\] ?(?<d>\d{1,2}) ?[日号]?" + _TIME
_DIGITS = r"^(?<y>\d{4})(?<m>\d{2})(?<d>\d{2})$"
_MONTH = r"^(?<y>\d{4}) ?[-./年] ?(?<m>\d{1,2}) ?月?$"
_MONTH_DIGITS = r"^(?<y>(?:19|20)\d{2})(?<m>\d{2})$"
_SHORT = r"^(?<y>\d{2}) ?[-./年] ?(?<m>\d{1,2}) ?[-./月] ?(?<d>\d{1,2}) ?[日号]?$"
_YEAR_LAST = r"^(?<m>\d{1,2})[-/.](?<d>\d{1,2})[-/.](?<y>\d{4})" + _TIME
_YEAR = r"^(?:19|20)\d{2}年?$"
_SERIAL = r"^[2-6]\d{4}$"
_UNCLEAR = r"^\d{4}\.1$"  # as a number, 2019.10 and 2019.1 are the same
_SPAN = re.compile(r"(.+?)[\s\-]*(?:至(?!今)|到|~|—+|–|--|-?(?=至今))\s*(.+)")
_SPAN_HYPHEN = re.compile(r"(\d{4}[.年/]\d{1,2}(?:[.月/]\d{1,2}日?|月)?)\s*-\s*(.+)")
_FIRST, _LAST = date(1900, 1, 1), date(2100, 12, 31)
_SERIAL_ZERO = date(1899, 12, 30)
_W = pl.col("written")


def clean_date(cells: pl.DataFrame, today: date) -> pl.DataFrame:
    """`value` is a day. `today` decides the century of a year written with two digits."""
    text = meaningful(TEXT.str.normalize("NFKC").str.replace_all(r"\s+", " "), (*EMPTY_WORDS, *_OPEN_END))
    frame = cells.with_columns(pl.coalesce(text, number_as_text(NUMBER)).alias("written"))
    if frame["written"].null_count() < frame.height:
        frame = frame.with_columns(_readings(today))
    else:  # nothing but dates that Excel knows as such
        nothing = pl.lit(None, pl.Date)
        names = ("full", "month", "short", "last", "swapped", "serial")
        frame = frame.with_columns(nothing.alias(name) for name in names)
    read = pl.coalesce(DAY, *map(pl.col, ("full", "serial", "short", "month", "last", "swapped")))
    return _judge(frame.with_columns(read.alias("read")))


def split_span(cells: Sequence[Cell]) -> tuple[list[Cell], list[Cell]]:
    """Cells such as 2018.3-2020.12 or 2018年3月至今 as first and last days, still as written. A cell that holds
    one day is the first."""
    starts: list[Cell] = []
    ends: list[Cell] = []
    for cell in cells:
        text = unicodedata.normalize("NFKC", cell).strip() if isinstance(cell, str) else ""
        match = _SPAN.match(text) or _SPAN_HYPHEN.match(text)
        starts.append(match[1] if match else cell)
        ends.append(match[2] if match else "")
    return starts, ends


def _readings(today: date) -> list[pl.Expr]:
    two = pl.when(_part(_SHORT, "y") > today.year % 100).then(1900).otherwise(2000) + _part(_SHORT, "y")
    serial = pl.when(_W.str.contains(_SERIAL)).then(_W).cast(pl.Int32, strict=False)
    return [
        pl.coalesce(_day(_FULL), _day(_DIGITS)).alias("full"),
        pl.coalesce(_day(_MONTH, d=pl.lit(1)), _day(_MONTH_DIGITS, d=pl.lit(1))).alias("month"),
        _day(_SHORT, y=two).alias("short"),
        _day(_YEAR_LAST).alias("last"),
        _day(_YEAR_LAST, m=_part(_YEAR_LAST, "d"), d=_part(_YEAR_LAST, "m")).alias("swapped"),
        (pl.lit(_SERIAL_ZERO) + pl.duration(days=serial)).alias("serial"),
    ]


def _part(pattern: str, name: str) -> pl.Expr:
    return _W.str.extract_groups(pattern).struct.field(name).cast(pl.Int32, strict=False)


def _day(pattern: str, **parts: pl.Expr) -> pl.Expr:
    """The day of a pattern's parts; null if it does not match or there is no such day."""
    y, m, d = (
        parts.get(name, _part(pattern, name) if f"<{name}>" in pattern else pl.lit(None)) for name in "ymd"
    )
    return pl.format("{}-{}-{}", y, m, d).str.to_date("%Y-%m-%d", strict=False)


def _judge(frame: pl.DataFrame) -> pl.DataFrame:
    read, two_ways = pl.col("read"), pl.col("last") != pl.col("swapped")
    was_number = NUMBER.is_not_null()
    unread = (_W.is_not_null() & read.is_null()) | FLAG.is_not_null()
    unclear = was_number & _W.str.contains(_UNCLEAR)
    outside = (read < _FIRST) | (read > _LAST)
    refused = [
        (unclear, "date_ambiguous", pl.format("{}.01 / {}.10", _W.str.slice(0, 4), _W.str.slice(0, 4))),
        (unread & _W.str.contains(_YEAR), "date_year", None),
        (unread, "not_date", None),
        (two_ways, "date_ambiguous", pl.format("{} / {}", pl.col("last"), pl.col("swapped"))),
        (outside, "out_of_range", pl.lit(f"{_FIRST}–{_LAST}")),
    ]
    shown = read.cast(pl.String)
    doubtful = [
        (pl.col("month").is_not_null(), "date_month", shown),
        (pl.col("short").is_not_null(), "date_two_digits", shown),
        (pl.col("last").is_not_null() | pl.col("swapped").is_not_null(), "date_order", shown),
        (pl.col("serial").is_not_null() & ~was_number, "date_serial", shown),
    ]
    bad = pl.any_horizontal(holds.fill_null(False) for holds, _, _ in refused)
    return frame.select(outcome(pl.when(~bad).then(read), *refused, *doubtful))
