"""Resolving a partition: each user's events in time order become rows, and what they introduce is noted.

The kernel does the pass (rules, section 11); this module feeds it and keeps, for the whole output, which rows exist and
where each URL, module and problem was first met.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from . import _core
from .events._spec import KINDS
from .partitions import Tables
from .plan import Plan
from .shards import text_buffers

Array = np.ndarray[Any, Any]
OBSERVED, RECORD, CLOSED, DUPLICATE, COPY, SCORED = range(6)
assert _core.OUTCOMES == ("observed", "record", "closed", "duplicate", "copy", "scored")
NAVIGATION, BOOK, PROBLEM, OPEN_RESPONSE = (KINDS.index(k) for k in ("navigation", "book", "problem", "open_response"))
REQUEST, EXTRA = _core.FLAGS["request"], _core.FLAGS["extra"]

ROW_KINDS = ("observed", "submissions", "assessments")
_SUB = 1 << 20  # room for the parts of an event in a rank
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
    """What events have of a kind, in the order of the tables; `row` is the event of each."""

    row: Array
    table: pa.Table

    def __len__(self) -> int:
        return len(self.row)

    def numbers(self, name: str) -> Array:
        """A number column."""
        return _numbers(self.table, name)

    def pick(self, chosen: Array) -> Children:
        """Those that are chosen (indices or a mask)."""
        chosen = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
        return Children(self.row[chosen], self.table.take(pa.array(chosen)))


@dataclass
class Resolved:
    """A partition in the order of the tables. Arrays are per event; `parts` are those of submissions, in order."""

    events: dict[str, Array]
    outcome: Array
    url: Array
    duration: Array
    resource_is_module: Array
    parts: dict[str, Array]  # row, module, numbers, answer_from, mark_from
    part_values: pa.Table
    scores: dict[str, Array]  # row, record (another row), mark (of part_values)
    children: dict[str, Children]  # clicks, posts, replies, verdicts
    replied: dict[str, Array] = field(default_factory=dict)  # question and answer (codes of Introduced) of each reply


def resolve_partition(plan: Plan, tables: Tables, first_group: int, groups: int, keep_duplicates: bool) -> Resolved:
    """Sort a partition and run the pass over it."""
    table = tables["events"]
    group = (table.column("group").to_numpy() - np.int32(first_group)).astype(np.int32)
    time = np.ascontiguousarray(table.column("time").to_numpy())
    order = _core.sort_rows(group, groups, time)
    events = {name: np.ascontiguousarray(table.column(name).to_numpy()[order]) for name in table.column_names}
    parts = tables["parts"]
    starts, permutation = _parts_of(table.column("ordinal").to_numpy(), parts.column("ordinal").to_numpy(), order)
    parts = parts.take(pa.array(permutation)) if len(permutation) else parts
    known = {
        "start": starts,
        "module": _numbers(parts, "module"),
        "numbers": _numbers(parts, "numbers"),
        "answered": np.asarray(parts.column("answer").is_valid()).astype(np.uint8),
        "marked": _numbers(parts, "marked"),
    }
    bases = {"level": plan.merged.base_level, "place": plan.merged.base_place}
    ordinals = table.column("ordinal").to_numpy()
    children = _children_of(tables, ordinals, order)
    rows, made, scores = _core.resolve(events | {"about": _about(children["posts"], len(order))}, bases, known, keep_duplicates)
    events["base"], events["panel"] = rows["base"], rows["panel"]
    nothing = np.full(len(time), -1, np.int32), np.zeros(len(time), bool)
    return Resolved(events, rows["outcome"], nothing[0], rows["duration"], nothing[1], made, parts, scores, children)


def _children_of(tables: Tables, ordinals: Array, order: Array) -> dict[str, Children]:
    """Clicks, posts, replies and verdicts in the order of the tables."""
    place = np.empty(len(order), np.int64)  # by canonical row
    place[order] = np.arange(len(order))
    children = {}
    for name in ("clicks", "posts", "replies", "verdicts"):
        rows = place[np.searchsorted(ordinals, tables[name].column("ordinal").to_numpy())] if tables[name].num_rows else np.zeros(0, np.int64)
        by_row = np.argsort(rows, kind="stable")
        children[name] = Children(rows, tables[name]).pick(by_row) if len(rows) else Children(rows, tables[name])
    return children


def _about(posts: Children, rows: int) -> Array:
    """What the post of each event is about; nothing at all if there are no posts."""
    if not len(posts):
        return np.empty(0, np.int32)
    about = np.full(rows, -1, np.int32)
    about[posts.row] = posts.numbers("about")
    return about


def _numbers(table: pa.Table, name: str) -> Array:
    return np.ascontiguousarray(table.column(name).to_numpy())


def _parts_of(ordinals: Array, owners: Array, order: Array) -> tuple[Array, Array]:
    """Where the parts of each event begin, in the new order of events, and the parts in that order."""
    first = np.searchsorted(owners, ordinals)
    count = np.searchsorted(owners, ordinals, side="right") - first
    first, count = first[order], count[order]
    starts = np.zeros(len(order) + 1, np.int64)
    np.cumsum(count, out=starts[1:])
    within = np.arange(starts[-1], dtype=np.int64) - np.repeat(starts[:-1], count)
    return starts, np.repeat(first, count) + within


def introduce(resolved: Resolved, seen: Introduced, canonical: Array) -> None:
    """Note what a partition introduces; fills `url`, `resource_is_module` and `replied`. Doing it again changes nothing."""
    e, outcome = resolved.events, resolved.outcome
    kept = np.flatnonzero(outcome <= RECORD)
    ordinal, kind = e["ordinal"][kept], e["kind"][kept]
    base, panel, module = e["base"][kept], e["panel"][kept], e["module"][kept]

    paged = np.flatnonzero(base >= 0)
    url = np.full(len(kept), -1, np.int32)
    url[paged] = seen.urls.see(base[paged], panel[paged], ordinal[paged])
    on_page = (kind == NAVIGATION) | (kind == BOOK) | ((e["flags"][kept] & REQUEST) != 0)
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
    p = resolved.parts
    owner = ordinal[p["row"]]
    np.add.at(rows.submissions, owner, 1)
    np.add.at(rows.assessments, owner[p["mark_from"] >= 0], 1)
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
    formats[source >= 0] = _numbers(resolved.part_values, "format")[source[source >= 0]]
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
    texts = replies.table.column("answer").combine_chunks()
    answer = seen.answer_texts.intern(*text_buffers(texts)) if len(replies) else np.zeros(0, np.int32)
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
