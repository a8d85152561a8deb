"""Periods and their names."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.core.periods import (
    NAMED_KINDS,
    PERIOD_KINDS,
    Period,
    PeriodError,
    PeriodKind,
    containing,
    named,
    once,
    parse_period,
    periods_of,
    previous,
)

DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))
REGULAR = [kind for kind in PERIOD_KINDS if kind not in (*NAMED_KINDS, "once")]


@pytest.mark.parametrize(
    ("name", "kind", "start", "end"),
    [
        ("2024-06-03", "day", date(2024, 6, 3), date(2024, 6, 3)),
        ("2024-W23", "week", date(2024, 6, 3), date(2024, 6, 9)),
        ("2021-W53", "week", None, None),
        ("2020-W53", "week", date(2020, 12, 28), date(2021, 1, 3)),
        ("2025-W01", "week", date(2024, 12, 30), date(2025, 1, 5)),
        ("2024-02", "month", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024-12", "month", date(2024, 12, 1), date(2024, 12, 31)),
        ("2024-Q2", "quarter", date(2024, 4, 1), date(2024, 6, 30)),
        ("2024-H2", "half_year", date(2024, 7, 1), date(2024, 12, 31)),
        ("2024", "year", date(2024, 1, 1), date(2024, 12, 31)),
        ("2023~2024", "two_years", date(2023, 1, 1), date(2024, 12, 31)),
    ],
)
def test_names(name: str, kind: PeriodKind, start: date | None, end: date | None) -> None:
    if start is None or end is None:
        with pytest.raises(PeriodError):
            parse_period(name)
    else:
        assert parse_period(f" {name} ") == Period(start, end, kind, name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "2024-13",
        "2024-00",
        "2024-Q5",
        "2024-H3",
        "2024-W60",
        "2024-02-30",
        "2024~2025",
        "2023~2025",
        "0000",
        "9999-W52",
        "9999",
        "明年",
        "once",
        "stage:one",
    ],
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(PeriodError, match=f"“{name}”不是周期。 请写 2024、"):
        parse_period(name)


def test_periods_of_a_plan_go_by_its_names() -> None:
    stage = named("stage", "two", date(2020, 6, 29), date(2020, 7, 12))
    assert parse_period("stage:two", plan={stage.id: stage}) is stage
    with pytest.raises(PeriodError):
        parse_period("stage:three", plan={stage.id: stage})


@pytest.mark.parametrize(("kind", "end"), [("stage", date(2020, 6, 28)), ("month", date(2020, 7, 12))])
def test_what_is_no_stage(kind: PeriodKind, end: date) -> None:
    with pytest.raises(ValueError, match="named two from 2020-06-29"):
        named(kind, "two", date(2020, 6, 29), end)


def test_the_state_of_things_has_one_name_on_every_day() -> None:
    assert parse_period("once", as_of=date(2024, 6, 3)) == once(date(2024, 6, 3))
    assert once(date(2024, 6, 3)).id == once(date(2024, 6, 4)).id == "once"
    assert containing("once", date(2024, 6, 3)) == once(date(2024, 6, 3))
    assert periods_of("once", date(2024, 1, 1), date(2024, 6, 3)) == (once(date(2024, 6, 3)),)


@pytest.mark.parametrize("kind", NAMED_KINDS)
def test_only_a_plan_knows_its_stages(kind: PeriodKind) -> None:
    with pytest.raises(ValueError, match="stand in a plan"):
        periods_of(kind, date(2024, 1, 1), date(2024, 2, 1))


@pytest.mark.parametrize("period", [once(date(2024, 1, 1)), named("term", "a", date(2024, 1, 1), date.max)])
def test_nothing_comes_before_some(period: Period) -> None:
    with pytest.raises(ValueError, match="nothing comes before"):
        previous(period)


@given(DAYS, st.sampled_from(REGULAR))
def test_periods_follow_each_other_without_gap(day: date, kind: PeriodKind) -> None:
    period = containing(kind, day)
    assert day in period
    assert parse_period(period.id) == period
    before = previous(period)
    assert before.end + timedelta(days=1) == period.start
    assert period.start not in before
    assert before < period


@given(DAYS, st.integers(0, 800), st.sampled_from(REGULAR))
def test_the_periods_of_a_time_cover_it(first: date, length: int, kind: PeriodKind) -> None:
    last = first + timedelta(days=length)
    found = periods_of(kind, first, last)
    assert first in found[0]
    assert last in found[-1]
    assert all(previous(b) == a for a, b in pairwise(found))
    assert periods_of(kind, last + timedelta(days=1), last) == ()
