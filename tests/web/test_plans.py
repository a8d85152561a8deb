"""Plan packs through the browser: uploaded, checked, read, compared, put in force by a second person."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from bangfu.core.errors import PlanError
from bangfu.core.plans.folder import packaged_packs
from bangfu.core.plans.load import load_pack
from bangfu.core.plans.to_workbook import to_workbook
from bangfu.web.access import Role
from bangfu.web.accounts.models import User
from bangfu.web.audit.models import Event
from bangfu.web.divisions.models import Division
from bangfu.web.plans import actions, packs
from bangfu.web.plans.models import MOVES, Enactment, Kind, Move, Pack, State
from tests.web import world

SignIn = Callable[[Role | User], Client]
FROM = date(2018, 1, 1)


def files_of(name: str) -> dict[str, str]:
    folder = packaged_packs()[name]
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in (*folder.glob("*.yaml"), *folder.glob("cases/*.yaml"))
    }


def zipped(files: Mapping[str, str], around: str = "方案/") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(around + name, text)
    return buffer.getvalue()


def send(client: Client, name: str, content: bytes, division: str = world.HERE) -> HttpResponse:
    form = {"file": SimpleUploadedFile(name, content), "division": division}
    response: HttpResponse = client.post("/plans/upload/", form)
    return response


@pytest.fixture
def officer(as_: SignIn) -> Client:
    return as_(Role.TOWNSHIP_OFFICER)


@pytest.fixture
def s4() -> Pack:
    actions.know_packaged(by=world.TEST)
    return Pack.objects.get(plan_id="s4_nanhuzhou", kind=Kind.PACKAGED.value)


def test_the_packs_of_the_product_are_known_once() -> None:
    assert actions.know_packaged(by=world.TEST) == 5
    assert actions.know_packaged(by=world.TEST) == 0
    assert {pack.problem_count for pack in Pack.objects.all()} == {0}


def test_a_plan_is_read_in_words_with_its_sources(officer: Client, s4: Pack) -> None:
    page = officer.get(f"/plans/{s4.pk}/?on=2018-12-31").content.decode()
    assert "人均纯收入超过3,430 元" in page
    assert "criteria.yaml:" in page
    assert "脱贫收入线" in page


@pytest.mark.parametrize("around", ["", "方案/", "外/内/"])
def test_a_zip_of_a_folder_is_taken_in_and_checked(officer: Client, around: str) -> None:
    content = zipped(files_of("s4_nanhuzhou") | {"../x.yaml": "", "说明.txt": "", ".hidden.yaml": ""}, around)
    assert send(officer, "方案.zip", content).status_code == 302
    pack = Pack.objects.get(kind=Kind.FOLDER.value)
    assert (pack.problem_count, pack.title, pack.division_id) == (
        0,
        "南湖洲镇2018年脱贫攻坚工作方案",
        world.HERE,
    )
    send(officer, "方案.zip", content)
    assert Pack.objects.count() == 1, "the same files twice are one pack"


def test_a_workbook_is_taken_in_as_well(officer: Client) -> None:
    send(officer, "方案.xlsx", to_workbook(load_pack("s4_nanhuzhou").own))
    pack = Pack.objects.get()
    assert (pack.kind, pack.problem_count, pack.plan_id) == ("workbook", 0, "s4_nanhuzhou")


def test_every_mistake_is_shown_with_file_and_line(officer: Client, people: Mapping[Role, User]) -> None:
    files = files_of("s4_nanhuzhou")
    files["criteria.yaml"] = files["criteria.yaml"].replace("net_income_per_capita", "net_incom", 1)
    files["parameters.yaml"] += "\nmore: 1\n"
    response = send(officer, "方案.zip", zipped(files))
    pack = Pack.objects.get()
    assert pack.problem_count >= 2
    page = officer.get(response["Location"]).content.decode()
    assert "criteria.yaml:" in page
    assert "parameters.yaml:" in page
    with pytest.raises(PlanError):
        actions.propose(by=people[Role.TOWNSHIP_OFFICER], pack=pack, division=here(), begins_on=FROM)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("方案.zip", b"PK not a zip"),
        ("方案.exe", b""),
        ("空.zip", zipped({"readme.yaml": ""})),
        ("两个.zip", zipped({"a/plan.yaml": "", "b/plan.yaml": ""})),
        ("大.zip", zipped({"plan.yaml": " " * 3_000_000})),
        ("多.zip", zipped({f"{n}.yaml": "" for n in range(501)})),
    ],
)
def test_what_is_no_pack_is_refused_beside_the_field(officer: Client, name: str, content: bytes) -> None:
    response = send(officer, name, content)
    assert response.status_code == 200
    assert "bf-error" in response.content.decode()
    assert not Pack.objects.exists()


def test_a_broken_workbook_shows_why(officer: Client) -> None:
    response = send(officer, "方案.xlsx", b"no workbook")
    page = officer.get(response["Location"]).content.decode()
    assert Pack.objects.get().problem_count == 1
    assert "不是 xlsx 工作簿" in page


def test_files_that_were_changed_on_disk_are_not_believed(officer: Client, s4: Pack) -> None:
    send(officer, "方案.zip", zipped(files_of("s4_nanhuzhou") | {"cases/mine.yaml": "cases: []\n"}))
    pack = Pack.objects.get(kind=Kind.FOLDER.value)
    folder = packs.folder_of(pack.digest)
    (folder / "plan.yaml").write_text("title: 改过\n", encoding="utf-8")
    packs.read.cache_clear()
    packs.plan_on.cache_clear()
    try:
        with pytest.raises(PlanError):
            packs.read(pack.digest)
        assert officer.get(f"/plans/{pack.pk}/").status_code == 400
    finally:
        shutil.rmtree(folder)


def here() -> Division:
    return Division.objects.get(code=world.HERE)


def propose(
    client: Client, pack: Pack, begins_on: str = "2018-01-01", division: str = world.HERE
) -> Enactment:
    client.post(f"/plans/{pack.pk}/propose/", {"division": division, "begins_on": begins_on})
    return Enactment.objects.latest("pk")


def test_a_plan_comes_into_force_by_a_second_person(officer: Client, as_: SignIn, s4: Pack) -> None:
    enactment = propose(officer, s4)
    assert not Enactment.objects.in_force(date(2018, 6, 1)).exists()
    officer.post(f"/plans/enactments/{enactment.pk}/approve/")
    enactment.refresh_from_db()
    assert enactment.state == State.PROPOSED.value, "not by whoever proposed it"
    as_(Role.COUNTY_OFFICER).post(f"/plans/enactments/{enactment.pk}/approve/")
    assert Enactment.objects.in_force(date(2018, 6, 1)).get() == enactment
    assert not Enactment.objects.in_force(date(2017, 12, 31)).exists()
    kinds = Event.objects.filter(subject="enactment").values_list("kind", flat=True)
    assert list(kinds) == ["plan_proposed", "plan_approved"]
    assert "生效中" in officer.get(f"/plans/{s4.pk}/").content.decode()


def test_the_same_is_not_proposed_twice(officer: Client, s4: Pack) -> None:
    propose(officer, s4)
    propose(officer, s4)
    assert Enactment.objects.count() == 1


def test_a_new_version_ends_the_old_one_the_day_before(officer: Client, as_: SignIn, s4: Pack) -> None:
    county = as_(Role.COUNTY_OFFICER)
    first = propose(officer, s4)
    county.post(f"/plans/enactments/{first.pk}/approve/")
    files = files_of("s4_nanhuzhou")
    files["plan.yaml"] = files["plan.yaml"].replace("1.0.0", "1.1.0", 1)
    files["parameters.yaml"] = files["parameters.yaml"].replace('"3430"', '"3600"', 1)
    send(officer, "新.zip", zipped(files))
    newer = Pack.objects.get(version="1.1.0")
    page = officer.get(f"/plans/{newer.pk}/compare/{s4.pk}/").content.decode()
    assert "3430 → 3600" in page
    second = propose(officer, newer, "2018-07-01")
    county.post(f"/plans/enactments/{second.pk}/approve/")
    first.refresh_from_db()
    assert first.ends_on == date(2018, 6, 30)
    assert Enactment.objects.in_force(date(2018, 6, 30)).get() == first
    assert Enactment.objects.in_force(date(2018, 7, 1)).get() == second
    third = propose(officer, s4, "2018-05-01")
    county.post(f"/plans/enactments/{third.pk}/approve/")
    third.refresh_from_db()
    assert third.state == State.PROPOSED.value, "a later version stands in the way"


def test_sent_back_withdrawn_ended(officer: Client, as_: SignIn, s4: Pack) -> None:
    county = as_(Role.COUNTY_OFFICER)
    one = propose(officer, s4)
    county.post(f"/plans/enactments/{one.pk}/return/", {"reason": " "})
    one.refresh_from_db()
    assert one.state == State.PROPOSED.value, "not without a reason"
    county.post(f"/plans/enactments/{one.pk}/return/", {"reason": "参数有误"})
    assert "参数有误" in officer.get(f"/plans/{s4.pk}/").content.decode()
    two = propose(officer, s4)
    officer.post(f"/plans/enactments/{two.pk}/withdraw/")
    three = propose(officer, s4)
    county.post(f"/plans/enactments/{three.pk}/approve/")
    county.post(f"/plans/enactments/{three.pk}/end/", {"ends_on": "2017-01-01"})
    three.refresh_from_db()
    assert three.state == State.APPROVED.value, "not before it began"
    county.post(f"/plans/enactments/{three.pk}/end/", {"ends_on": "2018-03-31"})
    states = {one.pk: one.state for one in Enactment.objects.all()}
    assert states == {one.pk: "returned", two.pk: "withdrawn", three.pk: "ended"}
    assert Enactment.objects.in_force(date(2018, 3, 31)).count() == 1
    assert Enactment.objects.in_force(date(2018, 4, 1)).count() == 0


def test_of_two_at_once_one_is_told(people: Mapping[Role, User], s4: Pack) -> None:
    one = actions.propose(by=people[Role.TOWNSHIP_OFFICER], pack=s4, division=here(), begins_on=FROM)
    stale = Enactment.objects.get(pk=one.pk)
    actions.approve(by=people[Role.COUNTY_OFFICER], enactment=one)
    with pytest.raises(actions.PlanRefused):
        actions.send_back(by=people[Role.LEADER], enactment=stale, reason="晚了")


def test_a_place_is_under_the_plans_above_it(people: Mapping[Role, User], s4: Pack) -> None:
    county = Division.objects.get(code=world.COUNTY)
    for division in (county, here()):
        by = people[Role.COUNTY_OFFICER]
        one = actions.propose(by=by, pack=s4, division=division, begins_on=FROM)
        actions.approve(by=people[Role.LEADER], enactment=one)
    village = Division.objects.get(code=world.VILLAGES[1])
    there = Division.objects.get(code=world.THERE)
    assert Enactment.objects.covering(village).count() == 2
    assert Enactment.objects.covering(there).count() == 1
    assert Enactment.objects.covering(county).count() == 1


def test_a_township_neither_sees_nor_touches_what_is_another_ones(as_: SignIn, officer: Client) -> None:
    send(as_(Role.COUNTY_OFFICER), "邻.zip", zipped(files_of("s4_nanhuzhou")), division=world.COUNTY)
    of_county = Pack.objects.get()
    assert officer.get(f"/plans/{of_county.pk}/").status_code == 200, "the county's plan is read below it"
    Pack.objects.update(division=world.THERE)
    assert officer.get(f"/plans/{of_county.pk}/").status_code == 404
    Pack.objects.update(division=None)
    assert propose_status(officer, of_county, world.THERE) == 200, "the form refuses it"
    assert not Enactment.objects.exists()


def propose_status(client: Client, pack: Pack, division: str) -> int:
    said = {"division": division, "begins_on": "2018-01-01"}
    return client.post(f"/plans/{pack.pk}/propose/", said).status_code


def test_the_table_of_moves() -> None:
    assert set(MOVES) == set(State)
    assert {move for moves in MOVES.values() for move in moves} == set(Move)


def test_the_folder_of_a_pack_lies_in_the_sites_folder(s4: Pack, settings: object) -> None:
    folder = packs.folder_of(s4.digest)
    assert folder.is_relative_to(Path(str(settings.HOME)))  # type: ignore[attr-defined]
    assert (folder / "plan.yaml").is_file()
