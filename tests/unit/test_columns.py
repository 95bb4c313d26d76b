"""Columns in files and in memory, and what the kernel does with them, beside NumPy and Python."""

import csv
import io
import struct
import subprocess
import sys
import threading
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moocdb_fast import _core
from moocdb_fast.columns import TableFile, Text, joined, load_table, numbers, picked, save_tables
from moocdb_fast.sinks.csv import Formatter
from moocdb_fast.threads import Threads

TEXTS = st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=6), max_size=8)


@settings(deadline=None)
@given(TEXTS, TEXTS, st.data())
def test_texts_are_what_lists_are(a, b, data):
    both = joined([Text.of(a), Text.of(b)])
    assert both.to_list() == both.arrow().to_pylist() == both.string().to_pylist() == a + b
    rows = data.draw(st.lists(st.integers(-1, len(a) - 1), max_size=9)) if a else []
    assert Text.of(a).take(np.array(rows, np.int64)).to_pylist() == [a[row] if row >= 0 else None for row in rows]
    known = np.array([row for row in rows if row >= 0], np.int64)
    assert picked(Text.of(a), known).to_list() == [a[row] for row in known]


def test_tables_come_back_from_a_file(tmp_path):
    columns = {
        "codes": np.arange(5, dtype=np.int32),
        "flags": np.ones(3, np.uint8),
        "real": np.array([0.5]),
        "none": None,
        "text": Text.of(["é", None]),
    }
    save_tables(tmp_path / "t", {"a": columns, "b": {"empty": np.empty(0, np.int64), "text": Text.of([])}})
    found = load_table(tmp_path / "t", "a")
    assert found["text"].to_list() == ["é", None] and found["none"] is None
    assert all(found[name].dtype == columns[name].dtype and (found[name] == columns[name]).all() for name in ("codes", "flags", "real"))
    assert load_table(tmp_path / "t", "a", ("real",)).keys() == {"real"}
    other = load_table(tmp_path / "t", "b")
    assert len(other["empty"]) == len(other["text"]) == 0


@settings(deadline=None)
@given(TEXTS, st.data())
def test_ranges_of_rows_are_read_without_the_rest(tmp_path_factory, texts, data):
    path = tmp_path_factory.mktemp("tables") / "t"
    codes = np.arange(len(texts), dtype=np.int32) * 7
    ends, content, _ = Text.of(map(str, codes))
    save_tables(path, {"before": {"x": np.arange(3)}, "a": {"code": codes, "text": Text.of(texts), "plain": Text(ends, content)}})
    start = data.draw(st.integers(0, len(texts)))
    end = data.draw(st.integers(start, len(texts)))
    table = TableFile(path)
    with table.open() as file:
        found = table.rows(file, "a", start, end)
        assert found["code"].tolist() == codes[start:end].tolist() and found["code"].dtype == np.int32
        assert found["text"].to_list() == texts[start:end]
        assert found["plain"].to_list() == [str(code) for code in codes[start:end]]


def test_a_range_of_a_file_that_was_cut_is_an_error(tmp_path):
    save_tables(tmp_path / "t", {"a": {"x": np.arange(100)}})
    table = TableFile(tmp_path / "t")
    with (tmp_path / "t").open("r+b") as file:
        file.truncate(80)
    with table.open() as file, pytest.raises(OSError, match="shorter than it was"):
        table.rows(file, "a", 0, 100)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-5, 5)), max_size=60))
def test_rows_are_sorted_by_group_and_time_and_else_stay(rows):
    group, time = np.array([g for g, _ in rows], np.int32), np.array([t for _, t in rows], np.int64)
    place = _core.find_places(group, 4, time)
    order = np.lexsort((time, group))
    assert place[order].tolist() == list(range(len(rows)))
    out = np.empty(len(rows), np.int64)
    _core.scatter(time, place, out)
    assert out.tolist() == time[order].tolist()


@settings(deadline=None)
@given(st.lists(st.integers(0, 6), max_size=40))
def test_children_are_sorted_by_row_and_else_stay(owners):
    row = np.array(owners, np.int32)
    starts, child = _core.order_children(row, 7)
    assert child.tolist() == np.argsort(row, kind="stable").tolist()
    assert starts.tolist() == [sum(owner < n for owner in owners) for n in range(8)]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(-2, 2), st.integers(-2, 2)), min_size=1, max_size=300))
def test_pairs_are_numbered_by_first_appearance(pairs):
    a, b = (np.array(column, np.int32) for column in zip(*pairs, strict=True))
    table, counts = _core.PairTable(), _core.PairCounts()
    known = list(dict.fromkeys(pairs))
    assert table.see(a, b, np.arange(len(a))).tolist() == table.numbers(a, b).tolist() == [known.index(pair) for pair in pairs]
    counts.see(a, b)
    assert list(zip(*(column.tolist() for column in counts.pairs()), strict=True)) == known
    assert counts.counts().tolist() == [pairs.count(pair) for pair in known]
    assert table.firsts()[0].tolist() == [pairs.index(pair) for pair in known]
    assert table.numbers(np.array([9], np.int32), np.array([9], np.int32)).tolist() == [-1]


DOUBLES = st.floats(allow_nan=False, allow_infinity=False) | st.integers(0, 10**15).map(lambda n: n / 10**6) | st.integers(-(10**6), 10**6).map(float)


@settings(deadline=None, max_examples=500)
@given(st.lists(DOUBLES, min_size=1))
def test_numbers_are_written_as_python_does(values):
    batch = pa.record_batch([numbers(np.array(values))], names=["x"])
    assert Formatter().rows(batch).decode().split() == [repr(value) for value in values]


def test_every_exponent_is_written_as_python_does():
    values = [struct.unpack("<d", struct.pack("<Q", (exponent << 52) | 0xF0F0F0F0F0F0F))[0] for exponent in range(2047)]
    batch = pa.record_batch([numbers(np.array(values))], names=["x"])
    assert Formatter().rows(batch).decode().split() == [repr(value) for value in values]


@settings(deadline=None)
@given(st.lists(st.tuples(st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)), st.integers(-(2**63), 2**63 - 1)), min_size=1, max_size=20))
def test_times_and_whole_numbers_are_written_as_python_does(rows):
    times = [(time - datetime(1970, 1, 1)) // timedelta(microseconds=1) for time, _ in rows]
    columns = [numbers(np.array(times, np.int64), kind=pa.timestamp("us")), numbers(np.array([number for _, number in rows], np.int64))]
    lines = Formatter().rows(pa.record_batch(columns, names=["t", "n"])).decode().splitlines()
    assert lines == [f"{time.year:04}-{time:%m-%d %H:%M:%S.%f},{number}" for time, number in rows]


@settings(deadline=None)
@given(st.lists(st.none() | st.text(st.sampled_from(',"\n\r aNULé😀'), max_size=40), min_size=1, max_size=20), st.integers(1, 200))
def test_rows_fit_into_any_buffer(texts, size):
    formatter = Formatter()
    formatter._buffer = np.empty(size, np.uint8)
    coded = pa.DictionaryArray.from_arrays(numbers(np.arange(len(texts), dtype=np.int32)), Text.of(text or "" for text in texts).string())
    batch = pa.record_batch([Text.of(texts).string(), coded], names=["a", "b"])
    read = list(csv.reader(io.StringIO(formatter.rows(batch).decode(), newline="")))
    assert read == [[text or "", text or ""] for text in texts]


def test_threads_raise_what_a_piece_raises():
    started = threading.Barrier(2, timeout=30)

    def fails():
        started.wait()
        raise ValueError("this piece")

    assert Threads(2).run([started.wait, lambda: started.wait() and None])[1] is None
    with pytest.raises(ValueError, match="this piece"):
        Threads(2).run([fails, started.wait])
    assert Threads(1).run([lambda: 1, lambda: 2]) == [1, 2]


def test_a_run_imports_neither_pandas_nor_the_functions_of_arrow(tmp_path):
    """Both may be there; importing them would take longer than translating many a log."""
    line = '{"username": "u", "event_source": "browser", "event_type": "page_close", "time": "2024-03-05T10:15:00+00:00", "page": "https://x.org/"}\n'
    (tmp_path / "log.json").write_text(line + line.replace("page_close", "seq_next"))
    (tmp_path / "k").write_text("00" * 32)
    (tmp_path / "k").chmod(0o600)
    code = (
        "import sys; from pathlib import Path; from moocdb_fast import Options, translate; "
        "translate(['log.json'], 'out', Options(key_file=Path('k'))); print({'pandas', 'pyarrow.compute', 'duckdb'} & set(sys.modules))"
    )
    shown = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert shown.stdout == "set()\n", shown.stderr
