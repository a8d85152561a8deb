"""What can be wrong with a cell: how grave it is, why, and what to do. Codes are stable."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bangfu.core.messages import N_


class Severity(StrEnum):
    """A refused cell keeps its household out; a doubtful one is taken as it is understood, and shown."""

    REFUSED = "refused"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True)
class Reason:
    """Templates; `{detail}` is what was understood, expected, or found elsewhere."""

    severity: Severity
    why: str
    remedy: str


def _refused(why: str, remedy: str) -> Reason:
    return Reason(Severity.REFUSED, why, remedy)


def _doubtful(why: str, remedy: str) -> Reason:
    return Reason(Severity.DOUBTFUL, why, remedy)


REASONS: dict[str, Reason] = {
    # any cell
    "fault": _refused(N_("公式出错（{detail}）"), N_("改正公式，或直接填写数值")),
    "formula_without_value": _refused(
        N_("公式没有计算结果"), N_("用 Excel 或 WPS 打开并保存一次，或改为数值")
    ),
    "date_in_text": _doubtful(
        N_("文字列里是日期，可能被 Excel 自动改写"), N_("核对原文，按文本格式重新填写")
    ),
    # numbers
    "not_number": _refused(N_("不是数字"), N_("只填数字，单位写在表头")),
    "not_integer": _refused(N_("不是整数"), N_("填整数")),
    "out_of_range": _refused(N_("超出允许范围（{detail}）"), N_("核对后更正")),
    "rounded": _doubtful(N_("小数多于两位，已按两位取整为 {detail}"), N_("如需要请改为两位小数")),
    "approximate": _doubtful(N_("带有“约”“万”等字样，已按 {detail} 理解"), N_("填写准确数字")),
    # dates
    "not_date": _refused(N_("不是能认出的日期"), N_("写成 2019-06-15 的样子")),
    "date_year": _refused(N_("只有年份，没有月日"), N_("补上月日，写成 2019-06-15 的样子")),
    "date_ambiguous": _refused(N_("日期有两种读法（{detail}）"), N_("写成 2019-06-15 的样子")),
    "date_month": _doubtful(N_("只写到月，已按当月 1 日 {detail} 记录"), N_("知道具体日期的请补上")),
    "date_two_digits": _doubtful(N_("年份只有两位，已按 {detail} 理解"), N_("写四位年份")),
    "date_order": _doubtful(N_("年份写在后面，已按 {detail} 理解"), N_("写成 2019-06-15 的样子")),
    "date_serial": _doubtful(N_("文字形式的日期序号，已按 {detail} 理解"), N_("写成 2019-06-15 的样子")),
    # yes and no, codes
    "not_bool": _refused(N_("看不出是“是”还是“否”"), N_("填“是”或“否”，不清楚就留空")),
    "unknown_code": _refused(N_("不在规定的选项里"), N_("可填：{detail}")),
    # text with a form
    "name_digits": _doubtful(N_("姓名里有数字"), N_("核对后更正")),
    "number_form": _refused(N_("编号只能由数字和字母组成"), N_("核对后更正")),
    "precision_lost": _refused(
        N_("长号码被 Excel 存成了数字，末几位已丢失"), N_("先把该列设为文本格式，再照证件重新填写")
    ),
    "precision_recovered": _doubtful(
        N_("长号码存成了数字，已从文件中取回原有各位"), N_("核对，并把该列设为文本格式")
    ),
    "phone_form": _doubtful(N_("不像电话号码（手机应为 11 位）"), N_("核对后更正，一格只填一个号码")),
    "id_characters": _refused(N_("证件号码里有不该有的字符"), N_("照证件重新填写；没有证件就留空")),
    "id_length": _doubtful(N_("证件号码是 {detail} 位，应为 18 位"), N_("照证件核对")),
    "id_birth": _doubtful(N_("证件号码里的出生日期不存在"), N_("照证件核对")),
    "id_checksum": _doubtful(N_("证件号码校验位不对，有一位写错了"), N_("照证件核对")),
    "id_old": _doubtful(N_("15 位旧号码，已换算成 18 位"), N_("照现用证件核对")),
    "birth_differs": _doubtful(N_("与证件号码里的出生日期 {detail} 不一致"), N_("照证件核对")),
    "gender_differs": _doubtful(N_("与证件号码的性别位（{detail}）不一致"), N_("照证件核对")),
    "id_suffix": _doubtful(N_("残疾证号后缀不合规则"), N_("照残疾人证核对")),
    # rows of the register
    "missing_key": _refused(N_("没有编号或证件号码，不知是谁"), N_("补上编号")),
    "ambiguous_match": _refused(
        N_("登记里有几条都对得上，不知是哪一条"), N_("补上编号，或先在登记中核对重复的记录")
    ),
    "key_differs": _refused(N_("与登记里同一人（户）的编号不同"), N_("核对编号；确实改了编号的先作更正")),
    "key_changes": _doubtful(N_("与登记里同名的人号码不同，按换了号码处理"), N_("核对是不是同一个人")),
    "not_in_register": _refused(N_("登记里没有这一户（人）"), N_("先导入户和人口，再导入这张表")),
    "duplicate_row": _refused(N_("与第 {detail} 行重复"), N_("删去重复的一行，或更正编号")),
    "differs_in_sheet": _refused(N_("与第 {detail} 行同一户（人、单位）的内容不同"), N_("改成一致")),
    "differs_between_sheets": _refused(N_("与另一张工作表里的内容不同"), N_("改成一致")),
    "differs_from_register": _doubtful(N_("与登记里的不同，没有采用"), N_("核对是否填错了行")),
    "changes_fixed": _doubtful(
        N_("与登记里的不同，而这一项一般不会变"), N_("核对；登记有误的，导入后即更正")
    ),
    "other_household": _refused(N_("登记里这个人在另一户"), N_("核对；确实迁移、分户的，先办变更")),
    "no_head": _refused(N_("这一户没有户主"), N_("在与户主关系中注明谁是户主")),
    "two_heads": _refused(N_("这一户有几个户主"), N_("一户只留一个户主")),
    "id_twice": _refused(N_("同一户里两个人的证件号码相同"), N_("照证件核对")),
    "id_in_two_households": _refused(N_("同一证件号码出现在两户"), N_("核对这个人属于哪一户")),
    "not_in_sheet": _doubtful(
        N_("登记里这一户还有表中没有的人（{detail} 人）"), N_("核对；已去世、迁出的办理变更")
    ),
    # places
    "place_missing": _refused(N_("没有写明在哪个村"), N_("补上乡、村的名称")),
    "place_unknown": _refused(N_("区划里没有这个地方"), N_("照行政区划的正式名称填写")),
    "place_ambiguous": _refused(N_("有几个同名的地方（{detail}）"), N_("补上县、乡的名称")),
    "place_outside": _refused(N_("不在本地（{detail}）范围内"), N_("核对；别处的数据请由别处导入")),
    "place_differs": _doubtful(N_("与登记里这一户所在的村不同，按表更正"), N_("核对是否填错了村")),
    # amounts
    "no_year": _refused(N_("不知是哪一年的收入"), N_("加上“年度”列，或在标题中写明年度")),
    "total_differs": _refused(N_("合计不等于各项之和（{detail}）"), N_("核对各项和合计")),
}
