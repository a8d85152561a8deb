"""What holds for every page: no way in for scripts, one language, set-up without default passwords."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.test import Client

from bangfu.web.access import Role
from bangfu.web.accounts.actions import new_setup_code
from bangfu.web.accounts.models import RoleGrant, User
from bangfu.web.audit.models import Event
from bangfu.web.imports.models import ImportBatch
from tests.web import world

SignIn = Callable[[Role | User], Client]
PAGES = [
    "/",
    "/households/",
    "/households/1/",
    "/households/1/history/",
    "/households/1/on/?day=2019-01-01",
    "/households/1/change/birth/",
    "/households/1/change/split/",
    "/households/2/change/exit/",
    "/households/1/correct/person/10/",
    "/households/1/correct/household/1/?column=risks&column=phone&column=water_safe",
    "/households/requests/",
    "/people/",
    "/people/new/",
    "/people/workbook/",
    "/people/3/",
    "/audit/",
    "/imports/",
    "/imports/new/",
    "/account/",
    "/account/password/",
    "/account/2fa/",
    "/account/sessions/",
    "/account/logout/",
]
PEOPLE = {word for role in Role for word in (role.value, *role.value.split("_"))}
CHINESE = re.compile(r"[\u4e00-\u9fff]+")
# Names of places and people, which have no English here; the switch to Chinese; the register's own words.
DATA = re.compile(r"中文|户主\d+|配偶\d+|干部.|南湖洲镇|湘阴县|镇郊村|和平村|甲村|乙村|某种大病|某")


@pytest.mark.parametrize("url", PAGES)
def test_a_page_carries_the_headers_and_nothing_inline(as_: SignIn, url: str) -> None:
    response = as_(Role.COUNTY_OFFICER).get(url)
    page = response.content.decode()
    assert response.status_code == 200
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]
    assert not re.search(r"<style|<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|javascript:", page)
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)


@pytest.mark.parametrize("url", PAGES)
def test_no_page_is_mixed(as_: SignIn, url: str) -> None:
    client = as_(Role.COUNTY_OFFICER)
    chinese = client.get(url)
    assert chinese["Content-Language"] == "zh-hans"
    client.cookies["bangfu_language"] = "en"
    english = client.get(url)
    places = re.sub(r'<option value="\d{12}"[^>]*>[^<]*', "", english.content.decode())
    left = CHINESE.findall(DATA.sub("", re.sub(r"<[^>]+>", " ", places)))
    assert left == [], left
    said = re.sub(r"<[^>]+>|&[a-z0-9#]+;", " ", chinese.content.decode())
    words = (
        set(re.findall(r"\b[A-Za-z]{3,}\b", said))
        - {"English", "xlsx", "xls", "csv", "county_officer"}
        - PEOPLE
    )
    assert {word for word in words if word.islower()} <= {
        "county",
        "officer",
        "county_officer",
        "world",
        "test",
    }


def test_a_language_that_nobody_speaks_is_ignored() -> None:
    client = Client()
    client.post("/language/", {"language": "xx", "next": "https://elsewhere.example/"})
    assert client.get("/account/login/")["Content-Language"] == "zh-hans"


def test_missing_and_forbidden_pages_say_what_to_do(as_: SignIn) -> None:
    client = as_(Role.HELPER)
    missing, forbidden = client.get("/nowhere/"), client.get("/imports/")
    assert (missing.status_code, forbidden.status_code) == (404, 403)
    assert "导航" in missing.content.decode()
    assert "授权" in forbidden.content.decode()


def test_a_bug_shows_no_value(
    as_: SignIn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError(world.phone(1))

    monkeypatch.setattr("bangfu.web.registry.views.history", broken)
    client = as_(Role.COUNTY_OFFICER)
    client.raise_request_exception = False
    response = client.get("/households/1/")
    assert response.status_code == 500
    assert world.phone(1) not in response.content.decode()


def test_logs_keep_of_an_error_its_place_and_not_its_words() -> None:
    import logging
    import sys

    from bangfu.web.pages.logs import WithoutValues

    try:
        raise ValueError(world.phone(1))
    except ValueError:
        record = logging.LogRecord("django", logging.ERROR, "", 1, "failed", (), sys.exc_info())
    assert WithoutValues().filter(record)
    text = logging.Formatter("%(message)s").format(record)
    assert "ValueError" in text
    assert "test_pages.py" in text
    assert world.phone(1) not in text


@pytest.fixture
def empty() -> None:
    """An installation in which nobody has an account yet."""
    ImportBatch.objects.all().delete()
    RoleGrant.objects.all().delete()
    User.objects.all().delete()


FIRST = {
    "division": world.COUNTY,
    "display_name": "第一人",
    "username": "first",
    "password": "spring rain 2020",
    "again": "spring rain 2020",
}


@pytest.mark.usefixtures("empty")
def test_the_first_administrator_is_made_with_the_code_and_once() -> None:
    client = Client()
    assert client.get("/")["Location"] == "/setup/"
    code = new_setup_code()
    assert client.post("/setup/", FIRST | {"code": "guess"}).status_code == 200
    assert not User.objects.exists()
    assert client.post("/setup/", FIRST | {"code": code, "again": "other"}).status_code == 200
    assert (
        client.post(
            "/setup/", FIRST | {"code": code, "password": "1234567890", "again": "1234567890"}
        ).status_code
        == 200
    )
    assert client.post("/setup/", FIRST | {"code": code}).status_code == 302
    assert User.objects.get().grants.get().role == Role.ADMINISTRATOR.value
    assert client.get("/setup/").status_code == 404
    assert new_setup_code() is None
    assert {"account_created", "role_granted"} <= set(Event.objects.values_list("kind", flat=True))
    signed = client.post("/account/login/", {"login": "first", "password": "spring rain 2020"})
    assert signed["Location"] == "/"


def test_nothing_waits_to_be_migrated() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_health_answers_strangers_and_tells_nothing() -> None:
    assert Client().get("/health/").json() == {"ok": True}
