"""Named types: what they mean, and under which name they are counted (rules.md, sections 5 and 12)."""

from __future__ import annotations

import re

from moocdb_fast import events

_NOBODYS = events.EventType("", events.OTHER, "")


def declaration_of(name: str, source: object) -> events.EventType:
    """The declaration of a name and its source; else of the first name with `**` that matches; else that of types nobody declared."""
    told = [t for t in events.TYPES if t.source == "any" or (t.source == "browser") == (source == "browser")]
    exact = (t for t in told if name in _names(t) and "**" not in name)
    starred = (t for t in told for pattern in _names(t) if "**" in pattern and _matches(pattern, name))
    return next(exact, None) or next(starred, None) or _NOBODYS


def canonical(name: str) -> str:
    """A declared name stands for its other names."""
    return next((t.name for t in events.TYPES if name in t.also), name)


def _names(declared: events.EventType) -> tuple[str, ...]:
    return declared.name, *declared.also


def _matches(pattern: str, name: str) -> bool:
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("**")), name, flags=re.DOTALL) is not None
