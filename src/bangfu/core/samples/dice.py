"""Chance that depends on nothing but a seed, a word and a key: the same everywhere, for any chunk of rows.

Every draw hashes the row's key with SplitMix64, written out in whole-number arithmetic, because the hash
functions of dataframe libraries change between versions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

_GAMMA, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_UNIT = 2.0**-53


@dataclass(frozen=True)
class Dice:
    """Draws for the rows of one frame, told apart by `key` (an expression of whole numbers ≥ 0)."""

    seed: int
    scope: str
    key: pl.Expr

    def uniform(self, what: str) -> pl.Expr:
        """A number in [0, 1). `what` names the draw: the same word gives the same number."""
        salt = hashlib.blake2b(f"{self.seed}:{self.scope}:{what}".encode(), digest_size=8).digest()
        mixed = self.key.cast(pl.UInt64) * _u64(_GAMMA) + _u64(int.from_bytes(salt, "big"))
        mixed = (mixed ^ (mixed // _u64(1 << 30))) * _u64(_FIRST)
        mixed = (mixed ^ (mixed // _u64(1 << 27))) * _u64(_SECOND)
        mixed = mixed ^ (mixed // _u64(1 << 31))
        return (mixed // _u64(1 << 11)).cast(pl.Float64) * _UNIT

    def chance(self, what: str, rate: float | pl.Expr) -> pl.Expr:
        """True for a share `rate` of the rows."""
        return self.uniform(what) < rate

    def between(self, what: str, low: int | pl.Expr, high: int | pl.Expr) -> pl.Expr:
        """A whole number from `low` to `high`, both included."""
        first, last = _whole(low), _whole(high)
        return first + (self.uniform(what) * (last - first + 1)).floor().cast(pl.Int64)

    def pick(self, what: str, weights: Mapping[str, float]) -> pl.Expr:
        """One of the texts, by weight."""
        total, passed = sum(weights.values()), 0.0
        drawn = self.uniform(what)
        *others, last = weights
        chosen = pl.lit(last)
        steps = []
        for text in others:
            passed += weights[text] / total
            steps.append((text, passed))
        for text, limit in reversed(steps):
            chosen = pl.when(drawn < limit).then(pl.lit(text)).otherwise(chosen)
        return chosen

    def one_of(self, what: str, values: Sequence[str]) -> pl.Expr:
        """One of many texts, each as likely."""
        return nth(values, self.between(what, 0, len(values) - 1))

    def day(self, what: str, first: date | pl.Expr, last: date | pl.Expr) -> pl.Expr:
        """A day from `first` to `last`, both included."""
        start = first if isinstance(first, pl.Expr) else pl.lit(first)
        end = last if isinstance(last, pl.Expr) else pl.lit(last)
        days = (end - start).dt.total_days()
        return start + pl.duration(days=self.between(what, 0, days.clip(0)))


def nth(values: Sequence[str], index: pl.Expr) -> pl.Expr:
    """The text at `index`, which is within the list."""
    return index.replace_strict(dict(enumerate(values)), return_dtype=pl.String)


def _u64(value: int) -> pl.Expr:
    return pl.lit(value, pl.UInt64)


def _whole(value: int | pl.Expr) -> pl.Expr:
    return (value if isinstance(value, pl.Expr) else pl.lit(value)).cast(pl.Int64)
