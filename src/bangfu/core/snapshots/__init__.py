"""Snapshots: the register as of a day, by key, never changed afterwards."""

from bangfu.core.snapshots.manifest import Snapshot, open_snapshot
from bangfu.core.snapshots.schema import (
    arrow_schema,
    schema_version,
    snapshot_columns,
    sort_columns,
    vocabulary_hash,
)
from bangfu.core.snapshots.write import snapshot_register, write_snapshot

__all__ = [
    "Snapshot",
    "arrow_schema",
    "open_snapshot",
    "schema_version",
    "snapshot_columns",
    "snapshot_register",
    "sort_columns",
    "vocabulary_hash",
    "write_snapshot",
]
