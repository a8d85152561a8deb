"""What a run is asked and what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pyarrow as pa

from bangfu.core.calendars import Calendar
from bangfu.core.periods import Period

Tables = Mapping[str, Path | pa.Table]  # a Parquet file or an Arrow table per vocabulary table
Progress = Callable[[str, int, int], None]  # what is done, how many steps, of how many


@dataclass(frozen=True)
class Ask:
    """What is to be judged: on which day, over which periods, by which calendar of working days."""

    as_of: date
    calendar: Calendar
    periods: Sequence[Period] = ()
    progress: Progress = lambda what, done, total: None
    is_cancelled: Callable[[], bool] = lambda: False

    def periods_of(self, kind: str) -> list[Period]:
        """The asked periods of a kind, in order."""
        return sorted(period for period in self.periods if period.kind == kind)


@dataclass(frozen=True)
class Verdicts:
    """Outcomes of one block: a row per subject (and period), a column per criterion.

    Columns: subject_id int64, period string, division int64, then an int8 per criterion id.
    """

    subject: str
    per: str
    criteria: tuple[str, ...]
    table: pa.Table


@dataclass(frozen=True)
class Run:
    """The results of an evaluation, as Arrow tables.

    `findings`: criterion, subject, subject_id, period, division, outcome, facts (JSON). `counts`: criterion,
    period, division, met, unmet, unknown, not_applicable, not_due. `measures`: criterion, subject, subject_id,
    period, measure, certain, possible, threshold, owed, last_day.
    """

    verdicts: tuple[Verdicts, ...]
    findings: pa.Table
    counts: pa.Table
    measures: pa.Table
    notes: Mapping[str, str] = field(default_factory=dict)


ROW_KEYS = ("subject_id", "period", "division")  # of verdicts, before the criteria

FINDINGS_SCHEMA = pa.schema(
    [
        ("criterion", pa.string()),
        ("subject", pa.string()),
        ("subject_id", pa.int64()),
        ("period", pa.string()),
        ("division", pa.int64()),
        ("outcome", pa.int8()),
        ("facts", pa.string()),
    ]
)
COUNTS_SCHEMA = pa.schema(
    [
        ("criterion", pa.string()),
        ("period", pa.string()),
        ("division", pa.int64()),
        *((name, pa.int64()) for name in ("met", "unmet", "unknown", "not_applicable", "not_due")),
    ]
)
MEASURES_SCHEMA = pa.schema(
    [
        ("criterion", pa.string()),
        ("subject", pa.string()),
        ("subject_id", pa.int64()),
        ("period", pa.string()),
        ("measure", pa.string()),
        *((name, pa.decimal128(18, 2)) for name in ("certain", "possible", "threshold", "owed")),
        ("last_day", pa.date32()),
    ]
)
