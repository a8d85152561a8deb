"""Every figure on which verdicts of a pack depend, and the pack with one of them changed.

A pack whose cases do not notice a changed figure has a case too few.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from bangfu.core.plans.pack import Pack, collections
from bangfu.core.plans.yaml_source import Path

_LITERAL = re.compile(r"DATE\s*'(\d{4}-\d{2}-\d{2})'|'(?:[^']|'')*'|(?<![\w.])(\d+(?:\.\d+)?)(?![\w.])", re.I)
_EXPRESSIONS: dict[str, tuple[Path, ...]] = {
    "criteria": (("when",), ("holds",)),
    "measures": (("value",), ("amount",), ("where",), ("sure",), ("less", "where")),
}


@dataclass(frozen=True)
class Figure:
    """A figure of an own entry: at `path` (from character `start` where that is an expression)."""

    address: str
    entry: str
    path: Path
    old: str
    where: str
    start: int | None = None

    def changed(self) -> Iterator[str]:
        """The figure one step less and one step more: a day, or one in the last place."""
        if "-" in self.old:
            day = date.fromisoformat(self.old)
            yield from ((day + timedelta(days=step)).isoformat() for step in (-1, 1))
        else:
            value = Decimal(self.old)
            step = Decimal((0, (1,), int(value.as_tuple().exponent)))
            yield from (str(new) for new in (value - step, value + step) if new >= 0)


def figures_of(pack: Pack) -> Iterator[Figure]:
    """Values of parameters, cost ratios, and numbers and dates in expressions; inherited ones not."""
    path: Path
    for name, parameter in pack.own.parameters.items():
        for index, dated in enumerate(parameter.values):
            if dated.value is not None:
                path = ("values", index, "value")
                where = pack.where_path("parameters", name, path)
                yield Figure("parameters", name, path, str(dated.value), where)
    if pack.own.income is not None:
        for code, ratio in pack.own.income.costs.ratios.items():
            path = ("costs", "ratios", code)
            yield Figure("income", "", path, str(ratio), pack.where_path("income", "", path))
    for address, paths in _EXPRESSIONS.items():
        for entry_id, entry in collections()[address].of(pack.own).items():
            for path in paths:
                yield from _literals(pack, address, entry_id, path, _at(entry, path))


def _literals(pack: Pack, address: str, entry_id: str, path: Path, text: object) -> Iterator[Figure]:
    for found in _LITERAL.finditer(text) if isinstance(text, str) else ():
        group = 1 if found[1] else 2
        if found[group]:
            where = pack.where_path(address, entry_id, path)
            yield Figure(address, entry_id, path, found[group], where, found.start(group))


def with_figure(pack: Pack, figure: Figure, new: str) -> Pack:
    """The pack with one figure changed; nothing else is checked anew."""
    content = pack.content
    if figure.address == "income":
        value: object = _with(content.income, figure.path, Decimal(new))
    else:
        collection = collections()[figure.address]
        entries = dict(collection.of(content))
        entries[figure.entry] = _changed(entries[figure.entry], figure, new)
        value = entries if collection.is_mapping else tuple(entries.values())
    return replace(pack, content=content.model_copy(update={figure.address: value}))


def touched_by(pack: Pack, figure: Figure) -> frozenset[str]:
    """The ids of the criteria that may depend on a figure, through measures and nested verdicts too."""
    texts = {measure: _text_of(entry) for measure, entry in pack.measures.items()}
    texts |= {criterion.id: _text_of(criterion) for criterion in pack.criteria}
    names = {measure: {measure, entry.name} for measure, entry in pack.measures.items()}
    names |= {criterion.id: {f"'{criterion.id}'"} for criterion in pack.criteria}
    if figure.address == "parameters":
        spoken = {figure.entry, pack.parameters[figure.entry].name}
        touched = {entry for entry, text in texts.items() if any(name in text for name in spoken)}
    else:
        touched = {"production_expense"} if figure.address == "income" else {figure.entry}
    while more := {
        entry
        for entry, text in texts.items()
        if entry not in touched and any(name in text for other in touched for name in names[other])
    }:
        touched |= more
    return frozenset(touched - set(pack.measures))


def _text_of(entry: BaseModel) -> str:
    paths = (path for found in _EXPRESSIONS.values() for path in found)
    return "\n".join(str(text) for path in paths if (text := _at(entry, path)) is not None)


def _changed(entry: BaseModel, figure: Figure, new: str) -> Any:
    if figure.start is None:
        return _with(entry, figure.path, Decimal(new))
    text = str(_at(entry, figure.path))
    end = figure.start + len(figure.old)
    return _with(entry, figure.path, text[: figure.start] + new + text[end:])


def _at(value: object, path: Path) -> object:
    for step in path:
        value = getattr(value, str(step), None)
    return value


def _with(value: Any, path: Path, new: object) -> Any:
    """A copy of a model, list or mapping with the value at a path replaced."""
    if not path:
        return new
    step, *rest = path
    if isinstance(value, tuple):
        changed = list(value)
        changed[int(step)] = _with(value[int(step)], tuple(rest), new)
        return tuple(changed)
    if isinstance(value, dict):
        return {**value, step: _with(value[step], tuple(rest), new)}
    name = str(step)
    return value.model_copy(update={name: _with(getattr(value, name), tuple(rest), new)})
