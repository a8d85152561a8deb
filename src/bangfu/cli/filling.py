"""bangfu fill: a blank table from above, filled from the register."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bangfu.cli.console import progress, say, say_json, t
from bangfu.cli.edge import day_of, now, register_key, today, user
from bangfu.cli.plans import open_plan
from bangfu.cli.runs import AsJson, CalendarFile, RegisterOption
from bangfu.core.calendars import load_calendar
from bangfu.core.errors import Problem, WorkbookError
from bangfu.core.integrity.checking import register_tables
from bangfu.core.messages import N_, Message
from bangfu.core.register import Access, open_register
from bangfu.core.sheets.answering import Asked, Source, guarded
from bangfu.core.sheets.filling import (
    fill_template,
    read_answers,
    remember,
    remembered,
    unanswered,
    write_questions,
)
from bangfu.core.sheets.template import BLANK, ROWS, SERIAL, match_titles, read_template, rows_of


def add_commands(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command(
        help=t(N_("填上级发来的空表：名册，或按村、按乡镇的统计表；拿不准的列会问，不会猜。")),
        epilog=t(
            N_(
                "示例：bangfu fill 上报表.xlsx --register 登记库 --in 430624105000 --out 上报表-已填.xlsx --purpose 上报"
            )
        ),
    )(fill)


def fill(
    template: Annotated[Path, typer.Argument(metavar="TEMPLATE", help=t(N_("要填的表（xlsx）。")))],
    register: RegisterOption,
    rows: Annotated[
        str, typer.Option("--rows", help=t(N_("一行是什么：{rows}；不写则看表头。"), rows=list(ROWS)))
    ] = "",
    place: Annotated[str, typer.Option("--in", metavar="CODE", help=t(N_("哪个村或乡镇，12 位代码。")))] = "",
    where: Annotated[
        str,
        typer.Option(
            "--where", metavar="EXPRESSION", help=t(N_("只填哪些行，如 household_status = '已脱贫'。"))
        ),
    ] = "",
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="TITLE=COLUMN", help=t(N_("某列填什么：列名、表达式，留空为不填；可写多次。"))
        ),
    ] = None,
    answers: Annotated[
        Path | None, typer.Option("--answers", metavar="FILE", help=t(N_("答复过的问题文件。")))
    ] = None,
    plan: Annotated[str, typer.Option("--plan", help=t(N_("用哪个方案的指标。")))] = "",
    as_of: Annotated[
        str, typer.Option("--as-of", metavar="DATE", help=t(N_("哪一天的情况；不写为今天。")))
    ] = "",
    sheet: Annotated[str, typer.Option("--sheet", help=t(N_("填哪张工作表；不写则看表头。")))] = "",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help=t(N_("填好的表写到哪里；不写则在原表旁边。")))
    ] = None,
    purpose: Annotated[str, typer.Option("--purpose", help=t(N_("用途，会记入登记库的查询记录。")))] = "",
    calendar_file: CalendarFile = None,
    as_json: AsJson = False,
) -> None:
    """Ask what is not clear; fill the rest; keep the answers for the next time."""
    day = day_of(as_of) or today()
    library = open_register(register, register_key())
    compiled = open_plan(plan, day.isoformat())[1] if plan else None
    blank = read_template(template, sheet or None, library.vocabulary, compiled)
    kind = _rows(rows) or rows_of(blank, library.vocabulary, compiled)
    fingerprint = blank.fingerprint(kind)
    said = (
        remembered(library.folder, fingerprint)
        | (read_answers(answers) if answers else {})
        | _pairs(mapping or [])
    )
    meanings, questions = match_titles(blank, kind, library.vocabulary, compiled, said)
    if questions:
        asked_in = template.with_name(f"{template.stem}（待确认）.json")
        write_questions(asked_in, questions)
        raise unanswered(blank, questions, asked_in)
    with progress(t(N_("填表"))):
        state = library.state()
        tables = register_tables(state, library.vocabulary)
        source = Source(state, tables, library.vocabulary, day, load_calendar(calendar_file), compiled)
        asked = Asked(source, kind, place, where)
        shown = [meaning for meaning in meanings.values() if meaning not in (BLANK, SERIAL)]
        if guarded(shown, asked):
            library.record_access(
                Access(
                    at=now(), by=user(), action="fill", purpose=purpose, subjects={kind: sorted(asked.keys)}
                )
            )
        filled = fill_template(
            blank, meanings, asked, out or template.with_name(f"{template.stem}（已填）.xlsx")
        )
        remember(library.folder, fingerprint, blank, meanings)
    if as_json:
        say_json(
            {
                "file": str(filled.path),
                "rows": filled.rows,
                "cells": filled.cells,
                "gaps": filled.gaps,
                "left": filled.left,
                "unsure": asked.unsure,
            }
        )
        return
    say(
        t(
            N_("✓ {file}：{rows} 行，填了 {cells} 格，{gaps} 格待补（已标色并写明原因）。"),
            file=str(filled.path),
            rows=filled.rows,
            cells=filled.cells,
            gaps=filled.gaps,
        )
    )
    if filled.left:
        say(t(N_("! 这些行在登记库里找不到，或有几个同名的，没有填：{cells}"), cells=list(filled.left)))
    if asked.unsure:
        say(t(N_("! 有 {count} 个登记不全，不知道该不该列入，没有列入。"), count=asked.unsure))


def _rows(text: str) -> str:
    if text and text not in ROWS:
        message = Message(N_("不知道“{text}”是什么"), {"text": text})
        raise WorkbookError(
            Problem("fill.rows", message, "", Message(N_("可用：{rows}。"), {"rows": list(ROWS)}))
        )
    return text


def _pairs(mapping: list[str]) -> dict[str, str]:
    """TITLE=COLUMN; a title may not hold an equals sign, a column may."""
    pairs = {}
    for text in mapping:
        title, sign, meaning = text.partition("=")
        if not sign:
            message = Message(N_("--map 要写成 表头=列：{text}"), {"text": text})
            raise WorkbookError(Problem("fill.map", message))
        pairs[title.strip()] = meaning.strip()
    return pairs
