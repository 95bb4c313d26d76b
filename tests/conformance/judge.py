"""Whether bytes are a JSON document: Python's own reader, and RFC 8259 where that reader is lax. Knows nothing of the kernel or the twin."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import NoReturn

_LOOSE = re.compile("[\ud800-\udfff]")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_DEEPEST = 200  # documents here are flatter; deep ones are tested by hand


@dataclass(frozen=True)
class Verdict:
    """What a text is."""

    json: bool
    is_object: bool = False
    half_pairs: bool = False  # has a `\\u` escape of half a surrogate pair

    @property
    def clean(self) -> bool:
        """JSON that nobody need repair."""
        return self.json and not self.half_pairs


def judge(data: bytes) -> Verdict:
    """The verdict. Members come as pairs, so that hidden ones are looked at too; numbers come as text, so that their size is no matter."""
    try:
        text = data.decode("utf-8", errors="strict")
        assert max_depth(text) < _DEEPEST, "this judge is for flat documents"
        value = _READER.decode(text)
    except ValueError:
        return Verdict(json=False)
    half_pairs = _LOOSE.search(json.dumps(value, ensure_ascii=False)) is not None
    return Verdict(json=True, is_object=text.lstrip(" \t\r\n").startswith("{"), half_pairs=half_pairs)


def max_depth(text: str) -> int:
    """The deepest nesting of brackets outside strings, roughly for what is no JSON."""
    depth = deepest = 0
    for mark in re.sub(r"[^][{}]", "", _STRING.sub("", text)):
        depth += 1 if mark in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


_READER = json.JSONDecoder(strict=True, parse_constant=_no_constant, parse_int=str, parse_float=str, object_pairs_hook=list)
