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
    homes: Mapping[int, int]  # pairing → household

    def subject(self, table: str, key: int) -> str:
        """What a subject is called."""
        return self.subjects.get(table, {}).get(key, str(key))


# What a subject is called by, besides households and pairings.
_NAME_COLUMNS = {
    "person": "full_name",
    "cadre": "full_name",
    "agency": "agency_name",
    "team": "team_name",
    "group": "group_name",
    "project": "project_name",
    "village": "division_name",
    "township": "division_name",
    "county": "division_name",
}


def names_of(tables: Mapping[str, pl.DataFrame], vocabulary: Vocabulary, as_of: date) -> Names:
    """All names a ledger needs, joined once. `tables`: the register's state, by table."""

    def of(table: str) -> pl.DataFrame:
        return disclosed(DocumentKind.LEDGER, table, tables)

    head = vocabulary.codes["relation"].code_of("户主")
    heads = _pairs(of("person").filter(pl.col("relation") == head), "household_id", "full_name")
    subjects = {table: _pairs(of(table), f"{table}_id", column) for table, column in _NAME_COLUMNS.items()}
    subjects["household"] = {
        key: " ".join(filter(None, (heads.get(key), code)))
        for key, code in of("household").select("household_id", "household_code").iter_rows()
    }
    subjects["pairing"] = {
        key: f"{subjects['cadre'].get(cadre, '')}—{heads.get(household, '')}"
        for key, household, cadre in of("pairing")
        .select("pairing_id", "household_id", "cadre_id")
        .iter_rows()
    }
    places = _places(subjects, of("village"))
    homes = dict(of("pairing").select("pairing_id", "household_id").drop_nulls().iter_rows())
    return Names(subjects, places, _helpers(of("pairing"), subjects["cadre"], as_of), homes)


def _pairs(frame: pl.DataFrame, key: str, value: str) -> dict[int, str]:
    return dict(frame.select(key, value).drop_nulls().iter_rows())


def _places(subjects: Mapping[str, Mapping[int, str]], villages: pl.DataFrame) -> dict[tuple[str, int], str]:
    """(division table, key) → name; a village's with its township's before it."""
    places = {(table, key): name for table in ("county", "township") for key, name in subjects[table].items()}
    for key, township in villages.select("village_id", "township_id").iter_rows():
        places["village", key] = subjects["township"].get(township, "") + subjects["village"].get(key, "")
    return places


def _helpers(pairings: pl.DataFrame, cadres: Mapping[int, str], as_of: date) -> dict[int, str]:
    """Household → its helpers of the day."""
    ends = pl.col("end_on").cast(pl.Date)
    standing = pairings.filter(ends.is_null() | (ends >= as_of)).sort("pairing_id")
    grouped: dict[int, list[str]] = {}
    for household, cadre in standing.select("household_id", "cadre_id").iter_rows():
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
