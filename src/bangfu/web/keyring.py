"""The installation's keys: what encrypts personal values at rest, finds them again, and seals the audit log.

A file of the office's own, read once at start. Values name the key that closed them, so that keys can be
changed: a new one closes from now on, the old ones still open, until `rotate_keys` has closed all anew.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE, _KEY = 12, 32
_TAIL = 4  # an office asks for "the last four digits"


class KeyringError(Exception):
    """The file of keys is missing or damaged, or a value was closed by a key that is not in it."""


@dataclass(frozen=True)
class Keyring:
    """`keys`: number → key, the highest number closes; the other three never change."""

    keys: dict[int, bytes] = field(repr=False)
    index_key: bytes = field(repr=False)
    audit_key: bytes = field(repr=False)
    site_key: str = field(repr=False)

    @property
    def newest(self) -> int:
        """The number of the key that closes values now."""
        return max(self.keys)

    def seal(self, value: bytes, context: str) -> bytes:
        """Closed bytes: number of the key, nonce, ciphertext; opens only under the same `context`."""
        nonce = os.urandom(_NONCE)
        cipher = AESGCM(self.keys[self.newest])
        return bytes([self.newest]) + nonce + cipher.encrypt(nonce, value, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """The bytes that were closed. Raises KeyringError: another context, a lost key, or tampered with."""
        key = self.keys.get(sealed[0]) if sealed else None
        if key is None:
            raise KeyringError("closed by a key that is not on the ring")
        try:
            return AESGCM(key).decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], context.encode())
        except InvalidTag as error:
            raise KeyringError("does not open") from error

    def index(self, value: str, context: str) -> str:
        """What equal values have in common and nobody without the key can tell: for searching."""
        text = f"{context}\0{value.strip().upper()}"
        return hmac.digest(self.index_key, text.encode(), "sha256")[:12].hex()

    def tail(self, value: str, context: str) -> str:
        """The same of the last four characters."""
        return self.index(value.strip()[-_TAIL:], f"{context} tail")

    def witness(self, text: bytes) -> str:
        """The seal of an event in the audit log."""
        return hmac.digest(self.audit_key, text, "sha256").hex()


def load_keyring(path: Path) -> Keyring:
    """The keys in a file. Raises KeyringError."""
    try:
        said = json.loads(path.read_text(encoding="ascii"))
        keys = {int(number): bytes.fromhex(key) for number, key in said["keys"].items()}
        ring = Keyring(
            keys, bytes.fromhex(said["index_key"]), bytes.fromhex(said["audit_key"]), said["site_key"]
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise KeyringError(f"{path}: {type(error).__name__}") from None
    if not keys or any(len(key) != _KEY for key in keys.values()):
        raise KeyringError(f"{path}: no usable key")
    return ring


def create_keyring(path: Path) -> Keyring:
    """New keys in a file that only its owner may read; the one place where keys are drawn."""
    _write(path, {1: secrets.token_bytes(_KEY)}, secrets.token_bytes(_KEY), secrets.token_bytes(_KEY))
    return load_keyring(path)


def add_key(path: Path) -> Keyring:
    """A further key, which closes from now on."""
    ring = load_keyring(path)
    keys = ring.keys | {ring.newest + 1: secrets.token_bytes(_KEY)}
    _write(path, keys, ring.index_key, ring.audit_key, ring.site_key)
    return load_keyring(path)


def _write(
    path: Path, keys: dict[int, bytes], index_key: bytes, audit_key: bytes, site_key: str | None = None
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    said = {
        "keys": {str(number): key.hex() for number, key in keys.items()},
        "index_key": index_key.hex(),
        "audit_key": audit_key.hex(),
        "site_key": site_key or secrets.token_urlsafe(50),
    }
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        json.dump(said, file)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def fingerprint(content: bytes) -> str:
    """The SHA-256 of some content: tells whether it is the same, and nothing else."""
    return hashlib.sha256(content).hexdigest()
