"""Parquet files: zstd, groups of as many rows, no clock and no host in the metadata."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from .. import _core
from ..columns import Text
from ..schema import TABLES, Column, Table
from ..shards import text_buffers
from ..tabular import coded
from .plain import without_nul

_GROUP_ROWS = 1 << 16
_MOST_TEXT, _FEW_ROWS = 1 << 30, 1 << 10  # bytes of a text column that is one array; else so many rows at a time


class ParquetSink:
    """`<table>.parquet` for each table."""

    side_by_side = True

    def __init__(self, folder: Path, tables: Mapping[str, Table] = TABLES) -> None:
        self._folder, self._tables = folder, tables
        self._writers: dict[str, Any] = {}
        self._kinds: dict[str, list[pa.DataType]] = {}  # of columns, in all groups those of the first
        self._waiting: dict[str, list[pa.RecordBatch]] = {}

    def write(self, table: str, batch: pa.RecordBatch) -> None:
        """Append rows; they are written in groups whose size does not depend on how they came."""
        waiting = self._waiting.setdefault(table, [])
        if batch.num_rows or (not waiting and table not in self._writers):  # without rows it only says that there is such a table
            waiting.append(batch)
        while sum(b.num_rows for b in self._waiting[table]) >= _GROUP_ROWS:
            self._write_group(table)

    def _write_group(self, table: str) -> None:
        group, self._waiting[table] = _divided(self._waiting[table], _GROUP_ROWS)
        group = [batch for batch in group if batch.num_rows] or group[:1]
        schema = self._tables[table].arrow()
        columns = [_joined([batch.column(i) for batch in group], field.type) for i, field in enumerate(schema)]
        if table in self._kinds:
            columns = [_as(column, kind) for column, kind in zip(columns, self._kinds[table], strict=True)]
        # What is coded goes in as it is: its strings need not be told apart once more.
        self._kinds[table] = [column.type for column in columns]
        fields = pa.schema([field.with_type(column.type) for field, column in zip(schema, columns, strict=True)])
        writer = self._writer(table, fields)
        if len(columns[0]):
            writer.write_table(pa.table(columns, schema=fields), row_group_size=_GROUP_ROWS)

    def _writer(self, table: str, fields: pa.Schema) -> Any:
        if table not in self._writers:
            import pyarrow.parquet as pq

            repeating = [c.name for c, field in zip(self._tables[table].columns, fields, strict=True) if _repeats(self._tables[table], c, field.type)]
            options: dict[str, Any] = {"compression": "zstd", "store_schema": False, "write_page_index": True, "use_dictionary": repeating or False}
            self._writers[table] = pq.ParquetWriter(str(self._folder / f"{table}.parquet"), fields, **options)
        return self._writers[table]

    def close(self) -> None:
        """Write what waits."""
        for table, batches in self._waiting.items():
            if batches:
                self._write_group(table)
        for writer in self._writers.values():
            writer.close()


def _repeats(table: Table, column: Column, kind: pa.DataType) -> bool:
    """Whether values of a column come again and again. To look for others costs as much as to write them, and they end up larger."""
    if pa.types.is_dictionary(kind):
        return True
    return column.type != "timestamp" and table.key != (column.name,) and (column.null or column.type != "text")


def _divided(batches: list[pa.RecordBatch], rows: int) -> tuple[list[pa.RecordBatch], list[pa.RecordBatch]]:
    """The first rows of batches, and the others."""
    group, rest = [], []
    for batch in batches:
        if rows:
            group.append(batch.slice(0, rows))
        if batch.num_rows > rows:
            rest.append(batch.slice(rows))
        rows -= min(rows, batch.num_rows)
    return group, rest


def _joined(columns: list[pa.Array], kind: pa.DataType) -> pa.Array:
    """A column of a group; of a coded one the strings that the group has, in the order in which it has them. Texts that are too much for one array
    become several, of as many rows however they came."""
    if not all(pa.types.is_dictionary(column.type) for column in columns):
        columns = [_as(column, kind) for column in columns]
    rows = sum(map(len, columns))
    if pa.types.is_string(columns[0].type) and rows > _FEW_ROWS and sum(column.nbytes for column in columns) > _MOST_TEXT:
        whole = pa.chunked_array(columns)
        return pa.chunked_array([_joined(whole.slice(start, _FEW_ROWS).chunks, kind) for start in range(0, rows, _FEW_ROWS)])
    column = pa.concat_arrays(columns)
    if not pa.types.is_dictionary(column.type):
        return without_nul(column)
    codes, uses = _codes(column.indices), _core.FirstUse()
    uses.add(codes)
    used = uses.codes()
    names = np.full(len(column.dictionary), -1, np.int32)
    names[used] = np.arange(len(used), dtype=np.int32)
    texts = Text(*text_buffers(column.dictionary)).take(used)
    return coded(_core.translate(codes, names), without_nul(texts))


def _as(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """A column as one of the type; texts may become coded."""
    if column.type == kind:
        return column
    return column.dictionary_encode() if pa.types.is_dictionary(kind) else column.cast(kind)


def _codes(indices: pa.Array) -> np.ndarray[Any, Any]:
    """Codes of which -1 is NULL."""
    valid, data = indices.buffers()
    codes = np.frombuffer(data, np.int32)[indices.offset : indices.offset + len(indices)]
    if not indices.null_count:
        return codes
    known = np.unpackbits(np.frombuffer(valid, np.uint8), bitorder="little")[indices.offset : indices.offset + len(indices)]
    return np.where(known, codes, np.int32(-1))
