"""The zip container of an xlsx, read so that no declared size is trusted."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bangfu.core.sheets.problems import refusal

CHUNK = 1 << 20
_ENCRYPTED = 0x1
_LOCAL_HEADER = 30


@dataclass(frozen=True)
class Limits:
    """What a workbook may cost: bytes on disk, bytes unpacked, unpacked ÷ packed, cells of a sheet."""

    file_bytes: int = 300 << 20
    whole_bytes: int = 100 << 20  # of a file that has to be held whole: xls, csv
    unpacked_bytes: int = 3 << 30
    ratio: int = 200
    ratio_from: int = 16 << 20  # small parts may be as repetitive as they like
    parts: int = 10_000
    cells: int = 24_000_000


LIMITS = Limits()


@dataclass(frozen=True)
class Archive:
    """An open zip whose directory has been checked; `parts` by name."""

    name: str
    file: IO[bytes]
    parts: Mapping[str, zipfile.ZipInfo]

    def raw(self, part: zipfile.ZipInfo) -> Iterator[bytes]:
        """The part's bytes as they lie in the file (still packed)."""
        self.file.seek(part.header_offset)
        header = self.file.read(_LOCAL_HEADER)
        if len(header) < _LOCAL_HEADER or header[:4] != b"PK\x03\x04":
            raise refusal("truncated", self.name)
        skip = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        position, left = part.header_offset + _LOCAL_HEADER + skip, part.compress_size
        while left:
            self.file.seek(position)  # several parts may be read in turns
            chunk = self.file.read(min(CHUNK, left))
            if not chunk:
                raise refusal("truncated", self.name)
            position, left = position + len(chunk), left - len(chunk)
            yield chunk

    def unpacked(self, part: zipfile.ZipInfo) -> Iterator[bytes]:
        """The part's content in pieces of at most 1 MB. Raises WorkbookError if it is damaged or is not
        exactly as long as the directory says."""
        length = check = 0
        for piece in self._pieces(part):
            length += len(piece)
            check = zlib.crc32(piece, check)
            if length > part.file_size:
                raise refusal("bomb", self.name, part.filename)
            yield piece
        if length != part.file_size or check != part.CRC:
            raise refusal("truncated", self.name)

    def _pieces(self, part: zipfile.ZipInfo) -> Iterator[bytes]:
        if part.compress_type == zipfile.ZIP_STORED:
            yield from self.raw(part)
            return
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            for packed in self.raw(part):
                while packed:
                    yield inflater.decompress(packed, CHUNK)
                    packed = inflater.unconsumed_tail
            yield inflater.flush()
        except zlib.error:
            raise refusal("truncated", self.name) from None

    def read(self, name: str) -> bytes:
        """The whole content of a part that is small by nature; KeyError if there is none."""
        return b"".join(self.unpacked(self.parts[name]))


@contextmanager
def open_archive(path: Path, limits: Limits = LIMITS) -> Iterator[Archive]:
    """Open a zip after checking its directory. Raises WorkbookError: truncated, password, bomb."""
    with path.open("rb") as file:
        try:
            with zipfile.ZipFile(file) as container:
                entries = container.infolist()
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
            raise refusal("truncated", path.name) from None
        _check(path.name, entries, limits)
        yield Archive(path.name, file, {entry.filename: entry for entry in entries})


def _check(name: str, entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(entries) > limits.parts:
        raise refusal("bomb", name, f"{len(entries):,}")
    if len({entry.filename.lower() for entry in entries}) < len(entries):
        raise refusal("truncated", name)
    for entry in entries:
        if entry.flag_bits & _ENCRYPTED:
            raise refusal("password", name)
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise refusal("unknown", name)
        if entry.header_offset < 0:
            raise refusal("truncated", name)
        if entry.file_size > limits.ratio_from and entry.file_size > limits.ratio * entry.compress_size:
            raise refusal("bomb", name, entry.filename)
    total = sum(entry.file_size for entry in entries)
    if total > limits.unpacked_bytes:
        raise refusal("bomb", name, f"{total >> 20:,} MB")
