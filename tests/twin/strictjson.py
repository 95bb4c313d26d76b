"""RFC 8259, strictly: what may go on without a repair (rules.md, section 2).

Python's own parser takes NaN, lone surrogates, numbers of any size and has no limit of depth of its own, so this is a parser by hand.
"""

from __future__ import annotations

import math
import re
from typing import NoReturn

DEEPEST = 1000
SMALLEST_INTEGER, LARGEST_INTEGER = -(2**63), 2**64 - 1

_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_UNICODE = re.compile(r"\\u([0-9a-fA-F]{4})")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS = {"true": True, "false": False, "null": None}


class JsonError(ValueError):
    """Not a strict JSON document."""


class TooDeep(JsonError):
    """Nested deeper than DEEPEST levels; an empty array or object is none."""


def is_number_literal(text: str) -> bool:
    """Whether a text is a number of the JSON grammar."""
    return _NUMBER.fullmatch(text) is not None


def number_of(literal: str) -> int | float:
    """The value of a JSON number that fits 64 bits (integers) or is finite (doubles)."""
    match = _NUMBER.fullmatch(literal)
    if not match:
        raise JsonError("not a number")
    if match.group(1) is None and match.group(2) is None:
        # an integer of more than 20 digits fits nothing; asking its length first spares Python's own limit on digits
        if len(literal) > 21 or not SMALLEST_INTEGER <= int(literal) <= LARGEST_INTEGER:
            raise JsonError("integer beyond 64 bits")
        return int(literal)
    value = float(literal)
    if not math.isfinite(value):
        raise JsonError("beyond a double")
    return value


def parse_bytes(data: bytes) -> object:
    """Parse UTF-8."""
    try:
        return parse(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise JsonError("not UTF-8") from error


def parse(text: str) -> object:
    """The value of a JSON document. Of repeated keys the last one counts, at the place of the first."""
    return _Parser(text).document()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def fail(self) -> NoReturn:
        raise JsonError(f"at {self.at}")

    def space(self) -> None:
        match = _SPACE.match(self.text, self.at)
        assert match
        self.at = match.end()

    def takes(self, mark: str) -> bool:
        """Step over blanks, then over `mark` if it stands there."""
        self.space()
        found = self.text.startswith(mark, self.at)
        self.at += len(mark) if found else 0
        return found

    def document(self) -> object:
        value = self.value()
        self.space()
        if self.at != len(self.text):
            self.fail()
        return value

    def value(self) -> object:
        """One value. Containers are kept on a stack of our own: 1,000 levels are more than Python likes to recurse."""
        stack: list[tuple[dict[str, object] | list[object], str | None]] = []  # the open containers, and the key each waits for in its parent
        key: str | None = None
        while True:
            self.space()
            opened: dict[str, object] | list[object] | None = None
            if self.takes("{"):
                opened = {}
            elif self.takes("["):
                opened = []
            if opened is not None and not self.takes("}" if isinstance(opened, dict) else "]"):
                if len(stack) == DEEPEST:
                    self.too_deep()
                stack.append((opened, key))
                key = self.key() if isinstance(opened, dict) else None
                continue
            done = self.scalar() if opened is None else opened
            # a value is complete: hand it to its container, and close what closes behind it
            while stack:
                container, outer = stack[-1]
                if isinstance(container, dict):
                    assert key is not None
                    container[key] = done
                else:
                    container.append(done)
                if self.takes(","):
                    key = self.key() if isinstance(container, dict) else None
                    break
                if not self.takes("}" if isinstance(container, dict) else "]"):
                    self.fail()
                stack.pop()
                done, key = container, outer
            else:
                return done

    def too_deep(self) -> None:
        """A text that does not even end like the value it begins is broken rather than deep."""
        text = self.text.strip(" \t\n\r")
        open_string = re.sub(r"\\.", "", text, flags=re.DOTALL).count('"') % 2
        if open_string or text[-1] != {"{": "}", "[": "]"}.get(text[0]):
            self.fail()
        raise TooDeep(f"at {self.at}")

    def key(self) -> str:
        self.space()
        name = self.string()
        if not self.takes(":"):
            self.fail()
        return name

    def scalar(self) -> object:
        for word, value in _WORDS.items():
            if self.takes(word):
                return value
        if self.text.startswith('"', self.at):
            return self.string()
        match = _NUMBER.match(self.text, self.at)
        if not match:
            self.fail()
        self.at = match.end()
        return number_of(match.group())

    def string(self) -> str:
        if not self.text.startswith('"', self.at):
            self.fail()
        self.at += 1
        out: list[str] = []
        while True:
            match = _PLAIN.match(self.text, self.at)
            assert match
            out.append(match.group())
            self.at = match.end()
            mark = self.text[self.at : self.at + 1]
            if mark == '"':
                self.at += 1
                return "".join(out)
            if mark != "\\":
                self.fail()  # the end, or a control character
            out.append(self.escape())

    def escape(self) -> str:
        simple = _ESCAPES.get(self.text[self.at + 1 : self.at + 2])
        if simple is not None:
            self.at += 2
            return simple
        code = self.code_unit()
        if 0xD800 <= code < 0xDC00:
            low = self.code_unit()
            if not 0xDC00 <= low < 0xE000:
                self.fail()
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
        elif 0xDC00 <= code < 0xE000:
            self.fail()
        return chr(code)

    def code_unit(self) -> int:
        match = _UNICODE.match(self.text, self.at)
        if not match:
            self.fail()
        self.at = match.end()
        return int(match.group(1), 16)


class Members:
    """The members of an object: `values`, and `sources` as they stand in its text."""

    def __init__(self, text: str) -> None:
        self.values: dict[str, object] = {}
        self.sources: dict[str, str] = {}
        parser = _Parser(text)
        more = parser.takes("{") and not parser.takes("}")
        while more:
            name = parser.key()
            parser.space()
            start = parser.at
            self.values[name] = parser.value()
            self.sources[name] = text[start : parser.at]
            more = parser.takes(",")
