"""bangfu plan …, and what every command does with mistakes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from bangfu.cli import usage
from tests.functional.cli.conftest import Command


def run(*arguments: str, language: str = "zh_CN") -> subprocess.CompletedProcess[str]:
    """The real command in a process of its own."""
    program = "import sys; sys.argv[0] = 'bangfu'; from bangfu.cli.main import main; main()"
    environment = {**os.environ, "BANGFU_LANGUAGE": language, "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )


@pytest.mark.parametrize(
    "plan", ["s0_lvchun", "s1_linked_villages", "s2_town_review", "s3_canggou", "s4_nanhuzhou"]
)
def test_the_five_plans_check_clean(plan: str, bangfu: Command) -> None:
    result = bangfu("plan", "check", plan)
    assert result.exit_code == 0, result.exception
    assert "没有错误" in result.output


def test_a_new_plan_checks_and_tests_clean(bangfu: Command, tmp_path: Path) -> None:
    assert bangfu("plan", "new", tmp_path / "mine").exit_code == 0
    assert "没有错误" in bangfu("plan", "check", tmp_path / "mine").output
    assert "7 个案例全部符合预期" in bangfu("plan", "test", tmp_path / "mine").output
    assert "已有内容" in str(bangfu("plan", "new", tmp_path / "mine").exception)


def test_a_case_that_fails_fails_the_command(bangfu: Command, tmp_path: Path) -> None:
    bangfu("plan", "new", tmp_path / "mine")
    file = tmp_path / "mine" / "cases" / "cases.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace('"7499"', '"7500"'), encoding="utf-8")
    result = bangfu("plan", "test", tmp_path / "mine")
    assert "应为 unmet，得到 met" in str(result.exception)
    assert "cases/cases.yaml:" in str(result.exception)


def test_readable_lists(bangfu: Command, tmp_path: Path) -> None:
    assert "人均纯收入" in bangfu("plan", "show", "s4_nanhuzhou").output
    assert "S4-4" in bangfu("plan", "coverage", "s4_nanhuzhou").output
    told = bangfu("plan", "coverage", "s1_linked_villages").output
    assert "年度考评认定部门没有完成当年扶贫开发任务" in told, "S1-48 has no criterion: a person starts it"
    assert "没有差别" in bangfu("plan", "diff", "s4_nanhuzhou", "s4_nanhuzhou").output
    assert bangfu("plan", "schema", tmp_path / "schemas").exit_code == 0
    assert (tmp_path / "schemas" / "criteria.json").exists()
    assert "湘阴县" in bangfu("divisions", "430624119000").output


def test_a_mistake_has_its_exit_code_and_no_traceback() -> None:
    result = run("plan", "check", "no_such_plan")
    assert result.returncode == 3
    assert "Traceback" not in result.stderr
    assert result.stderr.startswith("✕")
    assert run("snapshot", "nowhere", "out").returncode == 5


def test_help_is_in_the_language_asked() -> None:
    chinese = run("import", "--help").stdout
    assert "导入工作簿" in chinese
    assert "Options" not in chinese
    assert "Show this message" not in chinese
    english = run("import", "--help", language="en").stdout
    assert "Options" in english
    assert not any("\u4e00" <= char <= "\u9fff" for char in english)


def test_an_unknown_language_is_refused() -> None:
    assert "zh_CN, en" in run("--version", language="fr").stderr


def test_no_english_word_in_chinese_help() -> None:
    commands = (
        "",
        "import",
        "snapshot",
        "divisions",
        "sample",
        "evaluate",
        "explain",
        "export",
        "compare",
        "simulate",
    )
    plans = ("check", "show", "test", "diff", "coverage", "schema", "convert", "new")
    names = re.compile(
        r"(?<![\w-])-{1,2}[a-z][a-z-]*|bangfu( plan)? [a-z]+|^  [a-z]+ |[\w.]*_[\w.]*|\.?(xlsx|xls|csv)\b",
        re.MULTILINE,
    )
    known = {
        "Ctrl",
        "Spark",
        "spark",
        "duckdb",
        "local",
        "URL",
        "bangfu",
        "plan",
        "Excel",
        "CSV",
        "JSON",
        "Schema",
        "GB",
        "W",
        "china",
        "division",
        "household",
        "village",
    }
    asked = [*commands, *(f"plan {name}" for name in plans)]
    program = (
        "import sys\nfrom bangfu.cli.main import main\n"
        "for command in sys.argv[1:]:\n"
        "    sys.argv = ['bangfu', *command.split(), '--help']\n"
        "    try:\n        main()\n    except SystemExit:\n        print('=====')\n"
    )
    done = subprocess.run([sys.executable, "-c", program, *asked], capture_output=True, text=True, check=True)
    for command, text in zip(asked, done.stdout.split("=====\n"), strict=False):
        assert "显示这份说明" in text, command
        words = set(re.findall(r"[A-Za-z]{2,}", names.sub(" ", text)))
        assert words <= known, (command, words - known)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("import",), "缺少“文件”"),
        (("import", "a.xlsx"), "缺少选项 --register"),
        (("import", "--registe", "x"), "没有选项 --registe；是不是 --register？"),
        (("snapshot", "a", "b", "--colour"), "没有选项 --colour"),
        (("evalute",), "没有命令 evalute；是不是 evaluate？"),
        (("quux",), "没有命令 quux"),
        (("sample", "s4", "x", "--seed", "many"), "--seed 要写整数"),
        (("divisions", "a", "b"), "多出的内容：b"),
        (("divisions", "a", "--divisions"), "选项 --divisions 后面要写内容"),
        (("divisions", "a", "--json=1"), "选项 --json 后面不写内容"),
        (("plan", "show", "s4_nanhuzhou", "--on", "2018-13-01"), "没有 2018-13-01 这一天"),
    ],
)
def test_what_was_typed_wrong_is_said_in_words(arguments: tuple[str, ...], said: str) -> None:
    result = run(*arguments)
    assert result.returncode == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert not re.search(r"Usage|Error|Missing|No such|Try ", result.stderr)


def test_each_class_of_error_has_its_exit_code(tmp_path: Path) -> None:
    (tmp_path / "page.xls").write_text("<html><table></table></html>", encoding="utf-8")
    snapshot = ("evaluate", "s4_nanhuzhou", str(tmp_path / "none"), str(tmp_path / "run"))
    codes = {
        3: ("plan", "test", str(tmp_path)),
        4: ("import", str(tmp_path / "page.xls"), "--register", str(tmp_path / "register")),
        5: ("snapshot", str(tmp_path / "nowhere"), str(tmp_path / "s")),
        6: snapshot,
    }
    for code, arguments in codes.items():
        result = run(*arguments)
        assert (result.returncode, "Traceback" in result.stderr) == (code, False), result.stderr
        assert result.stderr.lstrip().startswith("✕")


def test_a_file_that_cannot_be_written_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run("plan", "schema", str(tmp_path / "file"))
    assert (result.returncode, "文件读写失败" in result.stderr) == (1, True)


def test_nothing_typed_shows_the_help() -> None:
    assert "用法：bangfu" in run().stderr
    assert "列出" in run("plan").stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_completes_commands_and_options(shell: str) -> None:
    program = "from bangfu.cli.main import main; import sys; sys.argv[0] = 'bangfu'; main()"
    asked = {
        "bash": ("COMP_WORDS", "bangfu sna"),
        "zsh": ("_TYPER_COMPLETE_ARGS", "bangfu sna"),
        "fish": ("_TYPER_COMPLETE_ARGS", "bangfu sna"),
    }
    name, words = asked[shell]
    environment = {
        **os.environ,
        "_BANGFU_COMPLETE": f"complete_{shell}",
        name: words,
        "COMP_CWORD": "1",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=False
    )
    assert "snapshot" in done.stdout
    assert "explain" not in done.stdout


def test_completion_is_installed_in_words(
    bangfu: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage, "install", lambda shell: ("bash", tmp_path))
    done = bangfu("--install-completion")
    assert (done.exit_code, "已给 bash 装上命令补全" in done.output) == (0, True), done.exception
    assert "completion installed" not in done.output


def test_completion_for_an_unknown_shell_is_refused_in_words(
    bangfu: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(shell: str | None) -> None:
        typer.echo(f"Shell {shell} is not supported.")
        raise typer.Exit(1)

    monkeypatch.setattr(usage, "install", unknown)
    refused = bangfu("--install-completion")
    assert "认不出这是哪种终端" in str(refused.exception)
    assert "not supported" not in refused.output


def test_ctrl_c_stops_without_a_trace(tmp_path: Path) -> None:
    program = (
        "import bangfu.cli.registers as r\n"
        "def stop(*_):\n    raise KeyboardInterrupt\n"
        "r.write_sample_register = stop\n"
        "from bangfu.cli.main import main; main()"
    )
    arguments = [sys.executable, "-c", program, "sample", "s4", str(tmp_path / "x")]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode == 130
    assert "已停止" in done.stderr
    assert "Traceback" not in done.stderr
