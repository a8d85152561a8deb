"""Whole numbers and amounts as people write them: 1,200 · １２００元 · 约3000 · 1.2万."""

from __future__ import annotations

import re

import polars as pl

from bangfu.core.messages import format_value
from bangfu.core.sheets.cleaning import DAY, FLAG, NUMBER, TEXT, meaningful, narrow, outcome
from bangfu.core.vocabulary import Column, ColumnType

_WIDE = pl.Decimal(30, 6)  # six decimals swallow what binary fractions add to two
_VAGUE = r"^[约近]|左右$"
_MYRIAD = r"万$"
_GRADES = {f"{digit}级": str(value) for value, digit in enumerate("一二三四五六七八九", 1)}
_SPELLINGS = {
    "元": ("元整", "元", "块", "圆"),
    "平方米": ("平方米", "平米", "m2"),
    "千米": ("千米", "公里", "km"),
    "月": ("个月", "月"),
    "人": ("人", "口"),
}


def unit_spellings(unit: str) -> tuple[str, ...]:
    """How people write a unit of measure."""
    return _SPELLINGS.get(unit, (unit,))


def clean_number(cells: pl.DataFrame, column: Column) -> pl.DataFrame:
    """`value` is int64 or decimal(18,2) by the column's type; outside its minimum and maximum is refused."""
    suffixes = unit_spellings(column.unit) if column.unit else ("年", "级")
    suffix = f"(?:{'|'.join(map(re.escape, suffixes))})$"
    bare = meaningful(narrow(TEXT)).str.replace_all(r"^[¥$]|[,_]", "").replace(_GRADES)
    body = bare.str.replace_all(_VAGUE, "").str.replace(suffix, "")
    written = pl.col("body").str.replace(_MYRIAD, "").cast(_WIDE, strict=False)
    times = pl.when(pl.col("body").str.contains(_MYRIAD)).then(10_000).otherwise(1)
    frame = cells.with_columns(bare.alias("bare"), body.alias("body")).with_columns(
        pl.coalesce(written * times, NUMBER.cast(_WIDE, strict=False)).alias("exact"),
        pl.col("bare").str.contains(_VAGUE).or_(times > 1).alias("vague"),
    )
    rounded = pl.col("exact").round(2, mode="half_away_from_zero").cast(pl.Decimal(18, 2), strict=False)
    given = pl.col("bare").is_not_null() | NUMBER.is_not_null() | DAY.is_not_null() | FLAG.is_not_null()
    frame = frame.with_columns(rounded.alias("rounded"), given.alias("given"))
    if column.type is ColumnType.INT:
        return _whole(frame, column)
    return _amount(frame, column)


def _whole(frame: pl.DataFrame, column: Column) -> pl.DataFrame:
    exact = pl.col("exact")
    value = exact.cast(pl.Int64, strict=False)
    wrong = pl.col("given") & exact.is_null()
    broken = exact != exact.round(0)
    outside = _outside(column)
    cases = [
        (wrong, "not_number", None),
        (outside, "out_of_range", pl.lit(_range(column))),
        (broken, "not_integer", None),
        (pl.col("vague"), "approximate", value.cast(pl.String)),
    ]
    return frame.select(outcome(pl.when(~(wrong | broken | outside)).then(value), *cases))


def _amount(frame: pl.DataFrame, column: Column) -> pl.DataFrame:
    rounded = pl.col("rounded")
    wrong = pl.col("given") & rounded.is_null()
    outside = _outside(column)
    cases = [
        (wrong, "not_number", None),
        (outside, "out_of_range", pl.lit(_range(column))),
        (pl.col("vague"), "approximate", rounded.cast(pl.String)),
        (rounded != pl.col("exact"), "rounded", rounded.cast(pl.String)),
    ]
    return frame.select(outcome(pl.when(~(wrong | outside)).then(rounded), *cases))


def _outside(column: Column) -> pl.Expr:
    exact, below, above = pl.col("exact"), pl.lit(False), pl.lit(False)
    if column.minimum is not None:
        below = exact < column.minimum
    if column.maximum is not None:
        above = exact > column.maximum
    return (below | above).fill_null(False)


def _range(column: Column) -> str:
    low = "" if column.minimum is None else format_value(column.minimum)
    high = "" if column.maximum is None else format_value(column.maximum)
    return f"{low}–{high}"
