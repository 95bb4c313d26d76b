"""CSV files, formatted by the kernel from Arrow buffers (rules, section 13)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from .. import _core
from ..disk import append_file, made_whole
from ..schema import TABLES, Table
from ..shards import text_buffers
from .guarded import guarded

_CELLS = {pa.int8(): "int8", pa.int32(): "int32", pa.int64(): "int64", pa.float64(): "real", pa.timestamp("us"): "time", pa.string(): "text"}
_BUFFER = 1 << 18  # stays in the processor's cache on its way to the file


class CsvSink:
    """`<table>.csv` with a header line for each table."""

    side_by_side = True

    def __init__(self, folder: Path, tables: dict[str, Table] = TABLES, *, spreadsheet_safe: bool = False) -> None:
        self._folder, self._tables = folder, tables
        self._formatters: dict[str, Formatter] = defaultdict(partial(Formatter, spreadsheet_safe=spreadsheet_safe))
        self._files: dict[str, BinaryIO] = {}

    def write(self, table: str, batch: pa.RecordBatch) -> None:
        """Append rows."""
        file = self._file(table)
        for piece in self._formatters[table].pieces(batch):
            file.write(piece)

    def write_apart(self, batches: Iterable[tuple[str, pa.RecordBatch]], path: Callable[[str], Path]) -> dict[str, int]:
        """Write rows to files of their own, for `append`. Returns how many there are of each table."""
        rows: Counter[str] = Counter()
        with ExitStack() as stack:
            files: dict[str, BinaryIO] = {}
            for table, batch in batches:
                if table not in files:
                    files[table] = stack.enter_context(stack.enter_context(made_whole(path(table))).open("wb"))
                rows[table] += batch.num_rows
                for piece in self._formatters[table].pieces(batch):
                    files[table].write(piece)
        return dict(rows)

    def append(self, table: str, path: Path) -> None:
        """Append rows that were written apart; their file goes."""
        with path.open("rb") as source:
            append_file(source, self._file(table))
        path.unlink()

    def _file(self, table: str) -> BinaryIO:
        if table not in self._files:
            self._files[table] = (self._folder / f"{table}.csv").open("xb")
            self._files[table].write(header(self._tables[table]))
        return self._files[table]

    def close(self) -> None:
        """Nothing more comes."""
        for file in self._files.values():
            file.close()


def header(table: Table) -> bytes:
    """The first line of a CSV file."""
    return (",".join(table.names) + "\n").encode()


class Formatter:
    """Record batches as lines of CSV; `spreadsheet_safe`: with guards in texts that a spreadsheet would run."""

    def __init__(self, *, spreadsheet_safe: bool = False) -> None:
        self._safe = spreadsheet_safe
        self._rendered: dict[tuple[int, int], tuple[pa.Array, Any]] = {}  # by address and length of the dictionary, which is kept alive
        self._buffer = np.empty(_BUFFER, np.uint8)

    def rows(self, batch: pa.RecordBatch) -> bytes:
        """The lines of a batch."""
        return b"".join(map(bytes, self.pieces(batch)))

    def pieces(self, batch: pa.RecordBatch) -> Iterator[memoryview]:
        """The lines of a batch in pieces of whole lines; each is overwritten by the next."""
        columns = [guarded(c) if self._safe and pa.types.is_string(c.type) else c for c in batch.columns]  # alive while the kernel reads them
        rows = _core.CsvRows([self._column(column) for column in columns], batch.num_rows)
        while rows.left:
            used = rows.fill(self._buffer)
            if used:
                yield self._buffer.data[:used]
            else:
                self._buffer = np.empty(2 * rows.need, np.uint8)

    def _column(self, column: pa.Array) -> tuple[Any, ...]:
        """What the kernel wants to know: cell kind, addresses of values, validity and offsets, first row, finished cells."""
        rendered = None
        if pa.types.is_dictionary(column.type):
            rendered = self._cells(column.dictionary)
            column = column.indices
            cell = "coded"
        else:
            cell = _CELLS[column.type]
        buffers = column.buffers()
        valid = buffers[0].address if buffers[0] is not None and column.null_count else 0
        values = buffers[-1].address if buffers[-1] is not None else 0
        offsets = buffers[1].address if cell == "text" else 0
        return cell, values, valid, offsets, column.offset, rendered

    def _cells(self, dictionary: pa.Array) -> Any:
        """The cells of a dictionary, quoted once."""
        key = dictionary.buffers()[1].address, len(dictionary)
        known = self._rendered.get(key)
        if known is None:
            texts = guarded(dictionary) if self._safe else dictionary
            known = self._rendered[key] = dictionary, _core.render_cells(*text_buffers(texts))
        return known[1]
