"""Puts the rows of the published output beside the source lines they were made of."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from . import predict
from .records import Event, Output, Submission
from .source import Line


@dataclass
class Aligned:
    """Rows per line number; `lost` are rows without a line (there should be none)."""

    events: dict[int, list[Event]] = field(default_factory=lambda: defaultdict(list))
    submissions: dict[int, list[Submission]] = field(default_factory=lambda: defaultdict(list))
    lost: list[str] = field(default_factory=list)


def align(old: Output, lines: list[Line]) -> Aligned:
    """By time, then kind; where several lines fit, rows go to them in order (ids count upwards through the log)."""
    at: dict[datetime, list[Line]] = defaultdict(list)
    for line in lines:
        if line.clock is not None:
            at[line.clock].append(line)
    found = Aligned()
    for event in old.events:
        fitting = [n for n in at[event.time] if predict.old_type(n) == event.type and _same_user(event.user, n)]
        free = [n for n in fitting if len(found.events[n.number]) < predict.events(n)]
        _give(found.lost, free, event, found.events)
    for row in old.submissions:
        fitting = [n for n in at[row.time] if predict.code(n) == row.code and _same_user(row.user, n)]
        free = [n for n in fitting if len(found.submissions[n.number]) < len(predict.submissions(n))]
        _give(found.lost, free, row, found.submissions)
    return found


def _give(lost: list[str], free: list[Line], row, rows: dict) -> None:
    if not free:
        lost.append(f"no line for {row}")
        return
    row.line = free[0].number
    rows[row.line].append(row)


def _same_user(user: str, line: Line) -> bool:
    """Whether the row can be the line's; names that are not ASCII were changed before hashing and are not decided here."""
    name = line.user
    if not isinstance(name, str):
        return user == ""
    if line.type.startswith("/login_ajax") or not name.isascii():
        return True
    return user == predict.user_hash(name)
