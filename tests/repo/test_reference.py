"""The generated pages of the reference are fresh."""

from __future__ import annotations

import pytest

from scripts import reference


@pytest.mark.parametrize(("name", "text"), reference.texts().items(), ids=reference.texts())
def test_a_page_is_fresh(name: str, text: str) -> None:
    fresh = (reference.FOLDER / name).read_text(encoding="utf-8") == text
    assert fresh, "run `python scripts/reference.py`"


def test_every_command_says_what_it_does() -> None:
    page = reference.texts()["commands.md"]
    silent = [block for block in page.split("\n## bangfu ")[1:] if not block.split("\n")[2].strip()]
    assert silent == []
    assert "bangfu import" in page
