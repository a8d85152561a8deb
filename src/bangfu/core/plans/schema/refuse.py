"""Refusals of a model's own rules, as messages for people."""

from __future__ import annotations

from datetime import date
from typing import NoReturn

from pydantic import BaseModel
from pydantic_core import PydanticCustomError

from bangfu.core.messages import N_


def as_written(value: object) -> str:
    """A value as it stands in a file, shortened."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def refuse(template: str, **values: object) -> NoReturn:
    """Refuse an entry with a marked template; the loader adds file and line."""
    raise PydanticCustomError("plan.wrong", "{template}", {"template": template, "values": values})


def in_order(start: date | None, end: date | None) -> None:
    """Refuse days that end before they start; either may be open."""
    if start and end and end < start:
        refuse(N_("结束日 {to} 早于开始日 {start}。"), start=start, to=end)


def exactly_one(entry: BaseModel, *fields: str) -> None:
    """Refuse unless exactly one of the fields is filled."""
    if sum(getattr(entry, field) is not None for field in fields) != 1:
        refuse(N_("{fields} 中要写且只写一个。"), fields=fields)
