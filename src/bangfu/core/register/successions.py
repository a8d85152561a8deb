"""Where a key went: findings of last year are matched to households that were split or merged since."""

from __future__ import annotations

import polars as pl


def current_keys(successors: pl.DataFrame, table: str, keys: pl.Series) -> pl.DataFrame:
    """Per old key the keys under which it goes on: old_key, new_key; a key never succeeded is its own.

    A household that was split goes on under its own key and under the one split off.
    """
    steps = successors.filter(pl.col("table") == table).select("old_key", "new_key", "kind")
    trail = pl.DataFrame(
        {"old_key": keys, "new_key": keys}, schema={"old_key": pl.Int64, "new_key": pl.Int64}
    )
    trail = trail.unique()
    while trail.height != (followed := _follow(trail, steps)).height:  # grows, and there are so many keys
        trail = followed
    gone = steps.filter(pl.col("kind") != "split")
    return trail.join(gone, left_on="new_key", right_on="old_key", how="anti").sort("old_key", "new_key")


def _follow(trail: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    reached = trail.join(steps, left_on="new_key", right_on="old_key").select(
        "old_key", pl.col("new_key_right").alias("new_key")
    )
    return pl.concat([trail, reached]).unique().sort("old_key", "new_key")
