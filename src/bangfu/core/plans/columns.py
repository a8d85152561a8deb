"""How a pack lies in a workbook: a sheet for each list, a column for each field.

Every cell is text. Dots stand for what is inside a field (`deadline.workdays`); a list of words has one a
line; what is deeper stands in YAML. Row 1 is Chinese, row 2 holds the keys by which a sheet is read.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from bangfu.core.messages import N_, translate
from bangfu.core.plans.emit import flow, ordered_fields
from bangfu.core.plans.labels import LABELS
from bangfu.core.plans.pack import collections
from bangfu.core.plans.schema import Income, PlanHead
from bangfu.core.plans.yaml_source import Plain, read_yaml

HEAD_SHEETS: dict[str, type[BaseModel]] = {"plan": PlanHead, "income": Income}
LABEL, KEY, VALUE = "label", "key", "value"  # of a head sheet; `key` also names a parameter or measure
FIRST_ROW = 2  # of the entries, counted from 0
_NAMES = {"measures": N_("指标"), KEY: N_("键"), LABEL: N_("项目")}


@dataclass(frozen=True)
class Column:
    """A field of an entry. `text` and `typed` are scalars, `words` a list of texts, `yaml` the rest."""

    path: tuple[str, ...]
    kind: Literal["text", "typed", "words", "yaml"]

    @property
    def key(self) -> str:
        """The dotted key."""
        return ".".join(self.path)

    def cell_of(self, entry: Plain) -> str | None:
        """The cell's text, or None where the entry has no such value."""
        for step in self.path:
            if not isinstance(entry, dict) or step not in entry:
                return None
            entry = entry[step]
        if self.kind == "words" and isinstance(entry, list):
            words = [str(word) for word in entry]
            if not any("\n" in word for word in words) and words and not words[0].startswith("["):
                return "\n".join(words)
        return str(entry) if self.kind == "text" else flow(entry)

    def value_of(self, cell: str) -> Plain:
        """The value that a cell holds; a cell that cannot be read stays text, and the schema complains."""
        if self.kind == "text":
            return cell
        if self.kind == "words" and not cell.startswith("["):
            return [word for word in cell.split("\n") if word]
        source, problems = read_yaml(cell, "")
        return cell if problems else source.value


def columns_of(model: type[BaseModel], above: tuple[str, ...] = ()) -> Iterator[Column]:
    """The columns of a kind of entry; lists of entries of plan.yaml have sheets of their own."""
    lists = {c.key for c in collections().values() if HEAD_SHEETS.get(c.file) is model}
    for name, info in ordered_fields(model):
        if name in lists:
            continue
        path = (*above, info.alias or name)
        inner = _inner_model(info.annotation)
        if inner is not None:
            yield from columns_of(inner, path)
        else:
            yield Column(path, _kind(info.annotation))


def sheet_name(address: str) -> str:
    """The name of the sheet of a list of entries, or of `plan` and `income`."""
    return heading(address.rpartition(".")[2])


def heading(key: str) -> str:
    """The Chinese name of a dotted key."""
    return " ".join(translate(_NAMES.get(step) or LABELS[step]) for step in key.split("."))


def addresses() -> dict[str, str]:
    """Sheet name → address."""
    return {sheet_name(address): address for address in (*HEAD_SHEETS, *collections())}


def _types(annotation: object) -> set[object]:
    """The alternatives of an annotation."""
    if typing.get_origin(annotation) is typing.Annotated:
        return _types(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return {found for item in typing.get_args(annotation) for found in _types(item)} - {type(None)}
    return {annotation}


def _inner_model(annotation: object) -> type[BaseModel] | None:
    found = _types(annotation)
    only = next(iter(found)) if len(found) == 1 else None
    return only if isinstance(only, type) and issubclass(only, BaseModel) else None


def _kind(annotation: object) -> Literal["text", "typed", "words", "yaml"]:
    found = _types(annotation)
    if found <= {int, bool}:
        return "typed"
    if len(found) == 1 and typing.get_origin(next(iter(found))) is tuple:
        item = typing.get_args(next(iter(found)))[0]
        return "words" if _types(item) == {str} or _is_literal(item) else "yaml"
    deep = any(
        typing.get_origin(x) is dict or (isinstance(x, type) and issubclass(x, BaseModel)) for x in found
    )
    return "yaml" if deep else "text"


def _is_literal(annotation: object) -> bool:
    return typing.get_origin(annotation) is Literal
