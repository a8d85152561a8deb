"""One household judged anew, with its explanations."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from bangfu.core.calendars import load_calendar
from bangfu.core.engine.runs import RunFolder, recheck
from bangfu.core.snapshots import Snapshot
from benchmarks.clocks import Clock
from benchmarks.judging import AS_OF, files_in, plan_of


def recheck_one(folder: str, repeats: int = 11) -> dict[str, object]:
    """The median over households from the first to the last."""
    files, plan, calendar, clock = files_in(folder), plan_of(), load_calendar(), Clock()
    rows = {name: pq.read_metadata(path).num_rows for name, path in files.items()}
    snapshot = Snapshot(Path(folder), AS_OF, "", files, rows, "", "", "")
    run = RunFolder(Path(folder), {"as_of": AS_OF.isoformat(), "periods": []})
    keys = [1 + index * (rows["household"] - 1) // repeats for index in range(repeats)]
    recheck(plan, "household", keys[-1], run, snapshot, calendar)
    for key in keys:
        clock.time(lambda key=key: recheck(plan, "household", key, run, snapshot, calendar))  # type: ignore[misc]
    return clock.medians()
