"""Who, where and how long: users, locations, durations, echoes (rules.md, sections 3 and 11)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from copy import copy

from .addresses import Page
from .envelope import Event
from .times import SECOND

ANONYMOUS = "anonymous"  # the reserved user; the others are `n:<name>` or `i:<platform id>`
FRESH = 3600 * SECOND
ECHO = 60 * SECOND
LONGEST = 2**31 - 1  # seconds that a duration can hold
CLUSTER_TRUSTS = ("request", "browser", "graded", "score")  # highest first


def name_users(events: list[Event]) -> None:
    """Give every event its user: numeric ids become names where any line says whose they are."""
    names: dict[str, str] = {}
    for event in events:
        if event.name and event.platform_id:
            names.setdefault(event.platform_id, event.name)

    def named(actor: str) -> str:
        return "n:" + names[actor[2:]] if actor.startswith("i:") and actor[2:] in names else actor

    for event in events:
        event.user = named(event.actor or ANONYMOUS)
        event.affected_user = named(f"i:{event.affected}") if event.affected else event.user


def follow(events: list[Event], *, keep_duplicates: bool) -> None:
    """Sort the candidates and page_close events by user and course, and find out where and how long they were."""
    followed = [e for e in events if e.fate in (None, "page_close")]
    for of_user in _grouped(followed, lambda e: (e.user, e.course)):
        of_user.sort(key=lambda e: (e.time, e.ordinal))
        if not keep_duplicates:
            _drop_duplicates(of_user)
        present = [e for e in of_user if e.fate in (None, "page_close")]
        if of_user[0].user != ANONYMOUS:
            _locate(present)
            _measure(present)
        _find_echoes(present)


def _grouped(events: Iterable[Event], key: Callable[[Event], object]) -> list[list[Event]]:
    groups: dict[object, list[Event]] = defaultdict(list)
    for event in events:
        groups[key(event)].append(event)
    return list(groups.values())


def _drop_duplicates(of_user: list[Event]) -> None:
    seen = set()
    for event in of_user:
        identity = (event.time, event.source_text)
        if identity in seen and event.fate is None:
            event.fate = "duplicate"
        seen.add(identity)


def _locate(present: list[Event]) -> None:
    """Walk through a user's events in a course and hand on the location."""
    location: Page | None = None
    seen = 0
    for event in present:
        if event.fate == "page_close":
            if location and event.page and event.page.base == location.base:
                location = None
            continue
        if event.background or event.page_told:
            continue
        fresh = location if location and location.level == 3 and event.time - seen < FRESH else None
        if fresh:
            _inherit(event, fresh)
        _turn(event)
        if event.page and event.page.level >= 1:
            location, seen = event.page, event.time


def _inherit(event: Event, fresh: Page) -> None:
    """What an event takes over from a fresh location."""
    page = event.page
    if page is None or (page.frame and not event.page_request):
        event.page = fresh
    elif page.level == 3 and not page.panel and fresh.panel and page.place == fresh.place:
        event.page = page.on_panel(fresh.panel)


def _turn(event: Event) -> None:
    """A destination panel replaces the panel of the page."""
    level = {"navigation": 3, "book": 4}.get(event.meaning.kind)
    if event.panel and event.page and event.page.level == level:
        event.page = event.page.on_panel(event.panel)


def _measure(present: list[Event]) -> None:
    """Durations: from an observed event to the next, or to the page_close of its page."""
    open_event: Event | None = None
    for event in present:
        if event.record:
            continue  # happens within the observed event that is open
        closes = event.fate == "page_close"
        if closes and not (open_event and open_event.page and event.page and open_event.page.base == event.page.base):
            continue
        if open_event:
            seconds = (event.time - open_event.time) // SECOND
            open_event.duration = seconds if seconds <= LONGEST else None
        open_event = None if closes else event


# echoes


def _find_echoes(present: list[Event]) -> None:
    candidates = [e for e in present if e.fate is None]
    submitting = [e for e in candidates if e.submits]
    for copies in _grouped(submitting, lambda e: (e.module, e.meaning.submit.act)):  # type: ignore[union-attr]
        records = _records(copies)
        for record, echoes in records:
            for echo in echoes:
                echo.fate = "echo"
                _complete(record, echo)
        _find_scores([record for record, _ in records])
    posts = [e for e in candidates if e.post and not e.submits]
    for copies in _grouped(posts, lambda e: (e.post.about, e.post.type)):  # type: ignore[union-attr]
        for _, echoes in _records(copies):
            for echo in echoes:
                echo.fate = "echo"


def _find_scores(records: list[Event]) -> None:
    """Scores that come later than what they score."""
    scored: Event | None = None
    for record in sorted(records, key=lambda e: (e.time, e.ordinal)):
        if _trust(record) != "score":
            scored = record
        elif scored:
            record.score_of = scored


def _trust(event: Event) -> str:
    if event.submits:
        assert event.meaning.submit
        return event.meaning.submit.trust
    assert event.post
    return event.post.trust


def _records(copies: list[Event]) -> list[tuple[Event, list[Event]]]:
    """Records with their echoes, both in order."""
    servers = [e for e in copies if _trust(e) == "server"]
    echoes: dict[int, list[Event]] = {id(s): [] for s in servers}
    others = []
    for event in copies:
        if _trust(event) == "server":
            continue
        near = [s for s in servers if abs(s.time - event.time) <= ECHO]
        if near:
            nearest = min(near, key=lambda s: abs(s.time - event.time))  # min takes the earlier of two
            echoes[id(nearest)].append(event)
        else:
            others.append(event)
    records = [(s, echoes[id(s)]) for s in servers]
    for cluster in _clusters(others):
        record = min(cluster, key=lambda e: CLUSTER_TRUSTS.index(_trust(e)))
        records.append((record, [e for e in cluster if e is not record]))
    return records


def _clusters(others: list[Event]) -> list[list[Event]]:
    """Events within 60 s of the first, each trust once."""
    clusters: list[list[Event]] = []
    for event in others:
        latest = clusters[-1] if clusters else []
        if latest and event.time - latest[0].time <= ECHO and _trust(event) not in [_trust(e) for e in latest]:
            latest.append(event)
        else:
            clusters.append([event])
    return clusters


def _complete(record: Event, echo: Event) -> None:
    """Give the record what it lacks."""
    if record.supplied:
        if not echo.supplied:
            record.parts, record.supplied = [copy(p) for p in echo.parts], False
        return
    by_identity = {p.identity: p for p in echo.parts}
    for part in record.parts:
        if part.identity in by_identity:
            part.complete(by_identity[part.identity])
