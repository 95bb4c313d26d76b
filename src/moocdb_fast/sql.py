"""The tables in the SQL of MySQL 8 and later and MariaDB 10.6 and later: the statements that `load` runs, and moocdb.sql, which says
the same to the `mysql` client."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from . import portable
from .schema import TABLES, Column, Table

_TYPES = {"tinyint": "TINYINT", "int": "INT", "bigint": "BIGINT", "double": "DOUBLE", "timestamp": "DATETIME(6)"}
_PREFIX = 191  # code points of a long text that an index covers
_TABLE_OPTIONS = "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"
_CSV = """\
  CHARACTER SET utf8mb4
  FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' ESCAPED BY ''
  LINES TERMINATED BY '\\n'"""

SQL_MODE = "STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION"
CHECKS_ON = "SET SESSION foreign_key_checks = 1"
CHECKS_OFF = "SET SESSION foreign_key_checks = 0"
"""Before `add_references` (which would copy the table and check it row by row; `dangling` is much faster) and `drop_tables`."""

_HEAD = """\
-- MOOCdb, written by moocdb_fast. Run it in the folder that holds the CSV files:
--     mysql --local-infile=1 --user=YOU --password < moocdb.sql
-- The server must allow it too: SET GLOBAL local_infile = 1.
-- The database must not hold these tables yet; to load anew, drop it first.
-- The script stops at the first error, also when a table does not get all its rows or a load gives a warning.
-- CSV cannot tell an empty text from NULL in MySQL's dialect: where a column may be NULL, both become NULL.
SET NAMES utf8mb4;
SET SESSION sql_mode = '{mode}';
SET SESSION time_zone = '+00:00';
{create};
USE {database};
"""

_LOADED = """\
CREATE TEMPORARY TABLE moocdb_loaded (table_name VARCHAR(64) NOT NULL, rows_loaded BIGINT NOT NULL, complete TINYINT NOT NULL);
CREATE TEMPORARY TABLE moocdb_references (referring VARCHAR(200) NOT NULL, all_found TINYINT NOT NULL);
"""

Rename = Callable[[str], str]


def _as_declared(table: str) -> str:
    return table


def moocdb_sql(tables: Mapping[str, Table] | Iterable[Table] = TABLES, *, database: str = "moocdb", rows: Mapping[str, int] | None = None) -> str:
    """The whole script. With `rows` (table → rows of its CSV file) it also checks that every row arrived."""
    chosen = list(tables.values() if isinstance(tables, Mapping) else tables)
    names = {table.name for table in chosen}
    # The rows of the files are in the order of users and times. Keys that are there before them would be built row by row.
    parts = [_HEAD.format(mode=SQL_MODE, create=create_database(database), database=quoted(database)), "-- Tables\n"]
    parts += [create_table(table, keys=False) + ";\n" for table in chosen]
    parts.append("-- Rows\n" + _LOADED)
    parts += [load_table(table, None if rows is None else rows[table.name]) for table in chosen]
    parts.append("-- Keys and indexes, once the rows are there\n" + "".join(f"{add_keys(table, primary=True)};\n" for table in chosen))
    parts.append("-- References: that each leads to a row, then the foreign keys, which need not look again\n" + _references(chosen, names))
    parts.append("SELECT table_name, rows_loaded FROM moocdb_loaded;\nDROP TEMPORARY TABLE moocdb_loaded, moocdb_references;\n")
    return "\n".join(parts)


def load_table(table: Table, rows: int | None) -> str:
    """LOAD DATA of one CSV file as the script does it, and the check that it went well."""
    variables = ", ".join(f"@{column.name}" for column in table.columns)
    values = ",\n  ".join(f"{quoted(c.name)} = " + (f"NULLIF(@{c.name}, '')" if c.null else f"@{c.name}") for c in table.columns)
    arrived = "@warned = 0" if rows is None else f"@warned = 0 AND COUNT(*) = {rows}"
    return f"""\
LOAD DATA LOCAL INFILE '{table.name}.csv' INTO TABLE {quoted(table.name)}
{_CSV}
  IGNORE 1 LINES
  ({variables})
  SET
  {values};
SET @warned = @@warning_count;
SHOW WARNINGS LIMIT 5;
INSERT INTO moocdb_loaded SELECT '{table.name}', COUNT(*), IF({arrived}, 1, NULL) FROM {quoted(table.name)};
"""


def _references(chosen: list[Table], names: set[str]) -> str:
    """For the script: a reference that leads nowhere stops it, as a NULL where none may be."""
    lines = []
    for table in chosen:
        for column in referring(table, names):
            what = f"{table.name}.{column.name} is a foreign key into {column.references}"
            lines.append(f"INSERT INTO moocdb_references SELECT '{what}', IF(n = 0, 1, NULL) FROM ({dangling(table, column)}) AS found;\n")
    lines.append(f"{CHECKS_OFF};\n")
    lines += [f"{statement};\n" for table in chosen if (statement := add_references(table, names))]
    lines.append(f"{CHECKS_ON};\n")
    return "".join(lines)


def create_database(name: str) -> str:
    """CREATE DATABASE, unless it is there."""
    return f"CREATE DATABASE IF NOT EXISTS {quoted(name)} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"


def create_table(table: Table, name: str = "", *, keys: bool = True) -> str:
    """CREATE TABLE, under another name if one is given, with its primary key unless told otherwise; comments say what a column holds."""
    lines = [_column(column) for column in table.columns]
    if keys:
        lines.append(_primary_key(table))
    body = ",\n  ".join(lines)
    return f"CREATE TABLE {quoted(name or table.name)} (\n  {body}\n) {_TABLE_OPTIONS} COMMENT={_text(table.doc)}"


def load_data(table: Table, path: str, name: str) -> str:
    """LOAD DATA of rows (without a header line) in which NULL is the bare word NULL, so that every cell arrives as it is."""
    return f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE {quoted(name)}\n{_CSV}\n  ({quoted_list(table.names)})"


def add_keys(table: Table, name: str = "", *, primary: bool = False) -> str:
    """ALTER TABLE that adds the unique keys, the indexes and, if wanted, the primary key; empty when there is nothing to add."""
    parts = [f"ADD {_primary_key(table)}"] if primary else []
    parts += [f"ADD UNIQUE KEY ({quoted_list(columns)})" for columns in table.unique]
    parts += [f"ADD KEY {quoted(label)} ({columns})" for label, columns in _indexes(table)]
    return _alter(name or table.name, parts)


def _indexes(table: Table) -> Iterator[tuple[str, str]]:
    """Name and columns of each secondary index: a user's rows in time, long addresses, and what InnoDB wants for a foreign key."""
    leading = {table.key[0], *(columns[0] for columns in table.unique)}
    timed = next((c.name for c in table.columns if c.type == "timestamp" and not c.null), None)
    if timed and "user_id" in table.names:
        leading.add("user_id")
        yield f"{table.name}_by_user", quoted_list(("user_id", timed))
    for column in table.columns:
        if column.type == "text" and column.size > _PREFIX and (column.name.endswith("_uri") or column.name == "url"):
            yield f"{table.name}_{column.name}", f"{quoted(column.name)}({_PREFIX})"
        if column.references and column.name not in leading:
            yield column.name, quoted(column.name)


def referring(table: Table, names: Iterable[str] = TABLES) -> list[Column]:
    """The columns of a table that refer to one of these tables."""
    return [column for column in table.columns if column.references and column.references in names]


def add_references(table: Table, names: Iterable[str] = TABLES, rename: Rename = _as_declared) -> str:
    """ALTER TABLE that adds the foreign keys. They have no names of their own: those that the server gives (`<table>_ibfk_<number>`)
    follow a table that is renamed, while names of ours would be taken as long as the old tables are there."""
    return _alter(
        rename(table.name),
        [
            f"ADD FOREIGN KEY ({quoted(column.name)}) REFERENCES {quoted(rename(column.references))} ({quoted_list(TABLES[column.references].key)})"
            for column in referring(table, names)
        ],
    )


def dangling(table: Table, column: Column, rename: Rename = _as_declared) -> str:
    """SELECT that counts, as n, the values of a referring column that lead nowhere."""
    key, cell = f"known.{quoted(TABLES[column.references].key[0])}", quoted(column.name)
    used = f"SELECT DISTINCT {cell} AS id FROM {quoted(rename(table.name))} WHERE {cell} IS NOT NULL"
    known = quoted(rename(column.references))
    return f"SELECT COUNT(*) AS n FROM ({used}) AS used LEFT JOIN {known} AS known ON {key} = used.id WHERE {key} IS NULL"


def count_rows(name: str) -> str:
    """SELECT COUNT(*) of a table."""
    return f"SELECT COUNT(*) FROM {quoted(name)}"


def drop_tables(names: Iterable[str]) -> str:
    """DROP TABLE of those that are there."""
    return f"DROP TABLE IF EXISTS {quoted_list(names)}"


def rename_tables(pairs: Iterable[tuple[str, str]]) -> str:
    """One RENAME TABLE, from left to right: other sessions see all of it or nothing."""
    return "RENAME TABLE " + ", ".join(f"{quoted(old)} TO {quoted(new)}" for old, new in pairs)


def insert_rows(table: Table, name: str, count: int) -> str:
    """INSERT of so many rows, with a `?` for each cell."""
    row = "(" + ",".join("?" * len(table.columns)) + ")"
    return f"INSERT INTO {quoted(name)} ({quoted_list(table.names)}) VALUES " + ",".join([row] * count)


def column_type(column: Column) -> str:
    """The type of a column."""
    return _TYPES.get(column.type) or (f"VARCHAR({column.size})" if column.size else "LONGTEXT")


def _alter(name: str, parts: list[str]) -> str:
    return f"ALTER TABLE {quoted(name)}\n  " + ",\n  ".join(parts) if parts else ""


def _primary_key(table: Table) -> str:
    return f"PRIMARY KEY ({quoted_list(table.key)})"


def _column(column: Column) -> str:
    null = " NULL" if column.null else " NOT NULL"
    default = f" DEFAULT {column.default}" if column.default is not None else ""
    comment = f" COMMENT {_text(column.doc)}" if column.doc else ""
    return f"{quoted(column.name)} {column_type(column)}{null}{default}{comment}"


def quoted(name: str) -> str:
    """A name as an identifier."""
    return portable.quoted(name, "mysql")


def quoted_list(names: Iterable[str]) -> str:
    """Names, with commas between."""
    return ", ".join(map(quoted, names))


def _text(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
