"""Totals that a plan declares, compared with the register."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from bangfu.core.calendars import load_calendar
from bangfu.core.engine.duckdb import evaluate
from bangfu.core.engine.outcome import Outcome
from bangfu.core.engine.run import Ask
from bangfu.core.expressions import Scope, parse_truth
from bangfu.core.expressions.nodes import Literally
from bangfu.core.plans.pack import Pack
from bangfu.core.plans.plan import Criterion, Plan
from bangfu.core.snapshots import Snapshot
from bangfu.core.vocabulary import Vocabulary


@dataclass(frozen=True)
class TotalFound:
    """A declared total and what the snapshot holds: rows that certainly count, and that possibly do."""

    id: str
    name: str
    unit: str
    declared: Decimal
    certain: int
    possible: int

    @property
    def agrees(self) -> bool | None:
        """Whether they are the same; None: what is recorded does not tell."""
        if not self.certain <= self.declared <= self.possible:
            return False
        return True if self.certain == self.possible else None


def totals_of(pack: Pack, vocabulary: Vocabulary, snapshot: Snapshot) -> Iterator[TotalFound]:
    """Each declared total whose table the snapshot holds: its condition is judged like any criterion."""
    for total in pack.head.totals:
        name = total.subject or total.of or ""
        if name not in snapshot.tables:
            continue
        scope = Scope(vocabulary, vocabulary.tables[name])
        holds = parse_truth(total.where, scope) if total.where else Literally(value=True)
        criterion = Criterion(total.id, total.name, name, "once", holds)
        head = pack.head
        plan = Plan(
            head.id, head.version, head.title, head.issuer, head.state, pack.digest, vocabulary, (criterion,)
        )
        judged = evaluate(plan, snapshot.tables, Ask(snapshot.as_of, load_calendar())).verdicts[0].table
        outcomes = judged.column(total.id).to_pylist()
        certain, unclear = outcomes.count(Outcome.MET), outcomes.count(Outcome.UNKNOWN)
        yield TotalFound(total.id, total.name, total.unit, total.value, certain, certain + unclear)
