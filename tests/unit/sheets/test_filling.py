"""A table from above is filled in its own cells; what is not clear is asked, what is not known is marked."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from pathlib import Path

import openpyxl
import pytest

from bangfu.core.calendars import load_calendar
from bangfu.core.errors import WorkbookError
from bangfu.core.integrity.checking import register_tables
from bangfu.core.register import State
from bangfu.core.sheets.answering import Asked, Source, guarded
from bangfu.core.sheets.filling import (
    Filled,
    fill_template,
    read_answers,
    remember,
    remembered,
    unanswered,
    write_questions,
)
from bangfu.core.sheets.reading import read_workbook
from bangfu.core.sheets.template import match_titles, read_template, rows_of
from tests.unit.integrity.registers import DAY, VOCABULARY, state_of
from tests.unit.sheets.books import Rows, write_xlsx

SOFFICE = shutil.which("soffice")


def register() -> State:
    homes = [
        {"village_id": 1, "household_code": "9901", "household_status": "exited", "headcount": 2,
         "in_dangerous_house": False, "income_known_to": DAY},
        {"village_id": 1, "household_code": "9902", "household_status": "registered", "headcount": 1},
        {"village_id": 2, "household_code": "9903", "household_status": "exited", "headcount": 3,
         "in_dangerous_house": True, "income_known_to": DAY},
    ]  # fmt: skip
    return state_of(
        {
            "township": [{"division_code": "990101100000", "division_name": "东乡"}],
            "village": [
                {"township_id": 1, "division_code": f"99010110020{i}", "division_name": name, "households_checked_on": checked}
                for i, (name, checked) in enumerate((("甲村", DAY), ("乙村", None)))
            ],
            "household": homes,
            "person": [{"household_id": 1, "full_name": "=张三", "relation": "head"},
                {"household_id": 3, "full_name": "李四", "relation": "head"}],
            "income_item": [{"household_id": 1, "year": 2023, "source": "other_wage", "amount": 9, "is_forecast": False}],
        }
    )  # fmt: skip


def source() -> Source:
    state = register()
    return Source(state, register_tables(state, VOCABULARY), VOCABULARY, DAY, load_calendar(None))


def filled(
    folder: Path, rows: Rows, answers: dict[str, str] | None = None, place: str = "", where: str = ""
) -> tuple[Filled, Path]:
    path = write_xlsx(folder / "表.xlsx", {"表": rows, "说明": [["不要动"]]})
    template = read_template(path, None, VOCABULARY, None)
    kind = rows_of(template, VOCABULARY, None)
    meanings, questions = match_titles(template, kind, VOCABULARY, None, answers or {})
    assert questions == ()
    return fill_template(template, meanings, Asked(source(), kind, place, where), folder / "已填.xlsx"), path


def cells(path: Path) -> list[list[object]]:
    return [list(row) for row in read_workbook(path).sheets[0].rows]


TITLES = ["序号", "村", "户编号", "户主姓名", "家庭人口", "工资性收入(元)", "是否危房户"]


@pytest.mark.requirement("S0-41")
def test_a_list_of_households_is_filled_and_the_rest_keeps_its_bytes(tmp_path: Path) -> None:
    done, path = filled(tmp_path, [["脱贫户名册"], TITLES], where="household_status = '已脱贫'")
    assert cells(done.path)[2:] == [
        [1.0, "甲村", "9901", "=张三", 2.0, 9.0, "否"],
        [2.0, "乙村", "9903", "李四", 3.0, 0.0, "是"],
    ]
    assert (done.rows, done.cells, done.gaps) == (2, 14, 0)
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(done.path) as after:
        assert before.namelist() == after.namelist()
        changed = [name for name in before.namelist() if before.read(name) != after.read(name)]
    assert changed == ["xl/worksheets/sheet1.xml"]


def test_a_gap_is_marked_and_says_why(tmp_path: Path) -> None:
    done, _ = filled(tmp_path, [TITLES], place="990101100200")
    sheet = openpyxl.load_workbook(done.path)["表"]
    assert sheet["F3"].value is None
    assert sheet["F3"].fill.fgColor.rgb == "FFFFEB9C"
    assert "登记不全" in sheet["F3"].comment.text
    assert "登记库里没有" in sheet["D3"].comment.text
    assert sheet["D2"].data_type == "s"


def test_a_table_by_village_is_filled_beside_the_names_it_lists(tmp_path: Path) -> None:
    rows = [
        ["村名称", "户数", "已脱贫户数"],
        ["乙村", "", ""],
        ["甲村", "", 7],
        ["丙村", "", ""],
        ["合计", "", ""],
    ]
    done, _ = filled(tmp_path, rows)
    assert cells(done.path)[1:] == [["乙村", "", ""], ["甲村", 2.0, 7.0], ["丙村", "", ""], ["合计", "", ""]]
    assert done.left == ("A4",)
    assert done.gaps == 2  # the list of 乙村 was never checked


def test_too_few_blank_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match="空行"):
        filled(tmp_path, [TITLES, ["1"] + [""] * 6, ["合计", "", "", "", "", "", "注"]])


def test_what_is_not_clear_is_asked_and_kept_for_the_next_time(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "表.xlsx", {"表": [["户编号", "户主姓名", "收入(万元)", "是否同意"]]})
    template = read_template(path, "表", VOCABULARY, None)
    _, questions = match_titles(template, "household", VOCABULARY, None, {})
    assert [question.title for question in questions] == ["收入(万元)", "是否同意"]
    asked = tmp_path / "问.json"
    write_questions(asked, questions)
    assert read_answers(asked) == {}
    asked.write_text(
        asked.read_text("utf-8")
        .replace('"是否同意": "?"', '"是否同意": ""')
        .replace('"?"', '"headcount / 2"'),
        "utf-8",
    )
    meanings, rest = match_titles(template, "household", VOCABULARY, None, read_answers(asked))
    assert rest == ()
    remember(tmp_path, "x", template, meanings)
    assert remembered(tmp_path, "x")["收入(万元)"] == "headcount / 2"
    assert remembered(tmp_path, "y") == {}
    assert "--answers" in str(unanswered(template, questions, asked))
    asked.write_text("[]", "utf-8")
    with pytest.raises(WorkbookError):
        read_answers(asked)


def test_names_are_guarded_and_counts_by_village_are_not() -> None:
    assert guarded(["household.head_name"], Asked(source(), "household"))
    assert not guarded(["count(household)", "village.division_name"], Asked(source(), "village"))


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_what_was_filled(tmp_path: Path) -> None:
    done, _ = filled(tmp_path, [["名册"], TITLES])
    command = [str(SOFFICE), f"-env:UserInstallation=file://{tmp_path}/profile", "--headless",
        "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76",
        "--outdir", str(tmp_path), str(done.path)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    text = (tmp_path / "已填.csv").read_text("utf-8")
    assert "甲村,9901,=张三,2,9,否" in text


def test_what_cannot_be_answered_is_refused_or_said_to_be_a_gap() -> None:
    with pytest.raises(WorkbookError, match="区划代码"):
        Asked(source(), "household", "990199999999")
    with pytest.raises(WorkbookError):
        Asked(source(), "household", where="no_such_column = 1")
    homes = Asked(source(), "household", "990101100000")
    with pytest.raises(WorkbookError):
        homes.answers("no_such_column + 1")
    assert homes.answers("household_status") == ["已脱贫", "未脱贫", "已脱贫"]
    assert homes.answers("headcount > 1") == ["是", "否", "是"]
    assert [str(answer) for answer in homes.answers("headcount / 3")] == ["0.67", "0.33", "1"]
    assert [type(answer).__name__ for answer in homes.answers("in_dangerous_house AND headcount > 0")] == [
        "str",
        "Gap",
        "str",
    ]
    assert Asked(source(), "household", where="in_dangerous_house").unsure == 1
    assert Asked(source(), "township").answers("township.division_name") == ["东乡"]
