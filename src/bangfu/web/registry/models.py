"""The log of changes, and the current rows (`rows`) that it folds into."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

from bangfu.core.register import Batch, Kind
from bangfu.web.access import Permission
from bangfu.web.accounts.models import User
from bangfu.web.registry.fields import SealedField
from bangfu.web.registry.rows import MODELS, Row, rows

__all__ = ["MODELS", "ChangeBatch", "ChangeRequest", "ChangeSegment", "NextKey", "RequestState", "Row"]


class ChangeBatch(models.Model):
    """A batch of the log: the core's `Batch`, numbered without a gap, sealed together with the one before."""

    seq = models.BigIntegerField(primary_key=True)
    batch_id = models.CharField(max_length=64)
    kind = models.CharField(max_length=20)
    source = models.CharField(max_length=200)
    effective_on = models.DateField(db_index=True)
    recorded_at = models.DateTimeField()
    by = models.CharField(max_length=150)
    by_id = models.BigIntegerField(null=True)
    idempotency_key = models.CharField(max_length=128, db_index=True)
    undoes = models.BigIntegerField(null=True)
    rows = models.BigIntegerField()
    previous = models.CharField(max_length=64)
    seal = models.CharField(max_length=64)

    class Meta:
        ordering = ["seq"]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"

    def as_batch(self) -> Batch:
        """The core's batch."""
        return Batch(
            batch_id=self.batch_id,
            kind=Kind(self.kind),
            source=self.source,
            effective_on=self.effective_on,
            recorded_at=self.recorded_at,
            by=self.by,
            idempotency_key=self.idempotency_key,
            undoes=self.undoes,
        )

    def counts(self, as_of: int | date | None) -> bool:
        """Whether the batch belongs to the register as of a batch or a day."""
        if as_of is None:
            return True
        return self.effective_on <= as_of if isinstance(as_of, date) else self.seq <= as_of


class ChangeSegment(models.Model):
    """Some change rows of a batch that speak of one table, sorted by row: the core's change frame as Arrow,
    compressed and closed. `first_row` and `last_row` let the history of a row pass over the others."""

    batch = models.ForeignKey(ChangeBatch, models.PROTECT, related_name="segments")
    table = models.CharField(max_length=40)
    first_row = models.BigIntegerField()
    last_row = models.BigIntegerField()
    rows = models.IntegerField()
    digest = models.CharField(max_length=64)  # of what is inside
    content = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["table", "first_row", "last_row"])]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.table}"


class NextKey(models.Model):
    """The first key that no row of a table ever had."""

    table = models.CharField(max_length=40, primary_key=True)
    next_id = models.BigIntegerField()

    def __str__(self) -> str:
        return self.table


class RequestState(StrEnum):
    """Where a request for a change stands."""

    PROPOSED = "proposed"
    APPLIED = "applied"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class ChangeRequestQuerySet(models.QuerySet["ChangeRequest"]):
    """Questions about requests."""

    def visible_to(self, user: User | AnonymousUser) -> ChangeRequestQuerySet:
        """Requests about households that the user may change or approve changes of."""
        mine = Q(pk__in=[])
        for permission in (Permission.HOUSEHOLD_CHANGE, Permission.HOUSEHOLD_APPROVE):
            mine |= Q(household__in=rows("household").visible_to(user, permission).values("pk"))
        return self.filter(mine)

    def waiting(self) -> ChangeRequestQuerySet:
        """Those that nobody has decided."""
        return self.filter(state=RequestState.PROPOSED.value)


class ChangeRequest(models.Model):
    """A change that a second person has to approve: the form as it was filled in, and what its author saw.

    `household` is a plain key: a request outlives its household. `values`: the form's fields as JSON, closed.
    `base_version`: the batch that had last touched the household's row.
    """

    household = models.BigIntegerField(db_index=True)
    slug = models.CharField(max_length=30)
    division = models.CharField(max_length=12)
    values = SealedField(context="change_request.values")
    base_version = models.BigIntegerField()
    token = models.CharField(max_length=80, unique=True)
    state = models.CharField(max_length=10, default=RequestState.PROPOSED.value)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    answer = SealedField(context="change_request.answer", null=True)  # why it was refused
    batch = models.BigIntegerField(null=True)  # the batch that applied it

    objects = ChangeRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.slug} {self.household} {self.state}"
