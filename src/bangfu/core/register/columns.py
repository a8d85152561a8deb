"""How the columns of the vocabulary are held in memory, and the one lossless cast into that form."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from bangfu.core.vocabulary import Column, ColumnType, Table

KEY_TYPE = pl.Int64()
TYPES: dict[ColumnType, pl.DataType] = {
    ColumnType.TEXT: pl.String(),
    ColumnType.INT: pl.Int64(),
    ColumnType.DECIMAL: pl.Decimal(18, 2),
    ColumnType.DATE: pl.Date(),
    ColumnType.BOOL: pl.Boolean(),
    ColumnType.CODE: pl.String(),
    ColumnType.CODES: pl.String(),
}


def table_schema(table: Table, columns: Iterable[Column] | None = None) -> dict[str, pl.DataType]:
    """Column name → type: the row's key, its parents' keys, then `columns` (default: all of the table)."""
    chosen = table.columns.values() if columns is None else columns
    keys = dict.fromkeys((table.key, *table.link_columns), KEY_TYPE)
    return keys | {column.id: TYPES[column.type] for column in chosen}


def cast_losslessly(frame: pl.DataFrame, schema: dict[str, pl.DataType]) -> tuple[pl.DataFrame, list[str]]:
    """The frame in exactly `schema`, and the columns that cannot be brought there without loss.

    A column the frame lacks is empty throughout. A value that changes on the way there and back (2.5 → 2,
    1.239 → 1.24, 08:00 → a day) is a loss, never rounded away. Lossy columns are left empty.
    """
    lossy = []
    out = []
    for name, dtype in schema.items():
        column = frame[name] if name in frame.columns else None
        cast = (
            pl.repeat(None, frame.height, dtype=dtype, eager=True) if column is None else _cast(column, dtype)
        )
        if cast is None:
            lossy.append(name)
            cast = pl.repeat(None, frame.height, dtype=dtype, eager=True)
        out.append(cast.alias(name))
    return pl.DataFrame(out), lossy


def _cast(column: pl.Series, dtype: pl.DataType) -> pl.Series | None:
    if column.dtype == dtype:
        return column
    try:
        cast = column.cast(dtype)
        back = cast.cast(column.dtype)
    except pl.exceptions.PolarsError:
        return None
    return cast if back.eq_missing(column).all() else None
