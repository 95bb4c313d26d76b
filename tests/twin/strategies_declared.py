"""Hypothesis strategies that read the declarations: an event of any declared type, each member that the declaration names filled in.

Values are drawn so that events meet: few ids of posts, submissions and users. A type that is added to a family of `moocdb_fast.events`
is generated without a change here. Everything is synthetic.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from moocdb_fast import events
from moocdb_fast.events._spec import Meaning, Question, Submit

from . import invented
from .strategies_events import (
    COURSES,
    Draw,
    Event,
    answers,
    event,
    graded_pages,
    map_payloads,
    modules,
    mostly,
    one_of,
    pages,
    pick,
    posted,
    queries,
    requests,
)

Entry = events.EventType | events.PathPattern
Values = st.SearchStrategy[Any]

_IDS = mostly(pick("t1", "t1", "t1", "t2"), " t1 ", "", "é" * 300, 5, None, {"id": "t1"}, "a/b")
_TEXTS = mostly(pick("Why?", 'a,b\n"c"', "é\0"), "", " \n", None, 5, True, ["Why?"], [], {"text": "x"}, "\\n")
_NUMBERS = mostly(pick(0, 1, 2, 3, 0.5, 0.1, 2.5), -1, None, "1", True, 2**64 - 1, 1e308, -0.0, [1], [])
_USERS = mostly(pick(7, 7, 8, "7", "008"), None, "x", -1, 7.0, [8])
_FLAGS = mostly(st.booleans(), "true", None, 1, [True], 0)
_SMALL = mostly(st.integers(0, 3), 999, 1000, -1, "1", None, 2**31, 2**31 - 1, 1.0, True, [2])
_ESSAYS: tuple[Any, ...] = (
    {"text": "An essay"}, {"parts": [{"text": "One"}]}, {"parts": [{"text": "One"}, {"text": "é"}]}, {"parts": []}, {"parts": [{}, 5, {"text": 5}]},
    {"parts": "x", "file": 1}, {"text": 5, "parts": [{"text": ""}]}, "plain", "{broken", " {} ", "[1]", {"a": 1.0}, [{"text": "a"}], ["a", "b"], None,
    {"text": "", "parts": [{"text": "late"}]},
)  # fmt: skip
essays = st.tuples(pick(*_ESSAYS), st.integers(0, 2)).map(lambda drawn: json.dumps(drawn[0]) if drawn[1] == 0 else drawn[0])
_PEOPLE = mostly(pick("Idea", "Idea", "Form"), "", " ", 5, None, "é" * 300, "a/b")
_SETTINGS = mostly(pick("gender", "year_of_birth", "country", "language"), "time_zone", "Gender", None, 5, ["gender"])
_NEW = mostly(pick("f", "US", "de", "XK", 1990, " 1985 ", "en", "zh-Hans"), "", None, 0, 10000, "0099", "-5", 1.5, True, "g" * 60, "DEU", ["m"], -7)
_ODD_PAYLOADS = ({}, None, "text", "", 5, [], "{", "[{]", '{"a": 1, "b')


@dataclass(frozen=True)
class Cast:
    """The few declared types that one log holds, so that they meet, and the category of its modules."""

    entries: tuple[Entry, ...]
    category: str

    def events(self, course: str) -> list[st.SearchStrategy[Event]]:
        """Events of each type."""
        return [event_of(entry, course, self.category) for entry in self.entries]


@st.composite
def casts(draw: Draw, families: Sequence[str]) -> Cast:
    """A few types of some families, mostly such as make rows of their own."""
    declared = [entry for family in families for entry in _entries(family)]
    if not declared:
        return Cast((), "html")
    rich = [entry for entry in declared if _is_rich(entry.meaning)] or declared
    sources = [entry for entry in declared if _is_source(entry.meaning)] or rich
    source = draw(pick(*sources))
    partners = [entry for entry in declared if _meet(source.meaning, entry.meaning)] or rich
    entries = [source, source, *(draw(pick(*some)) for some in (partners, partners, rich, declared))]
    return Cast(tuple(entries), draw(mostly(pick(*_categories(entries)), "html")))


def _is_source(m: Meaning) -> bool:
    """Whether others refer to it."""
    return bool(m.submit or (m.post and m.post.key))


def _meet(source: Meaning, m: Meaning) -> bool:
    """Whether the two may be copies of each other, or the one may mark or answer the other."""
    copies = source.submit and m.submit and (source.submit.act, source.submit.trust) != (m.submit.act, m.submit.trust)
    posts = source.post and m.post and source.post.type == m.post.type and source.post.trust != m.post.trust
    return bool(copies or posts or (source.submit and m.assess))


def _entries(family: str) -> tuple[Entry, ...]:
    return events.declarations(events.FAMILIES.get(family) or invented.FAMILIES[family])


def _is_rich(m: Meaning) -> bool:
    return bool(m.submit or m.post or m.questions or m.assess or m.final_grade or m.profile or m.joins or m.clicks)


def _categories(entries: Sequence[Entry]) -> tuple[str, ...]:
    """Categories of modules that these types speak of."""
    found: dict[str, None] = {}
    for entry in entries:
        found |= dict.fromkeys(filter(None, (entry.meaning.category, *getattr(entry, "categories", ()))))
        found |= dict.fromkeys(re.findall(r"type@([a-z_]+)\+block", json.dumps([entry.example, dict(entry.envelope)], default=str)))
    return tuple(found) or ("problem",)


@st.composite
def event_of(draw: Draw, entry: Entry, course: str, category: str) -> Event:
    """An event of a declared type; `around` are members of its context."""
    meaning = entry.meaning
    category = meaning.category or category
    payload = draw(payloads(meaning, entry.example, course, category))
    page = draw(one_of(pages(course), pages(course), requests(course, category, "ask").map("https://h.org{}".format)))
    told: Event
    if isinstance(entry, events.PathPattern):
        told = event(draw(paths(entry, course, category)), payload, page=draw(mostly(st.just("x_module"), page)))
    else:
        name = draw(pick(entry.name, entry.name, *entry.also)).replace("**", draw(pick("a", "a.b", "", "é\n")))
        source = "browser" if entry.source == "browser" else draw(pick("server", "server", "mobile" if entry.source == "server" else "browser"))
        told = event(name, payload, page=draw(mostly(st.just(page), None, "")), source=draw(mostly(st.just(source), "browser", "server", None)))
    context = told.setdefault("around", {})
    if draw(st.integers(0, 1 if meaning.submit or meaning.assess else 4)) == 0:
        context["module"] = {"usage_key": draw(modules(course, category)), "display_name": "A name"}
    if draw(st.integers(0, 5)) == 0:
        context["path"] = draw(requests(course, category, "tell"))
    return told


@st.composite
def paths(draw: Draw, entry: events.PathPattern, course: str, category: str) -> str:
    """A path that an entry matches."""
    if entry.action:
        action = draw(pick("ask", "tell")) if entry.action == "*" else entry.action
        return str(draw(requests(course, draw(pick(*entry.categories)) if entry.categories else category, action)))
    path, anything = "", pick(course, course, course, "a", "")
    for piece in re.split(r"(\*\*|\*)", entry.pattern):
        if piece == "**":
            path += draw(anything)
            anything = pick("t1/", "t1/", "a/t2/", "", "x")  # behind the course
        else:
            path += draw(pick("t1", "t1", "t2", "x")) if piece == "*" else piece
    return path.replace("//", "/") + str(draw(pick("", "", "?a=b")))


# Payloads


@st.composite
def payloads(draw: Draw, meaning: Meaning, example: Any, course: str, category: str) -> object:
    """A payload with what the declaration looks for."""
    if draw(st.integers(0, 15)) == 15:
        return draw(pick(*_ODD_PAYLOADS))
    if meaning.submit and meaning.submit.form != "whole":
        payload = draw(_of_form(meaning.submit, course))
        if not isinstance(payload, dict):
            return payload
    else:
        payload = deepcopy(example) if draw(st.integers(0, 2)) == 0 and isinstance(example, dict) else {}
    for paths_, values in _fields(meaning, course, category):
        payload = draw(_filled(payload, paths_, values))
    return draw(mostly(st.just(payload), [payload], [[payload], 1]))


def _of_form(submit: Submit, course: str) -> Values:
    """What is submitted part by part, as the handmade strategies write it."""
    problem = modules(course, "problem")
    if submit.form == "maps":
        return problem.flatmap(map_payloads)
    if submit.form == "post":
        return problem.flatmap(posted)
    return problem.flatmap(graded_pages if submit.form == "graded" else queries)


def _fields(meaning: Meaning, course: str, category: str) -> list[tuple[tuple[str, ...], Values]]:
    """The members that a declaration names, and what to put there."""
    fields: list[tuple[tuple[str, ...], Values]] = [
        (meaning.module, modules(course, category)),
        (meaning.panel, mostly(st.integers(1, 4), "2", 0, "x", None, 2.0, [3])),
        (meaning.course, mostly(st.just(course), *COURSES, "bad", None)),
        (meaning.user, _USERS),
        (meaning.page, pages(course)),
        (meaning.final_grade, _NUMBERS),
    ]
    if meaning.profile:
        fields += [(("setting",), _SETTINGS), (("new",), _NEW)]
    if clicks := meaning.clicks:
        numbers = mostly(st.floats(0, 1e6), 5, "1.50", " 2 ", "x", None, 2**64 - 1, 1e22, [1.5, 2])
        times = (clicks.current_time, clicks.old_time, clicks.new_time, clicks.old_speed, clicks.new_speed)
        fields += [(clicks.code, _TEXTS), *((paths_, numbers) for paths_ in times)]
    if meaning.submit and (whole := meaning.submit.whole):
        fields += [(whole.answer, essays if whole.essay else one_of(answers, essays)), (whole.item, _SMALL), (whole.attempts, _SMALL)]
        fields += [(whole.correct, _FLAGS), (whole.earned, _NUMBERS), (whole.possible, _NUMBERS), (whole.key, _IDS)]
    if post := meaning.post:
        fields += [(post.key, _IDS), (post.about, _IDS), (post.undo, _FLAGS), *(((path,), _TEXTS) for path in post.content)]
    fields += [(question.answer, _answers_of(question)) for question in meaning.questions]
    if mark := meaning.assess:
        fields += [(mark.key, _IDS), (mark.rubric, rubrics), (mark.earned, _NUMBERS), (mark.possible, _NUMBERS), (mark.feedback, _TEXTS)]
    return [(paths_, values) for paths_, values in fields if paths_]


_points = mostly(pick(0, 1, 2, 2.5), None, "1", True, -1, 1e308, [1])
_rubric_parts = st.fixed_dictionaries(
    {},
    optional={
        "criterion": mostly(st.fixed_dictionaries({"name": _PEOPLE}, optional={"points_possible": _points}), None, [], "x", {}),
        "option": mostly(st.fixed_dictionaries({}, optional={"name": answers, "points": _points}), None, [{"points": 1}], "x"),
    },
)
rubrics = mostly(st.lists(mostly(_rubric_parts, None, 5, []), max_size=3), None, {}, "x", [[{}]])


def _answers_of(question: Question) -> Values:
    if question.form == "rubric":
        return rubrics
    if question.form == "members":
        return mostly(st.dictionaries(pick("q1", "q2", "", " ", "é" * 300, "a/b"), answers, max_size=3), None, [], "x", [{"q1": "y"}])
    return mostly(answers, ["a"], ["a", "b"], [["a"]], [None], [None, "", "b"], {"a": [1]}, {}, " ")


@st.composite
def _filled(draw: Draw, payload: Any, paths_: tuple[str, ...], values: Values) -> Any:
    """A payload with a value at one of the paths, mostly the first, sometimes at more than one, sometimes at none."""
    if draw(st.integers(0, 9)) == 9:
        return payload
    for path in [draw(pick(paths_[0], *paths_))] + ([draw(pick(*paths_))] if draw(st.integers(0, 7)) == 7 else []):
        payload = _put(payload, [] if path == "." else path.split("."), draw(values), draw(st.integers(0, 31)) == 31)
    return payload


def _put(payload: Any, path: list[str], value: Any, wrapped: bool) -> Any:
    """A payload with `value` at a path; `wrapped` puts what is on the way into an array."""
    if not path:
        return value
    inner = payload if isinstance(payload, dict) else {}
    filled = {**inner, path[0]: _put(inner.get(path[0]), path[1:], value, wrapped)}
    return [filled] if wrapped and len(path) > 1 else filled
