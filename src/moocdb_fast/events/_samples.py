"""What the example lines of several families share. All of it is made up."""

from __future__ import annotations

from typing import Any

Envelope = dict[str, Any]

COURSE = "course-v1:Example+MOOC+2024"

BROWSER: Envelope = {"event_source": "browser"}

_COURSE_2013 = {"course_id": "Example/MOOC/2013", "org_id": "Example"}
BROWSER_2013: Envelope = {
    "event_source": "browser",
    "page": "https://courses.example.org/courses/Example/MOOC/2013/courseware/week1/lesson2/",
    "context": _COURSE_2013,
}
SERVER_2013: Envelope = {"page": "x_module", "context": _COURSE_2013}

LEARNER, PEER, TEACHER = ("learner", 1001), ("peer", 1002), ("teacher", 2001)
STAFF: Envelope = {"username": TEACHER[0], "context": {"user_id": TEACHER[1]}}
NOBODY: Envelope = {"username": "", "context": {"user_id": None}}  # the platform itself
TASK: Envelope = {"event_source": "task", "page": "x_module_task", **STAFF}


def course_path(rest: str) -> str:
    """A request path in the example course."""
    return f"/courses/course-v1:Example+MOOC+2024/{rest}"


def block(category: str, name: str) -> str:
    """The id of a block of the example course."""
    return f"block-v1:Example+MOOC+2024+type@{category}+block@{name}"


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
