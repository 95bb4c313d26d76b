"""Rows by partition: all events of a range of (course, user) groups, in canonical order, in the codes of the whole.

One partition stays in memory; several are written to Arrow streams, shard by shard, and read back one at a time.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from .merge import Merged, MergedShard
from .plan import FILES_PER_PARTITION, SPARE_FILES, Plan, group_key, selected

Array = np.ndarray[Any, Any]
_CODES = ("course", "type", "base", "panel", "dest", "module", "agent")
_KEPT = ("offset", "time", "hash", "attempts", "kind", "flags", "submit")
CHILDREN = {
    "parts": ("module", "format"),
    "clicks": ("code",),
    "posts": ("key", "about"),
    "replies": ("question",),
    "verdicts": ("key", "target"),
}
"""What events have, and its code columns."""
Tables = dict[str, pa.Table]
"""events, and its CHILDREN, which carry the `ordinal` of their event."""


def _shard_tables(merged: Merged, shard: MergedShard, plan: Plan) -> Tables:
    columns = shard.result.columns("events", ("user", *_CODES, *_KEPT))
    events = {name: shard.placed(name, columns) if name in ("course", "module") else shard.column(name, columns) for name in _CODES}
    events |= {name: columns[name] for name in _KEPT}
    rows = selected(events["course"], plan.courses)
    events["user"] = merged.users(shard, columns)
    events["ordinal"] = np.arange(shard.first_row, shard.first_row + shard.rows, dtype=np.int64)
    events = {name: column[rows] for name, column in events.items()}
    events["group"] = plan.groups(group_key(events["user"], events["course"]))
    return {"events": pa.table(events), **{name: _children(merged, shard, name, rows) for name in CHILDREN}}


def _children(merged: Merged, shard: MergedShard, name: str, rows: Array | slice) -> pa.Table:
    """What the chosen rows have of a kind."""
    table = shard.result.table(name)
    row = table.column("row").to_numpy()
    for column in CHILDREN[name]:
        local = {column: table.column(column).to_numpy()}
        if column == "module":
            codes = shard.placed(column, local, of="placed_parts")
        else:
            codes = merged.users(shard, local, column) if column == "target" else shard.column(column, local)
        table = table.set_column(table.column_names.index(column), column, pa.array(codes))
    table = table.append_column("ordinal", pa.array(row.astype(np.int64) + shard.first_row)).drop_columns(["row"])
    if not isinstance(rows, slice):
        table = table.filter(pa.array(np.isin(row, rows)))
    return table


def _split(tables: Tables, plan: Plan) -> Iterator[tuple[int, Tables]]:
    """The tables of one shard, by partition."""
    events = tables["events"]
    partition = np.searchsorted(plan.bounds, events.column("group").to_numpy(), side="right") - 1
    ordinals = events.column("ordinal").to_numpy()
    homes = {name: partition[np.searchsorted(ordinals, tables[name].column("ordinal").to_numpy())] for name in CHILDREN}
    for p in np.unique(partition).tolist():
        yield p, {name: table.filter(pa.array((partition if name == "events" else homes[name]) == p)) for name, table in tables.items()}


@dataclass
class Partitions:
    """The partitions of an output; `load` gives each in turn."""

    plan: Plan
    folder: Path
    whole: Tables | None = None

    def load(self, number: int) -> Tables:
        """The tables of a partition, in canonical order."""
        if self.whole is not None:
            return self.whole
        return {name: _read(self.folder / f"{name}-{number}.arrow") for name in ("events", *CHILDREN)}

    def forget(self, number: int) -> None:
        """A partition is not needed any more."""
        self.whole = None
        for name in ("events", *CHILDREN):
            (self.folder / f"{name}-{number}.arrow").unlink(missing_ok=True)


def _read(path: Path) -> pa.Table:
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_stream(source).read_all()


def cut_into_partitions(plan: Plan, folder: Path) -> Partitions:
    """Bring the rows of all shards into the codes of the whole and, if there are several partitions, to disk."""
    if plan.partitions == 1:
        pieces = [_shard_tables(plan.merged, shard, plan) for shard in plan.merged.shards]
        return Partitions(plan, folder, {name: pa.concat_tables([piece[name] for piece in pieces]) for name in pieces[0]})
    folder.mkdir()
    _allow_files(plan.partitions * FILES_PER_PARTITION + SPARE_FILES)
    writers: dict[tuple[str, int], tuple[Any, Any]] = {}
    try:
        for shard in plan.merged.shards:
            tables = _shard_tables(plan.merged, shard, plan)
            for number, piece in _split(tables, plan):
                for name, table in piece.items():
                    if (name, number) not in writers:
                        sink = pa.OSFile(str(folder / f"{name}-{number}.arrow"), "wb")
                        writers[name, number] = sink, pa.ipc.new_stream(sink, table.schema)
                    writers[name, number][1].write_table(table.combine_chunks())
    finally:
        for sink, writer in writers.values():
            writer.close()
            sink.close()
    return Partitions(plan, folder)


def _allow_files(count: int) -> None:
    """Raise the soft limit of open files, as far as the hard one allows (the plan keeps within that)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count if hard == resource.RLIM_INFINITY else min(count, hard), hard))
