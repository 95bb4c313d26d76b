"""Every event type that was ever catalogued fills at least the tables that the catalogue names for it, or docs/differences.md says why not."""

import dataclasses
import json
import re
from pathlib import Path

import pytest
from catalogue import CATALOGUE, COURSE, OLD_COURSE, entries

from moocdb_fast.demonstration import demonstrate
from moocdb_fast.events._spec import EventType, Meaning, PathPattern
from moocdb_fast.events.lookup import declaration

pytestmark = pytest.mark.skipif(not CATALOGUE.exists(), reason="the catalogue is not here")

DIFFERENCES = Path(__file__).resolve().parents[2] / "docs" / "differences.md"
OBSERVED = {"observed_events", "resources", "urls"}
RECORDS = {"submissions", "assessments", "collaborations", "feedbacks"}

# Types whose examples put the learner on a page, as in a whole log: what the server says has none of its own.
ON_A_PAGE = {COURSE: "seq_goto", OLD_COURSE: "fullscreen"}

# What any request may carry: a form, a post, a comment.
POST = {"title": ["A title"], "body": ["A text"], "content": ["An article"], "input_thing_2_1": ["choice_1"]}


def listed():
    """Catalogue row → reason, of the list in docs/differences.md."""
    section = DIFFERENCES.read_text(encoding="utf-8").partition("## The catalogue")[2].partition("\n## ")[0]
    rows = [line.strip("| \n").split(" | ", 1) for line in section.splitlines() if line.startswith("| `")]
    return {name: reason for names, reason in rows for name in re.findall(r"`([^`]+)`", names)}


def line_of(entry, concrete):
    """A declaration whose example line is one of this row of the catalogue; None if nothing is declared."""
    if entry.is_path:
        course = OLD_COURSE if OLD_COURSE in concrete else COURSE
        envelope = {"event": json.dumps({"POST": POST, "GET": {}}), "context": {"course_id": course}}
        return EventType(concrete, Meaning(), "", example={}, envelope=envelope, after=(ON_A_PAGE[course],))
    declared = declaration(concrete, entry.source.split()[0])
    if isinstance(declared, PathPattern) or declared is None:
        return None
    envelope = {name: value for name, value in declared.envelope.items() if name != "event_type"}
    context = dict(envelope.get("context", {}))
    course = context.get("course_id", COURSE)
    if envelope.get("username"):  # whoever it is of: the one who is on a page
        envelope |= {"username": "learner", "context": context | {"user_id": 1001}}
    return dataclasses.replace(declared, name=concrete, envelope=envelope, after=(ON_A_PAGE.get(course, ON_A_PAGE[COURSE]), *declared.after))


@pytest.fixture(scope="module")
def traces():
    """(entry, [trace of each concrete line]) of every row."""
    cast = [(entry, concrete, line_of(entry, concrete)) for entry in entries() for concrete in entry.concrete()]
    made = iter(demonstrate([line for _, _, line in cast if line is not None]))
    rows = {}
    for entry, concrete, line in cast:
        rows.setdefault((entry.type, entry.source), (entry, []))[1].append((concrete, next(made).trace if line is not None else None))
    return list(rows.values())


def complaint(entry, concrete, trace):
    """Why a row of the catalogue is not met; None if it is."""
    if trace is None:
        return f"{concrete} is not declared"
    if not entry.wants:
        return None
    if entry.is_path and (trace.fate, trace.reason) in GENERAL:
        return None
    missing = [sorted(missing_of(wanted, trace)) for wanted in entry.wants]
    return (
        None
        if [] in missing
        else f"{concrete} is {trace.fate} {trace.reason} and lacks {' or '.join(map(str, missing))}, makes {sorted(trace.tables)}"
    )


# A request is filtered as background (T6), as an echo of the event that the browser sent of it (T3), or as an author's (T16).
GENERAL = {("filtered", "background"), ("filtered", "echo"), ("filtered", "studio"), ("filtered", "machine")}


def missing_of(wanted, trace):
    """What a trace lacks of one of the ways to meet a row."""
    missing = wanted.tables - trace.tables
    if trace.tables & RECORDS or any("user_final_grade" in row.values for row in trace.rows):  # records are no observed events
        missing -= OBSERVED
    if wanted.post and wanted.post not in {row.values["collaboration_type_id"] for row in trace.rows if row.table == "collaborations"}:
        missing |= {wanted.post}
    if wanted.grader and wanted.grader not in {row.values["assessment_grader_id"] for row in trace.rows if row.table == "assessments"}:
        missing |= {f"grader {wanted.grader}"}
    return missing


def test_every_row_is_met_or_listed_with_a_reason(traces):
    reasons = listed()
    complaints = {entry.type: found for entry, made in traces for concrete, trace in made if (found := complaint(entry, concrete, trace))}
    assert {name: found for name, found in complaints.items() if name not in reasons} == {}
    assert sorted(reasons.keys() - complaints.keys()) == [], "listed in docs/differences.md without need"
    assert len(traces) == 524
