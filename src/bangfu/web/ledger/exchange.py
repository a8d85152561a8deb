"""Pages of what goes in and out of the ledger: runs, workbooks, exports."""

from __future__ import annotations

from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from bangfu.core.errors import UserError
from bangfu.core.messages import N_
from bangfu.core.plans.schema.papers import LedgerDefinition
from bangfu.web.access import Permission, require
from bangfu.web.accounts.models import User
from bangfu.web.accounts.policy import codes_of
from bangfu.web.divisions.models import Division
from bangfu.web.ledger import from_runs, workbooks
from bangfu.web.ledger.forms import ExportForm, WorkbookForm
from bangfu.web.ledger.lists import narrowed
from bangfu.web.ledger.models import FileState, Issue, IssueFile, RunIntake
from bangfu.web.ledger.workbooks import Deed
from bangfu.web.pages.text import moment, t
from bangfu.web.plans.models import Enactment
from bangfu.web.plans.packs import read
from bangfu.web.runs.models import Run
from bangfu.web.runs.models import State as RunState

DEEDS = {
    Deed.RAISE: ("+", N_("立账")),
    Deed.AMEND: ("✎", N_("更改")),
    Deed.SAME: ("=", N_("没有变化")),
    Deed.REFUSED: ("✕", N_("不能导入")),
}
_SHOWN = 300


@require(Permission.ISSUE_DISPATCH)
def intake_list(request: HttpRequest) -> HttpResponse:
    """Finished runs that may be taken into the ledger, and those that were."""
    user = _user(request)
    runs = Run.objects.visible_to(user).filter(state=RunState.DONE.value)
    runs = runs.select_related("enactment__pack", "division")[:30]
    taken = RunIntake.objects.visible_to(user).select_related("run__enactment__pack", "division", "asked_by")
    context = {
        "runs": runs,
        "taken": [(one, moment(one.asked_at)) for one in taken[:30]],
        "divisions": Division.objects.filter(code__in=codes_of(user, Permission.ISSUE_DISPATCH)),
        "is_waiting": taken.filter(state="queued").exists(),
    }
    return render(request, "ledger/intakes.html", context)


@require(Permission.ISSUE_DISPATCH)
@require_POST
def intake_ask(request: HttpRequest) -> HttpResponse:
    """Take a run into the ledger, for one's own divisions."""
    user = _user(request)
    run = get_object_or_404(Run.objects.visible_to(user), pk=_number(request.POST.get("run", "")))
    try:
        for division in Division.objects.filter(code__in=codes_of(user, Permission.ISSUE_DISPATCH)):
            if run.division.holds(division) or division.holds(run.division):
                from_runs.ask_intake(by=user, run=run, division=division)
    except UserError as error:
        _say_problems(request, error)
    else:
        messages.success(request, t(N_("正在立账，办好以后这里会显示结果。")))
    return redirect("issue_intakes")


@require(Permission.ISSUE_EXPORT)
@require_http_methods(["GET", "POST"])
def export(request: HttpRequest) -> HttpResponse:
    """The ledger as a workbook: what the address means, in a plan's own layout, for a purpose."""
    user = _user(request)
    layouts = _layouts(user)
    form = ExportForm([(key, name) for key, (name, _) in layouts.items()], request.POST or None)
    issues = narrowed(Issue.objects.visible_to(user), request.GET, user).within(user, Permission.ISSUE_EXPORT)
    if request.method == "POST" and form.is_valid():
        name, layout = layouts.get(form.cleaned_data["layout"], ("", None))
        content = workbooks.export(
            by=user, issues=issues, layout=layout, plan=name, purpose=form.cleaned_data["purpose"]
        )
        file = f"{layout.name if layout else t(N_('问题整改台账'))}-{timezone.localdate()}.xlsx"
        response = HttpResponse(content, content_type="application/octet-stream")
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file)}"
        return response
    return render(request, "ledger/export.html", {"form": form, "count": issues.count()})


def _layouts(user: User) -> dict[str, tuple[str, LedgerDefinition]]:
    """The layouts of ledgers of issues in the plans that hold in the user's divisions."""
    found = {}
    held = Enactment.objects.visible_to(user).in_force(timezone.localdate()).select_related("pack")
    for enactment in held:
        pack = read(enactment.pack.digest).pack
        for ledger in pack.content.documents.ledgers if pack else ():
            if ledger.of == "issue":
                found[f"{enactment.pk}.{ledger.id}"] = (enactment.pack.title, ledger)
    return found


@require(Permission.ISSUE_DISPATCH)
@require_http_methods(["GET", "POST"])
def file_new(request: HttpRequest) -> HttpResponse:
    """Hand a workbook of issues in; nothing is written before it was looked at."""
    user = _user(request)
    form = WorkbookForm(user, request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            kept = workbooks.upload(by=user, **form.cleaned_data)
        except UserError as error:
            form.add_error("file", [problem.render() for problem in error.problems])
        else:
            return redirect("issue_file", kept.pk)
    return render(request, "ledger/file_new.html", {"form": form})


@require(Permission.ISSUE_DISPATCH)
def file_page(request: HttpRequest, file: int) -> HttpResponse:
    """What a workbook would do, line by line; or what it did."""
    user = _user(request)
    kept = _find(request, file)
    lines = workbooks.lines_of(user, kept) if kept.state == FileState.CHECKED else []
    order = (Deed.REFUSED, Deed.RAISE, Deed.AMEND, Deed.SAME)
    shown = sorted(lines, key=lambda line: order.index(line.deed))[:_SHOWN]
    counts = workbooks.counts_of(lines) if lines else kept.counts
    context = {
        "file": kept,
        "is_open": kept.state == FileState.CHECKED,
        "is_written": kept.state == FileState.COMMITTED,
        "counts": [(t(DEEDS[deed][1]), counts.get(deed.value, 0)) for deed in Deed],
        "does_something": bool(counts.get(Deed.RAISE) or counts.get(Deed.AMEND)),
        "lines": [(line, *DEEDS[line.deed]) for line in shown],
        "more": len(lines) - len(shown),
    }
    return render(request, "ledger/file.html", context)


@require(Permission.ISSUE_DISPATCH)
@require_POST
def file_commit(request: HttpRequest, file: int) -> HttpResponse:
    """Write it."""
    kept = _find(request, file)
    try:
        workbooks.commit(by=_user(request), kept=kept)
    except UserError as error:
        _say_problems(request, error)
    else:
        messages.success(request, t(N_("已写入台账。")))
    return redirect("issue_file", kept.pk)


@require(Permission.ISSUE_DISPATCH)
@require_POST
def file_discard(request: HttpRequest, file: int) -> HttpResponse:
    """Let go of it."""
    kept = _find(request, file)
    try:
        workbooks.discard(by=_user(request), kept=kept)
    except UserError as error:
        _say_problems(request, error)
    return redirect("issues")


def _find(request: HttpRequest, file: int) -> IssueFile:
    return get_object_or_404(IssueFile.objects.visible_to(request.user).select_related("division"), pk=file)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0


def _say_problems(request: HttpRequest, error: UserError) -> None:
    for problem in error.problems:
        messages.error(request, problem.render())


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("the doors let nobody else in")
    return request.user
