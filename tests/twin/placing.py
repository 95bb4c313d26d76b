"""Courses for events that name none: old server events know only their i4x module (rules.md, section 6)."""

from __future__ import annotations

from .courses import NEW
from .envelope import Event
from .modules import Module, html

I4X = "i4x://"


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
        event.display_name = None  # placed events say nothing of names
        event.module = _moved(event.module, course) if event.module else None
        for part in event.parts:
            part.module = _moved(part.module, course)


def _moved(module: Module, course: str) -> Module:
    """A module without course in a course, which knows how organisation and number are spelled (a dashed id does not)."""
    if module.course is not None:
        return module
    if module.id.startswith(I4X):
        _, _, category, name = module.id.removeprefix(I4X).split("/")
        organisation, number, _ = course.split("/")
        return Module(f"{I4X}{organisation}/{number}/{category}/{name}", category, name, course)
    return module.within(course)


def _of_course(course: str) -> list[str] | None:
    """Organisation and number of a course `org/number/run`, in html form."""
    return None if course.startswith(NEW) else [html(piece) for piece in course.split("/")[:2]]


def _of_module(event: Event) -> list[str] | None:
    """Organisation and number of an event's i4x module, in html form."""
    if event.module and event.module.id.startswith(I4X):
        return [html(piece) for piece in event.module.id.removeprefix(I4X).split("/")[:2]]
    return None
