"""The example of another kind of plan, written from the docs alone: its cases by every engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from bangfu.core.plans.load import load_pack
from bangfu.core.plans.pack import Pack
from tests.plans.proving import failures_of, outcomes_without_case, unnoticed_figures

FOLDER = Path(__file__).parent.parent.parent / "examples" / "monitoring_2023"
CRITERIA = [f"M-{number}" for number in range(1, 10)]


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack(FOLDER)


@pytest.fixture(scope="module")
def failures(pack: Pack) -> Mapping[str, list[str]]:
    return failures_of(pack)


@pytest.mark.parametrize("criterion", CRITERIA)
def test_cases_of_a_criterion(failures: Mapping[str, list[str]], criterion: str) -> None:
    assert failures[criterion] == []


def test_every_criterion_has_a_case_of_each_outcome(pack: Pack) -> None:
    assert [criterion.id for criterion in pack.criteria] == CRITERIA
    assert outcomes_without_case(pack) == {}


def test_no_figure_may_change_unnoticed(pack: Pack) -> None:
    assert unnoticed_figures(pack) == []
