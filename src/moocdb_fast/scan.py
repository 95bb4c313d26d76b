"""Scanning one shard: bytes in, a shard folder (or several, for a long compressed file) out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import _core
from .events.compiled import compile_tables
from .inputs import Shard
from .options import Options
from .shards import write_shard

_READ = 1 << 20  # decoded bytes per read: stays in the processor's cache
_START = 800  # bytes kept of a line that is too long

Report = Callable[[int, int], None]
"""Called with decoded bytes and events since the last call."""


def tables() -> _core.Tables:
    """The compiled declarations."""
    return _core.Tables(compile_tables())


def scan_options(options: Options) -> dict[str, Any]:
    """The options that a scan depends on."""
    return {
        "keep_anonymous": options.keep_anonymous,
        "keep_background": options.keep_background,
        "keep_payloads": options.payloads,
        "courses": options.courses,
        "line_limit": options.line_limit,
    }


def scan_text(compiled: _core.Tables, data: bytes, options: dict[str, Any], offset: int = 0) -> _core.Scanner:
    """The scan of a few whole lines at `offset` of a file, which may lack the last newline."""
    scanner = _core.Scanner(compiled, **options)
    scanner.feed(data + bytes(_core.PADDING), len(data), offset, True)
    return scanner


@dataclass
class _Window:
    """A reusable buffer: what is unread of the stream so far, and room behind it."""

    data: np.ndarray[Any, Any]
    begin: int = 0
    end: int = 0

    def room(self, want: int) -> None:
        """Make `want` bytes of room behind the data, and padding behind that."""
        if self.begin:
            left = self.end - self.begin
            self.data[:left] = self.data[self.begin : self.end]
            self.begin, self.end = 0, left
        if len(self.data) - self.end - _core.PADDING < want:
            bigger = np.empty(max(2 * len(self.data), self.end + want + _core.PADDING), np.uint8)
            bigger[: self.end] = self.data[: self.end]
            self.data = bigger


class ShardScan:
    """The scan of one shard into folders `<input>-<start>-<window>` below `work`."""

    def __init__(self, shard: Shard, work: Path, compiled: _core.Tables, options: Options, report: Report) -> None:
        self.shard, self.work, self.options, self.report = shard, work, options, report
        self.compiled = compiled
        self.folders: list[str] = []
        self.damage: str | None = None
        self._window = _Window(np.empty(_READ + _core.PADDING, np.uint8))
        self._offset = shard.start  # of the first unread byte, in the decoded file
        self._skipping = False  # inside a line that is too long
        self._new_scanner()

    def _new_scanner(self) -> None:
        self._scanner = _core.Scanner(self.compiled, **scan_options(self.options))
        self._started = self._offset
        self._reported = 0

    def run(self) -> ShardScan:
        """Scan to the end of the shard. Lines that begin before it are read to their end."""
        shard = self.shard
        # One byte more in front tells whether a line begins at the start of the range.
        start = max(0, shard.start - 1)
        with shard.input.open_stream(start, None, until=shard.end) as stream:
            if shard.start:
                self._offset = start
                self._to_next_line(stream)
                self._started = self._offset
            while self._step(stream):
                pass
            self.damage = stream.damage
        self._flush()
        return self

    def _fill(self, stream: Any, most: int = _READ) -> int:
        w = self._window
        w.room(most)
        count: int = stream.readinto(w.data[w.end : w.end + most].data)
        w.end += count
        return count

    def _to_next_line(self, stream: Any) -> None:
        """Drop the rest of the line that belongs to the shard before."""
        w = self._window
        while self._fill(stream):
            newline = _find_newline(w.data, w.begin, w.end)
            self._take(newline + 1 - w.begin if newline >= 0 else w.end - w.begin)
            if newline >= 0:
                return

    def _take(self, count: int) -> None:
        self._window.begin += count
        self._offset += count

    def _step(self, stream: Any) -> bool:
        """Read on and scan what is whole; False at the end of the shard."""
        shard, w = self.shard, self._window
        end = shard.end
        if end is not None and self._offset >= end and not self._skipping:
            return False
        left = _READ if end is None else max(65536, min(_READ, end - self._offset - (w.end - w.begin)))
        last = self._fill(stream, left) == 0
        if self._skipping:
            self._skip(last)
            return not last
        limit = w.end
        if end is not None and self._offset + (w.end - w.begin) > end:
            # Only lines that begin before the end: scan up to the end of the line that holds the last byte before it.
            newline = _find_newline(w.data, w.begin + (end - 1 - self._offset), w.end)
            limit = newline + 1 if newline >= 0 else w.end
        used = self._scanner.feed(w.data[w.begin :], limit - w.begin, self._offset, last)
        self._take(used)
        if w.end - w.begin > self.options.line_limit and not used:
            self._scanner.too_long(self._offset, w.data[w.begin : w.begin + _START].tobytes())
            self._skipping = True
            self._skip(last)
        rows = self._scanner.rows
        self.report(used, rows - self._reported)
        self._reported = rows
        if end is None and self._offset - self._started >= self.options.shard_bytes and not self._skipping:
            self._flush()
            self._new_scanner()
        return not last

    def _skip(self, last: bool) -> None:
        """Throw away a line that is too long, up to and with its newline."""
        w = self._window
        newline = _find_newline(w.data, w.begin, w.end)
        self._skipping = newline < 0 and not last
        self._take((newline + 1 if newline >= 0 else w.end) - w.begin)

    def _flush(self) -> None:
        name = f"{self.shard.name}-{len(self.folders):06d}"
        about = {"input": self.shard.input.number, "start": self._started, "bytes": self._offset - self._started}
        write_shard(self.work / name, self._scanner, about, payloads=self.options.payloads)
        self.folders.append(name)


def _find_newline(data: np.ndarray[Any, Any], begin: int, end: int) -> int:
    return int(_core.find_newline(data, begin, end))
