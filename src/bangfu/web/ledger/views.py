"""The ledger: the list with its bulk bar, one issue with everything that happened to it, what is to be asked."""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from urllib.parse import quote

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST

from bangfu.core.casework import Move
from bangfu.core.errors import UserError
from bangfu.core.messages import N_
from bangfu.web.access import Permission, require
from bangfu.web.accounts.models import User
from bangfu.web.accounts.policy import can
from bangfu.web.audit.models import EventKind
from bangfu.web.audit.recording import record
from bangfu.web.ledger import actions, bulk
from bangfu.web.ledger.choices import HELPERS, chosen, groups_for
from bangfu.web.ledger.forms import NewIssueForm
from bangfu.web.ledger.lists import COLUMNS, filters, narrowed, searched
from bangfu.web.ledger.models import BulkStep, Evidence, Issue, IssueQuerySet, Phase, Question
from bangfu.web.ledger.page import page_of
from bangfu.web.ledger.words import move_name
from bangfu.web.pages.tables import Column, filter_of, listing
from bangfu.web.pages.text import later, moment, t

READERS = (Permission.ISSUE_READ, Permission.ISSUE_READ_OWN, Permission.ISSUE_WORK)
WRITTEN_BY_PAGES = frozenset(
    {
        Move.ASSIGN,
        Move.TAKE_BACK,
        Move.START,
        Move.PROVE,
        Move.SUBMIT,
        Move.RETURN,
        Move.CLOSE,
        Move.ASK_EXTENSION,
        Move.GRANT_EXTENSION,
        Move.REFUSE_EXTENSION,
        Move.AMEND,
        Move.VOID,
        Move.COMMENT,
    }
)
QUESTION_COLUMNS = (
    Column("missing", later(N_("要问清或补登的")), lambda one: one.missing, ("missing",), phone="title"),
    Column(
        "subject", later(N_("对象")), lambda one: format_html('<span class="bf-nowrap">{}</span>', _whom(one))
    ),
    Column("place", later(N_("地点")), lambda one: one.division.name, ("division__code",)),
    Column("remedy", later(N_("怎样补")), lambda one: one.remedy),
    Column("waiting", later(N_("等着它的结论（个）")), lambda one: one.conclusions, ("conclusions",), True),
    Column("who", later(N_("责任人")), lambda one: one.responsible),
)


@require(*READERS)
@require_http_methods(["GET", "POST"])
def issue_list(request: HttpRequest) -> HttpResponse:
    """The issues that one may see, narrowed and in order, with what may be done to many at once."""
    user = _user(request)
    text = request.POST.get("q", "")[:40]
    seen = Issue.objects.visible_to(user)
    may_assign, may_close = (
        can(user, permission) for permission in (Permission.ISSUE_DISPATCH, Permission.ISSUE_REVIEW)
    )
    table = listing(
        request,
        searched(narrowed(seen, request.GET, user), text).select_related("division", "household"),
        COLUMNS,
        lambda one: reverse("issue", args=[one.pk]),
        unit=t(N_("件")),
        default_order="due",
        filters=filters(request, user),
        search=text,
        search_hint=t(N_("问题、姓名、户编号、问题编号")),
        selects="bulk" if may_assign or may_close else "",
        empty=t(N_("台账里还没有问题。核查以后，未达标的会在这里立账；也可以手工登记。")),
    )
    context = {
        "table": table,
        "groups": groups_for(user) if may_assign else [],
        "may_assign": may_assign,
        "may_close": may_close,
        "may_raise": can(user, Permission.ISSUE_RAISE),
        "may_export": can(user, Permission.ISSUE_EXPORT),
        "questions": Question.objects.visible_to(user).standing().count(),
        "step": _last_step(user) if may_assign else None,
        "is_all_meant": not text,
    }
    return render(request, "ledger/issue_list.html", context)


def _last_step(user: User) -> BulkStep | None:
    """One's last bulk assignment, while it is fresh and stands."""
    since = timezone.now() - timedelta(hours=1)
    step = BulkStep.objects.filter(by=user).order_by("-pk").first()
    is_fresh = step is not None and step.move == Move.ASSIGN and step.undone_at is None and step.at > since
    return step if is_fresh else None


@require(Permission.ISSUE_DISPATCH, Permission.ISSUE_REVIEW)
@require_POST
def bulk_act(request: HttpRequest) -> HttpResponse:
    """Assign or close the chosen issues, or all that the address means."""
    user = _user(request)
    back = f"{reverse('issues')}?{request.GET.urlencode()}"
    try:
        step = _bulk(user, request, _meant(request, user))
    except UserError as error:
        _say_problems(request, error)
        return redirect(back)
    words = (
        N_("已派单 {count} 件。派错了可以撤销。") if step.move == Move.ASSIGN else N_("已销号 {count} 件。")
    )
    messages.success(request, t(words, count=step.count))
    return redirect(back)


def _meant(request: HttpRequest, user: User) -> IssueQuerySet:
    """Scope first, then the address; of these the chosen rows, or all."""
    seen = narrowed(Issue.objects.visible_to(user), request.GET, user)
    if request.POST.get("all"):
        return Issue.objects.filter(pk__in=seen.order_by().values("pk"))
    keys = [int(key) for key in request.POST.getlist("row") if key.isdigit()]
    return Issue.objects.visible_to(user).filter(pk__in=keys)


def _bulk(user: User, request: HttpRequest, issues: IssueQuerySet) -> BulkStep:
    if request.POST.get("act") == "close":
        return bulk.close_many(by=user, issues=issues)
    to = request.POST.get("to", "")
    if to == HELPERS:
        return bulk.assign_to_helpers(by=user, issues=issues)
    assignee = chosen(to, user)
    if assignee is None:
        raise bulk.nobody_chosen()
    return bulk.assign_many(by=user, issues=issues, assignee=assignee)


@require(Permission.ISSUE_DISPATCH)
def step_list(request: HttpRequest) -> HttpResponse:
    """One's own bulk steps, the newest first."""
    steps = BulkStep.objects.filter(by=_user(request))[:50]
    shown = [(step, move_name(step.move), moment(step.at)) for step in steps]
    return render(request, "ledger/steps.html", {"steps": shown, "assign": Move.ASSIGN.value})


@require(Permission.ISSUE_DISPATCH)
@require_POST
def step_undo(request: HttpRequest, step: int) -> HttpResponse:
    """Take a bulk assignment of one's own back."""
    user = _user(request)
    found = get_object_or_404(BulkStep, pk=step, by=user)
    try:
        count = bulk.undo(by=user, bulk=found)
    except UserError as error:
        _say_problems(request, error)
    else:
        left = found.count - count
        words = (
            N_("已撤销 {count} 件。")
            if not left
            else N_("已撤销 {count} 件；{left} 件之后有人办过，没有动。")
        )
        messages.success(request, t(words, count=count, left=left))
    return redirect("issues")


@require(*READERS)
def issue_page(request: HttpRequest, issue: int) -> HttpResponse:
    """What is wrong, who mends it, by when; what happened; what may be done now."""
    user = _user(request)
    found = _find(request, issue)
    record(
        by=user,
        kind=EventKind.ISSUE_READ,
        subject="issue",
        subject_id=found.pk,
        division=found.division_id,
    )
    return render(request, "ledger/issue.html", page_of(user, found))


@require(*READERS)
@require_POST
def issue_act(request: HttpRequest, issue: int, move: str) -> HttpResponse:
    """Make a move."""
    user = _user(request)
    found = _find(request, issue)
    if move not in {one.value for one in WRITTEN_BY_PAGES}:
        raise Http404
    said = request.POST
    seen = said.get("seen", "")
    remedy = said.get("remedy", "").strip()
    remedy = "" if remedy == found.remedy else remedy
    try:
        actions.act(
            by=user,
            issue=found,
            move=Move(move),
            text=t(N_("整改措施：{remedy}"), remedy=remedy) if remedy else said.get("text", ""),
            remedy=remedy,
            assignee=chosen(said.get("to", ""), user, found),
            due_on=_day(said.get("due_on", "")),
            files=request.FILES.getlist("files"),
            phase=Phase.BEFORE if said.get("phase") == Phase.BEFORE else Phase.AFTER,
            seen=int(seen) if seen.isdigit() else None,
        )
    except UserError as error:
        _say_problems(request, error)
    else:
        messages.success(request, t(N_("已办：{move}。"), move=move_name(move)))
    return redirect("issue", found.pk)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@require(*READERS)
def evidence(request: HttpRequest, issue: int, piece: int) -> HttpResponse:
    """A piece of evidence in full."""
    return _evidence(request, issue, piece, is_small=False)


@require(*READERS)
def evidence_small(request: HttpRequest, issue: int, piece: int) -> HttpResponse:
    """A picture as it stands on the page of the issue."""
    return _evidence(request, issue, piece, is_small=True)


def _evidence(request: HttpRequest, issue: int, piece: int, is_small: bool) -> HttpResponse:
    found = get_object_or_404(Evidence.objects.select_related("issue"), pk=piece, issue=_find(request, issue))
    content = actions.content_of(by=_user(request), piece=found, is_small=is_small)
    is_picture = found.media == "image/jpeg"
    if is_small and not is_picture:
        raise Http404
    response = HttpResponse(content, content_type="image/jpeg" if is_picture else "application/octet-stream")
    kind = "inline" if is_picture else "attachment"
    response.headers["Content-Disposition"] = f"{kind}; filename*=UTF-8''{quote(found.name)}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@require(Permission.ISSUE_RAISE)
@require_http_methods(["GET", "POST"])
def issue_new(request: HttpRequest) -> HttpResponse:
    """Write a problem down."""
    user = _user(request)
    initial = {"token": secrets.token_hex(8)}
    form = NewIssueForm(user, request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        issue = actions.raise_by_hand(by=user, new=form.new(), token=form.cleaned_data["token"])
        messages.success(request, t(N_("已立账。")))
        return redirect("issue", issue.pk)
    return render(request, "ledger/issue_new.html", {"form": form})


@require(*READERS)
def question_list(request: HttpRequest) -> HttpResponse:
    """What is to be asked at the next visit."""
    user = _user(request)
    seen = Question.objects.visible_to(user).standing()
    places = seen.order_by("division__code").values_list("division_id", "division__name").distinct()
    village = filter_of(request, "village", t(N_("村")), list(places))
    wanted = request.GET.get("village", "")
    rows = seen.filter(division_id=wanted) if wanted.isdigit() else seen
    table = listing(
        request,
        rows.select_related("division", "household"),
        QUESTION_COLUMNS,
        lambda one: reverse("household", args=[one.household_id]) if one.household_id else "",
        unit=t(N_("项")),
        default_order="-waiting",
        filters=[village] if len(village.options) > 2 else [],
        empty=t(N_("没有要问清的内容。")),
    )
    return render(request, "ledger/questions.html", {"table": table})


def _whom(one: Question) -> str:
    if one.household is not None:
        return str(one.household.head_name or one.household.household_code or one.household_id)
    return one.subject_name or one.division.name


def _say_problems(request: HttpRequest, error: UserError) -> None:
    for problem in error.problems:
        messages.error(request, problem.render())


def _find(request: HttpRequest, issue: int) -> Issue:
    seen = Issue.objects.visible_to(request.user).select_related("division", "household__village")
    return get_object_or_404(seen, pk=issue)


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("the doors let nobody else in")
    return request.user
