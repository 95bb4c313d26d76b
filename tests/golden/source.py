"""The lines of a log, read without the translator: what the rules look at when they explain a difference."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from .legacy import dict_order

_STRAY = re.compile(r'\\(?![/"])')
_OFFSET = re.compile(r"[+-]\d\d:\d\d$")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}$")
_ANY_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?(Z|[+-]\d\d:\d\d)?$")
_MARK = re.compile(r"""aria-describedby=[\\"']*(input[^\\"'>]*?)[\\"'>][>nStaus\\: "]*([iIn]{0,2}correct)""")


def open_log(path: Path) -> bytes:
    """The bytes of a plain or gzipped file."""
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


@dataclass
class Line:
    """One line of the log; `number` counts from 1, `offset` is in the decompressed bytes."""

    number: int
    offset: int
    raw: bytes

    @cached_property
    def strict(self) -> Any:
        """The line as JSON, None if it is none."""
        return _loads(self.raw.decode("utf-8", "replace"))

    @cached_property
    def obj(self) -> dict[str, Any] | None:
        """The object the published pipeline saw: the line as JSON, with stray backslashes doubled if need be."""
        seen = self.strict
        if seen is None:
            seen = _loads(_STRAY.sub(r"\\\\", self.raw.decode("utf-8", "replace")))
        return seen if isinstance(seen, dict) else None

    def _field(self, name: str) -> Any:
        if self.obj is not None:
            return self.obj.get(name)
        m = re.search(rb'"%s": "([^"\\]*)"' % name.encode(), self.raw)  # a broken line: what can be read of it
        return m[1].decode("utf-8", "replace") if m else None

    @property
    def user(self) -> Any:
        return self._field("username")

    @property
    def type(self) -> str:
        value = self._field("event_type")
        return value if isinstance(value, str) else ""

    @property
    def is_path(self) -> bool:
        return self.type.startswith("/")

    @property
    def browser(self) -> bool:
        return self._field("event_source") == "browser"

    @property
    def page(self) -> str:
        value = self._field("page")
        return value if isinstance(value, str) else ""

    @property
    def host(self) -> str:
        value = self._field("host")
        return value if isinstance(value, str) else ""

    @property
    def ip(self) -> Any:
        return self._field("ip")

    @cached_property
    def clock(self) -> datetime | None:
        """The time as the published pipeline read it: offset cut, fraction needed; None if it lost the line for it."""
        value = self._field("time") if self.obj is not None else None
        if isinstance(value, dict) and isinstance(value.get("$date"), int):
            return datetime(1970, 1, 1) + timedelta(milliseconds=value["$date"])
        if not isinstance(value, str):
            return None
        value = _OFFSET.sub("", value)
        return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%f") if _TIME.match(value) else None

    @cached_property
    def utc(self) -> datetime | None:
        """The time it really was, in UTC."""
        value = self._field("time")
        if isinstance(value, dict):
            return self.clock
        m = _ANY_TIME.match(value) if isinstance(value, str) else None
        if not m:
            return None
        when = datetime.fromisoformat(f"{m[1]}T{m[2]}.{(m[3] or '0').ljust(6, '0')}")
        if m[4] and m[4] != "Z":
            hours, minutes = int(m[4][1:3]), int(m[4][4:])
            shift = timedelta(hours=hours, minutes=minutes) * (-1 if m[4][0] == "-" else 1)
            when = when.replace(tzinfo=timezone(shift)).astimezone(UTC).replace(tzinfo=None)
        return when

    @cached_property
    def event(self) -> Any:
        """The payload, decoded the way the published pipeline did; `LOST` if it could not."""
        if self.obj is None:
            m = re.search(rb'"event": ("(?:[^"\\]|\\.)*")', self.raw)
            return (_loads(_loads(m[1].decode("utf-8", "replace")) or "") or LOST) if m else LOST
        if "event" not in self.obj:
            return LOST
        value = self.obj["event"]
        if not isinstance(value, str):
            return value
        for attempt in (value, _STRAY.sub(r"\\\\", value), value.replace("\\", "")):
            found = _loads(attempt)
            if found is not None or attempt.strip() == "null":
                return found
        return LOST

    @property
    def payload(self) -> dict[str, Any]:
        """The payload if it is an object, else an empty one."""
        return self.event if isinstance(self.event, dict) else {}

    @cached_property
    def query(self) -> list[tuple[str, str]]:
        """The payload as a query string, decoded: what a browser's own check, save or reset says."""
        text = self.event if isinstance(self.event, str) else self._field("event")
        if isinstance(self.event, list) and self.event and isinstance(self.event[0], str):
            text = self.event[0]
        if not isinstance(text, str):
            return []
        pairs = (piece.partition("=") for piece in text.strip('"').split("&") if "=" in piece)
        return [(unquote_plus(k), unquote_plus(v)) for k, _, v in pairs]

    @property
    def post(self) -> dict[str, Any]:
        """The fields of a request on a module."""
        post = self.payload.get("POST")
        return post if isinstance(post, dict) else {}

    @cached_property
    def marks(self) -> dict[str, str]:
        """The marks on a graded page as the published pipeline found them: input to mark."""
        if not isinstance(self.event, list) or len(self.event) < 2:
            return {}
        text = str(self.event[1]).replace("\n", "\\n")
        return {m[1]: m[2] for m in _MARK.finditer(text)}

    def choices(self, key: str) -> list[str]:
        """All decoded values that the query string has for a key as it was written (still encoded)."""
        return [v for k, v in self.query if k == unquote_plus(key)]

    @cached_property
    def plain_query(self) -> dict[str, str] | None:
        """The query string as the published pipeline split it: nothing decoded, the last of equal keys; None if that failed."""
        if not isinstance(self.event, str) or not self.event:
            return None
        pairs = [piece.split("=") for piece in self.event.split("&")]
        if any(len(p) != 2 for p in pairs):
            return None
        found = {k: v for k, v in pairs}
        return {k: found[k] for k in dict_order(found)}


class _Lost:
    def __repr__(self) -> str:
        return "LOST"


LOST = _Lost()


def _loads(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def read_lines(path: Path) -> list[Line]:
    """All lines of a log, blank ones too."""
    return list(_split(open_log(path)))


def _split(data: bytes) -> Iterator[Line]:
    pieces = data.split(b"\n")
    at = 0
    for number, raw in enumerate(pieces if pieces[-1] else pieces[:-1], start=1):
        yield Line(number, at, raw)
        at += len(raw) + 1
