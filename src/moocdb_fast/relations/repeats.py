"""Lines that repeat an earlier one of the same user, course and time byte for byte (rules, section 11)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..counts import rows_array
from ..merge import Merged, MergedShard
from ..plan import group_key

Array = np.ndarray[Any, Any]
BUCKET_ROWS = 4_000_000
"""Rows that are compared at a time: bounds the memory of a run whatever the size of the log."""

_ROW = np.dtype([("hash", np.uint64), ("time", np.int64), ("group", np.int64), ("ordinal", np.int64)])


def find_repeats(merged: Merged, work: Path) -> Array:
    """Whether each row, by ordinal, repeats an earlier one. Rows are spread over files by their hash, so that equal ones meet in one."""
    repeats = rows_array(work, "repeats", merged.rows, np.bool_)
    buckets = 1 + merged.rows // BUCKET_ROWS
    files = [work / f"lines-{number}" for number in range(buckets)]
    handles = [path.open("wb") for path in files]
    try:
        for shard in merged.shards:
            rows = _rows(merged, shard)
            bucket = rows["hash"] % np.uint64(buckets)
            for number in np.unique(bucket).tolist():
                handles[number].write(rows[bucket == number].tobytes())
    finally:
        for handle in handles:
            handle.close()
    for path in files:
        rows = np.fromfile(path, _ROW)
        path.unlink()
        rows = rows[np.lexsort((rows["ordinal"], rows["group"], rows["time"], rows["hash"]))]
        same = np.ones(max(0, len(rows) - 1), np.bool_)
        for name in ("hash", "time", "group"):
            same &= rows[name][1:] == rows[name][:-1]
        repeats[rows["ordinal"][1:][same]] = True
    return repeats


def _rows(merged: Merged, shard: MergedShard) -> Array:
    columns = shard.result.columns("events", ("user", "course", "time", "hash"))
    rows = np.empty(shard.rows, _ROW)
    rows["hash"], rows["time"] = columns["hash"], columns["time"]
    rows["group"] = group_key(merged.users(shard, columns), shard.placed("course", columns))
    rows["ordinal"] = np.arange(shard.first_row, shard.first_row + shard.rows)
    return rows
