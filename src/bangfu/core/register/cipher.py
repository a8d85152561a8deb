"""Parquet files on disk, encrypted by the caller's key where the register is (Parquet modular encryption)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.parquet import encryption

SALT_BYTES = 16


@dataclass(frozen=True)
class Cipher:
    """Encrypts each file with a key of its own, derived from the caller's; moved files do not decrypt."""

    master: bytes = field(repr=False)
    check: str  # tells a wrong key from a damaged file; does not reveal the key

    def file_key(self, identity: str) -> bytes:
        """The key of the file that stands for `identity` (batch and table)."""
        return hmac.digest(self.master, identity.encode(), "sha256")


def derive_cipher(key: bytes, salt: bytes) -> Cipher:
    """The cipher of a key (any length, a passphrase too) for the register with this salt."""
    derived = hashlib.scrypt(key, salt=salt, n=2**14, r=8, p=1, dklen=64)
    return Cipher(derived[:32], derived[32:].hex())


def write_parquet(frame: pl.DataFrame, path: Path, cipher: Cipher | None, identity: str) -> None:
    """Write a frame; raises OSError."""
    properties = None
    if cipher is not None:
        aad = identity.encode()
        properties = encryption.create_encryption_properties(
            cipher.file_key(identity), aad_prefix=aad, store_aad_prefix=False
        )
    pq.write_table(frame.to_arrow(), path, compression="zstd", encryption_properties=properties)


def read_parquet(path: Path, cipher: Cipher | None, identity: str) -> pl.DataFrame:
    """Read a frame; raises OSError if the file is missing, damaged, or was written for something else."""
    properties = None
    if cipher is not None:
        properties = encryption.create_decryption_properties(
            cipher.file_key(identity), aad_prefix=identity.encode()
        )
    try:
        with pq.ParquetFile(path, decryption_properties=properties) as file:
            return pl.DataFrame(pl.from_arrow(file.read()))
    except pa.ArrowException as error:
        raise OSError(f"{path.name} cannot be read") from error
