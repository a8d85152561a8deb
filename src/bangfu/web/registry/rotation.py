"""Close everything that is closed once more, with the newest key."""

from __future__ import annotations

from django.conf import settings
from django.db import connection

from bangfu.web.registry.fields import Sealed, seal
from bangfu.web.registry.log import opened, segment_context
from bangfu.web.registry.models import ChangeSegment
from bangfu.web.registry.rows import VOCABULARY, is_sealed, rows

_AT_ONCE = 2_000


def close_anew() -> int:
    """Every closed cell and every segment of the log; how many. What they say stays as it is."""
    count = 0
    for table in VOCABULARY.tables.values():
        for column in table.columns.values():
            if is_sealed(column):
                count += _close_column(table.id, column.id)
    for segment in ChangeSegment.objects.order_by("pk").iterator(50):
        content = settings.KEYRING.seal(opened(segment), segment_context(segment))
        ChangeSegment.objects.filter(pk=segment.pk).update(content=content)
        count += 1
    return count


def _close_column(table: str, column: str) -> int:
    held = rows(table).filter(**{f"{column}__isnull": False}).order_by("pk").values_list("pk", column)
    name, target = (connection.ops.quote_name(text) for text in (column, f"register_{table}"))
    update = f"UPDATE {target} SET {name} = %s WHERE {connection.ops.quote_name(f'{table}_id')} = %s"
    count, pairs = 0, []
    for key, value in held.iterator(_AT_ONCE):
        if isinstance(value, Sealed):
            pairs.append((seal(value.reveal(), f"{table}.{column}"), key))
    with connection.cursor() as cursor:
        for start in range(0, len(pairs), _AT_ONCE):
            cursor.executemany(update, pairs[start : start + _AT_ONCE])
            count += len(pairs[start : start + _AT_ONCE])
    return count
