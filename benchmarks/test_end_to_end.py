"""What a whole translation costs on a log of 20 MB: pytest benchmarks/test_end_to_end.py

Results are checked, seconds are not. For figures in CPU seconds on larger logs, beside peers, see peers.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import moocdb_fast

Benchmark = Any  # the fixture of pytest-benchmark
Log = Callable[[str], Path]

ROUNDS = 3


def translated(benchmark: Benchmark, path: Path, folder: Path, **more: Any) -> dict[str, Any]:
    """Measure the translation of a log, every round into the same folder; its summary."""
    options = moocdb_fast.Options(**{"workers": 1, "overwrite": True, "key_file": folder / "pseudonym.key", **more})
    out = folder / "moocdb"
    benchmark.pedantic(lambda: moocdb_fast.translate([path], out, options), rounds=ROUNDS, warmup_rounds=1)
    summary: dict[str, Any] = json.loads((out / "summary.json").read_text())
    benchmark.extra_info["lines"] = summary["lines_read"]
    return summary


@pytest.mark.parametrize("plan", ["modern", "legacy", "escaped", "many_courses"])
def test_log_to_csv(benchmark: Benchmark, log: Log, tmp_path: Path, plan: str) -> None:
    path = log(plan)
    summary = translated(benchmark, path, tmp_path)
    assert summary["lines_read"] == path.read_bytes().count(b"\n")
    with (tmp_path / "moocdb" / "observed_events.csv").open("rb") as table:
        assert sum(1 for _ in table) > 0.3 * summary["lines_read"]


def test_compressed_log_to_csv(benchmark: Benchmark, log: Log, tmp_path: Path) -> None:
    summary = translated(benchmark, log("modern.gz"), tmp_path)
    assert summary["lines_read"] == log("modern").read_bytes().count(b"\n")


def test_log_to_parquet(benchmark: Benchmark, log: Log, tmp_path: Path) -> None:
    translated(benchmark, log("modern"), tmp_path, formats=("parquet",))
    assert (tmp_path / "moocdb" / "observed_events.parquet").stat().st_size > 0


def test_two_workers_over_small_shards(benchmark: Benchmark, log: Log, tmp_path: Path) -> None:
    summary = translated(benchmark, log("modern"), tmp_path, workers=2, shard_bytes=2 << 20)
    assert summary["lines_read"] == log("modern").read_bytes().count(b"\n")
