"""Runs on disk: which periods are judged, what a run keeps, how a finding is explained again."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from bangfu.core.calendars import load_calendar
from bangfu.core.engine.outcome import Outcome
from bangfu.core.engine.run import MEASURES_SCHEMA, Ask
from bangfu.core.engine.runs import (
    RunFolder,
    default_periods,
    evaluate_snapshot,
    explanations,
    open_run,
    periods_from,
    recheck,
)
from bangfu.core.errors import Cancelled, SnapshotError
from bangfu.core.periods import PeriodError
from bangfu.core.plans.pack import Pack
from bangfu.core.plans.plan import Plan
from bangfu.core.snapshots import Snapshot
from tests.unit.engine.offices import AS_OF, judged, plan_in, snapshot_of, state, write_office

Office = tuple[Pack, Plan, Snapshot, RunFolder]
EVERY = """
criteria:
  - {{id: X-1, name: 有走访, subject: household, per: {per}, holds: has(visit)}}
"""
STAGES = """
stages:
  - {id: one, name: 第一阶段, from: 2018-06-01, to: 2018-06-30}
  - {id: two, name: 以后, ends_with_event: 验收}
"""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    folder = tmp_path_factory.mktemp("office")
    pack, plan = plan_in(write_office(folder / "plan"))
    snapshot = snapshot_of(state(), folder / "snapshot")
    return pack, plan, snapshot, judged(pack, plan, snapshot, folder / "run")


def periods(folder: Path, per: str, as_of: date = AS_OF, **parts: str) -> list[str]:
    """The ids of the default periods of a plan with one criterion."""
    files = {"criteria": EVERY.format(per=per), **parts}
    pack, plan = plan_in(write_office(folder, **files))
    return [period.id for period in default_periods(pack, plan, as_of)]


@pytest.mark.parametrize(
    ("per", "as_of", "ids"),
    [
        ("once", AS_OF, []),
        ("quarter", AS_OF, ["2018-Q1", "2018-Q2", "2018-Q3", "2018-Q4"]),
        ("quarter", date(2018, 5, 1), ["2018-Q1", "2018-Q2"]),
        ("quarter", date(2020, 5, 1), ["2018-Q1", "2018-Q2", "2018-Q3", "2018-Q4"]),
        ("quarter", date(2018, 1, 5), ["2018-Q1"]),  # before its first day, in its first quarter
        ("quarter", date(2017, 1, 5), []),
        ("half_year", AS_OF, ["2018-H1", "2018-H2"]),
        ("year", AS_OF, ["2018"]),
        ("two_years", AS_OF, ["2017~2018"]),
        ("month", AS_OF, ["2018-11", "2018-12"]),
        ("month", date(2018, 2, 20), ["2018-02"]),  # in January the plan did not run
        ("month", date(2019, 1, 20), ["2018-12"]),
        ("week", date(2018, 6, 6), ["2018-W22", "2018-W23"]),
        ("day", date(2018, 6, 6), ["2018-06-05", "2018-06-06"]),
        ("campaign", AS_OF, ["campaign:office"]),
        ("term", AS_OF, ["term:office"]),
    ],
)
def test_the_periods_of_a_plan(tmp_path: Path, per: str, as_of: date, ids: list[str]) -> None:
    assert periods(tmp_path, per, as_of) == ids


def test_a_plan_without_first_and_last_day_judges_the_last_and_the_current_period(tmp_path: Path) -> None:
    head = """
id: office
version: 1.0.0
title: 方案
issuer: 某镇
jurisdiction: "990001001000"
state: draft
"""
    assert periods(tmp_path / "a", "quarter", plan=head) == ["2018-Q3", "2018-Q4"]
    assert periods(tmp_path / "b", "campaign", plan=head) == []


def test_stages_are_judged_as_the_plan_dates_them(tmp_path: Path) -> None:
    assert periods(tmp_path, "stage", campaign=STAGES) == ["stage:one"]


def test_periods_as_typed(tmp_path: Path) -> None:
    pack, plan = plan_in(write_office(tmp_path, criteria=EVERY.format(per="stage"), campaign=STAGES))
    typed = periods_from(["2018-06", "one", "stage:one"], pack, plan, AS_OF)
    assert [period.id for period in typed] == ["2018-06", "stage:one", "stage:one"]
    assert [period.id for period in periods_from([], pack, plan, AS_OF)] == ["stage:one"]
    with pytest.raises(PeriodError):
        periods_from(["soon"], pack, plan, AS_OF)


def test_a_run_keeps_what_it_was_made_from(office: Office) -> None:
    _, plan, snapshot, run = office
    assert run.as_of == AS_OF
    assert run.manifest["snapshot"] == snapshot.content_hash
    assert run.manifest["plan_digest"] == plan.digest
    assert run.period("once").start == AS_OF
    assert run.period("2018-Q1").end == date(2018, 3, 31)
    with pytest.raises(KeyError):
        run.period("2017-Q1")


def test_counts_and_findings_agree(office: Office) -> None:
    _, _, _, run = office
    counts, findings = run.counts().collect(), run.findings().collect()
    for outcome in (Outcome.UNMET, Outcome.UNKNOWN):
        assert counts[outcome.name.lower()].sum() == findings.filter(pl.col("outcome") == int(outcome)).height
    verdicts = run.verdicts("household", "once").collect()
    assert dict(verdicts.select("subject_id", "X-1").iter_rows()) == {1: 1, 2: 2, 3: 1, 4: 2, 5: 4, 6: 3}
    assert run.measures().collect().columns == MEASURES_SCHEMA.names


def test_the_same_input_gives_the_same_bytes(office: Office, tmp_path: Path) -> None:
    pack, plan, snapshot, run = office
    again = judged(pack, plan, snapshot, tmp_path / "again")
    files = sorted(path.relative_to(run.folder) for path in run.folder.rglob("*.parquet"))
    assert files
    assert all((run.folder / file).read_bytes() == (again.folder / file).read_bytes() for file in files)


def test_a_run_without_criteria_in_its_periods_is_empty(office: Office, tmp_path: Path) -> None:
    pack, plan = plan_in(write_office(tmp_path / "plan", criteria=EVERY.format(per="week")))
    run = evaluate_snapshot(plan, office[2], tmp_path / "run", Ask(AS_OF, load_calendar(), ()))
    assert run.findings().collect().is_empty()
    assert run.counts().collect().is_empty()
    assert pack.head.id == "office"


def test_a_folder_that_exists_is_left_alone(office: Office, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(SnapshotError, match="已有内容"):
        judged(*office[:3], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


@pytest.mark.parametrize("stop_at", [0, 2])
def test_a_run_stopped_midway_leaves_nothing(office: Office, tmp_path: Path, stop_at: int) -> None:
    _, plan, snapshot, run = office
    asked = iter(range(100))
    ask = Ask(AS_OF, load_calendar(), run.periods, is_cancelled=lambda: next(asked) >= stop_at)
    with pytest.raises(Cancelled):
        evaluate_snapshot(plan, snapshot, tmp_path / "run", ask)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_is_cleared_away(office: Office, tmp_path: Path) -> None:
    (tmp_path / ".run.partial" / "verdicts").mkdir(parents=True)
    judged(*office[:3], tmp_path / "run")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("text", [None, "{"])
def test_a_folder_without_a_whole_run_is_refused(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "run.json").write_text(text)
    with pytest.raises(SnapshotError, match="没有完整的核查结果"):
        open_run(tmp_path)


@pytest.mark.parametrize("text", ["[]", "{}", '{"format": 1}'])
def test_a_run_of_another_format_is_told_as_such(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(SnapshotError, match=r"核查结果的格式不是本版本所能读的格式.* 请用本版本重新核查。"):
        open_run(tmp_path)


def test_findings_are_explained_in_their_order(office: Office) -> None:
    _, plan, snapshot, run = office
    findings = run.findings().collect().sort("subject_id", "criterion", "period")
    found = list(explanations(plan, findings, run, snapshot, load_calendar()))
    assert [why.criterion.id for why in found] == findings["criterion"].to_list()
    assert [int(why.outcome) for why in found] == findings["outcome"].to_list()
    alone = findings.filter(pl.col("criterion") == "X-1")
    income = [why.text() for why in explanations(plan, alone, run, snapshot, load_calendar())]
    assert income == [
        "全年收入 2,500 元，低于 3,000 元，差 500 元",
        "全年收入 2,999 元，低于 3,000 元，差 1 元",
        "全年收入不清楚",
    ]


def test_one_subject_judged_again(office: Office) -> None:
    _, plan, snapshot, run = office
    calendar = load_calendar()
    again = {
        (why.criterion.id, period.id): why.outcome
        for period, why in recheck(plan, "pairing", 1, run, snapshot, calendar)
    }
    assert again == {
        ("X-6", "2018-Q1"): Outcome.MET,
        ("X-6", "2018-Q2"): Outcome.MET,
        ("X-6", "2018-Q3"): Outcome.MET,
        ("X-6", "2018-Q4"): Outcome.UNMET,
    }
    assert [why.criterion.id for _, why in recheck(plan, "household", 1, run, snapshot, calendar)] == [
        "X-1",
        "X-2",
        "X-4",
        "X-5",
    ]
    assert recheck(plan, "county", 1, run, snapshot, calendar) == []
    with pytest.raises(SnapshotError, match="没有这个对象：77"):
        recheck(plan, "household", 77, run, snapshot, calendar)


def test_a_period_that_was_not_run_is_not_judged_again(office: Office, tmp_path: Path) -> None:
    _, plan, snapshot, run = office
    shutil.copytree(run.folder, tmp_path / "run")
    manifest = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    (tmp_path / "run" / "run.json").write_text(json.dumps({**manifest, "periods": []}))
    assert recheck(plan, "pairing", 1, open_run(tmp_path / "run"), snapshot, load_calendar()) == []


def test_a_table_that_the_snapshot_lacks_was_never_checked(office: Office) -> None:
    _, plan, snapshot, run = office
    lean = replace(
        snapshot, tables={name: path for name, path in snapshot.tables.items() if name != "income_item"}
    )
    outcomes = {
        why.criterion.id: why.outcome for _, why in recheck(plan, "household", 1, run, lean, load_calendar())
    }
    assert outcomes["X-1"] is Outcome.UNKNOWN


def test_what_a_run_was_not_asked_has_no_findings(tmp_path: Path) -> None:
    water = "criteria:\n  - {id: X-2, name: 饮水安全, subject: household, holds: water_safe}"
    road = "\n  - {id: X-4, name: 通路, subject: village, per: quarter, holds: road_hardened}"
    pack, plan = plan_in(write_office(tmp_path / "plan", criteria=water))
    later = plan_in(write_office(tmp_path / "later", criteria=water + road))[1]
    snapshot = snapshot_of(state(), tmp_path / "snapshot")
    run = judged(pack, plan, snapshot, tmp_path / "run")
    found = run.findings_with_facts(later, snapshot)
    assert found.height == run.findings_with_facts(plan, snapshot).height > 0
    assert found["criterion"].unique().to_list() == ["X-2"]
