"""The commands together; an error for people is shown without a traceback and with its exit code."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from typer.exceptions import TyperException

from bangfu import __version__
from bangfu.cli import batches, comparisons, filling, integrity, plans, reconciling, registers, runs, serving
from bangfu.cli.console import err, show_problems, t
from bangfu.cli.usage import show_mistake, speak
from bangfu.core.errors import Problem, UserError
from bangfu.core.messages import N_, Message

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,  # a listing of local values could show people's data
    help=t(N_("帮扶：把工作方案变成可以运行的软件。导入登记表，逐户逐村核查，得到问题清单和说明。")),
    epilog=t(N_("示例：bangfu plan show s4_nanhuzhou")),
    context_settings={"help_option_names": ["--help", "-h"]},
)
app.add_typer(plans.app, name="plan")
registers.add_commands(app)
batches.add_commands(app)
runs.add_commands(app)
comparisons.add_commands(app)
integrity.add_commands(app)
reconciling.add_commands(app)
filling.add_commands(app)
serving.add_commands(app)
speak(app)

_STOPPED = 130  # as a shell counts Ctrl-C


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"bangfu {__version__}")
        raise typer.Exit


@app.callback()
def bangfu(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help=t(N_("显示版本号。")))
    ] = False,
) -> None:
    """Options of every command."""


def run() -> None:
    """Run the command line."""
    try:
        code = app(standalone_mode=False)
    except TyperException as error:
        show_mistake(error)
        sys.exit(error.exit_code)
    except UserError as error:
        show_problems(error.problems)
        sys.exit(error.exit_code)
    except OSError as error:
        reason = Message(N_("文件读写失败：{reason}"), {"reason": error.strerror or str(error)})
        show_problems([Problem("file", reason, str(error.filename or ""))])
        sys.exit(1)
    if code == _STOPPED:
        err.print(t(N_("已停止，没有留下半途的结果。")), markup=False)
    sys.exit(code if isinstance(code, int) else 0)
