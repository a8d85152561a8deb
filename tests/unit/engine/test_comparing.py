"""Two runs side by side: what became of every finding."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest

from bangfu.core.engine.comparing import STATUSES, compare_runs, flips
from bangfu.core.engine.runs import RunFolder
from bangfu.core.plans.plan import Plan
from tests.unit.engine.offices import frame, household, judged, plan_in, snapshot_of, write_office

WATER = "criteria:\n  - {id: X-2, name: 饮水安全, subject: household, holds: water_safe}"
GRAIN = "\n  - {id: X-3, name: 有口粮, subject: household, holds: grain_enough}"
ROAD = "\n  - {id: X-4, name: 通路, subject: village, per: quarter, holds: road_hardened}"
Water = Mapping[int, bool | None]


def plan_of(folder: Path, criteria: str = WATER) -> Plan:
    return plan_in(write_office(folder, criteria=criteria))[1]


def run_of(folder: Path, water: Water, criteria: str = WATER) -> RunFolder:
    """A run over households whose water is safe, not safe or not known."""
    pack, plan = plan_in(write_office(folder / "plan", criteria=criteria))
    homes = [household(key, 1, water_safe=safe) for key, safe in water.items()]
    tables = {"village": frame("village", [{"village_id": 1}]), "household": frame("household", homes)}
    return judged(pack, plan, snapshot_of(tables, folder / "snapshot"), folder / "run")


def statuses(compared: pl.DataFrame) -> dict[int, str]:
    return dict(compared.select("subject_id", "status").iter_rows())


def test_every_way_a_finding_can_go(tmp_path: Path) -> None:
    ways: dict[int, tuple[bool | None, bool | None, str]] = {
        1: (True, False, "new"),
        2: (True, False, "relapsed"),  # unmet in an earlier run
        3: (False, True, "solved"),
        4: (False, False, "still_open"),
        5: (True, None, "became_unknown"),
        6: (None, False, "confirmed"),
        7: (None, True, "cleared"),
        8: (None, None, "still_unknown"),
        9: (False, None, "became_unknown"),
    }
    before = run_of(tmp_path / "before", {**{key: way[0] for key, way in ways.items()}, 10: False, 12: True})
    after = run_of(tmp_path / "after", {**{key: way[1] for key, way in ways.items()}, 11: False, 12: True})
    earlier = run_of(tmp_path / "earlier", {1: None, 2: False, 12: False})
    compared = compare_runs(plan_of(tmp_path / "plan"), before, after, [earlier])
    wanted = {key: way[2] for key, way in ways.items()}
    assert statuses(compared) == wanted | {10: "no_longer_judged", 11: "new"}
    assert set(wanted.values()) | {"no_longer_judged"} == set(STATUSES)
    gone = compared.row(by_predicate=pl.col("subject_id") == 10, named=True)
    assert (gone["before"], gone["after"], gone["division"]) == (2, 0, None)
    assert compared.row(by_predicate=pl.col("subject_id") == 3, named=True)["division"] == 1


def test_without_history_nothing_has_relapsed(tmp_path: Path) -> None:
    before, after = run_of(tmp_path / "before", {2: True}), run_of(tmp_path / "after", {2: False})
    assert statuses(compare_runs(plan_of(tmp_path / "plan"), before, after)) == {2: "new"}


def test_subjects_that_were_renamed_or_merged_keep_their_findings(tmp_path: Path) -> None:
    before = run_of(tmp_path / "before", {1: False, 2: True, 3: False, 4: False})
    after = run_of(tmp_path / "after", {11: False, 12: True, 4: False})
    renamed = pl.DataFrame({"subject": ["household"] * 3, "old_id": [1, 2, 3], "new_id": [11, 12, 12]})
    compared = compare_runs(plan_of(tmp_path / "plan"), before, after, renamed=renamed)
    assert statuses(compared) == {4: "still_open", 11: "still_open", 12: "solved"}


def test_a_finding_is_one_however_often_it_relapsed_before(tmp_path: Path) -> None:
    before, after = run_of(tmp_path / "before", {2: True}), run_of(tmp_path / "after", {2: False})
    old = [run_of(tmp_path / str(n), {2: False}) for n in range(2)]
    assert compare_runs(plan_of(tmp_path / "plan"), before, after, old).height == 1


def test_a_criterion_that_one_run_was_not_asked_is_not_called_solved(tmp_path: Path) -> None:
    before = run_of(tmp_path / "before", {1: True}, WATER + GRAIN)
    after = run_of(tmp_path / "after", {1: True})
    compared = compare_runs(plan_of(tmp_path / "plan", WATER + GRAIN + ROAD), before, after)
    assert compared.select("criterion", "status").rows() == [("X-3", "no_longer_judged")]


@pytest.mark.parametrize("count", [0, 3])
def test_runs_without_findings_have_nothing_to_compare(tmp_path: Path, count: int) -> None:
    run = run_of(tmp_path, dict.fromkeys(range(1, count + 1), True))
    assert compare_runs(plan_of(tmp_path / "plan"), run, run).is_empty()


def test_whose_outcome_a_changed_plan_flips(tmp_path: Path) -> None:
    stricter = WATER.replace("holds: water_safe", "holds: water_safe AND grain_enough")
    water = {1: True, 2: False, 3: None}
    before, after = run_of(tmp_path / "old", water), run_of(tmp_path / "new", water, stricter)
    flipped = flips(plan_of(tmp_path / "a"), plan_of(tmp_path / "b", stricter), before, after)
    assert flipped.select("subject_id", "before", "after", "division").rows() == [(1, 1, 3, 1)]


def test_a_criterion_that_only_one_plan_has_flips_from_nothing(tmp_path: Path) -> None:
    before, after = run_of(tmp_path / "old", {1: True}), run_of(tmp_path / "new", {1: True}, WATER + GRAIN)
    flipped = flips(plan_of(tmp_path / "a"), plan_of(tmp_path / "b", WATER + GRAIN), before, after)
    assert flipped.select("criterion", "before", "after").rows() == [("X-3", 0, 3)]
