"""What an event costs when the log is another one: python benchmarks/series.py --size 400MB

Makes logs that differ from an ordinary one in one thing (users, resources, courses, slashes, size, compression), translates each with one worker in
rounds that alternate, and prints CPU microseconds per line beside those of the ordinary log, as Markdown.
"""

from __future__ import annotations

import argparse
import gzip
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from generate import size as parse_size
from peers import measure, warm

_HERE = Path(__file__).resolve().parent
SERIES: dict[str, list[str]] = {
    "ordinary": [],
    "a quarter of the size": ["--size", "{quarter}"],
    "1,000 users": ["--users", "1000"],
    "1,000,000 users": ["--users", "1000000"],
    "100 resources": ["--resources", "100"],
    "100,000 resources": ["--resources", "100000"],
    "50 courses": ["--courses", "50"],
    "every / as \\/": ["--escape-slashes"],
}
"""What differs, and the options of generate.py."""
_GZIP = "ordinary, .gz"
_GUNZIP = "unpacking that .gz alone"
_UNPACK = "import sys\nfrom isal import igzip\nwith igzip.open(sys.argv[1]) as f:\n    while f.read(1 << 20): pass"


def make(folder: Path, size: int) -> dict[str, Path]:
    """The logs."""
    logs = {}
    for number, (name, words) in enumerate(SERIES.items()):
        logs[name] = folder / f"{number}.json"
        options = ["--size", str(size), "--era", "modern", "--seed", "11", *(word.format(quarter=size // 4) for word in words)]
        print(f"making a log: {name}", file=sys.stderr)
        subprocess.run([sys.executable, str(_HERE / "generate.py"), *options, "--out", str(logs[name])], check=True, stdout=subprocess.DEVNULL)
    logs[_GZIP] = folder / "ordinary.json.gz"
    with logs["ordinary"].open("rb") as source, gzip.open(logs[_GZIP], "wb", compresslevel=6) as target:
        shutil.copyfileobj(source, target, 1 << 20)
    return logs


def command(name: str, log: Path, out: Path) -> list[str]:
    """How a log is translated."""
    if name == _GUNZIP:
        return [sys.executable, "-c", _UNPACK, str(log)]
    options = ["--workers", "1", "--overwrite", "--quiet", "--key-file", str(out / "pseudonym.key")]
    return [sys.executable, "-m", "moocdb_fast", "run", str(log), "--out", str(out / "moocdb"), *options]


def lines_of(log: Path) -> int:
    """How many lines a log has."""
    with gzip.open(log) if log.suffix == ".gz" else log.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="CPU time per line of logs that differ in one thing.")
    parser.add_argument("--size", type=parse_size, default=parse_size("400MB"), help="of each log, such as 400MB (default)")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="moocdb-series-") as folder:
        logs = make(Path(folder), options.size)
        logs[_GUNZIP] = logs[_GZIP]
        lines = {name: lines_of(log) for name, log in logs.items()}
        seconds: dict[str, list[float]] = {name: [] for name in logs}
        peak = dict.fromkeys(logs, 0)
        for number in range(options.rounds):
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
            for name, log in logs.items():
                warm(log)
                took, memory, code, said = measure(command(name, log, Path(folder)), dict(os.environ))
                if code:
                    sys.exit(f"{name}: {said}")
                seconds[name].append(took)
                peak[name] = max(peak[name], memory)
    print("| log | lines | best CPU s | median | µs per line, best | of the ordinary one | peak MB |\n| --- |" + " ---: |" * 6)
    ordinary = min(seconds["ordinary"]) / lines["ordinary"]
    for name, found in seconds.items():
        each = min(found) / lines[name]
        cells = [f"{lines[name]:,}", f"{min(found):.2f}", f"{statistics.median(found):.2f}", f"{each * 1e6:.2f}", f"{each / ordinary:.2f}"]
        print(f"| {name} | " + " | ".join([*cells, f"{peak[name] / 1e6:.0f}"]) + " |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
