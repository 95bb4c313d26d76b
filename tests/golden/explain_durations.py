"""Durations: which line ended an observed event there, which ended it here, and why these are not the same."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from .context import Context
from .records import Event
from .source import Line

if TYPE_CHECKING:
    from .compare import Report

_DAY = 86400


def explain(context: Context, report: Report) -> None:
    """Every observed event that both outputs have."""
    ends = _our_ends(context)
    for number, old_end in _their_ends(context).items():
        mine = context.events.get(number)
        if not mine:
            continue
        old, line, end = context.old_events[number][-1], context.lines[number - 1], ends[number]
        if not _is_right(context, mine[0], end):
            report.fail(number, f"duration {mine[0].duration}, expected an end at line {end}")
            continue
        name = _why(context, line, old, mine[0], old_end, end)
        if name:
            report.rule(name)
        else:
            report.fail(number, f"duration {old.duration} min, ended by line {old_end} / {mine[0].duration} s, ended by line {end}")


def _their_ends(context: Context) -> dict[int, int | None]:
    """Line of the next row of the same user hash, in the order of the log."""
    rows = sorted((row for group in context.old_events.values() for row in group), key=lambda r: r.order)
    found: dict[int, int | None] = {}
    last: dict[str, int] = {}
    for row in rows:
        before = last.get(row.user)
        if before is not None and before != row.line:
            found[before] = row.line
        found[row.line] = None
        last[row.user] = row.line
    return found


def _our_ends(context: Context) -> dict[int, int | None]:
    """The line that ends each of our events: the next event of the user in the course, or a close of the same page before it."""
    groups: dict[tuple[object, str | None], list[Line]] = defaultdict(list)
    for line in context.lines:
        if context.time(line) is not None and (context.events.get(line.number) or line.type == "page_close"):
            groups[context.user(line), context.course(line)].append(line)
    found: dict[int, int | None] = {}
    for group in groups.values():
        group.sort(key=lambda n: (context.time(n), n.number))
        for i, line in enumerate(group):
            if context.events.get(line.number):
                page = _base(context.events[line.number][0].page or "")
                later = (n.number for n in group[i + 1 :] if context.events.get(n.number) or _base(n.page) == page)
                found[line.number] = next(later, None)
    return found


def _base(page: str) -> str:
    pieces = page.split("?")[0].rstrip("/").split("/")
    if "courseware" in pieces and len(pieces) > pieces.index("courseware") + 3 and pieces[-1].isdigit():
        pieces = pieces[:-1]
    return "/".join(pieces)


def _is_right(context: Context, mine: Event, end: int | None) -> bool:
    if end is None:
        return mine.duration is None
    until = context.time(context.lines[end - 1])
    return until is not None and mine.duration == int((until - mine.time).total_seconds())


def _is_disordered(context: Context, line: Line, old_end: int | None, end: int | None) -> bool:
    """Whether the log and the clock do not agree on which of the two ends comes first, or whether it comes after the line."""
    if end is not None and end < line.number:
        return True
    if old_end is None:
        return False
    theirs = context.lines[old_end - 1]
    return _earlier(theirs, line) or (end is not None and end > old_end and _earlier(context.lines[end - 1], theirs))


def _earlier(a: Line, b: Line) -> bool:
    return a.utc is not None and b.utc is not None and a.utc < b.utc


def _why(context: Context, line: Line, old: Event, mine: Event, old_end: int | None, end: int | None) -> str | None:
    if old_end == end:
        if end is None:
            return "last_event" if old.duration == 0 else None
        return "whole_seconds" if old.duration == (mine.duration or 0) % _DAY // 60 else None
    if _is_disordered(context, line, old_end, end):
        return "time_order"
    if end is not None and context.lines[end - 1].type == "page_close":
        return "page_close_ends"
    if end is not None and not context.old_events.get(end):
        return "kept_row_ends"
    if old_end is not None and not context.events.get(old_end):
        return "absent_row_ends"
    if old_end is not None and context.course(context.lines[old_end - 1]) != context.course(line):
        return "other_course"
    return None
