"""Acts on one issue. The core says what is allowed; here it is written, once, with its event and its trace."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from bangfu.core.casework import Act, CaseError, Move, Standing, State, step
from bangfu.core.errors import Problem
from bangfu.core.messages import N_, Message
from bangfu.web.access import Permission
from bangfu.web.accounts.actions import require_can
from bangfu.web.accounts.models import User
from bangfu.web.audit.models import EventKind
from bangfu.web.audit.recording import record
from bangfu.web.divisions.models import Division
from bangfu.web.keyring import fingerprint
from bangfu.web.ledger.models import ClosureCounter, Evidence, Issue, IssueEvent, Origin, Phase, identities
from bangfu.web.ledger.pictures import Checked, checked
from bangfu.web.ledger.standing import person_on, proven

_LONGEST = 2_000  # characters of a reason


@dataclass(frozen=True)
class Assignee:
    """Whom an issue is given to: `user:…`, `cadre:…` or `agency:…`, and what they are called."""

    key: str
    name: str


@dataclass(frozen=True)
class New:
    """What somebody writes down as a problem."""

    division: Division
    household_id: int | None
    problem: str
    remedy: str = ""
    responsible: str = ""
    kind: str = ""
    source: str = ""
    severity: str = "normal"
    subject_name: str = ""
    due_on: date | None = None
    found_on: date | None = None


def moved() -> CaseError:
    """Somebody else was first."""
    remedy = Message(N_("请看过新的情况再办。"))
    return CaseError(Problem("casework.moved", Message(N_("这个问题刚被别人办过")), remedy=remedy))


@transaction.atomic
def act(
    *,
    by: User,
    issue: Issue,
    move: Move,
    text: str = "",
    assignee: Assignee | None = None,
    due_on: date | None = None,
    files: Sequence[UploadedFile[Any]] = (),
    phase: Phase = Phase.AFTER,
    seen: int | None = None,
    remedy: str = "",
) -> Issue:
    """Make a move. `seen`: the version that the person looked at; `remedy`: what to do from now on, for an
    amendment. Raises CaseError, EvidenceRefused. Whoever calls has found the issue by `visible_to`."""
    held = Issue.objects.select_for_update(of=("self",)).select_related("division").get(pk=issue.pk)
    if seen is not None and seen != held.version and move is not Move.COMMENT:
        raise moved()
    pieces = [checked(file) for file in files]
    one = Act(
        move,
        person_on(by, held),
        text=text.strip()[:_LONGEST],
        assignee=assignee.key if assignee else "",
        due_on=due_on,
        evidence=len(pieces) if phase is Phase.AFTER else 0,
    )
    before = proven(held)
    after = step(before, one)
    for number, piece in enumerate(pieces):
        _keep(by, held, piece, phase, number)
    event = write(by, held, one, before, after, assignee.name if assignee else "")
    if move is Move.AMEND and remedy.strip():
        Issue.objects.filter(pk=held.pk).update(remedy=remedy.strip()[:_LONGEST])
    record(
        by=by,
        kind=EventKind.ISSUES_MOVED,
        subject="issue",
        subject_id=held.pk,
        division=held.division_id,
        details={"move": move.value, "state": event.state, "evidence": len(pieces)},
    )
    return held


def write(
    by: User | None, issue: Issue, one: Act, before: Standing, after: Standing, name: str = ""
) -> IssueEvent:
    """The event of an act and the row after it; of two people at once, the second is told."""
    today = timezone.localdate()
    values: dict[str, object] = {
        "state": after.state.value,
        "assignee": after.assignee,
        "due_on": after.due_on,
        "extended": after.extended,
        "version": after.acts,
    }
    if one.move is Move.ASSIGN:
        values["assignee_name"] = name
    elif one.move is Move.TAKE_BACK:
        last = issue.events.latest("number")
        values["assignee_name"] = last.before_assignee_name
    elif one.move is Move.ASK_EXTENSION:
        values["extension_asked_on"] = today
    if after.state is State.CLOSED and before.state is not State.CLOSED:
        values["closure_number"] = closure_numbers(today.year, 1)[0]
    if after.state in (State.CLOSED, State.VOID) and before.state is not after.state:
        values["ended_on"] = today
    if issue.first_due_on is None and after.due_on is not None:
        values["first_due_on"] = after.due_on
    event = IssueEvent(
        issue=issue,
        number=after.acts,
        move=one.move.value,
        by=by,
        hands=sorted(identities(by)) if by else [],
        before_state=before.state.value,
        before_assignee=before.assignee,
        before_assignee_name=issue.assignee_name,
        before_due_on=before.due_on,
        state=after.state.value,
        text=one.text,
        assignee=one.assignee,
        assignee_name=name,
        due_on=one.due_on,
        evidence=one.evidence,
        link=one.link,
    )
    if Issue.objects.filter(pk=issue.pk, version=issue.version).update(**values) != 1:
        raise moved()
    event.save(force_insert=True)
    issue.refresh_from_db()
    return event


def closure_numbers(year: int, count: int) -> list[str]:
    """The next numbers of a year, without a gap: 2026-000001. Within the transaction of what they close."""
    ClosureCounter.objects.get_or_create(year=year)
    counter = ClosureCounter.objects.select_for_update().get(year=year)
    first = counter.last + 1
    ClosureCounter.objects.filter(year=year).update(last=counter.last + count)
    return [closure_number(year, number) for number in range(first, first + count)]


def closure_number(year: int, number: int) -> str:
    """2026-000001"""
    return f"{year}-{number:06d}"


def _keep(by: User, issue: Issue, piece: Checked, phase: Phase, number: int) -> Evidence:
    at = f"evidence {issue.pk} {issue.version} {number} {piece.origin_digest}"
    stored_as = f"evidence/{uuid.uuid5(uuid.NAMESPACE_OID, at)}"
    for name, content in ((stored_as, piece.content), (f"{stored_as}-small", piece.small)):
        default_storage.delete(name)  # of a move that was broken off
        default_storage.save(name, ContentFile(settings.KEYRING.seal(content, name)))
    return Evidence.objects.create(
        issue=issue,
        phase=phase.value,
        name=piece.name,
        media=piece.media,
        size=len(piece.content),
        origin_digest=piece.origin_digest,
        stored_as=stored_as,
        by=by,
    )


def content_of(*, by: User, piece: Evidence, is_small: bool = False) -> bytes:
    """A piece of evidence, in full or as a small picture; that it was seen in full is recorded. Whoever calls has
    found it by `visible_to`."""
    name = f"{piece.stored_as}-small" if is_small else piece.stored_as
    with default_storage.open(name) as file:
        content: bytes = settings.KEYRING.open(file.read(), name)
    if not is_small:
        record(
            by=by,
            kind=EventKind.EVIDENCE_READ,
            subject="issue",
            subject_id=piece.issue_id,
            division=piece.issue.division_id,
            details={"evidence": piece.pk},
        )
    return content


@transaction.atomic
def raise_by_hand(*, by: User, new: New, token: str) -> Issue:
    """Write a problem into the ledger. `token` is of the form: sent twice, it is one issue."""
    require_can(by, Permission.ISSUE_RAISE, new.division)
    group = fingerprint(f"hand {by.pk} {token}".encode())[:32]
    known = Issue.objects.filter(group=group).first()
    if known is not None:
        return known
    [issue] = raise_many(by, [(new, group)], Origin.HAND)
    record(
        by=by,
        kind=EventKind.ISSUES_RAISED,
        subject="issue",
        subject_id=issue.pk,
        division=issue.division_id,
        details={"origin": Origin.HAND.value, "count": 1},
    )
    return issue


def raise_many(by: User | None, news: Sequence[tuple[New, str]], origin: Origin) -> list[Issue]:
    """Issues as written down, each with the key of its group."""
    today = timezone.localdate()
    issues = [
        Issue(
            origin=origin.value,
            group=group,
            division=new.division,
            household_id=new.household_id,
            subject_name=new.subject_name,
            source=new.source,
            kind=new.kind,
            severity=new.severity,
            problem=new.problem,
            remedy=new.remedy,
            responsible=new.responsible,
            due_on=new.due_on,
            first_due_on=new.due_on,
            found_on=new.found_on or today,
        )
        for new, group in news
    ]
    return insert(by, issues)


def insert(by: User | None, issues: list[Issue]) -> list[Issue]:
    """New issues with the event that raised each."""
    made = Issue.objects.bulk_create(issues, batch_size=1_000)
    hands = sorted(identities(by)) if by else []
    IssueEvent.objects.bulk_create(
        [
            IssueEvent(
                issue=issue,
                number=1,
                move=Move.RAISE.value,
                by=by,
                hands=hands,
                state=State.OPEN.value,
                due_on=issue.due_on,
                link=issue.relapse_of_id,
            )
            for issue in made
        ],
        batch_size=1_000,
    )
    return made
