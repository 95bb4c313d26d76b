"""What one output holds before any event is resolved: who and what appears first, and how the rows are cut into partitions."""

from __future__ import annotations

import resource
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from . import _core
from .agents import AgentIds, number_agents
from .events import canonical
from .facts import Facts
from .merge import Merged, MergedShard

Array = np.ndarray[Any, Any]
CLOSE = _core.FLAGS["close"]

PARTITION_ROWS = 1_000_000
"""Rows that are resolved at a time: bounds the memory of a run whatever the size of the log."""

FILES_PER_PARTITION, SPARE_FILES = 6, 64
"""Open files while partitions are written, and what else a process needs."""


@dataclass
class Users:
    """Users in the order of user_id: their codes, and the agent code of their first event (-1: none)."""

    codes: list[int] = field(default_factory=list)
    agents: list[int] = field(default_factory=list)
    ids: Array = field(default_factory=lambda: np.empty(0, np.int32))  # by code; 0: no user
    facts: Facts = field(default_factory=Facts)
    addresses: dict[int, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))  # only when wanted


@dataclass
class Canonical:
    """The names under which types are counted: the number of each type's name, by type code, and the names."""

    numbers: Array
    names: list[str]

    @classmethod
    def of(cls, merged: Merged) -> Canonical:
        """Numbers by first appearance in the dictionary of types."""
        known: dict[str, int] = {}
        numbers = [known.setdefault(canonical(name), len(known)) for name in merged.texts("type").to_pylist()]
        return cls(np.array(numbers, np.int32), list(known))


@dataclass
class Plan:
    """The plan of one output. Groups (course, user) are numbered in the order of the tables."""

    merged: Merged
    courses: frozenset[int] | None  # None: all courses
    users: Users
    types: Array  # codes by first appearance
    agents: AgentIds
    group_keys: Array  # sorted keys
    group_of_key: Array  # number of the group, by position in group_keys
    bounds: Array  # first group of each partition, and the end
    marked: Array  # modules whose submissions other events mark without naming them
    canonical: Canonical

    @property
    def partitions(self) -> int:
        return len(self.bounds) - 1

    def actors(self) -> list[str]:
        """`n:<name>`, `i:<platform id>` or `a` of each user, by user_id."""
        actors: list[str] = self.merged.texts("user").take(pa.array(self.users.codes, pa.int64())).to_pylist()
        return actors

    def groups(self, keys: Array) -> Array:
        """The groups of rows with these keys."""
        found: Array = self.group_of_key[np.searchsorted(self.group_keys, keys)]
        return found


def selected(course: Array, courses: frozenset[int] | None) -> Array | slice:
    """Which rows of a shard belong to an output."""
    if courses is None:
        return slice(None)
    return np.flatnonzero(np.isin(course, list(courses)))


def group_key(user: Array, course: Array) -> Array:
    """(course, user) as one number."""
    return (course.astype(np.int64) + 1) << 32 | user.astype(np.int64)


def make_plan(merged: Merged, courses: frozenset[int] | None = None, *, addresses: bool = False) -> Plan:
    """Go through the shards once, in canonical order. `courses`: the course codes of the output, -1 for no course."""
    marked: set[int] = set()
    users, uses = Users(), {name: _core.FirstUse() for name in ("user", "type", "agent")}
    counts: dict[int, int] = defaultdict(int)
    for shard in merged.shards:
        keys, numbers = np.unique(_note_shard(merged, shard, courses, users, uses, addresses), return_counts=True)
        for key, number in zip(keys.tolist(), numbers.tolist(), strict=True):
            counts[key] += number
        marked.update(_marked_modules(shard))
    users.codes = uses["user"].codes().tolist()
    users.ids = np.zeros(len(merged.dictionaries["user"]), np.int32)
    users.ids[users.codes] = np.arange(1, len(users.codes) + 1)
    agents = number_agents(merged.texts("agent").to_pylist(), uses["agent"].codes().tolist())
    groups = _groups(merged, users, counts)
    return Plan(merged, courses, users, uses["type"].codes(), agents, *groups, np.array(sorted(marked), np.int32), Canonical.of(merged))


def _marked_modules(shard: MergedShard) -> list[int]:
    verdicts = shard.result.columns("verdicts", ("row", "keyed"))
    rows = verdicts["row"][verdicts["keyed"] == 0]
    if not len(rows):
        return []
    modules: list[int] = np.unique(shard.placed("module", shard.result.columns("events", ("module",)))[rows]).tolist()
    return modules


def _note_shard(merged: Merged, shard: MergedShard, courses: frozenset[int] | None, users: Users, uses: dict[str, Any], addresses: bool) -> Array:
    """Note what appears in a shard; returns the group keys of its rows."""
    columns = shard.result.columns("events", ("user", "course", "type", "agent", "ip", "flags"))
    course = shard.placed("course", columns)
    rows = selected(course, courses)
    columns = {name: column[rows] for name, column in columns.items()}
    user = merged.users(shard, columns)
    keys = group_key(user, course[rows])
    candidates = np.flatnonzero((columns["flags"] & CLOSE) == 0)
    user = np.ascontiguousarray(user[candidates])
    agent = shard.column("agent", columns)[candidates]
    fresh = uses["user"].add(user)
    users.agents.extend(agent[fresh].tolist())
    uses["agent"].add(np.ascontiguousarray(agent))
    uses["type"].add(np.ascontiguousarray(shard.column("type", columns)[candidates]))
    users.facts.note(merged, shard, rows)
    if addresses:
        ip = shard.column("ip", columns)[candidates]
        pairs, numbers = np.unique(np.stack([user[ip >= 0], ip[ip >= 0]]), axis=1, return_counts=True)
        for code, address, number in zip(*pairs.tolist(), numbers.tolist(), strict=True):
            users.addresses[code][address] += number
    return keys


def _groups(merged: Merged, users: Users, counts: dict[int, int]) -> tuple[Array, Array, Array]:
    """Sorted group keys, the number of each group in the order of the tables, and the bounds of the partitions."""
    keys = np.array(sorted(counts), np.int64)
    names = [b"", *(text.encode() for text in merged.texts("course").to_pylist())]
    rank = np.empty(len(names), np.int64)
    rank[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
    user_ids = users.ids[keys & 0xFFFFFFFF].astype(np.int64) if len(keys) else keys
    order = np.lexsort((user_ids, rank[keys >> 32] if len(keys) else keys))
    number = np.empty(len(keys), np.int32)
    number[order] = np.arange(len(keys), dtype=np.int32)
    sizes = np.array([counts[key] for key in keys[order].tolist()], np.int64)
    before = np.cumsum(sizes) - sizes
    firsts = np.flatnonzero(np.diff(before // _rows_per_partition(int(sizes.sum())), prepend=-1)) if len(keys) else np.zeros(1, np.int64)
    return keys, number, np.append(firsts, len(keys))


def _rows_per_partition(rows: int) -> int:
    """PARTITION_ROWS, or more for logs so large that the files of all partitions could not be open at once."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    partitions = max(1, (most - SPARE_FILES) // FILES_PER_PARTITION) if most != resource.RLIM_INFINITY else rows + 1
    return max(PARTITION_ROWS, -(-rows // partitions))
