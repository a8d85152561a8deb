"""ID numbers (GB 11643), disability certificates, phones, serial numbers of households and people."""

from __future__ import annotations

from datetime import date

import polars as pl

from bangfu.core.sheets.cleaning import DAY, FLAG, NUMBER, TEXT, meaningful, narrow, number_as_text, outcome

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_DIGITS = "10X98765432"
MAX_EXACT = 1e15  # Excel keeps fifteen digits
_SCIENTIFIC = r"^\d(?:\.\d+)?E\+?\d+$"
_NOTHING = ("无", "没有", "无证件", "/", "-", "—", "——", "--", "不详", "未知", "空", "\\", "N/A")
_CLASSES = dict(enumerate(("sight", "hearing", "speech", "limb", "intellect", "mental", "multiple"), 1))
_W = pl.col("written")


def _written(words: tuple[str, ...] = _NOTHING) -> pl.Expr:
    text = meaningful(narrow(TEXT).str.to_uppercase(), words)
    return pl.coalesce(text, number_as_text(NUMBER), DAY.cast(pl.String), FLAG.cast(pl.String))


def _lost() -> pl.Expr:
    """Whether digits are gone: a float past fifteen digits, or 5.32331E+17 as text."""
    return (NUMBER >= MAX_EXACT).fill_null(False) | _W.str.contains(_SCIENTIFIC).fill_null(False)


def clean_serial(cells: pl.DataFrame) -> pl.DataFrame:
    """`value` is a number of a household, person or cadre: digits and letters, kept as text."""
    frame = cells.with_columns(_written().alias("written"))
    lost = _lost()
    odd = ~_W.str.contains(r"^[0-9A-Z_-]+$")
    return frame.select(
        outcome(pl.when(~(lost | odd)).then(_W), (lost, "precision_lost", None), (odd, "number_form", None))
    )


def clean_phone(cells: pl.DataFrame) -> pl.DataFrame:
    """`value` is a phone number as digits; what does not look like one is kept and doubted."""
    digits = _written().str.replace_all(r"[-()]", "").str.replace(r"^\+?86(1\d{10})$", "$1")
    frame = cells.with_columns(digits.alias("written"))
    good = _W.str.contains(r"^(?:1[3-9]\d{9}|0\d{9,11}|[2-8]\d{6,7})$")
    return frame.select(outcome(_W, (~good, "phone_form", None)))


def check_digit(first17: pl.Expr) -> pl.Expr:
    """The eighteenth character of an ID number, from a text of seventeen digits."""
    total = pl.sum_horizontal(
        first17.str.slice(i, 1).cast(pl.Int32, strict=False) * weight for i, weight in enumerate(WEIGHTS)
    )
    return (total % 11).replace_strict(dict(enumerate(CHECK_DIGITS)), default=None, return_dtype=pl.String)


def clean_id_number(cells: pl.DataFrame, today: date) -> pl.DataFrame:
    """`value` is an ID number, 18 characters where it can be; what is wrong with it is kept and doubted.

    Beside the three columns: `valid` (checksum and birth date are right), `birth`, `gender`, and, where the
    cell held the number of a disability certificate, `disability` and `grade`.
    """
    frame = cells.with_columns(_written().str.replace(r"[×*Χ]$", "X").alias("written"))
    old = pl.format("{}19{}", _W.str.slice(0, 6), _W.str.slice(6, 9))
    is_old = _W.str.contains(r"^\d{15}$")
    frame = frame.with_columns(
        is_old.alias("old"),
        pl.when(is_old).then(old + check_digit(old)).otherwise(_W.str.slice(0, 18)).alias("id"),
        _W.str.slice(18).alias("suffix"),
        _W.str.len_chars().alias("length"),
    )
    identity = pl.col("id")
    birth = identity.str.slice(6, 8).str.to_date("%Y%m%d", strict=False)
    frame = frame.with_columns(
        identity.str.contains(r"^\d{17}[\dX]$").alias("formed"),
        pl.when(birth.is_between(date(1880, 1, 1), today)).then(birth).alias("birth"),
        (check_digit(identity.str.slice(0, 17)) == identity.str.slice(17, 1)).alias("checked"),
    )
    return _judge_id(frame)


def _judge_id(frame: pl.DataFrame) -> pl.DataFrame:
    formed, given, length = pl.col("formed"), _W.is_not_null(), pl.col("length")
    lost = _lost() & ~pl.col("old")
    strange = given & ~_W.str.contains(r"^[0-9X]+(?:B\d)?$")
    long_enough = length.is_in([18, 20, 22]) | pl.col("old")
    suffixed = pl.col("suffix") != ""
    suffix_read = pl.col("suffix").str.contains(r"^[1-7][1-4](?:B\d)?$")
    valid = given & long_enough & formed & pl.col("checked") & pl.col("birth").is_not_null() & ~lost
    cases = [
        (lost, "precision_lost", None),
        (strange, "id_characters", None),
        (~long_enough | ~formed, "id_length", length.cast(pl.String)),
        (pl.col("birth").is_null(), "id_birth", None),
        (~pl.col("checked"), "id_checksum", None),
        (suffixed & ~suffix_read, "id_suffix", None),
        (pl.col("old"), "id_old", None),
    ]
    value = pl.when(~(lost | strange)).then(pl.when(long_enough & formed).then("id").otherwise("written"))
    is_man = pl.col("id").str.slice(16, 1).cast(pl.Int32, strict=False) % 2 == 1
    certified = valid & suffixed & suffix_read
    class_digit = pl.col("suffix").str.slice(0, 1).cast(pl.Int64, strict=False)
    kind = class_digit.replace_strict(_CLASSES, default=None, return_dtype=pl.String)
    return frame.select(
        *outcome(value, *((given & holds.fill_null(False), code, text) for holds, code, text in cases)),
        pl.when(given).then(valid.fill_null(False)).alias("valid"),
        pl.when(valid).then("birth").alias("birth"),
        pl.when(valid).then(pl.when(is_man).then(pl.lit("male")).otherwise(pl.lit("female"))).alias("gender"),
        pl.when(certified).then(kind).alias("disability"),
        pl.when(certified).then(pl.col("suffix").str.slice(1, 1).cast(pl.Int64, strict=False)).alias("grade"),
    )
