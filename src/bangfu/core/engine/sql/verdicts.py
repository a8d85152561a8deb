"""The outcome of a criterion as one CASE: where one CASE stands over another, it takes four times as long."""

from __future__ import annotations

from dataclasses import replace

from bangfu.core.engine.outcome import Outcome
from bangfu.core.engine.sql.reading import Reader
from bangfu.core.expressions import nodes as n
from bangfu.core.expressions.kleene import Tri, tri_not
from bangfu.core.plans.plan import Criterion

Cases = list[tuple[str, Tri]]


def verdict(criterion: Criterion, final: Reader, standing: Reader, closed: str) -> str:
    """SQL of the outcome; `closed`: whether the period has ended ("TRUE" where it always has)."""
    unknown, not_due = int(Outcome.UNKNOWN), int(Outcome.NOT_DUE)
    unclear = str(unknown) if closed == "TRUE" else f"CASE WHEN {closed} THEN {unknown} ELSE {not_due} END"
    outcomes = {True: str(int(Outcome.MET)), False: str(int(Outcome.UNMET)), None: unclear}
    holds, otherwise = _cases(final, criterion.holds)
    cases = " ".join(f"WHEN {sql} THEN {outcomes[truth]}" for sql, truth in holds)
    cases += f" ELSE {outcomes[otherwise]}"
    if criterion.when is not None:
        when = standing.truth(criterion.when)
        not_applicable = f"WHEN NOT ({when}) THEN {int(Outcome.NOT_APPLICABLE)}"
        cases = f"{not_applicable} WHEN ({when}) IS NULL THEN {unclear} {cases}"
    return f"CAST(CASE {cases} END AS TINYINT)"


def _cases(reader: Reader, node: n.Truth) -> tuple[Cases, Tri]:
    """The truth as conditions of a CASE in order, and what it is where none is true."""
    match node:
        case n.Verdict(truth=truth):
            return _cases(reader, truth)
        case n.Not(item=item):
            return _negated(*_cases(reader, item))
        case n.Quantifier(kind=kind, rows=rows) if not reader.may_be_unsettled(rows):
            if kind == "every" and rows.where is not None:
                rows = replace(rows, where=n.Not(rows.where))
            some, _, either = reader.found(rows, is_usual=kind == "has")
            if kind == "has":
                return [(f"{some} <> 0", True), (f"{either} = 0", False)], None
            return [(f"{either} = 0", True), (f"{some} <> 0", False)], None
    truth_sql = reader.truth(node)
    return [(truth_sql, True), (f"NOT {truth_sql}", False)], None


def _negated(cases: Cases, otherwise: Tri) -> tuple[Cases, Tri]:
    return [(sql, tri_not(truth)) for sql, truth in cases], tri_not(otherwise)
