"""Where issues stand, for the core to judge: from their events, one by one or for many at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bangfu.core.casework import Act, Capacity, Move, Person, Standing, State, replay
from bangfu.web.access import Permission
from bangfu.web.accounts.models import User
from bangfu.web.accounts.policy import can
from bangfu.web.ledger.models import Issue, IssueEvent, agencies_of, identities

_TELLING = [Move.START, Move.PROVE, Move.SUBMIT, Move.ASK_EXTENSION, Move.RETURN]
_AT_PLACE = {
    Capacity.DISPATCHER: Permission.ISSUE_DISPATCH,
    Capacity.RESPONSIBLE: Permission.ISSUE_WORK,
    Capacity.REVIEWER: Permission.ISSUE_REVIEW,
    Capacity.APPROVER: Permission.ISSUE_EXTEND,
}
CHUNK = 5_000


def person_on(user: User, issue: Issue) -> Person:
    """The user as somebody who may act on an issue that the user sees: by permissions at its place, or as the one
    (or of the agency) that it is assigned to."""
    capacities = {Capacity.READER}
    for capacity, permission in _AT_PLACE.items():
        if can(user, permission, issue.division):
            capacities.add(capacity)
    ids = identities(user)
    names = {*ids, *(f"agency:{key}" for key in agencies_of(user))}
    if issue.assignee in names and can(user, Permission.ISSUE_WORK):
        capacities.add(Capacity.RESPONSIBLE)
    return Person(ids, frozenset(capacities))


def acts_of(events: Iterable[IssueEvent]) -> list[Act]:
    """Events, in order, as the core's acts; that each person was allowed to was asked when it happened."""
    return [
        Act(
            Move(one.move),
            Person(frozenset(one.hands)),
            text=one.text,
            assignee=one.assignee,
            due_on=one.due_on,
            evidence=one.evidence,
            link=one.link,
        )
        for one in events
    ]


def proven(issue: Issue) -> Standing:
    """Where the issue stands by its events. Raises CaseError where one of them was not allowed."""
    return replay(acts_of(issue.events.order_by("number")))


def standings(issues: Sequence[Issue]) -> dict[int, Standing]:
    """Where many issues stand, by key: their rows, and whose hands were at work. What an assignment could be
    taken back to is left out."""
    hands: dict[int, set[str]] = {}
    evidence: dict[int, int] = {}
    keys = [issue.pk for issue in issues]
    for start in range(0, len(keys), CHUNK):
        events = IssueEvent.objects.filter(issue__in=keys[start : start + CHUNK], move__in=_TELLING)
        told = events.order_by("issue_id", "number").values_list("issue_id", "move", "hands", "evidence")
        for key, move, acting, pieces in told:
            if move == Move.RETURN:
                evidence[key] = 0
                continue
            hands.setdefault(key, set()).update(acting)
            evidence[key] = evidence.get(key, 0) + pieces
    return {
        issue.pk: Standing(
            State(issue.state),
            issue.assignee,
            issue.due_on,
            frozenset(hands.get(issue.pk, ())),
            evidence.get(issue.pk, 0),
            extended=issue.extended,
            acts=issue.version,
        )
        for issue in issues
    }
