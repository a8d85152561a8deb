"""One measurement in a process of its own: `python -m benchmarks.tasks NAME '{"json": "arguments"}'`."""

from __future__ import annotations

import json
import subprocess
import sys

_PLACES = {
    "whole_plan": "judging",
    "some_criteria": "judging",
    "one_by_one": "judging",
    "timed": "peers",
    "duties": "duties",
    "recheck_one": "rechecking",
    "import_workbook": "importing",
    "spark_run": "spark",
}


def run(task: str, /, **arguments: object) -> dict[str, object]:
    """Measure in a new process, so that no peer pays for another's memory or imports."""
    command = [sys.executable, "-m", "benchmarks.tasks", task, json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{task} {arguments} ended with {done.returncode}: {done.stderr[-3000:]}")
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    from importlib import import_module

    work = getattr(import_module(f"benchmarks.{_PLACES[sys.argv[1]]}"), sys.argv[1])
    print(json.dumps(work(**json.loads(sys.argv[2]))))
