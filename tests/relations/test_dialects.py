"""Our tables are read as the published second stage reads them, and both ways of writing are read back."""

from __future__ import annotations

import csv
import io
import os

import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moocdb_fast.relations.dialects import TableFile, Unreadable, is_ours, split
from moocdb_fast.relations.tables import TABLES

from .files import EVENT

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
LIKELY = st.text(st.sampled_from("a,'\"\\\n\r 5é"))
VALUES = st.one_of(TEXTS, LIKELY)
LIMIT = 1 << 20
few = settings(max_examples=40, deadline=None, derandomize="CI" in os.environ)


@few
@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=4))
def test_the_second_stage_reads_events(values):
    """It reads them with a backslash as escape."""
    text = "".join(TABLES["EdxTrackEvent"].line({"_id": a, "long_answer": b, "attempts": 3}) for a, b in values)
    rows = [dict(zip(EVENT, row, strict=True)) for row in csv.reader(io.StringIO(text, newline=""), quotechar="'", escapechar="\\")]
    assert [(row["_id"], row["long_answer"], row["attempts"], row["position"]) for row in rows] == [(a, b, "3", "-1") for a, b in values]


@few
@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=4))
def test_the_second_stage_reads_answers(values):
    """It reads them with pandas and without an escape."""
    text = "".join(TABLES["Answer"].line({"answer_id": a, "answer": b}) for a, b in values)
    frame = pandas.read_csv(io.StringIO(text), header=None, quotechar="'", keep_default_na=False, dtype=str, lineterminator="\n")
    assert [(row[0], row[2]) for row in frame.itertuples(index=False, name=None)] == values


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("header", [False, True])
def test_our_tables_are_read_back(name, header, tmp_path):
    """Any text, in any table."""
    table = TABLES[name]

    @few
    @given(st.lists(st.lists(VALUES, min_size=len(table.columns), max_size=len(table.columns)), min_size=1, max_size=3))
    def survive(rows):
        rows = [
            ["1:2:3" if i == 0 else v if c.kind != "number" else "7" for i, (c, v) in enumerate(zip(table.columns, row, strict=True))] for row in rows
        ]
        lines = (table.line(dict(zip(table.names, row, strict=True))) for row in rows)
        path = tmp_path / f"{name}.csv"
        path.write_text((table.header if header else "") + "".join(lines), encoding="utf-8", newline="")
        assert list(TableFile(table, path, True, LIMIT).records()) == rows
        assert is_ours(TableFile(table, path, True, LIMIT))

    survive()


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("'a','b',-1,null,''", ["a", "b", "-1", "", ""]),
        (r"'it\'s','a\\b'", ["it's", r"a\b"]),
        ("'don't','x'", ["don't", "x"]),
        ("''quoted'','x'", ["'quoted'", "x"]),
        (r"'a\',\'b',1", ["a','b", "1"]),
        ("[u'60611'],'x'", ["[u'60611']", "x"]),
        ("'x',", ["x", ""]),
        ("", [""]),
    ],
)
def test_published_rows(line, cells):
    assert split(line) == cells


@few
@given(VALUES.filter(lambda text: "\n" not in text))
def test_any_published_row_is_read_or_refused(line):
    found = split(line)
    assert isinstance(found, Unreadable) or all(isinstance(cell, str) for cell in found)


@few
@given(st.lists(LIKELY, min_size=1, max_size=5))
def test_published_cleaning_is_undone(values):
    """Quotes behind a backslash, no other backslashes, no line ends."""
    cleaned = [value.replace("\n", "; ").replace("\r", "; ").replace("\\", "") for value in values]
    line = ",".join("'" + value.replace("'", "\\'") + "'" for value in cleaned)
    assert split(line) == cleaned
