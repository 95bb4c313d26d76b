"""The payload as it stands on the line, for event_payloads (rules.md, section 12)."""

from __future__ import annotations

from .strictjson import Members


def standing_payload(text: str) -> str | None:
    """The text of `event`, or of `data` when that is missing, of the object in `text`: of a string the string, of anything else its source."""
    members = Members(text)
    name = next((n for n in ("event", "data") if n in members.values), None)
    if name is None:
        return None
    value = members.values[name]
    return value if isinstance(value, str) else members.sources[name]
