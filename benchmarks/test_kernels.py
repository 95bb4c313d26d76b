"""What the parts of the kernel cost, each on a shard of 20 MB: pytest benchmarks/test_kernels.py

Results are checked, seconds are not: they depend on the machine. `validate_lines` is the yardstick, the bare parser.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from moocdb_fast import _core
from moocdb_fast.events.compiled import compile_tables

Benchmark = Any  # the fixture of pytest-benchmark
Log = Callable[[str], Path]

ROUNDS = 5
TABLES = _core.Tables(compile_tables())


def shard(lines: bytes) -> bytearray:
    """The bytes with the room behind them that the parser reads into."""
    return bytearray(lines) + bytes(_core.PADDING)


def scan(data: bytearray) -> Any:
    """A scan of one shard, as a worker does it."""
    scanner = _core.Scanner(TABLES)
    used = scanner.feed(data, len(data) - _core.PADDING, 0, True)
    assert used == len(data) - _core.PADDING
    return scanner


def rate(benchmark: Benchmark, data: bytearray, lines: int) -> None:
    """Say in the report what a run went through."""
    benchmark.extra_info["megabytes"] = round(len(data) / 1e6, 1)
    benchmark.extra_info["lines"] = lines


def only(path: Path, wanted: Callable[[dict[str, Any]], bool]) -> bytes:
    """The lines of a log that are of one kind, repeated until they make a shard."""
    kept = []
    for line in path.read_bytes().splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and wanted(event):
            kept.append(line + b"\n")
    assert kept
    chosen = b"".join(kept)
    return chosen * max(1, path.stat().st_size // len(chosen))


@pytest.mark.parametrize("plan", ["modern", "legacy"])
def test_bare_parser(benchmark: Benchmark, log: Log, plan: str) -> None:
    data = shard(log(plan).read_bytes())
    good = benchmark.pedantic(_core.validate_lines, (data,), rounds=ROUNDS, warmup_rounds=1)
    lines = data.count(b"\n")
    rate(benchmark, data, lines)
    assert 0.99 * lines < good <= lines


@pytest.mark.parametrize("plan", ["modern", "legacy", "escaped", "many_courses"])
def test_scan_of_a_shard(benchmark: Benchmark, log: Log, plan: str) -> None:
    data = shard(log(plan).read_bytes())
    scanner = benchmark.pedantic(scan, (data,), rounds=ROUNDS, warmup_rounds=1)
    lines = data.count(b"\n")
    rate(benchmark, data, lines)
    assert scanner.lines == lines
    assert 0.3 * lines < scanner.rows < lines


KINDS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "paths": lambda e: e["event_type"].startswith("/"),
    "video": lambda e: "video" in e["event_type"] and e["event_source"] == "browser",
    "checks_of_the_server": lambda e: e["event_type"] == "problem_check" and e["event_source"] == "server",
    "checks_of_the_browser": lambda e: e["event_type"] == "problem_check" and e["event_source"] == "browser",
    "forum_and_others": lambda e: e["event_type"].startswith("edx."),
}


@pytest.mark.parametrize("kind", KINDS)
def test_scan_of_one_kind_of_lines(benchmark: Benchmark, log: Log, kind: str) -> None:
    data = shard(only(log("modern"), KINDS[kind]))
    scanner = benchmark.pedantic(scan, (data,), rounds=ROUNDS, warmup_rounds=1)
    lines = data.count(b"\n")
    rate(benchmark, data, lines)
    assert scanner.lines == lines


def test_columns_out_of_a_scan(benchmark: Benchmark, log: Log) -> None:
    scanner = scan(shard(log("modern").read_bytes()))

    def take() -> tuple[Any, ...]:
        return scanner.events(), scanner.parts(), scanner.clicks(), scanner.dictionaries(), scanner.attributes()

    events = benchmark(take)[0]
    assert {len(column) for column in events.values()} == {scanner.rows}


def test_merge_of_dictionaries(benchmark: Benchmark) -> None:
    words = [b"https://courses.example.org/courses/course-v1:ExampleX+SYN101+1T2024/courseware/%032x/" % (n * 7919) for n in range(50_000)]
    offsets = np.cumsum([0, *map(len, words)], dtype=np.int64)
    data = b"".join(words)

    def merge() -> Any:
        whole = _core.Dictionary()
        for _ in range(4):
            codes = whole.intern(offsets, data)
        return whole, codes

    whole, codes = benchmark(merge)
    assert len(whole) == len(words)
    assert codes.tolist() == list(range(len(words)))
