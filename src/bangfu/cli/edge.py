"""The clock, the user and secrets: read here and passed down."""

from __future__ import annotations

import getpass
import os
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bangfu.core.errors import Problem, RegisterError
from bangfu.core.messages import N_, Message

CHINA = ZoneInfo("Asia/Shanghai")
KEY_VARIABLE = "BANGFU_KEY_FILE"


def now() -> datetime:
    """This moment in China."""
    return datetime.now(CHINA)


def today() -> date:
    """This day in China."""
    return now().date()


def user() -> str:
    """Who runs the command."""
    return getpass.getuser()


def register_key() -> bytes | None:
    """The register's key, from the file that BANGFU_KEY_FILE names; None: not encrypted.

    Raises RegisterError where the file cannot be read.
    """
    name = os.environ.get(KEY_VARIABLE)
    if not name:
        return None
    try:
        return Path(name).read_bytes().strip()
    except OSError as error:
        remedy = Message(N_("请检查环境变量 {name}。"), {"name": KEY_VARIABLE})
        raise RegisterError(
            Problem("register.key_file", Message(N_("读不了密钥文件")), name, remedy)
        ) from error
