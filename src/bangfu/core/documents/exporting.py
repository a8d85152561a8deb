"""Everything an office takes away from a run, in one folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import polars as pl

from bangfu.core.calendars import Calendar
from bangfu.core.documents.ledger import LedgerRow, ledger_row, names_of
from bangfu.core.documents.ledger_workbook import LedgerSheets, write_ledger
from bangfu.core.documents.questions import Question, by_fact, by_subject, question
from bangfu.core.documents.summary import summary_html
from bangfu.core.documents.totals import totals_of
from bangfu.core.engine.outcome import Outcome
from bangfu.core.engine.run import Progress
from bangfu.core.engine.runs import RunFolder, explanations
from bangfu.core.engine.sql.blocks import division_path
from bangfu.core.messages import N_, translate
from bangfu.core.plans.pack import Pack
from bangfu.core.plans.plan import Plan
from bangfu.core.snapshots import Snapshot

Record = Callable[[dict[str, list[int]]], None]


def export_run(
    pack: Pack,
    plan: Plan,
    run: RunFolder,
    snapshot: Snapshot,
    tables: Mapping[str, pl.DataFrame],
    folder: Path,
    *,
    found_on: date,
    calendar: Calendar,
    purpose: str,
    record: Record,
    progress: Progress = lambda what, done, total: None,
) -> list[Path]:
    """The ledger (xlsx), the summary page (html), findings (Parquet) and counts (JSON).

    `tables` is the register's state, for names; `record` writes down whose names leave, before they do.
    """
    folder.mkdir(parents=True, exist_ok=True)
    findings = run.findings_with_facts(plan, snapshot).sort("criterion", "division", "subject_id", "period")
    named = findings.group_by("subject").agg(pl.col("subject_id").unique().sort())
    record({subject: list(keys) for subject, keys in named.iter_rows()})
    names = names_of(tables, plan.vocabulary, run.as_of)
    divisions = {
        c.id: division_path(plan.vocabulary, plan.vocabulary.tables[c.subject]) for c in plan.criteria
    }
    rows: dict[int, list[LedgerRow]] = {int(Outcome.UNMET): [], int(Outcome.UNKNOWN): []}
    questions: list[Question] = []
    explained = explanations(plan, findings, run, snapshot, calendar)
    columns = ("criterion", "subject_id", "division", "period", "outcome")
    for done, ((criterion, subject_id, division, period, outcome), why) in enumerate(
        zip(findings.select(columns).iter_rows(), explained, strict=True)
    ):
        if done % 500 == 0:
            progress(translate(N_("写成文字")), done, findings.height)
        path = divisions[criterion]
        place = (path[0], division) if path and division is not None else None
        rows[outcome].append(ledger_row(plan, why, subject_id, place, period, names, found_on, calendar))
        if outcome == Outcome.UNKNOWN:
            questions.append(question(plan, why, subject_id, place, names))
    sheets = LedgerSheets(
        sorted(rows[Outcome.UNMET], key=_order),
        by_fact(questions, plan.vocabulary),
        by_subject(questions, plan.vocabulary),
        sorted(rows[Outcome.UNKNOWN], key=_order),
    )
    files = [
        _write_ledger(folder / "findings.xlsx", pack, run, sheets, purpose, found_on),
        _write_summary(folder / "summary.html", pack, plan, run, names.places, snapshot),
    ]
    findings.write_parquet(folder / "findings.parquet")
    (folder / "counts.json").write_text(
        json.dumps(run.counts().collect().to_dicts(), ensure_ascii=False, indent=1), encoding="utf-8"
    )
    progress("", findings.height, findings.height)
    return [*files, folder / "findings.parquet", folder / "counts.json"]


_HOW_TO_READ = N_(
    "“待核实”缺一样一行，先全部、后分村，用“地点”筛选：补上一样，等着它的结论就都有了。"
    "“待核实对象”一户（一人、一村）一行，入户时照着问。“待核实明细”是逐条结论。一个结论可能等几样，所以各行相加多于结论总数。"
)


def _write_ledger(
    path: Path, pack: Pack, run: RunFolder, sheets: LedgerSheets, purpose: str, found_on: date
) -> Path:
    own = [ledger for ledger in pack.content.documents.ledgers if ledger.of == "issue"]
    warning = N_(
        "本表含姓名，只供整改责任人使用，不得公开张贴或转发。待核实的内容请在下次入户时问清，不是问题。"
    )
    notes = [
        (translate(N_("方案")), f"{pack.head.title} {pack.head.version}"),
        *([(translate(N_("状态")), translate(N_("讨论稿，仅供试算")))] if pack.head.state == "draft" else []),
        (translate(N_("截至")), run.as_of.isoformat()),
        (translate(N_("快照")), str(run.manifest["snapshot"])),
        (translate(N_("用途")), purpose),
        (translate(N_("注意")), translate(warning)),
        (translate(N_("待核实")), translate(_HOW_TO_READ)),
    ]
    write_ledger(path, own[0] if own else None, sheets, found_on, notes)
    return path


def _order(row: LedgerRow) -> tuple[bool, str, str, str, str]:
    """By place, those of no place last; then by subject, criterion and period."""
    return not row.place, row.place, row.subject, row.criterion, row.period


def _write_summary(
    path: Path,
    pack: Pack,
    plan: Plan,
    run: RunFolder,
    places: Mapping[tuple[str, int], str],
    snapshot: Snapshot,
) -> Path:
    totals = list(totals_of(pack, plan.vocabulary, snapshot))
    path.write_text(summary_html(pack, plan, run, places, totals), encoding="utf-8")
    return path
