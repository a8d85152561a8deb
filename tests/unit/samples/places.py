"""Samples drawn once for all tests of this folder."""

from __future__ import annotations

from functools import cache

import polars as pl

from bangfu.core.samples import PLACES, generate

SEED = 7


@cache
def sample(place: str) -> dict[str, pl.DataFrame]:
    """The sample register of a place on its usual day."""
    return generate(place, SEED, PLACES[place].usual_day)
