"""The files of published examples, as lines that a log could hold.

Files of test fixtures are logs and are read as they are. Documentation prints single events, often only parts of them: these get the
rest of a line, and a time of their own, two hours apart, so that they do not become one person's afternoon.
"""

from __future__ import annotations

import datetime
import functools
import hashlib
import json
from collections import Counter
from pathlib import Path

from moocdb_fast.events import canonical
from moocdb_fast.events.lookup import is_declared
from moocdb_fast.tracing import Trace, member, read_line, trace

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "samples"
PINS = Path(__file__).parent / "expected"

LOGS = (
    "openedx-unsupported_edx-analytics-pipeline__answer_dist_acceptance_tracking",
    "openedx-unsupported_edx-analytics-pipeline__enrollment_trends_tracking",
    "openedx-unsupported_edx-analytics-pipeline__lms_courseware_link_clicked_acceptance_tracking",
    "openedx-unsupported_edx-analytics-pipeline__location_by_course_tracking",
    "openedx-unsupported_edx-analytics-pipeline__module_engagement_acceptance_tracking_20150413",
    "openedx-unsupported_edx-analytics-pipeline__tags_dist_acceptance_tracking",
    "openfun_ralph__tests_docs",
)
SINGLE = (
    "open-craft_xblock-poll__readme_examples",
    "openedx_edx-documentation__guide_examples_all_revisions",
    "openedx_event-routing-backends__fixtures_current",
)
FILES = (*LOGS, *SINGLE)

_APART = datetime.timedelta(hours=2)
_START = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
_REST = {"username": "learner", "context": {"course_id": "course-v1:Example+MOOC+2024", "user_id": 1001}}
_PLACES = ("observed_event_key", "submission_key")  # say where a line stood when it was traced


def raw(name: str) -> list[bytes]:
    """The lines of a file."""
    return (FOLDER / f"{name}.jsonl").read_bytes().splitlines()


def lines(name: str) -> list[bytes]:
    """The lines as they are put through the translator."""
    if name in LOGS:
        return raw(name)
    return [_whole(json.loads(line), number) for number, line in enumerate(raw(name))]


def _whole(event: dict[str, object], number: int) -> bytes:
    """A printed event with what it lacks of a line, at a time of its own."""
    line = {**_REST, **event} if member(event, "username") is None else event
    name = "timestamp" if "timestamp" in line else "time"
    return json.dumps(line | {name: (_START + number * _APART).isoformat()}).encode()


@functools.cache
def traced(name: str) -> list[tuple[dict, Trace]]:
    """Each line as an object, with what becomes of it."""
    log = lines(name)
    return list(zip([read_line(line) for line in log], trace(log), strict=True))


def type_of(line: dict) -> str:
    """The event type of a line, under the name that stands for all its names."""
    return canonical(str(line.get("event_type") or line.get("name") or ""))


def pin(name: str) -> list[list]:
    """What is kept of a file: per line its fate and reason, its rows per table, and a digest of them."""
    return [[made.fate, made.reason, dict(Counter(row.table for row in made.rows)), _digest(made)] for _, made in traced(name)]


def _digest(made: Trace) -> str:
    rows = [[row.table, {k: str(v) for k, v in row.values.items() if k not in _PLACES}] for row in made.rows]
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()[:16] if rows else ""


def types() -> list[str]:
    """The declared event types, not paths, of which some file has an example that is translated."""
    found = {type_of(line) for name in FILES for line, made in traced(name) if made.fate == "translated"}
    return sorted(name for name in found if name and not name.startswith("/") and is_declared(name))
