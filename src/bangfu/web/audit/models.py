"""Events. No foreign keys: the log outlives what it speaks of. Written by `record` only, never changed."""

from __future__ import annotations

from enum import StrEnum
from typing import NoReturn

from django.db import models


class EventKind(StrEnum):
    """Everything that leaves a trace."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of an event
    ACCOUNT_CREATED = "account_created"
    ACCOUNT_LOCKED = "account_locked"
    ACCOUNT_UNLOCKED = "account_unlocked"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - the name of an event
    SESSIONS_ENDED = "sessions_ended"
    ROLE_GRANTED = "role_granted"
    ROLE_ENDED = "role_ended"
    DIVISIONS_LOADED = "divisions_loaded"
    HOUSEHOLD_READ = "household_read"
    VALUE_REVEALED = "value_revealed"
    REGISTER_CHANGED = "register_changed"
    REGISTER_UNDONE = "register_undone"
    CHANGE_PROPOSED = "change_proposed"
    CHANGE_APPROVED = "change_approved"
    CHANGE_REFUSED = "change_refused"
    CHANGE_WITHDRAWN = "change_withdrawn"
    IMPORT_CHECKED = "import_checked"
    IMPORT_FILE_READ = "import_file_read"
    ISSUES_RAISED = "issues_raised"
    ISSUES_MOVED = "issues_moved"
    ISSUES_UNDONE = "issues_undone"
    ISSUE_READ = "issue_read"
    EVIDENCE_READ = "evidence_read"
    LEDGER_EXPORTED = "ledger_exported"
    LEDGER_IMPORTED = "ledger_imported"
    PLAN_UPLOADED = "plan_uploaded"
    PLAN_PROPOSED = "plan_proposed"
    PLAN_APPROVED = "plan_approved"
    PLAN_RETURNED = "plan_returned"
    PLAN_WITHDRAWN = "plan_withdrawn"
    PLAN_ENDED = "plan_ended"
    RUN_ASKED = "run_asked"
    RUN_FINISHED = "run_finished"
    RUN_CANCELLED = "run_cancelled"
    RUN_READ = "run_read"
    HOUSEHOLD_JUDGED = "household_judged"
    SNAPSHOT_WRITTEN = "snapshot_written"
    KEYS_ROTATED = "keys_rotated"


class EventQuerySet(models.QuerySet["Event"]):
    """Questions about events; none of them changes one."""

    def about(self, table: str, key: int) -> EventQuerySet:
        """Events about one row of the register, the newest first."""
        return self.filter(subject=table, subject_id=key).order_by("-number")

    def update(self, **kwargs: object) -> NoReturn:
        """Events never change."""
        raise TypeError("the audit log is append-only")

    def delete(self) -> NoReturn:
        """Events never go."""
        raise TypeError("the audit log is append-only")


class Event(models.Model):
    """`number` counts without a gap; `seal` covers the event and the seal before it.

    `details` holds keys, counts and codes, never a person's value. `division` is the place it concerns, by
    code, for those who may read the events of their own division only.
    """

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    kind = models.CharField(max_length=40, db_index=True)
    by_id = models.BigIntegerField(null=True, db_index=True)
    by_name = models.CharField(max_length=150)
    subject = models.CharField(max_length=40, default="")
    subject_id = models.BigIntegerField(null=True)
    division = models.CharField(max_length=12, default="")
    details = models.JSONField(default=dict)
    previous = models.CharField(max_length=64)
    seal = models.CharField(max_length=64)

    objects = EventQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["subject", "subject_id", "number"])]

    def __str__(self) -> str:
        return f"{self.number} {self.kind}"

    def save(self, *args: object, **kwargs: object) -> NoReturn:
        """Events come from `record` only."""
        raise TypeError("the audit log is append-only")

    def delete(self, *args: object, **kwargs: object) -> NoReturn:
        """Events never go."""
        raise TypeError("the audit log is append-only")
