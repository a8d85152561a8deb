"""How the record of proven requirements is kept."""

from __future__ import annotations

import re

import pytest

from tests.conftest import REQUIREMENTS
from tests.proofs import Proofs, load_requirements


@pytest.fixture
def proofs() -> Proofs:
    return Proofs({"S0-1": "one", "S0-2": "two", "S0-3": "three"})


def states(proofs: Proofs) -> list[object]:
    return [entry["state"] for entry in proofs.report()]


def test_a_passing_test_proves(proofs: Proofs) -> None:
    proofs.claim("t", frozenset({"S0-1", "S0-2"}))
    proofs.record("t", "passed")
    assert states(proofs) == ["proven", "proven", "not_yet"]
    assert proofs.report()[0] == {"id": "S0-1", "text": "one", "tests": ["t"], "state": "proven"}
    assert proofs.summary() == "2 of 3 proven (0 on cases only, 1 not yet)"


def test_cases_alone_are_told_apart(proofs: Proofs) -> None:
    proofs.claim("case", frozenset({"S0-1", "S0-2"}), on_cases=True)
    proofs.claim("real", frozenset({"S0-1"}))
    proofs.record("case", "passed")
    proofs.record("real", "passed")
    assert states(proofs) == ["proven", "cases_only", "not_yet"]


@pytest.mark.parametrize("outcome", ["failed", "skipped"])
def test_one_test_that_did_not_pass_spoils_the_proof(proofs: Proofs, outcome: str) -> None:
    proofs.claim("good", frozenset({"S0-1"}))
    proofs.claim("bad", frozenset({"S0-1"}))
    proofs.record("good", "passed")
    proofs.record("bad", "passed")  # its set-up
    proofs.record("bad", outcome)
    assert states(proofs)[0] == "not_yet"


def test_a_test_that_never_ran_proves_nothing(proofs: Proofs) -> None:
    proofs.claim("t", frozenset({"S0-1"}))
    assert states(proofs)[0] == "not_yet"


def test_an_unknown_id_stops_the_run(proofs: Proofs) -> None:
    with pytest.raises(pytest.UsageError, match=r"test_x.*S9-9"):
        proofs.claim("test_x", frozenset({"S0-1", "S9-9"}))


def test_the_projects_list() -> None:
    requirements = load_requirements(REQUIREMENTS)
    assert len(requirements) == 341
    assert all(re.fullmatch(r"S[0-4]-[1-9]\d*", id_) for id_ in requirements)
    assert all(requirements.values())
