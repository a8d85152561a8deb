"""What a table of a snapshot looks like in Arrow, and the hashes that tell one vocabulary from another."""

from __future__ import annotations

import hashlib
import json

import pyarrow as pa

from bangfu.core.vocabulary import Column, ColumnType, Table, Vocabulary

ARROW_TYPES: dict[ColumnType, pa.DataType] = {
    ColumnType.TEXT: pa.string(),
    ColumnType.INT: pa.int64(),
    ColumnType.DECIMAL: pa.decimal128(18, 2),
    ColumnType.DATE: pa.date32(),
    ColumnType.BOOL: pa.bool_(),
    ColumnType.CODE: pa.string(),
    ColumnType.CODES: pa.string(),
}

# The engine works through a snapshot in ranges of households, so whatever belongs to one lies beside it.
CLUSTER_KEY = "household_id"


def snapshot_columns(table: Table) -> tuple[Column, ...]:
    """The columns of a table that a snapshot carries: all but those that identify a person."""
    return tuple(column for column in table.columns.values() if column.in_snapshot)


def arrow_schema(table: Table) -> pa.Schema:
    """The row's key, its parents' keys, then every column that does not identify a person."""
    keys = [
        pa.field(name, pa.int64(), nullable=name != table.key) for name in (table.key, *table.link_columns)
    ]
    return pa.schema(keys + [pa.field(c.id, ARROW_TYPES[c.type]) for c in snapshot_columns(table)])


def sort_columns(table: Table) -> tuple[str, ...]:
    """By which columns a table lies sorted: what belongs to a household by its household, other rows by
    their first parent, subjects and parentless rows by their own key."""
    if CLUSTER_KEY in table.link_columns:
        return (CLUSTER_KEY, table.key)
    if table.is_subject or not table.link_columns:
        return (table.key,)
    return (table.link_columns[0], table.key)


def schema_version(vocabulary: Vocabulary) -> str:
    """A short name for the columns and types of all tables."""
    return _digest({name: str(arrow_schema(table)) for name, table in vocabulary.tables.items()})[:12]


def vocabulary_hash(vocabulary: Vocabulary) -> str:
    """SHA-256 over all that gives values their meaning; names and aliases may change without changing it."""
    tables = {name: _meaning(table) for name, table in vocabulary.tables.items()}
    codes = {name: sorted(codes.labels) for name, codes in vocabulary.codes.items()}
    return _digest({"tables": tables, "codes": codes})


def _meaning(table: Table) -> dict[str, object]:
    return {
        "links": [
            [link.parent, link.column, link.through, link.known_to, link.transit] for link in table.links
        ],
        "timing": [table.timing.at, table.timing.year, table.timing.start, table.timing.end],
        "columns": {
            c.id: [c.type, c.empty, c.given, c.codes, c.unit, c.in_snapshot] for c in table.columns.values()
        },
    }


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
