"""Fill a blank table that came from above: values into its own cells, gaps marked, all else as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bangfu.core.errors import Problem, WorkbookError
from bangfu.core.messages import N_, Message
from bangfu.core.register.durable import PRIVATE_FILE
from bangfu.core.sheets.answering import Answer, Asked, Gap
from bangfu.core.sheets.archive import Archive, open_archive
from bangfu.core.sheets.cells import Position, RawSheet, reference
from bangfu.core.sheets.folding import fold
from bangfu.core.sheets.inserting import CellValue, CellValues, insert_values
from bangfu.core.sheets.marking import Patch
from bangfu.core.sheets.marks import SheetMarks
from bangfu.core.sheets.reasons import Severity
from bangfu.core.sheets.repacking import Repacker
from bangfu.core.sheets.template import BLANK, SERIAL, Question, Template, blank_rows
from bangfu.core.sheets.writing import whole_file

FOLDER = "fillings"  # in the register's folder: how forms were filled, by fingerprint
_NAMED_BY = {
    "village": ("village.division_name", "village.division_code"),
    "township": ("township.division_name", "township.division_code"),
    "household": ("household.household_code",),
    "person": ("person.person_code", "person.id_number"),
}


@dataclass(frozen=True)
class Filled:
    """`rows`: how many were filled; `cells`; `gaps`: cells left empty and marked; `left`: rows of the template
    that name nothing the register has, or several things."""

    path: Path
    rows: int
    cells: int
    gaps: int
    left: tuple[str, ...]


def fill_template(template: Template, meanings: Mapping[int, str], asked: Asked, target: Path) -> Filled:
    """Write a filled copy of the template to `target`, private to the user.

    A template that lists its rows (names of villages, numbers of households) is filled beside them, any other
    from its first blank row on. Formulas and what is written already stay. Raises WorkbookError: not enough
    blank rows, an expression that is wrong.
    """
    named = {at: meaning for at, meaning in meanings.items() if meaning in _NAMED_BY[asked.rows]}
    at_rows, left = _listed(template, named, asked)
    if not at_rows:
        at_rows = dict(enumerate(range(len(asked.keys)), _first_row(template, asked, left)))
        left = ()
    cells: dict[int, dict[int, CellValue | None]] = {row: {} for row in at_rows}
    gaps: dict[Position, Gap] = {}
    for at, meaning in meanings.items():
        if meaning == BLANK:
            continue
        answers: Sequence[Answer] = (
            range(1, len(asked.keys) + 1) if meaning == SERIAL else asked.answers(meaning)
        )
        for number, (row, index) in enumerate(at_rows.items(), 1):
            answer = number if meaning == SERIAL else answers[index]
            if not _is_free(template.sheet, row, at):
                continue
            if isinstance(answer, Gap):
                gaps[row, at] = answer
                cells[row][at] = None
            elif answer is not None:
                cells[row][at] = answer
    _write(template, cells, gaps, min(at_rows, default=0), target)
    return Filled(target, len(at_rows), sum(map(len, cells.values())) - len(gaps), len(gaps), left)


def _first_row(template: Template, asked: Asked, left: Sequence[str]) -> int:
    first, room = blank_rows(template)
    if room is None or room >= len(asked.keys):
        return first
    where = f"{template.path.name} {template.sheet.name}"
    if left and not room:
        message = Message(
            N_("表里列出的名称或编号，登记库里都找不到或不止一个：{cells}"), {"cells": list(left)}
        )
        remedy = Message(N_("请按登记库的写法改；几个乡镇有同名的村时，用 --in 写明乡镇，或加一列代码。"))
        raise WorkbookError(Problem("fill.unmatched", message, where, remedy))
    message = Message(N_("空行只有 {room} 行，要填 {rows} 行"), {"room": room, "rows": len(asked.keys)})
    remedy = Message(N_("请在合计或说明的上方插入空行，或用 --where、--in 少填一些。"))
    raise WorkbookError(Problem("fill.room", message, where, remedy))


def _listed(
    template: Template, named: Mapping[int, str], asked: Asked
) -> tuple[dict[int, int], tuple[str, ...]]:
    """Rows of the template that name a row of the register → its number; and those that name none or several."""
    # Row of the template → rows of the register that all of its names allow.
    meant: dict[int, set[int]] = {}
    named_at: dict[int, str] = {}
    for at, meaning in named.items():
        places: dict[str, set[int]] = {}
        for number, answer in enumerate(asked.answers(meaning)):
            if isinstance(answer, str):
                places.setdefault(fold(answer), set()).add(number)
        for row in range(template.header.last + 1, template.sheet.height):
            text = _name(template.sheet, (row, at))
            if text in places or (text and not _is_word(text)):
                own = places.get(text, set())
                meant[row] = meant.get(row, own) & own
                named_at.setdefault(row, reference(row, at))
    rows = {row: found.pop() for row, found in sorted(meant.items()) if len(found) == 1}
    return rows, tuple(named_at[row] for row in sorted(meant) if row not in rows)


def _name(sheet: RawSheet, cell: Position) -> str:
    """A name or a code as text; codes that were typed as numbers too, with all their digits."""
    row, column = cell
    return fold(sheet.exact_numbers.get(cell, str(sheet.columns[column][row]).removesuffix(".0")))


def _is_word(text: str) -> bool:
    """A total, a note below the table, or a row that numbers the columns: no name of a row."""
    if any(sign in text for sign in ("合计", "总计", "小计", ":")) or text.startswith("注"):
        return True
    return text.strip("()").isdigit() and len(text) < 5


def _is_free(sheet: RawSheet, row: int, at: int) -> bool:
    """Empty, without formula, and seen: what a merged cell covers nobody sees."""
    if (row, at) in sheet.formulas or (row < sheet.height and sheet.columns[at][row] != ""):
        return False
    return not any(
        top <= row <= bottom and left <= at <= right and (top, left) != (row, at)
        for top, left, bottom, right in sheet.merged
    )


def _write(
    template: Template,
    cells: CellValues,
    gaps: Mapping[Position, Gap],
    like: int,
    target: Path,
) -> None:
    severities: dict[int, dict[int, Severity]] = {}
    for row, at in gaps:
        severities.setdefault(row, {})[at] = Severity.DOUBTFUL
    texts = {cell: Message(N_("【待补】{why}。"), {"why": gap.why}).render() for cell, gap in gaps.items()}
    marks = {template.sheet.name: SheetMarks(severities, texts)} if gaps else {}
    values = {row: own for row, own in cells.items() if own}
    with whole_file(target) as partial, open_archive(template.path) as archive, partial.open("w+b") as file:
        _Filling(archive, marks, template.sheet.name, values, like).write(Repacker(file))


class _Filling(Patch):
    """A patch that also writes values into one sheet."""

    def __init__(
        self,
        archive: Archive,
        marks: Mapping[str, SheetMarks],
        sheet: str,
        values: CellValues,
        like: int,
    ) -> None:
        self.values, self.like = values, like
        super().__init__(archive, marks)
        self.is_marked = bool(marks)
        if not marks:
            part = next(each.part for each in self.package.sheets if each.name == sheet)
            self.parts[part] = self._unpacked(part)

    def _unpacked(self, part: str) -> Iterator[bytes]:
        """The sheet as it will be; no other is marked, so no other is unpacked."""
        yield insert_values(b"".join(super()._unpacked(part)), self.values, self.like, self.where)

    def write(self, writer: Repacker) -> None:
        """Without marks every part but the sheet keeps its bytes, the styles too."""
        if self.is_marked:
            super().write(writer)
            return
        for name, part in self.archive.parts.items():
            if name in self.parts:
                writer.write(name, self.parts[name], like=part)
            else:
                writer.copy(self.archive, part)
        writer.close()


# --- what was answered before --------------------------------------------------------------------------------


def remembered(register: Path, fingerprint: str) -> dict[str, str]:
    """Title → meaning of a form filled before; empty if it never was."""
    path = register / FOLDER / f"{fingerprint}.json"
    if not path.exists():
        return {}
    return _answers(path)


def remember(register: Path, fingerprint: str, template: Template, meanings: Mapping[int, str]) -> None:
    """Keep what the columns of a form mean."""
    path = register / FOLDER / f"{fingerprint}.json"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    said = {template.titles[at]: meaning for at, meaning in meanings.items()}
    path.touch(PRIVATE_FILE)
    path.write_text(json.dumps({"columns": said}, ensure_ascii=False, indent=1), encoding="utf-8")


def read_answers(path: Path) -> dict[str, str]:
    """Title → meaning as answered in a file; what was not answered is left out. Raises WorkbookError."""
    try:
        return {title: meaning for title, meaning in _answers(path).items() if meaning != "?"}
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        message, remedy = Message(N_("读不懂答复文件")), Message(N_("请照生成的样子改，只改问号。"))
        raise WorkbookError(Problem("fill.answers", message, str(path), remedy)) from error


def write_questions(path: Path, questions: Sequence[Question]) -> None:
    """A file to be answered: each title with "?", and what it may mean beside it."""
    document = {
        "columns": {question.title: "?" for question in questions},
        "candidates": {question.title: list(question.candidates) for question in questions},
    }
    with whole_file(path) as partial:
        partial.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")


def _answers(path: Path) -> dict[str, str]:
    document = json.loads(path.read_text(encoding="utf-8"))
    return {str(title): str(meaning) for title, meaning in document["columns"].items()}


def unanswered(template: Template, questions: Sequence[Question], file: Path) -> WorkbookError:
    """The error that asks: each column, and what it may mean."""
    problems = []
    for question in questions:
        where = f"{template.path.name} {template.sheet.name}!{question.cell}"
        values = {"title": question.title, "candidates": list(question.candidates)}
        template_text = (
            N_("“{title}”可能是：{candidates}") if question.candidates else N_("不知道“{title}”要填什么")
        )
        problems.append(Problem("fill.ask", Message(template_text, values), where))
    remedy = Message(
        N_(
            '请在 {file} 里把问号改成要填的列或表达式（留空为不填），再用 --answers 交回；或用 --map "表头=列"。'
        ),
        {"file": str(file)},
    )
    problems[-1] = Problem(problems[-1].code, problems[-1].message, problems[-1].where, remedy)
    return WorkbookError(problems)
