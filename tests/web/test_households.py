"""The list and the page of households: found, filtered, paged, scoped; nothing personal in an address."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bangfu.web.access import Role
from bangfu.web.accounts.models import User
from bangfu.web.pages import tables
from tests.web import world

SignIn = Callable[[Role | User], Client]


def heads(client: Client, url: str = "/households/", **posted: str) -> list[int]:
    page = (client.post(url, posted) if posted else client.get(url)).content.decode()
    return [int(number) for number in re.findall(r'href="/households/(\d+)/"', page)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("户主1", [1]),
        ("配偶5", [5]),
        ("9900000004", [4]),
        (world.id_number(30), [3]),
        (world.id_number(31), [3]),
        (world.id_number(20)[-4:], [2]),
        (world.phone(6), [6]),
        ("和平", [4, 5, 6]),
        ("户主7", []),  # of another township
        (world.id_number(70), []),
        ("甲村", []),
        ("'; DROP TABLE", []),
    ],
)
def test_a_household_is_found(as_: SignIn, text: str, found: list[int]) -> None:
    assert heads(as_(Role.TOWNSHIP_OFFICER), q=text) == found


def test_the_county_sees_both_townships(as_: SignIn) -> None:
    assert heads(as_(Role.COUNTY_OFFICER)) == list(range(1, 13))
    assert heads(as_(Role.COUNTY_OFFICER), q="户主7") == [7]


def test_filters_and_order(as_: SignIn) -> None:
    client = as_(Role.TOWNSHIP_OFFICER)
    assert heads(client, "/households/?status=exited") == [1, 3, 5]
    assert heads(client, "/households/?status=exited&village=2&sort=-code") == [5]
    assert heads(client, "/households/?village=3") == list(range(1, 7)), "a foreign village is no choice"
    assert heads(client, "/households/?sort=-code") == [6, 5, 4, 3, 2, 1]
    assert heads(client, "/households/?sort=phone") == [1, 2, 3, 4, 5, 6]


def test_pages(as_: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "PAGE_ROWS", 4)
    client = as_(Role.TOWNSHIP_OFFICER)
    assert heads(client, "/households/?page=2") == [5, 6]
    assert heads(client, "/households/?page=99") == [5, 6]
    assert heads(client, "/households/?page=x") == [1, 2, 3, 4]
    found = client.post("/households/", {"q": "户主"}).content.decode()
    assert 'formaction="?page=2"' in found, "a search travels in the body from page to page"
    assert heads(client, "/households/?page=2", q="户主") == [5, 6]


def test_what_was_typed_stands_in_no_address(as_: SignIn) -> None:
    page = as_(Role.TOWNSHIP_OFFICER).post("/households/", {"q": world.id_number(10)}).content.decode()
    for address in re.findall(r'(?:href|action|formaction)="([^"]*)"', page):
        assert world.id_number(10) not in address


def test_numbers_are_masked_and_shown_for_a_reason(as_: SignIn) -> None:
    client = as_(Role.TOWNSHIP_OFFICER)
    page = client.get("/households/1/").content.decode()
    for value in (world.phone(1), world.id_number(10), world.id_number(11)):
        assert value not in page
    assert "19*******01" in page
    url = "/households/reveal/household/1/phone/"
    assert client.post(url, {"reason": ""}).status_code == 400
    assert client.post(url, {"reason": "看看 13800000000"}).status_code == 400
    assert world.phone(1) in client.post(url, {"reason": "通知开会"}).content.decode()
    assert client.post("/households/reveal/household/1/head_name/", {"reason": "看看"}).status_code == 404
    assert client.post("/households/reveal/nothing/1/phone/", {"reason": "看看"}).status_code == 404
    assert client.post("/households/reveal/household/7/phone/", {"reason": "通知开会"}).status_code == 404


def test_health_is_for_those_who_may_see_it(as_: SignIn) -> None:
    assert "某" in as_(Role.TOWNSHIP_OFFICER).get("/households/1/").content.decode()
    cadre = as_(Role.VILLAGE_CADRE).get("/households/1/").content.decode()
    assert "凭权限查看" in cadre
    assert "大病病种" in cadre


@pytest.mark.parametrize(
    ("url", "limit"),
    [
        ("/", 18),
        ("/households/", 20),
        ("/households/1/", 50),
        ("/households/1/history/", 50),
        ("/households/1/on/", 50),
        ("/households/1/change/split/", 20),
        ("/households/requests/", 20),
        ("/people/", 16),
        ("/audit/", 18),
    ],
)
def test_queries_are_bounded(as_: SignIn, url: str, limit: int) -> None:
    client = as_(Role.COUNTY_OFFICER)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(url).status_code == 200
    assert len(queries) <= limit, len(queries)
