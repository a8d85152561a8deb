"""How long there is to mend an issue."""

from __future__ import annotations

from datetime import date

import pytest

from bangfu.core.calendars import load_calendar
from bangfu.core.casework import State, is_overdue, time_left

CALENDAR = load_calendar()
FRIDAY, SATURDAY, MONDAY = date(2024, 7, 5), date(2024, 7, 6), date(2024, 7, 8)


@pytest.mark.parametrize(
    ("due_on", "today", "words"),
    [
        (MONDAY, FRIDAY, "还剩 1 个工作日"),
        (FRIDAY, MONDAY, "逾期 1 个工作日"),
        (FRIDAY, FRIDAY, "今天到期"),
        (FRIDAY, SATURDAY, "逾期 1 天"),
        (SATURDAY, FRIDAY, "还剩 1 天"),
        (MONDAY, SATURDAY, "还剩 1 个工作日"),
        (SATURDAY, MONDAY, "逾期 1 个工作日"),
        (date(2024, 10, 8), date(2024, 9, 30), "还剩 1 个工作日"),  # the holiday of October
        (date(2099, 1, 5), date(2099, 1, 2), "还剩 3 天"),  # no calendar of that year
        (date(2099, 1, 2), date(2099, 1, 5), "逾期 3 天"),
    ],
)
def test_working_days_are_counted(due_on: date, today: date, words: str) -> None:
    left = time_left(State.WORKING, due_on, today, CALENDAR)
    assert left is not None
    assert left.message().render() == words
    assert left.is_overdue == is_overdue(State.WORKING, due_on, today) == (due_on < today)


def test_what_has_ended_or_has_no_day_is_never_late() -> None:
    assert time_left(State.CLOSED, FRIDAY, MONDAY, CALENDAR) is None
    assert time_left(State.OPEN, None, MONDAY, CALENDAR) is None
    assert not is_overdue(State.CLOSED, FRIDAY, MONDAY)
    assert not is_overdue(State.OPEN, None, MONDAY)
