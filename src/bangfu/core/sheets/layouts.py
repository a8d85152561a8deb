"""Official layouts of workbooks, as data: which tables a sheet feeds and where its headers go."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from ruamel.yaml import YAML

from bangfu.core.sheets.folding import fold
from bangfu.core.vocabulary import Column, ColumnType, Empty, Sensitivity, Vocabulary, load_vocabulary

PLACE_LEVELS = ("province", "prefecture", "county", "township", "village", "village_code", "group")
PLACE, SHEET, SKIP = "place", "sheet", "skip"
_BRACKET = re.compile(r"\(([^()]*)\)$")


@dataclass(frozen=True)
class Target:
    """Where a column of a sheet goes.

    `table` and `column` name a vocabulary column, or: table "place" and a level of division; table "sheet",
    column "year", the year of the row; table "skip", known and left alone. `code`: the column holds the
    amounts of one code of a table whose rows stand side by side (工资性收入). `year`: the header said so.
    """

    table: str
    column: str
    code: str = ""
    year: int | None = None

    @property
    def name(self) -> str:
        """The column's name in a staged frame: income_item.amount.wage.2019."""
        parts = (self.table, self.column, self.code, str(self.year or ""))
        return ".".join(part for part in parts if part)

    @property
    def is_vocabulary(self) -> bool:
        """Whether it is a column of a table, and not a place, a year or nothing."""
        return self.table not in (PLACE, SHEET, SKIP)


@dataclass(frozen=True)
class Layout:
    """One official sheet. Each row of the sheet is one row of `tables[0]`, and carries what it says of the
    others; where two tables share a header the earlier takes it."""

    id: str
    name: str
    tables: tuple[str, ...]
    headers: Mapping[str, Target]  # folded header → target
    needed: tuple[Target, ...]
    forms: Mapping[str, str] = field(default_factory=dict)  # table.column → number, name, id_number, phone
    derived: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # ID column → fact → column

    def find(self, header: str) -> Target | None:
        """Where a folded header goes, with or without its unit of measure."""
        return self.headers.get(header) or self.headers.get(_BRACKET.sub("", header))


def unit_in_header(header: str) -> str | None:
    """What stands in brackets at the end of a folded header."""
    match = _BRACKET.search(header)
    return match[1] if match else None


@cache
def load_layouts() -> Mapping[str, Layout]:
    """The layouts of the package by id, checked against the vocabulary. ValueError where they disagree."""
    folder = files(__package__) / "official"
    common = _document(folder / "common.yaml")
    vocabulary = load_vocabulary()
    names = sorted(entry.name for entry in folder.iterdir() if entry.name != "common.yaml")
    layouts = (build_layout(_document(folder / name), common, vocabulary) for name in names)
    return {layout.id: layout for layout in layouts}


def _document(file: Traversable) -> Mapping[str, Any]:
    document: Mapping[str, Any] = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    return document


def build_layout(document: Mapping[str, Any], common: Mapping[str, Any], vocabulary: Vocabulary) -> Layout:
    """A layout from its YAML. Raises ValueError for a name the vocabulary does not have."""
    headers: dict[str, Target] = {}
    for name, texts in (document.get("headers", {}) | common["headers"]).items():
        target = _target(name, vocabulary)
        for text in texts:
            headers.setdefault(fold(text), target)
    for text, target in _spellings(document["tables"], vocabulary):
        headers.setdefault(fold(text), target)
        headers.setdefault(_BRACKET.sub("", fold(text)), target)
    needed = tuple(_target(name, vocabulary) for name in document["needed"])
    return Layout(
        document["layout"],
        document["name"],
        tuple(document["tables"]),
        headers,
        needed,
        common["forms"],
        common["derived"],
    )


def _spellings(tables: list[str], vocabulary: Vocabulary) -> Iterator[tuple[str, Target]]:
    for table_id in tables:
        table = vocabulary.tables[table_id]
        if table.timing.year and "source" in table.columns:
            codes = vocabulary.code_list(table.columns["source"])
            for text in (*codes.labels.values(), *codes.aliases):
                code = codes.code_of(text)
                yield text, Target(table_id, "amount", code or "")
            continue
        for column in table.columns.values():
            for text in (column.name, *column.aliases):
                yield text, Target(table_id, column.id)


def _target(name: str, vocabulary: Vocabulary) -> Target:
    table, _, column = name.partition(".")
    known = table in (SHEET, SKIP) or (table == PLACE and column in PLACE_LEVELS)
    if not known and (table not in vocabulary.tables or column not in vocabulary.tables[table].columns):
        raise ValueError(f"layout: {name} is no column of the vocabulary")
    return Target(table, column)


_PLACE_COLUMN = Column("place", "", "", ColumnType.TEXT, Empty.NOT_KNOWN, Sensitivity.PUBLIC, "")
_YEAR_COLUMN = Column(
    "year", "年度", "year", ColumnType.INT, Empty.NOT_KNOWN, Sensitivity.PUBLIC, "",
    minimum=Decimal(2010), maximum=Decimal(2100),
)  # fmt: skip


def column_of(target: Target, vocabulary: Vocabulary) -> Column:
    """The vocabulary column of a target, or a column like one for places and years."""
    if target.table == PLACE:
        return _PLACE_COLUMN
    if target.table == SHEET:
        return _YEAR_COLUMN
    return vocabulary.tables[target.table].columns[target.column]
