"""The cases of a pack in few runs: worlds side by side under keys of their own, a run for each day judged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

import pyarrow as pa

from bangfu.core.calendars import load_calendar
from bangfu.core.engine import Ask, Outcome, Run
from bangfu.core.engine.cases import CaseBench, arrow_tables, world_of
from bangfu.core.engine.sql.blocks import tables_of
from bangfu.core.engine.world import Row, World
from bangfu.core.periods import Period, once
from bangfu.core.plans import schema as s
from bangfu.core.plans.load import load_pack
from bangfu.core.plans.plan import Criterion, Plan
from bangfu.core.vocabulary import Vocabulary, load_vocabulary

APART = 1_000_000  # between the keys of one case and the next


@dataclass(frozen=True)
class Expected:
    """What a case says of one subject."""

    case: str
    criterion: str
    subject_id: int
    period: str
    outcome: Outcome


@dataclass(frozen=True)
class Batch:
    """One run that judges many cases."""

    plan: Plan
    tables: Mapping[str, pa.Table]
    ask: Ask
    expected: tuple[Expected, ...]

    def differences(self, run: Run) -> list[tuple[Expected, Outcome | None]]:
        """The cases that came out differently."""
        found = {
            (criterion, row["subject_id"], row["period"]): Outcome(row[criterion])
            for verdicts in run.verdicts
            for row in verdicts.table.to_pylist()
            for criterion in verdicts.criteria
        }
        pairs = ((e, found.get((e.criterion, e.subject_id, e.period))) for e in self.expected)
        return [(e, outcome) for e, outcome in pairs if outcome is not e.outcome]


@dataclass(frozen=True)
class _Placed:
    case: s.Case
    criterion: Criterion
    world: World
    period: Period

    @property
    def key(self) -> tuple[date, frozenset[str]]:
        """Cases with the same key fit into one run: the same day, and the same tables that are not there at all."""
        vocabulary = self.world.vocabulary
        told_by_nothing_else = {
            name for name in tables_of(vocabulary, [self.criterion])
            if any(link.known_to is None for link in vocabulary.tables[name].links)
        }  # fmt: skip
        return self.case.as_of, frozenset(told_by_nothing_else - set(self.world.tables))


def batches_of(name: str) -> list[Batch]:
    """The cases of a pack that comes with the package."""
    vocabulary, calendar = load_vocabulary(), load_calendar()
    bench = CaseBench(load_pack(name), vocabulary, calendar)
    groups: dict[object, list[_Placed]] = defaultdict(list)
    for case in bench.pack.cases:
        plan = bench.plan_on(case.as_of)
        criterion = plan.criterion(case.criterion)
        assert criterion is not None
        placed = _Placed(
            case,
            criterion,
            world_of(case, vocabulary, calendar, plan.campaign),
            bench.period_of(case, criterion),
        )
        groups[placed.key].append(placed)
    return [_batch(bench, group) for group in groups.values()]


def _batch(bench: CaseBench, group: list[_Placed]) -> Batch:
    as_of = group[0].case.as_of
    plan = bench.plan_on(as_of)
    wanted = {placed.criterion.id for placed in group}
    rows: dict[str, list[Row]] = defaultdict(list)
    expected = []
    for number, placed in enumerate(group):
        moved = dict(_moved(placed.world, number * APART))
        for name, found in moved.items():
            rows[name] += found
        subject = placed.criterion.subject
        expected.append(
            Expected(
                placed.case.name,
                placed.criterion.id,
                int(str(moved[subject][0][f"{subject}_id"])),
                placed.period.id,
                Outcome[placed.case.expect.upper()],
            )
        )
    periods = sorted({placed.period for placed in group} - {once(as_of)})
    return Batch(
        replace(plan, criteria=tuple(c for c in plan.criteria if c.id in wanted)),
        arrow_tables(World(bench.vocabulary, rows, as_of, bench.calendar, plan.campaign)),
        Ask(as_of, bench.calendar, periods),
        tuple(expected),
    )


def _moved(world: World, by: int) -> Iterable[tuple[str, list[Row]]]:
    for name, rows in world.tables.items():
        keys = _keys(world.vocabulary, name)
        yield name, [{k: _shifted(v, by) if k in keys else v for k, v in row.items()} for row in rows]


def _keys(vocabulary: Vocabulary, name: str) -> set[str]:
    table = vocabulary.tables[name]
    return {table.key, *table.link_columns}


def _shifted(key: object, by: int) -> object:
    return None if key is None else int(str(key)) + by
