"""Who looked at whose data, when, and why: an append-only file, keys only."""

from __future__ import annotations

import os
import re
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from bangfu.core.errors import Problem, RegisterError
from bangfu.core.messages import N_, Message
from bangfu.core.register.durable import PRIVATE_FILE

FILE = "access.jsonl"
_PERSONAL_NUMBER = re.compile(r"\d{10}")  # a phone, an ID number or an account; no date, no key is as long


class Access(BaseModel):
    """One look at personal data: `subjects` holds the keys looked at by table, never a value."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    at: AwareDatetime
    by: str
    action: str
    purpose: str
    subjects: dict[str, list[int]]


def record_access(folder: Path, access: Access) -> None:
    """Append to the register's access log, before anything is shown.

    Raises RegisterError: no purpose given, a personal number in it, or the log cannot be written.
    """
    if not access.purpose.strip():
        remedy = Message(N_("请写明查询或导出的事由。"))
        raise RegisterError(Problem("register.purpose", Message(N_("没有写明用途")), "", remedy))
    if _PERSONAL_NUMBER.search(access.purpose):
        remedy = Message(N_("用途里不要写证件号码、电话或账号。"))
        raise RegisterError(Problem("register.purpose", Message(N_("用途里像有个人号码")), "", remedy))
    path = folder / FILE
    try:
        _append_line(path, access.model_dump_json())
    except OSError as error:
        raise RegisterError(
            Problem("register.not_written", Message(N_("查询记录没有写成，因此不予查询")), str(path))
        ) from error


def _append_line(path: Path, line: str) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
    try:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"  # a writer was killed midway
        os.write(descriptor, (("\n" if torn else "") + line + "\n").encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_accesses(folder: Path) -> list[Access]:
    """The access log in order; a line torn by a killed writer is left out."""
    path = folder / FILE
    accesses = []
    for line in path.read_bytes().splitlines() if path.exists() else ():
        try:
            accesses.append(Access.model_validate_json(line))
        except ValidationError:
            continue
    return accesses
