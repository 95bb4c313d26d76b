"""Which declaration an event type goes back to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from . import PATHS, REQUESTS, TYPES
from ._spec import Declared, PathPattern


def name_of(line: Mapping[str, Any]) -> str:
    """The type of an event as logged: the first of `event_type` and `name` that is text and not blank."""
    given = (line.get("event_type"), line.get("name"))
    return next((text.strip() for text in given if isinstance(text, str) and text.strip()), "")


def declaration(name: str, source: str = "server") -> Declared | None:
    """What declares an event type, by its name as logged or by its observed_event_type; of types that depend on the source that of
    `source`, if it is there. None for types that nobody declares and for page views and background requests, which many patterns declare."""
    other = "server" if source == "browser" else "browser"
    if found := _of_observed_type(name):
        return next((t for t in found if isinstance(t, PathPattern) or t.source != other), found[0])
    return next((t for t in TYPES if "**" in t.name and t.source != other and _matches(t.name, name)), None)


def is_declared(observed_type: str) -> bool:
    """Whether the translator was taught an observed_event_type."""
    return observed_type in REQUESTS or bool(_of_observed_type(observed_type))


def reads_payload(observed_type: str) -> bool:
    """Whether any declaration of an observed_event_type makes the kernel read the payload."""
    return any(declared.meaning.reads_payload for declared in _of_observed_type(observed_type))


def _of_observed_type(name: str) -> list[Declared]:
    found = _by_name().get(name, [])
    if not found and name.startswith("i4x_") and (request := _request(name.removeprefix("i4x_"))):
        return [request]
    return found


@cache
def _by_name() -> dict[str, list[Declared]]:
    names: dict[str, list[Declared]] = {}
    for t in TYPES:
        for name in (t.label or t.name, *t.also):
            names.setdefault(name, []).append(t)
    for p in PATHS:
        if p.label:
            names.setdefault(p.label, []).append(p)
    return names


@cache
def _request(text: str) -> PathPattern | None:
    """The declaration of a request on a module, `<category>_<action>` or `<category>`: the first that fits, as for paths."""
    for p in PATHS:
        if not p.action:
            continue
        for category in p.categories or ("*",):
            head = "[^_].*" if category == "*" else re.escape(category)
            tail = "(_.*)?" if p.action == "*" else f"_{re.escape(p.action)}"
            if re.fullmatch(head + tail, text, re.DOTALL):
                return p
    return None


def _matches(pattern: str, name: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("**"))), name, re.DOTALL) is not None
