"""bangfu integrity, reconcile and fill on a small register: what they say, write and leave alone."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from bangfu.core.register import open_register
from tests.functional.cli.conftest import Command
from tests.functional.cli.registers import register_of
from tests.unit.sheets.books import Rows, id_number, write_xlsx

DAY = "2023-12-31"
IDS = [id_number(f"99010119{80 + i}0101{i:03}") for i in range(4)]
TITLES = ["序号", "村", "户编号", "户主姓名", "家庭人口"]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A township with two villages, three households and four people."""
    people = [
        {"household_id": home, "full_name": name, "id_number": IDS[at], "relation": relation,
         "gender": "male" if at % 2 else "female", "birth_date": date(1980 + at, 1, 1)}
        for at, (home, name, relation) in enumerate(
            ((1, "张建国", "head"), (1, "李秀英", "other"), (2, "王德福", "head"), (3, "赵桂兰", "head"))
        )
    ]  # fmt: skip
    folder = tmp_path / "登记库"
    register_of(
        folder,
        {
            "township": [{"division_code": "990101100000", "division_name": "东乡"}],
            "village": [
                {"township_id": 1, "division_code": f"99010110020{at}", "division_name": name,
                 "households_checked_on": date(2023, 12, 31)}
                for at, name in enumerate(("甲村", "乙村"))
            ],
            "household": [
                {"village_id": 1, "household_code": "9901", "headcount": 2, "household_status": "registered",
                 "risk_removed": True, "persons_checked_on": date(2023, 12, 31)},
                {"village_id": 1, "household_code": "9902", "headcount": 1, "household_status": "exited"},
                {"village_id": 2, "household_code": "9903", "headcount": 1, "household_status": "exited"},
            ],
            "person": people,
        },
    )  # fmt: skip
    return folder


def accesses(library: Path) -> list[tuple[str, str]]:
    return [(access.action, access.purpose) for access in open_register(library).accesses()]


def test_integrity_says_figures_and_how_to_see_whose(library: Path, bangfu: Command) -> None:
    tried = bangfu("integrity", library, "--as-of", DAY, "--dry-run")
    assert tried.exit_code == 0
    assert "没有写入" in tried.output
    assert "--out 差异.xlsx" in tried.output
    assert "9901" not in tried.output
    assert accesses(library) == []
    assert open_register(library).seq == 1
    done = bangfu("integrity", library, "--as-of", DAY, "--json")
    found = json.loads(done.stdout)
    assert found["batch"] == 2
    assert any(rule["broken"] + rule["unknown"] for rule in found["rules"])
    again = bangfu("integrity", library, "--as-of", DAY)
    assert "没有改动" in again.output


def test_integrity_writes_a_workbook_for_a_purpose(library: Path, bangfu: Command, tmp_path: Path) -> None:
    out = tmp_path / "差异.xlsx"
    refused = bangfu("integrity", library, "--as-of", DAY, "--out", out)
    assert "没有写明用途" in str(refused.exception)
    assert not out.exists()
    done = bangfu("integrity", library, "--as-of", DAY, "--out", out, "--purpose", "整改交办", "--dry-run")
    assert done.exit_code == 0
    assert "--out 差异.xlsx" not in done.output
    rows = list(openpyxl.load_workbook(out)["数据差异"].iter_rows(min_row=2, values_only=True))
    assert rows[0][:4] == ("村", "户编号", "人口编号", "结论")
    assert {row[1] for row in rows[1:]} <= {"9901", "9902", "9903"}
    assert accesses(library) == [("integrity", "整改交办")]


def test_nothing_found_is_said(bangfu: Command, tmp_path: Path) -> None:
    register_of(tmp_path / "空", {"village": [{"division_name": "甲村"}]})
    assert "没有发现差异" in bangfu("integrity", tmp_path / "空", "--as-of", DAY, "--dry-run").output


BOOKLET = [
    ["户编号", "姓名", "身份证号", "性别"],
    ["9901", "张建国", IDS[0], "女"],
    ["9901", "李秀英", IDS[1], "女"],
    ["9901", "张小宝", id_number("99010120200101001"), "男"],
]


def test_reconcile_counts_and_keeps_each_difference(library: Path, bangfu: Command, tmp_path: Path) -> None:
    booklet = write_xlsx(tmp_path / "户口本.xlsx", {"户口": BOOKLET})
    out = tmp_path / "差异.xlsx"
    tried = bangfu("reconcile", library, booklet, "--kind", "户口本", "--as-of", DAY, "--dry-run")
    assert "没有写入" in tried.output
    assert "--out 差异.xlsx" in tried.output
    assert IDS[0] not in tried.output
    done = bangfu("reconcile", library, booklet, "--kind", "户口本", "--as-of", DAY, "--out", out,
                  "--purpose", "核对", "--complete-on", DAY, "--json")  # fmt: skip
    assert json.loads(done.stdout) == {
        "batch": 2,
        "sources": [{"source": "户口本", "by_id": 2, "by_likeness": 0, "doubtful": 0, "value": 1,
                     "not_in_list": 0, "not_in_register": 1}],
    }  # fmt: skip
    rows = list(openpyxl.load_workbook(out)["数据差异"].iter_rows(min_row=3, values_only=True))
    assert [row[3] for row in rows] == ["不一致", "登记库中没有此人"]
    assert rows[0][4:7] == ("性别", "男", "女")
    assert accesses(library) == [("reconcile", "核对")]
    agreeing = write_xlsx(tmp_path / "名单.xlsx", {"名单": BOOKLET[:2]})
    assert "--out" not in bangfu("reconcile", library, agreeing, "--kind", "行业名单", "--as-of", DAY).output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "1 个文件，写了 0 个 --kind"),
        (("--kind", "户口薄"), "没有这种名单：户口薄 请按文件的顺序写 --kind，可用：户口本、系统、台账"),
        (("--kind", "户口本", "--as-of", "2023-13-01"), "没有 2023-13-01 这一天"),
        (("--kind", "户口本", "--complete-on", "去年"), "没有 去年 这一天"),
    ],
)
def test_reconcile_refuses_in_words(
    library: Path, bangfu: Command, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    booklet = write_xlsx(tmp_path / "户口本.xlsx", {"户口": BOOKLET})
    assert said in str(bangfu("reconcile", library, booklet, *arguments).exception)


def form(folder: Path, rows: Rows) -> Path:
    return write_xlsx(folder / "上级表.xlsx", {"表": rows})


def test_fill_writes_beside_the_form_for_a_purpose(library: Path, bangfu: Command, tmp_path: Path) -> None:
    blank = form(tmp_path, [["名册"], TITLES])
    asked = (blank, "--register", library, "--in", "990101100200", "--as-of", DAY)
    assert "没有写明用途" in str(bangfu("fill", *asked).exception)
    done = bangfu("fill", *asked, "--purpose", "上报")
    assert "2 行，填了 10 格，0 格待补" in done.output, done.exception
    filled = openpyxl.load_workbook(tmp_path / "上级表（已填）.xlsx")["表"]
    assert [cell.value for cell in filled[3]] == [1, "甲村", "9901", "张建国", 2]
    assert openpyxl.load_workbook(blank)["表"].max_row == 2, "the form itself is left alone"
    assert accesses(library) == [("fill", "上报")]


def test_fill_asks_and_never_guesses(library: Path, bangfu: Command, tmp_path: Path) -> None:
    blank = form(tmp_path, [[*TITLES, "满意度"]])
    common = (
        "fill",
        blank,
        "--register",
        library,
        "--in",
        "990101100200",
        "--as-of",
        DAY,
        "--purpose",
        "上报",
    )
    asked = bangfu(*common)
    assert asked.exit_code != 0
    assert "不知道“满意度”要填什么" in str(asked.exception)
    answers = tmp_path / "上级表（待确认）.json"
    answers.write_text(answers.read_text("utf-8").replace('"?"', '""'), "utf-8")
    done = bangfu(*common, "--answers", answers, "--json", "--out", tmp_path / "好.xlsx")
    assert json.loads(done.stdout)["rows"] == 2
    assert bangfu(*common).exit_code == 0, "the answer is kept for the next time"


def test_fill_by_village_says_what_it_did_not_find(library: Path, bangfu: Command, tmp_path: Path) -> None:
    rows = [["村名称", "户数", "已脱贫户数"], ["乙村", None, None], ["丙村", None, None]]
    done = bangfu("fill", form(tmp_path, rows), "--register", library, "--as-of", DAY)
    assert done.exit_code == 0, done.exception
    assert "没有填：A3" in done.output
    assert accesses(library) == [], "figures by village name nobody"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--rows", "人"), "不知道“人”是什么 可用："),
        (("--map", "满意度"), "--map 要写成 表头=列：满意度"),
        (("--as-of", "2023"), "没有 2023 这一天"),
    ],
)
def test_fill_refuses_in_words(
    library: Path, bangfu: Command, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    found = bangfu("fill", form(tmp_path, [TITLES]), "--register", library, *arguments)
    assert said in str(found.exception)
