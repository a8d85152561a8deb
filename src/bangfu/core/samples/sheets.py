"""The five official sheets of a township, filled from its sample register: clean, as an office wants them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from bangfu.core.samples.pages import Formula, Page, Titled, Value
from bangfu.core.sheets.cells import reference
from bangfu.core.vocabulary import ColumnType, load_vocabulary

Tables = dict[str, pl.DataFrame]
HOUSEHOLDS, PEOPLE, INCOMES = "户信息表.xlsx", "人口信息表.xlsx", "家庭收入表.xlsx"
PAIRINGS, STATIONED = "帮扶责任人结对表.csv", "驻村干部表.xlsx"
_AGREED = ("agreed_by_agency", "agreed_by_village")
_LISTED = ("registered", "exited", "returned")
_WAGES = ("public_post_wage", "other_wage")
_PROPERTY = ("asset_dividend", "other_property")
_TRANSFERS = (
    "family_planning",
    "low_income_allowance",
    "destitute_support",
    "pension",
    "ecology",
    "other_transfer",
)
_FOLDED = {
    "farm_subsidy": "other_transfer",
    "support_payment": "other_transfer",
    "crops": "business",
    "livestock": "business",
}

_HOUSEHOLD_COLUMNS = (  # group, title, vocabulary column
    ("基本情况", "户编号", "household.household_code"),
    ("基本情况", "户主姓名", "household.head_name"),
    ("基本情况", "户主证件号码", "household.head_id_number"),
    ("基本情况", "户联系电话", "household.phone"),
    ("基本情况", "户类型", "household.household_type"),
    ("基本情况", "脱贫状态", "household.household_status"),
    ("基本情况", "监测对象类型", "household.monitoring_kind"),
    ("基本情况", "风险是否消除", "household.risk_removed"),
    ("基本情况", "首次识别时间", "household.identified_on"),
    ("基本情况", "脱贫时间", "household.exited_on"),
    ("基本情况", "脱贫年度", "household.exit_year"),
    ("基本情况", "计划脱贫年度", "household.planned_exit_year"),
    ("基本情况", "主要致贫原因", "household.poverty_causes"),
    ("基本情况", "当前家庭人口数", "household.headcount"),
    ("基本情况", "年度家庭人口数", "household.year_headcount"),
    ("基本情况", "是否低保户", "household.is_low_income"),
    ("基本情况", "是否特困供养户", "household.is_destitute"),
    ("基本情况", "是否军烈属", "household.is_soldier_family"),
    ("土地（亩）", "耕地面积（亩）", "land.cultivated_area"),
    ("土地（亩）", "林地面积（亩）", "land.forest_area"),
    ("土地（亩）", "退耕还林面积（亩）", "land.reforested_area"),
    ("土地（亩）", "林果面积（亩）", "land.orchard_area"),
    ("土地（亩）", "水面面积（亩）", "land.water_area"),
    ("吃穿住用", "口粮充足", "household.grain_enough"),
    ("吃穿住用", "换季换洗衣物", "household.has_seasonal_clothes"),
    ("吃穿住用", "御寒被褥", "household.has_warm_bedding"),
    ("吃穿住用", "是否解决安全饮用水", "household.water_safe"),
    ("吃穿住用", "是否危房户", "household.in_dangerous_house"),
    ("吃穿住用", "住房安全等级", "household.housing_grade"),
    ("吃穿住用", "住房面积", "household.housing_area"),
    ("吃穿住用", "是否通生活用电", "household.has_power"),
    ("吃穿住用", "是否通广播电视", "household.has_broadcast"),
    ("吃穿住用", "是否有卫生厕所", "household.has_sanitary_toilet"),
    ("吃穿住用", "入户路类型", "household.road_kind"),
    ("吃穿住用", "与村主干路距离", "household.road_distance"),
    ("吃穿住用", "主要燃料类型", "household.fuel"),
    ("产业", "是否加入农民专业合作组织", "household.in_cooperative"),
    ("产业", "是否有龙头企业带动", "household.has_leading_enterprise"),
    ("产业", "是否有创业致富带头人带动", "household.has_leading_person"),
    ("产业", "到户产业帮扶类型", "household.industry_kind"),
)
_PERSON_COLUMNS = (
    ("户编号", "household.household_code"),
    ("人编号", "person.person_code"),
    ("姓名", "person.full_name"),
    ("性别", "person.gender"),
    ("出生日期", "person.birth_date"),
    ("证件类型", "person.id_kind"),
    ("证件号码", "person.id_number"),
    ("民族", "person.ethnic_group"),
    ("人联系电话", "person.phone"),
    ("与户主关系", "person.relation"),
    ("文化程度", "person.education"),
    ("在校生状况", "person.schooling"),
    ("失学或辍学原因", "person.dropout_reason"),
    ("劳动技能", "person.labour"),
    ("务工时间（月）", "person.work_months"),
    ("务工所在地", "person.work_place"),
    ("务工企业名称", "person.employer"),
    ("就业渠道", "person.job_channel"),
    ("是否国外务工", "person.works_abroad"),
    ("公益性岗位类型", "person.public_post"),
    ("公益性岗位(月数)", "person.public_post_months"),
    ("健康状况", "person.health"),
    ("残疾类别", "person.disability"),
    ("残疾证办证年度", "person.disability_year"),
    ("政治面貌", "person.political_status"),
    ("是否参加新型农村合作医疗（城乡居民基本医疗保险）", "person.resident_medical"),
    ("是否参加城镇职工基本医疗保险", "person.employee_medical"),
    ("是否参加大病保险", "person.critical_illness"),
    ("是否参加商业补充医疗保险", "person.commercial_medical"),
    ("是否参加城乡居民基本养老保险", "person.resident_pension"),
    ("是否参加城镇职工基本养老保险", "person.employee_pension"),
    ("是否接受大病医疗救助", "person.illness_aided"),
    ("是否接受其他健康扶贫", "person.other_health_aid"),
    ("是否享受低保", "person.low_income"),
    ("是否特困供养人员", "person.destitute"),
    ("是否会讲普通话", "person.speaks_mandarin"),
    ("人员识别时间", "person.joined_on"),
)
_INCOME_COLUMNS = (  # group, title, code of income or what the sheet adds up
    ("工资性收入（元）", "工资性收入", "wage"),
    ("工资性收入（元）", "公益性岗位收入", "public_post_wage"),
    ("工资性收入（元）", "其他工资性收入", "other_wage"),
    ("", "生产经营性收入", "business"),
    ("财产性收入（元）", "财产性收入", "property"),
    ("财产性收入（元）", "资产收益扶贫分红收入", "asset_dividend"),
    ("财产性收入（元）", "其他财产性收入（旧指标）", "other_property"),
    ("转移性收入（元）", "转移性收入", "transfer"),
    ("转移性收入（元）", "计划生育金", "family_planning"),
    ("转移性收入（元）", "最低生活保障金", "low_income_allowance"),
    ("转移性收入（元）", "特困人员救助供养金", "destitute_support"),
    ("转移性收入（元）", "养老金或离退休金", "pension"),
    ("转移性收入（元）", "生态补偿金", "ecology"),
    ("转移性收入（元）", "其他转移性收入", "other_transfer"),
)


def cells(frame: pl.DataFrame, column: str) -> list[Value]:
    """A vocabulary column (`table.column`) of a frame as people write it: labels, 是/否, plain numbers."""
    table, _, name = column.partition(".")
    declared = load_vocabulary().tables[table].columns[name]
    values = frame[name]
    match declared.type:
        case ColumnType.CODE | ColumnType.CODES:
            labels = load_vocabulary().code_list(declared).labels
            return [None if v is None else "、".join(labels[code] for code in v.split(",")) for v in values]
        case ColumnType.BOOL:
            return [None if v is None else "是" if v else "否" for v in values]
        case ColumnType.DECIMAL:
            return [None if v is None else float(v) for v in values]
        case ColumnType.DATE:
            return [None if v is None else v.isoformat() for v in values]
        case _:
            return values.to_list()


def official_pages(tables: Tables, as_of: date) -> dict[str, list[Page]]:
    """File name → pages, for households that are or were on the list or are watched."""
    place = (
        tables["township"]["division_name"][0]
        if tables["township"].height == 1
        else tables["county"]["division_name"][0]
    )
    household = tables["household"].filter(
        pl.col("household_status").is_in(_LISTED) | pl.col("monitoring_kind").is_not_null()
    )
    household = household.join(_places(tables), on="group_id", maintain_order="left").sort("household_id")
    title = f"{place}{{}}（{as_of.year}年度）"
    return {
        HOUSEHOLDS: [_households(tables, household, title.format("建档立卡户信息表"), as_of)],
        PEOPLE: [_people(tables, household, title.format("家庭成员信息表"), as_of)],
        INCOMES: [
            _incomes(tables, household, f"{place}建档立卡户家庭收入表（{year}年度）", year)
            for year in (as_of.year, as_of.year - 1)
        ],
        PAIRINGS: [_pairings(tables, household, title.format("帮扶责任人结对表"))],
        STATIONED: [_stationed(tables, title.format("驻村干部情况表"))],
    }


def _places(tables: Tables) -> pl.DataFrame:
    """Names of county, township, village and group by group_id."""
    village = tables["village"].select("village_id", "township_id", village="division_name")
    township = tables["township"].select("township_id", township="division_name")
    group = tables["group"].select("group_id", "group_name", of="village_id")
    county = pl.lit(tables["county"]["division_name"][0])
    return (
        group.join(village, left_on="of", right_on="village_id")
        .join(township, on="township_id")
        .select("group_id", "group_name", "village", "township", county=county)
    )


def _place_cells(frame: pl.DataFrame) -> list[list[Value]]:
    return [frame[name].to_list() for name in ("county", "township", "village")]


def _page(
    file: str, sheet: str, titles: Sequence[str], columns: Sequence[Titled], values: Sequence[Sequence[Value]]
) -> Page:
    numbered: list[Sequence[Value]] = [list(range(1, len(values[0]) + 1)), *values]
    return Page(
        file, sheet, titles, [Titled("序号"), *columns], [list(row) for row in zip(*numbered, strict=True)]
    )


def _households(tables: Tables, household: pl.DataFrame, title: str, as_of: date) -> Page:
    frames = {
        "household": household,
        "land": household.select("household_id").join(
            tables["land"], on="household_id", maintain_order="left"
        ),
    }
    columns = [Titled(text, "所在地") for text in ("县(市、区)", "乡(镇)", "行政村", "村民小组")]
    columns += [Titled(text, group) for group, text, _ in _HOUSEHOLD_COLUMNS]
    values = [*_place_cells(household), household["group_name"].to_list()]
    values += [cells(frames[name.partition(".")[0]], name) for _, _, name in _HOUSEHOLD_COLUMNS]
    note = f"填报单位：镇扶贫工作站　　填报日期：{as_of.isoformat()}"
    page = _page(HOUSEHOLDS, "户信息", [title, note], columns, values)
    page.footer = "填表说明：是否类栏目填“是”或“否”，不清楚的留空。"
    page.chart = ("当前家庭人口数", page.at("当前家庭人口数"))
    return page


def _people(tables: Tables, household: pl.DataFrame, title: str, as_of: date) -> Page:
    homes = household.select(
        "household_id", "household_code", "county", "township", "village", home_phone="phone"
    )
    person = (
        tables["person"]
        .join(homes, on="household_id", maintain_order="left")
        .filter(pl.col("household_code").is_not_null())
    )
    columns = [
        Titled(text)
        for text in ("县", "乡（镇）", "行政村", *[text for text, _ in _PERSON_COLUMNS], "户联系电话", "年度")
    ]
    values = _place_cells(person)
    values += [cells(person, name) for _, name in _PERSON_COLUMNS]
    values += [person["home_phone"].to_list(), [as_of.year] * person.height]
    return _page(PEOPLE, "人口信息", [title], columns, values)


def _incomes(tables: Tables, household: pl.DataFrame, title: str, year: int) -> Page:
    """One row a household; totals as the official form adds them, the net income by formula."""
    items = tables["income_item"].filter(
        (pl.col("year") == year) & ~pl.col("source").is_in(["condolence", "relief"])
    )
    items = items.with_columns(pl.col("source").replace(_FOLDED))
    sums = items.group_by("household_id", "source").agg(pl.col("amount").cast(pl.Float64).sum())
    wide = sums.pivot("source", index="household_id", values="amount")
    frame = household.join(wide, on="household_id", how="left", maintain_order="left")
    codes = {code for _, _, code in _INCOME_COLUMNS} - {"wage", "property", "transfer"}
    frame = frame.with_columns(
        pl.lit(None, pl.Float64).alias(code) for code in sorted(codes - set(frame.columns))
    )
    frame = frame.with_columns(
        _sum(_WAGES, "wage"), _sum(_PROPERTY, "property"), _sum(_TRANSFERS, "transfer")
    )
    costs = tables["production_cost"].filter(pl.col("year") == year)
    spent = costs.group_by("household_id").agg(pl.col("amount").cast(pl.Float64).sum().alias("spent"))
    frame = frame.join(spent, on="household_id", how="left", maintain_order="left")
    columns = [
        Titled(text) for text in ("乡(镇)", "行政村", "户编号", "户主姓名", "户主证件号码", "家庭人口")
    ]
    columns += [Titled(text, group) for group, text, _ in _INCOME_COLUMNS]
    columns += [Titled("生产经营性支出（合计）"), Titled("纯收入（元）"), Titled("人均纯收入（元）")]
    values: list[list[Value]] = [frame[name].to_list() for name in ("township", "village")]
    values += [
        frame[name].to_list() for name in ("household_code", "head_name", "head_id_number", "headcount")
    ]
    values += [frame[code].to_list() for _, _, code in _INCOME_COLUMNS] + [frame["spent"].to_list()]
    values += [[None] * frame.height, [None] * frame.height]
    page = _page(INCOMES, f"{year}年收入", [title, "单位：元"], columns, values)
    _add_formulas(page, frame)
    return page


def _sum(parts: Sequence[str], name: str) -> pl.Expr:
    total = pl.sum_horizontal(pl.col(part).fill_null(0) for part in parts)
    return pl.when(total > 0).then(total).alias(name)


def _add_formulas(page: Page, frame: pl.DataFrame) -> None:
    """Net income and net income a person, as formulas with their stored values."""
    earned = ["工资性收入", "生产经营性收入", "财产性收入", "转移性收入"]
    whole = [
        frame[name].fill_null(0).to_list() for name in ("wage", "business", "property", "transfer", "spent")
    ]
    for row, ((*gained, spent), people) in enumerate(
        zip(zip(*whole, strict=True), frame["headcount"], strict=True)
    ):

        def cell(header: str, at: int = page.first_row + row) -> str:
            return reference(at, page.at(header))

        net = sum(gained) - spent
        page.write(
            row,
            "纯收入（元）",
            Formula(f"={'+'.join(map(cell, earned))}-{cell('生产经营性支出（合计）')}", net),
        )
        page.write(
            row, "人均纯收入（元）", Formula(f"={cell('纯收入（元）')}/{cell('家庭人口')}", net / people)
        )


def _pairings(tables: Tables, household: pl.DataFrame, title: str) -> Page:
    member = tables["agency_membership"].select("cadre_id", "agency_id")
    agency = tables["agency"].select("agency_id", "agency_name", "agency_code", "level")
    homes = household.select(
        "household_id", "household_code", "head_name", "head_id_number", "county", "township"
    )
    cadre = tables["cadre"].select(
        "cadre_id", "cadre_code", "full_name", "gender", "phone", "political_status"
    )
    frame = (
        tables["pairing"]
        .select("household_id", "cadre_id", "start_on", "end_on", *_AGREED)
        .join(homes, on="household_id")
    )
    frame = frame.join(cadre, on="cadre_id").join(member, on="cadre_id").join(agency, on="agency_id")
    frame = frame.sort("household_id", "start_on")
    titled = {
        "县": frame["county"].to_list(),
        "乡": frame["township"].to_list(),
        "户编号": frame["household_code"].to_list(),
        "户主姓名": frame["head_name"].to_list(),
        "户主证件号码": frame["head_id_number"].to_list(),
        "帮扶责任人编号": frame["cadre_code"].to_list(),
        "姓名": frame["full_name"].to_list(),
        "性别": cells(frame, "cadre.gender"),
        "联系人电话": frame["phone"].to_list(),
        "政治面貌": cells(frame, "cadre.political_status"),
        "帮扶单位编号": frame["agency_code"].to_list(),
        "单位名称": frame["agency_name"].to_list(),
        "隶属关系": cells(frame, "agency.level"),
        "帮扶开始时间": cells(frame, "pairing.start_on"),
        "帮扶结束时间": cells(frame, "pairing.end_on"),
        "驻村单位确定": cells(frame, "pairing.agreed_by_agency"),
        "村支两委确定": cells(frame, "pairing.agreed_by_village"),
    }
    return _page(
        PAIRINGS, "帮扶责任人结对表", [title], [Titled(text) for text in titled], list(titled.values())
    )


def _stationed(tables: Tables, title: str) -> Page:
    team = tables["team"].filter(pl.col("kind") == "stationed").select("team_id", "village_id")
    village = tables["village"].select("village_id", "township_id", village="division_name")
    township = tables["township"].select("township_id", township="division_name")
    member = tables["agency_membership"].select("cadre_id", "agency_id")
    agency = tables["agency"].select("agency_id", "agency_name", "level")
    frame = (
        tables["team_membership"]
        .join(team, on="team_id")
        .join(village, on="village_id")
        .join(township, on="township_id")
    )
    frame = frame.join(tables["cadre"].drop("township_id", "village_id"), on="cadre_id").join(
        member, on="cadre_id"
    )
    frame = frame.join(agency, on="agency_id").filter("is_stationed").sort("village_id", "cadre_id")
    frame = frame.with_columns(county=pl.lit(tables["county"]["division_name"][0]))
    titled = {
        "乡镇": frame["township"].to_list(),
        "村(社区)": frame["village"].to_list(),
        "姓名": frame["full_name"].to_list(),
        "性别": cells(frame, "cadre.gender"),
        "单位": frame["agency_name"].to_list(),
        "职务": cells(frame, "cadre.post"),
        "单位隶属关系": cells(frame, "agency.level"),
        "电话": frame["phone"].to_list(),
        "政治面貌": cells(frame, "cadre.political_status"),
        "是否队长": cells(frame, "cadre.is_captain"),
        "是否第一书记": cells(frame, "cadre.is_first_secretary"),
        "驻村时间": cells(frame, "team_membership.arrived_on"),
        "派驻开始日期": cells(frame, "team_membership.start_on"),
    }
    return _page(STATIONED, "驻村干部", [title], [Titled(text) for text in titled], list(titled.values()))
