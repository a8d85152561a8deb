"""One household judged again, as it stands in the register this moment."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

from bangfu.core.calendars import load_calendar
from bangfu.core.engine.explaining import Explanation
from bangfu.core.engine.runs import RunFolder, default_periods, recheck
from bangfu.core.periods import Period
from bangfu.core.plans.pack import Pack as LoadedPack
from bangfu.core.plans.plan import Plan
from bangfu.core.register import VERSION
from bangfu.core.snapshots import write_snapshot
from bangfu.web.registry.rows import VOCABULARY, rows
from bangfu.web.registry.state import state_of_households


def judge_household(
    household: int, pack: LoadedPack, plan: Plan, as_of: date
) -> list[tuple[Period, Explanation]]:
    """Every criterion on one household, from its rows as they are now, by the same evaluator that explains runs.

    A list of which the register has rows for others is there and empty for this household, as in a run.
    """
    state = state_of_households([household])
    tables = {
        name: frame.drop(VERSION)
        for name, frame in state.tables.items()
        if frame.height or rows(name).exists()
    }
    periods = default_periods(pack, plan, as_of)
    said: dict[str, object] = {
        "as_of": as_of.isoformat(),
        "periods": [
            {"id": p.id, "kind": p.kind, "start": p.start.isoformat(), "end": p.end.isoformat()}
            for p in periods
        ],
    }
    with tempfile.TemporaryDirectory(prefix="bangfu-") as folder:
        snapshot = write_snapshot(tables, as_of, Path(folder) / "now", "register:now", VOCABULARY)
        asked = RunFolder(Path(folder), said)
        return recheck(plan, "household", household, asked, snapshot, load_calendar())
