"""Text as people type it → one spelling: width, spaces, brackets, dots in names."""

from __future__ import annotations

import re
import unicodedata

import polars as pl

_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_SPACES = re.compile(rf"[\s{_INVISIBLE}]+")
_EDGES = r"^[\s'‘’`" + _INVISIBLE + r"]+|[\s" + _INVISIBLE + r"]+$"
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f" + _INVISIBLE + "]"
_TEXT_FORMULA = r'^="([^"]*)"$'  # ="0123": how a csv keeps Excel from eating digits
_NAME_DOTS = r"[•‧・∙⋅．﹒]"


def fold(text: str) -> str:
    """Half width, without any space: for comparing headers, labels and place names."""
    return _SPACES.sub("", unicodedata.normalize("NFKC", text))


def tidy(text: pl.Expr) -> pl.Expr:
    """A cell's text without what people do not see: apostrophe in front, spaces around, control
    characters. Empty becomes null."""
    plain = text.str.replace(_TEXT_FORMULA, "$1").str.replace_all(_CONTROL, "").str.replace_all(_EDGES, "")
    return pl.when(plain != "").then(plain)


def person_name(text: pl.Expr) -> pl.Expr:
    """A name: no spaces between Chinese characters (张 三), one kind of dot, single spaces elsewhere."""
    dotted = text.str.replace_all(_NAME_DOTS, "·")
    spaced = dotted.str.replace_all(r"\s+", " ")
    is_chinese = spaced.str.contains(r"^[\p{Han}· ]+$")
    return pl.when(is_chinese).then(spaced.str.replace_all(" ", "")).otherwise(spaced)
