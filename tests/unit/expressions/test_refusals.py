"""Every refusal of the language, with its message: what is wrong, and what to write instead."""

from __future__ import annotations

import pytest

from bangfu.core.expressions import ExpressionError, Scope, parse_scalar, parse_truth
from bangfu.core.expressions import nodes as n
from bangfu.core.expressions.resolving import MAX_DEPTH
from bangfu.core.expressions.syntax import MAX_LENGTH
from bangfu.core.vocabulary import load_vocabulary

VOCABULARY = load_vocabulary()


def scope(table: str = "household") -> Scope:
    return Scope(VOCABULARY, VOCABULARY.tables[table])


def refusal(text: str, table: str = "household", read: object = parse_truth) -> ExpressionError:
    with pytest.raises(ExpressionError) as found:
        read(text, scope(table))  # type: ignore[operator]
    return found.value


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        # not one expression
        ("", "not_one", "这里只能写一个表达式： 请去掉分号和多余的内容。"),
        ("has_power; grain_enough", "not_one", "请去掉分号和多余的内容。"),
        ("headcount >= ", "syntax", "表达式写法有误：headcount >=  请检查括号、引号和运算符是否成对、完整。"),
        ("(headcount >= 3", "syntax", "表达式写法有误：(headcount >= 3 请检查括号、引号"),
        ("fuel = '柴", "syntax", "表达式写法有误：fuel = '柴 请检查括号、引号和运算符是否成对、完整。"),
        ("headcount >= 3 /* 三人 */", "syntax", "表达式写法有误：headcount >= 3 /* 三人 */"),
        # not a condition, not a value
        ("headcount >= 3 few", "not_a_condition", "“headcount >= 3 AS few”不是判断条件。 条件由比较"),
        ("fuel LIKE '柴%'", "not_a_condition", "“fuel LIKE '柴%'”不是判断条件。"),
        ("headcount BETWEEN SYMMETRIC 3 AND 1", "not_a_condition", "BETWEEN 1 AND 3)”不是判断条件。"),
        ("EXISTS(SELECT 1)", "not_a_condition", "“EXISTS(SELECT 1)”不是判断条件。"),
        ("1 < headcount < 3", "not_a_value", "“1 < headcount”不是数、日期或文字。"),
        ("headcount % 2 = 0", "not_a_value", "“headcount % 2”不是数、日期或文字。"),
        ("headcount >= ?", "not_a_value", "“?”不是数、日期或文字。"),
        ("headcount = NULL", "not_a_value", "“NULL”不是数、日期或文字。"),
        ("headcount", "not_a_flag", "“headcount”不是“是/否”列，不能单独作为条件。 请写成比较，例如 headcount >= 1。"),
        # names
        ("headcont >= 3", "unknown_name", "“户”没有名为“headcont”的列、指标或参数。 是不是要写：headcount"),
        ("当前家庭人口 >= 3", "unknown_name", "“户”没有名为“当前家庭人口”的列、指标或参数。 是不是要写：当前家庭人口数"),
        ("qqq >= 3", "unknown_name", "“户”没有名为“qqq”的列、指标或参数。 请对照词汇表检查名称。"),
        ("household.headcount >= 3", "dotted", "“household.headcount”中的点用错了。 只在明细表的条件里可以写 household.列名"),
        ("has(person, village.is_poor)", "dotted", "“village.is_poor”中的点用错了。 只在明细表的条件里可以写 household.列名"),
        ("has(person, household.headcont >= 3)", "unknown_name", "“户”没有名为“headcont”的列、指标或参数。"),
        ("has(person, household.head_name = '张三')", "identity", "“户主姓名”是身份信息，不进入核查。"),
        ("head_name = '张三'", "identity", "“户主姓名”是身份信息，不进入核查。 请改用不识别个人的列。"),
        ("has(persn)", "unknown_list", "“户”没有名为“persn”的明细表。 可用的有：person"),
        ("has(village)", "unknown_list", "“户”没有名为“village”的明细表。"),
        ("has(person.x)", "unknown_list", "“户”没有名为“person.x”的明细表。"),
        ("count(DISTINCT person) >= 1", "unknown_list", "“户”没有名为“DISTINCT person”的明细表。"),
        ("has('person')", "unknown_list", "“户”没有名为“'person'”的明细表。 可用的有：person"),
        ("verdict(S4)", "not_quoted", "“S4”要加引号。 请写成 'S4'。"),
        ("verdict(S4-4)", "not_quoted", "“S4 - 4”要加引号。"),
        ("verdict(4)", "not_quoted", "“4”要加引号。"),
        ("includes(poverty_causes, 因病)", "not_quoted", "“因病”要加引号。 请写成 '因病'。"),
        ("verdict('S4-4')", "verdict", "方案中没有针对“户”的标准“S4-4”。"),
        ("fuel = '太阳'", "code", "“太阳”不在代码表“"),
        ("fuel IN ('柴草', '太阳')", "code", "“太阳”不在代码表“"),
        # functions
        ("any(person)", "unknown_function", "这里不能用函数“any”。"),
        ("hass(person)", "unknown_function", "这里不能用函数“hass”。 是不是要写：has"),
        ("has(person) = 1", "unknown_function", "这里不能用函数“has”。 "),
        ("count(person)", "unknown_function", "这里不能用函数“count”。"),
        ("substr(fuel, 1) = 'x'", "unknown_function", "这里不能用函数“substr”。 可用的函数：has、no、every、verdict"),
        ("every(person)", "arguments", "函数 every 要有 2 个参数，写了 1 个。"),
        ("has(person, employed, employed)", "arguments", "函数 has 要有 1–2 个参数，写了 3 个。"),
        ("least(headcount) >= 1", "arguments", "函数 least 要有 2+ 个参数，写了 1 个。"),
        ("recorded(3)", "not_a_column", "“3”不是“户”的列。"),
        ("recorded(period_end)", "not_a_column", "“period_end”不是“户”的列。"),
        ("includes(fuel, '柴草')", "includes", "includes 只用于多选代码列，“"),
        ("coalesce(headcount, 0) >= 1", "coalesce", "coalesce 只用于为空表示不适用的数字列"),
        ("coalesce(exited_on, 0) >= 1", "coalesce", "coalesce 只用于为空表示不适用的数字列"),
        ("coalesce(exit_year, '无') >= 1", "coalesce", "不清楚的值不能用别的值代替。"),
        ("coalesce(exit_year, headcount) >= 1", "coalesce", "不清楚的值不能用别的值代替。"),
        # kinds and units
        ("headcount = '三'", "kinds", "数与文字不能比较。"),
        ("exited_on >= 2018", "kinds", "日期与数不能比较。"),
        ("fuel = road_kind", "kinds", "代码与代码不能比较。"),
        ("exited_on >= '明年'", "date", "“明年”不是日期。 请写成 2020-06-30。"),
        ("exited_on >= CAST('2020' AS DATE)", "unknown_function", "这里不能用函数“cast”。"),
        ("exited_on >= headcount::date", "cast", "不能转换类型：CAST(headcount AS DATE) 日期请写 DATE '2020-06-30'。"),
        ("fuel >= '柴草'", "order", "代码不能用 >= 比较。 文字和代码只能用 = 或 <>"),
        ("has_power >= grain_enough", "order", "是/否不能用 >= 比较。"),
        ("poverty_causes = '因病'", "order", "多选代码不能用 = 比较。"),
        ("headcount >= housing_area", "units", "计量单位不同：人 与 平方米。"),
        ("headcount + housing_area >= 3", "units", "计量单位不同：人 与 平方米。"),
        ("least(headcount, housing_area) >= 3", "units", "计量单位不同：人 与 平方米。"),
        ("CASE WHEN has_power THEN headcount ELSE housing_area END >= 3", "units", "计量单位不同：人 与 平方米。"),
        ("fuel + 1 >= 3", "not_a_number", "“fuel”是代码，这里要用数。"),
        ("age(headcount) >= 3", "not_a_date", "“headcount”是数，这里要用日期。"),
        ("exit_year + 1 >= 3", "not_applicable", "请写 coalesce(exit_year, 0)，或直接比较。"),
        ("year(exited_on) - 1 >= 3", "not_applicable", "可能不适用"),
        ("age(exited_on) * 2 >= 3", "not_applicable", "可能不适用"),
        ("days_between(exited_on, as_of) + 1 > 3", "not_applicable", "可能不适用"),
        ("total(person, disability_grade) >= 1", "not_applicable", "“disability_grade”可能不适用"),
        ("headcount IS NULL", "is_null", "“当前家庭人口数”为空表示不清楚"),
        ("headcount IS NOT NULL", "is_null", "要问是否已登记，请用 recorded(headcount)。"),
        ("exited_on IS 5", "is", "IS 后面只能写 NULL、TRUE、FALSE：exited_on IS 5 要问是否等于一个值，请用 =。"),
        ("exited_on IS NOT identified_on", "is", "IS 后面只能写 NULL、TRUE、FALSE：exited_on IS identified_on"),
        ("3 IS NULL", "not_a_column", "“3”不是“户”的列。"),
        # quotients
        ("least(headcount / 2, 3) >= 1", "quotient", "请把除法移到比较里。"),
        ("CASE WHEN has_power THEN headcount / 2 ELSE 1 END >= 1", "quotient", "这里不能用商：headcount / 2"),
        ("total(person, work_months / 12) >= 1", "quotient", "这里不能用商：work_months / 12"),
        ("greatest(share(person, TRUE, employed), 1) >= 1", "quotient", "这里不能用商："),
        ("headcount / (year_headcount / 2) >= 1", "quotient", "这里不能用商：(year_headcount / 2)"),
        ("least(1 + headcount / 2, 3) >= 1", "quotient", "这里不能用商：1 + headcount / 2"),
        ("headcount / 0 >= 1", "by_zero", "除数是零：0"),
        # form
        ("CASE has_power WHEN TRUE THEN 1 ELSE 2 END = 1", "case", "CASE 要写成 CASE WHEN 条件 THEN 值 … ELSE 值 END。"),
        ("CASE WHEN has_power THEN 1 END = 1", "case", "CASE 要写成 CASE WHEN 条件 THEN 值 … ELSE 值 END。"),
        ("headcount IN (SELECT 1)", "in", "IN 后面只能列出固定的值：headcount IN (SELECT 1)"),
        ("headcount IN (year_headcount)", "in", "IN 后面只能列出固定的值：headcount IN (year_headcount)"),
        ("headcount >= 1234567890123456", "digits", "数“1234567890123456”超过 15 位。"),
        ("headcount >= 1e30", "digits", "数“1e30”超过 15 位。"),
    ],
)  # fmt: skip
def test_refused(text: str, code: str, message: str) -> None:
    problem = refusal(text).problem
    assert (problem.code, message in problem.render()) == (f"expression.{code}", True), problem.render()


CONDITIONS = ("has", "no", "every", "verdict", "recorded", "includes")
ARGUMENTS = {  # of each function, at least and at most
    "has": (1, 2), "no": (1, 2), "every": (2, 2), "verdict": (1, 1), "recorded": (1, 1), "includes": (2, 2),
    "least": (2, 99), "greatest": (2, 99), "count": (1, 2), "total": (2, 3), "share": (3, 3), "coalesce": (2, 2),
    "age": (1, 1), "years_between": (2, 2), "months_between": (2, 2), "days_between": (2, 2), "year": (1, 1),
    "month": (1, 1), "day": (1, 1),
}  # fmt: skip


@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_function_takes_so_many_arguments(name: str) -> None:
    fewest, most = ARGUMENTS[name]

    def is_refused(given: int) -> bool:
        call = f"{name}({', '.join(['headcount'] * given)})"
        try:
            parse_truth(call if name in CONDITIONS else f"{call} >= 1", scope())
        except ExpressionError as error:
            return f"函数 {name} 要有" in str(error) and f"写了 {given} 个。" in str(error)
        return False

    assert [is_refused(given) for given in (fewest - 1, fewest, most, most + 1)] == [True, False, False, True]


def test_every_function_is_offered() -> None:
    assert f"可用的函数：{'、'.join(ARGUMENTS)}。" in refusal("substr(fuel, 1)").problem.render()


def test_an_error_shows_its_message() -> None:
    assert "请对照词汇表检查名称" in str(refusal("qqq >= 3"))


def test_a_condition_is_no_value() -> None:
    assert refusal("headcount >= 3", read=parse_scalar).problem.code == "expression.not_a_value"


def test_too_long() -> None:
    text = " OR ".join(["has_power"] * (MAX_LENGTH // 10))
    assert f"超过 {MAX_LENGTH:,} 个字符" in refusal(text).problem.render()


@pytest.mark.parametrize("text", ["NOT " * MAX_DEPTH + "has_power", "(" * 3000 + "has_power"])
def test_too_deep(text: str) -> None:
    assert refusal(text).problem.code in ("expression.too_deep", "expression.syntax")


def test_as_deep_as_may_be() -> None:
    nots = MAX_DEPTH - 1  # the column's name lies one deeper
    assert isinstance(parse_truth("NOT " * nots + "has_power", scope()), n.Not)
    assert refusal("NOT " * (nots + 1) + "has_power").problem.code == "expression.too_deep"


def test_what_is_wrong_side_by_side_is_told_at_once() -> None:
    found = refusal("headcont >= 3 AND (fuel = '太阳' OR has_power) AND fuel >= 1")
    assert [problem.code for problem in found.problems] == [
        "expression.unknown_name",
        "expression.code",
        "expression.kinds",
    ]


def test_a_name_must_mean_one_thing() -> None:
    line = n.Constant(3, "number")  # type: ignore[arg-type]
    shadowing = Scope(VOCABULARY, VOCABULARY.tables["household"], {"headcount": line})
    with pytest.raises(ExpressionError) as found:
        parse_truth("headcount >= 3", shadowing)
    assert found.value.problem.render() == (
        "“headcount”既是“户”的列，又是方案的参数或指标。 请改参数或指标的名称。"
    )
