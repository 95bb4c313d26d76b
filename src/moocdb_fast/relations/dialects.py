"""The two ways in which the nine tables lie in files: as this package writes them, and as the published stage wrote them.

Ours is plain CSV with single quotes. The published stage put a backslash before the quotes of some columns and not of others, and cut a row
at a line end inside a value: a quote therefore ends a value only before a comma or the end of the line, and a row is a line.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError, cannot_read, show
from ..streams import CODECS, codec_of, open_stream
from .tables import FILES, Table

_OURS = re.compile(r"'\d+:\d+:\d+',")
_CELL = re.compile(r"'((?:[^'\\]|\\.|'(?!,|\Z))*+)'(?:,|\Z)|((?!')[^,]*+)(?:,|\Z)", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_BUFFER = 1 << 20
_HEAD = 4096


@dataclass(frozen=True)
class Unreadable:
    """A row that has not the columns of its table."""

    text: str


Record = list[str] | Unreadable


@dataclass(frozen=True)
class TableFile:
    """A table in a folder."""

    table: Table
    path: Path
    ours: bool
    limit: int

    def records(self) -> Iterator[Record]:
        """Its rows, without a header line."""
        width, first = len(self.table.columns), True
        for cells in self._ours() if self.ours else self._published():
            if first and isinstance(cells, list) and tuple(cells) == self.table.names:
                first = False
                continue
            first = False
            yield cells if isinstance(cells, Unreadable) or len(cells) == width else Unreadable(",".join(cells))

    @contextmanager
    def _text(self) -> Iterator[io.TextIOWrapper]:
        try:
            with self.path.open("rb") as file:
                stream = open_stream(self.path, self.path.stat().st_size, codec_of(file.read(_HEAD)))
        except OSError as error:
            raise cannot_read(self.path, error) from error
        with io.TextIOWrapper(io.BufferedReader(stream, _BUFFER), "utf-8", "replace", newline="\n") as text:
            yield text
            if stream.damage:
                raise InputError(f"{show(self.path)} is damaged: {stream.damage}", "get a whole copy of the file, or unpack what can be unpacked")

    def _ours(self) -> Iterator[Record]:
        before = csv.field_size_limit(self.limit)
        try:
            with self._text() as text:
                escape = "\\" if self.table.escapes else None
                yield from csv.reader(text, quotechar="'", escapechar=escape, doublequote=not self.table.escapes)
        except csv.Error as error:
            raise InputError(
                f"{show(self.path)} holds a cell of more than {self.limit:,} characters", "look for a quote that is not closed"
            ) from error
        finally:
            csv.field_size_limit(before)

    def _published(self) -> Iterator[Record]:
        with self._text() as text:
            while line := text.readline(self.limit):
                if line := line.removesuffix("\n").removesuffix("\r"):
                    yield split(line)


def split(line: str) -> Record:
    """The cells of a row of the published stage."""
    cells, at = [], 0
    while found := _CELL.match(line, at):
        quoted, bare = found.groups()
        cells.append(_ESCAPED.sub(r"\1", quoted) if quoted is not None else "" if bare == "null" else bare)
        at = found.end()
        if at == len(line):
            return [*cells, ""] if line.endswith(",") else cells
    return Unreadable(line)


def find_table(folder: Path, name: str) -> Path | None:
    """The file of a table: plain, or compressed."""
    places = (folder / f"{FILES[name]}{suffix}" for suffix in ("", *(f".{suffix}" for suffix in CODECS)))
    return next((place for place in places if place.is_file()), None)


def is_ours(event_file: TableFile) -> bool:
    """Whether the folder that holds this EdxTrackEvent was written by this package."""
    with event_file._text() as text:
        line = text.readline(event_file.limit)
        if line == event_file.table.header:
            line = text.readline(event_file.limit)
    return bool(_OURS.match(line))
