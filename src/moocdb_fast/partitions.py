"""Rows by partition: all events of a range of (course, user) groups, in the codes of the whole, in blocks of one shard each.

One partition is read from the shards as it is resolved; several are cut out of them first, a file each, and read back one at a time.
"""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import _core
from .columns import mapped, picked, read_columns, write_columns
from .merge import Merged, MergedShard
from .plan import FILES_PER_PARTITION, SPARE_FILES, Plan, selected

Array = np.ndarray[Any, Any]
_CODES = ("course", "type", "base", "panel", "dest", "module", "agent", "user")
_KEPT = ("offset", "time", "hash", "attempts", "kind", "flags", "submit")
EVENTS = (*_CODES, *_KEPT, "ordinal")
CHILDREN = {
    "parts": ("module", "format"),
    "clicks": ("code",),
    "posts": ("key", "about"),
    "replies": ("question",),
    "verdicts": ("key", "target"),
}
"""What events have, and its code columns."""
_MAPS = ("course", "module")  # columns that placing may have changed


@dataclass(frozen=True)
class Block:
    """Rows of one shard in canonical order. `events` may still be in the codes of the shard: `codes` has those of the whole. Children
    are in the codes of the whole; their `row` counts the events of the block."""

    rows: int
    events: dict[str, Array]
    codes: dict[str, Array | None]
    children: dict[str, dict[str, Any]]

    def translated(self, name: str) -> Array:
        """A column of events in the codes of the whole."""
        codes = self.codes.get(name)
        return self.events[name] if codes is None else _core.translate(self.events[name], codes)

    def pick(self, rows: Array, children: dict[str, tuple[Array, Array]]) -> Block:
        """Chosen rows, in the codes of the whole; `children` has the chosen ones of each kind and the row of each."""
        events = {name: _core.pick(self.translated(name), rows) for name in self.events}
        chosen = {
            name: {column: row if column == "row" else picked(values, which) for column, values in self.children[name].items()}
            for name, (which, row) in children.items()
        }
        return Block(len(rows), events, {}, chosen)


def _block(merged: Merged, shard: MergedShard, plan: Plan) -> Block:
    """The rows of a shard that belong to the output."""
    tables = shard.result.tables("events", *CHILDREN)
    events = {name: tables["events"][name] for name in (*_CODES, *_KEPT)}
    codes: dict[str, Array | None] = {name: shard.codes(name) for name in _CODES}
    codes["user"] = merged.user_codes(shard)
    for name in _MAPS:
        moved = shard.moved(name)
        if moved is not None:
            events[name], codes[name] = moved, None
    events["ordinal"] = np.arange(shard.first_row, shard.first_row + shard.rows, dtype=np.int64)
    children = {name: _children(merged, shard, name, tables[name]) for name in CHILDREN}
    whole = Block(shard.rows, events, codes, children)
    if plan.courses is None:
        return whole
    rows = np.arange(shard.rows)[selected(whole.translated("course"), plan.courses)]
    place = np.full(shard.rows, -1, np.int32)
    place[rows] = np.arange(len(rows), dtype=np.int32)
    homes = {name: place[columns["row"]] for name, columns in children.items()}
    return whole.pick(rows, {name: (which := np.flatnonzero(home >= 0), home[which]) for name, home in homes.items()})


def _children(merged: Merged, shard: MergedShard, name: str, columns: dict[str, Any]) -> dict[str, Any]:
    """What the rows of a shard have of a kind, in the codes of the whole."""
    if not len(columns["row"]):
        return columns
    columns = dict(columns)
    for column in CHILDREN[name]:
        if column == "module":
            columns[column] = shard.placed(column, columns, of="parts")
        else:
            columns[column] = merged.users(shard, columns, column) if column == "target" else shard.column(column, columns)
    return columns


def _split(block: Block, plan: Plan) -> Iterator[tuple[int, Block]]:
    """The block of a shard, by partition."""
    partition = np.searchsorted(plan.bounds, plan.groups(block.translated("course"), block.translated("user")), side="right") - 1
    order = np.argsort(partition, kind="stable")
    starts = np.searchsorted(partition[order], np.arange(plan.partitions + 1))
    place = np.empty(block.rows, np.int32)
    place[order] = np.arange(block.rows) - starts[partition[order]]
    homes = {name: partition[columns["row"]] for name, columns in block.children.items()}
    for p in np.flatnonzero(np.diff(starts)).tolist():
        which = {name: np.flatnonzero(home == p) for name, home in homes.items()}
        children = {name: (rows, place[block.children[name]["row"][rows]]) for name, rows in which.items()}
        yield p, block.pick(order[starts[p] : starts[p + 1]], children)


@dataclass
class Partitions:
    """The partitions of an output; `load` gives each in turn."""

    plan: Plan
    folder: Path

    def load(self, number: int) -> list[Block]:
        """The blocks of a partition, in canonical order."""
        if self.plan.partitions == 1:
            return [_block(self.plan.merged, shard, self.plan) for shard in self.plan.merged.shards]
        data = mapped(self._path(number))
        with self._index(number).open(encoding="ascii") as lines:
            blocks = [json.loads(line) for line in lines]
        return [
            Block(rows, read_columns(data, events), {}, {name: read_columns(data, index) for name, index in children.items()})
            for rows, events, children in blocks
        ]

    def forget(self, number: int) -> None:
        """A partition is not needed any more."""
        self._path(number).unlink(missing_ok=True)
        self._index(number).unlink(missing_ok=True)

    def _path(self, number: int) -> Path:
        return self.folder / f"{number}"

    def _index(self, number: int) -> Path:
        """Where the columns of each block lie, a line each: in memory that would grow with shards times partitions."""
        return self.folder / f"{number}.index"

    def cut(self) -> None:
        """Spread the rows of all shards over the files of the partitions."""
        self.folder.mkdir()
        _allow_files(self.plan.partitions * FILES_PER_PARTITION + SPARE_FILES)
        with ExitStack() as files:
            data = [files.enter_context(self._path(number).open("wb")) for number in range(self.plan.partitions)]
            indexes = [files.enter_context(self._index(number).open("w", encoding="ascii")) for number in range(self.plan.partitions)]
            for shard in self.plan.merged.shards:
                for number, piece in _split(_block(self.plan.merged, shard, self.plan), self.plan):
                    events = write_columns(data[number], piece.events)
                    children = {name: write_columns(data[number], columns) for name, columns in piece.children.items()}
                    indexes[number].write(json.dumps([piece.rows, events, children]) + "\n")


def cut_into_partitions(plan: Plan, folder: Path) -> Partitions:
    """Bring the rows of all shards, if there are several partitions, to disk in the codes of the whole."""
    partitions = Partitions(plan, folder)
    if plan.partitions > 1:
        partitions.cut()
    return partitions


def _allow_files(count: int) -> None:
    """Raise the soft limit of open files, as far as the hard one allows (the plan keeps within that)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count if hard == resource.RLIM_INFINITY else min(count, hard), hard))
