"""Snapshots: the register as of a day, by key, never changed afterwards."""

from bangfu.core.snapshots.schema import (
    arrow_schema,
    schema_version,
    snapshot_columns,
    sort_columns,
    vocabulary_hash,
)

__all__ = ["arrow_schema", "schema_version", "snapshot_columns", "sort_columns", "vocabulary_hash"]
