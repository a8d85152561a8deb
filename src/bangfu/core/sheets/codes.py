"""Yes and no, one code, several codes: by code, label or alias, however spaced and however wide."""

from __future__ import annotations

import re

import polars as pl

from bangfu.core.sheets.cleaning import (
    DAY,
    FLAG,
    NUMBER,
    TEXT,
    VALUE,
    meaningful,
    narrow,
    number_as_text,
    outcome,
)
from bangfu.core.sheets.folding import fold
from bangfu.core.vocabulary import CodeList, Column, Empty

_YES = ("是", "有", "√", "✓", "✔", "☑", "对", "Y", "YES", "T", "TRUE", "1", "已", "参加", "享受")
_NO = (
    "否",
    "无",
    "×",
    "X",
    "✗",
    "✘",
    "✕",
    "☒",
    "没有",
    "不是",
    "N",
    "NO",
    "F",
    "FALSE",
    "0",
    "未",
    "未参加",
    "不享受",
)
_SEPARATORS = re.compile(r"[、,;/|+]")
_NUMBERED = re.compile(r"^[0-9]+[.、\-_]?(?=\D)")
_SHOWN = 12


def clean_flag(cells: pl.DataFrame) -> pl.DataFrame:
    """`value` is a boolean."""
    word = meaningful(narrow(pl.coalesce(TEXT, number_as_text(NUMBER)))).str.to_uppercase()
    said = pl.when(word.is_in(_YES)).then(True).when(word.is_in(_NO)).then(False)
    frame = cells.select(DAY, pl.coalesce(FLAG, said).alias("said"), word.alias("word"))
    unread = pl.col("said").is_null() & (pl.col("word").is_not_null() | DAY.is_not_null())
    return frame.select(outcome(pl.col("said"), (unread, "not_bool", None)))


def clean_code(cells: pl.DataFrame, column: Column, codes: CodeList, several: bool) -> pl.DataFrame:
    """`value` is a code, or `several` codes sorted and joined by ","."""
    word = meaningful(
        narrow(pl.coalesce(TEXT, number_as_text(NUMBER), DAY.cast(pl.String), FLAG.cast(pl.String)))
    )
    frame = cells.select(word.alias("word"))
    known = {fold(text): code for code in codes.labels for text in (code, codes.labels[code])}
    known |= {fold(text): code for text, code in codes.aliases.items()}
    read = {text: _read(text, known, several) for text in frame["word"].drop_nulls().unique()}
    nothing = column.empty is Empty.NOT_APPLICABLE and "无" not in known
    value = pl.col("word").replace_strict(read, default=None, return_dtype=pl.String)
    unknown = pl.col("word").is_not_null() & pl.col("value").is_null()
    if nothing:
        unknown &= pl.col("word") != "无"
    labels = list(codes.labels.values())
    detail = "、".join(labels[:_SHOWN]) + ("……" if len(labels) > _SHOWN else "")
    return frame.with_columns(value.alias(VALUE)).select(
        outcome(pl.col(VALUE), (unknown, "unknown_code", pl.lit(detail)))
    )


def _read(text: str, known: dict[str, str], several: bool) -> str | None:
    found = known.get(text) or known.get(_NUMBERED.sub("", text))
    if found is not None or not several:
        return found
    codes = {
        known.get(part) or known.get(_NUMBERED.sub("", part)) for part in _SEPARATORS.split(text) if part
    }
    return ",".join(sorted(code for code in codes if code)) if codes and None not in codes else None
