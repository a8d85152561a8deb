"""Errors, stopping and progress on Spark."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bangfu.core.engine import Ask, duckdb, spark
from bangfu.core.engine.engines import evaluate_into
from bangfu.core.engine.sinks import MemorySink
from bangfu.core.errors import Cancelled, EngineError
from tests.functional.spark.asking import register
from tests.functional.spark.comparing import assert_same
from tests.inline_plans import plan_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark


def test_java_is_missing(tmp_path: Path) -> None:
    code = "from bangfu.core.engine.spark_session import open_session\nwith open_session(): pass"
    found = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": "/usr/bin-none"},
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert found.stderr.splitlines()[-1].endswith(
        "Spark 需要 Java，但启动不了 请安装 Java 17 或更新版本，并确认能运行 java 命令（或已设置 JAVA_HOME）。"
    )


def test_a_session_of_its_own_and_progress(java: None, tmp_path: Path) -> None:
    plan, tables, ask = register(tmp_path, 20)
    steps: list[tuple[str, int, int]] = []
    sink = MemorySink()
    evaluate_into("spark", sink, plan, tables, replace(ask, progress=lambda *step: steps.append(step)))
    assert steps == [("household", 0, 1), ("", 1, 1)]
    assert_same(sink.run(), duckdb.evaluate(plan, tables, ask))


def test_a_figure_too_large_is_an_error_never_a_verdict(local: SparkSession, tmp_path: Path) -> None:
    _, tables, ask = register(tmp_path, 20)
    holds = "headcount * " + " * ".join(["999999999999999"] * 3) + " > 1"
    plan = plan_of([{"id": "S9-1", "subject": "household", "holds": holds}])
    with pytest.raises(EngineError) as found:
        spark.evaluate(plan, tables, ask, local)
    assert "核查 household（once） 时出错：" in str(found.value)
    assert found.value.__suppress_context__


def test_stopped(local: SparkSession, tmp_path: Path) -> None:
    plan, tables, ask = register(tmp_path, 20)
    with pytest.raises(Cancelled, match="已停止，没有留下半途的结果"):
        spark.evaluate(plan, tables, replace(ask, is_cancelled=lambda: True), local)


def test_nothing_to_judge(local: SparkSession, tmp_path: Path) -> None:
    _, tables, ask = register(tmp_path, 20)
    plan = plan_of([{"id": "S9-1", "subject": "household", "per": "month", "holds": "has(visit)"}])
    assert spark.evaluate(plan, tables, Ask(ask.as_of, ask.calendar), local).verdicts == ()
