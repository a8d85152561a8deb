"""Spark as a cluster: a master and two workers, each a process of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bangfu.core.engine import spark
from tests.functional.spark.asking import assert_cases, fullest, register, runs_like_duckdb
from tests.functional.spark.conftest import WORKERS

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark


def test_divided_among_both(cluster: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark, "SMALL", 0)
    runs_like_duckdb([register(tmp_path / "register")], cluster)
    executors = cluster.sparkContext._jsc.sc().statusTracker().getExecutorInfos()
    assert len(executors) == WORKERS + 1  # the driver is one


def test_cases(cluster: SparkSession) -> None:
    assert_cases(fullest("s4_nanhuzhou", 2), cluster)
