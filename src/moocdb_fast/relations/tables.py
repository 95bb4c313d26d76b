"""The nine tables of the relational stage, declared once: names, columns and their order, defaults, and how cells are written.

Columns are those of the published JSON-to-relation stage. Its second stage reads `EdxTrackEvent` with a backslash as escape, and all others
without one; each table is written in the way in which it is read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

NO_TIME = "00000000000000"
"""What the published stage writes for no time."""

_NOTHING = {"text": "''", "number": "-1", "time": f"'{NO_TIME}'"}
_ESCAPE = str.maketrans({"\\": "\\\\", "'": "\\'", "\0": "\ufffd"})
_DOUBLE = str.maketrans({"'": "''", "\0": "\ufffd"})


@dataclass(frozen=True, slots=True)
class Column:
    """A column. A number without value is -1, a time `NO_TIME`, a text empty."""

    name: str
    doc: str
    kind: Literal["text", "number", "time"] = "text"

    @property
    def default(self) -> str:
        """The cell of no value."""
        return _NOTHING[self.kind]


@dataclass(frozen=True)
class Table:
    """A table; `restricted` ones hold personal data. `escapes`: a backslash stands before quotes and backslashes, else quotes are doubled."""

    name: str
    doc: str
    columns: tuple[Column, ...]
    restricted: bool = False
    escapes: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(c.name for c in self.columns)

    @property
    def header(self) -> str:
        """The line with the names."""
        return ",".join(self.names) + "\n"

    def line(self, values: Mapping[str, Any]) -> str:
        """A row as a line of CSV; columns that `values` lacks, or has as None, get their default."""
        marks = _ESCAPE if self.escapes else _DOUBLE
        cells = self._defaults.copy()
        for name, value in values.items():
            if value is not None and (place := self._place.get(name)) is not None:
                cells[place] = _cell(self.columns[place], value, marks)
        return ",".join(cells) + "\n"

    @cached_property
    def _defaults(self) -> list[str]:
        """The cells of a row without values."""
        return [column.default for column in self.columns]

    @cached_property
    def _place(self) -> dict[str, int]:
        """Where each column stands."""
        return {name: place for place, name in enumerate(self.names)}


def _cell(column: Column, value: Any, marks: dict[int, str]) -> str:
    if column.kind == "number":
        number = number_of(value)
        return column.default if number is None else repr(number)
    return "'" + str(value).translate(marks) + "'"


def number_of(value: Any) -> int | float | None:
    """The number that a JSON value is, or that its text is; None if it is none."""
    if isinstance(value, str):
        value = _parsed(value.strip())
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if isinstance(value, int) or math.isfinite(value) else None


def _parsed(text: str) -> int | float | None:
    if not text or len(text) > 40 or not set(text) <= set("0123456789+-.eE"):
        return None
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return None


def _columns(text: str, kind: Literal["text", "number", "time"] = "text") -> tuple[Column, ...]:
    """`name: what it holds` per line."""
    pairs = (line.strip().partition(":") for line in text.strip().splitlines())
    return tuple(Column(name, doc.strip(), kind) for name, _, doc in pairs)


def _numbers(text: str) -> tuple[Column, ...]:
    return _columns(text, "number")


_EVENT = Table(
    "EdxTrackEvent",
    "One row per event, or, of an event about several parts of a problem, one per part.",
    (
        *_columns("""
            _id: `file number:offset:row`, unique
            event_id: `file number:offset` of the line, shared by the rows of an event
            agent: the user agent
            event_source: `server`, `browser`, `mobile`, `task`
            event_type: the type; of paths without query and without names of persons
            ip_country: three letters, with `--geoip`
            page: the cleaned address, without names of persons; of a page request the address asked for
            session: a keyed pseudonym of the session
        """),
        Column("time", "UTC, as `YYYY-MM-DDTHH:MM:SS.ffffff+00:00`", "time"),
        Column("anon_screen_name", "the pseudonym of the user; empty for nobody"),
        Column("downtime_for", "never filled", "time"),
        *_columns("""
            student_id: the pseudonym of the student whom a staff event is about
            instructor_id: the pseudonym of the member of the course team
            course_id: the course, as in the MOOCdb tables
            course_display_name: the same
            resource_display_name: the title of the module
            organization: `context.org_id`
            sequence_id: the sequence that is moved in
        """),
        *_numbers("""
            goto_from: the tab that is left
            goto_dest: the tab or page that is gone to
        """),
        *_columns("""
            problem_id: the part that the row is about, else the problem
            problem_choice: never filled
            question_location: the open response question; of newer modules their id
            submission_id: the key of an open response
        """),
        *_numbers("attempts: the number of the attempt"),
        *_columns("""
            long_answer: the text of an open response
            student_file: the file that was handed in
            can_upload_file: whether there could be one
            feedback: never filled
        """),
        *_numbers("feedback_response_selected: the answer to the question how helpful the feedback was"),
        *_columns("""
            transcript_id: the video whose transcript is shown or hidden
            transcript_code: its player code
        """),
        *_numbers("""
            rubric_selection: the option selected
            rubric_category: the category it belongs to
        """),
        *_columns("""
            video_id: the video
            video_code: its player code
            video_current_time: seconds
            video_speed: the speed it plays at
            video_old_time: seconds, before a move
            video_new_time: seconds, behind it
            video_seek_type: how it was moved
            video_new_speed: the speed chosen
            video_old_speed: the speed before
            book_interaction_type: how the page was turned
            success: how a check ended, or why it failed
            answer_id: never filled
            hint: never filled
            mode: the mode of an enrolment
            msg: never filled
        """),
        *_numbers("npoints: never filled"),
        Column("queuestate", "never filled"),
        *_numbers("""
            orig_score: points before a rescore
            new_score: points behind it, or earned
            orig_total: points possible before
            new_total: points possible behind it, or at all
        """),
        *_columns("""
            event_name: the name of a group event
            group_user: the pseudonym of the user it is about
            group_action: what was done
        """),
        *_numbers("position: never filled"),
        *_columns("""
            badly_formatted: never filled
            correctMap_fk: the row of CorrectMap
            answer_fk: the row of Answer
            state_fk: the row of State
            load_info_fk: the row of LoadInfo
        """),
    ),
    escapes=True,
)

_ANSWER = Table(
    "Answer",
    "One row per answer, also of those in a State.",
    _columns("""
        answer_id: `event id:a` and a number
        problem_id: the part of the problem
        answer: its text; several choices are a JSON array
        course_id: the course
    """),
)

_CORRECT_MAP = Table(
    "CorrectMap",
    "One row per marked part.",
    (
        *_columns("""
            correct_map_id: `event id:m` and a number
            answer_identifier: the part of the problem
            correctness: `correct`, `incorrect`, …
        """),
        *_numbers("npoints: points"),
        *_columns("""
            msg: message to the learner
            hint: hint to the learner
            hintmode: when it is shown
            queuestate: `key:time` while an external grader has it
        """),
    ),
)

_STATE = Table(
    "State",
    "One row per part of the state of a problem, or one for a state without parts.",
    (
        Column("state_id", "`event id:s` and a number"),
        Column("seed", "the seed of random values", "number"),
        *_columns("""
            done: `True`, `False` or `None`
            problem_id: the part of the problem
            student_answer: the row of Answer
            correct_map: the row of CorrectMap
            input_state: the row of InputState
        """),
    ),
)

_INPUT_STATE = Table(
    "InputState",
    "One row per input that a state knows.",
    _columns("""
        input_state_id: `event id:i` and a number
        problem_id: the part of the problem
        state: its state, as JSON if there is any
    """),
)

_ACCOUNT = Table(
    "Account",
    "One row per account that the log saw made. Restricted.",
    (
        *_columns("""
            account_id: `file number:offset:c`
            screen_name: the user name
            name: the real name
            anon_screen_name: the pseudonym, as in EdxTrackEvent
            mailing_address: as it was given
            zipcode: as it was given
            country: as it was given
            gender: as it was given
        """),
        Column("year_of_birth", "as it was given", "number"),
        *_columns("""
            level_of_education: as it was given
            goals: as they were given
            honor_code: whether it was agreed to, as it was given
        """),
        Column("terms_of_service", "1 if they were agreed to, else 0", "number"),
        *_columns("""
            course_id: the course that was to be enrolled in
            enrollment_action: what was to be done
            email: the address
            receive_emails: as it was given
        """),
    ),
    restricted=True,
)

_EVENT_IP = Table(
    "EventIp",
    "The address of each event. Restricted.",
    _columns("""
        event_table_id: the first row of the event in EdxTrackEvent
        event_ip: the address
    """),
    restricted=True,
)

_EXPERIMENT = Table(
    "ABExperiment",
    "One row per group that an event says its user is in, or per variant that was shown.",
    (
        *_columns("""
            event_table_id: the first row of the event in EdxTrackEvent
            event_type: the type
        """),
        Column("group_id", "the group", "number"),
        Column("group_name", "its name"),
        Column("partition_id", "what is split", "number"),
        *_columns("""
            partition_name: its name
            child_module_id: the variant that was shown
        """),
    ),
)

_LOAD_INFO = Table(
    "LoadInfo",
    "One row per input.",
    (
        Column("load_info_id", "the file number"),
        Column("load_date_time", "never filled: tables do not depend on the clock", "time"),
        Column("load_file", "the name of the input"),
    ),
)

TABLES = {
    table.name: table for table in (_EVENT, _ANSWER, _CORRECT_MAP, _STATE, _INPUT_STATE, _ACCOUNT, _EVENT_IP, _EXPERIMENT, _LOAD_INFO)
}  # fmt: skip
EVENT, ANSWER, CORRECT_MAP, STATE, INPUT_STATE, ACCOUNT, EVENT_IP, EXPERIMENT, LOAD_INFO = TABLES
FILES = {name: f"{name}.csv" for name in TABLES}
"""The file of each table."""
RESTRICTED = {FILES[name] for name, table in TABLES.items() if table.restricted}
"""The files that never leave the restricted folder."""
