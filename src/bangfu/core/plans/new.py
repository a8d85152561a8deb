"""A pack to start from: small, commented, and clean by check and test."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path
from shutil import copytree

from bangfu.core.errors import PlanError, Problem
from bangfu.core.messages import N_, Message


def new_pack(folder: Path) -> None:
    """Copy the starter pack into a new folder. Raises PlanError if something is there already."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        remedy = Message(N_("请换一个空文件夹。"))
        raise PlanError(
            Problem("plan.exists", Message(N_("这里已有内容，不能新建方案")), str(folder), remedy)
        )
    with as_file(files("bangfu.core.plans") / "starter") as starter:
        copytree(starter, folder, dirs_exist_ok=True)
