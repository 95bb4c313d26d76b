"""Documents put into lines of a log, and what the kernel makes of single lines."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from moocdb_fast import _core, scan

ENVELOPE = {
    "username": "learner_1",
    "event_source": "browser",
    "event_type": "load_video",
    "time": "2024-03-05T10:15:00.25+00:00",
    "page": "https://lms.example.org/courses/course-v1:X+Y+Z/courseware/u/s/",
}
MEMBERS = json.dumps(ENVELOPE).encode()[1:-1]
GOOD = b"{" + MEMBERS + b"}"

TABLES = scan.tables()


def text_of(document: bytes) -> bytes:
    """A document as a JSON string; bytes that are no UTF-8 stay as they are."""
    escaped = document.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return b'"' + re.sub(rb"[\x00-\x1f]", lambda m: b"\\u%04x" % m[0][0], escaped) + b'"'


PLACES: dict[str, Callable[[bytes], bytes]] = {
    "the line": lambda d: d,
    "a member in front that nobody reads": lambda d: b'{"zz": ' + d + b", " + MEMBERS + b"}",
    "a member behind that nobody reads": lambda d: b"{" + MEMBERS + b', "zz": ' + d + b"}",
    "deep in the context": lambda d: b"{" + MEMBERS + b', "context": {"course_id": "course-v1:X+Y+Z", "zz": [' + d + b"]}}",
    "the event": lambda d: b"{" + MEMBERS + b', "event": ' + d + b"}",
    "the event as text": lambda d: b"{" + MEMBERS + b', "event": ' + text_of(d) + b"}",
}


@dataclass(frozen=True)
class Fate:
    """What became of one line."""

    rows: int
    rejected: str | None
    salvaged: str | None
    filtered: int
    bad_payload: int
    extra_events: int


def fate(line: bytes) -> Fate:
    """The scan of a single line, not the first of its file (a byte order mark there would not be its own)."""
    scanner = scan.scan_text(TABLES, line, {}, 100)
    counts, rejects = scanner.counts(), scanner.rejects()
    assert (scanner.lines, counts["lines_read"]) == (1, 1)
    assert len(rejects) <= 1
    assert sum(counts["salvaged"].values()) <= 1
    filtered = sum(counts["filtered"].values())
    rows = scanner.rows - counts["extra_events"]
    assert rows + filtered + len(rejects) == 1, "a line has one fate"
    assert not (rejects and counts["salvaged"]), "salvaged lines are not rejected"
    rejected, salvaged = rejects[0][2] if rejects else None, next(iter(counts["salvaged"]), None)
    return Fate(rows, rejected, salvaged, filtered, counts["bad_payload"], counts["extra_events"])


def columns(line: bytes) -> dict[str, Any]:
    """The event columns of a line as lists, codes replaced by what they stand for; the hash of its bytes left out."""
    scanner = scan.scan_text(TABLES, line, {})
    dictionaries = scanner.dictionaries()
    words = {name: _words(*dictionaries[name]) for name in ("user", "course", "type", "base", "panel", "module", "agent", "ip")}
    found = {}
    for key, column in scanner.events().items():
        if key != "hash":
            found[key] = [words[key][code] if code >= 0 else None for code in column] if key in words else column.tolist()
    return found


def _words(offsets: Any, data: bytes) -> list[bytes]:
    return [data[a:b] for a, b in itertools.pairwise(offsets)]


def scan_all(lines: list[bytes]) -> tuple[set[int], dict[int, str], dict[str, Any]]:
    """Many lines in one scan: which of them made rows, why others were rejected, and the counts."""
    data = b"\n".join(lines) + b"\n"
    scanner = _core.Scanner(TABLES)
    assert scanner.feed(data + bytes(_core.PADDING), len(data), 0, True) == len(data)
    starts, at = {}, 0
    for number, line in enumerate(lines):
        starts[at] = number
        at += len(line) + 1
    rows = {starts[offset] for offset in scanner.events()["offset"].tolist() if offset in starts}  # further objects begin elsewhere
    rejects = {starts[offset]: reason for _, offset, reason, _ in scanner.rejects()}
    assert [number - 1 for number, *_ in scanner.rejects()] == list(rejects)
    counts = scanner.counts()
    assert scanner.lines == len(lines) == len(rows) + len(rejects) + sum(counts["filtered"].values())
    return rows, rejects, counts
