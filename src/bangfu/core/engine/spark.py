"""The cluster engine: the same blocks on Apache Spark, a job for each, or one for all where the data are small.

Spark judges and puts the facts into words; what comes home is shaped as the embedded engine shapes its own.
Files must be readable under the same path by every worker; Arrow tables are sent along.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
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
from bangfu.core.engine.travelling import Load, send_home, travelling_sql
from bangfu.core.plans.plan import Plan
from bangfu.core.snapshots.schema import arrow_schema
from bangfu.core.vocabulary import Vocabulary

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

CHUNK = 200_000  # rows (subject and period) brought home at once
SMALL = 100_000  # rows of all tables together that are not worth dividing among workers
TOGETHER = 8  # small blocks judged in one job: planning a longer one takes more than its share
_UNDIVIDED = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.autoBroadcastJoinThreshold": "-1",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",  # compiling takes longer than judging
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.shuffle.partitions": "1",
}
_SPARK_TYPES = {
    pa.int64(): "BIGINT",
    pa.string(): "STRING",
    pa.decimal128(18, 2): "DECIMAL(18, 2)",
    pa.date32(): "DATE",
    pa.bool_(): "BOOLEAN",
}


@dataclass(frozen=True)
class _Task:
    """A block, and what it is judged on."""

    block: Block
    tables: Tables
    ask: Ask
    vocabulary: Vocabulary
    sink: Sink

    @property
    def load(self) -> Load:
        """What comes home."""
        return Load(self.block, self.sink.keeps_findings)

    @property
    def rows(self) -> int:
        """Subjects times periods."""
        return _height(self.tables, self.block.subject) * len(periods_of(self.block, self.ask))


def evaluate(plan: Plan, tables: Tables, ask: Ask, session: SparkSession | None = None) -> Run:
    """Judge everything and keep the results in memory. Raises EngineError, Cancelled."""
    sink = MemorySink()
    evaluate_into(sink, plan, tables, ask, session=session)
    return sink.run()


def evaluate_all(asked: Sequence[tuple[Plan, Tables, Ask]], session: SparkSession) -> list[Run]:
    """Judge many plans, each on small tables of its own, in few jobs. Raises EngineError, Cancelled."""
    sinks = [MemorySink() for _ in asked]
    tasks = [task for sink, question in zip(sinks, asked, strict=True) for task in _tasks(sink, *question)]
    _Engine(session).run(tasks)
    return [sink.run() for sink in sinks]


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
    _Engine(session).run(_tasks(sink, plan, tables, ask))


def _tasks(sink: Sink, plan: Plan, tables: Tables, ask: Ask) -> list[_Task]:
    blocks = blocks_of(plan, ask.as_of, tables)
    return [_Task(block, tables, ask, plan.vocabulary, sink) for block in blocks if periods_of(block, ask)]


def _height(tables: Tables, name: str) -> int:
    source = tables.get(name)
    if isinstance(source, Path):
        return int(pq.read_metadata(source).num_rows)
    return 0 if source is None else source.num_rows


class _Engine:
    """Judges tasks: small ones together, since a job costs more than its work."""

    def __init__(self, session: SparkSession) -> None:
        self.session = session.newSession()  # its settings and views are ours alone
        self.is_small = False
        self._views: dict[str, tuple[pa.Table | Path, pa.Schema]] = {}

    def run(self, tasks: Sequence[_Task]) -> None:
        """Judge all into their sinks."""
        read = {(id(task.tables), name): task.tables for task in tasks for name in task.block.tables}
        self.is_small = sum(_height(tables, name) for (_, name), tables in read.items()) < SMALL
        for setting, value in {**SETTINGS, **(_UNDIVIDED if self.is_small else {})}.items():
            self.session.conf.set(setting, value)
        step = TOGETHER if self.is_small else 1
        for start in range(0, len(tasks), step):
            group = tasks[start : start + step]
            for task in group:
                task.ask.progress(task.block.subject, start, len(tasks))
                stop_if_cancelled(task.ask)
            with spark_errors(lambda error: failure([task.block for task in group], error)):  # noqa: B023 - called at once
                for part, rows in enumerate(self._collected(group)):
                    for number, task in enumerate(group):
                        send_home(rows, task.load, number, part, task.ask, task.sink)
        for ask in {id(task.ask): task.ask for task in tasks}.values():
            ask.progress("", len(tasks), len(tasks))

    def _judged(self, tasks: Sequence[_Task]) -> DataFrame:
        frames = []
        for number, task in enumerate(tasks):
            # A view is resolved as soon as it is read, so the next task may use the name again.
            for name, table in (
                ("day", day_table([task.block], task.ask)),
                ("period", period_table(task.block, task.ask)),
            ):
                self._view(name, table, table.schema)
            for name in task.block.tables:
                self._table(name, task)
            frames.append(self.session.sql(spark_sql(travelling_sql([task.load for task in tasks], number))))
        return reduce(lambda a, b: a.unionAll(b), frames)

    def _collected(self, tasks: Sequence[_Task]) -> Iterator[pa.Table]:
        """The judged rows, in parts of whole subjects."""
        judged = self._judged(tasks)
        chunks = 1 + max(task.rows for task in tasks) // CHUNK
        if chunks == 1:
            yield judged.toArrow()
            return
        judged.persist()
        try:
            for number in range(chunks):
                stop_if_cancelled(tasks[0].ask)
                yield judged.filter(f"pmod(subject_id, {chunks}) = {number}").toArrow()
        finally:
            judged.unpersist()

    # --- tables ---------------------------------------------------------------------------------------

    def _table(self, name: str, task: _Task) -> None:
        schema = arrow_schema(task.vocabulary.tables[name])
        source = task.tables.get(name, schema.empty_table())
        check_columns(name, source, schema)
        self._view(name, source if isinstance(source, Path) else source.select(schema.names), schema)

    def _view(self, name: str, source: pa.Table | Path, schema: pa.Schema) -> None:
        """Have `source` read under a name, unless it is so already."""
        if self._views.get(name) == (source, schema):
            return
        self._views[name] = source, schema
        if isinstance(source, Path):
            columns = ", ".join(f"`{field.name}` {_SPARK_TYPES[field.type]}" for field in schema)
            frame = self.session.read.schema(columns).parquet(_url(source))
        else:
            frame = self.session.createDataFrame(source)
        if self.is_small:
            frame = frame.coalesce(1)
        elif name in ("day", "period"):
            frame = frame.hint("broadcast")
        frame.createOrReplaceTempView(name)


def _url(path: Path) -> str:
    """A local path as Spark reads it: signs that it takes for patterns escaped."""
    return "file://" + "".join(f"\\{c}" if c in "\\*?[]{}" else c for c in str(path.absolute()))
