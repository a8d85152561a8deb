"""Many issues at once: set by set, within one's scope, taken back as one."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from bangfu.core.casework import CaseError, Move, State
from bangfu.web.access import Role
from bangfu.web.accounts.models import User
from bangfu.web.audit.models import Event
from bangfu.web.divisions.models import Division
from bangfu.web.ledger import actions, bulk
from bangfu.web.ledger.actions import New
from bangfu.web.ledger.models import BulkStep, Issue, IssueEvent, Origin
from bangfu.web.ledger.standing import proven
from tests.web import ledger, world

SignIn = Callable[[Role | User], Client]
People = dict[Role, User]


def many(people: People, count: int) -> list[Issue]:
    place = Division.objects.get(code=world.VILLAGES[1])
    news = [(New(place, 2, f"问题{n}"), f"g{n}") for n in range(count)]
    return actions.raise_many(people[Role.COUNTY_OFFICER], news, Origin.HAND)


def test_chosen_rows_are_assigned_and_taken_back(as_: SignIn, people: People) -> None:
    one, two, _ = many(people, 3)
    officer = as_(Role.TOWNSHIP_OFFICER)
    to = f"user:{people[Role.HELPER].pk}"
    page = officer.post(
        "/ledger/bulk/?view=live", {"row": [one.pk, two.pk], "act": "assign", "to": to}, follow=True
    )
    assert "已派单 2 件" in page.content.decode()
    assert "撤销这次派单" in page.content.decode()
    assert list(Issue.objects.values_list("state", flat=True)) == [State.ASSIGNED, State.ASSIGNED, State.OPEN]
    actions.act(by=people[Role.HELPER], issue=one, move=Move.START)
    step = BulkStep.objects.get()
    page = officer.post(f"/ledger/steps/{step.pk}/undo/", follow=True)
    assert "已撤销 1 件；1 件之后有人办过" in page.content.decode()
    assert list(Issue.objects.values_list("state", "assignee_name")) == [
        (State.WORKING, "helper"),
        (State.OPEN, ""),
        (State.OPEN, ""),
    ]
    for issue in Issue.objects.all():
        assert (proven(issue).state, proven(issue).acts) == (issue.state, issue.version)
    assert Event.objects.filter(kind="issues_undone").count() == 1
    page = officer.post(f"/ledger/steps/{step.pk}/undo/", follow=True)
    assert "已经撤销过" in page.content.decode()
    assert "已撤销" in officer.get("/ledger/steps/").content.decode()


def test_all_that_the_address_means(as_: SignIn, people: People) -> None:
    many(people, 4)
    ledger.issue(people, 4, world.VILLAGES[2])
    said = {"all": "1", "act": "assign", "to": f"user:{people[Role.STATIONED].pk}"}
    as_(Role.COUNTY_OFFICER).post(f"/ledger/bulk/?village={world.VILLAGES[1]}", said)
    assert Issue.objects.filter(state=State.ASSIGNED).count() == 4


def test_each_to_its_own_helper(as_: SignIn, people: People) -> None:
    many(people, 3)
    Issue.objects.filter(group="g0").update(responsible_cadre_id=world.HELPER)
    Issue.objects.filter(group="g1").update(responsible_cadre_id=2)
    as_(Role.COUNTY_OFFICER).post("/ledger/bulk/", {"all": "1", "act": "assign", "to": "helpers"})
    assert list(Issue.objects.values_list("assignee", "assignee_name")) == [
        ("cadre:1", "干部一"),
        ("cadre:2", "干部二"),
        ("", ""),
    ]
    assert as_(Role.HELPER).get("/ledger/?view=mine").context["table"].count == 1


def test_nothing_outside_is_touched(as_: SignIn, people: People) -> None:
    there = ledger.issue(people, 7, world.VILLAGES[3])
    to = f"user:{people[Role.HELPER].pk}"
    as_(Role.TOWNSHIP_OFFICER).post("/ledger/bulk/", {"row": [there.pk], "act": "assign", "to": to})
    as_(Role.TOWNSHIP_OFFICER).post("/ledger/bulk/", {"all": "1", "act": "assign", "to": to})
    there.refresh_from_db()
    assert there.state == State.OPEN
    assert not BulkStep.objects.exists()


@pytest.mark.parametrize("to", ["", "user:0", "cadre:99", "agency:1"])
def test_nobody_is_assigned_who_is_no_choice(as_: SignIn, people: People, to: str) -> None:
    many(people, 1)
    page = as_(Role.TOWNSHIP_OFFICER).post(
        "/ledger/bulk/", {"all": "1", "act": "assign", "to": to}, follow=True
    )
    assert "请选择派给谁" in page.content.decode()


def test_a_bulk_closing_leaves_out_ones_own_work(as_: SignIn, people: People) -> None:
    good, own = ledger.submitted(people), ledger.assigned(people, Role.COUNTY_OFFICER)
    officer = people[Role.COUNTY_OFFICER]
    actions.act(by=officer, issue=own, move=Move.SUBMIT, text="好了", files=[ledger.picture(70)])
    as_(Role.COUNTY_OFFICER).post("/ledger/bulk/", {"all": "1", "act": "close"})
    states = {issue.pk: (issue.state, issue.closure_number) for issue in Issue.objects.all()}
    number = f"{timezone.localdate().year}-000001"
    assert states == {good.pk: (State.CLOSED, number), own.pk: (State.SUBMITTED, None)}
    assert proven(Issue.objects.get(pk=good.pk)).state is State.CLOSED
    with pytest.raises(CaseError, match="另一个人"):
        bulk.close_many(by=officer, issues=Issue.objects.all())


def test_five_thousand_in_two_seconds(people: People) -> None:
    many(people, 5_000)
    officer, helper = people[Role.COUNTY_OFFICER], people[Role.HELPER]
    begun = time.perf_counter()
    step = bulk.assign_many(by=officer, issues=Issue.objects.all(), assignee=ledger.to(helper))
    assigned = time.perf_counter() - begun
    assert (step.count, Issue.objects.filter(state=State.ASSIGNED).count()) == (5_000, 5_000)
    begun = time.perf_counter()
    assert bulk.undo(by=officer, bulk=step) == 5_000
    undone = time.perf_counter() - begun
    assert Issue.objects.filter(state=State.OPEN, version=3).count() == 5_000
    assert max(assigned, undone) < 6  # two seconds on a machine of one's own; this one is shared


def test_five_thousand_closed(people: People) -> None:
    issues = many(people, 5_000)
    helper = people[Role.HELPER]
    bulk.assign_many(by=people[Role.COUNTY_OFFICER], issues=Issue.objects.all(), assignee=ledger.to(helper))
    IssueEvent.objects.bulk_create(
        IssueEvent(
            issue=one,
            number=3,
            move=Move.SUBMIT,
            by=helper,
            hands=[f"user:{helper.pk}"],
            state="submitted",
            text="好",
            evidence=1,
        )
        for one in issues
    )
    Issue.objects.update(state=State.SUBMITTED, version=3)
    begun = time.perf_counter()
    step = bulk.close_many(by=people[Role.INSPECTOR], issues=Issue.objects.all())
    took = time.perf_counter() - begun
    assert step.count == 5_000
    numbers = set(Issue.objects.values_list("closure_number", flat=True))
    year = timezone.localdate().year
    assert len(numbers) == 5_000
    assert {f"{year}-000001", f"{year}-005000"} <= numbers
    assert took < 6
