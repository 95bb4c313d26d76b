"""A discrete-event simulation of array jobs on the nodes of a cluster that share a file server.

A task wants CPU seconds and bytes of the server at the same time, as a scan does that reads ahead: it goes as fast as its core lets it, or as
fast as its share of the server, whichever is slower. The server is shared fairly: nobody gets more than it can use, and what is left is for the
others. Nodes fail at random and come back; what a task had done there is lost, but for the units of it that were finished. A phase begins when the
one before has ended.
"""

from __future__ import annotations

import heapq
import math
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

_HOUR = 3600.0
_MOST_STARTS = 1000  # of a task, on average
_NEAR = 1e-9  # shares of a task that are nothing but rounding


class Hopeless(Exception):
    """Nodes fail so often that a phase does not end."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a process does. `units`: it is repeated from the last of so many equal steps that it had finished."""

    cpu: float
    read: float = 0.0
    written: float = 0.0
    units: int = 1

    @property
    def moved(self) -> float:
        return self.read + self.written


@dataclass(frozen=True, slots=True)
class Cluster:
    """Nodes, and what befalls them. `bandwidth` in bytes per second, of all nodes together; `failures` per node and hour; `repair` and `delay`, which
    each start of a task costs, in seconds. Of all nodes, the share `slow` needs `slowness` times as long for the same work."""

    nodes: int = 1
    cores: int = 1
    bandwidth: float = math.inf
    failures: float = 0.0
    repair: float = 600.0
    delay: float = 0.0
    slow: float = 0.0
    slowness: float = 2.0


@dataclass(slots=True)
class Phase:
    """What became of the tasks of a phase. CPU seconds are those of a core that is not slow; `repeated` of them were spent on work that was lost."""

    name: str
    tasks: int
    seconds: float = 0.0
    cpu: float = 0.0
    repeated: float = 0.0
    read: float = 0.0
    written: float = 0.0
    starts: int = 0
    done: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Running:
    number: int
    task: Task
    node: int
    speed: float  # shares of the task per second that its core can do
    done: float
    rate: float = 0.0


def simulate(phases: Sequence[tuple[str, Sequence[Task]]], cluster: Cluster, seed: int = 0) -> list[Phase]:
    """The phases one after the other. The same seed gives the same result."""
    run = _Simulation(cluster, seed)
    return [run.phase(name, tasks) for name, tasks in phases]


class _Simulation:
    """The clock, the nodes, and what is going to happen: (when, number, what, node, how often that had failed, task, share of it done)."""

    def __init__(self, cluster: Cluster, seed: int) -> None:
        self.cluster, self.random = cluster, random.Random(seed)
        self.now, self.events, self.counted = 0.0, [], 0  # type: float, list[tuple[float, int, str, int, int, int, float]], int
        self.failed = [0] * cluster.nodes
        slow = set(self.random.sample(range(cluster.nodes), round(cluster.slow * cluster.nodes)))
        self.speeds = [1 / cluster.slowness if node in slow else 1.0 for node in range(cluster.nodes)]
        self.free = deque(node for _ in range(cluster.cores) for node in range(cluster.nodes))
        for node in range(cluster.nodes):
            self._will_fail(node)

    def phase(self, name: str, tasks: Sequence[Task]) -> Phase:
        self.tasks, self.running = tasks, {}  # type: Sequence[Task], dict[int, _Running]
        self.waiting = deque((number, 0.0) for number in range(len(tasks)))
        self.starting: dict[int, tuple[int, float]] = {}
        self.result, began = Phase(name, len(tasks)), self.now
        while self.waiting or self.starting or self.running:
            self._start()
            self._share()
            self._advance()
        self.result.seconds = self.now - began
        return self.result

    def _start(self) -> None:
        while self.waiting and self.free:
            (number, done), node = self.waiting.popleft(), self.free.popleft()
            self.result.starts += 1
            if self.result.starts > _MOST_STARTS * len(self.tasks):
                raise Hopeless(f"{self.result.name}: nodes fail so often that its {len(self.tasks)} tasks were started {self.result.starts:,} times")
            self.starting[number] = node, done
            self._later(self.cluster.delay, "begin", node, number, done)

    def _share(self) -> None:
        """How fast the tasks go on, until something happens."""
        running, left = list(self.running.values()), self.cluster.bandwidth
        if sum(one.speed * one.task.moved for one in running) <= left:
            for one in running:
                one.rate = one.speed
            return
        running.sort(key=lambda one: one.speed * one.task.moved)
        for position, one in enumerate(running):  # those who want least come first; what they leave is shared by the rest
            given = min(one.speed * one.task.moved, left / (len(running) - position))
            one.rate = given / one.task.moved if one.task.moved else one.speed
            left -= given

    def _advance(self) -> None:
        """To the next moment at which something happens."""
        first = min(self.running.values(), key=lambda one: (1 - one.done) / one.rate, default=None)
        step = (1 - first.done) / first.rate if first else math.inf
        happens = bool(self.events) and self.events[0][0] <= self.now + step
        step = max(0.0, self.events[0][0] - self.now) if happens else step
        for one in list(self.running.values()):
            one.done += one.rate * step
            self._spend(one.task, one.rate * step)
            if one.done >= 1 - _NEAR or (one is first and not happens):
                del self.running[one.number]
                self.free.append(one.node)
                self.result.done.append(one.number)
        self.now += step
        if happens:
            self._happen()

    def _happen(self) -> None:
        _, _, what, node, failed, number, done = heapq.heappop(self.events)
        if what == "begin" and failed == self.failed[node]:  # else the node has failed since
            del self.starting[number]
            task = self.tasks[number]
            self.running[number] = _Running(number, task, node, self.speeds[node] / max(task.cpu, _NEAR), done)
        elif what == "fail":
            self.failed[node] += 1
            self.free = deque(other for other in self.free if other != node)
            for one in [one for one in self.running.values() if one.node == node]:
                kept = math.floor(one.done * one.task.units + _NEAR) / one.task.units
                self.result.repeated += (one.done - kept) * one.task.cpu
                self.waiting.append((one.number, kept))
                del self.running[one.number]
            for other in [other for other, (place, _) in self.starting.items() if place == node]:
                self.waiting.append((other, self.starting.pop(other)[1]))
            self._later(self.cluster.repair, "back", node)
        elif what == "back":
            self.free.extend([node] * self.cluster.cores)
            self._will_fail(node)

    def _spend(self, task: Task, share: float) -> None:
        self.result.cpu += share * task.cpu
        self.result.read += share * task.read
        self.result.written += share * task.written

    def _will_fail(self, node: int) -> None:
        if self.cluster.failures:
            self._later(self.random.expovariate(self.cluster.failures / _HOUR), "fail", node)

    def _later(self, seconds: float, what: str, node: int, number: int = -1, done: float = 0.0) -> None:
        self.counted += 1
        heapq.heappush(self.events, (self.now + seconds, self.counted, what, node, self.failed[node], number, done))
