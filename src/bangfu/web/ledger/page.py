"""The page of an issue: its words, its history, and a form for each move that the person may make now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q

from bangfu.core.casework import Move, State, moves_open_to
from bangfu.core.messages import N_
from bangfu.web.accounts.models import User
from bangfu.web.ledger.choices import groups_for
from bangfu.web.ledger.models import Evidence, Issue, IssueEvent, Phase
from bangfu.web.ledger.standing import person_on, proven
from bangfu.web.ledger.words import (
    SIGNS,
    due_words,
    label,
    move_name,
    outcome_words,
    severity_name,
    state_badge,
    state_name,
    subject_of,
)
from bangfu.web.pages.text import moment, t
from bangfu.web.registry.households import households

# In the order in which they stand on the page; the first is the one expected next.
_OFFERED = (
    Move.CLOSE,
    Move.RETURN,
    Move.GRANT_EXTENSION,
    Move.REFUSE_EXTENSION,
    Move.SUBMIT,
    Move.START,
    Move.ASSIGN,
    Move.PROVE,
    Move.ASK_EXTENSION,
    Move.TAKE_BACK,
    Move.AMEND,
    Move.VOID,
)
_TEXTS = {
    Move.SUBMIT: N_("做了什么、现在怎样"),
    Move.RETURN: N_("哪里没有整改到位"),
    Move.REFUSE_EXTENSION: N_("不同意的理由"),
    Move.ASK_EXTENSION: N_("为什么不能按期、打算怎么解决、请上级解决什么"),
    Move.VOID: N_("为什么不算问题"),
}
_DAYS = {
    Move.ASK_EXTENSION: N_("延到哪一天"),
    Move.AMEND: N_("新的整改期限"),
    Move.ASSIGN: N_("整改期限"),
}
_WITH_FILES = frozenset({Move.SUBMIT, Move.PROVE})


@dataclass(frozen=True)
class MoveForm:
    """What a move asks for: labels of its fields, empty for a field that it does not have."""

    move: str
    name: str
    text: str
    day: str
    has_files: bool
    has_assignee: bool
    is_first: bool
    advice: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether a button is enough."""
        return not (self.text or self.day or self.has_files or self.has_assignee)


@dataclass(frozen=True)
class Happened:
    """An event as the page tells it."""

    at: str
    by: str
    name: str
    text: str
    detail: str
    is_comment: bool
    link: int | None


@dataclass(frozen=True)
class Piece:
    """A piece of evidence; `elsewhere`: other issues with the very same file."""

    key: int
    name: str
    is_picture: bool
    said: str
    elsewhere: int


def page_of(user: User, issue: Issue) -> dict[str, object]:
    """Everything that the template shows."""
    standing = proven(issue)
    open_moves = set(moves_open_to(standing, person_on(user, issue)))
    offered = [move for move in _OFFERED if move in open_moves]
    events = list(issue.events.select_related("by").order_by("-number"))
    pieces = list(issue.evidence.select_related("by"))
    elsewhere = _elsewhere(issue, pieces)
    household = issue.household_id
    return {
        "issue": issue,
        "subject": subject_of(issue),
        "badge": state_badge(issue),
        "due": due_words(issue),
        "severity": severity_name(issue.severity),
        "source": label("issue_source", issue.source),
        "kind": label("issue_kind", issue.kind),
        "outcome": outcome_words(issue),
        "findings": list(issue.findings.all()[:60]),
        "facts": [line for line in issue.facts.split("\n") if line],
        "asked_due_on": standing.asked_due_on,
        "moves": [_form(move, issue, is_first=move is offered[0]) for move in offered],
        "groups": groups_for(user, issue) if Move.ASSIGN in open_moves else [],
        "history": [_happened(one) for one in events],
        "before": [_piece(one, elsewhere) for one in pieces if one.phase == Phase.BEFORE],
        "after": [_piece(one, elsewhere) for one in pieces if one.phase == Phase.AFTER],
        "may_prove": Move.PROVE in open_moves,
        "relapses": list(issue.relapses.all()),
        "sees_household": household is not None
        and households().visible_to(user).filter(pk=household).exists(),
    }


def _form(move: Move, issue: Issue, is_first: bool) -> MoveForm:
    advice = ""
    if move is Move.ASK_EXTENSION and issue.extension_to:
        advice = t(N_("按方案，报{whom}答复。"), whom=issue.extension_to)
    elif move is Move.SUBMIT:
        advice = t(N_("要有整改后的照片或文件；照片里的位置等信息会自动去掉。"))
    return MoveForm(
        move.value,
        move_name(move),
        t(_TEXTS[move]) if move in _TEXTS else "",
        t(_DAYS[move]) if move in _DAYS else "",
        move in _WITH_FILES,
        move is Move.ASSIGN,
        is_first,
        advice,
    )


def _happened(event: IssueEvent) -> Happened:
    details = []
    if event.assignee_name:
        details.append(t(N_("派给{name}"), name=event.assignee_name))
    if event.due_on is not None:
        details.append(t(N_("期限 {day}"), day=event.due_on))
    if event.evidence:
        details.append(t(N_("整改后佐证 {count} 件"), count=event.evidence))
    is_said = state_name(event.state) == move_name(event.move)
    if event.before_state not in ("", event.state) and not is_said:
        details.append(f"{SIGNS[State(event.state)]} {state_name(event.state)}")
    return Happened(
        moment(event.at),
        str(event.by) if event.by else t(N_("系统")),
        move_name(event.move),
        event.text,
        t(N_("，")).join(details),
        event.move == Move.COMMENT,
        event.link if event.move == Move.RELAPSE else None,
    )


def _elsewhere(issue: Issue, pieces: Iterable[Evidence]) -> dict[str, int]:
    """How many other issues have the very same file, by its digest."""
    digests = {one.origin_digest for one in pieces}
    others = Evidence.objects.filter(~Q(issue=issue), origin_digest__in=digests).order_by()
    return dict(others.values_list("origin_digest").annotate(Count("issue", distinct=True)))


def _piece(one: Evidence, elsewhere: dict[str, int]) -> Piece:
    said = f"{one.by} {moment(one.at)}"
    return Piece(one.pk, one.name, one.media == "image/jpeg", said, elsewhere.get(one.origin_digest, 0))
