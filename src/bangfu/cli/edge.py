"""The clock, the user and secrets: read here and passed down."""

from __future__ import annotations

import getpass
import os
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bangfu.core.errors import Problem, RegisterError, UserError
from bangfu.core.messages import N_, Message

CHINA = ZoneInfo("Asia/Shanghai")
KEY_VARIABLE = "BANGFU_KEY_FILE"


def now() -> datetime:
    """This moment in China."""
    return datetime.now(CHINA)


def today() -> date:
    """This day in China."""
    return now().date()


def day_of(text: str) -> date | None:
    """A day as typed, None where nothing is. Raises UserError."""
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        remedy = Message(N_("请写成 2018-12-31 的样子。"))
        raise UserError(
            Problem("day.unknown", Message(N_("没有 {text} 这一天。"), {"text": text}), remedy=remedy)
        ) from None


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
