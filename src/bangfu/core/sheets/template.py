"""A blank table that came from above: where its header stands, what each column could mean, what is asked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bangfu.core.errors import Problem, WorkbookError
from bangfu.core.messages import N_, Message
from bangfu.core.plans.plan import Plan
from bangfu.core.sheets.cells import RawSheet, reference
from bangfu.core.sheets.folding import fold
from bangfu.core.sheets.headers import Header, find_header
from bangfu.core.sheets.layouts import SKIP, Layout, Target, load_list_layout, unit_in, without_unit
from bangfu.core.sheets.numbers import unit_spellings
from bangfu.core.sheets.problems import refusal
from bangfu.core.sheets.reading import is_xlsx, read_workbook
from bangfu.core.vocabulary import CodeList, ColumnType, Vocabulary

ROWS = ("person", "household", "village", "township")  # what a row may be, the smallest first
BLANK, SERIAL = "", "#"  # answers: leave the column, number the rows
ABOVE = {  # what a row lies in, by what the row is
    "person": ("household", "village", "group", "township", "county"),
    "household": ("village", "group", "township", "county"),
    "village": ("township", "county"),
    "township": ("county",),
}
_PLACES = {
    "county": "division_name",
    "township": "division_name",
    "village": "division_name",
    "group": "group_name",
}
_TELLING = {
    "person": ("person.relation", "person.person_code"),
    "household": ("household.household_code", "household.head_name"),
    "village": ("village.division_name", "village.division_code"),
    "township": ("township.division_name", "township.division_code"),
}
_SERIALS = ("序号", "编号", "行号")
_COUNTED = ("household_status", "household_type", "monitoring_kind")


@dataclass(frozen=True)
class Template:
    """A sheet to fill. `titles`: each column's title; `parts` of it from the top down."""

    path: Path
    sheet: RawSheet
    header: Header
    titles: Mapping[int, str]

    def fingerprint(self, rows: str) -> str:
        """What tells this form from others: its titles in order, and what a row is."""
        text = "\n".join([rows, *(self.titles[at] for at in sorted(self.titles))])
        return hashlib.sha256(text.encode()).hexdigest()[:20]


@dataclass(frozen=True)
class Question:
    """A column whose meaning somebody has to say: none, or several, are `candidates`."""

    cell: str
    title: str
    candidates: tuple[str, ...]


def read_template(path: Path, sheet: str | None, vocabulary: Vocabulary, plan: Plan | None) -> Template:
    """The sheet of an xlsx whose header names the most that is known; `sheet`: that one.

    Raises WorkbookError: not an xlsx, no such sheet, no header in it.
    """
    if path.exists() and not is_xlsx(path):
        raise refusal("unknown", path.name)
    meanings = {text for rows in ROWS for text in known_titles(rows, vocabulary, plan)}
    headers = {text: Target(SKIP, text) for text in {*meanings, *_SERIALS}}
    layout = Layout("fill", "", (), headers, (), ())
    found = [
        (len(header.targets), raw, header)
        for raw in read_workbook(path).sheets
        if sheet in (None, raw.name) and (header := find_header(raw, layout)) is not None
    ]
    if not found:
        raise WorkbookError(
            Problem(
                "fill.no_header",
                Message(N_("没有找到要填的表头")),
                path.name,
                Message(N_("表头至少要有两列是登记库里有的，名称要一致。")),
            )
        )
    _, raw, header = max(found, key=lambda each: each[0])
    return Template(path, raw, header, {at: text for at, text in header.texts.items() if text})


def known_titles(rows: str, vocabulary: Vocabulary, plan: Plan | None) -> dict[str, tuple[str, ...]]:
    """Folded title → what it may mean on rows of a table: `table.column`, or an expression."""
    found: dict[str, dict[str, None]] = {}
    for text, meaning in _meanings(rows, vocabulary, plan):
        for spelling in (fold(text), without_unit(fold(text))):
            found.setdefault(spelling, {})[meaning] = None
    return {text: tuple(meanings) for text, meanings in found.items()}


def _meanings(rows: str, vocabulary: Vocabulary, plan: Plan | None) -> Iterator[tuple[str, str]]:
    for table_id in (rows, *ABOVE[rows]):
        for column in vocabulary.tables[table_id].columns.values():
            for text in (column.name, *column.aliases):
                yield text, f"{table_id}.{column.id}"
    for text, target in load_list_layout("people").headers.items():
        if target.table == "place" and target.column in _PLACES:
            yield text, f"{target.column}.{_PLACES[target.column]}"
    if rows == "household":
        yield from _of_lists(vocabulary)
    if rows in ("village", "township"):
        yield from _of_divisions(vocabulary)
    for (subject, key), named in (plan.measures if plan else {}).items():
        if subject == rows:
            yield named.name, key
            yield key, key


def _of_lists(vocabulary: Vocabulary) -> Iterator[tuple[str, str]]:
    """Columns of a household's lists that a form has on the household's row."""
    kinds = vocabulary.code_list(vocabulary.tables["income_item"].columns["source"])
    for code, label in kinds.labels.items():
        listed = ", ".join(
            f"'{part}'" for part in (code, *_parts(code, kinds))
        )  # the register holds one or the other
        yield label, f"total(income_item, amount, source IN ({listed}) AND NOT is_forecast)"
    for column in vocabulary.tables["land"].columns.values():
        for text in (column.name, *column.aliases):
            yield text, f"total(land, {column.id})"
    for text in ("家庭人口数", "人口数"):
        yield text, "headcount"


def _parts(code: str, kinds: CodeList) -> tuple[str, ...]:
    """The codes of which a code is the whole, and theirs."""
    own = [part for part, whole in kinds.within.items() if whole == code]
    return tuple(each for part in own for each in (part, *_parts(part, kinds)))


def _of_divisions(vocabulary: Vocabulary) -> Iterator[tuple[str, str]]:
    """Counts and sums that a table by division asks for."""
    for text in ("户数", "农户数", "登记户数"):
        yield text, "count(household)"
    for text in ("人数", "人口数", "登记人数"):
        yield text, "count(person)"
    for name in _COUNTED:
        column = vocabulary.tables["household"].columns[name]
        codes = vocabulary.code_list(column)
        for text in (*codes.labels.values(), *codes.aliases):
            stem = text.removesuffix("户")
            for title in (f"{stem}户数", f"{stem}户"):
                yield title, f"count(household, {name} = '{codes.code_of(text)}')"
    for column in vocabulary.tables["household"].columns.values():
        if column.type is ColumnType.BOOL:
            stem = column.name.removeprefix("是否").removesuffix("户")
            yield f"{stem}户数", f"count(household, {column.id})"


def rows_of(template: Template, vocabulary: Vocabulary, plan: Plan | None) -> str:
    """What a row of the template is, by the columns that only such rows have. Raises WorkbookError where the
    template does not say."""
    for rows in ROWS:
        known = known_titles(rows, vocabulary, plan)
        said = {meaning for at in template.titles for meaning in _candidates(template, at, known)}
        if said & set(_TELLING[rows]):
            return rows
    raise WorkbookError(
        Problem(
            "fill.rows",
            Message(N_("看不出一行是一个人、一户还是一个村")),
            f"{template.path.name} {template.sheet.name}",
            Message(N_("请用 --rows 写明：person（人）、household（户）、village（村）、township（乡镇）。")),
        )
    )


def match_titles(
    template: Template, rows: str, vocabulary: Vocabulary, plan: Plan | None, answers: Mapping[str, str]
) -> tuple[dict[int, str], tuple[Question, ...]]:
    """What goes into each column, and what has to be asked. `answers`: title → meaning, said before."""
    known = known_titles(rows, vocabulary, plan)
    given = {fold(title): meaning for title, meaning in answers.items()}
    chosen: dict[int, str] = {}
    questions = []
    for at, title in template.titles.items():
        if (answer := given.get(fold(title))) is not None:
            chosen[at] = answer
            continue
        candidates = _candidates(template, at, known)
        if fold(title) in _SERIALS:
            chosen[at] = SERIAL
        elif len(candidates) == 1 and _unit_fits(title, candidates[0], vocabulary):
            chosen[at] = candidates[0]
        else:
            questions.append(Question(reference(template.header.last, at), title, candidates))
    return chosen, tuple(questions)


def _candidates(template: Template, at: int, known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """By all the titles above the column, else by the lowest alone."""
    parts = template.titles[at].split(" ")
    for text in ("".join(parts), parts[-1]):
        for spelling in (text, without_unit(text)):
            if spelling in known:
                return known[spelling]
    return ()


def _unit_fits(title: str, meaning: str, vocabulary: Vocabulary) -> bool:
    """Whether a title that states a unit of measure states the one that the register holds."""
    stated = unit_in(fold(title))
    table, _, column = meaning.partition(".")
    if stated is None or table not in vocabulary.tables or column not in vocabulary.tables[table].columns:
        return stated not in ("万元", "千元", "公顷", "平方公里")
    unit = vocabulary.tables[table].columns[column].unit
    return unit is None or stated in unit_spellings(unit)


def blank_rows(template: Template) -> tuple[int, int | None]:
    """The first row to fill and how many there is room for; None: as many as wanted."""
    first = template.header.last + 1
    rows = template.sheet.rows()
    serials = {at for at, title in template.titles.items() if fold(title) in _SERIALS}

    def is_blank(row: int) -> bool:
        return all(
            cell == "" or at in serials or (row, at) in template.sheet.formulas
            for at, cell in enumerate(rows[row])
        )

    while first < len(rows) and not is_blank(first) and _numbers_columns(rows[first]):
        first += 1
    last = first
    while last < len(rows) and is_blank(last):
        last += 1
    return first, None if last >= len(rows) else last - first


def _numbers_columns(cells: Sequence[object]) -> bool:
    """A row below the header that only numbers the columns: 1 2 3, (1) (2), 甲 乙."""
    texts = [fold(str(cell)).strip("()").removesuffix(".0") for cell in cells if cell != ""]
    return all(text.isdigit() or text in "甲乙丙丁" for text in texts)
