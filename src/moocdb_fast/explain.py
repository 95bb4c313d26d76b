"""The event types of a log: for each the first line that has it, and what that line becomes.

The log is read once, a piece at a time. Then the first lines are translated as a small log of their own, so what depends on other
lines (an inherited page, a duration, the submission that a mark is about, the course of 2012) may be missing.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from . import _core
from .events._spec import Declared
from .events.lookup import declaration
from .inputs import Input, check, discover, spool
from .options import Options
from .scan import scan_options, scan_text, tables
from .tracing import Trace, member, read_line, trace
from .translate import Paths, Progress

_READ = 1 << 20
_MOST_TYPES = 2_000
_MOST_BYTES = 64 << 20  # of first lines that are kept
_EXTRA, _NOBODY = _core.FLAGS["extra"], _core.FLAGS["nobody"]


@dataclass(slots=True)
class First:
    """The first line of a type (of a line that makes no event: of the reason), and how many there are.

    The first line that names somebody, if there is one.
    """

    type: str  # observed_event_type; empty if the line makes no event
    source: str
    input: Input
    number: int  # of the line, from 1
    offset: int
    line: bytes
    count: int = 1
    nobody: bool = False
    trace: Trace = field(default_factory=Trace)

    @property
    def declared(self) -> Declared | None:
        """What declares the type."""
        return declaration(self.type, self.source)


@dataclass(slots=True)
class Explanation:
    """The first lines in the order of the log; types beyond the limit are only counted."""

    firsts: list[First]
    lines: int
    types_left_out: int
    damage: list[tuple[Input, str]]


def explain(inputs: Paths, options: Options | None = None, progress: Callable[[Progress], None] | None = None) -> Explanation:
    """What the types in some logs become."""
    options = options or Options()
    found = discover((inputs,) if isinstance(inputs, str | os.PathLike) else inputs)
    with tempfile.TemporaryDirectory(prefix="moocdb_fast-") as folder:
        found = [spool(item, Path(folder)) for item in found]
        check(found)
        search = _Search(options, sum(item.unpacked for item in found), progress)
        for item in found:
            search.read(item)
    firsts = search.firsts()
    events = [first for first in firsts if first.type]
    for first, made in zip(events, trace([first.line for first in events], options), strict=True):
        first.trace = made
    return Explanation(firsts, search.lines, search.types_left_out(), search.damage)


_Key = tuple[str, str, int, bool]
"""Fate at the scan ("" of events) and its reason, or type; how it submits; whether it names nobody."""


class _Search:
    """Goes through the inputs and keeps first lines."""

    def __init__(self, options: Options, total: int, progress: Callable[[Progress], None] | None) -> None:
        self._options = scan_options(options) | {"keep_anonymous": True, "keep_background": True, "courses": ()}
        self._tables = tables()
        self._total, self._progress, self._started = total, progress, time.monotonic()
        self._found: dict[_Key, First] = {}
        self._bytes = self._kept = self._events = 0
        self.lines = 0
        self._shown: set[str] = set()  # types that have a first line
        self._left_out: set[str] = set()
        self.damage: list[tuple[Input, str]] = []

    def read(self, item: Input) -> None:
        """Read an input to its end."""
        before = self.lines
        with item.open_stream() as stream:
            for offset, data, too_long in _pieces(stream, self._options["line_limit"]):
                self._piece(item, self.lines - before, offset, data, too_long)
                self._bytes += len(data)
                if self._progress:
                    elapsed = time.monotonic() - self._started
                    self._progress(Progress("read", self._bytes, max(self._total, self._bytes), self._events, elapsed))
            if stream.damage:
                self.damage.append((item, stream.damage))

    def firsts(self) -> list[First]:
        """One first line for each type and source, in the order of the log: of those that name somebody, if there are any."""
        best: dict[tuple[str, str, bool], First] = {}
        for (fate, name, _, _), first in self._found.items():
            key = (fate, name, first.source == "browser" and not fate)
            other = best.get(key)
            if other is None:
                best[key] = first
                continue
            better = min(first, other, key=lambda f: (f.nobody, f.input.number, f.offset))
            better.count = first.count + other.count
            best[key] = better
        return sorted(best.values(), key=lambda f: (f.input.number, f.offset))

    def types_left_out(self) -> int:
        """How many types have no first line, at most as many as are kept."""
        return len(self._left_out - self._shown)

    def _piece(self, item: Input, lines_before: int, offset: int, data: bytes, too_long: bool) -> None:
        scanner = self._scan(data, offset, too_long)
        at = _Place(item, lines_before, offset, data)
        for kind, first, count in _types(scanner):
            self._note(kind, at, first, count)
        for _, place, reason, _ in scanner.rejects():
            self._note(("rejected", reason, 0, False), at, place, 1)
        for reason, count in scanner.counts()["filtered"].items():
            key = ("filtered", reason, 0, False)
            place = -1 if key in self._found else self._first_filtered(data, offset, reason)
            self._note(key, at, place, count)
        self.lines += scanner.lines
        self._events += scanner.rows

    def _scan(self, data: bytes, offset: int, too_long: bool = False) -> Any:
        if not too_long:
            return scan_text(self._tables, data, self._options, offset)
        scanner = _core.Scanner(self._tables, **self._options)
        scanner.too_long(offset, data)
        return scanner

    def _first_filtered(self, data: bytes, offset: int, reason: str) -> int:
        """Where the first line of a piece stands that is filtered for a reason. Of such lines the kernel only keeps the count."""
        for line in data.removesuffix(b"\n").split(b"\n"):
            if self._scan(line + b"\n", offset).counts()["filtered"].get(reason):
                return offset
            offset += len(line) + 1
        return offset

    def _note(self, key: _Key, at: _Place, offset: int, count: int) -> None:
        known = self._found.get(key)
        if known is not None:
            known.count += count
            return
        line = at.line(offset)
        fate, name, _, nobody = key
        if len(self._found) >= _MOST_TYPES or self._kept + len(line) > _MOST_BYTES:
            if not fate and name not in self._shown and len(self._left_out) < _MOST_TYPES:
                self._left_out.add(name)
            return
        self._kept += len(line)
        source = str(member(read_line(line), "event_source") or "")
        self._found[key] = First("" if fate else name, source, at.input, at.number(offset), offset, line, count, nobody)
        if fate:
            self._found[key].trace = Trace(fate, name)
        else:
            self._shown.add(name)


@dataclass(frozen=True, slots=True)
class _Place:
    """A piece of an input."""

    input: Input
    lines_before: int
    offset: int
    data: bytes

    def line(self, offset: int) -> bytes:
        """The line at an offset, without its end."""
        end = self.data.find(b"\n", offset - self.offset)
        return self.data[offset - self.offset : end if end >= 0 else len(self.data)].removesuffix(b"\r")

    def number(self, offset: int) -> int:
        return self.lines_before + self.data.count(b"\n", 0, offset - self.offset) + 1


def _types(scanner: Any) -> Iterator[tuple[_Key, int, int]]:
    """Each kind of event in a piece: its key, the offset of its first line, how many there are. Further events of a line are left out."""
    events = scanner.events()
    lines = np.flatnonzero((events["flags"] & _EXTRA) == 0)
    keys = np.stack([events["type"][lines], events["submit"][lines], (events["flags"][lines] & _NOBODY) != 0])
    kinds, firsts, counts = np.unique(keys, axis=1, return_index=True, return_counts=True)
    offsets, text = scanner.dictionaries()["type"]
    for (code, submit, nobody), first, count in zip(kinds.T.tolist(), firsts.tolist(), counts.tolist(), strict=True):
        name = bytes(text[offsets[code] : offsets[code + 1]]).decode("utf-8", "replace")
        yield ("", name, submit, bool(nobody)), int(events["offset"][lines[first]]), count


def _pieces(stream: Any, limit: int) -> Iterator[tuple[int, bytes, bool]]:
    """Whole lines, about a megabyte at a time: their offset, their bytes, and whether they are the start of one that is too long."""
    rest, offset, skipping = bytearray(), 0, False
    while data := stream.read(_READ):
        newline = data.rfind(b"\n")
        if skipping:
            end = data.find(b"\n") + 1
            offset += end or len(data)
            if not end:
                continue
            data, skipping = data[end:], False
            newline = data.rfind(b"\n")
        if newline < 0:
            rest += data
            if len(rest) > limit:
                yield offset, bytes(rest[:_READ]), True
                offset += len(rest)
                rest, skipping = bytearray(), True
            continue
        piece = bytes(rest) + data[: newline + 1]
        yield offset, piece, False
        offset += len(piece)
        rest = bytearray(data[newline + 1 :])
    if rest:
        yield offset, bytes(rest), False
