"""What one output holds before any event is resolved: who and what appears first, and how the rows are cut into partitions."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from . import _core
from .agents import AgentIds, number_agents
from .events import canonical
from .facts import Facts
from .merge import Merged, MergedShard

Array = np.ndarray[Any, Any]
CLOSE = _core.FLAGS["close"]

PARTITION_ROWS = 1 << 15
"""Rows that are resolved at a time: bounds the memory of a run whatever the size of the log, and their columns stay in the processor's cache."""

MOST_PARTITIONS = 1024
"""From there on partitions grow: each takes its share of every file of rows, and with too many of both the shares would be crumbs."""


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
    pairs: Any  # of (course, user), numbered by first appearance
    group_of_pair: Array  # number of the group, by the number of the pair
    bounds: Array  # first group of each partition, and the end
    marked: Array  # modules whose submissions other events mark without naming them
    canonical: Canonical

    @property
    def partitions(self) -> int:
        return len(self.bounds) - 1

    @cached_property
    def partition_of(self) -> Array:
        """The partition of each group."""
        return np.repeat(np.arange(self.partitions, dtype=np.int32), np.diff(self.bounds))

    def actors(self) -> list[str]:
        """`n:<name>`, `i:<platform id>` or `a` of each user, by user_id."""
        actors: list[str] = self.merged.text("user").take(np.array(self.users.codes, np.int64)).to_pylist()
        return actors

    def groups(self, course: Array, user: Array) -> Array:
        """The groups of rows."""
        found: Array = self.pairs.numbers(course, user, self.group_of_pair)
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
    users, uses, pairs = Users(), {name: _core.FirstUse() for name in ("user", "type", "agent")}, _core.PairCounts()
    for shard in merged.shards:
        _note_shard(merged, shard, courses, users, uses, pairs, addresses)
        marked.update(_marked_modules(shard))
    users.codes = uses["user"].codes().tolist()
    users.ids = np.zeros(len(merged.dictionaries["user"]), np.int32)
    users.ids[users.codes] = np.arange(1, len(users.codes) + 1)
    agents = number_agents(merged.texts("agent").to_pylist(), uses["agent"].codes().tolist())
    groups, bounds = _groups(merged, users, pairs)
    types, canonical_names = uses["type"].codes(), Canonical.of(merged)
    return Plan(merged, courses, users, types, agents, pairs, groups, bounds, np.array(sorted(marked), np.int32), canonical_names)


def _marked_modules(shard: MergedShard) -> list[int]:
    verdicts = shard.result.columns("verdicts", ("row", "keyed"))
    rows = verdicts["row"][verdicts["keyed"] == 0]
    if not len(rows):
        return []
    modules: list[int] = np.unique(shard.placed("module", shard.result.columns("events", ("module",)))[rows]).tolist()
    return modules


def _note_shard(
    merged: Merged, shard: MergedShard, courses: frozenset[int] | None, users: Users, uses: dict[str, Any], pairs: Any, addresses: bool
) -> None:
    """Note what appears in a shard."""
    columns = shard.result.columns("events", ("user", "course", "type", "agent", "ip", "flags"))
    course = shard.placed("course", columns)
    rows = selected(course, courses)
    columns = {name: column[rows] for name, column in columns.items()}
    user, agent, flags = merged.users(shard, columns), shard.column("agent", columns), columns["flags"]
    pairs.see(course[rows], user)
    users.agents.extend(agent[uses["user"].add(user, flags, CLOSE)].tolist())
    uses["agent"].add(agent, flags, CLOSE)
    uses["type"].add(shard.column("type", columns), flags, CLOSE)
    users.facts.note(merged, shard, rows)
    if addresses:
        ip = shard.column("ip", columns)
        known = (ip >= 0) & ((flags & CLOSE) == 0)
        found, numbers = np.unique(np.stack([user[known], ip[known]]), axis=1, return_counts=True)
        for code, address, number in zip(*found.tolist(), numbers.tolist(), strict=True):
            users.addresses[code][address] += number


def _groups(merged: Merged, users: Users, pairs: Any) -> tuple[Array, Array]:
    """The number of each (course, user) in the order of the tables, and the first group of each partition, and the end."""
    course, user = pairs.pairs()
    names = [b"", *(text.encode() for text in merged.course_texts)]
    rank = np.empty(len(names), np.int64)
    rank[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
    order = np.lexsort((users.ids[user], rank[course + 1]))
    number = np.empty(len(order), np.int32)
    number[order] = np.arange(len(order), dtype=np.int32)
    sizes = pairs.counts()[order]
    before = np.cumsum(sizes) - sizes
    firsts = np.flatnonzero(np.diff(before // rows_at_a_time(int(sizes.sum())), prepend=-1)) if len(order) else np.zeros(1, np.int64)
    return number, np.append(firsts, len(order))


def rows_at_a_time(rows: int) -> int:
    """How many of the rows of an output are in memory at once."""
    return max(PARTITION_ROWS, -(-rows // MOST_PARTITIONS))
