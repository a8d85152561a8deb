"""Read the vocabulary's YAML files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bangfu.core.vocabulary.model import (
    CodeList,
    Column,
    ColumnType,
    Empty,
    Link,
    Sensitivity,
    Table,
    Timing,
    Vocabulary,
)

_Declared = TypeVar("_Declared")


@cache
def load_vocabulary() -> Vocabulary:
    """The product's vocabulary. Raises ValueError naming the file where a declaration is wrong."""
    root = files(__package__)
    codes = {c.id: c for c in declared_in(root / "codes", code_list)}
    tables = {t.id: t for t in declared_in(root / "tables", table)}
    return Vocabulary(tables, codes)


def declared_in(folder: Traversable, read: Callable[[Mapping[str, Any]], _Declared]) -> Iterator[_Declared]:
    """What the YAML files of a folder declare, by file name. Raises ValueError naming the file."""
    yaml = YAML(typ="safe", pure=True)
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".yaml"):
            try:
                declared = read(yaml.load(file.read_text(encoding="utf-8")))
            except (KeyError, TypeError, ValueError, YAMLError) as error:
                raise ValueError(f"{file.name}: {error}") from error
            yield declared


def code_list(doc: Mapping[str, Any]) -> CodeList:
    """The code list that a document declares. Raises KeyError."""
    return CodeList(
        doc["codes"],
        doc["name"],
        doc["labels"],
        doc.get("aliases", {}),
        doc.get("source", ""),
        doc.get("implies", {}),
        doc.get("within", {}),
    )


def table(doc: Mapping[str, Any]) -> Table:
    """The table that a document declares. Raises KeyError, TypeError or ValueError."""
    return Table(
        id=doc["table"],
        name=doc["name"],
        english=doc["english"],
        columns={name: _column(name, spec, doc) for name, spec in doc.get("columns", {}).items()},
        links=tuple(Link(**link) for link in doc.get("links", ())),
        timing=Timing(**doc.get("timing", {})),
        is_subject=doc.get("subject", False),
        previous=doc.get("previous"),
        aliases=tuple(doc.get("aliases", ())),
        source=doc.get("source", ""),
    )


def _column(name: str, spec: Mapping[str, Any], doc: Mapping[str, Any]) -> Column:
    try:
        return Column(
            id=name,
            name=spec["name"],
            english=spec.get("english", name.replace("_", " ")),
            type=ColumnType(spec["type"]),
            empty=Empty(spec.get("empty", "not_known")),
            sensitivity=Sensitivity(spec.get("sensitivity", doc.get("sensitivity", "internal"))),
            source=spec.get("source", doc.get("source", "")),
            aliases=tuple(spec.get("aliases", ())),
            unit=spec.get("unit"),
            codes=spec.get("codes"),
            given=spec.get("given"),
            minimum=None if spec.get("minimum") is None else Decimal(str(spec["minimum"])),
            maximum=None if spec.get("maximum") is None else Decimal(str(spec["maximum"])),
            fixed=spec.get("fixed", False),
        )
    except (KeyError, ValueError) as error:
        raise ValueError(f"column {name}: {error}") from error
