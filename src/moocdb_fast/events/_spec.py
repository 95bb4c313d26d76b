"""The vocabulary in which event types are declared.

A declaration says what an event type *means*; `compiled.py` turns all declarations into the tables that the kernel
executes. Terms and semantics: docs/reference/rules.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["other", "navigation", "video", "book", "problem", "open_response"]
Mode = Literal["observing", "submitting", "collaborating", "feedback"]
Fate = Literal["translate", "page_close", "echo", "background", "studio", "machine"]
Source = Literal["any", "browser", "server"]
Act = Literal["check", "save", "reset"]
Trust = Literal["graded", "browser", "request", "server"]
Form = Literal["maps", "post", "query", "graded"]

KINDS: tuple[Kind, ...] = ("other", "navigation", "video", "book", "problem", "open_response")
MODES: tuple[Mode, ...] = ("observing", "submitting", "collaborating", "feedback")
FATES: tuple[Fate, ...] = ("translate", "page_close", "echo", "background", "studio", "machine")
ACTS: tuple[Act, ...] = ("check", "save", "reset")
TRUSTS: tuple[Trust, ...] = ("graded", "browser", "request", "server")  # lowest first
FORMS: tuple[Form, ...] = ("maps", "post", "query", "graded")

# submission_is_submitted
SAVED, SUBMITTED, FAILED, RESET = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class Submit:
    """How a submitting event becomes submissions and assessments."""

    act: Act
    code: int
    trust: Trust
    form: Form


@dataclass(frozen=True, slots=True)
class Clicks:
    """Where a video event keeps what click_events wants: per column the payload members tried in order."""

    code: tuple[str, ...] = ("code",)
    current_time: tuple[str, ...] = ("currentTime", "current_time")
    old_time: tuple[str, ...] = ("old_time",)
    new_time: tuple[str, ...] = ("new_time",)
    old_speed: tuple[str, ...] = ("old_speed",)
    new_speed: tuple[str, ...] = ("new_speed", "speed")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an event type means, whether it was recognised by name or by path.

    Member paths (`module`, `panel`, `course`, `user`) are dotted and tried in order; `category` is that of a module
    which the payload names without saying what it is.
    """

    kind: Kind = "other"
    mode: Mode = "observing"
    fate: Fate = "translate"
    module: tuple[str, ...] = ()
    category: str = ""
    panel: tuple[str, ...] = ()
    course: tuple[str, ...] = ()
    user: tuple[str, ...] = ()
    clicks: Clicks | None = None
    submit: Submit | None = None
    joins: bool = False  # the actor joins the course: users.user_join_timestamp

    @property
    def reads_payload(self) -> bool:
        """Whether the kernel must decode `event` for this type."""
        return bool(self.module or self.panel or self.course or self.user or self.clicks or self.submit)


@dataclass(frozen=True, slots=True)
class EventType:
    """A named event type. `source="browser"` matches lines whose event_source is `browser`, `"server"` all others."""

    name: str
    meaning: Meaning
    doc: str  # where its fields are documented
    also: tuple[str, ...] = ()  # other names of the same type
    source: Source = "any"


@dataclass(frozen=True, slots=True)
class PathPattern:
    """An event type that is a request path, or the action at the end of a path on a module.

    pattern  matched against the cleaned path (no query, one trailing slash): `*` stands for one piece or a part of
             one, `**` for anything. Patterns are tried in the order of `events.PATHS`.
    action   instead of a pattern: the action of a request on a module, `/modx/<module>/<action>`,
             `/xblock/<module>/handler/xmodule_handler/<action>` or `/xblock/<module>/handler/<action>`; `*` is any (or none).
             `categories` narrows it down.
    """

    meaning: Meaning
    doc: str
    pattern: str = ""
    action: str = ""
    categories: tuple[str, ...] = ()
