"""DuckDB's text as Spark reads it."""

from __future__ import annotations

import pytest

from bangfu.core.engine.sql.spark_dialect import spark_sql


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("DATE_DIFF('day', a, b)", "CAST(DATEDIFF(b, a) AS BIGINT)"),
        ("YEAR(a) * 12 + MONTH(a) - DAY(a)",
         "CAST(YEAR(a) AS BIGINT) * 12 + CAST(MONTH(a) AS BIGINT) - CAST(DAY(a) AS BIGINT)"),
        ("MAKE_DATE(YEAR(a), 1, 1)",
         "MAKE_DATE(CAST(CAST(YEAR(a) AS BIGINT) AS INT), CAST(1 AS INT), CAST(1 AS INT))"),
        ("DATE_DIFF('day', MAKE_DATE(2020, 1, 1), b)",
         "CAST(DATEDIFF(b, MAKE_DATE(CAST(2020 AS INT), CAST(1 AS INT), CAST(1 AS INT))) AS BIGINT)"),
    ],
)  # fmt: skip
def test_what_is_written_out(ours: str, theirs: str) -> None:
    assert spark_sql(f"SELECT {ours} AS x FROM t") == f"SELECT {theirs} AS x FROM t"
