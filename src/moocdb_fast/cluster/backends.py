"""Where the tasks of a run go: a Dask scheduler that is there, a cluster that a batch system gives, or processes of this machine."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from ..errors import ClusterError, UsageError, cannot_read, escaped, show

CLUSTERS = {name: f"{name.upper()}Cluster" for name in ("slurm", "pbs", "lsf", "sge", "oar")} | {"htcondor": "HTCondorCluster"}
"""Batch systems, and the classes of dask-jobqueue for them."""
_CONNECT = "30s"
_LOGGERS = ("distributed", "distributed.client", "distributed.gc")  # those that Dask gives handlers of their own
_QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.worker.memory.terminate": False,
}
"""Settings of workers that are started here: nobody looks at the samples that each takes of itself a hundred times a second."""
_HERE = {
    "distributed.worker.multiprocessing-method": "forkserver",
    "distributed.nanny.pre-spawn-environ": {},  # memory that is given back at once is asked for again by the next task
    "distributed.admin.tick.interval": "1s",
    "distributed.scheduler.active-memory-manager.start": False,  # results are numbers
}
"""More of them for workers on this machine."""
_ONCE = f"{__package__}.forked"


@dataclass(frozen=True)
class Backend:
    """`scheduler`: the address of one that runs. `cluster`: a batch system, with the arguments of its class in the TOML file `config`.
    Neither: `workers` processes here."""

    scheduler: str = ""
    cluster: str = ""
    config: Path | None = None
    workers: int | None = None

    def __post_init__(self) -> None:
        if self.scheduler and self.cluster:
            raise UsageError("--scheduler names a cluster that runs and --cluster starts one", "choose one of them")
        if self.cluster and self.config is None:
            raise UsageError("--cluster starts workers; how many, and how large?", "say it in a TOML file: --config-dask FILE")
        if self.config is not None and not self.cluster:
            raise UsageError("--config-dask is about the workers that --cluster starts", "add --cluster, or leave --config-dask out")
        if self.cluster and self.cluster not in CLUSTERS:
            raise UsageError(f"--cluster cannot be {escaped(self.cluster)!r}", f"choose from {', '.join(CLUSTERS)}")

    def arguments(self) -> dict[str, Any]:
        """What the TOML file says."""
        if self.config is None:
            return {}
        try:
            content = tomllib.loads(self.config.read_text(encoding="utf-8"))
        except OSError as error:
            raise cannot_read(self.config, error) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UsageError(f"{show(self.config)} is not a TOML file: {error}", "write one argument a line, as in: cores = 4") from error
        if not content.get("n_workers"):
            raise UsageError(f"{show(self.config)} does not say how many workers to start", "add a line such as: n_workers = 20")
        return content

    @contextmanager
    def client(self) -> Iterator[Any]:
        """A client of the cluster. What was started for it ends with it."""
        distributed = require("distributed")
        arguments = self.arguments()
        for name in _LOGGERS:
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what goes wrong becomes one error
        here = not (self.scheduler or self.cluster)
        if here:
            _import_once(distributed)
        with (
            require("dask").config.set(_QUIET | (_HERE if here else {})),
            _closing(self._start(distributed, arguments)) as cluster,
            _closing(_connect(distributed, cluster or self.scheduler)) as client,
        ):
            yield client

    def _start(self, distributed: Any, arguments: dict[str, Any]) -> Any:
        """A cluster, if one is to be started."""
        if self.scheduler:
            return None
        try:
            if not self.cluster:
                return distributed.LocalCluster(
                    n_workers=self.workers or os.cpu_count() or 1,
                    threads_per_worker=1,
                    processes=True,
                    env=dict(os.environ),  # they are forked from a process that may be older than what is in it, such as credentials
                    memory_limit=0,  # a task takes what a shard takes, and no data stays in a worker
                    dashboard_address=None,
                    silence_logs=logging.CRITICAL,
                    security=True,  # whoever may talk to a scheduler may run programs as its user
                )
            return getattr(require("dask_jobqueue"), CLUSTERS[self.cluster])(**arguments)
        except (TypeError, ValueError, RuntimeError, OSError, ImportError) as error:
            where = f"{self.cluster} cluster ({show(self.config)})" if self.config else "workers on this machine"
            raise ClusterError(f"cannot start the {where}: {_first_line(error)}", "see how-to/cluster.md for the arguments") from error


def require(module: str) -> Any:
    """A module of the extra, imported when it is needed."""
    before = signal.getsignal(signal.SIGINT)
    try:
        return import_module(module)
    except ImportError as error:
        raise ClusterError(f"{module} is not installed", "install the extra: python -m pip install 'moocdb_fast[cluster]'") from error
    finally:
        if signal.getsignal(signal.SIGINT) is not before:  # dask-jobqueue makes Ctrl-C its own when it is imported
            signal.signal(signal.SIGINT, before)


def _import_once(distributed: Any) -> None:
    """Have workers on this machine be copies of a process that has imported what they need, which costs each of them half a CPU second."""
    distributed.utils._forkserver_preload_set = True  # else it imports pandas, if there is one, here and there
    multiprocessing.set_forkserver_preload([_ONCE])


def _connect(distributed: Any, where: Any) -> Any:
    try:
        return distributed.Client(where, timeout=_CONNECT, set_as_default=False)
    except (OSError, ValueError, RuntimeError) as error:
        name = where if isinstance(where, str) else "that was started"
        raise ClusterError(f"cannot reach the scheduler {escaped(name)}: {_first_line(error)}", "check the address, as in tcp://host:8786") from error


@contextmanager
def _closing(thing: Any) -> Iterator[Any]:
    """`thing`, closed in the end, whatever has become of it."""
    try:
        yield thing
    finally:
        if thing is not None:
            with suppress(Exception):
                thing.close(timeout=5)


def _first_line(error: BaseException) -> str:
    return escaped(next(iter(str(error).splitlines()), "") or type(error).__name__)[:200]
