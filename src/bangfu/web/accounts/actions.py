"""What changes accounts and roles. Every action is one transaction with its event inside."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from bangfu.core.errors import Problem, UserError
from bangfu.core.messages import N_, Message
from bangfu.web.access import ROLES, Permission, Role
from bangfu.web.accounts.models import RoleGrant, SetupCode, User
from bangfu.web.accounts.policy import can, manages
from bangfu.web.audit.models import EventKind
from bangfu.web.audit.recording import Actor, record
from bangfu.web.divisions.models import Division
from bangfu.web.keyring import fingerprint


class AccountError(UserError):
    """An account or a role that cannot be given as asked."""


def require_can(by: Actor, permission: Permission, division: Division | str | None = None) -> None:
    """Raises PermissionDenied unless `by` may; a command at the server may everything."""
    if isinstance(by, User) and not can(by, permission, division):
        raise PermissionDenied


@transaction.atomic
def create_user(
    *,
    by: Actor,
    username: str,
    display_name: str,
    password: str,
    cadre_id: int | None = None,
    must_change_password: bool = True,
) -> User:
    """An account without any role. Raises AccountError where the name is taken."""
    require_can(by, Permission.ACCOUNT_MANAGE)
    if User.objects.filter(username__iexact=username).exists():
        message = Message(N_("用户名“{name}”已有人使用"), {"name": username})
        raise AccountError(Problem("account.taken", message, remedy=Message(N_("请换一个用户名。"))))
    user = User(
        username=username,
        display_name=display_name,
        password=make_password(password),
        cadre_id=cadre_id,
        must_change_password=must_change_password,
    )
    user.full_clean()
    user.save()
    record(by=by, kind=EventKind.ACCOUNT_CREATED, subject="user", subject_id=user.pk)
    return user


@transaction.atomic
def grant_role(
    *, by: Actor, user: User, role: Role, division: Division, begins_on: date, ends_on: date | None = None
) -> RoleGrant:
    """Let a user hold a role at a division.

    Nobody gives out more than they may give: `account.manage` is needed at that division, and only an
    administrator makes another.
    """
    require_can(by, Permission.ACCOUNT_MANAGE, division)
    if isinstance(by, User) and not ROLES[role].permissions <= _held(by, division):
        _require_giving(by, role, division)
    grant = RoleGrant(user=user, role=role.value, division=division, begins_on=begins_on, ends_on=ends_on)
    grant.full_clean()
    grant.save()
    record(
        by=by,
        kind=EventKind.ROLE_GRANTED,
        subject="user",
        subject_id=user.pk,
        division=division.code,
        details={"role": role.value, "begins_on": begins_on.isoformat(), "grant": grant.pk},
    )
    return grant


def _held(by: User, division: Division) -> set[Permission]:
    return {permission for permission in Permission if can(by, permission, division)}


def _require_giving(by: User, role: Role, division: Division) -> None:
    """Administrators give out any role, though they hold none of its permissions themselves."""
    is_administrator = (
        RoleGrant.objects.filter(user=by, role=Role.ADMINISTRATOR.value)
        .in_force(timezone.localdate())
        .filter(division__in=Division.objects.filter(code__in=division.path.strip("/").split("/")))
    )
    if not is_administrator.exists():
        raise PermissionDenied


@transaction.atomic
def end_role(*, by: Actor, grant: RoleGrant, last_day: date) -> None:
    """The role ends with that day."""
    require_can(by, Permission.ACCOUNT_MANAGE, grant.division)
    RoleGrant.objects.filter(pk=grant.pk).update(ends_on=max(last_day, grant.begins_on))
    details: dict[str, object] = {"role": grant.role, "grant": grant.pk, "ends_on": last_day.isoformat()}
    record(
        by=by,
        kind=EventKind.ROLE_ENDED,
        subject="user",
        subject_id=grant.user_id,
        division=grant.division_id,
        details=details,
    )


@transaction.atomic
def lock_user(*, by: Actor, user: User) -> None:
    """The account cannot be used any more; whoever is signed in with it is out at once."""
    _require_managing(by, user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    end_sessions(user)
    record(by=by, kind=EventKind.ACCOUNT_LOCKED, subject="user", subject_id=user.pk)


@transaction.atomic
def unlock_user(*, by: Actor, user: User) -> None:
    """The account can be used again."""
    _require_managing(by, user)
    User.objects.filter(pk=user.pk).update(is_active=True)
    record(by=by, kind=EventKind.ACCOUNT_UNLOCKED, subject="user", subject_id=user.pk)


@transaction.atomic
def sign_out_user(*, by: Actor, user: User) -> None:
    """Whoever is signed in with the account is out at once."""
    _require_managing(by, user)
    end_sessions(user)
    record(by=by, kind=EventKind.SESSIONS_ENDED, subject="user", subject_id=user.pk)


@transaction.atomic
def reset_password(*, by: Actor, user: User) -> str:
    """A password for the next sign-in only, given back once; whoever is signed in is out."""
    _require_managing(by, user)
    password = secrets.token_urlsafe(9)
    User.objects.filter(pk=user.pk).update(password=make_password(password), must_change_password=True)
    end_sessions(user)
    record(by=by, kind=EventKind.PASSWORD_RESET, subject="user", subject_id=user.pk)
    return password


@dataclass(frozen=True)
class Invitation:
    """Somebody who is to have an account, and the role that they begin with."""

    username: str
    display_name: str
    role: Role
    division: Division
    begins_on: date
    ends_on: date | None = None


@transaction.atomic
def invite(*, by: Actor, people: Sequence[Invitation]) -> list[tuple[User, str]]:
    """Accounts with a role and a password for the first sign-in, all of them or none.

    Raises AccountError where a name is taken, PermissionDenied where a role may not be given.
    """
    found = []
    for one in people:
        password = secrets.token_urlsafe(9)
        user = create_user(by=by, username=one.username, display_name=one.display_name, password=password)
        grant_role(
            by=by,
            user=user,
            role=one.role,
            division=one.division,
            begins_on=one.begins_on,
            ends_on=one.ends_on,
        )
        found.append((user, password))
    return found


def _require_managing(by: Actor, user: User) -> None:
    if isinstance(by, User) and not manages(by, user):
        raise PermissionDenied


def end_sessions(user: User) -> None:
    """Sign the user out everywhere."""
    keys = user.usersession_set.values_list("session_key", flat=True)  # type: ignore[attr-defined]
    Session.objects.filter(session_key__in=list(keys)).delete()


def new_setup_code() -> str | None:
    """A fresh code for the set-up page, while nobody has an account; else None."""
    if User.objects.exists():
        return None
    code = secrets.token_hex(8)
    SetupCode.objects.all().delete()
    SetupCode.objects.create(digest=fingerprint(code.encode()))
    return code


@transaction.atomic
def create_first_administrator(
    *, code: str, username: str, display_name: str, password: str, division: Division
) -> User:
    """The one account that nobody gives: whoever reads the code at the server makes it, once.

    Raises AccountError where the code is wrong or somebody was first.
    """
    held = SetupCode.objects.select_for_update().filter(digest=fingerprint(code.strip().encode()))
    if User.objects.exists() or not held.exists():
        remedy = Message(N_("安装码显示在启动服务的窗口里；重新启动服务会换一个。"))
        raise AccountError(Problem("account.setup", Message(N_("安装码不对，或者已经用过")), remedy=remedy))
    held.delete()
    user = User(username=username, display_name=display_name, password=make_password(password))
    user.full_clean()
    user.save()
    begins = timezone.localdate()
    grant = RoleGrant.objects.create(
        user=user, role=Role.ADMINISTRATOR.value, division=division, begins_on=begins
    )
    record(by=user, kind=EventKind.ACCOUNT_CREATED, subject="user", subject_id=user.pk)
    record(
        by=user,
        kind=EventKind.ROLE_GRANTED,
        subject="user",
        subject_id=user.pk,
        division=division.code,
        details={"role": grant.role, "grant": grant.pk},
    )
    return user
