"""Which rows of the register somebody may see: by the place where a row lies, or by whom it is helped.

The place of a row is its first link that leads to a village, township or county and is filled, the shortest
path first. A row that lies nowhere is seen by those only whose grant is a county's or above.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils import timezone

from bangfu.core.divisions import Level
from bangfu.core.vocabulary import Table, load_vocabulary
from bangfu.web.access import Permission
from bangfu.web.accounts.models import User
from bangfu.web.accounts.policy import codes_of
from bangfu.web.divisions.models import Division

AREAS = ("village", "township", "county")
_OPEN_TO_ALL = frozenset({"calendar_day"})


class RowQuerySet(models.QuerySet[Any]):
    """Questions about rows of the register."""

    def visible_to(
        self, user: User | AnonymousUser, permission: Permission = Permission.HOUSEHOLD_READ
    ) -> RowQuerySet:
        """The rows within the divisions where the user holds the permission; for reading, also those of
        households that the user helps."""
        table: Table = self.model.table
        if not isinstance(user, User):
            return self.none()
        if table.id in _OPEN_TO_ALL:
            return self
        codes = codes_of(user, permission)
        if _sees_everything(user, codes):
            return self  # no condition at all, so that the database may go by the order wanted
        allowed = _in_place(table, codes)
        if permission is Permission.HOUSEHOLD_READ:
            allowed |= _helped(table, user)
        return self.filter(allowed)


NOTHING = Q(pk__in=[])


def _in_place(table: Table, codes: list[str]) -> Q:
    if not codes:
        return NOTHING
    places = Division.objects.below(codes).values("code")
    allowed, earlier_empty = NOTHING, Q()
    for path, area in area_paths(table.id):
        inside = apps.get_model("registry", area).objects.filter(division_code__in=places).values("pk")
        allowed |= earlier_empty & Q(**{f"{path or 'pk'}__in": inside})
        if path:
            earlier_empty &= Q(**{f"{path}__isnull": True})
    if _is_county_level(codes):
        allowed |= earlier_empty if earlier_empty else NOTHING
    return allowed


def _is_county_level(codes: list[str]) -> bool:
    return Division.objects.filter(code__in=codes, level__lte=Level.COUNTY).exists()


def _sees_everything(user: User, codes: list[str]) -> bool:
    """`_is_everything`, asked once a request: the user lives as long as that."""
    answers: dict[tuple[str, ...], bool] = user.__dict__.setdefault("_sees_everything", {})
    if tuple(codes) not in answers:
        answers[tuple(codes)] = _is_everything(codes)
    return answers[tuple(codes)]


def _is_everything(codes: list[str]) -> bool:
    """Whether no village, township or county of the register lies outside these divisions."""
    if not codes or not _is_county_level(codes):
        return False
    places = Division.objects.below(codes).values("code")
    areas = (apps.get_model("registry", area).objects for area in AREAS)
    outside = Q(division_code__isnull=True) | ~Q(division_code__in=places)
    return not any(area.filter(outside).exists() for area in areas)


def _helped(table: Table, user: User) -> Q:
    """Rows of the households that the user's own row of cadres is paired with today."""
    path = household_path(table.id)
    codes = codes_of(user, Permission.HOUSEHOLD_READ_PAIRED)
    if path is None or user.cadre_id is None or not codes:
        return NOTHING
    today = timezone.localdate()
    pairing = apps.get_model("registry", "Pairing")
    mine = pairing.objects.filter(cadre_id=user.cadre_id).filter(
        Q(end_on__isnull=True) | Q(end_on__gte=today)
    )
    keys = mine.values("household_id")
    within = _in_place(table, codes)
    return within & Q(**{f"{path}__in" if path else "pk__in": keys})


@cache
def area_paths(table: str) -> tuple[tuple[str, str], ...]:
    """Paths of foreign keys from a table to its place, in the order in which they are asked, each with the table
    where it ends; the path is "" for a place itself."""
    return _paths(table, AREAS)


@cache
def household_path(table: str) -> str | None:
    """The shortest path of foreign keys from a table to its household; "" for a household; None: none."""
    paths = _paths(table, ("household",))
    return paths[0][0] if paths else None


def _paths(table: str, goals: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Shortest first; a place once reached is not left again, nor a table gone through twice."""
    if table in goals:
        return (("", table),)
    tables = load_vocabulary().tables
    found: list[tuple[str, str]] = []
    frontier: list[tuple[str, tuple[str, ...], frozenset[str]]] = [(table, (), frozenset({table}))]
    while frontier:
        name, path, seen = frontier.pop(0)
        for link in tables[name].links:
            if link.column is None or link.parent in seen:
                continue
            longer = (*path, link.column.removesuffix("_id"))
            if link.parent in goals:
                found.append(("__".join(longer), link.parent))
            else:
                frontier.append((link.parent, longer, seen | {link.parent}))
    return tuple(found)
