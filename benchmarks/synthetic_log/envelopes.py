"""What stands around an event on a line: the envelope of 2012-2013, and that of today."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from .courses import SITE, Course, Module
from .people import Person

Json = dict[str, Any]

_EPOCH = datetime(1970, 1, 1)
_EPOCH_UTC = datetime(1970, 1, 1, tzinfo=UTC)
_PATH_PAYLOAD_LIMIT = 512  # the platform cuts the text of a request's payload there

dumps = json.JSONEncoder().encode
compact = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode  # as browsers write it


def request_payload(post: Json, get: Json) -> str:
    """The payload of a path event: text, and cut, so that it may be no JSON any more."""
    return dumps({"POST": post, "GET": get})[:_PATH_PAYLOAD_LIMIT]


class Envelope(Protocol):
    """Writes lines of one session; `clock` is microseconds since 1970."""

    def browser(self, clock: int, kind: str, name: str, payload: str, page: str, referer: str) -> str:
        """An event that the page's script posted."""

    def server(self, clock: int, kind: str, payload: Json, path: str, page: str | None, referer: str, module: Module | None) -> str:
        """An event that the server's code emitted."""

    def request(self, clock: int, path: str, post: Json, get: Json, referer: str) -> str:
        """An event that stands for a request: its type is the path."""

    def mobile(self, clock: int, kind: str, name: str, payload: str, page: str) -> str:
        """An event from the mobile application."""


class Legacy:
    """2012-2013: no context, no name, times without a zone."""

    def __init__(self, person: Person | None, agent: str, ip: str, course: Course | None, session: str, host: str = SITE) -> None:
        self._name, self._agent, self._ip, self._session, self._host = person.name if person else "", agent, ip, session, host

    def browser(self, clock: int, kind: str, name: str, payload: str, page: str, referer: str) -> str:
        return dumps(
            {
                "username": self._name,
                "host": self._host,
                "session": self._session,
                "event_source": "browser",
                "event_type": kind,
                "time": _naive(clock),
                "ip": self._ip,
                "event": payload,
                "agent": self._agent,
                "page": page,
            }
        )

    def server(self, clock: int, kind: str, payload: Json, path: str, page: str | None, referer: str, module: Module | None) -> str:
        return self._server(clock, kind, payload, page)

    def request(self, clock: int, path: str, post: Json, get: Json, referer: str) -> str:
        return self._server(clock, path, request_payload(post, get), None)

    def mobile(self, clock: int, kind: str, name: str, payload: str, page: str) -> str:
        raise NotImplementedError("there was no mobile application in 2013")

    def _server(self, clock: int, kind: str, payload: Json | str, page: str | None) -> str:
        return dumps(
            {
                "username": self._name,
                "host": self._host,
                "event_source": "server",
                "event_type": kind,
                "time": _naive(clock),
                "ip": self._ip,
                "event": payload,
                "agent": self._agent,
                "page": page,
            }
        )


class Modern:
    """Today: context, name, referer and accept_language on every line."""

    def __init__(self, person: Person | None, agent: str, ip: str, course: Course | None, session: str, host: str = SITE) -> None:
        self._name, self._agent, self._ip, self._session, self._host = person.name if person else "", agent, ip, session, host
        self._language = person.language if person else ""
        self._phone = person.phone if person else ""
        self._course = {"course_id": course.id if course else "", "org_id": course.org if course else ""}
        self._user_id = person.user_id if person else None

    def browser(self, clock: int, kind: str, name: str, payload: str, page: str, referer: str) -> str:
        context = {**self._course, "user_id": self._user_id, "path": "/event"}
        return self._line(clock, kind, name, payload, "browser", page, referer, context)

    def server(self, clock: int, kind: str, payload: Json, path: str, page: str | None, referer: str, module: Module | None) -> str:
        context: Json = {**self._course, "course_user_tags": {}, "user_id": self._user_id, "path": path}
        if module is not None:
            context["module"] = {"display_name": module.title, "usage_key": module.key}
        return self._line(clock, kind, kind, payload, "server", page, referer, context)

    def request(self, clock: int, path: str, post: Json, get: Json, referer: str) -> str:
        course = self._course if path.startswith("/courses/") else {"course_id": "", "org_id": ""}
        context = {**course, "user_id": self._user_id, "path": path}
        return self._line(clock, path, path, request_payload(post, get), "server", None, referer, context)

    def mobile(self, clock: int, kind: str, name: str, payload: str, page: str) -> str:
        context: Json = {
            **self._course,
            "user_id": self._user_id,
            "path": "/segmentio/event",
            "application": {"name": "edx.mobileapp.android", "version": "4.1.0"},
            "client": {
                "network": {"wifi": True, "cellular": False, "carrier": ""},
                "locale": "en-GB",
                "library": {"name": "analytics-android", "version": "4.3.1"},
                "os": {"name": "Android", "version": "13"},
                "screen": {"density": 3, "height": 1920, "width": 1080},
            },
            "component": "videoplayer",
            "received_at": _zoned(clock + 2_000_000),
            "open_in_browser_url": page,
        }
        line = self._frame(clock, kind, name, payload, "mobile", "", context)
        line["agent"], line["ip"], line["session"] = self._phone, "", ""
        return dumps(line)

    def _line(self, clock: int, kind: str, name: str, payload: Json | str, source: str, page: str | None, referer: str, context: Json) -> str:
        line = self._frame(clock, kind, name, payload, source, page, context)
        line["referer"], line["accept_language"] = referer, self._language
        return dumps(line)

    def _frame(self, clock: int, kind: str, name: str, payload: Json | str, source: str, page: str | None, context: Json) -> Json:
        return {
            "name": name,
            "context": context,
            "username": self._name,
            "session": self._session,
            "ip": self._ip,
            "agent": self._agent,
            "host": self._host,
            "referer": "",
            "accept_language": "",
            "event": payload,
            "time": _zoned(clock),
            "event_type": kind,
            "event_source": source,
            "page": page,
        }


def _naive(clock: int) -> str:
    return (_EPOCH + timedelta(microseconds=clock)).isoformat()


def _zoned(clock: int) -> str:
    return (_EPOCH_UTC + timedelta(microseconds=clock)).isoformat()
