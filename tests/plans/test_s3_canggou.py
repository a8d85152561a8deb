"""S3, Canggou's month: its cases by every engine, and what it says beside criteria."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from bangfu.core.plans.coverage import uncited
from bangfu.core.plans.load import load_pack
from bangfu.core.plans.pack import Pack
from tests.plans.proving import criteria_of, failures_of

ALL = [f"S3-{number}" for number in range(1, 82)]
JUDGED = [
    *(5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 32, 34, 35),
    *(36, 37, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 60, 61, 63),
    *(64, 66, 67, 71, 72, 74, 75, 76, 77, 78),
]  # fmt: skip
ON = date(2020, 7, 20)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("s3_canggou")


@pytest.fixture(scope="module")
def failures(pack: Pack) -> Mapping[str, list[str]]:
    return failures_of(pack)


@pytest.mark.cases
@pytest.mark.parametrize(
    "requirement", [pytest.param(f"S3-{n}", marks=pytest.mark.requirement(f"S3-{n}")) for n in JUDGED]
)
def test_cases_of_a_requirement(pack: Pack, failures: Mapping[str, list[str]], requirement: str) -> None:
    criteria = criteria_of(pack, requirement)
    assert criteria
    assert criteria <= failures.keys()
    assert [text for criterion in criteria for text in failures[criterion]] == []


def test_every_element_is_cited(pack: Pack) -> None:
    assert uncited(pack, ALL) == []


@pytest.mark.requirement("S3-1")
def test_number_and_day_of_issue(pack: Pack) -> None:
    assert (pack.head.document_number, pack.head.issued_on) == ("沧沟委发〔2020〕53号", date(2020, 6, 18))
    assert pack.head.jurisdiction == "500156204000"


@pytest.mark.requirement("S3-2", "S3-3", "S3-4")
def test_five_actions_three_checks_three_clearings(pack: Pack) -> None:
    under: dict[str | None, list[str]] = {}
    for action in pack.content.campaign.actions:
        under.setdefault(action.under, []).append(action.name)
    assert [name[:3] for name in under["S3-2"]] == ["大走访", "大排查", "大整改", "大宣传", "大扫除"]
    assert under["S3-3"] == ["排查责任落实", "排查政策落实", "排查工作落实"]
    assert under["S3-4"] == ["脱贫任务清零", "整改任务清零", "弱项短板清零"]


@pytest.mark.requirement("S3-68", "S3-69", "S3-70")
def test_three_stages_without_a_gap(pack: Pack) -> None:
    stages = pack.content.campaign.stages
    assert [stage.id for stage in stages] == ["S3-68", "S3-69", "S3-70"]
    spans = [(s.start, s.to) for s in stages if s.start and s.to]
    assert [(to - start).days + 1 for start, to in spans] == [14, 14, 8]
    for (_, to), (start, _) in pairwise(spans):
        assert start == to + timedelta(days=1)


@pytest.mark.requirement("S3-33", "S3-34", "S3-49")
def test_declared_totals(pack: Pack) -> None:
    totals = {total.id: (total.subject, total.value) for total in pack.head.totals}
    assert totals == {"S3-33": ("household", 475), "S3-34": ("person", 1578), "poor_villages": ("village", 2)}


@pytest.mark.requirement("S3-8", "S3-31", "S3-62", "S3-65")
def test_every_area_has_somebody_who_answers_for_it(pack: Pack) -> None:
    areas = {r.id: r for r in pack.content.organisation.responsibilities}
    assert areas["S3-8"].roles == areas["S3-65"].roles == ("stationed_team", "village_committee")
    leads = [areas[f"check_{name}"].leads for name in ("projects", "data", "walls", "duty")]
    assert leads == ["economic_office", "poverty_office", "stationed_team", "organisation_office"]
    answering = {role for r in areas.values() if "S3-62" in r.requirement for role in r.roles}
    assert answering >= {
        "health_office", "agri_centre", "social_security", "poverty_office", "civil_office",
        "construction_office", "economic_office", "rural_bank", "publicity_office", "peace_office",
        "village_committee",
    }  # fmt: skip


@pytest.mark.requirement("S3-9", "S3-75")
def test_who_is_assigned_to_what(pack: Pack) -> None:
    assigned = {a.to: a.role for a in pack.content.organisation.assignments if "S3-9" in a.requirement}
    assert assigned == {
        "patch": "main_leaders",
        "village": "deputies",
        "group": "township_cadre",
        "household": "helper",
    }


@pytest.mark.requirement("S3-17", "S3-59")
def test_what_the_document_does_not_spell_out_is_to_fill(pack: Pack) -> None:
    assert {p.id: (p.slots, p.to_fill) for p in pack.content.placeholders} == {
        "S3-17": (10, 10),
        "S3-59": (5, 5),
    }


@pytest.mark.requirement("S3-16", "S3-19", "S3-67")
def test_what_is_spelled_out_is_listed(pack: Pack) -> None:
    checklists = {found.id: found for found in pack.content.documents.checklists}
    assert len(checklists["project_checks"].items) == 8
    assert len(checklists["five_clean"].items) == 6
    duty = next(found for found in pack.content.duties if found.id == "S3-16")
    assert len(duty.tasks) == 7


@pytest.mark.requirement("S3-12")
def test_three_proofs_of_a_secretarys_round(pack: Pack) -> None:
    kind = next(a for a in pack.content.activities.activities if a.id == "secretary_round")
    assert [proof.kind for proof in kind.proofs] == ["list", "record", "photo"]


@pytest.mark.requirement("S3-32", "S3-43")
def test_classes_of_issues(pack: Pack) -> None:
    classes = {found.id: found for found in pack.content.campaign.issue_classes}
    assert classes["housing"].items == ("厨", "厕", "水", "电", "门", "窗", "瓦", "墙")
    assert len(classes["housing"].priority) == 6
    assert classes["housing"].deadline == date(2020, 6, 30)
    assert {"medical", "income", "papers"} <= classes.keys()


@pytest.mark.requirement("S3-25")
def test_cards_hang_indoors_and_show_no_health(pack: Pack) -> None:
    (card,) = pack.content.documents.cards
    assert (len(card.items), card.place) == (6, "室内")
    assert card.sensitive


@pytest.mark.requirement("S3-38", "S3-73")
def test_donations_and_three_levels(pack: Pack) -> None:
    assert any(found.id == "S3-38" for found in pack.content.activities.activities)
    linkage = next(p for p in pack.content.procedures if "S3-73" in p.requirement)
    assert len(linkage.steps) == 3


@pytest.mark.requirement("S3-61")
def test_grievances_are_answered_and_nobody_is_watched(pack: Pack) -> None:
    desk = next(p for p in pack.content.procedures if p.id == "grievance")
    assert [step.id for step in desk.steps] == ["accept", "assign", "answer", "satisfaction"]
    assert desk.sensitive


@pytest.mark.requirement("S3-63")
def test_satisfaction_is_measured_and_never_set(pack: Pack) -> None:
    survey = next(found for found in pack.content.appraisal.surveys if found.id == "S3-63")
    assert survey.target == "satisfaction_target"
    assert survey.sensitive
    criterion = next(c for c in pack.criteria if c.id == "S3-63")
    assert criterion.appraises


@pytest.mark.requirement("S3-77", "S3-78", "S3-79")
def test_amounts_are_figures_that_somebody_decides_upon(pack: Pack) -> None:
    found = {c.id: c for c in pack.content.conduct.consequences}
    amounts = [found[key].propose[0].amount for key in ("S3-77", "S3-78")]
    assert [pack.parameter(str(name), ON) for name in amounts] == [Decimal(500), Decimal(2000)]
    assert all(c.decided_by and c.sensitive and c.notice_days for c in found.values())
    assert [c.upon is not None for c in found.values()] == [False, False, True]


@pytest.mark.requirement("S3-80", "S3-81")
def test_attachments(pack: Pack) -> None:
    forms = {form.id: form for form in pack.content.documents.forms if form.attachment}
    assert {key: form.attachment for key, form in forms.items()} == {"S3-80": "1", "S3-81": "2"}
    assert all(form.fields for form in forms.values())
