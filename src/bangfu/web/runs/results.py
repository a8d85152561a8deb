"""What a run found, for somebody: counts, rows and explanations of their own divisions and of no other."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from bangfu.core.calendars import load_calendar
from bangfu.core.divisions import Level
from bangfu.core.engine.comparing import STATUSES, compare_runs
from bangfu.core.engine.explaining import Clause, Explanation
from bangfu.core.engine.outcome import Outcome
from bangfu.core.engine.runs import RunFolder, explanations, open_run, recheck
from bangfu.core.engine.sql.blocks import division_path
from bangfu.core.errors import SnapshotError
from bangfu.core.messages import N_
from bangfu.core.periods import Period
from bangfu.core.plans.plan import Criterion, Plan
from bangfu.core.snapshots import Snapshot, open_snapshot
from bangfu.core.vocabulary import Sensitivity
from bangfu.web.access import Permission
from bangfu.web.accounts.models import User
from bangfu.web.accounts.policy import can, codes_of
from bangfu.web.divisions.models import Division
from bangfu.web.pages.text import t
from bangfu.web.plans.packs import plan_on
from bangfu.web.registry.rows import VOCABULARY, Row, rows
from bangfu.web.registry.scope import AREAS
from bangfu.web.runs.models import Run

NUMBERS = ("met", "unmet", "unknown", "not_applicable", "not_due")
OUTCOMES = {
    Outcome.MET: ("✓", N_("达标")),
    Outcome.UNMET: ("✕", N_("未达标")),
    Outcome.UNKNOWN: ("?", N_("待核实")),
    Outcome.NOT_APPLICABLE: ("–", N_("不适用")),
    Outcome.NOT_DUE: ("○", N_("未到期")),
}


@dataclass(frozen=True)
class Results:
    """A finished run as one user may see it. Every figure and row goes through `_mine`."""

    run: Run
    user: User
    village: int | None = None

    @cached_property
    def folder(self) -> RunFolder:
        """The results on disk."""
        return open_run(self.run.folder / "result")

    @cached_property
    def plan(self) -> Plan:
        """The plan that judged, as it stood on the day."""
        return plan_on(self.run.enactment.pack.digest, self.run.as_of)[1]

    @cached_property
    def places(self) -> dict[str, dict[int, str]]:
        """Key → name of the villages, townships and counties that lie in the run's division and in the user's."""
        codes = codes_of(self.user, Permission.RUN_READ)
        allowed = Division.objects.below(codes).filter(path__startswith=self.run.division.path)
        found = {}
        for area in AREAS:
            inside = rows(area).filter(division_code__in=allowed.values("code")).order_by("division_code")
            found[area] = {key: name or "—" for key, name in inside.values_list("pk", "division_name")}
        return found

    @cached_property
    def sees_all(self) -> bool:
        """Whether what lies nowhere is the user's too: by a grant of a county or above that holds the whole run."""
        codes = codes_of(self.user, Permission.RUN_READ)
        is_county_level = Division.objects.filter(code__in=codes, level__lte=Level.COUNTY).exists()
        return is_county_level and can(self.user, Permission.RUN_READ, self.run.division)

    def area_of(self, subject: str) -> str | None:
        """In which kind of division subjects of a kind lie; None: in none."""
        found = division_path(VOCABULARY, VOCABULARY.tables[subject])
        return found[0] if found else None

    def _mine(self, subject: str) -> pl.Expr:
        """The condition on the column `division` that keeps what this user may see."""
        area = self.area_of(subject)
        if self.village is not None:
            return pl.col("division") == self.village if area == "village" else pl.lit(value=False)
        inside = pl.col("division").is_in(list(self.places[area])) if area else pl.lit(value=False)
        return inside | pl.col("division").is_null() if self.sees_all else inside

    def totals(self) -> list[CriterionTotal]:
        """The counts of every criterion and period that was judged, in the order of the plan."""
        counts = self.folder.counts().collect()
        found = []
        for criterion in self.plan.criteria:
            mine = counts.filter((pl.col("criterion") == criterion.id) & self._mine(criterion.subject))
            by_period = mine.group_by("period").agg(pl.col(NUMBERS).sum()).sort("period")
            found += [
                CriterionTotal(criterion, row["period"], row) for row in by_period.iter_rows(named=True)
            ]
        return found

    def by_place(self, criterion: Criterion) -> list[tuple[int, str, dict[str, int]]]:
        """Key, name and counts of each division for one criterion, all periods together."""
        area = self.area_of(criterion.subject)
        counts = self.folder.counts().filter(pl.col("criterion") == criterion.id)
        mine = counts.filter(self._mine(criterion.subject)).group_by("division")
        names = self.places.get(area or "", {})
        table = {
            row["division"]: row for row in mine.agg(pl.col(NUMBERS).sum()).collect().iter_rows(named=True)
        }
        return [(key, name, table[key]) for key, name in names.items() if key in table]

    def subjects(self, criterion: Criterion, outcome: Outcome | None) -> pl.DataFrame:
        """subject_id, period, division, outcome of one criterion, the worst first."""
        listed = self.folder.verdicts(criterion.subject, criterion.per).filter(self._mine(criterion.subject))
        found = listed.select("subject_id", "period", "division", pl.col(criterion.id).alias("outcome"))
        if outcome is not None:
            found = found.filter(pl.col("outcome") == int(outcome))
        return found.sort("outcome", "division", "subject_id", "period").collect()

    def compared_rows(self, before: Run) -> pl.DataFrame:
        """What became of each finding since an earlier run: columns of `compare_runs`, in the order of the core."""
        earlier = open_run(before.folder / "result")
        history = _readable(list(Run.objects.before(before)[:3]))
        table = compare_runs(self.plan, earlier, self.folder, history[::-1])
        subjects = table["subject"].unique().to_list()
        mine = [table.filter((pl.col("subject") == one) & self._mine(one)) for one in subjects]
        return pl.concat([table.clear(), *mine]).sort(
            "status", "division", "subject", "subject_id", "criterion"
        )

    def compared(self, before: Run) -> dict[str, int]:
        """How many findings became what since an earlier run, in the order of the core; only what there is."""
        counts = dict(self.compared_rows(before).group_by("status").len().iter_rows())
        return {status: counts[status] for status in STATUSES if status in counts}

    def words(
        self, criterion: Criterion, shown: Sequence[dict[str, Any]], sees_sensitive: bool
    ) -> dict[tuple[int, str], str]:
        """Why, by subject and period, for the rows of a page."""
        keys = {"subject_id": pl.Int64, "period": pl.String}
        frame = pl.DataFrame([{name: one[name] for name in keys} for one in shown], schema=keys)
        wanted = frame.with_columns(pl.lit(criterion.id).alias("criterion"))
        found = explanations(self.plan, wanted, self.folder, self.snapshot, load_calendar())
        return {key: _because(one, sees_sensitive) for key, one in zip(frame.iter_rows(), found, strict=True)}

    @cached_property
    def snapshot(self) -> Snapshot:
        """What was judged."""
        return open_snapshot(self.run.folder / "snapshot", VOCABULARY)

    def explained(self, subject: str, subject_id: int, sees_sensitive: bool) -> list[Standard]:
        """Every criterion on one subject with its words, judged again from the snapshot of the run."""
        found = recheck(self.plan, subject, subject_id, self.folder, self.snapshot, load_calendar())
        return standards(found, self.plan, sees_sensitive)


def _readable(runs: Sequence[Run]) -> list[RunFolder]:
    """The results of runs, without those that another release wrote in a format no longer read."""
    found = []
    for run in runs:
        with suppress(SnapshotError):
            found.append(open_run(run.folder / "result"))
    return found


@dataclass(frozen=True)
class CriterionTotal:
    """A criterion in a period, with how many subjects came out how."""

    criterion: Criterion
    period: str
    counts: dict[str, int]

    @property
    def judged(self) -> int:
        """Of how many there is a verdict or a question."""
        return sum(self.counts[name] for name in ("met", "unmet", "unknown"))


@dataclass(frozen=True)
class Standard:
    """One criterion on one subject, in words."""

    id: str
    name: str
    period: str
    outcome: str
    sign: str
    word: str
    because: str
    source: str
    remedy: str
    responsible: str


_FIRST = [Outcome.UNMET, Outcome.UNKNOWN, Outcome.MET, Outcome.NOT_DUE, Outcome.NOT_APPLICABLE]


def standards(
    found: Sequence[tuple[Period, Explanation]], plan: Plan, sees_sensitive: bool
) -> list[Standard]:
    """Explanations as people read them, what needs somebody first. Words that speak of health are for those only
    who may read of it."""
    ordered = sorted(found, key=lambda pair: _FIRST.index(pair[1].outcome))
    shown = []
    for period, one in ordered:
        sign, word = OUTCOMES[one.outcome]
        is_finding = one.outcome in (Outcome.UNMET, Outcome.UNKNOWN)
        shown.append(
            Standard(
                id=one.criterion.id,
                name=one.criterion.name,
                period="" if period.kind == "once" else period.id,
                outcome=one.outcome.name.lower(),
                sign=sign,
                word=t(word),
                because=_because(one, sees_sensitive),
                source=one.criterion.source,
                remedy=one.criterion.remedy if is_finding else "",
                responsible=t(N_("、")).join(plan.roles.get(r, r) for r in one.criterion.responsible)
                if is_finding
                else "",
            )
        )
    return shown


def _because(one: Explanation, sees_sensitive: bool) -> str:
    hidden = not sees_sensitive and any(map(_is_sensitive, (*one.when, *one.holds)))
    return t(N_("凭权限查看")) if hidden else one.text()


def _is_sensitive(clause: Clause) -> bool:
    return clause.sensitivity is Sensitivity.SENSITIVE or any(map(_is_sensitive, clause.parts))


_NAMES = ("head_name", "full_name", "division_name")


def label_of(row: Row) -> str:
    """What people call a row: its name, or its code."""
    table = VOCABULARY.tables[row._meta.db_table.removeprefix("register_")]
    own = (f"{table.id}_name", "name", "title", f"{table.id}_code")
    for column in (*_NAMES, *own):
        value = getattr(row, column, None) if column in table.columns else None
        if value:
            return str(value)
    return f"{table.name} {row.pk}"
