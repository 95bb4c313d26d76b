"""Resolving a partition: each user's events in time order become rows (rules, section 11). The kernel does the pass; this module feeds it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from . import _core
from .columns import Text, load_tables, save_tables
from .partitions import CHILDREN, EVENTS, Block
from .plan import Plan

Array = np.ndarray[Any, Any]
OBSERVED, RECORD, CLOSED, DUPLICATE, COPY, SCORED = range(6)
assert _core.OUTCOMES == ("observed", "record", "closed", "duplicate", "copy", "scored")

_RESULTS = ("outcome", "url", "duration", "resource_is_module")
_WRITTEN = ("ordinal", "offset", "time", "user", "course", "type", "module", "agent", "attempts", "submit")
"""The columns of events that rows are made of."""
_KINDS = ("clicks", "posts", "replies", "verdicts")


@dataclass
class Children:
    """What events have of a kind, in the order of the tables; `row` is the event of each, `at` its place in the columns."""

    row: Array
    at: Array
    columns: dict[str, Any]

    def __len__(self) -> int:
        return len(self.row)

    def numbers(self, name: str) -> Array:
        """A number column."""
        return _core.pick(self.columns[name], self.at) if len(self) else np.empty(0, self.columns[name].dtype)

    def texts(self, name: str) -> pa.StringArray:
        """A text column."""
        column: Text = self.columns[name]
        return column.take(self.at)

    def pick(self, chosen: Array | slice) -> Children:
        """Those that are chosen."""
        return Children(self.row[chosen], self.at[chosen], self.columns)


@dataclass
class Resolved:
    """A partition in the order of the tables. Arrays are per event; `parts` are those of submissions, in order."""

    events: dict[str, Array]
    outcome: Array
    url: Array  # codes of what the partition, or all of them, introduced
    duration: Array  # whole seconds, -1: none
    resource_is_module: Array
    parts: dict[str, Array]  # row, module, numbers, answer_from, mark_from, format_from
    part_values: dict[str, Any]
    scores: dict[str, Array]  # row, record (another row), mark (of part_values)
    children: dict[str, Children]  # clicks, posts, replies, verdicts
    replied: dict[str, Array]  # question and answer of each reply, coded like url

    def save(self, path: Path) -> None:
        """Keep what rows are made of in a file."""
        events = {name: self.events[name] for name in _WRITTEN} | {name: getattr(self, name) for name in _RESULTS}
        children = {kind: {"row": found.row, "at": found.at, **found.columns} for kind, found in self.children.items()}
        save_tables(
            path, {"events": events, "parts": self.parts, "values": self.part_values, "scores": self.scores, "replied": self.replied, **children}
        )

    @classmethod
    def load(cls, path: Path) -> Resolved:
        """What was saved, mapped into memory."""
        events, parts, values, scores, replied, *kinds = load_tables(path, ("events", "parts", "values", "scores", "replied", *_KINDS)).values()
        children = {kind: Children(columns.pop("row"), columns.pop("at"), columns) for kind, columns in zip(_KINDS, kinds, strict=True)}
        outcome, url, duration, is_module = (events.pop(name) for name in _RESULTS)
        return cls(events, outcome, url, duration, is_module, parts, values, scores, children, replied)


def resolve_partition(plan: Plan, number: int, block: Block, *, keep_duplicates: bool) -> Resolved:
    """Sort a partition and run the pass over it."""
    first, end = plan.bounds[number : number + 2].tolist()
    place = _core.find_places(block.events["group"] - np.int32(first), end - first, block.events["time"])
    events = {name: _in_order(block.events[name], place) for name in EVENTS if name != "group"}
    rows = len(place)
    made: dict[str, Array] = {"outcome": np.empty(rows, np.uint8), "duration": np.empty(rows, np.int32)}
    children = {kind: _children(block.children[kind], place) for kind in CHILDREN}
    parts, starts = children.pop("parts")
    known = {
        "start": starts,
        "module": parts.numbers("module"),
        "numbers": parts.numbers("numbers"),
        "answered": parts.columns["answer"].valid[parts.at] if len(parts) else np.empty(0, np.uint8),
        "marked": parts.numbers("marked"),
    }
    bases = {"level": plan.merged.base_level, "place": plan.merged.base_place}
    ordered = {name: found for name, (found, _) in children.items()}
    new, scores = _core.resolve(events | made | {"about": _about(ordered["posts"], rows)}, bases, known, keep_duplicates)
    for name in ("answer_from", "mark_from", "format_from"):
        new[name] = _place_of(parts, new[name])
    scores["mark"] = parts.at[scores["mark"]]
    url, is_module = np.full(rows, -1, np.int32), np.zeros(rows, bool)
    return Resolved(events, made["outcome"], url, made["duration"], is_module, new, parts.columns, scores, ordered, {})


def _in_order(column: Array, place: Array) -> Array:
    out = np.empty_like(column)
    _core.scatter(column, place, out)
    return out


def _children(columns: dict[str, Any], place: Array) -> tuple[Children, Array]:
    """What the events have of a kind, in the order of the tables, and where that of each event begins."""
    row = place[columns["row"]]
    starts, at = _core.order_children(row, len(place))
    return Children(row[at], at, {name: column for name, column in columns.items() if name != "row"}), starts


def _place_of(children: Children, numbers: Array) -> Array:
    """Where children, numbered in the order of the tables (-1: none), are in their columns."""
    return np.where(numbers >= 0, children.at[numbers], np.int32(-1)) if len(children) else numbers


def _about(posts: Children, rows: int) -> Array:
    """What the post of each event is about; nothing at all if there are no posts."""
    if not len(posts):
        return np.empty(0, np.int32)
    about = np.full(rows, -1, np.int32)
    about[posts.row] = posts.numbers("about")
    return about


def part_number(row: Array) -> Array:
    """0, 1, 2… within each run of equal rows."""
    if not len(row):
        return np.zeros(0, np.int64)
    index = np.arange(len(row), dtype=np.int64)
    starts = np.flatnonzero(np.diff(row, prepend=-1))
    return index - np.repeat(starts, np.diff(np.append(starts, len(row))))
