"""The cluster engine: the same blocks on Apache Spark, a few jobs for a whole plan.

Every block is judged once and kept; one job each then gathers the outcomes, findings, counts and measures of
all blocks together. Files must be readable under the same path by every worker; Arrow tables are sent along.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from bangfu.core.engine.inputs import (
    check_columns,
    day_table,
    failure,
    period_table,
    periods_of,
    stop_if_cancelled,
)
from bangfu.core.engine.run import COUNTS_SCHEMA, FINDINGS_SCHEMA, MEASURES_SCHEMA, Ask, Run, Tables
from bangfu.core.engine.sinks import MemorySink, Sink
from bangfu.core.engine.spark_session import LOCAL, open_session, spark_errors
from bangfu.core.engine.sql.blocks import Block, blocks_of
from bangfu.core.engine.sql.results import counts_sql, findings_sql, grouped_sql, measures_sql, verdicts_sql
from bangfu.core.engine.sql.spark_dialect import SETTINGS, spark_sql
from bangfu.core.plans.plan import Plan
from bangfu.core.snapshots.schema import arrow_schema
from bangfu.core.vocabulary import Vocabulary

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_SPARK_TYPES = {
    pa.int64(): "BIGINT",
    pa.string(): "STRING",
    pa.decimal128(18, 2): "DECIMAL(18, 2)",
    pa.date32(): "DATE",
    pa.bool_(): "BOOLEAN",
}


def evaluate(plan: Plan, tables: Tables, ask: Ask, session: SparkSession | None = None) -> Run:
    """Judge everything and keep the results in memory. Raises EngineError, Cancelled."""
    sink = MemorySink()
    evaluate_into(sink, plan, tables, ask, session=session)
    return sink.run()


def evaluate_into(
    sink: Sink,
    plan: Plan,
    tables: Tables,
    ask: Ask,
    memory: str = "",
    master: str = LOCAL,
    session: SparkSession | None = None,
) -> None:
    """Judge everything into a sink, in the given session or in one opened on `master` for it.

    `memory` is that of the driver, e.g. "2GB". Raises EngineError, Cancelled.
    """
    if session is None:
        with open_session(master, memory) as opened:
            evaluate_into(sink, plan, tables, ask, session=opened)
        return
    own = session.newSession()  # its settings and views are ours alone
    for name, value in SETTINGS.items():
        own.conf.set(name, value)
    engine = _Engine(own, plan.vocabulary, tables, ask)
    try:
        engine.run(blocks_of(plan, ask.as_of, tables), sink)
    finally:
        engine.forget()


@dataclass(frozen=True)
class _Judged:
    """A block and what is to be gathered from its rows; nothing has run yet."""

    block: Block
    verdicts: DataFrame
    parts: dict[str, list[DataFrame]]  # findings, counts, measures


class _Engine:
    def __init__(self, session: SparkSession, vocabulary: Vocabulary, tables: Tables, ask: Ask) -> None:
        self.session = session
        self.vocabulary = vocabulary
        self.tables = tables
        self.ask = ask
        self._kept: list[DataFrame] = []

    def run(self, blocks: Sequence[Block], sink: Sink) -> None:
        """Judge all blocks."""
        steps = len(blocks) + 1 + len(_KINDS)
        self._view("day", day_table(self.ask))
        for name in sorted({table for block in blocks for table in block.tables}):
            self._table(name)
        judged: list[_Judged] = []
        for done, block in enumerate(blocks):
            self.ask.progress(block.subject, done, steps)
            stop_if_cancelled(self.ask)
            if periods_of(block, self.ask):
                judged.append(self._judge(block))
        self._gather_verdicts(judged, sink)
        for done, (kind, schema) in enumerate(_KINDS.items()):
            self.ask.progress(kind, len(blocks) + 1 + done, steps)
            stop_if_cancelled(self.ask)
            frames = [frame for part in judged for frame in part.parts[kind]]
            if frames:
                sink.add(kind, _sorted(self._collect(judged, frames).cast(schema)).to_reader())
        self.ask.progress("", steps, steps)

    def forget(self) -> None:
        """Free what was kept."""
        for frame in self._kept:
            frame.unpersist()

    # --- blocks ---------------------------------------------------------------------------------------

    def _judge(self, block: Block) -> _Judged:
        self._view("period", period_table(periods_of(block, self.ask), self.ask))
        self._keep(block.rows, "block")
        self._keep(grouped_sql(block, is_packed=False), "grouped")
        return _Judged(
            block,
            self._sql(verdicts_sql(block)),
            {
                "findings": [self._sql(findings_sql(block))],
                "counts": [self._sql(counts_sql(block, is_packed=False))],
                "measures": [self._sql(sql) for sql in measures_sql(block)],
            },
        )

    def _sql(self, sql: str) -> DataFrame:
        return self.session.sql(spark_sql(sql))

    def _keep(self, sql: str, view: str) -> None:
        """Note rows that are read several times. Views are resolved at once, so names may be used again."""
        frame = self._sql(sql).persist()
        self._kept.append(frame)
        frame.createOrReplaceTempView(view)

    def _gather_verdicts(self, judged: Sequence[_Judged], sink: Sink) -> None:
        """The outcomes of all blocks in one job: those of a row travel as a list."""
        from pyspark.sql import functions as f

        frames = [
            part.verdicts.select(
                f.lit(number).alias("block"),
                "subject_id",
                "period",
                "division",
                f.array(*(f.col(f"`{c.id}`") for c in part.block.criteria)).alias("outcomes"),
            )
            for number, part in enumerate(judged)
        ]
        if not frames:
            return
        found = self._collect(judged, frames)
        for number, part in enumerate(judged):
            mine = found.filter(pc.equal(found["block"], number))
            names = ["subject_id", "period", "division"]
            outcomes = {c.id: pc.list_element(mine["outcomes"], i) for i, c in enumerate(part.block.criteria)}
            table = pa.table({**{name: mine[name] for name in names}, **outcomes})
            sink.verdicts(part.block, _sorted(table).to_reader())

    def _collect(self, judged: Sequence[_Judged], frames: Sequence[DataFrame]) -> pa.Table:
        with spark_errors(lambda error: failure(judged[0].block, error)):
            return reduce(lambda a, b: a.unionAll(b), frames).toArrow()

    # --- tables ---------------------------------------------------------------------------------------

    def _view(self, name: str, table: pa.Table) -> None:
        self.session.createDataFrame(table).createOrReplaceTempView(name)

    def _table(self, name: str) -> None:
        schema = arrow_schema(self.vocabulary.tables[name])
        source = self.tables.get(name, schema.empty_table())
        check_columns(name, source, schema)
        if isinstance(source, Path):
            columns = ", ".join(f"`{field.name}` {_SPARK_TYPES[field.type]}" for field in schema)
            frame = self.session.read.schema(columns).parquet(_url(source))
            frame.createOrReplaceTempView(name)
        else:
            self._view(name, source.select(schema.names))


_KINDS = {"findings": FINDINGS_SCHEMA, "counts": COUNTS_SCHEMA, "measures": MEASURES_SCHEMA}


def _url(path: Path) -> str:
    """A local path as Spark reads it: signs that it takes for patterns escaped."""
    return "file://" + "".join(f"\\{c}" if c in "\\*?[]{}" else c for c in str(path.absolute()))


def _sorted(table: pa.Table) -> pa.Table:
    """By all columns, as the embedded engine leaves it."""
    return table.sort_by([(name, "ascending") for name in table.column_names])
