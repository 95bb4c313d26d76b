"""Columns as tables and batches of the schema."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa

from .schema import TABLES

Array = np.ndarray[Any, Any]


def filled(name: str, columns: dict[str, Iterable[Any]]) -> pa.Table:
    """A table of the schema; columns that are not given hold their default, or NULL."""
    schema = TABLES[name].arrow()
    rows = len(list(next(iter(columns.values())))) if columns else 0
    arrays = []
    for column, spec in zip(schema, TABLES[name].columns, strict=True):
        values = columns.get(column.name, [spec.default] * rows)
        arrays.append(pa.array(values, column.type))
    return pa.table(arrays, schema=schema)


def numbered(name: str, columns: dict[str, list[Any]]) -> pa.Table:
    """The same with row ids from 1 in the first column."""
    count = len(next(iter(columns.values())))
    return filled(name, {TABLES[name].names[0]: range(1, count + 1), **columns})


def optional(values: Array, none: Any = 0) -> pa.Array:
    """Numbers, of which `none` is NULL."""
    return pa.array(values, mask=values == none)


def real(values: Array) -> pa.Array:
    """Numbers, of which NaN is NULL."""
    return pa.array(values, mask=np.isnan(values))


def batch(name: str, columns: dict[str, Any], rows: int) -> pa.RecordBatch:
    """A batch of a table; missing columns hold their default or NULL. Text may be dictionary-coded."""
    arrays, fields = [], []
    for column, spec in zip(TABLES[name].arrow(), TABLES[name].columns, strict=True):
        array = columns.get(spec.name)
        if array is None:
            array = pa.nulls(rows, column.type) if spec.default is None else pa.array(np.full(rows, spec.default, column.type.to_pandas_dtype()))
        elif not pa.types.is_dictionary(array.type) and array.type != column.type:
            array = array.cast(column.type)
        arrays.append(array)
        fields.append(pa.field(spec.name, array.type, spec.null))
    return pa.record_batch(arrays, schema=pa.schema(fields))


def empty_batch(name: str) -> pa.RecordBatch:
    """No rows of a table."""
    return batch(name, {}, 0)
