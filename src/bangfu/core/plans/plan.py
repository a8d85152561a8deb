"""A compiled plan: parameters resolved on a date, every expression a checked node. What engines run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from bangfu.core.expressions import nodes as n
from bangfu.core.messages import Message
from bangfu.core.vocabulary import Vocabulary


@dataclass(frozen=True)
class Deadline:
    """By when a finding must be mended: on a day, or days or working days after it is found."""

    on: date | None = None
    days: int | None = None
    workdays: int | None = None


@dataclass(frozen=True)
class Criterion:
    """A condition over a subject in a period, and what to say and do where it fails."""

    id: str
    name: str
    subject: str
    per: str
    holds: n.Truth
    when: n.Truth | None = None
    requirements: tuple[str, ...] = ()
    message: str = ""
    remedy: str = ""
    responsible: tuple[str, ...] = ()
    deadline: Deadline | None = None
    severity: str = "normal"
    source: str = ""
    appraises: bool = False


@dataclass(frozen=True)
class Plan:
    """A plan on a date. `named_periods` are its stages, campaign and term by id."""

    id: str
    version: str
    title: str
    issuer: str
    state: str
    digest: str
    vocabulary: Vocabulary
    criteria: tuple[Criterion, ...]
    measures: Mapping[tuple[str, str], n.Named] = field(default_factory=dict)  # (subject, id) → measure
    campaign: tuple[date, date] | None = None
    roles: Mapping[str, str] = field(default_factory=dict)  # role id → Chinese name
    lints: tuple[Message, ...] = ()

    def criterion(self, criterion_id: str) -> Criterion | None:
        """The criterion of that id, or None."""
        return next((c for c in self.criteria if c.id == criterion_id), None)

    def __repr__(self) -> str:
        return f"Plan({self.id} {self.version}, {len(self.criteria)} criteria)"
