"""Spoil clean sheets on purpose: how people really write, and every mistake that an importer must name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from bangfu.core.samples.dice import Dice
from bangfu.core.samples.pages import Formula, Page, Value
from bangfu.core.samples.sheets import HOUSEHOLDS, INCOMES, PAIRINGS, PEOPLE, STATIONED

_CODE, _ID, _HEAD_ID = "户编号", "证件号码", "户主证件号码"
_RELATION, _BIRTH, _GENDER = "与户主关系", "出生日期", "性别"
_ID_HEADERS = (_ID, _HEAD_ID)
_CLASSES = dict(zip(("视力", "听力", "言语", "肢体", "智力", "精神", "多重"), "1234567", strict=True))


@dataclass(frozen=True)
class Spoil:
    """One mistake in one cell: in which column, what is written instead of the value, what it is called."""

    file: str
    header: str
    kind: str
    change: Callable[[str], Value]
    fits: Callable[[str], bool] = bool  # whether the value that stands there can be spoiled like this


def _born_last_century(text: str) -> bool:
    return "1930" <= text[:4] <= "1999"


def _next_day(text: str) -> str:
    return (date.fromisoformat(text) + timedelta(days=1)).isoformat()


SPOILS = (
    Spoil(PEOPLE, _ID, "precision_lost", lambda v: float(v), str.isdigit),
    Spoil(PEOPLE, _ID, "id_length", lambda v: v[:17]),
    Spoil(PEOPLE, _ID, "id_characters", lambda v: v[:10] + "O" + v[11:]),
    Spoil(PEOPLE, _ID, "id_suffix", lambda v: v + "99"),
    Spoil(PEOPLE, _BIRTH, "birth_differs", _next_day),
    Spoil(PEOPLE, _BIRTH, "date_two_digits", lambda v: f"{v[2:4]}.{v[5:7]}.{v[8:]}", _born_last_century),
    Spoil(PEOPLE, _GENDER, "gender_differs", lambda v: "女" if v == "男" else "男"),
    Spoil(PEOPLE, "姓名", "name_digits", lambda v: v + "2"),
    Spoil(PEOPLE, "人联系电话", "phone_form", lambda v: v[:10]),
    Spoil(PEOPLE, "文化程度", "unknown_code", lambda v: "博士"),
    Spoil(PEOPLE, _RELATION, "unknown_code", lambda v: "干亲", lambda v: v not in ("", "户主")),
    Spoil(PEOPLE, "是否会讲普通话", "not_bool", lambda v: "待核实"),
    Spoil(PEOPLE, "务工时间（月）", "not_integer", lambda v: 3.5),
    Spoil(PEOPLE, "务工时间（月）", "out_of_range", lambda v: 13),
    Spoil(PEOPLE, "人员识别时间", "date_month", lambda v: f"{v[:4]}年{int(v[5:7])}月"),
    Spoil(PEOPLE, "人员识别时间", "date_year", lambda v: f"{v[:4]}年"),
    Spoil(PEOPLE, "人员识别时间", "not_date", lambda v: "上半年"),
    Spoil(HOUSEHOLDS, "行政村", "place_unknown", lambda v: "查无此村"),
    Spoil(HOUSEHOLDS, "住房面积", "approximate", lambda v: f"约{float(v):g}"),
    Spoil(HOUSEHOLDS, "耕地面积（亩）", "not_number", lambda v: "三亩多"),
    Spoil(HOUSEHOLDS, "耕地面积（亩）", "rounded", lambda v: float(v) + 0.003),
    Spoil(HOUSEHOLDS, "当前家庭人口数", "out_of_range", lambda v: 50),
    Spoil(HOUSEHOLDS, "住房安全等级", "unknown_code", lambda v: "E级"),
    Spoil(HOUSEHOLDS, "脱贫时间", "date_month", lambda v: f"{v[:4]}.{int(v[5:7])}月"),
    Spoil(INCOMES, "生产经营性支出（合计）", "not_number", lambda v: "没有票据"),
    Spoil(INCOMES, "生产经营性收入", "approximate", lambda v: f"约{float(v):g}元"),
    Spoil(INCOMES, "转移性收入", "total_differs", lambda v: float(v) + 100),
    Spoil(INCOMES, "生产经营性收入", "fault", lambda v: Formula("=1/0", "#DIV/0!")),
    Spoil(INCOMES, "生产经营性收入", "formula_without_value", lambda v: Formula("=1000+200", None)),
    Spoil(INCOMES, "户主姓名", "differs_from_register", lambda v: v + "之父"),
    Spoil(INCOMES, _CODE, "not_in_register", lambda v: "9999" + v[4:]),
    Spoil(
        PAIRINGS, "帮扶开始时间", "date_order", lambda v: f"{v[5:7]}/{v[8:]}/{v[:4]}", lambda v: v[8:] > "12"
    ),
    Spoil(
        PAIRINGS,
        "帮扶开始时间",
        "date_ambiguous",
        lambda v: f"{v[5:7]}/{v[8:]}/{v[:4]}",
        lambda v: v[8:] < "13" and v[8:] != v[5:7],
    ),
    Spoil(PAIRINGS, _HEAD_ID, "precision_lost", lambda v: f"{float(v):.5E}", str.isdigit),
    Spoil(PAIRINGS, "隶属关系", "unknown_code", lambda v: "区属"),
    Spoil(STATIONED, "驻村时间", "not_date", lambda v: "已到位"),
    Spoil(STATIONED, "是否队长", "not_bool", lambda v: "兼"),
    Spoil(STATIONED, "村(社区)", "place_unknown", lambda v: "查无此村"),
)


class _Turns:
    """Rows of a page in a drawn order; a household (or a stationed cadre) has its turn once."""

    def __init__(self, page: Page, dice: Dice, taken: set[str]) -> None:
        self.page, self.taken = page, taken
        self.by_household = _CODE in [column.text for column in page.columns]
        rows = pl.DataFrame({"row": range(len(page.rows))}).select("row", drawn=dice.uniform(page.file))
        self.order: list[int] = rows.sort("drawn")["row"].to_list()

    def owner(self, row: int) -> str:
        """Whose row it is."""
        return _text(self.page.value(row, _CODE)) if self.by_household else f"{self.page.sheet} {row}"

    def take(self, fits: Callable[[int], bool]) -> int:
        """The next row that fits and whose owner had no turn yet."""
        row = next(row for row in self.order if self.owner(row) not in self.taken and fits(row))
        self.taken.add(self.owner(row))
        return row


def spoil(pages: Mapping[str, Sequence[Page]], people: pl.DataFrame, dice: Dice) -> None:
    """Spoil the first page of each file in place, and note every cell that has to be reported.

    `people`: the person table; ID numbers that are wrong in it are reported wherever they stand. `dice`:
    keyed by `row`. No household is spoiled twice, so that each mistake is found for itself.
    """
    wrong = set(people.filter(~pl.col("id_valid"))["id_number"])
    taken: set[str] = set()
    for page in (page for group in pages.values() for page in group):
        taken |= _report_wrong_ids(page, wrong)
    turns = {file: _Turns(group[0], dice, taken) for file, group in pages.items()}
    for one in SPOILS:
        _spoil_one(one, turns[one.file])
    _collide(turns[PEOPLE])
    _contradict(turns[PEOPLE])
    _write_like_people(turns[PEOPLE], people)


def _spoil_one(one: Spoil, turns: _Turns) -> None:
    page = turns.page
    row = turns.take(lambda row: one.fits(_text(page.value(row, one.header))))
    page.write(row, one.header, one.change(_text(page.value(row, one.header))), one.kind)


def _report_wrong_ids(page: Page, wrong: set[str]) -> set[str]:
    """Note ID numbers with a wrong check digit; returns the households."""
    owners = set()
    for header in [column.text for column in page.columns if column.text in _ID_HEADERS]:
        for row in range(len(page.rows)):
            if page.value(row, header) in wrong:
                page.report(row, header, "id_checksum")
                owners.add(_text(page.value(row, _CODE)))
    return owners


def _collide(turns: _Turns) -> None:
    """No head, two heads, a person twice, one ID number for two people of a household, of two households."""
    page = turns.page

    def has_spouse(row: int) -> bool:
        following = page.rows[row + 1 : row + 2]
        return page.value(row, _RELATION) == "户主" and any(
            r[page.at(_RELATION)] == "配偶" for r in following
        )

    row = turns.take(has_spouse)
    page.write(row, _RELATION, "其他")
    page.report(row, _CODE, "no_head")
    row = turns.take(has_spouse)
    page.report(row, _RELATION, "two_heads")
    page.write(row + 1, _RELATION, "户主", "two_heads")
    row = turns.take(has_spouse)
    page.report(row, _ID, "id_twice")
    page.write(row + 1, _ID, page.value(row, _ID), "id_twice")
    page.report(row + 1, _BIRTH, "birth_differs")
    page.report(row + 1, _GENDER, "gender_differs")
    row = turns.take(lambda row: True)
    page.rows.append(list(page.rows[row]))
    page.report(row, "人编号", "duplicate_row")
    page.report(len(page.rows) - 1, "人编号", "duplicate_row")
    row = turns.take(lambda row: True)
    gender = page.value(row, _GENDER)
    other = turns.take(lambda row: page.value(row, _GENDER) == gender)
    page.report(row, _ID, "id_in_two_households")
    page.write(other, _ID, page.value(row, _ID), "id_in_two_households")
    page.write(other, _BIRTH, page.value(row, _BIRTH))


def _contradict(turns: _Turns) -> None:
    """The phone of somebody living alone is another than in the sheet of households."""
    page = turns.page
    owners = [turns.owner(row) for row in range(len(page.rows))]
    row = turns.take(lambda row: owners.count(owners[row]) == 1)
    page.write(row, "户联系电话", "15400000000", "differs_between_sheets")


def _write_like_people(turns: _Turns, people: pl.DataFrame) -> None:
    """What an importer has to understand without a word: spaces, apostrophes, dates of every kind."""
    page = turns.page
    grades = dict(people.select("person_code", "disability_grade").drop_nulls().rows())
    for row in range(len(page.rows)):
        if turns.owner(row) in turns.taken:
            continue
        number, kind = _text(page.value(row, _ID)), _CLASSES.get(_text(page.value(row, "残疾类别")))
        if kind:
            page.write(row, _ID, f"{number}{kind}{grades[_text(page.value(row, '人编号'))]}")
        elif row % 7 == 3:
            page.write(row, _ID, f"'{number}")
        page.write(row, _BIRTH, _as_written(date.fromisoformat(_text(page.value(row, _BIRTH))), row))
        if row % 11 == 5:
            page.write(row, "姓名", f" {page.value(row, '姓名')}　")
        if row % 13 == 6:
            page.write(row, "人联系电话", _text(page.value(row, "人联系电话")).translate(_WIDE))


_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


def _as_written(day: date, row: int) -> Value:
    """The day in one of the ways people write it."""
    forms: tuple[Value, ...] = (
        day.isoformat(),
        day,
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}.{day.month:02}.{day.day:02}",
        f"{day:%Y%m%d}",
        f"{day.year}/{day.month}/{day.day}",
        f" {day.isoformat()} ",
    )
    return forms[row % len(forms)]


def _text(value: Value) -> str:
    return "" if value is None else str(value)
