"""A line that is no strict JSON document, repaired without guessing (rules.md, section 2)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .strictjson import JsonError, TooDeep, is_number_literal, number_of, parse
from .text import strip

REASONS = ("utf8", "prefix", "backslash", "surrogate", "cut_tail", "second_object")  # the first that applies names the salvage

_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})')
_HIGH = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}")
_LOW = re.compile(r"\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_TOKEN = re.compile(r'[^\s"{}\[\],:]+')
_TAIL = re.compile("[,;\\]\x00-\x20]*")
_SPACE = " \t\r\n"  # what JSON allows around a document; other blanks are dropped, and that is a repair


@dataclass
class Document:
    """A document found in a broken line, repaired but not yet parsed."""

    text: str
    offset: int  # of its `{`, in bytes of the line as UTF-8
    cut: bool = False  # the line ended before it closed; `text` is cut back and closed


@dataclass
class Repaired:
    """What a broken line holds: documents, or the reason to reject it (`bad`)."""

    documents: list[Document] = field(default_factory=list)
    reasons: set[str] = field(default_factory=set)
    bad: str | None = None

    @property
    def reason(self) -> str | None:
        """The salvage reason; None if only numbers were quoted."""
        return next((r for r in REASONS if r in self.reasons), None)


def repair(data: bytes) -> Repaired:
    """Find the documents of a broken line."""
    result = Repaired()
    value = _value(data)
    if value is not None:
        return Repaired([Document(value, 0)])
    text = data.decode("utf-8", errors="replace")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        result.reasons.add("utf8")
    start = text.find("{")
    if start == -1:
        result.bad = "bad_json"
        return result
    if text[:start].strip(_SPACE):
        result.reasons.add("prefix")
    position = start
    while True:
        offset = len(text[:position].encode())
        walk = _Walk(text, position, result.reasons)
        walk.run()
        if not walk.closed:
            result.reasons.add("cut_tail")
            # without a comma nothing is left, and no text is no document
            kept = "" if walk.last_comma is None else walk.output[: walk.last_comma] + "}"
            result.documents.append(Document(kept, offset, cut=True))
            return result
        rest = text[walk.at :]
        stripped = strip(rest)
        following = stripped.startswith("{")
        if not following and rest.strip(_SPACE):
            if not _TAIL.fullmatch(stripped):
                return Repaired(bad="bad_json")
            result.reasons.add("prefix")
        result.documents.append(Document(walk.output, offset))
        if not following:
            return result
        result.reasons.add("second_object")
        position = walk.at + rest.index("{")


def _value(data: bytes) -> str | None:
    """A document that is no object and JSON but for numbers that fit nothing and halves of surrogate pairs, with these mended."""
    try:
        text = data.decode().strip(_SPACE)
    except UnicodeDecodeError:
        return None
    walk = _Walk(f"[{text}]", 0, set())
    walk.run()
    if not text or text.startswith("{") or not walk.closed or walk.at != len(text) + 2 or walk.reasons - {"surrogate"}:
        return None
    value = walk.output[1:-1]
    try:
        parse(value)
    except TooDeep:
        return value
    except JsonError:
        return None
    return value


def mend(text: str) -> str | None:
    """A single object or array with the faults of section 2, step 3, mended; None if it does not end where the text does."""
    if not text.startswith(("{", "[")):
        return None
    walk = _Walk(text, 0, set())
    walk.run()
    return walk.output if walk.closed and walk.at == len(text) else None


class _Walk:
    """The walk over one document: `output` is its repaired text, `at` the place behind it."""

    def __init__(self, text: str, start: int, reasons: set[str]) -> None:
        self.text = text
        self.at = start
        self.reasons = reasons
        self.output = ""
        self.closed = False
        self.last_comma: int | None = None  # in the output: the last comma at depth 1

    def run(self) -> None:
        depth = 0
        pieces: list[str] = []
        length = 0
        while self.at < len(self.text) and not self.closed:
            mark = self.text[self.at]
            if mark == '"':
                piece = self.string()
            elif token := _TOKEN.match(self.text, self.at):
                self.at = token.end()
                is_key = self.text[self.at :].lstrip(_SPACE).startswith(":")  # and no key is a number
                piece = token.group() if is_key else _quoted_if_too_big(token.group())
            else:
                piece = mark
                self.at += 1
                depth += 1 if mark in "{[" else -1 if mark in "}]" else 0
                self.closed = depth == 0
                if mark == "," and depth == 1:
                    self.last_comma = length
            pieces.append(piece)
            length += len(piece)
        self.output = "".join(pieces)

    def string(self) -> str:
        """A string with its quotes, as far as it goes."""
        out = ['"']
        self.at += 1
        while self.at < len(self.text):
            mark = self.text[self.at]
            if mark == "\\":
                out.append(self.escape())
                continue
            out.append(mark)
            self.at += 1
            if mark == '"':
                break
        return "".join(out)

    def escape(self) -> str:
        """A backslash and what belongs to it."""
        match = _ESCAPE.match(self.text, self.at)
        if not match:
            self.reasons.add("backslash")
            self.at += 1
            return "\\\\"
        self.at = match.end()
        escape = match.group()
        if _HIGH.fullmatch(escape) and (low := _LOW.match(self.text, self.at)):
            self.at = low.end()
            return escape + low.group()
        if _HIGH.fullmatch(escape) or _LOW.fullmatch(escape):
            self.reasons.add("surrogate")
            return "\\ufffd"
        return escape


def _quoted_if_too_big(token: str) -> str:
    """A number of the JSON grammar that fits no 64 bits and no finite double is kept as text."""
    if not is_number_literal(token):
        return token
    try:
        number_of(token)
    except JsonError:
        return f'"{token}"'
    return token
