"""The starter pack: a folder of one's own that is sound from the first."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bangfu.core.errors import PlanError
from bangfu.core.plans.compiling import compile_plan
from bangfu.core.plans.load import load_pack
from bangfu.core.plans.new import new_pack
from bangfu.core.vocabulary import load_vocabulary


@pytest.mark.parametrize("is_there", [False, True])
def test_a_new_pack_is_sound(tmp_path: Path, is_there: bool) -> None:
    folder = tmp_path / "mine"
    if is_there:
        folder.mkdir()
    new_pack(folder)
    pack = load_pack(folder)
    plan = compile_plan(pack, date(2024, 6, 30), load_vocabulary())
    judged = {case.criterion for case in pack.cases}
    assert judged == {criterion.id for criterion in plan.criteria}


@pytest.mark.parametrize("name", ["a folder with something in it", "a file"])
def test_a_new_pack_is_put_over_nothing(tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    if name == "a file":
        place.write_text("mine", encoding="utf-8")
    else:
        (place / "cases").mkdir(parents=True)
    with pytest.raises(PlanError, match="这里已有内容，不能新建方案 请换一个空文件夹。") as error:
        new_pack(place)
    assert error.value.problems[0].where == str(place)
    assert list(tmp_path.rglob("*.yaml")) == []
