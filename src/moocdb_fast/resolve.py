"""Resolving a partition: each user's events in time order become rows, and what they introduce is noted.

The kernel does the pass (rules, section 11); this module feeds it and keeps, for the whole output, which rows exist and
where each URL, module and problem was first met.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from . import _core
from .columns import Text, joined
from .events._spec import KINDS
from .partitions import CHILDREN, EVENTS, Block
from .plan import Plan
from .shards import text_buffers
from .threads import Threads

Array = np.ndarray[Any, Any]
OBSERVED, RECORD, CLOSED, DUPLICATE, COPY, SCORED = range(6)
assert _core.OUTCOMES == ("observed", "record", "closed", "duplicate", "copy", "scored")
NAVIGATION, BOOK, PROBLEM, OPEN_RESPONSE = (KINDS.index(k) for k in ("navigation", "book", "problem", "open_response"))
REQUEST, EXTRA = _core.FLAGS["request"], _core.FLAGS["extra"]

ROW_KINDS = ("observed", "submissions", "assessments")
_SUB = 1 << 20  # room for the parts of an event in a rank
_DTYPES: dict[str, Any] = dict.fromkeys(EVENTS, np.int32)
_DTYPES |= dict.fromkeys(("offset", "time", "ordinal"), np.int64) | {"hash": np.uint64} | dict.fromkeys(("kind", "flags", "submit"), np.uint8)
_IN_MEMORY = 1 << 24  # arrays over all rows live on disk from this size on


def rows_array(folder: Path, name: str, rows: int, dtype: Any) -> Array:
    """Zeros, one per row of all shards; on disk when there are many, so that memory does not grow with the log."""
    if rows * np.dtype(dtype).itemsize < _IN_MEMORY:
        return np.zeros(rows, dtype)
    path, size = folder / name, rows * np.dtype(dtype).itemsize
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, size)  # on a full disk, an error here and not a SIGBUS at the first write to a page
    return np.memmap(path, dtype, "r+", shape=(rows,))


@dataclass
class Introduced:
    """What the translated rows of an output introduce, with ranks that order it by first appearance."""

    urls: Any = field(default_factory=_core.PairTable)  # (base, panel)
    modules: Any = field(default_factory=_core.PairTable)  # (module, 0) as resources
    module_pages: Any = field(default_factory=_core.PairTable)  # (module, 0), value: its first URL
    pairs: Any = field(default_factory=_core.PairTable)  # (2 * module or 2 * url + 1, url)
    problems: Any = field(default_factory=_core.PairTable)  # (module, numbers); -1 - a for the group of part `a`
    formats: Any = field(default_factory=_core.PairTable)  # (module, numbers), value: its first format
    surveys: Any = field(default_factory=_core.PairTable)  # (module, 0)
    questions: Any = field(default_factory=_core.PairTable)  # (module, or -1 - canonical type; question)
    answers: Any = field(default_factory=_core.PairTable)  # (answer text, 0)
    answer_texts: Any = field(default_factory=_core.Dictionary)


@dataclass
class Rows:
    """Which rows exist, by ordinal: counts that become ids."""

    observed: Array
    submissions: Array
    assessments: Array


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
    url: Array
    duration: Array
    resource_is_module: Array
    parts: dict[str, Array]  # row, module, numbers, answer_from, mark_from
    part_values: dict[str, Any]
    scores: dict[str, Array]  # row, record (another row), mark (of part_values)
    children: dict[str, Children]  # clicks, posts, replies, verdicts
    replied: dict[str, Array] = field(default_factory=dict)  # question and answer (codes of Introduced) of each reply


def resolve_partition(plan: Plan, blocks: Sequence[Block], first_group: int, groups: int, keep_duplicates: bool, threads: Threads) -> Resolved:
    """Sort a partition and run the pass over it."""
    firsts = np.cumsum([0, *(block.rows for block in blocks)])
    place = _places(plan, blocks, firsts, first_group, groups)
    rows = len(place)
    columns = [partial(_in_order, blocks, firsts, name, place) for name in EVENTS]
    found = threads.run([*columns, *(partial(_children_of, blocks, firsts, name, place) for name in CHILDREN)])
    events, children = dict(zip(EVENTS, found, strict=False)), dict(zip(CHILDREN, found[len(EVENTS) :], strict=True))
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
    made, new, scores = _core.resolve(events | {"about": _about(ordered["posts"], rows)}, bases, known, keep_duplicates)
    for name in ("answer_from", "mark_from", "format_from"):
        new[name] = _place_of(parts, new[name])
    scores["mark"] = parts.at[scores["mark"]]
    events["base"], events["panel"] = made["base"], made["panel"]
    nothing = np.full(rows, -1, np.int32), np.zeros(rows, bool)
    return Resolved(events, made["outcome"], nothing[0], made["duration"], nothing[1], new, parts.columns, scores, ordered)


def _places(plan: Plan, blocks: Sequence[Block], firsts: Array, first_group: int, groups: int) -> Array:
    """The place of each row, as the blocks have them, in the order of the tables."""
    group, time = np.empty(int(firsts[-1]), np.int32), np.empty(int(firsts[-1]), np.int64)
    for block, first in zip(blocks, firsts.tolist(), strict=False):
        here = slice(first, first + block.rows)
        group[here] = plan.groups(block.translated("course"), block.translated("user"))
        time[here] = block.events["time"]
    if first_group:
        group -= np.int32(first_group)
    place: Array = _core.find_places(group, groups, time)
    return place


def _in_order(blocks: Sequence[Block], firsts: Array, name: str, place: Array) -> Array:
    """A column of events in the order of the tables, in the codes of the whole."""
    column = np.empty(len(place), _DTYPES[name])
    for block, first in zip(blocks, firsts.tolist(), strict=False):
        _core.scatter(block.events[name], place[first : first + block.rows], column, block.codes.get(name))
    return column


def _children_of(blocks: Sequence[Block], firsts: Array, name: str, place: Array) -> tuple[Children, Array]:
    """What the events have of a kind, in the order of the tables, and where that of each event begins."""
    some = [(block.children[name], first) for block, first in zip(blocks, firsts.tolist(), strict=False) if len(block.children[name]["row"])]
    if not some:
        nothing = np.empty(0, np.int32)
        columns = blocks[0].children[name] if blocks else {}
        return Children(nothing, nothing, columns), np.zeros(len(place) + 1, np.int64)
    row = place[np.concatenate([columns["row"] + first for columns, first in some])]
    starts, at = _core.order_children(row, len(place))
    columns = {column: joined([columns[column] for columns, _ in some]) for column in some[0][0] if column != "row"}
    return Children(row[at], at, columns), starts


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


def introduce(resolved: Resolved, seen: Introduced, canonical: Array) -> None:
    """Note what a partition introduces; fills `url`, `resource_is_module` and `replied`. Doing it again changes nothing."""
    outcome = resolved.outcome
    kept = np.flatnonzero(outcome <= RECORD)
    names = ("ordinal", "kind", "base", "panel", "module", "flags")
    ordinal, kind, base, panel, module, flags = (_core.pick(resolved.events[name], kept) for name in names)

    paged = np.flatnonzero(base >= 0)
    url = np.full(len(kept), -1, np.int32)
    url[paged] = seen.urls.see(base[paged], panel[paged], ordinal[paged])
    on_page = (kind == NAVIGATION) | (kind == BOOK) | ((flags & REQUEST) != 0)
    by_module = (module >= 0) & ~on_page
    resolved.url[kept] = url
    resolved.resource_is_module[kept] = by_module

    about = np.flatnonzero(by_module)
    zero = np.zeros(len(about), np.int32)
    seen.modules.see(module[about], zero, ordinal[about])
    met = about[url[about] >= 0]
    seen.module_pages.see(module[met], zero[: len(met)], ordinal[met], url[met].astype(np.int64))
    resource = np.where(by_module, 2 * module, 2 * url + 1)
    seen.pairs.see(resource[paged], url[paged], ordinal[paged])

    _introduce_replies(resolved, seen, canonical)
    posed = np.flatnonzero((module >= 0) & ((kind == PROBLEM) | (kind == OPEN_RESPONSE)))
    seen.problems.see(module[posed], np.zeros(len(posed), np.int32), ordinal[posed] * _SUB)
    _introduce_parts(resolved, seen)


def count_rows(resolved: Resolved, rows: Rows) -> None:
    """Note which rows a partition makes."""
    ordinal = resolved.events["ordinal"]
    rows.observed[ordinal[resolved.outcome == OBSERVED]] = 1
    row = resolved.parts["row"]
    if len(row):
        starts = np.flatnonzero(np.diff(row, prepend=-1))  # the parts of an event lie together
        owners = ordinal[row[starts]]
        rows.submissions[owners] += np.diff(np.append(starts, len(row))).astype(np.int32)
        rows.assessments[owners] += np.add.reduceat(resolved.parts["mark_from"] >= 0, starts, dtype=np.int32)
    rows.assessments[ordinal[resolved.scores["row"]]] += 1


def _introduce_parts(resolved: Resolved, seen: Introduced) -> None:
    p = resolved.parts
    if not len(p["row"]):
        return
    row, module, numbers = p["row"], p["module"], p["numbers"]
    number = part_number(row)
    rank = resolved.events["ordinal"][row] * _SUB + np.minimum(3 * number + 1, _SUB - 4)
    seen.problems.see(module, np.zeros(len(row), np.int32), rank)
    numbered = np.flatnonzero(numbers > 0)
    group = -1 - (numbers[numbered] - 1) // 1000
    seen.problems.see(module[numbered], group.astype(np.int32), rank[numbered] + 1)
    seen.problems.see(module[numbered], numbers[numbered], rank[numbered] + 2)
    source = p["format_from"]
    formats = np.full(len(row), -1, np.int64)
    formats[source >= 0] = resolved.part_values["format"][source[source >= 0]]
    known = np.flatnonzero(formats >= 0)
    seen.formats.see(module[known], numbers[known], rank[known], formats[known])


def _introduce_replies(resolved: Resolved, seen: Introduced, canonical: Array) -> None:
    """Surveys, questions and answers; `canonical` numbers the types."""
    replies = resolved.children["replies"]
    replies = resolved.children["replies"] = replies.pick(resolved.outcome[replies.row] <= RECORD) if len(replies) else replies
    e, row = resolved.events, replies.row
    module, number = e["module"][row], np.minimum(part_number(row), _SUB - 1)
    rank = e["ordinal"][row] * _SUB + number
    asked = np.flatnonzero(module >= 0)
    seen.surveys.see(module[asked], np.zeros(len(asked), np.int32), rank[asked])
    subject = np.where(module >= 0, module, -1 - canonical[e["type"][row]]).astype(np.int32)
    answer = seen.answer_texts.intern(*text_buffers(replies.texts("answer"))) if len(replies) else np.zeros(0, np.int32)
    resolved.replied = {
        "question": seen.questions.see(subject, replies.numbers("question"), rank),
        "answer": seen.answers.see(answer, np.zeros(len(answer), np.int32), rank),
    }


def part_number(row: Array) -> Array:
    """0, 1, 2… within each run of equal rows."""
    if not len(row):
        return np.zeros(0, np.int64)
    index = np.arange(len(row), dtype=np.int64)
    starts = np.flatnonzero(np.diff(row, prepend=-1))
    return index - np.repeat(starts, np.diff(np.append(starts, len(row))))
