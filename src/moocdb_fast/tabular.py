"""Columns as tables and batches of the schema."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from .columns import Text, numbers
from .schema import TABLES, Column

Array = np.ndarray[Any, Any]
_DTYPES: dict[str, Any] = {"tinyint": np.int8, "int": np.int32, "bigint": np.int64, "double": np.float64, "timestamp": np.int64}
_EPOCH = datetime(1970, 1, 1)


class Optional(NamedTuple):
    """Numbers, some of which are NULL."""

    values: Array
    valid: Array


def filled(name: str, columns: dict[str, Any]) -> pa.Table:
    """A table of the schema from sequences; columns that are not given hold their default, or NULL."""
    schema = TABLES[name].arrow()
    rows = len(next(iter(columns.values()))) if columns else 0
    arrays = []
    for field, spec in zip(schema, TABLES[name].columns, strict=True):
        values = columns.get(field.name)
        arrays.append(_default(spec, rows, field.type) if values is None else _array(values, spec, field.type))
    return pa.table(arrays, schema=schema)


def _default(spec: Column, rows: int, kind: pa.DataType) -> pa.Array:
    """A column that holds its default, or NULL."""
    return pa.nulls(rows, kind) if spec.default is None else numbers(np.full(rows, spec.default, _DTYPES[spec.type]), None, kind)


def _array(values: Any, spec: Column, kind: pa.DataType) -> pa.Array:
    """Numbers, texts, Python values or an Arrow array as one of the column's type."""
    if isinstance(values, pa.Array):
        return values if values.type == kind else values.cast(kind)
    if spec.type == "text":
        return (values if isinstance(values, Text) else Text.of(values)).string()
    dtype, valid = _DTYPES[spec.type], None
    if isinstance(values, Optional):
        values, valid = values
    elif isinstance(values, list | tuple):
        if None in values:
            valid = np.array([value is not None for value in values], bool)
        if spec.type == "timestamp":
            values = [_number(value) for value in values]
        elif valid is not None:
            values = [0 if value is None else value for value in values]
    return numbers(np.array(values, dtype), valid, kind)


def _number(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value - _EPOCH) // timedelta(microseconds=1)
    return 0 if value is None else value


def numbered(name: str, columns: dict[str, Any]) -> pa.Table:
    """The same with row ids from 1 in the first column."""
    count = len(next(values for values in columns.values() if not isinstance(values, Optional)))
    return filled(name, {TABLES[name].names[0]: np.arange(1, count + 1), **columns})


def optional(values: Array, none: Any = 0) -> Optional:
    """Numbers, of which `none` is NULL."""
    return Optional(values, values != none)


def real(values: Array) -> Optional:
    """Numbers, of which NaN is NULL."""
    return Optional(values, ~np.isnan(values))


def coded(codes: Array, texts: pa.Array) -> pa.Array:
    """Texts by their codes; -1 is NULL."""
    return pa.DictionaryArray.from_arrays(numbers(codes, codes >= 0), texts)


def batch(name: str, columns: dict[str, Any], rows: int) -> pa.RecordBatch:
    """A batch of a table from numbers and Arrow arrays, of which texts may be dictionary-coded; missing columns hold their default or NULL."""
    arrays, fields = [], []
    for field, spec in zip(TABLES[name].arrow(), TABLES[name].columns, strict=True):
        column = columns.get(spec.name)
        if column is None:
            column = _default(spec, rows, field.type)
        if not isinstance(column, pa.Array):
            values, valid = column if isinstance(column, Optional) else (column, None)
            column = numbers(values.astype(_DTYPES[spec.type], copy=False), valid, field.type)
        elif not pa.types.is_dictionary(column.type) and column.type != field.type:
            column = column.cast(field.type)
        arrays.append(column)
        fields.append(pa.field(spec.name, column.type, spec.null))
    return pa.record_batch(arrays, schema=pa.schema(fields))


def empty_batch(name: str) -> pa.RecordBatch:
    """No rows of a table."""
    return batch(name, {}, 0)
