"""The functions of the language: few, our own, each with a fixed number of arguments."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Literal, Protocol, cast

from sqlglot import exp

from bangfu.core.expressions import nodes as n
from bangfu.core.expressions.kinds import kind_of
from bangfu.core.expressions.names import Scope
from bangfu.core.expressions.syntax import ExpressionError, refuse
from bangfu.core.messages import N_
from bangfu.core.vocabulary import ColumnType, Empty, Relation


class Resolver(Protocol):
    """What a function asks of its arguments (`resolving.py`)."""

    @property
    def scope(self) -> Scope:
        """What the arguments may speak of."""

    def inside(self, relation: Relation) -> Resolver:
        """The same on the rows of a list."""

    def truth(self, tree: exp.Expr) -> n.Truth:
        """A condition."""

    def scalar(self, tree: exp.Expr) -> n.Scalar:
        """A number, date or text."""

    def undivided(self, tree: exp.Expr) -> n.Scalar:
        """A number that is no quotient."""

    def date_value(self, tree: exp.Expr) -> n.Scalar:
        """A date."""

    def column(self, tree: exp.Expr) -> n.ColumnValue:
        """A column."""

    def quoted(self, tree: exp.Expr) -> str:
        """A text written in quotes."""

    def code(self, text: str, list_id: str) -> str:
        """A code of a code list."""

    def rows(self, tree: exp.Expr, where: exp.Expr | None) -> n.Rows:
        """A list, narrowed by a condition on its rows."""

    def one_unit(self, items: Sequence[n.Scalar]) -> str | None:
        """The unit in which all items are measured."""


# Name → how many arguments it takes, at least and at most.
_TRUTHS: Mapping[str, tuple[int, int]] = {
    "has": (1, 2),
    "no": (1, 2),
    "every": (2, 2),
    "verdict": (1, 1),
    "recorded": (1, 1),
    "includes": (2, 2),
}
_MANY = 99
_SCALARS: Mapping[str, tuple[int, int]] = {
    "least": (2, _MANY),
    "greatest": (2, _MANY),
    "count": (1, 2),
    "total": (2, 3),
    "share": (3, 3),
    "coalesce": (2, 2),
    "age": (1, 1),
    "years_between": (2, 2),
    "months_between": (2, 2),
    "days_between": (2, 2),
    "year": (1, 1),
    "month": (1, 1),
    "day": (1, 1),
}


def truth_call(resolver: Resolver, tree: exp.Anonymous) -> n.Truth:
    """A function that is a condition. Raises ExpressionError."""
    name, args = _checked(tree, _TRUTHS)
    match name:
        case "has" | "no" | "every":
            return n.Quantifier(name, resolver.rows(args[0], args[1] if len(args) == 2 else None))
        case "verdict":
            return _verdict(resolver, resolver.quoted(args[0]))
        case "recorded":
            return n.Recorded(resolver.column(args[0]))
    value = resolver.column(args[0])
    if value.column.type is not ColumnType.CODES:
        raise refuse("includes", N_("includes 只用于多选代码列，“{name}”不是。"), name=value.column.name)
    return n.Includes(value, resolver.code(resolver.quoted(args[1]), value.column.codes or ""))


def _verdict(resolver: Resolver, criterion_id: str) -> n.Verdict:
    verdict = resolver.scope.criterion(criterion_id, resolver.scope.table)
    if verdict is None:
        raise refuse(
            "verdict",
            N_("方案中没有针对“{table}”的标准“{id}”。"),
            id=criterion_id,
            table=resolver.scope.table.name,
        )
    return verdict


def scalar_call(resolver: Resolver, tree: exp.Anonymous) -> n.Scalar:
    """A function that is a number. Raises ExpressionError."""
    name, args = _checked(tree, _SCALARS)
    match name:
        case "least" | "greatest":
            items = tuple(resolver.undivided(arg) for arg in args)
            return n.Extreme(name, items, resolver.one_unit(items))
        case "count":
            return n.Count(resolver.rows(args[0], args[1] if len(args) == 2 else None))
        case "total":
            return _total(resolver, args)
        case "share":
            rows = resolver.rows(args[0], None)
            inner = resolver.inside(rows.relation)
            return n.Share(rows, inner.truth(args[1]), inner.truth(args[2]))
        case "coalesce":
            return _or_else(resolver, tree)
        case "age":
            return n.Elapsed("years", resolver.date_value(args[0]), n.PeriodValue("period_end"))
        case "year" | "month" | "day":
            return n.DatePart(name, resolver.date_value(args[0]))
    unit = cast(Literal["years", "months", "days"], name.removesuffix("_between"))
    return n.Elapsed(unit, resolver.date_value(args[0]), resolver.date_value(args[1]))


def _total(resolver: Resolver, args: list[exp.Expr]) -> n.Total:
    rows = resolver.rows(args[0], args[2] if len(args) == 3 else None)
    amount = resolver.inside(rows.relation).undivided(args[1])
    return n.Total(rows, amount, kind_of(amount).unit)


def _or_else(resolver: Resolver, tree: exp.Anonymous) -> n.Scalar:
    column, default = resolver.column(tree.expressions[0]), resolver.scalar(tree.expressions[1])
    if (
        kind_of(column).name != "number"
        or column.column.empty is not Empty.NOT_APPLICABLE
        or not isinstance(default, n.Constant)
        or default.kind != "number"
    ):
        raise refuse(
            "coalesce",
            N_("coalesce 只用于为空表示不适用的数字列，并给出一个固定的数：{text}"),
            N_("不清楚的值不能用别的值代替。"),
            text=tree.sql(),
        )
    resolver.one_unit((column, default))
    return n.OrElse(column, default)


def _checked(tree: exp.Anonymous, known: Mapping[str, tuple[int, int]]) -> tuple[str, list[exp.Expr]]:
    name, args = tree.name.lower(), tree.expressions
    if name not in known:
        raise _unknown(name)
    fewest, most = known[name]
    if not fewest <= len(args) <= most:
        wanted = str(fewest) if most == fewest else f"{fewest}+" if most == _MANY else f"{fewest}–{most}"
        raise refuse(
            "arguments",
            N_("函数 {name} 要有 {wanted} 个参数，写了 {given} 个。"),
            name=name,
            wanted=wanted,
            given=len(args),
        )
    return name, args


def _unknown(name: str) -> ExpressionError:
    known = [*_TRUTHS, *_SCALARS]
    near = difflib.get_close_matches(name, [other for other in known if other != name], 2, 0.5)
    return refuse(
        "unknown_function",
        N_("这里不能用函数“{name}”。"),
        N_("是不是要写：{near}？") if near else N_("可用的函数：{known}。"),
        name=name,
        near=near,
        known=known,
    )
