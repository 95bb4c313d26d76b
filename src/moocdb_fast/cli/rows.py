"""Rows as text: an aligned table for people, CSV and JSON lines for programs."""

from __future__ import annotations

import datetime
import decimal
import json
import math
import unicodedata
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from ..errors import escaped

_WIDEST = 100  # characters of a cell in a table; CSV and JSON have all of it
_BATCH = 1 << 14
_EXACT = {pa.int8(), pa.int32(), pa.int64(), pa.string()}  # what the formatter of our files takes, whatever the values


def as_csv(table: pa.Table) -> Iterator[str]:
    """The CSV of our files: a header, NULL is nothing, an empty text is quoted."""
    from ..sinks.csv import Formatter

    text = Formatter()
    header = pa.record_batch([pa.array([name]) for name in table.schema.names], names=_distinct(table.schema.names))
    yield text.rows(header).decode()
    for batch in table.to_batches(_BATCH):
        columns = [c if c.type in _EXACT else pa.array(map(_csv_text, _values(c)), pa.string()) for c in batch.columns]
        yield text.rows(pa.record_batch(columns, names=_distinct(batch.schema.names))).decode()


def as_json(table: pa.Table) -> Iterator[str]:
    """A JSON object per row and line. Columns of one name get a number; times are text; what JSON cannot hold is null."""
    names = _distinct(table.schema.names)
    for row in _rows(table):
        yield json.dumps({name: _json_value(value) for name, value in zip(names, row, strict=True)}, ensure_ascii=False) + "\n"


def as_table(table: pa.Table) -> Iterator[str]:
    """Columns side by side, numbers to the right. Line ends and control characters are escaped, long texts cut."""
    right = [pa.types.is_integer(t) or pa.types.is_floating(t) or pa.types.is_decimal(t) for t in table.schema.types]
    cells = [[_shown(name) for name in table.schema.names], *([_shown(value) for value in row] for row in _rows(table))]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    for number, row in enumerate(cells):
        padded = (_padded(cell, width, to_right) for cell, width, to_right in zip(row, widths, right, strict=True))
        yield "  ".join(padded).rstrip() + "\n"
        if number == 0:
            yield "  ".join("-" * width for width in widths) + "\n"


FORMATS = {"table": as_table, "csv": as_csv, "json": as_json}


def _rows(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    """Rows as tuples: a result may have two columns of one name."""
    for batch in table.to_batches(_BATCH):
        yield from zip(*map(_values, batch.columns), strict=True)


def _values(column: pa.Array) -> list[Any]:
    """The values of a column; times that Python cannot hold as text."""
    try:
        return list(column.to_pylist())
    except (OverflowError, ValueError):
        return list(column.cast(pa.string()).to_pylist())


def _distinct(names: list[str]) -> list[str]:
    """The names, with a number behind each that came before."""
    given: list[str] = []
    for name in names:
        fresh, number = name, 2
        while fresh in given:
            fresh, number = f"{name}_{number}", number + 1
        given.append(fresh)
    return given


def _plain(value: Any) -> str | int | float:
    """A value that is no container as our CSV spells it, or a number."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ", "microseconds")
    return value.hex() if isinstance(value, bytes) else str(value)


def _json_value(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_json_value(item) for item in value]
    if isinstance(value, dict):
        return {str(name): _json_value(item) for name, item in value.items()}
    if value is None or isinstance(value, bool):
        return value
    told = _plain(value)
    return None if isinstance(told, float) and not math.isfinite(told) else told


def _csv_text(value: Any) -> str | None:
    if value is None:
        return None
    return json.dumps(_json_value(value), ensure_ascii=False) if isinstance(value, list | tuple | dict) else str(_plain(value))


def _shown(value: Any) -> str:
    text = "NULL" if value is None else _csv_text(value) or ""
    if len(text) > _WIDEST:
        text = text[: _WIDEST - 1] + "…"
    return escaped(text)


def _width(text: str) -> int:
    """Columns on a terminal."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _padded(text: str, width: int, to_right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if to_right else text + space
