"""Synthetic logs for the benchmarks, made once per run. MOOCDB_BENCH_SIZE (default 20MB) says how large."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from generate import generate, size
from synthetic_log import Plan

PLANS = {
    "modern": Plan(),
    "legacy": Plan(era="legacy"),
    "escaped": Plan(escape_slashes=True),
    "many_courses": Plan(courses=50, resources=10_000),
}


@pytest.fixture(scope="session")
def log(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The log of a plan, by name; a name that ends in .gz is compressed."""
    folder = tmp_path_factory.mktemp("logs")
    wanted = size(os.environ.get("MOOCDB_BENCH_SIZE", "20MB"))

    def made(name: str) -> Path:
        path = folder / f"{name.removesuffix('.gz')}.json{'.gz' if name.endswith('.gz') else ''}"
        if not path.exists():
            generate(replace(PLANS[name.removesuffix(".gz")], size=wanted), path)
        return path

    return made
