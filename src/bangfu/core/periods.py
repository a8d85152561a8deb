"""The periods over which a criterion is judged, and their names.

`2024-06-03` a day · `2024-W23` a week from Monday · `2024-06` a month · `2024-Q2` · `2024-H1` · `2024` ·
`2023~2024` two years (the first one odd) · `stage:<id>`, `campaign:<id>`, `term:<id>` with days that the
plan gives · `once`: the state of things on the as-of day. The name of a period never depends on the as-of
day, so that a finding keeps its key from run to run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal, get_args

from bangfu.core.errors import Problem, UserError
from bangfu.core.messages import N_, Message

PeriodKind = Literal[
    "once",
    "day",
    "week",
    "month",
    "quarter",
    "half_year",
    "year",
    "two_years",
    "stage",
    "campaign",
    "term",
]
PERIOD_KINDS: Final[tuple[PeriodKind, ...]] = get_args(PeriodKind)
NAMED_KINDS: Final[tuple[PeriodKind, ...]] = ("stage", "campaign", "term")

_DAY = timedelta(days=1)
_MONTHS: Final[Mapping[PeriodKind, int]] = {
    "month": 1,
    "quarter": 3,
    "half_year": 6,
    "year": 12,
    "two_years": 24,
}


class PeriodError(UserError):
    """The name of a period cannot be read."""


@dataclass(frozen=True, order=True)
class Period:
    """Days `start` to `end`, both included, under the name `id`."""

    start: date
    end: date
    kind: PeriodKind
    id: str

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end


def once(as_of: date) -> Period:
    """The state of things on one day."""
    return Period(as_of, as_of, "once", "once")


def named(kind: PeriodKind, name: str, start: date, end: date) -> Period:
    """A stage, campaign or term of a plan. Raises ValueError for another kind or an end before the start."""
    if kind not in NAMED_KINDS or end < start:
        raise ValueError(f"no {kind} named {name} from {start} to {end}")
    return Period(start, end, kind, f"{kind}:{name}")


def containing(kind: PeriodKind, day: date) -> Period:
    """The period of that kind in which `day` lies (`once`: the day itself). Raises ValueError for a kind
    whose days only a plan knows."""
    if kind == "once":
        return once(day)
    if kind == "day":
        return Period(day, day, kind, day.isoformat())
    if kind == "week":
        year, week, weekday = day.isocalendar()
        monday = day - timedelta(days=weekday - 1)
        return Period(monday, monday + timedelta(days=6), kind, f"{year}-W{week:02d}")
    if kind in NAMED_KINDS:
        raise ValueError(f"the days of a {kind} stand in a plan")
    return _months_containing(kind, day)


def _months_containing(kind: PeriodKind, day: date) -> Period:
    length = _MONTHS[kind]
    # Years are counted from year 1, so two_years begin with an odd one.
    index = ((day.year - 1) * 12 + day.month - 1) // length
    start = _first_of(index * length)
    end = _first_of((index + 1) * length) - _DAY
    return Period(start, end, kind, _months_id(kind, start))


def _first_of(months: int) -> date:
    return date(months // 12 + 1, months % 12 + 1, 1)


def _months_id(kind: PeriodKind, start: date) -> str:
    names: Mapping[PeriodKind, str] = {
        "month": f"{start.year}-{start.month:02d}",
        "quarter": f"{start.year}-Q{start.month // 3 + 1}",
        "half_year": f"{start.year}-H{start.month // 6 + 1}",
        "year": f"{start.year}",
        "two_years": f"{start.year}~{start.year + 1}",
    }
    return names[kind]


def previous(period: Period) -> Period:
    """The period of the same kind just before. Raises ValueError for `once` and for those of a plan."""
    if period.kind == "once" or period.kind in NAMED_KINDS:
        raise ValueError(f"nothing comes before {period.id}")
    return containing(period.kind, period.start - _DAY)


def periods_of(kind: PeriodKind, first: date, last: date) -> tuple[Period, ...]:
    """Every period of that kind with a day from `first` to `last`, in order (`once`: the last day alone).
    Raises ValueError for a kind whose days only a plan knows."""
    if kind == "once":
        return (once(last),)
    found: list[Period] = []
    day = first
    while day <= last:
        found.append(containing(kind, day))
        day = found[-1].end + _DAY
    return tuple(found)


def parse_period(text: str, as_of: date | None = None, plan: Mapping[str, Period] | None = None) -> Period:
    """The period of that name; `plan` holds the stages, campaigns and terms by id.

    Raises PeriodError where the name means nothing (`once` without an `as_of` included).
    """
    text = text.strip()
    if plan and text in plan:
        return plan[text]
    if text == "once" and as_of is not None:
        return once(as_of)
    for pattern, read in _READERS:
        if found := pattern.fullmatch(text):
            try:
                return read(*(int(group) for group in found.groups()))
            except (ValueError, OverflowError):  # a month 13, a week 54, the end of time
                break
    raise PeriodError(
        Problem(
            "period.unknown",
            Message(N_("“{text}”不是周期。"), {"text": text}),
            remedy=Message(
                N_(
                    "请写 2024、2024-H1、2024-Q2、2024-06、2024-W23、2024-06-03、2023~2024，"
                    "或方案中阶段的名称，例如 stage:one。"
                )
            ),
        )
    )


def _part(kind: PeriodKind, year: int, number: int) -> Period:
    length = _MONTHS[kind]
    if not 1 <= number <= 12 // length:
        raise ValueError(number)
    return containing(kind, date(year, (number - 1) * length + 1, 1))


def _two_years(first: int, second: int) -> Period:
    if second != first + 1 or first % 2 == 0:
        raise ValueError(second)
    return containing("two_years", date(first, 1, 1))


_READERS: Final[tuple[tuple[re.Pattern[str], Callable[..., Period]], ...]] = (
    (re.compile(r"(\d{4})"), lambda y: containing("year", date(y, 1, 1))),
    (re.compile(r"(\d{4})-(\d{2})"), lambda y, m: _part("month", y, m)),
    (re.compile(r"(\d{4})-Q(\d)"), lambda y, q: _part("quarter", y, q)),
    (re.compile(r"(\d{4})-H(\d)"), lambda y, h: _part("half_year", y, h)),
    (re.compile(r"(\d{4})-W(\d{2})"), lambda y, w: containing("week", date.fromisocalendar(y, w, 1))),
    (re.compile(r"(\d{4})-(\d{2})-(\d{2})"), lambda y, m, d: containing("day", date(y, m, d))),
    (re.compile(r"(\d{4})~(\d{4})"), _two_years),
)
