"""Cells as people write them → typed values; examples, and properties over invented values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from bangfu.core.sheets.dates import split_span
from bangfu.core.sheets.reasons import REASONS, Severity
from bangfu.core.sheets.values import Cleaned, clean_column
from bangfu.core.vocabulary import Column, ColumnType, Empty, Sensitivity
from tests.unit.sheets.books import TODAY, VOCABULARY, id_number

HOUSEHOLD, PERSON = VOCABULARY.tables["household"].columns, VOCABULARY.tables["person"].columns
AMOUNT, HEADCOUNT, DAY = (
    VOCABULARY.tables["income_item"].columns["amount"],
    HOUSEHOLD["headcount"],
    PERSON["joined_on"],
)
ID, FLAG, HEALTH, RELATION = PERSON["id_number"], PERSON["low_income"], PERSON["health"], PERSON["relation"]
GOOD_ID = "440524188001010014"  # printed in the standard
WIDE = str.maketrans({chr(n): chr(n + 0xFEE0) for n in range(0x21, 0x7F)})


def clean(cells: Sequence[object], column: Column, form: str = "") -> Cleaned:
    return clean_column(cells, column, VOCABULARY, TODAY, form)  # type: ignore[arg-type]


def read(cells: Sequence[object], column: Column, form: str = "") -> list[object]:
    """Values; where a cell has an issue, (value, code)."""
    cleaned = clean(cells, column, form)
    issues = dict(cleaned.issues.select("row", "code").iter_rows())
    return [(value, issues[i]) if i in issues else value for i, value in enumerate(cleaned.values)]


def detail(cell: object, column: Column) -> object:
    return clean([cell], column).issues["detail"][0]


# --- numbers -------------------------------------------------------------------------------------------------


def test_amounts() -> None:
    cells = [
        3215.5,
        "3,215.5元",
        "￥１００",
        "12 000",
        "",
        "-",
        "/",
        "——",
        "不详",
        0.1 + 0.2,
        "-5.25",
        "3000.00元整",
    ]
    values = ["3215.50", "3215.50", "100.00", "12000.00", *[None] * 5, "0.30", "-5.25", "3000.00"]
    assert read(cells, AMOUNT) == [None if v is None else Decimal(v) for v in values]


def test_amounts_that_are_not_plain() -> None:
    assert read(
        [3215.3333, "约3000", "1.2万元", "3千", "无", True, date(2019, 1, 1), time(8), "1e400", 1e300], AMOUNT
    ) == [
        (Decimal("3215.33"), "rounded"),
        (Decimal("3000.00"), "approximate"),
        (Decimal("12000.00"), "approximate"),
        *[(None, "not_number")] * 7,
    ]
    assert [detail(3215.335, AMOUNT), detail("3000左右", AMOUNT), detail("2万", AMOUNT)] == [
        "3215.34",
        "3000.00",
        "20000.00",
    ]


def test_whole_numbers() -> None:
    assert read([3.0, "４人", "5 口", "", 2.5, "三个", 41.0, -1.0, "约4人"], HEADCOUNT) == [
        3, 4, 5, None, (None, "not_integer"), (None, "not_number"), (None, "out_of_range"), (None, "out_of_range"),
        (4, "approximate"),
    ]  # fmt: skip
    assert detail(41.0, HEADCOUNT) == "0–40"
    assert read(["2019年", 2019.0, 1999.0], HOUSEHOLD["exit_year"]) == [2019, 2019, (None, "out_of_range")]
    assert read(["二级", "3级", "五级"], PERSON["disability_grade"]) == [2, 3, (None, "out_of_range")]
    assert read([-3.0], VOCABULARY.tables["production_cost"].columns["amount"]) == [(None, "out_of_range")]
    open_below = Column(
        "n", "n", "n", ColumnType.INT, Empty.NOT_KNOWN, Sensitivity.PUBLIC, "", maximum=Decimal(5)
    )
    assert (read([6.0, -6.0], open_below), detail(6.0, open_below)) == ([(None, "out_of_range"), -6], "–5")


@given(
    st.decimals(-(10**9), 10**9, places=2), st.sampled_from(["{:,}", "{}", "{:,}元", " {} "]), st.booleans()
)
def test_an_amount_survives_every_way_of_writing_it(amount: Decimal, pattern: str, wide: bool) -> None:
    text = pattern.format(amount)
    assert read([text.translate(WIDE) if wide else text], AMOUNT) == [amount]


@given(st.decimals(-(10**6), 10**6, places=4))
def test_more_than_two_decimals_are_rounded_and_said(amount: Decimal) -> None:
    rounded = amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert read([str(amount)], AMOUNT) == [rounded if rounded == amount else (rounded, "rounded")]


WAYS_OF_WRITING = (
    "{:%Y年}{m}月{d}日",
    "{:%Y-%m-%d}",
    "{:%Y.}{m}.{d}",
    "{:%Y/}{m}/{d}",
    "{:%Y%m%d}",
    "{:%Y 年 }{m} 月 {d} 日",
    "{:%Y-%m-%d 00:00:00}",
    "{:%Y-%m-%dT08:30}",
)


# --- dates ---------------------------------------------------------------------------------------------------


@given(
    st.dates(date(1900, 1, 1), date(2100, 12, 31)),
    st.sampled_from(WAYS_OF_WRITING),
    st.booleans(),
)
def test_a_day_survives_every_way_of_writing_it(day: date, pattern: str, wide: bool) -> None:
    text = pattern.format(day, m=day.month, d=day.day)
    assert read([text.translate(WIDE) if wide else text], DAY) == [day]


@given(st.dates(date(1955, 1, 1), date(2060, 1, 1)))
def test_a_day_as_a_number(day: date) -> None:
    serial = float((day - date(1899, 12, 30)).days)
    moment = datetime(day.year, day.month, day.day, 8)  # noqa: DTZ001
    assert read([serial, float(f"{day:%Y%m%d}"), day, moment], DAY) == [day] * 4
    assert read([f"{serial:.0f}"], DAY) == [(day, "date_serial")]


def test_days_of_which_only_part_is_written() -> None:
    june = date(2019, 6, 1)
    assert read(
        ["2019.6", "2019年6月", "201906", 201906.0, 2019.6, 2019.11, "2019", 2019.0, "2019年"], DAY
    ) == [
        *[(june, "date_month")] * 5,
        (date(2019, 11, 1), "date_month"),
        *[(None, "date_year")] * 3,
    ]
    assert read([2019.1], DAY) == [(None, "date_ambiguous")]  # October, if someone typed 2019.10
    assert read(["2019.1"], DAY) == [(date(2019, 1, 1), "date_month")]
    assert read(["19-6-15", "20.12.1", "21-1-1", "68年6月1日"], DAY) == [
        (date(2019, 6, 15), "date_two_digits"),
        (date(2020, 12, 1), "date_two_digits"),
        (date(1921, 1, 1), "date_two_digits"),
        (date(1968, 6, 1), "date_two_digits"),
    ]


def test_days_that_are_none() -> None:
    cells = ["2019-2-30", "昨天", "13/13/2019", True, 7.0, time(8), timedelta(days=1)]
    assert read(cells, DAY) == [(None, "not_date")] * len(cells)
    assert read(["6/15/2019", "15/6/2019", "5/6/2019", "5/5/2019"], DAY) == [
        (date(2019, 6, 15), "date_order"),
        (date(2019, 6, 15), "date_order"),
        (None, "date_ambiguous"),
        (date(2019, 5, 5), "date_order"),
    ]
    assert detail("5/6/2019", DAY) == "2019-05-06 / 2019-06-05"
    assert read(["1899-1-1", date(1899, 1, 1), date(2101, 1, 1)], DAY) == [(None, "out_of_range")] * 3
    assert read(["至今", "长期", "", "/"], DAY) == [None] * 4
    assert read([date(1899, 12, 31), date(2019, 1, 1)], DAY) == [(None, "out_of_range"), date(2019, 1, 1)]


@given(st.text(max_size=12))
def test_no_text_makes_a_cleaner_fail(text: str) -> None:
    for column in (AMOUNT, HEADCOUNT, DAY, FLAG, HEALTH, RELATION, PERSON["illness"]):
        clean([text], column)
    for form in ("name", "number", "phone", "id_number"):
        clean([text], ID, form)


# --- yes and no, codes ---------------------------------------------------------------------------------------


def test_yes_and_no() -> None:
    assert read(["是", "否", "√", "×", "有", "无", "", 1.0, 0.0, True, False, " 是 ", "ｙ", "/"], FLAG) == [
        True, False, True, False, True, False, None, True, False, True, False, True, True, None,
    ]  # fmt: skip
    assert read(["不知道", 2.0, date(2019, 1, 1)], FLAG) == [(None, "not_bool")] * 3


def test_codes_by_label_alias_and_number() -> None:
    assert read(["户主", "本人或户主", "01", "01户主", "2.配偶", " 配 偶 ", "", "/"], RELATION) == [
        "head", "head", "head", "head", "spouse", "spouse", None, None,
    ]  # fmt: skip
    assert read(["朋友", True, date(2019, 1, 1)], RELATION) == [(None, "unknown_code")] * 3
    assert str(detail("朋友", RELATION)).endswith("之父、之母……")


def test_several_codes_in_a_cell() -> None:
    assert read(["健康", "残疾,长期慢性病", "残疾、大病", "残疾；慢性病", "残疾 长期慢性病"], HEALTH) == [
        "healthy", "chronic,disabled", "disabled,serious", "chronic,disabled", (None, "unknown_code"),
    ]  # fmt: skip
    assert read(["残疾,很好", "、", ","], HEALTH) == [(None, "unknown_code")] * 3
    causes = HOUSEHOLD["poverty_causes"]
    assert read(["无"], causes) == [None]  # not applicable is written so
    assert read(["无"], HEALTH) == [(None, "unknown_code")]


@given(
    st.sampled_from(sorted(VOCABULARY.codes["relation"].labels.items())),
    st.sampled_from(["{}", " {}", "{} ", "\u3000{}\n"]),
)
def test_a_label_survives_spaces(item: tuple[str, str], pattern: str) -> None:
    code, label = item
    assert read([pattern.format(label)], RELATION) == [code]


# --- text ----------------------------------------------------------------------------------------------------


def test_text_is_tidied_and_otherwise_left() -> None:
    text = PERSON["illness"]
    assert read(["  肺，病 ", "'0012", "a\x00\u200bb", "", 5.0, 0.5, '="0123"', time(8, 30)], text) == [
        "肺，病", "0012", "ab", None, "5", "0.5", "0123", "08:30:00",
    ]  # fmt: skip
    assert read([date(2019, 3, 2)], text) == [("2019-03-02", "date_in_text")]
    assert read(["x", True], text) == ["x", "true"]


def test_names() -> None:
    assert read(["张 三", "张\u3000三", "阿依•买买提", "阿依 · 买买提", "John  Smith", "张3"], PERSON["full_name"], "name") == [
        "张三", "张三", "阿依·买买提", "阿依·买买提", "John Smith", ("张3", "name_digits"),
    ]  # fmt: skip


def test_serial_numbers() -> None:
    code = HOUSEHOLD["household_code"]
    assert read(["990101 00001", 990101000012.0, "A-01", "", "无"], code, "number") == [
        "99010100001",
        "990101000012",
        "A-01",
        None,
        None,
    ]
    assert read([9.9e17, "5.32E+17", "编号1", 1e15 - 1], code, "number") == [
        (None, "precision_lost"), (None, "precision_lost"), (None, "number_form"), "999999999999999",
    ]  # fmt: skip


def test_phones() -> None:
    cells = ["15400000000", 15400000000.0, "154 0000 0000", "+86-15400000000", "(0871)1234567", "6512345", ""]
    assert read(cells, PERSON["phone"], "phone") == [*["15400000000"] * 4, "08711234567", "6512345", None]
    assert read(["1540000000", "15400000000/15400000001"], PERSON["phone"], "phone") == [
        ("1540000000", "phone_form"), ("15400000000/15400000001", "phone_form"),
    ]  # fmt: skip


# --- ID numbers ----------------------------------------------------------------------------------------------


ids = st.builds(
    lambda day, n: id_number(f"990101{day:%Y%m%d}{n:03}"),
    st.dates(date(1930, 1, 1), TODAY),
    st.integers(0, 999),
)


@given(ids, st.sampled_from(["{}", " {} ", "'{}", "{}\u200b"]), st.booleans())
def test_an_id_number_says_who_it_is(number: str, pattern: str, small: bool) -> None:
    cleaned = clean([pattern.format(number.lower() if small else number)], ID, "id_number")
    assert (cleaned.values[0], cleaned.issues.height) == (number, 0)
    facts = {name: series[0] for name, series in cleaned.extra.items()}
    assert facts == {
        "valid": True,
        "birth": datetime.strptime(number[6:14], "%Y%m%d").date(),  # noqa: DTZ007
        "gender": "male" if int(number[16]) % 2 else "female",
        "disability": None,
        "grade": None,
    }


@given(ids, st.integers(0, 17), st.integers(1, 9))
def test_one_wrong_digit_never_passes(number: str, at: int, shift: int) -> None:
    digit = "X" if number[at] == "X" else str((int(number[at]) + shift) % 10)
    wrong = number[:at] + ("0" if digit == "X" else digit) + number[at + 1 :]
    cleaned = clean([wrong], ID, "id_number")
    assert (cleaned.values[0], cleaned.extra["valid"][0]) == (wrong, False)
    assert cleaned.issues["code"][0] in ("id_checksum", "id_birth")
    assert cleaned.extra["birth"][0] is None


@given(ids, st.integers(1, 7), st.integers(1, 4), st.sampled_from(["", "B1", "b2"]))
def test_a_disability_certificate_gives_class_and_grade(
    number: str, kind: int, grade: int, again: str
) -> None:
    cleaned = clean([f"{number}{kind}{grade}{again}"], ID, "id_number")
    assert (cleaned.values[0], cleaned.issues.height) == (number, 0)
    assert cleaned.extra["grade"][0] == grade
    assert cleaned.extra["disability"][0] in VOCABULARY.codes["disability"].labels


def test_id_numbers_that_are_wrong() -> None:
    cells = [
        GOOD_ID + "81",
        GOOD_ID + "449",
        GOOD_ID[:17],
        "99010120991301001X",
        "护照A123",
        "12345",
        "990101202105010017",
    ]
    assert read(cells, ID, "id_number") == [
        (GOOD_ID, "id_suffix"),
        (GOOD_ID + "449", "id_length"),
        (GOOD_ID[:17], "id_length"),
        ("99010120991301001X", "id_birth"),
        (None, "id_characters"),
        ("12345", "id_length"),
        ("990101202105010017", "id_birth"),  # not born yet
    ]
    assert clean(cells, ID, "id_number").extra["valid"].to_list() == [True, *[False] * 6]
    assert read([5.3e17, "5.3E+17"], ID, "id_number") == [(None, "precision_lost")] * 2
    assert read(["无", "", "/"], ID, "id_number") == [None] * 3


def test_an_old_id_number_becomes_a_new_one() -> None:
    new = id_number("99010119670401001")
    assert read(["990101670401001", 990101670401001.0], ID, "id_number") == [(new, "id_old")] * 2


# --- all together --------------------------------------------------------------------------------------------

mixed = st.lists(
    st.one_of(
        st.sampled_from(["是", "否", "", "2019.6", "健康", "1,200", GOOD_ID, "x"]),
        st.floats(-1e6, 1e6).map(lambda x: round(x, 2)),
        st.dates(date(1950, 1, 1), date(2030, 1, 1)),
        st.booleans(),
    ),
    max_size=12,
)


@settings(max_examples=30)
@given(mixed, st.integers(1, 9))
def test_a_cell_is_read_alike_in_any_company(cells: list[object], times: int) -> None:
    for column, form in (
        (AMOUNT, ""),
        (DAY, ""),
        (FLAG, ""),
        (HEALTH, ""),
        (ID, "id_number"),
        (PERSON["phone"], "phone"),
    ):
        alone = [read([cell], column, form)[0] for cell in cells]
        assert read(cells * times, column, form) == alone * times


def test_every_reason_says_why_and_what_to_do() -> None:
    for code, reason in REASONS.items():
        assert reason.why, code
        assert reason.remedy, code
        assert reason.severity in Severity


def test_a_column_without_cells() -> None:
    assert read([], AMOUNT) == []


def test_first_and_last_day_in_one_cell() -> None:
    cells = [
        "2018.3-2020.12",
        "2018年3月1日至2020年12月31日",
        "2018.3至今",
        "2018.3-至今",
        "2018-03-01～2020-12-31",
        "2018.3",
        date(2018, 3, 1),
        "",
    ]
    starts, ends = split_span(cells)
    assert starts == [
        "2018.3",
        "2018年3月1日",
        "2018.3",
        "2018.3",
        "2018-03-01",
        "2018.3",
        date(2018, 3, 1),
        "",
    ]
    assert ends == ["2020.12", "2020年12月31日", "至今", "至今", "2020-12-31", "", "", ""]
