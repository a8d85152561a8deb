"""bangfu serve: starts the web platform, which is an extra and a program of its own."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from bangfu.cli.console import t
from bangfu.core.errors import Problem, UserError
from bangfu.core.messages import N_, Message

HOME_VARIABLE = "BANGFU_HOME"


def add_commands(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command(
        "serve",
        help=t(N_("启动网页平台，直到按 Ctrl-C 停止。")),
        epilog=t(N_("示例：bangfu serve --home 帮扶数据 --port 8000")),
    )(serve)


def serve(
    home: Annotated[
        Path | None,
        typer.Option(
            "--home",
            metavar="FOLDER",
            help=t(N_("数据库、密钥和文件放在哪里；不写则用环境变量 BANGFU_HOME。")),
        ),
    ] = None,
    host: Annotated[
        str, typer.Option("--host", metavar="HOST", help=t(N_("在哪个地址上提供服务。")))
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="N", help=t(N_("端口。")))] = 8000,
    workers: Annotated[int, typer.Option("--workers", metavar="N", help=t(N_("进程数。")))] = 2,
    divisions: Annotated[
        Path | None,
        typer.Option("--divisions", metavar="FILE", help=t(N_("先载入这份行政区划表；不写则用自带的区划。"))),
    ] = None,
) -> None:
    """Become the web platform's process."""
    if find_spec("django") is None:
        remedy = Message(N_("请安装：pip install bangfu[web]"))
        raise UserError(Problem("serve.missing", Message(N_("没有安装网页平台")), remedy=remedy))
    environment = dict(os.environ)
    if home is not None:
        environment[HOME_VARIABLE] = str(home.absolute())
    command = [sys.executable, "-m", "bangfu.web", "serve", f"--host={host}", f"--port={port}"]
    command.append(f"--workers={workers}")
    if divisions is not None:
        command.append(f"--divisions={divisions}")
    sys.stdout.flush()
    os.execve(sys.executable, command, environment)  # noqa: S606 - the same interpreter, our own module
