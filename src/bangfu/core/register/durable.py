"""Files that are either wholly there or not at all, and private to the user."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600


def make_private(folder: Path) -> None:
    """Create a folder (and its parents) that only the user may enter."""
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    folder.chmod(PRIVATE_FOLDER)


def sync(path: Path) -> None:
    """Wait until a file's or folder's content is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def stage(final: Path) -> Path:
    """A new private folder beside `final`, to be filled and published; clears what a killed writer left."""
    partial = final.with_name(f".{final.name}.partial")
    discard(partial)
    partial.mkdir(mode=PRIVATE_FOLDER)
    return partial


def publish(partial: Path, final: Path, file_mode: int = PRIVATE_FILE) -> None:
    """Make a staged folder appear as `final`, all at once, when all of it is on the disk.

    Raises OSError: no space, or `final` is there already.
    """
    for file in sorted(partial.iterdir()):
        file.chmod(file_mode)
        sync(file)
    sync(partial)
    partial.rename(final)
    sync(final.parent)


def discard(folder: Path) -> None:
    """Remove a folder if it is there."""
    shutil.rmtree(folder, ignore_errors=True)
