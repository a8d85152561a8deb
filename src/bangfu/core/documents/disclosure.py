"""The one gate through which facts about people leave: a whitelist of columns per kind of document, masked."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import polars as pl

from bangfu.core.engine.explaining import Clause
from bangfu.core.messages import N_, Message
from bangfu.core.vocabulary import Sensitivity


class DocumentKind(StrEnum):
    """Documents that may carry something of a person."""

    LEDGER = "ledger"  # for those who must mend the problem; written down with its purpose
    SUMMARY = "summary"  # figures only


# Everything not listed stays inside. A phone, an ID number, an account or a diagnosis is in no list.
ALLOWED: Mapping[DocumentKind, Mapping[str, tuple[str, ...]]] = {
    DocumentKind.LEDGER: {
        "household": ("household_id", "household_code", "village_id", "group_id"),
        "person": ("person_id", "household_id", "full_name", "relation"),
        "cadre": ("cadre_id", "cadre_code", "full_name"),
        "pairing": ("pairing_id", "household_id", "cadre_id", "start_on", "end_on"),
        "agency": ("agency_id", "agency_name"),
        "team": ("team_id", "team_name", "village_id"),
        "batch": ("batch_id", "agency_id", "number", "first_on"),
        "project": ("project_id", "project_name", "village_id"),
        "group": ("group_id", "group_name", "village_id"),
        "village": ("village_id", "division_name", "township_id"),
        "township": ("township_id", "division_name", "county_id"),
        "county": ("county_id", "division_name"),
    },
    DocumentKind.SUMMARY: {
        "village": ("village_id", "division_name", "township_id"),
        "township": ("township_id", "division_name", "county_id"),
        "county": ("county_id", "division_name"),
    },
}


def disclosed(kind: DocumentKind, table: str, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The columns of a table that a kind of document may carry, null where the register has none.

    Raises KeyError for a table that is in no list of that kind.
    """
    columns = ALLOWED[kind][table]
    frame = tables.get(table, pl.DataFrame())
    return frame.select(
        pl.col(column) if column in frame.columns else pl.lit(None).alias(column) for column in columns
    ).head(frame.height)


def clause_text(clause: Clause) -> str:
    """A clause for a ledger; what is sensitive (health, minors) is named, its value is not."""
    if clause.sensitivity in (Sensitivity.SENSITIVE, Sensitivity.IDENTITY):
        return Message(N_("{label}（敏感信息，凭权限查看）"), {"label": clause.values["label"]}).render()
    if clause.parts:
        because = [clause_text(part) for part in clause.parts if part.truth is clause.truth]
        return Message(clause.message().template, {**clause.values, "because": because}).render()
    return clause.message().render()
