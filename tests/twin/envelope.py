"""From a document to an event: the envelope, the actor, the course and the module (rules.md, sections 3, 6 and 7)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from moocdb_fast import events

from .addresses import Page, clean, read_page, understand
from .answers import Answer, read_answers
from .clicks import read_clicks
from .courses import read_course
from .facts import Setting, read_setting
from .marks import Mark, read_mark
from .modules import Module, read_module
from .names import declaration_of
from .parts import Part, attempts_of, parts_of
from .payload import decode, found_key, found_number, member, platform_id
from .posts import Post, read_post
from .requests import ModuleRequest, entry_of_path, read_module_request, read_request_around
from .text import is_integer, strip, text_or_none
from .times import read_time
from .whole import attempts_of_whole, part_of_whole

_HOST = re.compile(r"[A-Za-z0-9.:-]+")
_PANEL = re.compile("[0-9]+")
LONGEST_TYPE, LONGEST_NAME = 255, 555


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
    text: str  # of the document, repaired
    type: str  # as MOOCdb shows it
    meaning: events.Meaning
    time: int
    name: str | None
    platform_id: str | None
    actor: str | None  # `n:<name>` or `i:<platform id>`
    affected: str | None  # id of the user whom the event is about, if it says so
    course: str | None
    page: Page | None
    host: str | None
    agent: str | None
    module: Module | None
    display_name: str | None
    page_request: bool
    page_told: bool  # by the payload: such an event moves nobody
    panel: str | None  # destination
    clicks: dict[str, str | float | None] | None
    joins: bool
    staff: bool
    attempts: int | None
    parts: list[Part]
    payload: object  # as it stands in the line
    post: Post | None = None
    answers: list[Answer] = field(default_factory=list)
    mark: Mark | None = None  # for a submission that another event made
    grade: float | None = None  # final, of the affected user
    setting: Setting | None = None  # of the affected user's profile
    key: str | None = None  # of a submission
    score_of: Event | None = None  # the record that a late score belongs to
    supplied: bool = False  # the only part is the problem itself, since the payload named none
    fate: str | None = None  # the reason if the event is filtered
    user: str = ""
    affected_user: str = ""
    first_submission: int = 0  # id of the first row
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
        """Whether the event is a submission (or a score)."""
        return bool(self.parts)

    @property
    def record(self) -> bool:
        """Whether the event makes rows of its own mode and is no observed event."""
        answers = bool(self.answers) and self.meaning.assess is None
        return self.submits or self.post is not None or self.grade is not None or answers

    @property
    def makes_rows(self) -> bool:
        """Whether a translated event shows in any table of events; a final grade does not, nor a score without a mark."""
        submits = self.submits and not (self.score_of and self.parts[0].correctness is None)
        return not self.record or submits or self.post is not None or bool(self.answers)


def _members(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _unfolded(document: dict[str, object], context: dict[str, object]) -> dict[str, object]:
    """The document with what stands only in its context at the top level."""
    here = dict(document)
    for name in ("username", "page", "host", "agent", "ip", "event_source"):
        fits = isinstance(here.get(name), str) or (name == "username" and is_integer(here.get(name)))
        if not fits and name in context:
            here[name] = context[name]
    return here


def read_event(document: object, *, file: int, line: int, index: int, offset: int, source_text: bytes, text: str) -> Event:
    """The event of a parsed document; raises Rejected."""
    if not isinstance(document, dict):
        raise Rejected("not_an_event")
    type_ = text_or_none(document.get("event_type")) or text_or_none(document.get("name"))
    if type_ is None:
        raise Rejected("not_an_event")
    time = _time(document)
    context = _members(document.get("context"))
    document = _unfolded(document, context)
    name, number = _name(document.get("username")), platform_id(context.get("user_id"))
    host = _host(document.get("host"))
    page = read_page(document.get("page"), host) or read_page(context.get("open_in_browser_url"), host)

    is_path = type_.startswith("/")
    own_page, request, piece = None, None, 0
    if is_path:
        own_page, request = read_page(type_, host), read_module_request(type_)
        assert own_page
        entry = entry_of_path(type_, host, request)
        meaning, label, piece = entry.meaning, entry.label, entry.about
    else:
        declared = declaration_of(type_, document.get("event_source"))
        meaning, label = declared.meaning, declared.label

    raw = raw_payload(document)
    payload, undecoded = decode(raw) if meaning.reads_payload else (None, False)
    page_told = page is None and not is_path
    if page_told:
        page = next(filter(None, (read_page(member(payload, path), host) for path in meaning.page)), None)

    users = [platform_id(member(payload, path)) for path in meaning.user]
    affected = next(filter(None, users), None)
    actor = f"n:{name}" if name else f"i:{number}" if number else f"i:{affected}" if affected else None
    post = read_post(meaning.post, payload, undecoded=undecoded, path=own_page, piece=piece) if meaning.post and actor else None
    page_request = is_path and request is None and post is None
    if page_request:
        assert own_page
        page = own_page.on_panel("1") if own_page.level == 3 and not own_page.panel else own_page
    courses = [
        read_course(context.get("course_id")),
        *(read_course(member(payload, path)) for path in meaning.course),
        page.course if page else None,
        own_page.course if own_page else None,
        _course_of_path(context.get("path"), host),
    ]
    course = next(filter(None, courses), None)
    submit = meaning.submit if actor else None
    parts = parts_of(submit.form, payload, course) if submit and submit.form != "whole" else []
    around = None if is_path else read_request_around(context.get("path"), document.get("page"), course)
    module = _module(meaning, payload, request, parts, context, course) or around
    event = Event(
        file=file,
        line=line,
        index=index,
        offset=offset,
        source_text=source_text,
        staff=meaning.staff and document.get("event_source") != "browser" and (name is not None or number is not None),
        text=text,
        type=_shown_type(type_, meaning, request, page_request, label if post or not is_path else "")[:LONGEST_TYPE],
        meaning=meaning,
        time=time,
        name=name,
        platform_id=number,
        actor=actor,
        affected=affected,
        course=course or (module.course if module else None),
        page=page,
        host=host,
        agent=text_or_none(document.get("agent")),
        module=module,
        display_name=_display_name(context),
        page_request=page_request,
        page_told=page_told and page is not None,
        panel=_panel(meaning, payload),
        clicks=read_clicks(meaning.clicks, payload) if meaning.clicks else None,
        joins=meaning.joins and not (number and affected and number != affected),
        attempts=attempts_of(payload) if meaning.submit else None,
        parts=parts if module else [],
        payload=raw,
        post=post,
    )
    if submit and module:
        _submit_whole(event, submit, payload, module)
    if actor:
        _tell(event, payload)
    return event


def _submit_whole(event: Event, submit: events._spec.Submit, payload: object, module: Module) -> None:
    """What is submitted without parts: the module at once, or nothing but the problem itself."""
    if submit.form == "whole":
        told = submit.whole or events._spec.Whole()
        event.parts = [part_of_whole(told, payload, module)]
        event.attempts, event.key = attempts_of_whole(told, payload), found_key(payload, told.key)
    elif not event.parts:
        event.parts, event.supplied = [Part(module)], True


def _tell(event: Event, payload: object) -> None:
    """What an event by somebody says besides: answers, marks, facts."""
    meaning = event.meaning
    event.answers = read_answers(meaning.questions, payload)
    event.mark = read_mark(meaning.assess, payload) if meaning.assess else None
    event.grade = found_number(payload, meaning.final_grade)
    event.setting = read_setting(payload) if meaning.profile else None


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
    if parts and meaning.submit and meaning.submit.form not in ("maps", "whole"):
        named.append(parts[0].module)
    named.append(read_module(_members(context.get("module")).get("usage_key"), course))
    return next(filter(None, named), None)


def _shown_type(type_: str, meaning: events.Meaning, request: ModuleRequest | None, page_request: bool, label: str) -> str:
    if label:
        return label
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
