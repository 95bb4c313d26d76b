"""Dumps for tests, and what is read from them."""

from __future__ import annotations

import gzip

from moocdb_fast.coursera import dump
from moocdb_fast.coursera.dump import DumpFile

KINDS = "CREATE TABLE `t` (`i` int(11), `r` double, `x` longtext, `b` longblob, `d` datetime, `f` bit(10));\n"
COLUMNS = ("i", "r", "x", "b", "d", "f")


def rows_of(file, table="t", columns=None):
    """The rows of a table as tuples."""
    names = columns or [column.name for column in file.tables[table].create.columns]
    return [tuple(row) for batch, _ in file.rows(table, names) for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)]


def read(folder, sql, table="t", columns=None):
    """The rows of a table in a dump."""
    path = folder / "dump.sql"
    path.write_bytes(sql.encode() if isinstance(sql, str) else sql)
    with DumpFile(path) as file:
        return rows_of(file, table, columns)


def read_in_pieces(folder, sql, size, table="t", columns=None):
    """The same with a buffer of another size to begin with."""
    usual, dump._CHUNK = dump._CHUNK, size
    try:
        return read(folder, sql, table, columns)
    finally:
        dump._CHUNK = usual


def packed(path):
    """The file compressed, beside it."""
    other = path.with_name(path.name + ".gz")
    other.write_bytes(gzip.compress(path.read_bytes()))
    return other
