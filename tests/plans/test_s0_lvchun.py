"""S0, the plan of Lvchun: its cases by every engine, and what it says beside criteria."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from bangfu.core.calendars import load_calendar
from bangfu.core.engine.cases import CaseBench
from bangfu.core.plans.coverage import citations, uncited
from bangfu.core.plans.load import Pack, load_pack
from bangfu.core.plans.schema import Case, Criterion
from bangfu.core.vocabulary import load_vocabulary

ALL = [f"S0-{number}" for number in range(1, 68)]
JUDGED = [
    *(4, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 23, 26, 28, 32, 34, 35, 36, 37, 39, 40),
    *(41, 42, 43, 44, 45, 47, 48, 49, 50, 53, 54, 55, 56, 58, 60, 61, 63, 64, 65, 66),
]  # fmt: skip
ON = date(2024, 9, 30)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("s0_lvchun")


@pytest.fixture(scope="module")
def failures(pack: Pack) -> Mapping[str, list[str]]:
    """What went wrong with the cases of each criterion."""
    found = defaultdict(list)
    for result in CaseBench(pack, load_vocabulary(), load_calendar()).run():
        found[result.case.criterion] += [problem.render() for problem in result.problems]
    return found


@pytest.mark.cases
@pytest.mark.parametrize(
    "requirement", [pytest.param(f"S0-{n}", marks=pytest.mark.requirement(f"S0-{n}")) for n in JUDGED]
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
        if criterion.id == "S0-15":  # once: a ledger that is not complete makes `when` unknown
            wanted |= {"not_applicable"}
        assert wanted <= found[criterion.id], criterion.id


def test_every_element_is_cited(pack: Pack) -> None:
    assert uncited(pack, ALL) == []


@pytest.mark.requirement("S0-1", "S0-2")
def test_a_draft_that_an_event_closes(pack: Pack) -> None:
    assert pack.head.state == "draft"
    assert pack.head.period.start == date(2024, 6, 1)
    assert pack.head.period.to is None
    assert pack.head.period.ends_with_event
    (stage,) = pack.content.campaign.stages
    assert (stage.to, stage.ends_with_event) == (None, pack.head.period.ends_with_event)


@pytest.mark.requirement("S0-3")
def test_declared_totals(pack: Pack) -> None:
    totals = {total.id: (total.subject, total.value) for total in pack.head.totals}
    assert totals == {
        "county_agencies": ("agency", 97),
        "townships": ("township", 9),
        "poor_villages": ("village", 83),
    }


@pytest.mark.requirement("S0-5", "S0-6")
def test_three_mechanisms_and_who_is_a_leader(pack: Pack) -> None:
    mechanisms = [action for action in pack.content.campaign.actions if "S0-5" in action.requirement]
    assert len(mechanisms) == 3
    assert all(action.criteria for action in mechanisms)
    leader = next(role for role in pack.content.organisation.roles if role.id == "leader")
    assert leader.includes == ("county_leader", "department_head", "township_leader")


@pytest.mark.requirement("S0-12")
def test_the_twenty_items_are_empty_slots(pack: Pack) -> None:
    (placeholder,) = pack.content.placeholders
    assert (placeholder.slots, placeholder.to_fill) == (20, 20)


@pytest.mark.requirement("S0-18", "S0-19", "S0-20", "S0-21")
def test_the_rota_speaks_of_the_same_figures_as_its_criteria(pack: Pack) -> None:
    (rota,) = pack.content.organisation.rotas
    names = (rota.batches, rota.days, rota.total_days, rota.finished_by_day)
    assert [pack.parameter(str(name), ON) for name in names] == [3, 5, 15, 25]
    assert rota.led_by == ("agency_deputy", "policy_expert")


@pytest.mark.requirement("S0-27", "S0-33", "S0-38", "S0-46", "S0-51")
@pytest.mark.parametrize(
    ("procedure", "by"),
    [
        ("public_post", ["hooked_agency", "village_committees", "township_headquarters"]),
        ("report_up", ["helper", "village_team", "township_headquarters"]),
        ("data_mismatch", ["helper", "village_team", "township_headquarters"]),
        (
            "verification_case",
            ["verification_officer", "verification_officer", "township_headquarters", "county_headquarters"],
        ),
    ],
)
def test_who_acts_in_which_order(pack: Pack, procedure: str, by: list[str]) -> None:
    found = next(p for p in pack.content.procedures if p.id == procedure)
    assert found.order == "sequence"
    assert [step.by[0] for step in found.steps] == by


@pytest.mark.requirement("S0-33")
def test_a_household_is_heard_and_may_appeal(pack: Pack) -> None:
    case = next(p for p in pack.content.procedures if p.id == "verification_case")
    assert [step.id for step in case.steps] == ["facts", "statement", "decision", "appeal"]
    assert case.sensitive


@pytest.mark.requirement("S0-30", "S0-31")
def test_honours_by_consent_and_no_black_list(pack: Pack) -> None:
    honours = pack.content.conduct.honours
    assert [honour.name for honour in honours] == ["脱贫示范户", "奋进示范户", "带富示范户", "红榜"]
    assert all(honour.consent for honour in honours)


@pytest.mark.requirement("S0-60", "S0-61")
def test_one_day_of_leave_and_more(pack: Pack) -> None:
    short, long = pack.content.conduct.leave_routes
    assert (short.up_to_days, short.granted_by) == ("short_leave_days", ("group_team_leader",))
    assert (long.over_days, long.granted_by) == ("short_leave_days", ("branch_secretary",))
    assert pack.parameter("short_leave_days", ON) == 1


@pytest.mark.requirement("S0-62")
def test_inspections_come_unannounced(pack: Pack) -> None:
    (inspection,) = pack.content.campaign.inspections
    assert inspection.by == ("county_discipline", "inspection_group")
    assert (inspection.announced, inspection.per) == (False, None)


@pytest.mark.requirement("S0-63", "S0-64", "S0-65")
def test_the_ladder_proposes_and_somebody_decides(pack: Pack) -> None:
    ladder = pack.content.conduct.consequences
    assert [step.when for step in ladder] == [f"NOT verdict('S0-{number}')" for number in (63, 64, 65)]
    assert [len(step.propose) for step in ladder] == [1, 3, 3]
    assert all(step.decided_by and step.sensitive and not step.veto for step in ladder)
    assert all(proposal.amount is None for step in ladder for proposal in step.propose)


@pytest.mark.requirement("S0-59", "S0-66")
def test_chain_of_command(pack: Pack) -> None:
    above = {team.id: team.under for team in pack.content.organisation.teams}
    chain = ["group_campaign_team"]
    while above[chain[-1]]:
        chain.append(str(above[chain[-1]]))
    assert chain == ["group_campaign_team", "village_campaign_team", "township_command", "county_command"]
    assert above["group_work_committee"] == "village_campaign_team"
    assert above["temporary_party_branch"] == "township_command"


@pytest.mark.requirement("S0-67")
def test_cited_documents_and_altered_years(pack: Pack) -> None:
    numbers = {reference.number for reference in pack.head.references if reference.number}
    altered = {d.printed for d in pack.head.defects if d.kind == "altered_year" and "号" in d.printed}
    assert numbers == altered  # every number that the document cites has its year altered


# --- the ten lists -------------------------------------------------------------------------------------

EVERYBODY = "recorded(persons_checked_on)"  # a list without a condition
POOR = {"household_status": "registered"}
ADULT = {
    "birth_date": date(1980, 1, 1),
    "health": "healthy",
    "schooling_checked_on": ON,
    "education": "junior",
}
IN = {
    "list_households": ({}, ADULT),
    "list_poor": (POOR, ADULT),
    "list_dangerous_houses": ({"in_dangerous_house": False, "housing_grade": "C"}, ADULT),
    "list_disabled": ({}, {**ADULT, "health": "chronic,disabled"}),
    "list_low_income": ({"is_low_income": True}, ADULT),
    "list_elderly": ({}, {**ADULT, "birth_date": date(1964, 9, 30)}),
    "list_seriously_ill": ({}, {**ADULT, "health": "serious"}),
    "list_pupils": ({}, {**ADULT, "education": None, "schooling": "grade_7"}),
    "list_dropouts": ({}, {**ADULT, "dropout_reason": "poverty"}),
    "list_resettlement": (
        {**POOR, "is_resettled": True, "resettlement_agreed_on": date(2024, 9, 30)},
        ADULT,
    ),
}
OUT = (
    {
        "household_status": "general",
        "in_dangerous_house": False,
        "housing_grade": "A",
        "is_low_income": False,
        "is_resettled": False,
        "persons_checked_on": ON,
    },
    ADULT,
)


def lists_as_criteria(pack: Pack) -> Pack:
    """Each list as a criterion, so that the engines say who is on it."""
    criteria = tuple(
        Criterion(
            id=found.id,
            name=found.name,
            subject=found.of,
            holds=found.where or "recorded(persons_checked_on)",
        )
        for found in pack.content.documents.lists
    )
    return replace(
        pack, content=pack.content.model_copy(update={"criteria": (*pack.criteria, *criteria), "cases": ()})
    )


@pytest.mark.requirement("S0-25", "S0-41", "S0-52")
def test_the_ten_lists_and_three_more(pack: Pack) -> None:
    lists = [found.id for found in pack.content.documents.lists if "S0-41" in found.requirement]
    assert lists == list(IN)
    others = {
        "town_post_list": (POOR, {**ADULT, "labour": "weak", "wants_work": True, "employed": False}),
        "sanitation_list": ({"sanitation_poor": True}, ADULT),
    }
    bench = CaseBench(lists_as_criteria(pack), load_vocabulary(), load_calendar())
    stay_out = {**OUT[0], "sanitation_poor": False}
    for name, (household, person) in (IN | others).items():
        rows = {"household": ({**OUT[0], **household},), "person": (person,)}
        assert problems(bench, name, rows, "met") == [], name
        if name != "list_households":
            rows = {"household": (stay_out,), "person": (OUT[1],)}
            assert problems(bench, name, rows, "unmet") == [], name


def problems(bench: CaseBench, name: str, rows: Mapping[str, object], expect: str) -> Iterable[str]:
    case = Case.model_validate(
        {"name": name, "criterion": name, "as_of": ON, "given": rows, "expect": expect}
    )
    return [problem.render() for problem in bench.check(case).problems]


@pytest.mark.requirement("S0-43", "S0-44")
def test_the_income_account_names_each_kind_and_ends_with_the_household(pack: Pack) -> None:
    account = next(form for form in pack.content.documents.forms if form.id == "income_account")
    names = [field.name for field in account.fields]
    for kind in (
        "工资性收入",
        "生产性收入",
        "财产性收入",
        "粮种补贴",
        "退耕补贴",
        "低保金",
        "五保金",
        "养老金",
    ):
        assert kind in names
    income = pack.content.income
    assert income is not None
    assert {"medical_aid", "education_aid"} <= set(income.items.counted)
    assert account.signatures[0] == "户主"


@pytest.mark.requirement("S0-43")
def test_the_line_changes_with_the_year(pack: Pack) -> None:
    days = (date(2019, 12, 31), date(2020, 1, 1))
    assert [pack.parameter("income_line", day) for day in days] == [Decimal(3218), Decimal(4000)]
