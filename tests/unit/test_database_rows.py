"""Rows on their way into a database: in the order of the key, and with marks where a cell is NULL."""

import csv
import io
import random

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moocdb_fast.database import ordering
from moocdb_fast.database.filling import marked
from moocdb_fast.database.ordering import in_key_order
from moocdb_fast.errors import InputError
from moocdb_fast.schema import TABLES
from moocdb_fast.sinks.csv import Formatter

CELLS = st.none() | st.text(st.sampled_from(',"\n\r\0aN\\é😀 ') | st.sampled_from("NULL"), max_size=8) | st.sampled_from(["", "NULL", "x" * 300])
ROWS = st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=40)


def written(keys, rows):
    """Lines as the kernel writes them. NUL characters become U+FFFD."""
    if not rows:
        return [], []
    columns = [pa.array(keys, pa.int64()), *(pa.array(column, pa.string()) for column in zip(*rows, strict=True))]
    lines = [Formatter().rows(pa.record_batch([c.slice(n, 1) for c in columns], names="kabc")) for n in range(len(rows))]
    return lines, [[str(k), *(cell and cell.replace("\0", "\ufffd") for cell in row)] for k, row in zip(keys, rows, strict=True)]


def cut(data, dice):
    while data:
        size = dice.randint(1, 50)
        yield data[:size]
        data = data[size:]


@settings(deadline=None)
@given(ROWS, st.randoms(use_true_random=False), st.sampled_from([1, 30, 1000]), st.sampled_from([1, 8, 1000]), st.booleans())
def test_rows_come_in_the_order_of_their_keys(rows, dice, memory, keys_in_range, dense):
    keys = list(range(1, len(rows) + 1)) if dense else [dice.randint(0, 10**18) for _ in rows]
    dice.shuffle(keys)
    lines, _ = written(keys, rows)
    before = ordering._MEMORY, ordering._RANGE, ordering._PIECE
    ordering._MEMORY, ordering._RANGE, ordering._PIECE = memory, keys_in_range, 64
    try:
        pieces = list(in_key_order(cut(b"".join(lines), dice)))
    finally:
        ordering._MEMORY, ordering._RANGE, ordering._PIECE = before
    assert b"".join(pieces) == b"".join(line for _, line in sorted(zip(keys, lines, strict=True), key=lambda pair: pair[0]))
    known = set(lines)
    assert all(piece in known or piece.endswith(b"\n") for piece in pieces)


@settings(deadline=None)
@given(ROWS)
def test_null_is_marked_and_an_empty_text_is_not(rows):
    """Read back by Python's csv module, which knows nothing of NULL."""
    lines, expected = written(range(1, len(rows) + 1), rows)
    text = marked(b"".join(lines), b"\0").decode()
    found = [[None if cell == "\0" else cell for cell in row] for row in csv.reader(io.StringIO(text, newline="\n"), strict=True)]
    assert found == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"1,,,\n", b"1,NULL,NULL,NULL\n"),
        (b'1,"",,""\n', b'1,"",NULL,""\n'),
        (b'1,",,",,"\n,\n"\n2,,"a""",\n', b'1,",,",NULL,"\n,\n"\n2,NULL,"a""",NULL\n'),
        (b"1,a,b\n", b"1,a,b\n"),
    ],
)
def test_marks_by_hand(line, expected):
    assert marked(line, b"NULL") == expected


def test_a_file_that_ends_in_the_middle_of_a_row():
    for text in (b'1,"open\n', b"1,a\n2,b"):
        with pytest.raises(InputError):
            list(in_key_order([text]))
    assert list(in_key_order([])) == list(in_key_order([b""])) == []


def test_the_first_column_of_every_table_is_its_key():
    """What sorting by the first cell, and never marking it, rely on."""
    for table in TABLES.values():
        first = table.columns[0]
        assert table.key == (first.name,)
        assert first.type in ("int", "bigint") and not first.null


@pytest.mark.promise("P17")
def test_memory_does_not_grow_with_the_rows():
    """More rows than are sorted at a time come from the disk; nothing is lost and nothing out of order."""
    dice = random.Random(7)
    keys = list(range(1, 200_001))
    dice.shuffle(keys)
    before = ordering._MEMORY
    ordering._MEMORY = 1 << 16
    try:
        found = [int(line) for piece in in_key_order(b"%d,x\n" % key for key in keys) for line in piece.replace(b",x", b"").split()]
    finally:
        ordering._MEMORY = before
    assert found == sorted(keys)
