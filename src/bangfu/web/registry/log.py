"""The append-only log on the database: the core's change frames, compressed, closed, each batch sealed."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date

import polars as pl
from django.conf import settings
from django.db import connection
from django.db.models import Max

from bangfu.core.register import ChangeSet
from bangfu.core.register.changes import ROW, SUCCESSOR_SCHEMA, complete
from bangfu.web.keyring import fingerprint
from bangfu.web.registry.models import ChangeBatch, ChangeSegment
from bangfu.web.registry.rows import VOCABULARY

SEGMENT_ROWS = 2_000
SUCCESSORS = "successors_"  # no table of the vocabulary ends in an underscore
_LOCK = 4_204_002


def lock() -> None:
    """One writer at a time, until the transaction ends."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def last_seq() -> int:
    """The number of the last batch; 0 before the first."""
    return ChangeBatch.objects.aggregate(last=Max("seq"))["last"] or 0


def append(change_set: ChangeSet, by_id: int | None) -> ChangeBatch:
    """Write the next batch. The caller holds `lock`."""
    last = ChangeBatch.objects.order_by("-seq").first()
    batch = change_set.batch
    entry = ChangeBatch(
        seq=last.seq + 1 if last else 1,
        batch_id=batch.batch_id,
        kind=batch.kind.value,
        source=batch.source,
        effective_on=batch.effective_on,
        recorded_at=batch.recorded_at,
        by=batch.by,
        by_id=by_id,
        idempotency_key=batch.idempotency_key,
        undoes=batch.undoes,
        rows=change_set.rows,
        previous=last.seal if last else "",
    )
    segments = list(_segments(entry, change_set))
    entry.seal = seal_of(entry, segments)
    entry.save(force_insert=True)
    ChangeSegment.objects.bulk_create(segments, batch_size=200)
    return entry


def _segments(entry: ChangeBatch, change_set: ChangeSet) -> Iterator[ChangeSegment]:
    for name, frame in sorted(change_set.tables.items()):
        ordered = frame.sort(ROW)
        spoken = ordered.select(c.name for c in ordered if c.null_count() < ordered.height)
        for start in range(0, spoken.height, SEGMENT_ROWS):
            part = spoken.slice(start, SEGMENT_ROWS)
            yield _segment(entry, name, part, part[ROW][0], part[ROW][-1])
    if change_set.successors.height:
        yield _segment(entry, SUCCESSORS, change_set.successors, 0, 0)


def _segment(entry: ChangeBatch, table: str, part: pl.DataFrame, first: int, last: int) -> ChangeSegment:
    buffer = io.BytesIO()
    part.write_ipc(buffer, compression="zstd")
    content = buffer.getvalue()
    return ChangeSegment(
        batch=entry,
        table=table,
        first_row=first,
        last_row=last,
        rows=part.height,
        digest=fingerprint(content),
        content=settings.KEYRING.seal(content, _context(entry.seq, table)),
    )


def _context(seq: int, table: str) -> str:
    return f"log {seq} {table}"


def seal_of(entry: ChangeBatch, segments: Iterable[ChangeSegment]) -> str:
    """The seal that a batch with these segments must bear."""
    said = [
        entry.seq,
        entry.batch_id,
        entry.kind,
        entry.source,
        entry.effective_on.isoformat(),
        entry.recorded_at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.by,
        entry.idempotency_key,
        entry.undoes,
        entry.previous,
        sorted([one.table, one.first_row, one.last_row, one.rows, one.digest] for one in segments),
    ]
    seal: str = settings.KEYRING.witness(json.dumps(said, ensure_ascii=False).encode())
    return seal


def frame_of(segment: ChangeSegment) -> pl.DataFrame:
    """The change rows of a segment, with every column of the table."""
    frame = pl.read_ipc(io.BytesIO(opened(segment)))
    return frame if segment.table == SUCCESSORS else complete(VOCABULARY.tables[segment.table], frame)


def read(entry: ChangeBatch) -> ChangeSet:
    """The changes of a batch."""
    frames: dict[str, list[pl.DataFrame]] = {}
    for segment in entry.segments.order_by("table", "first_row"):
        frames.setdefault(segment.table, []).append(frame_of(segment))
    successors = frames.pop(SUCCESSORS, [pl.DataFrame(schema=SUCCESSOR_SCHEMA)])
    tables = {name: pl.concat(parts) for name, parts in frames.items()}
    return ChangeSet(entry.as_batch(), tables, pl.concat(successors))


def numbered(as_of: int | date | None = None) -> Iterator[tuple[int, ChangeSet]]:
    """The batches in order, with their numbers, as the core folds them."""
    for entry in ChangeBatch.objects.order_by("seq"):
        if entry.counts(as_of):
            yield entry.seq, read(entry)


def said_of(table: str, keys: Iterable[int]) -> list[tuple[ChangeBatch, pl.DataFrame]]:
    """Everything that was ever said of some rows, by batch."""
    wanted = sorted(keys)
    if not wanted:
        return []
    near = ChangeSegment.objects.filter(table=table, first_row__lte=wanted[-1], last_row__gte=wanted[0])
    found = []
    for segment in near.select_related("batch").order_by("batch_id", "first_row"):
        rows = frame_of(segment).filter(pl.col(ROW).is_in(wanted))
        if rows.height:
            found.append((segment.batch, rows))
    return found


def first_broken() -> int | None:
    """The number of the first batch that is not as it was written, or None."""
    previous, expected = "", 1
    for entry in ChangeBatch.objects.order_by("seq"):
        segments = list(entry.segments.all())
        whole = all(one.digest == fingerprint(opened(one)) for one in segments)
        sealed = entry.seal == seal_of(entry, segments)
        if entry.seq != expected or entry.previous != previous or not whole or not sealed:
            return min(entry.seq, expected)
        previous, expected = entry.seal, expected + 1
    return None


def segment_context(segment: ChangeSegment) -> str:
    """What a segment opens under."""
    return _context(segment.batch_id, segment.table)


def opened(segment: ChangeSegment) -> bytes:
    """The change rows of a segment as they were written: Arrow."""
    content: bytes = settings.KEYRING.open(bytes(segment.content), segment_context(segment))
    return content
