"""The scalars and the common fields of a pack's entries."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

from bangfu.core.messages import N_
from bangfu.core.plans.schema.refuse import as_written, refuse

ID_PATTERN = r"^[A-Za-z\u4e00-\u9fff][\w\u4e00-\u9fff-]*$"
NAME_PATTERN = r"^[a-z][a-z0-9_]*$"
REQUIREMENT = re.compile(r"^[A-Z][A-Z0-9]*-\d+$")


@dataclass(frozen=True)
class RefersTo:
    """Marks a field that holds the id of an entry of another list, e.g. `organisation.roles`."""

    address: str


@dataclass(frozen=True)
class Written:
    """Marks a text that speaks of rows: a condition, a formula, or a column (`name` or `table.name`)."""

    kind: Literal["condition", "formula", "column"]


def _day(value: object) -> date:
    if type(value) is date:
        return value
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        refuse(N_("要写日期，如 2018-12-31，写的是 {value}。"), value=as_written(value))
    try:
        return date.fromisoformat(value)
    except ValueError:
        refuse(N_("没有 {value} 这一天。"), value=as_written(value))


def _number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, str)):
        refuse(N_("要写数，写的是 {value}。"), value=as_written(value))
    if not re.fullmatch(r"-?\d+(\.\d+)?", str(value), re.ASCII):
        refuse(N_("要写数，写的是 {value}。"), value=as_written(value))
    return Decimal(value)


def _figure(value: object) -> Decimal | str:
    if isinstance(value, str) and re.fullmatch(NAME_PATTERN, value):
        return value
    return _number(value)


def _one_or_many(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Text = Annotated[str, StringConstraints(strict=True, min_length=1)]
Expression = Annotated[
    str,
    StringConstraints(strict=True, min_length=1),
    Field(description="An expression of the language of plans."),
    Written("condition"),
]
Formula = Annotated[
    str,
    StringConstraints(strict=True, min_length=1),
    Field(description="A number, date or text of the language of plans."),
    Written("formula"),
]
ColumnName = Annotated[
    str,
    StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$"),
    Written("column"),
]
Id = Annotated[str, StringConstraints(strict=True, pattern=ID_PATTERN)]
Name = Annotated[str, StringConstraints(strict=True, pattern=NAME_PATTERN)]
Names = Annotated[
    tuple[Name, ...],
    BeforeValidator(_one_or_many),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": NAME_PATTERN},
                {"type": "array", "items": {"type": "string", "pattern": NAME_PATTERN}, "minItems": 1},
            ]
        }
    ),
]
TableName = Annotated[Name, RefersTo("tables")]
TeamId = Annotated[Id, RefersTo("organisation.teams")]
FormId = Annotated[Id, RefersTo("documents.forms")]
ActivityId = Annotated[Id, RefersTo("activities.activities")]
CatalogueId = Annotated[Id, RefersTo("archive.catalogues")]
ChecklistId = Annotated[Id, RefersTo("documents.checklists")]
ProcedureId = Annotated[Id, RefersTo("procedures")]
PlaceholderId = Annotated[Id, RefersTo("placeholders")]
ConsequenceId = Annotated[Id, RefersTo("conduct.consequences")]
MilestoneId = Annotated[Id, RefersTo("campaign.milestones")]
ActionId = Annotated[Id, RefersTo("campaign.actions")]
SamplingId = Annotated[Id, RefersTo("campaign.samplings")]
IssueClassId = Annotated[Id, RefersTo("campaign.issue_classes")]
RoleId = Annotated[Id, RefersTo("organisation.roles")]
CriterionId = Annotated[Id, RefersTo("criteria")]
MeasureName = Annotated[Name, RefersTo("measures")]
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
    Decimal | Annotated[str, RefersTo("parameters")],
    BeforeValidator(_figure),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number"},
                {"type": "string", "pattern": r"^(-?\d+(\.\d+)?|[a-z][a-z0-9_]*)$"},
            ],
            "description": "A number, or the name of a parameter of the pack.",
        }
    ),
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
