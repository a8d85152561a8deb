"""A table from above is filled in its own cells; what is not clear is asked, what is not known is marked."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from bangfu.core.calendars import load_calendar
from bangfu.core.errors import WorkbookError
from bangfu.core.integrity.checking import register_tables
from bangfu.core.register import State
from bangfu.core.sheets.answering import Asked, Gap, Source, guarded
from bangfu.core.sheets.filling import (
    Filled,
    fill_template,
    read_answers,
    remember,
    remembered,
    unanswered,
    write_questions,
)
from bangfu.core.sheets.inserting import insert_values
from bangfu.core.sheets.reading import read_workbook
from bangfu.core.sheets.template import match_titles, read_template, rows_of
from tests.inline_plans import plan_of
from tests.unit.integrity.registers import DAY, VOCABULARY, state_of
from tests.unit.sheets.books import Rows, id_number, write_xlsx

ID = id_number("99010119800101001")
SOFFICE = shutil.which("soffice")


def register() -> State:
    homes = [
        {"village_id": 1, "household_code": "9901", "household_status": "exited", "headcount": 2, "at_risk_on": date(2021, 3, 1),
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
            "person": [{"household_id": 1, "full_name": "=张三", "relation": "head", "id_number": ID},
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
    return [list(row) for row in read_workbook(path).sheets[0].rows()]


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


def test_a_form_is_recognised_by_its_titles_and_its_rows(tmp_path: Path) -> None:
    first = read_template(write_xlsx(tmp_path / "甲.xlsx", {"表": [TITLES]}), None, VOCABULARY, None)
    again = read_template(
        write_xlsx(tmp_path / "乙.xlsx", {"表": [["某镇名册"], TITLES]}), None, VOCABULARY, None
    )
    assert first.fingerprint("household") == again.fingerprint("household")
    assert first.fingerprint("household") != first.fingerprint("person")


def test_what_is_no_form_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "表.csv"
    text.write_text("户编号,户主姓名\n", "utf-8")
    with pytest.raises(WorkbookError) as not_xlsx:
        read_template(text, None, VOCABULARY, None)
    assert not_xlsx.value.problems[0].code == "workbook.unknown"
    path = write_xlsx(tmp_path / "表.xlsx", {"表": [["天气", "心情"]], "名册": [["户编号", "户主姓名"]]})
    assert read_template(path, None, VOCABULARY, None).sheet.name == "名册"
    with pytest.raises(WorkbookError, match="表头"):
        read_template(path, "表", VOCABULARY, None)


def test_a_form_that_does_not_say_what_a_row_is_is_refused(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "表.xlsx", {"表": [["序号", "性别", "民族"]]})
    with pytest.raises(WorkbookError, match="--rows"):
        rows_of(read_template(path, None, VOCABULARY, None), VOCABULARY, None)


def test_names_and_codes_must_agree_on_the_row(tmp_path: Path) -> None:
    rows = [
        ["村名称", "行政村代码", "户数"],
        ["甲村", 990101100200.0, ""],
        ["甲村", 990101100201.0, ""],
        ["", "990101100200", ""],
    ]
    done, _ = filled(tmp_path, rows, {"行政村代码": "village.division_code"})
    assert [row[2] for row in cells(done.path)[1:]] == [2.0, "", 2.0]
    assert done.left == ("A3",)


def test_names_of_which_none_is_found_are_said(tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match="都找不到") as error:
        filled(tmp_path, [["村名称", "户数"], ["甲庄", ""], ["乙庄", ""]])
    assert error.value.problems[0].where == "表.xlsx 表"
    assert "A2" in error.value.problems[0].message.render()


def test_what_does_not_apply_and_what_is_left_out_stays_empty(tmp_path: Path) -> None:
    titles = ["户编号", "户类型", "风险识别时间", "备注"]
    answers = {"备注": "", "户类型": "household.household_status"}
    done, _ = filled(tmp_path, [titles], answers)
    assert cells(done.path)[1:] == [
        ["9901", "已脱贫", "2021-03-01", ""],
        ["9902", "未脱贫", "", ""],
        ["9903", "已脱贫", "", ""],
    ]
    assert done.gaps == 0


def test_cells_of_a_form_keep_their_formats_and_what_a_merged_cell_covers_stays(tmp_path: Path) -> None:
    path = tmp_path / "表.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet, framed = book.add_worksheet("表"), book.add_format({"border": 1})
        sheet.write_row(0, 0, ["户编号", "家庭人口", "是否危房户"])
        sheet.write_blank(1, 1, None, framed)
        sheet.write_blank(1, 2, None, framed)
        sheet.merge_range(2, 0, 2, 1, "", framed)
        sheet.write(7, 1, "印章")
    template = read_template(path, None, VOCABULARY, None)
    meanings, _ = match_titles(template, "household", VOCABULARY, None, {})
    done = fill_template(template, meanings, Asked(source(), "household"), tmp_path / "已填.xlsx")
    sheet = openpyxl.load_workbook(done.path)["表"]
    assert [[cell.value for cell in row] for row in sheet["A2:C4"]] == [
        ["9901", 2, "否"],
        ["9902", None, None],
        ["9903", 3, "是"],
    ]
    assert sheet["C4"].border.left.style == "thin"
    assert sheet["C3"].border.left.style == "thin"
    assert "登记库里没有" in sheet["C3"].comment.text
    assert sheet["B8"].value == "印章"


def test_a_row_that_numbers_the_columns_is_no_row_to_fill(tmp_path: Path) -> None:
    rows = [["户编号", "家庭人口"], ["甲", "(1)"], [None, None], [None, None], [None, None], ["合计", 6.0]]
    done, _ = filled(tmp_path, rows)
    assert cells(done.path)[1:] == [
        ["甲", "(1)"],
        ["9901", 2.0],
        ["9902", 1.0],
        ["9903", 3.0],
        ["合计", 6.0],
    ]


@pytest.mark.parametrize(
    ("title", "is_taken"), [("耕地面积(亩)", True), ("耕地面积(公顷)", False), ("家庭人口(人)", True),
                            ("工资性收入(万元)", False), ("家庭人口(户)", False)]
)  # fmt: skip
def test_another_unit_of_measure_is_asked(tmp_path: Path, title: str, is_taken: bool) -> None:
    template = read_template(
        write_xlsx(tmp_path / "表.xlsx", {"表": [["户编号", "户主姓名", title]]}), None, VOCABULARY, None
    )
    meanings, questions = match_titles(template, "household", VOCABULARY, None, {})
    assert (2 in meanings, [question.title for question in questions]) == (
        is_taken,
        [] if is_taken else [title],
    )


def test_a_measure_of_a_plan_fills_a_column_by_its_name(tmp_path: Path) -> None:
    plan = plan_of([], {"area": {"name": "人均住房面积", "subject": "household", "value": "headcount * 10"}})
    path = write_xlsx(tmp_path / "表.xlsx", {"表": [["户编号", "人均住房面积"]]})
    template = read_template(path, None, VOCABULARY, plan)
    meanings, questions = match_titles(template, "household", VOCABULARY, plan, {})
    assert questions == ()
    done = fill_template(
        template, meanings, Asked(replace(source(), plan=plan), "household"), tmp_path / "已填.xlsx"
    )
    assert [row[1] for row in cells(done.path)[1:]] == [20.0, 10.0, 30.0]


def test_a_column_of_what_a_row_does_not_lie_in_is_refused() -> None:
    with pytest.raises(WorkbookError) as error:
        Asked(source(), "village").answers("household.head_name")
    assert error.value.problems[0].where == "household.head_name"
    people = Asked(source(), "person")
    assert people.answers("household.household_code") == ["9901", "9903"]
    assert people.answers("village.division_name") == ["甲村", "乙村"]


@pytest.mark.parametrize(
    ("meaning", "why"),
    [
        ("count(household)", "至少 1"),
        ("0 - count(household)", "算不出来"),
        ("least(count(household), 5)", "至少 1，至多 5"),
        ("10 / count(household)", "算不出来"),
        ("10 / (count(household) - count(household))", "算不出来"),
    ],
)
def test_a_list_that_was_not_checked_gives_bounds_and_no_number(meaning: str, why: str) -> None:
    answer = Asked(source(), "village", "990101100201").answers(meaning)[0]
    assert isinstance(answer, Gap)
    assert why in answer.why.render()


def test_numbers_are_divided_exactly() -> None:
    village = Asked(source(), "village", "990101100200")
    assert village.answers("10 / (0 - count(household))") == [-5]
    nothing = village.answers("10 / count(household, headcount > 9)")[0]
    assert isinstance(nothing, Gap)
    assert "除数是 0" in nothing.why.render()


def test_a_sheet_without_rows_takes_no_values() -> None:
    with pytest.raises(WorkbookError, match=r"表\.xlsx"):
        insert_values(b"<worksheet><sheetData/></worksheet>", {0: {0: 1}}, 0, "表.xlsx")


def test_rows_and_cells_that_are_not_there_are_put_in_between() -> None:
    content = b'<w><sheetData><row r="2"><c r="B2" s="3"/></row><row r="5"><c r="C5"/></row></sheetData></w>'
    found = insert_values(content, {0: {0: "甲"}, 2: {1: 7}, 4: {0: 1, 2: 2, 3: 3}}, 1, "表.xlsx").decode()
    assert [part.split('"')[1] for part in found.split("<row ")[1:]] == ["1", "2", "3", "5"]
    assert '<c r="B3" s="3"><v>7</v></c>' in found
    row = found[found.index('<row r="5"') :]
    assert [part.split('"')[1] for part in row.split("<c ")[1:]] == ["A5", "C5", "D5"]


def test_people_are_listed_by_the_numbers_that_the_register_has(tmp_path: Path) -> None:
    rows = [["身份证号码", "姓名", "与户主关系"], [ID, "", ""], [id_number("99010119800101003"), "", ""]]
    done, _ = filled(tmp_path, rows)
    assert cells(done.path)[1][1:] == ["=张三", "户主"]
    assert done.left == ("A3",)
