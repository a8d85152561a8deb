"""What engines are never asked by a compiled plan, and refuse all the same."""

from __future__ import annotations

from datetime import date

import pytest

from bangfu.core.calendars import load_calendar
from bangfu.core.engine import World, judge
from bangfu.core.engine.sql.setting import Setting
from bangfu.core.periods import once
from bangfu.core.vocabulary import load_vocabulary
from tests.inline_plans import plan_of

AS_OF = date(2020, 6, 30)


def test_a_campaign_that_is_not_there() -> None:
    vocabulary = load_vocabulary()
    measures = {"m": {"subject": "household", "of": "visit", "take": "count", "within": "campaign"}}
    plan = plan_of(
        [{"id": "c", "subject": "household", "holds": "m >= 1"}], measures, campaign=(date(2020, 6, 1), AS_OF)
    )
    row = {"household_id": 1}
    world = World(vocabulary, {"household": [row]}, AS_OF, load_calendar())
    with pytest.raises(ValueError, match="the plan has no campaign"):
        judge(plan.criteria[0], world, once(AS_OF), row)
    with pytest.raises(ValueError, match="the plan has no campaign"):
        Setting(vocabulary, AS_OF, "once").window("campaign", vocabulary.tables["household"], "t")
