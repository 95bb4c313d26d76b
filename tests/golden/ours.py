"""Reads an output folder of the translator into the same records; keys name the source line."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from .records import Event, Output, Submission, parse_time, plain
from .source import Line

_COURSE_NUMBER = re.compile(r"/courses/[^/]+/([^/]+)/")
_CELL = re.compile(r'("(?:[^"]|"")*"|[^",\r\n]*)(,|\n)')


def rows(folder: Path, table: str) -> Iterator[dict[str, str | None]]:
    """The rows of a table by column name; an unquoted empty cell is NULL, `""` is empty text."""
    cells: list[str | None] = []
    names: list[str] = []
    at = 0
    for m in _CELL.finditer((folder / f"{table}.csv").read_bytes().decode("utf-8")):
        if m.start() != at:
            raise ValueError(f"{table}.csv: no cell at {at}")
        at = m.end()
        cells.append(m[1][1:-1].replace('""', '"') if m[1].startswith('"') else m[1] or None)
        if m[2] == "\n":
            if names:
                yield dict(zip(names, cells, strict=True))
            else:
                names = [c or "" for c in cells]
            cells = []


def read(folder: Path, lines: list[Line]) -> Output:
    """Observed events and submissions; `user` is the keyed pseudonym."""
    offsets = [line.offset for line in lines]

    def line_of(key: str) -> int:
        return bisect_right(offsets, int(key.split(":")[1]))

    users = {r["user_id"]: r["user_key"] for r in rows(folder, "users")}
    urls = {r["url_id"]: r["url"] for r in rows(folder, "urls")}
    resources = {r["resource_id"]: r for r in rows(folder, "resources")}
    problems = {r["problem_id"]: r["problem_name"] for r in rows(folder, "problems")}
    grades = {r["submission_id"]: r["assessment_grade"] for r in rows(folder, "assessments")}
    events = []
    for r in rows(folder, "observed_events"):
        about = resources.get(r["resource_id"], {})
        events.append(
            Event(
                user=users[r["user_id"]],
                time=parse_time(r["observed_event_timestamp"]),
                type=r["observed_event_type"],
                page=urls.get(r["url_id"]),
                resource=about.get("resource_uri") or "",
                module=about.get("resource_key"),
                duration=_int(r["observed_event_duration"]),
                line=line_of(r["observed_event_key"]),
                order=int(r["observed_event_id"]),
            )
        )
    submissions = [
        Submission(
            user=users[r["user_id"]],
            time=parse_time(r["submission_timestamp"]),
            problem=problems[r["problem_id"]],
            answer=r["submission_answer"],
            attempt=_int(r["submission_attempt_number"]),
            code=int(r["submission_is_submitted"]),
            grade=_float(grades.get(r["submission_id"])),
            assessed=r["submission_id"] in grades,
            line=line_of(r["submission_key"]),
            order=int(r["submission_id"]),
        )
        for r in rows(folder, "submissions")
    ]
    activities = frozenset(
        (users[r["user_id"]], parse_time(r[f"{name}_timestamp"])) for name in ("collaboration", "feedback") for r in rows(folder, f"{name}s")
    )
    return Output(sorted(events, key=lambda e: e.order), sorted(submissions, key=lambda s: s.order), activities=activities)


def spellings(folder: Path) -> list[set[str]]:
    """Ids that differ only in how they are spelled: one module must have one (D12)."""
    found: dict[str, set[str]] = defaultdict(set)
    for table, column in (("resources", "resource_key"), ("problems", "problem_key")):
        for row in rows(folder, table):
            key = row[column] or ""
            number = _COURSE_NUMBER.search(row.get("resource_uri") or "")
            elsewhere = number and plain(number[1]) != plain((key.split("/") + [""] * 4)[3])  # a dashed id of another course cannot be undone
            if key.startswith("i4x://") and not elsewhere:
                found[plain(key)].add(key)
    return [ids for ids in found.values() if len(ids) > 1]


def _int(text: str | None) -> int | None:
    return None if text is None else int(text)


def _float(text: str | None) -> float | None:
    return None if text is None else float(text)
