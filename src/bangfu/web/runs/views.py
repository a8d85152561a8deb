"""Runs as pages: asked for, watched, read down to one subject."""

from __future__ import annotations

from typing import Any

import polars as pl
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from bangfu.core.engine.comparing import STATUSES
from bangfu.core.engine.outcome import Outcome
from bangfu.core.errors import SnapshotError, UserError
from bangfu.core.messages import N_
from bangfu.core.plans.plan import Criterion
from bangfu.web.access import Permission, require
from bangfu.web.accounts.models import User
from bangfu.web.accounts.policy import can
from bangfu.web.audit.models import EventKind
from bangfu.web.audit.recording import record
from bangfu.web.pages.tables import PAGE_ROWS, Column, Filter, Option, filter_of, listing, query_with
from bangfu.web.pages.text import later, moment, name_of, t
from bangfu.web.plans.reading import PERIODS
from bangfu.web.registry.presenting import cell
from bangfu.web.registry.rows import VOCABULARY, row_model, rows
from bangfu.web.runs import actions
from bangfu.web.runs.forms import RunForm
from bangfu.web.runs.models import ACTIVE, Move, Run, State
from bangfu.web.runs.results import OUTCOMES, CriterionTotal, Results, label_of

STATES = {
    State.QUEUED: N_("排队中"),
    State.RUNNING: N_("正在核查"),
    State.DONE: N_("已完成"),
    State.FAILED: N_("没有完成"),
    State.CANCELLED: N_("已取消"),
}
COLUMNS = (
    Column("plan", later(N_("方案")), lambda one: one.enactment.pack.title, phone="title"),
    Column("division", later(N_("范围")), lambda one: one.division, ("division",)),
    Column("as_of", later(N_("截至")), lambda one: one.as_of, ("as_of",)),
    Column("state", later(N_("状态")), lambda one: state_name(one), ("state",)),
    Column("by", later(N_("发起人")), lambda one: one.asked_by.display_name, phone="hidden"),
    Column("at", later(N_("发起时间")), lambda one: moment(one.asked_at), ("asked_at",)),
)


def state_name(run: Run) -> str:
    """Where a run stands, in words."""
    return t(STATES[State(run.state)])


@require(Permission.RUN_READ)
def run_list(request: HttpRequest) -> HttpResponse:
    """Runs over one's divisions, the newest first."""
    user = _user(request)
    table = listing(
        request,
        Run.objects.visible_to(user).select_related("enactment__pack", "division", "asked_by"),
        COLUMNS,
        lambda one: reverse("run", args=[one.pk]),
        unit=t(N_("次核查")),
        default_order="-at",
        empty=t(N_("还没有核查过。方案生效以后，点“开始核查”。")),
    )
    context = {"table": table, "may_start": can(user, Permission.RUN_START)}
    return render(request, "runs/run_list.html", context)


@require(Permission.RUN_START)
@require_http_methods(["GET", "POST"])
def run_new(request: HttpRequest) -> HttpResponse:
    """Ask for a run; it is carried out in the background."""
    user = _user(request)
    form = RunForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            run = actions.ask(by=user, **form.cleaned_data)
        except UserError as error:
            form.add_error("as_of", [problem.render() for problem in error.problems])
        else:
            return redirect("run", run.pk)
    has_plan = bool(form.fields["enactment"].queryset.exists())  # type: ignore[attr-defined]
    return render(request, "runs/run_new.html", {"form": form, "has_plan": has_plan})


@require(Permission.RUN_READ)
def run_page(request: HttpRequest, run: int) -> HttpResponse:
    """How far it is; when it is done, the results by criterion within one's divisions."""
    user, found = _user(request), _find(request, run)
    context: dict[str, object] = {
        "run": found,
        "state": state_name(found),
        "is_active": found.state in ACTIVE,
        "may_cancel": found.allows(Move.CANCEL) and can(user, Permission.RUN_START, found.division),
        "may_start": can(user, Permission.RUN_START, found.division),
    }
    if found.state == State.DONE.value:
        context |= _results(request, user, found)
        record(
            by=user,
            kind=EventKind.RUN_READ,
            subject="run",
            subject_id=found.pk,
            division=found.division_id,
        )
    return render(request, "runs/run.html", context)


def _results(request: HttpRequest, user: User, run: Run) -> dict[str, object]:
    village, places = _village(request, run, user)
    results = Results(run, user, village)
    totals = results.totals()
    earlier = Run.objects.before(run).select_related("enactment__pack").first()
    compared = _compared(results, earlier) if earlier else {}
    return {
        "places": places,
        "chapters": _chapters([one for one in totals if one.judged or one.counts["not_due"]]),
        "silent": [one for one in totals if not one.judged and not one.counts["not_due"]],
        "sums": {name: sum(one.counts[name] for one in totals) for name in ("met", "unmet", "unknown")},
        "earlier": earlier,
        "compared": [(status, t(STATUSES[status]), count) for status, count in compared.items()],
        "own_query": query_with(request.GET),
    }


def _compared(results: Results, earlier: Run) -> dict[str, int]:
    """What became of findings; nothing where the earlier run was written by a release that is no longer read."""
    try:
        return results.compared(earlier)
    except SnapshotError:
        return {}


def _chapters(totals: list[CriterionTotal]) -> list[tuple[str, list[CriterionTotal], bool]]:
    """Title, criteria, and whether some are judged by periods, for each kind of subject."""
    by_subject: dict[str, list[CriterionTotal]] = {}
    for one in totals:
        by_subject.setdefault(one.criterion.subject, []).append(one)
    return [
        (name_of(VOCABULARY.tables[subject]), found, any(one.period != "once" for one in found))
        for subject, found in by_subject.items()
    ]


def _village(request: HttpRequest, run: Run, user: User) -> tuple[int | None, Filter | None]:
    """The village asked for, if it is one of those that the user may see."""
    names = Results(run, user).places["village"]
    choices = [(str(key), name) for key, name in names.items()]
    shown = filter_of(request, "village", t(N_("村")), choices)
    chosen = next((int(one.value) for one in shown.options if one.is_chosen and one.value), None)
    return chosen, shown if len(choices) > 1 else None


@require(Permission.RUN_READ)
def run_progress(request: HttpRequest, run: int) -> HttpResponse:
    """The part of the page that moves; once it is over, the page is asked for anew."""
    found = _find(request, run)
    response = render(request, "runs/progress.html", {"run": found, "state": state_name(found)})
    if found.state not in ACTIVE:
        response.headers["HX-Refresh"] = "true"
    return response


@require(Permission.RUN_START)
@require_POST
def cancel(request: HttpRequest, run: int) -> HttpResponse:
    """Stop it."""
    try:
        actions.cancel(by=_user(request), run=_find(request, run))
    except UserError as error:
        for problem in error.problems:
            messages.error(request, problem.render())
    else:
        messages.success(request, t(N_("已要求停止。没有留下做了一半的结果。")))
    return redirect("run", run)


@require(Permission.RUN_READ)
def run_criterion(request: HttpRequest, run: int, criterion: str) -> HttpResponse:
    """One criterion: place by place, and who is met, unmet or unknown."""
    user, found = _user(request), _find_done(request, run)
    village, places = _village(request, found, user)
    results = Results(found, user, village)
    asked = results.plan.criterion(criterion)
    if asked is None:
        raise Http404
    outcome, outcomes = _outcome(request)
    table = results.subjects(asked, outcome)
    pages = max(1, -(-table.height // PAGE_ROWS))
    page = min(max(int(request.GET["page"]) if request.GET.get("page", "").isdecimal() else 1, 1), pages)
    shown = table.slice((page - 1) * PAGE_ROWS, PAGE_ROWS)
    context = {
        "run": found,
        "criterion": asked,
        "subject": name_of(VOCABULARY.tables[asked.subject]),
        "per": t(PERIODS[asked.per]),
        "by_place": Results(found, user).by_place(asked),
        "places": places,
        "outcomes": outcomes,
        "lines": _lines(user, asked, shown.rows(named=True), results),
        "count": table.height,
        "page": page,
        "pages": pages,
        "previous_query": query_with(request.GET, page=page - 1) if page > 1 else "",
        "next_query": query_with(request.GET, page=page + 1) if page < pages else "",
    }
    record(
        by=user,
        kind=EventKind.RUN_READ,
        subject="run",
        subject_id=found.pk,
        division=found.division_id,
        details={"criterion": asked.id, "rows": shown.height},
    )
    return render(request, "runs/run_criterion.html", context)


@require(Permission.RUN_READ)
def run_compared(request: HttpRequest, run: int) -> HttpResponse:
    """Row by row what became of the findings since the run before."""
    user, found = _user(request), _find_done(request, run)
    earlier = Run.objects.before(found).select_related("enactment__pack").first()
    if earlier is None:
        raise Http404
    village, places = _village(request, found, user)
    results = Results(found, user, village)
    statuses = filter_of(request, "status", t(N_("变化")), [(one, t(word)) for one, word in STATUSES.items()])
    wanted = next((one.value for one in statuses.options if one.is_chosen and one.value), None)
    table = results.compared_rows(earlier)
    table = table.filter(pl.col("status") == wanted) if wanted else table
    pages = max(1, -(-table.height // PAGE_ROWS))
    page = min(max(int(request.GET["page"]) if request.GET.get("page", "").isdecimal() else 1, 1), pages)
    shown = table.slice((page - 1) * PAGE_ROWS, PAGE_ROWS)
    context = {
        "run": found,
        "earlier": earlier,
        "filters": [one for one in (statuses, places) if one],
        "lines": _compared_lines(user, shown.rows(named=True), results),
        "count": table.height,
        "page": page,
        "pages": pages,
        "previous_query": query_with(request.GET, page=page - 1) if page > 1 else "",
        "next_query": query_with(request.GET, page=page + 1) if page < pages else "",
    }
    details: dict[str, object] = {"compared": earlier.pk, "rows": shown.height}
    record(
        by=user,
        kind=EventKind.RUN_READ,
        subject="run",
        subject_id=found.pk,
        division=found.division_id,
        details=details,
    )
    return render(request, "runs/run_compared.html", context)


def _compared_lines(user: User, shown: list[dict[str, Any]], results: Results) -> list[dict[str, object]]:
    keys: dict[str, list[int]] = {}
    for one in shown:
        keys.setdefault(one["subject"], []).append(one["subject_id"])
    named = {
        (subject, row.pk): row
        for subject, wanted in keys.items()
        for row in rows(subject).visible_to(user).filter(pk__in=wanted)
    }
    lines = []
    for one in shown:
        row = named.get((one["subject"], one["subject_id"]))
        criterion = results.plan.criterion(one["criterion"])
        lines.append(
            {
                "name": label_of(row) if row else "",
                "url": reverse("run_subject", args=[results.run.pk, one["subject"], row.pk]) if row else "",
                "place": results.places.get(results.area_of(one["subject"]) or "", {}).get(
                    one["division"], ""
                ),
                "criterion": criterion.name if criterion else one["criterion"],
                "period": "" if one["period"] == "once" else one["period"],
                "status": t(STATUSES[one["status"]]),
            }
        )
    return lines


def _outcome(request: HttpRequest) -> tuple[Outcome | None, Filter]:
    """The outcome asked for: unmet first, unless something else is."""
    choices = [(outcome.name.lower(), f"{sign} {t(word)}") for outcome, (sign, word) in OUTCOMES.items()]
    asked = request.GET.get("outcome", "unmet")
    known = asked if asked in dict(choices) else ""
    options = [
        Option(value, word, query_with(request.GET, page=None, outcome=value or "all"), value == known)
        for value, word in (("", ""), *choices)
    ]
    return Outcome[known.upper()] if known else None, Filter("outcome", t(N_("结论")), options)


def _lines(
    user: User, criterion: Criterion, shown: list[dict[str, Any]], results: Results
) -> list[dict[str, object]]:
    """Rows with their names; a row that has left the user's divisions since the run has none."""
    keys = [one["subject_id"] for one in shown]
    named = {row.pk: row for row in rows(criterion.subject).visible_to(user).filter(pk__in=keys)}
    places = results.places.get(results.area_of(criterion.subject) or "", {})
    sees_sensitive = can(user, Permission.SENSITIVE_READ)
    words = results.words(criterion, [one for one in shown if one["subject_id"] in named], sees_sensitive)
    lines = []
    for one in shown:
        row = named.get(one["subject_id"])
        sign, word = OUTCOMES[Outcome(one["outcome"])]
        lines.append(
            {
                "name": label_of(row) if row else "",
                "url": reverse("run_subject", args=[results.run.pk, criterion.subject, row.pk])
                if row
                else "",
                "status": cell(row, "household_status") if row and criterion.subject == "household" else "",
                "place": places.get(one["division"], ""),
                "period": "" if one["period"] == "once" else one["period"],
                "outcome": Outcome(one["outcome"]).name.lower(),
                "sign": sign,
                "word": t(word),
                "because": words.get((one["subject_id"], one["period"]), ""),
            }
        )
    return lines


@require(Permission.RUN_READ)
def run_subject(request: HttpRequest, run: int, subject: str, row: int) -> HttpResponse:
    """One household, village, cadre …: every criterion with its words. Opening it leaves a trace."""
    user, found = _user(request), _find_done(request, run)
    if subject not in VOCABULARY.tables:
        raise Http404
    shown = get_object_or_404(row_model(subject).objects.visible_to(user), pk=row)
    results = Results(found, user)
    if shown.pk not in _keys_of(results, subject):
        raise Http404
    sees_sensitive = can(user, Permission.SENSITIVE_READ)
    context = {
        "run": found,
        "subject": subject,
        "subject_name": name_of(VOCABULARY.tables[subject]),
        "name": label_of(shown),
        "row": shown,
        "standards": results.explained(subject, shown.pk, sees_sensitive),
    }
    record(
        by=user,
        kind=EventKind.HOUSEHOLD_READ if subject == "household" else EventKind.RUN_READ,
        subject=subject,
        subject_id=shown.pk,
        division=found.division_id,
        details={"run": found.pk},
    )
    return render(request, "runs/run_subject.html", context)


def _keys_of(results: Results, subject: str) -> set[int]:
    """The subjects of a kind that the run judged and this user may see."""
    keys: set[int] = set()
    for criterion in results.plan.criteria:
        if criterion.subject == subject and criterion.id in results.folder.criteria:
            return set(results.subjects(criterion, None)["subject_id"].to_list())
    return keys


def _find(request: HttpRequest, key: int) -> Run:
    found = Run.objects.visible_to(request.user).select_related("enactment__pack", "division", "asked_by")
    return get_object_or_404(found, pk=key)


def _find_done(request: HttpRequest, key: int) -> Run:
    found = _find(request, key)
    if found.state != State.DONE.value:
        raise Http404
    return found


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("the doors let nobody else in")
    return request.user
