"""The product's own vocabulary: it fits together, and says what the official sheets say."""

from pathlib import Path

import pytest
import sqlglot

from bangfu.core.vocabulary import (
    Column,
    ColumnType,
    Empty,
    Sensitivity,
    Vocabulary,
    check_vocabulary,
    load_vocabulary,
)
from bangfu.core.vocabulary.load import code_list, declared_in, table

PERSON_SHEET = (
    "户编号,人口编号,姓名,性别,出生日期,证件类型,证件号码,民族,户联系电话,成员联系电话,年度,与户主关系,文化程度,在校生状况,劳动技能,"
    "务工时间（月）,健康状况,政治面貌,务工企业名称,是否享受低保,是否参加城镇职工基本养老保险,是否参加大病保险,"
    "是否参加新型农村合作医疗（城乡居民基本医疗保险）,是否参加城乡居民基本养老保险,失学或辍学原因,是否会讲普通话,"
    "是否参加商业补充医疗保险,是否国外务工,产业分类,是否接受大病医疗救助,是否接受其他健康扶贫,公益性岗位类型,公益性岗位(月数),"
    "就业渠道,残疾类别,务工所在地,户主姓名,户主证件号码,是否参加城镇职工基本医疗保险,是否特困供养人员,残疾证办证年度,识别标准"
)
HOUSEHOLD_SHEET = (
    "县,乡,村,户联系电话,户类型,监测对象类别,是否军烈属,当前家庭人口数,年度家庭人口数,耕地面积（亩）,牧草地面积,水面面积,林地面积（亩）,"
    "退耕还林面积（亩）,林果面积（亩）,入户路类型,与村主干路距离,是否加入农民专业合作组织,是否危房户,住房面积,主要燃料类型,"
    "是否有龙头企业带动,是否有创业致富带头人带动,是否通生活用电,是否通广播电视,到户产业帮扶类型,是否解决安全饮用水,是否通生产用电,"
    "专项用于减少生产经营性支出的补贴,是否有卫生厕所"
)
INCOME_HEADERS = (
    "工资性收入,转移性收入,养老金或离退休金,生产经营性收入,计划生育金,生态补偿金,财产性收入,最低生活保障金,其他转移性收入,"
    "资产收益扶贫分红收入,特困人员救助供养金,其他财产性收入（旧指标）,公益性岗位收入,其他工资性收入,产业奖励,就业奖励"
)
PAIRING_SHEET = (
    "户编号,单位名称,隶属关系,姓名,性别,联系人电话,户主姓名,户主证件号码,"
    "帮扶开始时间,帮扶结束时间,帮扶责任人编号,帮扶单位编号,政治面貌"
)
EXITED_SHEET = (
    "户编号,人编号,姓名,证件号码,人数,与户主关系,致贫原因1,危房户,户联系电话,人联系电话,首次识别时间,人员识别时间,"
    "户类型,易返贫致贫户(监测对象)类型,风险是否消除,风险识别时间,风险消除时间"
)


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return load_vocabulary()


def headers(vocabulary: Vocabulary) -> set[str]:
    columns = [column for table in vocabulary.tables.values() for column in table.columns.values()]
    return {name for column in columns for name in (column.name, *column.aliases)}


def test_it_fits_together(vocabulary: Vocabulary) -> None:
    assert check_vocabulary(vocabulary) == []


@pytest.mark.parametrize("sheet", [PERSON_SHEET, HOUSEHOLD_SHEET, PAIRING_SHEET, EXITED_SHEET])
def test_it_knows_the_headers_of_the_official_sheets(vocabulary: Vocabulary, sheet: str) -> None:
    assert [header for header in sheet.split(",") if header not in headers(vocabulary)] == []


def test_it_knows_the_kinds_of_income_of_the_official_sheet(vocabulary: Vocabulary) -> None:
    kinds = vocabulary.codes["income_kind"]
    assert [header for header in INCOME_HEADERS.split(",") if kinds.code_of(header) is None] == []


def test_names_and_numbers_of_people_never_enter_a_snapshot(vocabulary: Vocabulary) -> None:
    words = ("姓名", "证件号码", "电话", "账号", "住址")
    leaks = [
        (table.id, column.id)
        for table in vocabulary.tables.values()
        for column in table.columns.values()
        if column.in_snapshot and any(column.name.endswith(word) for word in words)
    ]
    assert leaks == []


def test_every_identifier_can_stand_in_an_expression(vocabulary: Vocabulary) -> None:
    names = {column.id for table in vocabulary.tables.values() for column in table.columns.values()}
    for name in sorted(names):
        assert sqlglot.parse_one(f"{name} = 1").find(sqlglot.exp.Column) is not None, name


@pytest.mark.parametrize(
    ("subject", "name", "path"),
    [
        ("household", "person", ["household"]),
        ("household", "上年收入项", ["household"]),
        ("household", "上年收入", []),
        ("household", "previous_income_item", ["household"]),
        ("household", "cadre", ["household by pairing"]),
        ("cadre", "结对", ["cadre"]),
        ("agency", "stay", ["cadre", "agency by agency_membership"]),
        ("team", "stay", ["cadre", "team by team_membership"]),
        ("batch", "驻村", ["cadre", "batch by batch_duty"]),
        ("township", "pairing", ["household", "village", "township"]),
        ("township", "cadre", ["township"]),
        ("county", "household", ["village", "township", "county"]),
        ("village", "village", []),
    ],
)
def test_paths_to_the_subject(vocabulary: Vocabulary, subject: str, name: str, path: list[str]) -> None:
    relation = vocabulary.relation(subject, name)
    links = relation.path if relation else ()
    assert [link.parent + (f" by {link.through}" if link.through else "") for link in links] == path


def test_last_years_rows_go_by_a_name_of_their_own(vocabulary: Vocabulary) -> None:
    last, this = (vocabulary.relation("household", name) for name in ("previous_income_item", "收入项"))
    assert last is not None
    assert this is not None
    assert (last.year_shift, this.year_shift) == (-1, 0)


def test_one_official_cell_may_state_two_facts(vocabulary: Vocabulary) -> None:
    types = vocabulary.code_list(vocabulary.tables["household"].columns["household_type"])
    code = types.code_of("低保脱贫户")
    assert code is not None
    assert types.implies["household_status"][code] == "exited"


HOUSE = "{table: house, name: 房, english: house, %s}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HOUSE % "columns: {roof: {type: text}}", "house.yaml: column roof: 'name'"),
        (
            HOUSE % "columns: {roof: {name: 屋面, type: tile}}",
            "house.yaml: column roof: 'tile' is not a valid",
        ),
        (HOUSE % "links: [{to: village}]", "house.yaml: .* unexpected keyword argument 'to'"),
        ("{table: house}", "house.yaml: 'name'"),
        ("{table: house, table: home}", "house.yaml: (.|\n)*found duplicate key"),
    ],
)
def test_a_declaration_that_cannot_be_read_names_its_file(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "house.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=told):
        list(declared_in(tmp_path, table))


def test_declarations_come_in_the_order_of_their_files(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yaml", "notes.md"):
        text = f"{{codes: {name[0]}, name: 表, labels: {{x: 甲}}}}"
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert [codes.id for codes in declared_in(tmp_path, code_list)] == ["a", "b"]


def test_defaults_of_a_column() -> None:
    column = table(
        {
            "table": "house",
            "name": "房",
            "english": "house",
            "source": "domain",
            "columns": {"roof": {"name": "屋面", "type": "bool"}},
        }
    ).columns["roof"]
    assert column == Column(
        "roof", "屋面", "roof", ColumnType.BOOL, Empty.NOT_KNOWN, Sensitivity.INTERNAL, "domain"
    )


def test_the_files_of_the_vocabulary_say_each_table_once() -> None:
    folder = Path(str(load_vocabulary.__wrapped__.__code__.co_filename)).parent
    for kind, key in (("tables", "table"), ("codes", "codes")):
        for path in sorted((folder / kind).iterdir()):
            assert path.read_text(encoding="utf-8").startswith(f"{key}: {path.stem}\n"), path.name


def test_some_rows_belong_to_a_time_and_some_just_stand(vocabulary: Vocabulary) -> None:
    dated = {table.id for table in vocabulary.tables.values() if table.timing.is_dated}
    assert {"stay", "visit", "income_item"} <= dated
    assert not {"household", "person", "housing"} & dated
