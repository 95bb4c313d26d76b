"""Hypothesis strategies that write tracking logs: few people, few pages, few problems, so that events meet each other.

`logs(family)` gives the files of a log, `[(name, bytes)]`. `lines` puts an event at a time, encodes its payload in one of the
ways logs do, and writes it as JSON. Everything here is synthetic.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from hypothesis import strategies as st

from moocdb_fast import events

from .invented import FAMILIES as INVENTED
from .strategies_declared import Cast, casts
from .strategies_events import (
    COURSES,
    Draw,
    Event,
    books,
    checks,
    enrolments,
    event,
    modules,
    mostly,
    one_of,
    open_responses,
    other_types,
    page_views,
    pick,
    problem_views,
    requests,
    sequences,
    videos,
)
from .strategies_lines import broken, odd_envelope

GOOD = b'{"username": "eve", "event_type": "edx.bookmark.listed", "time": "2013-03-05T10:00:00"}'
CLOCK = datetime(2013, 3, 5, 10, 0, 0)
_STEPS = mostly(pick(0, 0.000001, 1, 1, 5, 9.5, 20, 30, 30.5, 59.999999, 60), 60.000001, 300, 3599.999999, 3600, 86400, -5, -60)
_agents = mostly(
    st.none(), "Mozilla/5.0 (Windows NT 6.1; WOW64; rv:20.0) Gecko/20100101 Firefox/20.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 6_1_2 like Mac OS X) AppleWebKit/536.26 Version/6.0 Mobile/10B146 Safari/8536.25",
)  # fmt: skip
_odd_agents = pick(None, None, None, "odd", " ", "", 5, "Googlebot/2.1 (+http://www.google.com/bot.html)", "ELB-HealthChecker/1.0")
_names = mostly(pick("ann", "ann", "ann", "bob"), "zoë", "", None)
_odd_names = pick("ann", "ann", "", "anonymous", None, 7, " ann ", True, "a,b")
_odd_hosts = pick(
    "courses.edx.org", "courses.edx.org", None, "", "studio.edx.org", "localhost", "local host", "a_b.org", "preview.x.org", "Studio.x.org"
)
_contexts = mostly(st.just({}), {"user_id": 7}, {"user_id": 7}, {"user_id": "008"}, {"user_id": ""}, {"user_id": 7.5}, {"path": "/courses/A-B/1/r/x"})


@st.composite
def clock_text(draw: Draw, moment: datetime) -> object:
    """A time as logs write it."""
    text = moment.isoformat(timespec="microseconds")
    micro = round((moment - datetime(1970, 1, 1)) / timedelta(microseconds=1))
    zone = moment + timedelta(hours=5, minutes=30)
    forms: list[object] = [
        text + "+00:00", text + "Z", text, text.replace("T", " ") + " UTC", zone.isoformat(timespec="microseconds") + "+05:30",
        (moment - timedelta(hours=8)).isoformat(timespec="microseconds") + "-0800", {"$date": text}, text.replace(".", ",") + "789",
    ]  # fmt: skip
    if micro % 1000 == 0:
        forms += [{"$date": micro // 1000}, {"$date": {"$numberLong": str(micro // 1000)}}, micro // 1000]
    if micro % 10**6 == 0:
        forms += [micro // 10**6, text[:19], text[:19] + "+00"]
    return draw(mostly(st.just(forms[0]), *forms))


@st.composite
def payload_text(draw: Draw, payload: object) -> object:
    """A payload as logs encode it: an object, text, text in text, escaped text, cut text."""
    if isinstance(payload, str):
        return draw(
            mostly(
                pick(payload, json.dumps(payload)),
                f" {payload}\n",
                json.dumps(payload)[1:],
                json.dumps(json.dumps(payload)),
                json.dumps(json.dumps(payload))[1:-1],
            )
        )
    text = json.dumps(payload, ensure_ascii=draw(st.booleans()))
    twice = json.dumps(text)
    odd = (twice, json.dumps(twice), twice[1:-1], f" {text} ", text[: max(1, len(text) // 2)], text[:-1], text + "}")
    return draw(mostly(pick(payload, text), *odd))


@st.composite
def lines(draw: Draw, what: st.SearchStrategy[Event], course: str, moment: datetime, *, odd: bool) -> bytes:
    """One event as a line without its end. `odd` ones come from odd people, hosts and machines."""
    told = dict(draw(what))
    around = told.pop("around", {})
    context = dict(told.pop("context", None) or draw(mostly(st.just({"course_id": course}), {}, {}, {"course_id": "bad id"}, {"course_id": None})))
    context.update({**draw(_contexts), **around})
    if draw(st.integers(0, 9)) == 0:
        context["module"] = {
            "display_name": draw(pick("A name", "", "é" * 600, 5)),
            "usage_key": draw(modules(course, draw(pick("problem", "video", "html")))),
        }
    line: Event = {
        "username": draw(_odd_names if odd else _names),
        "host": draw(_odd_hosts) if odd else "courses.edx.org",
        "time": draw(clock_text(moment)),
        "agent": draw(_odd_agents if odd else _agents),
        "ip": "192.0.2.1",
        "context": context,
        **told,
        "event": draw(payload_text(told["event"])),
    }
    return json.dumps(line, ensure_ascii=draw(st.booleans())).encode()


_BY_HAND: dict[str, Callable[[str], tuple[st.SearchStrategy[Event], ...]]] = {
    "navigation": lambda c: (page_views(c), sequences(c), sequences(c), videos(c), problem_views(c)),
    "video": lambda c: (videos(c), videos(c), page_views(c)),
    "problem": lambda c: (checks(c), checks(c), checks(c), problem_views(c), page_views(c)),
    "submission": lambda c: (checks(c),),
    "textbook": lambda c: (books(c), books(c), page_views(c)),
    "people": lambda c: (enrolments(c), page_views(c), problem_views(c)),
    "open response": lambda c: (open_responses(c), page_views(c)),
    "paths": lambda c: (page_views(c), requests(c, "html", "x").map(event), requests(c, "video", "save_user_state").map(event), problem_views(c)),
    "other": lambda c: (other_types(c), page_views(c)),
}
_FAMILIES = {**dict.fromkeys(events.FAMILIES), **dict.fromkeys(_BY_HAND)}
FAMILIES = (*_FAMILIES, "mixed", "envelope", "broken")
"""`mixed` holds events of all families, in `envelope` their members are odd, in `broken` the lines are no longer JSON."""


def events_of(family: str, course: str, cast: Cast) -> st.SearchStrategy[Event]:
    """Events of a family in a course: what is declared, and what is written by hand for it."""
    if family in (*_FAMILIES, *INVENTED):
        by_hand = _BY_HAND[family](course) if family in _BY_HAND else ()
    else:
        by_hand = tuple(one_of(*events(course)) for events in _BY_HAND.values())
    return one_of(*cast.events(course), page_views(course), *by_hand)


def _cast_of(family: str) -> st.SearchStrategy[Cast]:
    return casts([family] if family in (*events.FAMILIES, *INVENTED) else [] if family in _BY_HAND else [*events.FAMILIES])


@st.composite
def logs(draw: Draw, family: str, size: int = 14) -> list[tuple[str, bytes]]:
    """One or two files of a family's events, in and out of order, with repeats; broken in the family `broken`.

    Each file holds at least one good event: a file without any is refused as a whole, which is not the twin's concern.
    """
    moment, course, odd = CLOCK, draw(pick(*COURSES)), draw(st.integers(0, 3)) == 3
    cast = draw(_cast_of(family))
    written: list[bytes] = []
    for _ in range(draw(st.integers(1, size))):
        moment += timedelta(seconds=draw(_STEPS))
        here = draw(mostly(st.just(course), *COURSES))
        line = draw(lines(events_of(family, here, cast), here, moment, odd=odd))
        if family == "envelope":
            line = json.dumps(draw(odd_envelope(json.loads(line)))).encode()
        if family == "broken" and draw(st.booleans()):
            line = draw(broken(line))
        written.append(line)
        if draw(st.integers(0, 9)) == 0:
            written.append(draw(st.sampled_from(written)))
    end = draw(pick(b"\n", b"\n", b"\n", b"\r\n"))
    middle = draw(st.integers(0, len(written))) if draw(st.booleans()) else len(written)
    parts = [part for part in (written[:middle], written[middle:]) if part]
    for part in parts:
        part.insert(draw(st.integers(0, len(part))), GOOD)
    files = [end.join(part) + draw(pick(end, end, b"")) for part in parts]
    if draw(st.integers(0, 9)) == 0:
        files[0] = b"\xef\xbb\xbf" + files[0]
    return [(f"{name}.log", content) for name, content in zip(draw(pick("ab", "ba", "éa")), files, strict=False)]
