"""Texts that are nearly the same are found, by key, at a threshold that is said."""

from __future__ import annotations

import random

import polars as pl
import pytest

from bangfu.core.errors import EngineError
from bangfu.core.integrity import Similarity, similar_texts

GOATS = "养山羊15只，请畜牧站来教防疫，秋后由合作社统一收购，再把屋后两亩坡地改种牧草"
TEA = "修整老茶园六亩，开春补苗施肥，请茶企上门签订单，农闲时到园区务工补贴家用"


def near(texts: list[str | None], owners: list[int] | None = None, **how: float) -> list[tuple[object, ...]]:
    frame = pl.DataFrame(
        {"key": range(1, len(texts) + 1), "owner": owners or list(range(1, len(texts) + 1)), "text": texts},
        schema_overrides={"text": pl.String},
    )
    return similar_texts(frame, Similarity(**how)).select("similar", "group").rows()  # type: ignore[arg-type]


@pytest.mark.requirement("S2-74")
def test_copies_are_found_whatever_their_figures_and_punctuation() -> None:
    changed = GOATS.replace("，", " ").replace("15只", "20只")
    texts = [GOATS, TEA, changed, GOATS, None, "养羊"]
    assert near(texts, threshold=0.8) == [(2, 1), (0, 2), (2, 1), (2, 1), (None, None), (None, None)]
    assert near(texts, threshold=1.0) == [(2, 1), (0, 2), (2, 1), (2, 1), (None, None), (None, None)]


def test_a_households_own_plan_carried_on_is_no_copy() -> None:
    assert near([GOATS, GOATS, TEA], owners=[7, 7, 8]) == [(0, 1), (0, 1), (0, 3)]


def test_likeness_groups_what_hangs_together() -> None:
    second = GOATS[:-3] + "苜蓿黑麦草"
    third = second.replace("养山羊", "喂黑猪")
    found = near([GOATS, second, third], threshold=0.75)
    assert found == [(1, 1), (2, 1), (1, 1)]


@pytest.mark.parametrize("threshold", [0.75, 0.9])
def test_it_finds_what_comparing_all_pairs_finds(threshold: float) -> None:
    dice = random.Random(3)
    words = ["种茶", "养猪", "修路", "打工", "学艺", "贷款", "建房", "看病", "上学", "卖货", "栽树", "养蜂"]
    texts: list[str | None] = []
    for _ in range(60):
        base = dice.choice(texts) if texts and dice.random() < 0.5 else None
        parts = [base[i : i + 2] for i in range(0, len(base), 2)] if base else dice.choices(words, k=20)
        parts[dice.randrange(20)] = dice.choice(words)
        texts.append("".join(parts))
    sets = [{t[i : i + 4] for i in range(len(t) - 3)} for t in texts if t]
    expected = [
        sum(len(a & b) >= threshold * len(a | b) for j, b in enumerate(sets) if j != i)
        for i, a in enumerate(sets)
    ]
    assert [similar for similar, _ in near(texts, threshold=threshold)] == expected
    assert sum(expected) > 0


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "rensa", None)
    with pytest.raises(EngineError, match="linkage"):
        near([GOATS])
