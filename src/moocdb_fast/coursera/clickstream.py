"""The clickstream of the same platform: lines of JSON about pages and videos, joined to the course's users."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pyarrow as pa

from ..errors import InputError, cannot_read, show
from ..inputs import discover
from .columns import Reader, joined
from .kinds import PAGE_VIEW, VIDEO_CLICKS, VIDEO_KEY
from .people import UNKNOWN, UNSAMPLED, People
from .reasons import Drop, Note, Skip
from .resources import Resources
from .writing import Agents, Events, Writer

Array = np.ndarray[Any, Any]
TABLE = "clickstream"
_LINES = 1 << 16
_LONGEST = 1 << 20  # bytes of a line
_LAST = 253_402_300_799_999  # milliseconds: the end of the year 9999
_NUMBERS = {
    "lecture_id": "lecture",
    "quiz_id": "quiz",
    "assignment_id": "assignment",
    "assessment_id": "peer",
    "thread_id": "thread",
    "forum_id": "forum",
    "announcement_id": "announcement",
}
_PLAIN = {"lecture": "lecture", "quiz": "quiz", "assignment": "assignment"}


@dataclass
class Pages:
    """From addresses to resources and URLs; each is looked at once."""

    resources: Resources
    _known: dict[str, tuple[int, int, str | None]] = field(default_factory=dict)

    def of(self, address: str) -> tuple[int, int, str | None]:
        """resource_id and url_id (0: none), and the cleaned address."""
        found = self._known.get(address)
        if found is None:
            found = self._known[address] = self._look(address)
        return found

    def _look(self, address: str) -> tuple[int, int, str | None]:
        try:
            parts = urlsplit(address)
            query = parse_qs(parts.query)
        except ValueError:
            return 0, 0, None
        if not parts.netloc:
            return 0, 0, None
        resource = self._resource(parts.path, query)
        plain = f"{parts.scheme}://{parts.hostname or ''}{parts.path}"[:2083]  # a query may say anything about anybody
        clean = self.resources.addresses[resource - 1] if resource else plain
        return resource, self.resources.url(clean), clean

    def _resource(self, path: str, query: dict[str, list[str]]) -> int:
        pieces = path.strip("/").split("/")
        if not pieces or pieces[0].lower() != self.resources.course.lower():
            return 0
        for name, kind in _NUMBERS.items():
            text = query.get(name, [""])[0]
            if text.isascii() and text.isdecimal() and (found := self.resources.ids.get(kind, {}).get(int(text))):
                return found
        if pieces[1:2] == ["wiki"] and (found := self.resources.wiki.get(query.get("page", [""])[0])):
            return found
        if len(pieces) == 3 and pieces[1] in _PLAIN and pieces[2].isascii() and pieces[2].isdecimal():
            return self.resources.ids.get(_PLAIN[pieces[1]], {}).get(int(pieces[2]), 0)
        return self.resources.indexes.get("/".join(pieces[1:]), 0)


@dataclass
class _Clicks:
    """A batch of good lines."""

    line: list[int] = field(default_factory=list)
    user: list[str] = field(default_factory=list)
    time: list[int] = field(default_factory=list)  # microseconds
    name: list[str] = field(default_factory=list)
    place: list[tuple[int, int, str | None]] = field(default_factory=list)
    agent: list[str | None] = field(default_factory=list)
    video: list[dict[str, Any] | None] = field(default_factory=list)


def write_clicks(path: Path, reader: Reader, people: People, resources: Resources, writer: Writer, events: Events, agents: Agents) -> None:
    """observed_events and click_events of a clickstream."""
    pages = Pages(resources)
    for first, lines in _batches(path, reader):
        reader.ledger.read(TABLE, len(lines))
        clicks = _read(reader, pages, first, lines)
        names = pa.array(clicks.user, pa.string())
        users = people.of("eventing", names)
        users = np.where(users == UNKNOWN, people.of("session", names), users)  # the older layout has one name only
        numbers = np.array(clicks.line, np.int64)
        reader.ledger.drop(TABLE, Drop.NO_USER, numbers[users == UNKNOWN])
        reader.ledger.skip(TABLE, Skip.SAMPLE, int(np.sum(users == UNSAMPLED)))
        rows = np.flatnonzero(users > 0)
        chosen = rows.tolist()
        place = np.array([clicks.place[i][0] for i in chosen], np.int64)
        reader.ledger.note(TABLE, Note.NO_RESOURCE, int(np.sum(place == 0)))
        micros = np.array(clicks.time, np.int64)[rows]
        kinds = pa.array([clicks.name[i] for i in chosen], pa.string())
        urls = np.array([clicks.place[i][1] for i in chosen], np.int64)
        told = agents.of(pa.array([clicks.agent[i] for i in chosen], pa.string()))
        keys = joined("click", numbers[rows])
        ids = events.add(TABLE, kinds.dictionary_encode(), users[rows], micros // 1_000_000, place, keys, micros=micros, urls=urls, agents=told)
        _write_video(writer, resources, clicks, rows, ids, users, micros, kinds)


def _write_video(
    writer: Writer, resources: Resources, clicks: _Clicks, rows: Array, ids: Array, users: Array, micros: Array, kinds: pa.Array
) -> None:
    """What the player reported."""
    at = [i for i, row in enumerate(rows.tolist()) if clicks.video[row] is not None]
    if not at:
        return
    chosen, names = rows[at].tolist(), kinds.take(pa.array(at))
    told = [clicks.video[row] or {} for row in chosen]
    places = [clicks.place[row] for row in chosen]

    def numbers(name: str, *kinds_with: str) -> pa.Array:
        found = [
            _real(video.get(name)) if not kinds_with or kind in kinds_with else None for video, kind in zip(told, names.to_pylist(), strict=True)
        ]
        return pa.array(found, pa.float64())

    seek = (VIDEO_CLICKS["seeked"], f"{VIDEO_CLICKS['seeked']}_back", f"{VIDEO_CLICKS['seeked']}_forward")
    columns = {
        "observed_event_id": pa.array(ids[at]),
        "course_key": pa.array([resources.course] * len(at), pa.string()),
        "user_id": pa.array(users[rows][at]),
        "video_key": pa.array([(resources.keys[resource - 1] or "") if resource else url or "unknown" for resource, _, url in places], pa.string()),
        "observed_event_timestamp": pa.array(micros[at]).cast(pa.timestamp("us")),
        "observed_event_type": names,
        "url": pa.array([url for _, _, url in places], pa.string()),
        "video_current_time": numbers("currentTime"),
        "video_old_time": numbers("prevTime", *seek),
        "video_new_time": numbers("currentTime", *seek),
        "video_new_speed": numbers("playbackRate", VIDEO_CLICKS["ratechange"]),
    }
    writer.put("click_events", columns, len(at))


def _batches(path: Path, reader: Reader) -> Iterator[tuple[int, list[bytes]]]:
    """The number of the first line, and lines, of a plain or compressed file."""
    found = discover((path,))
    if len(found) != 1 or found[0].pipe:
        raise InputError(f"{show(path)} is not one file", "name the clickstream export of the course with --clickstream FILE")
    try:
        with found[0].open_stream() as stream:
            file = io.BufferedReader(stream, 1 << 20)
            at = 1
            while lines := list(islice(_lines(file), _LINES)):
                yield at, lines
                at += len(lines)
            if stream.damage:
                reader.ledger.damaged(TABLE, stream.damage)
    except OSError as error:
        raise cannot_read(path, error) from error


def _lines(file: io.BufferedReader[Any]) -> Iterator[bytes]:
    """Lines; what is longer than any line of the platform comes as an empty one."""
    while line := file.readline(_LONGEST):
        if line.endswith(b"\n") or len(line) < _LONGEST:
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(_LONGEST)
        yield b"{"


def _read(reader: Reader, pages: Pages, first: int, lines: list[bytes]) -> _Clicks:
    """The good lines; the others are counted."""
    clicks, bad, blank = _Clicks(), [], 0
    for number, line in enumerate(lines, first):
        if not line.strip():
            blank += 1
            continue
        try:
            told = json.loads(line)
        except (ValueError, RecursionError):
            bad.append(number)
            continue
        if not isinstance(told, dict) or not _keep(clicks, pages, number, told):
            bad.append(number)
    reader.ledger.skip(TABLE, Skip.NOTHING, blank)
    reader.ledger.drop(TABLE, Drop.BAD_LINE, bad)
    return clicks


def _keep(clicks: _Clicks, pages: Pages, number: int, told: dict[str, Any]) -> bool:
    """Add a line, if it has a user, a time and a key."""
    user, key, time = told.get("username"), told.get("key"), _real(told.get("timestamp"))
    if not isinstance(user, str) or not user or not isinstance(key, str) or not key or time is None or not 0 < time <= _LAST:
        return False
    address, agent = told.get("page_url"), told.get("user_agent")
    video = _video(told.get("value")) if key == VIDEO_KEY else None
    clicks.line.append(number)
    clicks.user.append(user)
    clicks.time.append(round(time * 1000))
    clicks.name.append(_name(key, video))
    clicks.place.append(pages.of(address) if isinstance(address, str) else (0, 0, None))
    clicks.agent.append(agent if isinstance(agent, str) else None)
    clicks.video.append(video)
    return True


def _name(key: str, video: dict[str, Any] | None) -> str:
    """The type of the event."""
    if video is None:
        return PAGE_VIEW if key.startswith("pageview") else key[:255]
    kind = video.get("type")
    kind = kind if isinstance(kind, str) and kind else "action"
    name = VIDEO_CLICKS.get(kind, f"video_{kind}"[:255])
    if kind == "seeked":
        old, new = _real(video.get("prevTime")), _real(video.get("currentTime"))
        if old is not None and new is not None:
            return f"{name}_back" if new < old else f"{name}_forward"
    return name


def _video(value: Any) -> dict[str, Any]:
    """What the player says: JSON in a text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = None
    return value if isinstance(value, dict) else {}


def _real(value: Any) -> float | None:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        value = float(value)
    except OverflowError:
        return None
    return value if math.isfinite(value) else None
