"""Who is who in two lists; what differs, with both sides; what is not clear is said and never guessed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from bangfu.core.errors import EngineError, WorkbookError
from bangfu.core.integrity import Completion, record_facts
from bangfu.core.linkage import (
    Comparison,
    Matching,
    compare_people,
    differences_as_facts,
    match_people,
    people_of_list,
    people_of_register,
    side_by_side,
)
from bangfu.core.register import State, apply
from bangfu.core.sheets.people_lists import read_people
from tests.unit.integrity.registers import DAY, VOCABULARY, batch, rows_of, state_of
from tests.unit.sheets.books import id_number, write_xlsx

KIND = "residence_booklet"
IDS = [id_number(f"99010119{80 + i}0101{i:03}") for i in range(8)]
NAMES = ["张建国", "李秀英", "张小军", "王德福", "赵桂兰"]


def register() -> State:
    people = [
        {"household_id": 1 if i < 3 else 2, "full_name": name, "id_number": IDS[i], "gender": "male" if i % 2 else "female",
         "birth_date": date(1980 + i, 1, 1), "relation": "head" if i in (0, 3) else "other"}
        for i, name in enumerate(NAMES)
    ]  # fmt: skip
    homes = [{"village_id": 1, "household_code": code} for code in ("9901", "9902")]
    return state_of({"village": [{"division_name": "甲村"}], "household": homes, "person": people})


def ours(state: State | None = None) -> pl.DataFrame:
    return people_of_register(state or register(), VOCABULARY)


def listed(
    *rows: Sequence[str], titles: Sequence[str] = ("户编号", "姓名", "身份证号", "性别"), folder: Path
) -> pl.DataFrame:
    path = write_xlsx(
        folder / "名册.xlsx", {"名册": [["户口登记名册"], titles, *rows], "说明": [["只是说明"]]}
    )
    return people_of_list(read_people(path, VOCABULARY, DAY), ours())


def compared(theirs: pl.DataFrame, lists_households: bool = True) -> Comparison:
    return compare_people(ours(), theirs, VOCABULARY, KIND, lists_households)


def told(comparison: Comparison) -> list[tuple[object, ...]]:
    return comparison.differences.select(
        "kind", "person_id", "column", "ours", "theirs", "how", "slip"
    ).rows()


def swap(number: str) -> str:
    return number[:10] + number[11] + number[10] + number[12:]


WHOLE = [["9901", NAMES[0], IDS[0], "女"], ["9901", NAMES[1], IDS[1], "男"], ["9901", NAMES[2], IDS[2], "女"]]


@pytest.mark.requirement("S0-37")
def test_lists_that_agree_leave_nothing(tmp_path: Path) -> None:
    found = compared(listed(*WHOLE, folder=tmp_path))
    assert told(found) == []
    assert found.counts == {"by_id": 3, "by_likeness": 0, "doubtful": 0}
    assert found.households.to_list() == [1]


@pytest.mark.requirement("S0-37", "S3-22")
def test_a_wrong_or_missing_number_is_matched_by_the_rest(tmp_path: Path) -> None:
    rows = [["9901", NAMES[0], swap(IDS[0]), "女"], ["9901", NAMES[1], "", "男"], WHOLE[2]]
    found = compared(listed(*rows, folder=tmp_path))
    assert found.counts == {"by_id": 1, "by_likeness": 2, "doubtful": 0}
    assert ("value", 1, "id_number", IDS[0], swap(IDS[0]), "likeness", 1) in told(found)
    assert {row[:3] for row in told(found)} <= {("value", 1, "id_number"), ("value", 1, "birth_date")}


@pytest.mark.requirement("S0-37")
def test_who_is_missing_on_either_side_is_told(tmp_path: Path) -> None:
    rows = [WHOLE[0], WHOLE[1], ["9901", "新生儿", IDS[7], "女"], ["9977", "外乡人", IDS[6], "女"]]
    found = compared(listed(*rows, folder=tmp_path))
    assert told(found) == [
        ("not_in_list", 3, "full_name", NAMES[2], None, None, None),
        ("not_in_register", None, "full_name", None, "新生儿", None, None),
        ("not_in_register", None, "full_name", None, "外乡人", None, None),
    ]
    assert found.differences["household_id"].to_list() == [1, 1, None]
    facts = differences_as_facts(found.differences, KIND)
    assert facts.select("household_id", "column_name").rows() == [(1, "not_in_list"), (1, "not_in_register")]
    some = compared(listed(WHOLE[0], folder=tmp_path), lists_households=False)
    assert told(some) == []


@pytest.mark.requirement("S0-37")
def test_two_who_may_be_one_are_not_guessed(tmp_path: Path) -> None:
    twins = ours().with_columns(
        pl.when(pl.col("row") == 2).then(pl.lit(NAMES[2])).otherwise("full_name").alias("full_name"),
        pl.lit(None, pl.Date).alias("birth_date"), pl.lit("male").alias("gender"),
    )  # fmt: skip
    theirs = listed(["9901", NAMES[2], "", "男"], folder=tmp_path)
    found = compare_people(twins, theirs, VOCABULARY, KIND, lists_households=True)
    assert found.counts["doubtful"] == 1
    assert [row[:2] for row in told(found)] == [("doubtful", 2), ("doubtful", 3)]
    assert differences_as_facts(found.differences, KIND).height == 0
    assert found.households.to_list() == []


def test_a_number_that_belongs_to_another_name_is_no_match_by_itself(tmp_path: Path) -> None:
    rows = [WHOLE[0], ["9901", NAMES[2], IDS[1], "女"]]  # the son under the mother's number
    found = compared(listed(*rows, folder=tmp_path))
    assert found.counts["by_id"] == 1
    assert all(row[0] != "value" or row[2] != "full_name" for row in told(found))


def test_what_the_surer_pairs_leave_is_settled_after_them() -> None:
    pairs = match_people(
        ours(), ours().with_columns(pl.lit(None, pl.String).alias("id_number")), Matching()
    ).pairs
    assert pairs.select("ours", "theirs").rows() == [(i, i) for i in range(1, 6)]
    none = match_people(ours(), ours().clear(), Matching())
    assert (none.pairs.height, none.doubtful.height) == (0, 0)


def test_the_same_lists_give_the_same_matches_and_nothing_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = listed(["9901", NAMES[0], "", "女"], ["", "张小君", "", "女"], folder=tmp_path)
    first, second = (match_people(ours(), theirs, Matching(possible=-10)) for _ in range(2))
    assert first.pairs.equals(second.pairs)
    assert first.doubtful.equals(second.doubtful)
    assert capsys.readouterr() == ("", "")


def test_lists_without_numbers_of_households_are_grouped_by_the_head(tmp_path: Path) -> None:
    rows = [[NAMES[0], IDS[0], NAMES[0]], ["新生儿", IDS[7], NAMES[0]]]
    found = compared(listed(*rows, titles=("姓名", "身份证号", "户主姓名"), folder=tmp_path))
    assert ("not_in_register", None, "full_name", None, "新生儿", None, None) in told(found)
    assert found.differences.filter(kind="not_in_register")["household_id"].to_list() == [1]
    bare = listed([NAMES[0], IDS[0]], titles=("姓名", "身份证号"), folder=tmp_path)
    assert bare["home"].to_list() == [None]


@pytest.mark.requirement("S0-37")
def test_three_sources_stand_side_by_side(tmp_path: Path) -> None:
    booklet = compared(listed(["9901", NAMES[0], IDS[0], "男"], *WHOLE[1:], folder=tmp_path))
    sector = compared(
        listed(["", NAMES[0], IDS[0], "女"], ["", "外人", IDS[7], "男"], folder=tmp_path), False
    )
    table = side_by_side({"户口本": booklet, "低保名单": sector})
    assert table.select("kind", "person_id", "column", "ours", "户口本", "低保名单", "source").rows() == [
        ("value", 1, "gender", "female", "male", "female", None),
        ("not_in_register", None, "full_name", None, None, "外人", "低保名单"),
    ]


@pytest.mark.requirement("S0-37", "S3-22")
def test_differences_become_facts_and_are_settled_when_the_lists_agree(tmp_path: Path) -> None:
    state = register()
    wrong = compared(listed(["9901", NAMES[0], IDS[0], "男"], *WHOLE[1:], folder=tmp_path))
    right = compared(listed(*WHOLE, folder=tmp_path))
    facts = differences_as_facts(wrong.differences, KIND)
    completion = Completion(DAY, wrong.households)
    kept = apply(
        record_facts(state, VOCABULARY, facts, wrong.judged, batch(), completion=completion),
        state,
        VOCABULARY,
    )
    assert rows_of(kept, "discrepancy", "household_id", "village_id", "kind", "column_name", "resolved") == [
        (1, 1, KIND, "gender", False)
    ]
    assert rows_of(kept, "household", "discrepancies_known_to") == [(DAY,), (None,)]
    assert rows_of(kept, "village", "discrepancies_known_to") == [(None,)]
    none = differences_as_facts(right.differences, KIND)
    settled = apply(record_facts(kept, VOCABULARY, none, right.judged, batch()), kept, VOCABULARY)
    assert rows_of(settled, "discrepancy", "resolved") == [(True,)]


def test_a_workbook_without_names_is_refused(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "别的.xlsx", {"表": [["户编号", "户主姓名"], ["1", "张三"]]})
    with pytest.raises(WorkbookError, match="姓名"):
        read_people(path, VOCABULARY, DAY)


def test_what_the_number_says_fills_what_the_list_leaves_out(tmp_path: Path) -> None:
    titles = ["姓名", "身份证号", "出生日期"]
    path = write_xlsx(
        tmp_path / "名.xlsx", {"表": [titles, ["张三", IDS[0], ""], ["", "", date(1980, 1, 1)]]}
    )
    people = read_people(path, VOCABULARY, DAY)
    assert people.select("person.birth_date", "person.gender", "_place").rows() == [
        (date(1980, 1, 1), "female", "表 第 2 行")
    ]


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "splink", None)
    with pytest.raises(EngineError, match="linkage"):
        match_people(ours(), ours().with_columns(pl.lit(None, pl.String).alias("id_number")), Matching())


def test_nothing_matched_nothing_compared() -> None:
    theirs = people_of_list(pl.DataFrame({"person.full_name": ["无人"], "_place": ["x"]}), ours())
    found = compared(theirs.with_columns(pl.lit(None, pl.String).alias("full_name")))
    assert [row[0] for row in told(found)] == ["not_in_register"]
