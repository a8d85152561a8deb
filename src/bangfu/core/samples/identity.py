"""Numbers of people who cannot exist: right by every rule, from ranges that nobody is given.

ID numbers begin with 99, which is no province, and have a right check digit. Mobile numbers begin with 154,
a prefix that no operator holds.
"""

from __future__ import annotations

import polars as pl

from bangfu.core.sheets.identity import check_digit

PHONE_PREFIX = "154"
_PHONE_STEP, _PHONES = 61_803_399, 100_000_000  # coprime: as many different numbers as there are


def id_numbers(prefix: str) -> pl.Expr:
    """ID numbers from `birth_date` and `gender`; no two alike within a frame as long as no 500 people of one
    sex share a birthday. `prefix`: six digits that begin with 99."""
    on_day = pl.int_range(pl.len()).over("birth_date", "gender")
    sequence = on_day * 2 + (pl.col("gender") == "male").cast(pl.Int64)
    first17 = pl.concat_str(
        pl.lit(prefix), pl.col("birth_date").dt.strftime("%Y%m%d"), sequence.cast(pl.String).str.zfill(3)
    )
    return first17 + check_digit(first17)


def phone_numbers(number: pl.Expr) -> pl.Expr:
    """A mobile number for each whole number below 100 million, no two alike."""
    digits = (number.cast(pl.Int64) * _PHONE_STEP) % _PHONES
    return pl.lit(PHONE_PREFIX) + digits.cast(pl.String).str.zfill(8)


def numbered(prefix: str, number: pl.Expr, digits: int) -> pl.Expr:
    """A serial number of households, people, cadres or agencies."""
    return pl.lit(prefix) + number.cast(pl.String).str.zfill(digits)
