"""Working days: the file that ships, a file of one's own, and what no file says."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.core.calendars import Calendar, CalendarError, load_calendar

SHIPPED = load_calendar()
DAYS = st.dates(date(2014, 6, 1), date(2026, 6, 1))


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2024, 2, 12), False),  # Monday of the Spring Festival
        (date(2024, 2, 18), True),  # a Sunday worked instead
        (date(2024, 2, 19), True),
        (date(2024, 2, 24), False),  # a plain Saturday
        (date(2014, 10, 1), False),
        (date(2026, 10, 7), False),
        (date(2020, 1, 30), False),  # holiday made longer in the epidemic
        (date(2015, 9, 3), False),
        (date(2015, 9, 6), True),
    ],
)
def test_days_of_the_shipped_calendar(day: date, worked: bool) -> None:
    assert SHIPPED.is_workday(day) is worked


def test_working_days_of_a_month_are_counted() -> None:
    assert SHIPPED.count_workdays(date(2024, 2, 1), date(2024, 2, 29)) == 18
    assert SHIPPED.count_workdays(date(2024, 2, 2), date(2024, 2, 1)) == 0


@pytest.mark.parametrize(
    ("day", "n", "then"),
    [
        (date(2024, 2, 9), 0, date(2024, 2, 9)),
        (date(2024, 2, 9), 1, date(2024, 2, 18)),
        (date(2024, 2, 9), 2, date(2024, 2, 19)),
        (date(2024, 2, 17), -1, date(2024, 2, 9)),
        (date(2024, 2, 18), -1, date(2024, 2, 9)),
    ],
)
def test_a_clock_of_working_days(day: date, n: int, then: date) -> None:
    assert SHIPPED.add_workdays(day, n) == then


@given(DAYS, st.integers(1, 30))
def test_the_clock_agrees_with_the_count(day: date, n: int) -> None:
    then = SHIPPED.add_workdays(day, n)
    assert SHIPPED.count_workdays(day, then) == n + SHIPPED.is_workday(day)
    assert SHIPPED.is_workday(then)


@pytest.mark.parametrize("day", [date(2013, 12, 31), date(2027, 1, 1)])
def test_a_day_beyond_the_calendar_is_an_error(day: date) -> None:
    with pytest.raises(CalendarError, match=f"只到 2014—2026 年，不知道 {day} 是否工作日"):
        SHIPPED.is_workday(day)
    with pytest.raises(CalendarError):
        SHIPPED.add_workdays(date(2026, 12, 31), 1)


def load(folder: Path, text: str) -> Calendar:
    path = folder / "own.csv"
    path.write_text(text, encoding="utf-8-sig")
    return load_calendar(path)


def test_an_office_may_use_a_file_of_its_own(tmp_path: Path) -> None:
    own = load(tmp_path, "date,kind\n2030-01-01, holiday\n2030-01-05,workday\n")
    assert own.workdays(date(2030, 1, 1), date(2030, 1, 7)) == [date(2030, 1, n) for n in (2, 3, 4, 5, 7)]
    with pytest.raises(CalendarError):  # it takes the place of the one that ships
        own.is_workday(date(2024, 1, 1))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("date,kind\n", "own.csv: 工作日历文件里没有一天"),
        ("date,kind\n2030-1-1,holiday\n", "own.csv:2: 读不懂“2030-1-1,holiday”"),
        ("date,kind\n2030-01-01,free\n", "own.csv:2: 读不懂“2030-01-01,free”"),
        ("date,kind\n2030-01-01,holiday\n2030-01-01,workday\n", "own.csv:3: 读不懂“2030-01-01,workday”"),
        ("date,kind\n2030-01-01\n", "own.csv:2: 读不懂“2030-01-01”。 每行写一天，例如"),
        ("date,kind\n\n2030-01-01,holiday,x,y\n2030,\n", "own.csv:4: 读不懂“2030,”"),
        ("", "own.csv: 工作日历文件里没有一天"),
        ("date,kind\n" + "x" * 200_000, "own.csv: 读不了工作日历文件：field larger"),
        ("date\n2030-01-01\n", "own.csv:2: 读不懂“2030-01-01”"),
        ("day,kind\n2030-01-01,holiday\n", "own.csv:2: 读不懂“2030-01-01,holiday”"),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(CalendarError) as error:
        load(tmp_path, text)
    assert told in str(error.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CalendarError, match="读不了工作日历文件"):
        load_calendar(tmp_path / "gone.csv")


def test_a_file_that_is_something_else_is_not_told_line_by_line(tmp_path: Path) -> None:
    with pytest.raises(CalendarError) as error:
        load(tmp_path, "date,kind\n" + "张三,男\n" * 5_000)
    assert len(error.value.problems) == 20
