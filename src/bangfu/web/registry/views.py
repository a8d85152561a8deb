"""The list of households, and the page of one (一户一档). Every opened page of a household leaves a trace."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from bangfu.core.messages import N_
from bangfu.web.access import Permission, require
from bangfu.web.accounts.models import User
from bangfu.web.accounts.policy import can
from bangfu.web.audit.models import EventKind
from bangfu.web.audit.recording import record
from bangfu.web.pages.tables import Column, Filter, filter_of, listing
from bangfu.web.pages.text import later, name_of, t
from bangfu.web.registry import log
from bangfu.web.registry.actions import reveal_value, state_before
from bangfu.web.registry.households import SECTIONS, belongings, found, history, households
from bangfu.web.registry.lawful.kinds import changes_for
from bangfu.web.registry.models import ChangeBatch, ChangeRequest
from bangfu.web.registry.presenting import Grid, cell, facts, grid, text_of
from bangfu.web.registry.rows import VOCABULARY, Row, row_model
from bangfu.web.registry.story import homes_in, kind_text, names_of, source_text

READERS = (Permission.HOUSEHOLD_READ, Permission.HOUSEHOLD_READ_PAIRED)
_SHOWN_ROWS = 30
_KEY_FACTS = ("monitoring_kind", "risks", "headcount", "housing_grade", "exited_on", "identified_on")

COLUMNS = (
    Column("head", later(N_("户主")), lambda row: row.head_name, ("head_name",), phone="title"),
    Column("code", later(N_("户编号")), lambda row: row.household_code, ("household_code",)),
    Column("village", later(N_("村")), lambda row: _place(row), ("village__division_code", "household_code")),
    Column("status", later(N_("脱贫状态")), lambda row: cell(row, "household_status"), ("household_status",)),
    Column("type", later(N_("户类型")), lambda row: cell(row, "household_type"), ("household_type",)),
    Column("people", later(N_("人数（人）")), lambda row: row.headcount, ("headcount",), is_numeric=True),
)


def _place(row: Any) -> str:
    return " ".join(
        part
        for part in (row.village and row.village.division_name, row.group and row.group.group_name)
        if part
    )


@require(*READERS)
@require_http_methods(["GET", "POST"])
def household_list(request: HttpRequest) -> HttpResponse:
    """Search first; then filters, order and pages over what the user may see."""
    rows = households().visible_to(request.user)
    filters = [_village_filter(request), _code_filter(request, "household_status")]
    for one, path in zip(filters, ("village_id", "household_status"), strict=True):
        chosen = next((option.value for option in one.options if option.is_chosen), "")
        if chosen:
            rows = rows.filter(**{path: chosen})
    text = request.POST.get("q", "")[:40]
    asked = ChangeRequest.objects.visible_to(_user(request)).waiting().count()
    table = listing(
        request,
        found(rows, text),
        COLUMNS,
        lambda row: reverse("household", args=[row.pk]),
        unit=t(N_("户")),
        default_order="code",
        filters=[one for one in filters if len(one.options) > 2],
        search=text,
        search_hint=t(N_("姓名、证件号或电话后四位、户编号、村名")),
        empty=t(N_("还没有户。县、乡镇业务人员可以从“导入”开始。")),
    )
    return render(request, "registry/household_list.html", {"table": table, "asked": asked})


def _village_filter(request: HttpRequest) -> Filter:
    villages = row_model("village").objects.visible_to(request.user).order_by("division_code")
    choices = [(str(key), name or "") for key, name in villages.values_list("pk", "division_name")]
    return filter_of(request, "village", t(N_("村")), choices)


def _code_filter(request: HttpRequest, column: str) -> Filter:
    declared = VOCABULARY.tables["household"].columns[column]
    codes = VOCABULARY.code_list(declared)
    choices = [(code, text_of(declared, code)) for code in codes.labels]
    return filter_of(request, column.removeprefix("household_"), name_of(declared), choices)


@require(*READERS)
def household_page(request: HttpRequest, household: int) -> HttpResponse:
    """Who lives here, how the household stands, and everything recorded of it."""
    user = _user(request)
    row = get_object_or_404(households().visible_to(user), pk=household)
    place = row.village.division_code if row.village else ""
    sees_sensitive = can(user, Permission.SENSITIVE_READ, place) if place else False
    members = belongings(household, "person").order_by("pk")
    may_change = bool(place) and can(user, Permission.HOUSEHOLD_CHANGE, place)
    record(by=user, kind=EventKind.HOUSEHOLD_READ, subject="household", subject_id=row.pk, division=place)
    context = {
        "row": row,
        "place": _place(row),
        "status": cell(row, "household_status"),
        "type": cell(row, "household_type"),
        "key_facts": facts(row, _KEY_FACTS, sees_sensitive),
        "contact": facts(row, ("phone", "head_id_number", "address"), sees_sensitive),
        "members": [(one, cell(one, "relation"), facts(one, None, sees_sensitive)) for one in members],
        "facts": facts(row, None, sees_sensitive),
        "sections": [section for name in SECTIONS if (section := _section(household, name, sees_sensitive))],
        "helpers": _helpers(household),
        "history": _changes(history(household)),
        "may_reveal": bool(place) and can(user, Permission.HOUSEHOLD_REVEAL, place),
        "may_correct": may_change,
        "changes": [(one.slug, t(one.title)) for one in changes_for(row.household_status)]
        if may_change
        else [],
        "fresh": _fresh(user, household) if may_change else None,
        "waiting": ChangeRequest.objects.visible_to(user).waiting().filter(household=household).first(),
    }
    return render(request, "registry/household.html", context)


def _section(household: int, table: str, sees_sensitive: bool) -> Grid | None:
    rows = list(belongings(household, table)[: _SHOWN_ROWS + 1])
    if not rows:
        return None
    more = belongings(household, table).count() - _SHOWN_ROWS if len(rows) > _SHOWN_ROWS else 0
    return grid(table, rows[:_SHOWN_ROWS], more, sees_sensitive)


def _helpers(household: int) -> list[tuple[Row, str]]:
    pairings = belongings(household, "pairing").select_related("cadre")
    return [(one.cadre, cell(one, "kind")) for one in pairings.filter(end_on__isnull=True) if one.cadre]


def _fresh(user: User, household: int) -> dict[str, object] | None:
    """The change that one has just made on this page, while it stands: what can be taken back with one tap."""
    since = timezone.now() - timedelta(hours=1)
    mine = ChangeBatch.objects.filter(by_id=user.pk, recorded_at__gte=since, source="page").order_by("-seq")
    last = mine.first()
    if last is None or ChangeBatch.objects.filter(undoes=last.seq).exists():
        return None
    touches = last.segments.filter(table="household", first_row__lte=household, last_row__gte=household)
    known = touches.exists() or _touched_here(last, household)
    return {"seq": last.seq, "kind": kind_text(last.kind)} if known else None


def _touched_here(batch: ChangeBatch, household: int) -> bool:
    changes = log.read(batch)
    return household in homes_in(changes, state_before(changes, batch.seq))


def _changes(found: list[tuple[ChangeBatch, list[tuple[str, list[str]]]]]) -> list[dict[str, object]]:
    who = names_of(batch for batch, _ in found)
    return [_change(batch, tables) | {"who": who[batch.seq]} for batch, tables in found]


def _change(batch: Any, tables: list[tuple[str, list[str]]]) -> dict[str, object]:
    said = []
    for table, columns in tables:
        declared = VOCABULARY.tables[table]
        names = [name_of(declared.columns[column]) for column in columns[:8] if column in declared.columns]
        said.append((name_of(declared), names, max(0, len(columns) - 8)))
    source = source_text(batch.source)
    return {"batch": batch, "source": source, "kind": kind_text(batch.kind), "said": said}


@require(Permission.HOUSEHOLD_REVEAL)
@require_POST
def reveal(request: HttpRequest, table: str, row: int, column: str) -> HttpResponse:
    """One closed value in full, for a reason that is written down."""
    user = _user(request)
    value = reveal_value(by=user, table=table, row=row, column=column, reason=request.POST.get("reason", ""))
    return render(request, "registry/revealed.html", {"value": value})


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("the doors let nobody else in")
    return request.user
