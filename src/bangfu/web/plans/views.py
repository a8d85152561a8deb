"""Plan packs as pages: the list, one to read, two side by side, and the way into force."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from bangfu.core.errors import PlanError, Problem, UserError
from bangfu.core.messages import N_
from bangfu.core.plans.diff import Change, diff_packs
from bangfu.core.plans.pack import Pack as LoadedPack
from bangfu.web.access import Permission, require
from bangfu.web.accounts.models import User
from bangfu.web.accounts.policy import can
from bangfu.web.pages.tables import Column, listing
from bangfu.web.pages.text import later, t
from bangfu.web.plans import actions, packs, reading
from bangfu.web.plans.forms import EndForm, ProposeForm, ReasonForm, UploadForm
from bangfu.web.plans.models import Enactment, Kind, Move, Pack, State

STATES = {
    State.PROPOSED: N_("待审核"),
    State.APPROVED: N_("已批准"),
    State.RETURNED: N_("已退回"),
    State.WITHDRAWN: N_("已撤回"),
    State.ENDED: N_("已停用"),
}
KINDS = {Kind.PACKAGED: N_("系统自带"), Kind.FOLDER: N_("上传的文件夹"), Kind.WORKBOOK: N_("上传的工作簿")}
_SHOWN_CHANGES = 400

COLUMNS = (
    Column("title", later(N_("方案")), lambda one: one.title, ("title",), phone="title"),
    Column("version", later(N_("版本")), lambda one: one.version, ("version",)),
    Column("issuer", later(N_("发文单位")), lambda one: one.issuer, ("issuer",)),
    Column("kind", later(N_("来源")), lambda one: origin(one), ("kind",)),
    Column("checked", later(N_("检查")), lambda one: checked_text(one), ("problem_count",)),
)


def origin(pack: Pack) -> str:
    """How a pack came in, and whose it is."""
    kind = t(KINDS[Kind(pack.kind)])
    return f"{kind} · {pack.division}" if pack.division else kind


def checked_text(pack: Pack) -> str:
    """What the check on arrival found."""
    return t(N_("✕ {count} 处错误"), count=pack.problem_count) if pack.problem_count else t(N_("✓ 没有错误"))


@require(Permission.PLAN_READ)
def plan_list(request: HttpRequest) -> HttpResponse:
    """What is in force where, what waits for a second person, and every pack there is."""
    user = _user(request)
    enactments = Enactment.objects.visible_to(user).select_related("pack", "division", "proposed_by")
    table = listing(
        request,
        Pack.objects.visible_to(user).select_related("division"),
        COLUMNS,
        lambda one: reverse("plan", args=[one.pk]),
        unit=t(N_("个方案")),
        default_order="title",
        empty=t(N_("还没有方案。")),
    )
    context = {
        "table": table,
        "today": timezone.localdate(),
        "in_force": enactments.in_force(timezone.localdate()).order_by("division", "pack__title"),
        "waiting": enactments.filter(state=State.PROPOSED.value),
        "may_upload": can(user, Permission.PLAN_MANAGE),
    }
    return render(request, "plans/plan_list.html", context)


@require(Permission.PLAN_MANAGE)
@require_http_methods(["GET", "POST"])
def plan_upload(request: HttpRequest) -> HttpResponse:
    """Hand a pack in; it is checked at once."""
    user = _user(request)
    form = UploadForm(user, request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            pack = actions.upload(by=user, **form.cleaned_data)
        except UserError as error:
            form.add_error("file", [problem.render() for problem in error.problems])
        else:
            return redirect("plan", pack.pk)
    return render(request, "plans/plan_upload.html", {"form": form})


@require(Permission.PLAN_READ)
def plan_page(request: HttpRequest, pack: int) -> HttpResponse:
    """The plan in words, as it stands on a day; or every mistake, with file and line."""
    return _plan_page(request, _find_pack(request, pack))


def _plan_page(request: HttpRequest, pack: Pack, form: ProposeForm | None = None) -> HttpResponse:
    user = _user(request)
    day = _day(request.GET.get("on", "")) or packs.day_to_read(pack.digest)
    loaded = packs.read(pack.digest).pack
    problems: tuple[Problem, ...] = ()
    context: dict[str, object] = {}
    try:
        loaded, plan = packs.plan_on(pack.digest, day)
        context = {
            "chapters": reading.chapters(loaded, plan),
            "count": len(plan.criteria),
            "lints": plan.lints,
        }
    except PlanError as error:
        problems = error.problems
    if loaded is not None:
        context |= {
            "head": loaded.head,
            "parameters": reading.parameters(loaded),
            "blanks": reading.blanks(loaded),
        }
    others = Pack.objects.visible_to(user).filter(plan_id=pack.plan_id).exclude(pk=pack.pk)
    context |= {
        "pack": pack,
        "origin": origin(pack),
        "on": day,
        "problems": problems,
        "enactments": [_shown(one, user) for one in _enactments(user, pack)],
        "others": others.select_related("division")[:20],
        "form": form or _propose_form(user, loaded),
        "reason_form": ReasonForm(),
        "end_form": EndForm(),
    }
    return render(request, "plans/plan.html", context)


def _propose_form(user: User, loaded: LoadedPack | None) -> ProposeForm | None:
    """The form for those who may, with the place that the plan names if it is theirs."""
    if not can(user, Permission.PLAN_MANAGE):
        return None
    return ProposeForm(user, initial={"division": loaded.head.jurisdiction} if loaded else None)


def _enactments(user: User, pack: Pack) -> list[Enactment]:
    found = Enactment.objects.visible_to(user).filter(pack=pack)
    return list(found.select_related("division", "proposed_by", "decided_by"))


def _shown(one: Enactment, user: User) -> dict[str, object]:
    """An enactment, its state in words, and what this user may do with it."""
    may_approve = can(user, Permission.PLAN_APPROVE, one.division)
    may_manage = can(user, Permission.PLAN_MANAGE, one.division)
    is_own = one.proposed_by_id == user.pk
    return {
        "one": one,
        "state": state_text(one, timezone.localdate()),
        "may_approve": may_approve and not is_own and one.allows(Move.APPROVE),
        "may_withdraw": may_manage and one.allows(Move.WITHDRAW),
        "may_end": may_approve and one.allows(Move.END),
        "waits_for_other": is_own and one.allows(Move.APPROVE),
    }


def state_text(one: Enactment, today: date) -> str:
    """Where it stands, in words of the day."""
    if one.state in (State.APPROVED.value, State.ENDED.value):
        if one.begins_on > today:
            return t(N_("尚未生效"))
        if one.ends_on is None or one.ends_on >= today:
            return t(N_("生效中"))
        return t(N_("已停用"))
    return t(STATES[State(one.state)])


@require(Permission.PLAN_READ)
def plan_compare(request: HttpRequest, pack: int, other: int) -> HttpResponse:
    """What changed from one version to another, entry by entry."""
    old, new = _find_pack(request, other), _find_pack(request, pack)
    changes = diff_packs(_sound(old), _sound(new))
    by_kind = {kind: sum(one.kind == kind for one in changes) for kind in ("added", "removed", "changed")}
    context = {
        "old": old,
        "new": new,
        "changes": [_said(one) for one in changes[:_SHOWN_CHANGES]],
        "more": max(0, len(changes) - _SHOWN_CHANGES),
        "by_kind": by_kind,
    }
    return render(request, "plans/plan_compare.html", context)


def _said(change: Change) -> dict[str, object]:
    return {
        "kind": change.kind,
        "title": change.message(),
        "where": change.where,
        "lines": [field.message() for field in change.fields],
    }


def _sound(pack: Pack) -> LoadedPack:
    return packs.read(pack.digest).sound()


@require(Permission.PLAN_MANAGE)
@require_POST
def propose(request: HttpRequest, pack: int) -> HttpResponse:
    """Ask for it to be put in force."""
    user, found = _user(request), _find_pack(request, pack)
    form = ProposeForm(user, request.POST)
    if not form.is_valid():
        return _plan_page(request, found, form)
    try:
        actions.propose(by=user, pack=found, **form.cleaned_data)
    except UserError as error:
        form.add_error(None, [problem.render() for problem in error.problems])
        return _plan_page(request, found, form)
    messages.success(request, t(N_("已提交。由另一位有审核权限的人员批准后生效。")))
    return redirect("plan", pack)


@require(Permission.PLAN_APPROVE)
@require_POST
def approve(request: HttpRequest, enactment: int) -> HttpResponse:
    """A second person agrees."""
    return _act(request, enactment, actions.approve, t(N_("已批准，到生效日期起按这个方案核查。")))


@require(Permission.PLAN_APPROVE)
@require_POST
def send_back(request: HttpRequest, enactment: int) -> HttpResponse:
    """A second person does not agree, and says why."""
    reason = request.POST.get("reason", "")
    return _act(request, enactment, actions.send_back, t(N_("已退回。")), reason=reason)


@require(Permission.PLAN_MANAGE)
@require_POST
def withdraw(request: HttpRequest, enactment: int) -> HttpResponse:
    """Take the proposal back."""
    return _act(request, enactment, actions.withdraw, t(N_("已撤回。")))


@require(Permission.PLAN_APPROVE)
@require_POST
def end(request: HttpRequest, enactment: int) -> HttpResponse:
    """No longer in force after a day."""
    ends_on = _day(request.POST.get("ends_on", "")) or timezone.localdate()
    return _act(request, enactment, actions.end, t(N_("已定好停用日期。")), ends_on=ends_on)


def _act(
    request: HttpRequest, key: int, action: Callable[..., Enactment], done: str, **values: object
) -> HttpResponse:
    """Do it, and say what happened; a mistake is said on the same page."""
    found = get_object_or_404(
        Enactment.objects.visible_to(request.user).select_related("pack", "division"), pk=key
    )
    try:
        action(by=_user(request), enactment=found, **values)
    except UserError as error:
        for problem in error.problems:
            messages.error(request, problem.render())
    else:
        messages.success(request, done)
    return redirect("plan", found.pack_id)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _find_pack(request: HttpRequest, key: int) -> Pack:
    return get_object_or_404(Pack.objects.visible_to(request.user).select_related("division"), pk=key)


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("the doors let nobody else in")
    return request.user
