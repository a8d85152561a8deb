"""What Spark is asked in the tests: many questions at once, each with what DuckDB says to it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from bangfu.core.calendars import load_calendar
from bangfu.core.engine import Ask, Run, duckdb, spark
from bangfu.core.engine.cases import arrow_tables
from bangfu.core.engine.run import Tables
from bangfu.core.plans.plan import Plan
from benchmarks.data import write_registers
from benchmarks.judging import AS_OF, plan_of
from tests.functional.spark.batches import Batch, batches_of
from tests.functional.spark.comparing import assert_same
from tests.spec.corpus import Bench, topics

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Question = tuple[Plan, Tables, Ask]


def runs_like_duckdb(questions: Sequence[Question], session: SparkSession) -> list[Run]:
    """The runs of Spark; each is the same as DuckDB's, to the last letter."""
    runs = spark.evaluate_all(questions, session)
    for run, question in zip(runs, questions, strict=True):
        assert_same(run, duckdb.evaluate(*question))
    return runs


def assert_corpus(session: SparkSession) -> None:
    """Every example of the conformance corpus comes out as it says."""
    benches = examples()
    questions = [(b.plan, arrow_tables(b.world), Ask(b.as_of, b.calendar, b.periods)) for b in benches]
    for bench, run in zip(benches, spark.evaluate_all(questions, session), strict=True):
        assert bench.by_engine(lambda *_, run=run: run) == (bench.outcomes, bench.values)


@cache
def examples() -> list[Bench]:
    """The corpus, ready to be run."""
    return [Bench(example) for topic in topics() for example in topic.examples]


def assert_cases(batches: Sequence[Batch], session: SparkSession) -> None:
    """The cases come out as they say."""
    runs = runs_like_duckdb([(batch.plan, batch.tables, batch.ask) for batch in batches], session)
    for batch, run in zip(batches, runs, strict=True):
        assert batch.differences(run) == []


def fullest(pack: str, most: int) -> list[Batch]:
    """The batches of a pack that hold most cases."""
    return sorted(batches_of(pack), key=lambda batch: len(batch.expected), reverse=True)[:most]


def register(folder: Path, households: int = 3_000) -> Question:
    """An invented register on disk, and forty criteria to judge it by."""
    return plan_of(), write_registers(folder, households, unknowns=True), Ask(AS_OF, load_calendar())
