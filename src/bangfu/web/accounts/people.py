"""The administrator's pages: who has an account, roles at divisions from a day to a day, put out and let in."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_http_methods, require_POST

from bangfu.core.errors import UserError
from bangfu.core.messages import N_
from bangfu.core.sheets.cells import RawWorkbook
from bangfu.core.sheets.reading import read_workbook
from bangfu.web.access import ROLES, Permission, Role, require
from bangfu.web.accounts import actions
from bangfu.web.accounts.forms import GrantForm, InviteForm, WorkbookForm
from bangfu.web.accounts.models import RoleGrant, User
from bangfu.web.accounts.policy import divisions_of, manages, people_of
from bangfu.web.pages.tables import Column, listing
from bangfu.web.pages.text import later, t

MOST = 1_000  # people in one workbook
HEADINGS = (N_("姓名"), N_("用户名"), N_("角色"), N_("区划代码"), N_("起始日期"), N_("截止日期"))


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("the doors let nobody else in")
    return request.user


def _roles(people: QuerySet[User]) -> Callable[[User], str]:
    """What each of these people holds today, in words; one query for all."""
    grants = RoleGrant.objects.in_force(timezone.localdate()).filter(user__in=people.values("pk"))
    held: dict[int, list[str]] = {}
    for one in grants.select_related("division").order_by("pk"):
        held.setdefault(one.user_id, []).append(f"{one.role_name} {one.division}")
    return lambda user: t(N_("、")).join(held.get(user.pk, ()))


COLUMNS = (
    Column("name", later(N_("姓名")), lambda one: one.display_name, ("display_name",), phone="title"),
    Column("username", later(N_("用户名")), lambda one: one.username, ("username",)),
    Column(
        "state",
        later(N_("状态")),
        lambda one: t(N_("在用")) if one.is_active else t(N_("已停用")),
        ("is_active",),
    ),
    Column(
        "seen", later(N_("最近登录")), lambda one: one.last_login and one.last_login.date(), ("last_login",)
    ),
)


@require(Permission.ACCOUNT_MANAGE)
@require_http_methods(["GET", "POST"])
def people_list(request: HttpRequest) -> HttpResponse:
    """Everybody whom one looks after."""
    found, text = people_of(_user(request)), request.POST.get("q", "")[:40].strip()
    if text:
        found = found.filter(display_name__contains=text) | found.filter(username__icontains=text)
    roles = Column("roles", later(N_("现在的角色")), _roles(found))
    table = listing(
        request,
        found,
        (*COLUMNS[:2], roles, *COLUMNS[2:]),
        lambda one: reverse("person", args=[one.pk]),
        unit=t(N_("人")),
        default_order="username",
        search=text,
        search_hint=t(N_("姓名或用户名")),
        empty=t(N_("没有找到。换个词再找，或新建账号。")),
    )
    return render(request, "accounts/people.html", {"table": table})


@require(Permission.ACCOUNT_MANAGE)
@require_http_methods(["GET", "POST"])
def person_new(request: HttpRequest) -> HttpResponse:
    """An account for one, with its first role; the password is shown once."""
    user = _user(request)
    form = InviteForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.invite(by=user, people=[form.invitation()])
        except UserError as error:
            form.add_error("username", str(error))
        except ValidationError as error:
            form.add_error(None, error)
        except PermissionDenied:
            form.add_error("role", t(N_("您不能授予这个角色。")))
        else:
            return render(request, "accounts/invited.html", {"made": made})
    return render(request, "accounts/person_new.html", {"form": form})


@require(Permission.ACCOUNT_MANAGE)
@require_http_methods(["GET", "POST"])
def people_workbook(request: HttpRequest) -> HttpResponse:
    """Accounts for everybody on a list, all of them or none."""
    user = _user(request)
    form = WorkbookForm(request.POST or None, request.FILES or None)
    problems: list[str] = []
    if request.method == "POST" and form.is_valid():
        try:
            people, problems = _read(user, form.cleaned_data["file"])
            if not problems:
                made = actions.invite(by=user, people=people)
                return render(request, "accounts/invited.html", {"made": made})
        except UserError as error:
            problems = [problem.render() for problem in error.problems]
        except ValidationError as error:
            problems = list(error.messages)
        except PermissionDenied:
            problems = [t(N_("名单里有您不能授予的角色。"))]
    context = {"form": form, "problems": problems, "headings": [t(one) for one in HEADINGS]}
    context["roles"] = [t(sheet.name) for sheet in ROLES.values()]
    return render(request, "accounts/people_workbook.html", context, status=400 if problems else 200)


def _read(user: User, file: Any) -> tuple[list[actions.Invitation], list[str]]:
    """The people of a workbook's first sheet, and what is wrong, row by row."""
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        path = Path(folder) / ("people" + Path(file.name or "").suffix.lower()[:5])
        path.write_bytes(file.read())
        book = read_workbook(path)
    rows = [row for row in _rows(book) if any(row)]
    if not rows or rows[0][:4] != list(HEADINGS[:4]):
        return [], [t(N_("第一行要依次是：姓名、用户名、角色、区划代码、起始日期、截止日期。"))]
    if len(rows) - 1 > MOST:
        return [], [t(N_("一次最多 {count} 人，请分开上传。"), count=MOST)]
    places = divisions_of(user, Permission.ACCOUNT_MANAGE).in_bulk()
    roles = {sheet.name: role for role, sheet in ROLES.items()} | {role.value: role for role in Role}
    found, problems = [], []
    for number, row in enumerate(rows[1:], 2):
        name, username, role, code, begins, ends = [*row, *[""] * 6][:6]
        wrong = [
            *([t(N_("没有姓名"))] if not name else []),
            *([t(N_("没有用户名"))] if not username else []),
            *([t(N_("没有“{role}”这个角色"), role=role)] if role not in roles else []),
            *([t(N_("区划代码不对，或不在您的范围内"))] if code not in places else []),
            *([t(N_("日期不对，应写成 2026-01-31"))] if _bad(begins) or _bad(ends) else []),
        ]
        if wrong:
            problems.append(t(N_("第 {row} 行：{what}。"), row=number, what=t(N_("；")).join(wrong)))
            continue
        start = parse_date(begins) if begins else None
        last = parse_date(ends) if ends else None
        since = start or timezone.localdate()
        found.append(actions.Invitation(username, name, roles[role], places[code], since, last))
    if not found and not problems:
        problems.append(t(N_("名单是空的。")))
    return found, problems


def _bad(text: str) -> bool:
    try:
        return bool(text) and parse_date(text) is None
    except ValueError:
        return True


def _rows(book: RawWorkbook) -> Sequence[list[str]]:
    columns = book.sheets[0].columns if book.sheets else ()
    return [[_text(cell) for cell in row] for row in zip(*columns, strict=True)]


def _text(cell: Any) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()


@require(Permission.ACCOUNT_MANAGE)
def person(request: HttpRequest, user: int) -> HttpResponse:
    """One account: roles, and what may be done with it."""
    found = get_object_or_404(people_of(_user(request)), pk=user)
    return _page(request, found, GrantForm(_user(request)))


def _page(request: HttpRequest, found: User, form: GrantForm, password: str = "") -> HttpResponse:
    by = _user(request)
    today = timezone.localdate()
    mine = set(divisions_of(by, Permission.ACCOUNT_MANAGE).values_list("code", flat=True))
    grants = [
        (one, one.division_id in mine and (one.ends_on is None or one.ends_on >= today))
        for one in found.grants.select_related("division").order_by("-begins_on")
    ]
    context = {
        "person": found,
        "grants": grants,
        "form": form,
        "password": password,
        "may_manage": manages(by, found) and found.pk != by.pk,
    }
    return render(request, "accounts/person.html", context)


@require(Permission.ACCOUNT_MANAGE)
@require_POST
def person_grant(request: HttpRequest, user: int) -> HttpResponse:
    """Give a role at a division."""
    by = _user(request)
    found = get_object_or_404(people_of(by), pk=user)
    form = GrantForm(by, request.POST)
    if form.is_valid():
        try:
            actions.grant_role(by=by, user=found, **form.grant())
        except ValidationError:
            form.add_error("role", t(N_("这个角色已经给过，或者日期前后颠倒。")))
        except PermissionDenied:
            form.add_error("role", t(N_("您不能授予这个角色。")))
        else:
            messages.success(request, t(N_("已授予角色。")))
            return redirect("person", found.pk)
    return _page(request, found, form)


@require(Permission.ACCOUNT_MANAGE)
@require_POST
def person_act(request: HttpRequest, user: int) -> HttpResponse:
    """Lock, unlock, sign out, reset the password, or end a role."""
    by = _user(request)
    found = get_object_or_404(people_of(by), pk=user)
    match request.POST.get("act", ""):
        case "lock" if found.pk != by.pk:
            actions.lock_user(by=by, user=found)
            messages.success(request, t(N_("账号已停用，正在登录的设备已退出。可以随时恢复。")))
        case "unlock":
            actions.unlock_user(by=by, user=found)
            messages.success(request, t(N_("账号已恢复。")))
        case "sign_out":
            actions.sign_out_user(by=by, user=found)
            messages.success(request, t(N_("这个账号的所有设备都已退出。")))
        case "reset" if found.pk != by.pk:
            password = actions.reset_password(by=by, user=found)
            return _page(request, found, GrantForm(by), password)
        case "end":
            sent = request.POST.get("grant", "")
            grants = RoleGrant.objects.filter(user=found)
            grant = get_object_or_404(grants, pk=int(sent) if sent.isascii() and sent.isdigit() else 0)
            actions.end_role(by=by, grant=grant, last_day=timezone.localdate())
            messages.success(request, t(N_("角色到今天为止，明天起失效。")))
    return redirect("person", found.pk)
