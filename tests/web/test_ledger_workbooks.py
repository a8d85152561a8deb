"""Workbooks of issues: out in the plan's own layout, back in, and superiors' lists as they come."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date

import openpyxl
import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from bangfu.core.casework import State
from bangfu.core.plans.folder import packaged_packs
from bangfu.web.access import Role
from bangfu.web.accounts.models import User
from bangfu.web.audit.models import Event
from bangfu.web.ledger.models import Issue, IssueFile
from bangfu.web.ledger.standing import proven
from bangfu.web.plans import models as plans
from bangfu.web.plans.packs import from_folder
from tests.web import ledger, world

SignIn = Callable[[Role | User], Client]
People = dict[Role, User]
HEADINGS = ["序号", "村", "户主姓名", "户编号", "存在问题", "整改措施", "责任单位", "整改时限"]
FEEDBACK = [
    [1, "镇郊村", "户主1", "", "住房漏雨", "修缮", "住建所", "2026年12月31日"],
    [2, "镇郊村", "", "9900000002", "没有参保", "", "", "2026.12.31"],
    [3, "和平村", "", "", "村道塌方", "修复", "村委会", "尽快"],
    [4, "甲村", "", "", "别处的问题", "", "", ""],
    [5, "镇郊村", "", "9900000007", "别处的户", "", "", ""],
]


def book(
    rows: list[list[object]], headings: list[str] | None = None, title: str = "某次督查反馈问题清单"
) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet("清单")
        sheet.merge_range(0, 0, 0, 7, title)
        for at, row in enumerate([headings or HEADINGS, *rows], 1):
            sheet.write_row(at, 0, row)
    return buffer.getvalue()


def send(client: Client, content: bytes, name: str = "清单.xlsx") -> HttpResponse:
    file = SimpleUploadedFile(name, content)
    said = {"file": file, "division": world.HERE, "source": "spot_check"}
    response: HttpResponse = client.post("/ledger/files/new/", said)
    return response


def write(client: Client, content: bytes) -> IssueFile:
    assert send(client, content).status_code == 302
    kept = IssueFile.objects.latest("pk")
    assert client.get(f"/ledger/files/{kept.pk}/").status_code == 200
    client.post(f"/ledger/files/{kept.pk}/commit/")
    kept.refresh_from_db()
    return kept


@pytest.fixture
def officer(as_: SignIn) -> Client:
    return as_(Role.TOWNSHIP_OFFICER)


@pytest.mark.requirement("S3-46")
def test_superiors_feedback_becomes_issues_once(officer: Client) -> None:
    send(officer, book(FEEDBACK))
    kept = IssueFile.objects.get()
    page = officer.get(f"/ledger/files/{kept.pk}/").content.decode()
    assert "没有叫“甲村”的地方" in page
    assert "没有这个户编号" in page
    assert not Issue.objects.exists(), "looking writes nothing"
    officer.post(f"/ledger/files/{kept.pk}/commit/")
    kept.refresh_from_db()
    assert kept.counts == {"raise": 3, "amend": 0, "same": 0, "refused": 2}
    said = list(Issue.objects.values_list("household_id", "division_id", "problem", "due_on", "source"))
    assert said == [
        (1, world.VILLAGES[1], "住房漏雨", date(2026, 12, 31), "spot_check"),
        (2, world.VILLAGES[1], "没有参保", date(2026, 12, 31), "spot_check"),
        (None, world.VILLAGES[2], "村道塌方", None, "spot_check"),
    ]
    assert write(officer, book(FEEDBACK)).counts["raise"] == 0
    assert Issue.objects.count() == 3
    assert Event.objects.filter(kind="ledger_imported").count() == 2
    page = officer.post(f"/ledger/files/{kept.pk}/commit/", follow=True).content.decode()
    assert "已经办过" in page


def test_a_row_twice_in_one_file_is_one_issue(officer: Client) -> None:
    assert write(officer, book([FEEDBACK[2], FEEDBACK[2]])).counts == {
        "raise": 1,
        "amend": 0,
        "same": 1,
        "refused": 0,
    }


@pytest.mark.parametrize("content", [b"", b"not a workbook", book([["a", "b"]], ["甲", "乙"])])
def test_what_is_no_list_of_issues_is_told(officer: Client, content: bytes) -> None:
    response = send(officer, content)
    assert response.status_code == 200
    assert response.context["form"].errors["file"]
    assert not IssueFile.objects.exists()


def test_a_file_let_go_of_writes_nothing(officer: Client) -> None:
    send(officer, book(FEEDBACK))
    kept = IssueFile.objects.get()
    officer.post(f"/ledger/files/{kept.pk}/discard/")
    officer.post(f"/ledger/files/{kept.pk}/commit/")
    assert not Issue.objects.exists()


def exported(client: Client, **said: str) -> openpyxl.Workbook:
    response = client.post("/ledger/export/", {"purpose": "报县乡村振兴局", **said})
    assert response["Content-Type"] == "application/octet-stream"
    return openpyxl.load_workbook(io.BytesIO(response.content))


@pytest.fixture
def in_force(people: People) -> None:
    """The plan of the township, in force."""
    arrived = from_folder(packaged_packs()["s4_nanhuzhou"])
    arrived.keep()
    pack = plans.Pack.objects.create(
        digest=arrived.digest, kind=arrived.kind.value, division_id=world.HERE, title="某镇方案"
    )
    plans.Enactment.objects.create(
        pack=pack,
        division_id=world.HERE,
        begins_on=world.SINCE,
        proposed_by=people[Role.COUNTY_OFFICER],
        state="approved",
    )


@pytest.mark.usefixtures("in_force")
def test_out_in_the_plans_own_layout(officer: Client, people: People) -> None:
    ledger.submitted(people, source="visit", kind="housing", remedy="换瓦", due_on=date(2026, 12, 31))
    ledger.issue(people, 7, world.VILLAGES[3], problem="别处的问题")
    [layout] = [
        key for key, _ in officer.get("/ledger/export/").context["form"].fields["layout"].choices if key
    ]
    workbook = exported(officer, layout=layout)
    sheet = workbook["台账"]
    headings = [cell.value for cell in sheet[2]]
    assert headings[:4] == ["问题编号", "地点", "户编号", "对象"]
    plan = [
        "发现日期",
        "问题来源",
        "问题类型",
        "问题",
        "整改措施",
        "责任人",
        "整改期限",
        "整改状态",
        "销号日期",
    ]
    assert headings[4:13] == plan
    row = dict(zip(headings, [cell.value for cell in sheet[3]], strict=True))
    assert (row["问题来源"], row["问题类型"], row["整改状态"], row["办理环节"]) == (
        "走访",
        "住房",
        "整改中",
        "待复核",
    )
    assert (row["责任人"], row["办理情况"], row["对象"]) == ("helper", "屋顶已经修好", "户主2")
    assert sheet.max_row == 3, "nothing of another township"
    told = {row[0].value: row[1].value for row in workbook["说明"].iter_rows()}
    assert told["用途"] == "报县乡村振兴局"
    event = Event.objects.get(kind="ledger_exported")
    assert (event.details["count"], event.details["purpose"]) == (1, "报县乡村振兴局")


def test_no_export_without_a_purpose(officer: Client, people: People) -> None:
    ledger.issue(people)
    assert officer.post("/ledger/export/", {"purpose": ""}).status_code == 200
    assert not Event.objects.filter(kind="ledger_exported").exists()


def changed(workbook: openpyxl.Workbook, row: int, **cells: object) -> bytes:
    sheet = workbook["台账"]
    headings = {cell.value: cell.column for cell in sheet[2]}
    for name, value in cells.items():
        sheet.cell(row, headings[name]).value = value
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


@pytest.mark.usefixtures("in_force")
def test_our_own_ledger_comes_back(officer: Client, people: People) -> None:
    issue = ledger.assigned(people, due_on=date(2026, 12, 1), remedy="换瓦")
    assert write(officer, changed(exported(officer), 3)).counts["same"] == 1
    said = {"整改措施": "全部翻新", "整改期限": date(2026, 12, 20), "办理情况": "已进材料"}
    assert write(officer, changed(exported(officer), 3, **said)).counts["amend"] == 1
    issue.refresh_from_db()
    assert (issue.remedy, issue.due_on, issue.state) == ("全部翻新", date(2026, 12, 20), State.ASSIGNED)
    assert proven(issue).due_on == issue.due_on
    assert issue.events.latest("number").text == "已进材料"
    assert write(officer, changed(exported(officer), 3)).counts == {
        "raise": 0,
        "amend": 0,
        "same": 1,
        "refused": 0,
    }


def test_a_workbook_neither_closes_nor_rewrites(officer: Client, people: People) -> None:
    issue = ledger.assigned(people)
    send(officer, changed(exported(officer), 3, 办理环节="已销号"))
    kept = IssueFile.objects.latest("pk")
    page = officer.get(f"/ledger/files/{kept.pk}/").content.decode()
    assert "状态不能用表改" in page
    officer.post(f"/ledger/files/{kept.pk}/commit/")
    issue.refresh_from_db()
    assert (issue.state, issue.version) == (State.ASSIGNED, 2)
    assert write(officer, changed(exported(officer), 3, 问题="别的问题")).counts["refused"] == 1
    assert write(officer, changed(exported(officer), 3, 问题编号="2020-999999")).counts["refused"] == 1


def test_another_townships_issue_does_not_change_by_number(
    officer: Client, as_: SignIn, people: People
) -> None:
    there = ledger.issue(people, 7, world.VILLAGES[3])
    content = changed(exported(as_(Role.COUNTY_OFFICER)), 3, 整改措施="换一个")
    assert write(officer, content).counts["refused"] == 1
    there.refresh_from_db()
    assert there.remedy == ""
