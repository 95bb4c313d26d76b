"""From a document to an event: the envelope, the actor, the course and the module (rules.md, sections 3, 6 and 7)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite

from moocdb_fast import events

from .addresses import Page, clean, read_page, understand
from .courses import read_course
from .modules import Module, read_module
from .parts import Part, attempts_of, parts_of
from .payload import decode, member, platform_id
from .requests import ModuleRequest, meaning_of_path, read_module_request
from .strictjson import is_number_literal
from .text import is_integer, is_number, strip, text_or_none
from .times import read_time

_HOST = re.compile(r"[A-Za-z0-9.:-]+")
_PANEL = re.compile("[0-9]+")
LONGEST_TYPE, LONGEST_NAME, LONGEST_CODE = 255, 555, 255


class Rejected(Exception):
    """A document that is no event. The reason is its only argument."""


@dataclass
class Event:
    """What one document says. Later sections fill in `user`, `course`, `page` and `fate` as they go."""

    file: int
    line: int
    index: int  # of the document on its line, from 0
    offset: int
    source_text: bytes  # what is compared to find duplicates
    type: str  # as MOOCdb shows it
    meaning: events.Meaning
    time: int
    name: str | None
    platform_id: str | None
    actor: str | None  # `n:<name>` or `i:<platform id>`
    course: str | None
    page: Page | None
    host: str | None
    agent: str | None
    module: Module | None
    display_name: str | None
    page_request: bool
    panel: str | None  # destination
    clicks: dict[str, str | float | None] | None
    joins: bool
    attempts: int | None
    parts: list[Part]
    payload: object  # as it stands in the line
    supplied: bool = False  # the only part is the problem itself, since the payload named none
    fate: str | None = None  # the reason if the event is filtered
    user: str = ""
    duration: int | None = None

    @property
    def ordinal(self) -> tuple[int, int, int]:
        """Position in canonical order."""
        return self.file, self.line, self.index

    @property
    def background(self) -> bool:
        """Kept with --keep-background."""
        return self.meaning.fate == "background"

    @property
    def submits(self) -> bool:
        """Whether the event is a submission and no observed event."""
        return bool(self.parts)


def _members(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def read_event(document: object, *, file: int, line: int, index: int, offset: int, source_text: bytes) -> Event:
    """The event of a parsed document; raises Rejected."""
    if not isinstance(document, dict):
        raise Rejected("not_an_event")
    type_ = text_or_none(document.get("event_type")) or text_or_none(document.get("name"))
    if type_ is None:
        raise Rejected("not_an_event")
    time = _time(document)
    context = _members(document.get("context"))
    name, number = _name(document.get("username")), platform_id(context.get("user_id"))
    host = _host(document.get("host"))
    page = read_page(document.get("page"), host) or read_page(context.get("open_in_browser_url"), host)

    courses = [read_course(context.get("course_id")), page.course if page else None]  # the payload's comes between the two
    own_page, request = None, None
    if type_.startswith("/"):
        own_page = read_page(type_, host)
        assert own_page
        courses.append(own_page.course)
    courses.append(_course_of_path(context.get("path"), host))
    if type_.startswith("/"):
        request = read_module_request(type_)
        meaning = meaning_of_path(type_, host, request)
    else:
        meaning = meaning_of_name(type_, document.get("event_source"))

    payload = read_payload(document, meaning)
    declared = (read_course(member(payload, path)) for path in meaning.course)
    courses[1:1] = list(declared)
    course = next(filter(None, courses), None)
    users = [platform_id(member(payload, path)) for path in meaning.user]
    affected = next(filter(None, users), None)
    actor = f"n:{name}" if name else f"i:{number}" if number else f"i:{affected}" if affected else None
    parts = parts_of(meaning.submit.form, payload, course) if meaning.submit and actor else []
    module = _module(meaning, payload, request, parts, context, course)

    page_request = own_page is not None and request is None
    if page_request:
        assert own_page
        page = own_page.on_panel("1") if own_page.level == 3 and not own_page.panel else own_page
    event = Event(
        file=file,
        line=line,
        index=index,
        offset=offset,
        source_text=source_text,
        type=_shown_type(type_, meaning, request, page_request)[:LONGEST_TYPE],
        meaning=meaning,
        time=time,
        name=name,
        platform_id=number,
        actor=actor,
        course=course or (module.course if module else None),
        page=page,
        host=host,
        agent=text_or_none(document.get("agent")),
        module=module,
        display_name=_display_name(context),
        page_request=page_request,
        panel=_panel(meaning, payload),
        clicks=_clicks(meaning.clicks, payload) if meaning.clicks else None,
        joins=meaning.joins and not (number and affected and number != affected),
        attempts=attempts_of(payload) if meaning.submit else None,
        parts=parts if module else [],
        payload=raw_payload(document),
    )
    if meaning.submit and module and actor and not parts:
        event.parts, event.supplied = [Part(module)], True
    return event


def is_whole(document: object) -> bool:
    """Whether what is left of a cut document still says who did what when."""
    try:
        _time(_members(document))
    except Rejected:
        return False
    has_type = text_or_none(_members(document).get("event_type")) or text_or_none(_members(document).get("name"))
    return bool(has_type) and isinstance(_members(document).get("username"), str)


def _time(document: dict[str, object]) -> int:
    value = document.get("time")
    if value is None:
        value = document.get("timestamp")
    if value is None:
        raise Rejected("no_time")
    time = read_time(value)
    if time is None:
        raise Rejected("bad_time")
    return time


def _name(value: object) -> str | None:
    if is_integer(value):
        return str(value)
    name = text_or_none(value)
    return None if name == "anonymous" else name


def _host(value: object) -> str | None:
    host = text_or_none(value)
    if host and _HOST.fullmatch(host) and ("." in host or host.startswith("localhost")):
        return host
    return None


def _course_of_path(value: object, host: str | None) -> str | None:
    address = clean(value, host) if isinstance(value, str) else None
    return understand(address).course if address else None


def _display_name(context: dict[str, object]) -> str | None:
    name = _members(context.get("module")).get("display_name")
    return name[:LONGEST_NAME] if isinstance(name, str) and strip(name) else None


def meaning_of_name(name: str, source: object) -> events.Meaning:
    """What is declared for a named type and its source."""
    for declared in events.TYPES:
        if name in (declared.name, *declared.also) and (declared.source == "any" or (declared.source == "browser") == (source == "browser")):
            return declared.meaning
    return events.OTHER


def read_payload(document: dict[str, object], meaning: events.Meaning) -> object:
    """The decoded payload; nothing if the type does not read it."""
    return decode(raw_payload(document))[0] if meaning.reads_payload else None


def raw_payload(document: dict[str, object]) -> object:
    """The payload as it stands in the line."""
    return document["event"] if "event" in document else document.get("data")


def _module(
    meaning: events.Meaning,
    payload: object,
    request: ModuleRequest | None,
    parts: list[Part],
    context: dict[str, object],
    course: str | None,
) -> Module | None:
    """The first module that the event names."""
    named = [read_module(member(payload, path), course, meaning.category) for path in meaning.module]
    if request:
        named.append(request.module.within(course))
    if parts and meaning.submit and meaning.submit.form != "maps":
        named.append(parts[0].module)
    named.append(read_module(_members(context.get("module")).get("usage_key"), course))
    return next(filter(None, named), None)


def _shown_type(type_: str, meaning: events.Meaning, request: ModuleRequest | None, page_request: bool) -> str:
    if request:
        return f"i4x_{request.module.category}" + (f"_{request.action}" if request.action else "")
    if page_request:
        return "background_request" if meaning.fate == "background" else "url_change"
    return type_


def _panel(meaning: events.Meaning, payload: object) -> str | None:
    """The destination: the first declared field that is a whole number from 1 to 9999."""
    for path in meaning.panel:
        value = member(payload, path)
        if isinstance(value, str) and _PANEL.fullmatch(value) and len(value) < 1000:
            value = int(value)
        if is_integer(value) and 1 <= value <= 9999:  # type: ignore[operator]
            return str(value)
    return None


def _clicks(clicks: events._spec.Clicks, payload: object) -> dict[str, str | float | None]:
    """What the player told: a code, and numbers."""
    found: dict[str, str | float | None] = {}
    for column in ("code", "current_time", "old_time", "new_time", "old_speed", "new_speed"):
        values = (member(payload, path) for path in getattr(clicks, column))
        read = (_code(v) if column == "code" else _number(v) for v in values)
        found[column] = next((v for v in read if v is not None), None)
    return found


def _code(value: object) -> str | None:
    return value[:LONGEST_CODE] if isinstance(value, str) and strip(value) else None


def _number(value: object) -> float | None:
    """A number; players also write numbers as text (speeds do)."""
    if isinstance(value, str) and is_number_literal(strip(value)):
        value = float(strip(value))
    return float(value) if is_number(value) and isfinite(value) else None  # type: ignore[arg-type]
