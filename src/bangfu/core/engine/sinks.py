"""Where results go: into memory for one household, into a folder of Parquet parts for a county or a nation."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from bangfu.core.engine.run import COUNTS_SCHEMA, FINDINGS_SCHEMA, MEASURES_SCHEMA, Run, Verdicts
from bangfu.core.engine.sql.blocks import Block

KINDS = {"findings": FINDINGS_SCHEMA, "counts": COUNTS_SCHEMA, "measures": MEASURES_SCHEMA}


class Sink(Protocol):
    """Takes results part by part."""

    def verdicts(self, block: Block, part: pa.RecordBatchReader) -> None:
        """Take outcomes of a block."""

    def add(self, kind: str, part: pa.RecordBatchReader) -> None:
        """Take findings, counts or measures."""


class MemorySink:
    """Keeps everything; `run()` gives it out."""

    def __init__(self) -> None:
        self._blocks: list[tuple[Block, pa.Table]] = []
        self._parts: dict[str, list[pa.Table]] = defaultdict(list)

    def verdicts(self, block: Block, part: pa.RecordBatchReader) -> None:
        """Keep outcomes."""
        self._blocks.append((block, part.read_all()))

    def add(self, kind: str, part: pa.RecordBatchReader) -> None:
        """Keep findings, counts or measures."""
        self._parts[kind].append(part.read_all().cast(KINDS[kind]))

    def run(self) -> Run:
        """All results."""
        tables = {
            kind: pa.concat_tables([schema.empty_table(), *self._parts[kind]])
            for kind, schema in KINDS.items()
        }
        by_block: dict[tuple[str, str], list[pa.Table]] = defaultdict(list)
        for block, table in self._blocks:
            by_block[block.subject, block.per].append(table)
        criteria = {
            (block.subject, block.per): tuple(c.id for c in block.criteria) for block, _ in self._blocks
        }
        verdicts = tuple(
            Verdicts(subject, per, criteria[subject, per], pa.concat_tables(parts))
            for (subject, per), parts in by_block.items()
        )
        return Run(verdicts, **tables)


class FolderSink:
    """Writes `verdicts/<subject>.<per>-<n>.parquet`, `findings-<n>.parquet` and so on into a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._written: dict[str, int] = defaultdict(int)
        (folder / "verdicts").mkdir(parents=True)

    def verdicts(self, block: Block, part: pa.RecordBatchReader) -> None:
        """Write outcomes."""
        self._write(f"verdicts/{block.subject}.{block.per}", part)

    def add(self, kind: str, part: pa.RecordBatchReader) -> None:
        """Write findings, counts or measures."""
        self._write(kind, part.cast(KINDS[kind]))

    def _write(self, stem: str, part: pa.RecordBatchReader) -> None:
        path = self.folder / f"{stem}-{self._written[stem]:03}.parquet"
        self._written[stem] += 1
        with pq.ParquetWriter(path, part.schema, compression="zstd") as writer:
            for batch in part:
                writer.write_batch(batch)
