"""Django for the tests of the web platform: on SQLite, or on PostgreSQL with BANGFU_TEST_DATABASE=postgresql."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable

import django
import pytest

if os.environ.get("BANGFU_TEST_DATABASE") == "postgresql":
    from tests.web import postgres

    _url, _stop = postgres.start()
    os.environ["BANGFU_DATABASE"] = _url
    atexit.register(_stop)

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.web.settings"
django.setup()

from django.core.cache import cache  # noqa: E402
from django.db import connections  # noqa: E402
from django.test import Client  # noqa: E402

from bangfu.web.access import Role  # noqa: E402
from bangfu.web.accounts.models import User  # noqa: E402
from tests.web import world  # noqa: E402


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> None:
    """Two townships with their register, once; each test works in a transaction that is taken back."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        world.build()
        connections.close_all() if os.environ.get("BANGFU_TEST_DATABASE") else None


@pytest.fixture(autouse=True)
def _database(db: None) -> None:
    """Every test may use the database."""
    cache.clear()


@pytest.fixture
def people() -> dict[Role, User]:
    """Somebody of every role, in the first township or above it."""
    return {role: User.objects.get(username=role.value) for role in Role}


@pytest.fixture
def as_(people: dict[Role, User]) -> Callable[[Role | User], Client]:
    """A browser in which somebody is signed in."""

    def sign_in(who: Role | User) -> Client:
        client = Client()
        user = who if isinstance(who, User) else people[who]
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return sign_in
