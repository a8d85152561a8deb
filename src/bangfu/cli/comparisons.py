"""bangfu compare, simulate: what changed between runs; what a changed plan would change."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from bangfu.cli.console import outcome_text, progress, say, say_json, say_table, t
from bangfu.cli.plans import PlanName, open_plan
from bangfu.cli.runs import AsJson, CalendarFile, SnapshotPath
from bangfu.core.calendars import load_calendar
from bangfu.core.engine.comparing import STATUSES, compare_runs, flips
from bangfu.core.engine.explaining import explain
from bangfu.core.engine.run import Ask
from bangfu.core.engine.runs import RunFolder, default_periods, evaluate_snapshot, open_run
from bangfu.core.engine.subsets import world_around
from bangfu.core.messages import N_, translate
from bangfu.core.plans.plan import Plan
from bangfu.core.snapshots import Snapshot, open_snapshot

RunPath = Annotated[Path, typer.Argument(metavar="RUN", help=t(N_("核查结果文件夹。")))]


def add_commands(app: typer.Typer) -> None:
    """Add this module's commands."""

    def add(command: Callable[..., None], text: str, example: str) -> None:
        app.command(help=t(text), epilog=t(example))(command)

    add(
        compare,
        N_("比较两次核查：新发现、反弹、已解决、转为待核实。"),
        N_("示例：bangfu compare s4_nanhuzhou 上次结果 这次结果"),
    )
    add(
        simulate,
        N_("试算：换一个方案，在同一个快照上谁的结论会变、为什么。"),
        N_("示例：bangfu simulate 现行方案 新方案 快照"),
    )


def compare(
    plan: PlanName,
    before: RunPath,
    after: RunPath,
    history: Annotated[
        list[Path] | None,
        typer.Option("--history", metavar="RUN", help=t(N_("更早的结果，用来认出反弹；可写多次。"))),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """By key, never by name."""
    old, new = open_run(before), open_run(after)
    _, compiled = open_plan(plan, new.as_of.isoformat())
    with progress(t(N_("比较"))):
        compared = compare_runs(compiled, old, new, [open_run(folder) for folder in history or []])
    if as_json:
        say_json(compared.to_dicts())
        return
    counts = (
        compared.group_by("criterion", "status")
        .len()
        .pivot("status", index="criterion", values="len")
        .fill_null(0)
    )
    statuses = [status for status in STATUSES if status in counts.columns]
    rows = [
        (row["criterion"], *(row[s] for s in statuses))
        for row in counts.sort("criterion").iter_rows(named=True)
    ]
    say_table(
        [t(N_("编号")), *(translate(STATUSES[s]) for s in statuses)],
        rows,
        numeric=range(1, len(statuses) + 1),
    )
    say(t(N_("✓ 共 {count} 项有问题或待核实。"), count=compared.height))


def simulate(
    plan: PlanName,
    changed: Annotated[str, typer.Argument(metavar="CHANGED", help=t(N_("改动后的方案。")))],
    snapshot: SnapshotPath,
    shown: Annotated[int, typer.Option("--show", metavar="N", help=t(N_("最多说明多少个对象。")))] = 20,
    calendar_file: CalendarFile = None,
    as_json: AsJson = False,
) -> None:
    """Both plans on one snapshot; nothing is kept."""
    taken = open_snapshot(snapshot)
    with tempfile.TemporaryDirectory() as scratch, progress(t(N_("试算"))) as step:
        plans, runs = [], []
        for index, name in enumerate((plan, changed)):
            pack, compiled = open_plan(name, taken.as_of.isoformat())
            periods = default_periods(pack, compiled, taken.as_of)
            ask = Ask(taken.as_of, load_calendar(calendar_file), periods, progress=step)
            plans.append(compiled)
            runs.append(evaluate_snapshot(compiled, taken, Path(scratch) / str(index), ask))
        flipped = flips(plans[0], plans[1], runs[0], runs[1])
        reasons = _reasons(plans[1], flipped.head(shown), runs[1], taken, calendar_file)
    if as_json:
        say_json({"flips": flipped.to_dicts(), "because": reasons})
        return
    totals = flipped.group_by("criterion", "before", "after").len().sort("criterion", "before", "after")
    say_table(
        [t(N_("编号")), t(N_("原结论")), t(N_("新结论")), t(N_("个数"))],
        [(c, _outcome(b), _outcome(a), n) for c, b, a, n in totals.iter_rows()],
        numeric=(3,),
    )
    villages = _villages(taken)
    within = flipped.filter(pl.col("subject").is_in(["household", "person", "village"]))
    by_village = within.group_by("division").len().sort("len", "division", descending=[True, False])
    rows = [(villages.get(division, ""), count) for division, count in by_village.iter_rows()]
    say_table([t(N_("村")), t(N_("个数"))], rows, numeric=(1,))
    for row, reason in zip(flipped.head(shown).iter_rows(named=True), reasons, strict=True):
        change = f"{_outcome(row['before'])} → {_outcome(row['after'])}"
        say(f"{row['criterion']} {row['subject']} {row['subject_id']}：{change}　{reason}")
    say(t(N_("✓ 共 {count} 个结论会变。"), count=flipped.height))


def _villages(taken: Snapshot) -> dict[int, str]:
    if "village" not in taken.tables:
        return {}
    return dict(
        pl.read_parquet(
            taken.tables["village"], glob=False, columns=["village_id", "division_name"]
        ).iter_rows()
    )


def _outcome(code: int) -> str:
    return outcome_text(code) if code else translate(N_("没有核查"))


def _reasons(
    plan: Plan, flipped: pl.DataFrame, run: RunFolder, taken: Snapshot, calendar_file: Path | None
) -> list[str]:
    """Why each has its new outcome, clause by clause."""
    calendar = load_calendar(calendar_file)
    reasons = []
    for row in flipped.iter_rows(named=True):
        criterion = plan.criterion(row["criterion"])
        if criterion is None or not row["after"]:
            reasons.append("")
            continue
        world = world_around(plan, [criterion], [row["subject_id"]], taken.tables, run.as_of, calendar)
        reasons.append(
            explain(criterion, world, run.period(row["period"]), world.rows(row["subject"])[0]).text()
        )
    return reasons
