"""The nine tables read without the package: ours, and those of the published stage."""

from __future__ import annotations

import csv
import gzip
import io
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from golden.compare import log_of
from golden.source import Line, read_lines

CASES = Path(__file__).parent / "cases"
NAMES = sorted(path.name for path in CASES.iterdir() if path.is_dir())

EVENT = [
    "_id", "event_id", "agent", "event_source", "event_type", "ip_country", "page", "session", "time", "anon_screen_name", "downtime_for",
    "student_id", "instructor_id", "course_id", "course_display_name", "resource_display_name", "organization", "sequence_id", "goto_from",
    "goto_dest", "problem_id", "problem_choice", "question_location", "submission_id", "attempts", "long_answer", "student_file",
    "can_upload_file", "feedback", "feedback_response_selected", "transcript_id", "transcript_code", "rubric_selection", "rubric_category",
    "video_id", "video_code", "video_current_time", "video_speed", "video_old_time", "video_new_time", "video_seek_type", "video_new_speed",
    "video_old_speed", "book_interaction_type", "success", "answer_id", "hint", "mode", "msg", "npoints", "queuestate", "orig_score",
    "new_score", "orig_total", "new_total", "event_name", "group_user", "group_action", "position", "badly_formatted", "correctMap_fk",
    "answer_fk", "state_fk", "load_info_fk",
]  # fmt: skip
"""The columns of the published EdxTrackEvent, in its order."""

WIDTHS = {
    "EdxTrackEvent": 64,
    "Answer": 4,
    "CorrectMap": 8,
    "State": 7,
    "InputState": 3,
    "Account": 17,
    "EventIp": 2,
    "ABExperiment": 7,
    "LoadInfo": 3,
}
PUBLIC = {name for name in WIDTHS if name not in ("Account", "EventIp")}
MARK = ("key", "correctness", "npoints", "msg", "hint", "hintmode", "queuestate")

Row = dict[str, str]


def cells(data: bytes, escape: str | None) -> list[list[str]]:
    """The rows of a table, as the published second stage reads them: with an escape character, or without."""
    return list(csv.reader(io.StringIO(data.decode(), newline=""), quotechar="'", escapechar=escape))


@dataclass
class Event:
    """An event: its rows in EdxTrackEvent, and what these refer to."""

    rows: list[Row]
    answers: list[tuple[str, str] | None] = field(default_factory=list)  # per row: part, answer
    marks: list[Row | None] = field(default_factory=list)
    states: list[Any] = field(default_factory=list)  # with their answers, marks and inputs
    ip: str = ""

    @property
    def first(self) -> Row:
        return self.rows[0]


@dataclass
class Tables:
    """A folder of tables, joined."""

    tables: dict[str, list[list[str]]]

    def events(self) -> list[Event]:
        """All events, in order."""
        answers = {row[0]: (row[1], row[2]) for row in self.tables["Answer"]}
        marks = {row[0]: dict(zip(MARK, row[1:], strict=True)) for row in self.tables["CorrectMap"]}
        inputs = {row[0]: (row[1], row[2]) for row in self.tables["InputState"]}
        states = {row[0]: row for row in self.tables["State"]}
        ips = dict(self.tables.get("EventIp", []))
        found: dict[str, Event] = {}
        for row in (dict(zip(EVENT, row, strict=True)) for row in self.tables["EdxTrackEvent"]):
            event = found.setdefault(row["event_id"], Event([]))
            event.rows.append(row)
            event.answers.append(answers[row["answer_fk"]] if row["answer_fk"] else None)
            event.marks.append(marks[row["correctMap_fk"]] if row["correctMap_fk"] else None)
            event.ip = event.ip or ips.get(row["_id"], "")
            if row["state_fk"] and ":" not in row["state_fk"]:
                event.states.append(states[row["state_fk"]])
        for number, state in states.items():
            if ":" in number:  # ours: all states of an event have its id
                found[number.rpartition(":")[0]].states.append(state)
        for event in found.values():
            event.states = [_state(state, answers, marks, inputs) for state in event.states]
        return list(found.values())


def _state(row: list[str], answers: dict[str, Any], marks: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
    _, seed, done, _, answer, mark, given = row
    return {"seed": seed, "done": done, "answer": answers.get(answer), "mark": marks.get(mark), "input": inputs.get(given)}


def published(case: str) -> Tables:
    """The tables of the published stage."""
    files = {path.name.removesuffix(".csv.gz"): path for path in (CASES / case).glob("*.csv.gz")}
    return Tables({name: cells(gzip.decompress(path.read_bytes()), "\\") for name, path in files.items()})


def ours(*folders: Path) -> Tables:
    """Ours, of an output and its restricted folder."""
    files = {path.stem: path for folder in folders for path in folder.glob("*.csv")}
    return Tables({name: cells(path.read_bytes(), "\\" if name == "EdxTrackEvent" else None) for name, path in files.items()})


def unpacked(case: str, folder: Path) -> Path:
    """The published tables as a plain folder."""
    folder.mkdir(parents=True)
    for path in (CASES / case).glob("*.csv.gz"):
        (folder / path.name.removesuffix(".gz")).write_bytes(gzip.decompress(path.read_bytes()))
    return folder


def lines_of(case: str) -> list[Line]:
    """The log of a case."""
    return read_lines(log_of(case))


def align(case: str) -> dict[int, Event]:
    """The published events by the number of the line they were made of: the first that fits, in order."""
    waiting = defaultdict(list)
    for event in published(case).events():
        waiting[event.first["time"][:23]].append(event)
    found = {}
    for line in lines_of(case):
        group = waiting[line.clock.isoformat(timespec="milliseconds")] if line.clock is not None else []
        fitting = [event for event in group if event.first["event_type"] in (line.type, "about") or not line.type.isascii()]
        if fitting:
            found[line.number] = fitting[0]
            group.remove(fitting[0])
    left = [event.first["event_type"] for group in waiting.values() for event in group]
    assert not left, left
    return found
