"""bangfu evaluate, explain, export: judge a snapshot, say why, and hand over what the office needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from bangfu.cli.console import outcome_text, progress, say, say_json, say_table, t
from bangfu.cli.edge import day_of, now, register_key, user
from bangfu.cli.plans import PlanName, open_plan
from bangfu.core.calendars import Calendar, load_calendar
from bangfu.core.documents import export_run
from bangfu.core.engine.engines import EngineName
from bangfu.core.engine.outcome import Outcome
from bangfu.core.engine.run import Ask
from bangfu.core.engine.runs import RunFolder, evaluate_snapshot, open_run, periods_from, recheck
from bangfu.core.engine.spark_session import LOCAL
from bangfu.core.errors import Problem, SnapshotError
from bangfu.core.messages import N_, Message
from bangfu.core.register import Access, ParquetRegister, open_register
from bangfu.core.snapshots import Snapshot, open_snapshot

RunPath = Annotated[Path, typer.Argument(metavar="RUN", help=t(N_("核查结果文件夹。")))]
SnapshotPath = Annotated[Path, typer.Argument(metavar="SNAPSHOT", help=t(N_("快照文件夹。")))]
Purpose = Annotated[str, typer.Option("--purpose", help=t(N_("用途，会记入登记库的查询记录。")))]
RegisterOption = Annotated[Path, typer.Option("--register", metavar="REGISTER", help=t(N_("登记库文件夹。")))]
AsJson = Annotated[bool, typer.Option("--json", help=t(N_("以 JSON 输出。")))]
CalendarFile = Annotated[
    Path | None, typer.Option("--calendar", metavar="FILE", help=t(N_("工作日历（CSV）；不写则用自带的。")))
]


def add_commands(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command(help=t(N_("按方案核查快照。")), epilog=t(N_("示例：bangfu evaluate s4_nanhuzhou 快照 结果")))(
        evaluate
    )
    app.command(
        help=t(N_("说明一户（或一村）每条标准为什么是这个结论。")),
        epilog=t(
            N_(
                "示例：bangfu explain s4_nanhuzhou 快照 结果 --register 登记库 --code 430624105000201 --purpose 入户核实"
            )
        ),
    )(explain)
    app.command(
        help=t(N_("导出问题清单（Excel）、汇总页和数据文件。")),
        epilog=t(N_("示例：bangfu export s4_nanhuzhou 快照 结果 交付 --register 登记库 --purpose 整改交办")),
    )(export)


def evaluate(
    plan: PlanName,
    snapshot: SnapshotPath,
    folder: Annotated[Path, typer.Argument(metavar="RUN", help=t(N_("核查结果写到哪个新文件夹。")))],
    period: Annotated[
        list[str] | None, typer.Option("--period", help=t(N_("周期，如 2018、2018-06、2018-W24；可写多次。")))
    ] = None,
    brief: Annotated[bool, typer.Option("--brief", help=t(N_("只列出有问题或待核实的标准。")))] = False,
    memory: Annotated[str, typer.Option("--memory", help=t(N_("内存上限，如 2GB。")))] = "",
    engine: Annotated[EngineName, typer.Option("--engine", help=t(N_("用哪个引擎核查。")))] = "duckdb",
    master: Annotated[
        str,
        typer.Option(
            "--master", metavar="URL", help=t(N_("Spark 主节点，如 spark://10.0.0.5:7077；不写则在本机。"))
        ),
    ] = LOCAL,
    calendar_file: CalendarFile = None,
    as_json: AsJson = False,
) -> None:
    """Judge everything; print counts by criterion."""
    taken = open_snapshot(snapshot)
    pack, compiled = open_plan(plan, taken.as_of.isoformat())
    periods = periods_from(period or [], pack, compiled, taken.as_of)
    with progress(t(N_("核查"))) as step:
        ask = Ask(taken.as_of, load_calendar(calendar_file), periods, progress=step)
        run = evaluate_snapshot(compiled, taken, folder, ask, engine, memory, master)
    counts = _totals(run)
    if as_json:
        say_json({"run": str(folder), "as_of": run.as_of, "counts": counts.to_dicts()})
        return
    names = {c.id: c.name for c in compiled.criteria}
    shown = counts.filter(pl.col("unmet") + pl.col("unknown") > 0) if brief else counts
    rows = [(c, names[c], "" if p == "once" else p, *numbers) for c, p, *numbers in shown.iter_rows()]
    signs = [outcome_text(code) for code in range(1, 6)]
    say_table([t(N_("编号")), t(N_("标准")), t(N_("周期")), *signs], rows, numeric=range(3, 8))
    unmet, unknown = int(counts["unmet"].sum()), int(counts["unknown"].sum())
    say(
        t(
            N_("✓ 问题 {unmet} 个，待核实 {unknown} 个。结果在 {folder}。"),
            unmet=unmet,
            unknown=unknown,
            folder=str(folder),
        )
    )


def _totals(run: RunFolder) -> pl.DataFrame:
    numbers = ["met", "unmet", "unknown", "not_applicable", "not_due"]
    grouped = run.counts().group_by("criterion", "period").agg(pl.col(numbers).sum())
    order = pl.DataFrame({"criterion": list(run.criteria)}).with_row_index("order").lazy()
    ordered = grouped.join(order, on="criterion").sort("order", "period")
    return ordered.select("criterion", "period", *numbers).collect()


def explain(
    plan: PlanName,
    snapshot: SnapshotPath,
    run_folder: RunPath,
    register: RegisterOption,
    purpose: Purpose,
    code: Annotated[
        str, typer.Option("--code", help=t(N_("户编号、村或乡镇的区划代码、单位或干部编号。")))
    ] = "",
    first: Annotated[bool, typer.Option("--first", help=t(N_("不指定编号，看第一个有问题的对象。")))] = False,
    everything: Annotated[bool, typer.Option("--all", help=t(N_("不适用和未到期的也列出。")))] = False,
    subject: Annotated[
        str, typer.Option("--subject", help=t(N_("对象的表名，如 household、village。")))
    ] = "household",
    calendar_file: CalendarFile = None,
    as_json: AsJson = False,
) -> None:
    """One subject judged again from the same artefacts, clause by clause; the look is recorded first."""
    run, taken, library = _opened(run_folder, snapshot, register)
    _, compiled = open_plan(plan, run.as_of.isoformat())
    key = _first_of(run, subject) if first else _key_of(library, subject, code)
    library.record_access(
        Access(at=now(), by=user(), action="explain", purpose=purpose, subjects={subject: [key]})
    )
    found = recheck(compiled, subject, key, run, taken, _calendar(calendar_file))
    if as_json:
        say_json([
            {"criterion": e.criterion.id, "period": p.id, "outcome": e.outcome.name.lower(), "because": e.text()}
            for p, e in found
        ])  # fmt: skip
        return
    shown = sorted(found, key=lambda item: _ORDER.index(item[1].outcome))
    for period, explanation in shown:
        if explanation.outcome in (Outcome.NOT_APPLICABLE, Outcome.NOT_DUE) and not everything:
            continue
        criterion = explanation.criterion
        when = "" if period.kind == "once" else f" {period.id}"
        say(f"{outcome_text(int(explanation.outcome))}　{criterion.id} {criterion.name}{when}")
        say(f"    {explanation.text()}　（{criterion.source}）")
    hidden = sum(e.outcome in (Outcome.NOT_APPLICABLE, Outcome.NOT_DUE) for _, e in found)
    if hidden and not everything:
        say(t(N_("– 另有 {count} 条不适用或未到期，加 --all 列出。"), count=hidden))


_ORDER = [Outcome.UNMET, Outcome.UNKNOWN, Outcome.MET, Outcome.NOT_DUE, Outcome.NOT_APPLICABLE]


def _opened(run_folder: Path, snapshot: Path, register: Path) -> tuple[RunFolder, Snapshot, ParquetRegister]:
    run, taken = open_run(run_folder), open_snapshot(snapshot)
    if run.manifest["snapshot"] != taken.content_hash:
        remedy = Message(N_("请给出核查时所用的快照。"))
        problem = Problem(
            "run.snapshot", Message(N_("核查结果不是从这个快照得来的")), str(run_folder), remedy
        )
        raise SnapshotError(problem)
    return run, taken, open_register(register, register_key())


def _calendar(file: Path | None) -> Calendar:
    return load_calendar(file)


def _first_of(run: RunFolder, subject: str) -> int:
    """The subject of that kind with most problems."""
    found = run.findings().filter((pl.col("subject") == subject) & (pl.col("outcome") == int(Outcome.UNMET)))
    ranked = found.group_by("subject_id").len().sort("len", "subject_id", descending=[True, False]).collect()
    if not ranked.height:
        raise SnapshotError(Problem("explain.none", Message(N_("没有发现问题。"))))
    return int(ranked["subject_id"][0])


def _key_of(library: ParquetRegister, subject: str, code: str) -> int:
    frame = library.state().tables.get(subject)
    column = "division_code" if subject in ("village", "township", "county") else f"{subject}_code"
    if frame is None or column not in frame.columns:
        raise SnapshotError(
            Problem("explain.subject", Message(N_("登记库中没有“{subject}”"), {"subject": subject}))
        )
    keys = frame.filter(pl.col(column) == code)[f"{subject}_id"].to_list()
    if len(keys) != 1:
        raise SnapshotError(
            Problem(
                "explain.code",
                Message(N_("编号 {code} 对应 {count} 个对象"), {"code": code, "count": len(keys)}),
            )
        )
    return int(keys[0])


def export(
    plan: PlanName,
    snapshot: SnapshotPath,
    run_folder: RunPath,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help=t(N_("交付文件写到哪个文件夹。")))],
    register: RegisterOption,
    purpose: Purpose,
    found_on: Annotated[
        str,
        typer.Option(
            "--found-on", metavar="DATE", help=t(N_("发现问题的日期，期限从这天算起；不写为快照日。"))
        ),
    ] = "",
    calendar_file: CalendarFile = None,
    as_json: AsJson = False,
) -> None:
    """The ledger workbook with names (recorded), the summary page without."""
    run, taken, library = _opened(run_folder, snapshot, register)
    pack, compiled = open_plan(plan, run.as_of.isoformat())
    day = day_of(found_on) or run.as_of

    def record(subjects: dict[str, list[int]]) -> None:
        library.record_access(
            Access(at=now(), by=user(), action="export", purpose=purpose, subjects=subjects)
        )

    with progress(t(N_("导出"))) as step:
        files = export_run(
            pack, compiled, run, taken, library.state().tables, folder,
            found_on=day, calendar=_calendar(calendar_file), purpose=purpose, record=record, progress=step,
        )  # fmt: skip
    if as_json:
        say_json([str(file) for file in files])
        return
    for file in files:
        say(t(N_("✓ {file}"), file=str(file)))
