"""moocdb.sql: creates the database and loads the CSV files beside it, for MySQL 8 and later and MariaDB 10.6 and later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .schema import TABLES, Column, Table

_TYPES = {"tinyint": "TINYINT", "int": "INT", "bigint": "BIGINT", "double": "DOUBLE", "timestamp": "DATETIME(6)"}
_PREFIX = 191  # code points of a long text that an index covers

_HEAD = """\
-- MOOCdb, written by moocdb_fast. Run it in the folder that holds the CSV files:
--     mysql --local-infile=1 --user=YOU --password < moocdb.sql
-- The server must allow it too: SET GLOBAL local_infile = 1.
-- The database must not hold these tables yet; to load anew, drop it first.
-- The script stops at the first error, also when a table does not get all its rows or a load gives a warning.
-- CSV cannot tell an empty text from NULL in MySQL's dialect: where a column may be NULL, both become NULL.
SET NAMES utf8mb4;
SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION';
SET SESSION time_zone = '+00:00';
CREATE DATABASE IF NOT EXISTS {database} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
USE {database};
"""

_LOADED = """\
CREATE TEMPORARY TABLE moocdb_loaded (table_name VARCHAR(64) NOT NULL, rows_loaded BIGINT NOT NULL, complete TINYINT NOT NULL);
"""


def moocdb_sql(tables: Mapping[str, Table] | Iterable[Table] = TABLES, *, database: str = "moocdb", rows: Mapping[str, int] | None = None) -> str:
    """The whole script. With `rows` (table → rows of its CSV file) it also checks that every row arrived."""
    chosen = list(tables.values() if isinstance(tables, Mapping) else tables)
    names = {table.name for table in chosen}
    parts = [_HEAD.format(database=_name(database)), "-- Tables\n"]
    parts += [create_table(table) for table in chosen]
    parts.append("-- Rows\n" + _LOADED)
    parts += [load_table(table, None if rows is None else rows[table.name]) for table in chosen]
    parts.append("-- Indexes and references, once the rows are there\n" + "".join(filter(None, (_constraints(t, names) for t in chosen))))
    parts.append("SELECT table_name, rows_loaded FROM moocdb_loaded;\nDROP TEMPORARY TABLE moocdb_loaded;\n")
    return "\n".join(parts)


def create_table(table: Table) -> str:
    """CREATE TABLE with its primary and unique keys; comments say what a column holds."""
    lines = [_column(column) for column in table.columns]
    lines.append(f"PRIMARY KEY ({_names(table.key)})")
    lines += [f"UNIQUE KEY ({_names(columns)})" for columns in table.unique]
    body = ",\n  ".join(lines)
    return f"CREATE TABLE {_name(table.name)} (\n  {body}\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT={_text(table.doc)};\n"


def load_table(table: Table, rows: int | None) -> str:
    """LOAD DATA of one CSV file, and the check that it went well."""
    variables = ", ".join(f"@{column.name}" for column in table.columns)
    values = ",\n  ".join(f"{_name(c.name)} = " + (f"NULLIF(@{c.name}, '')" if c.null else f"@{c.name}") for c in table.columns)
    arrived = "@warned = 0" if rows is None else f"@warned = 0 AND COUNT(*) = {rows}"
    return f"""\
LOAD DATA LOCAL INFILE '{table.name}.csv' INTO TABLE {_name(table.name)}
  CHARACTER SET utf8mb4
  FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' ESCAPED BY ''
  LINES TERMINATED BY '\\n'
  IGNORE 1 LINES
  ({variables})
  SET
  {values};
SET @warned = @@warning_count;
SHOW WARNINGS LIMIT 5;
INSERT INTO moocdb_loaded SELECT '{table.name}', COUNT(*), IF({arrived}, 1, NULL) FROM {_name(table.name)};
"""


def _constraints(table: Table, names: set[str]) -> str:
    """The secondary indexes and foreign keys of a table; InnoDB wants an index on every referring column."""
    parts = []
    timed = next((c.name for c in table.columns if c.type == "timestamp" and not c.null), None)
    if timed and "user_id" in table.names:
        parts.append(f"ADD KEY {_name(f'{table.name}_by_user')} ({_names(('user_id', timed))})")
    for column in table.columns:
        if column.type == "text" and (column.size > _PREFIX and (column.name.endswith("_uri") or column.name == "url")):
            parts.append(f"ADD KEY {_name(f'{table.name}_{column.name}')} ({_name(column.name)}({_PREFIX}))")
        if column.references in names:
            parts.append(_reference(table, column))
    return f"ALTER TABLE {_name(table.name)}\n  " + ",\n  ".join(parts) + ";\n" if parts else ""


def _reference(table: Table, column: Column) -> str:
    target = TABLES[column.references]
    return (
        f"ADD CONSTRAINT {_name(f'{table.name}_{column.name}_fk')} FOREIGN KEY ({_name(column.name)}) "
        f"REFERENCES {_name(target.name)} ({_names(target.key)})"
    )


def _column(column: Column) -> str:
    kind = _TYPES.get(column.type) or (f"VARCHAR({column.size})" if column.size else "LONGTEXT")
    null = " NULL" if column.null else " NOT NULL"
    default = f" DEFAULT {column.default}" if column.default is not None else ""
    comment = f" COMMENT {_text(column.doc)}" if column.doc else ""
    return f"{_name(column.name)} {kind}{null}{default}{comment}"


def _name(text: str) -> str:
    return "`" + text.replace("`", "``") + "`"


def _names(texts: Iterable[str]) -> str:
    return ", ".join(map(_name, texts))


def _text(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
