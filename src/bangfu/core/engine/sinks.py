"""Where results go: into memory for one household, into a folder of Parquet parts for a county or a nation."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from bangfu.core.engine.run import (
    COUNTS_SCHEMA,
    FINDINGS_SCHEMA,
    MEASURES_SCHEMA,
    ROW_KEYS,
    Run,
    Verdicts,
)
from bangfu.core.engine.sql.blocks import Block

KINDS = {"findings": FINDINGS_SCHEMA, "counts": COUNTS_SCHEMA, "measures": MEASURES_SCHEMA}


class Part(Protocol):
    """Some of the results, not yet computed."""

    def table(self) -> pa.Table:
        """All rows, typed as the schemas of `run.py` say."""

    def write(self, path: Path) -> None:
        """All rows into a new Parquet file."""


class Sink(Protocol):
    """Takes results part by part."""

    keeps_findings: bool  # else they are read from the rows and the snapshot when asked for

    def rows(self, block: Block, part: Part) -> Path | pa.Table:
        """Take the judged rows of a block, whole ones where findings are kept; returns where they are."""

    def add(self, kind: str, part: Part) -> None:
        """Take findings, counts or measures."""


class MemorySink:
    """Keeps everything; `run()` gives it out."""

    keeps_findings = True

    def __init__(self) -> None:
        self._blocks: list[tuple[Block, pa.Table]] = []
        self._parts: dict[str, list[pa.Table]] = defaultdict(list)

    def rows(self, block: Block, part: Part) -> pa.Table:
        """Keep outcomes; returns all rows."""
        table = part.table()
        self._blocks.append((block, table.select([*ROW_KEYS, *(c.id for c in block.criteria)])))
        return table

    def add(self, kind: str, part: Part) -> None:
        """Keep findings, counts or measures."""
        self._parts[kind].append(part.table().cast(KINDS[kind]))

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
    """Writes `verdicts/<subject>.<per>-<n>.parquet`, `counts-<n>.parquet` and `measures-<n>.parquet` into a folder."""

    keeps_findings = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._written: dict[str, int] = defaultdict(int)
        (folder / "verdicts").mkdir(parents=True)

    def rows(self, block: Block, part: Part) -> Path:
        """Write the rows."""
        return self._write(f"verdicts/{block.subject}.{block.per}", part)

    def add(self, kind: str, part: Part) -> None:
        """Write counts or measures."""
        self._write(kind, part)

    def _write(self, stem: str, part: Part) -> Path:
        path = self.folder / f"{stem}-{self._written[stem]:03}.parquet"
        self._written[stem] += 1
        part.write(path)
        return path
