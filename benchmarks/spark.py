"""The same plan on Spark and on DuckDB, by turns: the same outcomes, at what cost?"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from bangfu.core.calendars import load_calendar
from bangfu.core.engine import spark
from bangfu.core.engine.run import Ask
from bangfu.core.engine.sinks import FolderSink
from bangfu.core.engine.spark_session import LOCAL, open_session
from benchmarks.clocks import Clock
from benchmarks.judging import AS_OF, files_in, judge, plan_of

MEMORY = "3GB"


def spark_run(folder: str, scratch: str, repeats: int = 2) -> dict[str, object]:
    """Both in one process; the first run of each, which warms it, is not counted."""
    files, plan = files_in(folder), plan_of()
    here, there = Path(scratch) / "run", Path(scratch) / "spark-run"
    ours, theirs = Clock(), Clock()
    with open_session(LOCAL, MEMORY) as session:

        def judge_there() -> None:
            shutil.rmtree(there, ignore_errors=True)
            spark.evaluate_into(FolderSink(there), plan, files, Ask(AS_OF, load_calendar()), session=session)

        judge(plan, files, here)
        judge_there()
        for _ in range(repeats):
            ours.time(lambda: judge(plan, files, here))
            theirs.time(judge_there)
    return {
        "ours": ours.medians(),
        "peer": theirs.medians(),
        "verdicts": [_hash(here), _hash(there)],
    }


def _hash(folder: Path) -> str:
    """One number for all that a run says of every subject, in whatever order and parts."""
    rows = f"read_parquet('{folder}/verdicts/*.parquet')"
    ids = ", ".join(f'"{criterion.id}"' for criterion in plan_of().criteria)
    with duckdb.connect() as connection:
        found = connection.sql(f"SELECT COUNT(*), SUM(HASH(subject_id, division, {ids})) FROM {rows}")
        return " ".join(map(str, found.fetchall()[0]))
