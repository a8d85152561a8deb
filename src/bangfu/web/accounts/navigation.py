"""What the bar at the top leads to: only what the person may use."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from bangfu.core.messages import N_
from bangfu.web.access import Permission as P
from bangfu.web.accounts.models import User
from bangfu.web.accounts.policy import can
from bangfu.web.pages.text import later


@dataclass(frozen=True)
class Entry:
    """A word of the bar: `url_name` it leads to, `any_of` the permissions that show it (none: everybody)."""

    label: str
    url_name: str
    any_of: tuple[P, ...] = ()


@dataclass(frozen=True)
class Shown:
    """An entry as the page shows it."""

    label: str
    url: str
    is_here: bool


# In the order of the day's work. A new app adds its line here.
ENTRIES = (
    Entry(later(N_("今天")), "home"),
    Entry(later(N_("户")), "households", (P.HOUSEHOLD_READ, P.HOUSEHOLD_READ_PAIRED)),
    Entry(later(N_("台账")), "issues", (P.ISSUE_READ, P.ISSUE_READ_OWN, P.ISSUE_WORK)),
    Entry(later(N_("核查")), "runs", (P.RUN_READ,)),
    Entry(later(N_("方案")), "plans", (P.PLAN_READ,)),
    Entry(later(N_("导入")), "imports", (P.IMPORT_COMMIT,)),
    Entry(later(N_("人员")), "people", (P.ACCOUNT_MANAGE,)),
    Entry(later(N_("审计")), "audit", (P.AUDIT_READ,)),
)


def navigation(request: HttpRequest) -> dict[str, object]:
    """`navigation`: the entries for whoever asks."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {"navigation": ()}
    shown = [entry for entry in ENTRIES if not entry.any_of or any(can(user, one) for one in entry.any_of)]
    return {"navigation": [Shown(entry.label, *_target(request, entry.url_name)) for entry in shown]}


def _target(request: HttpRequest, url_name: str) -> tuple[str, bool]:
    """Where an entry leads, and whether the page asked for lies there."""
    url = reverse(url_name)
    return url, request.path.startswith(url) if url != "/" else request.path == url
