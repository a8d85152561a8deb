"""Where results go: into memory for one household, into a folder of Parquet parts for a county or a nation."""

from __future__ import annotations

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

    def rows(self, block: Block, number: int, part: Part) -> Path | pa.Table:
        """Take the judged rows of a part of a block, whole ones where findings are kept; returns where they are."""

    def add(self, kind: str, block: Block, number: int, part: Part) -> None:
        """Take findings, counts or measures of a part of a block."""


class MemorySink:
    """Keeps everything; `run()` gives it out, in the order of blocks and their parts."""

    keeps_findings = True

    def __init__(self) -> None:
        self._blocks: dict[tuple[str, str], Block] = {}
        self._parts: dict[tuple[str, str, str, int], pa.Table] = {}  # kind, subject, per, number

    def rows(self, block: Block, number: int, part: Part) -> pa.Table:
        """Keep outcomes; returns all rows."""
        table = part.table()
        self._blocks[block.subject, block.per] = block
        outcomes = table.select([*ROW_KEYS, *(c.id for c in block.criteria)])
        self._parts["verdicts", block.subject, block.per, number] = outcomes
        return table

    def add(self, kind: str, block: Block, number: int, part: Part) -> None:
        """Keep findings, counts or measures."""
        self._parts[kind, block.subject, block.per, number] = part.table().cast(KINDS[kind])

    def run(self) -> Run:
        """All results."""
        verdicts = tuple(
            Verdicts(*key, tuple(c.id for c in block.criteria), pa.concat_tables(self._of("verdicts", *key)))
            for key, block in sorted(self._blocks.items())
        )
        tables = {
            kind: pa.concat_tables([schema.empty_table(), *self._of(kind)]) for kind, schema in KINDS.items()
        }
        return Run(verdicts, **tables)

    def _of(self, *key: str) -> list[pa.Table]:
        return [table for name, table in sorted(self._parts.items()) if name[: len(key)] == key]


class FolderSink:
    """Writes `verdicts/<subject>.<per>-<n>.parquet` and likewise into `counts` and `measures` of a folder."""

    keeps_findings = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for kind in ("verdicts", "counts", "measures"):
            (folder / kind).mkdir(parents=True)

    def rows(self, block: Block, number: int, part: Part) -> Path:
        """Write the rows."""
        return self._write("verdicts", block, number, part)

    def add(self, kind: str, block: Block, number: int, part: Part) -> None:
        """Write counts or measures."""
        self._write(kind, block, number, part)

    def _write(self, kind: str, block: Block, number: int, part: Part) -> Path:
        path = self.folder / kind / f"{block.subject}.{block.per}-{number:03}.parquet"
        part.write(path)
        return path
