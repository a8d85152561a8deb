"""The standards of one household as a part of its page: from the last run, or judged this moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from bangfu.core.errors import UserError
from bangfu.core.messages import N_
from bangfu.web.access import Permission, require
from bangfu.web.accounts.models import User
from bangfu.web.accounts.policy import can
from bangfu.web.audit.models import EventKind
from bangfu.web.audit.recording import record
from bangfu.web.divisions.models import Division
from bangfu.web.pages.text import t
from bangfu.web.plans.models import Enactment
from bangfu.web.plans.packs import plan_on
from bangfu.web.registry.rows import Row, row_model
from bangfu.web.runs.judging import judge_household
from bangfu.web.runs.models import Run, State
from bangfu.web.runs.results import Results, Standard, standards

READERS = (Permission.HOUSEHOLD_READ, Permission.HOUSEHOLD_READ_PAIRED)


@dataclass(frozen=True)
class Judged:
    """The standards of one plan on the household. `run`: the run they come from; None: judged this moment.
    `trouble` says why there are none."""

    enactment: Enactment
    as_of: date
    run: Run | None
    standards: Sequence[Standard]
    trouble: str = ""

    @property
    def findings(self) -> list[Standard]:
        """Unmet or unknown: somebody has to do something."""
        return [one for one in self.standards if one.outcome in ("unmet", "unknown")]

    @property
    def met(self) -> list[Standard]:
        """Those that are met."""
        return [one for one in self.standards if one.outcome == "met"]

    @property
    def shown(self) -> list[Standard]:
        """Those that say something now."""
        return [*self.findings, *self.met]

    @property
    def others(self) -> list[Standard]:
        """Not applicable, not due."""
        return [one for one in self.standards if one.outcome in ("not_applicable", "not_due")]


@require(*READERS)
def household_standards(request: HttpRequest, household: int) -> HttpResponse:
    """What the last run of every plan in force said of the household, with its words."""
    user, row, place = _household(request, household)
    sees = place is not None and can(user, Permission.SENSITIVE_READ, place)
    found = [_from_run(user, row, one, run, sees) for one, run in _plans(place) if run is not None]
    return _shown(request, row, found, _plans(place))


@require(*READERS)
@require_POST
def household_judge(request: HttpRequest, household: int) -> HttpResponse:
    """The household judged again, as it stands in the register this moment, by every plan in force."""
    user, row, place = _household(request, household)
    sees = place is not None and can(user, Permission.SENSITIVE_READ, place)
    found = [_now(row, one, run.as_of if run else timezone.localdate(), sees) for one, run in _plans(place)]
    record(
        by=user,
        kind=EventKind.HOUSEHOLD_JUDGED,
        subject="household",
        subject_id=row.pk,
        division=place.pk if place else "",
        details={"plans": [one.enactment.pack.plan_id for one in found]},
    )
    return _shown(request, row, found, _plans(place))


def _household(request: HttpRequest, household: int) -> tuple[User, Row, Division | None]:
    user = request.user
    if not isinstance(user, User):
        raise TypeError("the doors let nobody else in")
    rows = row_model("household").objects.visible_to(user).select_related("village")
    row = get_object_or_404(rows, pk=household)
    code = row.village.division_code if row.village else None
    return user, row, Division.objects.filter(code=code).first()


def _plans(place: Division | None) -> list[tuple[Enactment, Run | None]]:
    """The plans that hold for the place today, each with its last finished run."""
    if place is None:
        return []
    holding = Enactment.objects.in_force(timezone.localdate()).covering(place)
    found = []
    for one in holding.select_related("pack", "division").order_by("division__level", "pk"):
        done = Run.objects.filter(enactment=one, state=State.DONE.value)
        found.append((one, done.select_related("enactment__pack", "division").order_by("-pk").first()))
    return found


def _from_run(user: User, row: Row, enactment: Enactment, run: Run, sees: bool) -> Judged:
    try:
        said = Results(run, user).explained("household", row.pk, sees)
    except UserError as error:
        is_new_here = any(problem.code == "run.no_subject" for problem in error.problems)
        trouble = t(N_("那次核查时登记库里还没有这一户。")) if is_new_here else str(error)
        return Judged(enactment, run.as_of, run, (), trouble)
    return Judged(enactment, run.as_of, run, said)


def _now(row: Row, enactment: Enactment, as_of: date, sees: bool) -> Judged:
    try:
        pack, plan = plan_on(enactment.pack.digest, as_of)
        said = standards(judge_household(row.pk, pack, plan, as_of), plan, sees)
    except UserError as error:
        return Judged(enactment, as_of, None, (), str(error))
    return Judged(enactment, as_of, None, said)


def _shown(
    request: HttpRequest, row: Row, found: list[Judged], plans: list[tuple[Enactment, Run | None]]
) -> HttpResponse:
    context = {"row": row, "judged": found, "has_plans": bool(plans)}
    return render(request, "runs/standards.html", context)
