"""A run whose worker is killed with -9 at several moments, on the database that the environment names.

Run as a process of its own, in a folder of its own: `BANGFU_HOME=… python -m tests.web.killing`. Prints JSON.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date

os.environ["DJANGO_SETTINGS_MODULE"] = "bangfu.web.site.settings"

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django_tasks_db.models import DBTaskResult  # noqa: E402

from bangfu.web.access import Role  # noqa: E402
from bangfu.web.accounts.actions import create_user, grant_role  # noqa: E402
from bangfu.web.accounts.models import User  # noqa: E402
from bangfu.web.audit.models import Event  # noqa: E402
from bangfu.web.audit.recording import Command, first_broken  # noqa: E402
from bangfu.web.divisions.models import Division  # noqa: E402
from bangfu.web.plans import actions as plans  # noqa: E402
from bangfu.web.plans.models import Pack  # noqa: E402
from bangfu.web.runs import actions as runs  # noqa: E402
from bangfu.web.runs.models import Run, State  # noqa: E402
from bangfu.web.site.samples import load_sample  # noqa: E402

TOWNSHIP, DAY = "430624119000", date(2018, 12, 31)
WORK = [sys.executable, "-m", "bangfu.web", "work"]


def prepare() -> Run:
    """A township with its register, a plan in force, a run that waits."""
    call_command("serve", prepare_only=True)
    load_sample("s4")
    division = Division.objects.get(code=TOWNSHIP)
    people = [officer(name, division) for name in ("one", "two")]
    pack = Pack.objects.get(plan_id="s4_nanhuzhou")
    enactment = plans.propose(by=people[0], pack=pack, division=division, begins_on=date(2018, 1, 1))
    plans.approve(by=people[1], enactment=enactment)
    return runs.ask(by=people[0], enactment=enactment, as_of=DAY)


def officer(name: str, division: Division) -> User:
    """Somebody who may propose, approve and run."""
    by = Command("test")
    user = create_user(by=by, username=name, display_name=name, password="spring rain 2020")
    grant_role(by=by, user=user, role=Role.TOWNSHIP_OFFICER, division=division, begins_on=date(2018, 1, 1))
    return user


def wait_for(is_so: Callable[[], bool]) -> None:
    """Raises TimeoutError after a minute."""
    until = time.monotonic() + 60
    while not is_so():
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.01)


def main() -> None:
    """Kill the worker when it has begun, and again when it evaluates; then let one work in peace."""
    run = prepare()
    seen = []
    for attempt, evaluates in ((1, False), (2, True)):
        worker = subprocess.Popen(WORK)

        def has_come(attempt: int = attempt, evaluates: bool = evaluates) -> bool:
            run.refresh_from_db()
            began = run.state == State.RUNNING.value and run.attempt == attempt
            return began and (not evaluates or run.total > 1)

        wait_for(has_come)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        run.refresh_from_db()
        seen.append([run.state, DBTaskResult.objects.get().status])
    waiting = [subprocess.Popen(WORK) for _ in range(2)]  # the second one waits for the lock

    def is_over() -> bool:
        return bool(Run.objects.get(pk=run.pk).state != State.RUNNING.value)

    wait_for(is_over)
    wait_for(lambda: bool(DBTaskResult.objects.get().status == "SUCCESSFUL"))
    alive = [worker.poll() is None for worker in waiting]
    for worker in waiting:
        worker.kill()
        worker.wait()
    run.refresh_from_db()
    task = DBTaskResult.objects.get()
    finished = Event.objects.filter(subject="run", kind="run_finished").count()
    said = {
        "seen": seen,
        "state": run.state,
        "attempt": run.attempt,
        "workers": len(task.worker_ids),
        "files": sorted(path.name for path in run.folder.iterdir()),
        "finished": finished,
        "alive": alive,
        "broken": first_broken() is not None,
    }
    print(json.dumps(said))  # noqa: T201


if __name__ == "__main__":
    main()
