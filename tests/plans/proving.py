"""What the cases of a packaged pack must show: asked of several packs alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from bangfu.core.calendars import load_calendar
from bangfu.core.engine.cases import CaseBench
from bangfu.core.plans.coverage import citations
from bangfu.core.plans.figures import figures_of, touched_by, with_figure
from bangfu.core.plans.pack import Pack
from bangfu.core.vocabulary import load_vocabulary


def failures_of(pack: Pack) -> Mapping[str, list[str]]:
    """What went wrong with the cases of each criterion, by every engine."""
    found: dict[str, list[str]] = defaultdict(list)
    for result in CaseBench(pack, load_vocabulary(), load_calendar()).run():
        found[result.case.criterion] += [problem.render() for problem in result.problems]
    return found


def criteria_of(pack: Pack, requirement: str) -> set[str]:
    """The criteria that cite an element of the document."""
    return {c.entry for c in citations(pack) if (c.requirement, c.address) == (requirement, "criteria")}


def outcomes_without_case(pack: Pack) -> dict[str, set[str]]:
    """The outcomes of which a criterion has no case."""
    found: dict[str, set[str]] = defaultdict(set)
    for case in pack.cases:
        found[case.criterion].add(case.expect)
    lacking = {}
    for criterion in pack.criteria:
        wanted = {"met", "unmet", "unknown"}
        wanted |= {"not_applicable"} if criterion.when else set()
        wanted |= {"not_due"} if criterion.per != "once" else set()
        if missing := wanted - found[criterion.id]:
            lacking[criterion.id] = missing
    return lacking


def unnoticed_figures(pack: Pack) -> list[str]:
    """Figures that may change by one step without a case failing."""
    found = []
    for figure in figures_of(pack):
        touched = touched_by(pack, figure)
        cases = tuple(case for case in pack.cases if case.criterion in touched)
        narrowed = replace(pack, content=pack.content.model_copy(update={"cases": cases}))
        for new in figure.changed():
            changed = with_figure(narrowed, figure, new)
            bench = CaseBench(changed, load_vocabulary(), load_calendar())
            if not any(result.problems for result in bench.run({})):
                found.append(f"{figure.where}: {figure.old} → {new}")
    return found
