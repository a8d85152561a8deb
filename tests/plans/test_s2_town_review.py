"""S2, a town's review before an appraisal: its cases by every engine, and what it says beside criteria."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

import pytest

from bangfu.core.calendars import load_calendar
from bangfu.core.engine.cases import CaseBench
from bangfu.core.plans.coverage import citations, uncited
from bangfu.core.plans.load import Pack, load_pack
from bangfu.core.vocabulary import load_vocabulary

ALL = [f"S2-{number}" for number in range(1, 86)]
JUDGED = [
    *(8, 9, 10, 11, 12, 13, 14, 16, 18, 19, 21, 22, 23, 28, 29, 30, 32, 33, 34, 36, 37, 38, 39, 40, 42, 43),
    *(44, 45, 50, 51, 52, 53, 54, 55, 56, 57, 61, 62, 63, 64, 65, 66, 67, 68, 70, 71, 73, 74, 75, 76, 78),
    *(79, 80, 81, 83, 85),
]  # fmt: skip


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("s2_town_review")


@pytest.fixture(scope="module")
def failures(pack: Pack) -> Mapping[str, list[str]]:
    """What went wrong with the cases of each criterion."""
    found = defaultdict(list)
    for result in CaseBench(pack, load_vocabulary(), load_calendar()).run():
        found[result.case.criterion] += [problem.render() for problem in result.problems]
    return found


@pytest.mark.cases
@pytest.mark.parametrize(
    "requirement", [pytest.param(f"S2-{n}", marks=pytest.mark.requirement(f"S2-{n}")) for n in JUDGED]
)
def test_cases_of_a_requirement(pack: Pack, failures: Mapping[str, list[str]], requirement: str) -> None:
    criteria = {c.entry for c in citations(pack) if (c.requirement, c.address) == (requirement, "criteria")}
    assert criteria
    assert criteria <= failures.keys()
    assert [text for criterion in criteria for text in failures[criterion]] == []


def test_every_criterion_has_a_case_of_each_outcome(pack: Pack) -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for case in pack.cases:
        found[case.criterion].add(case.expect)
    for criterion in pack.criteria:
        wanted = {"met", "unmet", "unknown"}
        wanted |= {"not_applicable"} if criterion.when else set()
        wanted |= {"not_due"} if criterion.per != "once" else set()
        assert wanted <= found[criterion.id], criterion.id


def test_every_element_is_cited(pack: Pack) -> None:
    assert uncited(pack, ALL) == []


@pytest.mark.requirement("S2-1", "S2-2", "S2-85")
def test_defects_of_the_source(pack: Pack) -> None:
    kinds = {defect.id: defect.kind for defect in pack.head.defects}
    assert (kinds["S2-1"], kinds["S2-2"], kinds["S2-85"]) == ("left_blank", "altered_year", "truncated")
    assert pack.head.period.to is None
    assert pack.head.period.ends_with_event
    assert "湘扶发(2023)17号" in {reference.number for reference in pack.head.references}


@pytest.mark.requirement("S2-3", "S2-4", "S2-5")
def test_declared_totals(pack: Pack) -> None:
    totals = [(total.id, total.subject, total.value) for total in pack.head.totals]
    assert totals == [("S2-3", "village", 13), ("S2-4", "household", 406), ("S2-5", "person", 1403)]


@pytest.mark.requirement("S2-6", "S2-7")
def test_a_tree_of_checks_measures_and_responsible(pack: Pack) -> None:
    under: dict[str | None, list[str]] = defaultdict(list)
    for action in pack.content.campaign.actions:
        under[action.under].append(action.id)
    assert under[None] == ["S2-7"]
    assert under["S2-7"] == ["effect", "helping", "industry", "health"]
    assert len(under["effect"]) == 6
    leaves = [a for a in pack.content.campaign.actions if a.id not in under]
    assert all(action.checks and action.criteria for action in leaves)
    lists = {entry.id for entry in pack.content.documents.lists if "S2-6" in entry.requirement}
    assert lists == {"low_income", "disabled", "scattered"}


@pytest.mark.requirement("S2-15", "S2-20", "S2-27", "S2-31", "S2-35", "S2-49", "S2-72", "S2-77", "S2-84")
def test_who_answers_for_each_branch(pack: Pack) -> None:
    said = {entry.id: entry.roles for entry in pack.content.organisation.responsibilities}
    actions = {action.id: action.responsible for action in pack.content.campaign.actions}
    branches = {
        "S2-15": "income", "S2-20": "missed", "S2-27": "traces", "S2-31": "archives", "S2-35": "data",
        "S2-49": "satisfaction", "S2-72": "stationed", "S2-77": "paired", "S2-84": "industry",
    }  # fmt: skip
    assert {key: said[key] for key in branches} == {key: actions[branch] for key, branch in branches.items()}


@pytest.mark.requirement("S2-59", "S2-60")
def test_how_an_agency_shares_its_work(pack: Pack) -> None:
    said = {entry.id: entry for entry in pack.content.organisation.responsibilities}
    assert said["S2-60"].leads == "agency_head"
    assert said["S2-60"].roles == ("agency_head", "agency_deputy", "agency_sections")
    assert len(said["S2-59"].tasks) == 3


@pytest.mark.requirement("S2-55")
def test_seven_of_nine_tasks_are_told(pack: Pack) -> None:
    (team,) = pack.content.organisation.teams
    missing = next(p for p in pack.content.placeholders if p.id == "other_team_tasks")
    assert (len(team.tasks), missing.to_fill) == (7, 2)


@pytest.mark.requirement("S2-17", "S2-82")
def test_ledgers_and_lists_by_condition(pack: Pack) -> None:
    ledger = next(entry for entry in pack.content.documents.ledgers if entry.id == "S2-17")
    screening = next(criterion for criterion in pack.criteria if criterion.id == "S2-16")
    assert ledger.where == screening.when
    labour = {e.id: e.where or "" for e in pack.content.documents.lists if "S2-82" in e.requirement}
    assert labour["with_labour"].endswith("able_people >= 1")
    assert labour["without_labour"].endswith("able_people = 0")


@pytest.mark.requirement("S2-24", "S2-25", "S2-26", "S2-41", "S2-69")
def test_folders_handbook_and_cards(pack: Pack) -> None:
    catalogues = {catalogue.id: catalogue for catalogue in pack.content.archive.catalogues}
    assert "红色资料袋" in (catalogues["red_folder"].container or "")
    assert [entry.phase for entry in catalogues["household_file"].entries] == ["entry", "help", "exit"]
    sections = next(c for c in pack.content.documents.checklists if c.id == "handbook_sections")
    assert sum("S2-25" in item.requirement for item in sections.items) == 6
    (card,) = pack.content.documents.cards
    assert [item.name for item in card.items] == ["照片", "姓名", "电话", "村内住址"]
    assert any(p.id == "S2-26" for p in pack.content.provisions)


@pytest.mark.requirement("S2-40", "S2-46", "S2-47")
def test_a_grievance_desk_and_no_coaching(pack: Pack) -> None:
    provisions = {p.id: p for p in pack.content.provisions}
    assert provisions["S2-46"].sensitive
    assert provisions["S2-40"].sensitive
    assert all(survey.sensitive for survey in pack.content.appraisal.surveys)
    desk = next(p for p in pack.content.procedures if p.id == "grievance")
    assert [step.id for step in desk.steps] == ["record", "owner", "solve", "answer", "satisfied"]
    assert {c.address for c in citations(pack) if c.requirement == "S2-46"} == {"procedures", "provisions"}


@pytest.mark.requirement("S2-48", "S2-58")
def test_what_is_said_and_what_is_left_to_fill(pack: Pack) -> None:
    assert any(publicity.id == "S2-48" and publicity.items for publicity in pack.content.activities.publicity)
    interval = next(p for p in pack.content.placeholders if p.id == "dispatch_interval")
    assert interval.to_fill == 1
    assert not any("S2-58" in (c.id, *c.also, *c.requirement) for c in pack.criteria)


@pytest.mark.requirement("S2-33", "S2-38", "S2-42", "S2-44")
def test_the_thirtieth_of_november(pack: Pack) -> None:
    due = {milestone.id: milestone.on for milestone in pack.content.campaign.milestones}
    assert due == dict.fromkeys(("S2-33", "S2-38", "S2-42", "S2-44"), date(2023, 11, 30))
