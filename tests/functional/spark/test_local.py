"""Spark on two threads: the corpus, many examples in one job, and a register divided and brought home in parts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from bangfu.core.engine import duckdb, spark
from bangfu.core.engine.sinks import FolderSink
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


def test_a_run_kept_in_a_folder(local: SparkSession, tmp_path: Path) -> None:
    plan, tables, ask = register(tmp_path / "register")
    duckdb.evaluate_into(FolderSink(tmp_path / "here"), plan, tables, ask)
    spark.evaluate_into(FolderSink(tmp_path / "there"), plan, tables, ask, session=local)
    here, there = (
        {path.name: path for path in (tmp_path / run / "verdicts").iterdir()} for run in ("here", "there")
    )
    assert here
    for name, path in here.items():
        kept, found = pl.read_parquet(path), pl.read_parquet(there[name])
        outcomes = [column for column in kept.columns if not column.startswith("fact ")]
        assert found.select(outcomes).equals(kept.select(outcomes))
