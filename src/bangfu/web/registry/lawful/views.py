"""The pages of changes: a form, what it will change, done; requests for a second person; the story; undo."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from bangfu.core.errors import UserError
from bangfu.core.messages import N_
from bangfu.web.access import Permission, require
from bangfu.web.accounts.models import User
from bangfu.web.accounts.policy import can
from bangfu.web.audit.models import EventKind
from bangfu.web.audit.recording import record
from bangfu.web.pages.tables import Column, filter_of, listing
from bangfu.web.pages.text import later, moment, name_of, t
from bangfu.web.registry.actions import undone
from bangfu.web.registry.households import SECTIONS, households
from bangfu.web.registry.lawful import actions
from bangfu.web.registry.lawful.correcting import CorrectionForm, correctable, row_of
from bangfu.web.registry.lawful.forms import ChangeForm, Home
from bangfu.web.registry.lawful.kinds import CHANGES, changes_for
from bangfu.web.registry.models import ChangeRequest, RequestState
from bangfu.web.registry.presenting import cell, facts, grid, text_of
from bangfu.web.registry.rows import VOCABULARY, rows
from bangfu.web.registry.story import as_of, chapters, told_in

READERS = (Permission.HOUSEHOLD_READ, Permission.HOUSEHOLD_READ_PAIRED)
CHANGERS = (Permission.HOUSEHOLD_CHANGE, Permission.HOUSEHOLD_APPROVE)
_TOKEN = 40


def user_of(request: HttpRequest) -> User:
    """Who asks."""
    if not isinstance(request.user, User):
        raise TypeError("the doors let nobody else in")
    return request.user


def home_of(user: User, household: int, permission: Permission = Permission.HOUSEHOLD_CHANGE) -> Home:
    """The household, where the user holds the permission there; else Http404."""
    row = get_object_or_404(households().visible_to(user, permission), pk=household)
    place = row.village.division_code if row.village else ""
    return Home(user, row, place, bool(place) and can(user, Permission.SENSITIVE_READ, place))


@require(Permission.HOUSEHOLD_CHANGE)
@require_http_methods(["GET", "POST"])
def household_change(request: HttpRequest, household: int, change: str) -> HttpResponse:
    """A change of people or of the whole household."""
    home = home_of(user_of(request), household)
    kind = CHANGES.get(change)
    if kind is None:
        raise Http404
    if kind not in changes_for(home.row.household_status):
        messages.error(request, t(N_("这一户的现状不能办“{change}”。"), change=t(kind.title)))
        return redirect("household", household)
    return _flow(request, kind(home, request.POST if request.method == "POST" else None))


@require(Permission.HOUSEHOLD_CHANGE)
@require_http_methods(["GET", "POST"])
def household_correct(request: HttpRequest, household: int, table: str, row: int) -> HttpResponse:
    """First the cells that are wrong are chosen, then what is right is written."""
    home = home_of(user_of(request), household)
    found = row_of(home, table, row)
    sent = request.POST if request.method == "POST" else request.GET
    chosen = sent.getlist("column")
    if not chosen:
        columns = correctable(home, table, found)
        cells = [(one, text_of(one, getattr(found, one.id))) for one in columns]
        named = [(one.id, name_of(one), text) for one, text in cells]
        context = {"home": home, "cells": named, "name": name_of(VOCABULARY.tables[table])}
        return render(request, "registry/correct.html", context)
    data = request.POST if request.method == "POST" else None
    return _flow(request, CorrectionForm(home, data, table, found, chosen))


def _flow(request: HttpRequest, form: ChangeForm) -> HttpResponse:
    """Form → what will change → done, or asked for."""
    context: dict[str, object] = {"form": form, "home": form.home, "title": t(form.title)}
    context["advice"] = t(form.advice)
    sent = request.POST if request.method == "POST" else request.GET
    context["columns"] = sent.getlist("column")
    token = request.POST.get("token", "")[:_TOKEN] or secrets.token_hex(16)
    context["token"] = token
    step = request.POST.get("step", "")
    if request.method == "GET" or step == "back":
        return render(request, "registry/change.html", context)
    if not form.is_valid() or form.is_asking:
        return render(request, "registry/change.html", context, status=200 if form.is_asking else 400)
    try:
        if step == "apply":
            return _done(request, form, token)
        batch = actions.batch_of(form, form.home.user, token, "page")
        change_set, state = actions.drawn(form, batch)
    except UserError as error:
        context["problems"] = error.problems
        return render(request, "registry/change.html", context, status=400)
    context |= {
        "told": told_in(change_set, state, form.home.sees, form.home.key),
        "seen": actions.mark_of(form),
        "posted": [
            (name, value)
            for name, values in form.data.lists()  # type: ignore[attr-defined]
            if name not in ("csrfmiddlewaretoken", "step", "seen", "token")
            for value in values
        ],
    }
    return render(request, "registry/change_preview.html", context)


def _done(request: HttpRequest, form: ChangeForm, token: str) -> HttpResponse:
    title = t(form.title)
    if form.needs_second:
        asked = actions.propose(by=form.home.user, form=form, token=token)
        messages.success(request, t(N_("“{change}”已提交申请，等另一位有权限的人批准。"), change=title))
        return redirect("change_request", asked.pk)
    actions.make_change(by=form.home.user, form=form, token=token, seen=request.POST.get("seen", ""))
    return redirect("household", form.home.key)  # which says so, and offers to take it back


@require(Permission.HOUSEHOLD_CHANGE)
@require_POST
def change_undo(request: HttpRequest, household: int, seq: int) -> HttpResponse:
    """Take a change back."""
    home = home_of(user_of(request), household)
    try:
        actions.undo_change(by=home.user, household=household, seq=seq, place=home.place)
    except UserError as error:
        for problem in error.problems:
            messages.error(request, problem.render())
    else:
        messages.success(request, t(N_("已撤销第 {seq} 批，登记回到改动以前。"), seq=seq))
    back = households().visible_to(home.user).filter(pk=household).exists()
    return redirect("household", household) if back else redirect("households")


@require(*READERS)
def household_history(request: HttpRequest, household: int) -> HttpResponse:
    """Everything that happened to the household, and a way to any day."""
    home = home_of(user_of(request), household, Permission.HOUSEHOLD_READ)
    user, place = home.user, home.place
    record(
        by=user,
        kind=EventKind.HOUSEHOLD_READ,
        subject="household",
        subject_id=household,
        division=place,
        details={"page": "history"},
    )
    may_undo = bool(place) and can(user, Permission.HOUSEHOLD_CHANGE, place)
    may_approve = bool(place) and can(user, Permission.HOUSEHOLD_APPROVE, place)
    told = [
        (one, may_undo and not one.is_undone and _can_go_back(one.batch, may_approve))
        for one in chapters(household, home.sees, undone())
    ]
    context = {"home": home, "told": told, "today": timezone.localdate()}
    return render(request, "registry/history.html", context)


def _can_go_back(batch: Any, may_approve: bool) -> bool:
    """Whether a batch is of a kind that is taken back on the household's page, by somebody of this rank."""
    return batch.kind not in actions.NOT_UNDONE_HERE and (
        may_approve or not batch.source.startswith("request ")
    )


@require(*READERS)
def household_on(request: HttpRequest, household: int) -> HttpResponse:
    """The household as it was on a day, as the register knows that day now."""
    home = home_of(user_of(request), household, Permission.HOUSEHOLD_READ)
    day = _day(request.GET.get("day", ""))
    record(
        by=home.user,
        kind=EventKind.HOUSEHOLD_READ,
        subject="household",
        subject_id=household,
        division=home.place,
        details={"page": "as_of", "day": day.isoformat()},
    )
    past = as_of(household, day)
    context: dict[str, object] = {"home": home, "day": day, "past": past, "today": timezone.localdate()}
    if past.row is not None:
        context["facts"] = facts(past.row, None, home.sees)
        context["members"] = [
            (one, cell(one, "relation"), facts(one, None, home.sees)) for one in past.members
        ]
        found = ((name, past.sections[name]) for name in SECTIONS)
        context["sections"] = [
            grid(name, held[:30], max(0, len(held) - 30), home.sees) for name, held in found if held
        ]
    return render(request, "registry/household_on.html", context)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return timezone.localdate()


STATES = {
    RequestState.PROPOSED.value: N_("等待批准"),
    RequestState.APPLIED.value: N_("已批准"),
    RequestState.REFUSED.value: N_("已退回"),
    RequestState.WITHDRAWN.value: N_("已撤回"),
}


def title_of(request: ChangeRequest) -> str:
    """What is asked for, in words."""
    kind = CHANGES.get(request.slug)
    return t(kind.title) if kind else t(CorrectionForm.title)


def _names(user: User) -> Any:
    """The name of a request's household, for those who may see it."""
    known: dict[int, str] = {}

    def name(one: ChangeRequest) -> str:
        if not known:
            pairs = rows("household").visible_to(user, Permission.HOUSEHOLD_CHANGE)
            wanted = ChangeRequest.objects.visible_to(user).values("household")
            known.update(pairs.filter(pk__in=wanted).values_list("pk", "head_name"))
        return known.get(one.household) or "—"

    return name


@require(*CHANGERS)
def request_list(request: HttpRequest) -> HttpResponse:
    """Requests within one's divisions, those that wait first."""
    user = user_of(request)
    seen = ChangeRequest.objects.visible_to(user)
    state = filter_of(request, "state", t(N_("状态")), [(one, t(word)) for one, word in STATES.items()])
    chosen = next((one.value for one in state.options if one.is_chosen), "")
    name = _names(user)
    columns = (
        Column("household", later(N_("户主")), name, phone="title"),
        Column("change", later(N_("申请")), title_of, ("slug",)),
        Column("state", later(N_("状态")), lambda one: t(STATES[one.state]), ("state",)),
        Column("by", later(N_("申请人")), lambda one: str(one.proposed_by)),
        Column("at", later(N_("申请时间")), lambda one: moment(one.proposed_at), ("proposed_at",)),
    )
    table = listing(
        request,
        (seen.filter(state=chosen) if chosen else seen).select_related("proposed_by"),
        columns,
        lambda one: reverse("change_request", args=[one.pk]),
        unit=t(N_("件")),
        default_order="-at",
        filters=[state],
        empty=t(N_("还没有变更申请。识别、脱贫、清退在户页面提出以后，在这里等另一个人批准。")),
    )
    return render(request, "registry/request_list.html", {"table": table})


@require(*CHANGERS)
def change_request(request: HttpRequest, asked: int) -> HttpResponse:
    """One request: what it would change now, what changed meanwhile, and who decides."""
    user = user_of(request)
    found = get_object_or_404(ChangeRequest.objects.visible_to(user).select_related(), pk=asked)
    home = _home_for(user, found)
    row = home.row
    is_waiting = found.state == RequestState.PROPOSED.value
    context: dict[str, object] = {
        "asked": found,
        "home": home,
        "title": title_of(found),
        "state": t(STATES[found.state]),
        "proposed_at": moment(found.proposed_at),
        "decided_at": moment(found.decided_at) if found.decided_at else "",
        "is_waiting": is_waiting,
        "is_own": found.proposed_by_id == user.pk,
        "may_approve": can(user, Permission.HOUSEHOLD_APPROVE, found.division),
        "answer": found.answer.reveal() if found.answer else "",
        "reason": actions.data_of(found).get("reason", ""),
        "meanwhile": [],
    }
    if is_waiting:
        form = _form_of(found, home)
        try:
            if form.is_valid():
                batch = actions.batch_of(form, user, "look", "page")
                change_set, state = actions.drawn(form, batch)
                context["told"] = told_in(change_set, state, home.sees, home.key)
            else:
                context["problems"] = [t(N_("按现在的登记，这件申请办不了。请退回，由申请人重新提出。"))]
        except UserError as error:
            context["problems"] = [problem.render() for problem in error.problems]
        if row.row_version != found.base_version:
            context["meanwhile"] = [
                one for one in chapters(home.key, home.sees, undone()) if one.batch.seq > found.base_version
            ]
    return render(request, "registry/request.html", context)


def _home_for(user: User, asked: ChangeRequest) -> Home:
    """The household of a request, for those who may change or approve there."""
    may_change = can(user, Permission.HOUSEHOLD_CHANGE, asked.division)
    return home_of(
        user, asked.household, Permission.HOUSEHOLD_CHANGE if may_change else Permission.HOUSEHOLD_APPROVE
    )


def _form_of(asked: ChangeRequest, home: Home) -> ChangeForm:
    """The form as it was filled in, on the household as it is now."""
    data: QueryDict = actions.data_of(asked)
    kind = CHANGES.get(asked.slug)
    if kind is not None:
        return kind(home, data)
    return CorrectionForm(home, data, "household", home.row, data.getlist("column"))


@require(*CHANGERS)
@require_POST
def request_decide(request: HttpRequest, asked: int) -> HttpResponse:
    """Approve, refuse, or withdraw."""
    user = user_of(request)
    found = get_object_or_404(ChangeRequest.objects.visible_to(user), pk=asked)
    move = request.POST.get("move", "")
    try:
        if move == "approve":
            home = _home_for(user, found)
            sent = request.POST.get("seen", "")
            seen = int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 18 else -1
            actions.approve(by=user, request=found, form=_form_of(found, home), seen=seen)
            messages.success(request, t(N_("已批准，变更已写入登记库。")))
        elif move == "refuse":
            actions.refuse(by=user, request=found, reason=request.POST.get("reason", ""))
            messages.success(request, t(N_("已退回，申请人会看到理由。")))
        elif move == "withdraw":
            actions.withdraw(by=user, request=found)
            messages.success(request, t(N_("已撤回。")))
    except UserError as error:
        for problem in error.problems:
            messages.error(request, problem.render())
    return redirect("change_request", found.pk)
