"""Pages: why an event stands on another page here than there, seen from what the user did before."""

from __future__ import annotations

import re
from datetime import timedelta

from . import predict
from .context import FRESH, Context, is_background, rescue
from .source import Line

_UNKNOWN = "https://unknown/"
_DAY = timedelta(days=1)
_PLACE = re.compile(r"(https?://[^/]+/courses/[^/]+/[^/]+/[^/]+/courseware/[^/]+/[^/]+/)(?:(-?\d{1,3})/)?$")


def why_page(context: Context, line: Line, theirs: str, mine: str) -> str | None:
    """The rule by which `theirs` became `mine`."""
    kind = predict.old_type(line)
    own = _own(context, line, theirs, mine, kind)
    if own:
        return own
    if mine == _UNKNOWN and context.course(line) is None and not line.is_path and not line.page.startswith(("/", "http")):
        return "no_course"
    before = _before(context, line)
    if _is_disordered(context, line, before):
        return "time_order"
    place = _place(mine)[0] or _place(theirs)[0]
    since = _since(before, place)
    if any(b.type == "page_close" and _address(b) == place for b in since):
        return "page_close_location"
    if since and _is_stale(line, before, theirs):
        return "stale_location"
    if (_is_at(theirs, place) and _is_at(mine, place)) or theirs == _UNKNOWN:
        if any(_dropped_by_them(context, b) and _address(b) == place for b in since):
            return "kept_row_moves"
        if any(_is_elsewhere(b) for b in since):
            return "last_course_page"
        if _is_carried(context, before, theirs, mine):
            return "carried"
    return None


def _own(context: Context, line: Line, theirs: str, mine: str, kind: str) -> str | None:
    """What the line itself says."""
    base, panel = _place(mine)
    new = line.payload.get("new")
    if kind.startswith("seq_"):
        if theirs == "" and mine == _UNKNOWN:
            return "pageless_navigation"
        if new == 0 and theirs.endswith("/-1/"):
            return "no_destination"
        if panel is None or str(new) != panel:
            return None
        if _place(theirs)[0] == base:
            return "panel_destination"
        return "panel_place" if sorted(theirs.split("/")) == sorted(mine.split("/")) else None
    if kind == "book":
        return "book_panel" if "/courseware/" in mine and theirs == f"{base}{new}/" else "book_page"
    if line.is_path and not line.type.isascii():
        return "ascii_page" if theirs.isascii() else None
    if line.page.startswith("/") and theirs == f"{base}1/" and panel is None:
        return "relative_page"
    address = line.type if line.is_path else line.page
    given = _place((f"https://{line.host}{address}" if address.startswith("/") else address).rstrip("/") + "/")[1]
    return "explicit_panel" if given is not None and given == panel else None


def _place(page: str) -> tuple[str, str | None]:
    """Unit and sub-unit address, and panel."""
    m = _PLACE.match(page)
    return (m[1], m[2]) if m else ("", None)


def _address(line: Line) -> str:
    """The sub-unit a line is on by itself."""
    text = f"https://{line.host}{line.type}" if line.is_path else line.page
    return _place(text.split("?")[0].rstrip("/") + "/")[0]


def _before(context: Context, line: Line) -> list[Line]:
    """The user's earlier lines, as the log has them, latest first."""
    return [n for n in reversed(context.lines_of(line)) if n.number < line.number and n.utc is not None]


def _since(before: list[Line], place: str) -> list[Line]:
    """The lines since the user was last on the place by a line of its own, that one included."""
    found = []
    for n in before:
        found.append(n)
        if _address(n) == place and n.type != "page_close":
            break
    return found


def _is_disordered(context: Context, line: Line, before: list[Line]) -> bool:
    """Whether the log has lines of the user before this one that came later, or behind it that came earlier."""
    if line.utc is None:
        return False
    behind = [n for n in context.lines_of(line) if n.number > line.number and n.utc is not None]
    return any(n.utc > line.utc for n in before) or any(n.utc < line.utc for n in behind)


def _is_stale(line: Line, before: list[Line], theirs: str) -> bool:
    """D22: they took the location's age modulo a day, so one of yesterday, same hour, counted as fresh."""
    moved = next((n for n in before if n.type != "page_close" and "sequential" not in n.type and not rescue(n)), None)
    if moved is None or moved.utc is None or line.utc is None:
        return False
    age = line.utc - moved.utc
    return age >= FRESH and age % _DAY < FRESH and theirs != _UNKNOWN


def _dropped_by_them(context: Context, line: Line) -> bool:
    return bool(context.events.get(line.number)) and not context.old_events.get(line.number) and "sequential" in line.type


def _is_elsewhere(line: Line) -> bool:
    """A line that moved their location, though it is no page of the course."""
    if is_background(line):
        return True
    return line.is_path and "/courses/" not in line.type


def _is_at(page: str, place: str) -> bool:
    return bool(place) and _place(page)[0] == place


def _is_carried(context: Context, before: list[Line], theirs: str, mine: str) -> bool:
    """The difference is that of the event before it, which has its own reason."""
    last = next((context.pages[n.number] for n in before if n.number in context.pages), None)
    if last is None or last[0] == last[1] or _place(last[0]) != _place(theirs):
        return False
    return _place(last[1]) == _place(mine) or last[1] == _UNKNOWN
