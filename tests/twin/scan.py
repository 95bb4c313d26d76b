"""Files to events, and what becomes of each line at the scan (rules.md, sections 1, 2 and 10)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from moocdb_fast.events import filters

from .courses import read_course
from .envelope import Event, Rejected, is_whole, read_event
from .lines import LONGEST_LINE, Line, is_blank_line, lines_of
from .payload import is_bad
from .repair import Document, repair
from .strictjson import JsonError, TooDeep, parse, parse_bytes


@dataclass
class Scan:
    """All lines, accounted for; `events` are those of accepted documents, filtered ones included, in canonical order."""

    lines: list[Line] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    rejected: dict[tuple[int, int], str] = field(default_factory=dict)  # (file, line) -> reason
    blank: set[tuple[int, int]] = field(default_factory=set)
    salvaged: Counter[str] = field(default_factory=Counter)
    bad_payload: int = 0
    extra_events: int = 0


@dataclass(frozen=True)
class Filters:
    """What the options keep."""

    courses: tuple[str, ...] = ()
    keep_anonymous: bool = False
    keep_background: bool = False


def scan(files: list[bytes], options: Filters) -> Scan:
    """Read all files, which come in canonical order."""
    result = Scan()
    for number, content in enumerate(files, start=1):
        for line in lines_of(number, content):
            result.lines.append(line)
            if is_blank_line(line.data):
                result.blank.add((line.file, line.number))
            elif len(line.data) > LONGEST_LINE:
                result.rejected[line.file, line.number] = "too_long"
            else:
                _read_line(line, result)
    for event in result.events:
        event.fate = first_fate(event, options)
        if event.index == 0:
            decoded = event.meaning.reads_payload and event.fate not in ("machine", "studio", "background")
            result.bad_payload += is_bad(event.payload, decoded=decoded)
    return result


def _read_line(line: Line, result: Scan) -> None:
    """One line: strictly, or repaired."""
    try:
        try:
            document = parse_bytes(line.data)
        except TooDeep as error:
            raise Rejected("too_deep") from error
        except JsonError:
            _read_broken_line(line, result)
            return
        text = line.data.decode()
        event = read_event(document, file=line.file, line=line.number, index=0, offset=line.offset, source_text=line.data, text=text)
    except Rejected as rejected:
        result.rejected[line.file, line.number] = str(rejected)
        return
    result.events.append(event)


def _read_broken_line(line: Line, result: Scan) -> None:
    repaired = repair(line.data)
    if repaired.bad:
        raise Rejected(repaired.bad)
    for index, found in enumerate(repaired.documents):
        try:
            document = _parse_repaired(found)
            offset = line.offset + (found.offset if index else 0)
            source = found.text.encode() if index else line.data
            event = read_event(document, file=line.file, line=line.number, index=index, offset=offset, source_text=source, text=found.text)
        except Rejected:
            if index == 0:
                raise
            continue  # an extra that is no event is dropped
        result.events.append(event)
        result.extra_events += index > 0
    if repaired.reason:
        result.salvaged[repaired.reason] += 1


def _parse_repaired(found: Document) -> object:
    try:
        document = parse(found.text)
    except TooDeep as error:
        raise Rejected("too_deep") from error
    except JsonError as error:
        raise Rejected("cut" if found.cut else "bad_json") from error
    if found.cut and not is_whole(document):
        raise Rejected("cut")
    return document


def first_fate(event: Event, options: Filters) -> str | None:
    """Why an event is filtered before its course matters; None for candidates, page_close and declared echoes."""
    fate = event.meaning.fate
    agent = (event.agent or "").lower()
    if fate == "machine" or any(word in agent for word in filters.MACHINE_AGENTS):
        return "machine"
    if fate == "studio" or (event.host or "").startswith(filters.STUDIO_HOSTS):
        return "studio"
    if fate == "background" and not options.keep_background:
        return "background"
    return "anonymous" if event.actor is None and not options.keep_anonymous else None


def second_fate(event: Event, options: Filters) -> str | None:
    """Why an event of a known course is filtered; None for candidates."""
    if options.courses and event.course not in [read_course(c) for c in options.courses]:
        return "course"
    return event.meaning.fate if event.meaning.fate in ("page_close", "echo") else None
