"""The rows around a few subjects: what the criteria read of them, and nothing of anybody else."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from bangfu.core.calendars import load_calendar
from bangfu.core.engine.subsets import world_around
from bangfu.core.engine.world import World
from bangfu.core.plans.plan import Plan
from bangfu.core.snapshots import Snapshot
from tests.unit.engine.offices import AS_OF, frame, plan_in, snapshot_of, state, write_office

DAYS = """
criteria:
  - {id: D-1, name: 走访天数, subject: pairing, per: quarter, holds: visit_days >= 1}
"""
DAY_MEASURES = """
measures:
  visit_days: {name: 走访天数, subject: pairing, unit: 天, of: visit, take: days, sure: "purpose = '宣传政策'"}
"""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Snapshot]:
    folder = tmp_path_factory.mktemp("office")
    _, plan = plan_in(write_office(folder / "plan"))
    return plan, snapshot_of(state(), folder / "snapshot")


def around(office: tuple[Plan, Snapshot], criterion: str, *keys: int) -> World:
    plan, snapshot = office
    wanted = plan.criterion(criterion)
    assert wanted is not None
    return world_around(plan, [wanted], keys, snapshot.tables, AS_OF, load_calendar())


def keys_of(world: World, table: str) -> list[object]:
    return [row[f"{table}_id"] for row in world.rows(table)]


def test_only_the_rows_of_the_subjects(office: tuple[Plan, Snapshot]) -> None:
    world = around(office, "X-1", 4, 2, 2)
    assert keys_of(world, "household") == [2, 4]
    assert keys_of(world, "income_item") == [2, 4]
    assert "person" not in world.tables


def test_a_list_within_a_nested_criterion(office: tuple[Plan, Snapshot]) -> None:
    assert keys_of(around(office, "X-4", 4), "person") == [4]


def test_what_a_share_asks_of_each_row(office: tuple[Plan, Snapshot]) -> None:
    world = around(office, "X-9", 1)
    assert keys_of(world, "household") == [1, 2, 3]
    assert keys_of(world, "income_item") == [1, 2, 3]


def test_lists_within_lists(office: tuple[Plan, Snapshot]) -> None:
    world = around(office, "X-10", 2)
    assert 2 in keys_of(world, "cadre")
    assert {2, 3} <= set(keys_of(world, "pairing"))


def test_a_path_through_a_dated_relation(tmp_path: Path) -> None:
    criterion = (
        "criteria:\n  - {id: A-1, name: 有驻村干部, subject: agency, holds: 'has(cadre, is_stationed)'}"
    )
    _, plan = plan_in(write_office(tmp_path / "plan", criteria=criterion))
    members = [
        {"agency_membership_id": 7, "agency_id": 1, "cadre_id": 2},
        {"agency_membership_id": 8, "agency_id": 2, "cadre_id": 1},
    ]
    tables = state() | {
        "agency": frame("agency", [{"agency_id": 1}, {"agency_id": 2}]),
        "agency_membership": frame("agency_membership", members),
    }
    world = around((plan, snapshot_of(tables, tmp_path / "snapshot")), "A-1", 1)
    assert keys_of(world, "agency_membership") == [7]
    assert keys_of(world, "cadre") == [2]


def test_a_condition_of_days(tmp_path: Path, office: tuple[Plan, Snapshot]) -> None:
    _, plan = plan_in(write_office(tmp_path, criteria=DAYS, measures=DAY_MEASURES), date(2018, 12, 31))
    assert keys_of(around((plan, office[1]), "D-1", 1), "visit") == [1, 2, 3]


def test_tables_in_memory_serve_as_well(office: tuple[Plan, Snapshot]) -> None:
    plan, snapshot = office
    tables = {name: pq.read_table(path) for name, path in snapshot.tables.items()}
    criterion = plan.criterion("X-1")
    assert criterion is not None
    world = world_around(plan, [criterion], [2], tables, AS_OF, load_calendar())
    assert keys_of(world, "income_item") == [2]
