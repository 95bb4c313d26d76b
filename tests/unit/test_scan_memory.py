"""What a scan leaves to later ones of the same process, and what it lends."""

from __future__ import annotations

import gc
import json
from typing import Any

import numpy as np
import pytest

from moocdb_fast import _core
from moocdb_fast.scan import scan_text, tables

COURSE = "course-v1:ExampleX+SYN101+1T2024"
PATHS = (
    f"/courses/{COURSE}/courseware/week1/intro/2/",
    f"/courses/{COURSE}/xblock/block-v1:ExampleX+SYN101+1T2024+type@problem+block@p1/handler/xmodule_handler/problem_check",
    f"/courses/{COURSE}/discussion/threads/abc/upvote",
    "/dashboard",
    "/jsi18n/",
)


def _lines(order: int) -> bytes:
    lines = []
    for number, path in enumerate(PATHS[order:] + PATHS[:order]):
        line = {
            "username": f"u{number}",
            "time": f"2024-09-02T00:00:0{number}.000000+00:00",
            "host": "courses.example.org",
            "context": {"course_id": COURSE},
        }
        server = {"event_type": path, "event_source": "server", "event": "{}"}
        browser = {"event_type": "seq_next", "event_source": "browser", "event": "{}", "page": f"https://courses.example.org{path}"}
        lines += [json.dumps(line | server), json.dumps(line | browser), json.dumps(line | browser | {"page": path, "host": f"h{order}.example.org"})]
    return "\n".join(lines).encode()


def _held(scanner: _core.Scanner) -> str:
    names = ("counts", "dictionaries", "attributes", "taught", "events", "posts", "parts")
    return repr({name: getattr(scanner, name)() for name in names})


def test_earlier_scans_do_not_show() -> None:
    compiled = tables()
    for order in (0, 3, 1, 0):
        assert _held(scan_text(compiled, _lines(order), {})) == _held(scan_text(tables(), _lines(order), {}))


def test_scans_at_the_same_time_do_not_meet() -> None:
    compiled = tables()
    scans = [scan_text(compiled, _lines(order), {}) for order in range(4)]
    assert [_held(scan) for scan in scans] == [_held(scan_text(tables(), _lines(order), {})) for order in range(4)]


def test_lent_columns_outlive_their_scan() -> None:
    scanner = scan_text(tables(), _lines(0), {})
    columns: dict[str, Any] = scanner.events()
    copies = {name: column.copy() for name, column in columns.items()}
    del scanner
    gc.collect()
    assert all(np.array_equal(column, copies[name]) for name, column in columns.items())
    with pytest.raises(ValueError, match="read-only"):
        columns["time"][0] = 0


def test_a_scan_whose_columns_are_lent_takes_no_more_lines() -> None:
    scanner = scan_text(tables(), _lines(0), {})
    assert len(scanner.events()["time"])
    with pytest.raises(ValueError, match="in use"):
        scanner.feed(bytes(_core.PADDING), 0, 0, True)
