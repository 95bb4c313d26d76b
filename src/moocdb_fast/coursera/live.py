"""The three databases of a course on a live MySQL or MariaDB server as a source of rows: the same batches as from dumps of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from ..database.session import Session
from ..database.target import Target
from ..errors import InputError, UsageError
from .ddl import kind_of
from .layout import as_read, course_of, format_of, logical
from .source import Column, Kind, SourceFile

_COLUMNS = """SELECT table_name, column_name, data_type, COALESCE(character_set_name, ''), table_type FROM information_schema.columns
JOIN information_schema.tables USING (table_schema, table_name) WHERE table_schema = %s ORDER BY table_name, ordinal_position"""
_KEYS = """SELECT table_name, column_name FROM information_schema.statistics WHERE table_schema = %s AND index_name = 'PRIMARY'
AND sub_part IS NULL ORDER BY table_name, seq_in_index"""
_ROWS = 20_000


class LiveSource:
    """The tables of some databases of a server as one export."""

    def __init__(self, target: Target, databases: Sequence[str]) -> None:
        self.files = tuple(SourceFile(f"{target.server}/{database}") for database in databases)
        self._target = target
        self._places: dict[str, tuple[str, str]] = {}
        self._columns: dict[str, tuple[Column, ...]] = {}
        self._bits: set[tuple[str, str]] = set()
        self._keys: dict[str, list[str]] = {}
        names: list[str] = []
        with Session(target) as session:
            for database in dict.fromkeys(databases):
                names += self._read_structure(session, database)
        self.course = course_of(names)
        self.format = format_of(self._columns)

    @property
    def repaired(self) -> Mapping[str, int]:
        """See Source: a server gives no text that is broken."""
        return {}

    def tables(self) -> Mapping[str, tuple[Column, ...]]:
        """See Source."""
        return self._columns

    def has(self, table: str) -> bool:
        """See Source."""
        return table in self._columns

    def rows(self, table: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """See Source. In the order of the primary key, if there is one of whole columns."""
        known = {column.name: column for column in self._columns.get(table, ())}
        given = [known.get(name.lower()) for name in columns]
        if not any(given):
            yield from self._nothing(table, columns)
            return
        wanted = ", ".join(_quoted(column.name) for column in given if column)
        yielded = False
        for rows in self._stream(table, wanted):
            yielded = True
            yield _batch(table, columns, given, rows, self._bits)
        if not yielded:
            yield _batch(table, columns, given, [], self._bits)

    def close(self) -> None:
        """See Source: connections are closed when rows are read."""

    def _nothing(self, table: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """As many rows as the table has, of columns that it lacks."""
        for rows in self._stream(table, "1") if table in self._columns and columns else ():
            yield pa.RecordBatch.from_arrays([pa.nulls(len(rows)) for _ in columns], names=list(columns))
        yield pa.RecordBatch.from_arrays([pa.nulls(0) for _ in columns], names=list(columns))

    def _stream(self, table: str, wanted: str) -> Iterator[list[tuple[bytes | None, ...]]]:
        database, name = self._places[table]
        order = ", ".join(map(_quoted, self._keys.get(table, ())))
        statement = f"SELECT {wanted} FROM {_quoted(database)}.{_quoted(name)}" + (f" ORDER BY {order}" if order else "")
        session, done = Session(self._target), False
        try:
            yield from session.stream(statement, _ROWS)
            done = True
        finally:
            if not done:
                session.abort()  # there are rows on the way that nobody wants
            session.close()

    def _read_structure(self, session: Session, database: str) -> list[str]:
        """Note the tables of a database; their names there."""
        found: dict[str, list[tuple[str, str, str]]] = {}
        for table, column, kind, charset, form in session.rows(_COLUMNS, (database,)):
            if form == "BASE TABLE":
                found.setdefault(_text(table), []).append((_text(column), _text(kind).lower(), _text(charset)))
        if not found:
            raise UsageError(
                f"{self._target.server} has no database {database!r} with tables that this user may read", "check the names of the three databases"
            )
        for table, columns in found.items():
            name = logical(table.lower())
            if name in self._places:
                raise InputError(
                    f"table {name} is both in database {self._places[name][0]} and in {database}", "name each database of one course once"
                )
            self._places[name] = database, table
            self._columns[name] = as_read(name, tuple(self._column(name, *column) for column in columns))
        for table, column in session.rows(_KEYS, (database,)):
            self._keys.setdefault(logical(_text(table).lower()), []).append(_text(column))
        return [table.lower() for table in found]

    def _column(self, table: str, name: str, data_type: str, charset: str) -> Column:
        kind = kind_of(data_type, charset)
        if kind is None:
            raise InputError(
                f"column {name} of table {table} has type {data_type}, which is not known here", "is this a database of a Coursera course?"
            )
        if data_type == "bit":
            self._bits.add((table, name.lower()))
        return Column(name.lower(), kind, charset if kind is Kind.TEXT else "")


def open_live(target: Target, databases: Sequence[str]) -> LiveSource:
    """The course in these databases (hash mapping, general, forum; they may be one) of a server. The target's own database does not matter."""
    return LiveSource(target, databases)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _text(value: object) -> str:
    return bytes(value).decode("utf-8") if isinstance(value, bytes | bytearray) else str(value)


_CONVERT: dict[Kind, Callable[[bytes], Any]] = {Kind.INTEGER: int, Kind.REAL: float, Kind.TEXT: bytes, Kind.TIME: bytes, Kind.BYTES: bytes}


def _batch(
    table: str, columns: Sequence[str], given: list[Column | None], rows: list[tuple[bytes | None, ...]], bits: set[tuple[str, str]]
) -> pa.RecordBatch:
    values = iter(zip(*rows, strict=True)) if rows else iter(())
    arrays = []
    for column in given:
        if column is None:
            arrays.append(pa.nulls(len(rows)))
            continue
        convert = _big_endian if (table, column.name) in bits else _CONVERT[column.kind]
        found = [None if value is None else convert(value) for value in next(values, ())]
        arrays.append(_array(table, column, found))
    return pa.RecordBatch.from_arrays(arrays, names=list(columns))


def _big_endian(value: bytes) -> int:
    return int.from_bytes(value, "big")


def _array(table: str, column: Column, values: list[Any]) -> pa.Array:
    try:
        if column.kind in (Kind.TEXT, Kind.TIME):
            return pa.array(values, pa.binary()).cast(pa.string())
        return pa.array(values, column.kind.arrow)
    except OverflowError as error:
        raise InputError(f"table {table}, column {column.name}: an integer beyond 64 bits", "is this a database of a Coursera course?") from error
