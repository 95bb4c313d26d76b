"""Rows by partition: all events of a range of (course, user) groups, in the codes of the whole.

One partition is read from the shards as it is. Of several, batches of shards are cut first, each on its own: a file with its rows by
partition, of which every partition later reads its share.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from . import _core
from .columns import TableFile, joined, picked, save_tables
from .disk import made_whole
from .merge import Merged, MergedShard
from .plan import Plan, rows_at_a_time, selected

Array = np.ndarray[Any, Any]
_CODES = ("course", "type", "base", "panel", "dest", "module", "agent", "user")
_KEPT = ("offset", "time", "hash", "attempts", "kind", "flags", "submit")
_MADE = ("ordinal", "group")
EVENTS = (*_CODES, *_KEPT, *_MADE)
CHILDREN = {
    "parts": ("module", "format"),
    "clicks": ("code",),
    "posts": ("key", "about"),
    "replies": ("question",),
    "verdicts": ("key", "target"),
}
"""What events have, and its code columns."""
_KINDS = ("events", *CHILDREN)
_MAPS = ("course", "module")  # columns that placing may have changed
_DTYPES: dict[str, Any] = dict.fromkeys(EVENTS, np.int32)
_DTYPES |= dict.fromkeys(("offset", "time", "ordinal"), np.int64) | {"hash": np.uint64} | dict.fromkeys(("kind", "flags", "submit"), np.uint8)
_BATCHES, _BATCH_PARTITIONS = 8, 4  # so many batches, but none with more rows than so many partitions
_BATCH_BYTES = 1 << 30  # of log: texts of a batch must be addressable


@dataclass(frozen=True)
class Block:
    """Rows in canonical order, and what they have of each kind, whose `row` counts these rows."""

    events: dict[str, Array]
    children: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Share:
    """Every `of`-th partition, from number `first` on."""

    first: int = 0
    of: int = 1

    def numbers(self, count: int) -> range:
        """Those of `count` partitions."""
        return range(self.first, count, self.of)


@dataclass(frozen=True)
class Partitions:
    """Partitions of an output, below `folder` if there are several."""

    plan: Plan
    folder: Path
    share: Share = field(default_factory=Share)

    @cached_property
    def batches(self) -> list[list[MergedShard]]:
        """The shards, in canonical order, as they are cut: each partition reads from each batch, so large logs have few large ones."""
        all_rows, least = self.plan.merged.rows, rows_at_a_time(self.plan.merged.rows)
        most = min(_BATCH_PARTITIONS * least, max(least, all_rows // _BATCHES))
        batches: list[list[MergedShard]] = [[]]
        rows = size = 0
        for shard in self.plan.merged.shards:
            rows, size = rows + shard.rows, size + shard.result.about["bytes"]
            if batches[-1] and (rows > most or size > _BATCH_BYTES):
                batches.append([])
                rows, size = shard.rows, shard.result.about["bytes"]
            batches[-1].append(shard)
        return batches

    def cut(self, number: int) -> None:
        """Write the rows of a batch by partition."""
        block, starts = _gather(self.plan, self.batches[number], self.share)
        with made_whole(self._file(number)) as path:
            ranges = np.stack([starts[kind] for kind in _KINDS], axis=1).ravel()  # those of a partition side by side
            save_tables(path, {"starts": {"of": ranges}, "events": block.events, **block.children})

    def load(self, number: int) -> Block:
        """The rows of a partition."""
        if self.plan.partitions == 1:
            return _gather(self.plan, self.plan.merged.shards, self.share)[0]
        shares = [_share(cut, number) for cut in self._cuts]
        firsts = np.cumsum([0, *(len(share.events["time"]) for share in shares)])
        events = {name: joined([share.events[name] for share in shares]) for name in EVENTS}
        children = {kind: _joined([share.children[kind] for share in shares], firsts) for kind in CHILDREN}
        return Block(events, children)

    @cached_property
    def _cuts(self) -> list[TableFile]:
        return [TableFile(self._file(batch)) for batch in range(len(self.batches))]

    def forget(self) -> None:
        """The files are not needed any more."""
        for batch in range(len(self.batches)):
            self._file(batch).unlink()

    def _file(self, batch: int) -> Path:
        return self.folder / f"cut-{batch}"


def _share(cut: TableFile, number: int) -> Block:
    """The rows of a partition in the file of a batch. Rows of children count those of the share."""
    with cut.open() as file:
        starts = cut.rows(file, "starts", number * len(_KINDS), (number + 2) * len(_KINDS))["of"].reshape(2, -1).T.tolist()
        tables = {kind: cut.rows(file, kind, *span) for kind, span in zip(_KINDS, starts, strict=True)}
    return Block(tables.pop("events"), tables)


def _joined(children: Sequence[dict[str, Any]], firsts: Array) -> dict[str, Any]:
    """What blocks have of a kind, one behind the other."""
    some = [(columns, first) for columns, first in zip(children, firsts.tolist(), strict=False) if len(columns["row"])]
    if not some:
        return children[0] if children else {"row": np.empty(0, np.int32)}
    made = {name: joined([columns[name] for columns, _ in some]) for name in some[0][0] if name != "row"}
    return made | {"row": np.concatenate([columns["row"] + np.int32(first) for columns, first in some])}


# ---------------------------------------------------------------- from shards


@dataclass(frozen=True)
class _Piece:
    """The rows of a shard that are wanted: events in the codes of the shard, with those of the whole beside them (None: the same), and
    children in the codes of the whole."""

    events: dict[str, Array]
    codes: dict[str, Array | None]
    children: dict[str, dict[str, Any]]

    def translated(self, name: str) -> Array:
        """A column of events in the codes of the whole."""
        codes = self.codes[name]
        return self.events[name] if codes is None else _core.translate(self.events[name], codes)

    def pick(self, rows: Array) -> _Piece:
        """Chosen rows."""
        place = np.full(len(self.events["time"]), -1, np.int32)
        place[rows] = np.arange(len(rows), dtype=np.int32)
        events = {name: _core.pick(column, rows) for name, column in self.events.items()}
        return _Piece(events, self.codes, {kind: _chosen(columns, place) for kind, columns in self.children.items()})


def _chosen(columns: dict[str, Any], place: Array) -> dict[str, Any]:
    """Those children whose rows have a place (not -1)."""
    home = place[columns["row"]]
    which = np.flatnonzero(home >= 0)
    return {name: home[which] if name == "row" else picked(column, which) for name, column in columns.items()}


def _gather(plan: Plan, shards: Sequence[MergedShard], share: Share) -> tuple[Block, dict[str, Array]]:
    """The rows of shards by partition, else in canonical order, and where each partition begins in each table."""
    pieces = [_piece(plan, shard, share) for shard in shards]
    group = np.concatenate([piece.events["group"] for piece in pieces]) if pieces else np.empty(0, np.int32)
    partition = plan.partition_of[group]
    place = _core.find_places(partition, plan.partitions, np.zeros(len(group), np.int64))
    firsts = np.cumsum([0, *(len(piece.events["group"]) for piece in pieces)])
    events = {name: np.empty(len(group), _DTYPES[name]) for name in EVENTS}
    for piece, (first, end) in zip(pieces, _spans(firsts), strict=True):
        for name in EVENTS:
            _core.scatter(piece.events[name], place[first:end], events[name], piece.codes.get(name))
        piece.events.clear()  # their file need not stay in memory
    starts = {"events": _starts(partition, plan.partitions)}
    children = {}
    for kind in CHILDREN:
        columns = _joined([piece.children[kind] for piece in pieces], firsts)
        of = partition[columns["row"]]
        starts[kind] = _starts(of, plan.partitions)
        columns["row"] = place[columns["row"]] - starts["events"][of].astype(np.int32)
        order = np.argsort(of.astype(np.uint16), kind="stable") if plan.partitions > 1 and len(of) else None
        children[kind] = columns if order is None else {name: picked(column, order) for name, column in columns.items()}
    return Block(events, children), starts


def _spans(firsts: Array) -> Iterator[tuple[int, int]]:
    return zip(firsts[:-1].tolist(), firsts[1:].tolist(), strict=True)


def _starts(partition: Array, partitions: int) -> Array:
    return np.append(0, np.cumsum(np.bincount(partition, minlength=partitions)))


def _piece(plan: Plan, shard: MergedShard, share: Share) -> _Piece:
    columns, tables, merged = shard.result.columns("events"), shard.result.tables(*CHILDREN), plan.merged
    codes = shard.all_codes(_CODES)
    codes["user"] = merged.renamed(codes["user"])
    events = {name: columns[name] for name in (*_CODES, *_KEPT)}
    for name in _MAPS:
        moved = shard.moved(name)
        if moved is not None:
            events[name], codes[name] = moved, None
    events["ordinal"] = np.arange(shard.first_row, shard.first_row + shard.rows, dtype=np.int64)
    piece = _Piece(events, codes, {kind: _children(merged, shard, kind, tables[kind]) for kind in CHILDREN})
    if plan.courses is not None:
        piece = piece.pick(np.arange(shard.rows)[selected(piece.translated("course"), plan.courses)])
    piece.events["group"] = plan.groups(piece.translated("course"), piece.translated("user"))
    if share.of > 1:
        piece = piece.pick(np.flatnonzero(plan.partition_of[piece.events["group"]] % share.of == share.first))
    return piece


def _children(merged: Merged, shard: MergedShard, kind: str, columns: dict[str, Any]) -> dict[str, Any]:
    """What the rows of a shard have of a kind, in the codes of the whole."""
    columns = dict(columns)
    if not len(columns["row"]):
        return columns
    for column in CHILDREN[kind]:
        if column == "module":
            columns[column] = shard.placed(column, columns, of="parts")
        else:
            columns[column] = merged.users(shard, columns, column) if column == "target" else shard.column(column, columns)
    return columns
