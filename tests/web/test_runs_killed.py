"""kill -9 of the worker in the middle of a run: nothing lost, nothing half-done, nothing twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from django.db import connection


def database_of_its_own() -> str:
    """A fresh database beside the tests' own, by URL; nothing for SQLite."""
    url = os.environ.get("BANGFU_DATABASE", "")
    if not url:
        return ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    own = connection.copy("own")
    own.settings_dict["NAME"] = "postgres"
    own.set_autocommit(True)
    with own.cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS killing")
        cursor.execute("CREATE DATABASE killing")
    own.close()
    head, _, query = url.partition("?")
    return f"{head.rpartition('/')[0]}/killing" + (f"?{query}" if query else "")


def test_a_run_goes_on_after_its_worker_was_killed(tmp_path: Path) -> None:
    environment = os.environ | {
        "BANGFU_HOME": str(tmp_path / "home"),
        "BANGFU_DATABASE": database_of_its_own(),
        "DJANGO_SETTINGS_MODULE": "bangfu.web.site.settings",
    }
    command = [sys.executable, "-m", "tests.web.killing"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "seen": [["running", "RUNNING"], ["running", "RUNNING"]],
        "state": "done",
        "attempt": 3,
        "workers": 3,
        "files": ["result", "snapshot"],
        "finished": 1,
        "alive": [True, True],
        "broken": False,
    }
