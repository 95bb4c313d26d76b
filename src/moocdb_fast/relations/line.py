"""The rows of an event, turned back into a line of a tracking log: the opposite of rows.py, as far as the tables keep what the line held."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

from ..events._spec import Meaning
from ..options import normal_course
from .meaning import meaning_of, module_column, put, request_of
from .parts import part_key
from .tables import NO_TIME, number_of

Row = Mapping[str, str]
_NOBODY = "9c1185a5c5e9fc54612808977ee8f548b2258d31"
"""What the published stage calls a user without a name."""

_DIGITS = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)")
_NUMBERS = re.compile(r"_\d{1,3}_\d{1,3}\Z")
_HOST = re.compile(r"https?://([^/]+)/")
_LOCATIONS = ("save_answer", "is_student_calibrated", "problem")


@dataclass
class Group:
    """The rows of an event, and what they refer to, by part. `ours` says who wrote them."""

    rows: Sequence[Row]
    ours: bool
    ip: str = ""
    host: str = ""  # of requests whose rows name none
    answers: dict[str, str] = field(default_factory=dict)
    marks: dict[str, Row] = field(default_factory=dict)

    @property
    def first(self) -> Row:
        return self.rows[0]

    def number(self, column: str) -> int | float | None:
        """A number of the first row; -1 is none."""
        value = number_of(self.first[column])
        return None if value is None or value < 0 else value


def line_of(group: Group) -> dict[str, Any]:
    """The event as an object."""
    row = group.first
    line: dict[str, Any] = {"username": "" if row["anon_screen_name"] == _NOBODY else row["anon_screen_name"], "time": _time(row["time"])}
    line |= {name: row[name] for name in ("event_source", "event_type", "page", "agent", "session") if row[name]}
    if group.ip:
        line["ip"] = group.ip
    if host := (host_of(row["page"]) if row["event_type"].startswith("/") else "") or group.host:
        line["host"] = host
    context = _context(row)
    if context:
        line["context"] = context
    line["event"] = _payload(group, meaning_of(row["event_type"], row["event_source"]))
    if group.ours:
        line["event_id"] = row["event_id"]  # lines that lost what told them apart must not be taken for repeats
    return line


def host_of(address: str) -> str:
    """The host of an address."""
    found = _HOST.match(address)
    return found[1] if found else ""


def _time(text: str) -> str | None:
    if not text or text == NO_TIME:
        return None
    digits = _DIGITS.fullmatch(text)
    return "{}-{}-{}T{}:{}:{}".format(*digits.groups()) if digits else text


def _context(row: Row) -> dict[str, Any]:
    context: dict[str, Any] = {}
    for column in ("course_id", "course_display_name"):
        try:
            context.setdefault("course_id", normal_course(row[column]))
        except ValueError:
            continue
    if row["organization"]:
        context["org_id"] = row["organization"]
    module = {"display_name": row["resource_display_name"], "usage_key": _newer_module(row)}
    if any(module.values()):
        context["module"] = {name: value for name, value in module.items() if value}
    return context


def _newer_module(row: Row) -> str:
    return row["question_location"] if "+type@" in row["question_location"] else ""


# ---------------------------------------------------------------- payloads


def _payload(group: Group, meaning: Meaning) -> Any:
    row, submit = group.first, meaning.submit
    if row["event_type"].startswith("/"):
        return _request(group)
    if submit and submit.form == "query":
        return _query(group) or row["problem_id"]
    if submit and submit.form == "graded":
        return [_query(group) if group.ours else "", _page(group)]
    payload: dict[str, Any] = {}
    if meaning.kind == "problem" and not (submit and submit.whole):
        _maps(group, meaning, payload)
    else:
        _put(payload, meaning.module, _printed(row[module_column(meaning)] or row["transcript_id"]))
    if meaning.clicks:
        _video(group, meaning, payload)
    elif meaning.panel:
        _put(payload, ("type",), row["book_interaction_type"])
        _put(payload, ("old",), group.number("goto_from"))
        _put(payload, meaning.panel, group.number("goto_dest"))
    elif submit and submit.whole:
        _whole(group, meaning, payload)
    for column, name in _MEMBERS.items():
        _put(payload, (name,), group.number(column))
    _put(payload, ("mode",), row["mode"])
    return payload


_MEMBERS = {"rubric_selection": "selection", "rubric_category": "category", "feedback_response_selected": "value"}


def _put(payload: dict[str, Any], paths: Sequence[str], value: Any) -> None:
    """Set the first of the members that may hold a value, if there is one."""
    if paths and value not in (None, ""):
        put(payload, paths[0], value)


def _printed(text: str) -> str:
    """A text that the published stage may have printed: `None` is none."""
    return "" if text == "None" else text


def _said(text: str) -> int | float | str | None:
    """The same, a number if it is one."""
    number = number_of(text)
    return (_printed(text) or None) if number is None else number


def _video(group: Group, meaning: Meaning, payload: dict[str, Any]) -> None:
    row, clicks = group.first, meaning.clicks
    assert clicks
    _put(payload, clicks.code, _printed(row["video_code"] or row["transcript_code"]))
    _put(payload, clicks.current_time, _said(row["video_current_time"]))
    _put(payload, clicks.old_time, _said(row["video_old_time"]))
    _put(payload, clicks.new_time, _said(row["video_new_time"]))
    _put(payload, clicks.old_speed, _said(row["video_old_speed"]))
    _put(payload, ("new_speed",), _said(row["video_new_speed"]))
    _put(payload, ("speed",), _said(row["video_speed"]))
    _put(payload, ("type",), row["video_seek_type"])


def _whole(group: Group, meaning: Meaning, payload: dict[str, Any]) -> None:
    row, whole = group.first, meaning.submit.whole if meaning.submit else None
    assert whole
    answer = {"text": row["long_answer"]} if whole.essay and row["long_answer"] else row["long_answer"]
    _put(payload, [path for path in whole.answer if path != "."], answer)
    _put(payload, whole.attempts, group.number("attempts"))
    _put(payload, whole.earned, group.number("new_score"))
    _put(payload, whole.possible, group.number("new_total"))
    _put(payload, whole.key, row["submission_id"])
    if row["success"] in ("correct", "incorrect"):
        _put(payload, whole.correct, row["success"] == "correct")


def _maps(group: Group, meaning: Meaning, payload: dict[str, Any]) -> None:
    row = group.first
    parts = {**group.answers, **group.marks}
    _put(payload, meaning.module or ("problem_id",), _newer_module(row) or next(map(_problem_of, parts), row["problem_id"]))
    if not meaning.submit and not parts:
        return
    payload["answers"] = dict(group.answers)
    payload["correct_map"] = {key: _mark(mark) for key, mark in group.marks.items()}
    _put(payload, ("attempts",), group.number("attempts"))
    _put(payload, ("success",), row["success"])
    _put(payload, ("grade",), group.number("new_score"))
    _put(payload, ("max_grade",), group.number("new_total"))


def _problem_of(part: str) -> str:
    """The problem that a part belongs to, by its id."""
    return _NUMBERS.sub("", part_key(part)[0] or part)


def _mark(mark: Row) -> dict[str, Any]:
    points = number_of(mark["npoints"])
    texts = {name: mark[name] for name in ("correctness", "msg", "hint", "hintmode", "queuestate")}
    return {**texts, "npoints": None if points == -1 else points}


def _field(group: Group, key: str) -> str:
    """The name of the field of a form that a part is."""
    return f"input_{key}" if group.ours else key


def _query(group: Group) -> str:
    """The query string. Answers of the published stage are still encoded."""
    encoded: Callable[[str], str] = quote_plus if group.ours else str
    return "&".join(f"{encoded(_field(group, key))}={encoded(answer)}" for key, answer in group.answers.items())


def _page(group: Group) -> str:
    """A page with the marks. The published stage keeps these as answers."""
    marks = {key: mark["correctness"] for key, mark in group.marks.items()} if group.ours else group.answers
    return "".join(f'<p aria-describedby="{_field(group, key)}">{mark}</p>' for key, mark in marks.items())


def _request(group: Group) -> dict[str, Any]:
    row, post = group.first, {_field(group, key): [answer] for key, answer in group.answers.items()}
    _, action = request_of(row["event_type"])
    columns = {"long_answer": "feedback" if action == "save_grade" else "student_answer", "student_file": "student_file"}
    columns |= {"can_upload_file": "can_upload_files", "submission_id": "submission"}
    if action in _LOCATIONS or not _newer_module(row):
        columns["question_location"] = "location"
    post |= {name: [row[column]] for column, name in columns.items() if row[column]}
    return {"POST": post, "GET": {}}
