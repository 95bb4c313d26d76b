"""Counts of rows by line, against arrays that have a number for every line."""

from __future__ import annotations

import pickle

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from moocdb_fast.counts import RowCounts, rows_array

LINES = st.integers(1, 400)


def made(folder, lines):
    return RowCounts(lines, lambda name, *shape: rows_array(folder, name, *shape))


@st.composite
def additions(draw):
    """How many lines there are, and a few additions of (line, count), in each of which a line is named once."""
    lines = draw(LINES)
    one = st.dictionaries(st.integers(0, lines - 1), st.integers(1, 5), max_size=40)
    return lines, draw(st.lists(one, max_size=4))


@given(additions(), st.booleans(), st.data())
def test_counts_are_those_of_an_array(tmp_path_factory, case, ones, data):
    lines, calls = case
    counts, plain = made(tmp_path_factory.getbasetemp(), lines), np.zeros(lines, np.int64)
    for call in calls:
        ordinals = np.array(list(call), np.int64)
        numbers = np.ones(len(call), np.int64) if ones else np.array(list(call.values()), np.int64)
        counts.add(ordinals, None if ones else numbers)
        plain[ordinals] += numbers
    counts.number()
    everyone = np.arange(lines)
    assert counts.before(everyone).tolist() == (np.cumsum(plain) - plain).tolist()
    assert counts.some().tolist() == (plain > 0).tolist()
    start = data.draw(st.integers(0, lines))
    end = data.draw(st.integers(start, lines))
    assert counts.counts(start, end).tolist() == plain[start:end].tolist()
    assert len(counts) == lines


def test_large_ones_are_on_the_disk_and_another_process_maps_them(tmp_path, monkeypatch):
    monkeypatch.setattr("moocdb_fast.counts._IN_MEMORY", 0)
    counts = made(tmp_path, 1000)
    counts.add(np.array([3, 999, 64]), np.array([1, 2, 7]))
    counts.number()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["before", "some"]
    sent = pickle.dumps(counts)
    assert len(sent) < 2_000  # the arrays stay where they are
    assert pickle.loads(sent).before(np.array([0, 4, 65, 999])).tolist() == [0, 1, 8, 8]
