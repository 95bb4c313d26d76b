"""The example line of each declaration: an ordinary line, with what the declaration says is special about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from . import FAMILIES, TYPES, declarations
from ._samples import COURSE, course_page
from ._spec import Declared, EventType, PathPattern

Line = dict[str, Any]

_PAGE = course_page("courseware/week1/lesson2/")
_STEP = 10  # seconds from line to line of a scene


def examples() -> list[Declared]:
    """The declarations that have an example, in their order."""
    return [declared for family in FAMILIES.values() for declared in declarations(family) if has_example(declared)]


def has_example(declared: Declared) -> bool:
    """Whether the declaration says what a line of it looks like."""
    return bool(declared.path) if isinstance(declared, PathPattern) else declared.example is not None


def scene(declared: Declared) -> list[Line]:
    """The example lines that must come before, and that of the declaration itself as the last one."""
    cast = [_before(name) for name in _all_before(declared)] if isinstance(declared, EventType) else []
    lines = [_line(each) for each in (*cast, declared)]
    year = _year(lines[-1])
    start = datetime.fromisoformat(f"{year}-03-05T10:15:00+00:00")
    for number, line in enumerate(lines):
        line["time"] = line["time"] or (start + timedelta(seconds=_STEP * number)).isoformat()
    return lines


def example(declared: Declared) -> Line:
    """The example line itself."""
    return scene(declared)[-1]


def text(line: Line) -> str:
    """A line as a log has it."""
    return json.dumps(line, ensure_ascii=False)


def _all_before(declared: EventType, seen: tuple[str, ...] = ()) -> list[str]:
    """The names in `after`, each behind those that itself comes after."""
    names: dict[str, None] = {}
    for name in declared.after:
        if name not in seen:
            names |= dict.fromkeys((*_all_before(_before(name), (*seen, name)), name))
    return list(names)


def _before(name: str) -> EventType:
    """The type of a name in `after`: of a browser's and a server's type with one name the server's, the record."""
    found = [t for t in TYPES if name in (t.name, *t.also) and has_example(t)]
    if not found:
        raise ValueError(f"`after` names {name}, of which there is no example")
    return next((t for t in found if t.source == "server"), found[0])


def _line(declared: Declared) -> Line:
    line: Line = {
        "username": "learner",
        "event_source": "browser" if isinstance(declared, EventType) and declared.source == "browser" else "server",
        "event_type": declared.path if isinstance(declared, PathPattern) else declared.name,
        "time": "",
        "page": None,
        "context": {"course_id": COURSE, "org_id": "Example", "user_id": 1001},
    }
    special = declared.envelope
    line = _merged(line, special)
    browser = line["event_source"] == "browser"
    if browser and line["page"] is None and "page" not in special:
        line["page"] = _PAGE
    if "event" not in line:
        line["event"] = _payload(declared, browser)
    return line


def _payload(declared: Declared, browser: bool) -> Any:
    """The payload as its sender writes it: browsers and requests as text, the server as it is."""
    payload = declared.example
    if isinstance(declared, PathPattern):
        request = payload if isinstance(payload, str) else {"POST": {}, "GET": {}} | dict(payload or {})
        return request if isinstance(request, str) else text(request)
    return text(payload) if browser and isinstance(payload, Mapping | list) else payload  # type: ignore[arg-type]


def _merged(line: Line, special: Mapping[str, Any]) -> Line:
    """`special` over `line`, objects member by member."""
    merged = dict(line)
    for name, value in special.items():
        below = merged.get(name)
        merged[name] = _merged(below, value) if isinstance(below, dict) and isinstance(value, Mapping) else value
    return merged


def _year(line: Line) -> str:
    """The year in the course id: an example of 2013 is of a course of 2013."""
    course = (line.get("context") or {}).get("course_id") or ""
    year = str(course)[-4:]
    return year if year.isdecimal() else "2024"
