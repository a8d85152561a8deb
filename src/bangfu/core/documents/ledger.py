"""Findings as rows of a problem ledger: where, who, what, why, by which clause, what to do, by whom, by when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from bangfu.core.calendars import Calendar
from bangfu.core.documents.disclosure import DocumentKind, clause_text, disclosed
from bangfu.core.engine.explaining import Explanation
from bangfu.core.engine.outcome import Outcome
from bangfu.core.messages import N_, translate
from bangfu.core.plans.plan import Criterion, Plan
from bangfu.core.vocabulary import Vocabulary


@dataclass(frozen=True)
class LedgerRow:
    """One finding in words."""

    place: str
    subject: str
    problem: str
    facts: str
    clause: str
    remedy: str
    responsible: str
    deadline: date | None
    criterion: str
    period: str
    severity: str


@dataclass(frozen=True)
class Names:
    """Names of subjects and places by key, and the helpers of households: what the gate lets through."""

    subjects: Mapping[str, Mapping[int, str]]
    places: Mapping[tuple[str, int], str]
    helpers: Mapping[int, str]

    def subject(self, table: str, key: int) -> str:
        """What a subject is called."""
        return self.subjects.get(table, {}).get(key, str(key))


def names_of(tables: Mapping[str, pl.DataFrame], vocabulary: Vocabulary, as_of: date) -> Names:
    """All names a ledger needs, joined once."""

    def of(table: str) -> pl.DataFrame:
        return disclosed(DocumentKind.LEDGER, table, tables)

    heads = _full_names(of("person").filter(pl.col("relation") == _head_code(vocabulary)), "household_id")
    households = {
        key: " ".join(filter(None, (heads.get(key), code)))
        for key, code in of("household").select("household_id", "household_code").iter_rows()
    }
    subjects = {"household": households}
    for table in ("village", "township", "county"):
        subjects[table] = _pairs(of(table), f"{table}_id", "division_name")
    for table, column in (("person", "full_name"), ("cadre", "full_name"), ("agency", "agency_name"), ("team", "team_name"), ("group", "group_name"), ("project", "project_name")):
        subjects[table] = _pairs(of(table), f"{table}_id", column)
    subjects["pairing"] = {
        key: f"{subjects['cadre'].get(cadre, '')}—{heads.get(household, '')}"
        for key, household, cadre in of("pairing").select("pairing_id", "household_id", "cadre_id").iter_rows()
    }
    return Names(subjects, _places(of, subjects), _helpers(of("pairing"), subjects["cadre"], as_of))


def _head_code(vocabulary: Vocabulary) -> str:
    return vocabulary.codes["relation"].code_of("户主") or ""


def _pairs(frame: pl.DataFrame, key: str, value: str) -> dict[int, str]:
    if key not in frame.columns or value not in frame.columns:
        return {}
    return dict(frame.select(key, value).drop_nulls().iter_rows())


def _full_names(frame: pl.DataFrame, key: str) -> dict[int, str]:
    return _pairs(frame, key, "full_name")


def _places(of: object, subjects: Mapping[str, Mapping[int, str]]) -> dict[tuple[str, int], str]:
    """(division table, key) → "township village"."""
    places: dict[tuple[str, int], str] = {("county", k): name for k, name in subjects["county"].items()}
    for table, parent in (("township", "county"), ("village", "township")):
        frame: pl.DataFrame = of(table)  # type: ignore[operator]
        if f"{parent}_id" not in frame.columns:
            continue
        for key, above in frame.select(f"{table}_id", f"{parent}_id").iter_rows():
            over = subjects[parent].get(above, "") if table == "village" else ""
            places[table, key] = f"{over}{subjects[table].get(key, '')}"
    return places


def _helpers(pairings: pl.DataFrame, cadres: Mapping[int, str], as_of: date) -> dict[int, str]:
    if "end_on" not in pairings.columns or not pairings.height or pairings.schema["end_on"] != pl.Date:
        return {}
    standing = pairings.filter(pl.col("end_on").is_null() | (pl.col("end_on") >= as_of))
    grouped: dict[int, list[str]] = {}
    for household, cadre in standing.sort("pairing_id").select("household_id", "cadre_id").iter_rows():
        if cadre in cadres:
            grouped.setdefault(household, []).append(cadres[cadre])
    return {household: "、".join(dict.fromkeys(names)) for household, names in grouped.items()}


def ledger_row(
    plan: Plan,
    explanation: Explanation,
    subject_id: int,
    division: tuple[str, int] | None,
    period: str,
    names: Names,
    found_on: date,
    calendar: Calendar,
) -> LedgerRow:
    """One finding in words."""
    criterion = explanation.criterion
    problem = criterion.message or criterion.name
    if explanation.outcome is Outcome.UNKNOWN:
        problem = criterion.name
    roles = [plan.roles.get(role, role) for role in criterion.responsible]
    helper = names.helpers.get(subject_id) if criterion.subject == "household" else None
    responsible = "、".join(roles) + (f"（{helper}）" if helper else "")
    return LedgerRow(
        place=names.places.get(division, "") if division else "",
        subject=names.subject(criterion.subject, subject_id),
        problem=problem,
        facts="；".join(clause_text(clause) for clause in explanation.deciding()),
        clause=f"{criterion.id} {criterion.source}".strip(),
        remedy=criterion.remedy,
        responsible=responsible,
        deadline=deadline_of(criterion, found_on, calendar),
        criterion=criterion.id,
        period="" if period == "once" else period,
        severity=translate(SEVERITIES[criterion.severity]),
    )


SEVERITIES = {"high": N_("重"), "normal": N_("中"), "low": N_("轻")}


def deadline_of(criterion: Criterion, found_on: date, calendar: Calendar) -> date | None:
    """The day by which the finding must be mended, or None where the plan names none."""
    deadline = criterion.deadline
    if deadline is None:
        return None
    if deadline.on is not None:
        return deadline.on
    if deadline.workdays is not None:
        return calendar.add_workdays(found_on, deadline.workdays)
    return found_on + timedelta(days=deadline.days or 0)
