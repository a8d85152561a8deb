"""Write an event, and check that the whole log is as it was written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC
from typing import Protocol

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from bangfu.web.audit.models import Event, EventKind

_LOCK = 4_204_001  # names the log among the advisory locks of PostgreSQL
_BATCH = 2_000


class Actor(Protocol):
    """Whoever does something: a user, or a command that says its name."""

    @property
    def pk(self) -> int | None:
        """The user's key; None for a command."""

    def get_username(self) -> str:
        """The name to sign with."""


@dataclass(frozen=True)
class Command:
    """A command at the server, as an actor."""

    name: str
    pk: int | None = None

    def get_username(self) -> str:
        """The name to sign with."""
        return f"command:{self.name}"


def record(
    *,
    by: Actor | None,
    kind: EventKind,
    subject: str = "",
    subject_id: int | None = None,
    division: str = "",
    details: dict[str, object] | None = None,
) -> Event:
    """Append an event within the transaction of what it witnesses: neither is there without the other.

    Call it last: whoever writes the log holds it until the transaction ends.
    """
    with transaction.atomic():
        _lock()
        last = Event.objects.order_by("-number").only("number", "seal").first()
        event = Event(
            number=last.number + 1 if last else 1,
            at=timezone.now().astimezone(UTC),
            kind=kind.value,
            by_id=by.pk if by else None,
            by_name=by.get_username() if by else "",
            subject=subject,
            subject_id=subject_id,
            division=division,
            details=details or {},
            previous=last.seal if last else "",
        )
        event.seal = seal_of(event)
        Event.objects.bulk_create([event])
    return event


def _lock() -> None:
    """One writer at a time; on SQLite whoever opened the transaction is that already."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def seal_of(event: Event) -> str:
    """The seal that the event must bear."""
    said = [
        event.number,
        event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        event.kind,
        event.by_id,
        event.by_name,
        event.subject,
        event.subject_id,
        event.division,
        event.details,
        event.previous,
    ]
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    seal: str = settings.KEYRING.witness(text.encode())
    return seal


@dataclass(frozen=True)
class Broken:
    """The first event that is not as it was written. `what`: missing · exchanged · altered."""

    number: int
    what: str


def first_broken() -> Broken | None:
    """The first link of the log that does not hold, or None. Reads the log in pieces."""
    expected, previous = 1, ""
    for event in Event.objects.order_by("number").iterator(_BATCH):
        if event.number != expected:
            return Broken(expected, "missing")
        if event.previous != previous:
            return Broken(event.number, "exchanged")
        if event.seal != seal_of(event):
            return Broken(event.number, "altered")
        expected, previous = expected + 1, event.seal
    return None
