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
_NUMBERED = {_I: pl.UInt32(), KEY: pl.Int64(), _MANY: pl.Boolean()}


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
        numbered = pl.DataFrame(schema=_NUMBERED)
    else:
        numbered = _number(frame.filter(is_open & named).drop(KEY), keys, next_id)
        several = numbered.filter(_MANY)
        issues.append(_issue(frame.join(several, on=_I, how="semi"), rule, keys, "ambiguous_match"))
    settled = numbered.filter(~pl.col(_MANY)).drop(_MANY)
    frame = frame.join(settled, on=_I, how="left", suffix="_new", maintain_order="left")
    fresh = pl.col(f"{KEY}_new")
    frame = frame.with_columns(fresh.is_not_null().alias(IS_NEW), pl.coalesce(KEY, fresh).alias(KEY))
    highest = settled[KEY].max()
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
    """Rows found by a lesser key where a better one says something else than the register: another number
    is refused, another phone only doubted."""
    found = frame.filter(pl.col(KEY).is_not_null())
    issues = []
    for key in keys[:-1]:
        name = key[-1]
        if name in rule.parents or rule.renews:
            continue
        both = found.join(known.select(KEY, pl.col(name).alias("_old")).unique(), on=KEY)
        code = "key_differs" if len(key) == 1 else "key_changes"
        issues.append(_issue(both.filter(pl.col(name) != pl.col("_old")), rule, [key], code))
    return issues


def _number(frame: pl.DataFrame, keys: list[tuple[str, ...]], next_id: int) -> pl.DataFrame:
    """New keys, from `next_id` on in the order of the sheet, to rows by the best key that each has; `_many`
    where a row fits several of those just numbered.

    Rows that share a natural key share one. A row with a lesser key only may be one of those numbered before.
    """
    numbered = frame.clear().with_columns(pl.lit(None, pl.Int64).alias(KEY))
    done = [pl.DataFrame(schema=_NUMBERED)]
    for key in keys:
        rows = frame.filter(_complete(key))
        frame = frame.join(rows, on=_I, how="anti")
        same = _hits(rows, numbered, key)
        fresh = rows.join(same, on=_I, how="anti")
        first = fresh.unique(list(key), keep="first", maintain_order=True).select(*key)
        numbers = first.with_row_index(KEY, next_id).with_columns(pl.col(KEY).cast(pl.Int64))
        next_id += first.height
        created = fresh.join(numbers, on=list(key), maintain_order="left")
        numbered = pl.concat([numbered, created.select(numbered.columns)])
        done += [
            created.select(_I, KEY, pl.lit(False).alias(_MANY)),
            same.select(_I, pl.col(_HIT).alias(KEY), _MANY),
        ]
    return pl.concat(done)


def key_cell(rule: RowRule, columns: Sequence[str], keys: Sequence[Sequence[str]] = ()) -> str:
    """The column in which to show what is wrong with the key of a row: the first of its own that is there."""
    own = [name for key in (*keys, *rule.keys) for name in reversed(key) if name not in rule.parents]
    return f"{rule.table}.{next((name for name in own if name in columns), own[0] if own else '')}"


def _issue(rows: pl.DataFrame, rule: RowRule, keys: Sequence[Sequence[str]], code: str) -> pl.DataFrame:
    target = pl.col(TARGET) if TARGET in rows.columns else pl.lit(key_cell(rule, rows.columns, keys))
    return rows.select(
        pl.col(ROW).alias("row"),
        target.alias("target"),
        pl.lit(code).alias("code"),
        pl.lit(None, pl.String).alias("detail"),
    ).cast(ISSUES)
