"""Logs of the project's generator, for tests."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

from synthetic_log import Plan, lines


def made(size, era, seed, **more):
    """A log of about that many bytes."""
    settings = {"users": 30, "courses": 4, "resources": 60, "bad_rate": 0.01} | more
    return b"".join(line + b"\n" for line in lines(Plan(size=size, era=era, seed=seed, **settings)))
