"""Moves of many issues at once, set by set: assigned to somebody, each to its own helper, taken back, closed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db import transaction
from django.db.models import CharField, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat, LPad
from django.utils import timezone

from bangfu.core.casework import LACKS, Act, Capacity, CaseError, Move, Need, Person, Standing, State, step
from bangfu.core.errors import Problem
from bangfu.core.messages import N_, Message
from bangfu.web.access import Permission
from bangfu.web.accounts.models import User
from bangfu.web.audit.models import EventKind
from bangfu.web.audit.recording import record
from bangfu.web.ledger.actions import Assignee, closure_numbers, moved
from bangfu.web.ledger.models import BulkStep, Issue, IssueEvent, IssueQuerySet, identities
from bangfu.web.ledger.standing import CHUNK, standings
from bangfu.web.registry.rows import rows

MOST = 20_000


@transaction.atomic
def assign_many(*, by: User, issues: IssueQuerySet, assignee: Assignee) -> BulkStep:
    """Give those of the issues that the user may dispatch to one person or agency."""
    held = _held(issues.within(by, Permission.ISSUE_DISPATCH))
    acts = {issue.pk: assignee for issue in held}
    return _assign(by, held, acts, assignee.name)


@transaction.atomic
def assign_to_helpers(*, by: User, issues: IssueQuerySet) -> BulkStep:
    """Give each issue to the helper of its household; those of which nobody knows a helper stay as they are."""
    mine = issues.within(by, Permission.ISSUE_DISPATCH).filter(responsible_cadre_id__isnull=False)
    held = _held(mine)
    keys = {issue.responsible_cadre_id for issue in held}
    names = dict(rows("cadre").filter(pk__in=keys).values_list("pk", "full_name"))
    acts = {
        issue.pk: Assignee(f"cadre:{issue.responsible_cadre_id}", names.get(issue.responsible_cadre_id) or "")
        for issue in held
    }
    return _assign(by, held, acts, "")


def nobody_chosen() -> CaseError:
    """It was not said to whom."""
    return CaseError(Problem("casework.assignee", Message(LACKS[Need.ASSIGNEE])))


def _held(issues: IssueQuerySet) -> list[Issue]:
    """Locked, in the order of their keys."""
    fields = ("pk", "state", "assignee", "assignee_name", "due_on", "extended", "version")
    found = issues.order_by("pk").select_for_update(of=("self",))
    held = list(found.only(*fields, "responsible_cadre_id", "household_id")[: MOST + 1])
    if len(held) > MOST:
        message = Message(N_("一次最多办 {count} 个问题"), {"count": MOST})
        remedy = Message(N_("请先按村或状态筛选，分几次办。"))
        raise CaseError(Problem("casework.too_many", message, remedy=remedy))
    return held


def _allowed(
    held: Sequence[Issue], capacity: Capacity, by: User, act_of: Callable[[Issue, Person], Act]
) -> list[tuple[Issue, Act, Standing, Standing]]:
    """Those of which the core allows the act. Raises CaseError where there are none."""
    person = Person(identities(by), frozenset({capacity}))
    stand = standings(held)
    found = []
    last: CaseError | None = None
    for issue in held:
        one = act_of(issue, person)
        try:
            found.append((issue, one, stand[issue.pk], step(stand[issue.pk], one)))
        except CaseError as error:
            last = error
    if not found:
        raise last or CaseError(Problem("casework.none", Message(N_("没有可以这样办的问题"))))
    return found


def _assign(by: User, held: list[Issue], assignees: dict[int, Assignee], words: str) -> BulkStep:
    said = _allowed(
        [issue for issue in held if issue.assignee != assignees[issue.pk].key or issue.state == State.OPEN],
        Capacity.DISPATCHER,
        by,
        lambda issue, person: Act(Move.ASSIGN, person, assignee=assignees[issue.pk].key),
    )
    bulk = _begin(Move.ASSIGN, by, len(said), words)
    _write_events(bulk, by, said, lambda issue: assignees[issue.pk].name)
    whom: dict[str, object] = {
        name: Subquery(_event_of(bulk).values(name)[:1]) for name in ("assignee", "assignee_name")
    }
    if len(only := {assignees[issue.pk] for issue, *_ in said}) == 1:
        whom = {"assignee": (one := only.pop()).key, "assignee_name": one.name}
    _update(
        said,
        state=State.ASSIGNED.value,
        **whom,
        version=F("version") + 1,
    )
    _trace(by, EventKind.ISSUES_MOVED, bulk)
    return bulk


@transaction.atomic
def close_many(*, by: User, issues: IssueQuerySet) -> BulkStep:
    """Close those of the issues that wait for a re-check, have evidence, and were mended by others."""
    held = _held(issues.within(by, Permission.ISSUE_REVIEW).filter(state=State.SUBMITTED.value))
    said = _allowed(held, Capacity.REVIEWER, by, lambda _, person: Act(Move.CLOSE, person))
    bulk = _begin(Move.CLOSE, by, len(said), "")
    today = timezone.localdate()
    first = int(closure_numbers(today.year, len(said))[0].split("-")[1])
    serials = {issue.pk: first + at for at, (issue, *_) in enumerate(said)}
    _write_events(bulk, by, said, lambda _: "", lambda issue: serials[issue.pk])
    serial = Cast(Subquery(_event_of(bulk).values("link")[:1]), CharField())
    _update(
        said,
        state=State.CLOSED.value,
        ended_on=today,
        closure_number=Concat(Value(f"{today.year}-"), LPad(serial, 6, Value("0"))),
        version=F("version") + 1,
    )
    _trace(by, EventKind.ISSUES_MOVED, bulk)
    return bulk


@transaction.atomic
def undo(*, by: User, bulk: BulkStep) -> int:
    """Take a bulk assignment back from every issue that nothing has happened to since; how many these are."""
    events = IssueEvent.objects.filter(bulk=bulk, number=F("issue__version"), move=Move.ASSIGN.value)
    mine = Issue.objects.all().within(by, Permission.ISSUE_DISPATCH)
    held = _held(mine.filter(pk__in=events.values("issue_id"), state=State.ASSIGNED.value))
    claimed = BulkStep.objects.filter(pk=bulk.pk, move=Move.ASSIGN.value, undone_at__isnull=True)
    if not held or claimed.update(undone_at=timezone.now()) != 1:
        message = Message(N_("这一步已经撤销过，或者之后都有人办过"))
        raise CaseError(Problem("casework.undone", message))
    before = {event.issue_id: event for event in events.filter(issue__in=[issue.pk for issue in held])}
    person = Person(identities(by), frozenset({Capacity.DISPATCHER}))
    said = []
    for issue in held:
        was = before[issue.pk]
        earlier = Standing(
            State(was.before_state), was.before_assignee, was.before_due_on, acts=issue.version - 1
        )
        standing = Standing(State.ASSIGNED, issue.assignee, issue.due_on, acts=issue.version, before=earlier)
        one = Act(Move.TAKE_BACK, person)
        said.append((issue, one, standing, step(standing, one)))
    back = _begin(Move.TAKE_BACK, by, len(said), "")
    _write_events(back, by, said, lambda _: "")
    event = _event_of(bulk)
    _update(
        said,
        state=Subquery(event.values("before_state")[:1]),
        assignee=Subquery(event.values("before_assignee")[:1]),
        assignee_name=Subquery(event.values("before_assignee_name")[:1]),
        version=F("version") + 1,
    )
    _trace(by, EventKind.ISSUES_UNDONE, back)
    return len(said)


def _begin(move: Move, by: User, count: int, words: str) -> BulkStep:
    return BulkStep.objects.create(move=move.value, by=by, count=count, words=words)


def _write_events(
    bulk: BulkStep,
    by: User,
    said: Sequence[tuple[Issue, Act, Standing, Standing]],
    name_of: Callable[[Issue], str],
    link_of: Callable[[Issue], int | None] = lambda _: None,
) -> None:
    hands = sorted(identities(by))
    IssueEvent.objects.bulk_create(
        [
            IssueEvent(
                issue=issue,
                number=after.acts,
                move=one.move.value,
                by=by,
                hands=hands,
                before_state=before.state.value,
                before_assignee=before.assignee,
                before_assignee_name=issue.assignee_name,
                before_due_on=before.due_on,
                state=after.state.value,
                assignee=one.assignee,
                assignee_name=name_of(issue),
                link=link_of(issue),
                bulk=bulk,
            )
            for issue, one, before, after in said
        ],
        batch_size=1_000,
    )


def _event_of(bulk: BulkStep) -> QuerySet[IssueEvent]:
    return IssueEvent.objects.filter(issue=OuterRef("pk"), bulk=bulk.pk)


def _update(said: Sequence[tuple[Issue, Act, Standing, Standing]], **values: object) -> None:
    """The rows after the step. They are locked; where one has moved all the same, nothing is written."""
    keys = [issue.pk for issue, *_ in said]
    for start in range(0, len(keys), CHUNK):
        part = keys[start : start + CHUNK]
        if Issue.objects.filter(pk__in=part).update(**values) != len(part):
            raise moved()


def _trace(by: User, kind: EventKind, bulk: BulkStep) -> None:
    details: dict[str, object] = {"step": bulk.pk, "move": bulk.move, "count": bulk.count}
    record(by=by, kind=kind, subject="bulk_step", subject_id=bulk.pk, details=details)
