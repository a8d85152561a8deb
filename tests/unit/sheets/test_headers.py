"""Headers are found wherever they stand, and columns by what they are called."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter

from bangfu.core.sheets import RawSheet, RawWorkbook, read_workbook, stage_workbook
from bangfu.core.sheets.headers import Header, find_header
from bangfu.core.sheets.layouts import Target, build_layout, load_layouts
from tests.unit.sheets.books import TODAY, VOCABULARY, write_xlsx

LAYOUTS = load_layouts()
PERSON_SHEET = (
    "省,市,县,乡,村,户编号,人口编号,姓名,性别,出生日期,证件类型,证件号码,民族,户联系电话,成员联系电话,年度,与户主关系,文化程度,在校生状况,"
    "劳动技能,务工时间（月）,健康状况,政治面貌,务工企业名称,是否享受低保,是否参加城镇职工基本养老保险,是否参加大病保险,"
    "是否参加新型农村合作医疗（城乡居民基本医疗保险）,是否参加城乡居民基本养老保险,失学或辍学原因,是否会讲普通话,是否参加商业补充医疗保险,"
    "是否国外务工,产业分类,是否接受大病医疗救助,是否接受其他健康扶贫,公益性岗位类型,公益性岗位(月数),就业渠道,残疾类别,务工所在地,户主姓名,"
    "户主证件号码,是否参加城镇职工基本医疗保险,是否特困供养人员,残疾证办证年度,识别标准"
)
HOUSEHOLD_SHEET = (
    "县,乡,村,户编号,户联系电话,户类型,监测对象类别,是否军烈属,工资性收入,转移性收入,养老金或离退休金,生产经营性收入,计划生育金,生态补偿金,"
    "财产性收入,最低生活保障金,其他转移性收入,资产收益扶贫分红收入,特困人员救助供养金,其他财产性收入（旧指标）,生产经营性支出,纯收入（元）,"
    "当前家庭人口数,人均纯收入（元）,年度家庭人口数,耕地面积（亩）,牧草地面积,水面面积,林地面积（亩）,退耕还林面积（亩）,林果面积（亩）,"
    "入户路类型,与村主干路距离,是否加入农民专业合作组织,是否危房户,住房面积,主要燃料类型,是否有龙头企业带动,是否有创业致富带头人带动,"
    "是否通生活用电,是否通广播电视,到户产业帮扶类型,是否解决安全饮用水,是否通生产用电,公益性岗位收入,其他工资性收入,产业奖励,就业奖励,"
    "生产经营性支出（合计）,专项用于减少生产经营性支出的补贴,年收入（元）,是否有卫生厕所"
)
PAIRING_SHEET = (
    "市,县,乡,户编号,单位名称,隶属关系,姓名,性别,联系人电话,户主个人编号,户主姓名,户主证件号码,帮扶开始时间,帮扶结束时间,帮扶责任人编号,"
    "帮扶单位编号,政治面貌"
)
CADRE_SHEET = "姓名,单位,职务,单位隶属关系,电话,驻村时间,是否队长,是否第一书记,起止"


def sheet_of(*rows: str) -> RawSheet:
    """Rows of titles, cells parted by commas."""
    grid = [row.split(",") for row in rows]
    width = max(map(len, grid))
    return RawSheet.of_rows("表", [[*row, *[""] * (width - len(row))] for row in grid])


def header_of(layout: str, *rows: str) -> Header:
    found = find_header(sheet_of(*rows), LAYOUTS[layout])
    assert found is not None
    return found


def names(header: Header) -> list[str]:
    return [header.targets[at].name for at in sorted(header.targets)]


@pytest.mark.parametrize(
    ("layout", "titles"),
    [
        ("person", PERSON_SHEET),
        ("household", HOUSEHOLD_SHEET),
        ("pairing", PAIRING_SHEET),
        ("village_cadre", CADRE_SHEET),
    ],
)
def test_every_title_of_the_official_sheets_is_known(layout: str, titles: str) -> None:
    header = header_of(layout, titles)
    assert (header.unknown, header.clashes, header.missing(LAYOUTS[layout])) == ((), (), ())
    staged = stage_workbook(
        RawWorkbook("表.csv", "csv", (sheet_of(titles, "x" + "," * titles.count(",")),)), VOCABULARY, TODAY
    )
    assert [sheet.layout.id for sheet in staged.sheets] == [layout]


def test_rows_of_titles_above_are_passed_over() -> None:
    header = header_of(
        "person", "某县人口信息表（2019年度）", "填报单位：某乡", "序号,户编号,姓名,与户主关系"
    )
    assert (header.first, header.last, header.year) == (2, 2, 2019)
    assert names(header) == ["skip.serial", "household.household_code", "person.full_name", "person.relation"]
    assert header_of("person", "2018年、2019年", "户编号,姓名").year is None


def test_width_spaces_stars_numbers_and_units_do_not_matter() -> None:
    header = header_of(
        "person", "＊户　编号,1、姓 名：,与户主\n关系,务工时间(月）,健康状况（可多选）,务工时间（天）"
    )
    assert names(header) == [
        "household.household_code", "person.full_name", "person.relation", "person.work_months", "person.health",
    ]  # fmt: skip
    assert header.clashes == (5,)  # the same fact a second time
    assert header.wrong_units(VOCABULARY) == {}


def test_a_remark_that_changes_the_meaning_is_not_passed_over() -> None:
    header = header_of("household", "户编号,户类型,当前家庭人口数(上年)")
    assert header.unknown == (2,)


def test_another_unit_is_found_out() -> None:
    header = header_of(
        "household",
        "户编号,户类型,工资性收入（万元）,耕地面积（公顷）,住房面积（㎡）,与村主干路距离（公里）,转移性收入(元/年)",
    )
    assert header.wrong_units(VOCABULARY) == {2: "元", 3: "亩"}


def test_headers_of_two_rows_with_merged_cells(tmp_path: Path) -> None:
    path = tmp_path / "表.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.merge_range("A1:G1", "结对帮扶台账")
        sheet.merge_range("A2:A3", "户编号")
        sheet.merge_range("B2:C2", "户主")
        sheet.merge_range("D2:F2", "帮扶责任人")
        sheet.write_row("B3", ["姓名", "证件号码", "姓名", "电话", "职务"])
        sheet.merge_range("G2:G3", "帮扶开始时间")
        sheet.write_row("A4", ["9901", "张三", "x", "李四", "15400000000", "科员", "2019-1-1"])
    raw = read_workbook(path).sheets[0]
    header = find_header(raw, LAYOUTS["pairing"])
    assert header is not None
    assert (header.first, header.last) == (1, 2)
    assert names(header) == [
        "household.household_code", "household.head_name", "household.head_id_number", "cadre.full_name", "cadre.phone",
        "cadre.post", "pairing.start_on",
    ]  # fmt: skip
    assert header.texts[1] == "户主 姓名"


def test_a_year_in_the_title_of_an_amount() -> None:
    header = header_of("income", "户编号,2018年工资性收入,2019年工资性收入,2019年姓名")
    assert header.targets[1] == Target("income_item", "amount", "wage", 2018)
    assert header.targets[2].name == "income_item.amount.wage.2019"
    assert header.unknown == (3,)  # a name has no year


def test_no_header_at_all() -> None:
    assert find_header(sheet_of("填表说明", "一、二"), LAYOUTS["person"]) is None
    assert find_header(RawSheet("空", []), LAYOUTS["person"]) is None


def staged(
    tmp_path: Path, sheets: dict[str, list[list[object]]], layout: str | None = None
) -> tuple[list[str], list[str], list[str]]:
    read = stage_workbook(read_workbook(write_xlsx(tmp_path / "表.xlsx", sheets)), VOCABULARY, TODAY, layout)
    return (
        [sheet.layout.id for sheet in read.sheets],
        [problem.render() for problem in read.refusals],
        [problem.render() for problem in read.notes],
    )


def test_sheets_are_recognised_and_the_others_named(tmp_path: Path) -> None:
    found, refusals, notes = staged(
        tmp_path,
        {
            "人口": [["户编号", "姓名", "与户主关系", "血型"], ["9901", "张三", "户主", "A"]],
            "收入": [["户编号", "年度", "工资性收入"], ["9901", 2019, 5]],
            "说明": [["填表说明"]],
        },
    )
    assert (found, refusals) == (["person", "income"], [])
    assert notes == [
        "表.xlsx 人口: 按人口信息表读；不认识、没有导入的列：血型",
        "表.xlsx 说明: 认不出是哪种表，没有导入",
    ]


def test_hidden_sheets_are_left_alone_and_named(tmp_path: Path) -> None:
    path = tmp_path / "表.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("人口")
        for at, row in enumerate([["户编号", "姓名", "与户主关系"], ["9901", "张三", "户主"]]):
            sheet.write_row(at, 0, row)
        book.add_worksheet("代码").hide()
    read = stage_workbook(read_workbook(path), VOCABULARY, TODAY)
    assert [note.render() for note in read.notes] == ["表.xlsx 代码: 隐藏的工作表没有读"]


def test_what_is_wrong_with_a_header_refuses_the_sheet(tmp_path: Path) -> None:
    found, refusals, _ = staged(
        tmp_path, {"人口": [["户编号", "姓名", "证件号码", "身份证号", "性别"], ["9901", "张三", "", "", ""]]}
    )
    assert found == []
    assert refusals[0].startswith("表.xlsx 人口: 按人口信息表缺少必需的列：与户主关系")
    assert refusals[1].startswith("表.xlsx 人口!D1: “身份证号”与前面的一列意思相同")
    _, refusals, _ = staged(tmp_path, {"户": [["户编号", "户类型", "耕地面积（公顷）"], ["9901", "", 1]]})
    assert refusals == ["表.xlsx 户!C1: “耕地面积(公顷)”的单位应为亩 换算成亩并改表头后再导入"]
    _, refusals, _ = staged(
        tmp_path, {"收入": [["户编号", "姓名", "年度"], ["9901", "张三", 2019]]}, layout="income"
    )
    assert refusals[0].startswith("表.xlsx 收入: 按家庭收入表缺少必需的列：收入项目（如“工资性收入”）")
    _, refusals, _ = staged(
        tmp_path, {"干部": [["姓名", "单位", "职务"], ["李四", "某局", "科员"]]}, layout="village_cadre"
    )
    assert "是否队长、是否第一书记、到任日期、起止时间、派驻开始日期" in refusals[0]


def test_a_workbook_in_which_nothing_is_recognised_is_refused(tmp_path: Path) -> None:
    found, refusals, notes = staged(tmp_path, {"甲": [["一", "二"]], "乙": []})
    assert (found, len(notes)) == ([], 2)
    assert refusals[0].startswith("表.xlsx: 没有一张工作表能认出来 核对表头；能认的有：")


def test_a_sheet_that_fits_two_layouts_alike_has_to_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin = LAYOUTS["person"]
    monkeypatch.setattr("bangfu.core.sheets.detecting.load_layouts", lambda: {"person": twin, "twin": twin})
    sheets: dict[str, list[list[object]]] = {
        "人口": [["户编号", "姓名", "与户主关系"], ["9901", "张三", "户主"]]
    }
    _, refusals, _ = staged(tmp_path, sheets)
    assert refusals == ["表.xlsx 人口: 像是几种表：人口信息表、人口信息表 导入时指明是哪种表（--layout）"]
    assert staged(tmp_path, sheets, layout="twin")[0] == ["person"]


COMMON: dict[str, dict[str, str]] = {"headers": {}, "forms": {}, "derived": {}, "exempt": {}}


def test_layouts_are_held_against_the_vocabulary() -> None:
    base = {"layout": "x", "name": "x", "tables": ["person"], "needed": []}
    for wrong in (
        {"needed": ["person.nothing"], "rows": {}},
        {"needed": ["nothing.full_name"], "rows": {}},
        {"needed": ["place.street"], "rows": {}},
        {"rows": {"person": {"keys": [["nothing"]]}}},
        {"rows": {"person": {"keys": [["full_name"]], "constants": {"nothing": True}}}},
    ):
        with pytest.raises(ValueError, match="layout: "):
            build_layout(base | wrong, COMMON, VOCABULARY)
