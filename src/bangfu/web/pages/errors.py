"""Pages of what went wrong: what it is and what to do, never a person's data."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from bangfu.core.errors import UserError
from bangfu.core.messages import N_
from bangfu.web.pages.text import t


def _page(request: HttpRequest, status: int, title: str, advice: str) -> HttpResponse:
    context = {"title": title, "advice": advice, "layout": _layout(request)}
    return render(request, "pages/error.html", context, status=status)


def _layout(request: HttpRequest) -> str:
    """With the bar for who is signed in: the way back."""
    user = getattr(request, "user", None)
    return "pages/base.html" if user is not None and user.is_authenticated else "pages/entrance.html"


def refused(request: HttpRequest, error: UserError) -> HttpResponse:
    """What a person can mend."""
    context = {"title": t(N_("没有办成")), "problems": error.problems, "layout": _layout(request)}
    return render(request, "pages/error.html", context, status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Signed in, but not for this."""
    advice = t(N_("您的账号没有这项权限。需要的话，请联系本级系统管理员授权。"))
    return _page(request, 403, t(N_("不能打开这一页")), advice)


def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """No such page, or not within one's division: both look the same."""
    advice = t(N_("网址不对，或者内容不在您的管辖范围内。请从上方导航重新进入。"))
    return _page(request, 404, t(N_("没有这一页")), advice)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token."""
    advice = t(N_("页面停留太久或不是从本站打开。请返回上一页，刷新后再提交。"))
    return _page(request, 403, t(N_("没有提交成功")), advice)


def broken(request: HttpRequest) -> HttpResponse:
    """A bug."""
    advice = t(N_("系统出错，内容没有改动。请稍后再试；再次出现请告知系统管理员时间和所做的操作。"))
    context = {"title": t(N_("系统出错")), "advice": advice}  # without the bar, which asks the database
    return render(request, "pages/error.html", context, status=500)
