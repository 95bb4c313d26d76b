"""Which rows exist: counts by source line, which become ids."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import _core
from .resolve import OBSERVED, Resolved

Array = np.ndarray[Any, Any]
ROW_KINDS = ("observed", "submissions", "assessments")
"""What one line has rows of."""
_IN_MEMORY = 1 << 24  # arrays over all rows live on disk from this size on
_WORD = 64
_CHUNK = 1 << 16  # words that are added up at a time


def rows_array(folder: Path, name: str, rows: int, dtype: Any) -> Array:
    """Zeros, so many values; on disk when there are many, so that memory does not grow with the log."""
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


class RowCounts:
    """How many rows of a kind each line has, and how many come before those of a line. Most lines have none or one: a bit says which, and only
    lines with more are listed, so that a line takes a quarter of a byte in memory, or on the disk when there are very many."""

    def __init__(self, lines: int, make: Callable[[str, int, Any], Array]) -> None:
        """`make(name, length, dtype)` gives zeros."""
        words = -(-lines // _WORD)
        self._lines = lines
        self._some, self._before = make("some", words, np.uint64), make("before", words, np.int64)
        self._more: list[tuple[Array, Array]] = []  # lines, and how many rows they have beyond one
        self._lines_with_more, self._more_before = np.zeros(0, np.int64), np.zeros(1, np.int64)

    def __len__(self) -> int:
        """How many lines there are."""
        return self._lines

    def add(self, ordinals: Array, counts: Array | None = None) -> None:
        """Rows of lines, each named once: so many, or one of each."""
        there = _core.set_bits(self._some, ordinals)
        more = there if counts is None else counts + there - 1
        listed = np.flatnonzero(more)
        if len(listed):
            self._more.append((ordinals[listed], more[listed].astype(np.int64)))

    def number(self) -> None:
        """Everything is counted."""
        total = 0
        for start in range(0, len(self._some), _CHUNK):
            counts = np.bitwise_count(self._some[start : start + _CHUNK]).astype(np.int64)
            self._before[start : start + _CHUNK] = np.cumsum(counts) - counts + total
            total += int(counts.sum())
        if self._more:
            lines, counts = (np.concatenate(column) for column in zip(*self._more, strict=True))
            order = np.argsort(lines, kind="stable")
            self._lines_with_more, self._more_before = lines[order], np.append(0, np.cumsum(counts[order]))
            self._more.clear()

    def before(self, ordinals: Array) -> Array:
        """How many rows come before those of lines."""
        found: Array = _core.count_bits(self._some, self._before, ordinals)
        if len(self._lines_with_more):
            found += self._more_before[np.searchsorted(self._lines_with_more, ordinals)]
        return found

    def some(self) -> Array:
        """Whether each line has any."""
        return np.unpackbits(self._some.view(np.uint8), count=self._lines, bitorder="little").view(bool)

    def counts(self, start: int, end: int) -> Array:
        """How many the lines of a range have (32 bits each)."""
        words = self._some[start // _WORD : -(-end // _WORD)]
        skipped = start % _WORD
        found = np.unpackbits(words.view(np.uint8), count=skipped + end - start, bitorder="little")[skipped:].astype(np.int32)
        first, behind = np.searchsorted(self._lines_with_more, (start, end)).tolist()
        more = np.diff(self._more_before[first : behind + 1]).astype(np.int32)
        np.add.at(found, self._lines_with_more[first:behind] - start, more)
        return found

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {name: OnDisk.of(self.__dict__[name]) for name in ("_some", "_before")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({name: value.open() if isinstance(value, OnDisk) else value for name, value in state.items()})


class Rows:
    """Which rows exist, by ordinal: counts that become ids."""

    def __init__(self, lines: int, make: Callable[[str, int, Any], Array]) -> None:
        def counts(kind: str) -> RowCounts:
            return RowCounts(lines, lambda name, *shape: make(f"{kind}-{name}", *shape))

        self.observed, self.submissions, self.assessments = map(counts, ROW_KINDS)

    def take(self, resolved: Resolved) -> None:
        """Note which rows a partition makes."""
        ordinal = resolved.events["ordinal"]
        self.observed.add(ordinal[resolved.outcome == OBSERVED])
        row = resolved.parts["row"]
        if len(row):
            starts = np.flatnonzero(np.diff(row, prepend=-1))  # the parts of an event lie together
            owners = ordinal[row[starts]]
            self.submissions.add(owners, np.diff(np.append(starts, len(row))))
            marked = np.add.reduceat(resolved.parts["mark_from"] >= 0, starts, dtype=np.int64)
            self.assessments.add(owners[marked > 0], marked[marked > 0])
        self.assessments.add(ordinal[resolved.scores["row"]])

    def number(self) -> None:
        """Everything is counted."""
        for kind in ROW_KINDS:
            getattr(self, kind).number()
