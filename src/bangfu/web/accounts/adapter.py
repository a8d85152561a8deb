"""How allauth signs people in here: nobody signs up; every sign-in and every failure is witnessed."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse

from bangfu.web.accounts.models import User
from bangfu.web.audit.models import EventKind
from bangfu.web.audit.recording import record


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are given, not taken."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Counts towards the lock-out; the name that was tried is not kept, it may be anything."""
        super().authentication_failed(request, **credentials)
        record(by=None, kind=EventKind.SIGN_IN_FAILED)

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """The sign-in is witnessed."""
        record(by=user, kind=EventKind.SIGNED_IN)
        response: HttpResponse = super().post_login(request, user, **kwargs)
        return response

    def logout(self, request: HttpRequest) -> None:
        """The sign-out too."""
        user = request.user
        if isinstance(user, User):
            record(by=user, kind=EventKind.SIGNED_OUT)
        super().logout(request)

    def set_password(self, user: User, password: str) -> None:
        """A password of one's own ends the obligation to choose one."""
        user.must_change_password = False
        super().set_password(user, password)
        record(by=user, kind=EventKind.PASSWORD_CHANGED)
