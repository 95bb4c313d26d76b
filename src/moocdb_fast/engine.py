"""DuckDB as this package uses it: calls that a signal can stop, and faults of the disk as Python tells them."""

from __future__ import annotations

import errno
import os
import re
import threading
from collections.abc import Callable
from typing import TypeVar

import duckdb

T = TypeVar("T")
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES)
_CSV_LINE = re.compile(r"CSV Error on Line: (\d+)")


def call(connection: duckdb.DuckDBPyConnection, work: Callable[[], T]) -> T:
    """What `work` returns or raises. It runs in a thread of its own while this one waits: in the main thread DuckDB would turn the
    exception of a signal handler into a RuntimeError, and the signal would be lost."""
    results: list[T] = []
    failed: list[BaseException] = []
    ended = threading.Event()  # Thread.join takes a thread for ended once a signal has interrupted it

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again below, in the thread that asked
            failed.append(error)
        finally:
            ended.set()

    threading.Thread(target=run, name="duckdb", daemon=True).start()
    try:
        ended.wait()
    except BaseException:
        connection.interrupt()
        ended.wait()
        raise
    if failed:
        raise failed[0]
    return results[0]


def disk_error(error: duckdb.Error) -> OSError | None:
    """The OSError behind an error of DuckDB, which has it only as text."""
    text = str(error)
    return next((OSError(code, os.strerror(code)) for code in _DISK if os.strerror(code) in text), None)


def csv_line(error: duckdb.Error) -> str | None:
    """The line of a CSV file that DuckDB cannot read; None if an error is about something else. The rest of its text quotes the row."""
    found = _CSV_LINE.search(str(error))
    return found[1] if found else None
