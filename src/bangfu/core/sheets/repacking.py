"""Write a zip in which untouched parts keep their packed bytes."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterable
from typing import IO

from bangfu.core.sheets.archive import Archive

_LOCAL, _CENTRAL, _END = "<4s5H3I2H", "<4s6H3I5H2I", "<4s4H2IH"
_DATA_DESCRIPTOR, _UTF8 = 0x8, 0x800
_NEW_DATE = (1980, 1, 1, 0, 0, 0)  # the same input gives the same bytes


class Repacker:
    """Writes parts one after the other to a seekable file; `close` writes the directory."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.entries: list[zipfile.ZipInfo] = []

    def copy(self, archive: Archive, part: zipfile.ZipInfo) -> None:
        """Take a part over as it is."""
        entry = _like(part)
        entry.CRC, entry.file_size, entry.compress_size = part.CRC, part.file_size, part.compress_size
        entry.compress_type = part.compress_type
        self._start(entry)
        for packed in archive.raw(part):
            self.file.write(packed)

    def write(self, name: str, pieces: Iterable[bytes], like: zipfile.ZipInfo | None = None) -> None:
        """Write a part anew. `like`: the part whose place and date it takes."""
        entry = _like(like) if like else zipfile.ZipInfo(name, _NEW_DATE)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.CRC = entry.file_size = entry.compress_size = 0
        self._start(entry)
        deflater = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
        for piece in pieces:
            entry.CRC = zlib.crc32(piece, entry.CRC)
            entry.file_size += len(piece)
            entry.compress_size += self.file.write(deflater.compress(piece))
        entry.compress_size += self.file.write(deflater.flush())
        end = self.file.tell()
        self.file.seek(entry.header_offset)
        self.file.write(_local_header(entry))
        self.file.seek(end)

    def close(self) -> None:
        """Write the directory."""
        start = self.file.tell()
        for entry in self.entries:
            self.file.write(_central_header(entry))
        size, count = self.file.tell() - start, len(self.entries)
        self.file.write(struct.pack(_END, b"PK\5\6", 0, 0, count, count, size, start, 0))

    def _start(self, entry: zipfile.ZipInfo) -> None:
        entry.header_offset = self.file.tell()
        self.entries.append(entry)
        self.file.write(_local_header(entry))


def _like(part: zipfile.ZipInfo) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(part.filename, part.date_time)
    entry.create_system, entry.create_version = part.create_system, part.create_version
    entry.external_attr, entry.internal_attr = part.external_attr, part.internal_attr
    entry.flag_bits = part.flag_bits & ~_DATA_DESCRIPTOR
    return entry


def _encoded(entry: zipfile.ZipInfo) -> tuple[bytes, int]:
    try:
        return entry.filename.encode("ascii"), entry.flag_bits
    except UnicodeEncodeError:
        return entry.filename.encode("utf-8"), entry.flag_bits | _UTF8


def _moment(entry: zipfile.ZipInfo) -> tuple[int, int]:
    year, month, day, hour, minute, second = entry.date_time
    return hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day


def _local_header(entry: zipfile.ZipInfo) -> bytes:
    name, flags = _encoded(entry)
    sizes = (entry.CRC, entry.compress_size, entry.file_size)
    head = (b"PK\3\4", 20, flags, entry.compress_type, *_moment(entry), *sizes, len(name), 0)
    return struct.pack(_LOCAL, *head) + name


def _central_header(entry: zipfile.ZipInfo) -> bytes:
    name, flags = _encoded(entry)
    sizes = (entry.CRC, entry.compress_size, entry.file_size)
    made_by = entry.create_system << 8 | 20
    head = (b"PK\1\2", made_by, 20, flags, entry.compress_type, *_moment(entry), *sizes, len(name), 0, 0, 0)
    return struct.pack(_CENTRAL, *head, entry.internal_attr, entry.external_attr, entry.header_offset) + name
