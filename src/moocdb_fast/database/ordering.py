"""Lines of CSV in the order of the primary key, which is the order in which InnoDB stores them.

The files are in the order of users and times. Loaded so, a table that is larger than the server's memory takes twenty times as long,
because every row goes to another page. So the rows are sorted on the way: in memory if they are few, else by ranges of keys through
an unnamed temporary file, which is gone with the process, however that ends."""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ..errors import InputError, OutputError

Array = np.ndarray[Any, Any]
_MEMORY = 32 << 20  # bytes of lines that are sorted at a time
_RANGE = 1 << 18  # keys in a range: ids are dense, so a range is about as much as that
_PIECE = 1 << 20  # bytes that are handed on at a time
_DIGITS = 19
_NEWLINE, _QUOTE, _ZERO = b'\n"0'


@dataclass(frozen=True)
class Lines:
    """Whole rows: row number n is data[starts[n]:starts[n + 1]]."""

    data: Any  # anything with bytes in it
    starts: Array

    def __len__(self) -> int:
        return len(self.starts) - 1

    def keys(self) -> Array:
        """The number in the first cell of each row. Of what is no number nothing is said but that it has a place in the order."""
        data, at = np.frombuffer(self.data, np.uint8), self.starts[:-1].copy()
        keys = np.zeros(len(at), np.int64)
        for _ in range(_DIGITS):
            digit = data[at] - np.uint8(_ZERO)  # other characters wrap round to more than 9
            inside = digit <= 9
            if not inside.any():
                break
            keys = np.where(inside, keys * 10 + digit, keys)
            at += inside
        return keys

    def sorted(self, keys: Array) -> Lines:
        """The rows in the order of their keys."""
        if (keys[1:] >= keys[:-1]).all():
            return self
        rows = pa.Array.from_buffers(pa.large_binary(), len(self), [None, pa.py_buffer(self.starts), pa.py_buffer(self.data)])
        _, starts, data = rows.take(pa.array(np.argsort(keys, kind="stable"))).buffers()
        return Lines(data, np.frombuffer(starts, np.int64)[: len(self) + 1])

    def pieces(self) -> Iterator[bytes]:
        """The rows in a few handy pieces, each of whole rows."""
        view = memoryview(self.data)
        ends = np.unique(np.append(np.searchsorted(self.starts, np.arange(_PIECE, int(self.starts[-1]), _PIECE)), len(self)))
        first = 0
        for end in ends.tolist():
            yield bytes(view[int(self.starts[first]) : int(self.starts[end])])
            first = end


def whole_lines(chunks: Iterable[bytes], least: int) -> Iterator[Lines]:
    """Rows in portions of at least so many bytes, but for the last one. A line end within quotes ends no row."""
    waiting: list[bytes] = []
    size = 0
    for chunk in chunks:
        waiting.append(chunk)
        size += len(chunk)
        if size < least:
            continue
        lines = rows_of(b"".join(waiting))
        end = int(lines.starts[-1])
        waiting = [bytes(memoryview(lines.data)[end:])]
        size = len(waiting[0])
        least = max(least, 2 * size)  # one row that is longer than a portion
        if len(lines):
            yield lines
    lines = rows_of(b"".join(waiting))
    if int(lines.starts[-1]) != len(lines.data):
        raise InputError("a CSV file ends in the middle of a row", "translate the logs again")
    if len(lines):
        yield lines


def rows_of(data: bytes) -> Lines:
    """The whole rows at the beginning of some lines; a line end within quotes ends no row."""
    characters = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(characters == _NEWLINE)
    quotes = np.flatnonzero(characters == _QUOTE)
    if len(quotes):
        ends = ends[np.searchsorted(quotes, ends) % 2 == 0]
    return Lines(data, np.concatenate(([0], ends + 1)).astype(np.int64))


class _Spilled:
    """Rows on the disk, by ranges of keys."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed by close()
        self._parts: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self._end = 0

    def add(self, lines: Lines) -> None:
        """Keep rows."""
        keys = lines.keys()
        lines, ranges = lines.sorted(keys), np.sort(keys) // _RANGE
        view = memoryview(lines.data)
        firsts = np.flatnonzero(np.append(True, ranges[1:] != ranges[:-1]))
        for first, end in zip(firsts.tolist(), [*firsts[1:].tolist(), len(lines)], strict=True):
            part = view[int(lines.starts[first]) : int(lines.starts[end])]
            self._parts[int(ranges[first])].append((self._end, len(part)))
            self._end += len(part)
            while part:
                part = part[self._file.write(part) :]

    def in_order(self) -> Iterator[Lines]:
        """All rows, range after range."""
        for key in sorted(self._parts):
            lines = rows_of(b"".join(self._read(*part) for part in self._parts.pop(key)))
            yield lines.sorted(lines.keys())

    def _read(self, start: int, size: int) -> bytes:
        parts = []
        while size:
            part = os.pread(self._file.fileno(), size, start)
            if not part:
                raise OSError("a temporary file has become shorter")
            parts.append(part)
            start, size = start + len(part), size - len(part)
        return b"".join(parts)

    def close(self) -> None:
        self._file.close()


def in_key_order(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The rows in the order of the number in their first cell, in pieces of whole rows. Everything is read before the first piece."""
    portions = whole_lines(chunks, _MEMORY)
    first, second = next(portions, None), next(portions, None)
    if first is None:
        return
    if second is None:
        yield from first.sorted(first.keys()).pieces()
        return
    spilled = _Spilled()
    try:
        for lines in (first, second):
            spilled.add(lines)
        del first, second, lines
        for lines in portions:
            spilled.add(lines)
        for lines in spilled.in_order():
            yield from lines.pieces()
    except OSError as error:
        where = tempfile.gettempdir()
        raise OutputError(
            f"rows cannot be sorted in {where}: {os.strerror(error.errno) if error.errno else error}", "name another place in TMPDIR"
        ) from error
    finally:
        spilled.close()
