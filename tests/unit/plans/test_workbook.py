"""A pack as YAML and as a workbook, there and back."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from bangfu.core.errors import PlanError
from bangfu.core.plans.columns import addresses
from bangfu.core.plans.emit import flow, plain_of, yaml_texts
from bangfu.core.plans.from_workbook import from_workbook
from bangfu.core.plans.load import load_pack
from bangfu.core.plans.pack import Content, collections
from bangfu.core.plans.schema import Provision
from bangfu.core.plans.to_workbook import CELL_CHARACTERS, to_workbook
from bangfu.core.plans.yaml_source import Plain, read_yaml
from tests.unit.plans.packs import HEAD, loaded, write_pack
from tests.unit.plans.test_inherit import town

EXAMPLE = Path(__file__).parent.parent.parent / "plans" / "example"


@cache
def example() -> Content:
    """What the example says."""
    return load_pack(EXAMPLE).own


def write_texts(folder: Path, content: Content) -> Path:
    """A pack's content as a folder."""
    for name, text in yaml_texts(content).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def written(path: Path, content: Content) -> Path:
    """A pack's content as a workbook."""
    path.write_bytes(to_workbook(content))
    return path


def with_text(text: str) -> Content:
    """A pack that says `text` in places of every kind."""
    content = example()
    provision = Provision.model_validate({"id": "a", "kind": "T", "name": text, "text": text})
    [criterion] = content.criteria
    case = content.cases[0]
    [duty] = content.duties
    return content.model_copy(
        update={
            "provisions": (provision,),
            "criteria": (criterion.model_copy(update={"message": text}),),
            "duties": (duty.model_copy(update={"tasks": (text, "再"), "note": text}),),
            "cases": (case.model_copy(update={"given": {"household": ({"fuel": text},)}}),),
        }
    )


class TestYaml:
    def test_there_and_back(self, tmp_path: Path) -> None:
        content = example()
        again = load_pack(write_texts(tmp_path / "again", content)).own
        assert again == content
        assert yaml_texts(again) == yaml_texts(content)

    @given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
    @settings(max_examples=300)
    def test_any_text(self, text: str) -> None:
        source, problems = read_yaml(f"a: {flow(text)}\nb: [{flow(text)}, x]", "f.yaml")
        assert problems == []
        assert source.value == {"a": text, "b": [text, "x"]}

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (None, "null"),
            (True, "true"),
            (False, "false"),
            (3, "3"),
            (Decimal("0.40"), "0.40"),
            (date(2018, 12, 31), "2018-12-31"),
            ("2018-12-31", '"2018-12-31"'),
            ("null", '"null"'),
            ("true", '"true"'),
            ("no", "no"),
            ("人均纯收入 超过", "人均纯收入 超过"),
            ("a: b", '"a: b"'),
            ("a ", '"a "'),
            ("\x7f", '"\\u007f"'),
            ({"a": [1, {}]}, "{a: [1, {}]}"),
        ],
    )
    def test_values_on_a_line(self, value: Plain, text: str) -> None:
        assert flow(value) == text
        assert read_yaml(f"k: {text}", "f.yaml")[0].value == {"k": value}

    def test_short_things_stand_on_a_line_and_long_ones_below_each_other(self, tmp_path: Path) -> None:
        pack = loaded(
            tmp_path,
            provisions="provisions:\n"
            "  - {id: a, kind: T, name: 短, text: 短}\n"
            "  - {id: b, kind: T, name: 长, text: 长, proofs: [record, photo]}\n"
            f"  - {{id: c, kind: T, name: 长, text: {'长' * 100}}}\n",
        )
        assert yaml_texts(pack.own)["provisions.yaml"] == (
            "provisions:\n"
            "  - {id: a, name: 短, kind: T, text: 短}\n"
            "  - id: b\n    name: 长\n    kind: T\n    text: 长\n    proofs: [record, photo]\n"
            f"  - id: c\n    name: 长\n    kind: T\n    text: {'长' * 100}\n"
        )

    def test_only_files_that_say_something_are_written(self, tmp_path: Path) -> None:
        assert list(yaml_texts(loaded(tmp_path).own)) == ["plan.yaml"]

    def test_what_is_abolished_is_kept(self, tmp_path: Path) -> None:
        text = "parameters: {a: {name: 甲, values: [{from: 2018-01-01, value: null}]}}"
        assert plain_of(loaded(tmp_path, parameters=text).parameters["a"]) == {
            "name": "甲",
            "values": [{"from": date(2018, 1, 1), "value": None}],
        }


class TestThereAndBack:
    def test_the_example(self, tmp_path: Path) -> None:
        content = example()
        again = from_workbook(written(tmp_path / "a.xlsx", content))
        assert again.own == content
        assert to_workbook(again.own) == (tmp_path / "a.xlsx").read_bytes()
        assert again.where("criteria", "E-2", "holds") == "a.xlsx 标准:3"
        assert again.where_path("plan", "", ("state",)).startswith("a.xlsx 方案:")
        assert again.where_path("income", "", ("items", "counted")).startswith("a.xlsx 收入口径:")

    @given(
        st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1)
        | st.sampled_from(
            ["=1+1", "[a", "a\nb", " a ", "\t", "_x0041_", "0123", "true", "2018-01-01", "'x", "#N/A"]
        )
    )
    @settings(max_examples=25)
    def test_any_text(self, tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
        content = with_text(text)
        path = written(tmp_path_factory.mktemp("book") / "a.xlsx", content)
        assert from_workbook(path).own == content

    def test_what_is_inherited_is_not_written(self, tmp_path: Path) -> None:
        pack = load_pack(town(tmp_path))
        again = from_workbook(written(tmp_path / "town" / "town.xlsx", pack.own))
        assert again.own == pack.own
        assert again.content == pack.content
        assert again.own.criteria == ()
        assert len(again.criteria) == 2

    def test_sheets_have_names_of_their_own(self) -> None:
        assert len(addresses()) == len(collections()) + 2
        assert all(len(name) <= 31 for name in addresses())


class TestRefused:
    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("长" * (CELL_CHARACTERS + 1), "plan.cell_too_long"),
            ("a\x07", "plan.control_character"),
            ("a\rb", "plan.control_character"),
            ("\x85", "plan.control_character"),
        ],
    )
    def test_texts_that_fit_no_cell(self, text: str, code: str) -> None:
        provision = Provision.model_validate({"id": "a", "kind": "T", "name": "甲", "text": text})
        content = example().model_copy(update={"provisions": (provision,)})
        with pytest.raises(PlanError) as error:
            to_workbook(content)
        assert [(p.code, p.where) for p in error.value.problems] == [(code, "条文:3 text")]

    def test_the_longest_text_fits(self, tmp_path: Path) -> None:
        content = with_text("长" * 30_000)
        assert from_workbook(written(tmp_path / "a.xlsx", content)).own == content


def book(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    """A workbook typed by hand: rows from the keys' row on; a plan sheet comes by itself."""
    head = {line.partition(": ")[0]: line.partition(": ")[2].strip('"') for line in HEAD.strip().splitlines()}
    plan: list[list[object]] = [["key", "value"], *([key, value] for key, value in head.items())]
    with xlsxwriter.Workbook(path) as workbook:
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in {"方案": plan, **sheets}.items():
            page = workbook.add_worksheet(name)
            for number, row in enumerate(rows, start=1):
                for column, value in enumerate(row):
                    page.write(number, column, value, day if isinstance(value, date) else None)
    return path


def said(path: Path) -> list[str]:
    """What is wrong with a workbook."""
    with pytest.raises(PlanError) as error:
        from_workbook(path)
    return [problem.render() for problem in error.value.problems]


class TestTypedByHand:
    def test_numbers_dates_and_empty_rows(self, tmp_path: Path) -> None:
        pack = from_workbook(
            book(
                tmp_path / "a.xlsx",
                {
                    "待补内容": [
                        ["id", "name", "slots", "unit", None],
                        [],
                        ["a", "甲", 20, "项", "side note"],
                    ],
                    "角色": [["id", "name"], ["r", "帮扶责任人"]],
                    "派驻": [
                        ["id", "name", "role", "to", "years", "full_time"],
                        ["p", "甲", "r", "village", 1.5, True],
                    ],
                    "问题类别": [["id", "name", "deadline"], ["a", "甲", date(2020, 6, 30)]],
                    "条文": [["id", "kind", "name", "text"], ["a", "N", "甲", False]],
                },
            )
        )
        assert pack.own.placeholders[0].slots == 20
        [posting] = pack.own.organisation.postings
        assert (posting.years, posting.full_time) == (Decimal("1.5"), True)
        assert pack.own.campaign.issue_classes[0].deadline == date(2020, 6, 30)
        assert pack.own.provisions[0].text == "false"

    def test_mistakes_name_sheet_and_row(self, tmp_path: Path) -> None:
        path = book(
            tmp_path / "a.xlsx",
            {
                "标准": [
                    ["id", "nmae", "subject", "holds", "deadline", "deadline.days"],
                    ["S4-4", "甲", "household", "grain_enough", "x", "5"],
                ],
                "待补内容": [
                    ["id", "name", "slots", "unit"],
                    ["a", "甲", "many", "项"],
                    ["b", "甲", "]", "项"],
                ],
                "参数": [
                    ["key", "name", "values"],
                    ["a", "甲", "[{from: 2018-01-01, value: 1}]"],
                    ["a", "甲", "[{from: 2018-01-01, value: 2}]"],
                ],
                "标难": [["id"], ["a"]],
                "职责": [["id", "name", "role"], ["a", "甲", datetime(2020, 1, 1, 12, 30)]],  # noqa: DTZ001
            },
        )
        assert said(path) == [
            "a.xlsx 标准:3: deadline.days 写了两次。 同一项只写一处；写了 a.b 就不再写 a。",
            "a.xlsx 参数:4: a 重复。",
            "a.xlsx: 方案工作簿里没有“标难”这种表。 是不是 标准？",
            "a.xlsx 标准:3: 缺少 name。",
            "a.xlsx 标准:3: deadline 要写成“键: 值”。",
            "a.xlsx 标准:3: 不认识的键 nmae。 是不是 name？",
            "a.xlsx 待补内容:3: slots 要写整数，写的是 many。",
            "a.xlsx 待补内容:4: slots 要写整数，写的是 ]。",
            "a.xlsx 职责:3: role 的写法不对：2020-01-01 12:30:00。 "
            "只能用字母、汉字、数字、连字符和下划线，以字母或汉字开头。",
        ]

    def test_what_is_said_twice(self, tmp_path: Path) -> None:
        path = book(
            tmp_path / "a.xlsx",
            {
                "收入口径": [["key", "value"], ["window", "calendar_year"], ["window", "twelve_months"]],
                "标准": [
                    ["id", "name", "subject", "holds", "name", "deadline.days", "deadline"],
                    ["S4-4", "甲", "household", "grain_enough", "乙", "5", "{days: 6}"],
                ],
            },
        )
        assert [line for line in said(path) if "两次" in line] == [
            "a.xlsx 收入口径:4: window 写了两次。 同一项只写一处；写了 a.b 就不再写 a。",
            "a.xlsx 标准:2: name 写了两次。 同一项只写一处；写了 a.b 就不再写 a。",
            "a.xlsx 标准:3: deadline 写了两次。 同一项只写一处；写了 a.b 就不再写 a。",
        ]

    def test_an_unknown_line_of_the_plan(self, tmp_path: Path) -> None:
        path = tmp_path / "a.xlsx"
        book(path, {"收入口径": [["key", "value"], ["window", "calendar_year"]], "标准": []})
        assert [line for line in said(path) if "items" in line] == ["a.xlsx 收入口径:3: 缺少 items。"]

    def test_a_workbook_of_something_else(self, tmp_path: Path) -> None:
        path = tmp_path / "a.xlsx"
        with xlsxwriter.Workbook(path) as workbook:
            workbook.add_worksheet("Sheet1")
        [line] = said(path)
        assert line.startswith("a.xlsx: 方案工作簿里没有“Sheet1”这种表。")

    def test_a_workbook_without_head(self, tmp_path: Path) -> None:
        path = tmp_path / "a.xlsx"
        with xlsxwriter.Workbook(path) as workbook:
            workbook.add_worksheet("角色")
        assert said(path) == [
            "a: 没有 plan.yaml（方案）。 方案包至少要有这一份；可用 bangfu plan new 建一个。"
        ]


class TestFiles:
    def test_not_a_workbook(self, tmp_path: Path) -> None:
        (tmp_path / "a.xlsx").write_text("<html>")
        assert said(tmp_path / "a.xlsx") == ["a.xlsx: 不是 xlsx 工作簿。"]
        assert said(tmp_path / "b.xlsx") == [f"{tmp_path / 'b.xlsx'}: 没有这个文件。"]

    def test_a_zip_of_something_else(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
            archive.writestr("a.txt", "a")
        [line] = said(tmp_path / "a.xlsx")
        assert line.startswith("a.xlsx: 工作簿读不出来：")

    def test_a_bomb(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("bangfu.core.plans.from_workbook.UNPACKED_BYTES", 1000)
        content = BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.txt", "a" * 100_000)
        (tmp_path / "a.xlsx").write_bytes(content.getvalue())
        assert said(tmp_path / "a.xlsx") == ["a.xlsx: 工作簿太大。"]


def test_a_folder_from_a_workbook_is_the_same_pack(tmp_path: Path) -> None:
    content = load_pack(write_pack(tmp_path / "little")).own
    again = from_workbook(written(tmp_path / "little.xlsx", content)).own
    assert load_pack(write_texts(tmp_path / "again", again)).own == content
