"""Households as pages ask for them: found, filtered, and with everything that belongs to one."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Q

from bangfu.core.register.changes import CHANGE, CLEARED
from bangfu.web.registry.log import said_of
from bangfu.web.registry.models import ChangeBatch
from bangfu.web.registry.rows import VOCABULARY, index_context
from bangfu.web.registry.rows import rows as rows_in
from bangfu.web.registry.scope import RowQuerySet

_ID_DIGITS, _PHONE_DIGITS, _TAIL_DIGITS = (15, 18), (7, 8, 11, 12), 4
SECTIONS = ("income_item", "housing", "water", "land", "loan", "benefit_received", "household_plan", "visit")


def households() -> RowQuerySet:
    """All households; narrow them by `visible_to` before anything is shown."""
    return rows_in("household").select_related("village__township", "group")


def found(rows: RowQuerySet, text: str) -> RowQuerySet:
    """Households that a typed text finds: part of a name (head's or member's), a household's number, a village,
    a whole ID number or phone, or the last four characters of one."""
    text = text.strip()
    if not text:
        return rows
    person = rows_in("person")
    hits = Q(household_code=text)
    if text.isascii():
        hits |= _by_number(person, text)
    if not text.isascii():
        # Each question alone and by key, so that an index of names answers it instead of the wide rows.
        villages = rows_in("village").filter(division_name__contains=text).values("pk")
        heads = rows_in("household").filter(head_name__contains=text).values("pk")
        members = person.filter(pk__in=person.filter(full_name__contains=text).values("pk"))
        hits |= Q(pk__in=heads) | Q(village__in=villages) | Q(pk__in=members.values("household_id"))
    return rows.filter(hits)


def _by_number(person: Any, text: str) -> Q:
    ring = settings.KEYRING
    kind = (
        "index" if len(text) in (*_ID_DIGITS, *_PHONE_DIGITS) else "tail" if len(text) == _TAIL_DIGITS else ""
    )
    if not kind:
        return Q(household_code__endswith=text) if text.isdigit() else Q()
    tell = ring.index if kind == "index" else ring.tail
    numbers = Q()
    for column in ("id_number", "phone"):
        numbers |= Q(**{f"{column}_{kind}": tell(text, index_context(column))})
    own = Q()
    for column in ("head_id_number", "phone"):
        own |= Q(**{f"{column}_{kind}": tell(text, index_context(column))})
    return own | Q(pk__in=person.filter(numbers).values("household_id"))


def belongings(household: int, table: str) -> Any:
    """Rows of a table that belong to a household, the newest first."""
    declared = VOCABULARY.tables[table]
    timing = declared.timing
    newest = next((name for name in (timing.year, timing.at, timing.start) if name), declared.key)
    return rows_in(table).filter(household_id=household).order_by(f"-{newest}", "pk")


def history(household: int, limit: int = 50) -> list[tuple[ChangeBatch, list[tuple[str, list[str]]]]]:
    """Batches that touched a household or its members, the newest first: per table the columns they spoke of."""
    members = rows_in("person").filter(household_id=household).values_list("pk", flat=True)
    touched: dict[int, tuple[ChangeBatch, dict[str, set[str]]]] = {}
    for table, keys in (("household", [household]), ("person", list(members))):
        columns = set(VOCABULARY.tables[table].columns)
        for batch, rows in said_of(table, keys):
            spoken = {c.name for c in rows if c.name in columns and c.null_count() < rows.height}
            spoken |= set(rows[CLEARED].explode().drop_nulls().to_list())
            if rows[CHANGE].eq("update").all():
                touched.setdefault(batch.seq, (batch, {}))[1].setdefault(table, set()).update(spoken)
            else:
                touched.setdefault(batch.seq, (batch, {}))[1].setdefault(table, set())
    newest = sorted(touched.items(), reverse=True)[:limit]
    return [
        (batch, [(name, sorted(spoken)) for name, spoken in tables.items()]) for _, (batch, tables) in newest
    ]
