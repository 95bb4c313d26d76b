"""Each document as a line, in parts of a line that nobody reads, as `event` and as text in `event`: P3, P4, P5, P6.

Python's reader says what is JSON (judge.py). What the documented repairs make of the rest the twin says, which works by docs/reference/rules.md.
"""

from __future__ import annotations

import json

import pytest
from twin.payload import decode
from twin.scan import Filters
from twin.scan import scan as twin_scan

import moocdb_fast

from .documents import DOCUMENTS
from .judge import judge
from .lines import ENVELOPE, GOOD, PLACES, Fate, columns, fate

PARTS = [place for place in PLACES if place not in ("the line", "the event as text")]
SALVAGES = {"utf8", "prefix", "backslash", "surrogate", "cut_tail", "second_object"}


def fates(place: str) -> dict[str, tuple[bytes, Fate]]:
    return {name: (line, fate(line)) for name, line in ((name, PLACES[place](document)) for name, document in DOCUMENTS.items())}


def report(wrong: dict[str, object]) -> None:
    """Fail with the first of many."""
    __tracebackhide__ = True
    if wrong:
        raise AssertionError(f"{len(wrong)} documents: " + "; ".join(f"{name} -> {said}" for name, said in list(wrong.items())[:8]))


def test_there_are_many_and_the_judge_knows_them() -> None:
    assert len(DOCUMENTS) > 1000
    report({name: judge(document) for name, document in DOCUMENTS.items() if judge(document).json != name.startswith("good")})
    assert not any(b"\n" in document for document in DOCUMENTS.values())


@pytest.mark.promise("P3", "P4")
def test_documents_that_are_lines() -> None:
    """JSON is never called bad JSON, and never repaired for what is no event anyway; what is no JSON gives no row here."""
    wrong: dict[str, object] = {}
    for name, (line, found) in fates("the line").items():
        blank = not line.strip(bytes(range(33)))
        expected = {"not_an_event"} if judge(line).json else {None} if blank else {"bad_json", "cut", "not_an_event"}
        if found.rejected not in expected or found.rows or found.filtered != blank:
            wrong[name] = found
    report(wrong)


@pytest.mark.promise("P3", "P4")
@pytest.mark.parametrize("place", PARTS)
def test_documents_in_lines(place: str) -> None:
    """JSON is taken as it stands; with half of a surrogate pair it is salvaged; all else is rejected or salvaged by name."""
    wrong: dict[str, object] = {}
    for name, (line, found) in fates(place).items():
        verdict = judge(line)
        if verdict.json:
            right = found == Fate(1, None, "surrogate" if verdict.half_pairs else None, 0, found.bad_payload, 0)
        elif found.rejected:
            right = found.rejected in ("bad_json", "cut")
        else:
            right = found.salvaged in SALVAGES and found.rows == 1
        if not right:
            wrong[name] = found
    report(wrong)


@pytest.mark.promise("P3", "P6")
@pytest.mark.parametrize("place", PLACES)
def test_repairs_are_the_documented_ones(place: str) -> None:
    wrong: dict[str, object] = {}
    for name, (line, found) in fates(place).items():
        twin = twin_scan([b" \n" + line], Filters())  # behind a blank line
        kept = sum(event.fate is None and event.index == 0 for event in twin.events)
        filtered = 1 - kept - len(twin.rejected)
        rejected, salvaged = next(iter(twin.rejected.values()), None), next(iter(twin.salvaged), None)
        expected = Fate(kept, rejected, salvaged, filtered, twin.bad_payload, twin.extra_events)
        if found != expected:
            wrong[name] = (found, expected)
    report(wrong)


@pytest.mark.promise("P6")
def test_documents_as_text_in_event() -> None:
    """The line is good whatever its payload holds. A payload that is JSON is never counted as bad; one that is cut always is."""
    wrong: dict[str, object] = {}
    for name, (line, found) in fates("the event as text").items():
        text = DOCUMENTS[name].strip(bytes(range(33)))
        salvaged = None if judge(line).json else "utf8"
        cut = text[:1] in (b"{", b"[") and not judge(text).json and text[-1:] != {b"{": b"}", b"[": b"]"}[text[:1]]
        counted = bool(found.bad_payload)
        if found != Fate(1, None, salvaged, 0, counted, 0) or (counted and judge(text).json) or (cut and not counted):
            wrong[name] = found
    report(wrong)


@pytest.mark.promise("P6")
def test_payloads_cut_anywhere() -> None:
    """The platform cuts the text of `event`: the line stays, and is counted."""
    payload = json.dumps({"code": "html5", "id": "v1", "currentTime": 12.5, "note": 'a "b" \\ c\u00e9', "list": [1, {"a": [2]}]})
    assert fate(PLACES["the event as text"](payload.encode())) == Fate(1, None, None, 0, 0, 0)
    for end in range(1, len(payload)):
        cut = payload[:end]
        found = fate(PLACES["the event as text"](cut.encode()))
        assert found == Fate(1, None, None, 0, 1, 0), cut
        assert decode(cut)[1]


@pytest.mark.promise("P6")
def test_page_views_with_a_cut_payload() -> None:
    """Server lines hold the request in `event`, and nobody reads it: they are page views, and counted, too."""
    payload = json.dumps({"GET": {"q": ["a, b"]}, "POST": {"x": ["y" * 500]}})
    view = {**ENVELOPE, "event_source": "server", "event_type": "/courses/course-v1:X+Y+Z/courseware/u/s/"}
    assert fate(json.dumps({**view, "event": payload}).encode()) == Fate(1, None, None, 0, 0, 0)
    for end in (1, 2, 10, 40, len(payload) - 4, len(payload) - 1):
        line = json.dumps({**view, "event": payload[:end].rstrip("}")}).encode()
        assert fate(line) == Fate(1, None, None, 0, 1, 0), end
        assert columns(line) == columns(json.dumps(view).encode())


@pytest.mark.promise("P1", "P2", "P5")
def test_a_bad_line_costs_that_line_only(tmp_path) -> None:
    """All documents in all places in one log, a good line between any two: every line is accounted for, every good one is there."""
    lines, good = [], []
    for make in PLACES.values():
        for document in DOCUMENTS.values():
            second = len(good)
            clock = b"%02d:%02d:%02d.5" % (10 + second // 3600, second // 60 % 60, second % 60)
            lines += [make(document), GOOD.replace(b"10:15:00.25", clock)]
            good.append(len(lines))
    (tmp_path / "log.json").write_bytes(b"\n".join(lines))
    options = moocdb_fast.Options(workers=1, key_file=tmp_path / "key", keep_duplicates=True)
    summary = moocdb_fast.translate(tmp_path / "log.json", tmp_path / "out", options)
    assert summary.lines_read == len(lines) == summary.events + summary.filtered + summary.rejected
    rejects = [json.loads(row) for row in (tmp_path / "out" / "rejects.jsonl").read_text().splitlines()]
    assert len(rejects) == summary.rejected > 1000
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line) + 1)
    single = {number: fate(line) for number, line in enumerate(lines, start=1)}
    assert {row["line"]: (row["offset"], row["reason"]) for row in rejects} == {
        number: (offsets[number - 1], found.rejected) for number, found in single.items() if found.rejected
    }
    assert not {row["line"] for row in rejects} & set(good)
    assert summary.events == sum(found.rows for found in single.values())
    assert summary.salvaged == sum(found.salvaged is not None for found in single.values())
    assert summary.counts.bad_payload == sum(found.bad_payload for found in single.values())
    times = moocdb_fast.open(tmp_path / "out").table("observed_events")["observed_event_timestamp"].to_pylist()
    assert sum(time.microsecond == 500_000 for time in times) == len(good)
