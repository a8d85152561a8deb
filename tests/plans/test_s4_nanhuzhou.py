"""S4, the plan of Nanhuzhou: its cases by every engine, and what it says beside criteria."""

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

ALL = [f"S4-{number}" for number in range(1, 48)]
JUDGED = [
    *(2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 14, 15, 16, 19, 20, 21, 22, 23, 24, 26, 27, 31, 33, 35, 36, 37, 38),
    *(39, 40, 42, 43, 44),
]  # fmt: skip
ON = date(2018, 12, 31)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("s4_nanhuzhou")


@pytest.fixture(scope="module")
def failures(pack: Pack) -> Mapping[str, list[str]]:
    """What went wrong with the cases of each criterion."""
    found = defaultdict(list)
    for result in CaseBench(pack, load_vocabulary(), load_calendar()).run():
        found[result.case.criterion] += [problem.render() for problem in result.problems]
    return found


@pytest.mark.cases
@pytest.mark.parametrize(
    "requirement", [pytest.param(f"S4-{n}", marks=pytest.mark.requirement(f"S4-{n}")) for n in JUDGED]
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


@pytest.mark.requirement("S4-1")
def test_number_and_day_of_the_document(pack: Pack) -> None:
    assert (pack.head.document_number, pack.head.issued_on) == ("南发〔2018〕15号", date(2018, 3, 20))
    assert pack.head.jurisdiction == "430624119000"


def test_the_limit_in_words_outranks_its_heading(pack: Pack) -> None:
    (limit,) = (defect for defect in pack.head.defects if "S4-6" in defect.requirement)
    assert limit.kind == "contradiction"
    criterion = next(c for c in pack.criteria if c.id == "S4-6")
    assert criterion.holds.endswith("agricultural_population < poverty_rate_limit")


@pytest.mark.requirement("S4-25")
def test_three_stages_follow_each_other_through_the_year(pack: Pack) -> None:
    days = [(stage.start, stage.to) for stage in pack.content.campaign.stages]
    assert days == [
        (date(2018, 1, 1), date(2018, 3, 31)),
        (date(2018, 4, 1), date(2018, 9, 30)),
        (date(2018, 10, 1), date(2018, 12, 31)),
    ]


@pytest.mark.requirement("S4-19", "S4-20", "S4-21", "S4-22", "S4-23", "S4-24", "S4-27", "S4-28")
def test_what_is_due_when(pack: Pack) -> None:
    due = {milestone.id: milestone.on for milestone in pack.content.campaign.milestones}
    first_quarter = dict.fromkeys((f"S4-{number}" for number in range(19, 25)), date(2018, 3, 31))
    assert due == {
        **first_quarter,
        "S4-27": date(2018, 11, 30),
        "S4-2": date(2018, 12, 31),
        "S4-28": date(2019, 1, 31),
    }


@pytest.mark.requirement("S4-10", "S4-12", "S4-18")
def test_the_branches_of_the_work(pack: Pack) -> None:
    under: dict[str | None, list[str]] = defaultdict(list)
    for action in pack.content.campaign.actions:
        under[action.under].append(action.id)
    assert under["S4-10"] == ["responsibility", "policy", "S4-12"]
    assert under["focus"] == ["S4-8", "S4-9"]  # two, where the document announces three
    assert len(under["levels"]) == 3
    assert "S4-18" in under[None]


@pytest.mark.requirement("S4-29", "S4-30")
def test_who_answers_for_what(pack: Pack) -> None:
    answers = {role.id: role.answers_for or "" for role in pack.content.organisation.roles}
    assert [role for role, text in answers.items() if text.endswith("第一责任人")] == [
        "town_leader",
        "village_secretary",
        "agency_head",
    ]
    assert [role for role, text in answers.items() if text.endswith("直接责任人")] == [
        "town_deputy",
        "captain",
    ]
    assert answers["helper"].endswith("包户责任人")


@pytest.mark.requirement("S4-36", "S4-37", "S4-38", "S4-41")
def test_pairing_has_a_cap_and_leaves_nobody_out(pack: Pack) -> None:
    pairing, social, _ = pack.content.organisation.assignments
    assert (pack.parameter(str(pairing.most), ON), pack.parameter(str(pairing.coverage), ON)) == (5, 1)
    assert pairing.decided_by == ("agency", "village_committees")
    assert (social.least, social.coverage, social.criteria) == (None, None, ())  # of free will


@pytest.mark.requirement("S4-33", "S4-34")
def test_no_project_goes_ahead_before_it_is_made_public(pack: Pack) -> None:
    project = next(p for p in pack.content.procedures if p.id == "village_project")
    gates = {step.id: step.gate.criterion for step in project.steps if step.gate}
    assert gates == {"carry_out": "S4-33"}
    assert [step.id for step in project.steps if "villagers" in step.by] == ["discuss", "supervise"]


@pytest.mark.requirement("S4-17")
def test_no_benefit_is_cut_by_machine(pack: Pack) -> None:
    provision = next(p for p in pack.content.provisions if p.id == "S4-17")
    assert provision.sensitive
    assert provision.criteria == ()
    cited = {citation.address for citation in citations(pack) if citation.requirement == "S4-17"}
    assert cited == {"provisions"}


@pytest.mark.requirement("S4-32", "S4-47")
def test_consequences_are_proposed_and_somebody_decides(pack: Pack) -> None:
    consequences = pack.content.conduct.consequences
    assert [consequence.veto for consequence in consequences] == [False, False, True]
    assert all(c.decided_by and c.sensitive and c.when is None for c in consequences)
    assert all(proposal.amount is None for c in consequences for proposal in c.propose)


@pytest.mark.requirement("S4-45", "S4-46")
def test_the_score_sheet_is_left_to_the_town(pack: Pack) -> None:
    (sheet,) = pack.content.appraisal.appraisal
    assert (sheet.total, sheet.items, sheet.placeholders) == (1000, (), "score_sheet")
    assert sheet.vetoes == ("S4-47",)
    assert sheet.used_for
    placeholder = next(p for p in pack.content.placeholders if p.id == "score_sheet")
    assert placeholder.to_fill == 1
