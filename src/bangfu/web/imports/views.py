"""Imports: the list, a new one, the result of its check, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from bangfu.core.errors import UserError
from bangfu.core.messages import N_
from bangfu.core.sheets.reasons import Severity
from bangfu.core.sheets.results import cell_problems
from bangfu.web.access import Permission, require
from bangfu.web.accounts.models import User
from bangfu.web.imports import actions
from bangfu.web.imports.forms import UploadForm
from bangfu.web.imports.models import ImportBatch, KeptFile, Move, Purpose, State
from bangfu.web.pages.tables import Column, listing
from bangfu.web.pages.text import later, moment, name_of, t
from bangfu.web.registry.rows import VOCABULARY

_SHOWN = 200
STATES = {
    State.UPLOADED: N_("待核对"),
    State.REFUSED: N_("不能导入"),
    State.CHECKED: N_("已核对，待写入"),
    State.COMMITTED: N_("已写入"),
    State.UNDONE: N_("已撤销"),
    State.DISCARDED: N_("已放弃"),
}
COLUMNS = (
    Column("id", later(N_("批次")), lambda one: _title(one), ("pk",), phone="title"),
    Column("division", later(N_("哪里的数据")), lambda one: one.division.name, ("division__code",)),
    Column("state", later(N_("状态")), lambda one: state_name(one), ("state",)),
    Column(
        "problems", later(N_("有问题的单元格（个）")), lambda one: one.problem_count, ("problem_count",), True
    ),
    Column("by", later(N_("上传人")), lambda one: one.uploaded_by.display_name),
    Column("at", later(N_("上传时间")), lambda one: moment(one.uploaded_at), ("uploaded_at",)),
)


def state_name(batch: ImportBatch) -> str:
    """Where an import stands, in words."""
    return t(STATES[State(batch.state)])


def _title(batch: ImportBatch) -> str:
    return t(N_("第 {number} 批"), number=batch.pk)


@require(Permission.IMPORT_COMMIT)
def import_list(request: HttpRequest) -> HttpResponse:
    """Imports of one's divisions, the newest first."""
    table = listing(
        request,
        ImportBatch.objects.visible_to(request.user).select_related("division", "uploaded_by"),
        COLUMNS,
        lambda one: reverse("import", args=[one.pk]),
        unit=t(N_("批")),
        default_order="-id",
        empty=t(N_("还没有导入过。点“导入工作簿”开始：先核对，看过结果再写入。")),
    )
    return render(request, "imports/import_list.html", {"table": table})


@require(Permission.IMPORT_COMMIT)
@require_http_methods(["GET", "POST"])
def import_new(request: HttpRequest) -> HttpResponse:
    """Hand workbooks in; they are checked at once."""
    user = _user(request)
    form = UploadForm(user, request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            batch = actions.upload(by=user, **form.cleaned_data)
        except UserError as error:
            form.add_error("files", [problem.render() for problem in error.problems])
        else:
            actions.check(by=user, batch=batch)
            return redirect("import", batch.pk)
    return render(request, "imports/import_new.html", {"form": form})


@require(Permission.IMPORT_COMMIT)
def import_page(request: HttpRequest, batch: int) -> HttpResponse:
    """What the check found: what would change, every cell that is wrong, what to do next."""
    found = _find(request, batch)
    problems = actions.problems_of(found)
    cells = [] if problems is None else list(islice(cell_problems(problems), _SHOWN))
    created, updated = found.counts.get("created", {}), found.counts.get("updated", {})
    tables = sorted({*created, *updated})
    context = {
        "batch": found,
        "title": _title(found),
        "state": state_name(found),
        "uploaded": found.files.filter(purpose=Purpose.UPLOADED.value),
        "marked": found.files.filter(purpose=Purpose.MARKED.value),
        "changes": [
            (name_of(VOCABULARY.tables[name]), created.get(name, 0), updated.get(name, 0)) for name in tables
        ],
        "cells": cells,
        "refused_cells": 0 if problems is None else problems.filter(severity=Severity.REFUSED.value).height,
        "more": found.problem_count - len(cells),
        "may": {move.value: found.allows(move) for move in Move},
    }
    return render(request, "imports/import.html", context)


def _act(request: HttpRequest, batch: int, action: Callable[..., ImportBatch], done: str) -> HttpResponse:
    """Do it, and say what happened; a mistake is said on the same page."""
    try:
        action(by=_user(request), batch=_find(request, batch))
    except UserError as error:
        for problem in error.problems:
            messages.error(request, problem.render())
    else:
        messages.success(request, done)
    return redirect("import", batch)


@require(Permission.IMPORT_COMMIT)
@require_POST
def check(request: HttpRequest, batch: int) -> HttpResponse:
    """Check once more, against the register as it is now."""
    return _act(request, batch, actions.check, t(N_("已重新核对。")))


@require(Permission.IMPORT_COMMIT)
@require_POST
def commit(request: HttpRequest, batch: int) -> HttpResponse:
    """Write it."""
    return _act(request, batch, actions.commit, t(N_("已写入登记库。发现写错了，可以在这一页撤销。")))


@require(Permission.IMPORT_UNDO)
@require_POST
def undo(request: HttpRequest, batch: int) -> HttpResponse:
    """Take it back."""
    return _act(request, batch, actions.undo, t(N_("已撤销，登记库回到写入以前。")))


@require(Permission.IMPORT_COMMIT)
@require_POST
def discard(request: HttpRequest, batch: int) -> HttpResponse:
    """Let go of it."""
    return _act(request, batch, actions.discard, t(N_("已放弃，上传的文件已删除。")))


@require(Permission.IMPORT_COMMIT)
def import_file(request: HttpRequest, batch: int, file: int) -> HttpResponse:
    """Download a file of an import."""
    kept = get_object_or_404(
        KeptFile.objects.select_related("batch__division"),
        pk=file,
        batch=_find(request, batch),
        purpose__in=[Purpose.UPLOADED.value, Purpose.MARKED.value],
    )
    content = actions.read_file(by=_user(request), file=kept)
    response = HttpResponse(content, content_type="application/octet-stream")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(kept.name)}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _find(request: HttpRequest, batch: int) -> ImportBatch:
    return get_object_or_404(
        ImportBatch.objects.visible_to(request.user).select_related("division"), pk=batch
    )


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("the doors let nobody else in")
    return request.user
