"""A run that is spread over a Dask cluster: tasks that scan pieces, cut, resolve and write, each retried elsewhere when a worker is lost. Workers
are told paths, ranges and numbers, and leave what they make in a folder that all machines see."""

from __future__ import annotations

import os
import pickle
import secrets
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Self

from ..errors import ClusterError, InternalError, MoocdbError, UsageError, show, writing
from ..inputs import Input
from ..ledger import Summary
from ..options import Options
from ..publish import Staging
from ..remote import Remote, place_of
from ..translate import Progress, perform
from ..uploading import placed
from .backends import Backend, require
from .piece import check_format, is_done, run_piece
from .plan import Paths, Piece, make_plan
from .planned import Planned, planned_options, refuse_append

_RETRIES = 3
_TASKS = 8  # of a stage, for each thread of a worker
_PATIENCE, _PAUSE = 10.0, 0.05  # seconds that a failed stage waits for its tasks, and from question to question


def translate_on_dask(
    inputs: Paths,
    out: str | os.PathLike[str],
    options: Options | None = None,
    progress: Callable[[Progress], None] | None = None,
    *,
    backend: Backend | None = None,
    work: str | os.PathLike[str] | None = None,
) -> Summary:
    """Translate tracking logs into the MOOCdb tables in folder `out`; a Dask cluster scans them.

    `work` (default: beside `out`) is where the pieces lie; all machines see it under that name. It is removed when the tables are there;
    until then the same call goes on from the pieces that are finished.
    """
    options, place = options or Options(), place_of(out)
    if work is not None and isinstance(place_of(work), Remote):
        raise UsageError("workers of Dask share a folder", "name one that all machines see with --work, or use shard run")
    if work is None and isinstance(place, Remote):
        raise UsageError("beside an output in a store there is no place for what the workers scan", "name a folder that all machines see with --work")
    refuse_append(options)
    backend = backend or Backend()
    backend = replace(backend, workers=backend.workers or options.workers)
    backend.arguments()
    require("distributed")
    plan = make_plan(inputs, None, options, exclude=(place,))
    chosen = planned_options(plan, options)
    folder = _beside(place, plan.digest) if work is None else Path(work)
    with DaskEngine(backend, folder) as engine:
        source = Spread(plan, folder, chosen, engine, progress)
        summary = placed(out, chosen, lambda local: perform(source, local, chosen, progress, engine=engine), progress)
    shutil.rmtree(source.work, ignore_errors=True)
    return summary


def _beside(out: Path | Remote, digest: str) -> Path:
    """Where the pieces lie that no place was named for."""
    assert isinstance(out, Path)
    absolute = Path(os.path.abspath(out))  # noqa: PTH100 - a link keeps its own place
    return absolute.with_name(f"{absolute.name}.pieces-{digest[:12]}")


class DaskEngine:
    """A cluster that is asked for when there is work. What its workers are told and leave lies in a folder that all machines see."""

    def __init__(self, backend: Backend, shared: Path) -> None:
        self.work = Path(os.path.abspath(shared)) / f"merge-{secrets.token_hex(4)}"  # noqa: PTH100 - a link keeps its own place
        self._backend, self._open, self._stages = backend, ExitStack(), 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    @cached_property
    def client(self) -> Any:
        """The client of the cluster, which lasts as long as the engine."""
        return self._open.enter_context(self._backend.client())

    def spread(self, make: Callable[..., Any], args: tuple[Any, ...], numbers: list[int]) -> list[Any]:
        """See resolving.Spread. What is to be done goes into a file, and workers are told its name."""
        distributed, self._stages = require("distributed"), self._stages + 1
        path = self.work / f"stage-{self._stages}"
        with writing(self.work, "--work"), path.open("wb") as file:
            pickle.dump((make, args), file, pickle.HIGHEST_PROTOCOL)
        # A task costs some milliseconds, as much as a small partition: each has several numbers, from all over, so that none has all that are large.
        count = min(len(numbers), _TASKS * max(1, sum(self.client.nthreads().values())))
        tasks = [self.client.submit(do_stage, os.fspath(path), numbers[first::count], pure=False, retries=_RETRIES) for first in range(count)]
        results: list[Any] = [None] * len(numbers)
        try:
            for first, task in enumerate(tasks):
                results[first::count] = _result(distributed, task)
            return results
        except MoocdbError:
            self._end(path, tasks)
            raise

    def _end(self, path: Path, tasks: list[Any]) -> None:
        """End a stage that has failed. Tasks begin no more, and nothing is removed below those that run, unless they take long."""
        path.unlink(missing_ok=True)
        deadline = time.monotonic() + _PATIENCE
        with suppress(Exception):  # what went wrong is told already
            self.client.cancel(tasks)
            while self.client.status == "running" and time.monotonic() < deadline:
                if not any(self.client.run(is_running, os.fspath(path), on_error="ignore").values()):
                    return
                time.sleep(_PAUSE)


class Spread(Planned):
    """The source: pieces that are made when the run begins, after everything else was found to be in order."""

    def __init__(self, plan: Any, work: Path, options: Options, engine: DaskEngine, progress: Callable[[Progress], None] | None) -> None:
        super().__init__(plan, work, options)
        self._engine, self._progress = engine, progress

    def find(self, out: Path) -> None:
        check_format(self.plan.shard_format)

    def inputs(self, staging: Staging) -> list[Input]:
        pieces = self._pieces()
        left = [piece for piece in pieces if not is_done(piece, self.work)]
        if left:
            try:
                self._scan(left, sum(piece.bytes for piece in pieces))
            except MoocdbError as error:
                error.hint = "; ".join(filter(None, (error.hint, "finished pieces are kept: the same command goes on from them")))
                raise
        super().find(staging.out)
        return super().inputs(staging)

    def _scan(self, left: Sequence[Piece], total: int) -> None:
        """Have the cluster scan pieces."""
        distributed = require("distributed")
        started, events, done = time.monotonic(), 0, total - sum(piece.bytes for piece in left)
        client = self._engine.client
        tasks = {client.submit(scan, piece, os.fspath(self.work), pure=False, retries=_RETRIES): piece for piece in left}
        for future in distributed.as_completed(tasks, loop=client.loop):
            events += _result(distributed, future)
            done += tasks[future].bytes
            if self._progress:
                self._progress(Progress("cluster", done, total, events, time.monotonic() - started))


def _result(distributed: Any, future: Any) -> Any:
    """What a task has said, or why there is no result, in our words."""
    from concurrent.futures import CancelledError

    try:
        return future.result()
    except MoocdbError:
        raise
    except distributed.KilledWorker as error:
        raise ClusterError("workers keep dying on the same piece of work", "they may be short of memory or time: give each more") from error
    except (CancelledError, OSError, TimeoutError) as error:
        raise ClusterError("the scheduler was lost", "see why it ended, and run again") from error
    except ImportError as error:
        raise ClusterError("the workers have no moocdb_fast, or another version", "install the same one on all machines") from error


# ---------------------------------------------------------------- in a worker


def scan(piece: Piece, work: str) -> int:
    """A task: a piece into a folder. Returns the events."""
    found = 0

    def report(_bytes: int, events: int) -> None:
        nonlocal found
        found += events

    with _told():
        run_piece(piece, Path(work), report, compiled=_tables())
    return found


@cache
def _tables() -> Any:
    """The compiled declarations, for all pieces that this process scans."""
    from ..scan import tables

    return tables()


def do_stage(path: str, numbers: list[int]) -> list[Any]:
    """A task: numbered parts of the work that lies in a file."""
    with _told(), _counted(path):
        try:
            Path(path).stat()  # also when it is known: a stage that has failed is removed
            work = _work(path)
        except FileNotFoundError as error:
            raise ClusterError(f"a worker does not see {show(Path(path).parent)}", "name a folder that all machines see with --work") from error
        return [work(number, lambda *_: None) for number in numbers]


_running: Counter[str] = Counter()
_counting = threading.Lock()


@contextmanager
def _counted(path: str) -> Iterator[None]:
    """Count a task of a stage, as long as it runs, among those of this process."""
    with _counting:
        _running[path] += 1
    try:
        yield
    finally:
        with _counting:
            _running[path] -= 1
            if not _running[path]:
                del _running[path]


def is_running(path: str) -> bool:
    """Whether this process is at a task of a stage."""
    return _running[path] > 0


class _Latest(threading.local):
    """The stage that a thread of the worker is at: threads share nothing but files either."""

    path = ""
    work: Callable[..., Any]


_latest = _Latest()


def _work(path: str) -> Callable[..., Any]:
    if _latest.path != path:
        try:
            with Path(path).open("rb") as file:
                make, args = pickle.load(file)
        except AttributeError as error:  # it names what this version has not got
            raise ImportError(str(error)) from error
        _latest.path, _latest.work = path, make(*args)
    return _latest.work


@contextmanager
def _told() -> Iterator[None]:
    """Of an error that is a bug only the kind is told: its text may quote a line of the log."""
    try:
        yield
    except (MoocdbError, ImportError):
        raise
    except Exception as error:  # noqa: BLE001 - and it is told
        raise InternalError(f"unexpected {type(error).__name__} in a worker", "this is a bug") from None
