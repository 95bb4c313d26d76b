"""Rows into a table: LOAD DATA through a named pipe, or INSERT where the server forbids that.

LOAD DATA LOCAL sends a file that the *server* names. The connection therefore allows one folder of our own (mode 0700) that never
holds anything but named pipes, and only rows of the table that is being loaded ever go into one."""

from __future__ import annotations

import csv
import errno
import fcntl
import io
import os
import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path

import numpy as np

from ..errors import DatabaseError, InputError, OutputError, show
from ..schema import Table
from ..sql import insert_rows, load_data
from .ordering import rows_of
from .session import Session

_PIPE_BYTES = 1 << 20
_SAFE_PATH = re.compile(r"(?!.*--)[\w./-]+", re.ASCII)
_MOST_PLACEHOLDERS = 65_535
_BATCH_ROWS = 1_000
_COMMA, _NEWLINE, _QUOTE = b',\n"'
_SPARE = 16_384  # bytes of a packet around the cells


class Stopped(Exception):
    """Another part of the load has failed, or a person wants it to stop."""


def marked(lines: bytes, mark: bytes) -> bytes:
    """Whole rows, in which an empty cell without quotes, which is NULL, becomes a mark. The first cell of a row, its key, is never empty.

    One pass with NumPy: bytes.replace takes three, and three times as long."""
    data = np.frombuffer(lines, np.uint8)
    commas = data == _COMMA
    at = np.flatnonzero(commas[:-1] & (commas[1:] | (data[1:] == _NEWLINE))) + 1
    if b'"' in lines:
        at = at[np.searchsorted(np.flatnonzero(data == _QUOTE), at) % 2 == 0]
    result = np.empty(len(data) + len(mark) * len(at), np.uint8)
    given = np.ones(len(result), np.bool_)
    places = at + len(mark) * np.arange(len(at))
    for offset, character in enumerate(mark):
        result[places + offset], given[places + offset] = character, False
    result[given] = data
    return result.tobytes()


def fill(session: Session, table: Table, name: str, pieces: Iterator[bytes], folder: Path | None, stop: threading.Event) -> int:
    """Put all rows into the table called `name`; how many these were. `folder` is that of the pipes; None: use INSERT."""
    first = next(pieces, None)  # everything is read and sorted before the server starts to wait
    if first is None:
        return 0
    counted = _Counted(chain((first,), pieces), stop)
    done = _load(session, table, name, counted, folder) if folder else _insert(session, table, name, counted)
    if done != counted.rows:
        raise DatabaseError(
            f"table {table.name}: {counted.rows} rows were sent, {done} arrived", "the rows do not fit the table; translate the logs again"
        )
    return done


class _Counted:
    """Pieces of whole rows, and how many rows they hold."""

    def __init__(self, pieces: Iterable[bytes], stop: threading.Event) -> None:
        self._pieces, self._stop = pieces, stop
        self.rows = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if self._stop.is_set():
                raise Stopped
            self.rows += len(rows_of(piece))
            yield piece


def check_place(folder: Path) -> None:
    """The connector looks for the name of the file in the text of the statement: it must be one that needs no quoting."""
    if not _SAFE_PATH.fullmatch(str(folder)):
        raise OutputError(f"the folder {show(folder)} for temporary files has an odd name", "name another place in TMPDIR")


def _load(session: Session, table: Table, name: str, pieces: Iterable[bytes], folder: Path) -> int:
    pipe = folder / table.name
    os.mkfifo(pipe, 0o600)
    try:
        feed = _Feed(pipe, pieces)
        try:
            done = session.run(load_data(table, str(pipe), name))
        finally:
            feed.end()
    finally:
        pipe.unlink()
    _refuse_warnings(session, table)
    return done


class _Feed:
    """A thread that writes rows into a pipe, for as long as somebody reads from it."""

    def __init__(self, pipe: Path, pieces: Iterable[bytes]) -> None:
        self._pipe, self._pieces = pipe, pieces
        self._error: BaseException | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"feed {pipe.name}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            if (handle := self._opened()) is None:
                return
            with os.fdopen(handle, "wb", buffering=0) as file:
                with suppress(OSError):  # a larger pipe is faster, but a user may have only so much
                    fcntl.fcntl(handle, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
                for piece in self._pieces:
                    rest = memoryview(marked(piece, b"NULL"))
                    while rest:
                        rest = rest[file.write(rest) :]
        except BrokenPipeError:
            pass  # the reader has gone: it knows why
        except BaseException as error:  # noqa: BLE001 - raised again in end(), where the load is
            self._error = error

    def _opened(self) -> int | None:
        """The pipe, once somebody reads from it. An open that waits could wait for ever: the server may refuse."""
        pause = 0.001
        while not self._ended.is_set():
            try:
                handle = os.open(self._pipe, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            except OSError as error:
                if error.errno != errno.ENXIO:
                    raise
                self._ended.wait(pause)
                pause = min(2 * pause, 0.05)
            else:
                os.set_blocking(handle, True)
                return handle
        return None

    def end(self) -> None:
        """Wait for the thread; what went wrong there goes wrong here. Nobody reads from the pipe any more."""
        self._ended.set()
        self._thread.join()
        if self._error is not None:
            raise self._error


def _insert(session: Session, table: Table, name: str, pieces: Iterable[bytes]) -> int:
    """INSERT of many rows at a time, prepared: what learners wrote is never part of a statement."""
    most_rows = min(_BATCH_ROWS, _MOST_PLACEHOLDERS // len(table.columns))
    packet = int(session.value("SELECT @@max_allowed_packet"))
    done = 0
    with session.prepared() as run:
        for batch in _batches(table, pieces, most_rows, packet):
            done += run(insert_rows(table, name, len(batch)), [cell for row in batch for cell in row])
    _refuse_warnings(session, table)
    return done


def _batches(table: Table, pieces: Iterable[bytes], most_rows: int, packet: int) -> Iterator[list[Sequence[str | None]]]:
    """Rows for one statement each: so many at most, and small enough for a packet that the server takes."""
    batch: list[Sequence[str | None]] = []
    size, most_bytes = 0, packet // 8  # of characters, which have up to four bytes
    for row in _cells(table, pieces):
        length = sum(map(len, filter(None, row)))
        if length > most_bytes and sum(len(cell.encode()) for cell in row if cell) + _SPARE > packet:
            raise DatabaseError(
                f"a row of table {table.name} is longer than the server takes with INSERT",
                "as administrator: SET GLOBAL local_infile = 1 or a larger max_allowed_packet",
            )
        if batch and (len(batch) == most_rows or size + length > most_bytes):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += length
    if batch:
        yield batch


def _cells(table: Table, pieces: Iterable[bytes]) -> Iterator[Sequence[str | None]]:
    """The cells of each row. Our files hold no NUL characters, so one can stand for NULL."""
    csv.field_size_limit(1 << 40)
    for piece in pieces:
        try:
            rows = list(csv.reader(io.StringIO(marked(piece, b"\0").decode("utf-8"), newline="\n"), strict=True))
        except (UnicodeDecodeError, csv.Error) as error:
            raise InputError(f"the rows of table {table.name} are no CSV as a run writes it", "translate the logs again") from error
        for row in rows:
            if len(row) != len(table.columns):
                raise InputError(f"a row of table {table.name} has {len(row)} cells instead of {len(table.columns)}", "translate the logs again")
            yield [None if cell == "\0" else cell for cell in row]


def _refuse_warnings(session: Session, table: Table) -> None:
    """LOCAL turns errors into warnings: rows are skipped and values changed. Their texts quote values, so only numbers are told."""
    warnings = [row for row in session.rows("SHOW WARNINGS LIMIT 3") if row[0] != "Note"]
    if warnings:
        _, number, text = warnings[0]
        place = re.search(r"at row \d+$", text)
        raise DatabaseError(
            f"the server warned while table {table.name} was loaded: number {number}{f' {place[0]}' if place else ''}",
            "the rows do not fit the table; translate the logs again",
        )
