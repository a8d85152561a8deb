"""What every test gets: Chinese messages, repeatable invented data, a record of requirements proven."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from bangfu.core.messages import DEFAULT_LANGUAGE, set_language
from tests.proofs import Proofs, load_requirements

# The same examples on every run; `--hypothesis-profile=long` looks for new ones, by hand.
settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=100)
settings.register_profile("long", deadline=None, max_examples=5_000)
settings.load_profile("repeatable")

REQUIREMENTS = Path(__file__).parent.parent / "docs" / "reference" / "requirements.csv"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--requirements", metavar="FILE", help="write which tests prove which requirement")


def pytest_configure(config: pytest.Config) -> None:
    target = config.getoption("--requirements")
    proofs = Proofs(load_requirements(REQUIREMENTS), Path(target) if target else None)
    config.pluginmanager.register(proofs, "proofs")


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    """Start in the default language, and leave no other behind."""
    set_language(DEFAULT_LANGUAGE)
    yield
    set_language(DEFAULT_LANGUAGE)
