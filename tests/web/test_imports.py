"""Workbooks through the browser: checked, marked, written, taken back; by whom it may be, and once."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
import xlsxwriter
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from bangfu.core.sheets import read_workbook
from bangfu.web.access import Role
from bangfu.web.accounts.models import User
from bangfu.web.audit.models import Event
from bangfu.web.imports.models import MOVES, ImportBatch, Move, Purpose, State
from bangfu.web.registry import log
from bangfu.web.registry.rows import rows
from tests.web import world

SignIn = Callable[[Role | User], Client]
HEADERS = ["户编号", "户主姓名", "村", "家庭人口", "脱贫状态"]
GOOD = [["9900000001", "户主1", "镇郊村", 5, "已脱贫"], ["9900000777", "新户", "和平村", 3, "未脱贫"]]


def book(lines: list[list[object]], headers: list[str] | None = None) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet("户信息")
        for at, line in enumerate([headers or HEADERS, *lines]):
            sheet.write_row(at, 0, line)
    return buffer.getvalue()


def send(client: Client, *files: tuple[str, bytes], division: str = world.HERE, **said: str) -> HttpResponse:
    uploads = [SimpleUploadedFile(name, content) for name, content in files]
    form = {"files": uploads, "division": division, "effective_on": "2018-12-31", **said}
    response: HttpResponse = client.post("/imports/new/", form)
    return response


def last() -> ImportBatch:
    return ImportBatch.objects.latest("pk")


@pytest.fixture
def officer(as_: SignIn) -> Client:
    return as_(Role.TOWNSHIP_OFFICER)


def test_from_upload_to_the_register_and_back(officer: Client) -> None:
    response = send(officer, ("户.xlsx", book(GOOD)))
    batch = last()
    assert (response.status_code, response["Location"]) == (302, f"/imports/{batch.pk}/")
    assert batch.state == State.CHECKED.value
    assert rows("household").get(pk=1).headcount == 2, "a check writes nothing"
    page = officer.get(f"/imports/{batch.pk}/").content.decode()
    assert "写入登记库" in page
    assert officer.post(f"/imports/{batch.pk}/commit/").status_code == 302
    batch.refresh_from_db()
    assert (batch.state, batch.seq) == (State.COMMITTED.value, log.last_seq())
    assert rows("household").get(pk=1).headcount == 5
    assert rows("household").get(household_code="9900000777").village_id == 2
    assert "新户" in officer.get("/households/?sort=-code").content.decode()
    officer.post(f"/imports/{batch.pk}/undo/")
    assert last().state == State.UNDONE.value
    assert rows("household").get(pk=1).headcount == 2
    assert not rows("household").filter(household_code="9900000777").exists()


def test_the_same_file_a_second_time_changes_nothing(officer: Client) -> None:
    send(officer, ("户.xlsx", book(GOOD)))
    officer.post(f"/imports/{last().pk}/commit/")
    seq = log.last_seq()
    send(officer, ("户.xlsx", book(GOOD)))
    page = officer.get(f"/imports/{last().pk}/").content.decode()
    assert "内容与登记库一致" in page
    officer.post(f"/imports/{last().pk}/commit/")
    assert log.last_seq() == seq


def test_mistakes_are_shown_and_marked_in_the_users_own_workbook(officer: Client, tmp_path: object) -> None:
    wrong = [
        ["9900000001", "户主1", "镇郊村", "很多", "已脱贫"],
        ["9900000888", "某户", "没有这个村", 3, "未脱贫"],
    ]
    send(officer, ("户.xlsx", book([*wrong, GOOD[1]])))
    batch = last()
    page = officer.get(f"/imports/{batch.pk}/").content.decode()
    assert "不是数字" in page
    assert "区划里没有这个地方" in page
    marked = batch.files.get(purpose=Purpose.MARKED.value)
    response = officer.get(f"/imports/{batch.pk}/files/{marked.pk}/")
    parts = zipfile.ZipFile(io.BytesIO(response.content)).namelist()
    assert any("comments" in name for name in parts)
    assert Event.objects.latest("number").kind == "import_file_read"
    officer.post(f"/imports/{batch.pk}/commit/")
    assert rows("household").get(pk=1).headcount == 2, "a household with a refused cell stays as it was"
    assert rows("household").filter(household_code="9900000777").exists()


def test_households_of_another_township_are_refused(officer: Client) -> None:
    send(officer, ("户.xlsx", book([["9900000999", "外人", "甲村", 3, "未脱贫"]])))
    officer.post(f"/imports/{last().pk}/commit/")
    assert not rows("household").filter(household_code="9900000999").exists()


def test_nobody_imports_for_another_division(officer: Client) -> None:
    before = ImportBatch.objects.count()
    response = send(officer, ("户.xlsx", book(GOOD)), division=world.THERE)
    assert response.status_code == 200
    assert ImportBatch.objects.count() == before


def test_what_was_checked_is_what_is_written(officer: Client) -> None:
    send(officer, ("甲.xlsx", book([GOOD[0]])))
    first = last()
    send(officer, ("乙.xlsx", book([["9900000001", "户主1", "镇郊村", 9, "已脱贫"]])))
    officer.post(f"/imports/{last().pk}/commit/")
    page = officer.post(f"/imports/{first.pk}/commit/", follow=True).content.decode()
    assert "又有了变化" in page
    assert rows("household").get(pk=1).headcount == 9
    officer.post(f"/imports/{first.pk}/check/")
    officer.post(f"/imports/{first.pk}/commit/")
    assert rows("household").get(pk=1).headcount == 5


def test_what_later_batches_rest_on_stays(officer: Client) -> None:
    send(officer, ("甲.xlsx", book([GOOD[1]])))
    first = last()
    officer.post(f"/imports/{first.pk}/commit/")
    send(officer, ("乙.xlsx", book([["9900000777", "新户", "和平村", 4, "未脱贫"]])))
    officer.post(f"/imports/{last().pk}/commit/")
    page = officer.post(f"/imports/{first.pk}/undo/", follow=True).content.decode()
    assert "不能撤销" in page
    first.refresh_from_db()
    assert first.state == State.COMMITTED.value


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("户.exe", b"MZ", "不是工作簿"),
        ("户.xlsx", b"PK\x03\x04 nothing", "不能导入"),
        ("户.csv", b"a,b\n1,2\n", "不能导入"),
    ],
)
def test_what_is_no_workbook_is_refused_in_words(
    officer: Client, name: str, content: bytes, words: str
) -> None:
    response = send(officer, (name, content))
    page = response if response.status_code == 200 else officer.get(response["Location"])
    assert words in page.content.decode()


def test_uploads_lie_closed_and_go_when_discarded(officer: Client) -> None:
    content = book(GOOD)
    send(officer, ("户.xlsx", content))
    kept = last().files.get(purpose=Purpose.UPLOADED.value)
    with default_storage.open(kept.stored_as) as file:
        assert b"PK\x03\x04" not in file.read()
    assert kept.content() == content
    officer.post(f"/imports/{last().pk}/discard/")
    assert not default_storage.exists(kept.stored_as)
    assert officer.get(f"/imports/{last().pk}/files/{kept.pk}/").status_code == 404


def test_a_move_that_is_not_allowed_is_told(officer: Client) -> None:
    send(officer, ("户.xlsx", book(GOOD)))
    page = officer.post(f"/imports/{last().pk}/undo/", follow=True).content.decode()
    assert "不能这样办" in page
    assert set(MOVES) == set(State)
    assert {move for moves in MOVES.values() for move in moves} == set(Move)


def test_the_workbook_reads_as_the_core_reads_it(tmp_path: object) -> None:
    from pathlib import Path

    path = Path(str(tmp_path)) / "户.xlsx"
    path.write_bytes(book(GOOD))
    assert [sheet.name for sheet in read_workbook(path).sheets] == ["户信息"]
