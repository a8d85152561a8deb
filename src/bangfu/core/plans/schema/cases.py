"""Cases: named examples with expected verdicts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from bangfu.core.plans.schema.entry import Day, Id, Name, Number, Part, Text


def _cell(value: object) -> object:
    if value is None or isinstance(value, (bool, int, Decimal, str)) or type(value) is date:
        return value
    raise ValueError("not a cell")


Cell = Annotated[
    bool | int | Decimal | date | str | None,
    BeforeValidator(_cell),
    WithJsonSchema({"type": ["boolean", "integer", "number", "string", "null"]}),
]
Row = dict[Name, Cell]


class CaseSpan(Part):
    """A stretch of days."""

    start: Day = Field(alias="from", description="First day.")
    to: Day = Field(description="Last day, inclusive.")


class Case(Part):
    """One example: rows of the register on a day, and the verdict they must get."""

    name: Text = Field(description="A plain sentence.")
    criterion: Id = Field(description="The criterion judged.")
    as_of: Day = Field(description="The day of the snapshot.")
    period: Text | CaseSpan | None = Field(
        default=None, description="2018, 2018-06, 2018-W24, 2018-Q1, 2018-H1, a stage's id, or from/to."
    )
    given: dict[Name, Row | tuple[Row, ...]] = Field(
        description="Rows by table. Absent column: empty cell. Absent table: never checked."
    )
    expect: Literal["met", "unmet", "unknown", "not_applicable", "not_due"] = Field(description="Verdict.")
    facts: dict[Name, tuple[Number | None, Number | None]] = Field(
        default={}, description="Measure → [certain, possible]."
    )
    because: Text | None = Field(default=None, description="Text that the explanation contains.")
