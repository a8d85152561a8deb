"""The engines that must agree with the reference evaluator."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa

from bangfu.core.engine import Ask, Outcome, Run, duckdb, judge
from bangfu.core.engine.cases import arrow_tables
from bangfu.core.plans.plan import Plan
from tests.generative.scenes import Scene
from tests.generative.tiny import CALENDAR

Engine = Callable[[Plan, Mapping[str, pa.Table], Ask], Run]
ENGINES: dict[str, Engine] = {"duckdb": duckdb.evaluate}
Outcomes = dict[tuple[str, int, str], Outcome]


def by_reference(scene: Scene) -> Outcomes:
    """The outcome of every (criterion, subject, period), one at a time."""
    subject = scene.plan.criteria[0].subject
    return {
        (criterion.id, int(str(row[f"{subject}_id"])), period.id): judge(criterion, scene.world, period, row)
        for criterion in scene.plan.criteria
        for row in scene.world.rows(subject)
        for period in scene.times.periods
    }


def run_of(engine: Engine, scene: Scene) -> Run:
    """A whole run of an engine."""
    ask = Ask(scene.times.as_of, CALENDAR, scene.times.periods)
    return engine(scene.plan, arrow_tables(scene.world), ask)


def outcomes_of(run: Run) -> Outcomes:
    """The outcome of every (criterion, subject, period) of a run."""
    return {
        (criterion, row["subject_id"], row["period"]): Outcome(row[criterion])
        for verdicts in run.verdicts
        for row in verdicts.table.to_pylist()
        for criterion in verdicts.criteria
    }
