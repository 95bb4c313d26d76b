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


def test_texts_too_long_for_one_array(tmp_path, monkeypatch):
    """A group whose texts are more than an Arrow array can hold: the same rows, and the same bytes however they came."""
    monkeypatch.setattr(parquet, "_MOST_TEXT", 1000)
    monkeypatch.setattr(parquet, "_FEW_ROWS", 7)
    schema = TABLES["urls"].arrow()
    texts = [f"{i}\0" * (i % 40) + "x" for i in range(200)]
    for name, size in (("one", 200), ("many", 9)):
        (tmp_path / name).mkdir()
        sink = parquet.ParquetSink(tmp_path / name)
        for start in range(0, 200, size):
            rows = range(start, min(start + size, 200))
            sink.write("urls", pa.record_batch([pa.array(rows, pa.int32()), pa.array([texts[i] for i in rows])], schema=schema))
        sink.close()
    assert pq.ParquetFile(tmp_path / "one" / "urls.parquet").read().column("url").to_pylist() == [text.replace("\0", "\ufffd") for text in texts]
    assert (tmp_path / "one" / "urls.parquet").read_bytes() == (tmp_path / "many" / "urls.parquet").read_bytes()


def test_coded_and_plain_columns_may_mix(tmp_path, monkeypatch):
    """In one group or in several, with dictionaries of their own: the rows are those that came, and the bytes those of the texts coded at once."""
    monkeypatch.setattr(parquet, "_GROUP_ROWS", 4)
    texts = ["a", "f", "b", "a", "c", "b", "b", "f", "d", "a", "e"]
    made = {}
    for name, cuts in (("coded", (11,)), ("both", (2, 3, 6)), ("plain first", (4, 4, 3))):
        (tmp_path / name).mkdir()
        sink, start = parquet.ParquetSink(tmp_path / name), 0
        for number, size in enumerate(cuts):
            column = pa.array(texts[start : start + size])
            column = column if (number == 0) == (name == "plain first") else column.dictionary_encode()
            rows = {"os_id": pa.array(range(start, start + size), pa.int32()), "os_name": column}
            sink.write("os", pa.record_batch(list(rows.values()), names=list(rows)))
            start += size
        sink.close()
        file = pq.ParquetFile(tmp_path / name / "os.parquet")
        assert file.read().column("os_name").to_pylist() == texts
        made[name] = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    assert all(sizes == [4, 4, 3] for sizes in made.values())
