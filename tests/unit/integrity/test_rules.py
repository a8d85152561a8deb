"""The check rules: each proven on its cases, and the named functions on small registers."""

from __future__ import annotations

from datetime import date

import pytest

from bangfu.core.calendars import load_calendar
from bangfu.core.engine.cases import CaseBench
from bangfu.core.integrity import check_register, load_rule_pack, load_rules
from bangfu.core.integrity.setwise import CHECKS
from bangfu.core.vocabulary import load_vocabulary
from tests.unit.integrity.registers import DAY, VOCABULARY, Rows, state_of

CALENDAR = load_calendar(None)


@pytest.mark.requirement("S2-34")
def test_every_rule_of_the_pack_holds_on_its_cases() -> None:
    pack = load_rule_pack()
    results = list(CaseBench(pack, load_vocabulary(), CALENDAR).run())
    assert [problem.render() for result in results for problem in result.problems] == []
    seen = {(case.criterion, case.expect) for case in pack.cases}
    for rule in pack.criteria:
        assert {(rule.id, "met"), (rule.id, "unmet")} <= seen, rule.id
        assert rule.message
        assert rule.remedy
        # what is recorded twice is plain to see: it cannot be unknown
        assert (rule.id, "unknown") in seen or rule.id == "education_or_school"


def test_rules_are_data_with_what_to_say_and_do() -> None:
    rules = load_rules()
    assert len({rule.id for rule in rules}) == len(rules) == 23
    assert all(rule.message and rule.remedy and rule.source for rule in rules)
    assert {rule.check for rule in rules} - {""} == set(CHECKS)
    assert {rule.kind for rule in rules} == {"logic", "copied_income", "copied_plan"}


PEOPLE = [
    {"household_id": 1, "full_name": "张三", "id_number": "A", "phone": "13900000001"},
    {"household_id": 2, "full_name": "李四", "id_number": "A"},
    {"household_id": 2, "full_name": "王五", "id_number": "B"},
    {"household_id": 2, "full_name": "无号"},
]
HOMES = [
    {"household_status": "exited", "phone": "13900000001"},
    {"household_status": "exited", "phone": "12345"},
    {"household_status": "general"},
    {"household_status": "general", "phone": "0730-1234567"},
]


@pytest.mark.parametrize(
    ("check", "rows", "found"),
    [
        ("duplicate_person", {"household": HOMES, "person": PEOPLE}, [(1, 2), (2, 2), (4, 3)]),
        ("household_phone", {"household": HOMES}, [(2, 2), (3, 3), (4, 2)]),
        (
            "copied_plan",
            {
                "household": HOMES,
                "household_plan": [
                    {"household_id": 1, "similar_plans": 2},
                    {"household_id": 2, "similar_plans": 0},
                    {"household_id": 3, "similar_plans": 0},
                    {"household_id": 3},
                ],
            },
            [(1, 2), (3, 3)],
        ),
        (
            "helper_is_poor",
            {
                "household": HOMES,
                "person": PEOPLE,
                "cadre": [
                    {"full_name": "张三", "phone": "13900000001"},
                    {"full_name": "李四", "phone": "13900000002"},
                    {"full_name": "外人", "phone": "13900000003"},
                    {"full_name": "张三", "phone": "13900000009"},
                ],
                "pairing": [
                    {"household_id": 1, "cadre_id": 1},
                    {"household_id": 1, "cadre_id": 3},
                    {"household_id": 2, "cadre_id": 2},
                    {"household_id": 3, "cadre_id": 3},
                    {"household_id": 4, "cadre_id": 4},
                ],
            },
            [(1, 2), (2, 3)],
        ),
    ],
)
def test_a_named_check_says_who_fails_and_who_is_not_known(
    check: str, rows: Rows, found: list[tuple[int, int]]
) -> None:
    assert CHECKS[check](state_of(rows), VOCABULARY).rows() == found


def test_hits_say_household_and_village_and_never_a_value() -> None:
    state = state_of(
        {
            "village": [{"division_name": "甲村"}],
            "household": [{"village_id": 1, "persons_checked_on": date(2023, 1, 1)}],
            "person": [{"household_id": 1, "id_valid": False, "relation": "head", "id_number": "A"}],
        }
    )
    hits = check_register(state, VOCABULARY, DAY, CALENDAR)
    assert ("id_number", "person", 1, 2, 1, 1) in hits.rows()
    assert ("road_distance", "household", 1, 3, 1, 1) in hits.rows()
    assert hits.filter(rule="head").height == 0
    assert check_register(state, VOCABULARY, DAY, CALENDAR, []).height == 0
