"""Courses for events that name none: old server events know only their i4x module (rules.md, section 6)."""

from __future__ import annotations

from .courses import NEW
from .envelope import Event


def place(events: list[Event]) -> None:
    """Give events without a course the one they must belong to. `events` come in canonical order and know their user."""
    seen = [e for e in events if e.fate is None and e.meaning.fate != "echo"]
    named = [(e, numbers) for e in seen if e.course and (numbers := _of_course(e.course))]
    places: list[tuple[Event, str]] = []
    for event in seen:
        wanted = _of_module(event) if event.course is None else None
        runs = [e for e, numbers in named if numbers == wanted]
        of_user = [e for e in runs if e.user == event.user]
        before = [e for e in of_user if e.ordinal < event.ordinal]
        best = before[-1:] or of_user[:1] or runs[:1]
        if best and best[0].course:
            places.append((event, best[0].course))
    for event, course in places:
        event.course = course
        event.module = event.module.within(course) if event.module else None
        for part in event.parts:
            part.module = part.module.within(part.module.course or course)


def _of_course(course: str) -> list[str] | None:
    """Organisation and number of a course `org/number/run`."""
    return None if course.startswith(NEW) else course.split("/")[:2]


def _of_module(event: Event) -> list[str] | None:
    """Organisation and number of an event's i4x module."""
    if event.module and event.module.id.startswith("i4x://"):
        return event.module.id.removeprefix("i4x://").split("/")[:2]
    return None
