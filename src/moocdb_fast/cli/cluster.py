"""What `run` is told about a cluster."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError

if TYPE_CHECKING:
    from ..cluster.backends import Backend
    from ..ledger import Summary
    from ..options import Options
    from ..translate import Progress

_ENGINES = ("dask",)
_NEEDS_ENGINE = ("scheduler", "cluster", "config_dask", "work")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them to the parser of a command."""
    parser.add_argument("--engine", choices=_ENGINES, help="scan on a cluster (without --scheduler and --cluster: in processes of this machine)")
    parser.add_argument("--scheduler", metavar="URL", help="Dask scheduler to use, as in tcp://host:8786")
    parser.add_argument("--cluster", metavar="KIND", help="batch system to start Dask workers in: slurm, pbs, lsf, htcondor, sge or oar")
    parser.add_argument("--config-dask", metavar="FILE", help="TOML file with the arguments of dask-jobqueue's class for --cluster, and n_workers")
    parser.add_argument(
        "--work", metavar="DIR", help="folder that all machines see, for what they scan (default: beside the output folder); removed when done"
    )


def backend_of(args: argparse.Namespace) -> Backend | None:
    """Where the scan goes; None: nowhere else."""
    given = {name: getattr(args, name) for name in _NEEDS_ENGINE if getattr(args, name) is not None}
    if args.engine is None:
        if given:
            raise UsageError(f"--{next(iter(given)).replace('_', '-')} is about a cluster", "add --engine dask")
        return None
    if args.from_relations:
        raise UsageError("--from-relations reads tables, which no cluster scans", "leave --engine out")
    from ..cluster.backends import Backend

    config = Path(args.config_dask) if args.config_dask else None
    return Backend(scheduler=args.scheduler or "", cluster=args.cluster or "", config=config)


def translate(args: argparse.Namespace, options: Options, backend: Backend, progress: Callable[[Progress], None]) -> Summary:
    """The run."""
    from ..cluster.dask import translate_on_dask

    return translate_on_dask(args.inputs, args.out, options, progress, backend=backend, work=args.work)
