"""Names for the ledger's words, asked of the register for as many subjects as are needed and no more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import polars as pl
from django.db.models import Q
from django.utils import timezone

from bangfu.core.documents.ledger import Names
from bangfu.web.registry.rows import rows

_NAME_COLUMNS = {
    "person": "full_name",
    "cadre": "full_name",
    "household": "head_name",
    "agency": "agency_name",
    "team": "team_name",
    "group": "group_name",
    "project": "project_name",
    "village": "division_name",
    "township": "division_name",
    "county": "division_name",
}
_AT_ONCE = 5_000


@dataclass(frozen=True)
class Helper:
    """The first of those who help a household today, the agency that they belong to, and the names of all."""

    cadre: int
    agency: int | None
    names: str


def names_for(
    subjects: Iterable[tuple[str, int]], as_of: date, with_homes: pl.DataFrame | None = None
) -> Names:
    """Names of subjects, and of the helpers of those that are households. `with_homes`: findings whose pairings'
    households are wanted."""
    wanted: dict[str, set[int]] = {}
    for table, key in subjects:
        wanted.setdefault(table, set()).add(key)
    homes: dict[int, int] = {}
    if with_homes is not None:
        pairings = with_homes.filter(pl.col("subject") == "pairing")["subject_id"].unique().to_list()
        homes = {key: int(home) for key, home in _pairs("pairing", pairings, "household_id")}
        wanted.setdefault("household", set()).update(homes.values())
    names = {
        table: dict(_pairs(table, keys, _NAME_COLUMNS[table]))
        for table, keys in wanted.items()
        if table in _NAME_COLUMNS
    }
    return Names(names, {}, _helper_names(wanted.get("household", set()), as_of), homes)


def _pairs(table: str, keys: Iterable[int], column: str) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for part in _parts(keys):
        told = rows(table).filter(pk__in=part).values_list("pk", column)
        found += [(key, value) for key, value in told if value is not None]
    return found


def _parts(keys: Iterable[int]) -> Iterable[list[int]]:
    ordered = sorted(set(keys))
    return (ordered[start : start + _AT_ONCE] for start in range(0, len(ordered), _AT_ONCE))


def _standing_pairings(households: Iterable[int], on: date) -> list[tuple[int, int, str | None]]:
    """Household, cadre and name, by the key of the pairing."""
    found: list[tuple[int, int, str | None]] = []
    for part in _parts(households):
        pairings = rows("pairing").filter(household_id__in=part, cadre_id__isnull=False)
        standing = pairings.filter(Q(end_on__isnull=True) | Q(end_on__gte=on)).order_by("pk")
        found += standing.values_list("household_id", "cadre_id", "cadre__full_name")
    return found


def _helper_names(households: Iterable[int], on: date) -> dict[int, str]:
    grouped: dict[int, list[str]] = {}
    for household, _, name in _standing_pairings(households, on):
        if name:
            grouped.setdefault(household, []).append(name)
    return {household: "、".join(dict.fromkeys(names)) for household, names in grouped.items()}


def helpers_of(households: Iterable[int]) -> dict[int, Helper]:
    """The helper of each household today."""
    today = timezone.localdate()
    cadres: dict[int, int] = {}
    names: dict[int, list[str]] = {}
    for household, cadre, name in _standing_pairings(households, today):
        cadres.setdefault(household, cadre)
        names.setdefault(household, []).append(name or "")
    agencies: dict[int, int] = {}
    for part in _parts(cadres.values()):
        held = rows("agency_membership").filter(cadre_id__in=part, agency_id__isnull=False)
        standing = held.filter(Q(end_on__isnull=True) | Q(end_on__gte=today)).order_by("pk")
        for cadre, agency in standing.values_list("cadre_id", "agency_id"):
            agencies.setdefault(cadre, agency)
    return {
        household: Helper(
            cadre, agencies.get(cadre), "、".join(dict.fromkeys(filter(None, names[household])))
        )
        for household, cadre in cadres.items()
    }
