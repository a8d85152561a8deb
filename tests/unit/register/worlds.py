"""A small vocabulary with every column type, and batches over it, for the tests of the register."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

import polars as pl

from bangfu.core.register import Batch, ChangeSet, Kind, State, creates, updates
from bangfu.core.vocabulary import CodeList, Column, ColumnType, Empty, Link, Sensitivity, Table, Vocabulary

DAY = date(2020, 1, 1)
MOMENT = datetime(2020, 1, 2, 8, 30, tzinfo=UTC)


def column(name: str, kind: str, sensitivity: str = "personal", codes: str | None = None) -> Column:
    return Column(
        id=name,
        name=name,
        english=name,
        type=ColumnType(kind),
        empty=Empty.NOT_KNOWN,
        sensitivity=Sensitivity(sensitivity),
        source="test",
        codes=codes,
    )


def table(name: str, *columns: Column, links: tuple[Link, ...] = (), is_subject: bool = False) -> Table:
    return Table(name, name, name, {c.id: c for c in columns}, links, is_subject=is_subject)


VILLAGE = table("village", column("division_code", "text", "public"), is_subject=True)
HOME = table(
    "household",
    column("phone", "text", "identity"),
    column("size", "int"),
    column("area", "decimal"),
    column("seen_on", "date"),
    column("safe", "bool"),
    column("road", "code", codes="road"),
    column("needs", "codes", codes="need"),
    links=(Link("village", "village_id"),),
    is_subject=True,
)
PERSON = table(
    "person",
    column("full_name", "text", "identity"),
    links=(Link("household", "household_id"),),
    is_subject=True,
)
BENEFIT = table(
    "benefit",
    column("amount", "decimal"),
    links=(
        Link("household", "household_id"),
        Link("person", "person_id"),
        Link("village", through="household"),
    ),
)
VOCABULARY = Vocabulary(
    {t.id: t for t in (VILLAGE, HOME, PERSON, BENEFIT)},
    {
        "road": CodeList("road", "路", {"mud": "泥土", "concrete": "水泥"}),
        "need": CodeList("need", "需求", {"water": "饮水", "house": "住房", "school": "就学"}),
    },
)


def batch(key: str, kind: Kind = Kind.IMPORT, on: date = DAY) -> Batch:
    return Batch(f"b-{key}", kind, "名单.xlsx", on, MOMENT, "officer", key)


def change_set(key: str, tables: Mapping[str, pl.DataFrame], on: date = DAY) -> ChangeSet:
    return ChangeSet(batch(key, on=on), tables)


def founding(key: str = "founding", on: date = DAY) -> ChangeSet:
    """One village, two households, three people."""
    return change_set(
        key,
        {
            "village": creates(VILLAGE, pl.DataFrame({"village_id": [1]})),
            "household": creates(
                HOME,
                pl.DataFrame(
                    {"household_id": [1, 2], "village_id": [1, 1], "size": [2, 1], "road": ["mud", None]}
                ),
            ),
            "person": creates(
                PERSON,
                pl.DataFrame(
                    {"person_id": [1, 2, 3], "household_id": [1, 1, 2], "full_name": ["甲", "乙", "丙"]}
                ),
            ),
        },
        on,
    )


def resize(key: str, state: State, sizes: Mapping[int, int | None], on: date = DAY) -> ChangeSet:
    """Set households' sizes; None empties them."""
    keys = list(sizes)
    rows = pl.DataFrame(
        {"household_id": keys, "size": [sizes[k] for k in keys]}, schema_overrides={"size": pl.Int64}
    )
    filled = updates(HOME, rows.drop_nulls(), state.rows(HOME))
    emptied = updates(HOME, rows.filter(pl.col("size").is_null()), state.rows(HOME), ["size"])
    return change_set(key, {"household": pl.concat([filled, emptied])}, on)


def same_state(left: State, right: State) -> bool:
    """Whether two states hold the same rows, versions, successors, and next keys (numbers may differ)."""
    names = {name for state in (left, right) for name, frame in state.tables.items() if frame.height}
    return all(left.rows(VOCABULARY.tables[n]).equals(right.rows(VOCABULARY.tables[n])) for n in names) and (
        left.successors.equals(right.successors)
    )
