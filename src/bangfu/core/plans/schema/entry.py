"""The scalars and the common fields of a pack's entries."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

ID_PATTERN = r"^[A-Za-z\u4e00-\u9fff][\w\u4e00-\u9fff-]*$"
NAME_PATTERN = r"^[a-z][a-z0-9_]*$"
REQUIREMENT = re.compile(r"^[A-Z][A-Z0-9]*-\d+$")


def _day(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return date.fromisoformat(value)
    if type(value) is date:
        return value
    raise ValueError("not a day")


def _number(value: object) -> object:
    if isinstance(value, (int, str, Decimal)) and not isinstance(value, bool):
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise ValueError("not a number") from None
        if number.is_finite():
            return number
    raise ValueError("not a number")


def _figure(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(NAME_PATTERN, value):
        return value
    return _number(value)


Text = Annotated[str, StringConstraints(strict=True, min_length=1)]
Expression = Annotated[
    str,
    StringConstraints(strict=True, min_length=1),
    Field(description="An expression of the language of plans."),
]
Id = Annotated[str, StringConstraints(strict=True, pattern=ID_PATTERN)]
Name = Annotated[str, StringConstraints(strict=True, pattern=NAME_PATTERN)]
Whole = Annotated[int, Field(strict=True)]
Count = Annotated[int, Field(strict=True, ge=0)]
Flag = Annotated[bool, Field(strict=True)]
Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date"}),
]
Number = Annotated[
    Decimal,
    BeforeValidator(_number),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}]}),
]
Figure = Annotated[
    Decimal | str,
    BeforeValidator(_figure),
    WithJsonSchema({
        "anyOf": [
            {"type": "number"},
            {"type": "string", "pattern": r"^(-?\d+(\.\d+)?|[a-z][a-z0-9_]*)$"},
        ],
        "description": "A number, or the name of a parameter of the pack.",
    }),
]
Jurisdiction = Annotated[str, StringConstraints(strict=True, pattern=r"^\d{12}$")]
Version = Annotated[str, StringConstraints(strict=True, pattern=r"^\d+\.\d+\.\d+$")]
Per = Literal[
    "once", "day", "week", "month", "quarter", "half_year", "year", "two_years", "stage", "campaign", "term"
]


class Part(BaseModel):
    """A piece of a pack: unknown keys are errors, and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Cited(Part):
    """Something that the document says: which of its elements, where it stands, what to mind."""

    requirement: tuple[Id, ...] = Field(
        default=(), description="Ids of the elements of the document that this entry carries."
    )
    source: Text | None = Field(default=None, description="The clause of the document, e.g. 三（二）2.")
    note: Text | None = Field(default=None, description="What a reader of the pack should know.")
    sensitive: Text | None = Field(
        default=None, description="How a sensitive item is treated here instead of as printed."
    )


class Entry(Cited):
    """A cited thing with an id of its own, unique within its list; an inheriting pack replaces it by id."""

    id: Id = Field(description="Id of the entry; where it is an element's id (S4-4), it cites that element.")
    name: Text = Field(description="Name in Chinese, as people say it.")
