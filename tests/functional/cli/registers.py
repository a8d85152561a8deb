"""A register in a folder, written down as rows."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from bangfu.core.register import ChangeSet, ParquetRegister, create_register, creates, state_schema
from tests.unit.integrity.registers import VOCABULARY, Rows, batch


def register_of(folder: Path, rows: Rows) -> ParquetRegister:
    """A new register that holds just these rows; keys count from 1 unless given."""
    frames = {}
    for name, listed in rows.items():
        table = VOCABULARY.tables[name]
        schema = {key: kind for key, kind in state_schema(table).items() if key != "_version"}
        full = [{table.key: at, **row} for at, row in enumerate(listed, 1)]
        frames[name] = creates(table, pl.DataFrame(full, schema=schema))
    library = create_register(folder)
    library.append(ChangeSet(batch(), frames))
    return library
