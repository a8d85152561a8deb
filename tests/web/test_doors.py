"""Who gets in where: every address, every role, inside and outside its division."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from bangfu.core.plans.folder import packaged_packs
from bangfu.web.access import ROLES, Access, Permission, Role, access_of
from bangfu.web.accounts.models import User
from bangfu.web.imports.models import ImportBatch
from bangfu.web.plans.models import Enactment, Pack
from bangfu.web.plans.packs import from_folder
from bangfu.web.registry.models import ChangeRequest
from bangfu.web.runs.actions import carry_out
from bangfu.web.runs.models import Run
from tests.web import ledger, world

SignIn = Callable[[Role | User], Client]
IN, OUT = 1, 7  # a household of the accounts' township, and one of another
PAIRED = 2


def addresses(patterns: list[URLPattern | URLResolver] | None = None, at: str = "") -> Iterator[URLPattern]:
    for one in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(one, URLResolver):
            yield from addresses(one.url_patterns, at)
        else:
            yield one


ALL = {one.name: one for one in addresses()}
# For an address that names a row: its arguments inside and outside the accounts' township.
ROWS: dict[str, tuple[list[object], list[object]]] = {
    "household": ([IN], [OUT]),
    "household_standards": ([IN], [OUT]),
    "household_judge": ([IN], [OUT]),
    "reveal": (["household", IN, "phone"], ["household", OUT, "phone"]),
    "household_history": ([PAIRED], [OUT]),
    "household_on": ([PAIRED], [OUT]),
    "household_change": ([IN, "death"], [OUT, "death"]),
    "household_correct": ([IN, "household", IN], [OUT, "household", OUT]),
    "change_undo": ([IN, 1], [OUT, 1]),
}
POSTED = {
    "plan_propose",
    "enactment_approve",
    "enactment_return",
    "enactment_withdraw",
    "enactment_end",
    "run_cancel",
    "household_judge",
}
POSTED |= {"change_undo", "request_decide", "audit_verify", "person_grant", "person_act"}
POSTED |= {"issue_act", "issues_bulk", "issue_step_undo", "issue_intake_ask"}
POSTED |= {"issue_file_commit", "issue_file_discard"}
POSTED |= {"reveal", "import_check", "import_commit", "import_undo", "import_discard", "language"}


@pytest.fixture(autouse=True)
def _plans(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, people: dict[Role, User]) -> None:
    """A plan of the accounts' township, and one of another, each proposed."""
    arrived = from_folder(packaged_packs()["s4_nanhuzhou"])
    arrived.keep()
    packs, enactments = [], []
    for code in (world.HERE, world.THERE):
        pack = Pack.objects.create(digest=arrived.digest, kind=arrived.kind.value, division_id=code)
        enactment = Enactment.objects.create(
            pack=pack, division_id=code, begins_on=world.SINCE, proposed_by=people[Role.ADMINISTRATOR]
        )
        packs.append([pack.pk])
        enactments.append([enactment.pk])
    runs = [
        Run.objects.create(
            enactment_id=enactments[at][0],
            division_id=code,
            as_of=world.SINCE,
            asked_by=people[Role.COUNTY_OFFICER],
        )
        for at, code in enumerate((world.HERE, world.THERE))
    ]
    if any(name in request.node.name for name in ("run_compared", "run_criterion", "run_subject")):
        for run in runs:
            carry_out.call(run.pk)
    if "run_compared" in request.node.name:
        for at, run in enumerate(runs):
            run.refresh_from_db()
            runs[at] = Run.objects.create(
                enactment=run.enactment,
                division=run.division,
                as_of=run.as_of,
                asked_by=run.asked_by,
                state=run.state,
                stored_as=run.stored_as,
            )
    for name in ("run", "run_progress", "run_cancel", "run_compared"):
        monkeypatch.setitem(ROWS, name, ([runs[0].pk], [runs[1].pk]))
    monkeypatch.setitem(ROWS, "run_criterion", ([runs[0].pk, "S4-4"], [runs[1].pk, "S4-4"]))
    monkeypatch.setitem(ROWS, "run_subject", ([runs[0].pk, "household", IN], [runs[1].pk, "household", OUT]))
    for name in ("plan", "plan_propose"):
        monkeypatch.setitem(ROWS, name, (packs[0], packs[1]))
    monkeypatch.setitem(ROWS, "plan_compare", (packs[0] * 2, packs[1] * 2))
    for name in ("enactment_approve", "enactment_return", "enactment_withdraw", "enactment_end"):
        monkeypatch.setitem(ROWS, name, (enactments[0], enactments[1]))


@pytest.fixture(autouse=True)
def _requests(monkeypatch: pytest.MonkeyPatch, people: dict[Role, User]) -> None:
    """A request for a change of the accounts' township, and one of another."""
    keys = [
        ChangeRequest.objects.create(
            household=household,
            slug="exit",
            division=code,
            values=json.dumps({"effective_on": ["2020-05-04"], "reason": ["评议通过"]}),
            base_version=1,
            token=f"doors {household}",
            proposed_by=people[Role.ADMINISTRATOR],
            proposed_at=timezone.now(),
        ).pk
        for household, code in ((PAIRED, world.VILLAGES[1]), (OUT, world.VILLAGES[3]))
    ]
    for name in ("change_request", "request_decide"):
        monkeypatch.setitem(ROWS, name, ([keys[0]], [keys[1]]))
    officer = people[Role.TOWNSHIP_OFFICER].pk
    for name in ("person", "person_grant", "person_act"):
        monkeypatch.setitem(ROWS, name, ([officer], [officer]))  # only the county looks after accounts


NOBODYS = {
    "import_file",
    "issue_step_undo",
    "issue_intake_ask",
}  # rows that the tests have none of, or that are one person's own


@pytest.fixture(autouse=True)
def _issues(monkeypatch: pytest.MonkeyPatch, people: dict[Role, User]) -> None:
    """An issue of a household that the helper helps, and one of the other township, both the sector office's."""
    keys = []
    for household, code in ((PAIRED, world.HERE), (OUT, world.THERE)):
        keys.append(ledger.doors(people, household, code))
    for name, more in (("issue", 0), ("issue_evidence", 1), ("issue_evidence_small", 1)):
        monkeypatch.setitem(ROWS, name, (list(keys[0][: 1 + more]), list(keys[1][: 1 + more])))
    monkeypatch.setitem(ROWS, "issue_act", ([keys[0][0], "comment"], [keys[1][0], "comment"]))
    monkeypatch.setitem(ROWS, "issue_step_undo", ([999], [999]))
    files = [ledger.workbook(people, code).pk for code in (world.HERE, world.THERE)]
    for name in ("issue_file", "issue_file_commit", "issue_file_discard"):
        monkeypatch.setitem(ROWS, name, ([files[0]], [files[1]]))


def demand(name: str) -> Access | None:
    return access_of(ALL[name].callback, name)


def test_every_address_has_a_name_of_its_own() -> None:
    names = [one.name for one in addresses()]
    assert None not in names
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_address_says_who_may_enter(name: str) -> None:
    assert demand(name) is not None, "mark the view with require(…), signed_in or public"


def test_few_addresses_are_open_to_strangers() -> None:
    open_ = {name for name in ALL if (said := demand(name)) and said.kind == "public"}
    assert open_ == {"health", "setup", "language", "account_login", "account_inactive", "mfa_authenticate"}


def test_a_view_that_says_nothing_is_refused(as_: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(ALL["households"].callback, "bangfu_access")
    assert as_(Role.COUNTY_OFFICER).get("/households/").status_code == 403


@pytest.fixture
def imports(people: dict[Role, User]) -> tuple[ImportBatch, ImportBatch]:
    """An import of the accounts' township and one of another."""
    here, there = (
        ImportBatch.objects.create(
            division_id=code, effective_on=world.SINCE, uploaded_by=people[Role.COUNTY_OFFICER]
        )
        for code in (world.HERE, world.THERE)
    )
    return here, there


def arguments(name: str, imports: tuple[ImportBatch, ImportBatch], is_inside: bool) -> list[object]:
    if name in ROWS:
        return ROWS[name][0 if is_inside else 1]
    if name == "import_file":
        return [imports[0 if is_inside else 1].pk, 1]
    if name.startswith("import_") and name != "import_new":
        return [imports[0 if is_inside else 1].pk]
    return [imports[0 if is_inside else 1].pk] if name == "import" else []


def call(client: Client, name: str, args: list[object]) -> int:
    url = reverse(name, args=args)
    return (client.post(url, {"reason": "核对信息"}) if name in POSTED else client.get(url)).status_code


GUARDED = sorted(name for name in ALL if (said := demand(name)) and said.kind == "any_of")


@pytest.mark.parametrize("name", GUARDED)
def test_each_role_gets_in_where_it_may_and_only_within_its_division(
    name: str, as_: SignIn, imports: tuple[ImportBatch, ImportBatch]
) -> None:
    said = demand(name)
    assert said is not None
    has_rows = bool(arguments(name, imports, is_inside=True))
    for role, sheet in ROLES.items():
        client = as_(role)
        may = bool(said.permissions & sheet.permissions)
        inside = call(client, name, arguments(name, imports, is_inside=True))
        if not may:
            assert inside == 403, role
            continue
        paired_only = Permission.HOUSEHOLD_READ not in sheet.permissions and name in (
            "household",
            "household_standards",
            "household_judge",
        )
        assert (inside == 404) if paired_only or name in NOBODYS else inside in (200, 302), (
            role,
            inside,
        )
        if has_rows:
            outside = call(client, name, arguments(name, imports, is_inside=False))
            assert outside == 404 if role not in world.AT_COUNTY or name in NOBODYS else outside < 400, role


@pytest.mark.parametrize("name", GUARDED)
def test_a_stranger_is_sent_to_the_door(name: str, imports: tuple[ImportBatch, ImportBatch]) -> None:
    response = Client().get(reverse(name, args=arguments(name, imports, is_inside=True)))
    assert response.status_code == 302
    assert response["Location"].startswith("/account/login/")


def test_a_helper_sees_whom_they_help_and_nobody_else(as_: SignIn) -> None:
    client = as_(Role.HELPER)
    assert client.get(f"/households/{PAIRED}/").status_code == 200
    assert client.get(f"/households/{IN}/").status_code == 404
    page = client.get("/households/").content.decode()
    assert "户主2" in page
    assert "户主3" not in page


def test_a_grant_holds_from_its_first_to_its_last_day(as_: SignIn, people: dict[Role, User]) -> None:
    officer = people[Role.TOWNSHIP_OFFICER]
    assert as_(officer).get("/households/").status_code == 200
    officer.grants.update(ends_on="2019-12-31")
    assert as_(officer).get("/households/").status_code == 403
    officer.grants.update(begins_on="2100-01-01", ends_on=None)
    assert as_(officer).get("/households/").status_code == 403


def test_who_must_change_the_password_gets_nowhere_else(as_: SignIn, people: dict[Role, User]) -> None:
    officer = people[Role.TOWNSHIP_OFFICER]
    officer.must_change_password = True
    officer.save()
    client = as_(officer)
    assert client.get("/households/")["Location"] == "/account/password/"
    new = {
        "oldpassword": "spring rain 2020",
        "password1": "autumn wind 2021",
        "password2": "autumn wind 2021",
    }
    assert client.post("/account/password/", new).status_code == 302
    assert as_(User.objects.get(pk=officer.pk)).get("/households/").status_code == 200
