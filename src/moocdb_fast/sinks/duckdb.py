"""One DuckDB file with all tables: typed, with keys and comments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from .. import portable
from ..engine import call, disk_error
from ..publish import DATABASE
from ..schema import TABLES, Column, Table
from .plain import plain

TYPES = {"tinyint": "TINYINT", "int": "INTEGER", "bigint": "BIGINT", "double": "DOUBLE", "timestamp": "TIMESTAMP", "text": "VARCHAR"}
_MEMORY = 128 << 20  # bytes that DuckDB may keep; it takes as much only when there are as many rows
_MEMORY_FOR_KEYS = 512 << 20
_MEMORY_PER_BYTE = 12  # more for each byte of the longest text, which DuckDB holds several times
KEYED_ROWS = 10_000_000
"""Rows up to which a table with a row per event gets its primary key: DuckDB holds the index in memory while it builds it, about 30
bytes a row. Such a table never gets foreign keys, which cost an index per column and three times the load; `check` tests them."""


class DuckDbSink:
    """`moocdb.duckdb`. Rows of the tables that grow with the log go to the file at once; the others wait, because those that refer
    to each other must come in order."""

    side_by_side = False

    def __init__(self, folder: Path, work: Path, tables: dict[str, Table] = TABLES, keyed_rows: int = KEYED_ROWS) -> None:
        self._path, self._tables, self._keyed_rows = folder / DATABASE, tables, keyed_rows
        self._rows = dict.fromkeys(tables, 0)
        self._waiting: dict[str, list[pa.RecordBatch]] = {}
        # One thread: the order of rows is then the order of the batches, and memory stays small.
        config = {"threads": 1, "memory_limit": f"{_MEMORY}B", "temp_directory": str(work / f"{folder.name}-duckdb")}
        self._memory = _MEMORY
        self._connection = duckdb.connect(str(self._path), config=config)  # type: ignore[arg-type]
        # One transaction: rows go to the file and not first to a log.
        self._execute("BEGIN", *(create_table(tables[name]) for name in in_order(tables)))

    def write(self, table: str, batch: pa.RecordBatch) -> None:
        """Append rows."""
        self._rows[table] += batch.num_rows
        if not grows(self._tables[table]):
            self._waiting.setdefault(table, []).append(batch)
        elif batch.num_rows:
            self._insert(table, batch)

    def close(self) -> None:
        """Write what waits, make the keys, and bring everything into one file."""
        for name in in_order(self._tables):
            for batch in self._waiting.pop(name, ()):
                self._insert(name, batch)
        self._execute(*(comment for table in self._tables.values() for comment in comments(table)), "COMMIT")
        self._allow(_MEMORY_FOR_KEYS)
        keyed = [t for t in self._tables.values() if grows(t) and self._rows[t.name] <= self._keyed_rows]
        self._execute(*(f"ALTER TABLE {quoted(t.name)} ADD {_primary(t)}" for t in keyed), "CHECKPOINT")
        self._run(self._connection.close)

    def _insert(self, table: str, batch: pa.RecordBatch) -> None:
        rows = pa.Table.from_batches([plain(batch, self._tables[table].arrow())])
        self._allow(_MEMORY + _MEMORY_PER_BYTE * _longest(rows))
        # Not as a registered view: DuckDB keeps those, and their rows, to the end of the transaction.
        self._run(lambda: self._connection.from_arrow(rows).insert_into(table))

    def _allow(self, memory: int) -> None:
        if memory > self._memory:
            self._memory = memory
            self._execute(f"SET memory_limit = '{memory}B'")

    def _execute(self, *statements: str) -> None:
        self._run(lambda: self._connection.execute(";\n".join(statements)))

    def _run(self, work: Any) -> None:
        try:
            call(self._connection, work)
        except duckdb.Error as error:
            if (fault := disk_error(error)) is not None:
                raise fault from error
            raise


def _longest(rows: pa.Table) -> int:
    """Bytes of the longest text."""
    import pyarrow.compute as pc

    return max((pc.max(pc.binary_length(column)).as_py() or 0 for column in rows.columns if pa.types.is_string(column.type)), default=0)


def grows(table: Table) -> bool:
    """Whether a table has a row per event, and not one per distinct thing: these are the ones with big ids."""
    return table.key_column.type == "bigint"


def in_order(tables: dict[str, Table]) -> list[str]:
    """Table names, each behind those it refers to."""
    done: list[str] = []

    def visit(name: str) -> None:
        if name not in done:
            for column in held_references(tables[name]):
                visit(column.references)
            done.append(name)

    for name in tables:
        visit(name)
    return done


def held_references(table: Table) -> Iterator[Column]:
    """The columns whose foreign keys DuckDB holds: not those of growing tables, and not those that point into the table itself,
    because DuckDB wants the row that is pointed at to be there before."""
    if not grows(table):
        yield from (c for c in table.columns if c.references and c.references != table.name)


def create_table(table: Table) -> str:
    """CREATE TABLE; the primary key of a growing table comes later."""
    lines = [_column(c) for c in table.columns]
    if not grows(table):
        lines.append(_primary(table))
    lines += [f"UNIQUE ({_names(columns)})" for columns in table.unique]
    for c in held_references(table):
        lines.append(f"FOREIGN KEY ({quoted(c.name)}) REFERENCES {quoted(c.references)} ({_names(TABLES[c.references].key)})")
    return f"CREATE TABLE {quoted(table.name)} (\n  " + ",\n  ".join(lines) + "\n)"


def comments(table: Table) -> Iterator[str]:
    """What a table and its columns hold and refer to."""
    yield f"COMMENT ON TABLE {quoted(table.name)} IS {portable.text(table.doc)}"
    for c in table.columns:
        if text := comment(c):
            yield f"COMMENT ON COLUMN {quoted(table.name)}.{quoted(c.name)} IS {portable.text(text)}"


def comment(column: Column) -> str:
    """The comment on a column."""
    return "; ".join(filter(None, (column.doc, column.references and f"refers to {column.references}")))


def _primary(table: Table) -> str:
    return f"PRIMARY KEY ({_names(table.key)})"


def _column(column: Column) -> str:
    null = "" if column.null else " NOT NULL"
    default = f" DEFAULT {column.default}" if column.default is not None else ""
    return f"{quoted(column.name)} {TYPES[column.type]}{null}{default}"


def quoted(name: str) -> str:
    """A name as an identifier of standard SQL."""
    return portable.quoted(name, "duckdb")


def _names(names: Iterable[str]) -> str:
    return ", ".join(map(quoted, names))
