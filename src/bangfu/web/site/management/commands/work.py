"""Carry out what the site asked for in the background. Begins anew what a killed worker left behind."""

from __future__ import annotations

import fcntl
import os
import sys
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection, connections
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

_LOCK = 4_204_002  # names the worker among the advisory locks of PostgreSQL
MOST_ATTEMPTS = 5


class Command(BaseCommand):
    """The one worker. A second one waits until the first is gone, and then goes on where it stopped."""

    help = "Carry out background work until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether to go when whoever started it has gone."""
        parser.add_argument("--with-parent", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Wait to be the only one, take up what was left, then work."""
        if options["with_parent"]:
            threading.Thread(target=_go_with_parent, daemon=True).start()
        lock = be_the_only_one()
        take_up_what_was_left()
        call_command("db_worker", queue_name="*", interval=0.5, reload=False, verbosity=0)
        del lock


def _go_with_parent() -> None:
    """Standard input is a pipe that ends with the parent, however it ends."""
    sys.stdin.read()
    os._exit(0)  # as hard as a kill -9: the next worker takes up what is left


def be_the_only_one() -> object:
    """Hold, as long as the result lives, what only one process can hold; the system lets go of it for the dead."""
    if connection.vendor == "postgresql":
        own = connections.create_connection("default")  # not the one that is closed after each task
        own.cursor().execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        return own
    file = (settings.HOME / "worker.lock").open("w")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


def take_up_what_was_left() -> None:
    """Nobody else works now, so what is still marked as running was left by a killed worker. It waits again, unless
    it has ended every worker that took it."""
    for left in DBTaskResult.objects.running():
        if len(left.worker_ids) >= MOST_ATTEMPTS:
            left.set_failed(RuntimeError("every worker that took it was killed"))
        else:
            DBTaskResult.objects.filter(pk=left.pk).update(status=TaskResultStatus.READY, started_at=None)
