"""The lines that the scan kept, read again: the byte offset of each is known, its text is not."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from .. import _core
from ..errors import InputError
from ..inputs import Input

_BUFFER = 1 << 18
_BOM = b"\xef\xbb\xbf"
Document = dict[str, Any]


def parse(text: bytes) -> Any:
    """The value of JSON that the kernel has checked. What nests deeper than this interpreter can follow is None."""
    try:
        return json.loads(text)
    except RecursionError:
        return None


def decoded(text: str) -> Any:
    """A payload that is text: the value of the JSON in it, else the text without blanks around it."""
    is_json, found = _core.decode_payload(text.encode())
    return parse(found) if is_json else found.decode()


def text_of(value: Any) -> str:
    """A value as the tables hold it: text as it is, else JSON without blanks; nothing for null."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Lines:
    """The lines of an input from `start` on, in order."""

    def __init__(self, item: Input, start: int, limit: int) -> None:
        self._item, self._limit = item, limit
        # one byte more in front tells whether a line begins at the start
        self._at = max(0, start - 1)
        self._reader = io.BufferedReader(item.open_stream(self._at, None), _BUFFER)
        self._whole = True  # whether what was read last ended with a line
        if start:
            while self._read() and not self._whole:
                pass

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()

    def _read(self) -> bytes:
        """The next line, or a piece of one that is longer than any that the scan kept."""
        line = self._reader.readline(self._limit + 16)
        self._whole = line.endswith(b"\n") or not line
        self._at += len(line)
        return line

    def documents(self, rows: Iterable[tuple[int, bool]]) -> Iterator[Document]:
        """The events of rows, by offset and whether it is a further event of a line. Events that cannot be read again are empty.

        Lines come in the order of their offsets; those of further events are counted in the repaired line and may lie behind its end.
        """
        begin, found = -1, dict[int, bytes]()
        for offset, extra in rows:
            while (offset not in found or offset == begin) if extra else begin != offset:
                at, line = self._at, self._read()
                if not line or at > offset:
                    raise InputError(f"{self._item.given} changed while it was read", "run again when nothing writes to it")
                begin = len(_BOM) if at == 0 and line.startswith(_BOM) else at
                found = dict(_documents(at, line)) if extra or begin == offset else {}
            document = parse(found.get(offset, b"null"))
            yield document if isinstance(document, dict) else {}

    def matching(self, word: bytes, end: int | None) -> Iterator[tuple[int, bytes]]:
        """Offset and text of the lines that begin before `end` (None: all) and hold a word."""
        while end is None or self._at < end:
            at, begins, line = self._at, self._whole, self._read()
            if not line:
                return
            if begins and word in line:
                yield at, line


def documents_of(at: int, line: bytes) -> Iterator[tuple[int, Any]]:
    """The values of a line, with their offsets."""
    for place, text in _documents(at, line):
        yield place, parse(text)


def _documents(at: int, line: bytes) -> Iterator[tuple[int, bytes]]:
    """The JSON documents of a line, by their offset (rules, section 2)."""
    line = line.removesuffix(b"\n").removesuffix(b"\r")
    if at == 0 and line.startswith(_BOM):
        at, line = 3, line[3:]
    for inside, text in _core.documents(line):
        yield at + inside, text
