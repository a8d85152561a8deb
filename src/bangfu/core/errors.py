"""Errors for people, apart from bugs: what, where, why, and what to do. Each class has its exit code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bangfu.core.messages import Message


@dataclass(frozen=True)
class Problem:
    """One thing wrong in what a person gave us.

    `code` is stable and may be searched for (`plan.unknown_name`); `where` is a file and line, a sheet
    and cell, or empty.
    """

    code: str
    message: Message
    where: str = ""
    remedy: Message | None = None

    def render(self) -> str:
        """`where: message。remedy` in the current language."""
        text = f"{self.where}: {self.message}" if self.where else str(self.message)
        return f"{text} {self.remedy}" if self.remedy else text


class UserError(Exception):
    """Something that the user can mend. Shown without a traceback."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem] | Problem) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(problem.render() for problem in self.problems)


class PlanError(UserError):
    """A plan pack is wrong."""

    exit_code = 3


class WorkbookError(UserError):
    """A workbook cannot be read or imported."""

    exit_code = 4


class RegisterError(UserError):
    """The register cannot be opened, written or understood."""

    exit_code = 5


class SnapshotError(UserError):
    """A snapshot is missing, damaged, or not what the plan needs."""

    exit_code = 6


class EngineError(UserError):
    """The engine cannot do what was asked. There is no fallback."""

    exit_code = 7


class Cancelled(UserError):
    """The user stopped a long command; nothing was half-done."""

    exit_code = 130
