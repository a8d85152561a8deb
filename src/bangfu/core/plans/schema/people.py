"""Who does what: organisation, duties, activities, conduct."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from bangfu.core.plans.schema.entry import (
    ActivityId,
    CatalogueId,
    Cited,
    Count,
    CriterionId,
    Day,
    Entry,
    Expression,
    Figure,
    Flag,
    FormId,
    Id,
    IssueClassId,
    Part,
    Per,
    RoleId,
    TableName,
    TeamId,
    Text,
)

ProofKind = Literal[
    "record", "minutes", "photo", "signature", "check_in", "document", "receipt", "contract", "statement",
    "list", "system_entry", "other",
]  # fmt: skip


class Role(Entry):
    """A role that people or bodies hold; everything that says who refers to it by id."""

    kind: Literal["person", "body"] = Field(default="person", description="Held by a person or a body.")
    includes: tuple[RoleId, ...] = Field(default=(), description="Roles that this one covers (leaders: …).")
    answers_for: Text | None = Field(
        default=None, description="What the holder answers for, e.g. first person responsible."
    )
    tasks: tuple[Text, ...] = Field(default=(), description="Tasks of the role, restated.")
    eligible: tuple[Text, ...] = Field(default=(), description="Who may hold it.")


class Seat(Part):
    """How many holders of a role belong to a team."""

    role: RoleId = Field(description="The role.")
    title: Text | None = Field(default=None, description="What the seat is called: 组长, 副组长, 生产委员.")
    least: Figure | None = Field(default=None, description="At least so many.")
    most: Figure | None = Field(default=None, description="At most so many.")


class Team(Entry):
    """A body set up for the work: headquarters, leading group, team, committee."""

    subject: TableName | None = Field(
        default=None, description="Table of which each row has one: village, group."
    )
    under: TeamId | None = Field(default=None, description="The team that directs it.")
    seats: tuple[Seat, ...] = Field(default=(), description="Composition.")
    formed_by: Text | None = Field(default=None, description="How it is set up: elected, appointed, by whom.")
    tasks: tuple[Text, ...] = Field(default=(), description="Its tasks, restated.")
    criteria: tuple[CriterionId, ...] = Field(default=(), description="Criteria that check composition.")


class Assignment(Entry):
    """Who is assigned to what: caps per holder, holders per subject, coverage."""

    role: RoleId = Field(description="Who is assigned.")
    to: TableName = Field(description="The table they are assigned to: household, village, agency.")
    where: Expression | None = Field(default=None, description="Which rows of it.")
    least: Figure | None = Field(default=None, description="Each holder has at least so many.")
    most: Figure | None = Field(default=None, description="Each holder has at most so many.")
    each_least: Figure | None = Field(default=None, description="Each row has at least so many holders.")
    each_most: Figure | None = Field(default=None, description="Each row has at most so many holders.")
    coverage: Figure | None = Field(default=None, description='Share of rows with a holder, e.g. "1".')
    decided_by: tuple[RoleId, ...] = Field(default=(), description="Roles that decide together.")
    table: FormId | None = Field(default=None, description="The form that lists who has what.")
    criteria: tuple[CriterionId, ...] = Field(default=(), description="Criteria that check it.")


class Rota(Entry):
    """Taking turns: batches in a period."""

    role: RoleId = Field(description="Whose people take turns.")
    per: Per = Field(description="In which period.")
    batches: Figure | None = Field(default=None, description="Batches in a period.")
    days: Figure | None = Field(default=None, description="Days of a batch at least.")
    total_days: Figure | None = Field(default=None, description="Days of the period at least, all batches.")
    finished_by_day: Figure | None = Field(default=None, description="Day of the month by which it is done.")
    led_by: tuple[RoleId, ...] = Field(
        default=(), description="One holder of any of these roles leads a batch."
    )
    covers: Text | None = Field(default=None, description="Who must have had a turn in the end.")
    criteria: tuple[CriterionId, ...] = Field(default=(), description="Criteria that check it.")


class Allowance(Cited):
    """Money or insurance that somebody is due."""

    id: Id = Field(description="Id.")
    name: Text = Field(description="Name: 交通补贴, 人身意外伤害保险.")
    amount: Figure | None = Field(default=None, description="Amount, where the document names one.")
    unit: Text | None = Field(default=None, description="Unit: 元/年.")


class Posting(Entry):
    """Stationing: who is sent where, for how long, on which terms."""

    role: RoleId = Field(description="Who is posted.")
    sent_by: RoleId | None = Field(default=None, description="The role that sends.")
    to: TableName = Field(description="The table they are posted to.")
    least: Figure | None = Field(default=None, description="At least so many people.")
    years: Figure | None = Field(default=None, description="Term in years.")
    full_time: Flag | None = Field(default=None, description="Released from other work.")
    recallable: Flag | None = Field(default=None, description="May be called back during the term.")
    eligible: tuple[Text, ...] = Field(default=(), description="Conditions of selection.")
    keeps: tuple[Text, ...] = Field(default=(), description="What stays as it was: pay, affiliation.")
    allowances: tuple[Allowance, ...] = Field(default=(), description="What they are due.")
    file: tuple[CatalogueId, ...] = Field(default=(), description="Catalogues of their file.")
    criteria: tuple[CriterionId, ...] = Field(default=(), description="Criteria that check it.")


class Responsibility(Entry):
    """Which roles answer for an area or a class of issues."""

    roles: tuple[RoleId, ...] = Field(min_length=1, description="Responsible roles, the leading one first.")
    leads: RoleId | None = Field(default=None, description="The leading role, where one is named.")
    issue_classes: tuple[IssueClassId, ...] = Field(
        default=(), description="Classes of issues that go to them."
    )
    tasks: tuple[Text, ...] = Field(default=(), description="What they have to do, restated.")


class Fund(Entry):
    """A source of money."""

    kind: Literal["central", "province", "prefecture", "county", "own", "donation", "work", "other"] = Field(
        description="Where it comes from."
    )
    amount: Figure | None = Field(default=None, description="Amount, where the document names one.")
    unit: Text | None = Field(default=None, description="Unit: 元/年.")
    proofs: tuple[ProofKind, ...] = Field(default=(), description="What must be on record.")
    criteria: tuple[CriterionId, ...] = Field(default=(), description="Criteria that check it.")


class Organisation(Part):
    """organisation.yaml"""

    roles: tuple[Role, ...] = Field(default=(), description="Roles.")
    teams: tuple[Team, ...] = Field(default=(), description="Bodies and teams, with what directs what.")
    assignments: tuple[Assignment, ...] = Field(default=(), description="Pairing, hooking, patches.")
    rotas: tuple[Rota, ...] = Field(default=(), description="Taking turns.")
    postings: tuple[Posting, ...] = Field(default=(), description="Stationing.")
    responsibilities: tuple[Responsibility, ...] = Field(default=(), description="Area → responsible roles.")
    funds: tuple[Fund, ...] = Field(default=(), description="Sources of money.")


class Proof(Part):
    """What proves an activity or duty; `or_else` names what stands in, in order, where it cannot be had."""

    kind: ProofKind = Field(description="What kind.")
    name: Text | None = Field(default=None, description="What exactly.")
    least: Count = Field(default=1, description="How many.")
    or_else: tuple[Text, ...] = Field(default=(), description="What stands in, in order.")


class Reminder(Part):
    """Who is reminded how long before the end of the period."""

    to: tuple[RoleId, ...] = Field(min_length=1, description="Roles.")
    days_before: Count | None = Field(default=None, description="Days before the end of the period.")
    workdays_before: Count | None = Field(default=None, description="Working days before it.")


class Duty(Entry):
    """A duty: the criteria that say what is owed, who is reminded, which proofs."""

    role: RoleId = Field(description="Who owes it.")
    criteria: tuple[CriterionId, ...] = Field(
        default=(), description="Criteria on a cadre, agency, team or pairing."
    )
    activities: tuple[ActivityId, ...] = Field(default=(), description="Kinds of activity that fulfil it.")
    remind: tuple[Reminder, ...] = Field(default=(), description="Reminders.")
    proofs: tuple[Proof, ...] = Field(default=(), description="Proofs.")
    tasks: tuple[Text, ...] = Field(default=(), description="What it consists of, restated.")


class Activity(Entry):
    """A kind of work record."""

    subject: TableName | None = Field(
        default=None, description="The table it is done for: household, village."
    )
    recorded_by: tuple[RoleId, ...] = Field(default=(), description="Roles that record it.")
    proofs: tuple[Proof, ...] = Field(default=(), description="Proofs, all of them; each may fall back.")
    form: FormId | None = Field(default=None, description="The form that records it.")
    topics: tuple[Text, ...] = Field(default=(), description="What it covers, restated.")
    criteria: tuple[CriterionId, ...] = Field(default=(), description="Criteria that count it.")


class Meeting(Entry):
    """A kind of meeting: how often or by when, who attends, the agenda."""

    per: Per = Field(default="once", description="How often.")
    by: Day | None = Field(default=None, description="Held by this day.")
    subject: TableName | None = Field(default=None, description="Table of which each row holds one.")
    chair: tuple[RoleId, ...] = Field(default=(), description="Roles that lead it.")
    attended_by: tuple[Text, ...] = Field(default=(), description="Who attends: roles or groups of people.")
    agenda: tuple[Text, ...] = Field(default=(), description="Agenda, restated.")
    proofs: tuple[Proof, ...] = Field(default=(), description="Proofs.")
    criteria: tuple[CriterionId, ...] = Field(default=(), description="Criteria that count it.")


class Training(Entry):
    """Training that somebody gets."""

    role: RoleId | None = Field(default=None, description="Who is trained, where it is a role.")
    subject: TableName | None = Field(
        default=None, description="Who is trained, where it is a table: person."
    )
    where: Expression | None = Field(default=None, description="Which rows of it.")
    per: Per = Field(default="once", description="How often.")
    by: Day | None = Field(default=None, description="Done by this day.")
    topics: tuple[Text, ...] = Field(default=(), description="Topics, restated.")
    criteria: tuple[CriterionId, ...] = Field(default=(), description="Criteria that count it.")


class Publicity(Entry):
    """Something shown or handed out: board, card, brochure, talk."""

    subject: TableName | None = Field(default=None, description="Table of which each row gets one.")
    items: tuple[Text, ...] = Field(default=(), description="What it shows, restated.")
    by: Day | None = Field(default=None, description="By this day.")
    responsible: tuple[RoleId, ...] = Field(default=(), description="Roles that see to it.")
    criteria: tuple[CriterionId, ...] = Field(default=(), description="Criteria that check it.")


class Activities(Part):
    """activities.yaml"""

    activities: tuple[Activity, ...] = Field(default=(), description="Kinds of work record.")
    meetings: tuple[Meeting, ...] = Field(default=(), description="Kinds of meeting.")
    trainings: tuple[Training, ...] = Field(default=(), description="Training.")
    publicity: tuple[Publicity, ...] = Field(default=(), description="Publicity.")


class Proposal(Part):
    """A consequence that the system may propose; a named authority decides."""

    action: Id = Field(description="What is proposed: circular, review, talk, no_award, rating_cap.")
    name: Text = Field(description="In Chinese.")
    on: RoleId = Field(description="The role it is proposed for.")
    amount: Figure | None = Field(default=None, description="Appraisal figure; never a wage deduction.")
    unit: Text | None = Field(default=None, description="Unit: 元/件.")


class Consequence(Entry):
    """When what is proposed, and who decides after notice and reply."""

    subject: TableName = Field(description="The table whose rows are looked at.")
    per: Per = Field(default="campaign", description="In which period.")
    when: Expression | None = Field(default=None, description="When it is proposed.")
    upon: Text | None = Field(default=None, description="When, where no record can tell: a person starts it.")
    propose: tuple[Proposal, ...] = Field(min_length=1, description="What is proposed.")
    decided_by: tuple[RoleId, ...] = Field(min_length=1, description="Roles that decide.")
    notice_days: Count | None = Field(default=None, description="Days for a reply before a decision.")
    veto: Flag = Field(default=False, description="A one-vote veto of the appraisal.")


class LeaveKind(Entry):
    """A kind of absence with leave."""

    proofs: tuple[Proof, ...] = Field(default=(), description="Proofs.")
    excuses: Flag = Field(default=True, description="Days count as excused.")


class LeaveRoute(Entry):
    """Who grants leave of which length."""

    over_days: Figure | None = Field(default=None, description="More than so many days.")
    up_to_days: Figure | None = Field(default=None, description="Up to and with so many days.")
    granted_by: tuple[RoleId, ...] = Field(min_length=1, description="Roles, in order.")


class Honour(Entry):
    """Recognition: by consent only where it names a person or household."""

    subject: TableName = Field(description="The table that is honoured.")
    per: Per = Field(default="once", description="How often.")
    consent: Flag = Field(default=True, description="Needs written consent.")
    proposed_by: tuple[RoleId, ...] = Field(default=(), description="Roles that propose.")


class Conduct(Part):
    """conduct.yaml"""

    consequences: tuple[Consequence, ...] = Field(
        default=(), description="Ladder of absence, amounts, vetoes."
    )
    leave_kinds: tuple[LeaveKind, ...] = Field(default=(), description="Kinds of leave.")
    leave_routes: tuple[LeaveRoute, ...] = Field(default=(), description="Who grants leave.")
    honours: tuple[Honour, ...] = Field(default=(), description="Recognition.")
