"""The append-only log of a Parquet register: a folder per batch, each manifest sealing the one before."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError

from bangfu.core.errors import Problem, RegisterError
from bangfu.core.messages import N_, Message
from bangfu.core.register.changes import SUCCESSOR_SCHEMA, Batch, ChangeSet
from bangfu.core.register.cipher import Cipher, read_parquet, write_parquet
from bangfu.core.register.durable import discard, publish, stage

MANIFEST = "manifest.json"
SUCCESSORS = "successors_"  # no table of the vocabulary ends in an underscore
_RESTORE = Message(N_("请用备份恢复登记库；不要手工改动其中的文件。"))


class LoggedTable(BaseModel):
    """One Parquet file of a batch."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    rows: int
    hash: str


class Entry(BaseModel):
    """A batch in the log: its number, who said it, and the files that hold it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    format: int = 1
    seq: int
    batch: Batch
    tables: dict[str, LoggedTable]
    previous: str  # hash of the manifest before this one: a log with a batch exchanged does not open


@dataclass
class Log:
    """The batches under `log/`; manifests are read once, since they never change."""

    folder: Path
    cipher: Cipher | None
    _entries: list[Entry] = field(default_factory=list)
    _seals: list[str] = field(default_factory=lambda: [""])

    @property
    def seals(self) -> list[str]:
        """By number of batch the hash of its manifest, which seals the log up to there; "" for none."""
        return self._seals

    def entries(self) -> list[Entry]:
        """All batches in order. Raises RegisterError if one is missing, damaged or exchanged."""
        while (path := self._path(len(self._entries) + 1) / MANIFEST).exists():
            text = path.read_bytes()
            try:
                entry = Entry.model_validate_json(text)
            except ValidationError as error:
                raise damaged(path) from error
            if entry.seq != len(self._entries) + 1 or entry.previous != self._seals[-1]:
                raise damaged(path)
            self._entries.append(entry)
            self._seals.append(_hash(text))
        self._require_no_gap()
        return list(self._entries)

    def _require_no_gap(self) -> None:
        beyond = [
            path
            for path in self.folder.iterdir()
            if path.name.isdigit() and int(path.name) > len(self._entries)
        ]
        # The batch that another process publishes this moment follows without a gap and is read next time.
        if any(int(path.name) > len(self._entries) + 1 or not (path / MANIFEST).exists() for path in beyond):
            raise damaged(min(beyond))

    def append(self, change_set: ChangeSet) -> Entry:
        """Write the next batch, all or nothing. Raises OSError with nothing changed."""
        seq = len(self.entries()) + 1
        frames = dict(change_set.tables)
        if change_set.successors.height:
            frames[SUCCESSORS] = change_set.successors
        partial = stage(self._path(seq))
        try:
            tables = {}
            for name, frame in sorted(frames.items()):
                path = partial / f"{name}.parquet"
                spoken = frame.select(c.name for c in frame if c.null_count() < frame.height)
                write_parquet(spoken, path, self.cipher, f"{seq}/{name}")
                tables[name] = LoggedTable(rows=frame.height, hash=_hash(path.read_bytes()))
            entry = Entry(seq=seq, batch=change_set.batch, tables=tables, previous=self._seals[-1])
            (partial / MANIFEST).write_text(entry.model_dump_json(indent=1), encoding="utf-8")
            publish(partial, self._path(seq))
        finally:
            discard(partial)
        return entry

    def read(self, entry: Entry) -> ChangeSet:
        """The change set of a batch. Raises RegisterError if a file is missing or damaged."""
        frames = {name: self._read_table(entry, name) for name in entry.tables}
        successors = frames.pop(SUCCESSORS, pl.DataFrame(schema=SUCCESSOR_SCHEMA))
        return ChangeSet(entry.batch, frames, successors)

    def _read_table(self, entry: Entry, name: str) -> pl.DataFrame:
        path = self._path(entry.seq) / f"{name}.parquet"
        try:
            if _hash(path.read_bytes()) != entry.tables[name].hash:
                raise damaged(path)
            return read_parquet(path, self.cipher, f"{entry.seq}/{name}")
        except OSError as error:
            raise damaged(path) from error

    def _path(self, seq: int) -> Path:
        return self.folder / f"{seq:08d}"


def damaged(path: Path) -> RegisterError:
    """The error of a file that is not what was written."""
    return RegisterError(
        Problem("register.damaged", Message(N_("登记库的文件缺失、损坏或被改动")), str(path), _RESTORE)
    )


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
