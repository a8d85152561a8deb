"""The doors: every view says who may enter, or nobody may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from bangfu.web.access import access_of
from bangfu.web.accounts.models import User
from bangfu.web.accounts.policy import can

_CHANGE_PASSWORD = "account_change_password"  # noqa: S105 - the name of a page
_ALWAYS_OPEN = {_CHANGE_PASSWORD, "account_logout", "account_reauthenticate", "language"}


class Doors:
    """Refuses a view that says nothing, a stranger, and whoever lacks the permission."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """None lets the request in."""
        name = request.resolver_match.url_name if request.resolver_match else None
        access = access_of(view, name)
        if access is None:
            raise PermissionDenied
        if access.kind == "public":
            return None
        user = request.user
        if not isinstance(user, User):
            if not User.objects.exists():
                return redirect("setup")
            return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
        if user.must_change_password and name not in _ALWAYS_OPEN:
            return redirect(_CHANGE_PASSWORD)
        if access.kind == "any_of" and not any(can(user, permission) for permission in access.permissions):
            raise PermissionDenied
        return None
