"""One event to rows: what the published JSON-to-relation stage says of each type, with its defects corrected (docs/differences.md).

The families of `events` say where a type keeps what; only what a column of this stage is about and no declaration knows is listed here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ..events._spec import Meaning
from . import parts as read
from .lines import Document, decoded, text_of
from .meaning import meaning_of, module_column, request_of, there
from .parts import Part, State
from .people import People
from .tables import ANSWER, CORRECT_MAP, EVENT, EVENT_IP, EXPERIMENT, INPUT_STATE, STATE, number_of

Values = dict[str, Any]
Row = tuple[str, Values]
_EPOCH = datetime(1970, 1, 1)
_PARTITION = re.compile(r"\.partition_(\d+)\Z")


@dataclass
class Event:
    """An event as the scan understood it, and its document."""

    key: str  # `file number:offset`
    load: str
    time: int
    user: str
    course: str
    placed: bool  # whether the line names no course
    type: str
    page: str
    module: str
    agent: str
    ip: str
    country: str
    document: Document
    payload: Any = field(init=False)
    source: str = field(init=False)

    def __post_init__(self) -> None:
        payload = self.document["event"] if "event" in self.document else self.document.get("data")
        if isinstance(payload, str):
            payload = decoded(payload)
        self.payload = payload
        source = self.document.get("event_source")
        self.source = source if isinstance(source, str) else ""

    @property
    def members(self) -> dict[str, Any]:
        """The payload if it is an object, else an empty one."""
        return self.payload if isinstance(self.payload, dict) else {}

    @property
    def context(self) -> dict[str, Any]:
        found = self.document.get("context")
        return found if isinstance(found, dict) else {}


def text_or_none(value: Any) -> str | None:
    """Text that is not blank, stripped."""
    return (value.strip() or None) if isinstance(value, str) else None


def _said(value: Any) -> str | None:
    """Anything but nothing, as text."""
    return text_of(value) or None


def rows_of(event: Event, people: People) -> Iterator[Row]:
    """The rows of an event; those of EdxTrackEvent last."""
    maker = _Maker(event, people)
    maker.make()
    yield from maker.rows


class _Maker:
    """The rows of one event."""

    def __init__(self, event: Event, people: People) -> None:
        self.event, self.people = event, people
        self.rows: list[Row] = []
        self._count = {"a": 0, "m": 0, "s": 0, "i": 0}
        self.main = self._common()

    def _common(self) -> Values:
        event, module = self.event, self.event.context.get("module")
        title = module.get("display_name") if isinstance(module, dict) and not event.placed else None
        return {
            "event_id": event.key,
            "agent": event.agent,
            "event_source": event.source,
            "event_type": event.type,
            "ip_country": event.country,
            "page": event.page,
            "session": self.people.session(event.document.get("session")),
            "time": (_EPOCH + timedelta(microseconds=event.time)).isoformat(timespec="microseconds") + "+00:00",
            "anon_screen_name": event.user,
            "course_id": event.course,
            "course_display_name": event.course,
            "resource_display_name": text_or_none(title),
            "organization": text_or_none(event.context.get("org_id")),
            "load_info_fk": event.load,
        }

    def make(self) -> None:
        event = self.event
        if event.ip:
            self.rows.append((EVENT_IP, {"event_table_id": f"{event.key}:1", "event_ip": event.ip}))
        meaning = meaning_of(event.type, event.source)
        self._fill(meaning)
        self._experiments()
        parts = self._parts(meaning)
        states = list(read.states_of(event.members)) if meaning.submit or event.type in _STATEFUL else []
        self._join(parts, states)

    # ------------------------------------------------------------ columns

    def _set(self, **values: Any) -> None:
        """Set columns, as text where they are text; nothing replaces what is there."""
        for name, value in values.items():
            if value is not None and not self.main.get(name):
                self.main[name] = value

    def _fill(self, meaning: Meaning) -> None:
        members, module = self.event.members, self._first(meaning.module)
        if meaning.clicks:
            self._video(meaning)
        elif meaning.panel:
            self._set(goto_from=members.get("old"), goto_dest=there(members, meaning.panel, number_of))
            if meaning.kind == "book":
                self._set(book_interaction_type=_said(members.get("type")))
        elif meaning.submit and meaning.submit.whole:
            self._whole(meaning)
        if "transcript" in self.event.type:
            self._set(transcript_id=module)
        else:
            self._set(**{module_column(meaning): module})
        fill = _COLUMNS.get(self.event.type)
        if fill:
            self._set(**fill(members, self.people))
        if self.event.type.startswith("/"):
            self._request()
        self._name_module(meaning)

    def _first(self, paths: tuple[str, ...]) -> str | None:
        found: str | None = there(self.event.members, paths, text_or_none)
        return found

    def _video(self, meaning: Meaning) -> None:
        members, clicks = self.event.members, meaning.clicks
        assert clicks
        self._set(**{"transcript_code" if "transcript" in self.event.type else "video_code": there(members, clicks.code, text_or_none)})
        self._set(
            video_current_time=there(members, clicks.current_time, _said),
            video_speed=_said(members.get("speed")),
            video_old_time=there(members, clicks.old_time, _said),
            video_new_time=there(members, clicks.new_time, _said),
            video_seek_type=_said(members.get("type")) or _said(members.get("seek_type")),
            video_old_speed=there(members, clicks.old_speed, _said),
            video_new_speed=_said(members.get("new_speed")),
        )

    def _whole(self, meaning: Meaning) -> None:
        members = self.event.members
        assert meaning.submit and meaning.submit.whole
        whole = meaning.submit.whole
        answer = there(members, whole.answer, lambda value: value)
        answer = answer[0] if isinstance(answer, list) and len(answer) == 1 else answer
        self._set(
            long_answer=essay(answer) if whole.essay else text_of(answer) or None,
            attempts=there(members, whole.attempts, number_of),
            new_score=there(members, whole.earned, number_of),
            new_total=there(members, whole.possible, number_of),
            submission_id=there(members, whole.key, text_or_none),
        )
        right = there(members, whole.correct, lambda value: value if isinstance(value, bool) else None)
        if right is not None:
            self._set(success="correct" if right else "incorrect")

    def _request(self) -> None:
        """What a request on a module posts, by its action."""
        post = self.event.members.get("POST")
        if not isinstance(post, dict):
            return
        _, action = request_of(self.event.type)
        if action == "save_answer":
            text, file, may = (_joined(post.get(name)) for name in ("student_answer", "student_file", "can_upload_files"))
            self.main.update(long_answer=text, student_file=file, can_upload_file=may)
        elif action == "save_grade":
            self._set(submission_id=_joined(post.get("submission")), long_answer=_joined(post.get("feedback")))
        if "location" in post and not self.main.get("question_location"):
            self._set(question_location=_joined(post["location"]))

    def _name_module(self, meaning: Meaning) -> None:
        """The id of a newer module, which the published second stage cannot read anyway, where no other column has it."""
        module = self.event.module
        columns = _MODULE_COLUMNS if meaning.kind == "problem" else (*_MODULE_COLUMNS, "problem_id")
        named = any(self.main.get(column) for column in columns)
        if module and not module.startswith("i4x:") and not named and module not in self.event.type:
            self._set(question_location=module)

    # ------------------------------------------------------------ auxiliary rows

    def _experiments(self) -> None:
        event, base = self.event, {"event_table_id": f"{self.event.key}:1", "event_type": self.event.type}
        if event.type.rpartition(".")[2] in ("assigned_user_to_partition", "child_render"):
            names = ("group_id", "group_name", "partition_id", "partition_name", "child_id")
            group, group_name, partition, partition_name, child = (event.members.get(name) for name in names)
            values = {"group_id": group, "partition_id": partition, "group_name": _said(group_name), "partition_name": _said(partition_name)}
            self.rows.append((EXPERIMENT, {**base, **values, "child_module_id": _said(child)}))
        tags = event.context.get("course_user_tags")
        for name, value in tags.items() if isinstance(tags, dict) else ():
            found = _PARTITION.search(name)
            self.rows.append((EXPERIMENT, {**base, "group_id": value, "partition_id": int(found[1][:18]) if found else None, "partition_name": name}))

    def _parts(self, meaning: Meaning) -> dict[str, Part]:
        event, form = self.event, meaning.submit.form if meaning.submit else ""
        if form == "query":
            text = event.payload if isinstance(event.payload, str) else ""
            parts = read.of_query(text)
            if not parts and text and "=" not in text:
                self._set(problem_id=text.strip())
            return parts
        if form == "post":
            return read.of_post(event.members.get("POST"))
        if form == "graded":
            return read.of_graded(event.payload)
        if form == "maps" or event.type in _STATEFUL:
            members = event.members
            self._set(
                attempts=members.get("attempts"),
                success=_said(members.get("failure")) or _said(members.get("success")),
                new_score=members.get("grade"),
                new_total=members.get("max_grade"),
            )
            return read.of_maps(members)
        return {}

    def _id(self, kind: str) -> str:
        self._count[kind] += 1
        return f"{self.event.key}:{kind}{self._count[kind]}"

    def _answer(self, key: str, answer: str | None) -> str:
        if answer is None:
            return ""
        row = self._id("a")
        self.rows.append((ANSWER, {"answer_id": row, "problem_id": key, "answer": answer, "course_id": self.event.course}))
        return row

    def _mark(self, key: str, mark: Values | None) -> str:
        if mark is None:
            return ""
        row, queue = self._id("m"), mark.get("queuestate")
        if isinstance(queue, dict):
            queue = ":".join(text_of(queue.get(name)) for name in ("key", "time"))
        texts = {name: text_of(mark.get(name)) for name in ("correctness", "msg", "hint", "hintmode")}
        values = {"correct_map_id": row, "answer_identifier": key, "npoints": mark.get("npoints"), **texts, "queuestate": text_of(queue)}
        self.rows.append((CORRECT_MAP, values))
        return row

    def _states(self, states: list[State]) -> dict[str, str]:
        """The rows of the states: the first of each part, and under "" the first of all."""
        found: dict[str, str] = {}
        for state in states:
            for key, (answer, mark, given) in (state.parts or {"": (None, None, None)}).items():
                answer_row, mark_row, input_row = self._answer(key, answer), self._mark(key, mark), ""
                if given is not None:
                    input_row = self._id("i")
                    self.rows.append((INPUT_STATE, {"input_state_id": input_row, "problem_id": key, "state": given}))
                row = self._id("s")
                values = {"state_id": row, "seed": state.seed, "done": str(state.done) if isinstance(state.done, bool) else "None"}
                values |= {"problem_id": key, "student_answer": answer_row, "correct_map": mark_row, "input_state": input_row}
                self.rows.append((STATE, values))
                found.setdefault(key, row)
                found.setdefault("", row)
        return found

    def _join(self, parts: dict[str, Part], states: list[State]) -> None:
        """A row per part that is answered or marked; one row if there is none."""
        made: list[Values] = []
        for key, part in parts.items():
            made.append({"problem_id": key, "answer_fk": self._answer(key, part.answer), "correctMap_fk": self._mark(key, part.mark)})
        of_state = self._states(states)
        for values in made:
            values["state_fk"] = of_state.get(values["problem_id"], "")
        for number, values in enumerate(made or [{"state_fk": of_state.get("", "")}], 1):
            self.rows.append((EVENT, {**self.main, **values, "_id": f"{self.event.key}:{number}"}))


def essay(answer: Any) -> str | None:
    """The text of an open response (rules, section 9): that of `text`, or those of `parts`."""
    if isinstance(answer, str) and answer.strip().startswith("{"):
        found = decoded(answer)
        answer = answer if isinstance(found, str) else found
    if isinstance(answer, dict):
        parts = answer.get("parts")
        if isinstance(answer.get("text"), str):
            answer = answer["text"]
        elif isinstance(parts, list):
            texts = [part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str)]
            answer = texts[0] if len(texts) == 1 else texts
    return None if answer is None else text_of(answer)


def _joined(value: Any) -> str:
    """A field of a request: one value, or several joined."""
    return "; ".join(map(text_of, value)) if isinstance(value, list) else text_of(value)


_MODULE_COLUMNS = ("video_id", "transcript_id", "sequence_id", "question_location")
_STATEFUL = {"problem_rescore", "problem_rescore_fail"}


def _same(**names: str) -> Callable[[Values, People], Values]:
    """Columns that are members of the payload as they are."""
    return lambda members, _: {column: members.get(name) for column, name in names.items()}


def _staff(members: Values, people: People) -> Values:
    return {
        "problem_id": _said(members.get("problem")),
        "student_id": people.of(members.get("student")) or None,
        "instructor_id": people.of_id(members.get("instructor_id")) or None,
        "attempts": members.get("old_attempts"),
    }


def _group(members: Values, people: People) -> Values:
    texts = {"event_name": _said(members.get("event_name")), "group_action": _said(members.get("event"))}
    return {**texts, "group_user": people.of(members.get("user")) or None}


_SCORES = _same(orig_score="orig_score", orig_total="orig_total", new_score="new_score", new_total="new_total")


def _rescore(members: Values, people: People) -> Values:
    return {**_SCORES(members, people), **_staff(members, people)}


def _mode(members: Values, _: People) -> Values:
    return {"mode": _said(members.get("mode"))}


_STAFF_TYPES = (
    "rescore-all-submissions", "reset-all-attempts", "delete-student-module-state", "rescore-student-submission", "reset-student-attempts",
    "get-student-progress-page", "add-instructor", "remove-instructor", "psychometrics-histogram-generation", "problem_reset_attempts",
    "problem_delete_state",
)  # fmt: skip
_COLUMNS: dict[str, Callable[[Values, People], Values]] = {
    "rubric_select": _same(rubric_selection="selection", rubric_category="category"),
    "oe_feedback_response_selected": _same(feedback_response_selected="value"),
    "problem_rescore": _rescore,
    "problem_rescore_fail": _rescore,
    "add-or-remove-user-group": _group,
    "edx.course.enrollment.activated": _mode,
    "edx.course.enrollment.deactivated": _mode,
    "edx.course.enrollment.mode_changed": _mode,
    **dict.fromkeys(_STAFF_TYPES, _staff),
}
"""What some types keep where no declaration says so."""
