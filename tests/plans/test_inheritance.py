"""A township under its county: `tests/plans/inheritance` extends the plan of Lvchun."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bangfu.core.calendars import load_calendar
from bangfu.core.engine.cases import CaseBench
from bangfu.core.plans.load import Pack, load_pack
from bangfu.core.vocabulary import load_vocabulary

ON = date(2024, 9, 30)


@pytest.fixture(scope="module")
def township() -> Pack:
    return load_pack(Path(__file__).parent / "inheritance")


def test_one_figure_is_the_townships_and_the_rest_the_countys(township: Pack) -> None:
    county = load_pack("s0_lvchun")
    before, after = county.parameters_on(ON), township.parameters_on(ON)
    changed = {name: (before.get(name), value) for name, value in after.items() if before.get(name) != value}
    assert changed == {"contact_most": (20, 15), "week_visits": (None, 2)}


def test_one_criterion_more_and_one_list_less(township: Pack) -> None:
    county = load_pack("s0_lvchun")
    assert [c.id for c in township.criteria] == [*(c.id for c in county.criteria), "week_visits_made"]
    lists = {found.id for found in county.content.documents.lists}
    assert lists - {found.id for found in township.content.documents.lists} == {"sanitation_list"}


def test_the_townships_cases_by_every_engine(township: Pack) -> None:
    county = load_pack("s0_lvchun")
    own = {case.name for case in township.cases} - {case.name for case in county.cases} | {"联系二十户"}
    bench = CaseBench(township, load_vocabulary(), load_calendar())
    found = {case.name: bench.check(case).problems for case in township.cases if case.name in own}
    assert len(found) == 10
    assert not any(found.values())
