"""Columns in files: arrays as they lie in memory, one behind the other, and an index that says which is where."""

from __future__ import annotations

import errno
import json
import mmap
import os
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import pyarrow as pa

from . import _core

Array = np.ndarray[Any, Any]
Index = dict[str, Any]
"""Of each column its dtype, where it starts and how many values it has; of a text column a list of those of its arrays."""
_ALIGNED = 8


class Text(NamedTuple):
    """A column of texts: n + 1 ends in the bytes, and (0/1 per row) which are not null, if any is."""

    ends: Array
    data: Array | bytes
    valid: Array | None = None

    def __len__(self) -> int:
        return len(self.ends) - 1

    def at(self, row: int) -> str | None:
        """One text."""
        if self.valid is not None and not self.valid[row]:
            return None
        return bytes(self.data[self.ends[row] : self.ends[row + 1]]).decode()

    def to_list(self) -> list[str | None]:
        """All texts."""
        data = bytes(self.data)
        texts: list[str | None] = [data[a:b].decode() for a, b in pairwise(self.ends.tolist())]
        if self.valid is not None:
            for row in np.flatnonzero(self.valid == 0).tolist():
                texts[row] = None
        return texts

    def starting_with(self, prefix: bytes) -> Array:
        """Which texts begin so."""
        long = np.flatnonzero(np.diff(self.ends) >= len(prefix))
        data, start = np.frombuffer(self.data, np.uint8), self.ends[long]
        found = np.zeros(len(self), bool)
        found[long] = np.all([data[start + i] == byte for i, byte in enumerate(prefix)], axis=0)
        return found

    def take(self, rows: Array) -> pa.StringArray:
        """The texts of rows, -1 for none."""
        rows = np.ascontiguousarray(rows, np.int64)
        ends, data = _core.take_texts(self.ends, self.data, rows)
        valid = rows >= 0
        if self.valid is not None and len(self.valid):
            valid &= self.valid[np.maximum(rows, 0)] != 0
        return pa.StringArray.from_buffers(len(rows), pa.py_buffer(ends), pa.py_buffer(data), bits(valid))

    def string(self) -> pa.StringArray:
        """As an Arrow array of short strings."""
        if self.ends[-1] > np.iinfo(np.int32).max:
            return self.arrow().cast(pa.string())  # which says that this is too much
        mask = None if self.valid is None else bits(self.valid != 0)
        return pa.StringArray.from_buffers(len(self), pa.py_buffer(self.ends.astype(np.int32)), pa.py_buffer(self.data), mask)

    def arrow(self) -> pa.LargeStringArray:
        """As an Arrow array that shares the memory."""
        mask = None if self.valid is None else bits(self.valid != 0)
        return pa.LargeStringArray.from_buffers(len(self), pa.py_buffer(self.ends), pa.py_buffer(self.data), mask)

    @classmethod
    def of(cls, texts: Iterable[str | bytes | None]) -> Text:
        """A column of these texts."""
        return cls(*_core.join_texts(list(texts)))


def bits(valid: Array) -> pa.Buffer | None:
    """Arrow's bitmap of a mask; None if all is valid."""
    return None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))


def numbers(values: Array, valid: Array | None = None, kind: pa.DataType | None = None) -> pa.Array:
    """An Arrow array that shares the memory. Unlike pa.array it does not look for pandas, whose import takes as long as many logs."""
    values = np.ascontiguousarray(values)
    mask = None if valid is None else bits(valid)
    return pa.Array.from_buffers(kind or pa.from_numpy_dtype(values.dtype), len(values), [mask, pa.py_buffer(values)])


def joined(columns: Sequence[Any]) -> Any:
    """Columns of one kind, one behind the other."""
    if len(columns) == 1:
        return columns[0]
    if not isinstance(columns[0], Text):
        return np.concatenate(columns)
    ends, at = [np.zeros(1, np.int64)], 0
    for column in columns:
        ends.append(column.ends[1:] - column.ends[0] + at)
        at += int(column.ends[-1] - column.ends[0])
    data = np.concatenate([column.data[column.ends[0] : column.ends[-1]] for column in columns])
    valid = np.concatenate([np.ones(len(c), np.uint8) if c.valid is None else c.valid for c in columns])
    return Text(np.concatenate(ends), data, valid)


def picked(column: Any, rows: Array) -> Any:
    """Chosen rows of a column."""
    if not isinstance(column, Text):
        return _core.pick(column, rows)
    ends, data = _core.take_texts(column.ends, column.data, np.ascontiguousarray(rows, np.int64))
    return Text(ends.astype(np.int64), data, None if column.valid is None else column.valid[rows])


def write_columns(file: BinaryIO, columns: Mapping[str, Any]) -> Index:
    """Append columns to a file."""
    index: Index = {}
    for name, column in columns.items():
        index[name] = [_write(file, array) for array in column] if isinstance(column, tuple) else _write(file, column)
    return index


def _write(file: BinaryIO, array: Any) -> tuple[str, int, int] | None:
    if array is None:
        return None
    array = np.frombuffer(array, np.uint8) if isinstance(array, bytes) else array
    start = file.tell()
    file.write(array.data)
    file.write(bytes(-array.nbytes % _ALIGNED))
    return array.dtype.str, start, len(array)


def read_columns(data: mmap.mmap, index: Index, wanted: Iterable[str] | None = None) -> dict[str, Any]:
    """Columns of a mapped file, all or those that are wanted. The mapping lives as long as one of them."""

    def read(entry: Any) -> Any:
        return None if entry is None else np.frombuffer(data, entry[0], entry[2], entry[1])

    def column(entry: Any) -> Any:
        return Text(*map(read, entry)) if entry and not isinstance(entry[0], str) else read(entry)

    return {name: column(index[name]) for name in wanted or index}


def mapped(path: Path) -> mmap.mmap:
    """A file, mapped into memory."""
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def save_tables(path: Path, tables: Mapping[str, Mapping[str, Any]]) -> None:
    """Write tables of columns to a file of their own, the index behind them."""
    with path.open("wb") as file:
        index = json.dumps({name: write_columns(file, columns) for name, columns in tables.items()}).encode()
        file.write(index)
        file.write(len(index).to_bytes(_ALIGNED, "little"))


def load_tables(path: Path, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Whole tables of a file of tables."""
    data = mapped(path)
    index = _index_of(data)
    return {name: read_columns(data, index[name]) for name in names}


def load_table(path: Path, name: str, wanted: Iterable[str] | None = None) -> dict[str, Any]:
    """Columns of a table in a file of tables."""
    data = mapped(path)
    return read_columns(data, _index_of(data)[name], wanted)


class TableFile:
    """A file of tables of which ranges of rows are read. They are not mapped: a few rows of many columns would each take a page of memory. Only
    the index is kept, since there may be more files than a process may have open."""

    def __init__(self, path: Path) -> None:
        self._path = path
        index = _index_of(mapped(path))
        self._tables = {table: [(name, _places(entry)) for name, entry in columns.items()] for table, columns in index.items()}

    def open(self) -> BinaryIO:
        """The file, for `rows`."""
        return self._path.open("rb", buffering=0)

    def rows(self, file: BinaryIO, table: str, start: int, end: int) -> dict[str, Any]:
        """The rows from one to before another."""
        handle = file.fileno()
        return {name: _range(handle, places, start, end) for name, places in self._tables[table]}


_Place = tuple[np.dtype[Any], int, int]
"""Of an array in a file: the type, the size of a value, and where it starts."""


def _places(entry: Any) -> list[_Place | None]:
    """Where the arrays of a column are: one, or those of texts."""
    entries = [entry] if isinstance(entry[0], str) else entry
    return [None if one is None else (np.dtype(one[0]), np.dtype(one[0]).itemsize, one[1]) for one in entries]


def _range(handle: int, places: list[Any], start: int, end: int) -> Any:
    if len(places) == 1:
        return _array(handle, places[0], start, end)
    ends = _array(handle, places[0], start, end + 1)
    data = _array(handle, places[1], int(ends[0]), int(ends[-1]))
    return Text(ends - ends[0], data, None if places[2] is None else _array(handle, places[2], start, end))


def _array(handle: int, place: _Place, start: int, end: int) -> Array:
    dtype, size, offset = place
    if start == end:
        return np.empty(0, dtype)
    data = os.pread(handle, (end - start) * size, offset + start * size)
    if len(data) != (end - start) * size:
        raise OSError(errno.EIO, "a file of columns is shorter than it was")
    return np.frombuffer(data, dtype)


def _index_of(data: mmap.mmap) -> dict[str, Index]:
    end = len(data) - _ALIGNED
    index: dict[str, Index] = json.loads(data[end - int.from_bytes(data[end:], "little") : end])
    return index
