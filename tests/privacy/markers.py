"""A synthetic log in which everything personal is a marker: a text that occurs nowhere else, one for each kind of datum and place.

The places are those where platforms have been seen to put such data: every field of the envelope, paths, addresses, form posts, payloads,
lines that are broken. What learners write themselves (answers, posts) and what authors call their modules is no such place: those
texts are what the tables are about, and docs/explanation/guarantees.md says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

COURSE = "course-v1:ExampleX+PRIV101+2024"
HOST = "https://courses.example.org"
PAGE = f"{HOST}/courses/{COURSE}/courseware/u/s/"
BLOCK = "block-v1:ExampleX+PRIV101+2024+type@problem+block@p1"


@dataclass
class Markers:
    """Makes markers and remembers them: text → kind and place."""

    known: dict[str, str] = field(default_factory=dict)

    def __call__(self, kind: str, place: str) -> str:
        number = len(self.known) + 1
        made = {
            "name": f"zqlearner{number:04}x",
            "mail": f"zqmail{number:04}x@mail.example.org",
            "real name": f"Zqfirst{number:04}x Zqlast{number:04}x",
            "ipv4": f"198.{18 + number % 2}.{number // 200 + 20}.{number % 200 + 20}",
            "ipv6": f"2001:db8:{number:04x}:beef::{number:x}",
            "id": f"7100{number:04}0017",
            "session": f"5e55{number:028x}",
        }[kind]
        self.known[made] = f"{kind} in {place}"
        return made

    def of(self, kind: str) -> set[str]:
        return {text for text, what in self.known.items() if what.startswith(f"{kind} in ")}


@dataclass
class Log:
    """Lines of a log. Each has an envelope of markers of its own and whatever its place adds."""

    markers: Markers = field(default_factory=Markers)
    lines: list[bytes] = field(default_factory=list)

    def event(self, place: str, **more: object) -> dict[str, object]:
        """An event of a person of its own."""
        m, second = self.markers, len(self.lines)
        context = {"course_id": COURSE, "user_id": int(m("id", f"{place}: context")), "org_id": "ExampleX", "path": f"/courses/{COURSE}/u/"}
        made = {
            "username": m("name", f"{place}: username"),
            "ip": m("ipv6" if second % 3 == 0 else "ipv4", f"{place}: ip"),
            "session": m("session", f"{place}: session"),
            "time": f"2024-09-03T{10 + second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.25+00:00",
            "agent": "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0",
            "host": "courses.example.org",
            "referer": PAGE,
            "accept_language": "en",
            "event_source": "browser",
            "event_type": "seq_next",
            "page": PAGE,
            "event": {},
        }
        if isinstance(more.get("context"), dict):
            more["context"] = context | more["context"]  # type: ignore[operator]
        return made | {"context": context} | more

    def add(self, place: str, **more: object) -> None:
        self.lines.append(json.dumps(self.event(place, **more)).encode())

    def text(self) -> bytes:
        return b"".join(line + b"\n" for line in self.lines)


def make_log() -> Log:
    """A line for each place."""
    log = Log()
    for place, more in (*_envelopes(log.markers), *_paths(log.markers), *_payloads(log.markers)):
        log.add(place, **more)
    log.lines += _broken(log)
    text = log.text().decode("utf-8", "replace")
    log.markers.known = {marker: place for marker, place in log.markers.known.items() if marker in text}  # others were replaced or cut off
    return log


Place = tuple[str, dict[str, object]]
SERVER: dict[str, object] = {"event_source": "server", "page": None}


def _envelopes(m: Markers) -> Iterator[Place]:
    for kind in ("mail", "real name", "ipv4", "ipv6", "id"):
        yield f"username {kind}", {"username": m(kind, "username")}
        yield f"agent {kind}", {"agent": f"Mozilla/5.0 (compatible; ExampleBot/1.0; +{m(kind, 'agent')})"}
        yield f"odd agent {kind}", {"agent": m(kind, "agent alone")}
        yield f"language {kind}", {"accept_language": m(kind, "accept_language")}
        yield f"host {kind}", {"host": m(kind, "host")}
        yield f"referer {kind}", {"referer": f"{PAGE}?who={m(kind, 'referer')}"}
        yield f"unknown field {kind}", {"extra": {"who": [m(kind, "a field that nobody knows")]}, m(kind, "name of a field"): 1}
        context = {"user": {"email": m(kind, "context user")}, "path": f"/u/{m(kind, 'context path')}", "client": {"ip": m(kind, "context client")}}
        yield f"context {kind}", {"context": context}
    for header in ("ipv4", "ipv6"):
        yield f"forwarded {header}", {"ip": f"{m(header, 'ip, first')}, {m(header, 'ip, second')}"}
        yield f"nobody {header}", {"username": "", "ip": m(header, "ip of nobody")}
    yield "masquerade", {"context": {"masquerade_username": m("name", "masquerade"), "user_id": m("id", "context as text")}}


def _paths(m: Markers) -> Iterator[Place]:
    for kind in ("name", "mail", "id", "ipv4"):
        yield f"query {kind}", {"page": f"{PAGE}?user={m(kind, 'query of the page')}&x=1#{m(kind, 'fragment of the page')}"}
        yield f"request query {kind}", SERVER | {"event_type": f"/courses/{COURSE}/info?user={m(kind, 'query of a request')}"}
        yield f"login {kind}", SERVER | {"event_type": f"/login?next=/u&email={m(kind, 'query of a login')}"}
    yield (
        "log in of a url",
        {"page": f"https://{m('name', 'user of a URL')}:{m('session', 'password of a URL')}@courses.example.org/courses/{COURSE}/info"},
    )
    for kind, path in (
        ("name", "/u/{}"),
        ("name", f"/courses/{COURSE}/discussion/forum/users/{{}}/followed"),
        ("id", f"/courses/{COURSE}/discussion/forum/users/{{}}"),
        ("id", f"/courses/{COURSE}/progress/{{}}"),
        ("id", f"/courses/{COURSE}/progress/{{}}/"),
        ("name", "/api/user/v1/accounts/{}"),
        ("name", "/api/user/v1/preferences/{}/pref-lang"),
        ("mail", "/api/user/v1/accounts?email={}"),
        ("id", "/certificates/user/{}/course/" + COURSE),
        ("id", f"/courses/{COURSE}/xqueue/{{}}/{BLOCK}/score_update"),
    ):
        yield f"request {path}", SERVER | {"event_type": path.format(m(kind, f"request {path}"))}
        yield f"page {path}", {"event_type": "page_view", "page": HOST + path.format(m(kind, f"page {path}"))}


def _payloads(m: Markers) -> Iterator[Place]:
    def form(place: str, **more: object) -> dict[str, object]:
        values = {
            "username": m("name", place),
            "email": m("mail", place),
            "name": m("real name", place),
            "mailing_address": m("mail", f"{place}, address"),
        }
        return {"POST": {key: [value] for key, value in values.items()} | more, "GET": {"email": [m("mail", f"{place}, GET")]}}

    for path in ("/create_account", "/login_ajax", "/user_api/v1/account/registration/", "/change_email", "/account/name_change"):
        yield f"form {path}", SERVER | {"event_type": path, "event": json.dumps(form(f"form {path}"))}
    for setting, kind in (("email", "mail"), ("name", "real name"), ("secondary_email", "mail"), ("username", "name")):
        event = {
            "setting": setting,
            "old": m(kind, f"old {setting}"),
            "new": m(kind, f"new {setting}"),
            "user_id": int(m("id", f"setting {setting}")),
        }
        yield f"setting {setting}", SERVER | {"event_type": "edx.user.settings.changed", "event": event | {"table": "auth_user", "truncated": []}}
    person = {
        "user_id": int(m("id", "enrolment")),
        "course_id": COURSE,
        "mode": "honor",
        "username": m("name", "enrolment"),
        "email": m("mail", "enrolment"),
    }
    yield "enrolment", SERVER | {"event_type": "edx.course.enrollment.activated", "event": person}
    yield "payload as text", {"event_type": "seq_goto", "event": json.dumps({"old": 1, "new": 2, "id": "x", "user": m("mail", "payload as text")})}
    yield "payload no JSON", {"event": f"who={m('mail', 'payload that is no JSON')}&name={m('name', 'payload that is no JSON')}"}
    yield "payload cut", {"event": json.dumps({"id": "x", "email": m("mail", "payload that is cut")})[:-3]}
    yield "unknown type", {"event_type": "acme.thing.happened", "event": {"who": m("mail", "unknown type"), "ip": m("ipv4", "unknown type")}}
    student = {"student": m("name", "instructor"), "instructor_id": m("id", "instructor"), "email": m("mail", "instructor"), "problem_url": BLOCK}
    yield "instructor", SERVER | {"event_type": "delete-student-module-state", "event": student}
    yield (
        "group",
        SERVER | {"event_type": "add-or-remove-user-group", "event": {"event_name": "beta-tester", "user": m("name", "group"), "event": "add"}},
    )
    for kind in ("name", "mail", "real name", "id"):
        check = {"problem_id": BLOCK, "answers": {"p1_2_1": "choice_1"}, "state": {"student": m(kind, "state of a problem")}, "attempts": 1}
        yield f"check {kind}", SERVER | {"event_type": "problem_check", "event": check}
        yield (
            f"grade {kind}",
            SERVER
            | {
                "event_type": "edx.grades.problem.submitted",
                "event": {
                    "user_id": m(kind, "grades"),
                    "instructor_id": m(kind, "grades, instructor"),
                    "problem_id": BLOCK,
                    "weighted_earned": 1,
                    "weighted_possible": 2,
                },
            },
        )
        viewed = {
            "category_id": "t",
            "content": {"author": m(kind, "forum content")},
            "user_id": m(kind, "forum"),
            "target_username": m(kind, "forum target"),
        }
        yield f"forum {kind}", SERVER | {"event_type": "edx.forum.thread.viewed", "event": viewed}
        certificate = {
            "user_id": m(kind, "certificate"),
            "certificate_id": "c1",
            "certificate_url": f"{HOST}/certificates/user/{m(kind, 'certificate url')}",
        }
        yield (
            f"certificate {kind}",
            SERVER | {"event_type": "edx.certificate.created", "event": certificate | {"course_id": COURSE, "enrollment_mode": "honor"}},
        )
        team = {"team_id": "t1", "user_id": m(kind, "team"), "search_text": "x"}
        yield f"team {kind}", SERVER | {"event_type": "edx.team.learner_added", "event": team}
        essay = {
            "submission_uuid": "u1",
            "scorer_id": m(kind, "scorer"),
            "score_type": "PE",
            "feedback": "ok",
            "parts": [],
            "student_id": m(kind, "essay"),
        }
        yield f"essay {kind}", SERVER | {"event_type": "openassessmentblock.peer_assess", "event": essay}


def _broken(log: Log) -> list[bytes]:
    """Lines that are rejected or repaired, each with markers in every part."""
    m = log.markers

    def whole(place: str, **more: object) -> bytes:
        return json.dumps(log.event(place, email=m("mail", place), **more)).encode()

    return [
        whole("no JSON").replace(b'"host":', b'"host"'),
        whole("cut early")[:60],
        whole("cut late")[:-40],
        whole("no time", time=""),
        whole("bad time", time=m("mail", "time")),
        whole("no type", event_type=""),
        b"Sep  3 10:15:00 web-1 " + m("mail", "prefix").encode() + b" [tracking]: " + whole("behind a prefix"),
        whole("broken UTF-8").replace(b'"en"', b'"\xff\xfe"'),
        whole("stray backslash").replace(b'"en"', b'"e\\n\\q"'),
        whole("two objects, first") + whole("two objects, second"),
        json.dumps([m("name", "array"), m("mail", "array"), m("ipv4", "array")]).encode(),
        json.dumps({"user": m("name", "object that is no event"), "email": m("mail", "object that is no event")}).encode(),
        json.dumps(m("mail", "text alone")).encode(),
        m("mail", "bare text").encode() + b" " + m("ipv4", "bare text").encode(),
        b"[" * 1100 + whole("too deep") + b"]" * 1100,
        whole("NUL").replace(b'"en"', b'"e\\u0000n"') + b"\0" + m("mail", "behind NUL").encode(),
    ]
