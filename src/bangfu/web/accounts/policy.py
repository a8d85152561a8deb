"""May this person do that there? The only place that answers, for a question or for a whole list."""

from __future__ import annotations

from datetime import date

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.utils import timezone

from bangfu.web.access import Permission
from bangfu.web.access.roles import roles_with
from bangfu.web.accounts.models import RoleGrant, User
from bangfu.web.divisions.models import Division, DivisionQuerySet

Somebody = User | AnonymousUser


def can(user: Somebody, permission: Permission, division: Division | str | None = None) -> bool:
    """Whether the user holds the permission at the division (None: anywhere at all), today."""
    if not isinstance(user, User) or not user.is_active:
        return False
    grants = _grants(user, permission)
    if division is None:
        return bool(grants)
    place = division if isinstance(division, Division) else Division.objects.filter(code=division).first()
    return place is not None and any(place.path.startswith(path) for path in grants.values())


def codes_of(user: Somebody, permission: Permission) -> list[str]:
    """The divisions at which the user holds the permission today, by code."""
    return sorted(_grants(user, permission)) if isinstance(user, User) and user.is_active else []


def divisions_of(user: Somebody, permission: Permission) -> DivisionQuerySet:
    """All divisions in which the user holds the permission today."""
    return Division.objects.below(codes_of(user, permission))


def is_second_factor_due(user: User) -> bool:
    """Whether the user's roles ask for a second factor."""
    return can(user, Permission.ACCOUNT_MANAGE)


def _grants(user: User, permission: Permission) -> dict[str, str]:
    """Code → path of the divisions of the user's grants that give the permission; asked once a request."""
    today = timezone.localdate()
    held: dict[date, list[tuple[str, str, str]]] = user.__dict__.setdefault("_held", {})
    if today not in held:
        grants = RoleGrant.objects.filter(user=user).in_force(today)
        held[today] = list(grants.values_list("role", "division_id", "division__path"))
    giving = roles_with(permission)
    return {code: path for role, code, path in held[today] if role in giving}


def people_of(user: User) -> QuerySet[User]:
    """The accounts that the user looks after: with a role in their divisions, or with none yet."""
    here = divisions_of(user, Permission.ACCOUNT_MANAGE).values("code")
    mine = RoleGrant.objects.filter(division__in=here).values("user_id")
    if not codes_of(user, Permission.ACCOUNT_MANAGE):
        return User.objects.none()
    return User.objects.filter(Q(pk__in=mine) | Q(grants__isnull=True)).distinct()


def manages(by: User, user: User) -> bool:
    """Whether `by` may lock, reset or sign out an account: nobody who holds a role beyond their divisions."""
    here = divisions_of(by, Permission.ACCOUNT_MANAGE).values("code")
    beyond = RoleGrant.objects.filter(user=user).in_force(timezone.localdate()).exclude(division__in=here)
    return can(by, Permission.ACCOUNT_MANAGE) and not beyond.exists()
