"""Official layouts of workbooks, as data: what tables a sheet feeds, where headers go, what names a row."""

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
from bangfu.core.sheets.numbers import unit_spellings
from bangfu.core.vocabulary import Column, ColumnType, Empty, Sensitivity, Vocabulary, load_vocabulary

PLACE_LEVELS = ("province", "prefecture", "county", "township", "village", "village_code", "group")
PLACE, SHEET, SKIP, SPAN = "place", "sheet", "skip", "span"
PLACE_TABLES = ("county", "township", "village", "group")
_BRACKET = re.compile(r"\(([^()]*)\)$")
_UNITS = (
    "元",
    "万元",
    "千元",
    "亩",
    "公顷",
    "平方米",
    "平方公里",
    "千米",
    "米",
    "月",
    "天",
    "年",
    "岁",
    "人",
    "户",
    "升",
    "分钟",
)
_REMARKS = ("必填", "选填", "可多选", "多选", "单选", "下拉选择", "是/否", "是、否", "文本格式", "文本")


@dataclass(frozen=True)
class Target:
    """Where a column of a sheet goes.

    `table` and `column` name a vocabulary column, or: table "place" and a level of division; table "sheet",
    column "year", the year of the row; table "span" and a table whose first and last day stand in one cell;
    table "skip", known and left alone. `code`: the column holds the amounts of one code of a table whose rows
    stand side by side (工资性收入). `year`: the header said so.
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


@dataclass(frozen=True)
class RowRule:
    """How a row of the sheet becomes a row of a table.

    `keys`: natural keys by which the row is known, best first; a later one is tried where an earlier finds
    nothing. `parents`: link column → table fed by the same row of the sheet. `constants`: columns that such
    a sheet implies. `known_by`: a key's column that is found through a membership table. `needs`: places
    without which no row is created. `once`: two rows of the sheet may not be one row of the table.
    `existing`: only looked up. `optional`: only where the sheet says something. `wide`: one row per code
    column. `stays`: links that an import never changes. `renews`: a later key is tried only where an earlier
    is not filled in.
    `keeps`: a row that is already in the register stays as it is.
    """

    table: str
    keys: tuple[tuple[str, ...], ...]
    parents: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str | bool] = field(default_factory=dict)
    known_by: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()
    once: bool = False
    existing: bool = False
    optional: bool = False
    wide: bool = False
    renews: bool = False
    keeps: bool = False


@dataclass(frozen=True)
class Layout:
    """One official sheet. Where two tables share a header the earlier of `tables` takes it.

    `needed`: columns of which the sheet must have one out of each group. `prefer`: headers of which only the
    first that is there counts. `totals`: code → the codes it is the sum of. `complete`: table → columns that
    say up to when its lists are complete, where the office says that the sheet is. `forms`: column → number,
    name, id_number, phone. `derived`: ID column → fact it says → column. `exempt`: ID column → column → the
    code with which the number is of another paper.
    """

    id: str
    name: str
    tables: tuple[str, ...]
    headers: Mapping[str, Target]  # folded header → target
    needed: tuple[tuple[Target, ...], ...]
    rows: tuple[RowRule, ...]
    prefer: tuple[tuple[str, ...], ...] = ()
    totals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    complete: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    forms: Mapping[str, str] = field(default_factory=dict)
    derived: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    exempt: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def find(self, header: str) -> Target | None:
        """Where a folded header goes, with or without unit or remark in brackets."""
        return self.headers.get(header) or self.headers.get(without_unit(header))


def without_unit(header: str) -> str:
    """A folded header without a unit of measure or a remark to whoever fills the sheet in."""
    match = _BRACKET.search(header)
    is_known = match is not None and (match[1] in _REMARKS or unit_in(header) is not None)
    return header[: match.start()] if match and is_known else header


def unit_in(header: str) -> str | None:
    """The unit of measure in brackets at the end of a folded header: 纯收入(元/人) → 元."""
    match = _BRACKET.search(header)
    first = match[1].split("/")[0] if match else ""
    return next((unit for unit in _UNITS if first in unit_spellings(unit)), None)


@cache
def load_layouts() -> Mapping[str, Layout]:
    """The layouts of the package by id, checked against the vocabulary. ValueError where they disagree."""
    folder = files(__package__) / "official"
    common = _document(folder / "common.yaml")
    vocabulary = load_vocabulary()
    names = sorted(entry.name for entry in folder.iterdir() if entry.name != "common.yaml")
    layouts = (build_layout(_document(folder / name), common, vocabulary) for name in names)
    return {layout.id: layout for layout in layouts}


@cache
def load_list_layout(name: str) -> Layout:
    """The layout of lists that are compared, not imported (`lists/<name>.yaml`)."""
    folder = files(__package__)
    common = _document(folder / "official" / "common.yaml")
    return build_layout(_document(folder / "lists" / f"{name}.yaml"), common, load_vocabulary())


def _document(file: Traversable) -> Mapping[str, Any]:
    document: Mapping[str, Any] = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    return document


def build_layout(document: Mapping[str, Any], common: Mapping[str, Any], vocabulary: Vocabulary) -> Layout:
    """A layout from its YAML. Raises ValueError for a name the vocabulary does not have."""
    headers: dict[str, Target] = {}
    for name, texts in (*document.get("headers", {}).items(), *common["headers"].items()):
        for text in texts:
            headers.setdefault(fold(text), _target(name, vocabulary))
    for text, target in _spellings(document["tables"], vocabulary):
        headers.setdefault(fold(text), target)
        headers.setdefault(without_unit(fold(text)), target)
    groups = [group if isinstance(group, list) else [group] for group in document["needed"]]
    return Layout(
        id=document["layout"],
        name=document["name"],
        tables=tuple(document["tables"]),
        headers=headers,
        needed=tuple(tuple(_target(name, vocabulary) for name in group) for group in groups),
        rows=tuple(_rule(table, spec, vocabulary) for table, spec in document["rows"].items()),
        prefer=tuple(tuple(map(fold, group)) for group in document.get("prefer", ())),
        totals={code: tuple(parts) for code, parts in document.get("totals", {}).items()},
        complete={table: tuple(columns) for table, columns in document.get("complete", {}).items()},
        forms=common["forms"],
        derived=common["derived"],
        exempt=common["exempt"],
    )


def _rule(table: str, spec: Mapping[str, Any], vocabulary: Vocabulary) -> RowRule:
    declared = {*vocabulary.tables[table].columns, *vocabulary.tables[table].link_columns}
    keys = tuple(tuple(key) for key in spec["keys"])
    named = (
        {name for key in keys for name in key} | set(spec.get("parents", ())) | set(spec.get("constants", ()))
    )
    if strangers := named - declared - set(spec.get("known_by", ())):
        raise ValueError(f"layout: {table} has no column {', '.join(sorted(strangers))}")
    tuples = {name: tuple(spec[name]) for name in ("needs", "stays") if name in spec}
    return RowRule(table, **{**spec, **tuples, "keys": keys})


def _spellings(tables: list[str], vocabulary: Vocabulary) -> Iterator[tuple[str, Target]]:
    for table_id in tables:
        table = vocabulary.tables[table_id]
        if table_id == "income_item":
            codes = vocabulary.code_list(table.columns["source"])
            for text in (*codes.labels.values(), *codes.aliases):
                yield text, Target(table_id, "amount", codes.code_of(text) or "")
            continue
        for column in table.columns.values():
            for text in (column.name, *column.aliases):
                yield text, Target(table_id, column.id)


def _target(name: str, vocabulary: Vocabulary) -> Target:
    table, _, column = name.partition(".")
    known = table in (SHEET, SKIP, SPAN) or (table == PLACE and column in PLACE_LEVELS)
    if not known and (table not in vocabulary.tables or column not in vocabulary.tables[table].columns):
        raise ValueError(f"layout: {name} is no column of the vocabulary")
    return Target(table, column)


_PLACE_COLUMN = Column("place", "起止时间", "", ColumnType.TEXT, Empty.NOT_KNOWN, Sensitivity.PUBLIC, "")
_YEAR_COLUMN = Column(
    "year",
    "年度",
    "year",
    ColumnType.INT,
    Empty.NOT_KNOWN,
    Sensitivity.PUBLIC,
    "",
    minimum=Decimal(2010),
    maximum=Decimal(2100),
)


def column_of(target: Target, vocabulary: Vocabulary) -> Column:
    """The vocabulary column of a target, or a column like one for places, spans and years."""
    if target.table in (PLACE, SPAN):
        return _PLACE_COLUMN
    if target.table == SHEET:
        return _YEAR_COLUMN
    return vocabulary.tables[target.table].columns[target.column]
