"""One block: all criteria over one subject and one kind of period, as one query with named steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from bangfu.core.engine.sql.frames import Frame, path_of
from bangfu.core.engine.sql.reading import Reader
from bangfu.core.engine.sql.setting import Setting
from bangfu.core.engine.sql.values import Number, Plain, Sides, quoted
from bangfu.core.engine.sql.verdicts import verdict
from bangfu.core.engine.windows import table_below
from bangfu.core.expressions import nodes as n
from bangfu.core.plans.plan import Criterion, Plan
from bangfu.core.vocabulary import Relation, Table, Vocabulary

DIVISIONS = ("village", "township", "county")


@dataclass(frozen=True)
class Owed:
    """A measure with its threshold: SQL over the rows of a block and its period, by name of the result."""

    criterion: str
    measure: str
    values: dict[str, str]  # certain, possible, threshold, owed: DECIMAL(18, 2); last_day: DATE


@dataclass(frozen=True)
class Block:
    """SQL of a block. `rows`: one row per subject (and period) with a column per criterion and per fact."""

    subject: str
    per: str
    criteria: tuple[Criterion, ...]
    rows: str
    facts: dict[str, tuple[tuple[str, str], ...]]  # criterion → (name, JSON expression over the rows)
    owed: tuple[Owed, ...]
    tables: frozenset[str]
    apart: frozenset[str]  # tables that may be read for some households alone; none: all are needed at once
    counts_workdays: bool
    campaign: tuple[date, date] | None

    @property
    def is_once(self) -> bool:
        """Judged as of the day only."""
        return self.per == "once"


def blocks_of(plan: Plan, as_of: date, tables: Iterable[str]) -> list[Block]:
    """The blocks of a plan, in order of subject and period; `tables` are those that are there."""
    keys = sorted({(c.subject, c.per) for c in plan.criteria})
    absent = frozenset(plan.vocabulary.tables) - frozenset(tables)
    return [_block(plan, as_of, subject, per, absent) for subject, per in keys]


def _block(plan: Plan, as_of: date, subject: str, per: str, absent: frozenset[str]) -> Block:
    criteria = tuple(c for c in plan.criteria if (c.subject, c.per) == (subject, per))
    setting = Setting(plan.vocabulary, as_of, per, plan.campaign, absent)
    table = plan.vocabulary.tables[subject]
    frame = Frame(setting, table, is_timed=True)
    final, standing = Reader(frame, state_open=not setting.is_once), Reader(frame)
    closed = "TRUE" if setting.is_once else "p.is_closed"
    columns = [f"{frame.key} AS subject_id", *([] if setting.is_once else ["p.period_id AS period_id"])]
    columns += [f"{verdict(c, final, standing, closed)} AS {quoted(c.id)}" for c in criteria]
    facts: dict[str, str] = {}  # SQL → column
    named = {c.id: tuple(_facts(c, standing, facts)) for c in criteria}
    columns += [f"{sql} AS {name}" for sql, name in facts.items()]
    owed = [] if setting.is_once else [owed for c in criteria for owed in _owed(c, final, columns)]
    division, division_joins = _division(table, setting)
    columns.append(f"{division} AS division")
    source = [f"{quoted(subject)} AS t", *division_joins]
    source += [] if setting.is_once else ["CROSS JOIN period AS p"]
    source += frame.joins()
    steps = ", ".join(f"{name} AS ({sql})" for name, sql in setting.steps.items())
    rows = f"{f'WITH {steps} ' if steps else ''}SELECT {', '.join(columns)} FROM {' '.join(source)}"
    tables = frozenset(tables_of(plan.vocabulary, criteria))
    apart = read_apart(plan.vocabulary, subject, criteria)
    worked = any(_is_worked(node) for c in criteria for truth in _truths(c) for node in n.walk(truth))
    return Block(subject, per, criteria, rows, named, tuple(owed), tables, apart, worked, plan.campaign)


def _is_worked(node: n.Node) -> bool:
    counted = isinstance(node, n.DayCount) and node.take == "workdays"
    return counted or (isinstance(node, n.PeriodValue) and node.name == "period_workdays")


# --- facts ----------------------------------------------------------------------------------------------


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


def _facts(criterion: Criterion, reader: Reader, columns: dict[str, str]) -> Iterator[tuple[str, str]]:
    """(name, JSON expression) of each fact; the values become columns, each once."""

    def column(sql: str) -> str:
        return columns.setdefault(sql, f"f{len(columns)}")

    seen: set[str] = set()
    truths = [truth for truth in (criterion.when, criterion.holds) if truth is not None]
    for name, node in (pair for truth in truths for pair in fact_nodes(truth)):
        if name in seen:
            continue
        seen.add(name)
        value = reader.value(node)
        if isinstance(value, Plain):
            yield name, _json_text(column(value.sql))
        else:
            sides = [Sides(column(s.low), column(s.high)) for s in (value.num, value.den) if s is not None]
            yield name, _json_number(value, sides)


def _json_number(value: Number, sides: list[Sides]) -> str:
    texts = [
        _json_side(s.low)
        if s.is_point
        else f"'[' || {_json_side(s.low)} || ',' || {_json_side(s.high)} || ']'"
        for s in sides
    ]
    if value.den is None:
        return texts[0]
    return f"""'{{"of":' || {texts[0]} || ',"per":' || {texts[1]} || '}}'"""


def _json_side(column: str) -> str:
    return f"COALESCE(CAST({column} AS VARCHAR), 'null')"


def _json_text(column: str) -> str:
    plain = f"REPLACE(REPLACE(CAST({column} AS VARCHAR), '\\', '\\\\'), '\"', '\\\"')"
    return f"COALESCE('\"' || {plain} || '\"', 'null')"


def facts_json(block: Block, criterion_id: str) -> str:
    """SQL of the facts of one criterion as a JSON object."""
    parts = [
        f"""'{"," if index else ""}"{name}":' || {sql}"""
        for index, (name, sql) in enumerate(block.facts[criterion_id])
    ]
    return " || ".join(["'{'", *parts, "'}'"])


# --- what is still owed -----------------------------------------------------------------------------------


def _owed(criterion: Criterion, reader: Reader, columns: list[str]) -> Iterator[Owed]:
    """What a measure has, what it needs, and the last day on which it can be met."""
    items = criterion.holds.items if isinstance(criterion.holds, n.All) else (criterion.holds,)
    for index, item in enumerate(items):
        if not isinstance(item, n.Comparison) or item.op not in (">=", "<="):
            continue
        needed, had = (item.right, item.left) if item.op == ">=" else (item.left, item.right)
        if not isinstance(had, n.Named):
            continue
        measure, threshold = reader.value(had), reader.value(needed)
        if (
            not isinstance(measure, Number)
            or not isinstance(threshold, Number)
            or measure.den
            or threshold.den
        ):
            continue
        names = [f"o{len(columns)}_{index}_{part}" for part in ("low", "high", "need")]
        sides = (measure.num.low, measure.num.high, threshold.num.high)
        columns += [f"{sql} AS {name}" for sql, name in zip(sides, names, strict=True)]
        low, high, need = names
        # No GREATEST: it would skip what is not known.
        owed = f"(CASE WHEN {need} > {low} THEN {need} - {low} WHEN {need} <= {low} THEN 0 END)"
        takes_days = isinstance(had.value, n.DayCount) and had.value.take in ("days", "nights")
        spare = f"CASE WHEN {owed} > 1 THEN CAST(CEIL({owed}) AS INT) - 1 WHEN {owed} <= 1 THEN 0 END"
        numbers = {"certain": low, "possible": high, "threshold": need, "owed": owed}
        values = {name: f"CAST({sql} AS DECIMAL(18, 2))" for name, sql in numbers.items()}
        values["last_day"] = f"CAST(last_on - ({spare}) AS DATE)" if takes_days else "last_on"
        yield Owed(criterion.id, had.measure, values)


# --- where ------------------------------------------------------------------------------------------------


def division_path(vocabulary: Vocabulary, table: Table) -> tuple[str, Relation | None] | None:
    """The nearest division of a subject: its table, and the path there (None: the subject is one)."""
    if table.id in DIVISIONS:
        return table.id, None
    for division in DIVISIONS:
        relation = vocabulary.relation(division, table.id)
        if relation is not None and not any(link.through for link in relation.path):
            return division, relation
    return None


def _division(table: Table, setting: Setting) -> tuple[str, tuple[str, ...]]:
    found = division_path(setting.vocabulary, table)
    if found is None:
        return "CAST(NULL AS BIGINT)", ()
    if found[1] is None:
        return f"t.{quoted(table.key)}", ()
    path = path_of(found[1], setting, "t")
    # LEFT: a subject without a place is still judged.
    return path.subject, tuple(f"LEFT {join}" for join in path.joins)


def read_apart(vocabulary: Vocabulary, subject: str, criteria: Sequence[Criterion]) -> frozenset[str]:
    """Tables of which the rows of some households are all that those households' verdicts look at.

    A helper's pairings are needed whole, whichever of the households is judged.
    """
    if subject not in ("household", "person"):
        return frozenset()
    apart: set[str] = {"household", subject}
    whole: set[str] = set()
    for criterion in criteria:
        for relation in _relations(criterion):
            for link in relation.path:
                below = table_below(link, relation, vocabulary).id
                (apart if link.parent == "household" else whole).add(link.through or below)
                whole |= {below} if link.through else set()
    return frozenset() if whole & {"household", subject} else frozenset(apart - whole)


def _truths(criterion: Criterion) -> list[n.Truth]:
    return [truth for truth in (criterion.when, criterion.holds) if truth is not None]


def _relations(criterion: Criterion) -> Iterator[Relation]:
    for truth in _truths(criterion):
        yield from (node.relation for node in n.walk(truth) if isinstance(node, n.Rows))


def tables_of(vocabulary: Vocabulary, criteria: Sequence[Criterion]) -> Iterator[str]:
    """Every table that the criteria read."""
    for criterion in criteria:
        yield criterion.subject
        division = division_path(vocabulary, vocabulary.tables[criterion.subject])
        places = [division[1]] if division and division[1] else []
        for relation in (*places, *_relations(criterion)):
            yield relation.table.id
            for link in relation.path:
                yield link.parent
                if link.through:
                    yield link.through
