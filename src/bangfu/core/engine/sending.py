"""From the rows of a judged block to a sink: outcomes, findings, counts and measures, each in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import pyarrow as pa

from bangfu.core.engine.sinks import Sink
from bangfu.core.engine.sql.blocks import Block, Owed
from bangfu.core.engine.sql.results import counts_sql, findings_sql, measures_sql, verdicts_sql


def send(
    connection: duckdb.DuckDBPyConnection,
    block: Block,
    facts: Mapping[str, str],
    owed: Sequence[Owed],
    sink: Sink,
) -> None:
    """Send what stands in `block` and `period`; `facts` by criterion and `owed` are SQL over them."""

    def reader(sql: str) -> pa.RecordBatchReader:
        return connection.sql(f"{sql} ORDER BY ALL").to_arrow_reader(100_000)

    sink.verdicts(block, reader(verdicts_sql(block)))
    sink.add("findings", reader(findings_sql(block, facts)))
    sink.add("counts", reader(counts_sql(block)))
    for sql in measures_sql(block, owed):
        sink.add("measures", reader(sql))
