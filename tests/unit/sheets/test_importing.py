"""What an import would do to the register: stories of sheets, and the problems in their cells."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from bangfu.core.divisions import DivisionError
from bangfu.core.register.changes import empty_state
from bangfu.core.sheets import Options, plan_import
from bangfu.core.sheets.reasons import Severity
from bangfu.core.sheets.results import masked
from tests.unit.sheets.books import (
    VOCABULARY,
    Rows,
    applied,
    divisions,
    found,
    planned,
    rows_of,
    staged,
    write_xlsx,
)

PEOPLE = ["乡", "村", "户编号", "姓名", "与户主关系", "证件号码"]
ZHANG = ["东乡", "甲村", "9901", "张三", "户主", "990101196001010015"]
LI = ["东乡", "甲村", "9901", "李四", "配偶", "990101196202020025"]
WANG = ["东乡", "乙村", "9902", "王五", "户主", "990101197003030014"]


def book(*rows: list[object], titles: list[str] = PEOPLE, name: str = "人口") -> dict[str, dict[str, Rows]]:
    return {name: {name: [titles, *rows]}}


def test_people_households_and_places_are_created_from_one_sheet(tmp_path: Path) -> None:
    result = planned(tmp_path, book(ZHANG, LI, WANG))
    state = applied(result)

    assert (result.refusals, found(result)) == ((), [])
    assert rows_of(state, "village", "village_id", "division_code", "division_name", "township_id") == [
        (1, "990101100200", "甲村", 1),
        (2, "990101100201", "乙村", 1),
    ]
    assert rows_of(state, "county", "division_name") == [("测试县",)]
    assert rows_of(state, "household", "household_id", "household_code", "village_id") == [
        (1, "9901", 1),
        (2, "9902", 2),
    ]
    assert rows_of(
        state, "person", "household_id", "full_name", "relation", "gender", "birth_date", "id_valid"
    ) == [
        (1, "张三", "head", "male", date(1960, 1, 1), True),
        (1, "李四", "spouse", "female", date(1962, 2, 2), True),
        (2, "王五", "head", "male", date(1970, 3, 3), True),
    ]
    counts = result.counts
    assert (counts.rows, counts.rows_refused, counts.households, counts.households_refused) == (3, 0, 2, 0)
    assert counts.created == {"county": 1, "township": 1, "village": 2, "household": 2, "person": 3}


def test_the_same_file_a_second_time_changes_nothing(tmp_path: Path) -> None:
    options = Options(complete_on=date(2020, 11, 30))
    state = applied(planned(tmp_path, book(ZHANG, LI, WANG), options=options))
    again = planned(tmp_path, book(ZHANG, LI, WANG), state, options)
    assert (again.tables, found(again)) == ({}, [])


def test_only_what_differs_is_changed_and_an_empty_cell_says_nothing(tmp_path: Path) -> None:
    state = applied(planned(tmp_path, book([*ZHANG, "6512345"], [*LI, ""], titles=[*PEOPLE, "户联系电话"])))
    changed = planned(
        tmp_path, book([*ZHANG, "6554321"], [*LI[:5], ""], titles=[*PEOPLE, "户联系电话"]), state
    )
    assert changed.counts.updated == {"household": 1}
    after = applied(changed, state)
    assert rows_of(after, "household", "phone") == [("6554321",)]
    assert rows_of(after, "person", "id_number") == [(ZHANG[5],), (LI[5],)]


def test_a_household_with_a_refused_cell_is_refused_whole(tmp_path: Path) -> None:
    titles = [*PEOPLE, "务工时间（月）"]
    result = planned(tmp_path, book([*ZHANG, 3], [*LI, 13], [*WANG, 2], titles=titles))
    assert found(result) == [("G3", "out_of_range")]
    assert rows_of(applied(result), "household", "household_code") == [("9902",)]
    assert rows_of(applied(result), "village", "division_name") == [("乙村",)]
    assert (result.counts.rows_refused, result.counts.households_refused) == (2, 1)


def test_an_error_in_one_sheet_keeps_the_household_out_of_all(tmp_path: Path) -> None:
    books = book([*ZHANG[:5], "990101196001010015"], WANG) | {
        "户": {
            "户": [
                ["户编号", "乡", "村", "户类型"],
                ["9901", "东乡", "甲村", "奇怪"],
                ["9902", "东乡", "乙村", "脱贫户"],
            ]
        }
    }
    result = planned(tmp_path, books)
    assert found(result) == [("D2", "unknown_code")]
    state = applied(result)
    assert rows_of(state, "household", "household_code", "household_type", "household_status") == [
        ("9902", "exited", "exited")
    ]
    assert rows_of(state, "person", "full_name") == [("王五",)]


def test_a_doubtful_cell_is_taken_and_shown(tmp_path: Path) -> None:
    result = planned(tmp_path, book([*ZHANG, "2019.6"], titles=[*PEOPLE, "人员识别时间"]))
    assert rows_of(applied(result), "person", "joined_on") == [(date(2019, 6, 1),)]
    (problem,) = result.cell_problems()
    assert (problem.workbook, problem.sheet, problem.cell, problem.header) == (
        "人口.xlsx",
        "人口",
        "G2",
        "人员识别时间",
    )
    assert problem.severity is Severity.DOUBTFUL
    assert problem.as_problem().render() == (
        "人口.xlsx 人口!G2: 人员识别时间“2****6”：只写到月，已按当月 1 日 2019-06-01 记录 知道具体日期的请补上"
    )


def test_values_are_masked_as_their_column_demands(tmp_path: Path) -> None:
    assert [masked(text) for text in ("", "张", "张三", "990101196001010010")] == [
        "",
        "张",
        "张*",
        "990************010",
    ]
    titles = ["乡", "村", "户编号", "姓名", "与户主关系", "证件号码"]
    result = planned(
        tmp_path, book(["东乡", "丁村", "9901", "张三", "户主", "990101196001010010"], titles=titles)
    )
    assert [(p.cell, p.value) for p in result.cell_problems()] == [
        ("B2", "丁村"),
        ("F2", "990************010"),
    ]


def test_columns_of_the_household_have_to_agree_between_its_people(tmp_path: Path) -> None:
    titles = [*PEOPLE, "户联系电话"]
    result = planned(tmp_path, book([*ZHANG, "6512345"], [*LI, "6512346"], [*WANG, ""], titles=titles))
    assert found(result) == [("G3", "differs_in_sheet")]
    assert next(result.cell_problems()).reason.render() == "与第 2 行同一户（人、单位）的内容不同"


def test_two_sheets_have_to_agree(tmp_path: Path) -> None:
    books = book([*ZHANG, "6512345"], titles=[*PEOPLE, "户联系电话"]) | {
        "户": {
            "户": [
                ["户编号", "乡", "村", "户类型", "户联系电话"],
                ["9901", "东乡", "甲村", "脱贫户", "6599999"],
            ]
        }
    }
    result = planned(tmp_path, books)
    assert found(result) == [("G2", "differs_between_sheets")]
    assert result.tables == {}


def test_a_household_needs_one_head(tmp_path: Path) -> None:
    result = planned(
        tmp_path,
        book(
            [*ZHANG[:4], "之子", ZHANG[5]],
            WANG,
            ["东乡", "乙村", "9902", "赵六", "户主", "990101197104040019"],
        ),
    )
    assert found(result) == [("C2", "no_head"), ("E3", "two_heads"), ("E4", "two_heads")]
    assert result.tables == {}


def test_a_head_in_the_register_is_head_enough(tmp_path: Path) -> None:
    state = applied(planned(tmp_path, book(ZHANG, WANG)))
    assert found(planned(tmp_path, book(LI), state)) == []
    second = planned(tmp_path, book([*LI[:4], "户主", LI[5]]), state)
    assert found(second) == [("E2", "two_heads")]


def test_one_id_number_is_one_person(tmp_path: Path) -> None:
    twice = planned(tmp_path, book([*ZHANG, "01"], [*LI[:5], ZHANG[5], "02"], titles=[*PEOPLE, "人口编号"]))
    assert found(twice) == [("F2", "id_twice"), ("F3", "id_twice")]
    two = planned(tmp_path, book([*ZHANG, "01"], [*WANG[:5], ZHANG[5], "02"], titles=[*PEOPLE, "人口编号"]))
    assert found(two) == [("F2", "id_in_two_households"), ("F3", "id_in_two_households")]
    state = applied(planned(tmp_path, book([*ZHANG, "01"], titles=[*PEOPLE, "人口编号"])))
    moved = planned(tmp_path, book([*WANG[:3], *ZHANG[3:], "01"], titles=[*PEOPLE, "人口编号"]), state)
    assert found(moved) == [("C2", "other_household")]
    third = planned(tmp_path, book([*WANG[:5], ZHANG[5], "03"], titles=[*PEOPLE, "人口编号"]), state)
    assert found(third) == [("C2", "other_household"), ("G2", "key_differs")]


def test_two_rows_of_one_person_collide(tmp_path: Path) -> None:
    result = planned(tmp_path, book(ZHANG, ZHANG, WANG))
    assert found(result) == [("F2", "duplicate_row"), ("F3", "duplicate_row")]
    assert [p.reason.render() for p in result.cell_problems()][:2] == ["与第 3 行重复", "与第 2 行重复"]
    same_name = planned(tmp_path, book([*ZHANG[:5], ""], [*ZHANG[:4], "之子", ""]))
    assert [code for _, code in found(same_name)] == ["duplicate_row", "duplicate_row"]


def test_a_person_is_known_by_number_then_id_then_name(tmp_path: Path) -> None:
    titles = [*PEOPLE, "人口编号"]
    state = applied(planned(tmp_path, book([*ZHANG, ""], [*LI[:5], "", ""], titles=titles)))
    filled = planned(tmp_path, book([*ZHANG, "01"], [*LI, "02"], titles=titles), state)
    assert (filled.counts.created, filled.counts.updated) == ({}, {"person": 2})
    state = applied(filled, state)
    assert rows_of(state, "person", "person_code", "id_number") == [("01", ZHANG[5]), ("02", LI[5])]
    other_code = planned(tmp_path, book([*ZHANG, "09"], titles=titles), state)
    assert found(other_code) == [("G2", "key_differs")]
    other_id = planned(tmp_path, book([*ZHANG[:5], "990101196505050010", ""], titles=titles), state)
    assert found(other_id) == [("F2", "key_differs")]
    crossed = planned(tmp_path, book([*ZHANG[:5], LI[5], "01"], titles=titles), state)
    assert ("G2", "ambiguous_match") in found(crossed)


def test_a_name_that_several_bear_is_no_match(tmp_path: Path) -> None:
    titles = [*PEOPLE, "人口编号"]
    state = applied(
        planned(tmp_path, book([*ZHANG[:5], "", "01"], [*ZHANG[:4], "之子", "", "02"], titles=titles))
    )
    result = planned(tmp_path, book([*ZHANG[:5], ""]), state)
    assert [code for _, code in found(result)] == ["ambiguous_match"]


def test_rows_without_a_household_number_are_refused_alone(tmp_path: Path) -> None:
    result = planned(tmp_path, book(ZHANG, [*WANG[:2], "", *WANG[3:]]))
    assert found(result) == [("C3", "missing_key")]
    assert rows_of(applied(result), "person", "full_name") == [("张三",)]


def test_a_person_without_number_id_or_name_is_refused(tmp_path: Path) -> None:
    result = planned(tmp_path, book(ZHANG, ["东乡", "甲村", "9901", "", "之子", ""]))
    assert [code for _, code in found(result)] == ["missing_key"]


def test_places_are_never_guessed(tmp_path: Path) -> None:
    titles = ["村", *PEOPLE[2:]]
    rows = [["甲村", *ZHANG[2:]], ["丁村", *WANG[2:]]]
    result = planned(tmp_path, book(*rows, titles=titles))
    assert found(result) == [("A2", "place_ambiguous"), ("A3", "place_unknown")]
    assert (
        "测试省测试市测试县东乡甲村、测试省测试市测试县西乡甲村"
        in next(result.cell_problems()).reason.render()
    )
    within = Options(within="990101100000")
    assert found(planned(tmp_path, book(rows[0], titles=titles), options=within)) == []
    outside = book(["西乡", *ZHANG[1:]])
    assert found(planned(tmp_path, outside, options=within)) == [("A2", "place_outside")]
    assert found(planned(tmp_path, book(ZHANG), options=within)) == []
    with pytest.raises(DivisionError):
        planned(tmp_path, book(ZHANG), options=Options(within="990199000000"))


def test_a_new_household_has_to_lie_somewhere(tmp_path: Path) -> None:
    titles = PEOPLE[2:]
    nowhere = planned(tmp_path, book(ZHANG[2:], titles=titles))
    assert found(nowhere) == [("A2", "place_missing")]
    home = planned(tmp_path, book(ZHANG[2:], titles=titles), options=Options(within="990101100200"))
    assert rows_of(applied(home), "village", "division_name") == [("甲村",)]
    assert found(planned(tmp_path, book(ZHANG[2:], titles=titles), applied(home))) == []
    township_only = planned(tmp_path, book(["东乡", "", *ZHANG[2:]]))
    assert found(township_only) == [("B2", "place_missing")]


def test_a_village_by_code_and_a_group_by_name(tmp_path: Path) -> None:
    titles = ["村区划代码", "组", *PEOPLE[2:]]
    result = planned(
        tmp_path, book(["990101100200", "一组", *ZHANG[2:]], ["990101100000", "", *WANG[2:]], titles=titles)
    )
    assert found(result) == [("A3", "place_unknown")]
    state = applied(result)
    assert rows_of(state, "group", "group_name", "village_id") == [("一组", 1)]
    assert rows_of(state, "household", "group_id") == [(1,)]


def test_a_household_that_seems_to_have_moved_is_doubted(tmp_path: Path) -> None:
    state = applied(planned(tmp_path, book(ZHANG, WANG)))
    result = planned(tmp_path, book(["东乡", "乙村", *ZHANG[2:]]), state)
    assert found(result) == [("B2", "place_differs")]
    assert result.counts.updated == {"household": 1}


def test_what_never_changes_is_doubted_where_it_does(tmp_path: Path) -> None:
    titles = [*PEOPLE[:5], "出生日期", "人口编号"]
    state = applied(planned(tmp_path, book([*ZHANG[:5], date(1960, 1, 1), "01"], titles=titles)))
    result = planned(tmp_path, book([*ZHANG[:5], date(1961, 1, 1), "01"], titles=titles), state)
    assert found(result) == [("F2", "changes_fixed")]
    assert result.counts.updated == {"person": 1}


def test_the_id_number_against_birth_and_gender(tmp_path: Path) -> None:
    titles = [*PEOPLE, "出生日期", "性别", "残疾类别"]
    result = planned(tmp_path, book([*ZHANG, "1960-01-02", "女", ""], titles=titles))
    assert found(result) == [("G2", "birth_differs"), ("H2", "gender_differs")]
    assert [p.reason.render() for p in result.cell_problems()] == [
        "与证件号码里的出生日期 1960-01-01 不一致", "与证件号码的性别位（男）不一致",
    ]  # fmt: skip
    state = applied(result)
    assert rows_of(state, "person", "birth_date", "gender") == [(date(1960, 1, 2), "female")]
    later = planned(tmp_path, book(ZHANG), state)  # the sheet without the two columns does not overrule them
    assert later.tables == {}


def test_lists_are_complete_only_where_the_office_says_so(tmp_path: Path) -> None:
    state = applied(planned(tmp_path, book(ZHANG, LI, WANG)))
    assert rows_of(state, "household", "persons_checked_on") == [(None,), (None,)]
    day = date(2020, 11, 30)
    result = planned(tmp_path, book(ZHANG, WANG), state, Options(complete_on=day))
    assert found(result) == [("C2", "not_in_sheet")]
    state = applied(result, state)
    assert rows_of(state, "household", "persons_checked_on") == [(None,), (day,)]
    earlier = planned(tmp_path, book(WANG), state, Options(complete_on=date(2019, 1, 1)))
    assert earlier.tables == {}


HOUSEHOLDS = ["乡", "村", "户编号", "户类型", "当前家庭人口数"]


def test_a_household_sheet_feeds_land_income_and_costs(tmp_path: Path) -> None:
    titles = [
        *HOUSEHOLDS,
        "耕地面积（亩）",
        "工资性收入",
        "生产经营性收入",
        "生产经营性支出",
        "生产经营性支出（合计）",
        "专项用于减少生产经营性支出的补贴",
    ]
    row = ["东乡", "甲村", "9901", "脱贫户", 3, 2.5, 12000, 0, 999, 800, ""]
    bare = ["东乡", "甲村", "9902", "", "", "", "", "", "", "", ""]
    books = {"户": {"户": [["户信息表（2019年度）"], titles, row, bare, ["合计", "", "", "", 3]]}}
    result = planned(tmp_path, books, options=Options(complete_on=date(2020, 6, 30)))
    assert found(result) == []
    state = applied(result)
    assert rows_of(state, "land", "household_id", "cultivated_area") == [(1, Decimal("2.50"))]
    assert rows_of(state, "income_item", "household_id", "year", "source", "amount") == [
        (1, 2019, "wage", Decimal("12000.00")),
        (1, 2019, "business", Decimal("0.00")),
    ]
    assert rows_of(state, "production_cost", "household_id", "year", "amount") == [
        (1, 2019, Decimal("800.00"))
    ]
    assert rows_of(state, "household", "household_code", "land_checked_on", "income_known_to") == [
        ("9901", date(2020, 6, 30), date(2019, 12, 31)),
        ("9902", date(2020, 6, 30), date(2019, 12, 31)),
    ]
    assert rows_of(state, "village", "households_checked_on") == [(date(2020, 6, 30),)]
    again = planned(tmp_path, books, state, Options(complete_on=date(2020, 6, 30)))
    assert again.tables == {}


def test_only_the_lists_that_a_sheet_holds_are_complete(tmp_path: Path) -> None:
    row = ["东乡", "甲村", "9901", "脱贫户", 3]
    result = planned(
        tmp_path, {"户": {"户": [HOUSEHOLDS, row]}}, options=Options(complete_on=date(2020, 6, 30))
    )
    state = applied(result)
    assert rows_of(state, "household", "land_checked_on", "income_known_to") == [(None, None)]
    assert rows_of(state, "village", "households_checked_on") == [(date(2020, 6, 30),)]


def test_the_same_household_twice_is_refused(tmp_path: Path) -> None:
    row = ["东乡", "甲村", "9901", "脱贫户", 3]
    result = planned(tmp_path, {"户": {"户": [HOUSEHOLDS, row, row]}})
    assert found(result) == [("C2", "duplicate_row"), ("C3", "duplicate_row")]


def income(
    tmp_path: Path, titles: list[str], *rows: list[object], options: Options | None = None
) -> list[tuple[object, ...]]:
    """What an income sheet says of a household that is known."""
    state = applied(planned(tmp_path, {"户": {"户": [HOUSEHOLDS, ["东乡", "甲村", "9901", "脱贫户", 3]]}}))
    result = planned(tmp_path, {"收入": {"收入": [titles, *rows]}}, state, options)
    return [*found(result), *rows_of(applied(result, state), "income_item", "year", "source", "amount")]


def test_a_total_is_taken_only_as_far_as_its_parts_do_not_say_it(tmp_path: Path) -> None:
    titles = ["户编号", "年度", "工资性收入", "公益性岗位收入", "其他工资性收入"]
    assert income(tmp_path, titles, ["9901", 2019, 9000, 4000, 5000]) == [
        (2019, "public_post_wage", Decimal(4000)), (2019, "other_wage", Decimal(5000)),
    ]  # fmt: skip
    assert income(tmp_path, titles, ["9901", 2019, 9000, "", ""]) == [(2019, "wage", Decimal(9000))]
    assert income(tmp_path, titles, ["9901", 2019, 9000, 4000, 4000]) == [("C2", "total_differs")]
    some = ["户编号", "年度", "转移性收入", "养老金或离退休金"]
    assert income(tmp_path, some, ["9901", 2019, 9000, 4000]) == [
        (2019, "transfer", Decimal(5000)), (2019, "pension", Decimal(4000)),
    ]  # fmt: skip
    assert income(tmp_path, some, ["9901", 2019, 3000, 4000]) == [("C2", "total_differs")]


def test_income_of_a_year_that_nobody_names_is_refused(tmp_path: Path) -> None:
    titles = ["户编号", "工资性收入"]
    assert income(tmp_path, titles, ["9901", 5]) == [("B2", "no_year")]
    assert income(tmp_path, titles, ["9901", 5], options=Options(year=2018)) == [(2018, "wage", Decimal(5))]
    years = ["户编号", "2018年工资性收入", "2019年工资性收入"]
    assert income(tmp_path, years, ["9901", 5, 6]) == [(2018, "wage", Decimal(5)), (2019, "wage", Decimal(6))]


def test_an_income_sheet_creates_no_household_and_changes_none(tmp_path: Path) -> None:
    titles = ["户编号", "户主姓名", "年度", "工资性收入"]
    assert income(tmp_path, titles, ["9909", "张三", 2019, 5]) == [("A2", "not_in_register")]
    state = applied(
        planned(
            tmp_path, {"户": {"户": [[*HOUSEHOLDS, "户主姓名"], ["东乡", "甲村", "9901", "", 3, "张三"]]}}
        )
    )
    result = planned(tmp_path, {"收入": {"收入": [titles, ["9901", "李四", 2019, 5]]}}, state)
    assert found(result) == [("B2", "differs_from_register")]
    assert set(result.tables) == {"income_item"}


def test_two_register_rows_for_one_amount_are_ambiguous(tmp_path: Path) -> None:
    state = applied(
        planned(
            tmp_path,
            {
                "户": {
                    "户": [
                        [*HOUSEHOLDS, "年度", "工资性收入"],
                        ["东乡", "甲村", "9901", "脱贫户", 3, 2019, 5],
                    ]
                }
            },
        )
    )
    items = state.tables["income_item"]
    twice = pl.concat([items, items.with_columns(pl.lit(2, pl.Int64).alias("income_item_id"))])
    broken = type(state)(
        state.seq,
        {**state.tables, "income_item": twice},
        state.successors,
        {**state.next_ids, "income_item": 3},
    )
    result = planned(
        tmp_path, {"收入": {"收入": [["户编号", "年度", "工资性收入"], ["9901", 2019, 6]]}}, broken
    )
    assert found(result) == [("C2", "ambiguous_match")]


PAIRS = ["户编号", "户主姓名", "单位名称", "隶属关系", "姓名", "联系人电话", "帮扶开始时间", "帮扶责任人编号"]


def pairs(tmp_path: Path, *rows: list[object], options: Options | None = None):  # type: ignore[no-untyped-def]
    titles = [*HOUSEHOLDS, "户主姓名"]
    households = [
        ["东乡", "甲村", code, "脱贫户", 3, head] for code, head in (("9901", "张三"), ("9902", "王五"))
    ]
    state = applied(planned(tmp_path, {"户": {"户": [titles, *households]}}))
    return planned(tmp_path, {"结对": {"结对": [PAIRS, *rows]}}, state, options), state


def test_pairings_bring_helpers_and_their_agencies(tmp_path: Path) -> None:
    result, before = pairs(
        tmp_path,
        ["9901", "张三", "县水利局", "县", "陈一", "15400000001", "2019-1-1", ""],
        ["9902", "王五", "县水利局", "县", "陈一", "15400000001", "2019-1-1", ""],
        ["9902", "王五", "", "", "陈二", "", "2019-1-1", ""],
        options=Options(complete_on=date(2020, 1, 1)),
    )
    assert found(result) == [("H4", "missing_key")]
    good, before = pairs(
        tmp_path,
        ["9901", "张三", "县水利局", "县", "陈一", "15400000001", "2019-1-1", ""],
        ["9902", "王五", "县水利局", "县", "陈一", "", "2019-1-1", ""],
        ["9902", "王五", "县教育局", "县", "陈一", "15400000009", "2019-1-1", "77"],
        options=Options(within="990101000000", complete_on=date(2020, 1, 1)),
    )
    assert found(good) == []
    state = applied(good, before)
    assert rows_of(state, "agency", "agency_name", "level", "county_id") == [
        ("县水利局", "county", 1),
        ("县教育局", "county", 1),
    ]
    cadres = rows_of(state, "cadre", "cadre_id", "full_name", "phone", "cadre_code")
    assert cadres == [(1, "陈一", "15400000009", "77"), (2, "陈一", "15400000001", None)]
    assert rows_of(state, "pairing", "household_id", "cadre_id", "kind") == [
        (1, 2, "official"), (2, 2, "official"), (2, 1, "official"),
    ]  # fmt: skip
    assert rows_of(state, "household", "helpers_checked_on") == [(date(2020, 1, 1),)] * 2


def test_a_helper_is_known_by_number_by_phone_or_within_the_agency(tmp_path: Path) -> None:
    first, before = pairs(tmp_path, ["9901", "", "县水利局", "", "陈一", "15400000001", "2019-1-1", "77"])
    state = applied(first, before)
    for row in (
        ["9902", "", "", "", "陈一", "", "2019-1-1", "77"],
        ["9902", "", "", "", "陈一", "15400000001", "2019-1-1", ""],
        ["9902", "", "县水利局", "", "陈一", "", "2019-1-1", ""],
    ):
        result = planned(tmp_path, {"结对": {"结对": [PAIRS, row]}}, state)
        assert (found(result), result.counts.created) == ([], {"pairing": 1})
    other = planned(
        tmp_path, {"结对": {"结对": [PAIRS, ["9902", "", "县教育局", "", "陈一", "", "2019-1-1", ""]]}}, state
    )
    assert other.counts.created == {"agency": 1, "cadre": 1, "agency_membership": 1, "pairing": 1}


def test_two_helpers_of_one_name_in_one_agency_are_told_apart_or_not_at_all(tmp_path: Path) -> None:
    rows = [
        ["9901", "", "县水利局", "", "陈一", "15400000001", "2019-1-1", ""],
        ["9902", "", "县水利局", "", "陈一", "15400000002", "2019-1-1", ""],
    ]
    result, before = pairs(tmp_path, *rows)
    assert (found(result), result.counts.created["cadre"]) == ([], 2)
    third, _ = pairs(tmp_path, *rows, ["9902", "", "县水利局", "", "陈一", "", "2019-1-1", ""])
    assert found(third) == [("H4", "ambiguous_match")]
    state = applied(result, before)
    later = planned(
        tmp_path, {"结对": {"结对": [PAIRS, ["9902", "", "县水利局", "", "陈一", "", "2019-2-1", ""]]}}, state
    )
    assert found(later) == [("H2", "ambiguous_match")]


def test_a_helper_with_another_phone_is_doubted(tmp_path: Path) -> None:
    first, before = pairs(tmp_path, ["9901", "", "县水利局", "", "陈一", "15400000001", "2019-1-1", ""])
    row = ["9901", "", "县水利局", "", "陈一", "15400000005", "2019-1-1", ""]
    result = planned(tmp_path, {"结对": {"结对": [PAIRS, row]}}, applied(first, before))
    assert (found(result), result.counts.updated) == ([("F2", "key_changes")], {"cadre": 1})


def test_a_pairing_that_begins_anew_is_another_row(tmp_path: Path) -> None:
    row = ["9901", "", "", "", "陈一", "15400000001", "2019-1-1", ""]
    first, before = pairs(tmp_path, row)
    state = applied(first, before)
    without_start = planned(tmp_path, {"结对": {"结对": [PAIRS, [*row[:6], "", ""]]}}, state)
    assert (found(without_start), without_start.tables) == ([], {})
    anew = planned(tmp_path, {"结对": {"结对": [PAIRS, [*row[:6], "2020-1-1", ""]]}}, state)
    assert anew.counts.created == {"pairing": 1}
    twice = planned(tmp_path, {"结对": {"结对": [PAIRS, row, row]}}, before)
    assert [code for _, code in found(twice)] == ["duplicate_row"] * 2


def test_households_of_a_pairing_by_the_heads_id_number(tmp_path: Path) -> None:
    titles = [*HOUSEHOLDS, "户主证件号码"]
    state = applied(planned(tmp_path, {"户": {"户": [titles, ["东乡", "甲村", "9901", "", 3, ZHANG[5]]]}}))
    rows = [
        ["户主证件号码", "姓名", "联系人电话", "帮扶开始时间"],
        [ZHANG[5], "陈一", "15400000001", "2019-1-1"],
        [WANG[5], "陈一", "15400000001", ""],
    ]
    result = planned(tmp_path, {"结对": {"结对": rows}}, state)
    assert found(result) == [("A3", "not_in_register")]
    assert result.counts.created == {"cadre": 1, "pairing": 1}


def test_the_cadres_of_a_village_form_its_team(tmp_path: Path) -> None:
    titles = [
        "村区划代码",
        "姓名",
        "单位",
        "职务",
        "单位隶属关系",
        "电话",
        "驻村时间",
        "是否队长",
        "是否第一书记",
        "起止",
    ]
    rows = [
        [
            "990101100200",
            "陈一",
            "县水利局",
            "科员",
            "县",
            "15400000001",
            "2018-3-1",
            "是",
            "否",
            "2018.3.1-至今",
        ],
        ["990101100200", "陈二", "", "", "", "15400000002", "", "否", "是", "2018年3月1日至2020年3月1日"],
    ]
    books = {"干部": {"干部": [titles, *rows]}}
    result = planned(tmp_path, books, options=Options(complete_on=date(2020, 1, 1)))
    assert found(result) == []
    state = applied(result)
    assert rows_of(state, "cadre", "full_name", "is_stationed", "is_captain") == [
        ("陈一", True, True),
        ("陈二", True, False),
    ]
    assert rows_of(state, "team", "village_id", "kind", "members_checked_on") == [
        (1, "stationed", date(2020, 1, 1))
    ]
    assert rows_of(state, "team_membership", "team_id", "cadre_id", "start_on", "end_on", "arrived_on") == [
        (1, 1, date(2018, 3, 1), None, date(2018, 3, 1)),
        (1, 2, date(2018, 3, 1), date(2020, 3, 1), None),
    ]
    assert rows_of(state, "village", "teams_checked_on") == [(date(2020, 1, 1),)]
    assert planned(tmp_path, books, state, Options(complete_on=date(2020, 1, 1))).tables == {}
    nowhere = planned(tmp_path, {"干部": {"干部": [titles[1:], rows[0][1:]]}})
    assert [code for _, code in found(nowhere)] == ["place_missing"]


def test_a_cadre_without_a_village_is_told_and_left_out(tmp_path: Path) -> None:
    rows = [
        ["乡", "村", "姓名", "联系电话", "派出单位", "是否队长", "是否第一书记"],
        ["东乡", "甲村", "陈一", "15400000001", "县水利局", "是", "否"],
        ["东乡", "", "陈二", "15400000002", "县水利局", "否", "是"],
    ]
    result = planned(tmp_path, {"干部": {"干部": rows}}, options=Options(within="990101100000"))
    assert found(result) == [("B3", "place_missing")]
    assert rows_of(applied(result), "team_membership", "cadre_id") == [(1,)]


def test_a_sheet_that_cannot_be_read_keeps_everything_out(tmp_path: Path) -> None:
    books = book(ZHANG) | {"户": {"户": [["户编号", "户类型", "户类型"], ["9901", "", ""]]}}
    result = planned(tmp_path, books)
    assert (result.tables, [p.code for p in result.refusals]) == ({}, ["sheet.column_twice"])


def test_formulas_errors_merged_cells_and_repeated_headers(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "人口.xlsx"
    with xlsxwriter.Workbook(path) as written:
        sheet = written.add_worksheet("人口")
        titles = [*PEOPLE, "务工时间（月）"]
        for at, row in enumerate(
            [titles, [*ZHANG, 3], [*LI[:2], "", *LI[3:], ""], titles, [*WANG, ""], [""], ["填表人：张"]]
        ):
            sheet.write_row(at, 0, row)
        sheet.merge_range("C2:C3", "9901")
        sheet.write_formula("G9", "=A9", None, "")  # in an empty row
        sheet.write_formula("G3", "=1/0", None, "#DIV/0!")
        sheet.write_formula("G5", "=A1", None, "")
        sheet.write_formula("G2", "=1+2", None, 3)
    read = staged(path)
    result = plan_import(empty_state(), [read], divisions(tmp_path), VOCABULARY)
    assert found(result) == [("G3", "fault"), ("G5", "formula_without_value")]
    assert [p.reason.render() for p in result.cell_problems()] == ["公式出错（#DIV/0!）", "公式没有计算结果"]
    assert [note.render() for note in result.notes] == [
        "人口.xlsx 人口: 4 个单元格是公式，读的是文件里存的计算结果 如结果可能过期，先用 Excel 打开重算并保存",
        "人口.xlsx 人口: 合计、说明等行没有导入：第 4、7 行",
    ]
    assert result.counts.rows == 3


def test_long_numbers_are_taken_from_the_file_itself(tmp_path: Path) -> None:
    from tests.unit.sheets.books import with_sheet_xml

    rows = [[*PEOPLE[:5], "证件号码", "务工时间（月）"], [*ZHANG[:5], 111, 222], [*LI[:5], 333, 3]]
    plain = write_xlsx(tmp_path / "a.xlsx", {"人口": rows})
    swaps = (
        (b">111<", b">990101196001010015<"),
        (b">333<", b">123456789012345000<"),
        (b">222<", b">12345678901234567<"),
    )

    def change(xml: bytes) -> bytes:
        for old, new in swaps:
            xml = xml.replace(old, new)
        return xml

    path = with_sheet_xml(plain, tmp_path / "人口.xlsx", change)
    result = plan_import(empty_state(), [staged(path)], divisions(tmp_path), VOCABULARY)
    assert found(result) == [("F2", "precision_recovered"), ("G2", "out_of_range"), ("F3", "precision_lost")]


def test_nothing_at_all(tmp_path: Path) -> None:
    result = plan_import(empty_state(), [], divisions(tmp_path), VOCABULARY)
    assert (result.tables, result.counts.rows, list(result.cell_problems())) == ({}, 0, [])
    empty = planned(tmp_path, book())
    assert (empty.tables, empty.counts.rows) == ({}, 0)


def test_the_number_of_another_paper_is_taken_as_it_is(tmp_path: Path) -> None:
    titles = [*PEOPLE, "证件类型"]
    rows = [[*ZHANG[:5], "g 12-345", "其他"], [*LI, "身份证"], [*WANG[:5], " ", "其他"]]
    result = planned(tmp_path, book(*rows, titles=titles))
    assert found(result) == []
    assert rows_of(applied(result), "person", "id_number", "id_valid", "gender") == [
        ("G 12-345", None, None), (LI[5], True, "female"), (None, None, None),
    ]  # fmt: skip


def test_two_workbooks_of_one_name_are_refused(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "人口.xlsx", {"人口": [PEOPLE, ZHANG]})
    result = plan_import(empty_state(), [staged(path)] * 2, divisions(tmp_path), VOCABULARY)
    assert ([p.render() for p in result.refusals], result.tables) == (
        ["人口.xlsx: 几个文件同名 改名，或分两次导入"],
        {},
    )


def test_the_same_rows_in_two_workbooks_are_the_same_people(tmp_path: Path) -> None:
    once = planned(tmp_path, book(ZHANG, LI))
    twice = planned(tmp_path, book(ZHANG, LI) | book(ZHANG, LI, name="人口二"))
    assert (found(twice), twice.counts.created) == ([], once.counts.created)
