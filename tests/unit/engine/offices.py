"""A township of six households with a plan of its own, small enough to know every verdict by heart."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from bangfu.core.calendars import load_calendar
from bangfu.core.engine.run import Ask
from bangfu.core.engine.runs import RunFolder, default_periods, evaluate_snapshot
from bangfu.core.plans.compiling import compile_plan
from bangfu.core.plans.load import load_pack
from bangfu.core.plans.pack import Pack
from bangfu.core.plans.plan import Plan
from bangfu.core.register import cast_losslessly, table_schema
from bangfu.core.snapshots import Snapshot, write_snapshot
from bangfu.core.vocabulary import load_vocabulary
from tests.unit.plans.packs import write_pack

AS_OF = date(2018, 12, 31)

HEAD = """
id: office
version: 1.0.0
title: 某镇工作方案
issuer: 某镇人民政府
jurisdiction: "990001001000"
state: {state}
period: {{from: 2018-02-10, to: 2018-12-31}}
totals:
  - {{id: T-1, name: 贫困户, subject: household, where: "household_status = '未脱贫'", value: {total}, unit: 户}}
  - {{id: T-2, name: 全部户, subject: household, value: 6, unit: 户}}
  - {{id: T-3, name: 项目, of: project, value: 6, unit: 个}}
  - {{id: T-4, name: 饮水安全的户, subject: household, where: water_safe, value: 3, unit: 户}}
"""
ROLES = """
roles:
  - {id: helper, name: 帮扶责任人}
  - {id: committee, name: 村民委员会}
"""
PARAMETERS = """
parameters:
  income_line: {name: 收入线, unit: 元, source: 一, values: [{from: 2018-01-01, value: "3000"}]}
"""
MEASURES = """
measures:
  received: {name: 全年收入, subject: household, unit: 元, of: income_item, take: total, amount: amount}
"""
CRITERIA = """
criteria:
  - id: X-1
    name: 收入达到收入线
    subject: household
    when: "household_status = '未脱贫'"
    holds: received >= income_line
    message: 收入没有达到收入线
    remedy: 落实产业帮扶
    responsible: [helper, committee]
    deadline: {workdays: 3}
    severity: high
    source: 一（一）
  - id: X-2
    name: 饮水安全
    subject: household
    holds: water_safe
    message: 饮水不安全
    remedy: 接通自来水
    responsible: [committee]
    deadline: {days: 30}
    source: 一（二）
  - id: X-3
    name: 没有大病
    subject: person
    holds: NOT includes(health, 'serious')
    deadline: {on: 2019-03-31}
    severity: low
  - {id: X-4, name: 两项都达到, subject: household, holds: verdict('X-2') AND verdict('X-5')}
  - {id: X-5, name: 家里没有病人, subject: household, holds: "no(person, includes(health, 'serious'))"}
  - {id: X-6, name: 每季走访, subject: pairing, per: quarter, holds: has(visit)}
  - {id: X-7, name: 干部驻村, subject: cadre, holds: is_stationed}
  - {id: X-8, name: 通硬化路, subject: village, holds: road_hardened}
  - {id: X-9, name: 收入占比, subject: village, holds: "share(household, TRUE, received >= income_line) >= 0.5"}
  - {id: X-10, name: 在村结对, subject: village, holds: "has(cadre, has(pairing))"}
"""


def write_office(folder: Path, state: str = "in_force", total: int = 5, **parts: str) -> Path:
    """The folder of the plan; `parts` replace or add files."""
    head = HEAD.format(state=state, total=total)
    files = {
        "plan": head,
        "organisation": ROLES,
        "parameters": PARAMETERS,
        "measures": MEASURES,
        "criteria": CRITERIA,
    }
    return write_pack(folder, **{**files, **parts})


def plan_in(folder: Path, on: date = AS_OF) -> tuple[Pack, Plan]:
    """The pack in a folder, and the plan of a day."""
    pack = load_pack(folder)
    return pack, compile_plan(pack, on, load_vocabulary())


def state() -> dict[str, pl.DataFrame]:
    """The register: names and all."""
    rows: dict[str, list[dict[str, object]]] = {
        "county": [{"county_id": 1, "division_name": "某县"}],
        "township": [{"township_id": 1, "county_id": 1, "division_name": "某镇"}],
        "village": [
            {"village_id": 1, "township_id": 1, "division_name": "东村", "road_hardened": True},
            {"village_id": 2, "township_id": 1, "division_name": "西村", "road_hardened": False},
        ],
        "household": [
            household(1, 1, water_safe=True),
            household(2, 1, water_safe=False),
            household(3, 1, water_safe=None),
            household(4, 2, water_safe=True),
            household(5, 2, water_safe=True, household_status="general", household_code="=1+1"),
            household(6, None, water_safe=False, income_known_to=None),
        ],
        "person": [
            {"person_id": key, "household_id": key, "relation": "head", "full_name": name, "health": health,
             "id_number": "99010019700101001X", "phone": "19900000000"}
            for key, name, health in [
                (1, "甲一", "healthy"), (2, "=甲二", "healthy"), (3, "甲三", None), (4, "甲四", "serious"),
                (5, "甲五", "healthy"),
            ]
        ],
        "cadre": [
            {"cadre_id": 1, "full_name": "乙一", "is_stationed": True, "village_id": 1},
            {"cadre_id": 2, "full_name": "乙二", "is_stationed": False, "village_id": 2},
            {"cadre_id": 3, "is_stationed": None},
        ],
        "pairing": [
            {"pairing_id": 1, "household_id": 2, "cadre_id": 1, "start_on": date(2018, 1, 1), "visits_known_to": AS_OF},
            {"pairing_id": 2, "household_id": 2, "cadre_id": 2, "start_on": date(2018, 1, 1), "visits_known_to": AS_OF},
            {"pairing_id": 3, "household_id": 2, "cadre_id": 2, "start_on": date(2017, 1, 1),
             "end_on": date(2017, 12, 31), "visits_known_to": AS_OF},
            {"pairing_id": 4, "household_id": 4, "cadre_id": 3, "start_on": date(2018, 1, 1), "visits_known_to": AS_OF},
        ],
        "visit": [
            {"visit_id": quarter, "household_id": 2, "pairing_id": 1, "cadre_id": 1, "day": date(2018, 3 * quarter, 1)}
            for quarter in (1, 2, 3)
        ],
        "income_item": [
            {"income_item_id": key, "household_id": key, "year": 2018, "amount": amount}
            for key, amount in [(1, 3000), (2, 2500), (3, 4000), (4, 2999)]
        ],
    }  # fmt: skip
    return {table: frame(table, listed) for table, listed in rows.items()}


def household(key: int, village: int | None, **cells: object) -> dict[str, object]:
    """A poor household whose income and members are known."""
    known = {"income_known_to": AS_OF, "persons_checked_on": AS_OF, "helpers_checked_on": AS_OF}
    row = {
        "household_id": key,
        "village_id": village,
        "household_code": f"99{key:04}",
        "household_status": "registered",
    }
    return {**row, **known, **cells}


def frame(table: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    """Rows with the types of the vocabulary."""
    schema = table_schema(load_vocabulary().tables[table])
    typed, lossy = cast_losslessly(pl.DataFrame(rows, infer_schema_length=None), schema)
    assert not lossy, (table, lossy)
    return typed


def snapshot_of(tables: dict[str, pl.DataFrame], folder: Path, as_of: date = AS_OF) -> Snapshot:
    """A snapshot without names."""
    vocabulary = load_vocabulary()
    kept = {
        name: rows.select(c for c in rows.columns if c not in identity(name)) for name, rows in tables.items()
    }
    return write_snapshot(kept, as_of, folder, "test", vocabulary)


def identity(table: str) -> set[str]:
    """The columns that identify people."""
    return {c.id for c in load_vocabulary().tables[table].columns.values() if c.sensitivity == "identity"}


def judged(pack: Pack, plan: Plan, snapshot: Snapshot, folder: Path) -> RunFolder:
    """A run over the default periods."""
    ask = Ask(snapshot.as_of, load_calendar(), default_periods(pack, plan, snapshot.as_of))
    return evaluate_snapshot(plan, snapshot, folder, ask)
