"""Which sheets of a workbook are which official layout, staged, and what is wrong with the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bangfu.core.errors import Problem
from bangfu.core.messages import N_, Message, translate
from bangfu.core.sheets.cells import RawSheet, RawWorkbook, column_letters
from bangfu.core.sheets.headers import Header, find_header
from bangfu.core.sheets.layouts import SKIP, Layout, Target, column_of, load_layouts
from bangfu.core.sheets.staging import StagedSheet, stage_sheet
from bangfu.core.vocabulary import Vocabulary

_RECOGNISED = 3  # columns that a sheet without all needed ones must show to be taken for a layout


@dataclass(frozen=True)
class StagedWorkbook:
    """The sheets of a workbook that were understood, the reasons why one may not be imported (none: all is
    well), and notes on what was left alone."""

    name: str
    sheets: tuple[StagedSheet, ...]
    refusals: tuple[Problem, ...]
    notes: tuple[Problem, ...]


def stage_workbook(
    workbook: RawWorkbook, vocabulary: Vocabulary, today: date, layout: str | None = None
) -> StagedWorkbook:
    """Recognise and clean every sheet. `layout`: the id of the one to use; None: by the headers."""
    known = load_layouts()
    layouts = {layout: known[layout]} if layout else known
    staged, refusals, notes = [], [], []
    for name in workbook.hidden:
        notes.append(_note("hidden", N_("隐藏的工作表没有读"), f"{workbook.name} {name}"))
    for sheet in workbook.sheets:
        where = f"{workbook.name} {sheet.name}"
        found = _recognise(sheet, layouts)
        if not found:
            notes.append(_note("unrecognised", N_("认不出是哪种表，没有导入"), where))
            continue
        if len(found) > 1:
            refusals.append(_ambiguous(where, [chosen for chosen, _ in found]))
            continue
        chosen, header = found[0]
        wrong = _header_problems(chosen, header, vocabulary, where)
        refusals += wrong
        notes += _header_notes(chosen, header, where)
        if not wrong:
            staged.append(stage_sheet(sheet, chosen, header, vocabulary, today))
            notes += _body_notes(staged[-1], where)
    if not staged and not refusals:
        refusals.append(_nothing(workbook.name, layouts))
    return StagedWorkbook(workbook.name, tuple(staged), tuple(refusals), tuple(notes))


def _recognise(sheet: RawSheet, layouts: Mapping[str, Layout]) -> list[tuple[Layout, Header]]:
    """The layouts that know the most columns; of those, the ones that have all they need and take the most."""
    scored = []
    for layout in layouts.values():
        header = find_header(sheet, layout)
        if header is not None:
            named = len(header.targets) + len(header.clashes)
            taken = sum(1 for target in header.targets.values() if target.table != SKIP)
            missing = len(header.missing(layout))
            if not missing or named >= _RECOGNISED:
                scored.append(((named, missing == 0, taken), layout, header))
    best = max((score for score, _, _ in scored), default=None)
    return [(layout, header) for score, layout, header in scored if score == best]


def _header_problems(layout: Layout, header: Header, vocabulary: Vocabulary, where: str) -> list[Problem]:
    problems = []
    for group in header.missing(layout):
        values = {"columns": [_title(target, vocabulary) for target in group], "layout": layout.name}
        problems.append(
            Problem(
                "sheet.missing_column",
                Message(N_("按{layout}缺少必需的列：{columns}"), values),
                where,
                Message(N_("补上这一列（表头名称要一致）后再导入")),
            )
        )
    for at in header.clashes:
        title = header.texts[at]
        problems.append(
            Problem(
                "sheet.column_twice",
                Message(N_("“{title}”与前面的一列意思相同，不知以哪列为准"), {"title": title}),
                f"{where}!{column_letters(at)}{header.last + 1}",
                Message(N_("删去其中一列，或改成不同的表头")),
            )
        )
    for at, unit in header.wrong_units(vocabulary).items():
        problems.append(
            Problem(
                "sheet.unit",
                Message(N_("“{title}”的单位应为{unit}"), {"title": header.texts[at], "unit": unit}),
                f"{where}!{column_letters(at)}{header.last + 1}",
                Message(N_("换算成{unit}并改表头后再导入"), {"unit": unit}),
            )
        )
    return problems


def _title(target: Target, vocabulary: Vocabulary) -> str:
    if target.table == "income_item":
        return translate(N_("收入项目（如“工资性收入”）"))
    return column_of(target, vocabulary).name


def _header_notes(layout: Layout, header: Header, where: str) -> list[Problem]:
    if not header.unknown:
        return []
    titles = [header.texts[at] for at in header.unknown]
    values = {"titles": titles, "layout": layout.name}
    return [
        Problem(
            "sheet.unknown_column", Message(N_("按{layout}读；不认识、没有导入的列：{titles}"), values), where
        )
    ]


def _body_notes(sheet: StagedSheet, where: str) -> list[Problem]:
    notes = []
    if sheet.formulas:
        message = Message(N_("{count} 个单元格是公式，读的是文件里存的计算结果"), {"count": sheet.formulas})
        remedy = Message(N_("如结果可能过期，先用 Excel 打开重算并保存"))
        notes.append(Problem("sheet.formulas", message, where, remedy))
    if sheet.skipped:
        rows = [row + 1 for row in sheet.skipped]
        notes.append(
            Problem(
                "sheet.skipped_rows",
                Message(N_("合计、说明等行没有导入：第 {rows} 行"), {"rows": rows}),
                where,
            )
        )
    return notes


def _note(code: str, template: str, where: str) -> Problem:
    return Problem(f"sheet.{code}", Message(template), where)


def _ambiguous(where: str, layouts: list[Layout]) -> Problem:
    names = [layout.name for layout in layouts]
    return Problem(
        "sheet.ambiguous",
        Message(N_("像是几种表：{names}"), {"names": names}),
        where,
        Message(N_("导入时指明是哪种表（--layout）")),
    )


def _nothing(where: str, layouts: Mapping[str, Layout]) -> Problem:
    names = [layout.name for layout in layouts.values()]
    return Problem(
        "sheet.nothing",
        Message(N_("没有一张工作表能认出来")),
        where,
        Message(N_("核对表头；能认的有：{names}"), {"names": names}),
    )
