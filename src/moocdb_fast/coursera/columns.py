"""Columns of source tables as numbers and texts, and look-ups by them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .ledger import Ledger
from .reasons import Drop
from .source import Source
from .tables import SOURCES

Array = np.ndarray[Any, Any]
NONE = np.iinfo(np.int64).min
"""No number."""
_LAST = 253_402_300_799  # seconds: the end of the year 9999
_NEVER = 2_147_483_647  # what the platform writes for "no end"
_DIGITS = r"^\s*[+-]?[0-9]{1,18}\s*$"


class Frame:
    """The rows of a source table, in the order of `id` if it has one."""

    def __init__(self, name: str, columns: dict[str, pa.Array], rows: int) -> None:
        self.name, self.rows = name, rows
        self._columns = columns

    @property
    def names(self) -> list[str]:
        """The names of its columns."""
        return list(self._columns)

    def numbers(self, column: str) -> Array:
        """Whole numbers; NONE for NULL and for what is none."""
        return numbers(self._columns[column])

    def reals(self, column: str) -> Array:
        """Numbers; NaN for NULL."""
        return reals(self._columns[column])

    def flags(self, column: str) -> Array:
        """Whether the number is there and not 0."""
        values = self.numbers(column)
        found: Array = (values != 0) & (values != NONE)
        return found

    def times(self, column: str) -> Array:
        """Seconds since 1970; NONE for what stands for no time."""
        return real_times(self.numbers(column))

    def texts(self, column: str) -> pa.Array:
        """Texts, as `string`."""
        return texts(self._columns[column])

    def bytes(self, column: str) -> pa.Array:
        """Bytes as they stand."""
        array = self._columns[column]
        return array if pa.types.is_binary(array.type) else array.cast(pa.string()).cast(pa.binary())

    def raw(self, column: str) -> pa.Array:
        """The column as it is read."""
        return self._columns[column]

    def take(self, rows: Array) -> Frame:
        """Some rows."""
        chosen = pa.array(rows)
        return Frame(self.name, {name: column.take(chosen) for name, column in self._columns.items()}, len(rows))


@dataclass
class Reader:
    """Reads source tables, and counts their rows."""

    source: Source
    ledger: Ledger
    report: Callable[[int], None] = lambda rows: None  # called with the number of rows of each batch

    def has(self, table: str) -> bool:
        """Whether the export has the table."""
        return self.source.has(table)

    def batches(self, table: str) -> Iterable[dict[str, pa.Array]]:
        """The rows of a table, batch by batch, under our names; none if the export lacks it."""
        if not self.source.has(table):
            return
        there = {column.name for column in self.source.tables()[table]}
        names = {ours: _found(its, there) for ours, its in SOURCES[table].columns.items()}
        for batch in self.source.rows(table, list(names.values())):
            self.ledger.read(table, batch.num_rows)
            self.report(batch.num_rows)
            yield dict(zip(names, batch.columns, strict=True))

    def frame(self, table: str) -> Frame:
        """All rows of a table; if they have ids, one row for each, in their order."""
        batches = list(self.batches(table))
        columns = {}
        for name in SOURCES[table].columns:
            pieces = [batch[name] for batch in batches]
            columns[name] = pa.concat_arrays(pieces) if pieces else pa.nulls(0)
        frame = Frame(table, columns, sum(len(next(iter(batch.values()))) for batch in batches))
        return self._by_id(frame) if "id" in columns else frame

    def _by_id(self, frame: Frame) -> Frame:
        """The rows that have an id, each once and in their order."""
        ids = frame.numbers("id")
        if np.all(ids[1:] > ids[:-1]) and not np.any(ids == NONE):
            return frame
        order = np.argsort(ids, kind="stable")
        good = ids[order] != NONE
        fresh = np.concatenate([[True], ids[order][1:] != ids[order][:-1]])
        self.ledger.drop(frame.name, Drop.BAD_ID, np.full(int(np.sum(~good)), -1))
        self.ledger.drop(frame.name, Drop.DUPLICATE, ids[order][good & ~fresh])
        return frame.take(order[good & fresh])


def _found(names: str, there: set[str]) -> str:
    """The first of `a|b` that is there, else the first."""
    choices = names.split("|")
    return next((name for name in choices if name in there), choices[0])


def numbers(array: pa.Array) -> Array:
    """Whole numbers; NONE for NULL and for what is none."""
    if pa.types.is_null(array.type):
        return np.full(len(array), NONE)
    if pa.types.is_string(array.type) or pa.types.is_binary(array.type):
        text = texts(array)
        array = pc.if_else(pc.match_substring_regex(text, _DIGITS), pc.utf8_trim_whitespace(text), None).cast(pa.int64())
    elif pa.types.is_floating(array.type):
        whole = pc.and_(pc.equal(array, pc.floor(array)), pc.less(pc.abs(array), 2.0**53))
        array = pc.if_else(whole, array, None).cast(pa.int64())
    found: Array = array.fill_null(NONE).to_numpy(zero_copy_only=False).astype(np.int64, copy=False)
    return found


def reals(array: pa.Array) -> Array:
    """Numbers; NaN for NULL and for what is none."""
    if pa.types.is_null(array.type):
        return np.full(len(array), np.nan)
    if not pa.types.is_floating(array.type):
        array = array.cast(pa.float64())
    found: Array = array.fill_null(np.nan).to_numpy(zero_copy_only=False).astype(np.float64, copy=False)
    return found


def texts(array: pa.Array) -> pa.Array:
    """Texts; bytes that are none become U+FFFD."""
    if pa.types.is_null(array.type):
        return pa.nulls(len(array), pa.string())
    if pa.types.is_binary(array.type) or pa.types.is_large_binary(array.type):
        return decoded(array)
    return array if pa.types.is_string(array.type) else array.cast(pa.string())


def decoded(array: pa.Array) -> pa.Array:
    """UTF-8 as text, with U+FFFD for what is none."""
    try:
        return array.cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array([None if value is None else value.decode("utf-8", "replace") for value in array.to_pylist()], pa.string())


def real_times(values: Array) -> Array:
    """Seconds since 1970, NONE for 0, -1, 2147483647 and what no calendar has."""
    return np.where((values <= 0) | (values == _NEVER) | (values > _LAST), NONE, values)


def real_time(value: int) -> int:
    """The same for one time."""
    return NONE if value <= 0 or value == _NEVER or value > _LAST else value


def stamps(seconds: Array) -> pa.Array:
    """Seconds as timestamps."""
    none = seconds == NONE
    return pa.array(np.where(none, 0, seconds) * 1_000_000, pa.int64(), mask=none).cast(pa.timestamp("us"))


def optional(values: Array, none: int = NONE) -> pa.Array:
    """Numbers, of which `none` is NULL."""
    mask = values == none
    return pa.array(np.where(mask, 0, values), mask=mask)


class Lookup:
    """From numbers to numbers."""

    def __init__(self, keys: Array | Iterable[int], values: Array | Iterable[int]) -> None:
        keys, values = np.asarray(keys, np.int64), np.asarray(values, np.int64)
        order = np.argsort(keys, kind="stable")
        self._keys, self._values = keys[order], values[order]

    def of(self, keys: Array, none: int = 0) -> Array:
        """The values of keys; `none` for those that are not there. Of equal keys the first counts."""
        if not len(self._keys):
            return np.full(len(keys), none, np.int64)
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.where(self._keys[at] == keys, self._values[at], none)


def pairs(left: Array, right: Array) -> tuple[Array, Array, Array, Array]:
    """The distinct pairs of numbers from 0, sorted: both columns, the first row of each, and the pair of each row."""
    width = int(right.max(initial=0)) + 1
    found, first, at = np.unique(left * width + right, return_index=True, return_inverse=True)
    return found // width, found % width, first, at.reshape(-1)


def joined(prefix: str, *parts: Array) -> pa.Array:
    """`prefix:1:2` for each row."""
    pieces = [pa.array(np.asarray(part, np.int64)).cast(pa.string()) for part in parts]
    return pc.binary_join_element_wise(pa.scalar(prefix), *pieces, ":")


def ranks(*keys: Array) -> Array:
    """The rank, from 1, of each row among those with the same first keys, in the order of the last one and then of rows."""
    rows = len(keys[0])
    order = np.lexsort((np.arange(rows), *reversed(keys)))
    fresh = np.ones(rows, bool)
    if rows:
        fresh[1:] = np.any([key[order][1:] != key[order][:-1] for key in keys[:-1]], axis=0)
    starts = np.flatnonzero(fresh)
    found = np.empty(rows, np.int64)
    found[order] = np.arange(rows) - np.repeat(starts, np.diff(np.append(starts, rows))) + 1
    return found
