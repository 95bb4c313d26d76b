"""SQL over a finished output: DuckDB reads whatever format is there, and can do nothing else."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from . import portable
from .dialects import Dialect, create_views, dialect_of
from .engine import call, csv_line
from .errors import InputError, QueryError, show
from .publish import DATABASE
from .schema import TABLES, Table
from .sinks.duckdb import TYPES, quoted

CATALOG = "moocdb"
_PLAN = "EXPLAIN "
_LONGEST_ROW = 1 << 30
_SAFE = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,  # a name that is no table must not be taken for a variable of the caller
}


def query(folder: Path, statement: str, dialect: str | None = None) -> pa.Table:
    """The result of one query over the tables in `folder`, as the views of a dialect present them if one is named."""
    views = dialect_of(dialect) if dialect else None
    with connected(folder, dialect=views) as connection:
        return _run(connection, statement)


def read(folder: Path, table: str) -> pa.Table:
    """A table as it is stored."""
    with connected(folder) as connection:
        return call(connection, lambda: connection.sql(f"SELECT * FROM {CATALOG}.{quoted(table)}").to_arrow_table())


@contextmanager
def connected(folder: Path, suffix: str = "", *, dialect: Dialect | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that sees the tables of a folder as moocdb.<table>, of one format if a suffix is given, and can reach nothing else."""
    with tempfile.TemporaryDirectory(prefix="moocdb-sql-") as spill:
        connection = duckdb.connect(config={**_SAFE, "temp_directory": spill})
        try:
            connection.execute("SET errors_as_json = true")
            path = _attach(connection, folder.absolute(), suffix)
            if dialect:
                connection.execute(create_views(dialect, "duckdb", source=CATALOG, target=dialect.name))
                path = f"memory.{dialect.name},{path}"
            connection.execute(f"SET search_path = '{path}'; SET TimeZone = 'UTC'")
            connection.execute("SET enable_external_access = false; SET lock_configuration = true")
            yield connection
        finally:
            connection.close()


def _attach(connection: duckdb.DuckDBPyConnection, folder: Path, suffix: str) -> str:
    """Make the tables known; the search path to them."""
    database = folder / DATABASE
    if suffix in ("", "duckdb") and database.exists():
        try:
            connection.execute(f"ATTACH {portable.text(database)} AS {CATALOG} (READ_ONLY)")
        except duckdb.Error as error:
            why = _sentence(error)[0]
            raise InputError(f"{show(database)} cannot be opened: {why}", "close the program that writes to it, or translate again") from error
        return f"{CATALOG}.main"
    files = {name: _file(folder, name, suffix) for name in TABLES}
    connection.execute(f"CREATE SCHEMA {CATALOG}")
    for name, file in files.items():
        connection.execute(f"CREATE VIEW {CATALOG}.{quoted(name)} AS SELECT * FROM {_reader(TABLES[name], file)}")
    # A cast of a text would otherwise be done by the CSV reader, where TRY_CAST fails as well.
    if connection.execute("SELECT 1 FROM duckdb_optimizers() WHERE name = 'type_pushdown'").fetchall():
        connection.execute("SET disabled_optimizers = 'type_pushdown'")
    # Only these files can be read from now on; that they are never written is seen to by taking queries only.
    connection.execute(f"SET allowed_paths = [{', '.join(map(portable.text, files.values()))}]")
    return f"memory.{CATALOG}"


def _file(folder: Path, name: str, wanted: str) -> Path:
    for suffix in (wanted,) if wanted else ("parquet", "csv"):
        if (path := folder / f"{name}.{suffix}").exists():
            return path
    raise InputError(f"{show(folder)} has no table {name}", "if the output was split by course, name the folder of a course in it")


def _reader(table: Table, file: Path) -> str:
    """The table function that reads a file exactly: NULL is the unquoted nothing, an empty text is an empty text."""
    if file.suffix == ".parquet":
        return f"read_parquet({portable.text(file)})"
    columns = ", ".join(f"{portable.text(c.name)}: '{TYPES[c.type]}'" for c in table.columns)
    longest = max(1 << 21, min(file.stat().st_size, _LONGEST_ROW))
    return (
        f"read_csv({portable.text(file)}, auto_detect = false, header = true, columns = {{{columns}}}, delim = ',', quote = '\"', escape = '\"', "
        f"new_line = '\\n', nullstr = '', allow_quoted_nulls = false, max_line_size = {longest})"
    )


def _run(connection: duckdb.DuckDBPyConnection, statement: str) -> pa.Table:
    with _told(statement):
        found = connection.extract_statements(statement)
        if len(found) != 1:
            what = "there is no SQL statement" if not found else f"these are {len(found)} SQL statements"
            raise QueryError(what, "give one query, for example: select count(*) from observed_events")
        if found[0].type != duckdb.StatementType.SELECT:
            raise QueryError(f"this is no query but {found[0].type.name.replace('_', ' ')}", "the tables can only be read: write SELECT ...")
    with _told(_PLAN + statement, len(_PLAN)):
        connection.execute(_PLAN + statement).fetchall()  # unlike sql(), it says where a mistake is
    with _told(statement):
        return call(connection, lambda: connection.sql(statement).to_arrow_table())


@contextmanager
def _told(statement: str, begin: int = 0) -> Iterator[None]:
    """Errors of DuckDB as QueryError, with the line and column of what the user wrote, which begins at `begin`."""
    try:
        yield
    except duckdb.Error as error:
        text, position = _sentence(error)
        where = "the SQL statement" if position is None or position < begin else f"line {_line(statement[begin:], position - begin)}"
        raise QueryError(f"{where}: {text}", "see the tables and columns with: python -m moocdb_fast schema") from error


def _sentence(error: duckdb.Error) -> tuple[str, int | None]:
    """What DuckDB says, in one line, and the byte of the statement it means."""
    if line := csv_line(error):
        return f"a CSV file is damaged in its line {line}", None
    kind, _, rest = str(error).partition(": ")
    try:
        told = json.loads(rest)
    except ValueError:
        return " ".join(str(error).split()), None
    text = " ".join(told["exception_message"].split())
    return text or kind, int(told["position"]) if told.get("position", "").isdecimal() else None


def _line(statement: str, position: int) -> str:
    """A byte offset as `line, column`, both from 1, in characters."""
    before = statement.encode("utf-8", "surrogatepass")[:position].decode("utf-8", "replace")
    return f"{before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))}"
