"""Spark on two threads: the corpus, many examples in one job, and a register divided and brought home in parts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bangfu.core.engine import spark
from tests.functional.spark.asking import assert_corpus, register, runs_like_duckdb

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark


def test_the_corpus(local: SparkSession) -> None:
    assert_corpus(local)


def test_divided_among_threads_and_brought_home_in_parts(
    local: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark, "SMALL", 0)
    monkeypatch.setattr(spark, "CHUNK", 1_000)
    runs_like_duckdb([register(tmp_path / "[登记]")], local)
