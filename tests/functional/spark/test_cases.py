"""The cases of the packs on Spark, many in one job, against what they expect and against DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bangfu.core.engine import duckdb, spark
from tests.functional.spark.batches import batches_of
from tests.functional.spark.comparing import assert_same

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark


@pytest.mark.parametrize("pack", ["s4_nanhuzhou"])
def test_cases_come_out_as_they_say(pack: str, local: SparkSession) -> None:
    for batch in batches_of(pack):
        run = spark.evaluate(batch.plan, batch.tables, batch.ask, local)
        assert batch.differences(run) == []
        assert_same(run, duckdb.evaluate(batch.plan, batch.tables, batch.ask))
