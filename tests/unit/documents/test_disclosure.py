"""The gate: which columns may leave in which document."""

from __future__ import annotations

import polars as pl
import pytest

from bangfu.core.documents.disclosure import ALLOWED, DocumentKind, clause_text, disclosed
from bangfu.core.engine.explaining import Clause
from bangfu.core.vocabulary import Sensitivity, load_vocabulary

NAMES = {"person": {"full_name"}, "cadre": {"full_name"}}  # a ledger goes to those who must act


@pytest.mark.parametrize("kind", list(DocumentKind))
def test_what_identifies_or_is_sensitive_does_not_pass(kind: DocumentKind) -> None:
    vocabulary = load_vocabulary()
    secret = (Sensitivity.IDENTITY, Sensitivity.SENSITIVE)
    passing = {
        table: {c for c in columns if c in declared and declared[c].sensitivity in secret}
        for table, columns in ALLOWED[kind].items()
        for declared in [vocabulary.tables[table].columns]
    }
    named = {table: found for table, found in passing.items() if found}
    assert named == (NAMES if kind is DocumentKind.LEDGER else {})


@pytest.mark.parametrize("kind", list(DocumentKind))
def test_every_listed_column_exists(kind: DocumentKind) -> None:
    vocabulary = load_vocabulary()
    for table, columns in ALLOWED[kind].items():
        links = {link.column for link in vocabulary.tables[table].links}
        assert set(columns) <= {*vocabulary.tables[table].columns, vocabulary.tables[table].key, *links}


def test_a_summary_knows_no_persons() -> None:
    assert set(ALLOWED[DocumentKind.SUMMARY]) == {"village", "township", "county"}
    with pytest.raises(KeyError):
        disclosed(DocumentKind.SUMMARY, "person", {})


def test_only_listed_columns_pass_and_missing_ones_are_null() -> None:
    tables = {"agency": pl.DataFrame({"agency_id": [1, 2], "phone": ["1", "2"]})}
    assert disclosed(DocumentKind.LEDGER, "agency", tables).to_dict(as_series=False) == {
        "agency_id": [1, 2],
        "agency_name": [None, None],
    }
    assert disclosed(DocumentKind.LEDGER, "team", {}).is_empty()


def clause(label: str, sensitivity: Sensitivity, truth: bool | None = False) -> Clause:
    return Clause("no", {"label": label}, truth, sensitivity)


@pytest.mark.parametrize("secret", [Sensitivity.SENSITIVE, Sensitivity.IDENTITY])
def test_a_sensitive_clause_keeps_its_value(secret: Sensitivity) -> None:
    assert clause_text(clause("身体健康", secret)) == "身体健康（敏感信息，凭权限查看）"
    assert clause_text(clause("饮水安全", Sensitivity.PERSONAL)) == "饮水安全：否"


def test_a_criterion_within_another_keeps_the_values_below_it() -> None:
    parts = (
        clause("身体健康", Sensitivity.SENSITIVE),
        clause("饮水安全", Sensitivity.PERSONAL),
        clause("住房安全", Sensitivity.PERSONAL, truth=True),
    )
    because = [part.message() for part in parts]
    outer = Clause("verdict_unmet", {"label": "三保障", "because": because}, False, parts=parts)
    assert clause_text(outer) == "“三保障”未达标（身体健康（敏感信息，凭权限查看）、饮水安全：否）"
