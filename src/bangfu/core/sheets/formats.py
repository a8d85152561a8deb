"""What the number of a cell's format makes of a number: itself, a day, or a span of time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import Enum

from lxml import etree

from bangfu.core.sheets.cells import Cell


class Kind(Enum):
    """How a number is shown."""

    NUMBER = "number"
    DAY = "day"
    SPAN = "span"


# Formats that a file need not spell out; 27–36 and 50–58 are those of Chinese Excel (2019年6月15日).
_BUILT_IN = {
    **dict.fromkeys((*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)), Kind.DAY),
    46: Kind.SPAN,
}
_LITERAL = re.compile(r'"[^"]*"|[\\_*].')
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_CONDITION = re.compile(r"\[[^\]]*\]")
_PART_OF_A_DAY = re.compile(r"[dmyhs]|aaa", re.IGNORECASE)
_GENERAL = ("general", "standard")
_EPOCH, _EARLY_EPOCH = datetime(1899, 12, 30), datetime(1899, 12, 31)  # noqa: DTZ001 - days of a calendar
_EARLY = 60  # Excel counts a 29 February 1900, which there was not
_LAST_DAY = 2_958_466  # the day behind 9999-12-31
_DAYS_1904 = 1462  # between the two ways of counting days


def kinds_of_formats(styles: etree._Element) -> tuple[Kind, ...]:
    """The kind of each cell format of a styles part, by its number."""
    codes = {
        element.get("numFmtId", ""): element.get("formatCode", "") for element in styles.iter("{*}numFmt")
    }
    formats = styles.find("{*}cellXfs")
    numbers = [] if formats is None else [element.get("numFmtId", "0") for element in formats]
    return tuple(_kind(number, codes) for number in numbers)


def _kind(number: str, codes: Mapping[str, str]) -> Kind:
    if number not in codes:
        return _BUILT_IN.get(int(number), Kind.NUMBER) if number.isdigit() else Kind.NUMBER
    code = _LITERAL.sub("", codes[number]).split(";", 1)[0]
    if _ELAPSED.search(code):
        return Kind.SPAN
    shown = _CONDITION.sub("", code)
    is_day = _PART_OF_A_DAY.search(shown) is not None and shown.lower() not in _GENERAL
    return Kind.DAY if is_day else Kind.NUMBER


def as_day(serial: float, is_1904: bool) -> Cell:
    """A day, a time of day below one, or both; a number that no day has stays one."""
    number = serial + (_DAYS_1904 if is_1904 else 0)
    if serial < 0 or number >= _LAST_DAY:
        return serial
    moment = (_EPOCH if number >= _EARLY else _EARLY_EPOCH) + _in_milliseconds(number)
    if serial < 1:
        return moment.time()
    return moment.date() if moment.time() == time() else moment


def as_span(days: float) -> Cell:
    """A span of time, to the millisecond."""
    return _in_milliseconds(days) if abs(days) < _LAST_DAY else days


def as_written_day(text: str) -> Cell:
    """A day written as 2019-06-15, with or without a time; anything else stays text."""
    try:
        return date.fromisoformat(text) if len(text) <= len("2019-06-15") else _local(text)
    except ValueError:
        return text


def _local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)


def _in_milliseconds(days: float) -> timedelta:
    return timedelta(milliseconds=round(days * 86_400_000))
