"""A person sheet of the official layout, from the file to typed columns."""

from datetime import date
from pathlib import Path

import xlsxwriter

from bangfu.core.sheets.headers import find_header
from bangfu.core.sheets.layouts import load_layouts
from bangfu.core.sheets.reading import read_workbook
from bangfu.core.sheets.staging import stage_sheet
from bangfu.core.vocabulary import load_vocabulary

TODAY = date(2020, 12, 1)


def test_a_person_sheet_below_a_title_becomes_typed_columns(tmp_path: Path) -> None:
    path = tmp_path / "人口.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("人口")
        sheet.merge_range("A1:F1", "某县脱贫人口信息表（2020年度）")
        sheet.write_row(1, 0, ["序号", "姓 名", "户编号", "与户主关系", "证件号码", "务工时间（月）"])
        sheet.write_row(2, 0, [1, "张 三", "990000000001", "户主", "44052418800101001441", 6])
        sheet.write_row(3, 0, [2, "李四", "990000000001", "配偶", "11010519491231002x", "十三"])
        sheet.write_row(4, 0, ["填表人：王五"])
    raw = read_workbook(path).sheets[0]
    layout = load_layouts()["person"]

    header = find_header(raw, layout)
    assert header is not None
    staged = stage_sheet(raw, layout, header, load_vocabulary(), TODAY)

    assert (header.first, header.last) == (1, 1)
    assert staged.frame["person.full_name"].to_list() == ["张三", "李四"]
    assert staged.frame["person.relation"].to_list() == ["head", "spouse"]
    assert staged.frame["person.id_number"].to_list() == ["440524188001010014", "11010519491231002X"]
    assert staged.frame["person.disability?"].to_list() == ["limb", None]
    assert staged.frame["person.birth_date?"].to_list() == [date(1880, 1, 1), date(1949, 12, 31)]
    assert staged.frame["person.work_months"].to_list() == [6, None]
    assert staged.issues.select("row", "target", "code").rows() == [(3, "person.work_months", "not_number")]
    assert staged.skipped == (4,)
