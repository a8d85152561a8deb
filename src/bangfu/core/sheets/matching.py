"""Rows of a sheet ↔ rows of the register, by natural key. An ambiguous match is an issue, never a guess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from bangfu.core.sheets.layouts import RowRule
from bangfu.core.sheets.staging import ISSUES, ROW, TARGET

KEY = "_key"  # a row's integer key in the register
IS_NEW = "_is_new"
_I, _HIT, _MANY = "_i", "_hit", "_many"


@dataclass(frozen=True)
class Matched:
    """`rows`: those of the sheet with `_key` (null where refused) and `_is_new`; `next_id`: the first free
    key afterwards; `issues`: as `staging.ISSUES`."""

    rows: pl.DataFrame
    next_id: int
    issues: pl.DataFrame


def match(rows: pl.DataFrame, known: pl.DataFrame, rule: RowRule, next_id: int) -> Matched:
    """Find or number the row of the register that each row of the sheet speaks of.

    `rows`: `_row` and the table's columns; `known`: `_key` and the columns that keys name.
    """
    keys = [key for key in rule.keys if set(key) <= {*rows.columns} & {*known.columns}]
    frame = _choose(rows.with_row_index(_I), known, keys, rule)
    found = pl.col(KEY).is_not_null()
    is_open = ~found & ~pl.col("_ambiguous")
    named = pl.any_horizontal(pl.lit(False), *(_complete(key) for key in keys))
    issues = [
        _issue(frame.filter("_ambiguous"), rule, keys, "ambiguous_match"),
        _issue(frame.filter(is_open & ~named), rule, keys, "missing_key"),
        *_contradictions(frame, known, rule, keys),
    ]
    if rule.existing:
        issues.append(_issue(frame.filter(is_open & named), rule, keys, "not_in_register"))
        numbered = pl.DataFrame(schema={_I: pl.UInt32, KEY: pl.Int64})
    else:
        numbered = _number(frame.filter(is_open & named).drop(KEY), keys, next_id)
    frame = frame.join(numbered, on=_I, how="left", suffix="_new", maintain_order="left")
    fresh = pl.col(f"{KEY}_new")
    frame = frame.with_columns(fresh.is_not_null().alias(IS_NEW), pl.coalesce(KEY, fresh).alias(KEY))
    highest = numbered[KEY].max()
    free = highest + 1 if isinstance(highest, int) else next_id
    return Matched(frame.select(*rows.columns, KEY, IS_NEW), free, pl.concat(issues))


def _complete(key: Sequence[str]) -> pl.Expr:
    return pl.all_horizontal(pl.col(name).is_not_null() for name in key)


def _hits(frame: pl.DataFrame, known: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """Per row of `frame` that finds one: the register's row, and whether there are several."""
    pairs = frame.select(_I, *key).join(known.select(KEY, *key), on=list(key))
    return pairs.group_by(_I).agg(pl.col(KEY).first().alias(_HIT), (pl.col(KEY).n_unique() > 1).alias(_MANY))


def _choose(
    frame: pl.DataFrame, known: pl.DataFrame, keys: list[tuple[str, ...]], rule: RowRule
) -> pl.DataFrame:
    """`_key` by the best key that finds a row; `_ambiguous` where it finds several, or two keys disagree."""
    frame = frame.with_columns(pl.lit(None, pl.Int64).alias(KEY), pl.lit(False).alias("_ambiguous"))
    tried = pl.lit(False)
    for key in keys:
        frame = frame.join(_hits(frame, known, key), on=_I, how="left", maintain_order="left")
        open_, several = pl.col(KEY).is_null(), pl.col(_MANY).fill_null(False)
        one = pl.when(~several & ~(tried & rule.renews)).then(pl.col(_HIT))
        disagrees = (one != pl.col(KEY)).fill_null(False)
        frame = frame.with_columns(
            pl.coalesce(KEY, one).alias(KEY),
            (pl.col("_ambiguous") | disagrees | (open_ & several)).alias("_ambiguous"),
        ).drop(_HIT, _MANY)
        tried = tried | _complete(key)
    return frame.with_columns(pl.when(~pl.col("_ambiguous")).then(KEY).alias(KEY))


def _contradictions(
    frame: pl.DataFrame, known: pl.DataFrame, rule: RowRule, keys: list[tuple[str, ...]]
) -> list[pl.DataFrame]:
    """Rows found by a lesser key whose better key says something else than the register."""
    found = frame.filter(pl.col(KEY).is_not_null())
    issues = []
    for key in (key for key in keys[:-1] if len(key) == 1):
        name = key[0]
        both = found.join(known.select(KEY, pl.col(name).alias("_old")), on=KEY)
        issues.append(_issue(both.filter(pl.col(name) != pl.col("_old")), rule, [key], "key_differs"))
    return issues


def _number(frame: pl.DataFrame, keys: list[tuple[str, ...]], next_id: int) -> pl.DataFrame:
    """New keys, from `next_id` on in the order of the sheet; rows that share a natural key share one."""
    done = [pl.DataFrame(schema={_I: pl.UInt32, KEY: pl.Int64})]
    for key in keys:
        named = frame.filter(_complete(key))
        first = named.unique(list(key), keep="first", maintain_order=True).select(*key)
        numbers = first.with_row_index(KEY, next_id).with_columns(pl.col(KEY).cast(pl.Int64))
        next_id += first.height
        created = named.join(numbers, on=list(key), maintain_order="left")
        done.append(created.select(_I, KEY))
        frame = frame.join(created, on=_I, how="anti")
        for other in keys:
            same = _hits(frame, created, other).filter(~pl.col(_MANY)).select(_I, pl.col(_HIT).alias(KEY))
            done.append(same)
            frame = frame.join(same, on=_I, how="anti")
    return pl.concat(done)


def _issue(rows: pl.DataFrame, rule: RowRule, keys: Sequence[Sequence[str]], code: str) -> pl.DataFrame:
    name = keys[0][-1] if keys else rule.keys[0][-1]
    target = pl.col(TARGET) if TARGET in rows.columns else pl.lit(f"{rule.table}.{name}")
    return rows.select(
        pl.col(ROW).alias("row"),
        target.alias("target"),
        pl.lit(code).alias("code"),
        pl.lit(None, pl.String).alias("detail"),
    ).cast(ISSUES)
