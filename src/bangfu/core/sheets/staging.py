"""A raw sheet → typed columns under vocabulary names, one row per row of the sheet, and an issue per cell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from bangfu.core.sheets.cells import Cell, Position, RawSheet
from bangfu.core.sheets.dates import split_span
from bangfu.core.sheets.folding import fold
from bangfu.core.sheets.headers import Header
from bangfu.core.sheets.layouts import SKIP, SPAN, Layout, Target, column_of
from bangfu.core.sheets.values import ISSUE_SCHEMA, Cleaned, clean_column
from bangfu.core.vocabulary import ColumnType, Vocabulary

ROW = "_row"  # the row of the sheet, from 0
TARGET = "_target"  # the column of the sheet from which a row of its own was made
SOFT = "?"  # ends the name of a column that only fills what is empty in the register
ISSUES = pl.Schema(
    {
        "row": pl.UInt32(),
        "target": pl.String(),
        "code": pl.String(),
        "detail": pl.String(),
    }
)
_TOTALS, _TOTAL_SIGN = {"合计", "总计", "小计", "共计"}, "计"
_NOTE = re.compile(r"注|备注|说明|填表|填报|制表|审核|负责人|单位|联系人|报送|合计|总计|小计|共计|第.*页")
_EXACT_FORMS = ("number", "id_number", "phone")
_DIFFERING = {"birth_date": "birth_differs", "gender": "gender_differs"}
_GENDERS = {"male": "男", "female": "女"}


@dataclass(frozen=True)
class StagedSheet:
    """A sheet understood.

    `frame`: `_row` and a typed column per target (`Target.name`); `columns`: in which column of the sheet a
    target stands; `issues`: row of the sheet, target, code of `reasons.REASONS`, detail. `skipped`: rows that
    are totals, notes or repeated headers. `formulas`: how many values are stored results of formulas.
    """

    raw: RawSheet
    layout: Layout
    header: Header
    frame: pl.DataFrame
    issues: pl.DataFrame
    columns: Mapping[str, int]
    skipped: tuple[int, ...]
    formulas: int


def stage_sheet(
    sheet: RawSheet, layout: Layout, header: Header, vocabulary: Vocabulary, today: date
) -> StagedSheet:
    """Clean the body of a sheet below its header. `today` is the day of the import."""
    columns_at = _filled(sheet, header)
    rows, skipped = _body(columns_at, header, layout)
    body = _Body(sheet, columns_at, rows, layout, vocabulary, today)
    targets = {target: column for column, target in header.targets.items() if target.table != SKIP}
    places = {target.name: at for target, at in targets.items()}
    at_rows = pl.Series(ROW, rows, dtype=pl.UInt32)
    columns = [at_rows]
    issues = [pl.DataFrame(schema=ISSUES)]
    for target, at in targets.items():
        if target.table == SPAN:
            for day, cleaned in body.clean_span(target, at):
                columns.append(cleaned.values.alias(day))
                places[day] = at
                issues.append(_placed(cleaned.issues, at_rows, day))
            continue
        cleaned = body.clean(target, at)
        columns.append(cleaned.values.alias(target.name))
        columns += _derived(target, cleaned, layout.derived.get(target.name, {}))
        columns += _implied(target, cleaned, vocabulary)
        if cleaned.issues.height:
            issues.append(_placed(cleaned.issues, at_rows, target.name))
    frame, found = _other_papers(pl.DataFrame(columns), pl.concat(issues), body, places)
    issues = [found, *_differing(frame)]
    formulas = sum(1 for row, column in sheet.formulas if row > header.last and column in header.targets)
    return StagedSheet(sheet, layout, header, frame, pl.concat(issues), places, skipped, formulas)


Columns = Mapping[int, Sequence[Cell]]  # column of the sheet → its cells from the first row on


def _filled(sheet: RawSheet, header: Header) -> Columns:
    """The columns, cells merged downwards filled throughout below the header."""
    columns: dict[int, Sequence[Cell]] = dict(enumerate(sheet.columns))
    own: dict[int, list[Cell]] = {}
    for top, left, bottom, _ in sheet.merged:
        if header.last < top < bottom and left in columns:
            cells = own.setdefault(left, list(columns[left]))
            below = slice(top + 1, min(bottom + 1, sheet.height))
            cells[below] = [cells[top]] * len(cells[below])
    return columns | own


def _body(columns: Columns, header: Header, layout: Layout) -> tuple[list[int], tuple[int, ...]]:
    """The rows of data by number; and those that only look like it."""
    needed = {target for group in layout.needed for target in group}
    named = {at: columns[at] for at, target in header.targets.items() if target in needed}
    rows = range(header.last + 1, len(columns[min(columns)]))
    is_named = [
        any(cells) for cells in zip(*(_given(column, rows) for column in named.values()), strict=True)
    ]
    repeated: set[int] = set()
    for at, column in named.items():
        if words := _repeated(column[rows.start :], header.texts[at]):
            repeated.update(row for row in rows if column[row] in words)
    kept: list[int] = []
    skipped: list[int] = []
    for row, has_name in zip(rows, is_named, strict=True):
        if has_name:
            is_data = row not in repeated
        elif all(columns[at][row] == "" for at in header.targets):
            continue
        else:
            texts = (fold(str(cell)) for column in columns.values() if (cell := column[row]) != "")
            is_data = _NOTE.match(next(texts)) is None
        (kept if is_data else skipped).append(row)
    return kept, tuple(skipped)


def _given(column: Sequence[Cell], rows: range) -> list[bool]:
    return [cell != "" for cell in column[rows.start : rows.stop]]


def _repeated(cells: Sequence[Cell], title: str) -> set[Cell]:
    """Cells of a column that repeat its title, or say that the row is a total."""
    texts = {cell for cell in cells if isinstance(cell, str)}
    likely = (text for text in texts if _TOTAL_SIGN in text or title[0] in text)
    return {text for text in likely if fold(text) in _TOTALS or fold(text) == fold(title)}


class _Body:
    """The rows of data of a sheet, cleaned column by column."""

    def __init__(
        self,
        sheet: RawSheet,
        columns: Columns,
        rows: Sequence[int],
        layout: Layout,
        vocabulary: Vocabulary,
        today: date,
    ) -> None:
        self.columns, self.rows = columns, rows
        self.layout, self.vocabulary, self.today = layout, vocabulary, today
        self.index = {row: i for i, row in enumerate(rows)}
        self.faults = self._by_column(sheet.faults)
        self.exact = self._by_column(sheet.exact_numbers)
        self.unfilled = self._by_column({at: "" for at, stored in sheet.formulas.items() if not stored})

    def cells(self, at: int) -> list[Cell]:
        """The cells of a column of the sheet, in the rows of data."""
        column = self.columns[at]
        return [column[row] for row in self.rows]

    def _by_column(self, cells: Mapping[Position, str]) -> dict[int, dict[int, str]]:
        columns: dict[int, dict[int, str]] = {}
        for (row, column), text in cells.items():
            if row in self.index:
                columns.setdefault(column, {})[self.index[row]] = text
        return columns

    def clean_span(self, target: Target, at: int) -> list[tuple[str, Cleaned]]:
        """The first and the last day of a table's rows that stand in one cell, by column name."""
        table = self.vocabulary.tables[target.column]
        names = (table.timing.start or "", table.timing.end or "")
        halves = split_span(self.cells(at))
        return [
            (f"{table.id}.{name}", clean_column(cells, table.columns[name], self.vocabulary, self.today))
            for name, cells in zip(names, halves, strict=True)
        ]

    def clean(self, target: Target, at: int) -> Cleaned:
        """Typed values of one column, with issues by position in the body."""
        form = self.layout.forms.get(f"{target.table}.{target.column}", "")
        cells = self.cells(at)
        marks: list[tuple[int, str, str | None]] = []
        if form in _EXACT_FORMS:
            for i, digits in self.exact.get(at, {}).items():
                if not digits.endswith("000"):  # what Excel puts where it lost digits
                    cells[i] = digits
                    marks.append((i, "precision_recovered", None))
        for i, fault in self.faults.get(at, {}).items():
            cells[i] = ""
            marks.append((i, "fault", fault))
        marks += [(i, "formula_without_value", None) for i in self.unfilled.get(at, {})]
        cleaned = clean_column(cells, column_of(target, self.vocabulary), self.vocabulary, self.today, form)
        if not marks:
            return cleaned
        own = pl.DataFrame(marks, schema=ISSUE_SCHEMA, orient="row")
        issues = pl.concat([own, cleaned.issues]).unique("row", keep="first", maintain_order=True)
        return replace(cleaned, issues=issues)


def _placed(issues: pl.DataFrame, rows: pl.Series, target: str) -> pl.DataFrame:
    """Issues by position in the body → by row of the sheet."""
    at_rows = rows.gather(issues["row"])
    return issues.with_columns(at_rows.alias("row"), pl.lit(target).alias("target")).select(ISSUES.keys())


def _derived(target: Target, cleaned: Cleaned, facts: Mapping[str, str]) -> list[pl.Series]:
    """What an ID number says beside itself, as soft columns; whether it is valid is a fact of its own."""
    return [
        cleaned.extra[fact].alias(f"{target.table}.{column}{'' if fact == 'valid' else SOFT}")
        for fact, column in facts.items()
    ]


def _implied(target: Target, cleaned: Cleaned, vocabulary: Vocabulary) -> list[pl.Series]:
    """What a code implies for other columns (户类型 → 脱贫状态), as soft columns."""
    column = column_of(target, vocabulary)
    if column.type is not ColumnType.CODE:
        return []
    implied = vocabulary.code_list(column).implies
    return [
        cleaned.values.replace_strict(dict(codes), default=None, return_dtype=pl.String).alias(
            f"{target.table}.{name}{SOFT}"
        )
        for name, codes in implied.items()
    ]


def _other_papers(
    frame: pl.DataFrame, issues: pl.DataFrame, body: _Body, places: Mapping[str, int]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Numbers of papers other than the ID card as they are written, and without what was said of them."""
    for name, conditions in body.layout.exempt.items():
        for column, code in conditions.items():
            if not {name, column} <= {*frame.columns}:
                continue
            others = frame.filter(pl.col(column) == code)[ROW].to_list()
            cells = body.columns[places[name]]
            texts = {row: str(cells[row]).strip().upper() or None for row in others}
            facts = [f for f in frame.columns if f in _said_by(name, body.layout)]
            is_other = pl.col(ROW).is_in(others)
            written = pl.col(ROW).replace_strict(texts, default=None, return_dtype=pl.String)
            frame = frame.with_columns(
                pl.when(is_other).then(written).otherwise(name).alias(name),
                *(pl.when(~is_other).then(fact).alias(fact) for fact in facts),
            )
            issues = issues.filter(~((pl.col("target") == name) & pl.col("row").is_in(others)))
    return frame, issues


def _said_by(name: str, layout: Layout) -> set[str]:
    """The columns that an ID number fills in a staged frame."""
    table = name.partition(".")[0]
    facts = layout.derived.get(name, {}).items()
    return {f"{table}.{column}{'' if fact == 'valid' else SOFT}" for fact, column in facts}


def _differing(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Where a cell and the ID number say two things."""
    for column, code in _DIFFERING.items():
        name, soft = f"person.{column}", f"person.{column}{SOFT}"
        if {name, soft} <= {*frame.columns}:
            said = pl.col(soft).cast(pl.String).replace(_GENDERS)
            yield frame.filter(pl.col(name) != pl.col(soft)).select(
                pl.col(ROW).alias("row"),
                pl.lit(name).alias("target"),
                pl.lit(code).alias("code"),
                said.alias("detail"),
            )
