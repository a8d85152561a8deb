"""The administrator's and the auditor's pages: invite, grant, end, put out; every event with its seal."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from bangfu.web.access import Permission, Role
from bangfu.web.accounts.models import User
from bangfu.web.accounts.policy import can
from bangfu.web.audit.models import Event, EventKind
from tests.web import world

SignIn = Callable[[Role | User], Client]
FIRST = "姓名,用户名,角色,区划代码,起始日期,截止日期\n"


@pytest.fixture
def admin(as_: SignIn) -> Client:
    return as_(Role.ADMINISTRATOR)


def test_one_is_invited_and_signs_in_once_with_what_was_shown(admin: Client) -> None:
    said = {
        "display_name": "新人",
        "username": "newcomer",
        "role": "township_officer",
        "division": world.THERE,
        "begins_on": "2020-01-01",
    }
    page = admin.post("/people/new/", said).content.decode()
    password = re.search(r"<code>(.+?)</code>", page)
    assert password
    user = User.objects.get(username="newcomer")
    assert user.check_password(password[1])
    assert user.must_change_password
    assert can(user, Permission.HOUSEHOLD_READ, world.VILLAGES[3])
    assert not can(user, Permission.HOUSEHOLD_READ, world.VILLAGES[1])
    assert "已有人使用" in admin.post("/people/new/", said).content.decode()
    found = admin.post("/people/", {"q": "新人"}).content.decode()
    assert "乡镇业务人员 邻镇" in found


def test_a_county_officer_gives_no_more_than_they_hold(as_: SignIn) -> None:
    said = {"display_name": "新人", "username": "x-admin", "role": "administrator", "begins_on": "2020-01-01"}
    page = as_(Role.COUNTY_OFFICER).post("/people/new/", {**said, "division": world.COUNTY}).content.decode()
    assert "不能授予" in page
    assert not User.objects.filter(username="x-admin").exists()


def upload(client: Client, text: str) -> str:
    file = SimpleUploadedFile("名单.csv", text.encode())
    return client.post("/people/workbook/", {"file": file}).content.decode()


def test_a_list_makes_all_accounts_or_none(admin: Client) -> None:
    good = f"张三,zhang-san,村干部,{world.VILLAGES[1]},2020-01-01,\n"
    bad = upload(admin, FIRST + good + "李四,,没有的角色,999999999999,昨天,\n")
    assert "第 3 行" in bad
    for what in ("没有用户名", "没有“没有的角色”这个角色", "区划代码不对", "日期不对"):
        assert what in bad
    assert "第一行要依次是" in upload(admin, "甲,乙\n1,2\n")
    assert "名单是空的" in upload(admin, FIRST)
    assert "已有人使用" in upload(admin, FIRST + good + good)
    assert not User.objects.filter(username="zhang-san").exists()
    assert "zhang-san" in upload(admin, FIRST + good)
    grant = User.objects.get(username="zhang-san").grants.get()
    assert (grant.role, grant.division_id, grant.begins_on) == (
        "village_cadre",
        world.VILLAGES[1],
        date(2020, 1, 1),
    )


def test_a_role_is_given_and_ended(admin: Client, people: dict[Role, User]) -> None:
    officer = people[Role.TOWNSHIP_OFFICER]
    url = f"/people/{officer.pk}/"
    said = {"role": "inspector", "division": world.COUNTY, "begins_on": "2020-01-01", "ends_on": "2019-01-01"}
    assert "早于起始日期" in admin.post(f"{url}grant/", said).content.decode()
    assert admin.post(f"{url}grant/", {**said, "ends_on": ""}).status_code == 302
    assert "已经给过" in admin.post(f"{url}grant/", {**said, "ends_on": ""}).content.decode()
    grant = officer.grants.get(role="inspector")
    admin.post(f"{url}act/", {"act": "end", "grant": grant.pk})
    grant.refresh_from_db()
    assert grant.ends_on == timezone.localdate()


def test_somebody_is_put_out_and_let_in_again(admin: Client, as_: SignIn, people: dict[Role, User]) -> None:
    officer = people[Role.TOWNSHIP_OFFICER]
    url = f"/people/{officer.pk}/act/"
    admin.post(url, {"act": "lock"})
    assert as_(officer).get("/households/").status_code == 302
    assert "已停用" in admin.get(f"/people/{officer.pk}/").content.decode()
    admin.post(url, {"act": "unlock"})
    assert as_(officer).get("/households/").status_code == 200
    admin.post(url, {"act": "sign_out"})
    page = admin.post(url, {"act": "reset"}).content.decode()
    password = re.search(r"<code>(.+?)</code>", page)
    officer.refresh_from_db()
    assert password
    assert officer.check_password(password[1])
    kinds = list(Event.objects.order_by("-number").values_list("kind", flat=True)[:4])
    assert kinds == ["password_reset", "sessions_ended", "account_unlocked", "account_locked"]


def test_nobody_puts_out_themselves_or_those_above(admin: Client, people: dict[Role, User]) -> None:
    me = people[Role.ADMINISTRATOR]
    admin.post(f"/people/{me.pk}/act/", {"act": "lock"})
    me.refresh_from_db()
    assert me.is_active
    me.grants.update(division=world.HERE)
    assert admin.post(f"/people/{people[Role.LEADER].pk}/act/", {"act": "lock"}).status_code == 404
    both = people[Role.TOWNSHIP_OFFICER]
    both.grants.create(role="inspector", division_id=world.COUNTY, begins_on=world.SINCE)
    assert admin.post(f"/people/{both.pk}/act/", {"act": "lock"}).status_code == 403


def test_the_audit_page_narrows_and_checks_seals(as_: SignIn, people: dict[Role, User]) -> None:
    officer, inspector = as_(Role.TOWNSHIP_OFFICER), as_(Role.INSPECTOR)
    officer.get("/households/2/")
    officer.post("/households/reveal/household/2/phone/", {"reason": "通知开会"})
    page = inspector.get("/audit/?kind=household_read&household=2").content.decode()
    assert page.count("查看户档案") > 1
    assert "户 2" in page
    assert "township_officer" in page
    assert "✓ 完好" in page
    assert "户 2" not in inspector.get("/audit/?kind=household_read&household=3").content.decode()
    assert "通知开会" in inspector.get("/audit/?kind=value_revealed").content.decode()
    tomorrow = timezone.localdate() + timedelta(days=1)
    for narrow in (f"since={tomorrow}", "until=2000-01-01"):
        assert "放宽条件" in inspector.get(f"/audit/?{narrow}").content.decode()
    assert inspector.get("/audit/?since=2020-99-99&until=x&household=x").status_code == 200
    who = people[Role.TOWNSHIP_OFFICER].pk
    assert "通知开会" in inspector.get(f"/audit/?by={who}").content.decode()
    assert "全部完好" in inspector.post("/audit/verify/", follow=True).content.decode()
    last = Event.objects.latest("number")
    super(type(Event.objects.all()), Event.objects.filter(pk=last.pk)).update(by_name="somebody else")
    assert "✕ 被改动" in inspector.get("/audit/").content.decode()
    assert "内容被改动" in inspector.post("/audit/verify/", follow=True).content.decode()


def test_an_auditor_of_a_township_sees_its_events_only(as_: SignIn, people: dict[Role, User]) -> None:
    county = as_(Role.COUNTY_OFFICER)
    county.get("/households/1/")
    county.get("/households/7/")
    inspector = people[Role.INSPECTOR]
    inspector.grants.update(division=world.HERE)
    page = as_(inspector).get("/audit/").content.decode()
    assert "户 1" in page
    assert "户 7" not in page
    assert Event.objects.filter(kind=EventKind.SIGNED_IN).count() == 0 or "登录" in page
