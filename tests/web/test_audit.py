"""The audit log: what leaves a trace, and that a trace can be neither changed nor removed unnoticed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client

from bangfu.web.access import Role
from bangfu.web.accounts.models import User
from bangfu.web.audit.models import Event, EventKind
from bangfu.web.audit.recording import Broken, first_broken, record
from tests.web import world

SignIn = Callable[[Role | User], Client]


def tamper(sql: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_the_log_holds() -> None:
    assert Event.objects.count() > 10
    assert first_broken() is None


def test_an_altered_event_is_named() -> None:
    tamper("UPDATE audit_event SET by_name = 'somebody else' WHERE number = 3")
    assert first_broken() == Broken(3, "altered")
    with pytest.raises(CommandError, match="3"):
        call_command("verify")


def test_a_removed_event_is_named() -> None:
    tamper("DELETE FROM audit_event WHERE number = 4")
    assert first_broken() == Broken(4, "missing")


def test_an_exchanged_event_is_named() -> None:
    tamper("UPDATE audit_event SET previous = '' WHERE number = 5")
    assert first_broken() == Broken(5, "exchanged")


def test_events_cannot_be_changed_by_the_program() -> None:
    event = Event.objects.first()
    assert event is not None
    for attempt in (
        event.save,
        event.delete,
        Event.objects.all().delete,
        lambda: Event.objects.update(kind="x"),
    ):
        with pytest.raises(TypeError):
            attempt()


def test_an_event_goes_with_what_it_witnesses() -> None:
    before = Event.objects.count()
    with transaction.atomic():
        record(by=world.TEST, kind=EventKind.SIGNED_IN)
        transaction.set_rollback(True)
    assert Event.objects.count() == before
    record(by=world.TEST, kind=EventKind.SIGNED_IN)
    assert first_broken() is None


def test_reading_a_household_leaves_a_trace(as_: SignIn, people: dict[Role, User]) -> None:
    as_(Role.TOWNSHIP_OFFICER).get("/households/2/")
    event = Event.objects.about("household", 2).get()
    assert (event.kind, event.by_id) == (EventKind.HOUSEHOLD_READ.value, people[Role.TOWNSHIP_OFFICER].pk)
    assert event.division == world.VILLAGES[1]


def test_signing_in_and_failing_to_leave_traces() -> None:
    client = Client()
    client.post("/account/login/", {"login": "leader", "password": "wrong"})
    assert Event.objects.latest("number").kind == EventKind.SIGN_IN_FAILED.value
    assert (
        client.post("/account/login/", {"login": "leader", "password": "spring rain 2020"}).status_code == 302
    )
    assert Event.objects.latest("number").kind == EventKind.SIGNED_IN.value
    client.post("/account/logout/")
    assert Event.objects.latest("number").kind == EventKind.SIGNED_OUT.value


def test_after_five_failures_the_door_stays_shut() -> None:
    client = Client()
    for _ in range(6):
        client.post("/account/login/", {"login": "leader", "password": "wrong"})
    client.post("/account/login/", {"login": "leader", "password": "spring rain 2020"})
    assert client.get("/").status_code == 302


def test_the_log_holds_no_personal_value(as_: SignIn) -> None:
    client = as_(Role.COUNTY_OFFICER)
    client.get("/households/1/")
    client.post("/households/", {"q": world.id_number(10)})
    client.post("/households/reveal/household/1/phone/", {"reason": "核对电话"})
    rows = str(list(Event.objects.values_list()))
    assert world.phone(1) not in rows
    assert world.id_number(10) not in rows
    assert "户主1" not in rows
