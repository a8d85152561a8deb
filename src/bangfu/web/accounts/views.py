"""The set-up page, the language, and one's own account."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from bangfu.web.access import public, signed_in
from bangfu.web.accounts.actions import AccountError, create_first_administrator
from bangfu.web.accounts.forms import SetupForm
from bangfu.web.accounts.models import User


@public
@require_http_methods(["GET", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    """The first administrator; no such page once there is an account."""
    if User.objects.exists():
        raise Http404
    form = SetupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = {name: value for name, value in form.cleaned_data.items() if name != "again"}
        try:
            create_first_administrator(**said)
        except AccountError as error:
            form.add_error("code", str(error))
        else:
            return redirect(settings.LOGIN_URL)
    return render(request, "accounts/setup.html", {"form": form})


@public
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Keep the chosen language in a cookie and go back."""
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}):
        target = "/"
    response = HttpResponseRedirect(target)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        request.POST.get("language", ""),
        max_age=365 * 24 * 3600,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


@signed_in
def account(request: HttpRequest) -> HttpResponse:
    """One's own account: roles, password, second factor, sessions."""
    assert isinstance(request.user, User)  # noqa: S101 - the doors let nobody else in
    grants = request.user.grants.select_related("division").order_by("-begins_on")
    return render(request, "accounts/account.html", {"grants": grants})
