"""A pack's cases: named examples, run through every engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation

import pyarrow as pa

from bangfu.core.calendars import Calendar
from bangfu.core.engine import duckdb as duckdb_engine
from bangfu.core.engine.explaining import explain
from bangfu.core.engine.outcome import Outcome
from bangfu.core.engine.reference import Evaluator, judge
from bangfu.core.engine.run import Ask, Run
from bangfu.core.engine.world import Row, World
from bangfu.core.errors import PlanError, Problem, UserError
from bangfu.core.expressions.intervals import Ratio
from bangfu.core.messages import N_, Message
from bangfu.core.periods import Period, containing, named, once, parse_period
from bangfu.core.plans import schema as s
from bangfu.core.plans.compiling import compile_plan
from bangfu.core.plans.pack import Pack
from bangfu.core.plans.plan import Criterion, Plan
from bangfu.core.plans.schema.cases import CaseSpan
from bangfu.core.snapshots.schema import arrow_schema
from bangfu.core.vocabulary import Column, ColumnType, Table, Vocabulary

BatchEngine = Callable[[Plan, Mapping[str, pa.Table], Ask], Run]
ENGINES: dict[str, BatchEngine] = {"duckdb": duckdb_engine.evaluate}


@dataclass(frozen=True)
class CaseResult:
    """What one case gave. `problems` is empty where it is as expected, by every engine asked."""

    case: s.Case
    problems: tuple[Problem, ...]


class CaseBench:
    """Runs the cases of a pack; plans are compiled once a date."""

    def __init__(self, pack: Pack, vocabulary: Vocabulary, calendar: Calendar) -> None:
        self.pack = pack
        self.vocabulary = vocabulary
        self.calendar = calendar
        self._plans: dict[date, Plan] = {}

    def plan_on(self, day: date) -> Plan:
        """The plan as it stood on a day."""
        if day not in self._plans:
            self._plans[day] = compile_plan(self.pack, day, self.vocabulary)
        return self._plans[day]

    def run(self, engines: Mapping[str, BatchEngine] = ENGINES) -> Iterator[CaseResult]:
        """Every case, in order."""
        for case in self.pack.cases:
            yield self.check(case, engines)

    def check(self, case: s.Case, engines: Mapping[str, BatchEngine] = ENGINES) -> CaseResult:
        """One case through the reference evaluator and the other engines."""
        try:
            problems = list(self._check(case, engines))
        except UserError as error:
            problems = [replace(found, where=found.where or self._where(case)) for found in error.problems]
        return CaseResult(case, tuple(problems))

    def _check(self, case: s.Case, engines: Mapping[str, BatchEngine]) -> Iterator[Problem]:
        criterion = self.plan_on(case.as_of).criterion(case.criterion)
        if criterion is None:
            yield self._problem(case, N_("方案中没有标准 {id}。"), id=case.criterion)
            return
        world = world_of(case, self.vocabulary, self.calendar, self.plan_on(case.as_of).campaign)
        if not world.rows(criterion.subject):
            yield self._problem(case, N_("没有给出核查对象 {table} 的一行。"), table=criterion.subject)
            return
        period = self.period_of(case, criterion)
        if period.kind != criterion.per:
            template = N_("周期 {period} 与标准的周期 {per} 不同。")
            yield self._problem(case, template, period=period.id, per=criterion.per)
            return
        expected = Outcome[case.expect.upper()]
        subject = world.rows(criterion.subject)[0]
        yield from self._compare(case, "reference", judge(criterion, world, period, subject), expected)
        for name, engine in engines.items():
            yield from self._compare(
                case, name, self._outcome(case, criterion, world, period, engine), expected
            )
        yield from self._check_facts(case, criterion, world, period, subject)
        if case.because and case.because not in explain(criterion, world, period, subject).text():
            found = explain(criterion, world, period, subject).text()
            yield self._problem(case, N_("说明中没有“{text}”，而是：{found}"), text=case.because, found=found)

    def period_of(self, case: s.Case, criterion: Criterion) -> Period:
        """The period in which a case is judged."""
        stages = {f"stage:{x.id}": x for x in self.pack.content.campaign.stages if x.start and x.to}
        if isinstance(case.period, CaseSpan):
            return Period(case.period.start, case.period.to, criterion.per, f"{criterion.per}:case")  # type: ignore[arg-type]
        if case.period in [x.id for x in stages.values()]:
            stage = stages[f"stage:{case.period}"]
            return named("stage", stage.id, stage.start, stage.to)  # type: ignore[arg-type]
        if case.period is not None:
            return parse_period(case.period, case.as_of)
        if criterion.per == "once":
            return once(case.as_of)
        if criterion.per in ("campaign", "term"):
            first, last = self.plan_on(case.as_of).campaign or (case.as_of, case.as_of)
            return named(criterion.per, self.pack.head.id, first, last)  # type: ignore[arg-type]
        if criterion.per == "stage":
            raise PlanError(self._problem(case, N_("没有写是哪个阶段：请写 period: 阶段的 id。")))
        return containing(criterion.per, case.as_of)  # type: ignore[arg-type]

    def _outcome(
        self, case: s.Case, criterion: Criterion, world: World, period: Period, engine: BatchEngine
    ) -> Outcome:
        plan = self.plan_on(case.as_of)
        ask = Ask(case.as_of, self.calendar, [period])
        narrowed = _only(plan, criterion)
        run = engine(narrowed, arrow_tables(world), ask)
        table = next(v for v in run.verdicts if v.subject == criterion.subject).table
        rows = {row["subject_id"]: row[criterion.id] for row in table.to_pylist()}
        return Outcome(rows[world.rows(criterion.subject)[0][f"{criterion.subject}_id"]])

    def _compare(self, case: s.Case, engine: str, found: Outcome, expected: Outcome) -> Iterator[Problem]:
        if found is not expected:
            yield self._problem(
                case,
                N_("{engine}：应为 {expected}，得到 {found}。"),
                engine=engine,
                expected=expected.name.lower(),
                found=found.name.lower(),
            )

    def _check_facts(
        self, case: s.Case, criterion: Criterion, world: World, period: Period, subject: Row
    ) -> Iterator[Problem]:
        plan = self.plan_on(case.as_of)
        table = self.vocabulary.tables[criterion.subject]
        for name, expected in case.facts.items():
            measure = plan.measures.get((criterion.subject, name))
            if measure is None:
                yield self._problem(case, N_("没有指标 {name}。"), name=name)
                continue
            value = Evaluator(world, period, table, subject).value(measure)
            if not isinstance(value, Ratio) or value.den is not None:
                yield self._problem(case, N_("指标 {name} 是商或不是数，不能用 facts 核对。"), name=name)
                continue
            found = (_decimal(value.num.low), _decimal(value.num.high))
            if found != expected:
                template = N_("指标 {name} 应为 {expected}，得到 {found}。")
                shown = {"expected": _bounds(expected), "found": _bounds(found)}
                yield self._problem(case, template, name=name, **shown)

    def _problem(self, case: s.Case, template: str, **values: object) -> Problem:
        return Problem("plan.case", Message(template, values), self._where(case))

    def _where(self, case: s.Case) -> str:
        return f"{self.pack.where('cases', case.name)} {case.name}"


def _only(plan: Plan, criterion: Criterion) -> Plan:
    return Plan(**{**plan.__dict__, "criteria": (criterion,)})


def _decimal(bound: object) -> Decimal | None:
    return None if bound is None else Decimal(bound.numerator) / Decimal(bound.denominator)  # type: ignore[attr-defined]


def _bounds(bounds: tuple[Decimal | None, Decimal | None]) -> str:
    """[certain, possible] as a case writes them."""
    return f"[{', '.join('null' if bound is None else str(bound) for bound in bounds)}]"


# --- rows -------------------------------------------------------------------------------------------------


def world_of(
    case: s.Case, vocabulary: Vocabulary, calendar: Calendar, campaign: tuple[date, date] | None = None
) -> World:
    """The rows of a case with their keys. Raises PlanError for an unknown table, column or value."""
    given = {name: rows if isinstance(rows, tuple) else (rows,) for name, rows in case.given.items()}
    unknown = [name for name in given if name not in vocabulary.tables]
    if unknown:
        raise _wrong(N_("没有名为 {names} 的表。"), names=unknown)
    keys = {
        name: [row.get(f"{name}_id", index + 1) for index, row in enumerate(rows)]
        for name, rows in given.items()
    }
    tables = {
        name: [
            _row(vocabulary.tables[name], row, key, keys, vocabulary)
            for row, key in zip(rows, keys[name], strict=True)
        ]
        for name, rows in given.items()
    }
    tables |= {name: [] for name in _checked_and_empty(tables, vocabulary)}
    return World(vocabulary, tables, case.as_of, calendar, campaign)


def _checked_and_empty(tables: Mapping[str, list[Row]], vocabulary: Vocabulary) -> Iterator[str]:
    """Tables without a row of which some parent says that they were checked."""
    for table in vocabulary.tables.values():
        told = [(link.parent, link.known_to) for link in table.links if link.known_to]
        if table.id not in tables and any(
            row.get(known_to) is not None for parent, known_to in told for row in tables.get(parent, [])
        ):
            yield table.id


def _row(
    table: Table,
    given: Mapping[str, object],
    key: object,
    keys: Mapping[str, Sequence[object]],
    vocabulary: Vocabulary,
) -> Row:
    row: dict[str, object] = {table.key: key}
    for link in table.links:
        if link.column is not None:
            parents = keys.get(link.parent, [])
            row[link.column] = given.get(link.column, parents[0] if parents else None)
    for name, value in given.items():
        if name in table.columns:
            row[name] = cell_value(value, table.columns[name], vocabulary)
        elif name not in row:
            raise _wrong(N_("表“{table}”没有列 {column}。"), table=table.name, column=name)
    return row


def cell_value(value: object, column: Column, vocabulary: Vocabulary) -> object:
    """A cell as written in a case, typed by its column; labels of codes become codes. Raises PlanError."""
    if value is None:
        return None
    try:
        match column.type:
            case ColumnType.INT:
                return int(str(value))
            case ColumnType.DECIMAL:
                return Decimal(str(value)).quantize(Decimal("0.01"))
            case ColumnType.DATE:
                return value if isinstance(value, date) else date.fromisoformat(str(value))
            case ColumnType.TEXT:
                return str(value)
            case ColumnType.BOOL if not isinstance(value, bool):
                raise ValueError(value)
            case ColumnType.CODE | ColumnType.CODES:
                codes = [vocabulary.code_list(column).code_of(part.strip()) for part in str(value).split(",")]
                if None in codes:
                    raise ValueError(value)
                return ",".join(sorted(code for code in codes if code))
    except (ValueError, InvalidOperation) as error:
        raise _wrong(N_("列“{column}”不能填 {value}。"), column=column.name, value=str(value)) from error
    return value


def _wrong(template: str, **values: object) -> PlanError:
    return PlanError(Problem("plan.case", Message(template, values)))


def arrow_tables(world: World) -> dict[str, pa.Table]:
    """The rows as Arrow tables of the snapshot's schema."""
    return {
        name: pa.Table.from_pylist(
            [{field: row.get(field) for field in schema.names} for row in rows], schema
        )
        for name, rows in world.tables.items()
        for schema in [arrow_schema(world.vocabulary.tables[name])]
    }


__all__ = [
    "ENGINES",
    "BatchEngine",
    "CaseBench",
    "CaseResult",
    "UserError",
    "arrow_tables",
    "cell_value",
    "world_of",
]
