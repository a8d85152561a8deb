"""A plan as people read it: every criterion in words, with its source, who answers for it and by when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bangfu.core.engine.wording import condition_text
from bangfu.core.expressions import nodes as n
from bangfu.core.messages import N_, Message, format_value
from bangfu.core.plans.pack import Pack as LoadedPack
from bangfu.core.plans.plan import Criterion, Deadline, Plan
from bangfu.web.pages.text import name_of, t

PERIODS = {
    "once": N_("随时"),
    "day": N_("每日"),
    "week": N_("每周"),
    "month": N_("每月"),
    "quarter": N_("每季"),
    "half_year": N_("每半年"),
    "year": N_("每年"),
    "two_years": N_("每两年"),
    "stage": N_("每阶段"),
    "campaign": N_("全程"),
    "term": N_("每任期"),
}


@dataclass(frozen=True)
class ReadCriterion:
    """One criterion in words. `applies` is empty where it applies to all."""

    id: str
    name: str
    per: str
    applies: str
    holds: str
    remedy: str
    responsible: str
    deadline: str
    source: str
    where: str


@dataclass(frozen=True)
class Chapter:
    """The criteria on one kind of subject."""

    id: str
    title: str
    criteria: Sequence[ReadCriterion]


@dataclass(frozen=True)
class ReadParameter:
    """A figure of the plan with its dated values."""

    id: str
    name: str
    unit: str
    values: Sequence[tuple[str, str]]
    source: str


def chapters(pack: LoadedPack, plan: Plan) -> list[Chapter]:
    """The criteria by subject, in the order in which the plan first speaks of each."""
    by_subject: dict[str, list[ReadCriterion]] = {}
    for criterion in plan.criteria:
        by_subject.setdefault(criterion.subject, []).append(_read(criterion, pack, plan))
    return [
        Chapter(subject, name_of(plan.vocabulary.tables[subject]), found)
        for subject, found in by_subject.items()
    ]


def _read(criterion: Criterion, pack: LoadedPack, plan: Plan) -> ReadCriterion:
    return ReadCriterion(
        id=criterion.id,
        name=criterion.name,
        per=t(PERIODS[criterion.per]),
        applies=_words(criterion.when, plan),
        holds=_words(criterion.holds, plan),
        remedy=criterion.remedy,
        responsible=t(N_("、")).join(plan.roles.get(role, role) for role in criterion.responsible),
        deadline=deadline_text(criterion.deadline),
        source=criterion.source,
        where=pack.where("criteria", criterion.id),
    )


def _words(truth: n.Truth | None, plan: Plan) -> str:
    if truth is None:
        return ""
    said = condition_text(truth, plan.vocabulary)
    return said.render() if isinstance(said, Message) else format_value(said)


def deadline_text(deadline: Deadline | None) -> str:
    """By when, in words; empty where the plan sets none."""
    if deadline is None:
        return ""
    if deadline.on is not None:
        return t(N_("{day} 前"), day=deadline.on)
    if deadline.workdays is not None:
        return t(N_("发现后 {count} 个工作日内"), count=deadline.workdays)
    return t(N_("发现后 {count} 天内"), count=deadline.days)


def parameters(pack: LoadedPack) -> list[ReadParameter]:
    """Every parameter with its values, the newest first."""
    found = []
    for key, one in pack.parameters.items():
        values = [
            (one_value.start.isoformat(), _figure(one_value.value)) for one_value in reversed(one.values)
        ]
        found.append(ReadParameter(key, one.name, one.unit or "", values, one.source or ""))
    return found


def _figure(value: object) -> str:
    return t(N_("已废止")) if value is None else format_value(value)


@dataclass(frozen=True)
class Blank:
    """What the document names and nobody has spelled out yet."""

    name: str
    left: int
    slots: int
    unit: str


def blanks(pack: LoadedPack) -> list[Blank]:
    """Placeholders that still wait to be filled; no verdict until then."""
    return [
        Blank(one.name, one.slots - len(one.filled), one.slots, one.unit)
        for one in pack.content.placeholders
        if len(one.filled) < one.slots
    ]
