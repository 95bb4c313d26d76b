"""What must hold of every output, as SQL that counts the rows that break it. The rules follow from schema.py."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .portable import text
from .schema import TABLES, Column, Table

_FIRST, _LAST = "0001-01-01 00:00:00", "9999-12-31 23:59:59.999999"


@dataclass(frozen=True, slots=True)
class Rule:
    """A sentence about a table, and a SELECT (of portable.py) of the number of rows of which it is not true."""

    table: str
    sentence: str
    broken: str


def rules(tables: dict[str, Table] = TABLES) -> Iterator[Rule]:
    """All rules, table by table."""
    for table in tables.values():
        yield from _keys(table)
        yield from _values(table)
        for column in table.columns:
            if column.references:
                yield _reference(table, column)
        if table.pinned:
            yield _pinned(table)


def row_count(table: str) -> str:
    """SELECT of the number of rows."""
    return f"SELECT COUNT(*) FROM @{table}"


def _keys(table: Table) -> Iterator[Rule]:
    for columns in (table.key, *table.unique):
        listed = ", ".join(columns)
        repeated = f"SELECT COUNT(*) FROM (SELECT {listed} FROM @{table.name} GROUP BY {listed} HAVING COUNT(*) > 1) AS repeated"
        yield Rule(table.name, f"{listed} is unique", repeated)
    key = table.key_column
    if not table.pinned and not key.references:
        beyond = f"{key.name} < 1 OR {key.name} > (SELECT COUNT(*) FROM @{table.name})"
        yield Rule(table.name, f"{key.name} counts from 1 without gaps", _rows(table, beyond))


def _values(table: Table) -> Iterator[Rule]:
    needed = [c.name for c in table.columns if not c.null]
    yield Rule(table.name, "no value is missing", _rows(table, " OR ".join(f"{name} IS NULL" for name in needed)))
    for column in table.columns:
        bounds = []
        if column.least is not None:
            bounds.append(f"{column.name} < {column.least}")
        if column.most is not None:
            bounds.append(f"{column.name} > {column.most}")
        if bounds:
            yield Rule(table.name, f"{column.name} is {_range(column)}", _rows(table, " OR ".join(bounds)))
    times = [c.name for c in table.columns if c.type == "timestamp"]
    if times:
        outside = " OR ".join(f"{name} < '{_FIRST}' OR {name} > '{_LAST}'" for name in times)
        yield Rule(table.name, "times are of the years 1 to 9999", _rows(table, outside))


def _range(column: Column) -> str:
    return f"{column.least} or more" if column.most is None else f"from {column.least} to {column.most}"


def _reference(table: Table, column: Column) -> Rule:
    key = TABLES[column.references].key[0]
    nowhere = (
        f"SELECT COUNT(*) FROM @{table.name} AS a LEFT JOIN @{column.references} AS b ON b.{key} = a.{column.name} "
        f"WHERE a.{column.name} IS NOT NULL AND b.{key} IS NULL"
    )
    return Rule(table.name, f"{column.name} leads to a row of {column.references}", nowhere)


def _pinned(table: Table) -> Rule:
    """Rows that are there too much, and rows that are not there."""
    rows = " OR ".join(f"({' AND '.join(map(_equals, table.names, row))})" for row in table.pinned)
    return Rule(
        table.name,
        f"the {len(table.pinned)} rows are those of every output",
        f"SELECT COUNT(*) + {len(table.pinned)} - 2 * COUNT(CASE WHEN {rows} THEN 1 END) FROM @{table.name}",
    )


def _equals(name: str, value: object) -> str:
    if value is None:
        return f"{name} IS NULL"
    return f"{name} = {value if isinstance(value, int) else text(value)}"


def _rows(table: Table, condition: str) -> str:
    return f"SELECT COUNT(*) FROM @{table.name} WHERE {condition}"
