"""Accounts and roles: who may give what, from when to when, and how somebody is put out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone

from bangfu.web.access import Permission, Role
from bangfu.web.accounts.actions import AccountError, create_user, end_role, grant_role, lock_user
from bangfu.web.accounts.models import User
from bangfu.web.accounts.policy import can, divisions_of
from bangfu.web.audit.models import Event, EventKind
from bangfu.web.divisions.models import Division
from tests.web import world

People = dict[Role, User]
SignIn = Callable[[Role | User], Client]


def place(code: str) -> Division:
    return Division.objects.get(code=code)


def newcomer(by: User, name: str = "newcomer") -> User:
    return create_user(by=by, username=name, display_name="新人", password="spring rain 2020")


def give(by: User, user: User, role: Role, code: str) -> None:
    grant_role(by=by, user=user, role=role, division=place(code), begins_on=date(2020, 1, 1))


def test_a_permission_holds_at_the_division_and_below(people: People) -> None:
    officer = people[Role.TOWNSHIP_OFFICER]
    assert can(officer, Permission.HOUSEHOLD_READ, world.HERE)
    assert can(officer, Permission.HOUSEHOLD_READ, world.VILLAGES[1])
    assert not can(officer, Permission.HOUSEHOLD_READ, world.COUNTY)
    assert not can(officer, Permission.HOUSEHOLD_READ, world.VILLAGES[3])
    assert not can(officer, Permission.HOUSEHOLD_READ, "no such code")
    assert not can(officer, Permission.AUDIT_READ)
    codes = set(divisions_of(officer, Permission.HOUSEHOLD_READ).values_list("code", flat=True))
    assert {world.HERE, world.VILLAGES[1]} <= codes
    assert world.VILLAGES[3] not in codes


def test_an_administrator_gives_any_role_in_their_division(people: People) -> None:
    administrator = people[Role.ADMINISTRATOR]
    user = newcomer(administrator)
    give(administrator, user, Role.TOWNSHIP_OFFICER, world.THERE)
    assert can(user, Permission.HOUSEHOLD_READ, world.VILLAGES[3])
    assert Event.objects.latest("number").kind == EventKind.ROLE_GRANTED.value
    with pytest.raises(PermissionDenied):
        give(administrator, user, Role.TOWNSHIP_OFFICER, "500156204000")


def test_nobody_gives_more_than_they_hold(people: People) -> None:
    officer = people[Role.COUNTY_OFFICER]
    user = newcomer(officer)
    give(officer, user, Role.TOWNSHIP_OFFICER, world.HERE)
    with pytest.raises(PermissionDenied):
        give(officer, user, Role.ADMINISTRATOR, world.COUNTY)
    with pytest.raises(PermissionDenied):
        newcomer(people[Role.TOWNSHIP_OFFICER], "another")
    with pytest.raises(PermissionDenied):
        give(people[Role.TOWNSHIP_OFFICER], user, Role.VILLAGE_CADRE, world.HERE)


def test_a_role_ends(people: People) -> None:
    officer = people[Role.TOWNSHIP_OFFICER]
    grant = officer.grants.get()
    end_role(by=people[Role.ADMINISTRATOR], grant=grant, last_day=timezone.localdate() - timedelta(days=1))
    assert not can(User.objects.get(pk=officer.pk), Permission.HOUSEHOLD_READ)


def test_who_is_locked_out_is_out_at_once(people: People, as_: SignIn) -> None:
    client = Client()
    client.post("/account/login/", {"login": "leader", "password": "spring rain 2020"})
    assert client.get("/households/").status_code == 200
    lock_user(by=people[Role.ADMINISTRATOR], user=people[Role.LEADER])
    assert client.get("/households/").status_code == 302
    client.post("/account/login/", {"login": "leader", "password": "spring rain 2020"})
    assert client.get("/households/").status_code == 302


@pytest.mark.parametrize("name", ["430624198001011234", "13800000000", "有 空格", "x"])
def test_a_user_name_is_no_number_of_a_person(people: People, name: str) -> None:
    with pytest.raises(ValidationError):
        newcomer(people[Role.ADMINISTRATOR], name)


def test_a_user_name_is_taken_once(people: People) -> None:
    newcomer(people[Role.ADMINISTRATOR])
    with pytest.raises(AccountError, match="已有人使用"):
        newcomer(people[Role.ADMINISTRATOR], "Newcomer")


def test_the_second_factor_is_asked_for(people: People) -> None:
    from allauth.mfa.totp.internal.auth import (
        TOTP,
        format_hotp_value,
        generate_totp_secret,
        hotp_value,
        yield_hotp_counters_from_time,
    )

    secret = generate_totp_secret()
    TOTP.activate(people[Role.LEADER], secret)
    client = Client()
    response = client.post("/account/login/", {"login": "leader", "password": "spring rain 2020"})
    assert response["Location"].startswith("/account/2fa/authenticate/")
    assert client.get("/households/").status_code == 302
    code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    client.post("/account/2fa/authenticate/", {"code": code})
    assert client.get("/households/").status_code == 200
