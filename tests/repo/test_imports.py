"""What the package imports, it declares; what the demo needs is no extra."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SOURCE = ROOT / "src" / "bangfu"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

# Pinned exactly by the package that brings them.
PROVIDERS = packages_distributions() | {"pydantic_core": ["pydantic"], "py4j": ["pyspark"]}


def names(requirements: list[str]) -> set[str]:
    """The distributions that a list of requirements names."""
    return {re.split(r"[\[<>=!~; ]", requirement)[0].lower() for requirement in requirements}


def imported(node: ast.AST) -> list[str]:
    match node:
        case ast.Import():
            return [alias.name for alias in node.names]
        case ast.ImportFrom(module=str(module)):
            return [module]
    return []


def outside(nodes: list[ast.AST]) -> set[str]:
    """The distributions that these nodes import."""
    tops = {name.split(".")[0] for node in nodes for name in imported(node)}
    foreign = tops - set(sys.stdlib_module_names) - {"bangfu"}
    return {PROVIDERS.get(top, [top])[0].lower() for top in foreign}


MODULES = sorted(SOURCE.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_are_declared(path: Path) -> None:
    extras = [requirement for group in PROJECT["optional-dependencies"].values() for requirement in group]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert outside(list(ast.walk(tree))) <= names(PROJECT["dependencies"]) | names(extras)


def test_every_dependency_is_used_and_says_what_for() -> None:
    nodes = [node for path in MODULES for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    assert names(PROJECT["dependencies"]) - outside(nodes) == set(), "declared, but nobody imports it"
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = text[text.index("\ndependencies = [") : text.index("[project.scripts]")]
    silent = [line for line in block.splitlines() if line.startswith('  "') and "# " not in line]
    assert silent == []
