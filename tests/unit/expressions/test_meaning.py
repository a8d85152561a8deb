"""From text to nodes: what is read, in which spelling, with which kind and unit."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bangfu.core.expressions import Scope, parse_scalar, parse_truth
from bangfu.core.expressions import nodes as n
from bangfu.core.expressions.kinds import kind_of, product_unit, quotient_unit
from bangfu.core.expressions.syntax import fold_width
from bangfu.core.vocabulary import load_vocabulary
from tests.generative import tiny

VOCABULARY = load_vocabulary()
LINE = n.Constant(Decimal("3700"), "number", "元/人", parameter="line", name="收入线")


def scope(table: str = "household") -> Scope:
    return Scope(VOCABULARY, VOCABULARY.tables[table], {"line": LINE, "收入线": LINE})


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("（ａ", "(ａ"),
        ("headcount ≥ ３", "headcount >= 3"),
        ("a≤b，c≠d；", "a<=b,c<>d;"),
        ("fuel＝‘柴草’", "fuel='柴草'"),
        ("fuel = “柴草（干）”", "fuel = '柴草（干）'"),
        ("fuel = '柴草，干'", "fuel = '柴草，干'"),
        ("fuel = '说“好”'", "fuel = '说“好”'"),
        ("２×３÷４－１＋５．０", "2*3/4-1+5.0"),
    ],
)
def test_full_width_signs(written: str, meant: str) -> None:
    assert fold_width(written) == meant


@pytest.mark.parametrize("text", ["count(person, employed)", "total(person, work_months, employed)"])
def test_rows_are_narrowed_by_the_last_argument(text: str) -> None:
    found = parse_scalar(text, scope())
    assert isinstance(found, (n.Count, n.Total))
    assert found.rows.where == parse_truth("employed", scope("person"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("当前家庭人口数 >= 3", "headcount >= 3"),
        ("家庭人口 >= 3", "headcount >= 3"),
        ("headcount BETWEEN 1 AND 3", "headcount >= 1 AND headcount <= 3"),
        ("has_power = TRUE", "has_power"),
        ("TRUE = has_power", "has_power"),
        ("has_power <> TRUE", "NOT has_power"),
        ("has_power IS FALSE", "NOT has_power"),
        ("no(person) = FALSE", "NOT no(person)"),
        ("headcount NOT IN (1, 2)", "NOT headcount IN (1, 2)"),
        ("fuel = '柴草'", "fuel = 'wood'"),
        ("'柴草' = fuel", "'wood' = fuel"),
        ("exited_on >= '2020-06-30'", "exited_on >= DATE '2020-06-30'"),
        ("HAS(person, Employed = TRUE)".replace("Employed", "employed"), "has(person, employed)"),
        ("has(人, employed)".replace("人", VOCABULARY.tables["person"].name), "has(person, employed)"),
        ("收入线 >= 1", "line >= 1"),
        ("headcount >= -(-1)", "headcount >= 1"),
        ("截至日 > 期初", "as_of > period_start"),
    ],
)
def test_two_spellings_of_one_meaning(one: str, other: str) -> None:
    first, second = parse_truth(one, scope()), parse_truth(other, scope())
    if "person" in other or "fuel" in other:  # lists and codes carry the name as written
        assert type(first) is type(second)
    else:
        assert first == second


def test_codes_are_stored_not_labels() -> None:
    truth = parse_truth("fuel = '柴草'", scope())
    assert isinstance(truth, n.Comparison)
    assert isinstance(truth.right, n.Constant)
    assert truth.right.value in VOCABULARY.codes["fuel"].labels


def test_what_may_not_apply_is_not_false_either() -> None:
    table = tiny.VOCABULARY.tables["house"]
    ok = n.ColumnValue("house", table.columns["ok"])
    is_false = n.All((n.Not(n.Flag(ok)), n.Not(n.NotApplicable(ok))))
    for text in ("ok = FALSE", "ok <> TRUE", "ok IS FALSE"):
        assert parse_truth(text, Scope(tiny.VOCABULARY, table)) == is_false
    assert parse_truth("NOT ok", Scope(tiny.VOCABULARY, table)) == n.Not(n.Flag(ok))
    assert parse_truth("flag = FALSE", Scope(tiny.VOCABULARY, table)) == n.Not(
        n.Flag(n.ColumnValue("house", table.columns["flag"]))
    )


def test_a_minus_before_a_figure_is_a_figure() -> None:
    assert parse_scalar("-5", scope()) == n.Constant(Decimal("-5"), "number")
    assert isinstance(parse_scalar("-line", scope()), n.Arithmetic)
    assert isinstance(parse_scalar("-headcount", scope()), n.Arithmetic)


@pytest.mark.parametrize(
    ("text", "table", "kind", "unit"),
    [
        ("headcount", "household", "number", "人"),
        ("line * headcount", "household", "number", "元"),
        ("headcount * line", "household", "number", "元"),
        ("headcount * housing_area", "household", "number", "人·平方米"),
        ("total(production_cost, amount) / headcount", "household", "number", "元/人"),
        ("total(production_cost, amount) / total(production_cost, amount)", "household", "number", None),
        ("total(production_cost, amount) / 12", "household", "number", "元"),
        ("12 / headcount", "household", "number", None),
        ("headcount * 2 + 1", "household", "number", "人"),
        ("count(person)", "household", "number", "人"),
        ("count(household)", "village", "number", "户"),
        ("count(visit)", "household", "number", None),
        ("share(person, TRUE, employed)", "household", "number", None),
        ("least(headcount, 3)", "household", "number", "人"),
        ("CASE WHEN has_power THEN 1 ELSE headcount END", "household", "number", "人"),
        ("coalesce(exit_year, 0)", "household", "number", None),
        ("age(birth_date)", "person", "number", "岁"),
        ("months_between(birth_date, as_of)", "person", "number", "个月"),
        ("days_between(birth_date, as_of)", "person", "number", "天"),
        ("month(birth_date)", "person", "number", None),
        ("period_days", "person", "number", "天"),
        ("period_end", "person", "date", None),
        ("DATE '2020-06-30'", "person", "date", None),
        ("'文字'", "person", "text", None),
        ("health", "person", "codes", None),
        ("employed", "person", "bool", None),
    ],
)
def test_kinds_and_units(text: str, table: str, kind: str, unit: str | None) -> None:
    found = kind_of(parse_scalar(text, scope(table)))
    assert (found.name, found.unit) == (kind, unit)


def test_units_of_products_and_quotients() -> None:
    assert product_unit("元/人", "人") == product_unit("人", "元/人") == "元"
    assert product_unit(None, "元") == product_unit("元", None) == "元"
    assert product_unit(None, None) is None
    assert quotient_unit("元", "人") == "元/人"
    assert quotient_unit(None, "人") is None


def test_walking_a_node_meets_all_below_it() -> None:
    truth = parse_truth("has(person, age(birth_date) >= 16 AND employed) OR headcount IN (1, 2)", scope())
    names = {node.column.id for node in n.walk(truth) if isinstance(node, n.ColumnValue)}
    assert names == {"birth_date", "employed", "headcount"}
    assert sum(isinstance(node, n.Rows) for node in n.walk(truth)) == 1


def test_dates_are_dates() -> None:
    assert parse_scalar("DATE '2020-02-29'", scope()) == n.Constant(date(2020, 2, 29), "date")
