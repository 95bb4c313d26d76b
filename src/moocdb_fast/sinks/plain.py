"""Batches with the types of the schema, for formats that Arrow or DuckDB write."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa

_NUL = re.compile(b"\0")


def plain(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The batch without dictionaries, and with U+FFFD for NUL characters, as the CSV files have it (rules, section 13)."""
    if batch.schema != schema:
        batch = batch.cast(schema)
    for index, column in enumerate(batch.columns):
        clean = without_nul(column)
        if clean is not column:
            batch = batch.set_column(index, schema.field(index), clean)
    return batch


def without_nul(column: pa.Array) -> pa.Array:
    """The column with U+FFFD for NUL characters; itself when it has none."""
    if not pa.types.is_string(column.type) or not _has_nul(column.buffers()[2]):
        return column
    import pyarrow.compute as pc

    return pc.replace_substring(column, pattern="\0", replacement="\ufffd")


def _has_nul(data: Any) -> bool:
    return data is not None and _NUL.search(data) is not None
