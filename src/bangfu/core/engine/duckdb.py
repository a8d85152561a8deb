"""The embedded engine: runs the blocks of a plan on DuckDB over Parquet files or Arrow tables."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import duckdb
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

CHUNK = 2_000_000  # households judged at once: what a run needs of memory does not grow beyond
_CHUNK_KEY = "household_id"


def evaluate(plan: Plan, tables: Tables, ask: Ask, memory: str = "") -> Run:
    """Judge everything and keep the results in memory. Raises EngineError, Cancelled."""
    sink = MemorySink()
    evaluate_into(sink, plan, tables, ask, memory)
    return sink.run()


def evaluate_into(sink: Sink, plan: Plan, tables: Tables, ask: Ask, memory: str = "") -> None:
    """Judge everything, part by part, into a sink. `memory` limits the engine, e.g. "2GB"."""
    blocks = blocks_of(plan, ask.as_of, tables)
    with duckdb.connect() as connection:
        if memory:
            connection.execute(f"SET memory_limit = {literal(memory)}")
        connection.execute("SET enable_progress_bar = false")
        connection.register("day", day_table(blocks, ask))
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

    def run(self, block: Block) -> None:
        """Judge one block, in chunks of households where there are many."""
        if not periods_of(block, self.ask):
            return
        self.connection.register("period", period_table(block, self.ask))
        for some in self._chunks(block):
            stop_if_cancelled(self.ask)
            for table in block.tables:
                self._view(table, some if table in block.apart else "TRUE")
            self._execute(block)

    def _execute(self, block: Block) -> None:
        rows = block.whole_rows if self.sink.keeps_findings else block.rows
        try:
            send(self.connection, block, rows, self.sink)
        except duckdb.Error as error:
            raise failure([block], error) from error

    # --- tables ---------------------------------------------------------------------------------------

    def _view(self, name: str, some: str) -> None:
        source = self.tables.get(name)
        schema = arrow_schema(self.vocabulary.tables[name])
        if source is None:
            self.connection.register(name, schema.empty_table())
            return
        check_columns(name, source, schema)
        if isinstance(source, Path):
            select = f"SELECT * FROM {parquet(source)}"
        else:
            self.connection.register(f"{name}_rows", source)
            select = f"SELECT * FROM {quoted(f'{name}_rows')}"
        self.connection.execute(f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS {select} WHERE {some}")

    def _chunks(self, block: Block) -> Iterator[str]:
        """Conditions on the household, range by range; one for all where they are few or needed together.

        Persons of no household come with the first range.
        """
        source = self.tables.get("household")
        if not block.apart or not isinstance(source, Path) or pq.read_metadata(source).num_rows <= CHUNK:
            yield "TRUE"
            return
        relation = self.connection.sql(
            f"SELECT {_CHUNK_KEY} FROM {parquet(source)} "
            f"QUALIFY ROW_NUMBER() OVER (ORDER BY {_CHUNK_KEY}) % {CHUNK} = 0 ORDER BY {_CHUNK_KEY}"
        )
        keys = [key for (key,) in relation.fetchall()]
        yield f"({_CHUNK_KEY} <= {keys[0]} OR {_CHUNK_KEY} IS NULL)"
        for low, high in pairwise(keys):
            yield f"{_CHUNK_KEY} > {low} AND {_CHUNK_KEY} <= {high}"
        yield f"{_CHUNK_KEY} > {keys[-1]}"
