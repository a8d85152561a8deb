"""The command `bangfu`."""

from __future__ import annotations

from typing import Annotated

import typer

from bangfu import __version__

app = typer.Typer(no_args_is_help=True, add_completion=True)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"bangfu {__version__}")
        raise typer.Exit


@app.callback()
def bangfu(
    version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True)] = False,
) -> None:
    """帮扶：把工作方案变成可以运行的软件。"""


def main() -> None:
    """The entry point of the command line."""
    app()
