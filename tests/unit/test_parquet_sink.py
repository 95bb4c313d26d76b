"""Parquet files of more than one row group."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from moocdb_fast.schema import TABLES
from moocdb_fast.sinks import parquet


@pytest.mark.parametrize("sizes", [(25,), (3, 4, 10, 8), (10, 10), (1,) * 25, (0,)])
def test_groups_do_not_depend_on_how_rows_came(tmp_path, monkeypatch, sizes):
    monkeypatch.setattr(parquet, "_GROUP_ROWS", 10)
    schema = TABLES["urls"].arrow()
    sink = parquet.ParquetSink(tmp_path)
    first = 1
    for size in sizes:
        ids = list(range(first, first + size))
        sink.write("urls", pa.record_batch([pa.array(ids, pa.int32()), pa.array([f"u{i}" for i in ids])], schema=schema))
        first += size
    sink.close()
    file = pq.ParquetFile(tmp_path / "urls.parquet")
    rows = sum(sizes)
    assert file.read().column("url_id").to_pylist() == list(range(1, rows + 1))
    assert [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)] == [10] * (rows // 10) + [rows % 10] * (rows % 10 > 0)
