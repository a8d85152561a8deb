"""The engines by name. There is no fallback from one to another."""

from __future__ import annotations

from typing import Literal

from bangfu.core.engine import duckdb, spark
from bangfu.core.engine.run import Ask, Tables
from bangfu.core.engine.sinks import Sink
from bangfu.core.engine.spark_session import LOCAL
from bangfu.core.plans.plan import Plan

EngineName = Literal["duckdb", "spark"]


def evaluate_into(
    engine: EngineName,
    sink: Sink,
    plan: Plan,
    tables: Tables,
    ask: Ask,
    memory: str = "",
    master: str = LOCAL,
) -> None:
    """Judge everything into a sink. `master`: of Spark only. Raises EngineError, Cancelled."""
    if engine == "spark":
        spark.evaluate_into(sink, plan, tables, ask, memory, master)
    else:
        duckdb.evaluate_into(sink, plan, tables, ask, memory)
