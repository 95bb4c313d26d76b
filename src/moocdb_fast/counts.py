"""Which rows exist: counts by source line, which become ids."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .resolve import OBSERVED, Resolved

Array = np.ndarray[Any, Any]
ROW_KINDS: dict[str, Any] = {"observed": np.uint8, "submissions": np.int32, "assessments": np.int32}
"""What one line has rows of, and the type of their number: at most one observed event."""
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
class OnDisk:
    """An array of rows_array on its way to another process, which maps the same file."""

    path: str
    dtype: str
    rows: int

    @classmethod
    def of(cls, array: Array) -> OnDisk | Array:
        """What to send of an array: all of it only if it is in memory. Another machine sees what is on the disk."""
        if not isinstance(array, np.memmap):
            return array
        array.flush()
        return cls(str(array.filename), array.dtype.str, len(array))

    def open(self) -> Array:
        """The array."""
        return np.memmap(self.path, self.dtype, "r", shape=(self.rows,))


@dataclass
class Rows:
    """Which rows exist, by ordinal: counts that become ids."""

    observed: Array
    submissions: Array
    assessments: Array


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
