"""The whole log: sessions of many people, told in the order of time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from typing import BinaryIO, Literal

from . import problems, site, study
from .courses import Course, Era, build
from .damage import damage
from .dice import Dice
from .mix import FEWEST_ACTIONS, GROUPS, MOST_ACTIONS, VISITORS, Action, Step, Visitor
from .people import Person, invent
from .session import Session

Line = tuple[int, int, str]  # time, number (keeps the order of equal times), text

_BEGIN: dict[Era, datetime] = {"legacy": datetime(2013, 3, 4, tzinfo=UTC), "modern": datetime(2024, 9, 2, tzinfo=UTC)}
_BYTES_PER_LINE: dict[Era, int] = {"legacy": 650, "modern": 1200}  # about; only to plan how busy the site is
_LEARNERS_PER_BYTE = 2_500 / 100_000_000
_SESSION_SECONDS = 900  # about
_GOLDEN = 0.6180339887498949  # steps of the golden ratio spread evenly: rare visitors have their share in short logs too
_MOST_WAITING = 20_000  # lines sorted at a time

RENDER: dict[str, Callable[[Session], str]] = {
    kind: getattr(module, kind) for kinds in GROUPS.values() for kind in kinds for module in (study, problems, site) if hasattr(module, kind)
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What to make. `users` 0: as many as suit the size. `bad_rate` is the share of malformed lines."""

    size: int = 100_000_000
    era: Literal["legacy", "modern", "mixed"] = "modern"
    seed: int = 7
    users: int = 0
    courses: int = 10
    resources: int = 600
    escape_slashes: bool = False
    bad_rate: float = 0.0005


@dataclass(slots=True)
class Tally:
    """What was made."""

    lines: int = 0
    bytes: int = 0
    malformed: int = 0


def lines(plan: Plan, tally: Tally | None = None) -> Iterator[bytes]:
    """The lines of the log, without their line ends, together at most `size` bytes with them."""
    tally = tally or Tally()
    spoil = Dice(plan.seed, "damage")
    rate = plan.bad_rate
    for era, limit in _parts(plan):
        for text in _told(plan, era, limit):
            line = text.replace("/", "\\/").encode() if plan.escape_slashes else text.encode()
            if rate and spoil.real() < rate:
                line = damage(line, spoil)
                tally.malformed += 1
            tally.bytes += len(line) + 1
            if tally.bytes > limit:
                tally.bytes -= len(line) + 1
                break
            tally.lines += 1
            yield line


def write(plan: Plan, out: BinaryIO) -> Tally:
    """Write the log to a file and say what was made."""
    tally = Tally()
    block: list[bytes] = []
    for line in lines(plan, tally):
        block.append(line)
        if len(block) == 1_000:
            out.write(b"\n".join(block) + b"\n")
            block.clear()
    if block:
        out.write(b"\n".join(block) + b"\n")
    return tally


def _parts(plan: Plan) -> list[tuple[Era, int]]:
    """The eras of the log, and the size at which each ends."""
    if plan.era == "mixed":
        return [("legacy", plan.size // 2), ("modern", plan.size)]
    return [(plan.era, plan.size)]


class _Crowd:
    """The people of an era, their courses, and who comes next."""

    def __init__(self, plan: Plan, era: Era, size: int) -> None:
        count = max(1, plan.courses // 2 if plan.era == "mixed" and era == "legacy" else plan.courses - plan.courses // 2 * (plan.era == "mixed"))
        self.era = era
        self.courses = build(era, count, max(1, plan.resources * count // plan.courses), plan.seed)
        self.people = invent(era, plan.users or max(20, int(size * _LEARNERS_PER_BYTE)), count, plan.seed)
        self.dice = Dice(plan.seed, era, "sessions")
        for person in self.people:  # some have come far when the log begins
            person.place = int(self.dice.real() * self.dice.real() * len(self.courses[person.course].verticals))
        expected = size / _BYTES_PER_LINE[era]
        self.every = _SESSION_SECONDS / min(150, max(2, expected / 400))  # seconds between arrivals
        self.most_waiting = int(min(_MOST_WAITING, 200 + expected / 5))
        self._visitors = VISITORS[era]
        self._shares = list(accumulate(v.weight for v in self._visitors))
        self._turn = 0.0

    def arrival(self, clock: int) -> tuple[Visitor, Person, Course]:
        """Who comes at that time: some much more often than others, and nobody twice at once."""
        self._turn = (self._turn + _GOLDEN) % 1.0
        visitor = self._visitors[bisect_left(self._shares, self._turn * self._shares[-1])]
        for _ in range(20):
            r = self.dice.real()
            person = self.people[int(r * r * len(self.people))]
            if person.busy_until < clock:
                break
        return visitor, person, self.courses[person.course]


def _told(plan: Plan, era: Era, limit: int) -> Iterator[str]:
    """All lines of an era in the order of time; endless."""
    crowd = _Crowd(plan, era, limit if plan.era != "mixed" else plan.size // 2)
    clock = int(_BEGIN[era].timestamp()) * 1_000_000
    waiting: list[Line] = []
    while True:
        clock += crowd.dice.pause(crowd.every)
        visitor, person, course = crowd.arrival(clock)
        session = Session(era, visitor.name, person, course, clock, crowd.dice)
        _visit(session, visitor, waiting)
        person.busy_until = max(person.busy_until, session.clock)
        if len(waiting) >= crowd.most_waiting:
            waiting.sort()
            past = bisect_left(waiting, (clock,))
            for line in waiting[:past]:
                yield line[2]
            del waiting[:past]


def _visit(session: Session, visitor: Visitor, waiting: list[Line]) -> None:
    """Play a session and put its lines with those that wait to be told."""
    dice = session.dice
    weights = list(accumulate(a.weight for a in visitor.actions))
    _play(session, visitor.first, waiting)
    for _ in range(dice.between(FEWEST_ACTIONS, MOST_ACTIONS)):
        action: Action = visitor.actions[bisect_left(weights, dice.real() * weights[-1])]
        _play(session, action.steps, waiting)
    _play(session, visitor.last, waiting)


def _play(session: Session, steps: tuple[Step, ...], waiting: list[Line]) -> None:
    dice = session.dice
    for step in steps:
        render = RENDER[step.kind]
        for _ in range(dice.times(step.mean)):
            session.clock += dice.pause(step.pause)
            waiting.append((session.clock, len(waiting), render(session)))
