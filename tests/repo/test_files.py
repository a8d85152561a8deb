"""What must hold for the files of the project."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
LINES = 450
TEST_LINES = 700  # stories of one room may stand together
FUNCTION_LINES = 60
COMMAND_LINES = 100  # a command's options are its parameters, one a line

# Written so that they do not match themselves.
HOSTS = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|deb\.debian\.org|mirrors?\.[a-z]+\.[a-z]+"
)
MACHINE_PATHS = re.compile(r"/(?:work|root)/(?:main|shared|notes|\.\w)")


def tracked(*patterns: str) -> list[Path]:
    """The files git knows, and the new ones it would take."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "--", *patterns]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return [path for name in names if (path := ROOT / name).is_file()]


def texts() -> list[tuple[str, str]]:
    """Name and text of every text file."""
    found = []
    for path in tracked():
        content = path.read_bytes()
        if b"\0" not in content:
            found.append((str(path.relative_to(ROOT)), content.decode("utf-8", errors="replace")))
    return found


@pytest.mark.parametrize("pattern", [HOSTS, MACHINE_PATHS], ids=["registry host", "path of a machine"])
def test_no_file_names_a(pattern: re.Pattern[str]) -> None:
    found = [f"{name}: {match[0]}" for name, text in texts() if (match := pattern.search(text))]
    assert found == []


def test_the_patterns_find_what_they_look_for() -> None:
    assert HOSTS.search("--index-url https://" + "pypi" + ".org/simple")
    assert MACHINE_PATHS.search("/" + "work" + "/main/src")


def test_modules_stay_short() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in tracked("*.py", ":!*/migrations/*")  # these are written by makemigrations
        if (count := len(path.read_text(encoding="utf-8").splitlines()))
        > (TEST_LINES if path.is_relative_to(ROOT / "tests") else LINES)
    }
    assert long == {}, f"more than {LINES} lines, or {TEST_LINES} of tests"


def test_functions_stay_short() -> None:
    long = {
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}": length
        for path in tracked("src/*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
        and (length := node.end_lineno - node.lineno + 1)
        > (COMMAND_LINES if path.is_relative_to(ROOT / "src/bangfu/cli") else FUNCTION_LINES)
    }
    assert long == {}, f"more than {FUNCTION_LINES} lines, or {COMMAND_LINES} of a command"


def test_names_say_what_a_module_is_about() -> None:
    vague = re.compile(r"(?:^|_)(?:utils?|helpers?|managers?|common|misc)$")
    assert [str(path.relative_to(ROOT)) for path in tracked("src/*.py") if vague.search(path.stem)] == []


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md", "GLOSSARY.md", "CHANGELOG.md"])
def test_links_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    targets = [t for t in re.findall(r"\]\(([^)#]+)", text) if "://" not in t]
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_both_readmes_give_the_same_commands_and_make_knows_them() -> None:
    def commands(name: str) -> list[str]:
        return re.findall(r"^    make (\w+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)

    assert commands("README.md") == commands("README.zh-CN.md") == ["demo", "test"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in commands("README.md"))


def test_ci_runs_the_test_command_of_the_readme() -> None:
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-1] == "make test"
