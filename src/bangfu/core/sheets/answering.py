"""What a column of a template holds for each row: the register's value, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import polars as pl

from bangfu.core.calendars import Calendar
from bangfu.core.engine.reference import Evaluator
from bangfu.core.engine.run import Tables
from bangfu.core.engine.subsets import world_around
from bangfu.core.engine.world import NOT_APPLICABLE, UNKNOWN, World
from bangfu.core.errors import Problem, WorkbookError
from bangfu.core.expressions import ExpressionError, Scope, parse_scalar, parse_truth
from bangfu.core.expressions import nodes as n
from bangfu.core.expressions.intervals import Interval, Ratio, scale
from bangfu.core.messages import N_, Message
from bangfu.core.periods import once
from bangfu.core.plans.plan import Criterion, Plan
from bangfu.core.register import State
from bangfu.core.sheets.inserting import CellValue
from bangfu.core.sheets.template import ABOVE
from bangfu.core.vocabulary import Column, ColumnType, Empty, Sensitivity, Table, Vocabulary

GUARDED = (Sensitivity.PERSONAL, Sensitivity.SENSITIVE, Sensitivity.IDENTITY)


@dataclass(frozen=True)
class Gap:
    """A cell that cannot be filled, and why."""

    why: Message


Answer = CellValue | Gap | None  # None: does not apply, nothing to fill


@dataclass(frozen=True)
class Source:
    """Where values come from: the register's state, its tables without identity, the plan of the measures."""

    state: State
    tables: Tables
    vocabulary: Vocabulary
    as_of: date
    calendar: Calendar
    plan: Plan | None = None


class Asked:
    """The rows of one kind, and what is asked about them.

    `where`: which rows, in the language of plans; `place`: 12-digit code of the division they lie in. Raises
    WorkbookError: an expression that is wrong, a place that is not in the register.
    """

    def __init__(self, source: Source, rows: str, place: str = "", where: str = "") -> None:
        self.source, self.rows = source, rows
        self.table = source.vocabulary.tables[rows]
        self.frame = _placed(source, rows, place)
        self.unsure = 0  # rows of which it is not known whether they belong in the list
        if where:
            truths = self._truths(where)
            self.unsure = sum(truth is None for truth in truths)
            self.frame = self.frame.filter(pl.Series([truth is True for truth in truths], dtype=pl.Boolean))

    @property
    def keys(self) -> list[int]:
        """The keys of the rows, in order."""
        found: list[int] = self.frame[self.table.key].to_list()
        return found

    def _direct(self, meaning: str) -> tuple[str, Column] | None:
        """The column of the row, or of what the row lies in, that `table.column` names."""
        table, _, name = meaning.partition(".")
        if table not in (self.rows, *ABOVE[self.rows]):
            return None
        column = self.source.vocabulary.tables[table].columns.get(name)
        return None if column is None else (table, column)

    def sensitivity(self, meaning: str) -> Sensitivity:
        """How guarded what a column shows is."""
        found = self._direct(meaning)
        if found is not None:
            return found[1].sensitivity
        return Sensitivity.INTERNAL if self.rows in ("village", "township") else Sensitivity.PERSONAL

    def answers(self, meaning: str) -> list[Answer]:
        """The answer for every row, in order. Raises WorkbookError."""
        found = self._direct(meaning)
        if found is not None:
            return self._of_column(*found)
        try:
            node: n.Scalar | n.Truth = parse_scalar(meaning, self._scope())
        except ExpressionError as not_scalar:
            try:
                node = parse_truth(meaning, self._scope())
            except ExpressionError:
                raise _wrong(meaning, not_scalar) from not_scalar
            return [_said(truth) for truth in self._evaluated(node, is_truth=True)]
        column = node.column if isinstance(node, n.ColumnValue) else None
        return [
            _value(value, column, self.source.vocabulary) for value in self._evaluated(node, is_truth=False)
        ]

    def _truths(self, where: str) -> list[bool | None]:
        try:
            node = parse_truth(where, self._scope())
        except ExpressionError as error:
            raise _wrong(where, error) from error
        return self._evaluated(node, is_truth=True)  # type: ignore[return-value]

    def _scope(self) -> Scope:
        measures = self.source.plan.measures if self.source.plan else {}

        def measure(name: str, table: Table) -> n.Named | None:
            return next(
                (
                    m
                    for (subject, key), m in measures.items()
                    if subject == table.id and name in (key, m.name)
                ),
                None,
            )

        return Scope(self.source.vocabulary, self.table, measure=measure)

    def _evaluated(self, node: n.Scalar | n.Truth, is_truth: bool) -> list[object]:
        source = self.source
        truth = node if is_truth else n.Comparison("=", node, node)  # type: ignore[arg-type]
        asked = Criterion("fill", "fill", self.rows, "once", holds=truth)  # type: ignore[arg-type]
        plan = Plan("fill", "", "", "", "", "", source.vocabulary, (asked,))
        if source.plan is not None:
            plan = replace(source.plan, criteria=(asked,))
        world = world_around(plan, [asked], self.keys, source.tables, source.as_of, source.calendar)
        own = {row[self.table.key]: row for row in world.rows(self.rows)}
        return [self._one(node, is_truth, world, own[key]) for key in self.keys]

    def _one(
        self, node: n.Scalar | n.Truth, is_truth: bool, world: World, row: Mapping[str, object]
    ) -> object:
        evaluator = Evaluator(world, once(self.source.as_of), self.table, row)
        return evaluator.truth(node) if is_truth else evaluator.value(node)  # type: ignore[arg-type]

    def _of_column(self, table: str, column: Column) -> list[Answer]:
        """A column of the row, or of what the row lies in."""
        frame = self.frame
        if table == "household" and column.id == "head_name":
            return [_plain(value, column, self.source.vocabulary) for value in _heads(frame, self.source)]
        if table != self.rows:
            declared = self.source.vocabulary.tables[table]
            above = self.source.state.rows(declared)
            given = [column.given] if column.given else []
            chosen = above.select(declared.key, pl.col([column.id, *given]).name.prefix("\0"))
            frame = frame.join(chosen, on=declared.key, how="left", maintain_order="left")
            values, given_values = frame[f"\0{column.id}"], frame[f"\0{column.given}"] if given else None
        else:
            values, given_values = frame[column.id], frame[column.given] if column.given else None
        settled = [True] * len(values) if given_values is None else given_values.is_not_null().to_list()
        missing = [
            NOT_APPLICABLE if column.empty is Empty.NOT_APPLICABLE and is_settled else None
            for is_settled in settled
        ]
        return [
            _plain(other if value is None else value, column, self.source.vocabulary)
            for value, other in zip(values, missing, strict=True)
        ]


def _placed(source: Source, rows: str, place: str) -> pl.DataFrame:
    """The rows with the keys of all that they lie in; those in the place only, by code."""
    tables = source.vocabulary.tables
    chain = {"person": ("household", "village"), "household": ("village",), "village": (), "township": ()}[
        rows
    ]
    frame = source.state.rows(tables[rows])
    for above in chain:
        links = [name for name in tables[above].link_columns if name not in frame.columns]
        keys = source.state.rows(tables[above]).select(tables[above].key, *links)
        frame = frame.join(keys, on=tables[above].key, how="left", maintain_order="left")
    if rows != "township":
        towns = source.state.rows(tables["township"]).select("township_id", "county_id")
        frame = frame.join(towns, on="township_id", how="left", maintain_order="left")
    orders = {
        "person": ["village_id", "household_id"],
        "household": ["village_id"],
        "village": ["township_id"],
    }
    if place:
        frame = frame.filter(_lies_in(source, place))
    return frame.sort(*orders.get(rows, []), tables[rows].key, nulls_last=True)


def _lies_in(source: Source, place: str) -> pl.Expr:
    for level in ("village", "township", "county"):
        table = source.vocabulary.tables[level]
        found = source.state.rows(table).filter(pl.col("division_code") == place)
        if found.height:
            key: int = found[table.key][0]
            return pl.col(table.key).eq(key)
    raise WorkbookError(
        Problem(
            "fill.place",
            Message(N_("登记库里没有区划代码 {code}"), {"code": place}),
            remedy=Message(N_("请用 bangfu divisions 查村、乡镇或县的 12 位代码。")),
        )
    )


def _heads(frame: pl.DataFrame, source: Source) -> list[str | None]:
    people = source.state.rows(source.vocabulary.tables["person"]).filter(pl.col("relation") == "head")
    heads = people.unique("household_id", keep="none").select(
        "household_id", pl.col("full_name").alias("\0head")
    )
    homes = source.state.rows(source.vocabulary.tables["household"])
    written = homes.select("household_id", pl.col("head_name").alias("\0written"))
    joined = frame.join(heads, on="household_id", how="left", maintain_order="left")
    joined = joined.join(written, on="household_id", how="left", maintain_order="left")
    found: list[str | None] = joined.select(pl.coalesce("\0written", "\0head").alias("name"))[
        "name"
    ].to_list()
    return found


def _value(value: object, column: Column | None, vocabulary: Vocabulary) -> Answer:
    """A value of the evaluator; an interval that is no point is a gap that says so."""
    if not isinstance(value, Ratio):
        return _plain(None if value is UNKNOWN else value, column, vocabulary)
    found, den = value.num, value.den
    if den is not None:
        if den.low is None or not den.is_point:
            return Gap(Message(N_("登记不全，算不出来。补全后再填")))
        if den.low == 0:
            return Gap(Message(N_("除数是 0，算不出来。核对后再填")))
        found = scale(found, 1 / den.low)
    return _bounded(found)


def _bounded(found: Interval) -> Answer:
    """A point is a number; anything wider a gap that says what is certain."""
    if found.low is None:
        return Gap(Message(N_("登记不全，算不出来。补全后再填")))
    low = _number(found.low)
    if found.is_point:
        return low
    if found.high is None:
        return Gap(Message(N_("名单没有核对齐：至少 {low}。核对后再填"), {"low": low}))
    values = {"low": low, "high": _number(found.high)}
    return Gap(Message(N_("登记不全：至少 {low}，至多 {high}。核对后再填"), values))


def _plain(value: object, column: Column | None, vocabulary: Vocabulary) -> Answer:
    if value is NOT_APPLICABLE:
        return None
    if value is None:
        return Gap(Message(N_("登记库里没有。补录后再填")))
    if isinstance(value, bool):
        return _said(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (int, Decimal)):
        return _number(Fraction(value))
    text = str(value)
    if column is not None and column.type in (ColumnType.CODE, ColumnType.CODES):
        labels = vocabulary.code_list(column).labels
        return Message(
            N_("{values}"), {"values": [labels.get(code, code) for code in text.split(",")]}
        ).render()
    return text


def _said(truth: object) -> Answer:
    if truth is None:
        return Gap(Message(N_("登记不全，判断不了。补全后再填")))
    return Message(N_("是") if truth else N_("否")).render()


def _number(value: Fraction) -> int | Decimal:
    if value.denominator == 1:
        return int(value)
    return (Decimal(value.numerator) / value.denominator).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _wrong(text: str, error: ExpressionError) -> WorkbookError:
    return WorkbookError(replace(error.problem, where=text))


def guarded(meanings: Sequence[str], asked: Asked) -> bool:
    """Whether what is asked shows anything of a person or a household."""
    return any(asked.sensitivity(meaning) in GUARDED for meaning in meanings)
