"""S1, the linked villages: its cases by every engine, and what it says beside criteria."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import pytest

from bangfu.core.plans.coverage import uncited
from bangfu.core.plans.load import load_pack
from bangfu.core.plans.pack import Pack
from tests.plans.proving import criteria_of, failures_of

ALL = [f"S1-{number}" for number in range(1, 62)]
JUDGED = [
    *(2, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31),
    *(32, 33, 34, 36, 37, 38, 41, 44, 45, 46, 47, 49, 50, 51, 53, 54, 55, 56, 61),
]  # fmt: skip
ON = date(2015, 12, 31)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("s1_linked_villages")


@pytest.fixture(scope="module")
def failures(pack: Pack) -> Mapping[str, list[str]]:
    return failures_of(pack)


@pytest.mark.cases
@pytest.mark.parametrize(
    "requirement", [pytest.param(f"S1-{n}", marks=pytest.mark.requirement(f"S1-{n}")) for n in JUDGED]
)
def test_cases_of_a_requirement(pack: Pack, failures: Mapping[str, list[str]], requirement: str) -> None:
    criteria = criteria_of(pack, requirement)
    assert criteria
    assert criteria <= failures.keys()
    assert [text for criterion in criteria for text in failures[criterion]] == []


def test_every_element_is_cited(pack: Pack) -> None:
    assert uncited(pack, ALL) == []


@pytest.mark.requirement("S1-1", "S1-3", "S1-4")
def test_period_and_declared_totals(pack: Pack) -> None:
    period = pack.head.period
    assert period.start is not None
    assert (period.start.year, period.to) == (2015, date(2020, 12, 31))
    totals = {total.id: (total.subject, total.value) for total in pack.head.totals}
    assert totals == {"S1-3": ("village", 35), "S1-4": ("household", 2425)}


@pytest.mark.requirement("S1-7", "S1-16", "S1-30")
def test_lost_hyphens_are_recorded_and_read(pack: Pack) -> None:
    lost = {d.id: d for d in pack.head.defects if d.kind == "lost_hyphen"}
    assert lost.keys() == {"S1-7", "S1-16", "S1-30"}
    assert all("12" in d.printed and "1-2" in (d.read_as or "") for d in lost.values())
    figures = ("backbone_least", "general_least", "general_most", "problems_least")
    assert [pack.parameter(name, ON) for name in figures] == [1, 1, 2, 1]


@pytest.mark.requirement("S1-20", "S1-38")
def test_two_dates_that_contradict_each_other_stand_as_printed(pack: Pack) -> None:
    assert [d.id for d in pack.head.defects if d.kind == "contradiction"] == ["plan_dates"]
    due = {m.id: m.on for m in pack.content.campaign.milestones}
    assert (due["S1-20"], due["S1-38"]) == (date(2015, 9, 25), date(2015, 9, 20))


@pytest.mark.requirement("S1-14", "S1-15", "S1-16", "S1-17")
def test_caps_by_rank_speak_of_the_same_figures_as_their_criteria(pack: Pack) -> None:
    found = {a.id: (a.least, a.most) for a in pack.content.organisation.assignments}

    def figures(key: str) -> list[Decimal | None]:
        return [None if name is None else pack.parameter(str(name), ON) for name in found[key]]

    caps = {key: figures(key) for key in ("S1-14", "S1-15", "S1-16", "S1-17")}
    assert caps == {"S1-14": [None, 3], "S1-15": [2, 3], "S1-16": [1, 2], "S1-17": [1, None]}


@pytest.mark.requirement("S1-9", "S1-11")
def test_who_leads_which_team(pack: Pack) -> None:
    teams = {team.id: team for team in pack.content.organisation.teams}
    assert teams["S1-11"].under == "S1-9"
    first = (teams[key].seats[0] for key in ("S1-9", "S1-11"))
    assert [(s.title, s.role) for s in first] == [("组长", "county_leader"), ("队长", "prefecture_deputy")]


@pytest.mark.requirement("S1-6")
def test_what_the_document_does_not_spell_out_is_to_fill(pack: Pack) -> None:
    (placeholder,) = pack.content.placeholders
    assert (placeholder.id, placeholder.to_fill) == ("S1-6", 5)
    goods = next(c for c in pack.content.documents.checklists if "S1-6" in c.requirement)
    assert len(goods.items) == 4


@pytest.mark.requirement("S1-18", "S1-35", "S1-40", "S1-42")
def test_work_without_a_figure_is_still_recorded(pack: Pack) -> None:
    kinds = {found.id for found in pack.content.activities.activities}
    assert {"S1-39", "S1-40", "S1-42"} <= kinds
    assert any(a.id == "S1-18" and a.least is None for a in pack.content.organisation.assignments)
    assert any(ledger.id == "S1-35" and ledger.of == "issue" for ledger in pack.content.documents.ledgers)


@pytest.mark.requirement("S1-21", "S1-34", "S1-38")
def test_who_signs_in_which_order(pack: Pack) -> None:
    found = {p.id: p for p in pack.content.procedures}
    signing = [step.by[0] for step in found["plan_signoff"].steps if step.signature]
    assert signing == ["supervision_team", "township_secretary", "township_head", "county_leader"]
    assert [step.id for step in found["survey_report"].steps] == ["collect", "sign", "report"]


@pytest.mark.requirement("S1-39", "S1-41")
def test_the_village_takes_part(pack: Pack) -> None:
    found = {p.id: p for p in pack.content.procedures}
    assert len(found["S1-39"].steps) == 3
    assert len(found["four_proposals"].steps) == 4 + 2 + 1


@pytest.mark.requirement("S1-43", "S1-52")
def test_who_organises_and_which_money(pack: Pack) -> None:
    duty = next(r for r in pack.content.organisation.responsibilities if r.id == "S1-43")
    assert duty.leads == "org_department"
    assert duty.roles == ("org_department", "work_committee", "civil_poverty_bureau")
    funds = [fund.kind for fund in pack.content.organisation.funds if "S1-52" in fund.requirement]
    assert funds == ["central", "province", "prefecture", "own"]


@pytest.mark.requirement("S1-48")
def test_a_veto_is_proposed_and_somebody_decides(pack: Pack) -> None:
    (veto,) = pack.content.conduct.consequences
    assert (veto.veto, veto.when) == (True, None)
    assert veto.upon
    assert veto.decided_by == ("county_committee",)
    assert veto.sensitive
    (appraisal,) = pack.content.appraisal.appraisal
    assert appraisal.vetoes == ("S1-48",)


@pytest.mark.requirement("S1-57", "S1-58", "S1-59", "S1-60")
def test_attachments(pack: Pack) -> None:
    forms = {form.id: form for form in pack.content.documents.forms}
    assert {key: form.attachment for key, form in forms.items()} == {
        "S1-57": "1",
        "S1-58": "2",
        "S1-59": "3",
        "S1-60": "4",
    }
    assert all(form.fields and form.sent_to for form in forms.values())
