"""What the commands say: results on standard output, progress and problems on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bangfu.core.errors import Problem
from bangfu.core.messages import N_, Message, translate

_WIDTH_OF_FILES = 132  # a table in a log or a pipe need not be folded for a screen

out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else _WIDTH_OF_FILES)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def t(template: str, **values: object) -> str:
    """A sentence in the current language."""
    return Message(template, values).render()


def say(text: str) -> None:
    """A line of result."""
    out.print(text, markup=False)


def say_json(value: object) -> None:
    """The result as JSON, for other programs."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1, default=_plain))


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Message):
        return value.render()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def say_table(headers: Sequence[str], rows: Sequence[Sequence[object]], numeric: Sequence[int] = ()) -> None:
    """Rows under headers; numeric columns to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, header in enumerate(headers):
        table.add_column(header, justify="right" if index in numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row))
    out.print(table, markup=False, soft_wrap=False)


def show_problems(
    problems: Sequence[Problem], limit: int = 200, doubtful: Container[int] = frozenset()
) -> None:
    """Problems, one a line, then how many were not shown. `doubtful`: places of those that are questions."""
    for index, problem in enumerate(problems[:limit]):
        sign, style = ("?", "yellow") if index in doubtful else ("✕", "red")
        err.print(f"{sign} {problem.render()}", markup=False, style=style)
    if len(problems) > limit:
        err.print(t(N_("还有 {count} 条未列出。"), count=len(problems) - limit), markup=False)


class Steps:
    """A progress bar that is told what is being done; silent where nobody looks."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None)

    def __call__(self, what: str, done: int, total: int) -> None:
        """Say what is being done, how many steps are done, of how many."""
        self._progress.update(self._task, description=what, completed=done, total=total)


@contextmanager
def progress(title: str) -> Iterator[Steps]:
    """A progress bar on standard error while the work goes on."""
    columns = (
        TextColumn(title),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=err, transient=True) as bar:
        yield Steps(bar)


OUTCOMES = {
    1: ("✓", N_("达标")),
    2: ("✕", N_("未达标")),
    3: ("?", N_("待核实")),
    4: ("–", N_("不适用")),
    5: ("○", N_("未到期")),
}


def outcome_text(outcome: int) -> str:
    """The sign and the word, as everywhere in the product."""
    sign, word = OUTCOMES[outcome]
    return f"{sign} {translate(word)}"
