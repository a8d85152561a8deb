"""A snapshot's manifest, and opening a snapshot: verified, read-only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, ValidationError

from bangfu.core.errors import Problem, SnapshotError
from bangfu.core.messages import N_, Message
from bangfu.core.snapshots.schema import arrow_schema
from bangfu.core.vocabulary import Vocabulary, load_vocabulary

FORMAT = 1
MANIFEST = "manifest.json"
_AGAIN = Message(N_("请从登记库重新生成快照。"))


class TableEntry(BaseModel):
    """One Parquet file of a snapshot."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    file: str
    rows: int
    bytes: int
    hash: str


class Manifest(BaseModel):
    """`manifest.json`: what the snapshot holds, of which day, by which vocabulary.

    A key of a later format is read, so that the format is told; in this format it breaks the digest.
    """

    model_config = ConfigDict(frozen=True, extra="allow")
    format: int
    as_of: date
    schema_version: str
    vocabulary_hash: str
    source: str
    tables: dict[str, TableEntry]
    content_hash: str = ""

    def digest(self) -> str:
        """SHA-256 over everything the manifest says, so over every file, the day and the vocabulary."""
        text = json.dumps(
            self.model_dump(mode="json", exclude={"content_hash"}), sort_keys=True, ensure_ascii=False
        )
        return hashlib.sha256(text.encode()).hexdigest()

    def sealed(self) -> Manifest:
        """The manifest with its content hash."""
        return self.model_copy(update={"content_hash": self.digest()})


@dataclass(frozen=True)
class Snapshot:
    """An opened snapshot: the day it shows, its content hash, and a Parquet file per table."""

    folder: Path
    as_of: date
    content_hash: str
    tables: Mapping[str, Path]
    rows: Mapping[str, int]
    source: str
    schema_version: str
    vocabulary_hash: str


def open_snapshot(folder: Path, vocabulary: Vocabulary | None = None, verify: bool = True) -> Snapshot:
    """Open a snapshot for reading. Raises SnapshotError if it is missing, damaged, tampered with or foreign.

    `verify=False` trusts the bytes of the tables (sizes and schemas are still compared): for looking again
    at a snapshot that this process has verified.
    """
    manifest = _read_manifest(folder)
    known = vocabulary or load_vocabulary()
    problems = [
        problem for name in manifest.tables for problem in _check_table(folder, manifest, name, known, verify)
    ]
    strangers = {file.name for file in folder.glob("*.parquet")} - {t.file for t in manifest.tables.values()}
    problems += [
        _problem("foreign_file", N_("快照里有清单之外的文件"), folder / name) for name in sorted(strangers)
    ]
    if problems:
        raise SnapshotError(problems)
    return describe(folder, manifest)


def describe(folder: Path, manifest: Manifest) -> Snapshot:
    """The snapshot that a sealed manifest speaks of."""
    return Snapshot(
        folder=folder,
        as_of=manifest.as_of,
        content_hash=manifest.content_hash,
        tables={name: folder / entry.file for name, entry in manifest.tables.items()},
        rows={name: entry.rows for name, entry in manifest.tables.items()},
        source=manifest.source,
        schema_version=manifest.schema_version,
        vocabulary_hash=manifest.vocabulary_hash,
    )


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _read_manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST
    if not path.is_file():
        raise SnapshotError(_problem("missing", N_("这里没有快照（缺少 manifest.json）"), folder))
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise SnapshotError(_problem("manifest", N_("快照清单已损坏或不是快照清单"), path)) from error
    if manifest.format != FORMAT:
        raise SnapshotError(_problem("format", N_("快照格式不是本版本所能读的格式"), path))
    if manifest.digest() != manifest.content_hash:
        raise SnapshotError(_problem("tampered", N_("快照清单与其校验值不符，内容被改动过"), path))
    return manifest


def _check_table(
    folder: Path, manifest: Manifest, name: str, vocabulary: Vocabulary, verify: bool
) -> list[Problem]:
    entry = manifest.tables[name]
    path = folder / entry.file
    table = vocabulary.tables.get(name)
    if table is None or entry.file != f"{name}.parquet":
        return [_problem("foreign_table", N_("快照里有词汇表没有声明的表"), path)]
    if not path.is_file() or path.is_symlink():
        return [_problem("file_missing", N_("快照缺少一张表的文件"), path)]
    if path.stat().st_size != entry.bytes or (verify and file_hash(path) != entry.hash):
        return [_problem("damaged", N_("快照文件与清单不符，已损坏或被改动"), path)]
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowException, OSError):
        return [_problem("damaged", N_("快照文件与清单不符，已损坏或被改动"), path)]
    if not schema.equals(arrow_schema(table)):
        return [_problem("schema", N_("快照的列与现行词汇表不同，由另一版本生成"), path)]
    return []


def _problem(code: str, template: str, where: Path) -> Problem:
    return Problem(f"snapshot.{code}", Message(template), str(where), _AGAIN)
