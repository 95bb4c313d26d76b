"""What a run costs: time, memory, CPU of all its processes."""

from __future__ import annotations

import resource
import time
from pathlib import Path

from .ledger import RunFacts

_STATUS = Path("/proc/self/status")


class Cost:
    """Made when a run begins. A shell that runs its last command in its own process leaves that the account of all that it ran before:
    nothing of it counts."""

    def __init__(self) -> None:
        self._started, self._cpu, self._before = time.monotonic(), time.process_time(), resource.getrusage(resource.RUSAGE_CHILDREN)

    def tell(self, facts: RunFacts) -> None:
        """Put the cost until now into the facts of a run."""
        children, before = resource.getrusage(resource.RUSAGE_CHILDREN), self._before
        workers = children.ru_utime + children.ru_stime - before.ru_utime - before.ru_stime
        facts.wall_seconds = round(time.monotonic() - self._started, 3)
        facts.cpu_seconds = round(time.process_time() - self._cpu + workers, 3)
        # The account keeps only the largest child: a smaller one is no larger than what was there before.
        largest = children.ru_maxrss if children.ru_maxrss > before.ru_maxrss else 0
        facts.peak_memory_bytes = 1024 * max(_peak(), largest)


def _peak() -> int:
    """The most memory that this program had, in KiB. Linux says so without that of the program whose process it took over."""
    try:
        lines = _STATUS.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        lines = []
    told = (int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    return next(told, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
