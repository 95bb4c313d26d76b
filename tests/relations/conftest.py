"""A key and a log for these tests."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from golden.run import write_key

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

from synthetic_log import Plan, lines  # noqa: E402

from moocdb_fast.events.lookup import declaration  # noqa: E402


@pytest.fixture(scope="session")
def key(tmp_path_factory):
    return write_key(tmp_path_factory.mktemp("key") / "key")


def is_lost(line):
    """Whether the tables have no columns for what the line is about: posts, polls, assessments, profiles, pages that only the payload names."""
    try:
        event = json.loads(line)
    except ValueError:
        return False
    name = event.get("event_type") or event.get("name") or "" if isinstance(event, dict) else ""
    if not isinstance(name, str):
        return False
    if name.startswith("/"):
        return "/discussion/" in name or "/wiki/" in name
    declared = declaration(name)
    m = declared.meaning if declared else None
    return bool(m and (m.post or m.questions or m.assess or m.final_grade or m.profile or (m.page and not event.get("page"))))


def made(era, size=1_000_000, seed=5):
    return [line for line in lines(Plan(size=size, era=era, seed=seed, users=40, courses=2, resources=40, bad_rate=0.02)) if not is_lost(line)]


@pytest.fixture(scope="session", params=["legacy", "modern"])
def log(request, tmp_path_factory):
    """A synthetic log of either era, without what the tables cannot hold."""
    path = tmp_path_factory.mktemp(request.param) / "log.json"
    path.write_bytes(b"".join(line + b"\n" for line in made(request.param)))
    return path
