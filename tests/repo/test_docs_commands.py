"""The docs do what they say: commands, files and programs of the pages are run, in order, on the sample."""

from __future__ import annotations

import ast
import contextlib
import importlib
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bangfu.cli.app import app

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
BLOCK = re.compile(r"^```(console|yaml|csv|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TUTORIAL = "tutorials/first-findings.zh-CN.md"
GUIDES = [
    "write-a-plan",
    "replay-a-figure",
    "own-divisions-and-calendar",
    "fill-and-check",
    "keep-a-register",
]
IN_CHINESE = ["write-a-plan", "replay-a-figure", "fill-and-check", "keep-a-register"]


def blocks(page: str) -> list[tuple[str, str]]:
    """Language and text of the blocks of a page that are run."""
    return BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))


def commands(page: str) -> list[tuple[str, list[str]]]:
    """Each command of a page with the lines of output that it shows."""
    found: list[tuple[str, list[str]]] = []
    for line in (line for kind, text in blocks(page) if kind == "console" for line in text.splitlines()):
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def squeezed(text: str) -> str:
    return " ".join(text.split())


def run(command: str, shown: list[str]) -> None:
    """Run one command and find in its output what the page shows."""
    words = shlex.split(command)
    match words[0]:
        case "make":
            assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        case "export":
            name, _, value = words[1].partition("=")
            os.environ[name] = value
        case _:
            assert words[0] == "bangfu", command
            result = CliRunner().invoke(app, words[1:])
            assert result.exit_code == 0, (command, result.output, result.exception)
            missing = [line for line in shown if squeezed(line) not in squeezed(result.output)]
            assert missing == [], (command, result.output)


def follow(page: str) -> None:
    """Do what a page says, from the top."""
    pending = iter(commands(page))
    for kind, text in blocks(page):
        if kind == "console":
            for _ in range(len(re.findall(r"^\$ ", text, re.MULTILINE))):
                run(*next(pending))
        elif kind == "python":
            exec(compile(text, page, "exec"), {})  # noqa: S102
        else:
            name, content = re.fullmatch(r"# (\S+\.\w+)\n(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text(content, encoding="utf-8")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in which the tutorial has been followed."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "密钥文件").write_text("a key for the test only\n", encoding="utf-8")
    with contextlib.chdir(folder), pytest.MonkeyPatch.context() as patch:
        patch.setenv("BANGFU_KEY_FILE", "")
        follow(TUTORIAL)
        yield folder


def test_the_tutorial_leaves_what_it_promises(desk: Path) -> None:
    assert {"工作簿", "标注", "登记库", "快照", "结果", "交付"} <= {path.name for path in desk.iterdir()}
    assert (desk / "交付" / "summary.html").stat().st_size > 0


def test_both_tutorials_give_the_same_commands() -> None:
    assert commands(TUTORIAL) == commands("tutorials/first-findings.md")


@pytest.mark.parametrize("guide", IN_CHINESE)
def test_a_guide_in_chinese_runs_the_same(guide: str) -> None:
    assert blocks(f"how-to/{guide}.zh-CN.md") == blocks(f"how-to/{guide}.md") != []


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("guide", GUIDES)
def test_a_guide_can_be_followed(guide: str) -> None:
    follow(f"how-to/{guide}.md")


def test_the_program_for_spark_speaks_of_what_exists() -> None:
    program = next(text for kind, text in blocks("how-to/run-on-spark.md") if kind == "python")
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("bangfu"):
            module = importlib.import_module(node.module)
            assert all(hasattr(module, alias.name) for alias in node.names)


def test_every_guide_is_followed() -> None:
    pages = {path.stem for path in (DOCS / "how-to").glob("*.md")}
    assert pages - {"index"} == {*GUIDES, "run-on-spark", *(f"{guide}.zh-CN" for guide in IN_CHINESE)}
