"""bangfu plan …, and what every command does with mistakes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.cli.conftest import Command


def run(*arguments: str, language: str = "zh_CN") -> subprocess.CompletedProcess[str]:
    """The real command in a process of its own."""
    program = "from bangfu.cli.main import main; main()"
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
