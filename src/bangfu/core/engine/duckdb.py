"""The embedded engine: runs the blocks of a plan on DuckDB over Parquet files or Arrow tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from bangfu.core.engine.days import days_between
from bangfu.core.engine.outcome import Outcome
from bangfu.core.engine.run import Ask, Run, Tables
from bangfu.core.engine.sinks import MemorySink, Sink
from bangfu.core.engine.sql.blocks import Block, blocks_of, facts_json
from bangfu.core.engine.sql.values import literal, quoted
from bangfu.core.errors import Cancelled, EngineError, Problem
from bangfu.core.messages import N_, Message
from bangfu.core.periods import NAMED_KINDS, Period, once, previous
from bangfu.core.plans.plan import Plan
from bangfu.core.snapshots.schema import arrow_schema
from bangfu.core.vocabulary import Vocabulary

CHUNK = 2_000_000  # households judged at once; counts are packed into 21 bits each
_CHUNK_KEY = "household_id"


def evaluate(plan: Plan, tables: Tables, ask: Ask, memory: str = "") -> Run:
    """Judge everything and keep the results in memory. Raises EngineError, Cancelled."""
    sink = MemorySink()
    evaluate_into(sink, plan, tables, ask, memory)
    return sink.run()


def evaluate_into(sink: Sink, plan: Plan, tables: Tables, ask: Ask, memory: str = "") -> None:
    """Judge everything, part by part, into a sink. `memory` limits the engine, e.g. "2GB"."""
    blocks = blocks_of(plan, ask.as_of)
    with duckdb.connect() as connection:
        if memory:
            connection.execute(f"SET memory_limit = {literal(memory)}")
        connection.execute("SET preserve_insertion_order = false")
        engine = _Engine(connection, plan.vocabulary, tables, ask, sink)
        for done, block in enumerate(blocks):
            ask.progress(block.subject, done, len(blocks))
            engine.run(block)
        ask.progress("", len(blocks), len(blocks))


class _Engine:
    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        vocabulary: Vocabulary,
        tables: Tables,
        ask: Ask,
        sink: Sink,
    ) -> None:
        self.connection = connection
        self.vocabulary = vocabulary
        self.tables = tables
        self.ask = ask
        self.sink = sink
        connection.register("day", _days(ask))

    def run(self, block: Block) -> None:
        """Judge one block, in chunks of households where there are many."""
        periods = [once(self.ask.as_of)] if block.is_once else self.ask.periods_of(block.per)
        if not periods:
            return
        self.connection.register("period", _periods(periods, self.ask))
        for bounds in self._chunks(block):
            if self.ask.is_cancelled():
                raise Cancelled(Problem("engine.cancelled", Message(N_("已停止，没有留下半途的结果。"))))
            for table in block.tables:
                self._view(table, bounds)
            self._execute(block)

    def _execute(self, block: Block) -> None:
        try:
            self.connection.execute(f"CREATE OR REPLACE TEMP TABLE block AS {block.rows}")
        except duckdb.Error as error:
            # The SQL names columns and figures of the plan, never values of a person.
            raise EngineError(
                Problem(
                    "engine.failed",
                    Message(
                        N_("核查“{subject}”（{per}）时出错：{reason}"),
                        {"subject": block.subject, "per": block.per, "reason": type(error).__name__},
                    ),
                    remedy=Message(N_("请检查方案中的数值是否过大；没有留下半途的结果。")),
                )
            ) from error
        period = "'once'" if block.is_once else "period.id"
        join = "" if block.is_once else "JOIN period USING (period_id)"
        ids = ", ".join(quoted(c.id) for c in block.criteria)
        order = "ORDER BY ALL"
        self._send(block, f"SELECT subject_id, {period} AS period, division, {ids} FROM block {join} {order}")
        findings = " UNION ALL ".join(_findings_sql(block, c.id, period, join) for c in block.criteria)
        self.sink.add("findings", self._reader(f"SELECT * FROM ({findings}) {order}"))
        self.sink.add("counts", self._reader(f"{_counts_sql(block, period, join)} {order}"))
        for sql in block.owed:
            self.sink.add("measures", self._reader(_owed_sql(block, sql)))

    def _send(self, block: Block, sql: str) -> None:
        self.sink.verdicts(block, self._reader(sql))

    def _reader(self, sql: str) -> pa.RecordBatchReader:
        return self.connection.sql(sql).to_arrow_reader(100_000)

    # --- tables ---------------------------------------------------------------------------------------

    def _view(self, name: str, bounds: tuple[int, int] | None) -> None:
        source = self.tables.get(name)
        schema = arrow_schema(self.vocabulary.tables[name])
        if source is None:
            self.connection.register(name, schema.empty_table())
            return
        _check_columns(name, source, schema)
        if isinstance(source, Path):
            select = f"SELECT * FROM read_parquet({literal(str(source))})"
        else:
            self.connection.register(f"{name}_rows", source)
            select = f"SELECT * FROM {quoted(f'{name}_rows')}"
        if bounds and _CHUNK_KEY in schema.names:
            select += f" WHERE {_CHUNK_KEY} BETWEEN {bounds[0]} AND {bounds[1]}"
        self.connection.execute(f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS {select}")

    def _chunks(self, block: Block) -> Iterator[tuple[int, int] | None]:
        """Ranges of households; one open range where the block reads beyond households or there are few."""
        source = self.tables.get("household")
        is_splittable = block.subject in ("household", "person") and isinstance(source, Path)
        if not is_splittable or pq.read_metadata(source).num_rows <= CHUNK:
            yield None
            return
        relation = self.connection.sql(
            f"SELECT {_CHUNK_KEY} FROM read_parquet({literal(str(source))}) "
            f"QUALIFY ROW_NUMBER() OVER (ORDER BY {_CHUNK_KEY}) % {CHUNK} = 0"
        )
        last = -(2**63)
        for (key,) in relation.fetchall():
            yield last, key
            last = key + 1
        yield last, 2**63 - 1


def _check_columns(name: str, source: Path | pa.Table, schema: pa.Schema) -> None:
    found = pq.read_schema(source) if isinstance(source, Path) else source.schema
    wrong = [f.name for f in schema if f.name not in found.names or found.field(f.name).type != f.type]
    if wrong:
        raise EngineError(
            Problem(
                "engine.columns",
                Message(
                    N_("表“{table}”缺少列或列的类型不对：{columns}。"), {"table": name, "columns": wrong}
                ),
                remedy=Message(N_("请用本版本重新生成快照。")),
            )
        )


def _periods(periods: list[Period], ask: Ask) -> pa.Table:
    """The table `period`: a row per period with all that its SQL asks for."""
    rows = []
    for number, period in enumerate(periods):
        before = None if period.kind in (*NAMED_KINDS, "once") else previous(period)
        rows.append(
            {
                "period_id": number,
                "id": period.id,
                "first_on": period.start,
                "last_on": period.end,
                "before_first_on": before.start if before else None,
                "before_last_on": before.end if before else None,
                "is_closed": period.end <= ask.as_of,
                "days": (period.end - period.start).days + 1,
                "workdays": ask.calendar.count_workdays(period.start, period.end),
            }
        )
    dates = ("first_on", "last_on", "before_first_on", "before_last_on")
    schema = pa.schema(
        [("period_id", pa.int32()), ("id", pa.string())]
        + [(name, pa.date32()) for name in dates]
        + [("is_closed", pa.bool_()), ("days", pa.int32()), ("workdays", pa.int32())]
    )
    return pa.Table.from_pylist(rows, schema)


def _days(ask: Ask) -> pa.Table:
    """The table `day`: day numbers with whether they are worked, over the calendar's years."""
    years = sorted(ask.calendar.years)
    days = list(days_between(date(years[0], 1, 1), date(years[-1], 12, 31)))
    epoch = date(1970, 1, 1)
    return pa.table(
        {
            "day": pa.array([(day - epoch).days for day in days], pa.int64()),
            "is_workday": [ask.calendar.is_workday(day) for day in days],
        }
    )


def _findings_sql(block: Block, criterion: str, period: str, join: str) -> str:
    column = quoted(criterion)
    return (
        f"SELECT {literal(criterion)} AS criterion, {literal(block.subject)} AS subject, subject_id, "
        f"{period} AS period, division, {column} AS outcome, {facts_json(block, criterion)} AS facts "
        f"FROM block {join} WHERE {column} IN ({int(Outcome.UNMET)}, {int(Outcome.UNKNOWN)})"
    )


_SHIFTS = {Outcome.UNMET: 0, Outcome.UNKNOWN: 21, Outcome.NOT_APPLICABLE: 42}


def _counts_sql(block: Block, period: str, join: str) -> str:
    """Counts by criterion and division in one pass: three counts of 21 bits packed into each sum."""
    keys = "division" if block.is_once else "division, period_id"
    packed = []
    for index, criterion in enumerate(block.criteria):
        column = quoted(criterion.id)
        cases = " ".join(f"WHEN {column} = {int(o)} THEN {1 << shift}" for o, shift in _SHIFTS.items())
        packed.append(f"CAST(SUM(CASE {cases} ELSE 0 END) AS BIGINT) AS c{index}")
        if not block.is_once:
            packed.append(f"COUNT(CASE WHEN {column} = {int(Outcome.NOT_DUE)} THEN 1 END) AS d{index}")
    grouped = f"(SELECT {keys}, COUNT(*) AS n, {', '.join(packed)} FROM block GROUP BY {keys})"
    mask = (1 << 21) - 1
    selects = []
    for index, criterion in enumerate(block.criteria):
        unmet, unknown, other = (f"((c{index} >> {shift}) & {mask})" for shift in _SHIFTS.values())
        not_due = "0" if block.is_once else f"d{index}"
        selects.append(
            f"SELECT {literal(criterion.id)} AS criterion, {period} AS period, division, "
            f"n - {unmet} - {unknown} - {other} - {not_due} AS met, {unmet} AS unmet, {unknown} AS unknown, "
            f"{other} AS not_applicable, {not_due} AS not_due FROM grouped {join}"
        )
    return f"WITH grouped AS {grouped} SELECT * FROM ({' UNION ALL '.join(selects)})"


def _owed_sql(block: Block, sql: str) -> str:
    return (
        f"SELECT criterion, {literal(block.subject)} AS subject, subject_id, period.id AS period, measure, certain, "
        f"possible, threshold, owed, m.last_day FROM ({sql}) AS m JOIN period USING (period_id) ORDER BY ALL"
    )
