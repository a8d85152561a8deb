"""The cluster engine: the same blocks on Apache Spark, a job for each, or one for all where the data are small.

Spark judges and puts the facts into words; what comes home is shaped as the embedded engine shapes its own.
Files must be readable under the same path by every worker; Arrow tables are sent along.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bangfu.core.engine.inputs import (
    check_columns,
    day_table,
    failure,
    period_table,
    periods_of,
    stop_if_cancelled,
)
from bangfu.core.engine.run import Ask, Run, Tables
from bangfu.core.engine.sinks import MemorySink, Sink
from bangfu.core.engine.spark_session import LOCAL, open_session, spark_errors
from bangfu.core.engine.sql.blocks import Block, blocks_of
from bangfu.core.engine.sql.spark_dialect import SETTINGS, spark_sql
from bangfu.core.engine.travelling import send_home, travelling_sql
from bangfu.core.plans.plan import Plan
from bangfu.core.snapshots.schema import arrow_schema
from bangfu.core.vocabulary import Vocabulary

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

CHUNK = 200_000  # rows (subject and period) brought home at once
SMALL = 100_000  # rows of all tables together that are not worth dividing among workers
_UNDIVIDED = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.autoBroadcastJoinThreshold": "-1",
    "spark.sql.shuffle.partitions": "1",
}
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
    blocks = [block for block in blocks_of(plan, ask.as_of, tables) if periods_of(block, ask)]
    if blocks:
        own = session.newSession()  # its settings and views are ours alone
        _Engine(own, plan.vocabulary, tables, ask).run(blocks, sink)


class _Engine:
    def __init__(self, session: SparkSession, vocabulary: Vocabulary, tables: Tables, ask: Ask) -> None:
        self.session = session
        self.vocabulary = vocabulary
        self.tables = tables
        self.ask = ask
        self.is_small = False

    def run(self, blocks: Sequence[Block], sink: Sink) -> None:
        """Judge all blocks: together where they are small, since a job costs more than its work."""
        names = sorted({table for block in blocks for table in block.tables})
        self.is_small = sum(self._height(name) for name in names) < SMALL
        for setting, value in {**SETTINGS, **(_UNDIVIDED if self.is_small else {})}.items():
            self.session.conf.set(setting, value)
        with spark_errors(lambda error: failure(blocks, error)):
            self._view("day", day_table(blocks, self.ask))
            for name in names:
                self._table(name)
        groups = [blocks] if self.is_small else [[block] for block in blocks]
        for done, group in enumerate(groups):
            self.ask.progress(group[0].subject, done, len(groups))
            stop_if_cancelled(self.ask)
            with spark_errors(lambda error: failure(group, error)):  # noqa: B023 - called at once
                for rows in self._collected(self._judged(group), self._chunks(group)):
                    for number, block in enumerate(group):
                        send_home(rows.filter(pc.equal(rows["block"], number)), block, self.ask, sink)
        self.ask.progress("", len(groups), len(groups))

    def _judged(self, blocks: Sequence[Block]) -> DataFrame:
        frames = []
        for number, block in enumerate(blocks):
            # A view is resolved as soon as it is read, so the next block may use the name again.
            self._view("period", period_table(block, self.ask))
            frames.append(self.session.sql(spark_sql(travelling_sql(block, number))))
        return reduce(lambda a, b: a.unionAll(b), frames)

    def _chunks(self, blocks: Sequence[Block]) -> int:
        """Into how many parts the rows are cut, by subject."""
        most = max(self._height(block.subject) * len(periods_of(block, self.ask)) for block in blocks)
        return 1 + most // CHUNK

    def _height(self, table: str) -> int:
        source = self.tables.get(table)
        if isinstance(source, Path):
            return int(pq.read_metadata(source).num_rows)
        return 0 if source is None else source.num_rows

    def _collected(self, judged: DataFrame, chunks: int) -> Iterator[pa.Table]:
        if chunks == 1:
            yield judged.toArrow()
            return
        judged.persist()
        try:
            for number in range(chunks):
                stop_if_cancelled(self.ask)
                yield judged.filter(f"pmod(subject_id, {chunks}) = {number}").toArrow()
        finally:
            judged.unpersist()

    # --- tables ---------------------------------------------------------------------------------------

    def _view(self, name: str, table: pa.Table) -> None:
        self.session.createDataFrame(table).hint("broadcast").createOrReplaceTempView(name)

    def _table(self, name: str) -> None:
        schema = arrow_schema(self.vocabulary.tables[name])
        source = self.tables.get(name, schema.empty_table())
        check_columns(name, source, schema)
        if isinstance(source, Path):
            columns = ", ".join(f"`{field.name}` {_SPARK_TYPES[field.type]}" for field in schema)
            frame = self.session.read.schema(columns).parquet(_url(source))
        else:
            frame = self.session.createDataFrame(source.select(schema.names))
        if self.is_small:
            frame = frame.coalesce(1)
        frame.createOrReplaceTempView(name)


def _url(path: Path) -> str:
    """A local path as Spark reads it: signs that it takes for patterns escaped."""
    return "file://" + "".join(f"\\{c}" if c in "\\*?[]{}" else c for c in str(path.absolute()))
