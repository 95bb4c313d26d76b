"""Dump files as a source of rows: no server, one pass to find the statements, and of each table only what is asked for."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa

from .. import _core
from ..errors import InputError, cannot_read, cannot_write, show
from ..streams import codec_of, open_stream
from .charsets import charsets
from .ddl import Create, Forget, Names, NotUnderstood, effect_of
from .layout import as_read, course_of, format_of, logical
from .source import Column, Kind, SourceFile

_CHUNK = 4 << 20
_LONGEST = 1 << 30
_DUMP_AGAIN = "make the dump again with mysqldump --default-character-set=utf8mb4"
_NO_DUMP = "give a dump as mysqldump or phpMyAdmin writes it, plain or compressed"


@dataclass(slots=True)
class _Stretch:
    """INSERTs of one table that follow each other, and how their strings are written."""

    start: int
    end: int
    backslash: bool
    charset: str


@dataclass(slots=True)
class _Table:
    create: Create
    stretches: list[_Stretch]


class DumpFile:
    """A dump, read through once: its tables and where their rows are. A compressed one is unpacked into an unnamed temporary file."""

    def __init__(self, path: Path, given: str | None = None) -> None:
        self.path = path
        self.given = given or show(path)
        self.tables: dict[str, _Table] = {}
        self.size = 0  # as it lies there
        self._handle = self._open(path)
        try:
            self._size = os.fstat(self._handle).st_size
            self._index()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        if self._handle >= 0:
            os.close(self._handle)
        self._handle = -1

    def rows(self, table: str, columns: Sequence[str]) -> Iterator[tuple[pa.RecordBatch, int]]:
        """The rows of a table that is there, with the number of texts in each batch that had to be repaired."""
        found = self.tables[table]
        reader, schema = _reader(found.create, logical(table), columns)
        for stretch in found.stretches:
            if stretch.charset.encode() not in charsets():
                raise self._error(stretch.start, f"rows in the character set {stretch.charset}, in which they cannot be read", _DUMP_AGAIN)
            reader.begin(stretch.backslash, stretch.charset.encode())
            for data, at, final in self._chunks(stretch.start, stretch.end):
                done = 0
                while True:
                    done += reader.feed(data[done:], len(data) - done, at + done, final)
                    if reader.bad:
                        raise self._error(*reader.bad, "see whether the file is whole, and make the dump again")
                    if not reader.full:
                        break
                    yield _batch(reader, schema)
                self._done = done
        yield _batch(reader, schema)

    def _open(self, path: Path) -> int:
        try:
            handle = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        except OSError as error:
            raise cannot_read(path, error) from error
        try:
            head = os.pread(handle, 16, 0)
            size = os.fstat(handle).st_size
        except OSError as error:
            os.close(handle)
            raise cannot_read(path, error) from error
        self.size = size
        compression = codec_of(head)
        if not compression:
            return handle
        os.close(handle)
        return _unpacked(path, size, compression)

    def _index(self) -> None:
        """Find the statements."""
        head = os.pread(self._handle, 4, 0)
        if head.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise InputError(
                f"{self.given} is written in UTF-16, which no server reads", "redirect the output of mysqldump with --result-file, not with >"
            )
        finder = _core.DumpStatements()
        charset = "utf8mb4"
        for data, at, final in self._chunks(3 if head.startswith(b"\xef\xbb\xbf") else 0, self._size):
            self._done = finder.feed(data, len(data), at, final)
            for start, end, insert, backslash, text in finder.take():
                if insert:
                    self._note_rows(text.decode("utf-8", "replace"), _Stretch(start, end, backslash, charset))
                    continue
                effect = self._effect(start, text)
                if isinstance(effect, Names):
                    charset = effect.charset or "utf8mb4"
                elif isinstance(effect, Create):
                    self.tables.setdefault(effect.table, _Table(effect, []))
                elif isinstance(effect, Forget):
                    self._forget(effect)
            if finder.bad:
                raise self._error(*finder.bad, "the file is cut off or no dump; " + _NO_DUMP)

    def _effect(self, start: int, text: bytes) -> Create | Forget | Names | None:
        try:
            return effect_of(text.decode("utf-8", "replace"))
        except NotUnderstood as error:
            raise self._error(start, str(error), _NO_DUMP) from error

    def _note_rows(self, table: str, stretch: _Stretch) -> None:
        if table not in self.tables:
            raise self._error(
                stretch.start, f"rows of table {show(table)} without its CREATE TABLE", "make the dump again with the structure of the tables"
            )
        self.tables[table].stretches.append(stretch)

    def _forget(self, effect: Forget) -> None:
        for table in effect.tables:
            if effect.wholly:
                self.tables.pop(table, None)
            elif table in self.tables:
                self.tables[table].stretches.clear()

    def _chunks(self, start: int, end: int) -> Iterator[tuple[memoryview, int, bool]]:
        """The bytes from start to end. Whoever takes a piece says in `_done` how much of it is done with; the rest comes again, with more."""
        buffer, held, at = bytearray(_CHUNK), 0, start
        while True:
            if held == len(buffer):
                if held >= _LONGEST:
                    raise self._error(at, "a row of more than 1 GiB", _NO_DUMP)
                buffer = buffer + bytes(len(buffer))
            want = min(len(buffer) - held, end - at - held)
            with memoryview(buffer) as view:
                try:
                    got = os.preadv(self._handle, [view[held : held + want]], at + held) if want else 0
                except OSError as error:
                    raise cannot_read(self.given, error) from error
                if want and not got:
                    raise InputError(f"{self.given} became shorter while it was read", "wait until it is written, and run the same command again")
                held += got
                final = at + held >= end
                with view[:held] as piece:
                    self._done = 0
                    yield piece, at, final
            if final:
                return
            held -= self._done
            at += self._done
            buffer[:held] = buffer[self._done : self._done + held]

    def _error(self, at: int, why: str, hint: str) -> InputError:
        return InputError(f"{self.given}, line {self._line(at)}, byte {at}: {why}", hint)

    def _line(self, at: int) -> int:
        lines, position = 1, 0
        with suppress(OSError):
            while position < at and (data := os.pread(self._handle, min(_CHUNK, at - position), position)):
                lines += data.count(b"\n")
                position += len(data)
        return lines


class DumpSource:
    """The tables of some dump files as one export. `clickstream` is a log that was found beside them; `keep` is closed with the source."""

    def __init__(self, files: Sequence[DumpFile], clickstream: Path | None = None, keep: ExitStack | None = None) -> None:
        self.files = tuple(SourceFile(file.given, os.fspath(file.path), file.size) for file in files)
        self.clickstream = clickstream
        self._keep = keep or ExitStack()
        self._files = files
        self._places: dict[str, tuple[DumpFile, str]] = {}
        self._columns: dict[str, tuple[Column, ...]] = {}
        self._repaired: dict[str, int] = {}
        self.course = course_of([table for file in files for table in file.tables])
        for file in files:
            for table, found in file.tables.items():
                name = logical(table)
                if name in self._places:
                    raise InputError(
                        f"table {show(name)} is both in {self._places[name][0].given} and in {file.given}", "give each dump of one course once"
                    )
                self._places[name] = file, table
                self._columns[name] = as_read(name, found.create.columns)
        self.format = format_of(self._columns)

    @property
    def repaired(self) -> Mapping[str, int]:
        """See Source."""
        return self._repaired

    def tables(self) -> Mapping[str, tuple[Column, ...]]:
        """See Source."""
        return self._columns

    def has(self, table: str) -> bool:
        """See Source."""
        return table in self._columns

    def rows(self, table: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """See Source."""
        if table not in self._places:
            yield pa.RecordBatch.from_arrays([pa.nulls(0) for _ in columns], names=list(columns))
            return
        file, name = self._places[table]
        self._repaired[table] = 0
        for batch, repaired in file.rows(name, columns):
            self._repaired[table] += repaired
            yield batch

    def close(self) -> None:
        """See Source."""
        for file in self._files:
            file.close()
        self._keep.close()


def _unpacked(path: Path, size: int, compression: str) -> int:
    """A handle of a temporary file with the decompressed bytes."""
    try:
        with open_stream(path, size, compression) as stream, tempfile.TemporaryFile(prefix="moocdb-", buffering=0) as spool:
            buffer = bytearray(_CHUNK)
            while count := stream.readinto(buffer):
                with memoryview(buffer) as view:
                    try:
                        written = 0
                        while written < count:
                            written += spool.write(view[written:count])
                    except OSError as error:
                        raise cannot_write(tempfile.gettempdir(), error) from error
            if stream.damage:
                raise InputError(f"{show(path)}: {stream.damage}", "fetch the file again")
            return os.dup(spool.fileno())
    except OSError as error:
        raise cannot_read(path, error) from error


_DUMPED = {Kind.INTEGER: "integer", Kind.REAL: "real", Kind.TEXT: "text", Kind.TIME: "text", Kind.BYTES: "bytes"}


def _reader(create: Create, table: str, columns: Sequence[str]) -> tuple[_core.DumpRows, list[tuple[str, pa.DataType, int]]]:
    """A reader of these columns, and for each of them its name, type and place in what the reader gives (-1: it gives none)."""
    wanted = [column.lower() for column in columns]
    read = as_read(table, create.columns)
    specs = []
    for column, kept in zip(create.columns, read, strict=True):
        kind = "bit" if column.name in create.bits else "raw" if column.kind is not kept.kind else _DUMPED[column.kind]
        specs.append((column.name.encode(), kind, column.name in wanted, (column.charset or "ascii").encode()))
    given = [column for column in read if column.name in wanted]
    places = {column.name: (column.kind.arrow, i) for i, column in enumerate(given)}
    schema = [(name, *places.get(name.lower(), (pa.null(), -1))) for name in columns]
    return _core.DumpRows(specs, charsets()), schema


def _batch(reader: _core.DumpRows, schema: list[tuple[str, pa.DataType, int]]) -> tuple[pa.RecordBatch, int]:
    rows = reader.rows
    taken = reader.take()
    arrays = [_array(kind, rows, *taken[i][:3]) if i >= 0 else pa.nulls(rows) for _, kind, i in schema]
    if not arrays:
        return pa.RecordBatch.from_struct_array(pa.array([{}] * rows, pa.struct([]))), 0
    return pa.RecordBatch.from_arrays(arrays, names=[name for name, _, _ in schema]), sum(column[3] for column in taken)


def _array(kind: pa.DataType, rows: int, valid: np.ndarray, ends: np.ndarray | None, data: np.ndarray | bytes) -> pa.Array:
    mask = None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))
    if ends is None:
        return pa.Array.from_buffers(kind, rows, [mask, pa.py_buffer(data)])
    offsets = np.zeros(rows + 1, np.int32)
    offsets[1:] = ends
    return pa.Array.from_buffers(kind, rows, [mask, pa.py_buffer(offsets), pa.py_buffer(data)])
