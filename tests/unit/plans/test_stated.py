"""Texts about rows outside measures and criteria: lists, gates, samples, columns of forms."""

from __future__ import annotations

from pathlib import Path

import pytest

from bangfu.core.expressions import Scope
from bangfu.core.plans.load import Pack, load_pack
from bangfu.core.plans.stated import stated_in
from bangfu.core.plans.stated_check import stated_problems
from bangfu.core.vocabulary import load_vocabulary
from tests.unit.plans.packs import CRITERION, loaded, said

EXAMPLE = Path(__file__).parent.parent.parent / "plans" / "example"


def checked(pack: Pack) -> list[str]:
    """What is wrong with what the pack states, without parameters and measures."""
    vocabulary = load_vocabulary()
    found = stated_problems(pack, vocabulary.tables, lambda table, per: Scope(vocabulary, table))
    return [problem.render() for problem in found]


def test_what_the_example_states() -> None:
    stated = [(s.address, s.entry, s.kind, s.about.table) for s in stated_in(load_pack(EXAMPLE))]
    assert stated == [
        ("plan.totals", "E-1", "condition", "household"),
        ("organisation.assignments", "E-5", "condition", "household"),
        ("procedures", "E-12", "condition", "household"),
        ("appraisal.appraisal", "E-21", "formula", "village"),
        ("documents.forms", "attachment_1", "column", "household"),
        ("documents.lists", "E-25", "condition", "household"),
        ("documents.notices", "E-27", "column", "household"),
    ]
    assert checked(load_pack(EXAMPLE)) == []


def test_the_period_is_that_of_the_entry(tmp_path: Path) -> None:
    pack = loaded(
        tmp_path,
        appraisal="appraisal:\n"
        "- {id: a, name: 甲, subject: village, per: month, items: [{item: b, name: 乙, full: 9, "
        "each: {minus: 1, of: count(household)}}]}\n"
        "surveys:\n- {id: b, name: 乙, subject: household, where: is_remote}\n",
    )
    assert [stated.about.per for stated in stated_in(pack)] == ["month", "once"]


def test_mistakes_name_their_line(tmp_path: Path) -> None:
    pack = loaded(
        tmp_path,
        documents="lists:\n- id: a\n  name: 甲\n  of: household\n  where: is_remot\n  order: [headcount +]\n",
        activities="trainings: [{id: t, name: 训, where: is_labour}]",
    )
    [training, where, order] = checked(pack)
    assert training == "activities.yaml:1: 没有写对象（subject），不知道“is_labour”说的是谁。"
    assert where.startswith("documents.yaml:5: ")
    assert order.startswith("documents.yaml:6: ")


@pytest.mark.parametrize(
    ("column", "problem"),
    [
        ("headcout", "户没有列 headcout。 是不是 headcount？"),
        ("village.headcount", "行政村没有列 headcount。"),
        ("vilage.village_name", "vilage没有列 village_name。"),
    ],
)
def test_columns_are_known(tmp_path: Path, column: str, problem: str) -> None:
    text = f"forms: [{{id: a, name: 甲, subject: household, fields: [{{name: 乙, column: {column}}}]}}]"
    [found] = said(tmp_path, documents=text)
    assert found.partition(": ")[2].startswith(problem)


def test_tables_are_known(tmp_path: Path) -> None:
    text = "surveys: [{id: b, name: 乙, subject: houshold}]"
    assert said(tmp_path, criteria=CRITERION, appraisal=text) == [
        "appraisal.yaml:1: 没有这个表：houshold。 是不是 household？"
    ]
