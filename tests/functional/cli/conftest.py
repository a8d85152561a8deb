"""The demo's journey, taken once: from workbooks to what the office hands over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bangfu.cli.app import app

PLACE = "430624119000"
AS_OF = "2018-12-31"
Command = Callable[..., Result]


@pytest.fixture(scope="session")
def bangfu() -> Command:
    """Run a command; an error for people stays in `result.exception`."""
    runner = CliRunner()
    return lambda *arguments: runner.invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory, bangfu: Command) -> Path:
    """A folder with workbooks, register, snapshot, run and export of the sample township."""
    folder = tmp_path_factory.mktemp("office")
    books = folder / "workbooks"
    steps = (
        ("sample", "s4", books, "--workbooks"),
        ("import", *import_arguments(folder), "--marked", folder / "marked"),
        ("snapshot", folder / "register", folder / "snapshot", "--as-of", AS_OF),
        ("evaluate", "s4_nanhuzhou", folder / "snapshot", folder / "run"),
        ("export", "s4_nanhuzhou", folder / "snapshot", folder / "run", folder / "out", "--register",
         folder / "register", "--purpose", "整改交办"),
    )  # fmt: skip
    for step in steps:
        result = bangfu(*step)
        assert result.exit_code == 0, (step, result.output, result.exception)
    return folder


def import_arguments(folder: Path) -> list[str]:
    """The arguments of `bangfu import` for the sample township."""
    books = folder / "workbooks"
    names = ("户信息表.xlsx", "人口信息表.xlsx", "家庭收入表.xlsx", "帮扶责任人结对表.csv", "驻村干部表.xlsx")
    return [
        *(str(books / name) for name in names),
        *("--register", str(folder / "register"), "--within", PLACE, "--year", "2018"),
        *("--complete-on", AS_OF, "--effective-on", AS_OF),
    ]
