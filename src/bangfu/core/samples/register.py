"""Write a place's sample as a register on disk."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path

from bangfu.core.register import Batch, ChangeSet, Kind, ParquetRegister, create_register, creates
from bangfu.core.samples.generate import generate
from bangfu.core.samples.places import place_of
from bangfu.core.vocabulary import load_vocabulary


def write_sample_register(place: str, seed: int, folder: Path, as_of: date | None = None) -> ParquetRegister:
    """A new register in `folder` with the sample of a place as its one batch. `as_of`: default the place's
    usual day. The same arguments give the same content.

    Raises SampleError as `generate`, RegisterError if something is in the folder already.
    """
    day = as_of or place_of(place).usual_day
    vocabulary = load_vocabulary()
    tables = {
        name: creates(vocabulary.tables[name], frame) for name, frame in generate(place, seed, day).items()
    }
    batch = Batch(
        batch_id=f"sample-{place}-{seed}",
        kind=Kind.IMPORT,
        source=f"sample:{place}:{seed}",
        effective_on=day,
        recorded_at=datetime.combine(day, time(), UTC),
        by="sample",
        idempotency_key=f"sample:{place}:{seed}:{day.isoformat()}",
    )
    register = create_register(folder)
    register.append(ChangeSet(batch, tables))
    return register
