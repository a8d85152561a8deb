"""The folded tables of a register, kept so that opening it does not replay the log."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from bangfu.core.register.changes import State, state_schema
from bangfu.core.register.cipher import Cipher, read_parquet, write_parquet
from bangfu.core.register.durable import discard, make_private, publish, stage
from bangfu.core.register.log import MANIFEST, SUCCESSORS
from bangfu.core.vocabulary import Vocabulary


class CachedState(BaseModel):
    """What the cached tables are a fold of."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    seq: int
    seal: str
    layout: str
    next_ids: dict[str, int]
    hashes: dict[str, str]


@dataclass(frozen=True)
class Cache:
    """The folder `state/`: one subfolder, named by the last batch folded in. May be deleted at any time."""

    folder: Path
    cipher: Cipher | None
    vocabulary: Vocabulary

    def read(self, seals: list[str]) -> State | None:
        """The cached state, or None where it is missing, damaged, of another vocabulary or another log."""
        for folder in sorted(self.folder.glob("[0-9]*"), reverse=True):
            try:
                return self._read(folder, seals)
            except (OSError, ValidationError, KeyError):
                continue
        return None

    def _read(self, folder: Path, seals: list[str]) -> State:
        cached = CachedState.model_validate_json((folder / MANIFEST).read_bytes())
        if cached.seq >= len(seals) or seals[cached.seq] != cached.seal or cached.layout != self._layout():
            raise OSError("stale")
        frames = {}
        for name, digest in cached.hashes.items():
            path = folder / f"{name}.parquet"
            if _hash(path) != digest:
                raise OSError("damaged")
            frames[name] = read_parquet(path, self.cipher, f"state/{cached.seq}/{name}")
        successors = frames.pop(SUCCESSORS)
        return State(cached.seq, frames, successors, cached.next_ids)

    def write(self, state: State, seal: str) -> None:
        """Keep a state in place of the one kept before. Raises OSError; the cache is then empty."""
        make_private(self.folder)
        final = self.folder / f"{state.seq:08d}"
        for left in self.folder.iterdir():
            discard(left)
        partial = stage(final)
        try:
            hashes = {}
            for name, frame in {**state.tables, SUCCESSORS: state.successors}.items():
                path = partial / f"{name}.parquet"
                write_parquet(frame, path, self.cipher, f"state/{state.seq}/{name}")
                hashes[name] = _hash(path)
            cached = CachedState(
                seq=state.seq, seal=seal, layout=self._layout(), next_ids=dict(state.next_ids), hashes=hashes
            )
            (partial / MANIFEST).write_text(cached.model_dump_json(), encoding="utf-8")
            publish(partial, final)
        finally:
            discard(partial)

    def _layout(self) -> str:
        layout = {name: str(state_schema(table)) for name, table in sorted(self.vocabulary.tables.items())}
        return hashlib.sha256(repr(layout).encode()).hexdigest()


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
