"""Worker processes that can be killed without harm.

Each worker has a pipe of its own; results travel by file and only counts through the pipe. The parent waits for answers *and* for
the end of processes, so a dead worker is noticed at once: its task is given to a new worker, twice at most. Workers end
with their parent, however it dies.
"""

from __future__ import annotations

import multiprocessing as mp
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from .errors import InternalError, MoocdbError
from .interrupts import STOPS, held

_TRIES = 3
_PATIENCE = 10  # seconds
_PR_SET_PDEATHSIG = 1
_ALLOCATOR = "jemalloc_bg_thd"

Work = Callable[[Any, Callable[..., None]], Any]
"""A task and a way to report progress, to a small result."""


@dataclass
class _Worker:
    process: Any
    pipe: Connection
    task: int = -1


@dataclass
class _Job:
    tasks: Sequence[Any]
    waiting: deque[int]
    tries: list[int]
    results: list[Any]
    done: int = 0
    workers: list[_Worker] = field(default_factory=list)
    work: Work | None = None  # made here, for workers that are copies of this process


def run_tasks(
    make: Callable[..., Work],
    args: tuple[Any, ...],
    tasks: Sequence[Any],
    workers: int,
    report: Callable[..., None],
    meanwhile: Callable[[], None] = lambda: None,
) -> list[Any]:
    """`make(*args)(task, report)` for each task, in `workers` processes (1: here); results in the order of the tasks. `meanwhile` is what this
    process does once the others work.

    `make` and everything passed must be picklable. A MoocdbError of a task is raised here; so is InternalError when
    workers keep dying on one task.
    """
    if workers <= 1 or len(tasks) <= 1:
        work = make(*args)
        return [work(task, report) for task in tasks]
    job = _Job(tasks, deque(range(len(tasks))), [0] * len(tasks), [None] * len(tasks))
    if _alone():
        job.work = make(*args)  # once, for all workers
    try:
        for _ in range(min(workers, len(tasks))):
            _start(job, make, args)
        meanwhile()
        while job.done < len(tasks):
            _serve(job, make, args, report)
    finally:
        _stop(job)
    return job.results


def _alone() -> bool:
    """Whether this process has no other threads. Then a worker may be its copy, which costs next to nothing; a new process costs half a
    CPU second until it has imported everything. Another thread might hold a lock that nobody in the copy would ever give back; that of
    Arrow's allocator sees to its own."""
    try:
        threads = [(task / "comm").read_text(errors="replace").strip() for task in Path("/proc/self/task").iterdir()]
    except OSError:
        return False
    return sum(name != _ALLOCATOR for name in threads) == 1


def _start(job: _Job, make: Callable[..., Work], args: tuple[Any, ...]) -> None:
    with held():  # a worker that is half started would complain, and nobody would end it
        ours, theirs = mp.Pipe()
        if job.work is not None and _alone():
            others = [*(worker.pipe for worker in job.workers), ours]
            process: Any = mp.get_context("fork").Process(target=_serve_as_copy, args=(theirs, others, job.work), daemon=True)
        else:
            process = mp.get_context("spawn").Process(target=_serve_as_new, args=(theirs, make, args), daemon=True)
        with _no_main(), _deaf():
            process.start()
        theirs.close()
        job.workers.append(_Worker(process, ours))
    _give(job, job.workers[-1])


def _give(job: _Job, worker: _Worker) -> None:
    worker.task = job.waiting.popleft() if job.waiting else -1
    if worker.task >= 0:
        job.tries[worker.task] += 1
        with suppress(OSError):  # it died just now: its sentinel says so, and it is buried then
            worker.pipe.send(job.tasks[worker.task])


def _serve(job: _Job, make: Callable[..., Work], args: tuple[Any, ...], report: Callable[..., None]) -> None:
    """Wait until something happens, and deal with it."""
    busy = [w for w in job.workers if w.task >= 0]
    ready = set(wait([w.pipe for w in busy] + [w.process.sentinel for w in busy]))
    for worker in busy:
        if worker.pipe in ready:
            try:
                kind, value = worker.pipe.recv()
            except (EOFError, OSError):
                _bury(job, worker, make, args)
                continue
            if kind == "progress":
                report(*value)
            elif kind == "error":
                raise value
            else:
                job.results[worker.task] = value
                job.done += 1
                _give(job, worker)
        elif worker.process.sentinel in ready:
            _bury(job, worker, make, args)


def _bury(job: _Job, worker: _Worker, make: Callable[..., Work], args: tuple[Any, ...]) -> None:
    """A worker died: its task goes to a new one."""
    job.workers.remove(worker)
    worker.pipe.close()
    worker.process.join()
    if job.tries[worker.task] >= _TRIES:
        raise InternalError(
            f"a worker process died {_TRIES} times on the same piece of work (last exit code {worker.process.exitcode})",
            "the machine may be short of memory: try --workers 1",
        )
    job.waiting.appendleft(worker.task)
    _start(job, make, args)


def _stop(job: _Job) -> None:
    for worker in job.workers:
        worker.pipe.close()
        if job.done < len(job.tasks):
            worker.process.kill()
    for worker in job.workers:
        worker.process.join(_PATIENCE)
        worker.process.kill()  # one that has nothing more to do and does not end
        worker.process.join()


@contextmanager
def _no_main() -> Iterator[None]:
    """A worker needs nothing of the caller's script, so that script need not guard its main module."""
    main = sys.modules["__main__"]
    kept = {name: getattr(main, name) for name in ("__spec__", "__file__") if hasattr(main, name)}
    for name in kept:
        delattr(main, name)
    main.__spec__ = None
    try:
        yield
    finally:
        del main.__spec__
        for name, value in kept.items():
            setattr(main, name, value)


@contextmanager
def _deaf() -> Iterator[None]:
    """A worker must not see Ctrl-C, which the terminal sends to the whole group, even before it can say so itself: a blocked signal
    stays blocked in a program that is started."""
    resource_tracker.ensure_running()  # the first worker would start it, and that unblocks the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# ---------------------------------------------------------------- in the worker


def _serve_as_new(pipe: Connection, make: Callable[..., Work], args: tuple[Any, ...]) -> None:
    _be_a_worker()
    _serve_tasks(pipe, make(*args))


def _serve_as_copy(pipe: Connection, others: Sequence[Connection], work: Work) -> None:
    """`others` are the parent's ends of pipes, which would not seem closed as long as a copy is open."""
    _be_a_worker()
    for other in others:
        other.close()
    _serve_tasks(pipe, work)


def _be_a_worker() -> None:
    for number in STOPS:  # a copy would do what its parent does at a signal
        signal.signal(number, signal.SIG_DFL)
    # Ctrl-C is for the parent to decide on.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_parent()


def _serve_tasks(pipe: Connection, work: Work) -> None:
    try:
        while True:
            task = pipe.recv()
            try:
                result = work(task, lambda *values: pipe.send(("progress", values)))
            except MoocdbError as error:
                pipe.send(("error", error))
            except Exception as error:
                # Only the kind of the error: its text may quote a line of the log.
                if os.environ.get("MOOCDB_FAST_TRACEBACK"):
                    raise
                pipe.send(("error", InternalError(f"unexpected {type(error).__name__} in a worker process", "this is a bug")))
            else:
                pipe.send(("result", result))
    except (EOFError, ConnectionError):
        return  # the parent has closed the pipe, maybe with something unread in it


def _end_with_parent() -> None:
    """Ask the kernel to end this process when its parent is gone."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    parent = mp.parent_process()
    if parent is not None and not parent.is_alive():  # it died before the line above
        raise SystemExit(1)
