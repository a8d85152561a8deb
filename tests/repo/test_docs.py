"""The docs build without a warning, and their pages load nothing from a network."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
LOADED = re.compile(
    r"""<(?:script|link|img|iframe|source)\b[^>]*?\b(?:src|href)=["']?((?:https?:)?//[^"'\s>]+)"""
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built docs."""
    folder = tmp_path_factory.mktemp("docs")
    for name in ("mkdocs.yml", "GLOSSARY.md"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "docs", folder / "docs")
    command = [Path(sys.executable).with_name("zensical"), "build", "--strict", "--clean"]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "site"


def test_pages_load_nothing_from_outside(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert pages
    loaded = {url for page in pages for url in LOADED.findall(page.read_text(encoding="utf-8"))}
    assert loaded == set()


def test_the_pattern_sees_an_outside_font() -> None:
    assert LOADED.findall('<link rel="stylesheet" href="https://fonts.example/css">') == [
        "https://fonts.example/css"
    ]


def test_every_decision_is_listed(site: Path) -> None:
    listing = (ROOT / "docs" / "adr" / "index.md").read_text(encoding="utf-8")
    decisions = sorted(path.name for path in (ROOT / "docs" / "adr").glob("0*.md"))
    assert decisions == re.findall(r"\((0\d+-[\w-]+\.md)\)", listing)
    assert all((site / "adr" / name.removesuffix(".md") / "index.html").exists() for name in decisions)
