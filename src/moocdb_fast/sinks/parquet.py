"""Parquet files: zstd, one row group per batch run, no clock and no host in the metadata."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from ..schema import TABLES, Table
from .plain import plain

_GROUP_ROWS = 1 << 20


class ParquetSink:
    """`<table>.parquet` for each table."""

    side_by_side = True

    def __init__(self, folder: Path, tables: Mapping[str, Table] = TABLES) -> None:
        self._folder, self._tables = folder, tables
        self._writers: dict[str, Any] = {}
        self._waiting: dict[str, list[pa.RecordBatch]] = {}

    def write(self, table: str, batch: pa.RecordBatch) -> None:
        """Append rows; they are written in groups whose size does not depend on how they came."""
        self._waiting.setdefault(table, []).append(batch)
        while sum(b.num_rows for b in self._waiting[table]) >= _GROUP_ROWS:
            self._write_group(table, _GROUP_ROWS)

    def _write_group(self, table: str, rows: int) -> None:
        import pyarrow.parquet as pq

        schema = self._tables[table].arrow()
        columns = pa.Table.from_batches([plain(b, schema) for b in self._waiting[table]], schema)
        if table not in self._writers:
            path = str(self._folder / f"{table}.parquet")
            self._writers[table] = pq.ParquetWriter(path, schema, compression="zstd", store_schema=False, write_page_index=True)
        group = columns.slice(0, rows).combine_chunks()
        if group.num_rows:
            self._writers[table].write_table(group, row_group_size=_GROUP_ROWS)
        self._waiting[table] = columns.slice(rows).to_batches()

    def close(self) -> None:
        """Write what waits."""
        for table in self._waiting:
            self._write_group(table, _GROUP_ROWS)
        for writer in self._writers.values():
            writer.close()
