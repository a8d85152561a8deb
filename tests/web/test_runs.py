"""Runs: asked for, carried out once, read within one's divisions, compared, one household judged again."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.core.management import call_command
from django.test import Client
from django_tasks_db.management.commands import db_worker
from django_tasks_db.models import DBTaskResult

from bangfu.core.engine.outcome import Outcome
from bangfu.core.engine.runs import open_run
from bangfu.core.plans.folder import packaged_packs
from bangfu.core.register import ChangeSet, updates
from bangfu.web.access import Role
from bangfu.web.accounts.models import User
from bangfu.web.audit.models import Event
from bangfu.web.plans.models import Enactment, Pack
from bangfu.web.plans.models import State as PlanState
from bangfu.web.plans.packs import from_folder, plan_on
from bangfu.web.registry.actions import apply_changes
from bangfu.web.registry.rows import VOCABULARY
from bangfu.web.registry.state import state_of_households
from bangfu.web.runs import actions
from bangfu.web.runs.judging import judge_household
from bangfu.web.runs.models import MOVES, Move, Run, State
from bangfu.web.runs.results import Results
from bangfu.web.site.management.commands.work import MOST_ATTEMPTS, take_up_what_was_left
from tests.web import world

SignIn = Callable[[Role | User], Client]
DAY = date(2018, 12, 31)
INCOME, WATER = "S4-4", "S4-3-water"


def enact(people: Mapping[Role, User], division: str) -> Enactment:
    """The plan of the township in force for a division."""
    arrived = from_folder(packaged_packs()["s4_nanhuzhou"])
    arrived.keep()
    pack, _ = Pack.objects.get_or_create(
        digest=arrived.digest,
        division=None,
        defaults={"kind": arrived.kind.value, "plan_id": "s4_nanhuzhou", "title": "方案", "version": "1"},
    )
    return Enactment.objects.create(
        pack=pack,
        division_id=division,
        state=PlanState.APPROVED.value,
        begins_on=world.SINCE,
        proposed_by=people[Role.TOWNSHIP_OFFICER],
    )


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Iterator[Path]:
    """Runs of a test in a folder of its own; the packs stay where they are kept."""
    plans = Path(settings.HOME) / "plans"
    settings.HOME = tmp_path
    (tmp_path / "plans").symlink_to(plans)
    yield tmp_path
    shutil.rmtree(tmp_path / "runs", ignore_errors=True)


@pytest.fixture
def township(people: Mapping[Role, User]) -> Enactment:
    return enact(people, world.HERE)


@pytest.fixture
def county(people: Mapping[Role, User]) -> Enactment:
    return enact(people, world.COUNTY)


def done(people: Mapping[Role, User], enactment: Enactment) -> Run:
    run = actions.ask(by=people[Role.COUNTY_OFFICER], enactment=enactment, as_of=DAY)
    actions.carry_out.call(run.pk)
    run.refresh_from_db()
    assert run.state == State.DONE.value, run.problem
    return run


def test_from_asking_to_the_words_of_one_household(
    as_: SignIn, township: Enactment, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The worker would close the connection that holds the test's transaction.
    monkeypatch.setattr(db_worker, "close_old_connections", lambda: None)
    officer = as_(Role.TOWNSHIP_OFFICER)
    response = officer.post("/runs/new/", {"enactment": township.pk, "as_of": "2018-12-31"})
    run = Run.objects.get()
    assert response["Location"] == f"/runs/{run.pk}/"
    page = officer.get(f"/runs/{run.pk}/").content.decode()
    assert "排队中" in page
    assert "HX-Refresh" not in officer.get(f"/runs/{run.pk}/progress/").headers
    call_command("db_worker", batch=True, interval=0, reload=False, startup_delay=False, verbosity=0)
    assert officer.get(f"/runs/{run.pk}/progress/").headers["HX-Refresh"] == "true"
    page = officer.get(f"/runs/{run.pk}/").content.decode()
    assert "人均纯收入超过收入线" in page
    listed = officer.get(f"/runs/{run.pk}/criteria/{INCOME}/?outcome=all").content.decode()
    assert "户主1" in listed
    one = officer.get(f"/runs/{run.pk}/of/household/1/").content.decode()
    assert "人均纯收入" in one
    assert "不清楚" in one
    kinds = list(Event.objects.filter(subject="run", subject_id=run.pk).values_list("kind", flat=True))
    assert kinds[:2] == ["run_asked", "run_finished"]
    assert kinds.count("run_read") == 2
    read = Event.objects.about("household", 1).first()
    assert read is not None
    assert read.details == {"run": run.pk}


def test_the_figures_are_those_of_the_run(people: Mapping[Role, User], township: Enactment) -> None:
    run = done(people, township)
    found = open_run(run.folder / "result").findings().collect()
    totals = {one.criterion.id: one.counts for one in Results(run, people[Role.TOWNSHIP_OFFICER]).totals()}
    here = [1, 2]
    for criterion, counts in totals.items():
        rows = found.filter((pl.col("criterion") == criterion) & (pl.col("subject") == "household"))
        if rows.height:
            unmet = rows.filter(pl.col("division").is_in(here), outcome=int(Outcome.UNMET))
            assert counts["unmet"] == unmet.height, criterion
    assert totals[INCOME]["met"] + totals[INCOME]["unmet"] + totals[INCOME]["unknown"] == 6, (
        "not the neighbours"
    )


def test_a_township_sees_its_own_part_of_a_countys_run(
    as_: SignIn, people: Mapping[Role, User], county: Enactment
) -> None:
    run = done(people, county)
    whole = Results(run, people[Role.COUNTY_OFFICER])
    mine = Results(run, people[Role.TOWNSHIP_OFFICER])
    criterion = mine.plan.criterion(INCOME)
    assert criterion is not None
    assert whole.subjects(criterion, None)["subject_id"].to_list() != []
    assert set(whole.subjects(criterion, None)["subject_id"]) == set(range(1, 13))
    assert set(mine.subjects(criterion, None)["subject_id"]) == set(range(1, 7))
    assert {name for _, name, _ in mine.by_place(criterion)} == {"镇郊村", "和平村"}
    officer = as_(Role.TOWNSHIP_OFFICER)
    for url in (f"/runs/{run.pk}/", f"/runs/{run.pk}/criteria/{INCOME}/?outcome=all"):
        page = officer.get(url).content.decode()
        assert "甲村" not in page
        assert "户主7" not in page
    assert whole.sees_all
    assert not mine.sees_all, "what lies nowhere is the county's"
    narrowed = officer.get(f"/runs/{run.pk}/criteria/{INCOME}/?outcome=all&village=3").content.decode()
    assert "户主7" not in narrowed, "a village of others is no choice"
    assert officer.get(f"/runs/{run.pk}/of/household/7/").status_code == 404
    assert officer.get(f"/runs/{run.pk}/of/household/1/").status_code == 200
    assert officer.get(f"/runs/{run.pk}/of/nothing/1/").status_code == 404
    assert officer.get(f"/runs/{run.pk}/criteria/nothing/").status_code == 404
    assert as_(Role.COUNTY_OFFICER).get(f"/runs/{run.pk}/of/household/7/").status_code == 200
    one = Results(run, people[Role.COUNTY_OFFICER], village=3)
    assert set(one.subjects(criterion, None)["subject_id"]) == {7, 8, 9}


def test_a_run_of_a_neighbour_is_not_there(
    as_: SignIn, people: Mapping[Role, User], township: Enactment
) -> None:
    run = done(people, township)
    Run.objects.update(division=world.THERE)
    assert as_(Role.TOWNSHIP_OFFICER).get(f"/runs/{run.pk}/").status_code == 404


def test_the_same_is_asked_once_while_it_waits(people: Mapping[Role, User], township: Enactment) -> None:
    by = people[Role.TOWNSHIP_OFFICER]
    first = actions.ask(by=by, enactment=township, as_of=DAY)
    assert actions.ask(by=by, enactment=township, as_of=DAY) == first
    assert DBTaskResult.objects.count() == 1
    with pytest.raises(actions.RunRefused):
        actions.ask(by=by, enactment=township, as_of=date(2017, 1, 1))


def test_twice_is_once(people: Mapping[Role, User], township: Enactment) -> None:
    run = done(people, township)
    ended = run.ended_at
    actions.carry_out.call(run.pk)
    run.refresh_from_db()
    assert (run.attempt, run.ended_at) == (1, ended)
    actions.carry_out.call(999_999)


def test_a_result_written_before_the_kill_is_taken_as_it_is(
    people: Mapping[Role, User], township: Enactment
) -> None:
    run = done(people, township)
    Run.objects.update(state=State.RUNNING.value, ended_at=None)
    written = (run.folder / "result" / "run.json").stat().st_mtime_ns
    actions.carry_out.call(run.pk)
    run.refresh_from_db()
    assert (run.state, run.attempt) == (State.DONE.value, 2)
    assert (run.folder / "result" / "run.json").stat().st_mtime_ns == written


def test_a_run_that_kills_its_workers_is_given_up(people: Mapping[Role, User], township: Enactment) -> None:
    run = actions.ask(by=people[Role.TOWNSHIP_OFFICER], enactment=township, as_of=DAY)
    Run.objects.update(state=State.RUNNING.value, attempt=actions.MOST_ATTEMPTS)
    actions.carry_out.call(run.pk)
    run.refresh_from_db()
    assert run.state == State.FAILED.value
    assert run.problem


def test_what_a_killed_worker_left_waits_again_but_not_for_ever(
    people: Mapping[Role, User], township: Enactment
) -> None:
    actions.ask(by=people[Role.TOWNSHIP_OFFICER], enactment=township, as_of=DAY)
    DBTaskResult.objects.update(status="RUNNING", worker_ids=["dead"])
    take_up_what_was_left()
    assert DBTaskResult.objects.get().status == "READY"
    DBTaskResult.objects.update(status="RUNNING", worker_ids=["dead"] * MOST_ATTEMPTS)
    take_up_what_was_left()
    assert DBTaskResult.objects.get().status == "FAILED"


def test_cancelled_while_it_waits_and_while_it_works(
    as_: SignIn, people: Mapping[Role, User], township: Enactment, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = as_(Role.TOWNSHIP_OFFICER)
    run = actions.ask(by=people[Role.TOWNSHIP_OFFICER], enactment=township, as_of=DAY)
    officer.post(f"/runs/{run.pk}/cancel/")
    actions.carry_out.call(run.pk)
    run.refresh_from_db()
    assert (run.state, run.attempt) == (State.CANCELLED.value, 0)
    again = actions.ask(by=people[Role.TOWNSHIP_OFFICER], enactment=township, as_of=DAY)
    take = actions._snapshot

    def stop_then_take(one: Run) -> Any:
        officer.post(f"/runs/{one.pk}/cancel/")
        return take(one)

    monkeypatch.setattr(actions, "_snapshot", stop_then_take)
    actions.carry_out.call(again.pk)
    again.refresh_from_db()
    assert again.state == State.CANCELLED.value
    assert not again.folder.exists(), "nothing half-done is left"
    officer.post(f"/runs/{again.pk}/cancel/")
    assert Event.objects.filter(kind="run_cancelled").count() == 2


def test_a_failure_says_why(
    as_: SignIn, people: Mapping[Role, User], township: Enactment, monkeypatch: pytest.MonkeyPatch
) -> None:
    Enactment.objects.update(begins_on=date(2000, 1, 1))
    run = actions.ask(by=people[Role.TOWNSHIP_OFFICER], enactment=township, as_of=date(2001, 1, 1))
    actions.carry_out.call(run.pk)
    assert "登记库没有内容" in as_(Role.TOWNSHIP_OFFICER).get(f"/runs/{run.pk}/").content.decode()

    def bug(one: Run) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(actions, "_snapshot", bug)
    other = actions.ask(by=people[Role.TOWNSHIP_OFFICER], enactment=township, as_of=DAY)
    with pytest.raises(ZeroDivisionError):
        actions.carry_out.call(other.pk)
    other.refresh_from_db()
    assert other.state == State.FAILED.value


def tell_of_water(household: int, is_safe: bool) -> None:
    """The household's water was looked at."""
    current = state_of_households([household]).tables["household"]
    frame = pl.DataFrame({"household_id": [household], "water_safe": [is_safe]})
    tables = {"household": updates(VOCABULARY.tables["household"], frame, current)}
    said = world.said(f"water {household}", on=date(2018, 6, 1))
    apply_changes(by=world.TEST, change_set=ChangeSet(said, tables))


def outcomes(page: str, criterion: str) -> str:
    """The verdict that a page shows for a criterion."""
    return page.split(f'id="{criterion}"')[1].split("bf-verdict bf-")[1].split('"')[0]


def test_the_household_page_shows_its_standards_and_judges_anew(
    as_: SignIn, people: Mapping[Role, User], township: Enactment
) -> None:
    officer = as_(Role.TOWNSHIP_OFFICER)
    assert 'hx-get="/runs/households/2/"' in officer.get("/households/2/").content.decode()
    assert "现在核查" in officer.get("/runs/households/2/").content.decode()
    done(people, township)
    before = officer.get("/runs/households/2/").content.decode()
    assert outcomes(before, WATER) == "unknown"
    tell_of_water(2, is_safe=False)
    assert outcomes(officer.get("/runs/households/2/").content.decode(), WATER) == "unknown"
    now = officer.post("/runs/households/2/judge/").content.decode()
    assert outcomes(now, WATER) == "unmet"
    assert "刚刚" in now
    assert Event.objects.about("household", 2).filter(kind="household_judged").count() == 1
    assert as_(Role.HELPER).post("/runs/households/2/judge/").status_code == 200
    assert as_(Role.HELPER).post("/runs/households/1/judge/").status_code == 404
    assert officer.post("/runs/households/7/judge/").status_code == 404


def test_one_household_is_judged_as_the_run_judges_it(
    people: Mapping[Role, User], township: Enactment
) -> None:
    run = done(people, township)
    pack, plan = plan_on(township.pack.digest, DAY)
    result = open_run(run.folder / "result")
    for household in range(1, 7):
        for period, one in judge_household(household, pack, plan, DAY):
            verdicts = result.verdicts("household", one.criterion.per).filter(
                subject_id=household, period=period.id
            )
            assert verdicts.select(one.criterion.id).collect().item() == int(one.outcome), one.criterion.id


def test_two_runs_are_compared(as_: SignIn, people: Mapping[Role, User], township: Enactment) -> None:
    tell_of_water(1, is_safe=False)
    first = done(people, township)
    officer = as_(Role.TOWNSHIP_OFFICER)
    assert "相比" not in officer.get(f"/runs/{first.pk}/").content.decode()
    tell_of_water(2, is_safe=False)
    tell_of_water(3, is_safe=True)
    second = done(people, township)
    page = officer.get(f"/runs/{second.pk}/").content.decode()
    assert "相比" in page
    compared = Results(second, people[Role.TOWNSHIP_OFFICER]).compared(first)
    assert compared["confirmed"] == 1, "unknown before, unmet now"
    assert compared["cleared"] == 1
    assert compared["still_open"] >= 1
    listed = officer.get(f"/runs/{second.pk}/compared/?status=confirmed").content.decode()
    assert "户主2" in listed
    assert "饮水安全" in listed
    assert "户主3" not in listed
    assert officer.get(f"/runs/{first.pk}/compared/").status_code == 404, "nothing to compare with"


def test_words_of_health_are_for_those_who_may_read_them(
    people: Mapping[Role, User], township: Enactment
) -> None:
    run = done(people, township)
    results = Results(run, people[Role.LEADER])
    open_words = {one.id: one.because for one in results.explained("household", 1, sees_sensitive=True)}
    masked = {one.id: one.because for one in results.explained("household", 1, sees_sensitive=False)}
    assert open_words.keys() == masked.keys()
    assert "凭权限查看" not in open_words.values()


def test_the_table_of_moves() -> None:
    assert set(MOVES) == set(State)
    assert {move for moves in MOVES.values() for move in moves} == set(Move)


def test_a_run_of_another_release_is_told_not_broken(
    as_: SignIn, people: Mapping[Role, User], township: Enactment
) -> None:
    run = done(people, township)
    manifest = run.folder / "result" / "run.json"
    manifest.chmod(0o600)
    manifest.write_text("{}", encoding="utf-8")
    officer = as_(Role.TOWNSHIP_OFFICER)
    assert officer.get("/runs/households/1/").status_code == 200, "the household page goes on"
    assert officer.get(f"/runs/{run.pk}/").status_code == 400
    assert officer.get(f"/runs/{done(people, township).pk}/").status_code == 200
