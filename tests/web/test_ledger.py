"""The ledger through the browser: an issue from its first line to its closure, and who may do which step."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from bangfu.core.casework import CaseError, Move, State
from bangfu.web.access import Role
from bangfu.web.accounts.models import User
from bangfu.web.audit.models import Event
from bangfu.web.ledger import actions
from bangfu.web.ledger.models import Evidence, Issue, IssueEvent
from bangfu.web.ledger.pictures import MOST_BYTES, EvidenceRefused, checked
from bangfu.web.ledger.standing import proven, standings
from tests.web import ledger, world

SignIn = Callable[[Role | User], Client]
People = dict[Role, User]


def move(client: Client, issue: Issue, name: str, **said: object) -> HttpResponse:
    response: HttpResponse = client.post(f"/ledger/{issue.pk}/{name}/", said, follow=True)
    issue.refresh_from_db()
    return response


@pytest.mark.requirement("S0-14", "S3-47")
def test_from_the_first_line_to_the_closure(as_: SignIn, people: People) -> None:
    officer, helper, inspector = (as_(role) for role in (Role.TOWNSHIP_OFFICER, Role.HELPER, Role.INSPECTOR))
    form = officer.get("/ledger/new/").context["form"]
    said = {
        "token": form.initial["token"],
        "division": world.HERE,
        "household_code": "9900000002",
        "problem": "屋顶漏雨",
        "source": "visit",
        "severity": "high",
        "due_on": "2026-12-31",
    }
    assert officer.post("/ledger/new/", said).status_code == 302
    officer.post("/ledger/new/", said)
    issue = Issue.objects.get()
    assert (issue.household_id, issue.division_id) == (2, world.VILLAGES[1])
    move(officer, issue, "assign", to=f"user:{people[Role.HELPER].pk}", seen=issue.version)
    assert issue.state == State.ASSIGNED
    page = move(helper, issue, "submit", text="已换瓦", seen=issue.version).content.decode()
    assert "没有整改后的佐证" in page
    move(helper, issue, "submit", text="已换瓦", files=[ledger.picture()], seen=issue.version)
    assert issue.state == State.SUBMITTED
    move(inspector, issue, "return", text="照片看不清", seen=issue.version)
    assert issue.state == State.RETURNED
    move(helper, issue, "submit", text="重新拍了", files=[ledger.picture(80)], seen=issue.version)
    move(inspector, issue, "close", seen=issue.version)
    assert (issue.state, issue.closure_number) == (State.CLOSED, f"{timezone.localdate().year}-000001")
    assert proven(issue).state is State.CLOSED
    page = officer.get(f"/ledger/{issue.pk}/").content.decode()
    assert "照片看不清" in page
    assert Event.objects.filter(kind="issues_moved", subject_id=issue.pk).count() == 5


def test_buttons_are_shown_only_where_the_move_may_be_made(as_: SignIn, people: People) -> None:
    issue = ledger.submitted(people)
    for role, may in ((Role.HELPER, False), (Role.COUNTY_OFFICER, True), (Role.VILLAGE_CADRE, False)):
        page = as_(role).get(f"/ledger/{issue.pk}/").content.decode()
        assert (f"/ledger/{issue.pk}/close/" in page) is may, role
    page = move(as_(Role.HELPER), issue, "close", seen=issue.version).content.decode()
    assert issue.state == State.SUBMITTED
    assert "您在这个问题上不能" in page


def test_who_did_the_work_does_not_close_it_whatever_the_role(as_: SignIn, people: People) -> None:
    issue = ledger.assigned(people, Role.TOWNSHIP_OFFICER)
    officer = as_(Role.TOWNSHIP_OFFICER)
    move(officer, issue, "submit", text="好了", files=[ledger.picture()], seen=issue.version)
    page = move(officer, issue, "close", seen=issue.version).content.decode()
    assert "另一个人" in page
    assert issue.state == State.SUBMITTED


def test_of_two_people_at_once_the_second_is_told(as_: SignIn, people: People) -> None:
    issue = ledger.submitted(people)
    seen = issue.version
    move(as_(Role.INSPECTOR), issue, "return", text="不行", seen=seen)
    page = move(as_(Role.COUNTY_OFFICER), issue, "close", seen=seen).content.decode()
    assert "刚被别人办过" in page
    assert issue.state == State.RETURNED


@pytest.mark.requirement("S0-15")
def test_more_time(as_: SignIn, people: People) -> None:
    issue = ledger.assigned(people, due_on=date(2026, 12, 1))
    helper = as_(Role.HELPER)
    move(helper, issue, "ask_extension", text="汛期", due_on="2026-12-31", seen=issue.version)
    assert (issue.state, issue.extension_asked_on) == (State.EXTENSION_ASKED, timezone.localdate())
    move(as_(Role.TOWNSHIP_OFFICER), issue, "grant_extension", seen=issue.version)
    assert issue.state == State.EXTENSION_ASKED, "a township does not give more time"
    move(as_(Role.LEADER), issue, "grant_extension", seen=issue.version)
    assert (issue.due_on, issue.first_due_on, issue.extended) == (date(2026, 12, 31), date(2026, 12, 1), 1)


def test_a_taken_back_assignment_leaves_what_was_before(as_: SignIn, people: People) -> None:
    issue = ledger.assigned(people)
    officer = as_(Role.COUNTY_OFFICER)
    move(officer, issue, "assign", to=f"user:{people[Role.STATIONED].pk}", seen=issue.version)
    assert issue.assignee_name == "stationed"
    move(officer, issue, "take_back", seen=issue.version)
    assert (issue.assignee, issue.assignee_name) == (f"user:{people[Role.HELPER].pk}", "helper")
    assert proven(issue).acts == issue.version == 4


def test_the_row_is_what_the_events_prove(people: People) -> None:
    for issue in (ledger.issue(people), ledger.assigned(people), ledger.submitted(people)):
        standing = proven(issue)
        assert standings([issue])[issue.pk] == standing
        assert (standing.state.value, standing.assignee) == (issue.state, issue.assignee)


def test_events_never_change(people: People) -> None:
    issue = ledger.issue(people)
    with pytest.raises(TypeError):
        IssueEvent.objects.all().update(text="x")
    with pytest.raises(TypeError):
        IssueEvent.objects.all().delete()
    with pytest.raises(TypeError):
        issue.events.get().delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        IssueEvent.objects.create(issue=issue, number=1, move="raise", state="open")


def test_scope(as_: SignIn, people: People) -> None:
    here = ledger.issue(people, 2)
    other_household = ledger.issue(people, 1)
    there = ledger.issue(people, 7, world.VILLAGES[3], problem="别处的问题")
    seen = {
        role: {
            issue.pk
            for issue in (here, other_household, there)
            if as_(role).get(f"/ledger/{issue.pk}/").status_code == 200
        }
        for role in (Role.COUNTY_OFFICER, Role.TOWNSHIP_OFFICER, Role.HELPER, Role.SECTOR_OFFICE)
    }
    assert seen == {
        Role.COUNTY_OFFICER: {here.pk, other_household.pk, there.pk},
        Role.TOWNSHIP_OFFICER: {here.pk, other_household.pk},
        Role.HELPER: {here.pk},
        Role.SECTOR_OFFICE: set(),
    }
    listed = as_(Role.TOWNSHIP_OFFICER).post("/ledger/", {"q": "问题"}).content.decode()
    assert "别处的问题" not in listed
    actions.act(
        by=people[Role.COUNTY_OFFICER],
        issue=there,
        move=Move.ASSIGN,
        assignee=ledger.to(people[Role.SECTOR_OFFICE]),
    )
    assert as_(Role.SECTOR_OFFICE).get(f"/ledger/{there.pk}/").status_code == 200
    assert "别处的问题" in as_(Role.SECTOR_OFFICE).get("/ledger/?view=mine").content.decode()


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 4),
        ("view=live", 3),
        ("view=overdue", 1),
        ("view=review", 1),
        ("state=closed", 1),
        ("village=430624119241", 1),
    ],
)
def test_filters(as_: SignIn, people: People, query: str, count: int) -> None:
    ledger.issue(people, due_on=timezone.localdate() - timedelta(days=1))
    ledger.issue(people, 4, world.VILLAGES[2], due_on=timezone.localdate())
    ledger.submitted(people)
    closed = ledger.submitted(people)
    actions.act(by=people[Role.INSPECTOR], issue=closed, move=Move.CLOSE)
    page = as_(Role.COUNTY_OFFICER).get(f"/ledger/?{query}")
    assert page.context["table"].count == count


def test_what_is_mine(as_: SignIn, people: People) -> None:
    ledger.assigned(people)
    ledger.issue(people)
    assert as_(Role.HELPER).get("/ledger/?view=mine").context["table"].count == 1
    Issue.objects.update(responsible_cadre_id=world.HELPER)
    assert as_(Role.HELPER).get("/ledger/?view=mine").context["table"].count == 2


@pytest.mark.parametrize(("text", "count"), [("漏雨", 1), ("户主2", 1), ("9900000002", 1), ("没有", 0)])
def test_search(as_: SignIn, people: People, text: str, count: int) -> None:
    ledger.issue(people)
    response = as_(Role.COUNTY_OFFICER).post("/ledger/", {"q": text})
    assert response.context["table"].count == count


def test_pictures_lose_what_they_tell_besides(people: People) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Phone"
    exif.get_ifd(0x8825)[2] = (28.0, 40.0, 0.0)
    kept = checked(ledger.picture(exif=exif))
    with Image.open(io.BytesIO(kept.content)) as picture:
        assert not dict(picture.getexif())
        assert picture.size == (64, 48)
    assert b"Phone" not in kept.content


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><script>alert(1)</script>",
        b"MZ\x90\x00",
        b"%PDF-1.7 without an end",
        b"\xff\xd8\xff\xe0 broken",
    ],
)
def test_what_is_no_evidence_is_refused_by_its_content(content: bytes) -> None:
    with pytest.raises(EvidenceRefused):
        checked(SimpleUploadedFile("photo.jpg", content, "image/jpeg"))


def test_evidence_has_a_size() -> None:
    file = SimpleUploadedFile("a.jpg", b"x")
    file.size = MOST_BYTES + 1
    with pytest.raises(EvidenceRefused):
        checked(file)


def test_evidence_is_served_as_what_it_is(as_: SignIn, people: People) -> None:
    issue = ledger.assigned(people)
    paper = SimpleUploadedFile("验收单.pdf", b"%PDF-1.4\n1 0 obj\n%%EOF\n", "text/html")
    actions.act(by=people[Role.HELPER], issue=issue, move=Move.PROVE, files=[paper, ledger.picture()])
    pdf, photo = Evidence.objects.order_by("pk")
    client = as_(Role.HELPER)
    response = client.get(f"/ledger/{issue.pk}/evidence/{pdf.pk}/")
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")
    assert client.get(f"/ledger/{issue.pk}/evidence/{pdf.pk}/small/").status_code == 404
    for url in ("", "small/"):
        assert client.get(f"/ledger/{issue.pk}/evidence/{photo.pk}/{url}")["Content-Type"] == "image/jpeg"
    assert Event.objects.filter(kind="evidence_read").count() == 2


def test_the_same_photo_twice_is_told(as_: SignIn, people: People) -> None:
    one, two = ledger.submitted(people), ledger.submitted(people)
    page = as_(Role.COUNTY_OFFICER).get(f"/ledger/{two.pk}/").content.decode()
    assert "另外 1 个问题" in page
    assert one.evidence.get().origin_digest == two.evidence.get().origin_digest


def test_a_relapse_and_an_unknown_move_are_not_for_pages(as_: SignIn, people: People) -> None:
    issue = ledger.issue(people)
    for name in ("relapse", "raise", "found_again", "nonsense"):
        assert as_(Role.COUNTY_OFFICER).post(f"/ledger/{issue.pk}/{name}/").status_code == 404


def test_a_household_out_of_sight_is_not_written_about(as_: SignIn) -> None:
    said = {"token": "a", "division": world.HERE, "household_code": "9900000007", "problem": "x"}
    page = as_(Role.TOWNSHIP_OFFICER).post("/ledger/new/", {**said, "source": "visit", "severity": "low"})
    assert "不在您的范围内" in page.content.decode()
    assert not Issue.objects.exists()


def test_one_live_issue_a_group(people: People) -> None:
    issue = ledger.issue(people)
    with pytest.raises(IntegrityError), transaction.atomic():
        Issue.objects.create(
            group=issue.group, division=issue.division, problem="x", found_on=world.SINCE, origin="hand"
        )


def test_nothing_is_written_where_a_move_is_refused(people: People) -> None:
    issue = ledger.submitted(people)
    before = Issue.objects.filter(pk=issue.pk).values().get()
    with pytest.raises(CaseError):
        actions.act(by=people[Role.COUNTY_OFFICER], issue=issue, move=Move.START, files=[ledger.picture()])
    assert Issue.objects.filter(pk=issue.pk).values().get() == before
    assert issue.evidence.count() == 1


@pytest.mark.parametrize(("url", "limit"), [("/ledger/", 24), ("/ledger/{}/", 30)])
def test_queries_are_bounded(as_: SignIn, people: People, url: str, limit: int) -> None:
    for _ in range(8):
        issue = ledger.submitted(people)
    client = as_(Role.COUNTY_OFFICER)
    with CaptureQueriesContext(connection) as told:
        assert client.get(url.format(issue.pk)).status_code == 200
    assert len(told) <= limit, len(told)


def test_remedy_and_deadline_are_amended(as_: SignIn, people: People) -> None:
    issue = ledger.issue(people)
    officer = as_(Role.TOWNSHIP_OFFICER)
    page = move(officer, issue, "amend", remedy="换瓦", due_on="2026-12-31", seen=issue.version)
    assert (issue.remedy, issue.due_on, proven(issue).due_on) == ("换瓦", date(2026, 12, 31), issue.due_on)
    assert "整改措施：换瓦" in page.content.decode()


def test_the_first_page_tells_what_waits(as_: SignIn, people: People) -> None:
    ledger.submitted(people)
    ledger.assigned(people, due_on=timezone.localdate() - timedelta(days=1))
    told = {
        role: [(one.label, one.count) for one in as_(role).get("/").context["figures"]]
        for role in (Role.HELPER, Role.INSPECTOR, Role.ADMINISTRATOR)
    }
    assert told == {
        Role.HELPER: [("派给我的", 2), ("逾期", 1)],
        Role.INSPECTOR: [("逾期", 1), ("等复核", 1)],
        Role.ADMINISTRATOR: [],
    }
