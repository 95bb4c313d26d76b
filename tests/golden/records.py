"""The common form of both outputs: what a row says, without row ids."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

_PLAIN = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(slots=True)
class Event:
    """An observed event. `page` is the address it happened on, `resource` what it is about."""

    user: str
    time: datetime
    type: str
    page: str | None
    resource: str
    module: str | None
    duration: int | None
    line: int = 0
    order: int = 0


@dataclass(slots=True)
class Submission:
    """A submission with its assessment; `grade` is None without one."""

    user: str
    time: datetime
    problem: str
    answer: str | None
    attempt: int | None
    code: int
    grade: float | None = None
    assessed: bool = False
    line: int = 0
    order: int = 0


@dataclass(slots=True)
class Output:
    """One output folder."""

    events: list[Event]
    submissions: list[Submission]
    orphans: int = 0  # assessments of no submission
    activities: frozenset[tuple[str, datetime]] = frozenset()  # user and time of collaborations and feedbacks


def plain(text: str) -> str:
    """The one spelling of course numbers and names: what is no letter, digit, `_` or `-` becomes `_`."""
    return _PLAIN.sub("_", text)


def same_problem(uri: str) -> str:
    """The address of a problem (`i4x://org/number/problem/name/2/1/`) in one spelling of number and name."""
    org, number, category, *rest = uri.removeprefix("i4x://").strip("/").split("/") + [""] * 3
    return "/".join((org, plain(number), category, *(plain(p) for p in rest if p)))


def parse_time(text: str) -> datetime:
    """A time as either output prints it."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S.%f" if "." in text else "%Y-%m-%d %H:%M:%S")
