"""Read the vocabulary's YAML files."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from ruamel.yaml import YAML

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


@cache
def load_vocabulary() -> Vocabulary:
    """The product's vocabulary. Raises ValueError naming the file where a declaration is wrong."""
    root = files(__package__)
    codes = {c.id: c for c in (_code_list(doc) for doc in _documents(root / "codes"))}
    tables = {t.id: t for t in (_table(doc) for doc in _documents(root / "tables"))}
    return Vocabulary(tables, codes)


def _documents(folder: Any) -> list[Mapping[str, Any]]:
    yaml = YAML(typ="safe", pure=True)
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    return [yaml.load((folder / name).read_text(encoding="utf-8")) for name in names]


def _code_list(doc: Mapping[str, Any]) -> CodeList:
    return CodeList(
        doc["codes"],
        doc["name"],
        doc["labels"],
        doc.get("aliases", {}),
        doc.get("source", ""),
        doc.get("implies", {}),
        doc.get("within", {}),
    )


def _table(doc: Mapping[str, Any]) -> Table:
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


def _column(name: str, spec: Mapping[str, Any], table: Mapping[str, Any]) -> Column:
    try:
        return Column(
            id=name,
            name=spec["name"],
            english=spec.get("english", name.replace("_", " ")),
            type=ColumnType(spec["type"]),
            empty=Empty(spec.get("empty", "not_known")),
            sensitivity=Sensitivity(spec.get("sensitivity", table.get("sensitivity", "internal"))),
            source=spec.get("source", table.get("source", "")),
            aliases=tuple(spec.get("aliases", ())),
            unit=spec.get("unit"),
            codes=spec.get("codes"),
            given=spec.get("given"),
            minimum=None if spec.get("minimum") is None else Decimal(str(spec["minimum"])),
            maximum=None if spec.get("maximum") is None else Decimal(str(spec["maximum"])),
            fixed=spec.get("fixed", False),
        )
    except (KeyError, ValueError) as error:
        raise ValueError(f"vocabulary table {table['table']}, column {name}: {error}") from error
