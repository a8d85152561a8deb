"""What every cleaner of a column shares.

A cleaner takes a frame of cells by type (`text`, `number`, `day`, `flag`; at most one of them filled in a
row) and gives `value`, `issue` (a code of `reasons.REASONS`, or null) and `detail`.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

TEXT, NUMBER, DAY, FLAG = pl.col("text"), pl.col("number"), pl.col("day"), pl.col("flag")
VALUE, ISSUE, DETAIL = "value", "issue", "detail"
EMPTY_WORDS = ("/", "\\", "-", "--", "—", "——", "不详", "未知", "空", "N/A")

Case = tuple[pl.Expr, str, pl.Expr | None]


def outcome(value: pl.Expr, *cases: Case) -> list[pl.Expr]:
    """The three columns of a cleaner: the first case that holds is the cell's issue."""
    issue = pl.lit(None, pl.String)
    detail = pl.lit(None, pl.String)
    for holds, code, text in reversed(cases):
        issue = pl.when(holds).then(pl.lit(code)).otherwise(issue)
        shown = pl.lit(None, pl.String) if text is None else text
        detail = pl.when(holds).then(shown).otherwise(detail)
    return [value.alias(VALUE), issue.alias(ISSUE), detail.alias(DETAIL)]


def narrow(text: pl.Expr) -> pl.Expr:
    """Half width and without any space: for numbers, dates, codes."""
    return text.str.normalize("NFKC").str.replace_all(r"\s+", "")


def meaningful(text: pl.Expr, words: Sequence[str] = EMPTY_WORDS) -> pl.Expr:
    """Null where a narrowed text only says that there is nothing to say."""
    return pl.when(~text.str.to_uppercase().is_in(words)).then(text)


def number_as_text(number: pl.Expr) -> pl.Expr:
    """A float as people write it: 12 for 12.0, 2019.6 for 2019.6."""
    whole = (number == number.round()) & (number.abs() < 1e18)
    return (
        pl.when(whole)
        .then(number.cast(pl.Int64, strict=False).cast(pl.String))
        .otherwise(number.cast(pl.String))
    )
