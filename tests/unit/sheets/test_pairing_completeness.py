"""A complete pairing sheet says so of the households and of the cadres it names."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bangfu.core.sheets import Options
from tests.unit.sheets.books import applied, planned, rows_of

DAY = date(2020, 1, 1)
TITLES = ["户编号", "帮扶责任人", "联系电话", "单位名称", "帮扶开始时间"]


def _books(*rows: list[str]) -> dict[str, dict[str, list[list[object]]]]:
    homes = [
        ["乡", "村", "户编号", "户类型"],
        *(["东乡", "甲村", code, "脱贫户"] for code in ("9901", "9902", "9903")),
    ]
    return {"户": {"户": homes}, "结对": {"结对": [TITLES, *rows]}}  # type: ignore[dict-item]


@pytest.mark.requirement("S4-36")
def test_a_complete_pairing_sheet_completes_its_cadres(tmp_path: Path) -> None:
    rows = [
        ["9901", "周一", "13900000001", "测试局", "2019-01-01"],
        ["9902", "周一", "13900000001", "测试局", "2019-01-01"],
        ["9903", "吴二", "13900000002", "测试局", "2019-01-01"],
    ]
    state = applied(planned(tmp_path, _books(*rows), options=Options("990101000000", complete_on=DAY)))
    assert rows_of(state, "cadre", "full_name", "pairings_checked_on") == [("周一", DAY), ("吴二", DAY)]
    assert rows_of(state, "household", "helpers_checked_on") == [(DAY,)] * 3
    silent = applied(planned(tmp_path, _books(*rows), options=Options("990101000000")))
    assert rows_of(silent, "cadre", "pairings_checked_on") == [(None,), (None,)]


@pytest.mark.parametrize("helper", ["吴二", ""])
def test_a_cadre_of_whom_a_row_was_refused_is_not_complete(tmp_path: Path, helper: str) -> None:
    rows = [
        ["9901", "周一", "13900000001", "测试局", "2019-01-01"],
        ["9902", "吴二", "13900000002", "测试局", "2019-01-01"],
        ["9903", helper, "13900000002", "测试局", "2019年13月"],
    ]
    state = applied(planned(tmp_path, _books(*rows), options=Options("990101000000", complete_on=DAY)))
    checked = dict(rows_of(state, "cadre", "full_name", "pairings_checked_on"))
    assert checked == ({"周一": DAY, "吴二": None} if helper else {"周一": None, "吴二": None})
