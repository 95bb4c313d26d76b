"""Programming assignments and peer assessed tasks: problems, submissions, assessments and their events."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .columns import NONE, Lookup, Reader, joined, optional, ranks, stamps
from .people import UNSAMPLED, People, attend
from .problems import Problems, Terms, terms_of
from .reasons import Drop, Note, Skip
from .resources import Items, Resources, add_items
from .writing import Events, Writer

Array = np.ndarray[Any, Any]


def read_assignments(reader: Reader, resources: Resources, items: Items, problems: Problems) -> Array:
    """Assignments and their parts as problems; the highest score of each part by problem_id."""
    frame = reader.frame("assignment_metadata")
    live = add_items(reader, resources, items, frame, "assignment")
    ids = frame.numbers("id").tolist()
    for number, terms in zip(ids, terms_of(frame), strict=True):
        if live[number] == number:
            resource = resources.ids["assignment"][number]
            problems.add(f"assignment_{number}", f"assignment:{number}", "assignment", terms, resource, where=("assignment", number))
    known = problems.ids.setdefault("assignment", {})
    known.update({number: known[at] for number, at in live.items() if number not in known})
    most = _read_parts(reader, resources, problems)
    highest = np.full(len(problems.rows) + 1, np.nan)
    highest[list(most)] = list(most.values())
    return highest


def _read_parts(reader: Reader, resources: Resources, problems: Problems) -> dict[int, float]:
    frame = reader.frame("assignment_part_metadata")
    ids, above = frame.numbers("id"), frame.numbers("assignment_id")
    limits, highest = frame.numbers("maximum_submissions").tolist(), frame.reals("maximum_score").tolist()
    assignments, most, lost = problems.ids["assignment"], {}, 0
    for row in np.lexsort((ids, frame.numbers("part_order"), above)).tolist():
        number, parent = int(ids[row]), assignments.get(int(above[row]))
        lost += parent is None
        terms = problems.rows[parent - 1][6] if parent else Terms()
        terms = Terms(terms.release, terms.soft, terms.hard, limits[row] if limits[row] > 0 else NONE)
        resource = problems.rows[parent - 1][7] if parent else 0
        key = f"assignment_part:{number}"
        made = problems.add(f"assn_part_{number}", key, "assignment_part", terms, resource, parent=parent, where=("part", number))
        most[made] = highest[row]
    reader.ledger.note(frame.name, Note.NO_PARENT, lost)
    return most


def write_assignments(reader: Reader, people: People, problems: Problems, highest: Array, writer: Writer, events: Events) -> None:
    """Attempts at parts, their scores and events."""
    frame = reader.frame("assignment_submission_metadata")
    ids, times = frame.numbers("id"), frame.times("submission_time")
    problem = problems.of("part").of(frame.numbers("item_id"))
    users = people.of("session", frame.raw("session"))
    rows = attend(reader, frame, users, ids, (Drop.NO_ITEM, problem != 0), (Drop.NO_TIME, times != NONE))
    user, problem, time, score = users[rows], problem[rows], times[rows], frame.reals("raw_score")[rows]
    keys, first = joined("assignment_submission", ids[rows]), writer.rows["submissions"]
    columns = {
        "submission_id": pa.array(np.arange(first + 1, first + len(rows) + 1)),
        "user_id": pa.array(user),
        "problem_id": pa.array(problem),
        "submission_timestamp": stamps(time),
        "submission_attempt_number": optional(ranks(user, problem, time)),
        "submission_is_submitted": pa.array(np.ones(len(rows), np.int8)),
        "submission_key": keys,
    }
    writer.put("submissions", columns, len(rows))
    graded = np.flatnonzero(~np.isnan(score))
    grader = pa.array(["automatic"] * len(graded), pa.string())
    put_marks(writer, graded + first + 1, score[graded], highest[problem[graded]], grader, time[graded])
    events.add(frame.name, "assignment_submission", user, time, problems.resources()[problem], keys)


def put_marks(writer: Writer, submission: Array, points: Array, most: Array, grader: pa.Array, time: Array) -> None:
    """Assessments: points as a share of the most that can be reached, where that is known."""
    first = writer.rows["assessments"]
    most = np.where(most > 0, most, np.nan)
    share = points / most
    grade = np.clip(share, 0, 1)
    columns = {
        "assessment_id": pa.array(np.arange(first + 1, first + len(points) + 1)),
        "submission_id": pa.array(submission),
        "assessment_grade": pa.array(grade, mask=np.isnan(grade)),
        "assessment_max_grade": pa.array(most, mask=np.isnan(most)),
        "assessment_grade_with_penalty": pa.array(share, mask=~(share < 0)),
        "assessment_grader_id": grader,
        "assessment_timestamp": stamps(time),
    }
    writer.put("assessments", columns, len(points))


# ---------------------------------------------------------------- peer assessment


class Tasks:
    """Peer assessed tasks: their highest marks, and when marks are shown."""

    def __init__(self, reader: Reader, resources: Resources, items: Items, problems: Problems) -> None:
        frame = reader.frame("hg_assessment_metadata")
        add_items(reader, resources, items, frame, "peer", "peergrading")
        ids = frame.numbers("id").tolist()
        for number, terms in zip(ids, terms_of(frame, "submission_deadline", "grading_deadline"), strict=True):
            terms = Terms(terms.release, NONE, terms.soft)  # what is handed in later does not count
            resource = resources.ids["peer"][number]
            problems.add(f"peer_{number}", f"peer:{number}", "peer_assessment", terms, resource, where=("peer", number))
        self.problems = problems.of("peer")
        self.resources = problems
        self.most = {number: most for number, most in zip(ids, frame.reals("max_grade").tolist(), strict=True)}
        self.shown = dict(zip(ids, frame.times("display_grades_time").tolist(), strict=True))


def write_peers(reader: Reader, people: People, tasks: Tasks, writer: Writer, events: Events) -> None:
    """What was handed in, and the marks by peers, staff and authors."""
    frame = reader.frame("hg_assessment_submission_metadata")
    ids, assessment = frame.numbers("id"), frame.numbers("assessment_id")
    problem = tasks.problems.of(assessment)
    users = people.of("session", frame.raw("author"))
    submitted, saved = frame.times("submit_time"), frame.times("save_time")
    time = np.where(submitted != NONE, submitted, saved)
    rows = attend(reader, frame, users, ids, (Drop.NO_ITEM, problem != 0), (Drop.NO_TIME, time != NONE))
    done = submitted[rows] != NONE
    number = np.full(len(rows), NONE)
    number[done] = ranks(users[rows][done], problem[rows][done], time[rows][done])
    keys, first = joined("peer_submission", ids[rows]), writer.rows["submissions"]
    columns = {
        "submission_id": pa.array(np.arange(first + 1, first + len(rows) + 1)),
        "user_id": pa.array(users[rows]),
        "problem_id": pa.array(problem[rows]),
        "submission_timestamp": stamps(time[rows]),
        "submission_attempt_number": optional(number),
        "submission_answer": frame.take(rows).texts("title"),
        "submission_is_submitted": pa.array(done.astype(np.int8)),
        "submission_key": keys,
    }
    writer.put("submissions", columns, len(rows))
    resource = tasks.resources.resources()
    handed = np.flatnonzero(done)
    events.add(frame.name, "peer_submission", users[rows][handed], time[rows][handed], resource[problem[rows][handed]], keys.take(pa.array(handed)))
    made = _Handed(
        Lookup(ids[rows], np.arange(first + 1, first + len(rows) + 1)), Lookup(ids, users), Lookup(ids, assessment), Lookup(ids, resource[problem])
    )
    _write_evaluations(reader, people, tasks, made, writer, events)
    _write_overall(reader, tasks, made, writer)


class _Handed:
    """By the number of what was handed in: submission_id, author, task and resource."""

    def __init__(self, submission: Lookup, author: Lookup, task: Lookup, resource: Lookup) -> None:
        self.submission, self.author, self.task, self.resource = submission, author, task, resource


def _write_evaluations(reader: Reader, people: People, tasks: Tasks, made: _Handed, writer: Writer, events: Events) -> None:
    frame = reader.frame("hg_assessment_evaluation_metadata")
    ids, about = frame.numbers("id"), frame.numbers("submission_id")
    grader, submission = people.of("session", frame.raw("author")), made.submission.of(about)
    submitted, saved = frame.times("submit_time"), frame.times("save_time")
    time = np.where(submitted != NONE, submitted, saved)
    owner, task = made.author.of(about), made.task.of(about)
    rows = attend(reader, frame, grader, ids, (Drop.NO_ITEM, task != 0), (Drop.NO_TIME, time != NONE))
    staff = pc.equal(frame.texts("author_group"), "staff").fill_null(False).to_numpy(zero_copy_only=False)[rows]
    who = pa.array(grader[rows]).cast(pa.string())
    who = pc.if_else(pa.array(grader[rows] == owner[rows]), "self", pc.if_else(pa.array(staff), "staff", who))
    most = np.array([tasks.most.get(number, np.nan) for number in task[rows].tolist()])
    points = frame.reals("grade")[rows]
    reader.ledger.note(frame.name, Note.NO_PARENT, int(np.sum((submission[rows] == 0) & (owner[rows] != UNSAMPLED))))
    marked = np.flatnonzero(~np.isnan(points) & ~frame.flags("ignore")[rows] & (submission[rows] != 0))
    put_marks(writer, submission[rows][marked], points[marked], most[marked], who.take(pa.array(marked)), time[rows][marked])
    events.add(frame.name, "peer_evaluation", grader[rows], time[rows], made.resource.of(about[rows]), joined("peer_evaluation", ids[rows]))


def _write_overall(reader: Reader, tasks: Tasks, made: _Handed, writer: Writer) -> None:
    frame = reader.frame("hg_assessment_overall_evaluation_metadata")
    ids, about = frame.numbers("id"), frame.numbers("submission_id")
    submission, owner, task = made.submission.of(about), made.author.of(about), made.task.of(about)
    time = np.array([tasks.shown.get(number, NONE) for number in task.tolist()], np.int64)
    final, grade, staff = (frame.reals(name) for name in ("final_grade", "grade", "staff_grade"))
    points = np.where(np.isnan(final), grade, final)
    reader.ledger.skip(frame.name, Skip.SAMPLE, int(np.sum(owner == UNSAMPLED)))
    rows = np.flatnonzero(owner != UNSAMPLED)
    fates = ((Drop.NO_USER, (owner > 0) | (submission != 0) | (task == 0)), (Drop.NO_ITEM, submission != 0), (Drop.NO_TIME, time != NONE))
    for reason, good in fates:
        reader.ledger.drop(frame.name, reason, ids[rows][~good[rows]])
        rows = rows[good[rows]]
    reader.ledger.skip(frame.name, Skip.NOTHING, int(np.sum(np.isnan(points[rows]))))
    rows = rows[~np.isnan(points[rows])]
    by_staff = pa.array(staff[rows] == points[rows])
    most = np.array([tasks.most.get(number, np.nan) for number in task[rows].tolist()])
    put_marks(writer, submission[rows], points[rows], most, pc.if_else(by_staff, "staff", "automatic"), time[rows])
