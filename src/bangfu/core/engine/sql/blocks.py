"""One block: all criteria over one subject and one kind of period, as one query with named steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from bangfu.core.engine.sql.facts import Facts, own_column
from bangfu.core.engine.sql.frames import Frame, path_of
from bangfu.core.engine.sql.reading import Reader
from bangfu.core.engine.sql.setting import Setting
from bangfu.core.engine.sql.values import Number, quoted
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
    """SQL of a block.

    `rows`: one row per subject (and period): subject_id, division, period, a column per criterion, and the values
    that facts and what is owed are read from later. `whole_rows`: with what need not be kept in a run, because it
    is the same in all rows (the period `once`) or stands in the snapshot (`own`: the subject's columns that facts
    speak of).
    """

    subject: str
    per: str
    criteria: tuple[Criterion, ...]
    rows: str
    whole_rows: str
    facts: dict[str, tuple[tuple[str, str], ...]]  # criterion → (name, JSON expression over the whole rows)
    kept: tuple[str, ...]  # columns of values that facts speak of
    own: tuple[str, ...]
    limits: tuple[str, ...]  # columns of numbers that what is owed is reckoned from
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
    frame = Frame(setting, table, is_timed=True, is_outer=True)
    final, standing = Reader(frame, state_open=not setting.is_once), Reader(frame)
    closed = "TRUE" if setting.is_once else "p.is_closed"
    columns = [f"{frame.key} AS subject_id", 't."in division" AS division']
    columns += [] if setting.is_once else ["p.id AS period"]
    columns += [f"{verdict(c, final, standing, closed)} AS {quoted(c.id)}" for c in criteria]
    facts = Facts(standing)
    named = {c.id: tuple(facts.of(c)) for c in criteria}
    limits: dict[str, str] = {}  # column → SQL
    owed = () if setting.is_once else tuple(owed for c in criteria for owed in _owed(c, final, limits))
    kept = {name: sql for sql, name in facts.columns.items()} | limits
    columns += [f"{sql} AS {quoted(name)}" for name, sql in kept.items()]
    own = ["'once' AS period"] if setting.is_once else []
    own += [f"t.{quoted(column)} AS {own_column(column)}" for column in facts.own]
    source = f"({_gathered(frame)}) AS t"
    source += "" if setting.is_once else " JOIN period AS p ON p.period_id = t.period_id"
    steps = ", ".join(f"{name} AS ({sql})" for name, sql in setting.steps.items())
    steps = f"WITH {steps} " if steps else ""
    rows, whole = (
        f"{steps}SELECT {', '.join(listed)} FROM {source}" for listed in (columns, [*columns, *own])
    )
    return Block(
        subject,
        per,
        criteria,
        rows,
        whole,
        facts=named,
        kept=tuple(facts.columns.values()),
        own=tuple(facts.own),
        limits=tuple(limits),
        owed=owed,
        tables=frozenset(tables_of(plan.vocabulary, criteria)),
        apart=read_apart(plan.vocabulary, subject, criteria),
        counts_workdays=any(
            _is_worked(node) for c in criteria for truth in _truths(c) for node in n.walk(truth)
        ),
        campaign=plan.campaign,
    )


def _gathered(frame: Frame) -> str:
    """The subjects (and periods), each with its place and all that is gathered from its lists."""
    setting = frame.setting
    division, joins = _division(frame.table, setting)
    columns = ["t.*", *([] if setting.is_once else ["p.period_id"]), f'{division} AS "in division"']
    columns += [f"{sql} AS {quoted(name)}" for sql, name in frame.cells.items()]
    source = [f"{quoted(frame.table.id)} AS t", *joins]
    source += [] if setting.is_once else ["CROSS JOIN period AS p"]
    return f"SELECT {', '.join(columns)} FROM {' '.join([*source, *frame.joins()])}"


def _is_worked(node: n.Node) -> bool:
    counted = isinstance(node, n.DayCount) and node.take == "workdays"
    return counted or (isinstance(node, n.PeriodValue) and node.name == "period_workdays")


# --- what is still owed -----------------------------------------------------------------------------------


def _owed(criterion: Criterion, reader: Reader, columns: dict[str, str]) -> Iterator[Owed]:
    """What a measure has, what it needs, and the last day on which it can be met."""
    items = criterion.holds.items if isinstance(criterion.holds, n.All) else (criterion.holds,)
    for item in items:
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
        names = [f"owed {len(columns)} {part}" for part in ("low", "high", "need")]
        sides = (measure.num.low, measure.num.high, threshold.num.high)
        columns |= dict(zip(names, sides, strict=True))
        low, high, need = map(quoted, names)
        # No GREATEST: it would skip what is not known.
        owed = f"(CASE WHEN {need} > {low} THEN {need} - {low} WHEN {need} <= {low} THEN 0 END)"
        takes_days = isinstance(had.value, n.DayCount) and had.value.take in ("days", "nights")
        spare = f"CASE WHEN {owed} > 1 THEN CAST(CEIL({owed}) AS INT) - 1 WHEN {owed} <= 1 THEN 0 END"
        numbers = {"certain": low, "possible": high, "threshold": need, "owed": owed}
        values = {name: f"CAST({sql} AS DECIMAL(18, 2))" for name, sql in numbers.items()}
        values["last_day"] = f"CAST(period.last_on - ({spare}) AS DATE)" if takes_days else "period.last_on"
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
