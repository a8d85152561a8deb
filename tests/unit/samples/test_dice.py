"""Chance without chance: draws depend on seed, scope, word and key alone."""

from __future__ import annotations

import hashlib
from datetime import date

import polars as pl
import pytest

from bangfu.core.samples.dice import Dice, nth
from bangfu.core.samples.places import PLACES
from bangfu.core.samples.scene import Scene, months

ROWS = pl.DataFrame({"key": range(20_000)})
DICE = Dice(7, "test", pl.col("key"))


def draw(expression: pl.Expr) -> pl.Series:
    return ROWS.select(expression.alias("drawn"))["drawn"]


def splitmix(seed: int, scope: str, what: str, key: int) -> float:
    """The same in plain Python."""
    mask = 2**64 - 1
    salt = int.from_bytes(hashlib.blake2b(f"{seed}:{scope}:{what}".encode(), digest_size=8).digest(), "big")
    z = (key * 0x9E3779B97F4A7C15 + salt) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return ((z ^ (z >> 31)) >> 11) * 2.0**-53


def test_draws_are_splitmix() -> None:
    drawn = draw(DICE.uniform("x"))
    assert [drawn[i] for i in (0, 1, 19_999)] == [splitmix(7, "test", "x", i) for i in (0, 1, 19_999)]


def test_draws_do_not_depend_on_the_chunk() -> None:
    whole = draw(DICE.uniform("x"))
    part = ROWS.slice(500, 100).select(DICE.uniform("x").alias("drawn"))["drawn"]
    assert part.equals(whole.slice(500, 100))


def test_draws_are_even_and_unrelated() -> None:
    one, two = draw(DICE.uniform("one")), draw(DICE.uniform("two"))
    assert one.mean() == pytest.approx(0.5, abs=0.01)
    frame = pl.DataFrame({"one": one, "two": two})
    assert abs(frame.select(pl.corr("one", "two")).item()) < 0.02


def test_between_takes_both_ends() -> None:
    drawn = draw(DICE.between("n", 3, 5))
    assert set(drawn) == {3, 4, 5}


def test_pick_goes_by_weight() -> None:
    drawn = draw(DICE.pick("w", {"a": 1, "b": 3}))
    assert (drawn == "b").mean() == pytest.approx(0.75, abs=0.02)


def test_days_take_both_ends_and_never_run_backwards() -> None:
    drawn = draw(DICE.day("d", date(2020, 1, 1), date(2020, 1, 3)))
    assert set(drawn) == {date(2020, 1, 1), date(2020, 1, 2), date(2020, 1, 3)}
    turned = draw(DICE.day("d", pl.lit(date(2020, 1, 3)), pl.lit(date(2020, 1, 1))))
    assert set(turned) == {date(2020, 1, 3)}


def test_one_of_many_texts() -> None:
    assert set(draw(DICE.one_of("t", ("x", "y", "z")))) == {"x", "y", "z"}
    assert draw(nth(("x", "y"), pl.col("key") % 2)).head(3).to_list() == ["x", "y", "x"]


def test_months_end_with_the_day() -> None:
    frame = months(Scene(PLACES["s0"], 1, date(2024, 8, 15)))
    assert frame["month"].to_list() == [6, 7, 8]
    assert frame["last"].to_list() == [date(2024, 6, 30), date(2024, 7, 31), date(2024, 8, 15)]
