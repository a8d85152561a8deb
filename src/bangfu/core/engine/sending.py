"""From the rows of a judged block to a sink: outcomes, findings, counts and measures, each in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from bangfu.core.engine.run import COUNTS_SCHEMA, MEASURES_SCHEMA
from bangfu.core.engine.sinks import Sink
from bangfu.core.engine.sql.blocks import Block, Owed
from bangfu.core.engine.sql.results import counts_sql, findings_sql, measures_sql, verdicts_sql
from bangfu.core.engine.sql.values import literal, quoted

_SQL_TYPES = {
    pa.string(): "VARCHAR",
    pa.int64(): "BIGINT",
    pa.decimal128(18, 2): "DECIMAL(18, 2)",
    pa.date32(): "DATE",
}


@dataclass(frozen=True)
class QueryPart:
    """A part of the results as a query: read as Arrow, or written to Parquet without passing Python."""

    connection: duckdb.DuckDBPyConnection
    sql: str

    def table(self) -> pa.Table:
        """All rows."""
        return self.connection.sql(self.sql).to_arrow_table()

    def write(self, path: Path) -> None:
        """All rows into a new Parquet file."""
        self.connection.execute(
            f"COPY ({self.sql}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)"
        )


def send(
    connection: duckdb.DuckDBPyConnection,
    block: Block,
    facts: Mapping[str, str],
    owed: Sequence[Owed],
    sink: Sink,
    is_sorted: bool = False,
) -> None:
    """Send what stands in `block` and `period`; `facts` by criterion and `owed` are SQL over them.

    `is_sorted`: the rows of `block` stand in the order of their one key, and the connection keeps it.
    """

    def part(sql: str, order: str = " ORDER BY ALL", schema: pa.Schema | None = None) -> QueryPart:
        columns = ", ".join(
            f"CAST({quoted(f.name)} AS {_SQL_TYPES[f.type]}) AS {quoted(f.name)}" for f in schema or ()
        )
        return QueryPart(connection, f"SELECT {columns or '*'} FROM ({sql}){order}")

    # A sort by the key alone comes to the same as one by everything and takes half the time.
    keys = "subject_id" if block.is_once else "subject_id, period"
    by_key = f" ORDER BY {keys}"
    sink.verdicts(block, part(verdicts_sql(block), "" if is_sorted else by_key))
    sink.add("findings", part(findings_sql(block, facts), f" ORDER BY criterion, {keys}"))
    sink.add("counts", part(counts_sql(block), schema=COUNTS_SCHEMA))
    for sql in measures_sql(block, owed):
        sink.add("measures", part(sql, schema=MEASURES_SCHEMA))
