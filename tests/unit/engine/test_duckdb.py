"""The embedded engine: what a run leaves, in ranges of households, with progress, stopped, refused."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb as sql
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bangfu.core.calendars import Calendar, CalendarError, load_calendar
from bangfu.core.engine import Ask, Outcome, Run, World, duckdb, evaluate
from bangfu.core.engine.cases import arrow_tables
from bangfu.core.engine.sinks import FolderSink
from bangfu.core.engine.sql.blocks import blocks_of
from bangfu.core.engine.sql.results import counts_sql
from bangfu.core.errors import Cancelled, EngineError
from bangfu.core.periods import Period, containing
from bangfu.core.vocabulary import load_vocabulary
from tests.inline_plans import plan_of
from tests.text_tables import read_rows

AS_OF = date(2020, 6, 30)
MONTH = containing("month", AS_OF)
VOCABULARY = load_vocabulary()
MEASURES: dict[str, Any] = {
    "visits": {"name": "走访次数", "subject": "household", "of": "visit", "take": "count"},
    "visit_days": {"name": "走访天数", "subject": "household", "of": "visit", "take": "days", "unit": "天"},
    "pairings": {"name": "结对户数", "subject": "cadre", "of": "pairing", "take": "count"},
    "loan_days": {
        "name": "贷款工作日",
        "subject": "household",
        "of": "loan",
        "take": "workdays",
        "unit": "天",
    },
}
TABLES = {
    "village": """
        | id | households_checked_on |
        | 7  | 2020-06-30            |
        | 8  | 2020-06-30            |
    """,
    "household": """
        | id | village | headcount | has_power | fuel | persons_checked_on | visits_known_to | helpers_checked_on |
        | 1  | 7       | 4         | yes       | 柴草 | 2020-06-30         | 2020-06-30      | 2020-06-30         |
        | 2  | 7       | 3         | no        |      | 2020-06-30         | 2020-06-20      | 2020-06-30         |
        | 3  | 8       |           |           | 煤炭 | 2020-06-30         |                 | 2020-06-30         |
        | 4  | 8       | 2         | yes       | 煤炭 |                    | 2020-06-30      | 2020-06-30         |
        | 5  |         | 2         | yes       | 煤炭 | 2020-06-30         | 2020-06-30      | 2020-06-30         |
    """,
    "person": """
        | id | household | employed |
        | 1  | 1         | yes      |
        | 2  | 1         | no       |
        | 3  | 5         | yes      |
        | 4  | 4         |          |
        | 5  |           | yes      |
    """,
    "visit": """
        | id | household | day        |
        | 1  | 1         | 2020-06-01 |
        | 2  | 1         | 2020-06-01 |
        | 3  | 2         | 2020-06-02 |
        | 4  | 5         | 2020-06-30 |
    """,
    "cadre": """
        | id | pairings_checked_on |
        | 1  | 2020-06-30          |
    """,
    "pairing": """
        | id | household | cadre | start_on   |
        | 1  | 1         | 1     | 2020-01-01 |
        | 2  | 4         | 1     | 2020-01-01 |
        | 3  | 5         | 1     | 2020-01-01 |
    """,
}


def world(**changes: str) -> World:
    return World(VOCABULARY, read_rows({**TABLES, **changes}, VOCABULARY), AS_OF, load_calendar())


def criterion(holds: str, **rest: Any) -> dict[str, Any]:
    return {"id": "S9-1", "subject": "household", "holds": holds, **rest}


def run(*criteria: dict[str, Any], tables: Any = None, periods: tuple[Period, ...] = (MONTH,)) -> Run:
    plan = plan_of(criteria, MEASURES)
    ask = Ask(AS_OF, load_calendar(), periods)
    return evaluate(plan, arrow_tables(world()) if tables is None else tables, ask)


def outcomes(found: Run, subject: str = "household", per: str = "once") -> dict[int, list[Outcome]]:
    verdicts = next(v for v in found.verdicts if (v.subject, v.per) == (subject, per))
    return {
        row["subject_id"]: [Outcome(row[criterion]) for criterion in verdicts.criteria]
        for row in verdicts.table.to_pylist()
    }


def on_disk(folder: Path, tables: dict[str, pa.Table]) -> dict[str, Path]:
    folder.mkdir()
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")
    return {name: folder / f"{name}.parquet" for name in tables}


MET, UNMET, UNKNOWN = Outcome.MET, Outcome.UNMET, Outcome.UNKNOWN


# --- what a run leaves ------------------------------------------------------------------------------------


def test_a_verdict_for_every_subject() -> None:
    found = run(criterion("headcount >= 3"))
    assert outcomes(found) == {1: [MET], 2: [MET], 3: [UNKNOWN], 4: [UNMET], 5: [UNMET]}
    verdicts = found.verdicts[0]
    assert (verdicts.subject, verdicts.per, verdicts.criteria) == ("household", "once", ("S9-1",))
    assert [row["division"] for row in verdicts.table.to_pylist()] == [7, 7, 8, 8, None]


def test_findings_are_the_unmet_and_the_unknown_with_the_values_used() -> None:
    found = run(
        criterion(
            "headcount >= 3 AND fuel = '柴草' AND has_power AND count(person) >= 1 AND headcount / 2 >= 1"
        )
    )
    rows = {row["subject_id"]: row for row in found.findings.to_pylist()}
    assert sorted(rows) == [2, 3, 4, 5]
    assert rows[2] | {"facts": ""} == {
        "criterion": "S9-1", "subject": "household", "subject_id": 2, "period": "once", "division": 7,
        "outcome": UNMET, "facts": "",
    }  # fmt: skip
    assert json.loads(rows[2]["facts"]) == {
        "headcount": [3, 3],
        "fuel": None,
        "has_power": "false",
        "person": [0, 0],
    }
    assert json.loads(rows[3]["facts"]) == {
        "headcount": [0, 40], "fuel": "coal", "has_power": None, "person": [0, 0],
    }  # fmt: skip
    assert json.loads(rows[4]["facts"])["person"] == [1, None]


def test_facts_of_every_kind() -> None:
    everything = (
        "least(headcount, 9) + 1 >= 50 AND NOT age(handbook_updated_on) >= 1 AND coalesce(exit_year, 0) >= 1 "
        "AND year(exited_on) = 2018 AND fuel IN ('柴草') AND includes(poverty_causes, '因病') AND exited_on IS NULL "
        "AND share(person, TRUE, employed) >= 0.5 AND CASE WHEN has_power THEN 1 ELSE 0 END >= 1 "
        "AND total(person, work_months) >= 1 AND visits >= 1 AND period_days >= 1 AND has(person) AND 1 >= 2"
    )
    found = run(criterion(everything, per="month", when="headcount >= 1"))
    facts = json.loads(found.findings.to_pylist()[0]["facts"])
    assert list(facts) == [
        "headcount", "handbook_updated_on", "exit_year", "exited_on", "fuel", "poverty_causes", "person", "visits",
    ]  # fmt: skip


def test_facts_of_a_nested_criterion() -> None:
    found = run(
        criterion("fuel = '柴草'") | {"id": "inner"},
        criterion("NOT verdict('inner')", when="headcount >= 1"),
    )
    facts = {
        (row["criterion"], row["subject_id"]): json.loads(row["facts"]) for row in found.findings.to_pylist()
    }
    assert facts["S9-1", 1] == {"headcount": [4, 4], "fuel": "wood"}


def test_facts_of_odd_texts() -> None:
    text = '一行\n又一行\t"引号"\\\x1f'
    tables = arrow_tables(world(person="| id | household |\n| 1 | 1 |"))
    persons = tables["person"]
    tables["person"] = persons.set_column(
        persons.column_names.index("illness"), "illness", pa.array([text], pa.string())
    )
    found = run({"id": "S9-1", "subject": "person", "holds": "illness = '无'"}, tables=tables)
    assert json.loads(found.findings.to_pylist()[0]["facts"]) == {"illness": text}


def test_counts_by_place() -> None:
    found = run(
        criterion("headcount >= 3"), criterion("visits >= 1", per="month", when="has_power") | {"id": "S9-2"}
    )
    rows = sorted(found.counts.to_pylist(), key=lambda r: (r["criterion"], r["division"] or 0))
    names = ("met", "unmet", "unknown", "not_applicable", "not_due")
    assert [(r["criterion"], r["period"], r["division"], *(r[name] for name in names)) for r in rows] == [
        ("S9-1", "once", None, 0, 1, 0, 0, 0),
        ("S9-1", "once", 7, 2, 0, 0, 0, 0),
        ("S9-1", "once", 8, 0, 1, 1, 0, 0),
        ("S9-2", "2020-06", None, 1, 0, 0, 0, 0),
        ("S9-2", "2020-06", 7, 1, 0, 0, 1, 0),
        ("S9-2", "2020-06", 8, 0, 1, 1, 0, 0),
    ]


def test_what_is_still_owed_and_until_when() -> None:
    month = containing("month", date(2020, 7, 1))
    july = """
        | id | household | day        |
        | 1  | 1         | 2020-07-01 |
        | 2  | 1         | 2020-07-02 |
    """
    known = TABLES["household"].replace(
        "2020-06-30         | 2020-06-30      |", "2020-06-30         | 2020-07-02      |"
    )
    tables = arrow_tables(
        World(
            VOCABULARY,
            read_rows({**TABLES, "visit": july, "household": known}, VOCABULARY),
            date(2020, 7, 2),
            load_calendar(),
        )
    )
    plan = plan_of(
        [
            criterion("visits >= 3 AND 5 <= visit_days", per="month", when="has_power"),
            criterion("visits >= visit_days", per="month") | {"id": "S9-2"},
            criterion("visits <= 1 AND headcount >= 1 AND visits / 2 >= 1", per="month") | {"id": "S9-3"},
        ],
        MEASURES,
    )
    found = evaluate(plan, tables, Ask(date(2020, 7, 2), load_calendar(), (month,)))
    rows = {(r["criterion"], r["subject_id"], r["measure"]): r for r in found.measures.to_pylist()}
    assert {key[:2] for key in rows} == {("S9-1", n) for n in (1, 3, 4, 5)} | {
        ("S9-2", n) for n in range(1, 6)
    }
    first = rows["S9-1", 1, "visits"]
    names = ("certain", "possible", "threshold", "owed", "last_day")
    assert [first[name] for name in names] == [2, None, 3, 1, date(2020, 7, 31)]
    days = rows["S9-1", 1, "visit_days"]
    assert [days[name] for name in names] == [2, 31, 5, 3, date(2020, 7, 29)]
    unclear = rows["S9-2", 1, "visits"]  # its threshold is open to the month's end
    assert [unclear[name] for name in names] == [2, None, 31, 29, date(2020, 7, 31)]


def test_nothing_is_owed_where_the_threshold_is_not_known() -> None:
    measures = {**MEASURES, "plan": {"name": "计划", "subject": "household", "value": "count(person) * 1"}}
    plan = plan_of([criterion("visits >= plan", per="month")], measures)
    found = evaluate(plan, arrow_tables(world()), Ask(AS_OF, load_calendar(), (MONTH,)))
    row = next(r for r in found.measures.to_pylist() if r["subject_id"] == 4)
    assert (row["threshold"], row["owed"], row["last_day"]) == (None, None, MONTH.end)


def test_the_same_input_gives_the_same_tables() -> None:
    first, second = (run(criterion("has(person, employed) OR headcount >= 3")) for _ in range(2))
    assert first.verdicts[0].table.equals(second.verdicts[0].table)
    assert first.findings.equals(second.findings)
    assert first.counts.equals(second.counts)


@pytest.mark.parametrize("chunk", [2, 1000])
def test_rows_in_any_order_leave_the_same_files(
    chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duckdb, "CHUNK", chunk)
    tables = arrow_tables(world())
    turned = {name: table.take(list(reversed(range(table.num_rows)))) for name, table in tables.items()}
    plan = plan_of([*CHUNKED, criterion("count(person) >= 2") | {"id": "S9-6"}], MEASURES)
    left = []
    for name, rows in (("first", tables), ("second", turned)):
        files = on_disk(tmp_path / f"{name} rows", rows)
        duckdb.evaluate_into(FolderSink(tmp_path / name), plan, files, Ask(AS_OF, load_calendar(), (MONTH,)))
        parts = sorted((tmp_path / name).rglob("*.parquet"))
        left.append({part.relative_to(tmp_path / name): part.read_bytes() for part in parts})
    assert len(left[0]) > 4
    assert left[0] == left[1]


def test_counts_of_more_subjects_than_a_packed_count_holds() -> None:
    subjects, outcomes_seen = 1 << 22, {outcome.name.lower(): 0 for outcome in Outcome}
    (block,) = blocks_of(plan_of([criterion("headcount >= 3", when="has_power")]), AS_OF, ["household"])
    for outcome in (Outcome.NOT_APPLICABLE, Outcome.UNMET, Outcome.UNKNOWN, Outcome.MET):
        rows = f'SELECT range AS subject_id, 7 AS division, {int(outcome)} AS "S9-1" FROM range({subjects})'
        found = sql.sql(f"WITH block AS ({rows}) {counts_sql(block)}").to_arrow_table().to_pylist()
        expected = outcomes_seen | {outcome.name.lower(): subjects}
        assert found == [{"criterion": "S9-1", "period": "once", "division": 7, **expected}]


def test_criteria_called_like_columns_of_the_engine() -> None:
    ids = (
        "n",
        "packed",
        "waiting",
        "met",
        "criterion",
        "outcome",
        "facts",
        "id",
        "kept",
        "subject",
        "o0_0_low",
    )
    found = run(*({"id": id_, "subject": "household", "per": "month", "holds": "visits >= 1"} for id_ in ids))
    assert {row["criterion"] for row in found.counts.to_pylist()} == set(ids)
    totals = [tuple(row.values())[1:] for row in found.counts.to_pylist()]
    assert len(set(totals)) == len(totals) / len(ids)
    assert {row["criterion"] for row in found.findings.to_pylist()} == set(ids)


def test_a_period_nobody_asked_for_is_not_judged() -> None:
    assert run(criterion("visits >= 1", per="month"), periods=()).verdicts == ()


def test_a_plan_without_criteria() -> None:
    assert run().verdicts == ()


# --- in ranges of households ------------------------------------------------------------------------------


CHUNKED = (
    criterion("headcount >= 3"),
    criterion("has(person, employed)") | {"id": "S9-2"},
    criterion("has(cadre, pairings <= 2)") | {"id": "S9-3"},
    {"id": "S9-4", "subject": "person", "holds": "employed"},
    criterion("visits >= 1", per="month") | {"id": "S9-5"},
)


def test_ranges_of_households_give_the_same_as_all_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = on_disk(tmp_path / "snapshot", arrow_tables(world()))
    whole = run(*CHUNKED, tables=tables)
    monkeypatch.setattr(duckdb, "CHUNK", 2)
    parts = run(*CHUNKED, tables=tables)
    assert outcomes(parts) == outcomes(whole)
    assert outcomes(parts, per="month") == outcomes(whole, per="month")
    assert outcomes(parts, "person") == outcomes(whole, "person") == {
        1: [MET], 2: [UNMET], 3: [MET], 4: [UNKNOWN], 5: [MET],
    }  # fmt: skip
    assert outcomes(parts)[1][2] is UNMET  # its helper has three households, in whatever ranges
    assert sorted(map(str, parts.findings.to_pylist())) == sorted(map(str, whole.findings.to_pylist()))
    names = ("criterion", "period", "division")
    tally: dict[tuple[object, ...], int] = {}
    for row in parts.counts.to_pylist():
        tally[tuple(row[name] for name in names)] = (
            tally.get(tuple(row[name] for name in names), 0) + row["met"]
        )
    assert tally == {tuple(row[name] for name in names): row["met"] for row in whole.counts.to_pylist()}


def test_what_needs_all_households_is_judged_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = on_disk(tmp_path / "snapshot", arrow_tables(world()))
    monkeypatch.setattr(duckdb, "CHUNK", 2)
    steps: list[str] = []
    plan = plan_of([criterion("has(cadre, has(household, headcount >= 4))")], MEASURES)
    ask = Ask(AS_OF, load_calendar(), is_cancelled=lambda: steps.append("asked") is not None)
    assert outcomes(evaluate(plan, tables, ask)) == {
        1: [MET], 2: [UNMET], 3: [UNMET], 4: [MET], 5: [MET],
    }  # fmt: skip
    assert steps == ["asked"]


# --- progress, stopping, refusing -------------------------------------------------------------------------


def test_progress_tells_each_block() -> None:
    steps: list[tuple[str, int, int]] = []
    plan = plan_of([criterion("has_power"), {"id": "S9-2", "subject": "village", "holds": "has(household)"}])
    ask = Ask(AS_OF, load_calendar(), progress=lambda *step: steps.append(step))
    evaluate(plan, arrow_tables(world()), ask, memory="1GB")
    assert steps == [("household", 0, 2), ("village", 1, 2), ("", 2, 2)]


def test_stopped() -> None:
    plan = plan_of([criterion("has_power")])
    with pytest.raises(Cancelled, match="已停止，没有留下半途的结果"):
        evaluate(plan, arrow_tables(world()), Ask(AS_OF, load_calendar(), is_cancelled=lambda: True))


@pytest.mark.parametrize("is_on_disk", [False, True])
def test_a_column_is_missing_or_of_another_type(is_on_disk: bool, tmp_path: Path) -> None:
    tables = arrow_tables(world())
    household = tables["household"].drop_columns(["fuel"])
    index = household.column_names.index("headcount")
    tables["household"] = household.set_column(index, "headcount", household["headcount"].cast(pa.int32()))
    with pytest.raises(EngineError) as found:
        run(criterion("has_power"), tables=on_disk(tmp_path / "x", tables) if is_on_disk else tables)
    assert str(found.value) == (
        "表“household”缺少列或列的类型不对：headcount、fuel。 请用本版本重新生成快照。"
    )


def test_a_figure_too_large_is_an_error_never_a_verdict() -> None:
    holds = "headcount * " + " * ".join(["999999999999999"] * 3) + " > 1"
    with pytest.raises(EngineError) as found:
        run(criterion(holds))
    assert "核查 household（once） 时出错：" in str(found.value)
    assert "请检查方案中的数值是否过大；没有留下半途的结果。" in str(found.value)


def test_a_table_that_is_not_there_was_never_checked() -> None:
    tables = arrow_tables(world())
    del tables["person"]
    assert outcomes(run(criterion("no(person)"), tables=tables)) == {n: [UNKNOWN] for n in range(1, 6)}
    del tables["household"]
    assert outcomes(run(criterion("no(person)"), tables=tables)) == {}


def test_the_working_days_of_a_year_the_calendar_does_not_know() -> None:
    short = Calendar(frozenset({2019}), {date(2019, 1, 1): False})
    ask = Ask(AS_OF, short, (MONTH,))
    tables = arrow_tables(world())
    assert evaluate(plan_of([criterion("has_power")]), tables, ask).verdicts
    assert evaluate(plan_of([criterion("visits >= 1", per="month")], MEASURES), tables, ask).verdicts
    for holds in ("period_workdays >= headcount * 1", "loan_days >= 1"):
        with pytest.raises(CalendarError):
            evaluate(
                plan_of([criterion(holds.replace("headcount * 1", "visits"), per="month")], MEASURES),
                tables,
                ask,
            )


def test_amounts_are_exact() -> None:
    tables = {
        "household": "| id | costs_known_to |\n| 1 | 2020-06-30 |",
        "production_cost": "\n".join(
            [
                "| household | year | amount |",
                *["| 1 | 2020 | 0.10 |"] * 10,
                "| 1 | 2020 | 999999999999.99 |",
            ]
        ),
    }
    rows = read_rows(tables, VOCABULARY)
    facts = World(VOCABULARY, rows, AS_OF, load_calendar())
    measures = {
        "costs": {
            "name": "支出",
            "subject": "household",
            "of": "production_cost",
            "take": "total",
            "amount": "amount",
        }
    }
    plan = plan_of(
        [criterion("costs > 1000000000000.99"), criterion("costs >= 1000000000000.99") | {"id": "S9-2"}],
        measures,
    )
    found = evaluate(plan, arrow_tables(facts), Ask(AS_OF, load_calendar()))
    assert outcomes(found) == {1: [UNMET, MET]}
    facts_used = json.loads(found.findings.to_pylist()[0]["facts"], parse_float=Decimal)
    assert facts_used == {"costs": [Decimal("1000000000000.99")] * 2}


def test_a_quotient_or_a_date_is_not_owed() -> None:
    measures = {
        "rate": {"name": "率", "subject": "household", "value": "headcount / year_headcount"},
        "last": {"name": "最近", "subject": "household", "value": "handbook_updated_on"},
    }
    plan = plan_of(
        [criterion("rate >= 1 AND last >= period_start AND 3 >= headcount", per="month")], measures
    )
    found = evaluate(plan, arrow_tables(world()), Ask(AS_OF, load_calendar(), (MONTH,)))
    assert found.measures.num_rows == 0
