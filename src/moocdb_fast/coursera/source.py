"""What the translation reads a course from: tables as Arrow batches, whether they come from dump files or from a live server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import pyarrow as pa


class Kind(Enum):
    """What a column holds, and the Arrow type that carries it."""

    INTEGER = "integer"
    REAL = "real"
    TEXT = "text"  # always valid UTF-8
    BYTES = "bytes"  # blobs, and the values of key-value tables: what PHP wrote, byte for byte
    TIME = "time"  # dates and times, as the server prints them

    @property
    def arrow(self) -> pa.DataType:
        """The type of the column in a batch."""
        return _ARROW[self]


_ARROW = {Kind.INTEGER: pa.int64(), Kind.REAL: pa.float64(), Kind.TEXT: pa.string(), Kind.BYTES: pa.binary(), Kind.TIME: pa.string()}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `charset` is that of its text, empty for other kinds."""

    name: str
    kind: Kind
    charset: str = ""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A dump (or a database, which has no path and no size) that a source reads."""

    name: str
    path: str = ""
    bytes: int = 0


class Source(Protocol):
    """An export of one course. Key-value tables go by the names `kvs.quiz`, `kvs.forum_readrecord` and so on in both formats."""

    @property
    def format(self) -> int:
        """1: users are known by `anon_user_id` and `forum_user_id`; 2: by `session_user_id` and `user_id`."""
        ...

    @property
    def course(self) -> int | None:
        """The number of the course, which only the names of format 1's key-value tables carry."""
        ...

    @property
    def files(self) -> tuple[SourceFile, ...]:
        """What is read, as summaries name it."""
        ...

    @property
    def repaired(self) -> Mapping[str, int]:
        """Texts per table, among those read so far, in which bytes that are no UTF-8 were replaced by U+FFFD."""
        ...

    def tables(self) -> Mapping[str, tuple[Column, ...]]:
        """The columns of every table."""
        ...

    def has(self, table: str) -> bool:
        """Whether there is such a table (it may be empty)."""
        ...

    def rows(self, table: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """All rows of a table, exactly these columns in this order. A column that the table lacks is NULL (of Arrow's null type) throughout; a
        table that the export lacks has no rows. The order of rows means nothing."""
        ...

    def close(self) -> None:
        """Let go of files, temporary files and connections."""
        ...
