"""Which submission a mark belongs to (rules.md, sections 11 and 12)."""

from __future__ import annotations

from collections.abc import Iterator

from .envelope import Event
from .marks import Mark
from .parts import Part
from .people import People
from .times import show_time

Row = dict[str, object]


def assess(translated: list[Event], people: People) -> list[tuple[Event, int, Row]]:
    """All assessments in the order of their ids, each with its event and the part of it. Submissions have their ids."""
    records = [e for e in translated if e.submits and not e.score_of]
    rows: list[tuple[Event, int, Row]] = []
    for event in translated:
        for number, row in _of(event, records, people):
            rows.append((event, number, {"assessment_id": len(rows) + 1, **row, "assessment_timestamp": show_time(event.time)}))
    return rows


def _of(event: Event, records: list[Event], people: People) -> Iterator[tuple[int, Row]]:
    """The assessments that an event makes, and the numbers of its parts."""
    if event.score_of:
        part = event.parts[0]
        if part.correctness is not None:
            yield 1, _of_part(part, event.score_of.first_submission)
    elif event.submits:
        for number, part in enumerate(event.parts, start=1):
            if part.correctness is not None:
                yield number, _of_part(part, event.first_submission + number - 1)
    elif event.mark and not event.record:
        marked = _marked(event, event.mark, records)
        if marked:
            yield 1, _of_mark(event.mark, marked.first_submission, people.id_of(event.user))


def _marked(event: Event, mark: Mark, records: list[Event]) -> Event | None:
    """The record that an assessing event is about."""
    if mark.keyed:
        return next((r for r in records if mark.key is not None and (r.course, r.key) == (event.course, mark.key)), None)
    of_user = [
        r
        for r in records
        if r.meaning.submit
        and r.meaning.submit.act == "check"
        and event.module
        and (r.user, r.course, r.module) == (event.affected_user, event.course, event.module)
        and (r.time, r.ordinal) < (event.time, event.ordinal)
    ]
    return max(of_user, key=lambda r: (r.time, r.ordinal), default=None)


def _of_part(part: Part, submission: int) -> Row:
    return {
        "submission_id": submission,
        "assessment_feedback": part.feedback,
        "assessment_grade": part.grade,
        "assessment_max_grade": part.max_grade,
        "assessment_grader_id": "automatic",
    }


def _of_mark(mark: Mark, submission: int, actor: int) -> Row:
    return {
        "submission_id": submission,
        "assessment_feedback": mark.feedback,
        "assessment_grade": mark.grade,
        "assessment_max_grade": mark.max_grade,
        "assessment_grader_id": str(actor) if mark.grader == "peer" else mark.grader,
    }
