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
    rows, skipped = _body(_filled(sheet, header), header, layout)
    body = _Body(sheet, rows, layout, vocabulary, today)
    targets = {target: column for column, target in header.targets.items() if target.table != SKIP}
    places = {target.name: at for target, at in targets.items()}
    at_rows = pl.Series(ROW, list(rows), dtype=pl.UInt32)
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


Rows = Mapping[int, Sequence[Cell]]  # row of the sheet → its cells


def _filled(sheet: RawSheet, header: Header) -> Rows:
    """The rows below the header, cells merged downwards filled throughout."""
    rows: dict[int, Sequence[Cell]] = dict(enumerate(sheet.rows))
    for top, left, bottom, _ in sheet.merged:
        if header.last < top < bottom:
            for row in range(top + 1, min(bottom + 1, len(sheet.rows))):
                rows[row] = [*rows[row][:left], rows[top][left], *rows[row][left + 1 :]]
    return {row: cells for row, cells in rows.items() if row > header.last}


def _body(rows: Rows, header: Header, layout: Layout) -> tuple[Rows, tuple[int, ...]]:
    """Rows of data; and the numbers of those that only look like it."""
    needed = {target for group in layout.needed for target in group}
    named = [at for at, target in header.targets.items() if target in needed]
    repeated = {at: _repeated(rows, at, header.texts[at]) for at in named}
    suspect = {column: words for column, words in repeated.items() if words}
    skipped = []
    kept = {}
    for at, row in rows.items():
        if any([row[column] != "" for column in named]):  # noqa: C419 - twice as fast as a generator here
            is_data = not suspect or not any(row[column] in words for column, words in suspect.items())
        elif all(row[column] == "" for column in header.targets):
            continue
        else:
            is_data = _NOTE.match(next(fold(str(cell)) for cell in row if cell != "")) is None
        if is_data:
            kept[at] = row
        else:
            skipped.append(at)
    return kept, tuple(skipped)


def _repeated(rows: Rows, at: int, title: str) -> set[Cell]:
    """Cells of a column that repeat its title, or say that the row is a total."""
    texts = {cell for row in rows.values() if isinstance(cell := row[at], str)}
    likely = (text for text in texts if _TOTAL_SIGN in text or title[0] in text)
    return {text for text in likely if fold(text) in _TOTALS or fold(text) == fold(title)}


class _Body:
    """The rows of data of a sheet, cleaned column by column."""

    def __init__(
        self, sheet: RawSheet, rows: Rows, layout: Layout, vocabulary: Vocabulary, today: date
    ) -> None:
        self.rows, self.layout, self.vocabulary, self.today = rows, layout, vocabulary, today
        self.index = {row: i for i, row in enumerate(rows)}
        self.faults = self._by_column(sheet.faults)
        self.exact = self._by_column(sheet.exact_numbers)
        self.unfilled = self._by_column({at: "" for at, stored in sheet.formulas.items() if not stored})

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
        halves = split_span([row[at] for row in self.rows.values()])
        return [
            (f"{table.id}.{name}", clean_column(cells, table.columns[name], self.vocabulary, self.today))
            for name, cells in zip(names, halves, strict=True)
        ]

    def clean(self, target: Target, at: int) -> Cleaned:
        """Typed values of one column, with issues by position in the body."""
        form = self.layout.forms.get(f"{target.table}.{target.column}", "")
        cells = [row[at] for row in self.rows.values()]
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
            texts = {row: str(body.rows[row][places[name]]).strip().upper() or None for row in others}
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
