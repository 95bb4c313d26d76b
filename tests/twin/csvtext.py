"""Rows to CSV (rules.md, section 13)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from moocdb_fast.schema import Column, Table


def csv_of(table: Table, rows: Iterable[Mapping[str, object]]) -> bytes:
    """A table as CSV: a header, then the rows; a column that a row does not name takes its default."""
    lines = [",".join(table.names)]
    for row in rows:
        lines.append(",".join(cell(column, row.get(column.name, column.default)) for column in table.columns))
    return "".join(line + "\n" for line in lines).encode()


def cell(column: Column, value: object) -> str:
    """One cell: NULL is nothing, and only text is quoted."""
    if value is None:
        return ""
    if column.type == "double":
        assert isinstance(value, float)
        return repr(value)
    if column.type == "text":
        assert isinstance(value, str)
        return quoted(value.replace("\0", "\ufffd"))
    return str(value)  # integers, and times as rules.md writes them


def quoted(text: str) -> str:
    """Text in quotes where it needs them; the empty text does, since nothing is NULL, and the text `NULL`."""
    if text in ("", "NULL") or any(mark in text for mark in ',"\n\r'):
        return '"' + text.replace('"', '""') + '"'
    return text
