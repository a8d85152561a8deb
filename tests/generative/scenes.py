"""A scene: an invented plan, the world it is run on, the day and the periods. Printed when a test fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st

from bangfu.core.engine.world import World
from bangfu.core.errors import PlanError
from bangfu.core.plans.plan import Plan
from tests.generative import worlds
from tests.generative.choosing import Chooser, Draw, Drawing
from tests.generative.expressions import Inventing
from tests.generative.tiny import VOCABULARY
from tests.generative.worlds import DAYS, FIRST, Needs, Shape, Times
from tests.inline_plans import plan_of

PERIODS = ("once", "stage", "year", "day", "week")
SUBJECTS = ("house", "team", "membership", "batch", "person", "village")
relaxed = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
)
CAMPAIGN = (FIRST, DAYS[-2])


@dataclass(frozen=True)
class Scene:
    """What is judged, on what, when."""

    criteria: Sequence[Mapping[str, str]]
    measures: Mapping[str, object]
    plan: Plan
    times: Times
    world: World

    def __repr__(self) -> str:
        lines = [str(criterion) for criterion in self.criteria]
        lines += [f"{name}: {spec}" for name, spec in self.measures.items()]
        lines += [f"as of {self.times.as_of}, periods {[period.id for period in self.times.periods]}"]
        lines += [f"{name}: {row}" for name, rows in self.world.tables.items() for row in rows]
        return "\n".join(lines)


def scene(choose: Chooser, criteria: int, shape: Shape, once_each: bool = False) -> Scene | None:
    """An invented scene; None where the invented plan is refused (units that do not match)."""
    subject, per = choose.pick(SUBJECTS), choose.pick(PERIODS)
    inventing = Inventing(choose, subject, per, once_each)
    specs = []
    for number in range(1 + choose.below(criteria)):
        spec = {"id": f"c{number}", "subject": subject, "per": per, "holds": inventing.truth(subject)}
        if choose.chance(30):
            spec["when"] = inventing.truth(subject, 1)
        specs.append(spec)
    try:
        plan = plan_of(
            specs, inventing.measures, campaign=CAMPAIGN, vocabulary=VOCABULARY, lets_unsafe_pass=True
        )
    except PlanError:
        return None
    times = worlds.times(choose, per)
    world = worlds.world(choose, Needs(plan.criteria), times.as_of, shape, CAMPAIGN)
    return Scene(specs, inventing.measures, plan, times, world)


@st.composite
def scenes(draw: Draw, criteria: int = 1, shape: Shape = Shape(), once_each: bool = False) -> Scene:  # noqa: B008
    """Scenes made by Hypothesis."""
    found = scene(Drawing(draw), criteria, shape, once_each)
    assume(found is not None)
    assert found is not None
    return found
