"""Course ids (rules.md, section 6)."""

from __future__ import annotations

import re

from .text import BLANKS, strip

NEW = ("course-v1:", "ccx-v1:")


def read_course(value: object) -> str | None:
    """The canonical form of a course id; None if it is not valid."""
    if not isinstance(value, str):
        return None
    course = strip(value).rstrip("/")
    course = re.sub("%3A", ":", course, flags=re.IGNORECASE)
    course = re.sub("%2B", "+", course, flags=re.IGNORECASE)
    if course.startswith(NEW):
        course = course.replace(" ", "+")
    return course if _is_valid(course) else None


def _is_valid(course: str) -> bool:
    if any(mark in BLANKS for mark in course) or len(course.encode()) > 255:
        return False
    if course.startswith(NEW):
        parts = course.split(":", 1)[1].split("+")
        return len(parts) >= 3 and all(parts)
    parts = course.split("/")
    return len(parts) == 3 and all(parts) and ":" not in course
