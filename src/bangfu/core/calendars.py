"""Working days of China: weekends, public holidays, and the weekend days worked in their stead.

The days that differ from Monday-to-Friday stand in an editable CSV file (`date,kind` with kind `holiday`
or `workday`); an office may use a file of its own. A year without a line in the file is not known, and
asking for a day of it is an error, never a guess.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from io import StringIO
from pathlib import Path

from bangfu.core.errors import Problem, UserError
from bangfu.core.messages import N_, Message

_DAY = timedelta(days=1)
_SATURDAY = 5
_SHOWN = 20  # bad lines that are told
_IS_WORKDAY = {"workday": True, "holiday": False}


class CalendarError(UserError):
    """The calendar cannot be read, or does not know the day."""


@dataclass(frozen=True)
class Calendar:
    """The working days of the years in `years`.

    `exceptions`: weekdays that are free (False) and weekend days that are worked (True).
    """

    years: frozenset[int]
    exceptions: Mapping[date, bool]
    source: str = ""

    def is_workday(self, day: date) -> bool:
        """Whether `day` is worked. Raises CalendarError for a year that the calendar does not know."""
        if day.year not in self.years:
            raise CalendarError(
                Problem(
                    "calendar.beyond",
                    Message(
                        N_("工作日历只到 {first}—{last} 年，不知道 {day} 是否工作日。"),
                        {"first": str(min(self.years)), "last": str(max(self.years)), "day": day},
                    ),
                    self.source,
                    Message(N_("请按国务院办公厅当年放假通知补充工作日历文件（列：date,kind）。")),
                )
            )
        return self.exceptions.get(day, day.weekday() < _SATURDAY)

    def workdays(self, first: date, last: date) -> list[date]:
        """The working days from `first` to `last`, both included; empty if `last` is before `first`."""
        return [day for day in days_between(first, last) if self.is_workday(day)]

    def count_workdays(self, first: date, last: date) -> int:
        """How many days from `first` to `last`, both included, are worked."""
        return len(self.workdays(first, last))

    def add_workdays(self, day: date, n: int) -> date:
        """The `n`-th working day after `day` (before it, if `n` is negative); `day` itself for 0."""
        step = _DAY if n > 0 else -_DAY
        for _ in range(abs(n)):
            day += step
            while not self.is_workday(day):
                day += step
        return day


def days_between(first: date, last: date) -> Iterator[date]:
    """Every day from `first` to `last`, both included."""
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def load_calendar(path: Path | None = None) -> Calendar:
    """The calendar in the CSV file `path`, or the one that ships (2014-2026).

    Raises CalendarError naming the bad lines.
    """
    if path is None:
        return _read((files("bangfu.core") / "workdays.csv").read_text(encoding="utf-8"), "workdays.csv")
    try:
        return _read(path.read_text(encoding="utf-8-sig"), str(path))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CalendarError(
            Problem(
                "calendar.unreadable",
                Message(N_("读不了工作日历文件：{reason}"), {"reason": str(error)}),
                str(path),
                Message(N_("请提供 UTF-8 编码的 CSV 文件，列为 date,kind。")),
            )
        ) from error


def _read(text: str, source: str) -> Calendar:
    exceptions: dict[date, bool] = {}
    problems: list[Problem] = []
    lines = csv.reader(StringIO(text))
    header = [name.strip() for name in next(lines, [])]
    for cells in filter(None, lines):
        row = dict(zip(header, map(str.strip, cells), strict=False))
        day, kind = _day(row.get("date", "")), _IS_WORKDAY.get(row.get("kind", ""))
        if day is None or kind is None or day in exceptions:
            told = Message(N_("读不懂“{text}”。"), {"text": ",".join(cells)})
            problems.append(Problem("calendar.bad_line", told, f"{source}:{lines.line_num}", _FORMAT))
        else:
            exceptions[day] = kind
    if not exceptions and not problems:
        problems.append(
            Problem("calendar.empty", Message(N_("工作日历文件里没有一天。")), source, _FORMAT),
        )
    if problems:
        raise CalendarError(problems[:_SHOWN])
    return Calendar(frozenset(day.year for day in exceptions), exceptions, source)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


_FORMAT = Message(
    N_("每行写一天，例如 2024-02-10,holiday（放假）或 2024-02-04,workday（上班），同一天只写一次。")
)
