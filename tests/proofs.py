"""Which requirement is proven by which tests.

A test names what it proves with `@pytest.mark.requirement("S4-4", …)`; with `@pytest.mark.cases` as well it
proves it on the cases of a plan pack only. A requirement counts once every test that names it has passed.
"""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest


def load_requirements(path: Path) -> dict[str, str]:
    """The project's list, id → text."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["id"]: row["text"] for row in csv.DictReader(file)}


class Proofs:
    """A pytest plugin: refuses unknown ids, gathers outcomes, writes and sums up."""

    def __init__(self, texts: Mapping[str, str], target: Path | None = None) -> None:
        self.texts = texts
        self.target = target
        self._claims: dict[str, tuple[frozenset[str], bool]] = {}  # test → (ids, on cases only)
        self._outcomes: dict[str, set[str]] = defaultdict(set)  # test → outcomes of its phases

    def claim(self, test: str, ids: frozenset[str], on_cases: bool = False) -> None:
        """A test says that it proves these requirements. Raises pytest.UsageError for an unknown id."""
        if unknown := sorted(ids - self.texts.keys()):
            raise pytest.UsageError(f"{test} names unknown requirements: {', '.join(unknown)}")
        self._claims[test] = (ids, on_cases)

    def record(self, test: str, outcome: str) -> None:
        """A phase of a test ended `passed`, `failed` or `skipped`."""
        self._outcomes[test].add(outcome)

    def report(self) -> list[dict[str, object]]:
        """One entry a requirement, in the list's order: id, text, tests, state."""
        tests: dict[str, list[str]] = defaultdict(list)
        for test, (ids, _) in self._claims.items():
            for id_ in ids:
                tests[id_].append(test)
        return [
            {"id": id_, "text": text, "tests": sorted(tests[id_]), "state": self._state(tests[id_])}
            for id_, text in self.texts.items()
        ]

    def summary(self) -> str:
        """One line for the terminal."""
        counts = Counter(entry["state"] for entry in self.report())
        return (
            f"{counts['proven']} of {len(self.texts)} proven "
            f"({counts['cases_only']} on cases only, {counts['not_yet']} not yet)"
        )

    def _state(self, tests: list[str]) -> str:
        if not tests or any(self._outcomes[test] != {"passed"} for test in tests):
            return "not_yet"
        return "cases_only" if all(self._claims[test][1] for test in tests) else "proven"

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            ids = frozenset(id_ for mark in item.iter_markers("requirement") for id_ in mark.args)
            if ids:
                self.claim(item.nodeid, ids, item.get_closest_marker("cases") is not None)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.record(report.nodeid, report.outcome)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.target:
            self.target.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(self.report(), ensure_ascii=False, indent=1)
            self.target.write_text(text + "\n", encoding="utf-8")
            terminalreporter.write_line(f"{self.summary()}; see {self.target}")
