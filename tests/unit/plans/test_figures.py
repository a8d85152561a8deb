"""Every figure of a pack can be changed, and it is known which criteria might notice."""

from __future__ import annotations

from pathlib import Path

import pytest

from bangfu.core.plans.figures import Figure, figures_of, touched_by, with_figure
from bangfu.core.plans.load import Pack, load_pack
from tests.unit.plans.packs import HEAD, loaded, write_pack
from tests.unit.plans.test_income import rule

PARAMETERS = """
parameters:
  line: {name: 收入线, values: [{from: 2018-01-01, value: "3430"}, {from: 2021-01-01, value: null}]}
  share: {name: 比例, values: [{from: 2018-01-01, value: "0.012"}]}
"""
MEASURES = """
measures:
  adults: {name: 成年人, subject: household, of: person, take: count, where: "age(birth_date, as_of) >= 18"}
  owed: {name: 应驻天数, subject: cadre, of: batch_duty, take: days, less: {of: leave, where: days > 3}}
"""
CRITERIA = """
criteria:
  - {id: A-1, name: 甲, subject: household, when: adults > 0, holds: net_income_per_capita > 收入线}
  - {id: A-2, name: 乙, subject: household, holds: "verdict('A-1') AND headcount <= 12.50"}
  - {id: A-3, name: 丙, subject: household, holds: "exited_on <= DATE '2018-12-31' OR phone = '12317'"}
"""


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    income = rule("{rule: ratio, ratios: {business: '0.40'}}")
    return loaded(tmp_path, parameters=PARAMETERS, measures=MEASURES, criteria=CRITERIA, income=income)


def test_every_figure_is_found(pack: Pack) -> None:
    found = {(f.address, f.entry, ".".join(map(str, f.path))): f.old for f in figures_of(pack)}
    assert found == {
        ("parameters", "line", "values.0.value"): "3430",
        ("parameters", "share", "values.0.value"): "0.012",
        ("income", "", "costs.ratios.business"): "0.40",
        ("criteria", "A-1", "when"): "0",
        ("criteria", "A-2", "holds"): "12.50",
        ("criteria", "A-3", "holds"): "2018-12-31",
        ("measures", "adults", "where"): "18",
        ("measures", "owed", "less.where"): "3",
    }


def figure(pack: Pack, entry: str) -> Figure:
    return next(f for f in figures_of(pack) if f.entry == entry)


@pytest.mark.parametrize(
    ("entry", "changed"),
    [
        ("line", ["3429", "3431"]),
        ("share", ["0.011", "0.013"]),
        ("A-1", ["1"]),
        ("A-2", ["12.49", "12.51"]),
        ("A-3", ["2018-12-30", "2019-01-01"]),
    ],
)
def test_a_figure_is_changed_by_its_smallest_step(pack: Pack, entry: str, changed: list[str]) -> None:
    assert list(figure(pack, entry).changed()) == changed


def test_only_the_figure_changes(pack: Pack) -> None:
    def after(entry: str, new: str) -> Pack:
        return with_figure(pack, figure(pack, entry), new)

    assert str(after("line", "3431").parameters["line"].values[0].value) == "3431"
    assert after("A-2", "12.51").criteria[1].holds == "verdict('A-1') AND headcount <= 12.51"
    assert after("A-3", "2019-01-01").criteria[2].holds.startswith("exited_on <= DATE '2019-01-01'")
    assert after("adults", "19").measures["adults"].where == "age(birth_date, as_of) >= 19"
    assert after("owed", "4").content.measures["owed"].less.where == "days > 4"  # type: ignore[union-attr]
    assert "0.41 *" in str(after("", "0.41").measures["production_expense"].value)
    assert pack.criteria[1].holds == "verdict('A-1') AND headcount <= 12.50"


@pytest.mark.parametrize(
    ("entry", "criteria"),
    [
        ("line", {"A-1", "A-2"}),
        ("share", set()),
        ("", {"A-1", "A-2"}),
        ("adults", {"A-1", "A-2"}),
        ("A-3", {"A-3"}),
    ],
)
def test_who_might_notice(pack: Pack, entry: str, criteria: set[str]) -> None:
    assert touched_by(pack, figure(pack, entry)) == criteria


def test_inherited_figures_are_the_parents_business(tmp_path: Path) -> None:
    write_pack(tmp_path / "a", parameters=PARAMETERS)
    child = load_pack(write_pack(tmp_path / "b", plan=HEAD + "extends: ../a"))
    assert list(figures_of(child)) == []
