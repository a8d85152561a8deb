"""Bring the current rows to where the log is, set by set."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl
from django.conf import settings
from django.db import connection

from bangfu.core.register import ChangeSet, State
from bangfu.core.register.changes import CHANGE, REMOVE, ROW, VERSION
from bangfu.core.vocabulary import Table
from bangfu.web.registry.fields import seal
from bangfu.web.registry.models import NextKey
from bangfu.web.registry.rows import VOCABULARY, index_columns, index_context, is_sealed, row_model

_COPY_FROM = 500  # rows from which PostgreSQL's COPY is worth a temporary table
_AT_ONCE = 5_000


def write_rows(change_set: ChangeSet, after: State) -> None:
    """Write what the change set left of the rows that it speaks of; `after` is the state that holds them."""
    for name, changed in change_set.tables.items():
        table = VOCABULARY.tables[name]
        gone = changed.filter(pl.col(CHANGE) == REMOVE)[ROW].to_list()
        for start in range(0, len(gone), _AT_ONCE):
            _delete(table, gone[start : start + _AT_ONCE])
        kept = after.rows(table).join(changed, left_on=table.key, right_on=ROW, how="semi")
        for part in kept.iter_slices(_AT_ONCE):
            _upsert(table, part)
    for name, next_id in after.next_ids.items():
        if name in change_set.tables:
            NextKey.objects.update_or_create(table=name, defaults={"next_id": next_id})


def _delete(table: Table, keys: Sequence[int]) -> None:
    model = row_model(table.id)
    model.objects.filter(pk__in=keys)._raw_delete(using=connection.alias)


def _upsert(table: Table, rows: pl.DataFrame) -> None:
    names, values = _columns(table, rows)
    quoted = [connection.ops.quote_name(name) for name in names]
    target = connection.ops.quote_name(f"register_{table.id}")
    conflict = f"ON CONFLICT ({quoted[0]}) DO UPDATE SET " + ", ".join(
        f"{n} = EXCLUDED.{n}" for n in quoted[1:]
    )
    listed = ", ".join(quoted)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and rows.height >= _COPY_FROM:
            cursor.execute(f"CREATE TEMP TABLE arriving (LIKE {target}) ON COMMIT DROP")
            with cursor.copy(f"COPY arriving ({listed}) FROM STDIN") as copy:
                for row in zip(*values, strict=True):
                    copy.write_row(row)
            cursor.execute(f"INSERT INTO {target} ({listed}) SELECT {listed} FROM arriving {conflict}")
            cursor.execute("DROP TABLE arriving")
            return
        marks = ", ".join(["%s"] * len(names))
        insert = f"INSERT INTO {target} ({listed}) VALUES ({marks}) {conflict}"
        cursor.executemany(insert, list(zip(*values, strict=True)))


def _columns(table: Table, rows: pl.DataFrame) -> tuple[list[str], list[list[object]]]:
    """Names of the database's columns, and their values as the database takes them."""
    names = [table.key, *table.link_columns, VERSION]
    values = [rows[name].to_list() for name in names]
    for column in table.columns.values():
        series = rows[column.id]
        names.append(column.id)
        if is_sealed(column):
            context = f"{table.id}.{column.id}"
            values.append([None if v is None else seal(v, context) for v in series])
        else:
            values.append(_plain(series))
        ring = settings.KEYRING
        tells: tuple[Callable[[str, str], str], ...] = (ring.index, ring.tail)
        for name, tell in zip(index_columns(column), tells, strict=False):
            names.append(name)
            values.append([None if v is None else tell(v, index_context(column.id)) for v in series])
    return names, values


def _plain(series: pl.Series) -> list[object]:
    """Python values; SQLite has neither days nor decimals of its own."""
    if connection.vendor == "sqlite" and series.dtype in (pl.Date, pl.Decimal):
        return series.cast(pl.String).to_list()
    return series.to_list()
