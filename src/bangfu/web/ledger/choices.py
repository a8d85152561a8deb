"""Whom an issue may be given to, by whoever dispatches it."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q
from django.utils import timezone

from bangfu.core.messages import N_
from bangfu.web.access import Permission
from bangfu.web.access.roles import roles_with
from bangfu.web.accounts.models import RoleGrant, User
from bangfu.web.accounts.policy import codes_of
from bangfu.web.divisions.models import Division
from bangfu.web.ledger.actions import Assignee
from bangfu.web.ledger.models import Issue
from bangfu.web.pages.text import t
from bangfu.web.registry.rows import rows

HELPERS = "helpers"
_MOST = 1_000
Group = tuple[str, list[tuple[str, str]]]


def people_within(by: User) -> list[Assignee]:
    """Accounts that may mend issues, with a role within or above the divisions where the user dispatches."""
    reach = Q(pk__in=[])
    for place in Division.objects.filter(code__in=codes_of(by, Permission.ISSUE_DISPATCH)):
        above = place.path.strip("/").split("/")
        reach |= Q(division__path__startswith=place.path) | Q(division__code__in=above)
    grants = RoleGrant.objects.in_force(timezone.localdate()).filter(reach)
    grants = grants.filter(role__in=roles_with(Permission.ISSUE_WORK), user__is_active=True)
    users = User.objects.filter(pk__in=grants.values("user_id")).order_by("display_name", "pk")
    return [Assignee(f"user:{one.pk}", str(one)) for one in users[:_MOST]]


def agencies_within(by: User) -> list[Assignee]:
    """Agencies of the register that the user sees."""
    found = rows("agency").visible_to(by).order_by("agency_name").values_list("pk", "agency_name")
    return [Assignee(f"agency:{key}", name or "") for key, name in found[:_MOST]]


def helpers_of_issue(issue: Issue) -> list[Assignee]:
    """Those who help the household of an issue today."""
    if issue.household_id is None:
        return []
    pairings = rows("pairing").filter(household_id=issue.household_id, cadre_id__isnull=False)
    standing = pairings.filter(Q(end_on__isnull=True) | Q(end_on__gte=timezone.localdate())).order_by("pk")
    return [
        Assignee(f"cadre:{key}", name or "")
        for key, name in dict(standing.values_list("cadre_id", "cadre__full_name")).items()
    ]


def groups_for(by: User, issue: Issue | None = None) -> list[Group]:
    """The options of the list to choose from, grouped."""
    helpers = helpers_of_issue(issue) if issue is not None else []
    groups = [
        (t(N_("帮扶责任人")), helpers),
        (t(N_("有账号的人")), people_within(by)),
        (t(N_("帮扶单位")), agencies_within(by)),
    ]
    found = [(label, [(one.key, one.name) for one in members]) for label, members in groups if members]
    if issue is None:
        found.insert(0, (t(N_("按结对")), [(HELPERS, t(N_("各户自己的帮扶责任人")))]))
    return found


def chosen(key: str, by: User, issue: Issue | None = None) -> Assignee | None:
    """The one of the options that was chosen; None for what is no option."""
    options: Sequence[Assignee] = [
        *(helpers_of_issue(issue) if issue is not None else ()),
        *people_within(by),
        *agencies_within(by),
    ]
    return next((one for one in options if one.key == key), None)
