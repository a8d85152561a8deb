"""The values that a verdict looked at, as JSON: {"name": value, "name": [least, most]}."""

from __future__ import annotations

from collections.abc import Iterator

from bangfu.core.engine.sql.columns import NUMERIC, column_sides
from bangfu.core.engine.sql.reading import Reader
from bangfu.core.engine.sql.values import Number, Plain, Sides, quoted
from bangfu.core.expressions import nodes as n
from bangfu.core.plans.plan import Criterion
from bangfu.core.vocabulary import Column


class Facts:
    """The facts of all criteria of a block. `columns`: SQL → name of what the rows must keep for them;
    `own`: the subject's columns that they speak of."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.columns: dict[str, str] = {}
        self.own: dict[str, None] = {}

    def of(self, criterion: Criterion) -> Iterator[tuple[str, str]]:
        """(name, JSON expression over the whole rows) of each fact, every name once."""
        truths = [truth for truth in (criterion.when, criterion.holds) if truth is not None]
        nodes: dict[str, n.Scalar] = {}
        for name, node in (pair for truth in truths for pair in fact_nodes(truth)):
            nodes.setdefault(name, node)
        for name, node in nodes.items():
            yield name, self._own(node.column) if isinstance(node, n.ColumnValue) else self._kept(node)

    def _own(self, column: Column) -> str:
        self.own[column.id] = None
        cell = own_column(column.id)
        return (
            _json_number(Number(column_sides(column, cell))) if column.type in NUMERIC else _json_text(cell)
        )

    def _kept(self, node: n.Scalar) -> str:
        value = self._reader.value(node)
        if isinstance(value, Plain):
            return _json_text(self._column(value.sql))
        num, den = self._sides(value.num), value.den and self._sides(value.den)
        return _json_number(Number(num, den))

    def _sides(self, sides: Sides) -> Sides:
        return Sides(self._column(sides.low), self._column(sides.high))

    def _column(self, sql: str) -> str:
        return quoted(self.columns.setdefault(sql, f"fact {len(self.columns)}"))


def own_column(column: str) -> str:
    """Where the subject's own column stands beside the rows."""
    return quoted(f"own {column}")


def fact_nodes(truth: n.Truth) -> Iterator[tuple[str, n.Scalar]]:
    """The named values that a condition looks at on the subject itself, in order."""
    match truth:
        case n.Not(item=item):
            yield from fact_nodes(item)
        case n.All(items=items) | n.Any(items=items):
            for item in items:
                yield from fact_nodes(item)
        case n.Verdict(truth=inner):
            yield from fact_nodes(inner)
        case n.Comparison(left=left, right=right):
            yield from _values(left)
            yield from _values(right)
        case (
            n.Flag(value=value)
            | n.Among(value=value)
            | n.Includes(value=value)
            | n.NotApplicable(value=value)
        ):
            yield from _values(value)


def _values(node: n.Scalar) -> Iterator[tuple[str, n.Scalar]]:  # noqa: C901 - one case a node
    match node:
        case n.ColumnValue(column=column):
            yield column.id, node
        case n.Named(measure=measure):
            yield measure, node
        case n.Constant() | n.PeriodValue():
            return
        case n.Count(rows=rows) | n.Total(rows=rows) | n.Share(rows=rows):
            yield rows.relation.name, node
        case n.Arithmetic(left=left, right=right):
            yield from _values(left)
            yield from _values(right)
        case n.Extreme(items=items):
            for item in items:
                yield from _values(item)
        case n.DatePart(of=of):
            yield from _values(of)
        case n.Elapsed(start=start, end=end):
            yield from _values(start)
            yield from _values(end)
        case n.OrElse(column=column):
            yield from _values(column)


def _json_number(value: Number) -> str:
    texts = [
        _json_side(s.low)
        if s.is_point
        else f"'[' || {_json_side(s.low)} || ',' || {_json_side(s.high)} || ']'"
        for s in (value.num, value.den)
        if s is not None
    ]
    if value.den is None:
        return texts[0]
    return f"""'{{"of":' || {texts[0]} || ',"per":' || {texts[1]} || '}}'"""


def _json_side(column: str) -> str:
    return f"COALESCE(CAST({column} AS VARCHAR), 'null')"


def _json_text(column: str) -> str:
    return f"COALESCE(CAST(TO_JSON(CAST({column} AS VARCHAR)) AS VARCHAR), 'null')"


def facts_json(facts: tuple[tuple[str, str], ...]) -> str:
    """SQL of the facts of one criterion as a JSON object over the whole rows."""
    parts = [f"""'{"," if index else ""}"{name}":' || {sql}""" for index, (name, sql) in enumerate(facts)]
    return " || ".join(["'{'", *parts, "'}'"])
