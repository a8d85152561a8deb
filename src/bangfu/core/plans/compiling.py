"""From a pack to a plan: names resolved, units checked, unsafe criteria refused, all mistakes at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Literal

from bangfu.core.errors import PlanError, Problem
from bangfu.core.expressions import (
    ExpressionError,
    Scope,
    find_relation,
    parse_amount,
    parse_scalar,
    parse_truth,
    refuse,
)
from bangfu.core.expressions import nodes as n
from bangfu.core.expressions.kinds import kind_of
from bangfu.core.messages import N_
from bangfu.core.plans import schema as s
from bangfu.core.plans.load import Pack, Reading
from bangfu.core.plans.plan import Criterion, Deadline, Plan
from bangfu.core.plans.safety import (
    check_period,
    lints_of,
    looks_at_time,
    passes_membership,
    refuse_unsafe,
)
from bangfu.core.plans.stated_check import stated_problems
from bangfu.core.vocabulary import Table, Vocabulary

_WRONG_ITSELF = "expression.wrong_itself"


def compile_plan(pack: Pack, on: date, vocabulary: Vocabulary) -> Plan:
    """The plan's criteria and measures as they stand on a date.

    Raises PlanError with every mistake in them, each with file and line.
    """
    compiler = _Compiler(pack, on, vocabulary)
    plan = compiler.plan()
    if plan is None:
        raise PlanError(compiler.problems)
    return plan


def check_plan(reading: Reading, on: date, vocabulary: Vocabulary) -> tuple[Pack, Plan]:
    """The pack and the plan, nothing left unchecked: what else the pack states (lists, gates, samples …)
    is read too. Raises PlanError with every mistake, those of reading first, in the order of files and lines.
    """
    if reading.pack is None:
        raise PlanError(reading.problems)
    compiler = _Compiler(reading.pack, on, vocabulary)
    plan = compiler.plan()
    stated = stated_problems(reading.pack, vocabulary.tables, compiler.scope)
    problems = [*reading.problems, *compiler.problems, *compiler.causes(stated)]
    if plan is None or problems:
        told = [problem for index, problem in enumerate(problems) if problem not in problems[:index]]
        raise PlanError(sorted(told, key=_place_of))
    return reading.pack, plan


def _place_of(problem: Problem) -> tuple[str, int]:
    file, _, line = problem.where.rpartition(":")
    return (file, int(line)) if line.isdecimal() else (problem.where, 0)


class _Compiler:
    def __init__(self, pack: Pack, on: date, vocabulary: Vocabulary) -> None:
        self.pack = pack
        self.vocabulary = vocabulary
        self.problems: list[Problem] = []
        self.failed = False
        self.parameters = _constants(pack, on)
        self.campaign = _campaign_span(pack, on)
        self._valueless = _without_value(pack, on)
        self._on = on
        self._measures: dict[str, n.Named] = {}
        self._compiled: dict[str, Criterion | None] = {}
        self._under_way: list[tuple[str, str]] = []

    def plan(self) -> Plan | None:
        """Everything compiled, or None where something is wrong (noted in `problems`, unless it only
        follows from what could not be read)."""
        criteria = [c for c in map(self.criterion, self.pack.criteria) if c is not None]
        for key in self.pack.measures:
            self.check_measure(key)
        for criterion in criteria:
            self.collect("criteria", criterion.id, "holds", lambda c=criterion: refuse_unsafe(c))
        if self.failed:
            return None
        head = self.pack.head
        return Plan(
            id=head.id,
            version=head.version,
            title=head.title,
            issuer=head.issuer,
            state=head.state,
            digest=self.pack.digest,
            vocabulary=self.vocabulary,
            criteria=tuple(criteria),
            measures={(m.subject, key): self.named(key) for key, m in self.pack.measures.items()},
            campaign=self.campaign,
            roles=self.pack.roles,
            lints=tuple(lint for criterion in criteria for lint in lints_of(criterion)),
        )

    def scope(self, table: Table, per: str | None = None) -> Scope:
        """What an expression on rows of `table` may speak of."""
        return Scope(
            self.vocabulary,
            table,
            self.parameters,
            self._measure_named,
            lambda name, t: self._verdict(name, t, per),
            lambda t: [
                x for key, m in self.pack.measures.items() if m.subject == t.id for x in (key, m.name)
            ],
        )

    def collect(self, kind: str, entry: str, field: str, action: object) -> None:
        """Run `action`; note its ExpressionError at the entry's place."""
        try:
            action()  # type: ignore[operator]
        except ExpressionError as error:
            self.failed = True
            where = self.pack.where(kind, entry, field)
            self.problems += [replace(problem, where=where) for problem in self.causes(error.problems)]

    def causes(self, problems: Iterable[Problem]) -> list[Problem]:
        """Without those that only follow from another mistake, which is told at its own place."""
        return [problem for problem in problems if not self._follows(problem)]

    def _follows(self, problem: Problem) -> bool:
        if problem.code == "expression.unknown_name":
            name = str(problem.message.values["name"])
            return self.pack.is_unread("measures", name) or self.pack.is_unread("parameters", name)
        if problem.code == "expression.verdict":
            return self.pack.is_unread("criteria", str(problem.message.values["id"]))
        return problem.code == _WRONG_ITSELF

    # --- criteria -------------------------------------------------------------------------------------

    def criterion(self, spec: s.Criterion) -> Criterion | None:
        """The compiled criterion, or None where it is wrong (noted once)."""
        if spec.id in self._compiled:
            return self._compiled[spec.id]
        self._enter("criteria", spec.id)
        when: list[n.Truth] = []
        holds: list[n.Truth] = []
        table = self.vocabulary.tables.get(spec.subject)
        if table is None or not table.is_subject:
            problem = refuse("subject", N_("“{name}”不能作为核查对象。"), name=spec.subject).problem
            self.failed = True
            self.problems.append(replace(problem, where=self.pack.where("criteria", spec.id, "subject")))
        else:
            scope = self.scope(table, spec.per)
            if spec.when is not None:
                self.collect(
                    "criteria",
                    spec.id,
                    "when",
                    lambda: when.append(self._judged(spec.when or "", scope, spec.per)),
                )
            self.collect(
                "criteria", spec.id, "holds", lambda: holds.append(self._judged(spec.holds, scope, spec.per))
            )
        self._under_way.pop()
        complete = bool(holds) and bool(when) == (spec.when is not None)
        compiled = _criterion(spec, when[0] if when else None, holds[0]) if complete else None
        self._compiled[spec.id] = compiled
        return compiled

    def _enter(self, kind: str, name: str) -> None:
        if (kind, name) in self._under_way:
            path = " → ".join(step for _, step in (*self._under_way, (kind, name)))
            raise refuse("cycle", N_("互相引用，绕成了圈：{path}"), path=path)
        self._under_way.append((kind, name))

    def _judged(self, text: str, scope: Scope, per: str) -> n.Truth:
        truth = parse_truth(text, scope)
        for node in n.walk(truth):
            check_period(node, per)
            if isinstance(node, n.Verdict):
                self._check_verdict(node, per)
        return truth

    def _check_verdict(self, verdict: n.Verdict, per: str) -> None:
        other = next(c.per for c in self.pack.criteria if c.id == verdict.criterion)
        if other != per and (other != "once" or looks_at_time(verdict.truth)):
            raise refuse(
                "verdict_period",
                N_("标准 {name} 的周期与引用它的标准不同。"),
                N_("请用同一周期；per: once 的标准，不看日期和按期的记录时才能被别的周期引用。"),
                name=verdict.criterion,
            )

    def _verdict(self, name: str, table: Table, per: str | None) -> n.Verdict | None:
        spec = next((c for c in self.pack.criteria if c.id == name), None)
        if spec is None or spec.subject != table.id:
            return None
        criterion = self.criterion(spec)
        if criterion is None:
            raise _wrong_itself(name)
        truth = criterion.holds
        if criterion.when is not None:
            truth = n.Any((n.Not(criterion.when), criterion.holds))
        verdict = n.Verdict(criterion.id, criterion.name, truth)
        if per is not None:
            self._check_verdict(verdict, per)
        return verdict

    # --- measures -------------------------------------------------------------------------------------

    def _measure_named(self, name: str, table: Table) -> n.Named | None:
        if name in self._valueless:
            raise refuse(
                "no_value",
                N_("参数“{name}”在 {day} 没有取值。"),
                N_("请在 parameters.yaml 里补上从哪一天起的取值，或换一个日期。"),
                name=name,
                day=self._on,
            )
        for key, spec in self.pack.measures.items():
            if spec.subject == table.id and name in (key, spec.name):
                return self._sound(key)
        return None

    def _sound(self, key: str) -> n.Named:
        try:
            return self.named(key)
        except ExpressionError as error:
            if error.problem.code == "expression.cycle":
                raise
            raise _wrong_itself(key) from error

    def check_measure(self, key: str) -> None:
        """Note what is wrong with a measure, whether or not a criterion uses it."""
        self.collect("measures", key, "value", lambda: self.named(key))

    def named(self, key: str) -> n.Named:
        """The compiled measure. Raises ExpressionError."""
        if key not in self._measures:
            spec = self.pack.measures[key]
            self._enter("measures", key)
            try:
                value = self._value(spec)
            finally:
                self._under_way.pop()
            found = kind_of(value).unit
            if spec.unit and found and spec.unit != found:
                raise refuse(
                    "measure_unit", N_("算出来的单位是{found}，写的是{given}。"), found=found, given=spec.unit
                )
            self._measures[key] = n.Named(key, spec.name, value, spec.unit or found)
        return self._measures[key]

    def _value(self, spec: s.Measure) -> n.Scalar:
        table = self.vocabulary.tables.get(spec.subject)
        if table is None:
            raise refuse("subject", N_("“{name}”不能作为核查对象。"), name=spec.subject)
        scope = self.scope(table)
        if spec.value is not None:
            return parse_scalar(spec.value, scope)
        within = spec.within or "period"
        self._check_within(within, table)
        names = (spec.of,) if isinstance(spec.of, str) else spec.of or ()
        # Days are counted without a look at the row to whose list they belong.
        owner = table if spec.take in ("count", "total") else None
        lists = tuple(self._rows(name, spec.where, within, replace(scope, owner=owner)) for name in names)
        match spec.take:
            case "count":
                return n.Count(_only(lists))
            case "total":
                rows = _only(lists)
                amount = parse_amount(
                    spec.amount or "", replace(scope, table=rows.relation.table, owner=owner)
                )
                return n.Total(rows, amount, kind_of(amount).unit)
            case "differ":
                return _difference(lists, spec.match)
        return self._days(spec, lists, within, scope)

    def _check_within(self, within: str, table: Table) -> None:
        if within == "own" and table.timing.start is None:
            raise refuse("own", N_("“{name}”没有起止日期，不能用 within: own。"), name=table.name)
        if within == "campaign" and self.campaign is None:
            raise refuse("campaign", N_("方案没有写活动起止日期，不能用 within: campaign。"))

    def _rows(self, name: str, where: str | None, within: n.Within, scope: Scope) -> n.Rows:
        relation = find_relation(scope, name)
        inner = replace(scope, table=relation.table)
        return n.Rows(relation, parse_truth(where, inner) if where else None, within)

    def _days(self, spec: s.Measure, lists: tuple[n.Rows, ...], within: n.Within, scope: Scope) -> n.DayCount:
        take: Literal["days", "workdays", "nights"] = spec.take  # type: ignore[assignment]
        less = self._rows(spec.less.of, spec.less.where, within, scope) if spec.less else None
        for rows in (*lists, *([less] if less else [])):
            timing = rows.relation.table.timing
            if (timing.start if take == "nights" and rows is not less else timing.start or timing.at) is None:
                raise refuse(
                    "no_days",
                    N_("“{name}”没有按天或起止日期记录，不能数天数。"),
                    name=rows.relation.table.name,
                )
        if spec.sure and len(lists) > 1:
            raise refuse("sure", N_("sure 只能用于一张明细表。"))
        sure = parse_truth(spec.sure, replace(scope, table=lists[0].relation.table)) if spec.sure else None
        return n.DayCount(take, lists, sure, less)


def _wrong_itself(name: str) -> ExpressionError:
    """What is named is wrong: told where it stands, not wherever it is used."""
    return refuse(_WRONG_ITSELF.removeprefix("expression."), N_("引用的 {name} 本身有误。"), name=name)


def _only(lists: tuple[n.Rows, ...]) -> n.Rows:
    if len(lists) != 1:
        raise refuse("one_list", N_("count 和 total 只能针对一张明细表。"))
    return lists[0]


def _difference(lists: tuple[n.Rows, ...], match: tuple[str, ...]) -> n.Difference:
    if len(lists) < 2 or (match and len(lists) > 2):
        raise refuse("two_lists", N_("differ 至少要比较两张明细表，写了 match 的正好两张。"))
    for rows in lists:
        table = rows.relation.table
        if not match and not (table.timing.at or table.timing.start):
            raise refuse("no_days", N_("“{name}”没有按天或起止日期记录，不能数天数。"), name=table.name)
        if match and passes_membership(rows):
            raise refuse(
                "match_path", N_("“{name}”经任职、结对等关系才属于核查对象，不能用 match。"), name=table.name
            )
    for name in match:
        columns = [rows.relation.table.columns.get(name) for rows in lists]
        known = [column for column in columns if column is not None and column.in_snapshot]
        if len(known) < len(lists) or len({(column.type, column.codes) for column in known}) > 1:
            raise refuse(
                "match",
                N_("两张明细表没有同样的列 {name}。"),
                N_("match 只能写两张表都有、含义相同的列。"),
                name=name,
            )
    return n.Difference(lists, match)


def _criterion(spec: s.Criterion, when: n.Truth | None, holds: n.Truth) -> Criterion:
    deadline = spec.deadline
    return Criterion(
        id=spec.id,
        name=spec.name,
        subject=spec.subject,
        per=spec.per,
        holds=holds,
        when=when,
        requirements=tuple(dict.fromkeys((spec.id, *spec.also, *spec.requirement))),
        message=spec.message or "",
        remedy=spec.remedy or "",
        responsible=spec.responsible,
        deadline=Deadline(deadline.on, deadline.days, deadline.workdays) if deadline else None,
        severity=spec.severity,
        source=spec.source or "",
        appraises=spec.appraises,
    )


def _constants(pack: Pack, on: date) -> Mapping[str, n.Constant]:
    constants: dict[str, n.Constant] = {}
    for key, value in pack.parameters_on(on).items():
        spec = pack.parameters[key]
        if value is not None:
            constant = n.Constant(value, "number", spec.unit, parameter=key, name=spec.name)
            constants[key] = constants[spec.name] = constant
    return constants


def _without_value(pack: Pack, on: date) -> set[str]:
    missing = [key for key, value in pack.parameters_on(on).items() if value is None]
    return {*missing, *(pack.parameters[key].name for key in missing)}


def _campaign_span(pack: Pack, on: date) -> tuple[date, date] | None:
    """The days of the campaign. Until the event that closes it, it ends after the day at hand: never over."""
    span = pack.head.period
    if span.start is None:
        return None
    return span.start, span.to or max(span.start, on + timedelta(days=1))
