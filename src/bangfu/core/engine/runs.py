"""A run on disk: a snapshot judged by a plan, kept with what it was made from."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow as pa

from bangfu import __version__
from bangfu.core.calendars import Calendar
from bangfu.core.engine.engines import EngineName, evaluate_into
from bangfu.core.engine.explaining import Explanation, explain
from bangfu.core.engine.findings import findings_in
from bangfu.core.engine.outcome import FINDINGS
from bangfu.core.engine.run import COUNTS_SCHEMA, FINDINGS_SCHEMA, MEASURES_SCHEMA, ROW_KEYS, Ask
from bangfu.core.engine.sinks import FolderSink
from bangfu.core.engine.spark_session import LOCAL
from bangfu.core.engine.sql.blocks import blocks_of
from bangfu.core.engine.subsets import world_around
from bangfu.core.errors import Problem, SnapshotError
from bangfu.core.messages import N_, Message
from bangfu.core.periods import (
    NAMED_KINDS,
    PERIOD_KINDS,
    Period,
    PeriodKind,
    containing,
    named,
    once,
    parse_period,
    periods_of,
    previous,
)
from bangfu.core.plans.pack import Pack
from bangfu.core.plans.plan import Criterion, Plan
from bangfu.core.snapshots import Snapshot

FORMAT = 2  # 1 kept counts and measures beside the manifest
MANIFEST = "run.json"


@dataclass(frozen=True)
class RunFolder:
    """An evaluated snapshot. Frames have the schemas of `engine/run.py`."""

    folder: Path
    manifest: dict[str, object]

    @property
    def as_of(self) -> date:
        """The day judged."""
        return date.fromisoformat(str(self.manifest["as_of"]))

    @property
    def periods(self) -> list[Period]:
        """The periods judged, once excepted."""
        listed: list[dict[str, str]] = self.manifest["periods"]  # type: ignore[assignment]
        return [
            Period(date.fromisoformat(p["start"]), date.fromisoformat(p["end"]), p["kind"], p["id"])  # type: ignore[arg-type]
            for p in listed
        ]

    @property
    def criteria(self) -> dict[str, tuple[str, str]]:
        """Subject and kind of period of each criterion, in the order of the plan."""
        return self.manifest["criteria"]  # type: ignore[return-value]

    def period(self, period_id: str) -> Period:
        """The period of that id. Raises KeyError for one that was not judged."""
        return {p.id: p for p in (once(self.as_of), *self.periods)}[period_id]

    def findings(self) -> pl.LazyFrame:
        """criterion, subject, subject_id, period, division, outcome."""
        found = []
        for (subject, per), criteria in self._blocks().items():
            outcomes = self.verdicts(subject, per).unpivot(
                criteria, index=ROW_KEYS, variable_name="criterion", value_name="outcome"
            )
            found.append(outcomes.with_columns(pl.lit(subject).alias("subject")))
        none = pl.DataFrame(pl.from_arrow(FINDINGS_SCHEMA.empty_table())).lazy().drop("facts")
        outcomes = pl.concat([none, *found], how="diagonal")
        return outcomes.filter(pl.col("outcome").is_in([int(outcome) for outcome in FINDINGS]))

    def findings_with_facts(self, plan: Plan, snapshot: Snapshot) -> pl.DataFrame:
        """The findings and in `facts` the values used, as JSON; asks for the plan and snapshot of the run."""
        tables = [FINDINGS_SCHEMA.empty_table()]
        for block in blocks_of(plan, self.as_of, snapshot.tables):
            files, subjects = self._files(block.subject, block.per), snapshot.tables.get(block.subject)
            if files and subjects is not None:
                tables.append(findings_in(files, block, subjects))
        return pl.DataFrame(pl.from_arrow(pa.concat_tables(tables)))

    def counts(self) -> pl.LazyFrame:
        """criterion, period, division, met, unmet, unknown, not_applicable, not_due."""
        frame = self._parts("counts", COUNTS_SCHEMA)
        keys = ["criterion", "period", "division"]
        return frame.group_by(keys).agg(pl.exclude(keys).sum()).sort(keys)

    def measures(self) -> pl.LazyFrame:
        """criterion, subject, subject_id, period, measure, certain, possible, threshold, owed, last_day."""
        return self._parts("measures", MEASURES_SCHEMA)

    def verdicts(self, subject: str, per: str) -> pl.LazyFrame:
        """subject_id, period, division and an outcome column per criterion of that block."""
        criteria = self._blocks()[subject, per]
        rows = pl.scan_parquet(self._files(subject, per), glob=False)
        if per == "once":
            rows = rows.with_columns(pl.lit("once").alias("period"))
        return rows.select(*ROW_KEYS, *criteria)

    def _blocks(self) -> dict[tuple[str, str], list[str]]:
        """Criteria by subject and kind of period, of those of which anything was judged."""
        blocks: dict[tuple[str, str], list[str]] = {}
        for criterion, (subject, per) in self.criteria.items():
            if self._files(subject, per):
                blocks.setdefault((subject, per), []).append(criterion)
        return blocks

    def _files(self, subject: str, per: str) -> list[Path]:
        return sorted((self.folder / "verdicts").glob(f"{subject}.{per}-*.parquet"))

    def _parts(self, kind: str, schema: pa.Schema) -> pl.LazyFrame:
        files = sorted((self.folder / kind).glob("*.parquet"))
        if not files:
            return pl.DataFrame(pl.from_arrow(schema.empty_table())).lazy()
        return pl.scan_parquet(files, glob=False)


def evaluate_snapshot(
    plan: Plan,
    snapshot: Snapshot,
    folder: Path,
    ask: Ask,
    engine_name: EngineName = "duckdb",
    memory: str = "",
    master: str = LOCAL,
) -> RunFolder:
    """Judge a snapshot and keep the results in a new folder; the folder appears only when complete.

    Raises EngineError, Cancelled, SnapshotError (the folder exists already).
    """
    if folder.exists():
        problem = Problem("run.exists", Message(N_("这里已有内容，不能写入核查结果")), str(folder))
        raise SnapshotError(problem)
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        evaluate_into(engine_name, FolderSink(partial), plan, snapshot.tables, ask, memory, master)
        manifest = _manifest(plan, snapshot, ask, engine_name)
        (partial / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return open_run(folder)


def _manifest(plan: Plan, snapshot: Snapshot, ask: Ask, engine_name: str) -> dict[str, object]:
    return {
        "format": FORMAT,
        "engine": engine_name,
        "engine_version": __version__,
        "as_of": ask.as_of.isoformat(),
        "plan": plan.id,
        "plan_version": plan.version,
        "plan_digest": plan.digest,
        "plan_title": plan.title,
        "snapshot": snapshot.content_hash,
        "snapshot_folder": str(snapshot.folder),
        "periods": [
            {"id": p.id, "kind": p.kind, "start": p.start.isoformat(), "end": p.end.isoformat()}
            for p in ask.periods
        ],
        "criteria": {c.id: [c.subject, c.per] for c in plan.criteria},
    }


def open_run(folder: Path) -> RunFolder:
    """Open a run. Raises SnapshotError where there is none, or one of another format."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        remedy = Message(N_("请先运行 bangfu evaluate。"))
        raise SnapshotError(
            Problem("run.missing", Message(N_("这里没有完整的核查结果")), str(folder), remedy)
        ) from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        remedy = Message(N_("请用本版本重新核查。"))
        raise SnapshotError(
            Problem("run.format", Message(N_("核查结果的格式不是本版本所能读的格式")), str(folder), remedy)
        )
    return RunFolder(folder, manifest)


# Of these only the period last ended and the one under way are judged unless others are asked for.
_SHORT_KINDS = ("month", "week", "day")


def default_periods(pack: Pack, plan: Plan, as_of: date) -> list[Period]:
    """The periods that a run judges unless told otherwise, for each kind that the plan uses.

    Months, weeks and days: the last one ended and the one under way, as far as the plan runs then. Longer
    ones: all from the plan's first day on, because a deadline of the first quarter is still owed in the
    last. Stages, campaign and term: as the plan dates them.
    """
    used = [kind for kind in PERIOD_KINDS if kind != "once" and any(c.per == kind for c in plan.criteria)]
    return [period for kind in used for period in _default_periods(kind, pack, plan, as_of)]


def _default_periods(kind: PeriodKind, pack: Pack, plan: Plan, as_of: date) -> list[Period]:
    if kind == "stage":
        stages = pack.content.campaign.stages
        return [named(kind, s.id, s.start, s.to) for s in stages if s.start and s.to]
    if kind in ("campaign", "term"):
        return [named(kind, pack.head.id, *plan.campaign)] if plan.campaign else []
    span = pack.head.period
    first = previous(containing(kind, as_of)).start
    if kind not in _SHORT_KINDS and span.start is not None:
        first = min(span.start, as_of)
    return [
        period
        for period in periods_of(kind, first, as_of)
        if (span.start is None or period.end >= span.start) and (span.to is None or period.start <= span.to)
    ]


def periods_from(texts: Sequence[str], pack: Pack, plan: Plan, as_of: date) -> list[Period]:
    """Periods as typed (2024-06, 2024-W23, a stage's id); none: the default ones. Raises PeriodError."""
    default = default_periods(pack, plan, as_of)
    if not texts:
        return default
    known = {name: p for p in default if p.kind in NAMED_KINDS for name in (p.id, p.id.partition(":")[2])}
    return [parse_period(text, as_of, known) for text in texts]


def explanations(
    plan: Plan, findings: pl.DataFrame, run: RunFolder, tables: Snapshot, calendar: Calendar
) -> Iterator[Explanation]:
    """The explanation of every finding, in the order of the rows (columns criterion, subject_id, period)."""
    by_subject: dict[str, list[Criterion]] = {}
    for criterion in plan.criteria:
        by_subject.setdefault(criterion.subject, []).append(criterion)
    worlds = {}
    for subject, criteria in by_subject.items():
        ids = {c.id for c in criteria}
        wanted = findings.filter(pl.col("criterion").is_in(ids))
        if wanted.height:
            used = [c for c in criteria if c.id in set(wanted["criterion"])]
            world = world_around(plan, used, wanted["subject_id"], tables.tables, run.as_of, calendar)
            key = plan.vocabulary.tables[subject].key
            worlds[subject] = world, {row[key]: row for row in world.rows(subject)}
    for criterion_id, subject_id, period_id in findings.select(
        "criterion", "subject_id", "period"
    ).iter_rows():
        criterion = next(c for c in plan.criteria if c.id == criterion_id)
        world, rows = worlds[criterion.subject]
        yield explain(criterion, world, run.period(period_id), rows[subject_id])


def recheck(
    plan: Plan, subject: str, subject_id: int, run: RunFolder, tables: Snapshot, calendar: Calendar
) -> list[tuple[Period, Explanation]]:
    """Every criterion on one subject, judged anew from the snapshot by the reference evaluator."""
    criteria = [c for c in plan.criteria if c.subject == subject]
    if not criteria:
        return []
    world = world_around(plan, criteria, [subject_id], tables.tables, run.as_of, calendar)
    rows = world.rows(subject)
    if not rows:
        problem = Problem("run.no_subject", Message(N_("快照中没有这个对象：{id}"), {"id": str(subject_id)}))
        raise SnapshotError(problem)
    found = []
    for criterion in criteria:
        periods = (
            [once(run.as_of)]
            if criterion.per == "once"
            else [p for p in run.periods if p.kind == criterion.per]
        )
        found += [(period, explain(criterion, world, period, rows[0])) for period in periods]
    return found
