"""Runs: which plan judged which register as of which day, how far it has come, and where its results lie."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models

from bangfu.web.access import Permission
from bangfu.web.accounts.models import User
from bangfu.web.divisions.models import Division
from bangfu.web.plans.models import Enactment, reaching


class State(StrEnum):
    """How far a run has come."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Move(StrEnum):
    """What may become of a run."""

    BEGIN = "begin"  # also anew, after a worker was killed
    FINISH = "finish"
    FAIL = "fail"
    CANCEL = "cancel"


MOVES: Mapping[State, Mapping[Move, State]] = {
    State.QUEUED: {Move.BEGIN: State.RUNNING, Move.CANCEL: State.CANCELLED},
    State.RUNNING: {
        Move.BEGIN: State.RUNNING,
        Move.FINISH: State.DONE,
        Move.FAIL: State.FAILED,
        Move.CANCEL: State.CANCELLED,
    },
    State.DONE: {},
    State.FAILED: {},
    State.CANCELLED: {},
}
ACTIVE = (State.QUEUED.value, State.RUNNING.value)


def new_name() -> str:
    """A name for a folder that nobody else has."""
    return secrets.token_hex(16)


class RunQuerySet(models.QuerySet["Run"]):
    """Questions about runs."""

    def visible_to(self, user: User | AnonymousUser) -> RunQuerySet:
        """Runs over some of the user's divisions; their results are narrowed to these (`results.Scope`)."""
        return self.filter(reaching(user, Permission.RUN_READ))

    def before(self, run: Run) -> RunQuerySet:
        """Finished runs of the same plan, whatever its version, over the same place; the last first."""
        same = self.filter(enactment__pack__plan_id=run.enactment.pack.plan_id, division=run.division)
        return same.filter(state=State.DONE.value, pk__lt=run.pk).order_by("-pk")


class Run(models.Model):
    """One run. `attempt` counts how often it was begun: what an earlier attempt still writes is not taken.

    `step` is what it does now, `done` of `total`; `problem` why it failed, in the words of the core.
    """

    enactment = models.ForeignKey(Enactment, models.PROTECT, related_name="runs")
    division = models.ForeignKey(Division, models.PROTECT)
    as_of = models.DateField()
    state = models.CharField(max_length=12, default=State.QUEUED.value, db_index=True)
    asked_by = models.ForeignKey(User, models.PROTECT)
    asked_at = models.DateTimeField(auto_now_add=True)
    begun_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    attempt = models.SmallIntegerField(default=0)
    is_cancel_asked = models.BooleanField(default=False)
    step = models.CharField(max_length=200, default="")
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    # Not the key: a folder left over from another database must not be taken for this run's.
    stored_as = models.CharField(max_length=32, default=new_name)
    snapshot_hash = models.CharField(max_length=80, default="")
    problem = models.TextField(default="")

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"run {self.pk}"

    @property
    def folder(self) -> Path:
        """Where the snapshot and the results lie."""
        return Path(settings.HOME) / "runs" / self.stored_as

    def allows(self, move: Move) -> bool:
        """Whether the run stands where the move begins."""
        return move in MOVES[State(self.state)]
