"""How the work runs: procedures, campaign, appraisal."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field, model_validator

from bangfu.core.messages import N_
from bangfu.core.plans.schema.entry import (
    ActionId,
    ChecklistId,
    ConsequenceId,
    Count,
    CriterionId,
    Day,
    Entry,
    Expression,
    Figure,
    Flag,
    Formula,
    Id,
    IssueClassId,
    MilestoneId,
    Number,
    Part,
    Per,
    PlaceholderId,
    RoleId,
    SamplingId,
    TableName,
    Text,
)
from bangfu.core.plans.schema.people import Proof, ProofKind
from bangfu.core.plans.schema.refuse import exactly_one, in_order, refuse


class Clock(Part):
    """Time that a step may take."""

    days: Figure | None = Field(default=None, description="Days.")
    workdays: Figure | None = Field(default=None, description="Working days.")
    by: Day | None = Field(default=None, description="A date.")

    @model_validator(mode="after")
    def _one_form(self) -> Clock:
        exactly_one(self, "days", "workdays", "by")
        return self


class Gate(Part):
    """What must be so before a step may be taken."""

    criterion: CriterionId | None = Field(default=None, description="A criterion that must be met.")
    holds: Expression | None = Field(default=None, description="An expression over the procedure's subject.")

    @model_validator(mode="after")
    def _one_form(self) -> Gate:
        exactly_one(self, "criterion", "holds")
        return self


class Step(Entry):
    """A step of a procedure."""

    by: tuple[RoleId, ...] = Field(min_length=1, description="Roles that take it.")
    together: Flag = Field(default=False, description="All of them, not any.")
    when: Expression | None = Field(default=None, description="Only then; else it is skipped.")
    paper: Text | None = Field(
        default=None, description="What it leaves on record; a document's id or words."
    )
    clock: Clock | None = Field(default=None, description="Time allowed.")
    notice_days: Figure | None = Field(default=None, description="Days of public notice.")
    gate: Gate | None = Field(default=None, description="What must be so before.")
    signature: tuple[RoleId, ...] = Field(default=(), description="Roles that sign.")
    proofs: tuple[Proof, ...] = Field(default=(), description="Proofs.")
    ends: Flag = Field(default=False, description="A refusal here ends the procedure.")


class Procedure(Entry):
    """Ordered or parallel steps about a subject."""

    subject: TableName = Field(description="The table it runs on.")
    when: Expression | None = Field(default=None, description="For which rows it may start.")
    order: Literal["sequence", "parallel"] = Field(default="sequence", description="How steps follow.")
    steps: tuple[Step, ...] = Field(min_length=1, description="Steps.")


class Stage(Entry):
    """A stage of the campaign."""

    start: Day | None = Field(default=None, alias="from", description="First day.")
    to: Day | None = Field(default=None, description="Last day, inclusive.")
    ends_with_event: Text | None = Field(default=None, description="The event that closes it.")
    tasks: tuple[Text, ...] = Field(default=(), description="What it is for, restated.")
    milestones: tuple[MilestoneId, ...] = Field(default=(), description="Milestones that belong to it.")

    @model_validator(mode="after")
    def _in_order(self) -> Stage:
        in_order(self.start, self.to)
        return self


class Action(Entry):
    """A branch of the campaign: what is looked at, what is done about it, who answers for it."""

    under: ActionId | None = Field(default=None, description="The action that it belongs to.")
    checks: tuple[Text, ...] = Field(default=(), description="What is looked at, restated.")
    measures: tuple[Text, ...] = Field(default=(), description="What is done about it, restated.")
    responsible: tuple[RoleId, ...] = Field(default=(), description="Roles.")
    criteria: tuple[CriterionId, ...] = Field(default=(), description="Criteria that judge it.")
    checklists: tuple[ChecklistId, ...] = Field(default=(), description="Checklists that it uses.")


class Milestone(Entry):
    """Something due on a day, on a day of each period, or upon an event."""

    on: Day | None = Field(default=None, description="Due on this day at the latest.")
    per: Per | None = Field(default=None, description="Due in each such period …")
    by_day: Figure | None = Field(default=None, description="… by this day of the month.")
    event: Text | None = Field(default=None, description="Due upon this event.")
    by: tuple[RoleId, ...] = Field(default=(), description="Roles that deliver.")
    to: tuple[RoleId, ...] = Field(default=(), description="Roles that receive.")
    paper: Text | None = Field(default=None, description="What is delivered.")
    target: Figure | None = Field(default=None, description="A figure to reach by then.")
    unit: Text | None = Field(default=None, description="Its unit.")
    proofs: tuple[ProofKind, ...] = Field(default=(), description="What proves it.")
    criteria: tuple[CriterionId, ...] = Field(default=(), description="Criteria that judge it.")

    @model_validator(mode="after")
    def _one_form(self) -> Milestone:
        exactly_one(self, "on", "per", "event")
        return self


class Sampling(Entry):
    """A seeded sample for inspection."""

    of: TableName = Field(description="The table sampled.")
    where: Expression | None = Field(default=None, description="Which rows.")
    share: Figure | None = Field(default=None, description="Share of the rows.")
    least: Figure | None = Field(default=None, description="At least so many of each place.")
    within: TableName | None = Field(default=None, description="The place: village, township.")


class Inspection(Entry):
    """Checking by somebody else: who looks at what, how often, told or untold."""

    by: tuple[RoleId, ...] = Field(min_length=1, description="Roles that inspect.")
    subject: TableName | None = Field(default=None, description="The table inspected.")
    per: Per | None = Field(default=None, description="How often; empty: irregularly.")
    announced: Flag | None = Field(default=None, description="Told beforehand.")
    sampling: SamplingId | None = Field(default=None, description="The sample that is used.")
    checks: tuple[Text, ...] = Field(default=(), description="What is looked at, restated.")
    criteria: tuple[CriterionId, ...] = Field(default=(), description="Criteria that it looks at.")


class IssueClass(Entry):
    """A class of issues: where they come from, what they are about."""

    kind: Literal["topic", "source"] = Field(default="topic", description="By topic or by origin.")
    under: IssueClassId | None = Field(default=None, description="The class that it belongs to.")
    items: tuple[Text, ...] = Field(default=(), description="Kinds of problem, restated.")
    deadline: Day | None = Field(default=None, description="All mended by this day.")
    priority: tuple[Text, ...] = Field(default=(), description="Whose issues come first, in order.")


class Campaign(Part):
    """campaign.yaml"""

    stages: tuple[Stage, ...] = Field(default=(), description="Stages.")
    actions: tuple[Action, ...] = Field(default=(), description="Actions, as a tree.")
    milestones: tuple[Milestone, ...] = Field(default=(), description="What is due when.")
    samplings: tuple[Sampling, ...] = Field(default=(), description="Samples.")
    inspections: tuple[Inspection, ...] = Field(default=(), description="Inspections.")
    issue_classes: tuple[IssueClass, ...] = Field(default=(), description="Classes of issues.")


class Deduction(Part):
    """Points taken off: so many for each."""

    minus: Number = Field(gt=0, description="Points.")
    of: Formula = Field(description="For each of these: an expression that counts.")


class AppraisalItem(Part):
    """An item of a score sheet."""

    item: Id = Field(description="Id within the sheet.")
    name: Text = Field(description="Name in Chinese.")
    requirement: tuple[Id, ...] = Field(default=(), description="Elements of the document.")
    under: Id | None = Field(default=None, description="The item whose points cap this one.")
    full: Number = Field(gt=0, description="Full points.")
    each: Deduction | None = Field(default=None, description="Deduction for each failure.")
    criterion: CriterionId | None = Field(default=None, description="Full points if met, else none.")
    judged_by: RoleId | None = Field(default=None, description="The role that gives points by hand.")


class Appraisal(Entry):
    """A score sheet or a yearly judgement."""

    subject: TableName = Field(description="The table appraised: village, agency, cadre.")
    per: Per = Field(default="year", description="How often.")
    total: Number | None = Field(default=None, description="Points of the whole sheet.")
    placeholders: PlaceholderId | None = Field(
        default=None, description="The placeholder that stands for the sheet."
    )
    not_applicable: Literal["scale", "full", "zero"] = Field(
        default="scale", description="What becomes of points that do not apply."
    )
    cap: Literal["parent", "none"] = Field(default="parent", description="Where deductions stop.")
    items: tuple[AppraisalItem, ...] = Field(default=(), description="Items.")
    by: tuple[RoleId, ...] = Field(default=(), description="Roles that appraise.")
    survey: Text | None = Field(default=None, description="An anonymous survey that feeds it.")
    vetoes: tuple[ConsequenceId, ...] = Field(default=(), description="Consequences that veto the result.")
    used_for: tuple[Text, ...] = Field(default=(), description="What the result is used for.")
    criteria: tuple[CriterionId, ...] = Field(default=(), description="Criteria that feed it.")

    @model_validator(mode="after")
    def _adds_up(self) -> Appraisal:
        full = {item.item: item.full for item in self.items}
        if len(full) < len(self.items):
            refuse(N_("考核项的 item 有重复。"))
        for parent, points in self._points_by_parent().items():
            if parent is not None and parent not in full:
                refuse(N_("没有考核项 {parent}。"), parent=parent)
            whole = self.total if parent is None else full[parent]
            if whole is not None and points != whole:
                refuse(N_("下级各项满分之和 {points} 不等于 {whole}。"), points=points, whole=whole)
        return self

    def _points_by_parent(self) -> dict[str | None, Decimal]:
        points: dict[str | None, Decimal] = {}
        for item in self.items:
            points[item.under] = points.get(item.under, Decimal(0)) + item.full
        return points


class Survey(Entry):
    """An anonymous survey: never pre-filled, never scoring one person."""

    subject: TableName = Field(description="Who is asked: household, person.")
    where: Expression | None = Field(default=None, description="Which of them.")
    per: Per = Field(default="once", description="How often.")
    questions: tuple[Text, ...] = Field(default=(), description="Questions, restated.")
    target: Figure | None = Field(default=None, description="A target for the result; measured, never set.")
    least: Count = Field(default=5, description="Results of fewer answers are not shown.")


class Appraisals(Part):
    """appraisal.yaml"""

    appraisal: tuple[Appraisal, ...] = Field(default=(), description="Score sheets and judgements.")
    surveys: tuple[Survey, ...] = Field(default=(), description="Surveys.")
