"""What a view demands of whoever calls it. A view that says nothing is refused to everybody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from bangfu.web.access.permissions import Permission

View = TypeVar("View", bound=Callable[..., Any])
_ATTRIBUTE = "bangfu_access"


@dataclass(frozen=True)
class Access:
    """`public`: anybody; `signed_in`: anybody with an account; `any_of`: who holds one of these somewhere."""

    kind: Literal["public", "signed_in", "any_of"]
    permissions: frozenset[Permission] = frozenset()


def require(*permissions: Permission) -> Callable[[View], View]:
    """The view is for those who hold one of these permissions somewhere; rows are narrowed by `visible_to`."""

    def mark(view: View) -> View:
        setattr(view, _ATTRIBUTE, Access("any_of", frozenset(permissions)))
        return view

    return mark


def public(view: View) -> View:
    """The view is for anybody, and shows nothing of anybody."""
    setattr(view, _ATTRIBUTE, Access("public"))
    return view


def signed_in(view: View) -> View:
    """The view is for everybody with an account, and shows what is their own."""
    setattr(view, _ATTRIBUTE, Access("signed_in"))
    return view


# Views of others, by name of their URL. What is not listed here is refused.
_OTHERS: dict[str, Access] = {
    "account_login": Access("public"),
    "account_logout": Access("signed_in"),
    "account_inactive": Access("public"),
    "account_reauthenticate": Access("signed_in"),
    "account_change_password": Access("signed_in"),
    "mfa_index": Access("signed_in"),
    "mfa_authenticate": Access("public"),  # between password and code nobody is signed in yet
    "mfa_reauthenticate": Access("signed_in"),
    "mfa_activate_totp": Access("signed_in"),
    "mfa_deactivate_totp": Access("signed_in"),
    "mfa_view_recovery_codes": Access("signed_in"),
    "mfa_generate_recovery_codes": Access("signed_in"),
    "mfa_download_recovery_codes": Access("signed_in"),
    "usersessions_list": Access("signed_in"),
}


def access_of(view: Callable[..., Any], url_name: str | None) -> Access | None:
    """What a view demands; None where nobody said, which is a refusal."""
    said: Access | None = getattr(view, _ATTRIBUTE, None)
    return said or _OTHERS.get(url_name or "")
