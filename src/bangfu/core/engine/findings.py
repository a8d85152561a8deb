"""Findings read back from the rows of a run, with the values used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from bangfu.core.engine.run import FINDINGS_SCHEMA
from bangfu.core.engine.sql.blocks import Block
from bangfu.core.engine.sql.facts import own_column
from bangfu.core.engine.sql.results import findings_sql, kept_rows
from bangfu.core.engine.sql.values import parquet, quoted


def findings_in(files: Sequence[Path], block: Block, subjects: Path) -> pa.Table:
    """The findings in the files of a block, as FINDINGS_SCHEMA; `subjects`: the table that was judged."""
    own = "".join(f", t.{quoted(column)} AS {own_column(column)}" for column in block.own)
    key = quoted(f"{block.subject}_id")
    with duckdb.connect() as connection:
        connection.execute(
            f"CREATE TEMP VIEW block AS SELECT b.*{own} FROM ({kept_rows(block, files)}) AS b "
            f"JOIN {parquet(subjects)} AS t ON t.{key} = b.subject_id"
        )
        found = connection.sql(f"FROM ({findings_sql(block)}) ORDER BY criterion, subject_id, period")
        return found.to_arrow_table().cast(FINDINGS_SCHEMA)
