"""Reads nodes on a frame: truths as nullable boolean SQL, numbers as pairs. Follows `reference.py` case by case."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import cast

from bangfu.core.engine.sql import columns as c
from bangfu.core.engine.sql import values as v
from bangfu.core.engine.sql.days import day_sides
from bangfu.core.engine.sql.frames import (
    Frame,
    ListGroup,
    is_timed,
    is_timed_list,
    owner_relations,
    settled,
)
from bangfu.core.engine.sql.setting import WindowSql, absent_sql
from bangfu.core.engine.sql.shares import weighed
from bangfu.core.engine.sql.values import Number, Plain, Sides, literal, quoted
from bangfu.core.engine.windows import is_dated_list
from bangfu.core.expressions import nodes as n
from bangfu.core.expressions.kinds import decimals_of, is_never_negative, kind_of, may_not_apply
from bangfu.core.vocabulary import ColumnType, Link, Relation

_MIRRORED: dict[n.CompareOp, n.CompareOp] = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True)
class Reader:
    """`state_open`: standing facts count only where the period has ended (`p.is_closed`). `group`: the list that
    the rows belong to, and `owner` reads the row it belongs to (`s`)."""

    frame: Frame
    state_open: bool = False
    group: ListGroup | None = None
    owner: Reader | None = None

    # --- truths ---------------------------------------------------------------------------------------

    def truth(self, node: n.Truth) -> str:  # noqa: C901 - one case a node
        """The condition as nullable boolean SQL."""
        match node:
            case n.Literally(value=value):
                return "TRUE" if value else "FALSE"
            case n.Flag(value=value):
                return v.unless(self.absent(value), self.cell(value))
            case n.Comparison():
                return self._comparison(node)
            case n.Among(value=value, options=options):
                return self._among(value, options)
            case n.Includes(value=value, code=code):
                found = f"(STRPOS(',' || {self.cell(value)} || ',', {literal(f',{code},')}) > 0)"
                return v.unless(self.absent(value), found)
            case n.NotApplicable(value=value):
                absent = self.absent(value) or "FALSE"
                return f"(CASE WHEN {self.cell(value)} IS NOT NULL THEN FALSE WHEN {absent} THEN TRUE END)"
            case n.Recorded(value=value):
                on, raw = self._at(value)
                recorded = f"({raw}.{quoted(value.column.id)} IS NOT NULL)"
                return f"(CASE WHEN p.is_closed THEN {recorded} END)" if on.state_open else recorded
            case n.Not(item=item):
                return f"(NOT {self.truth(item)})"
            case n.All(items=items):
                return f"({' AND '.join(self.truth(item) for item in items)})"
            case n.Any(items=items):
                return f"({' OR '.join(self.truth(item) for item in items)})"
            case n.Verdict(truth=truth):
                return self.truth(truth)
        return self._quantifier(node)

    def _comparison(self, node: n.Comparison) -> str:
        for left, op, right in (
            (node.left, node.op, node.right),
            (node.right, _MIRRORED[node.op], node.left),
        ):
            if isinstance(right, n.Constant):
                plain = n.plain(left)
                if isinstance(plain, n.Share):
                    return self._share_comparison(plain, op, Decimal(str(right.value)))
                if isinstance(plain, n.ColumnValue) and c.is_decided_by_value(plain.column, op, right):
                    cell = v.both(self.cell(plain))
                    return v.compare(op, Number(cell, absent=self.absent(plain)), Number(_constant(right)))
                if isinstance(plain, n.Elapsed) and plain.unit == "years" and self.frame.setting.is_once:
                    by_birth = self._by_start(plain, op, right)
                    if by_birth is not None:
                        return by_birth
        if kind_of(node.left).name == "number":
            truth = v.compare(node.op, self.number(node.left), self.number(node.right))
            return self._unless_it_may_not_apply(truth, node.left, node.right)
        one, other = self.plain(node.left), self.plain(node.right)
        truth = f"({one.sql} {node.op} {other.sql})"
        return v.unless(one.absent, v.unless(other.absent, truth))

    def _unless_it_may_not_apply(self, truth: str, *sides: n.Scalar) -> str:
        """The bounds of an empty cell prove nothing where the column may not apply."""
        for side in map(n.plain, sides):
            if isinstance(side, n.ColumnValue) and may_not_apply(side):
                truth = (
                    f"(CASE WHEN {self.cell(side)} IS NOT NULL THEN {truth} WHEN NOT {truth} THEN FALSE END)"
                )
        return truth

    def _by_start(self, node: n.Elapsed, op: n.CompareOp, limit: n.Constant) -> str | None:
        """`age op k` as a comparison of the date itself: no calendar arithmetic a row."""
        start, years = self.value(node.start), Decimal(str(limit.value))
        if (
            not isinstance(node.end, n.PeriodValue)
            or not isinstance(start, Plain)
            or years % 1
            or not 0 <= years <= 200
        ):
            return None
        end = self.frame.setting.as_of
        whole = int(years)
        reached, passed = (f"({start.sql} <= {literal(c.years_before(end, y))})" for y in (whole, whole + 1))
        truths = {
            ">=": reached,
            ">": passed,
            "<": f"(NOT {reached})",
            "<=": f"(NOT {passed})",
            "=": f"({reached} AND NOT {passed})",
            "<>": f"(NOT ({reached} AND NOT {passed}))",
        }
        return v.unless(start.absent, truths[op])

    def _among(self, value: n.Scalar, options: tuple[n.Constant, ...]) -> str:
        if kind_of(value).name == "number":
            found = [self._comparison(n.Comparison("=", value, option)) for option in options]
            return f"({' OR '.join(found)})"
        plain = self.plain(value)
        if isinstance(value, n.ColumnValue) and value.column.type is ColumnType.CODE:
            # No code has a comma. A function is asked once per distinct code, IN once per row.
            codes = "".join(f",{option.value}" for option in options)
            return v.unless(plain.absent, f"(STRPOS({literal(codes + ',')}, ',' || {plain.sql} || ',') > 0)")
        listed = ", ".join(literal(option.value) for option in options)
        return v.unless(plain.absent, f"({plain.sql} IN ({listed}))")

    def _quantifier(self, node: n.Quantifier) -> str:
        where = node.rows.where
        if node.kind == "every" and where is not None:
            return f"(NOT {self._has(replace(node.rows, where=n.Not(where)))})"
        is_usual = node.kind == "has"
        found = self._has(node.rows, is_usual)
        return found if is_usual else f"(NOT {found})"

    def _has(self, rows: n.Rows, is_usual: bool = False) -> str:
        some, unclear = (f"({bits} <> 0)" for bits in self.found(rows, is_usual)[:2])
        return self._when_settled(
            rows, f"(CASE WHEN {some} THEN TRUE WHEN {unclear} THEN NULL ELSE FALSE END)"
        )

    def found(self, rows: n.Rows, is_usual: bool) -> tuple[str, str, str]:
        """Bits that are not zero where a row is there (as there usually is); where one may be; either."""
        group, belongs = self.rows(rows)
        column, shift = group.bit(belongs, is_usual)
        word = self.frame.cell(settled(column, self.is_open(rows, group.window)))
        true, unknown, either = (f"({word} & {bits << shift})" for bits in (1, 2, 3))
        return true, unknown, either

    # --- lists ----------------------------------------------------------------------------------------

    def rows(self, rows: n.Rows, *extra: n.Node) -> tuple[ListGroup, str]:
        """The group, and whether a row belongs to the list and meets its condition."""
        timed = (is_timed_list(rows.relation) and rows.within != "own") or any(
            is_timed(node) or (self.state_open and _asks_owner(node)) for node in (rows, *extra)
        )
        group = self.frame.group(rows.relation, rows.within, timed)
        conditions = [group.inside] if group.inside != "TRUE" else []
        if rows.where is not None:
            conditions.append(self._inside(group).truth(rows.where))
        return group, f"({' AND '.join(conditions)})" if conditions else "TRUE"

    def _inside(self, group: ListGroup) -> Reader:
        return Reader(group.frame, group=group, owner=self)

    def is_open(self, rows: n.Rows, window: WindowSql) -> str:
        """Whether the list may hold rows that nobody has told us of."""
        own = self.frame.setting.window(rows.within, self.frame.table, "t")
        conditions: list[str] = []
        if own.is_own:
            conditions.append(f"{own.first} IS NULL OR {own.last} IS NULL")
        for link, owners in owner_relations(rows.relation, self.frame.setting):
            if owners is None:
                conditions.append(self._list_open(link, rows.relation, own, "t"))
                continue
            group = self.frame.group(
                owners, rows.within, is_timed_list(rows.relation) and rows.within != "own"
            )
            opened = self._list_open(link, rows.relation, group.window, "t")
            belongs = f"({opened})" if group.inside == "TRUE" else f"({group.inside} AND ({opened}))"
            conditions += group.truth_bit(belongs)
        told = [f"COALESCE({c}, FALSE)" if "bits" in c else f"({c})" for c in conditions if c != "FALSE"]
        return f"({' OR '.join(told)})" if told else "FALSE"

    def _list_open(self, link: Link, relation: Relation, window: WindowSql, alias: str) -> str:
        setting = self.frame.setting
        known = setting.known_to(link, relation, alias)
        if not is_dated_list(link, relation, setting.vocabulary):
            return f"{known} IS NULL" if known else "FALSE"
        needed = setting.needed_until(window, link, relation)
        # As of the day itself nothing later is asked for.
        late = [] if window.is_once else [f"COALESCE({setting.today} < {needed}, TRUE)"]
        behind = [f"COALESCE({known} < {needed}, TRUE)"] if known else []
        return " OR ".join([*behind, *late]) or "FALSE"

    def may_be_unsettled(self, rows: n.Rows) -> bool:
        """Whether the list stands and may still change before the period's end."""
        return self.state_open and not rows.relation.table.timing.is_dated

    def _when_settled(self, rows: n.Rows, sql: str, otherwise: str = "NULL") -> str:
        if not self.may_be_unsettled(rows):
            return sql
        return f"(CASE WHEN p.is_closed THEN {sql} ELSE {otherwise} END)"

    def _share_comparison(self, share: n.Share, op: str, limit: Decimal) -> str:
        group, belongs = self.rows(share.rows, share.applies, share.holds)
        inner = self._inside(group)
        applies = f"({belongs} AND {inner.truth(share.applies)})"
        low, high = weighed(group.cell(applies), group.cell(inner.truth(share.holds)), limit)
        certain, _ = group.truth_bit(applies, is_usual=True)
        # Rows nobody told of weigh between -limit and 1 - limit each.
        is_open = self.is_open(share.rows, group.window)
        low, high = (
            f"(CASE WHEN NOT {is_open} THEN {side} END)" if may_move else side
            for side, may_move in ((group.aggregate(low), limit > 0), (group.aggregate(high), limit < 1))
        )
        truth = v.compare_sides(op, Sides(low, high), v.constant(Decimal(0)))
        return self.frame.cell(self._when_settled(share.rows, f"(CASE WHEN {certain} THEN {truth} END)"))

    def _count(self, rows: n.Rows) -> Sides:
        group, belongs = self.rows(rows)
        low, high = group.count(belongs)
        return self._closed_sides(rows, group, Sides(f"COALESCE({low}, 0)", f"COALESCE({high}, 0)"), "0")

    def _closed_sides(self, rows: n.Rows, group: ListGroup, sides: Sides, if_open: str) -> Sides:
        high = f"(CASE WHEN NOT {self.is_open(rows, group.window)} THEN {sides.high} END)"
        return Sides(self._when_settled(rows, sides.low, if_open), self._when_settled(rows, high))

    def _total(self, node: n.Total) -> Sides:
        group, belongs = self.rows(node.rows, node.amount)
        amount = self._inside(group).number(node.amount).num
        decimals = max(2, decimals_of(node.amount))  # nothing is rounded
        exact = f"DECIMAL({min(16 + decimals, 38)}, {decimals})"
        low, high = (
            f"COALESCE(CAST({self._bounded_sum(group, belongs, side, extreme)} AS {exact}), 0)"
            for side, extreme in ((amount.low, "LEAST"), (amount.high, "GREATEST"))
        )
        some_low, some_high = self._gaps(group, belongs, node.amount, amount)
        low = f"(CASE WHEN {some_low} THEN NULL ELSE {low} END)" if some_low else low
        high = f"(CASE WHEN {some_high} THEN NULL ELSE {high} END)" if some_high else high
        if is_never_negative(node.amount):
            return self._closed_sides(node.rows, group, Sides(low, high), "0")
        low = f"(CASE WHEN NOT {self.is_open(node.rows, group.window)} THEN {low} END)"
        return self._closed_sides(node.rows, group, Sides(low, high), "NULL")

    @staticmethod
    def _gaps(group: ListGroup, belongs: str, amount: n.Scalar, sides: Sides) -> tuple[str, str]:
        """SQL that is true where a row that may belong has no low (high) amount; "" where each has one."""
        may = "TRUE" if belongs == "TRUE" else f"{belongs} IS DISTINCT FROM FALSE"
        some_low, some_high = (
            group.truth_bit(f"({side} IS NULL AND {may})")[0] if lacks else ""
            for side, lacks in zip((sides.low, sides.high), c.may_lack(amount), strict=True)
        )
        return some_low, some_high

    @staticmethod
    def _bounded_sum(group: ListGroup, belongs: str, side: str, extreme: str) -> str:
        cell, sure = group.cell(side), group.cell(belongs)
        if belongs == "TRUE":
            return group.aggregate(f"SUM({cell})")
        unsure = f"{extreme}({cell}, 0)"
        term = f"CASE WHEN {sure} THEN {cell} WHEN NOT {sure} THEN 0 ELSE {unsure} END"
        return group.aggregate(f"SUM({term})")

    # --- values ---------------------------------------------------------------------------------------

    def cell(self, node: n.ColumnValue) -> str:
        """A column of the row; NULL where it is not known."""
        on, alias = self._at(node)
        raw = f"{alias}.{quoted(node.column.id)}"
        if on.state_open and not node.column.fixed:
            return f"(CASE WHEN p.is_closed THEN {raw} END)"
        return raw

    def absent(self, node: n.ColumnValue) -> str | None:
        """SQL that is true where the column does not apply."""
        on, alias = self._at(node)
        absent = absent_sql(on.frame.table, node.column.id, alias)
        if absent is not None and on.state_open and not node.column.fixed:
            return f"(p.is_closed AND {absent})"
        return absent

    def _at(self, node: n.ColumnValue) -> tuple[Reader, str]:
        """The reader of the row whose column it is, and the row's alias."""
        if not node.owner:
            return self, "t"
        assert self.owner is not None and self.group is not None  # noqa: S101, PT018 - the resolver has seen to it
        self.group.ask_owner()
        return self.owner, "s"

    def number(self, node: n.Scalar) -> Number:
        """A number; only for nodes of that kind."""
        return cast("Number", self.value(node))  # the checker saw to the kind

    def plain(self, node: n.Scalar) -> Plain:
        """A date, text or code; only for nodes of that kind."""
        return cast("Plain", self.value(node))  # the checker saw to the kind

    def value(self, node: n.Scalar) -> Number | Plain:  # noqa: C901 - one case a node
        """A number as a pair, or a date or text."""
        match node:
            case n.Constant(kind=kind, value=value):
                return Number(_constant(node)) if kind == "number" else Plain(literal(value))
            case n.ColumnValue(column=column):
                if column.type in c.NUMERIC:
                    return Number(c.column_sides(column, self.cell(node)), absent=self.absent(node))
                return Plain(self.cell(node), self.absent(node))
            case n.Named(value=inner):
                return self.value(inner)
            case n.PeriodValue(name=name):
                return self._period_value(name)
            case n.Arithmetic(op=op, left=left, right=right):
                return v.arithmetic(op, self.number(left), self.number(right))
            case n.Extreme(kind=kind, items=items):
                extreme = v.least if kind == "least" else v.greatest
                return Number(extreme([self.number(item).num for item in items]))
            case n.Choice(branches=branches, otherwise=otherwise):
                result = replace(self.number(otherwise).num, constant=None)
                for condition, branch in reversed(branches):
                    chosen = replace(self.number(branch).num, constant=None)
                    result = v.choose(self.truth(condition), chosen, result)
                return Number(result)
            case n.OrElse(column=column, default=default):
                return self._or_else(column, default)
            case n.DatePart(part=part, of=of):
                day = self.plain(of)
                return Number(v.both(f"{part.upper()}({day.sql})"), absent=day.absent)
            case n.Elapsed():
                return self._elapsed(node)
            case n.Count(rows=rows):
                return Number(self._cells(self._count(rows)))
            case n.Total():
                return Number(self._cells(self._total(node)))
            case n.Share(rows=rows, applies=applies, holds=holds):
                both = self._count(replace(rows, where=n.All((applies, holds))))
                return Number(self._cells(both), self._cells(self._count(replace(rows, where=applies))))
        return Number(self._cells(day_sides(self, node)))

    def _cells(self, sides: Sides) -> Sides:
        return Sides(self.frame.cell(sides.low), self.frame.cell(sides.high))

    def _or_else(self, column: n.ColumnValue, default: n.Constant) -> Number:
        cell, absent = self.cell(column), self.absent(column)
        other = literal(Decimal(str(default.value)))
        whole = v.hull(c.column_bounds(column.column), _constant(default))
        low, high = (
            f"COALESCE({cell}, CASE WHEN {absent} THEN {other} ELSE {side} END)"
            for side in (whole.low, whole.high)
        )
        return Number(Sides(low, high))

    def _period_value(self, name: str) -> Number | Plain:
        setting = self.frame.setting
        today = setting.today
        match name:
            case "as_of":
                return Plain(today)
            case "period_start":
                return Plain(today if setting.is_once else "p.first_on")
            case "period_end":
                return Plain(today if setting.is_once else "p.last_on")
            case "period_days":
                return Number(v.both("1" if setting.is_once else "p.days"))
            case _:
                return Number(v.both("(SELECT workdays FROM period)" if setting.is_once else "p.workdays"))

    def _elapsed(self, node: n.Elapsed) -> Number:
        start, end = self.plain(node.start), self.plain(node.end)
        absent = v.absent_if_any(start.absent, end.absent)
        a, b = start.sql, end.sql
        if node.unit == "days":
            return Number(v.both(f"DATE_DIFF('day', {a}, {b})"), absent=absent)
        if node.unit == "months":
            months = (
                f"((YEAR({b}) - YEAR({a})) * 12 + MONTH({b}) - MONTH({a}) - CAST(DAY({b}) < DAY({a}) AS INT))"
            )
            return Number(v.both(months), absent=absent)
        before = f"(MONTH({b}) * 100 + DAY({b})) < (MONTH({a}) * 100 + DAY({a}))"
        return Number(v.both(f"(YEAR({b}) - YEAR({a}) - CAST({before} AS INT))"), absent=absent)


def _asks_owner(node: n.Node) -> bool:
    return any(isinstance(below, n.ColumnValue) and below.owner for below in n.walk(node))


def _constant(node: n.Constant) -> Sides:
    return v.constant(Decimal(str(node.value)))
