"""Runs of the platform into the ledger, in the background: asked for, carried out once, told with its figures."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django_tasks import task

from bangfu.core.engine.runs import open_run
from bangfu.core.errors import Problem, UserError
from bangfu.core.messages import N_, Message
from bangfu.core.snapshots import open_snapshot
from bangfu.web.access import Permission
from bangfu.web.accounts.actions import require_can
from bangfu.web.accounts.models import User
from bangfu.web.divisions.models import Division
from bangfu.web.ledger.intake import Judged, take_run
from bangfu.web.ledger.models import IntakeState, RunIntake
from bangfu.web.pages.text import t
from bangfu.web.plans.packs import plan_on
from bangfu.web.runs.models import Run
from bangfu.web.runs.models import State as RunState


class IntakeRefused(UserError):
    """A run that cannot be taken into the ledger."""


@transaction.atomic
def ask_intake(*, by: User, run: Run, division: Division) -> RunIntake:
    """Ask for a division's part of a finished run to be taken into the ledger; while one waits, that is the one."""
    require_can(by, Permission.ISSUE_DISPATCH, division)
    if run.state != RunState.DONE or not (run.division.holds(division) or division.holds(run.division)):
        raise IntakeRefused(Problem("ledger.run", Message(N_("这次核查还没有结果，或不在这个地方"))))
    waiting = RunIntake.objects.filter(run=run, division=division, state=IntakeState.QUEUED.value).first()
    if waiting is not None:
        return waiting
    intake = RunIntake.objects.create(run=run, division=division, asked_by=by)
    carry_out_intake.enqueue(intake.pk)
    return intake


@task()
def carry_out_intake(intake_id: int) -> None:
    """Take the run. All of it is one transaction: after a kill it is done anew, and twice is once."""
    intake = RunIntake.objects.select_related("run__enactment__pack", "division", "asked_by").get(
        pk=intake_id
    )
    if intake.state != IntakeState.QUEUED:
        return
    try:
        with transaction.atomic():
            taken = take_run(by=intake.asked_by, judged=_judged(intake))
            _end(intake, IntakeState.DONE, counts=vars(taken))
    except UserError as error:
        _end(intake, IntakeState.FAILED, problem=str(error))
    except Exception:
        _end(intake, IntakeState.FAILED, problem=t(N_("系统出错，请把时间告诉系统管理员。")))
        raise


def _judged(intake: RunIntake) -> Judged:
    run = intake.run
    pack, plan = plan_on(run.enactment.pack.digest, run.as_of)
    result, snapshot = open_run(run.folder / "result"), open_snapshot(run.folder / "snapshot")
    place = run.division if intake.division.holds(run.division) else intake.division
    return Judged(result, pack, plan, snapshot, place, run.as_of)


def _end(intake: RunIntake, state: IntakeState, **values: object) -> None:
    values |= {"state": state.value, "ended_at": timezone.now()}
    RunIntake.objects.filter(pk=intake.pk).update(**values)
