"""What the example lines of several families share. All of it is made up."""

from __future__ import annotations

from typing import Any

Envelope = dict[str, Any]

_SITE = "https://courses.example.org"

_RUN = "Example+MOOC+2024"
COURSE = f"course-v1:{_RUN}"

BROWSER: Envelope = {"event_source": "browser"}

ID_2013 = "Example/MOOC/2013"
COURSE_2013: Envelope = {"course_id": ID_2013, "org_id": "Example"}
BROWSER_2013: Envelope = {
    "event_source": "browser",
    "page": f"{_SITE}/courses/{ID_2013}/courseware/week1/lesson2/",
    "context": COURSE_2013,
}
SERVER_2013: Envelope = {"page": "x_module", "context": COURSE_2013}
OUTSIDE: Envelope = {"context": {"course_id": "", "org_id": ""}}  # on no course

LEARNER, PEER, TEACHER = ("learner", 1001), ("peer", 1002), ("teacher", 2001)
STAFF: Envelope = {"username": TEACHER[0], "context": {"user_id": TEACHER[1]}}
NOBODY: Envelope = {"username": "", "context": {"user_id": None}}  # the platform itself
TASK: Envelope = {"event_source": "task", "page": "x_module_task", **STAFF}


def course_path(rest: str) -> str:
    """A request path in the example course."""
    return f"/courses/{COURSE}/{rest}"


def course_page(rest: str) -> str:
    """The address of a page of the example course."""
    return f"{_SITE}{course_path(rest)}"


def block(category: str, name: str) -> str:
    """The id of a block of the example course."""
    return f"block-v1:{_RUN}+type@{category}+block@{name}"


def i4x(category: str, name: str) -> str:
    """The id of a module of the example course of 2013."""
    return f"i4x://Example/MOOC/{category}/{name}"


def inside(category: str, name: str, user: tuple[str, int] = LEARNER) -> Envelope:
    """The rest of the line of an event that happened in a block."""
    module = {"display_name": name.replace("_", " ").capitalize(), "usage_key": block(category, name)}
    return {"username": user[0], "page": "x_module", "context": {"user_id": user[1], "module": module}}


def handler(category: str, name: str, action: str) -> str:
    """The path of a request on a block of the example course."""
    return course_path(f"xblock/{block(category, name)}/handler/{action}")
