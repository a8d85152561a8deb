"""What an audit keeps: keyed, once, settled when it is gone, opened anew when it comes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from bangfu.core.calendars import load_calendar
from bangfu.core.engine import Ask, evaluate
from bangfu.core.engine.cases import CaseBench
from bangfu.core.integrity import Audit, Similarity, audit
from bangfu.core.integrity.checking import register_tables
from bangfu.core.plans.load import load_pack
from bangfu.core.register import State, apply, updates
from tests.unit.integrity.registers import DAY, VOCABULARY, batch, rows_of, state_of

CALENDAR = load_calendar(None)
TEXT = "养山羊十五只，请畜牧站来教防疫，秋后由合作社统一收购，再把屋后两亩坡地改种牧草"
AMOUNT = {"amount": pl.Decimal(18, 2)}
HOW = Similarity()
INCOME = [
    {"household_id": h, "year": y, "source": "wage", "amount": a, "is_forecast": False}
    for h, y, a in ((1, 2022, 9), (1, 2023, 9), (2, 2022, 9), (2, 2023, 10))
]


def register() -> State:
    home = {"village_id": 1, "household_status": "exited", "income_known_to": DAY}
    return state_of(
        {
            "village": [{"division_name": "甲村"}],
            "household": [home, home],
            "income_item": INCOME,
            "household_plan": [{"household_id": h, "made_on": DAY, "plan_text": TEXT} for h in (1, 2)],
        }
    )


def audited(
    state: State, own: list[int] | None = None, how: Similarity | None = HOW, day: date | None = None
) -> Audit:
    return audit(state, VOCABULARY, DAY, CALENDAR, batch(), how, own or [], day)


def after(state: State, found: Audit) -> State:
    return apply(found.changes, state, VOCABULARY)


FOUND = ("household_id", "village_id", "kind", "table_name", "column_name", "resolved", "found_on")


@pytest.mark.requirement("S2-10", "S2-74")
def test_copies_become_keyed_facts_once() -> None:
    state = register()
    found = audited(state)
    assert found.groups.rows() == [(1, 1, 1), (2, 1, 1)]
    kept = after(state, found)
    assert rows_of(kept, "household_plan", "similar_plans", "text_length") == [(1, len(TEXT)), (1, len(TEXT))]
    assert rows_of(kept, "discrepancy", *FOUND) == [
        (1, 1, "copied_income", "household", "copied_income", False, DAY),
        (1, 1, "copied_plan", "household", "copied_plan", False, DAY),
        (2, 1, "copied_plan", "household", "copied_plan", False, DAY),
    ]
    assert audited(kept).changes.rows == 0
    assert "山羊" not in str(kept.rows(VOCABULARY.tables["discrepancy"]))


@pytest.mark.requirement("S2-74")
def test_the_plans_criteria_judge_what_was_written() -> None:
    kept = after(register(), audited(register()))
    plan = CaseBench(load_pack("s2_town_review"), VOCABULARY, CALENDAR).plan_on(DAY)
    chosen = replace(plan, criteria=tuple(c for c in plan.criteria if c.id in ("S2-10", "S2-34")))
    findings = pl.DataFrame(
        pl.from_arrow(evaluate(chosen, register_tables(kept, VOCABULARY), Ask(DAY, CALENDAR)).findings)
    )
    told = {(c, i): o for c, i, o in findings.select("criterion", "subject_id", "outcome").iter_rows()}
    assert told == {("S2-10", 1): 2, ("S2-34", 1): 3}  # nobody said that all comparisons are done


def change(state: State, table: str, key: int, **values: object) -> State:
    declared = VOCABULARY.tables[table]
    frame = updates(
        declared,
        pl.DataFrame(
            {declared.key: [key], **{k: [v] for k, v in values.items()}},
            schema_overrides={"amount": pl.Decimal(18, 2)} if "amount" in values else None,
        ),
        state.rows(declared),
    )
    return apply(replace(audited(state).changes, tables={table: frame}), state, VOCABULARY)


def test_what_is_no_longer_found_is_settled_and_comes_back_when_it_does() -> None:
    kept = after(register(), audited(register()))
    own = [kept.seq]
    mended = change(kept, "income_item", 2, amount=Decimal(12))
    settled = after(mended, audited(mended, own))
    own.append(settled.seq)
    assert rows_of(settled, "discrepancy", "kind", "resolved")[0] == ("copied_income", True)
    again = change(settled, "income_item", 2, amount=Decimal(9))
    assert rows_of(after(again, audited(again, own)), "discrepancy", "kind", "resolved") == [
        ("copied_income", True), ("copied_plan", False), ("copied_plan", False), ("copied_income", False),
    ]  # fmt: skip


def test_what_a_person_settled_stays_settled() -> None:
    kept = after(register(), audited(register()))
    own = [kept.seq]
    by_hand = change(kept, "discrepancy", 1, resolved=True)
    assert audited(by_hand, own).changes.rows == 0


def test_what_became_unknown_is_not_settled() -> None:
    kept = after(register(), audited(register()))
    unsure = change(kept, "household", 1, income_known_to=date(2022, 12, 31))
    assert audited(unsure, [kept.seq]).changes.rows == 0


def test_a_household_is_complete_only_where_every_rule_has_an_answer() -> None:
    state = register()
    assert rows_of(after(state, audited(state, day=DAY)), "household", "discrepancies_known_to") == [
        (None,),
        (None,),
    ]
    whole = {
        "village_id": 1, "household_status": "general", "persons_checked_on": DAY, "income_known_to": DAY,
        "land_checked_on": DAY, "road_distance": 1, "phone": "13900000001",
    }  # fmt: skip
    person = {"household_id": 1, "relation": "head", "id_valid": True, "id_number": "A", "birth_date": date(1980, 1, 1),
              "schooling": "none", "gender": "male"}  # fmt: skip
    sound = state_of({"village": [{"division_name": "甲村"}], "household": [whole], "person": [person]})
    kept = after(sound, audited(sound, how=None, day=DAY))
    assert rows_of(kept, "household", "discrepancies_known_to") == [(DAY,)]
    assert rows_of(kept, "village", "discrepancies_known_to") == [(DAY,)]
    earlier = audited(kept, how=None, day=date(2020, 1, 1))
    assert earlier.changes.rows == 0
