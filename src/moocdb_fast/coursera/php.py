"""Values that PHP serialized, within bounds: no objects, no references, limited depth and size. The kernel reads; phpserialize does the rest."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import phpserialize
import pyarrow as pa
from numpy.typing import NDArray

from .. import _core

PhpValue = int | float | bool | bytes | dict[int | bytes, Any] | None

LONGEST = 64 << 20
"""Bytes of a value; longer ones are no values but damage."""


class PhpError(ValueError):
    """A value that is damaged, or holds what is not read here; the text says what and at which byte."""


def php_loads(data: bytes) -> PhpValue:
    """A serialized value. Texts stay bytes: what they are written in is for the caller to say."""
    if len(data) > LONGEST:
        raise PhpError(f"a value of more than {LONGEST >> 20} MiB")
    try:
        value: PhpValue = _core.php_loads(data)
        # Numbers beyond 64 bits, INF and NAN: rare enough for the library, which may have a value now that the kernel has seen all of it.
        if value is NotImplemented:
            value = phpserialize.loads(data)
        return value
    except ValueError as error:
        raise PhpError(str(error)) from error


def php_text(value: PhpValue) -> bytes:
    """A scalar as PHP makes it text."""
    if isinstance(value, bytes):
        return value
    if value is None or isinstance(value, bool):
        return b"1" if value else b""
    if isinstance(value, float):
        return _float_text(value)
    return str(value).encode()


def _float_text(value: float) -> bytes:
    if not math.isfinite(value):
        return b"NAN" if math.isnan(value) else b"INF" if value > 0 else b"-INF"
    mantissa, _, power = f"{value:.14g}".partition("e")
    if not power:
        return mantissa.encode()
    return f"{mantissa}{'' if '.' in mantissa else '.0'}E{power[0]}{int(power[1:])}".encode()


def php_answers(values: pa.Array) -> dict[str, NDArray[Any]]:
    """What quiz submissions hold: arrays with `answers`, `start_time` and `saved_time`, serialized twice (or once).

    Per value `status` (0 fine, 1 NULL, 2 damaged, 3 no array), `start` and `saved` (the lowest int64: no number) and `has_answers`. Per answered
    question, in order, `answer_row`, the texts `question_offsets` and `question_data`, and `shape` (0 nothing selected, 1 a list, 2 a single value).
    Per selected value `value_answer` and the texts `value_offsets` and `value_data`.
    """
    wide = pa.types.is_large_binary(values.type)
    _, offsets, data = values.buffers()
    ends = np.zeros(1, np.int64)
    if offsets is not None and len(values):
        ends = np.frombuffer(offsets, np.int64 if wide else np.int32)[values.offset : values.offset + len(values) + 1].astype(np.int64)
    there = np.asarray(values.is_valid()).astype(np.uint8)
    return _core.php_answers(ends, b"" if data is None else np.frombuffer(data, np.uint8), there)
