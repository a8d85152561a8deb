"""What the findings of a run mean for a ledger: what is new, what is known, what came back, what is gone.

Findings that one remedy mends on one subject are one issue, whatever criteria and periods found them. The same run
twice gives nothing the second time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bangfu.core.casework.moves import LIVE, State

Key = tuple[str, str, int, str]  # criterion, subject, subject_id, period
Owner = tuple[str, int]


@dataclass(frozen=True)
class Found:
    """An unmet finding. `owner`: who has the problem (the household of a person or a pairing, else the subject);
    `remedy`: what to do, or the fact or criterion where the plan says nothing; `facts`: the values used."""

    key: Key
    owner: Owner
    remedy: str
    facts: str

    def digest(self) -> str:
        """Tells whether the values are the same as another time."""
        return hashlib.sha256(self.facts.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Held:
    """An issue that the ledger has. `findings`: those it stands for, each with the digest of its facts."""

    issue: int
    group: str
    state: State
    ended_on: date | None
    findings: Mapping[Key, str]


@dataclass(frozen=True)
class Raise:
    """An issue to be raised; `relapse_of`: the closed one whose problem is back."""

    group: str
    owner: Owner
    findings: tuple[Found, ...]
    relapse_of: int | None = None


@dataclass(frozen=True)
class Intake:
    """`raises`: new issues. `joins`: findings new to an issue that lives. `settled`: findings that are not raised
    again: closed for a period that is over, or void with the facts as they were. `cleared`: live issues of which
    the run finds nothing any more."""

    raises: tuple[Raise, ...]
    joins: Mapping[int, tuple[Found, ...]]
    settled: int
    cleared: tuple[int, ...]
    still: tuple[int, ...]


def group_of(plan: str, owner: Owner, remedy: str) -> str:
    """What findings have in common that belong into one issue, whatever the plan's version."""
    return hashlib.sha256("\0".join((plan, owner[0], str(owner[1]), remedy)).encode()).hexdigest()[:32]


def take_in(plan: str, as_of: date, found: Iterable[Found], held: Sequence[Held]) -> Intake:
    """What the findings of a run of `plan` as of a day mean for the issues that this plan has in the ledger."""
    groups: dict[str, list[Found]] = {}
    for one in found:
        groups.setdefault(group_of(plan, one.owner, one.remedy), []).append(one)
    live = {issue.group: issue for issue in held if issue.state in LIVE}
    ended: dict[str, list[Held]] = {}
    for issue in held:
        if issue.state not in LIVE:
            ended.setdefault(issue.group, []).append(issue)
    raises, joins, settled = [], {}, 0
    for group, members in sorted(groups.items()):
        if group in live:
            fresh = tuple(one for one in members if one.key not in live[group].findings)
            if fresh:
                joins[live[group].issue] = fresh
            continue
        past = sorted(ended.get(group, ()), key=lambda issue: issue.issue)
        fresh = tuple(one for one in members if not any(_covers(issue, one, as_of) for issue in past))
        settled += len(members) - len(fresh)
        if fresh:
            closed = [issue.issue for issue in past if issue.state is State.CLOSED]
            raises.append(Raise(group, fresh[0].owner, fresh, closed[-1] if closed else None))
    still = tuple(sorted(issue.issue for group, issue in live.items() if group in groups))
    cleared = tuple(sorted(issue.issue for group, issue in live.items() if group not in groups))
    return Intake(tuple(raises), joins, settled, cleared, still)


def _covers(issue: Held, one: Found, as_of: date) -> bool:
    """Whether an ended issue answers a finding: a run of a day before it ended says nothing new; a void one holds
    while the facts are the same; a closed one holds for a period, which does not come again."""
    if issue.ended_on is not None and as_of <= issue.ended_on:
        return True
    if issue.state is State.VOID:
        return issue.findings.get(one.key) == one.digest()
    return one.key[3] != "once" and one.key in issue.findings
