"""What every part of the generator is told: the place, the seed, the day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import polars as pl

from bangfu.core.samples.dice import Dice
from bangfu.core.samples.places import Place
from bangfu.core.samples.rates import RATES, Rates


@dataclass(frozen=True)
class Scene:
    """A place on a day, as drawn by a seed."""

    place: Place
    seed: int
    as_of: date
    rates: Rates = field(default=RATES)

    @property
    def year(self) -> int:
        """The year whose income is looked at."""
        return self.as_of.year

    @property
    def first_day(self) -> date:
        """Since when things of this year have been recorded."""
        return max(self.place.anchor, date(self.year, 1, 1))

    def dice(self, scope: str, key: str | pl.Expr) -> Dice:
        """Draws for one kind of row."""
        return Dice(self.seed, f"{self.place.id}:{scope}", pl.col(key) if isinstance(key, str) else key)

    def known_to(self, dice: Dice, what: str, back: int = 40, share: float = 1.0) -> pl.Expr:
        """Up to when a list is complete: mostly today, sometimes `back` days ago or before, sometimes nobody
        said; with `share` of the usual rates."""
        drawn = dice.uniform(f"{what} known to")
        earlier = dice.day(
            f"{what} earlier", self.as_of - timedelta(days=back + 90), self.as_of - timedelta(days=back)
        )
        never = self.rates.never_checked * share
        late = never + self.rates.checked_late * share
        return (
            pl.when(drawn < never)
            .then(pl.lit(None, pl.Date))
            .when(drawn < late)
            .then(earlier)
            .otherwise(pl.lit(self.as_of))
            .alias(what)
        )

    def known(self, *columns: str) -> list[pl.Expr]:
        """The lists `columns` are complete up to the day of the sample."""
        return [pl.lit(self.as_of).alias(column) for column in columns]


def yes(dice: Dice, what: str, rate: float, unknown: float) -> pl.Expr:
    """A yes or no, true for `rate`, not known for `unknown`."""
    return pl.when(~dice.chance(f"{what} unknown", unknown)).then(dice.chance(what, rate)).alias(what)


def gap(dice: Dice, what: str, value: pl.Expr, unknown: float) -> pl.Expr:
    """A value that is not known for a share `unknown`."""
    return pl.when(~dice.chance(f"{what} unknown", unknown)).then(value).alias(what)


def yuan(amount: pl.Expr) -> pl.Expr:
    """A whole or broken number of yuan as an exact amount."""
    return amount.cast(pl.Decimal(18, 2))


def numbered_rows(frame: pl.DataFrame, key: str) -> pl.DataFrame:
    """The frame with its rows numbered from 1 under `key`, anew if it has that column."""
    return frame.drop(key, strict=False).with_row_index(key, 1).with_columns(pl.col(key).cast(pl.Int64))


def months(scene: Scene) -> pl.DataFrame:
    """The months of the year up to the day: month (from 1), first, last (the day of the sample at most)."""
    first = pl.date_range(scene.first_day.replace(day=1), scene.as_of, "1mo", eager=True).alias("first")
    return pl.DataFrame(first).with_columns(
        pl.col("first").dt.month().cast(pl.Int64).alias("month"),
        pl.min_horizontal(pl.col("first").dt.month_end(), pl.lit(scene.as_of)).alias("last"),
    )
