"""What a piece of work took: wall time, processor time of the process, and the most memory it held."""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Clock:
    """Times of repeated work, in seconds; `median(cpu)` gives the figure to compare."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def time(self, work: Callable[[], object]) -> None:
        """Do the work once and note what it took."""
        wall, cpu = time.perf_counter(), _cpu()
        work()
        self.wall.append(time.perf_counter() - wall)
        self.cpu.append(_cpu() - cpu)

    def medians(self) -> dict[str, float]:
        """Median wall and processor seconds."""
        return {
            "wall": round(statistics.median(self.wall), 4),
            "cpu": round(statistics.median(self.cpu), 4),
            "times": len(self.wall),
        }


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_gb() -> float:
    """The most memory this process ever held, in GB."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2)
