"""Two runs side by side, by key: what is new, solved, still open, what became clear or unclear, what came back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from bangfu.core.engine.outcome import Outcome
from bangfu.core.engine.runs import RunFolder
from bangfu.core.messages import N_
from bangfu.core.plans.plan import Plan

KEY = ("criterion", "subject", "subject_id", "period")
GONE = 0  # the subject is in one of the runs only, or the criterion was not asked there

# (before, after) → what became of it. Pairs without a finding on either side do not occur.
STATUSES = {
    "new": N_("新发现"),
    "relapsed": N_("反弹"),
    "solved": N_("已解决"),
    "still_open": N_("仍未达标"),
    "became_unknown": N_("转为待核实"),
    "confirmed": N_("待核实转为未达标"),
    "cleared": N_("待核实转为达标"),
    "still_unknown": N_("仍待核实"),
    "no_longer_judged": N_("不再核查"),
}


def compare_runs(
    plan: Plan,
    before: RunFolder,
    after: RunFolder,
    history: Sequence[RunFolder] = (),
    renamed: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Every key that is a finding in either run, with what became of it.

    Columns: KEY, division, before, after (outcomes, 0: not judged), status. `history`: earlier runs, oldest
    first: a key unmet there, met `before`, unmet again `after` has relapsed. `renamed`: subject, old_id,
    new_id of subjects that were split or merged or whose code changed.
    """
    keys = (
        pl.concat([_keys(before, renamed), _keys(after, None)])
        .unique()
        .join(_outcomes(plan, before, renamed).rename({"outcome": "before"}), on=KEY, how="left")
        .join(_outcomes(plan, after, None).rename({"outcome": "after"}), on=KEY, how="left")
        .join(_divisions(plan, after), on=["subject", "subject_id"], how="left")
        .with_columns(pl.col("before", "after").fill_null(GONE).cast(pl.Int8))
        .join(_once_unmet(plan, history), on=KEY, how="left")
    )
    compared = keys.with_columns(_status().alias("status")).drop("was_unmet")
    return compared.sort(KEY).collect()


def _keys(run: RunFolder, renamed: pl.DataFrame | None) -> pl.LazyFrame:
    return _renamed(run.findings().select(KEY), renamed)


def _renamed(frame: pl.LazyFrame, renamed: pl.DataFrame | None) -> pl.LazyFrame:
    if renamed is None:
        return frame
    left = {"left_on": ["subject", "subject_id"], "right_on": ["subject", "old_id"]}
    return (
        frame.join(renamed.lazy(), how="left", **left)  # type: ignore[arg-type]
        .with_columns(pl.coalesce("new_id", "subject_id").alias("subject_id"))
        .drop("new_id")
    )


def _outcomes(plan: Plan, run: RunFolder, renamed: pl.DataFrame | None) -> pl.LazyFrame:
    """All verdicts of a run in long form: KEY, outcome."""
    parts = []
    for subject, per in sorted({(c.subject, c.per) for c in plan.criteria}):
        if not any((run.folder / "verdicts").glob(f"{subject}.{per}-*.parquet")):
            continue
        wide = run.verdicts(subject, per)
        asked = wide.collect_schema().names()
        criteria = [c.id for c in plan.criteria if (c.subject, c.per) == (subject, per) and c.id in asked]
        long = wide.select("subject_id", "period", *criteria).unpivot(
            criteria, index=["subject_id", "period"], variable_name="criterion", value_name="outcome"
        )
        parts.append(
            long.with_columns(pl.lit(subject).alias("subject")).select(*KEY, pl.col("outcome").cast(pl.Int8))
        )
    empty = pl.LazyFrame(schema={**_KEY_SCHEMA, "outcome": pl.Int8()})
    outcomes = _renamed(pl.concat([empty, *parts]), renamed)
    # After a merge two old verdicts stand under one key: the worse one counts.
    return outcomes.group_by(KEY).agg(pl.col("outcome").sort_by(_gravity(pl.col("outcome"))).last())


_KEY_SCHEMA = {
    "criterion": pl.String(),
    "subject": pl.String(),
    "subject_id": pl.Int64(),
    "period": pl.String(),
}


def _gravity(outcome: pl.Expr) -> pl.Expr:
    order = [Outcome.NOT_APPLICABLE, Outcome.NOT_DUE, Outcome.MET, Outcome.UNKNOWN, Outcome.UNMET]
    return outcome.replace_strict({int(o): rank for rank, o in enumerate(order)})


def _divisions(plan: Plan, run: RunFolder) -> pl.LazyFrame:
    frames = [run.findings().select("subject", "subject_id", "division")]
    for subject, per in sorted({(c.subject, c.per) for c in plan.criteria}):
        if any((run.folder / "verdicts").glob(f"{subject}.{per}-*.parquet")):
            rows = run.verdicts(subject, per).select("subject_id", "division")
            frames.append(
                rows.with_columns(pl.lit(subject).alias("subject")).select(
                    "subject", "subject_id", "division"
                )
            )
    return pl.concat(frames).unique(["subject", "subject_id"])


def _once_unmet(plan: Plan, history: Iterable[RunFolder]) -> pl.LazyFrame:
    empty = pl.LazyFrame(schema={**_KEY_SCHEMA, "was_unmet": pl.Boolean()})
    found = [
        run.findings()
        .filter(pl.col("outcome") == int(Outcome.UNMET))
        .select(*KEY, pl.lit(True).alias("was_unmet"))
        for run in history
    ]
    return pl.concat([empty, *found]).unique(KEY)


def _status() -> pl.Expr:
    before, after = pl.col("before"), pl.col("after")
    unmet, unknown, met = int(Outcome.UNMET), int(Outcome.UNKNOWN), int(Outcome.MET)
    return (
        pl.when((after == unmet) & (before == unmet))
        .then(pl.lit("still_open"))
        .when((after == unmet) & (before == unknown))
        .then(pl.lit("confirmed"))
        .when((after == unmet) & (before == met) & pl.col("was_unmet").fill_null(value=False))
        .then(pl.lit("relapsed"))
        .when(after == unmet)
        .then(pl.lit("new"))
        .when((after == unknown) & (before == unknown))
        .then(pl.lit("still_unknown"))
        .when(after == unknown)
        .then(pl.lit("became_unknown"))
        .when((after == met) & (before == unmet))
        .then(pl.lit("solved"))
        .when(after == met)
        .then(pl.lit("cleared"))
        .otherwise(pl.lit("no_longer_judged"))
    )


def flips(plan_before: Plan, plan_after: Plan, before: RunFolder, after: RunFolder) -> pl.DataFrame:
    """Whose outcome differs between two plans judged on one snapshot: KEY, division, before, after."""
    old, new = _outcomes(plan_before, before, None), _outcomes(plan_after, after, None)
    joined = old.rename({"outcome": "before"}).join(
        new.rename({"outcome": "after"}), on=KEY, how="full", coalesce=True
    )
    filled = joined.with_columns(pl.col("before", "after").fill_null(GONE))
    return (
        filled.filter(pl.col("before") != pl.col("after"))
        .join(_divisions(plan_after, after), on=["subject", "subject_id"], how="left")
        .sort(KEY)
        .collect()
    )
