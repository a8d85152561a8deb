"""Cases: named examples with expected verdicts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator

from bangfu.core.messages import N_
from bangfu.core.plans.schema.entry import (
    NAME_PATTERN,
    CriterionId,
    Day,
    MeasureName,
    Name,
    Number,
    Part,
    Text,
)
from bangfu.core.plans.schema.refuse import in_order, refuse


def _cell(value: object) -> object:
    if isinstance(value, (list, dict)):
        refuse(N_("这里只能写一个值：文字、数、日期、true、false 或空。"))
    return value


_CELL_TYPES = ["boolean", "integer", "number", "string", "null"]
Cell = Annotated[
    bool | int | Decimal | date | str | None,
    BeforeValidator(_cell),
    WithJsonSchema({"type": _CELL_TYPES}),
]
Row = dict[Name, Cell]


def _rows(value: object) -> object:
    return (value,) if isinstance(value, dict) else value


_ROW: dict[str, object] = {
    "type": "object",
    "propertyNames": {"pattern": NAME_PATTERN},
    "additionalProperties": {"type": _CELL_TYPES},
}
Rows = Annotated[
    tuple[Row, ...],
    BeforeValidator(_rows),
    WithJsonSchema({"anyOf": [_ROW, {"type": "array", "items": _ROW}]}),
]


class CaseSpan(Part):
    """A stretch of days."""

    start: Day = Field(alias="from", description="First day.")
    to: Day = Field(description="Last day, inclusive.")

    @model_validator(mode="after")
    def _in_order(self) -> CaseSpan:
        in_order(self.start, self.to)
        return self


def _form_of_period(value: object) -> str:
    return "days" if isinstance(value, (dict, CaseSpan)) else "text"


CasePeriod = Annotated[
    Annotated[Text, Tag("text")] | Annotated[CaseSpan, Tag("days")], Discriminator(_form_of_period)
]


class Case(Part):
    """One example: rows of the register on a day, and the verdict they must get."""

    name: Text = Field(description="A plain sentence.")
    criterion: CriterionId = Field(description="The criterion judged.")
    as_of: Day = Field(description="The day of the snapshot.")
    period: CasePeriod | None = Field(
        default=None, description="2018, 2018-06, 2018-W24, 2018-Q1, 2018-H1, a stage's id, or from/to."
    )
    given: dict[Name, Rows] = Field(
        description="Rows by table. Absent column: empty cell. Absent table: never checked."
    )
    expect: Literal["met", "unmet", "unknown", "not_applicable", "not_due"] = Field(description="Verdict.")
    facts: dict[MeasureName, tuple[Number | None, Number | None]] = Field(
        default={}, description="Measure → [certain, possible]."
    )
    because: Text | None = Field(default=None, description="Text that the explanation contains.")
