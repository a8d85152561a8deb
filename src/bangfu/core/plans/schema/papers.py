"""Papers: archive, forms and documents, placeholders, provisions kept as text."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from bangfu.core.messages import N_
from bangfu.core.plans.schema.entry import (
    Cited,
    ColumnName,
    CriterionId,
    Day,
    Entry,
    Expression,
    Figure,
    Formula,
    Id,
    IssueClassId,
    MeasureName,
    Name,
    Number,
    Part,
    Per,
    ProcedureId,
    RoleId,
    TableName,
    Text,
)
from bangfu.core.plans.schema.people import ProofKind
from bangfu.core.plans.schema.refuse import exactly_one, refuse


class ArchiveEntry(Part):
    """What a file must hold."""

    id: Id = Field(description="Id within the catalogue.")
    name: Text = Field(description="Name in Chinese.")
    requirement: tuple[Id, ...] = Field(default=(), description="Elements of the document.")
    filled_by: Literal["record", "document", "upload"] = Field(description="What fills it.")
    document: Id | None = Field(default=None, description="The document or form that fills it.")
    table: TableName | None = Field(default=None, description="The table whose rows fill it.")
    phase: Literal["entry", "help", "exit", "after"] | None = Field(default=None, description="Phase.")
    where: Expression | None = Field(default=None, description="Only for these subjects.")
    per: Per | None = Field(default=None, description="One for each period; empty: once.")


class Catalogue(Entry):
    """The catalogue of a household's, village's, township's or cadre's file."""

    subject: TableName = Field(description="Whose file.")
    entries: tuple[ArchiveEntry, ...] = Field(min_length=1, description="What it must hold.")
    container: Text | None = Field(default=None, description="What holds it together.")
    cover: Text | None = Field(default=None, description="How it is labelled.")


class Archive(Part):
    """archive.yaml"""

    catalogues: tuple[Catalogue, ...] = Field(default=(), description="Catalogues.")


class Field_(Part):
    """A column of a list or a field of a form: a column of the vocabulary, a measure, or words to fill in."""

    name: Text = Field(description="Heading in Chinese.")
    column: ColumnName | None = Field(default=None, description="Column: name, or table.name.")
    measure: MeasureName | None = Field(default=None, description="Measure.")
    value: Formula | None = Field(default=None, description="An expression.")
    blank: Text | None = Field(default=None, description="Filled in by a person: what with.")
    unit: Text | None = Field(default=None, description="Unit of measure.")
    choices: tuple[Text, ...] = Field(default=(), description="Choices.")

    @model_validator(mode="after")
    def _one_form(self) -> Field_:
        exactly_one(self, "column", "measure", "value", "blank")
        return self


class Form(Entry):
    """A form or attachment: an XLSForm workbook beside the pack, or fields."""

    attachment: Text | None = Field(default=None, description="Number of the attachment.")
    subject: TableName = Field(description="The table of which each row gets one, or that it lists.")
    per: Per = Field(default="once", description="How often it is filled.")
    file: Text | None = Field(default=None, description="File beside the pack: an XLSForm or Word file.")
    fields: tuple[Field_, ...] = Field(default=(), description="Fields.")
    signatures: tuple[Text, ...] = Field(default=(), description="Who signs: roles or 户主.")
    filled_by: tuple[RoleId, ...] = Field(default=(), description="Roles that fill it.")
    sent_to: tuple[RoleId, ...] = Field(default=(), description="Roles that receive it.")


class ListDefinition(Entry):
    """A list by name: a filter over a table."""

    of: TableName = Field(description="The table listed.")
    where: Expression | None = Field(default=None, description="Which rows; empty: all.")
    columns: tuple[Field_, ...] = Field(default=(), description="Columns; empty: the table's usual ones.")
    order: tuple[Formula, ...] = Field(default=(), description="Order, first first.")


class LedgerDefinition(Entry):
    """The layout of a ledger."""

    of: TableName = Field(description="What it lists: issue, or a table.")
    issue_classes: tuple[IssueClassId, ...] = Field(default=(), description="Only these classes.")
    where: Expression | None = Field(default=None, description="Which rows.")
    columns: tuple[Field_, ...] = Field(default=(), description="Columns.")
    kept_by: tuple[RoleId, ...] = Field(default=(), description="Roles that keep it.")


class Notice(Entry):
    """A public notice: a whitelist of columns, masked, with an end and a channel for objections."""

    of: TableName = Field(description="The table listed.")
    where: Expression | None = Field(default=None, description="Which rows.")
    columns: tuple[Field_, ...] = Field(min_length=1, description="Whitelist of columns.")
    days: Figure | None = Field(default=None, description="Days of notice.")
    workdays: Figure | None = Field(default=None, description="Working days of notice.")
    objections: Text = Field(description="Where to object.")


class Card(Entry):
    """A card for a household, indoors: no ID number, no health."""

    subject: TableName = Field(description="Who has one.")
    items: tuple[Field_, ...] = Field(default=(), description="What it shows.")
    place: Text | None = Field(default=None, description="Where it hangs.")


class Report(Entry):
    """A paper owed to somebody."""

    per: Per = Field(default="once", description="How often.")
    on: Day | None = Field(default=None, description="Due on this day.")
    by_day: Figure | None = Field(default=None, description="Due by this day of the month.")
    by: tuple[RoleId, ...] = Field(default=(), description="Roles that owe it.")
    to: tuple[RoleId, ...] = Field(default=(), description="Roles that get it.")
    contents: tuple[Text, ...] = Field(default=(), description="What it says, restated.")
    criteria: tuple[CriterionId, ...] = Field(default=(), description="Criteria that judge it.")


class ChecklistItem(Part):
    """A point of a checklist, judged by a criterion or looked at by a person."""

    id: Id = Field(description="Id within the checklist.")
    name: Text = Field(description="What is looked at, restated.")
    requirement: tuple[Id, ...] = Field(default=(), description="Elements of the document.")
    criterion: CriterionId | None = Field(default=None, description="The criterion that judges it.")
    column: ColumnName | None = Field(
        default=None, description="The column that holds the answer: table.name."
    )
    advice: Text | None = Field(default=None, description="What to do where it fails.")


class Checklist(Entry):
    """Points to look at in the field, spelled out by the document."""

    subject: TableName = Field(description="What is looked at.")
    where: Expression | None = Field(default=None, description="For which rows.")
    asked_by: tuple[RoleId, ...] = Field(default=(), description="Roles that ask.")
    items: tuple[ChecklistItem, ...] = Field(min_length=1, description="Points.")


class Reconciliation(Entry):
    """Two or three sources that must say the same; each difference is shown with both sides."""

    subject: TableName = Field(description="The table reconciled.")
    sources: tuple[Text, ...] = Field(min_length=2, description="Sources, the leading one first.")
    match: tuple[Name, ...] = Field(default=(), description="Columns that identify a row.")
    compare: tuple[Name, ...] = Field(default=(), description="Columns that must be equal.")
    procedure: ProcedureId | None = Field(default=None, description="The procedure of a difference.")
    criteria: tuple[CriterionId, ...] = Field(default=(), description="Criteria that judge it.")


class Documents(Part):
    """documents.yaml"""

    forms: tuple[Form, ...] = Field(default=(), description="Forms and attachments.")
    lists: tuple[ListDefinition, ...] = Field(default=(), description="Lists by name.")
    ledgers: tuple[LedgerDefinition, ...] = Field(default=(), description="Ledgers.")
    notices: tuple[Notice, ...] = Field(default=(), description="Notices.")
    cards: tuple[Card, ...] = Field(default=(), description="Cards.")
    reports: tuple[Report, ...] = Field(default=(), description="Papers owed.")
    checklists: tuple[Checklist, ...] = Field(default=(), description="Checklists.")
    reconciliations: tuple[Reconciliation, ...] = Field(default=(), description="Sources that must agree.")


class Filling(Part):
    """What the office has filled into one slot of a placeholder."""

    slot: Id = Field(description="Id of the slot.")
    text: Text = Field(description="The text.")
    criterion: CriterionId | None = Field(default=None, description="The criterion that judges it.")


class Placeholder(Entry):
    """What the document names and no source spells out; no verdict until the office fills it."""

    slots: int = Field(strict=True, ge=1, description="How many there are to fill.")
    unit: Text = Field(description="What is counted: 项, 个, 分.")
    subject: TableName | None = Field(default=None, description="What it will be asked of.")
    filled: tuple[Filling, ...] = Field(default=(), description="Filled by the office.")

    @model_validator(mode="after")
    def _fits(self) -> Placeholder:
        if len({filling.slot for filling in self.filled}) < len(self.filled):
            refuse(N_("填写的 slot 有重复。"))
        if len(self.filled) > self.slots:
            refuse(N_("填写了 {filled} 项，多于 {slots} 项。"), filled=len(self.filled), slots=self.slots)
        return self

    @property
    def to_fill(self) -> int:
        """How many slots are still empty."""
        return self.slots - len(self.filled)


class Provision(Cited):
    """Something kept as restated text because nothing computes with it. A last resort."""

    id: Id = Field(description="Id; usually the element's.")
    kind: Literal["N", "F", "D", "R", "C", "L", "P", "X", "A", "W", "T"] = Field(
        description="Number, Frequency, Deadline, Role, Checklist, List, Penalty, X formula, "
        "Attachment, Workflow, Text."
    )
    name: Text = Field(description="Short name.")
    text: Text = Field(description="Restated, not copied.")
    value: Number | None = Field(default=None, description="A figure.")
    unit: Text | None = Field(default=None, description="Its unit.")
    on: Day | None = Field(default=None, description="A date.")
    roles: tuple[RoleId, ...] = Field(default=(), description="Roles.")
    proofs: tuple[ProofKind, ...] = Field(default=(), description="Proofs.")
    criteria: tuple[CriterionId, ...] = Field(default=(), description="Criteria that touch it.")
