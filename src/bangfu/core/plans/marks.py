"""Walk an entry for what its fields are marked with: references to other entries, and texts about rows."""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from pydantic import BaseModel

from bangfu.core.plans.schema import RefersTo, Written
from bangfu.core.plans.yaml_source import Path

Marker = RefersTo | Written


@dataclass(frozen=True)
class About:
    """Of which table's rows an entry speaks, in which period; what is inside an entry inherits both."""

    table: str | None = None
    per: str = "once"


@dataclass(frozen=True)
class Mark:
    """A marked text of an entry."""

    path: Path
    marker: Marker
    value: str
    about: About


def marks_of(entry: BaseModel, path: Path = (), about: About | None = None) -> Iterator[Mark]:
    """Every marked text of an entry and of the pieces within it."""
    hints = _hints(type(entry))
    about = about or About()
    for name in ("subject", "of", "to"):
        value = getattr(entry, name, None)
        if isinstance(value, str) and RefersTo("tables") in markers(hints[name]):
            about = replace(about, table=value)
    about = replace(about, per=getattr(entry, "per", None) or about.per)
    for name, info in type(entry).model_fields.items():
        yield from _marks(hints[name], getattr(entry, name), (*path, info.alias or name), about)


def _marks(annotation: object, value: object, path: Path, about: About) -> Iterator[Mark]:
    if isinstance(value, BaseModel):
        yield from marks_of(value, path, about)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _marks(annotation, item, (*path, index), about)
    elif isinstance(value, Mapping):
        for key in value:
            yield from _marks(typing.get_args(annotation)[0], key, (*path, key), about)
    elif isinstance(value, str):
        for marker in markers(annotation):
            yield Mark(path, marker, value, about)


@cache
def _hints(model: type[BaseModel]) -> dict[str, object]:
    return typing.get_type_hints(model, include_extras=True)


def markers(annotation: object) -> list[Marker]:
    """The markers anywhere in an annotation."""
    if isinstance(annotation, (RefersTo, Written)):
        return [annotation]
    return [marker for argument in typing.get_args(annotation) for marker in markers(argument)]
