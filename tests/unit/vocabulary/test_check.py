"""A vocabulary that does not fit together is told so, one sentence for each mistake."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bangfu.core.vocabulary import (
    CodeList,
    Column,
    ColumnType,
    Empty,
    Link,
    Sensitivity,
    Table,
    Timing,
    Vocabulary,
    check_vocabulary,
)

YES_NO = CodeList("yes_no", "是否", {"yes": "是", "no": "否"}, {"有": "yes"}, "test")


def column(id_: str, type_: ColumnType = ColumnType.TEXT, **more: object) -> Column:
    known = {"name": f"{id_}名", "english": id_, "empty": Empty.NOT_KNOWN, "source": "test"}
    known |= {"sensitivity": Sensitivity.INTERNAL}
    return Column(id=id_, type=type_, **(known | more))  # type: ignore[arg-type]


def table(id_: str, *columns: Column, **more: object) -> Table:
    known = {"name": f"{id_}表", "english": id_} | more
    return Table(id=id_, columns={c.id: c for c in columns}, **known)  # type: ignore[arg-type]


HOUSE = table(
    "house",
    column("answer", ColumnType.CODE, codes="yes_no"),
    column("people", ColumnType.INT, unit="人", minimum=Decimal(0), maximum=Decimal(9)),
    column("helped_on", ColumnType.DATE, empty=Empty.NOT_APPLICABLE, given="answer"),
    column("visits_known_to", ColumnType.DATE),
)
PAIR = table(
    "pair",
    column("start_on", ColumnType.DATE),
    column("end_on", ColumnType.DATE),
    links=(Link("house", "house_id"), Link("helper", "helper_id")),
    timing=Timing(start="start_on", end="end_on"),
)
HELPER = table("helper", column("post"), links=(Link("house", through="pair", known_to="visits_known_to"),))


def check(*tables: Table, codes: CodeList = YES_NO) -> list[str]:
    known = {t.id: t for t in (HOUSE, PAIR, HELPER)} | {t.id: t for t in tables}
    return check_vocabulary(Vocabulary(known, {codes.id: codes}))


def with_column(new: Column) -> Table:
    return replace(HOUSE, columns={**HOUSE.columns, new.id: new})


def test_a_sound_vocabulary_has_nothing_to_tell() -> None:
    assert check() == []


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (column("Answer2"), "house: Answer2: Answer2 is not an identifier"),
        (column("area", name="面积（亩）"), "area: the name 面积（亩） cannot stand in an expression"),
        (column("area", aliases=("people",)), "house: two columns are called people"),
        (column("house_id"), "house: two columns are called house_id"),
        (column("area", source=""), "house: area: no source"),
        (column("area", ColumnType.CODE), "area: code columns, and no others, have a code list"),
        (column("area", codes="yes_no"), "area: code columns, and no others, have a code list"),
        (column("area", ColumnType.CODE, codes="none"), "area: no code list none"),
        (column("area", empty=Empty.NOT_APPLICABLE), "area: columns that may not apply"),
        (column("area", given="people"), "area: columns that may not apply"),
        (column("area", empty=Empty.NOT_APPLICABLE, given="area"), "given area, which is no other column"),
        (column("area", empty=Empty.NOT_APPLICABLE, given="gone"), "given gone, which is no other column"),
        (column("area", unit="亩"), "area: only numbers have a unit, a minimum and a maximum"),
        (
            column("area", ColumnType.INT, minimum=Decimal(2), maximum=Decimal(1)),
            "area: the minimum is above the maximum",
        ),
    ],
)
def test_columns(wrong: Column, told: str) -> None:
    assert any(told in text for text in check(with_column(wrong)))


@pytest.mark.parametrize(
    ("link", "told"),
    [
        (Link("nobody", "nobody_id"), "no such table"),
        (Link("house"), "a link goes by a column or through a table"),
        (Link("house", "house_id", through="pair"), "a link goes by a column or through a table"),
        (Link("house", "home_id"), "the column is called house_id"),
        (Link("house", through="gone"), "through gone, which is no table of spans"),
        (Link("house", through="house"), "through house, which is no table of spans"),
        (Link("house", through="loose"), "loose has no column helper_id, house_id"),
        (Link("house", "house_id", known_to="gone"), "known_to gone is no date column of house"),
        (Link("house", "house_id", known_to="people"), "known_to people is no date column of house"),
    ],
)
def test_links(link: Link, told: str) -> None:
    loose = replace(PAIR, id="loose", name="散", links=())
    assert any(told in text for text in check(replace(HELPER, links=(link,)), loose))


def test_a_list_cannot_be_complete_up_to_a_day_that_no_snapshot_carries() -> None:
    secret = with_column(column("visits_known_to", ColumnType.DATE, sensitivity=Sensitivity.IDENTITY))
    assert check(secret) == [
        "helper: link to house: known_to visits_known_to is no date column of house that a snapshot carries"
    ]


@pytest.mark.parametrize(
    ("timing", "previous", "told"),
    [
        (Timing(at="start_on", start="start_on", end="end_on"), None, "not by two of them"),
        (Timing(start="start_on"), None, "a span has a start and an end"),
        (Timing(at="gone"), None, "timing column gone is no date column"),
        (Timing(year="start_on"), None, "timing column start_on is no int column"),
        (Timing(at="start_on"), "previous_pair", "previous_pair speaks of last year, but rows have no year"),
    ],
)
def test_timing(timing: Timing, previous: str | None, told: str) -> None:
    assert any(told in text for text in check(replace(PAIR, timing=timing, previous=previous)))


def test_a_name_belongs_to_one_table() -> None:
    assert check(table("wife", name="house表")) == ["two tables are called house表"]


@pytest.mark.parametrize(
    ("codes", "told"),
    [
        (replace(YES_NO, labels={"yes": "是", "no": "是"}), "two codes are labelled 是"),
        (
            replace(YES_NO, labels={"yes": "是", "no": "否", "yes,no": "都是"}),
            "code yes,no has a comma, which stands between codes",
        ),
        (replace(YES_NO, aliases={"否": "yes"}), "alias 否 is another code or label"),
        (replace(YES_NO, aliases={"no": "yes"}), "alias no is another code or label"),
        (replace(YES_NO, aliases={"有": "maybe"}), "no code maybe"),
        (replace(YES_NO, within={"yes": "all"}), "no code all"),
        (replace(YES_NO, implies={"answer": {"maybe": "yes"}}), "no code maybe"),
        (replace(YES_NO, implies={"answer": {"yes": "maybe"}}), "implies codes that answer does not have"),
        (replace(YES_NO, implies={"people": {"yes": "yes"}}), "implies codes that people does not have"),
        (replace(YES_NO, implies={"gone": {"yes": "yes"}}), "implies codes that gone does not have"),
        (replace(YES_NO, source=""), "codes yes_no: no source"),
        (replace(YES_NO, id="other"), "codes other: no column uses them"),
    ],
)
def test_codes(codes: CodeList, told: str) -> None:
    assert any(told in text for text in check(codes=codes))
