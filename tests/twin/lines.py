"""From bytes to lines (rules.md, section 1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

BOM = b"\xef\xbb\xbf"
LONGEST_LINE = 64 * 1024 * 1024


@dataclass(frozen=True)
class Line:
    """One line of a file."""

    file: int  # number of the file, from 1
    number: int  # number of the line, from 1
    offset: int  # of its first byte in the file
    data: bytes  # without line end


def lines_of(file: int, content: bytes) -> Iterator[Line]:
    """Split a file at newlines; a last line without one counts, an empty rest behind the last one is no line."""
    number, start = 0, 0
    while start < len(content):
        number += 1
        newline = content.find(b"\n", start)
        end = len(content) if newline == -1 else newline
        offset = len(BOM) if start == 0 and content.startswith(BOM) else start
        yield Line(file, number, offset, content[offset:end].removesuffix(b"\r"))
        start = end + 1


def is_blank_line(data: bytes) -> bool:
    """Empty, or only bytes up to 0x20."""
    return all(byte <= 0x20 for byte in data)
