"""The vocabulary in which event types are declared.

A declaration says what an event type *means*; `compiled.py` turns all declarations into the tables that the kernel
executes. Terms and semantics: docs/reference/rules.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["other", "navigation", "video", "book", "problem", "open_response"]
Mode = Literal["observing", "submitting", "collaborating", "feedback"]
Fate = Literal["translate", "page_close", "echo", "background", "studio", "machine"]
Source = Literal["any", "browser", "server"]
Act = Literal["check", "save", "reset", "post"]
Trust = Literal["score", "graded", "browser", "request", "server"]
Form = Literal["maps", "post", "query", "graded", "whole"]
PostType = Literal["forum_question", "forum_answer", "forum_comment", "wiki_edit", "forum_vote", "other"]
AnswerForm = Literal["value", "each", "members", "rubric"]
Grader = Literal["automatic", "self", "staff", "peer"]
Fact = Literal["join", "staff", "grade", "gender", "birth", "country", "language"]

KINDS: tuple[Kind, ...] = ("other", "navigation", "video", "book", "problem", "open_response")
MODES: tuple[Mode, ...] = ("observing", "submitting", "collaborating", "feedback")
FATES: tuple[Fate, ...] = ("translate", "page_close", "echo", "background", "studio", "machine")
ACTS: tuple[Act, ...] = ("check", "save", "reset", "post")
TRUSTS: tuple[Trust, ...] = ("score", "graded", "browser", "request", "server")  # lowest first
FORMS: tuple[Form, ...] = ("maps", "post", "query", "graded", "whole")
POST_TYPES: tuple[PostType, ...] = ("forum_question", "forum_answer", "forum_comment", "wiki_edit", "forum_vote", "other")  # ids from 1
ANSWER_FORMS: tuple[AnswerForm, ...] = ("value", "each", "members", "rubric")
GRADERS: tuple[Grader, ...] = ("automatic", "self", "staff", "peer")
FACTS: tuple[Fact, ...] = ("join", "staff", "grade", "gender", "birth", "country", "language")

MIDDLEWARE = "the platform's request middleware"
"""The `doc` of requests."""

# submission_is_submitted
SAVED, SUBMITTED, FAILED, RESET = 0, 1, 2, 3

Paths = tuple[str, ...]
"""Member paths of the payload, dotted, tried in order; `.` is the payload itself."""


@dataclass(frozen=True, slots=True)
class Whole:
    """Where an event that submits a module at once keeps what it says."""

    answer: Paths = ()
    essay: bool = False  # the answer is an object of texts, perhaps as JSON text
    item: Paths = ()  # the number of the part that was answered
    attempts: Paths = ()
    correct: Paths = ()  # true or false
    earned: Paths = ()
    possible: Paths = ()  # without it, what was earned is a share
    key: Paths = ()  # the id by which assessments refer to the submission


@dataclass(frozen=True, slots=True)
class Submit:
    """How a submitting event becomes submissions and assessments."""

    act: Act
    code: int
    trust: Trust
    form: Form
    whole: Whole | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """How an event becomes a collaboration.

    about   id of what it is about: the parent, and what tells its copies. Of a request it is a piece of the path.
    content texts, joined by an empty line; `word` if there are none
    undo    a member that, if true, makes the content `unvote`
    needs_content   without content the event is none (a request that only shows the form)
    """

    type: PostType
    trust: Trust = "server"
    key: Paths = ()
    about: Paths = ()
    content: Paths = ()
    word: str = ""
    undo: Paths = ()
    needs_content: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """An answer that an event gives, and to what.

    value    the first of `answer` that is there        each    each element of it
    members  each member of it; its name is the question
    rubric   each element of it: the name of its `criterion` is the question, that of its `option` the answer
    """

    type: str
    answer: Paths
    form: AnswerForm = "value"
    name: str = ""  # tells questions of one module apart


@dataclass(frozen=True, slots=True)
class Assess:
    """A mark for a submission that another event made: the one with the key, else the user's last one of the module."""

    grader: Grader
    key: Paths = ()
    rubric: Paths = ()  # a list of {criterion: {points_possible}, option: {points}}
    earned: Paths = ()
    possible: Paths = ()
    feedback: Paths = ()


@dataclass(frozen=True, slots=True)
class Clicks:
    """Where a video event keeps what click_events wants: per column the payload members tried in order."""

    code: Paths = ("code",)
    current_time: Paths = ("currentTime", "current_time")
    old_time: Paths = ("old_time",)
    new_time: Paths = ("new_time",)
    old_speed: Paths = ("old_speed",)
    new_speed: Paths = ("new_speed", "speed")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an event type means, whether it was recognised by name or by path.

    `category` is that of a module which the payload names without saying what it is; `page` counts when the line has none;
    `user` is the user whom the event is about.
    """

    kind: Kind = "other"
    mode: Mode = "observing"
    fate: Fate = "translate"
    module: Paths = ()
    category: str = ""
    panel: Paths = ()
    course: Paths = ()
    user: Paths = ()
    page: Paths = ()
    clicks: Clicks | None = None
    submit: Submit | None = None
    post: Post | None = None
    questions: tuple[Question, ...] = ()
    assess: Assess | None = None
    joins: bool = False  # the user joins the course: users.user_join_timestamp
    staff: bool = False  # only the course team can do this: users.user_type_id
    final_grade: Paths = ()  # users.user_final_grade
    profile: bool = False  # `setting` and `new` of the user's profile

    @property
    def reads_payload(self) -> bool:
        """Whether the kernel must decode `event` for this type."""
        fields = (self.module, self.panel, self.course, self.user, self.page, self.questions, self.final_grade)
        return any(fields) or self.profile or any(x is not None for x in (self.clicks, self.submit, self.post, self.assess))


@dataclass(frozen=True, slots=True)
class EventType:
    """A named event type, as documentation and kernel know it.

    name     `**` in it stands for anything; such names are tried in order when no other name fits
    label    the observed_event_type of a name with `**`: what stands for the star may be a person
    doc      where its fields are documented
    era      since when, and until when, it was logged
    also     other names of the same type, of other times or clients
    source   `browser` matches lines whose event_source is `browser`, `server` all others
    example  the payload of an example line, and `envelope` what is special about the rest of that line (events/examples.py has the rest)
    after    names of types whose example lines must come before, for the example to make sense
    """

    name: str
    meaning: Meaning
    doc: str
    era: str = ""
    also: tuple[str, ...] = ()
    source: Source = "any"
    label: str = ""
    example: Mapping[str, Any] | str | list[Any] | None = field(default=None, hash=False)
    envelope: Mapping[str, Any] = field(default_factory=dict, hash=False)
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PathPattern:
    """An event type that is a request path, or the action at the end of a path on a module.

    pattern  matched against the cleaned path (no query, one trailing slash): `*` stands for one piece or a part of
             one, `**` for anything. Patterns are tried in the order of `events.PATHS`.
    action   instead of a pattern: the action of a request on a module, `/modx/<module>/<action>`,
             `/xblock/<module>/handler/xmodule_handler/<action>` or `/xblock/<module>/handler/<action>`; `*` is any (or none).
             `categories` narrows it down.
    about    which piece from the end, from 1, names what a collaboration is about
    label    the observed_event_type of a collaboration
    path     the example's path; `envelope` as of named types
    """

    meaning: Meaning
    doc: str
    pattern: str = ""
    action: str = ""
    categories: tuple[str, ...] = ()
    about: int = 0
    label: str = ""
    era: str = ""
    path: str = ""
    example: Mapping[str, Any] | str | None = field(default=None, hash=False)
    envelope: Mapping[str, Any] = field(default_factory=dict, hash=False)


Declared = EventType | PathPattern
