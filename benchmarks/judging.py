"""Our own engine under the clock: the scan it is held against, the whole plan, one query per criterion."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq

from bangfu.core.calendars import load_calendar
from bangfu.core.engine.duckdb import evaluate_into
from bangfu.core.engine.run import Ask
from bangfu.core.engine.sinks import FolderSink
from bangfu.core.engine.sql.blocks import blocks_of
from bangfu.core.plans.compiling import compile_plan
from bangfu.core.plans.load import load_pack
from bangfu.core.plans.plan import Plan
from bangfu.core.vocabulary import load_vocabulary
from benchmarks.clocks import Clock, peak_gb

PACK = Path(__file__).parent / "pack"
AS_OF = date(2019, 12, 31)
THREADS = 2
COMMON = ("B-01", "B-05", "B-11", "B-14", "B-15", "B-16", "B-21", "B-24", "B-26", "B-32", "B-36", "B-37")
ON_THE_ROW = tuple(f"B-{number:02}" for number in range(1, 13))

Files = Mapping[str, Path]


def plan_of(criteria: Sequence[str] = ()) -> Plan:
    """The plan to measure with, or a part of it."""
    plan = compile_plan(load_pack(PACK), AS_OF, load_vocabulary())
    return replace(plan, criteria=tuple(c for c in plan.criteria if not criteria or c.id in criteria))


def judge(plan: Plan, files: Files, folder: Path, memory: str = "") -> None:
    """Everything a run leaves: outcomes, findings with facts, counts."""
    shutil.rmtree(folder, ignore_errors=True)
    evaluate_into(FolderSink(folder), plan, files, Ask(AS_OF, load_calendar()), memory=memory)


def scans(plan: Plan, files: Files) -> list[str]:
    """A query per file that reads the columns used and nothing more."""
    (block,) = blocks_of(plan, AS_OF, files)
    queries = []
    for path in files.values():
        used = [name for name in pq.read_schema(path).names if f'"{name}"' in block.rows]
        columns = ", ".join(f'"{name}"' for name in used)
        queries.append(f"SELECT BIT_XOR(HASH({columns})) FROM read_parquet('{path}')")
    return queries


def whole_plan(folder: str, scratch: str, repeats: int = 5, memory: str = "") -> dict[str, object]:
    """The scan and the plan by turns, so that both meet the same noise."""
    files, plan, target = files_in(folder), plan_of(), Path(scratch) / "run"
    scan, ours = Clock(), Clock()
    queries = scans(plan, files)

    def read() -> None:
        with duckdb.connect() as connection:
            connection.execute(f"SET threads = {THREADS}")
            for query in queries:
                connection.execute(query).fetchall()

    read()
    for _ in range(repeats):
        scan.time(read)
        ours.time(lambda: judge(plan, files, target, memory))
    rows = counts_in(target)
    return {
        "scan": scan.medians(),
        "ours": ours.medians(),
        "peak_gb": peak_gb(),
        "findings": sum(rows.values()),
    }


def some_criteria(folder: str, scratch: str, criteria: Sequence[str], repeats: int = 3) -> dict[str, object]:
    """A part of the plan, as the peers are asked; with its failures by criterion."""
    files, plan, target = files_in(folder), plan_of(criteria), Path(scratch) / "run"
    judge(plan, files, target)
    ours = Clock()
    for _ in range(repeats):
        ours.time(lambda: judge(plan, files, target))
    return {**ours.medians(), "failures": counts_in(target)}


def one_by_one(folder: str, scratch: str, repeats: int = 1) -> dict[str, object]:
    """The plan against a query per criterion by the same engine with the same semantics."""
    files, plan, target = files_in(folder), plan_of(), Path(scratch) / "run"
    judge(plan, files, target)
    together, apart = Clock(), Clock()
    parts = [plan_of([criterion.id]) for criterion in plan.criteria]
    for _ in range(repeats):
        together.time(lambda: judge(plan, files, target))
        apart.time(lambda: [judge(part, files, target) for part in parts])
    return {"ours": together.medians(), "peer": apart.medians()}


def files_in(folder: str) -> Files:
    """The tables of a folder."""
    return {path.stem: path for path in sorted(Path(folder).glob("*.parquet"))}


def counts_in(folder: Path) -> dict[str, int]:
    """Unmet and unknown by criterion, from what the run left."""
    frame = pl.scan_parquet(folder / "counts" / "*.parquet").group_by("criterion")
    found = frame.agg((pl.col("unmet") + pl.col("unknown")).sum()).sort("criterion").collect()
    return dict(found.iter_rows())
