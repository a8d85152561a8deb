"""Ask for a run, let go of it, and carry it out in the background."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from datetime import date

from django.db import transaction
from django.utils import timezone
from django_tasks import task

from bangfu.core.calendars import load_calendar
from bangfu.core.engine.run import Ask
from bangfu.core.engine.runs import RunFolder, default_periods, evaluate_snapshot, open_run
from bangfu.core.errors import Cancelled, Problem, UserError
from bangfu.core.messages import N_, Message
from bangfu.core.snapshots import Snapshot, open_snapshot
from bangfu.web.access import Permission
from bangfu.web.accounts.actions import require_can
from bangfu.web.accounts.models import User
from bangfu.web.audit.models import EventKind
from bangfu.web.audit.recording import record
from bangfu.web.pages.text import t
from bangfu.web.plans.models import Enactment
from bangfu.web.plans.packs import plan_on
from bangfu.web.registry.snapshots import snapshot_register
from bangfu.web.runs.models import ACTIVE, MOVES, Move, Run, State

MOST_ATTEMPTS = 3  # a run that kills its worker again and again is not begun for ever
_EVERY = 0.5  # seconds between two notes of progress


class RunRefused(UserError):
    """What was asked of a run cannot be done."""


@transaction.atomic
def ask(*, by: User, enactment: Enactment, as_of: date) -> Run:
    """Ask for a run of a plan in force; the same while one waits or runs is that one.

    Raises RunRefused where the plan is not in force on that day.
    """
    require_can(by, Permission.RUN_START, enactment.division)
    if not Enactment.objects.in_force(as_of).filter(pk=enactment.pk).exists():
        remedy = Message(N_("请换一个日期，或选那一天生效的方案。"))
        message = Message(N_("{day} 这个方案没有生效"), {"day": as_of})
        raise RunRefused(Problem("run.not_in_force", message, remedy=remedy))
    waiting = Run.objects.filter(enactment=enactment, as_of=as_of, state__in=ACTIVE).first()
    if waiting is not None:
        return waiting
    run = Run.objects.create(enactment=enactment, division=enactment.division, as_of=as_of, asked_by=by)
    carry_out.enqueue(run.pk)  # a row of the same transaction: neither is there without the other
    _witness(run, EventKind.RUN_ASKED)
    return run


@transaction.atomic
def cancel(*, by: User, run: Run) -> Run:
    """Stop a run: at once while it waits, at the next step while it works."""
    require_can(by, Permission.RUN_START, run.division)
    if not run.allows(Move.CANCEL):
        raise RunRefused(Problem("run.state", Message(N_("这次核查已经结束"))))
    waiting = Run.objects.filter(pk=run.pk, state=State.QUEUED.value)
    if not waiting.update(state=State.CANCELLED.value, ended_at=timezone.now()):
        Run.objects.filter(pk=run.pk, state=State.RUNNING.value).update(is_cancel_asked=True)
    run.refresh_from_db()
    record(by=by, kind=EventKind.RUN_CANCELLED, subject="run", subject_id=run.pk, division=run.division_id)
    return run


@task()
def carry_out(run_id: int) -> None:
    """Carry a run out, or go on with it after a worker was killed. Twice is once: a run that has ended is left
    as it is, and an attempt that was overtaken by another one writes nothing any more."""
    run = _begin(run_id)
    if run is None:
        return
    try:
        folder = run.folder / "result"
        # It is there where an attempt wrote it whole and was killed before it could say so.
        result = open_run(folder) if folder.is_dir() else _evaluate(run)
        _end(run, Move.FINISH, snapshot_hash=str(result.manifest["snapshot"]))
    except Cancelled:
        _end(run, Move.CANCEL)
        shutil.rmtree(run.folder, ignore_errors=True)
    except UserError as error:
        _end(run, Move.FAIL, problem=str(error))
    except Exception:
        _end(run, Move.FAIL, problem=t(N_("系统出错，请把时间告诉系统管理员。")))
        raise


@transaction.atomic
def _begin(run_id: int) -> Run | None:
    """The run, begun; None where there is nothing to do any more."""
    run = Run.objects.select_related("enactment__pack", "division").filter(pk=run_id).first()
    if run is None or not run.allows(Move.BEGIN):
        return None
    stands = Run.objects.filter(pk=run_id, state=run.state, attempt=run.attempt)
    if run.attempt >= MOST_ATTEMPTS:
        stands.update(
            state=State.FAILED.value,
            ended_at=timezone.now(),
            problem=t(N_("核查中断了 {count} 次，不再重试。请告知系统管理员。"), count=run.attempt),
        )
        return None
    run.attempt += 1
    begun = {"begun_at": timezone.now(), "attempt": run.attempt, "done": 0, "total": 0}
    if not stands.update(state=State.RUNNING.value, **begun):
        return None  # another worker was faster
    run.state = State.RUNNING.value
    return run


def _evaluate(run: Run) -> RunFolder:
    note = _Notes(run)
    note(t(N_("冻结登记库")), 0, 1)
    snapshot = _snapshot(run)
    pack, plan = plan_on(run.enactment.pack.digest, run.as_of)
    periods = default_periods(pack, plan, run.as_of)
    ask = Ask(run.as_of, load_calendar(), periods, progress=note, is_cancelled=note.is_cancelled)
    return evaluate_snapshot(plan, snapshot, run.folder / "result", ask)


def _snapshot(run: Run) -> Snapshot:
    folder = run.folder / "snapshot"
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if folder.is_dir():
        return open_snapshot(folder)
    return snapshot_register(run.as_of, folder)


class _Notes:
    """Writes down how far a run has come, not too often; tells whether it should go on."""

    def __init__(self, run: Run, clock: Callable[[], float] = time.monotonic) -> None:
        self.mine = Run.objects.filter(pk=run.pk, attempt=run.attempt, state=State.RUNNING.value)
        self.clock = clock
        self.noted = self.asked = -_EVERY
        self.is_stopped = False

    def __call__(self, what: str, done: int, total: int) -> None:
        if self.clock() - self.noted >= _EVERY or done == total:
            self.noted = self.clock()
            self.mine.update(step=what[:200], done=done, total=total)

    def is_cancelled(self) -> bool:
        """Asked to stop, or overtaken by another attempt."""
        if not self.is_stopped and self.clock() - self.asked >= _EVERY:
            self.asked = self.clock()
            self.is_stopped = not self.mine.filter(is_cancel_asked=False).exists()
        return self.is_stopped


@transaction.atomic
def _end(run: Run, move: Move, **values: object) -> None:
    """Compare and set; an attempt that was overtaken changes nothing."""
    goal = MOVES[State(run.state)][move]
    mine = Run.objects.filter(pk=run.pk, attempt=run.attempt, state=State.RUNNING.value)
    if mine.update(state=goal.value, ended_at=timezone.now(), **values):
        run.refresh_from_db()
        if move is not Move.CANCEL:  # who cancelled it has left a trace already
            _witness(run, EventKind.RUN_FINISHED)


def _witness(run: Run, kind: EventKind) -> None:
    pack = run.enactment.pack
    details: dict[str, object] = {
        "state": run.state,
        "plan": pack.plan_id,
        "version": pack.version,
        "as_of": run.as_of.isoformat(),
        "snapshot": run.snapshot_hash,
        "attempt": run.attempt,
    }
    record(
        by=run.asked_by,
        kind=kind,
        subject="run",
        subject_id=run.pk,
        division=run.division_id,
        details=details,
    )
