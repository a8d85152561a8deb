"""By when an issue must be mended, and how far that is: reckoned whenever asked, never kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bangfu.core.calendars import Calendar, CalendarError
from bangfu.core.casework.moves import LIVE, State
from bangfu.core.messages import N_, Message


@dataclass(frozen=True)
class TimeLeft:
    """Days until the issue is due, below zero if it is overdue. `in_workdays`: whether working days are meant;
    they are not where the calendar does not know the year."""

    days: int
    in_workdays: bool

    @property
    def is_overdue(self) -> bool:
        """Whether the day has passed."""
        return self.days < 0

    def message(self) -> Message:
        """In words: 还剩 3 个工作日."""
        values = {"count": abs(self.days)}
        if self.days == 0:
            return Message(N_("今天到期"))
        if self.in_workdays:
            return Message(
                N_("逾期 {count} 个工作日") if self.days < 0 else N_("还剩 {count} 个工作日"), values
            )
        return Message(N_("逾期 {count} 天") if self.days < 0 else N_("还剩 {count} 天"), values)


def is_overdue(state: State, due_on: date | None, today: date) -> bool:
    """Whether an issue that still lives is past its day."""
    return state in LIVE and due_on is not None and due_on < today


def time_left(state: State, due_on: date | None, today: date, calendar: Calendar) -> TimeLeft | None:
    """How long there is, or None where nothing is due any more or no day is set.

    Where only days off lie between, they are told as plain days.
    """
    if state not in LIVE or due_on is None:
        return None
    if due_on == today:
        return TimeLeft(0, True)
    sign = 1 if due_on > today else -1
    first, last = sorted((due_on, today))
    try:
        # The day on which one stands does not count, the last one does.
        worked = calendar.count_workdays(first, last) - calendar.is_workday(first)
    except CalendarError:
        return TimeLeft((due_on - today).days, False)
    if worked == 0:
        return TimeLeft((due_on - today).days, False)
    return TimeLeft(sign * worked, True)
