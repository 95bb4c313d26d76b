"""Grades: of a problem, of a subsection, of the course. Most lines name the learner only in the payload."""

from functools import partial
from typing import Any

from ._samples import COURSE, NOBODY, block
from ._spec import SUBMITTED, Assess, EventType, Meaning, Submit, Whole

_DOC = "edX research guide, course team event types: grade events"
_OLD = "edX research guide, edition of August 2017 (removed since)"
_CODE = "source of the platform's grades"

_COURSE, _USER, _PROBLEM = ("course_id",), ("user_id",), ("problem_id",)
_EARNED = Whole(earned=("weighted_earned",), possible=("weighted_possible",))
_problem = partial(Meaning, kind="problem", mode="submitting", module=_PROBLEM, category="problem", course=_COURSE, user=_USER)

_SUBMITTED = _problem(submit=Submit("check", SUBMITTED, "score", "whole", _EARNED))
_REGRADED = _problem(assess=Assess("staff", earned=("new_weighted_earned",), possible=("new_weighted_possible",)))
_SUBSECTION = partial(Meaning, mode="submitting", category="sequential", course=_COURSE, user=_USER)
_PASSED = Meaning(course=_COURSE, user=_USER)

_WHO = {"user_id": "1001", "course_id": COURSE}
_ACT = {"event_transaction_id": "3f0c2d4e-6a7b-4c8d-9e0f-1a2b3c4d5e6f", "event_transaction_type": "edx.grades.problem.submitted"}
_ON_PROBLEM = {**_WHO, **_ACT, "problem_id": block("problem", "ohms_law")}
_LESSON = block("sequential", "lesson2")


def _by_staff(what: str, **more: Any) -> dict[str, Any]:
    return {**_ON_PROBLEM, "instructor_id": "2001", "event_transaction_type": f"edx.grades.problem.{what}", **more}


_NEW = {"new_weighted_earned": 1, "new_weighted_possible": 2, "only_if_higher": False}
_CHECKED = ("problem_check",)

_event = partial(EventType, envelope=NOBODY)

TYPES = (
    EventType(
        "edx.grades.problem.submitted",
        _SUBMITTED,
        _DOC,
        "since 2016-12-14",
        example={**_ON_PROBLEM, "weighted_earned": 2, "weighted_possible": 2},
    ),
    _event(
        "edx.grades.problem.rescored",
        _REGRADED,
        _DOC,
        "since 2016-12-14",
        example=_by_staff("rescored", **_NEW),
        after=_CHECKED,
    ),
    _event(
        "edx.grades.problem.score_overridden",
        _REGRADED,
        _DOC,
        "since 2017-07-19",
        example=_by_staff("score_overridden", **_NEW),
        after=_CHECKED,
    ),
    _event("edx.grades.problem.state_deleted", _problem(), _DOC, "since 2016-12-14", example=_by_staff("state_deleted")),
    _event(
        "edx.grades.subsection.grade_calculated",
        _SUBSECTION(module=("block_id",)),
        _DOC,
        "since 2016-12-14",
        example={
            **_WHO,
            **_ACT,
            "block_id": _LESSON,
            "course_version": "5f1d0c2b",
            "weighted_total_earned": 3.0,
            "weighted_total_possible": 4.0,
            "weighted_graded_earned": 3.0,
            "weighted_graded_possible": 4.0,
            "first_attempted": "2024-03-05T10:14:00Z",
            "subtree_edited_timestamp": "2024-03-01T08:00:00Z",
            "visible_blocks_hash": "kq1m",
        },
    ),
    # its problem_id is a subsection
    _event(
        "edx.grades.subsection.score_overridden",
        _SUBSECTION(module=_PROBLEM),
        _OLD,
        "since 2017-08",
        example={**_WHO, **_ACT, "problem_id": _LESSON, "only_if_higher": None, "override_deleted": False},
    ),
    _event(
        "edx.grades.course.grade_calculated",
        Meaning(course=_COURSE, user=_USER, final_grade=("percent_grade", "percent")),
        _DOC,
        "since 2016-12-14",
        example={
            **_WHO,
            **_ACT,
            "course_version": "5f1d0c2b",
            "percent_grade": 0.75,
            "letter_grade": "Pass",
            "course_edited_timestamp": "2024-03-01T08:00:00Z",
            "grading_policy_hash": "Zx9v",
        },
    ),
    *(
        _event(f"edx.course.grade.{what}", _PASSED, _CODE, "since 2020", example={**_WHO, **_ACT})
        for what in ("passed.first_time", "now_passed", "now_failed")
    ),
)
