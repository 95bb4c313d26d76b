"""Reads what the published pipeline wrote: no header lines, its own CSV dialect, numbers into trees."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from pathlib import Path

from .legacy import IdCounter
from .records import Event, Output, Submission, parse_time

_COUNTER = IdCounter()


def rows(folder: Path, table: str) -> Iterator[list[str]]:
    """The rows of a table. Backslashes are ordinary characters: the writer did not escape them."""
    path = folder / f"{table}.csv"
    if not path.exists():
        path = path.with_name(path.name + ".gz")
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return csv.reader(io.StringIO(data.decode("utf-8"), newline=""), delimiter=",", quotechar='"', doublequote=True)


def read(folder: Path) -> Output:
    """Observed events and submissions, in the order in which the pipeline met them."""
    uris = {r[0]: r[2] for r in rows(folder, "resources")}
    names = {r[0]: r[1] for r in rows(folder, "problems") if r[0]}  # the root has no id, like what has no problem
    events = [
        Event(
            user=r[1],
            time=parse_time(r[3]),
            type=r[8],
            page=None,  # its url_id column holds resource ids; the page can only be read off the resource
            resource=uris.get(r[2], ""),
            module=None,
            duration=int(r[4]),
            order=_COUNTER.number(r[0]),
        )
        for r in rows(folder, "observed_events")
    ]
    grades = {r[0]: float(r[3]) for r in rows(folder, "assessments")}
    submissions = []
    for r in rows(folder, "submissions"):
        grade = grades.pop(r[0], None)
        submissions.append(
            Submission(
                user=r[1],
                time=parse_time(r[3]),
                problem=names.get(r[2], r[2]),
                answer=r[5],
                attempt=None if r[4] == "-1" else int(r[4]),
                code=int(r[6]),
                grade=grade,
                assessed=grade is not None,
                order=_COUNTER.number(r[0]),
            )
        )
    events.sort(key=lambda e: e.order)
    submissions.sort(key=lambda s: s.order)
    return Output(events, submissions, len(grades))
