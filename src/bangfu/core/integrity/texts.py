"""Texts that are nearly the same: MinHash finds the candidates, their shingles decide."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType

import polars as pl

from bangfu.core.errors import EngineError, Problem
from bangfu.core.messages import N_, Message

_SHINGLE = 4  # characters; two Chinese words
_PERMUTATIONS, _BANDS = 128, 32  # finds a pair of 0.8 with a chance of 0.999999
_SEED = 20
_NOT_TEXT = re.compile(r"[\W_0-9]+")
NEAR = pl.Schema({"key": pl.Int64(), "similar": pl.Int64(), "group": pl.Int64(), "length": pl.Int64()})


@dataclass(frozen=True)
class Similarity:
    """When two texts count as copied: the share of shingles that both have among those that either has; below
    0.7 some pairs would be overlooked.

    `shortest`: texts with fewer characters (figures and punctuation apart) are not compared.
    """

    threshold: float = 0.9
    shortest: int = 20


def similar_texts(texts: pl.DataFrame, how: Similarity) -> pl.DataFrame:
    """How many other owners have nearly the same text.

    `texts`: `key` (of the row), `owner`, `text`. Columns `NEAR`, by key: `similar`, null where there is no
    text or it is too short to compare; `group`, the smallest key among all texts that hang together by
    likeness; `length` in characters. Figures and punctuation do not count: a copied text with another amount
    is a copied text. Raises EngineError where the extra `linkage` is not installed.
    """
    rensa = _rensa()
    plain = [_plain(text) for text in texts["text"]]
    keys: dict[str, list[int]] = defaultdict(list)
    for at, text in enumerate(plain):
        if text is not None and len(text) >= how.shortest:
            keys[text].append(at)
    different = sorted(keys)
    near: dict[int, set[int]] = {number: {number} for number in range(len(different))}
    for a, b in _alike(different, how.threshold, rensa):
        near[a].add(b)
        near[b].add(a)
    owners, row_keys = texts["owner"].to_list(), texts["key"].to_list()
    groups = _groups(near, [min(row_keys[at] for at in keys[text]) for text in different])
    similar: list[int | None] = [None] * texts.height
    group: list[int | None] = [None] * texts.height
    for number, text in enumerate(different):
        having = {owners[at] for other in near[number] for at in keys[different[other]]}
        for at in keys[text]:
            similar[at], group[at] = len(having - {owners[at]}), groups[number]
    lengths = [None if text is None else len(text.strip()) for text in texts["text"]]
    columns = {"key": row_keys, "similar": similar, "group": group, "length": lengths}
    return pl.DataFrame(columns, schema=NEAR).sort("key")


def _plain(text: str | None) -> str | None:
    return None if text is None else _NOT_TEXT.sub("", unicodedata.normalize("NFKC", text))


def _shingles(text: str) -> set[str]:
    return {text[at : at + _SHINGLE] for at in range(max(1, len(text) - _SHINGLE + 1))}


def _alike(texts: list[str], threshold: float, rensa: ModuleType) -> Iterator[tuple[int, int]]:
    """Pairs of texts whose likeness reaches the threshold, the smaller number first."""
    index = rensa.RMinHashLSH(threshold=threshold, num_perm=_PERMUTATIONS, num_bands=_BANDS)
    shingles = [_shingles(text) for text in texts]
    for number, own in enumerate(shingles):
        sketch = rensa.RMinHash(num_perm=_PERMUTATIONS, seed=_SEED)
        sketch.update(sorted(own))
        for other in sorted(index.query(sketch)):
            both = len(own & shingles[other])
            if both >= threshold * (len(own) + len(shingles[other]) - both):
                yield other, number
        index.insert(number, sketch)


def _groups(near: dict[int, set[int]], names: list[int]) -> dict[int, int]:
    """The smallest name among all that hang together, for each."""
    found: dict[int, int] = {}
    for start in near:
        if start in found:
            continue
        reached, frontier = {start}, [start]
        while frontier:
            fresh = near[frontier.pop()] - reached
            reached |= fresh
            frontier += fresh
        name = min(names[number] for number in reached)
        found |= dict.fromkeys(reached, name)
    return found


def _rensa() -> ModuleType:
    try:
        import rensa
    except ImportError as error:
        raise EngineError(
            Problem(
                "integrity.extra",
                Message(N_("比对文本要用的组件没有安装")),
                remedy=Message(N_("请安装：pip install 'bangfu[linkage]'。")),
            )
        ) from error
    return rensa  # type: ignore[no-any-return]
