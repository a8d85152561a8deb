"""My work: what is due, what is new, where to go on."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from bangfu.web.access import Permission, public, signed_in
from bangfu.web.accounts.models import User
from bangfu.web.accounts.policy import can
from bangfu.web.imports.models import ImportBatch, State
from bangfu.web.ledger.lists import figures
from bangfu.web.ledger.views import READERS as LEDGER_READERS
from bangfu.web.registry.households import households
from bangfu.web.registry.rows import rows as rows_in
from bangfu.web.registry.scope import RowQuerySet


@public
def health(request: HttpRequest) -> HttpResponse:
    """Whether the site and its database answer; says nothing else."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"ok": True})


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """Today's work by role."""
    user = request.user
    if not isinstance(user, User):
        raise TypeError("the doors let nobody else in")
    sees_households = any(
        can(user, one) for one in (Permission.HOUSEHOLD_READ, Permission.HOUSEHOLD_READ_PAIRED)
    )
    rows = households().visible_to(user)
    villages = _villages(rows) if can(user, Permission.HOUSEHOLD_READ) else []
    context = {
        "today": timezone.localdate(),
        "grants": user.grants.in_force(timezone.localdate()).select_related("division"),
        "count": rows.count()
        if sees_households and not villages
        else sum(one.households for one in villages),
        "mine": rows.order_by("household_code")[:20] if can(user, Permission.HOUSEHOLD_READ_PAIRED) else [],
        "villages": villages,
        "pending": ImportBatch.objects.visible_to(user).filter(state=State.CHECKED)[:10]
        if can(user, Permission.IMPORT_COMMIT)
        else [],
        "figures": figures(user) if any(can(user, one) for one in LEDGER_READERS) else [],
        "may_import": can(user, Permission.IMPORT_COMMIT),
    }
    return render(request, "home/home.html", context)


@dataclass(frozen=True)
class VillageTile:
    """A village with the number of its households that the user may see."""

    key: int
    name: str
    households: int


def _villages(households_seen: RowQuerySet) -> list[VillageTile]:
    """Villages by division code; two queries, whatever their number."""
    counts = dict(households_seen.order_by().values_list("village_id").annotate(Count("pk")))
    named = rows_in("village").filter(pk__in=[key for key in counts if key is not None])
    pairs = named.order_by("division_code").values_list("pk", "division_name")
    return [VillageTile(key, name or "", counts[key]) for key, name in pairs]
