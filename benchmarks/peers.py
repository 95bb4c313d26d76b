"""Measure moocdb_fast beside its peers on one log: python benchmarks/peers.py LOG

Prints a Markdown table of CPU seconds (user and system, of the whole process and its children), in rounds that alternate
between the peers, so that a busy machine is busy for all of them. What the figures mean: benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import gzip
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

_TASKS = Path(__file__).resolve().parent / "peer_tasks.py"
# One thread each: CPU seconds of one core are compared.
_ONE_THREAD = {"POLARS_MAX_THREADS": "1", "RAYON_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "ARROW_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class Peer:
    """Something to measure: a label and the command for a log and an output folder."""

    name: str
    label: str
    command: Callable[[str, str], list[str]]


@dataclass(slots=True)
class Result:
    """What the runs of a peer cost, or why one failed."""

    seconds: list[float] = field(default_factory=list)
    peak: int = 0  # bytes
    made: str = ""
    failure: str = ""


def _task(name: str) -> Callable[[str, str], list[str]]:
    return lambda log, out: [sys.executable, str(_TASKS), name, log, out]


def _ours(*more: str) -> Callable[[str, str], list[str]]:
    def command(log: str, out: str) -> list[str]:
        options = ["--workers", "1", "--overwrite", "--quiet", "--key-file", f"{out}/pseudonym.key", *more]
        return [sys.executable, "-m", "moocdb_fast", "run", log, "--out", f"{out}/moocdb", *options]

    return command


PEERS = (
    Peer("start", "Python starts and stops", _task("start")),
    Peer("kernel", "import the kernel", _task("kernel")),
    Peer("newlines", "read and count lines", _task("newlines")),
    Peer("V", "V: simdjson DOM, line by line", _task("simdjson")),
    Peer("ours", "**moocdb_fast → CSV**", _ours()),
    Peer("ours-parquet", "moocdb_fast → Parquet", _ours("--format", "parquet")),
    Peer("D", "D: DuckDB, envelope → Parquet", _task("duckdb")),
    Peer("P", "P: polars, envelope → Parquet", _task("polars")),
    Peer("msgspec", "msgspec loop, typed envelope", _task("msgspec")),
    Peer("orjson", "orjson loop", _task("orjson")),
    Peer("pysimdjson", "pysimdjson loop, three fields", _task("pysimdjson")),
    Peer("json", "json loop", _task("python_json")),
)


def measure(command: list[str], environment: dict[str, str]) -> tuple[float, int, int, str]:
    """Run a command; its CPU seconds and those of its children, peak memory of the largest process in bytes, exit code and output."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace").strip()
    unit = 1 if sys.platform == "darwin" else 1024
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit, process.returncode, text


def warm(path: Path) -> None:
    """Read the file once, so that all find it in the page cache."""
    with path.open("rb", buffering=0) as file:
        while file.read(16 << 20):
            pass


def compare(log: Path, peers: list[Peer], rounds: int, report: Callable[[str], None]) -> dict[str, Result]:
    """All rounds. A peer that fails once is not run again."""
    results = {peer.name: Result() for peer in peers}
    environment = os.environ | _ONE_THREAD
    with tempfile.TemporaryDirectory(prefix="moocdb-peers-") as folder:
        for number in range(1, rounds + 1):
            for peer in peers:
                result = results[peer.name]
                if result.failure:
                    continue
                report(f"round {number} of {rounds}: {peer.name}")
                warm(log)
                seconds, peak, code, text = measure(peer.command(str(log), folder), environment)
                last = text.splitlines()[-1] if text else ""
                if code:
                    result.failure = last or f"exit {code}"
                else:
                    result.seconds.append(seconds)
                    result.peak = max(result.peak, peak)
                    result.made = last
    return results


def table(peers: list[Peer], results: dict[str, Result], size: int) -> str:
    """The results as Markdown; ratios are of the best runs."""
    head = "| what | best CPU s | median CPU s | best s per GB | MB per CPU s | peak RSS MB | x V | x D | lines or rows |"
    rows = [head, "| --- |" + " ---: |" * 8]
    best = {name: min(result.seconds) for name, result in results.items() if result.seconds}
    bare = best | {"V": best["V"] - best.get("kernel", 0.0)} if "V" in best else best  # V stands for parsing alone
    for peer in peers:
        result = results[peer.name]
        if peer.name not in best or result.failure:
            reason = result.failure.replace("|", "\\|")[:120]
            rows.append(f"| {peer.label} | failed: {reason} |" + " |" * 7)
            continue
        seconds = best[peer.name]
        ratios = [f"{bare[peer.name] / bare[name]:.2f}" if bare.get(name) else "" for name in ("V", "D")]
        made = result.made if result.made.isdigit() and result.made != "0" else ""
        cells = [
            f"{seconds:.3f}",
            f"{statistics.median(result.seconds):.3f}",
            f"{seconds / size * 1e9:.2f}",
            f"{size / 1e6 / seconds:.0f}",
            f"{result.peak / 1e6:.0f}",
            *ratios,
            made,
        ]
        rows.append(f"| {peer.label} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def processor() -> str:
    try:
        with Path("/proc/cpuinfo").open() as file:
            return next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), platform.machine())
    except OSError:
        return platform.processor() or platform.machine()


def _parser() -> argparse.ArgumentParser:
    names = [peer.name for peer in PEERS]
    parser = argparse.ArgumentParser(description="Compare CPU seconds on one log.")
    parser.add_argument("log", type=Path, help="an uncompressed log, such as one made by generate.py")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=names, metavar="PEER", default=names, help=f"some of: {' '.join(names)}")
    return parser


def main() -> int:
    """The command."""
    options = _parser().parse_args()
    log: Path = options.log.resolve()
    if log.suffix == ".gz" or log.open("rb").read(2) == gzip.compress(b"")[:2]:
        print("error: the peers read plain files; unpack the log first", file=sys.stderr)
        return 2
    peers = [peer for peer in PEERS if peer.name in options.only]
    results = compare(log, peers, options.rounds, lambda text: print(text, file=sys.stderr))
    size = log.stat().st_size
    print(f"{log.name}, {size / 1e6:.0f} MB, {options.rounds} rounds, Python {platform.python_version()}, {processor()}\n")
    print(table(peers, results, size))
    return 0


if __name__ == "__main__":
    sys.exit(main())
