"""Rows on their way home, and into files."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bangfu.core.calendars import load_calendar
from bangfu.core.engine.run import Ask
from bangfu.core.engine.sending import QueryPart
from bangfu.core.engine.sinks import MemorySink
from bangfu.core.engine.sql.blocks import blocks_of
from bangfu.core.engine.travelling import Load, send_home
from bangfu.core.errors import EngineError
from tests.inline_plans import plan_of

AS_OF = date(2020, 6, 30)


def test_rows_that_came_home_broken_are_an_error_never_a_verdict() -> None:
    plan = plan_of([{"id": "S9-1", "subject": "household", "holds": "headcount >= 3"}])
    (block,) = blocks_of(plan, AS_OF, ["household"])
    rows = pa.table({"block": [0], "subject_id": [1]})
    with pytest.raises(EngineError, match="核查 household（once） 时出错：BinderException"):
        send_home(rows, Load(block, is_whole=True), 0, 0, Ask(AS_OF, load_calendar()), MemorySink())


@pytest.mark.parametrize("keys", [[1, 2, 3], [3, 1, 2]])
def test_rows_in_any_order_are_written_by_their_key(keys: list[int], tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.register("home", pa.table({"subject_id": keys}))
        QueryPart(connection, "FROM home", "subject_id").write(tmp_path / "a.parquet")
    assert pq.read_table(tmp_path / "a.parquet")["subject_id"].to_pylist() == [1, 2, 3]
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]
