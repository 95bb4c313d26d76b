"""Every declaration in events/ is well-formed and has an example that holds what it says it reads. Nothing here runs the kernel."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from twin.requests import entry_of_path, read_module_request

from moocdb_fast import events
from moocdb_fast.events import PATHS, TYPES, EventType, Meaning, PathPattern

SERVED = [p for p in PATHS if p.meaning.fate == "translate"]
MINE = {id(declared) for family in events.FAMILIES.values() for declared in events.declarations(family)}
IN_FAMILIES = [p for p in PATHS if id(p) in MINE]


def name_of(declared: EventType | PathPattern) -> str:
    if isinstance(declared, EventType):
        return f"{declared.name}-{declared.source}"
    return declared.pattern or f"{declared.action}-{'-'.join(declared.categories)}"


every_type = pytest.mark.parametrize("declared", TYPES, ids=name_of)
every_path = pytest.mark.parametrize("declared", PATHS, ids=name_of)
every_family_path = pytest.mark.parametrize("declared", IN_FAMILIES, ids=name_of)


# What a declaration reads, in groups of which one member must be there


def groups(m: Meaning) -> Iterator[tuple[str, ...]]:
    yield from (m.module, m.panel, m.course, m.user, m.page, m.final_grade)
    if m.profile:
        yield from (("setting",), ("new",))
    if m.clicks:
        c = m.clicks
        yield c.code
        yield (*c.code, *c.current_time, *c.old_time, *c.new_time, *c.old_speed, *c.new_speed)
    if m.submit and m.submit.whole:
        w = m.submit.whole
        yield from (w.answer, w.item, w.attempts, w.correct, w.earned, w.possible, w.key)
    if m.post:
        yield from (m.post.key, m.post.about, m.post.content, m.post.undo)
    for question in m.questions:
        yield question.answer
    if m.assess:
        a = m.assess
        yield from (a.key, a.rubric, a.earned, a.possible, a.feedback)


def reach(payload: Any, path: str) -> Any:
    for member in path.split(".") if path != "." else ():
        if isinstance(payload, list):
            payload = payload[0] if payload else None
        if not isinstance(payload, dict):
            return None
        payload = payload.get(member)
    return payload


def decoded(example: Any) -> Any:
    return json.loads(example) if isinstance(example, str) and example.startswith(("{", "[")) else example


def missing(declared: EventType | PathPattern) -> list[tuple[str, ...]]:
    payload = decoded(declared.example)
    return [paths for paths in groups(declared.meaning) if paths and all(reach(payload, path) is None for path in paths)]


@every_type
def test_type_is_documented_and_has_an_example(declared):
    assert declared.name == declared.name.strip() and not declared.name.startswith("/")
    assert declared.doc and declared.era
    assert declared.example is not None
    json.dumps([declared.example, declared.envelope], allow_nan=False)
    assert missing(declared) == []


@every_type
def test_names_with_stars_have_a_label_and_nothing_else_has(declared):
    assert bool(declared.label) == ("**" in declared.name)
    assert not (declared.label and declared.also)
    assert not any("**" in name for name in declared.also)


@every_type
def test_examples_come_after_declared_types(declared):
    canonical = {t.name for t in TYPES}
    assert set(declared.after) <= canonical - {declared.name}


@pytest.mark.parametrize("source", ["browser", "server"])
def test_a_name_means_one_thing(source):
    names = Counter(name for t in TYPES if t.source in ("any", source) for name in (t.name, *t.also))
    assert [name for name, n in names.items() if n > 1] == []


def test_a_renamed_type_has_one_canonical_name():
    also = Counter(name for t in TYPES for name in t.also)
    assert [name for name, n in also.items() if n > 1] == []
    assert not also.keys() & {t.name for t in TYPES}


@pytest.mark.parametrize("declared", [*TYPES, *PATHS], ids=name_of)
def test_meaning_is_consistent(declared):
    m = declared.meaning
    if m.fate != "translate":
        assert not (m.submit or m.post or m.questions or m.assess or m.clicks or m.staff or m.joins)
    if m.submit:
        assert m.mode == "submitting"
        assert (m.submit.form == "whole") == (m.submit.whole is not None)
    if m.post:
        assert m.mode == "collaborating"
        assert m.post.trust in ("server", "request")
    if m.questions and not m.assess:
        assert m.mode == "feedback"
    keys = Counter((q.name, q.form) for q in m.questions)
    assert all(n == 1 for n in keys.values())
    if m.category:
        assert m.module or m.submit, "a category says what the module fields name"


@every_path
def test_path_is_recognised_in_one_way(declared):
    assert bool(declared.pattern) != bool(declared.action)
    assert not (declared.categories and declared.pattern)
    assert declared.doc
    assert bool(declared.label) == (declared.meaning.post is not None)
    assert not declared.about or declared.meaning.post


@every_family_path
def test_path_has_an_example_that_only_it_recognises(declared):
    assert declared.era and declared.path.startswith("/") and declared.example is not None
    json.dumps([declared.example, declared.envelope], allow_nan=False)
    assert missing(declared) == []
    assert entry_of_path(declared.path, "courses.example.org", read_module_request(declared.path)) is declared
    if declared.about:
        assert declared.path.strip("/").split("/")[-declared.about]


def test_labels_tell_requests_apart():
    labels = Counter((p.label, p.meaning, p.about) for p in SERVED if p.label)
    by_label = Counter(label for label, _, _ in labels)
    assert [label for label, n in by_label.items() if n > 1] == []


FOREIGN = re.compile(
    r"(?:course|block|library|lib-block|ccx|ccx-block|asset)-v1:(?!Example\+)|i4x:/+(?!/|Example/)|/courses/(?!course-v1:Example|Example/)"
)


@pytest.mark.parametrize("declared", [*TYPES, *PATHS], ids=name_of)
def test_examples_are_of_made_up_courses(declared):
    text = json.dumps([declared.example, declared.envelope, getattr(declared, "path", "")])
    assert FOREIGN.search(text) is None


def test_requests_on_modules_are_of_the_family_that_declares_them():
    for label, family in events.FAMILIES.items():
        for p in events.declarations(family):
            for category in p.categories if isinstance(p, PathPattern) else ():
                assert events.family_of(f"i4x_{category}_{p.action}") == label, (category, p.action)
    assert events.family_of("i4x_openassessment_render_submission") == "open response"
    assert events.family_of("i4x_video_save_user_state") == "video"
    assert events.family_of("i4x_word_cloud_submit") == "other module requests"


def test_every_name_has_a_family():
    for t in TYPES:
        for name in (t.label or t.name, *t.also):
            assert events.family_of(name) != "other", name
        for name in t.also:
            assert events.canonical(name) == t.name
