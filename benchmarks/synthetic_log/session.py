"""One visit: who, where in which course, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from .courses import SITE, STUDIO, Course, Era, Module, Vertical
from .dice import Dice
from .envelopes import Envelope, Json, Legacy, Modern, compact
from .people import CRAWLER, MONITOR, SCANNER, Person, address

if TYPE_CHECKING:
    from .problems import Attempt

_MACHINES = {"heartbeat": MONITOR, "crawl": CRAWLER, "scan": SCANNER}


class Session:
    """The state of a visit that the kinds of lines read and change; `clock` is microseconds since 1970."""

    __slots__ = ("_envelope", "attempt", "clock", "course", "dice", "era", "page", "person", "position", "post_id", "speed", "vertical", "writers")

    def __init__(self, era: Era, visitor: str, person: Person, course: Course, clock: int, dice: Dice) -> None:
        self.era = era
        self.person = person
        self.course = course
        self.dice = dice
        self.clock = clock
        self.position = 0.0  # in the video
        self.speed = "1.0"
        self.attempt: Attempt | None = None  # the answers that all copies of one check tell
        self.post_id = ""  # of the forum post that the request before made
        self.vertical: Vertical = course.verticals[person.place % len(course.verticals)]
        self.page = f"https://{SITE}/dashboard"
        known = person if visitor in ("learner", "mobile", "author") else None
        host = STUDIO if visitor == "author" else SITE
        agent = "" if visitor == "machine" else person.agent
        ip = person.ip if known else address(era, dice)
        make = Legacy if era == "legacy" else Modern
        session = dice.hex(32) if visitor != "machine" else ""
        self._envelope: Envelope = make(known, agent, ip, course if known else None, session, host)
        self.writers: dict[str, Envelope] = {}
        if visitor == "machine":
            self.writers = {kind: make(None, agent, ip, None, "", SITE) for kind, agent in _MACHINES.items()}

    # The page is that of the tab; modules of courses in the learning front end live in a frame with its own address.

    def go(self, steps: int) -> None:
        """Move by that many verticals, round the course."""
        self.person.place = (self.person.place + steps) % len(self.course.verticals)
        self.vertical = self.course.verticals[self.person.place]

    def browser(self, kind: str, payload: Json | list[object] | str, *, name: str = "", framed: bool = True) -> str:
        """A line of the page's script; objects are written as text, as the browser does."""
        page = self.vertical.frame if framed else self.page
        text = payload if isinstance(payload, str) else compact(payload)
        return self._envelope.browser(self.clock, kind, name or kind, text, page, page)

    def server(self, kind: str, payload: Json, path: str, *, module: Module | None = None, page: str | None = None) -> str:
        """A line of the server's code."""
        return self._envelope.server(self.clock, kind, payload, path, page, self.vertical.frame, module)

    def request(self, path: str, post: Json | None = None, get: Json | None = None, *, kind: str = "") -> str:
        """A line for a request; `kind` picks the machine that asks, if one does."""
        envelope = self.writers.get(kind, self._envelope)
        return envelope.request(self.clock, path, post or {}, get or {}, self.page)

    def mobile(self, kind: str, name: str, payload: Json) -> str:
        """A line of the mobile application."""
        page = f"https://{SITE}{self.course.root}/jump_to/{quote(self.vertical.video.key, safe=':/')}"
        return self._envelope.mobile(self.clock, kind, name, compact(payload), page)
