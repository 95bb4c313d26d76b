"""What must hold for any bytes that are scanned. fuzz_scan.py calls it with what the fuzzer makes up, test_finds.py with what it found once.

Python's own reader says what is JSON. The twin, plain Python by docs/reference/rules.md, says what becomes of each line: slowly, so it is asked for
the inputs that reached something new.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from conformance.judge import judge, max_depth
from twin.lines import lines_of
from twin.scan import Filters
from twin.scan import scan as twin_scan

from moocdb_fast import _core, scan

LINE_LIMIT = 5000
ALL: dict[str, Any] = {"keep_anonymous": True, "keep_background": True, "keep_payloads": True, "line_limit": LINE_LIMIT}
FEW: dict[str, Any] = {"courses": ["course-v1:X+Y+Z"], "line_limit": LINE_LIMIT}
TABLES = scan.tables()


def scan_bytes(data: bytes, options: dict[str, Any]) -> _core.Scanner:
    """The scan of a file in a buffer of just its size: sanitizers see a step beyond it."""
    scanner = _core.Scanner(TABLES, **options)
    assert scanner.feed(buffer(data), len(data), 0, True) == len(data)
    return scanner


def buffer(data: bytes) -> Any:
    """`data` and the padding, in memory of its own (Python keeps small bytes objects in shared blocks)."""
    made = np.empty(len(data) + _core.PADDING, np.uint8)
    made[: len(data)] = np.frombuffer(data, np.uint8)
    made[len(data) :] = ord('"')
    return made


def check(data: bytes) -> None:
    """What is quick to check: every line is accounted for, in one piece or two, JSON is told from what is none, and read as simdjson reads it."""
    whole = scan_bytes(data, ALL)
    accounted(whole, data)
    in_two_pieces(data, whole)
    json_is_told(data, whole)
    assert -1 not in _core.compare_readers(data + b"\n")


def check_all(data: bytes) -> None:
    """The same, the columns, and what the twin makes of it."""
    check(data)
    for options in (ALL, FEW):
        scanner = scan_bytes(data, options)
        accounted(scanner, data)
        columns(scanner)
    if max(map(len, data.split(b"\n"))) <= LINE_LIMIT:
        as_the_twin_says(data)


def accounted(scanner: _core.Scanner, data: bytes) -> None:
    """Each line has one fate."""
    counts, rejects = scanner.counts(), scanner.rejects()
    lines = data.count(b"\n") + (not data.endswith(b"\n")) if data else 0
    first_rows = scanner.rows - counts["extra_events"]
    filtered = sum(counts["filtered"].values())
    assert scanner.lines == counts["lines_read"] == lines
    # further objects of a line may be filtered, and count as events all the same
    assert 0 <= lines - filtered - len(rejects) - first_rows <= counts["extra_events"]
    assert len({line for line, *_ in rejects}) == len(rejects)
    assert sum(counts["salvaged"].values()) <= lines - len(rejects)
    assert counts["bad_payload"] <= lines


def columns(scanner: _core.Scanner) -> None:
    """Columns fit each other: one value per row, codes within dictionaries, texts within their bytes."""
    sizes = {name: len(offsets) - 1 for name, (offsets, _) in scanner.dictionaries().items()}
    events, parts = scanner.events(), scanner.parts()
    assert {len(column) for column in events.values()} == {scanner.rows}
    for name in ("user", "course", "type", "base", "module", "agent", "ip"):
        assert not scanner.rows or -1 <= events[name].min() <= events[name].max() < sizes[name]
    for table in (parts, scanner.clicks(), scanner.posts(), scanner.replies(), scanner.verdicts(), scanner.facts()):
        rows = table["row"]
        assert not len(rows) or 0 <= rows.min() <= rows.max() < scanner.rows
    for offsets, text, _ in (parts["answer"], parts["feedback"], *scanner.payloads().values()):
        assert offsets[-1] == len(text) if len(offsets) else not text
        text.decode("utf-8", errors="strict")
    for offsets, text in scanner.dictionaries().values():
        assert offsets[-1] == len(text)
        text.decode("utf-8", errors="strict")
    scanner.attributes()


def in_two_pieces(data: bytes, whole: _core.Scanner) -> None:
    """Lines that come in two pieces are those that come at once."""
    parts = _core.Scanner(TABLES, **ALL)
    middle = len(data) // 2
    used = parts.feed(buffer(data[:middle]), middle, 0, False)
    assert used == data.rfind(b"\n", 0, middle) + 1
    rest = data[used:]
    assert parts.feed(buffer(rest), len(rest), used, True) == len(rest)
    assert (parts.rows, parts.counts(), parts.rejects()) == (whole.rows, whole.counts(), whole.rejects())
    ours, theirs = parts.events(), whole.events()
    assert all((ours[name] == theirs[name]).all() for name in ours)


def json_is_told(data: bytes, whole: _core.Scanner) -> None:
    """JSON is never called bad; what is none is rejected or salvaged, which is counted."""
    rejects = {number: reason for number, _, reason, _ in whole.rejects()}
    repaired = 0
    for line in lines_of(1, data):
        reason = rejects.get(line.number)
        if not line.data.strip(bytes(range(33))) or reason == "too_long":
            continue
        if max_depth(line.data.decode("utf-8", errors="replace")) > 150:
            return
        verdict = judge(line.data)
        assert not (verdict.json and reason in ("bad_json", "cut", "too_deep")), line.number
        repaired += not verdict.clean and reason is None
    assert sum(whole.counts()["salvaged"].values()) == repaired


def as_the_twin_says(data: bytes) -> None:
    """Rejects, salvages and rows are those of the twin."""
    kernel = scan_bytes(data, ALL)
    twin = twin_scan([data], Filters(keep_anonymous=True, keep_background=True))
    counts = kernel.counts()
    lines = {line.number: line for line in lines_of(1, data)}
    assert [(n, reason) for n, _, reason, _ in kernel.rejects()] == [(n, reason) for (_, n), reason in sorted(twin.rejected.items())]
    assert [offset for _, offset, *_ in kernel.rejects()] == [lines[n].offset for _, n in sorted(twin.rejected)]
    assert Counter(counts["salvaged"]) == twin.salvaged
    assert counts["bad_payload"] == twin.bad_payload
    kept = {event.offset for event in twin.events if event.fate is None and event.meaning.fate != "echo"}
    assert sorted(kept) == sorted(set(kernel.events()["offset"].tolist()))
