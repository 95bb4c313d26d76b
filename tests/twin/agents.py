"""Names of browsers and systems, as the ua-parser library sees them (rules.md, section 12)."""

from __future__ import annotations

from functools import cache

from ua_parser import parse


@cache
def names_of(agent: str | None) -> tuple[str | None, str | None]:
    """System and browser of a user agent."""
    if agent is None:
        return None, None
    seen = parse(agent)
    return _name(seen.os), _name(seen.user_agent)


def _name(seen: object) -> str:
    if seen is None:
        return "Other"
    family, major, minor = (getattr(seen, part) for part in ("family", "major", "minor"))
    version = f"{major}.{minor}" if major and minor else major
    return f"{family} {version}" if version else str(family)
