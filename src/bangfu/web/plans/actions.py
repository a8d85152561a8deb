"""Take packs in, and put them in force: proposed by one person, approved by another."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from bangfu.core.errors import PlanError, Problem, UserError
from bangfu.core.messages import N_, Message
from bangfu.core.plans.folder import packaged_packs
from bangfu.web.access import Permission
from bangfu.web.accounts.actions import require_can
from bangfu.web.accounts.models import User
from bangfu.web.audit.models import EventKind
from bangfu.web.audit.recording import Actor, record
from bangfu.web.divisions.models import Division
from bangfu.web.plans import packs
from bangfu.web.plans.models import MOVES, Enactment, Kind, Move, Pack, State


class PlanRefused(UserError):
    """What was asked of a plan cannot be done."""


def know_packaged(*, by: Actor) -> int:
    """Keep the packs that come with the product; the number of those not known before."""
    return sum(
        _know(by, packs.from_folder(folder), Kind.PACKAGED, None, None, name)
        for name, folder in packaged_packs().items()
    )


def upload(*, by: User, division: Division, file: UploadedFile[Any]) -> Pack:
    """Keep the pack that somebody hands in for a division, sound or not; the same one twice is one.

    Raises PlanError where the file is no pack at all.
    """
    require_can(by, Permission.PLAN_MANAGE, division)
    name = (file.name or "")[-200:]
    arrived = packs.from_upload(name, file.read())
    _know(by, arrived, arrived.kind, division, by, name)
    return Pack.objects.get(digest=arrived.digest, division=division)


def _know(
    by: Actor, arrived: packs.Arrived, kind: Kind, division: Division | None, user: User | None, name: str
) -> bool:
    """Files first, then the row: a row always has its files."""
    arrived.keep()
    pack = packs.read(arrived.digest).pack
    said = {
        "kind": kind.value,
        "plan_id": pack.head.id if pack else name,
        "version": pack.head.version if pack else "",
        "title": pack.head.title if pack else name,
        "issuer": pack.head.issuer if pack else "",
        "file_name": name,
        "problem_count": len(packs.problems_of(arrived.digest)),
        "uploaded_by": user,
    }
    with transaction.atomic():
        kept, is_new = Pack.objects.get_or_create(digest=arrived.digest, division=division, defaults=said)
        if is_new:
            record(
                by=by,
                kind=EventKind.PLAN_UPLOADED,
                subject="plan",
                subject_id=kept.pk,
                division=division.pk if division else "",
                details={"digest": arrived.digest, "problems": kept.problem_count},
            )
    return is_new


@transaction.atomic
def propose(*, by: User, pack: Pack, division: Division, begins_on: date) -> Enactment:
    """Ask for a pack to be put in force for a division from a day on. Raises PlanError with every mistake in it,
    PlanRefused where the same is asked already."""
    require_can(by, Permission.PLAN_MANAGE, division)
    _require_sound(pack, begins_on)
    waiting = Enactment.objects.filter(pack=pack, division=division, state=State.PROPOSED.value)
    if waiting.exists():
        raise PlanRefused(Problem("plan.proposed", Message(N_("这个方案已经提交，正在等待审核"))))
    enactment = Enactment.objects.create(pack=pack, division=division, begins_on=begins_on, proposed_by=by)
    _witness(by, EventKind.PLAN_PROPOSED, enactment)
    return enactment


@transaction.atomic
def approve(*, by: User, enactment: Enactment) -> Enactment:
    """Put it in force; an earlier version for the same division ends the day before.

    Raises PlanRefused for whoever proposed it, and where another version begins on that day or later.
    """
    require_can(by, Permission.PLAN_APPROVE, enactment.division)
    if enactment.proposed_by_id == by.pk:
        remedy = Message(N_("请本级另一位有审核权限的人员审核。"))
        raise PlanRefused(Problem("plan.own", Message(N_("不能审核自己提交的方案")), remedy=remedy))
    _require_sound(enactment.pack, enactment.begins_on)
    _move(enactment, Move.APPROVE, by=by)
    _end_earlier(enactment)
    _witness(by, EventKind.PLAN_APPROVED, enactment)
    return enactment


def _end_earlier(enactment: Enactment) -> None:
    others = Enactment.objects.select_for_update().filter(
        pack__plan_id=enactment.pack.plan_id, division=enactment.division, state=State.APPROVED.value
    )
    last_day = enactment.begins_on - timedelta(days=1)
    for other in others.exclude(pk=enactment.pk):
        if other.begins_on > last_day:
            remedy = Message(N_("请先停用那一版，或把生效日期改到它之后。"))
            message = Message(N_("同一方案另有一版从 {day} 起生效"), {"day": other.begins_on})
            raise PlanRefused(Problem("plan.later_version", message, remedy=remedy))
        if other.ends_on is None or other.ends_on > last_day:
            Enactment.objects.filter(pk=other.pk).update(ends_on=last_day)


@transaction.atomic
def send_back(*, by: User, enactment: Enactment, reason: str) -> Enactment:
    """Refuse it, for a reason that its proposer can read."""
    require_can(by, Permission.PLAN_APPROVE, enactment.division)
    said = reason.strip()[:300]
    if not said:
        raise PlanRefused(Problem("plan.reason", Message(N_("请写明退回的原因"))))
    _move(enactment, Move.RETURN, by=by, reason=said)
    _witness(by, EventKind.PLAN_RETURNED, enactment)
    return enactment


@transaction.atomic
def withdraw(*, by: User, enactment: Enactment) -> Enactment:
    """Take the proposal back."""
    require_can(by, Permission.PLAN_MANAGE, enactment.division)
    _move(enactment, Move.WITHDRAW, by=by)
    _witness(by, EventKind.PLAN_WITHDRAWN, enactment)
    return enactment


@transaction.atomic
def end(*, by: User, enactment: Enactment, ends_on: date) -> Enactment:
    """No longer in force after a day."""
    require_can(by, Permission.PLAN_APPROVE, enactment.division)
    if ends_on < enactment.begins_on:
        message = Message(N_("停用日期不能早于生效日期 {day}"), {"day": enactment.begins_on})
        raise PlanRefused(Problem("plan.ends_before", message))
    _move(enactment, Move.END, by=by, ends_on=ends_on)
    _witness(by, EventKind.PLAN_ENDED, enactment)
    return enactment


def _require_sound(pack: Pack, day: date) -> None:
    problems = packs.problems_of(pack.digest, day)
    if problems:
        raise PlanError(problems)


def _move(enactment: Enactment, move: Move, by: User, **values: object) -> None:
    """Compare and set: of two people at once, one moves it and the other is told."""
    if not enactment.allows(move):
        remedy = Message(N_("请刷新页面，看看现在到了哪一步。"))
        raise PlanRefused(Problem("plan.state", Message(N_("这个方案现在不能这样办")), remedy=remedy))
    goal = MOVES[State(enactment.state)][move]
    moved = Enactment.objects.filter(pk=enactment.pk, state=enactment.state).update(
        state=goal.value, decided_by=by, decided_at=timezone.now(), **values
    )
    if moved != 1:
        raise PlanRefused(Problem("plan.state", Message(N_("这个方案刚被别人办过"))))
    enactment.refresh_from_db()


def _witness(by: User, kind: EventKind, enactment: Enactment) -> None:
    pack = enactment.pack
    details: dict[str, object] = {
        "plan": pack.plan_id,
        "version": pack.version,
        "digest": pack.digest,
        "begins_on": enactment.begins_on.isoformat(),
        "ends_on": enactment.ends_on.isoformat() if enactment.ends_on else None,
    }
    record(
        by=by,
        kind=kind,
        subject="enactment",
        subject_id=enactment.pk,
        division=enactment.division_id,
        details=details,
    )
