"""Issues and what happened to them. An issue's row is where it stands; its events, replayed, prove that."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import NoReturn

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils import timezone

from bangfu.core.casework import LIVE, State
from bangfu.web.access import Permission
from bangfu.web.accounts.models import User
from bangfu.web.accounts.policy import codes_of
from bangfu.web.divisions.models import Division
from bangfu.web.registry.rows import rows

LIVE_STATES = sorted(LIVE)
NOBODY = Q(pk__in=[])


class Origin(StrEnum):
    """How an issue came into the ledger."""

    RUN = "run"
    HAND = "hand"
    WORKBOOK = "workbook"


def identities(user: User) -> frozenset[str]:
    """All names under which an account's human being is known in the ledger."""
    own = {f"user:{user.pk}"}
    return frozenset(own | {f"cadre:{user.cadre_id}"} if user.cadre_id is not None else own)


def agencies_of(user: User, on: date | None = None) -> list[int]:
    """The agencies that the account's row of cadres belongs to on a day (today)."""
    if user.cadre_id is None:
        return []
    day = on or timezone.localdate()
    held = rows("agency_membership").filter(cadre_id=user.cadre_id, agency_id__isnull=False)
    held = held.filter(Q(start_on__isnull=True) | Q(start_on__lte=day))
    keys = held.filter(Q(end_on__isnull=True) | Q(end_on__gte=day)).values_list("agency_id", flat=True)
    return sorted(set(keys))


def places(user: User | AnonymousUser, permission: Permission, at: str) -> Q:
    """Rows whose division `at` lies where the user holds the permission."""
    found = NOBODY
    for code in Division.objects.filter(code__in=codes_of(user, permission)).values_list("path", flat=True):
        found |= Q(**{f"{at}__path__startswith": code})
    return found


def helped(user: User) -> Q:
    """Rows of the households that the user's own row of cadres is paired with today."""
    if user.cadre_id is None or not codes_of(user, Permission.ISSUE_READ_OWN):
        return NOBODY
    pairings = rows("pairing").filter(cadre_id=user.cadre_id)
    today = timezone.localdate()
    standing = pairings.filter(Q(end_on__isnull=True) | Q(end_on__gte=today))
    return Q(household_id__in=standing.values("household_id"))


class IssueQuerySet(models.QuerySet["Issue"]):
    """Questions about issues."""

    def visible_to(self, user: User | AnonymousUser) -> IssueQuerySet:
        """Those of the user's divisions; those that the user or the user's agency is to mend; those of the
        households that the user helps."""
        if not isinstance(user, User):
            return self.none()
        seen = places(user, Permission.ISSUE_READ, "division")
        if codes_of(user, Permission.ISSUE_WORK):
            seen |= self._assigned(user)
        return self.filter(seen | helped(user))

    def within(self, user: User, permission: Permission) -> IssueQuerySet:
        """Those of the divisions where the user holds a permission."""
        return self.filter(places(user, permission, "division"))

    def mine(self, user: User) -> IssueQuerySet:
        """Those that the user is to mend, and those of the user's own households that nobody has yet."""
        unassigned = Q(assignee="", responsible_cadre_id=user.cadre_id) if user.cadre_id else NOBODY
        return self.filter(Q(assignee__in=identities(user)) | unassigned)

    def of_agencies(self, keys: list[int]) -> IssueQuerySet:
        """Those that one of the agencies, or one of its people, is to mend."""
        return self.filter(Q(assignee__in=[f"agency:{key}" for key in keys]) | Q(agency_id__in=keys))

    def live(self) -> IssueQuerySet:
        """Those neither closed nor void."""
        return self.filter(state__in=LIVE_STATES)

    def overdue(self, on: date) -> IssueQuerySet:
        """Those that live and are past their day."""
        return self.live().filter(due_on__lt=on)

    def _assigned(self, user: User) -> Q:
        names = {*identities(user), *(f"agency:{key}" for key in agencies_of(user))}
        return Q(assignee__in=names)


class Issue(models.Model):
    """A problem that somebody must mend.

    `group` is what findings of one issue have in common (`core.casework.group_of`); `assignee` is `user:…`,
    `cadre:…` or `agency:…`; `responsible` the plan's words; `version` counts the events. `run_outcome` is what the
    last run of the plan said: unmet, unknown, cleared.
    """

    origin = models.CharField(max_length=10)
    group = models.CharField(max_length=64)
    plan_id = models.CharField(max_length=120, default="")
    plan_version = models.CharField(max_length=40, default="")
    division = models.ForeignKey(Division, models.PROTECT, related_name="+")
    household = models.ForeignKey(
        "registry.Household", models.DO_NOTHING, null=True, db_constraint=False, related_name="+"
    )
    subject_name = models.CharField(max_length=200, default="")
    source = models.CharField(max_length=40, default="")
    kind = models.CharField(max_length=40, default="")
    severity = models.CharField(max_length=10, default="normal")
    problem = models.TextField()
    facts = models.TextField(default="")
    period = models.CharField(max_length=200, default="")
    clause = models.TextField(default="")
    remedy = models.TextField(default="")
    responsible = models.TextField(default="")
    responsible_cadre_id = models.BigIntegerField(null=True, db_index=True)
    agency_id = models.BigIntegerField(null=True, db_index=True)
    extension_to = models.CharField(max_length=200, default="")
    state = models.CharField(max_length=20, default=State.OPEN.value)
    assignee = models.CharField(max_length=30, default="", db_index=True)
    assignee_name = models.CharField(max_length=120, default="")
    found_on = models.DateField()
    due_on = models.DateField(null=True)
    first_due_on = models.DateField(null=True)
    extension_asked_on = models.DateField(null=True)
    extended = models.SmallIntegerField(default=0)
    ended_on = models.DateField(null=True)
    closure_number = models.CharField(max_length=20, null=True, unique=True)
    relapse_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="relapses")
    run_outcome = models.CharField(max_length=10, default="")
    run_on = models.DateField(null=True)
    version = models.IntegerField(default=1)

    objects = IssueQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["group"], condition=Q(state__in=LIVE_STATES), name="one_live_issue_a_group"
            )
        ]
        indexes = [
            models.Index(fields=["division", "state"]),
            models.Index(fields=["state", "due_on"]),
            models.Index(fields=["plan_id"]),
        ]

    def __str__(self) -> str:
        return f"issue {self.pk}"

    @property
    def number(self) -> str:
        """How the issue is called on paper."""
        return f"{self.found_on.year}-{self.pk:06d}"


class AppendOnly(models.QuerySet["IssueEvent"]):
    """Questions about events; none of them changes one."""

    def update(self, **kwargs: object) -> NoReturn:
        """Events never change."""
        raise TypeError("what happened to an issue is append-only")

    def delete(self) -> NoReturn:
        """Events never go."""
        raise TypeError("what happened to an issue is append-only")


class BulkStep(models.Model):
    """A move made with many issues at once; it can be taken back as one."""

    move = models.CharField(max_length=20)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    count = models.IntegerField(default=0)
    words = models.CharField(max_length=200, default="")
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"bulk step {self.pk}"


class IssueEvent(models.Model):
    """One act on an issue, the `number`-th. `hands`: the ids of whoever acted; `before_*`: what stood before."""

    issue = models.ForeignKey(Issue, models.PROTECT, related_name="events")
    number = models.IntegerField()
    move = models.CharField(max_length=20)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    hands = models.JSONField(default=list)
    at = models.DateTimeField(auto_now_add=True)
    before_state = models.CharField(max_length=20, default="")
    before_assignee = models.CharField(max_length=30, default="")
    before_assignee_name = models.CharField(max_length=120, default="")
    before_due_on = models.DateField(null=True)
    state = models.CharField(max_length=20)
    text = models.TextField(default="")
    assignee = models.CharField(max_length=30, default="")
    assignee_name = models.CharField(max_length=120, default="")
    due_on = models.DateField(null=True)
    evidence = models.IntegerField(default=0)
    link = models.BigIntegerField(null=True)
    bulk = models.ForeignKey(BulkStep, models.PROTECT, null=True, related_name="events")

    objects = AppendOnly.as_manager()

    class Meta:
        ordering = ["issue_id", "number"]
        constraints = [models.UniqueConstraint(fields=["issue", "number"], name="one_event_a_number")]

    def __str__(self) -> str:
        return f"{self.issue_id}.{self.number} {self.move}"

    def delete(self, *args: object, **kwargs: object) -> NoReturn:
        """Events never go."""
        raise TypeError("what happened to an issue is append-only")


class IssueFinding(models.Model):
    """A finding that an issue stands for. `facts`: tells whether the values are those of another time."""

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="findings")
    criterion = models.CharField(max_length=80)
    subject = models.CharField(max_length=40)
    subject_key = models.BigIntegerField()
    period = models.CharField(max_length=60)
    facts = models.CharField(max_length=16)
    sentence = models.TextField(default="")
    found_on = models.DateField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["issue", "criterion", "subject", "subject_key", "period"], name="a_finding_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.criterion} {self.subject} {self.subject_key} {self.period}"


class Phase(StrEnum):
    """What a piece of evidence shows."""

    BEFORE = "before"
    AFTER = "after"


class Evidence(models.Model):
    """A picture or paper that shows how it was or is. It lies closed in the storage; pictures without their
    metadata. `origin_digest` is of the file as it was handed in: the same picture twice is told."""

    issue = models.ForeignKey(Issue, models.PROTECT, related_name="evidence")
    phase = models.CharField(max_length=10)
    name = models.CharField(max_length=120)
    media = models.CharField(max_length=40)
    size = models.BigIntegerField()
    origin_digest = models.CharField(max_length=64, db_index=True)
    stored_as = models.CharField(max_length=100)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"evidence {self.pk}"


class QuestionQuerySet(models.QuerySet["Question"]):
    """Questions about what is not known."""

    def visible_to(self, user: User | AnonymousUser) -> QuestionQuerySet:
        """Those of the user's divisions, and of the households that the user helps."""
        if not isinstance(user, User):
            return self.none()
        return self.filter(places(user, Permission.ISSUE_READ, "division") | helped(user))

    def standing(self) -> QuestionQuerySet:
        """Those not answered yet."""
        return self.filter(settled_on__isnull=True)


class Question(models.Model):
    """What is to be asked at the next visit because conclusions wait for it; never an issue."""

    plan_id = models.CharField(max_length=120)
    division = models.ForeignKey(Division, models.PROTECT, related_name="+")
    owner = models.CharField(max_length=40)
    owner_key = models.BigIntegerField()
    household = models.ForeignKey(
        "registry.Household", models.DO_NOTHING, null=True, db_constraint=False, related_name="+"
    )
    subject_name = models.CharField(max_length=200, default="")
    missing = models.CharField(max_length=200)
    remedy = models.TextField(default="")
    waiting = models.TextField(default="")
    conclusions = models.IntegerField(default=1)
    responsible = models.TextField(default="")
    asked_on = models.DateField()
    settled_on = models.DateField(null=True)

    objects = QuestionQuerySet.as_manager()

    class Meta:
        ordering = ["division_id", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan_id", "owner", "owner_key", "missing"], name="a_question_once"
            )
        ]

    def __str__(self) -> str:
        return f"question {self.pk}"


class ClosureCounter(models.Model):
    """The last closure number of a year."""

    year = models.IntegerField(primary_key=True)
    last = models.IntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class IntakeState(StrEnum):
    """How far the taking of a run has come."""

    QUEUED = "queued"
    DONE = "done"
    FAILED = "failed"


class RunIntakeQuerySet(models.QuerySet["RunIntake"]):
    """Questions about runs taken into the ledger."""

    def visible_to(self, user: User | AnonymousUser) -> RunIntakeQuerySet:
        """Those of the divisions where the user dispatches."""
        return self.filter(places(user, Permission.ISSUE_DISPATCH, "division"))


class RunIntake(models.Model):
    """A division's part of a run, taken into the ledger; `counts`: what it gave (`intake.Taken`)."""

    run = models.ForeignKey("runs.Run", models.PROTECT, related_name="+")
    division = models.ForeignKey(Division, models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=10, default=IntakeState.QUEUED.value)
    ended_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)
    problem = models.TextField(default="")

    objects = RunIntakeQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"intake {self.pk}"


class FileState(StrEnum):
    """How far a workbook of issues has come."""

    CHECKED = "checked"
    COMMITTED = "committed"
    DISCARDED = "discarded"


class IssueFileQuerySet(models.QuerySet["IssueFile"]):
    """Questions about workbooks of issues."""

    def visible_to(self, user: User | AnonymousUser) -> IssueFileQuerySet:
        """Those of the divisions where the user dispatches."""
        return self.filter(places(user, Permission.ISSUE_DISPATCH, "division"))


class IssueFile(models.Model):
    """A workbook of issues that somebody handed in: superiors' feedback, or our own ledger come back. It lies
    closed in the storage until it is written or let go of. `counts`: what it does, as last checked."""

    division = models.ForeignKey(Division, models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    stored_as = models.CharField(max_length=100)
    source = models.CharField(max_length=40)
    state = models.CharField(max_length=10, default=FileState.CHECKED.value)
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(auto_now_add=True)
    counts = models.JSONField(default=dict)

    objects = IssueFileQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"issue file {self.pk}"
