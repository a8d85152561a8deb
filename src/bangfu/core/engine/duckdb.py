"""The embedded engine: runs the blocks of a plan on DuckDB over Parquet files or Arrow tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import duckdb
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
from bangfu.core.engine.sending import send
from bangfu.core.engine.sinks import MemorySink, Sink
from bangfu.core.engine.sql.blocks import Block, blocks_of
from bangfu.core.engine.sql.values import literal, parquet, quoted
from bangfu.core.plans.plan import Plan
from bangfu.core.snapshots.schema import arrow_schema
from bangfu.core.vocabulary import Vocabulary

CHUNK = 500_000  # households judged by one core at once: what that needs of memory does not grow with their number
_CHUNK_KEY = "household_id"


def evaluate(plan: Plan, tables: Tables, ask: Ask, memory: str = "") -> Run:
    """Judge everything and keep the results in memory. Raises EngineError, Cancelled."""
    sink = MemorySink()
    evaluate_into(sink, plan, tables, ask, memory)
    return sink.run()


def evaluate_into(sink: Sink, plan: Plan, tables: Tables, ask: Ask, memory: str = "") -> None:
    """Judge everything, part by part, into a sink. `memory` limits the engine, e.g. "2GB"."""
    blocks = [block for block in blocks_of(plan, ask.as_of, tables) if periods_of(block, ask)]
    with duckdb.connect() as connection:
        cores = int(connection.sql("SELECT current_setting('threads')").fetchall()[0][0])
    engine = _Engine(plan.vocabulary, tables, ask, day_table(blocks, ask), sink, memory)
    chunks = [_chunks(block, tables) for block in blocks]
    done, steps = 0, sum(map(len, chunks))
    for block, some in zip(blocks, chunks, strict=True):
        for _ in engine.judged(block, some, cores):
            ask.progress(block.subject, done, steps)
            done += 1
    ask.progress("", steps, steps)


def _chunks(block: Block, tables: Tables) -> list[str]:
    """Conditions on the household, range by range; one for all where they are few or needed together.

    Persons of no household come with the first range.
    """
    source = tables.get("household")
    if not block.apart or not isinstance(source, Path) or pq.read_metadata(source).num_rows <= CHUNK:
        return ["TRUE"]
    with duckdb.connect() as connection:
        relation = connection.sql(
            f"SELECT {_CHUNK_KEY} FROM {parquet(source)} "
            f"QUALIFY ROW_NUMBER() OVER (ORDER BY {_CHUNK_KEY}) % {CHUNK} = 1 ORDER BY {_CHUNK_KEY}"
        )
        keys = [key for (key,) in relation.fetchall()]
    first = f"({_CHUNK_KEY} < {keys[1]} OR {_CHUNK_KEY} IS NULL)"
    between = [f"{_CHUNK_KEY} >= {low} AND {_CHUNK_KEY} < {high}" for low, high in pairwise(keys[1:])]
    return [first, *between, f"{_CHUNK_KEY} >= {keys[-1]}"]


@dataclass(frozen=True)
class _Engine:
    vocabulary: Vocabulary
    tables: Tables
    ask: Ask
    days: pa.Table
    sink: Sink
    memory: str

    def judged(self, block: Block, chunks: Sequence[str], cores: int) -> Iterator[None]:
        """Judge a block; tells of each chunk. One chunk has all cores, of several each has one."""
        if len(chunks) == 1:
            yield None
            self.judge(block, 0, chunks[0], cores, 1)
            return
        with ThreadPoolExecutor(cores) as pool:  # DuckDB works outside Python's lock
            parts = [pool.submit(self.judge, block, n, some, 1, cores) for n, some in enumerate(chunks)]
            try:
                for part in parts:
                    yield None
                    part.result()
            finally:
                pool.shutdown(cancel_futures=True)

    def judge(self, block: Block, number: int, some: str, threads: int, at_once: int) -> None:
        """Judge the households that meet a condition: the part of that number, of several `at_once`."""
        stop_if_cancelled(self.ask)
        with duckdb.connect() as connection:
            connection.execute("SET enable_progress_bar = false")
            connection.execute(f"SET threads = {threads}")
            if threads == 1:  # else it may join from the lists' side, and the subjects lose their order
                connection.execute("SET disabled_optimizers = 'build_side_probe_side'")
            if self.memory:
                size = connection.sql(f"SELECT parse_formatted_bytes({literal(self.memory)})").fetchall()
                connection.execute(f"SET memory_limit = '{size[0][0] // at_once}B'")
            connection.register("day", self.days)
            connection.register("period", period_table(block, self.ask))
            for table in block.tables:
                self._view(connection, table, some if table in block.apart else "TRUE")
            rows = block.whole_rows if self.sink.keeps_findings else block.rows
            try:
                send(connection, block, number, rows, self.sink, is_ordered=threads == 1)
            except duckdb.Error as error:
                raise failure([block], error) from error

    # --- tables ---------------------------------------------------------------------------------------

    def _view(self, connection: duckdb.DuckDBPyConnection, name: str, some: str) -> None:
        source = self.tables.get(name)
        schema = arrow_schema(self.vocabulary.tables[name])
        if source is None:
            connection.register(name, schema.empty_table())
            return
        check_columns(name, source, schema)
        if isinstance(source, Path):
            select = f"SELECT * FROM {parquet(source)}"
        else:
            connection.register(f"{name}_rows", source)
            select = f"SELECT * FROM {quoted(f'{name}_rows')}"
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS {select} WHERE {some}")
