"""What a cluster would need for a log: measured here, and simulated there: python benchmarks/cluster_model.py --help

`measure` runs the steps of a translation in pieces on this machine and writes what they cost. `predict` simulates a cluster from that.
`check` runs a small case with real workers beside its prediction. What the figures mean: benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from generate import generate, size
from peers import processor
from simulated_cluster import Cluster, Hopeless, Model, Phase, Sample, Work, fit, from_json, measure, memory, simulate, tasks, to_json, worked
from simulated_cluster.measuring import PARTS, PIECES, commands, scatter
from simulated_cluster.model import GB, median_and_range
from synthetic_log import Plan

STORED = Path(__file__).resolve().with_name("cluster_model.json")
_EXAMPLES = """\
examples:
  python benchmarks/cluster_model.py measure --sizes 1MB 300MB 1GB --out model.json
  python benchmarks/cluster_model.py measure --add --eras modern --sizes 5GB --many-size 0 --out model.json
  python benchmarks/cluster_model.py predict --nodes 100 --log 10TB --users 10 --disk 2GB --node-failure 0.001
  python benchmarks/cluster_model.py check --log-size 1GB --workers 2 --pieces 8
"""


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def measure_all(args: argparse.Namespace) -> int:
    """The command `measure`."""
    stored = json.loads(args.out.read_bytes()) if args.add else {"measured": [], "kinds": {}}
    kinds = {kind: [Sample(**sample) for sample in one["samples"]] for kind, one in stored["kinds"].items()}
    sizes = f"--eras {' '.join(args.eras)} --sizes {' '.join(map(str, args.sizes))} --many-size {args.many_size}"
    asked = f"--log, {len(args.log)} times" if args.log else sizes
    with tempfile.TemporaryDirectory(prefix="moocdb-model-", dir=args.folder) as folder:
        if args.log:
            kinds["given"] = [*kinds.get("given", ()), *(sample for log in args.log for sample in _measured(log.resolve(), Path(folder)))]
        for era in () if args.log else args.eras:
            wanted = [(bytes_, "json") for bytes_ in args.sizes]
            if args.many_size:
                wanted += [(min(args.sizes), "json.gz"), (args.many_size, "json.gz"), (args.many_size, "many.json")]
            kinds.setdefault(era, [])
            for bytes_, suffix in wanted:
                _say(f"{era}, {bytes_ / 1e6:.0f} MB, {suffix}")
                log = Path(folder) / f"log.{suffix}"
                unpacked = generate(Plan(size=bytes_, era=era), log).bytes
                if suffix == "many.json":
                    unpacked = scatter(log, log.with_name("log.json"))
                    log = log.with_name("log.json")
                kinds[era] += _measured(log, Path(folder), unpacked)
                for made in Path(folder).glob("*.json*"):
                    made.unlink()
    content: dict[str, Any] = {
        "date": time.strftime("%Y-%m-%d"),
        "machine": f"{processor()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "measured": [*stored["measured"], f"python benchmarks/cluster_model.py measure {asked}"],
        "commands": [" ".join(["python", "-m", "moocdb_fast", *words]) for words in commands("log.json", PIECES, PARTS[0]).values()],
        "kinds": {kind: {"model": to_json(fit(samples)), "samples": [asdict(sample) for sample in samples]} for kind, samples in kinds.items()},
    }
    args.out.write_text(_json(content) + "\n")
    for kind, samples in kinds.items():
        print(f"\n{kind}\n\n{_table_of_model(fit(samples))}")
    return 0


def _measured(log: Path, folder: Path, unpacked: int | None = None) -> list[Sample]:
    if unpacked is None:
        if log.suffix == ".gz":
            raise SystemExit("error: unpack the log first; only logs that are made here are measured packed")
        unpacked = log.stat().st_size
    with tempfile.TemporaryDirectory(dir=folder) as work:
        return measure(log, unpacked, Path(work), _say)


def _json(value: Any, margin: str = "") -> str:
    """JSON in which what holds no other list or object has a line of its own."""
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    if not any(isinstance(one, dict | list) for one in inner):
        return json.dumps(value)
    deeper = margin + " "
    names = [f"{json.dumps(name)}: " for name in value] if isinstance(value, dict) else [""] * len(inner)
    lines = [f"{deeper}{name}{_json(one, deeper)}" for name, one in zip(names, inner, strict=True)]
    opened, closed = "{}" if isinstance(value, dict) else "[]"
    return opened + "\n" + ",\n".join(lines) + f"\n{margin}{closed}"


def _table_of_model(model: Model) -> str:
    rows = [
        "| step | CPU s, fixed | per GB of all | per GB of its share | per million users | MB read per GB | written | left "
        "| MB at most, fixed | per GB | per million users |",
        "| --- |" + " ---: |" * 10,
    ]
    for name, step in model.items():
        cpu, peak = step.lines["cpu"], step.lines["peak"]
        moved = [(line.per_gb + line.per_share_gb) / 1e6 for line in (step.lines[value] for value in ("read", "written", "left"))]
        cells = [f"{value:.2f}" for value in (cpu.fixed, cpu.per_gb, cpu.per_share_gb, cpu.per_million_users)]
        cells += [f"{value:.0f}" for value in moved]
        cells += [f"{value / 1e6:.0f}" for value in (peak.fixed, peak.per_gb, peak.per_million_users)]
        rows.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _model(args: argparse.Namespace) -> Model:
    kinds = json.loads(args.model.read_bytes())["kinds"]
    if args.kind not in kinds:
        raise SystemExit(f"error: the model has no {args.kind} logs; choose one of: {', '.join(kinds)}")
    return from_json(kinds[args.kind]["model"])


def predict(args: argparse.Namespace) -> int:
    """The command `predict`."""
    model = _model(args)
    bandwidth = args.disk or math.inf
    cluster = Cluster(args.nodes, args.cores, bandwidth, args.node_failure, args.repair, args.start_delay, args.slow_nodes, args.slowness)
    pieces = args.pieces or args.nodes * args.cores * 10
    work = Work(args.log / GB, args.users, pieces, args.parts, args.plans, args.gzip)
    seeds = range(args.seed, args.seed + args.seeds)
    try:
        runs = [simulate(tasks(model, work, seed), cluster, seed) for seed in seeds]
    except Hopeless as error:
        raise SystemExit(f"error: {error}; try fewer failures or more --plans") from error
    archives = f", as {work.plans} plans" if work.plans > 1 else ""
    print(
        f"{work.log:,.0f} GB of {args.kind} logs{', gzip' if work.gzip else ''}{archives}, {work.users:g} million users; {cluster.nodes} nodes with "
        f"{cluster.cores} cores; file server {f'{cluster.bandwidth / GB:g} GB/s' if args.disk else 'without limit'}; "
        f"{cluster.failures:g} failures per node and hour, {cluster.slow:.0%} of the nodes slow; seeds {seeds[0]} to {seeds[-1]}: "
        "medians, and the range of the wall time\n"
    )
    print(_table(runs, memory(model, work)))
    return 0


def _table(runs: list[list[Phase]], memories: dict[str, tuple[float, float]]) -> str:
    rows = [
        "| phase | processes | wall time | from - to | CPU h | of them repeated | TB read | TB written | GB of memory per process |",
        "| --- |" + " ---: |" * 8,
    ]
    phases = [*zip(*runs, strict=True), [_sum(run) for run in runs]]
    for phase in phases:
        wall, least, most = median_and_range([one.seconds for one in phase])
        cpu, repeated, read, written = (median_and_range([getattr(one, name) for one in phase])[0] for name in ("cpu", "repeated", "read", "written"))
        peak = memories.get(phase[0].name)
        cells = [
            f"{phase[0].tasks:,}",
            _time(wall),
            f"{_time(least)} - {_time(most)}",
            f"{cpu / 3600:,.1f}",
            f"{repeated / cpu:.1%}" if cpu else "",
            f"{read / 1e12:.2f}",
            f"{written / 1e12:.2f}",
            f"{peak[0] / GB:,.1f} ({peak[1] / GB:,.1f} anonymous)" if peak else "",
        ]
        rows.append(f"| {phase[0].name} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _sum(run: list[Phase]) -> Phase:
    total = Phase("together", 0)
    for phase in run:
        for name in ("tasks", "seconds", "cpu", "repeated", "read", "written", "starts"):
            setattr(total, name, getattr(total, name) + getattr(phase, name))
    return total


def _time(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} d"


def check(args: argparse.Namespace) -> int:
    """The command `check`: real workers beside the prediction; 1 when the whole is further off than --within."""
    model, cores = _model(args), os.cpu_count() or 1
    with tempfile.TemporaryDirectory(prefix="moocdb-model-", dir=args.folder) as folder:
        log = Path(folder) / "log.json"
        tally = generate(Plan(size=args.log_size, era=args.kind), log)
        (Path(folder) / "work").mkdir()
        real, sizes = worked(log, Path(folder) / "work", args.workers, args.pieces, args.parts)
    work = Work(tally.bytes / GB, 0.0, args.pieces, args.parts, sizes=tuple(sizes))
    predicted = simulate(tasks(model, work, even=True), Cluster(1, args.workers))
    print("| phase | measured s | predicted s | cores that others had | predicted s with what they left | measured CPU s | predicted CPU s |")
    print("| --- |" + " ---: |" * 6)
    sums = [0.0] * 5
    for one, phase in zip(real, predicted, strict=True):
        busy = min(args.workers, phase.tasks)
        left = phase.seconds * max(1.0, busy / max(0.1, cores - one.others))
        row = (one.seconds, phase.seconds, left, one.cpu, phase.cpu)
        sums = [total + value for total, value in zip(sums, row, strict=True)]
        print(f"| {one.name} | {row[0]:.1f} | {row[1]:.1f} | {one.others:.2f} | {row[2]:.1f} | {row[3]:.1f} | {row[4]:.1f} |")
    print(f"| together | {sums[0]:.1f} | {sums[1]:.1f} | | {sums[2]:.1f} | {sums[3]:.1f} | {sums[4]:.1f} |")
    off, alone, cpu = sums[2] / sums[0] - 1, sums[1] / sums[0] - 1, sums[4] / sums[3] - 1
    print(f"\nThe prediction with what others left is {off:+.0%} off, the one for a machine of its own {alone:+.0%}, that of CPU {cpu:+.0%}.")
    return 0 if abs(off) <= args.within else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    given = argparse.ArgumentParser(add_help=False)
    given.add_argument("--model", type=Path, default=STORED, help="what `measure` wrote (default: the one that is stored here)")
    given.add_argument("--kind", default="modern", help="kind of log: modern (default), legacy, or given")
    given.add_argument("--parts", type=int, default=0, help="parts of each merge (default 0: the merge does everything)")
    place = argparse.ArgumentParser(add_help=False)
    place.add_argument("--folder", type=Path, help="a folder with room for three times the largest log (default: that for temporary files)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    one = commands.add_parser("measure", parents=[place], help="run the steps here, one process at a time, and write what they cost")
    one.add_argument(
        "--log", type=Path, action="append", metavar="FILE", help="a plain log, best several of different sizes; without it logs are made"
    )
    one.add_argument("--eras", nargs="+", choices=("modern", "legacy"), default=["modern", "legacy"])
    one.add_argument(
        "--sizes", nargs="+", type=size, default=[10**6, 3 * 10**8, 10**9, 2 * 10**9], help="of the logs that are made (default: 1MB 300MB 1GB 2GB)"
    )
    one.add_argument(
        "--many-size",
        type=size,
        default=3 * 10**8,
        help="of the packed log, and of the one with a user per line (default: 300MB; 0: neither)",
    )
    one.add_argument("--add", action="store_true", help="to what --out has already, instead of replacing it")
    one.add_argument("--out", type=Path, default=STORED, help="where to write the model (default: the one that is stored here)")
    one.set_defaults(execute=measure_all)

    one = commands.add_parser("predict", parents=[given], help="simulate a cluster")
    one.add_argument("--nodes", type=int, required=True)
    one.add_argument("--cores", type=int, default=1, help="of each node (default 1)")
    one.add_argument("--log", type=size, required=True, help="unpacked bytes, such as 10TB")
    one.add_argument("--gzip", action="store_true", help="the logs are packed; each piece is whole files")
    one.add_argument("--users", type=float, default=10.0, help="distinct users, in millions (default 10)")
    one.add_argument("--pieces", type=int, default=0, help="of the scan (default: ten for each core)")
    one.add_argument("--plans", type=int, default=1, help="the log as so many archives, each with a plan and tables of its own (default 1)")
    one.add_argument(
        "--disk", type=size, default=0, help="bytes per second that the file server gives to all nodes together, such as 2GB (default: no limit)"
    )
    one.add_argument("--node-failure", type=float, default=0.0, help="failures of a node per hour, on average (default 0)")
    one.add_argument("--repair", type=float, default=600.0, help="seconds until a node is back (default 600)")
    one.add_argument("--slow-nodes", type=float, default=0.0, help="share of nodes that are slow (default 0)")
    one.add_argument("--slowness", type=float, default=2.0, help="how many times as long they take (default 2)")
    one.add_argument("--start-delay", type=float, default=1.0, help="seconds that the batch system takes to start a task (default 1)")
    one.add_argument("--seed", type=int, default=0, help="the first of the seeds")
    one.add_argument("--seeds", type=int, default=5, help="how many simulations (default 5)")
    one.set_defaults(execute=predict)

    one = commands.add_parser("check", parents=[given, place], help="run a small case here beside its prediction")
    one.add_argument("--log-size", type=size, default=10**9, help="of the log that is made (default 1GB)")
    one.add_argument("--workers", type=int, default=2)
    one.add_argument("--pieces", type=int, default=8)
    one.add_argument("--within", type=float, default=0.2, help="exit with 1 when the wall time is further off (default 0.2)")
    one.set_defaults(execute=check)
    return parser


def main() -> int:
    """The command."""
    args = _parser().parse_args()
    return int(args.execute(args))


if __name__ == "__main__":
    sys.exit(main())
