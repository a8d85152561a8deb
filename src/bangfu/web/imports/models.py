"""What an office uploaded, what checking it found, and which batch of the register came of it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from enum import StrEnum

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models

from bangfu.web.access import Permission
from bangfu.web.accounts.models import User
from bangfu.web.accounts.policy import divisions_of
from bangfu.web.divisions.models import Division


class State(StrEnum):
    """How far an import has come."""

    UPLOADED = "uploaded"
    REFUSED = "refused"  # the sheets cannot be imported at all
    CHECKED = "checked"
    COMMITTED = "committed"
    UNDONE = "undone"
    DISCARDED = "discarded"


class Move(StrEnum):
    """What may be done with an import."""

    CHECK = "check"
    COMMIT = "commit"
    UNDO = "undo"
    DISCARD = "discard"


MOVES: Mapping[State, frozenset[Move]] = {
    State.UPLOADED: frozenset({Move.CHECK, Move.DISCARD}),
    State.REFUSED: frozenset({Move.CHECK, Move.DISCARD}),
    State.CHECKED: frozenset({Move.CHECK, Move.COMMIT, Move.DISCARD}),
    State.COMMITTED: frozenset({Move.UNDO}),
    State.UNDONE: frozenset({Move.CHECK}),
    State.DISCARDED: frozenset(),
}


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    """Questions about imports."""

    def visible_to(self, user: User | AnonymousUser) -> ImportBatchQuerySet:
        """Those of divisions in which the user may import."""
        if not isinstance(user, User):
            return self.none()
        return self.filter(division__in=divisions_of(user, Permission.IMPORT_COMMIT))


class ImportBatch(models.Model):
    """Workbooks handed in together. `counts` and `refusals` are of the last check; `digest` tells what it would
    change; `seq` is the batch of the register."""

    division = models.ForeignKey(Division, models.PROTECT)
    state = models.CharField(max_length=12, default=State.UPLOADED.value, db_index=True)
    year = models.SmallIntegerField(null=True, blank=True)
    complete_on = models.DateField(null=True, blank=True)
    effective_on = models.DateField()
    uploaded_by = models.ForeignKey(User, models.PROTECT)
    uploaded_at = models.DateTimeField(auto_now_add=True)
    counts = models.JSONField(default=dict)
    refusals = models.JSONField(default=list)
    notes = models.JSONField(default=list)
    problem_count = models.IntegerField(default=0)
    digest = models.CharField(max_length=64, default="")
    seq = models.BigIntegerField(null=True)

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"import {self.pk}"

    def allows(self, move: Move) -> bool:
        """Whether the import stands where the move begins."""
        return move in MOVES[State(self.state)]


class Purpose(StrEnum):
    """What a kept file is."""

    UPLOADED = "uploaded"
    MARKED = "marked"
    PROBLEMS = "problems"


class KeptFile(models.Model):
    """A file of an import. It holds people's data and lies closed in the storage, under a name that tells nothing."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="files")
    purpose = models.CharField(max_length=10)
    name = models.CharField(max_length=200)
    size = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    stored_as = models.CharField(max_length=100)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"

    def content(self) -> bytes:
        """The file in full."""
        with default_storage.open(self.stored_as) as file:
            opened: bytes = settings.KEYRING.open(file.read(), self.stored_as)
        return opened


def stored_names(batch: ImportBatch) -> set[str]:
    """The names under which the files of an import lie in the storage."""
    return set(batch.files.values_list("stored_as", flat=True))


def sweep(names: set[str]) -> None:
    """Remove stored files that no row speaks of any more. Call it after the transaction that let go of them."""
    kept = set(KeptFile.objects.filter(stored_as__in=names).values_list("stored_as", flat=True))
    for name in names - kept:
        default_storage.delete(name)


def keep(batch: ImportBatch, purpose: Purpose, name: str, content: bytes, digest: str) -> KeptFile:
    """Put a file of an import into the storage, closed."""
    stored_as = f"imports/{uuid.uuid5(uuid.NAMESPACE_OID, f'{batch.pk}/{purpose}/{name}/{digest}')}"
    default_storage.delete(stored_as)
    default_storage.save(stored_as, ContentFile(settings.KEYRING.seal(content, stored_as)))
    return KeptFile.objects.create(
        batch=batch, purpose=purpose.value, name=name, size=len(content), digest=digest, stored_as=stored_as
    )
