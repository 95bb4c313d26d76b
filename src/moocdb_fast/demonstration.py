"""What the example line of each declaration becomes: all of them are translated as one log.

So that they do not meet, each has its own course and people there, at its own time; what comes out is named back.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .events._spec import Declared
from .events.examples import Line, scene, text
from .tracing import Row, Trace, trace

_APART = datetime.timedelta(days=1)
_STAGED = re.compile(r"ExampleZ\d+Z")


@dataclass(frozen=True, slots=True)
class Demonstration:
    """The example line of a declaration, and what it becomes behind those that come before it."""

    declared: Declared
    line: str
    trace: Trace


def demonstrate(declared: Sequence[Declared]) -> list[Demonstration]:
    """What the examples of some declarations become."""
    scenes = [scene(each) for each in declared]
    staged = [line for number, lines in enumerate(scenes) for line in _stage(lines, number)]
    traces = trace(staged)
    shown, at = [], 0
    for number, (each, lines) in enumerate(zip(declared, scenes, strict=True)):
        at += len(lines)
        shown.append(Demonstration(each, text(lines[-1]), _named_back(traces[at - 1], number)))
    return shown


def _stage(lines: list[Line], number: int) -> list[bytes]:
    """The lines with an organisation, people and a time of their own."""
    ids = {str(line["context"]["user_id"]) for line in lines if (line.get("context") or {}).get("user_id")}
    people = re.compile(rf"(?<!\d)(?:{'|'.join(sorted(ids))})(?!\d)") if ids else None
    staged = []
    for line in lines:
        moved = dict(line)
        if line.get("username"):
            moved["username"] = f"{line['username']}_{number}"
        written = text(moved | {"time": ""}).replace("Example", f"ExampleZ{number}Z")
        if people:
            written = people.sub(lambda found: f"{found[0]}{number:05}", written)
        time = line["time"]
        if isinstance(time, str):
            time = (datetime.datetime.fromisoformat(time) + _APART * number).isoformat()
        staged.append(written.replace('"time": ""', f'"time": {text(time)}', 1).encode())
    return staged


def _named_back(made: Trace, number: int) -> Trace:
    rows = [Row(row.table, {name: _value_back(name, value, number) for name, value in row.values.items()}, row.tables) for row in made.rows]
    return Trace(made.fate, made.reason, rows)


def _value_back(column: str, value: Any, number: int) -> Any:
    if isinstance(value, datetime.datetime) and column.endswith("_timestamp"):
        return value - _APART * number
    return _STAGED.sub("Example", value) if isinstance(value, str) else value
