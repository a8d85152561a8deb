"""The worker beside the site: kept running, and gone with it."""

from __future__ import annotations

import os
import signal
import sys
import time

import pytest

from bangfu.web.site import working


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> working.KeptWorker:
    """A worker that only waits for its parent to go."""
    monkeypatch.setattr(working, "_PAUSE", 0.05)
    worker = working.KeptWorker()
    worker.command = (sys.executable, "-c", "import sys; sys.stdin.read()")
    return worker


def test_a_killed_worker_is_begun_again(kept: working.KeptWorker) -> None:
    with kept:
        first = kept.process.pid
        os.kill(first, signal.SIGKILL)
        until = time.monotonic() + 20
        while kept.process.pid == first:
            assert time.monotonic() < until
            time.sleep(0.02)
        second = kept.process
    assert second.poll() is not None, "it goes with the site"


def test_a_process_forked_inside_leaves_the_worker_alone(
    kept: working.KeptWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with kept:
        with monkeypatch.context() as patched:
            patched.setattr(os, "getpid", lambda: -1)
            kept.__exit__()
        assert kept.process.poll() is None


def test_one_that_does_not_stop_is_killed(kept: working.KeptWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "_PATIENCE", 0.2)
    deaf = "import signal, sys; signal.signal(15, signal.SIG_IGN); print(flush=True); sys.stdin.read()"
    kept.command = (sys.executable, "-c", deaf)
    with kept:
        time.sleep(1)
    assert kept.process.wait(5) in (-signal.SIGKILL, 0)
