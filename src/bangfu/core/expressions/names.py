"""What names an expression may use, and what to suggest where one is not known."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import get_args

from sqlglot import exp

from bangfu.core.expressions import nodes as n
from bangfu.core.expressions.syntax import ExpressionError, refuse
from bangfu.core.messages import N_
from bangfu.core.vocabulary import Column, Relation, Table, Vocabulary

_PERIOD_ALIASES: Mapping[n.PeriodName, str] = {
    "period_start": "期初",
    "period_end": "期末",
    "as_of": "截至日",
    "period_days": "本期天数",
    "period_workdays": "本期工作日数",
}
_PERIOD_NAMES = {
    alias: n.PeriodValue(name) for name in get_args(n.PeriodName) for alias in (name, _PERIOD_ALIASES[name])
}


@dataclass(frozen=True)
class Scope:
    """What an expression may speak of: the row's table, the plan's parameters, measures and criteria.

    `owner`: the table to whose list the rows belong, spoken of as `owner.column`. `measure` and `criterion`
    resolve a name for a table, or return None where the plan has no such name.
    """

    vocabulary: Vocabulary
    table: Table
    parameters: Mapping[str, n.Constant] = field(default_factory=dict)
    measure: Callable[[str, Table], n.Named | None] = lambda name, table: None
    criterion: Callable[[str, Table], n.Verdict | None] = lambda name, table: None
    known_names: Callable[[Table], list[str]] = lambda table: []
    owner: Table | None = None


def find_scalar(tree: exp.Column, scope: Scope) -> n.Scalar:
    """The column, measure, parameter or fact about the period. Raises ExpressionError with a suggestion."""
    if tree.table:
        return _of_owner(tree, scope)
    name = tree.name
    column = find_column(scope.table, name)
    if column is not None:
        _refuse_identity(column)
        if name in scope.parameters or name in scope.known_names(scope.table):
            raise refuse(
                "ambiguous",
                N_("“{name}”既是“{table}”的列，又是方案的参数或指标。"),
                N_("请改参数或指标的名称。"),
                name=name,
                table=scope.table.name,
            )
        return n.ColumnValue(scope.table.id, column)
    found = scope.measure(name, scope.table) or scope.parameters.get(name) or _PERIOD_NAMES.get(name)
    if found is None:
        raise _unknown_name(name, scope)
    return found


def _of_owner(tree: exp.Column, scope: Scope) -> n.ColumnValue:
    owner = scope.owner
    if owner is None or tree.table not in (owner.id, owner.name):
        raise refuse(
            "dotted",
            N_("“{text}”中的点用错了。"),
            N_("只在明细表的条件里可以写 {owner}.列名，指明细所属的那一行；数天数和比较明细的指标里不可以。"),
            text=tree.sql(),
            owner=owner.id if owner else "household",
        )
    column = find_column(owner, tree.name)
    if column is None:
        raise _unknown_name(tree.name, Scope(scope.vocabulary, owner))
    _refuse_identity(column)
    return n.ColumnValue(owner.id, column, owner=owner.name)


def _refuse_identity(column: Column) -> None:
    if not column.in_snapshot:
        raise refuse(
            "identity",
            N_("“{name}”是身份信息，不进入核查。"),
            N_("请改用不识别个人的列。"),
            name=column.name,
        )


def find_column(table: Table, name: str) -> Column | None:
    """The column whose identifier, Chinese name or alias is `name`."""
    if name in table.columns:
        return table.columns[name]
    return next((c for c in table.columns.values() if name == c.name or name in c.aliases), None)


def find_relation(scope: Scope, name: str) -> Relation:
    """The list called `name` of the scope's table. Raises ExpressionError with a suggestion."""
    relation = scope.vocabulary.relation(scope.table.id, name)
    if relation is None:
        known = [t for t in scope.vocabulary.tables if scope.vocabulary.relation(scope.table.id, t)]
        raise refuse(
            "unknown_list",
            N_("“{table}”没有名为“{name}”的明细表。"),
            N_("可用的有：{near}。"),
            table=scope.table.name,
            name=name,
            near=difflib.get_close_matches(name, known, 3, 0.5) or known[:8],
        )
    return relation


def _unknown_name(name: str, scope: Scope) -> ExpressionError:
    columns = [column for column in scope.table.columns.values() if column.in_snapshot]
    known = [name for column in columns for name in (column.id, column.name)]
    known += [*scope.parameters, *_PERIOD_NAMES, *scope.known_names(scope.table)]
    near = difflib.get_close_matches(name, known, 3, 0.5)
    return refuse(
        "unknown_name",
        N_("“{table}”没有名为“{name}”的列、指标或参数。"),
        N_("是不是要写：{near}？") if near else N_("请对照词汇表检查名称。"),
        table=scope.table.name,
        name=name,
        near=near,
    )
