"""Each declaration has an example line, and what it declares shows in the rows that the translator makes of that line."""

import json
from collections import Counter

import pytest

from moocdb_fast import _core
from moocdb_fast.demonstration import demonstrate
from moocdb_fast.events import FAMILIES, REQUESTS, TYPES, declarations
from moocdb_fast.events._spec import PathPattern
from moocdb_fast.events.examples import examples, has_example, scene, text
from moocdb_fast.events.lookup import declaration
from moocdb_fast.scan import tables


@pytest.fixture(scope="module")
def shown():
    return demonstrate(examples())


def name_of(declared):
    return declared.path if isinstance(declared, PathPattern) else f"{declared.name} {declared.source}"


def test_every_type_has_an_example():
    assert [t.name for t in TYPES if not has_example(t)] == []
    assert [declared for family in FAMILIES.values() for declared in declarations(family) if not has_example(declared)] == []


def test_examples_are_whole_lines_of_made_up_people():
    for declared in examples():
        for line in scene(declared):
            assert {"username", "event_source", "event_type", "time", "page", "context", "event"} <= line.keys(), name_of(declared)
            assert "**" not in line["event_type"]
            assert "edx.org" not in text(line)


def test_an_example_reaches_its_own_declaration():
    """The type under which the kernel files the line is that of the declaration: no other declaration was faster."""
    for declared in examples():
        line = text(scene(declared)[-1]).encode() + b"\n"
        scanner = _core.Scanner(tables(), keep_background=True)
        scanner.feed(line + bytes(_core.PADDING), len(line), 0, True)
        offsets, data = scanner.dictionaries()["type"]
        found = [bytes(data[offsets[code] : offsets[code + 1]]).decode() for code in scanner.events()["type"]]
        if declared.meaning.fate in ("machine", "studio", "echo"):
            assert found == [], name_of(declared)
        elif declared.label or not isinstance(declared, PathPattern):
            assert found == [declared.label or json.loads(line)["event_type"]], name_of(declared)
        elif declared.action and declared.meaning.fate != "background":
            action = json.loads(line)["event_type"].rstrip("/").rpartition("/")[2]
            assert found[0].startswith("i4x_"), name_of(declared)
            assert declared.action in ("*", action), name_of(declared)
        if found and found[0] not in REQUESTS:
            assert declaration(found[0], json.loads(line)["event_source"]).meaning == declared.meaning, name_of(declared)


def promised(meaning):
    """Tables in which a declaration says that it makes rows."""
    if meaning.fate != "translate":
        return set()
    told = {
        "submissions": meaning.submit and meaning.submit.trust != "score",
        "collaborations": meaning.post,
        "feedbacks": meaning.questions,
        "assessments": meaning.assess or (meaning.submit and meaning.submit.trust == "score"),
        "click_events": meaning.clicks,
        "users": meaning.joins or meaning.staff or meaning.final_grade or meaning.profile,
    }
    return {table for table, declared in told.items() if declared}


def test_what_is_declared_shows_in_the_rows(shown):
    lacking = {}
    for made in shown:
        meaning, rows = made.declared.meaning, made.trace.rows
        made_in = {row.table for row in rows}
        missing = promised(meaning) - made_in
        record = meaning.submit or meaning.post or meaning.final_grade or (meaning.questions and not meaning.assess)
        if meaning.fate == "translate" and not record:
            missing |= {"observed_events"} - made_in
        if missing:
            lacking[name_of(made.declared)] = (sorted(missing), made.trace.fate, made.trace.reason)
    assert lacking == {}


def test_nothing_else_than_declared_shows(shown):
    for made in shown:
        allowed = promised(made.declared.meaning) | {"observed_events", "assessments"} | ({"submissions"} if made.declared.meaning.submit else set())
        assert {row.table for row in made.trace.rows} <= allowed, name_of(made.declared)


def test_fates_are_those_declared(shown):
    for made in shown:
        fate = made.declared.meaning.fate
        assert (made.trace.fate, made.trace.reason) == (("translated", "") if fate == "translate" else ("filtered", fate)), name_of(made.declared)


def test_payload_members_that_name_a_module_do(shown):
    """A declared module is there: the row's resource or problem is a module of the example course."""
    odd = []
    for made in shown:
        meaning = made.declared.meaning
        if not meaning.module or meaning.fate != "translate" or meaning.kind in ("navigation", "book"):
            continue
        about = [row.values.get("resource_id") or row.values.get("problem_id") or row.values.get("question_id") or "" for row in made.trace.rows]
        if not any(key.startswith(("block-v1:Example", "i4x://Example")) for key in about):
            odd.append(name_of(made.declared))
    assert odd == []


def test_members_read_are_in_the_example(shown):
    """Each payload member that a declaration reads first or later is there in some example: a misspelt member would be in none."""
    unseen = []
    for made in shown:
        meaning = made.declared.meaning
        payload = made.line
        for paths in (meaning.panel, meaning.user, meaning.course, meaning.final_grade):
            if paths and not any(f'"{path.rpartition(".")[2]}' in payload.replace("\\", "") for path in paths):
                unseen.append((name_of(made.declared), paths))
    assert unseen == []


def test_names_are_declared_once():
    names = Counter((name, source) for t in TYPES for name in (t.name, *t.also) for source in ("browser", "server") if t.source in ("any", source))
    assert [name for name, count in names.items() if count > 1] == []
