"""The core's table of divisions ↔ the database."""

from __future__ import annotations

import polars as pl
from django.db import transaction

from bangfu.core.divisions import Divisions
from bangfu.core.divisions.model import SCHEMA, checked
from bangfu.web.audit.models import EventKind
from bangfu.web.audit.recording import Actor, record
from bangfu.web.divisions.models import Division

_FIELDS = ["name", "level", "parent", "path", "valid_from", "valid_to"]


def load_table(*, by: Actor, divisions: Divisions, within: str | None = None) -> int:
    """Put a table of divisions in the database (`within`: a subtree and the line above it only); the number of rows.

    A code that holds for several spans stands with its last one. Nothing is removed.
    """
    table = divisions.table.unique("code", keep="last", maintain_order=True)
    if within is not None:
        line = [one.code for one in divisions.chain(within)]
        kept = [*line, *divisions.subtree(within)["code"].to_list()]
        table = table.filter(pl.col("code").is_in(kept))
    paths: dict[str, str] = {}
    rows = []
    for code, name, level, parent, valid_from, valid_to in table.sort("level", "code").iter_rows():
        paths[code] = f"{paths.get(parent, '')}{code}/"
        rows.append(
            Division(
                code=code,
                name=name,
                level=level,
                parent_id=parent,
                path=paths[code],
                valid_from=valid_from,
                valid_to=valid_to,
            )
        )
    with transaction.atomic():
        Division.objects.bulk_create(
            rows, batch_size=500, update_conflicts=True, unique_fields=["code"], update_fields=_FIELDS
        )
        record(by=by, kind=EventKind.DIVISIONS_LOADED, details={"rows": len(rows)})
    return len(rows)


def known_divisions() -> Divisions:
    """The divisions in the database, as the core asks them."""
    names = ["code", "name", "level", "parent_id", "valid_from", "valid_to"]
    rows = list(Division.objects.order_by("code").values_list(*names))
    return checked(pl.DataFrame(rows, schema=SCHEMA, orient="row"), "")
