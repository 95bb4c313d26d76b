"""What the rules may look at besides a line itself: both outputs by line, and each user's lines in time order."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import defaultdict
from datetime import datetime, timedelta

from . import predict
from .align import Aligned
from .records import Event, Output, Submission, plain, same_problem
from .source import LOST, Line

_BLANKS = "".join(map(chr, range(0x21)))
_FIELDS = ("problem_id", "problem", "id", "location")
FRESH = timedelta(hours=1)
_WINDOW = timedelta(seconds=60)

# Paths that no learner asks for as a page, written down here again so that the rule does not rest on the translator's table.
_BACKGROUND = re.compile(
    r"/(heartbeat|login_ajax|login|logout|accounts/login|create_account|change_enrollment|jsi18n|static/.*|favicon\.ico"
    r"|password_reset_confirm/.*)/?$"
    r"|/courses/[^/]+/[^/]+/[^/]+/(xqueue/.*|discussion/.*/inline/?|modx/i4x://[^/]+/[^/]+/video(alpha)?/[^/]+/save_user_state)$"
)
_COURSE = re.compile(r"/courses/([^/]+/[^/]+/[^/?#]+)")
_STUDIO = re.compile(r"/(preview|preview_component)/")


class Context:
    """One case."""

    def __init__(self, lines: list[Line], old: Aligned, ours: Output, key: bytes) -> None:
        self.lines = lines
        self.old_events = old.events
        self.old_submissions = old.submissions
        self.events: dict[int, list[Event]] = defaultdict(list)
        self.submissions: dict[int, list[Submission]] = defaultdict(list)
        for e in ours.events:
            self.events[e.line].append(e)
        for s in ours.submissions:
            self.submissions[s.line].append(s)
        self.activities = ours.activities
        self.pages: dict[int, tuple[str, str]] = {}  # theirs and ours, of the lines looked at so far
        self._key = key
        self._first: dict[tuple[object, datetime | None, bytes], int] = {}
        self._by_user: dict[str, list[Line]] = defaultdict(list)
        for line in lines:
            self._by_user[str(line.user)].append(line)
            self._first.setdefault((line.user, line.utc, line.raw), line.number)

        self._courses = _courses(lines)

    def course(self, line: Line) -> str | None:
        """The course of a line: named by it, else that of the same user with the module's organisation and number."""
        return self._courses[line.number]

    def time(self, line: Line) -> datetime | None:
        """When it happened: as we say where we have a row, else as the line says."""
        rows = [*self.events.get(line.number, []), *self.submissions.get(line.number, [])]
        return rows[0].time if rows else line.utc

    def user(self, line: Line) -> str | None:
        """Our key of the line's user, also of one whose line only we could read."""
        rows = [*self.events.get(line.number, []), *self.submissions.get(line.number, [])]
        if rows:
            return rows[0].user
        return self.pseudonym(line.user) if isinstance(line.user, str) else None

    def pseudonym(self, name: str) -> str:
        """Our user key of a name."""
        return hmac.new(self._key, b"n:" + name.strip(_BLANKS).encode("utf-8"), hashlib.sha256).hexdigest()[:40]

    def is_duplicate(self, line: Line) -> bool:
        """T2: the same bytes at the same time by the same user were there before."""
        return line.utc is not None and self._first[(line.user, line.utc, line.raw)] < line.number

    def echoes(self, line: Line, problem: str) -> list[Submission]:
        """Our submissions of the same user, problem and act within 60 s that stem from another line."""
        whole = problem.split("/")[:4]
        return [
            s
            for n in self.near(line)
            if act(n) == act(line)
            for s in self.submissions.get(n.number, [])
            if same_problem(s.problem).split("/")[:4] == whole
        ]

    def near(self, line: Line) -> list[Line]:
        """The other lines of the user within 60 s."""
        return [n for n in self.lines_of(line) if n.number != line.number and self._near(line, n)]

    def lines_of(self, line: Line) -> list[Line]:
        """All lines of the line's user, in the order of the log."""
        return self._by_user[str(line.user)]

    @staticmethod
    def _near(a: Line, b: Line) -> bool:
        return a.user == b.user and a.utc is not None and b.utc is not None and abs(a.utc - b.utc) <= _WINDOW


def _named_course(line: Line) -> str | None:
    context = (line.obj or {}).get("context")
    if isinstance(context, dict) and context.get("course_id"):
        return str(context["course_id"])
    if line.payload.get("course_id"):
        return str(line.payload["course_id"])
    return next((m[1] for m in map(_COURSE.search, (line.page, line.type)) if m), None)


def _courses(lines: list[Line]) -> dict[int, str | None]:
    """Named courses; a module without one belongs to that course of its organisation and number in which its user was last seen."""
    found = {line.number: _named_course(line) for line in lines}
    seen = [line for line in lines if found[line.number] and not is_background(line) and not is_studio(line)]
    for line in lines:
        module = module_of(line)
        if found[line.number] is None and module:
            fitting = [n for n in seen if [plain(p) for p in (found[n.number] or "").split("/")[:2]] == [plain(p) for p in module[:2]]]
            own = [n for n in fitting if n.user == line.user]
            near = [*[n for n in own if n.number < line.number][-1:], *[n for n in own if n.number > line.number], *fitting]
            found[line.number] = found[near[0].number] if near else None
    return found


def module_of(line: Line) -> tuple[str, str, str, str] | None:
    """Organisation, number, category and name of the module that the line names, as written there."""
    texts = [line.payload.get(f) for f in _FIELDS] if not line.is_path else [line.post.get("location"), line.type]
    for text in texts:
        text = text[0] if isinstance(text, list) and text else text
        if not isinstance(text, str):
            continue
        m = re.search(r"i4x://?([^/]+)/([^/]+)/([^/]+)/([^/?]+)", text) or re.search(r"i4x-([^-]+)-([^-]+)-([^-]+)-(.+)", text)
        if m:
            return m[1], m[2], m[3], m[4]
    return None


def act(line: Line) -> str:
    """check, save or reset: what a submitting line does; empty for others."""
    kind = predict.old_type(line)
    if predict.code(line) is None and kind != "i4x_problem_problem_reset":
        return ""
    return next(a for a in ("reset", "check", "graded", "save") if a in kind.replace("save_problem_check", "check")).replace("graded", "check")


def is_anonymous(line: Line) -> bool:
    """T7: nobody is named."""
    name = line.user
    context = (line.obj or {}).get("context")
    has_id = isinstance(context, dict) and context.get("user_id") not in (None, "")
    return not has_id and (not isinstance(name, str) or not name.strip())


def is_background(line: Line) -> bool:
    """T6: a path that is no page."""
    return bool(_BACKGROUND.match(line.type))


def is_studio(line: Line) -> bool:
    """T16: an author's preview."""
    return bool(_STUDIO.match(line.type))


def absence(context: Context, line: Line) -> str | None:
    """The rule by which we make no row of a line at all, whatever kind of row it would be."""
    if is_studio(line):
        return "studio"
    if is_background(line):
        return "background"
    if is_anonymous(line):
        return "anonymous"
    if context.is_duplicate(line):
        return "duplicate"
    return None


def rescue(line: Line) -> str | None:
    """The rule by which the published pipeline made no row of a line, whatever kind of row it would be."""
    if line.obj is None:
        return "rescued_json"
    if line.clock is None:
        return "rescued_time"
    if not isinstance(line.ip, str) or not re.fullmatch(r"\d+\.\d+\.\d+\.\d+", line.ip):
        return "rescued_ip"
    if line.event is LOST:
        return "rescued_payload"
    if not all(v.isascii() for v in _uncleaned(line)):
        return "rescued_ascii"
    return None


def _uncleaned(line: Line) -> list[str]:
    """The values that the published pipeline did not make ASCII before it wrote them."""
    found = [line.page] if line.browser else []
    found += [line.type] if not line.type.startswith("/courses/") else []
    name = line.user if isinstance(line.user, str) else ""
    found += [c for c in name if c == "\x80"]  # the one character its cleaning forgot
    found += [v for k, v in line.payload.items() if isinstance(v, str) and k in ("id", "code", "location", "problem", "problem_id")]
    maps = line.payload.get("correct_map")
    found += [str(m.get("hint", "")) for m in maps.values() if isinstance(m, dict)] if isinstance(maps, dict) else []
    return found
