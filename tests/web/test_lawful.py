"""Lawful changes on the household's page: form, preview, done, undone; requests for a second person; the story."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import polars as pl
import pytest
from django.test import Client

from bangfu.core.register import correction
from bangfu.core.sheets.identity import check_digit
from bangfu.web.access import Role
from bangfu.web.accounts.models import User
from bangfu.web.audit.models import Event, EventKind
from bangfu.web.registry.actions import apply_changes
from bangfu.web.registry.models import ChangeBatch, ChangeRequest, RequestState
from bangfu.web.registry.rows import VOCABULARY, rows
from bangfu.web.registry.state import state_of_households, whole_state
from tests.web import world

SignIn = Callable[[Role | User], Client]
DAY = "2020-05-04"


@pytest.fixture
def officer(as_: SignIn) -> Client:
    return as_(Role.TOWNSHIP_OFFICER)


def number_of(year: str, day: str) -> str:
    """An ID number of a man born that day, of an area that does not exist."""
    first = f"990000{year}{day}041"
    return first + str(pl.select(check_digit(pl.lit(first))).item())


def hidden(page: str) -> dict[str, list[str]]:
    """The hidden fields of the form on a preview, as a browser would send them."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page):
        found.setdefault(name, []).append(value)
    return found


def ask(client: Client, url: str, **said: object) -> str:
    """The page that comes after the form."""
    return client.post(url, said).content.decode()


def make(client: Client, url: str, **said: object) -> None:
    """Form, preview, done."""
    page = ask(client, url, **said)
    assert 'value="apply"' in page, page
    response = client.post(url, {**hidden(page), "step": "apply"})
    assert response.status_code == 302, response.content.decode()


def people(household: int) -> dict[str, str]:
    found = rows("person").filter(household_id=household).order_by("pk")
    return dict(found.values_list("full_name", "relation"))


def test_a_birth_from_the_form_to_the_register_and_back(officer: Client) -> None:
    before = whole_state()
    url = "/households/1/change/birth/"
    said = {"full_name": "小宝", "gender": "female", "birth_date": DAY, "relation": "daughter"}
    preview = ask(officer, url, **said)
    assert "小宝" in preview
    assert "<del>2</del>" in preview, "the head count before and after"
    assert people(1) == {"户主1": "head", "配偶1": "spouse"}, "nothing is written by looking"
    make(officer, url, **said)
    assert people(1) == {"户主1": "head", "配偶1": "spouse", "小宝": "daughter"}
    assert rows("household").get(pk=1).headcount == 3
    event = Event.objects.get(kind=EventKind.REGISTER_CHANGED, subject="household")
    assert (event.subject_id, event.division, event.details["kind"]) == (1, world.VILLAGES[1], "birth")
    page = officer.get("/households/1/").content.decode()
    undo = re.search(r'action="(/households/1/undo/\d+/)"', page)
    assert undo, "what was just done can be taken back with one tap"
    assert officer.post(undo[1]).status_code == 302
    after = whole_state()
    for name in ("person", "household"):
        table = VOCABULARY.tables[name]
        assert after.rows(table).equals(before.rows(table))
    assert "undo/" not in officer.get("/households/1/").content.decode()


def test_a_death_of_the_head_asks_who_leads_and_what_the_others_are(officer: Client) -> None:
    url = "/households/1/change/death/"
    first = ask(officer, url, person="10", effective_on=DAY)
    assert 'name="new_head"' in first
    assert 'value="apply"' not in first
    make(officer, url, person="10", effective_on=DAY, new_head="11")
    assert people(1) == {"配偶1": "head"}
    home = rows("household").get(pk=1)
    assert (home.head_name, home.headcount) == ("配偶1", 1)
    assert home.head_id_number.reveal() == world.id_number(11)


def test_a_new_head_with_the_others_suggested(officer: Client) -> None:
    make(
        officer,
        "/households/1/change/birth/",
        full_name="小宝",
        gender="male",
        birth_date=DAY,
        relation="son",
    )
    page = ask(officer, "/households/1/change/head/", new_head="11", effective_on=DAY)
    assert re.findall(r'<option value="(\w+)" selected', page) == ["11", "spouse", "son"]
    son = rows("person").get(full_name="小宝").pk
    said = {"new_head": "11", "effective_on": DAY, "relation_10": "spouse", f"relation_{son}": "son"}
    make(officer, "/households/1/change/head/", **said)
    assert people(1) == {"户主1": "spouse", "配偶1": "head", "小宝": "son"}


def test_a_marriage_reads_the_number_and_refuses_a_wrong_one(officer: Client) -> None:
    url = "/households/1/change/marriage-in/"
    said = {"full_name": "新人", "relation": "daughter_in_law", "effective_on": DAY}
    wrong = ask(officer, url, **said, id_number=world.id_number(500)[:-1] + "?")
    assert "证件号码不对" in wrong
    assert "新人" in wrong, "what was typed stays"
    number = number_of("1990", "0307")
    assert "不一致" in ask(officer, url, **said, id_number=number, gender="female")
    make(officer, url, **said, id_number=number)
    new = rows("person").get(full_name="新人")
    assert (new.birth_date, new.gender, new.joined_by) == (date(1990, 3, 7), "male", "married_in")
    assert new.id_number.reveal() == number
    assert "本户已有" in ask(officer, url, **said, id_number=number)
    make(officer, "/households/1/change/marriage-out/", person=str(new.pk), effective_on=DAY)
    assert "新人" not in people(1)


def test_a_person_moves_to_another_household_within_ones_own_townships(officer: Client) -> None:
    url = "/households/1/change/person-move/"
    said = {"person": "11", "relation": "other", "effective_on": DAY}
    for code in ("9900000007", "9900000001", "nothing"):
        assert 'value="apply"' not in ask(officer, url, **said, household_code=code), code
    make(officer, url, **said, household_code="9900000002")
    assert people(2)["配偶1"] == "other"
    assert list(people(1)) == ["户主1"]
    story = officer.get("/households/1/history/").content.decode()
    assert "转出本户" in story


def test_a_split_and_a_merge(officer: Client) -> None:
    url = "/households/1/change/split/"
    assert "要有人分出去" in ask(officer, url, effective_on=DAY)
    assert "只能有一人是户主" in ask(officer, url, effective_on=DAY, goes_11="spouse")
    assert "已经有了" in ask(officer, url, effective_on=DAY, goes_11="head", household_code="9900000002")
    make(officer, url, effective_on=DAY, goes_11="head", household_code="99123")
    new = rows("household").get(household_code="99123")
    assert (new.head_name, new.headcount, new.village_id) == ("配偶1", 1, 1)
    asked = ask(officer, "/households/1/change/merge/", household_code="99123", effective_on=DAY)
    assert "relation_11" in asked
    said = {"household_code": "99123", "effective_on": DAY, "relation_11": "spouse"}
    make(officer, "/households/1/change/merge/", **said)
    assert people(1) == {"户主1": "head", "配偶1": "spouse"}
    assert not rows("household").filter(household_code="99123").exists()
    seq = ChangeBatch.objects.order_by("-seq").first().seq  # type: ignore[union-attr]
    officer.post(f"/households/1/undo/{seq}/")
    assert people(new.pk) == {"配偶1": "head"}


def test_a_split_in_which_the_head_goes(officer: Client) -> None:
    said = {"effective_on": DAY, "goes_10": "head"}
    assert 'name="new_head"' in ask(officer, "/households/1/change/split/", **said)
    make(officer, "/households/1/change/split/", **said, new_head="11")
    assert people(1) == {"配偶1": "head"}


def test_a_household_moves_within_ones_divisions(officer: Client, as_: SignIn) -> None:
    url = "/households/1/change/move/"
    assert "现在就在这里" in ask(officer, url, village="1", effective_on=DAY)
    assert 'value="apply"' not in ask(officer, url, village="3", effective_on=DAY)
    assert "没有登记这个组" in ask(officer, url, village="2", group="九组", effective_on=DAY)
    make(officer, url, village="2", effective_on=DAY)
    assert rows("household").get(pk=1).village_id == 2
    assert "镇郊村" in officer.get("/households/1/history/").content.decode()
    make(as_(Role.COUNTY_OFFICER), url, village="3", effective_on=DAY)
    assert officer.get(url).status_code == 404


def test_no_change_of_the_future_nor_twice(officer: Client) -> None:
    url = "/households/1/change/death/"
    assert "今天以后" in ask(officer, url, person="11", effective_on="2999-01-01")
    page = ask(officer, url, person="11", effective_on=DAY)
    for _ in range(2):
        officer.post(url, {**hidden(page), "step": "apply"})
    assert ChangeBatch.objects.filter(kind="death").count() == 1
    assert ask(officer, url, **hidden(page), step="back").count("下一步") == 1


def test_what_changed_since_the_preview_is_looked_through_again(officer: Client) -> None:
    url = "/households/1/change/death/"
    page = ask(officer, url, person="11", effective_on=DAY)
    _correct(1, headcount=5)
    again = officer.post(url, {**hidden(page), "step": "apply"})
    assert again.status_code == 400
    assert "别人改动了这一户" in again.content.decode()
    assert "配偶1" in people(1)


def _correct(household: int, **values: object) -> None:
    frame = pl.DataFrame({"household_id": [household], **{name: [value] for name, value in values.items()}})
    state = state_of_households([household])
    made = correction(state, VOCABULARY, world.said(f"fix {values}"), "household", frame)
    apply_changes(by=world.TEST, change_set=made)


def test_a_correction_of_chosen_cells(officer: Client) -> None:
    url = "/households/1/correct/household/1/"
    chosen = ["phone", "housing_area", "water_safe", "risks", "road_kind"]
    choose = officer.get(url).content.decode()
    assert 'value="housing_area"' in choose
    assert 'value="head_name"' not in choose, "it follows the head's own row"
    form = officer.get(url, {"column": chosen}).content.decode()
    assert world.phone(1) not in form
    said = {"column": chosen, "effective_on": DAY}
    assert "没有改动" in ask(officer, url, **said)
    filled = {**said, "phone": world.phone(700), "housing_area": "80.5", "water_safe": "1"}
    make(officer, url, **filled, risks=["illness", "disability"], road_kind="")
    row = rows("household").get(pk=1)
    assert (row.phone.reveal(), str(row.housing_area), row.water_safe) == (world.phone(700), "80.50", True)
    assert row.risks == "disability,illness"
    make(officer, url, column=["phone", "water_safe"], effective_on=DAY, clear_phone="on", water_safe="")
    row = rows("household").get(pk=1)
    assert (row.phone, row.water_safe) == (None, None)
    assert officer.get("/households/1/correct/cadre/1/").status_code == 404
    assert officer.get("/households/1/correct/person/30/").status_code == 404


def test_a_heads_name_and_number_are_corrected_in_both_places(officer: Client) -> None:
    url = "/households/1/correct/person/10/"
    said = {"column": ["full_name", "id_number"], "effective_on": DAY, "full_name": "户主壹"}
    assert "证件号码不对" in ask(officer, url, **said, id_number=number_of("1990", "0307")[:-1] + "1")
    number = number_of("1990", "0307")
    make(officer, url, **said, id_number=number)
    home, head = rows("household").get(pk=1), rows("person").get(pk=10)
    assert home.head_name == head.full_name == "户主壹"
    assert home.head_id_number.reveal() == head.id_number.reveal() == number
    assert head.id_valid is True


def test_health_is_corrected_by_those_who_may_see_it(as_: SignIn) -> None:
    url = "/households/1/correct/person/11/"
    assert 'value="illness"' in as_(Role.TOWNSHIP_OFFICER).get(url).content.decode()
    cadre = as_(Role.VILLAGE_CADRE)
    assert 'value="illness"' not in cadre.get(url).content.decode()
    assert cadre.get(url, {"column": ["illness"]}).status_code == 404


def propose(client: Client, household: int = 2, change: str = "exit") -> ChangeRequest:
    make(client, f"/households/{household}/change/{change}/", effective_on=DAY, reason="2020 年评议公示通过")
    return ChangeRequest.objects.get(household=household, slug=change)


def test_an_exit_is_proposed_by_one_and_approved_by_another(as_: SignIn, officer: Client) -> None:
    cadre = as_(Role.VILLAGE_CADRE)
    asked = propose(cadre)
    assert rows("household").get(pk=2).household_status == "registered"
    assert b"2020" not in bytes(asked.values.sealed), "closed at rest"
    url = f"/households/requests/{asked.pk}/"
    assert "变更申请等待批准" in officer.get("/households/2/").content.decode()
    page = officer.get(url).content.decode()
    assert "评议公示" in page
    assert "已脱贫" in page
    officer.post(f"{url}decide/", {**hidden(page), "move": "approve"})
    home = rows("household").get(pk=2)
    assert (home.household_status, home.exit_year, home.exited_on) == ("exited", 2020, date(2020, 5, 4))
    asked.refresh_from_db()
    assert asked.state == RequestState.APPLIED
    events = Event.objects.filter(kind__startswith="change_").order_by("number")
    kinds = list(events.values_list("kind", flat=True))
    assert kinds == [EventKind.CHANGE_PROPOSED, EventKind.CHANGE_APPROVED]
    assert f"变更申请第 {asked.pk} 号" in officer.get("/households/2/history/").content.decode()
    cadre.post(f"/households/2/undo/{asked.batch}/")
    assert rows("household").get(pk=2).household_status == "exited", "who may not approve may not undo"
    officer.post(f"/households/2/undo/{asked.batch}/")
    assert rows("household").get(pk=2).household_status == "registered"


def test_nobody_approves_what_they_asked_for(officer: Client) -> None:
    asked = propose(officer)
    url = f"/households/requests/{asked.pk}/"
    assert "撤回申请" in officer.get(url).content.decode()
    seen = rows("household").get(pk=2).row_version
    for move in ({"move": "approve", "seen": seen}, {"move": "refuse", "reason": "不符合"}):
        officer.post(f"{url}decide/", move)
    asked.refresh_from_db()
    assert asked.state == RequestState.PROPOSED
    officer.post(f"{url}decide/", {"move": "withdraw"})
    asked.refresh_from_db()
    assert asked.state == RequestState.WITHDRAWN


def test_a_request_shows_what_moved_meanwhile(as_: SignIn, officer: Client) -> None:
    asked = propose(as_(Role.VILLAGE_CADRE))
    url = f"/households/requests/{asked.pk}/"
    stale = hidden(officer.get(url).content.decode())
    _correct(2, headcount=4)
    officer.post(f"{url}decide/", {**stale, "move": "approve"})
    assert rows("household").get(pk=2).household_status == "registered", "not what the approver looked at"
    page = officer.get(url).content.decode()
    assert "这一户又有改动" in page
    assert "<del>2</del>" in page
    officer.post(f"{url}decide/", {**hidden(page), "move": "approve"})
    assert rows("household").get(pk=2).household_status == "exited"


def test_a_request_that_became_unlawful_can_only_be_refused(as_: SignIn, officer: Client) -> None:
    asked = propose(as_(Role.VILLAGE_CADRE))
    _correct(2, household_status="exited")
    url = f"/households/requests/{asked.pk}/"
    page = officer.get(url).content.decode()
    assert "现状不能作此变更" in page
    assert 'value="approve"' not in page
    officer.post(f"{url}decide/", {"move": "approve", "seen": rows("household").get(pk=2).row_version})
    officer.post(f"{url}decide/", {"move": "refuse", "reason": ""})
    asked.refresh_from_db()
    assert asked.state == RequestState.PROPOSED
    officer.post(f"{url}decide/", {"move": "refuse", "reason": "已经脱贫了"})
    asked.refresh_from_db()
    assert (asked.state, asked.answer.reveal()) == (RequestState.REFUSED, "已经脱贫了")
    assert "已经脱贫了" in as_(Role.VILLAGE_CADRE).get(url).content.decode()
    officer.post(f"{url}decide/", {"move": "refuse", "reason": "再退一次"})
    asked.refresh_from_db()
    assert asked.answer.reveal() == "已经脱贫了"


def test_the_same_is_asked_for_once_and_numbers_stay_out(officer: Client) -> None:
    propose(officer)
    url = "/households/2/change/exit/"
    page = ask(officer, url, effective_on=DAY, reason="再来一次")
    assert "等着批准" in officer.post(url, {**hidden(page), "step": "apply"}).content.decode()
    page = ask(officer, "/households/4/change/exit/", effective_on=DAY, reason="电话 13800000000")
    said = {**hidden(page), "step": "apply"}
    assert "长串数字" in officer.post("/households/4/change/exit/", said).content.decode()


def test_identification_return_and_removal(as_: SignIn, officer: Client) -> None:
    make(officer, "/households/1/change/return/", effective_on=DAY, reason="核实收入下降")
    assert rows("household").get(pk=1).household_status == "returned"
    reasons = [event.details.get("reason") for event in Event.objects.filter(kind=EventKind.REGISTER_CHANGED)]
    assert "核实收入下降" in reasons
    asked = propose(as_(Role.VILLAGE_CADRE), 1, "removal")
    page = officer.get(f"/households/requests/{asked.pk}/").content.decode()
    officer.post(f"/households/requests/{asked.pk}/decide/", {**hidden(page), "move": "approve"})
    assert rows("household").get(pk=1).household_status == "removed"
    assert officer.get("/households/1/change/exit/").status_code == 302, "not from there"
    said = {
        "effective_on": DAY,
        "household_type": "poor",
        "poverty_causes": ["illness"],
        "reason": "复核漏评",
    }
    make(as_(Role.VILLAGE_CADRE), "/households/1/change/identification/", **said)
    again = ChangeRequest.objects.get(slug="identification")
    page = officer.get(f"/households/requests/{again.pk}/").content.decode()
    officer.post(f"/households/requests/{again.pk}/decide/", {**hidden(page), "move": "approve"})
    home = rows("household").get(pk=1)
    assert (home.household_status, home.household_type, home.poverty_causes) == (
        "registered",
        "poor",
        "illness",
    )


def test_a_status_is_corrected_with_a_second_person_only(as_: SignIn, officer: Client) -> None:
    url = "/households/1/correct/household/1/"
    said = {"column": ["exit_year"], "effective_on": DAY, "exit_year": "2017"}
    assert "依据和理由" in ask(officer, url, **said)
    make(officer, url, **said, reason="当年录错")
    asked = ChangeRequest.objects.get(slug="correction")
    assert rows("household").get(pk=1).exit_year is None
    county = as_(Role.COUNTY_OFFICER)
    page = county.get(f"/households/requests/{asked.pk}/").content.decode()
    county.post(f"/households/requests/{asked.pk}/decide/", {**hidden(page), "move": "approve"})
    assert rows("household").get(pk=1).exit_year == 2017


def test_requests_are_listed_within_ones_divisions(as_: SignIn, officer: Client) -> None:
    county = as_(Role.COUNTY_OFFICER)
    assert "还没有变更申请" in officer.get("/households/requests/").content.decode()
    propose(county, 8)
    propose(county, 2)
    assert "户主8" in county.get("/households/requests/").content.decode()
    page = officer.get("/households/requests/?state=proposed").content.decode()
    assert "户主2" in page
    assert "户主8" not in page


def test_the_story_says_who_when_old_and_new_masked(as_: SignIn, officer: Client) -> None:
    said = {
        "column": ["phone", "headcount"],
        "effective_on": DAY,
        "phone": world.phone(700),
        "headcount": "9",
    }
    make(officer, "/households/1/correct/household/1/", **said)
    page = officer.get("/households/1/history/").content.decode()
    assert "township_officer" in page
    assert "在户页面登记" in page
    assert "<del>2</del>" in page
    assert "<ins>9</ins>" in page
    for value in (world.phone(1), world.phone(700), world.id_number(10)):
        assert value not in page
    assert "凭权限查看" not in page
    cadre = as_(Role.VILLAGE_CADRE).get("/households/1/history/").content.decode()
    assert "某种大病" not in cadre
    assert "凭权限查看" in cadre
    assert Event.objects.filter(kind=EventKind.HOUSEHOLD_READ, details__page="history").count() == 2


def test_a_household_as_it_was_on_a_day(officer: Client) -> None:
    make(officer, "/households/1/change/death/", person="11", effective_on=DAY)
    before = officer.get("/households/1/on/?day=2020-05-03").content.decode()
    assert "配偶1" in before
    assert "100.5<" in before, "and what else was registered"
    assert world.id_number(11) not in before
    assert "配偶1" not in officer.get("/households/1/on/?day=2020-05-04").content.decode()
    assert "还没有这一户" in officer.get("/households/1/on/?day=2017-12-31").content.decode()
    assert officer.get("/households/1/on/?day=x").status_code == 200


def test_undo_comes_too_late_or_from_elsewhere(officer: Client, as_: SignIn) -> None:
    make(officer, "/households/1/change/death/", person="11", effective_on=DAY)
    seq = ChangeBatch.objects.order_by("-seq").first().seq  # type: ignore[union-attr]
    _correct(1, headcount=7)
    page = officer.post(f"/households/1/undo/{seq}/", follow=True).content.decode()
    assert "不能撤销" in page
    assert "配偶1" not in people(1)
    for wrong in (1, 999, seq):
        officer.post(f"/households/2/undo/{wrong}/")
    assert ChangeBatch.objects.filter(kind="undo").count() == 0
