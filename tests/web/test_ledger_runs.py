"""Issues and questions from a run: nothing twice, what came back is linked, what is unknown is asked."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from bangfu.core.calendars import load_calendar
from bangfu.core.casework import Move, State
from bangfu.core.engine.run import Ask
from bangfu.core.engine.runs import default_periods, evaluate_snapshot
from bangfu.web.access import Role
from bangfu.web.accounts.models import User
from bangfu.web.audit.models import Event
from bangfu.web.divisions.models import Division
from bangfu.web.ledger import actions
from bangfu.web.ledger.from_runs import IntakeRefused, ask_intake, carry_out_intake
from bangfu.web.ledger.intake import Judged, Taken, take_run
from bangfu.web.ledger.models import Issue, IssueFinding, Question, RunIntake
from bangfu.web.ledger.standing import proven
from bangfu.web.plans.models import Enactment
from bangfu.web.plans.models import Pack as PackRow
from bangfu.web.plans.packs import from_folder
from bangfu.web.runs.models import Run
from tests.unit.engine.offices import frame, household, plan_in, snapshot_of, write_office
from tests.web import ledger, world

People = dict[Role, User]
SignIn = Callable[[Role | User], Client]
AS_OF = date(2018, 12, 31)
PROCEDURES = """
procedures:
  - id: extension
    name: 延期报告
    subject: issue
    steps: [{id: report, name: 报告, by: [helper]}, {id: decide, name: 答复, by: [committee]}]
"""
CRITERIA = """
criteria:
  - id: X-1
    name: 收入达到收入线
    subject: household
    holds: received >= income_line
    message: 收入没有达到收入线
    remedy: 落实产业帮扶
    responsible: [helper]
    deadline: {days: 30}
    severity: high
    source: 一（一）
  - {id: X-2, name: 收入过半, subject: household, holds: received * 2 >= income_line, remedy: 落实产业帮扶}
  - {id: X-3, name: 饮水安全, subject: household, holds: water_safe, remedy: 接通自来水, responsible: [committee]}
"""


def judged(
    folder: Path,
    incomes: dict[int, int],
    place: str = world.COUNTY,
    as_of: date = AS_OF,
    water: bool | None = None,
) -> Judged:
    """A run over the twelve households with these incomes (others: enough), and what is known of their water."""
    pack, plan = plan_in(write_office(folder / "plan", criteria=CRITERIA, procedures=PROCEDURES))
    said = world._tables()
    areas = {name: frame(name, said[name].to_dicts()) for name in ("county", "township", "village")}
    homes = [household(key, (key - 1) // 3 + 1, water_safe=water) for key in range(1, 13)]
    known = [one | {"income_known_to": as_of} for one in homes]
    amounts = [(key, incomes.get(key, 9000)) for key in range(1, 13)]
    rows = [
        {"income_item_id": key, "household_id": key, "year": 2018, "amount": amount}
        for key, amount in amounts
    ]
    tables = areas | {"household": frame("household", known), "income_item": frame("income_item", rows)}
    snapshot = snapshot_of(tables, folder / "snapshot", as_of)
    ask = Ask(as_of, load_calendar(), default_periods(pack, plan, as_of))
    run = evaluate_snapshot(plan, snapshot, folder / "run", ask)
    return Judged(run, pack, plan, snapshot, Division.objects.get(code=place), as_of)


@pytest.fixture
def officer(people: People) -> User:
    return people[Role.COUNTY_OFFICER]


def taken(by: User, folder: Path, incomes: dict[int, int], **said: object) -> Taken:
    folder.mkdir()
    return take_run(by=by, judged=judged(folder, incomes, **said))  # type: ignore[arg-type]


@pytest.mark.requirement("S0-14")
def test_one_remedy_of_one_household_is_one_issue(officer: User, tmp_path: Path) -> None:
    made = taken(officer, tmp_path / "a", {2: 1000, 7: 2500})
    assert (made.raised, made.relapsed, made.joined) == (2, 0, 0)
    two, seven = Issue.objects.order_by("household_id")
    assert (two.household_id, two.division_id, two.problem) == (
        2,
        world.VILLAGES[1],
        "收入没有达到收入线；收入过半",
    )
    assert two.findings.count() == 2
    assert seven.findings.count() == 1
    assert "1,000" in two.facts
    assert (two.remedy, two.severity, two.due_on) == ("落实产业帮扶", "high", date(2019, 1, 30))
    assert two.responsible == "帮扶责任人（干部一）"
    assert (two.responsible_cadre_id, two.extension_to) == (world.HELPER, "村民委员会")
    assert (two.run_outcome, proven(two).due_on) == ("unmet", two.due_on)
    event = Event.objects.filter(kind="issues_raised").get()
    assert event.details["raised"] == 2


def test_the_same_run_twice_makes_nothing_twice(officer: User, tmp_path: Path) -> None:
    once = judged(tmp_path, {2: 1000})
    first, second = take_run(by=officer, judged=once), take_run(by=officer, judged=once)
    assert (first.raised, first.asked) == (1, 12)
    assert (second.raised, second.joined, second.asked, second.still) == (0, 0, 0, 1)
    assert (Issue.objects.count(), Question.objects.count(), IssueFinding.objects.count()) == (1, 12, 2)


def test_what_is_unknown_is_asked_and_never_an_issue(officer: User, tmp_path: Path) -> None:
    taken(officer, tmp_path / "a", {})
    assert not Issue.objects.exists()
    one = Question.objects.get(household_id=2)
    assert (one.owner, one.conclusions, one.settled_on) == ("household", 1, None)
    assert "问清" in one.remedy
    made = taken(officer, tmp_path / "b", {}, water=True)
    assert (made.asked, made.answered) == (0, 12)
    assert not Question.objects.standing().exists()
    assert taken(officer, tmp_path / "c", {}).asked == 12, "what is not known again is asked again"
    assert Question.objects.count() == 12


def test_a_finding_new_to_a_live_issue_joins_it(officer: User, tmp_path: Path) -> None:
    taken(officer, tmp_path / "a", {2: 2500})
    made = taken(officer, tmp_path / "b", {2: 1000})
    issue = Issue.objects.get()
    assert (made.raised, made.joined) == (0, 1)
    assert issue.problem == "收入没有达到收入线；收入过半"
    assert proven(issue).acts == issue.version == 2


def test_a_run_tells_what_it_no_longer_finds(officer: User, tmp_path: Path) -> None:
    taken(officer, tmp_path / "a", {2: 1000, 4: 1000}, water=False)
    assert taken(officer, tmp_path / "b", {4: 1000}).cleared == 13
    outcomes = {(one.household_id, one.remedy): one.run_outcome for one in Issue.objects.all()}
    assert outcomes[2, "落实产业帮扶"] == "cleared"
    assert outcomes[4, "落实产业帮扶"] == "unmet"
    assert outcomes[2, "接通自来水"] == "unknown"


def test_a_relapse_is_linked_both_ways(officer: User, people: People, tmp_path: Path) -> None:
    taken(officer, tmp_path / "a", {2: 1000})
    issue = Issue.objects.get()
    actions.act(by=officer, issue=issue, move=Move.ASSIGN, assignee=ledger.to(people[Role.HELPER]))
    helper = people[Role.HELPER]
    actions.act(by=helper, issue=issue, move=Move.SUBMIT, text="已就业", files=[ledger.picture()])
    actions.act(by=people[Role.INSPECTOR], issue=issue, move=Move.CLOSE)
    assert taken(officer, tmp_path / "b", {2: 1000}).settled == 2, "a run of a day before the closure"
    Issue.objects.update(ended_on=date(2018, 12, 1))
    made = taken(officer, tmp_path / "c", {2: 1000})
    assert (made.raised, made.relapsed) == (1, 1)
    again = Issue.objects.latest("pk")
    issue.refresh_from_db()
    assert (again.relapse_of_id, issue.state, proven(issue).acts) == (issue.pk, State.CLOSED, issue.version)
    assert issue.events.latest("number").link == again.pk


def test_a_township_takes_its_own_part_of_a_run(people: People, tmp_path: Path) -> None:
    township = people[Role.TOWNSHIP_OFFICER]
    part = judged(tmp_path, {2: 1000, 7: 1000}, place=world.HERE)
    assert take_run(by=township, judged=part).raised == 1
    assert Issue.objects.get().household_id == 2
    assert Question.objects.count() == 6
    elsewhere = Judged(
        part.run, part.pack, part.plan, part.snapshot, Division.objects.get(code=world.THERE), AS_OF
    )
    with pytest.raises(PermissionDenied):
        take_run(by=township, judged=elsewhere)


def test_taking_a_part_leaves_the_rest_as_it_was(officer: User, tmp_path: Path) -> None:
    once = judged(tmp_path, {2: 1000, 7: 1000})
    take_run(by=officer, judged=once)
    part = Judged(once.run, once.pack, once.plan, once.snapshot, Division.objects.get(code=world.HERE), AS_OF)
    made = take_run(by=officer, judged=part)
    assert (made.raised, made.still, made.cleared, made.answered) == (0, 1, 0, 0)
    assert Issue.objects.count() == 2


@pytest.fixture
def run(people: People, tmp_path: Path) -> Run:
    """A finished run of the platform over the county."""
    once = judged(tmp_path, {2: 1000, 7: 1000})
    arrived = from_folder(tmp_path / "plan")
    arrived.keep()
    officer, county = people[Role.COUNTY_OFFICER], Division.objects.get(code=world.COUNTY)
    pack = PackRow.objects.create(
        digest=arrived.digest, kind=arrived.kind.value, division=county, title="某镇方案"
    )
    enactment = Enactment.objects.create(
        pack=pack, division=county, begins_on=world.SINCE, proposed_by=officer, state="approved"
    )
    found = Run.objects.create(
        enactment=enactment, division=county, as_of=AS_OF, asked_by=officer, state="done"
    )
    shutil.rmtree(found.folder, ignore_errors=True)
    found.folder.mkdir(parents=True)
    shutil.copytree(once.run.folder, found.folder / "result")
    shutil.copytree(once.snapshot.folder, found.folder / "snapshot")
    return found


def test_a_run_is_taken_in_the_background_for_ones_own_division(as_: SignIn, run: Run) -> None:
    township = as_(Role.TOWNSHIP_OFFICER)
    assert "某镇方案" in township.get("/ledger/runs/").content.decode()
    township.post("/ledger/runs/take/", {"run": run.pk})
    township.post("/ledger/runs/take/", {"run": run.pk})
    intake = RunIntake.objects.get()
    assert (intake.state, intake.division_id) == ("queued", world.HERE)
    carry_out_intake.func(intake.pk)
    carry_out_intake.func(intake.pk)
    intake.refresh_from_db()
    assert (intake.state, intake.counts["raised"], intake.problem) == ("done", 1, "")
    assert list(Issue.objects.values_list("household_id", flat=True)) == [2]
    assert "新立 1 件" in township.get("/ledger/runs/").content.decode()


def test_a_run_that_cannot_be_read_says_so(as_: SignIn, run: Run) -> None:
    as_(Role.COUNTY_OFFICER).post("/ledger/runs/take/", {"run": run.pk})
    shutil.rmtree(run.folder)
    intake = RunIntake.objects.get()
    carry_out_intake.func(intake.pk)
    intake.refresh_from_db()
    assert intake.state == "failed"
    assert intake.problem
    assert not Issue.objects.exists()


def test_a_run_under_way_is_not_taken(people: People, run: Run) -> None:
    run.state = "running"
    place = Division.objects.get(code=world.COUNTY)
    with pytest.raises(IntakeRefused):
        ask_intake(by=people[Role.COUNTY_OFFICER], run=run, division=place)


def test_questions_are_shown_to_whom_they_concern(as_: SignIn, officer: User, tmp_path: Path) -> None:
    taken(officer, tmp_path / "a", {})
    counts = {
        role: as_(role).get("/ledger/questions/").context["table"].count
        for role in (Role.COUNTY_OFFICER, Role.TOWNSHIP_OFFICER, Role.HELPER, Role.SECTOR_OFFICE)
    }
    expected = {Role.COUNTY_OFFICER: 12, Role.TOWNSHIP_OFFICER: 6, Role.HELPER: 1, Role.SECTOR_OFFICE: 0}
    assert counts == expected
    page = as_(Role.COUNTY_OFFICER).get(f"/ledger/questions/?village={world.VILLAGES[1]}")
    assert page.context["table"].count == 3
