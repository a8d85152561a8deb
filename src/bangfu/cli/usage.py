"""How the commands present themselves: help and mistakes in the arguments, in the user's language."""

from __future__ import annotations

import re
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import Any

import typer
from typer.completion import install  # type: ignore[attr-defined]  # the parser's own
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

from bangfu.cli.console import err, say, t
from bangfu.core.errors import Problem, UserError
from bangfu.core.messages import N_, Message

# Placeholders of arguments and options, as the commands declare them.
_METAVARS = {
    "PLAN": N_("方案"),
    "CHANGED": N_("新方案"),
    "FOLDER": N_("文件夹"),
    "REGISTER": N_("登记库"),
    "SNAPSHOT": N_("快照"),
    "RUN": N_("结果"),
    "FILE": N_("文件"),
    "TARGET": N_("目标"),
    "PLACE": N_("样本"),
    "NAME": N_("名称"),
    "CODE": N_("代码"),
    "DATE": N_("日期"),
    "PERIOD": N_("周期"),
    "SUBJECT": N_("对象"),
    "TEXT": N_("文字"),
    "SIZE": N_("大小"),
    "YEAR": N_("年度"),
    "N": N_("个数"),
}
_HELPS = {
    "help": N_("显示这份说明。"),
    "install_completion": N_("给当前的终端装上命令补全。"),
    "show_completion": N_("显示补全脚本，供自行安装。"),
}
# What the argument parser says, which is English only, and how it is said here.
_MISTAKES = (
    (re.compile(r"Missing argument '(?P<name>.+)'\."), N_("缺少“{name}”。")),
    (re.compile(r"Missing option '(?P<name>.+)'\."), N_("缺少选项 {name}。")),
    (re.compile(r"No such option: (?P<name>\S+) \(Possible options: (?P<near>.+)\)"), N_("没有选项 {name}；是不是 {near}？")),
    (re.compile(r"No such option: (?P<name>\S+)"), N_("没有选项 {name}。")),
    (re.compile(r"No such command '(?P<name>.+)'\. Did you mean (?P<near>.+)\?"), N_("没有命令 {name}；是不是 {near}？")),
    (re.compile(r"No such command '(?P<name>.+)'\."), N_("没有命令 {name}。")),
    (re.compile(r"Missing command\."), N_("没有写命令。")),
    (re.compile(r"Invalid value for '(?P<name>[^']+)': .*integer.*"), N_("{name} 要写整数。")),
    (re.compile(r"Invalid value for '(?P<name>[^']+)': .*"), N_("{name} 写的内容不对。")),
    (re.compile(r"Got unexpected extra argument.*\((?P<name>.+)\)"), N_("多出的内容：{name}。")),
    (re.compile(r"Option '(?P<name>.+)' requires .*"), N_("选项 {name} 后面要写内容。")),
    (re.compile(r"Option '(?P<name>.+)' does not take a value\."), N_("选项 {name} 后面不写内容。")),
)  # fmt: skip


def mistake_text(said: str) -> str:
    """A mistake in the arguments, in the user's language."""
    for pattern, template in _MISTAKES:
        if found := pattern.fullmatch(said):
            return t(template, **{name: text.replace("'", "") for name, text in found.groupdict().items()})
    return t(N_("命令写得不对：{text}"), text=said)


def show_mistake(error: TyperException) -> None:
    """Say what is wrong with the arguments and where to read on."""
    context: typer.Context | None = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":  # nothing was typed: the message is the help itself
        err.print(error.format_message(), markup=False)
        return
    err.print(f"✕ {mistake_text(error.format_message())}", markup=False, style="red")
    if context is not None:
        err.print(context.get_usage(), markup=False)
        err.print(t(N_("说明：{command}"), command=f"{context.command_path} --help"), markup=False)


def _nothing(ctx: Any) -> None:
    """No word for a type."""


def _install_completion(ctx: typer.Context, param: Any, value: Any) -> Any:
    """Install what the shell needs; the parser's own way speaks English."""
    if not value or ctx.resilient_parsing:
        return value
    try:
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            shell, path = install(shell=value if isinstance(value, str) else None)
    except typer.Exit:
        names = {"names": ["bash", "zsh", "fish", "pwsh"]}
        message = Message(N_("认不出这是哪种终端，没有装命令补全"))
        remedy = Message(N_("请在这些终端里再试：{names}。"), names)
        raise UserError(Problem("completion", message, "", remedy)) from None
    say(t(N_("✓ 已给 {shell} 装上命令补全：{path}。重开终端后生效。"), shell=shell, path=str(path)))
    raise typer.Exit


class _Spoken:
    """What the parser would say in English, said in the user's language."""

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """The first line of the help."""
        words = {"[OPTIONS]": t(N_("[选项]")), "COMMAND [ARGS]...": t(N_("命令 …"))}
        pieces = [words.get(piece, piece) for piece in self.collect_usage_pieces(ctx)]  # type: ignore[attr-defined]
        formatter.write_usage(ctx.command_path, " ".join(pieces), prefix=t(N_("用法：")))

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters, their words translated."""
        params: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for param in params:
            if (
                param.param_type_name == "argument"
            ):  # its placeholder says enough; the type is a programmer's word
                param.display_type_rich = _nothing
            if param.name in _HELPS:
                param.help = t(_HELPS[param.name])
            if param.name == "install_completion":
                param.callback = _install_completion
            if param.metavar is None and not getattr(param, "is_flag", True):
                param.metavar = t(N_("内容"))
            param.metavar = t(_METAVARS[param.metavar]) if param.metavar in _METAVARS else param.metavar
        return params


class SpokenCommand(_Spoken, TyperCommand):
    """A command."""


class SpokenGroup(_Spoken, TyperGroup):
    """A group of commands."""


def speak(app: typer.Typer) -> None:
    """Let all commands of an application present themselves so."""
    app.info.cls = SpokenGroup
    for command in app.registered_commands:
        command.cls = SpokenCommand
    for group in app.registered_groups:
        if group.typer_instance is not None:
            speak(group.typer_instance)
