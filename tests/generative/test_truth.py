"""Is the reference evaluator right? Against every completion of what is unknown, each judged two-valued."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings

from bangfu.core.engine import Outcome, judge
from bangfu.core.expressions import ExpressionError
from bangfu.core.plans.safety import refuse_unsafe
from tests.generative.completing import outcomes
from tests.generative.scenes import Scene, relaxed, scenes

DECIDED = (Outcome.MET, Outcome.UNMET, Outcome.NOT_APPLICABLE)
TRIES = 200  # completions of a scene
EXAMPLES = settings().max_examples


@settings(relaxed, max_examples=EXAMPLES * 2)
@given(scenes())
def test_a_verdict_is_never_wrong(scene: Scene) -> None:
    criterion = scene.plan.criteria[0]
    for row in scene.world.rows(criterion.subject)[:1]:
        for period in scene.times.periods:
            outcome = judge(criterion, scene.world, period, row)
            if outcome in DECIDED:
                found, _ = outcomes(criterion, scene.world, period, row, TRIES)
                assert found == {outcome}, period.id


@settings(relaxed, max_examples=EXAMPLES * 2)
@given(scenes(once_each=True))
def test_a_verdict_is_decided_where_every_unknown_is_used_once(scene: Scene) -> None:
    criterion = scene.plan.criteria[0]
    for row in scene.world.rows(criterion.subject)[:1]:
        for period in scene.times.periods:
            outcome = judge(criterion, scene.world, period, row)
            found, are_all = outcomes(criterion, scene.world, period, row, TRIES)
            if outcome in DECIDED:
                assert found == {outcome}, period.id
            elif are_all:
                assert len(found) > 1, f"{period.id}: {found} for certain, yet {outcome.name}"


@settings(relaxed, max_examples=EXAMPLES * 2)
@given(scenes())
def test_a_subject_of_which_nothing_is_known_is_never_met(scene: Scene) -> None:
    criterion = scene.plan.criteria[0]
    try:
        refuse_unsafe(criterion)
    except ExpressionError:
        return
    nobody = {f"{criterion.subject}_id": 1}
    world = replace(scene.world, tables={criterion.subject: [nobody]}, _indexes={})
    for period in scene.times.periods:
        assert judge(criterion, world, period, nobody) is not Outcome.MET
