"""What is measured: the plan itself, dated parameters, measures, criteria, the income rule."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from bangfu.core.messages import N_
from bangfu.core.plans.schema.entry import (
    Cited,
    Count,
    Day,
    Entry,
    Expression,
    Flag,
    Formula,
    Id,
    Jurisdiction,
    Name,
    Names,
    Number,
    Part,
    Per,
    RoleId,
    TableName,
    Text,
    Version,
)
from bangfu.core.plans.schema.refuse import exactly_one, in_order, refuse


class Span(Part):
    """From when to when the plan runs; an open end may be closed by an event."""

    start: Day | None = Field(default=None, alias="from", description="First day.")
    to: Day | None = Field(default=None, description="Last day, inclusive.")
    ends_with_event: Text | None = Field(default=None, description="The event that closes an open end.")

    @model_validator(mode="after")
    def _in_order(self) -> Span:
        in_order(self.start, self.to)
        return self


class Total(Entry):
    """A total that the document declares; a run compares it with the register."""

    subject: TableName | None = Field(default=None, description="The table whose rows are counted.")
    of: TableName | None = Field(default=None, description="The same for a table that is not a subject.")
    where: Expression | None = Field(default=None, description="Which rows count.")
    value: Number = Field(description="The figure as declared.")
    unit: Text = Field(description="Unit of measure: 户, 人, 个.")

    @model_validator(mode="after")
    def _one_table(self) -> Total:
        exactly_one(self, "subject", "of")
        return self


class Defect(Cited):
    """A defect of the source: what is printed, how it is read here, why."""

    id: Id = Field(description="The element in which the defect stands, or an id of its own.")
    kind: Literal[
        "truncated", "altered_year", "lost_hyphen", "does_not_add_up", "left_blank", "contradiction", "other"
    ] = Field(description="What kind of defect.")
    printed: Text = Field(description="As printed (short).")
    read_as: Text | None = Field(default=None, description="How this pack reads it; empty: not read at all.")


class Reference(Cited):
    """A document that the plan cites."""

    id: Id = Field(description="Id of the reference.")
    title: Text = Field(description="Title, or what the plan calls it.")
    number: Text | None = Field(default=None, description="Document number.")


class PlanHead(Part):
    """plan.yaml: what the plan is."""

    id: Id = Field(description="Id of the pack.")
    version: Version = Field(description="Semantic version of the content: correction, addition, removal.")
    title: Text = Field(description="Title of the work plan.")
    issuer: Text = Field(description="Who issued it.")
    document_number: Text | None = Field(default=None, description="Document number; empty if it has none.")
    issued_on: Day | None = Field(default=None, description="Date of issue.")
    jurisdiction: Jurisdiction = Field(description="12-digit division code, quoted.")
    period: Span = Field(default=Span(), description="From when to when it runs.")
    state: Literal["draft", "in_force"] = Field(description="A draft is run for trial only.")
    requirement: tuple[Id, ...] = Field(default=(), description="Elements carried by the head itself.")
    note: Text | None = Field(default=None, description="What a reader of the pack should know.")
    extends: Text | None = Field(default=None, description="Pack whose entries are inherited: id or path.")
    remove: tuple[Text, ...] = Field(
        default=(), description="Inherited entries to leave out: an id, or part.id where several share it."
    )
    totals: tuple[Total, ...] = Field(default=(), description="Declared totals.")
    defects: tuple[Defect, ...] = Field(default=(), description="Defects of the source.")
    references: tuple[Reference, ...] = Field(default=(), description="Documents cited.")


class DatedValue(Part):
    """A value from a day on; null: abolished from then."""

    start: Day = Field(alias="from", description="First day on which the value holds.")
    value: Number | None = Field(description="The value, or null when abolished.")
    source: Text | None = Field(default=None, description="The clause or document that set it.")


class Parameter(Cited):
    """A figure with its unit of measure and its dated values; values are added, never edited."""

    name: Text = Field(description="Name in Chinese.")
    unit: Text | None = Field(default=None, description="Unit of measure; empty for a bare number or share.")
    values: tuple[DatedValue, ...] = Field(min_length=1, description="Dated values.")

    @model_validator(mode="after")
    def _one_value_a_day(self) -> Parameter:
        days = [value.start for value in self.values]
        if days != sorted(set(days)):
            refuse(N_("取值要按起始日先后排列，且同一天只有一个值。"))
        return self


class Less(Part):
    """Days to take away from a measure of days."""

    of: Name = Field(description="The relation whose days are taken away.")
    where: Expression | None = Field(default=None, description="Which of its rows.")


class Measure(Cited):
    """A value of a subject: an expression (`value`), or something taken over a relation (`of`, `take`)."""

    name: Text = Field(description="Name in Chinese; expressions may use it.")
    subject: Name = Field(description="The table whose rows have this measure.")
    unit: Text | None = Field(default=None, description="Unit of measure.")
    value: Formula | None = Field(default=None, description="An expression over the subject.")
    of: Names | None = Field(
        default=None, description="A relation, or several (days present in any; `differ` compares them)."
    )
    take: Literal["count", "total", "days", "workdays", "nights", "differ"] | None = Field(
        default=None, description="What is taken over the rows."
    )
    amount: Formula | None = Field(default=None, description="What a total adds up.")
    where: Expression | None = Field(default=None, description="Which rows count.")
    sure: Expression | None = Field(
        default=None, description="Which rows count for certain; the others only possibly."
    )
    less: Less | None = Field(default=None, description="Days taken away.")
    match: tuple[Name, ...] = Field(default=(), description="Columns by which `differ` compares rows.")
    within: Literal["period", "own", "campaign", "previous"] | None = Field(
        default=None, description="Which time; default: the criterion's period."
    )

    @model_validator(mode="after")
    def _one_form(self) -> Measure:
        exactly_one(self, "value", "of")
        over_rows = ("take", "amount", "where", "sure", "less", "match", "within")
        if self.value is not None:
            for field in over_rows:
                if getattr(self, field):
                    refuse(N_("用 value 写的指标不能再写 {field}。"), field=field)
        elif self.take is None:
            refuse(N_("写了 of 就要写 take。"))
        elif (self.take == "total") != (self.amount is not None):
            refuse(N_("take: total 要写 amount，其余的 take 不写。"))
        for field, takes in _ONLY_WITH.items():
            if getattr(self, field) and self.take not in takes:
                refuse(N_("只有 take: {takes} 才写 {field}。"), takes=takes, field=field)
        return self


_ONLY_WITH = {
    "match": ("differ",),
    "sure": ("days", "workdays", "nights"),
    "less": ("days", "workdays", "nights"),
}


class Deadline(Part):
    """By when a finding must be mended: a date, or days or working days after it was found."""

    on: Day | None = Field(default=None, description="A date.")
    days: Count | None = Field(default=None, description="Days after the finding.")
    workdays: Count | None = Field(default=None, description="Working days after the finding.")

    @model_validator(mode="after")
    def _one_form(self) -> Deadline:
        exactly_one(self, "on", "days", "workdays")
        return self


class Criterion(Entry):
    """A standard over a subject in a period: to whom it applies (`when`) and what must hold."""

    also: tuple[Id, ...] = Field(default=(), description="Further elements that this criterion carries.")
    subject: Name = Field(description="The table whose rows are judged.")
    per: Per = Field(default="once", description="The period judged.")
    when: Expression | None = Field(default=None, description="To whom it applies; others: not applicable.")
    holds: Expression = Field(description="What must hold.")
    message: Text | None = Field(default=None, description="How a finding is put to people.")
    remedy: Text | None = Field(default=None, description="What to do about a finding.")
    responsible: tuple[RoleId, ...] = Field(default=(), description="Roles that must mend it.")
    deadline: Deadline | None = Field(default=None, description="By when.")
    severity: Literal["high", "normal", "low"] = Field(default="normal", description="How grave.")
    appraises: Flag = Field(default=False, description="Feeds appraisal only; raises no issue.")


class IncomeItems(Part):
    """Which income counts; a code of the list that stands in neither is an error."""

    counted: tuple[Text, ...] = Field(min_length=1, description="Income source codes that count.")
    never: tuple[Text, ...] = Field(description="Income source codes that never count.")
    where: Expression | None = Field(
        default=None, description="A further condition on counted items; what is only expected never counts."
    )


class IncomeCosts(Part):
    """How the cost of production is taken off."""

    rule: Literal["actual", "ratio", "actual_or_ratio"] = Field(
        description="Recorded costs, ratios, or both."
    )
    ratios: dict[Text, Number] = Field(default={}, description="Source code → share as a decimal, quoted.")

    @model_validator(mode="after")
    def _ratios_where_needed(self) -> IncomeCosts:
        if (self.rule == "actual") == bool(self.ratios):
            refuse(N_("rule: actual 不写 ratios，其余要写。"))
        for code, ratio in self.ratios.items():
            if not 0 <= ratio <= 1:
                refuse(N_("成本比例 {code} 要在 0 到 1 之间。"), code=code)
        return self


class Income(Cited):
    """The income rule; it becomes the measures net_income and net_income_per_capita."""

    items: IncomeItems = Field(description="Which items count.")
    costs: IncomeCosts = Field(description="How costs are taken off.")
    window: Literal["calendar_year", "twelve_months"] = Field(
        description="Over which time. Income is recorded by year, so twelve_months is refused for now."
    )
    headcount: Literal["current", "year"] = Field(description="By which headcount it is divided.")
