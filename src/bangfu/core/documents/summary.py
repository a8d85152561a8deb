"""The summary page: one file that opens anywhere, without network, without names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import polars as pl
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from bangfu.core.documents.totals import TotalFound
from bangfu.core.engine.runs import RunFolder
from bangfu.core.messages import current_language, format_value, translate
from bangfu.core.plans.pack import Pack
from bangfu.core.plans.plan import Criterion, Plan

NUMBERS = ("met", "unmet", "unknown", "not_applicable", "not_due")


@dataclass(frozen=True)
class CriterionSummary:
    """One criterion in one period: counts, and shares of those to whom it applies, in percent."""

    id: str
    name: str
    subject: str
    period: str
    source: str
    counts: Mapping[str, int]
    earlier: tuple[CriterionSummary, ...] = ()  # other periods of the same criterion

    @property
    def judged(self) -> int:
        """How many were judged met, unmet or unknown."""
        return self.counts["met"] + self.counts["unmet"] + self.counts["unknown"]

    def percent(self, name: str) -> float:
        """Share of an outcome among the judged."""
        return 100 * self.counts[name] / self.judged if self.judged else 0


def summary_html(
    pack: Pack,
    plan: Plan,
    run: RunFolder,
    places: Mapping[tuple[str, int], str],
    totals: Sequence[TotalFound],
) -> str:
    """The page. `places` names divisions; `totals` are those that the plan declares."""
    counts = run.counts().collect()
    groups: dict[str, list[CriterionSummary]] = {}
    for row in _criteria(plan, counts):
        groups.setdefault(row.subject, []).append(row)
    return (
        _environment()
        .get_template("summary.html")
        .render(
            language=current_language().replace("_", "-"),
            title=pack.head.title,
            issuer=pack.head.issuer,
            is_draft=pack.head.state == "draft",
            as_of=run.as_of,
            groups=groups,
            sums={name: counts[name].sum() for name in NUMBERS},
            heat=_heat(plan, counts, _short(places)),
            totals=totals,
            run=run.manifest,
            placeholders=[
                (entry.name, (entry.slots or 0) - len(entry.filled))
                for entry in pack.content.placeholders
                if len(entry.filled) < (entry.slots or 0)
            ],
        )
    )


def _short(places: Mapping[tuple[str, int], str]) -> dict[int, str]:
    """Village → its name, without the township's where the whole page is about one township."""
    townships = [name for (table, _), name in places.items() if table == "township"]
    common = townships[0] if len(townships) == 1 else ""
    return {key: name.removeprefix(common) for (table, key), name in places.items() if table == "village"}


@pass_context  # else the texts are translated once, into the language of the first page
def _translated(_context: Context, template: str) -> str:
    return translate(template)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("bangfu.core.documents"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["t"] = _translated
    environment.filters["shown"] = format_value
    return environment


def _criteria(plan: Plan, counts: pl.DataFrame) -> list[CriterionSummary]:
    """A row per criterion: its latest period in which anything was judged, the others below it."""
    grouped = (
        counts.group_by("criterion", "period").agg(pl.col(NUMBERS).sum()).sort("period", descending=True)
    )
    found: dict[str, list[Mapping[str, int]]] = {}
    for row in grouped.iter_rows(named=True):
        found.setdefault(row["criterion"], []).append(row)
    rows = []
    for criterion in plan.criteria:
        periods = [_summary(criterion, plan, row) for row in found.get(criterion.id, [])]
        periods.sort(key=lambda summary: summary.judged == 0)
        if periods:
            rows.append(replace(periods[0], earlier=tuple(p for p in periods[1:] if p.judged)))
    return rows


def _summary(criterion: Criterion, plan: Plan, row: Mapping[str, int]) -> CriterionSummary:
    table = plan.vocabulary.tables[criterion.subject]
    return CriterionSummary(
        criterion.id,
        criterion.name,
        table.english if current_language() == "en" else table.name,
        "" if str(row["period"]) == "once" else str(row["period"]),
        criterion.source,
        {name: int(row[name]) for name in NUMBERS},
    )


@dataclass(frozen=True)
class Heat:
    """Villages × criteria: how many are unmet, and how deep the colour (0 to 4)."""

    criteria: tuple[tuple[str, str], ...]
    rows: tuple[
        tuple[str, tuple[tuple[int, int, int], ...]], ...
    ]  # place, (unmet, unknown, depth) per criterion


def _heat(plan: Plan, counts: pl.DataFrame, villages: Mapping[int, str]) -> Heat:
    """Only criteria judged within villages, and only those with something found; all periods together."""
    within = [c for c in plan.criteria if c.subject in ("household", "person", "pairing", "group")]
    found = (
        counts.filter(pl.col("criterion").is_in([c.id for c in within]) & pl.col("division").is_not_null())
        .group_by("criterion", "division")
        .agg(pl.col("unmet", "unknown", "met").sum())
        .filter(pl.col("unmet") + pl.col("unknown") > 0)
    )
    cells = {(row["division"], row["criterion"]): row for row in found.iter_rows(named=True)}
    columns = [c for c in within if c.id in set(found["criterion"])]
    rows = tuple(
        (villages.get(village, str(village)), tuple(_cell(cells.get((village, c.id))) for c in columns))
        for village in sorted(set(found["division"]))
    )
    return Heat(tuple((c.id, c.name) for c in columns), rows)


def _cell(row: Mapping[str, int] | None) -> tuple[int, int, int]:
    if row is None:
        return 0, 0, 0
    share = row["unmet"] / (row["met"] + row["unmet"] + row["unknown"])
    depth = 0 if not row["unmet"] else 1 + sum(share >= step for step in (0.05, 0.15, 0.3))
    return row["unmet"], row["unknown"], depth
