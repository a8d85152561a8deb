"""From the rows of a judged block to a sink: outcomes, findings, counts and measures, each in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from bangfu.core.engine.run import COUNTS_SCHEMA, FINDINGS_SCHEMA, MEASURES_SCHEMA
from bangfu.core.engine.sinks import Sink
from bangfu.core.engine.sql.blocks import Block, Owed
from bangfu.core.engine.sql.results import counts_sql, findings_sql, measures_sql, verdicts_sql
from bangfu.core.engine.sql.values import literal, quoted

_SQL_TYPES = {
    pa.string(): "VARCHAR",
    pa.int8(): "TINYINT",
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

    def part(sql: str, schema: pa.Schema | None = None, is_sorted: bool = False) -> QueryPart:
        columns = ", ".join(
            f"CAST({quoted(f.name)} AS {_SQL_TYPES[f.type]}) AS {quoted(f.name)}" for f in schema or ()
        )
        return QueryPart(
            connection, f"SELECT {columns or '*'} FROM ({sql}){'' if is_sorted else ' ORDER BY ALL'}"
        )

    sink.verdicts(block, part(verdicts_sql(block), None, is_sorted))
    sink.add("findings", part(findings_sql(block, facts), FINDINGS_SCHEMA, is_sorted))
    sink.add("counts", part(counts_sql(block), COUNTS_SCHEMA))
    for sql in measures_sql(block, owed):
        sink.add("measures", part(sql, MEASURES_SCHEMA))
