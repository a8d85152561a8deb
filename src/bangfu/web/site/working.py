"""The worker beside the site: begun by `serve`, begun again whenever it dies, gone when the site goes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

_PAUSE = 2.0  # seconds before a worker that died is begun again
_PATIENCE = 60.0  # seconds that a stopping site gives the work in hand


class KeptWorker:
    """A worker process that is kept running. Use as a context."""

    command = (sys.executable, "-m", "bangfu.web", "work", "--with-parent")

    def __enter__(self) -> KeptWorker:
        self._owner = os.getpid()
        self._stopped = threading.Event()
        self.process = self._begin()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()
        return self

    def _begin(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self.command, stdin=subprocess.PIPE)  # noqa: S603 - our own module

    def _keep(self) -> None:
        while not self._stopped.is_set():
            self.process.wait()
            _close(self.process)
            if not self._stopped.wait(_PAUSE):
                self.process = self._begin()

    def __exit__(self, *exception: object) -> None:
        """The work in hand may end; what does not end in time is begun again with the next start."""
        if os.getpid() != self._owner:
            return  # a process forked inside the context leaves it as well: not its worker
        self._stopped.set()
        self.process.terminate()
        try:
            self.process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self._keeper.join(_PAUSE)


def _close(process: subprocess.Popen[bytes]) -> None:
    """Let go of the pipe of a process that has ended."""
    if process.stdin is not None:
        process.stdin.close()
