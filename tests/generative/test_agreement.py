"""Do the engines agree with the reference evaluator, on every outcome, finding and count?"""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given, settings

from bangfu.core.engine import FINDINGS, Outcome
from tests.generative.choosing import Rolling
from tests.generative.engines import ENGINES, by_reference, outcomes_of, run_of
from tests.generative.expressions import Inventing
from tests.generative.scenes import CAMPAIGN, Scene, relaxed, scenes
from tests.generative.tiny import VOCABULARY
from tests.generative.worlds import Needs, Shape, times, world
from tests.inline_plans import plan_of

EXAMPLES = settings().max_examples
SHAPE = Shape(subjects=3)


@pytest.mark.parametrize("engine", ENGINES)
@settings(relaxed, max_examples=EXAMPLES // 2)
@given(scene=scenes(criteria=6, shape=SHAPE))
def test_engines_agree_with_the_reference(engine: str, scene: Scene) -> None:
    run = run_of(ENGINES[engine], scene)
    expected = by_reference(scene)
    assert outcomes_of(run) == expected
    findings = {
        (row["criterion"], row["subject_id"], row["period"]): Outcome(row["outcome"])
        for row in run.findings.to_pylist()
    }
    assert findings == {key: outcome for key, outcome in expected.items() if outcome in FINDINGS}
    for facts in run.findings["facts"].to_pylist():
        json.loads(facts)
    assert _tally(run.counts.to_pylist()) == Counter((c, p, o) for (c, _, p), o in expected.items())


def _tally(rows: list[dict[str, object]]) -> Counter[tuple[object, object, Outcome]]:
    tally: Counter[tuple[object, object, Outcome]] = Counter()
    for row in rows:
        for outcome in Outcome:
            tally[row["criterion"], row["period"], outcome] += int(str(row[outcome.name.lower()]))
    return +tally


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("per", ["once", "week"])
def test_more_conditions_over_a_list_than_a_word_has_bits(engine: str, per: str) -> None:
    choose = Rolling(31)
    inventing = Inventing(choose, "house", per)
    specs = [
        {"id": f"c{number}", "subject": "house", "per": per, "holds": f"{kind}(person, age {op} {number % 3}{also})"}
        for number, (kind, op, also) in enumerate(
            (kind, op, also)
            for kind in ("has", "every", "no")
            for op in ("=", ">=", "<")
            for also in ("", " AND fit", " OR rank = 1", " AND NOT fit")
            for _ in range(3)
        )
    ]  # fmt: skip
    plan = plan_of(specs, vocabulary=VOCABULARY, lets_unsafe_pass=True)
    assert len(plan.criteria) > 100
    moments = times(choose, per)
    facts = world(choose, Needs(plan.criteria), moments.as_of, Shape(rows=3, subjects=12), CAMPAIGN)
    scene = Scene(specs, inventing.measures, plan, moments, facts)
    outcomes = by_reference(scene)
    assert {Outcome.MET, Outcome.UNMET, Outcome.UNKNOWN} <= set(outcomes.values())
    assert outcomes_of(run_of(ENGINES[engine], scene)) == outcomes


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("per", ["once", "week"])
@pytest.mark.parametrize("seed", [1, 2])
def test_sums_of_every_kind_of_amount(engine: str, per: str, seed: int) -> None:
    amounts = (
        "gain",
        "w",
        "coalesce(round, 0)",
        "gain * 0.004",
        "w * 0.125 * 0.125",
        "gain * gain * w",
        "least(gain, 0.004)",
        "CASE WHEN good THEN gain * 0.004 ELSE w END",
        "coalesce(round, 0.001) - w",
    )
    specs = [
        {
            "id": f"c{number}",
            "subject": "house",
            "per": per,
            "holds": f"total(event, {amount}{where}) {compared}",
        }
        for number, (amount, where, compared) in enumerate(
            (amount, where, compared)
            for amount in amounts
            for where in ("", ", good", ", w = 1")
            for compared in ("> 0", "<= 0", "< 0.005", ">= 0.015625", "<= 3", "= 0")
        )
    ]
    choose = Rolling(seed)
    plan = plan_of(specs, vocabulary=VOCABULARY, lets_unsafe_pass=True)
    moments = times(choose, per)
    shape = Shape(rows=3, gaps=40, subjects=20, unchecked=5)
    facts = world(choose, Needs(plan.criteria), moments.as_of, shape, CAMPAIGN)
    scene = Scene(specs, {}, plan, moments, facts)
    outcomes = by_reference(scene)
    assert {Outcome.MET, Outcome.UNMET, Outcome.UNKNOWN} <= set(outcomes.values())
    assert outcomes_of(run_of(ENGINES[engine], scene)) == outcomes
