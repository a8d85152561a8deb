"""What holds of every packaged plan."""

from __future__ import annotations

import pytest

from bangfu.core.plans.folder import packaged_packs
from bangfu.core.plans.load import load_pack
from tests.plans.proving import outcomes_without_case, unnoticed_figures

PACKS = sorted(packaged_packs())
# Used by a list of people to print, not by a criterion: no verdict can notice it.
OF_LISTS = {"s0_lvchun": "elderly_age"}


def test_the_five_seeds_are_packaged() -> None:
    assert [name.partition("_")[0] for name in PACKS] == ["s0", "s1", "s2", "s3", "s4"]


@pytest.mark.parametrize("name", PACKS)
def test_a_figure_changed_by_one_unit_makes_a_case_fail(name: str) -> None:
    pack = load_pack(name)
    listed = pack.where("parameters", OF_LISTS[name], "values") if name in OF_LISTS else "none"
    assert [figure for figure in unnoticed_figures(pack) if not figure.startswith(listed)] == []


@pytest.mark.parametrize("name", PACKS)
def test_every_criterion_is_shown_met_unmet_and_unknown(name: str) -> None:
    assert outcomes_without_case(load_pack(name)) == {}
