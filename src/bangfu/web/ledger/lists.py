"""The ledger as a list: what may be narrowed by what, and which rows a bulk step means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, DateField, Q, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest, QueryDict
from django.utils import timezone

from bangfu.core.casework import STATE_NAMES, State
from bangfu.core.divisions import Level
from bangfu.core.messages import N_
from bangfu.web.access import Permission
from bangfu.web.accounts.models import User
from bangfu.web.accounts.policy import codes_of
from bangfu.web.divisions.models import Division
from bangfu.web.ledger.models import LIVE_STATES, Issue, IssueQuerySet, agencies_of, identities
from bangfu.web.ledger.words import due_words, state_badge, subject_of, who
from bangfu.web.pages.tables import Column, Filter, filter_of
from bangfu.web.pages.text import later, t
from bangfu.web.registry.households import found, households

COLUMNS = (
    Column("problem", later(N_("问题")), lambda one: one.problem, phone="title"),
    Column("subject", later(N_("对象")), subject_of),
    Column("place", later(N_("地点")), lambda one: one.division.name, ("division__code",)),
    Column("who", later(N_("责任人")), who, ("assignee_name",)),
    Column("due", later(N_("整改期限")), due_words, ("sort_due",)),
    Column("state", later(N_("状态")), state_badge, ("state", "sort_due")),
)
_NEVER = date(9999, 12, 31)
MINE, AGENCY, OVERDUE, LIVE, REVIEW = "mine", "agency", "overdue", "live", "review"


def narrowed(issues: IssueQuerySet, query: QueryDict, user: User) -> IssueQuerySet:
    """The issues that an address means."""
    views: Mapping[str, Callable[[], IssueQuerySet]] = {
        LIVE: lambda: issues.live(),
        MINE: lambda: issues.live().mine(user),
        AGENCY: lambda: issues.live().of_agencies(agencies_of(user)),
        OVERDUE: lambda: issues.overdue(timezone.localdate()),
        REVIEW: lambda: issues.filter(state=State.SUBMITTED.value),
    }
    view = query.get("view", "")
    if view in views:
        issues = views[view]()
    if query.get("state", "") in set(State):
        issues = issues.filter(state=query["state"])
    village = query.get("village", "")
    if village.isdigit():
        issues = issues.filter(division_id=village)
    return issues.annotate(sort_due=Coalesce("due_on", Value(_NEVER), output_field=DateField()))


@dataclass(frozen=True)
class Figure:
    """A number that leads to its rows."""

    label: str
    count: int
    query: str


def figures(user: User) -> list[Figure]:
    """What of the ledger waits for somebody today; only what is not nothing. One query, whatever the ledger."""
    today = timezone.localdate()
    live = Q(state__in=LIVE_STATES)
    own = Q(assignee__in=identities(user)) & live
    said = [
        (N_("派给我的"), MINE, own),
        (N_("逾期"), OVERDUE, live & Q(due_on__lt=today)),
    ]
    if codes_of(user, Permission.ISSUE_REVIEW):
        said.append((N_("等复核"), REVIEW, Q(state=State.SUBMITTED.value)))
    counts = Issue.objects.visible_to(user).aggregate(**{name: Count("pk", filter=q) for _, name, q in said})
    return [Figure(t(words), counts[name], f"?view={name}") for words, name, _ in said if counts[name]]


def filters(request: HttpRequest, user: User) -> list[Filter]:
    """The chips above the list, those that have something to choose."""
    views = [(LIVE, N_("未销号")), (MINE, N_("我的")), (AGENCY, N_("本单位的")), (OVERDUE, N_("逾期"))]
    if codes_of(user, Permission.ISSUE_REVIEW):
        views.append((REVIEW, N_("等复核")))
    if user.cadre_id is None:
        views.remove((AGENCY, N_("本单位的")))
    places = Division.objects.below(codes_of(user, Permission.ISSUE_READ)).filter(level=Level.VILLAGE)
    used = places.filter(code__in=Issue.objects.visible_to(user).order_by().values("division_id"))
    found = [
        filter_of(request, "view", t(N_("范围")), [(name, t(words)) for name, words in views]),
        filter_of(request, "state", t(N_("状态")), [(s.value, t(STATE_NAMES[s])) for s in State]),
        filter_of(request, "village", t(N_("村")), list(used.values_list("code", "name"))),
    ]
    return [one for one in found if len(one.options) > 2]


def searched(issues: IssueQuerySet, text: str) -> IssueQuerySet:
    """Issues found by words of the problem, by a household as households are found, or by their number."""
    text = text.strip()
    if not text:
        return issues
    hits = Q(problem__contains=text) | Q(assignee_name__contains=text) | Q(subject_name__contains=text)
    tail = text.rpartition("-")[2]
    if tail.isdigit() and len(tail) <= 6:
        hits |= Q(pk=int(tail))
    return issues.filter(hits | Q(household__in=found(households(), text).order_by().values("pk")))
