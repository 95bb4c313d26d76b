"""The course team: the instructor dashboard, and what happened behind the scenes.

Types that the server logs after it has checked the right make their actor a member of the course team; those that
anybody can send, be it with their browser, do not. Names that hold a name of a person are logged without it.
"""

from functools import partial
from typing import Any

from ._samples import BROWSER, COURSE_2013, ID_2013, STAFF, i4x
from ._spec import EventType, Meaning

_DOC = "edX research guide, course team event types: instructor dashboard events"
_CODE = "source of the platform's first instructor dashboard"
_RELOAD = "source of the platform's first way to update a course from its repository"
_SYSTEM = "source of the platform's system dashboard"
_INDEX = "source of the platform's search index"

_TEAM = Meaning(staff=True)
_ON_COURSE = Meaning(course=("course",), staff=True)
_ON_PROBLEM = Meaning(course=("course",), module=("problem",), category="problem", staff=True)
_ON_NAME = Meaning(module=("problem",), category="problem", staff=True)
# a form that any signed-in user could post
_SYSTEM_ACT = Meaning()
_AUTHOR = Meaning(fate="studio")
_MACHINE = Meaning(fate="background")


def _dashboard(page: str = "idashboard", **more: Any) -> dict[str, Any]:
    return {"username": "teacher", "page": page, "context": {**COURSE_2013, "user_id": 2001}, **more}


_team = partial(EventType, source="server", envelope=_dashboard())

_COURSE, _PROBLEM = {"course": ID_2013}, {"problem": i4x("problem", "ohms_law")}
_STUDENT = {"student": "learner"}

# names, since when, meaning, example
_Rows = tuple[tuple[tuple[str, ...], str, Meaning, dict[str, Any]], ...]
_DASHBOARD: _Rows = (
    (
        (
            "list-students", "dump-grades", "dump-grades-raw", "dump-grades-csv", "dump-grades-csv-raw", "dump-graded-assignments-config",
            "list-staff", "list-instructors", "list-beta-testers",
        ),
        "2012 to 2015",
        _TEAM,
        {},
    ),
    (("rescore-all-submissions", "reset-all-attempts"), "2013 to 2015", _ON_PROBLEM, {**_COURSE, **_PROBLEM}),
    (("delete-student-module-state", "rescore-student-submission"), "2013 to 2015", _ON_PROBLEM, {**_COURSE, **_PROBLEM, **_STUDENT}),
    (("reset-student-attempts",), "2012 to 2015", _ON_PROBLEM, {**_COURSE, **_PROBLEM, **_STUDENT, "old_attempts": 3, "new_attempts": 0}),
    (("get-student-progress-page",), "since 2012", _ON_COURSE, {**_COURSE, **_STUDENT, "instructor": "teacher"}),
    (("list-forum-admins", "list-forum-mods", "list-forum-community-TAs"), "2013 to 2015", _ON_COURSE, _COURSE),
    (
        (
            "add-forum-admin", "remove-forum-admin", "add-forum-mod", "remove-forum-mod", "add-forum-community-TA", "remove-forum-community-TA",
        ),
        "2013 to 2015",
        _ON_COURSE,
        {**_COURSE, "username": "learner"},
    ),
    (("add-or-remove-user-group",), "2013 to 2015", _TEAM, {"event_name": "beta-tester", "user": "learner", "event": "add"}),
    (("psychometrics-histogram-generation",), "since 2013, where it was enabled", _ON_NAME, {"problem": "ohms_law"}),
)  # fmt: skip

# name, label, example of a whole name, meaning
_FREE_TEXT: tuple[tuple[str, str, str, Meaning], ...] = (
    ("add-staff **", "add-staff", "add-staff learner", _TEAM),
    ("remove-staff **", "remove-staff", "remove-staff learner", _TEAM),
    ("Add ** as ** for **", "add-role", f"Add learner as staff for {ID_2013}", _TEAM),
    ("Remove ** as ** for **", "remove-role", f"Remove learner as staff for {ID_2013}", _TEAM),
    ("psychometrics **", "psychometrics", "psychometrics ohms_law", _TEAM),
    ("list-**", "list-role", "list-course-admins", _TEAM),
    ("git pull **", "git-pull", "git pull mooc-2013", _AUTHOR),
    ("reload **", "reload", "reload mooc-2013", _AUTHOR),
    ("reloaded **", "reloaded", "reloaded mooc-2013 now at 4f2a9c (pid=512)", _AUTHOR),
)

TYPES = (
    *(_team(name, meaning, _DOC, era, example=example) for names, era, meaning, example in _DASHBOARD for name in names),
    _team(
        "dump-answer-dist-csv",
        _TEAM,
        _DOC,
        "2012 to 2015; with underscores only in tests of a published translator",
        ("dump_answer_dist_csv",),
        example={},
    ),
    *(
        _team(
            f"{what}-instructor",
            _TEAM,
            _DOC,
            "2012 to 2015; with an underscore only in the guide of 2013",
            (f"{what}_instructor",),
            example={"instructor": "teacher2"},
        )
        for what in ("add", "remove")
    ),
    EventType(
        "edx.instructor.report.requested",
        _TEAM,
        _DOC,
        "since 2015-05-08",
        source="server",
        example={"report_type": "grade_report"},
        envelope=STAFF,
    ),
    EventType(
        "edx.instructor.report.downloaded",
        Meaning(),
        _DOC,
        "since 2015-05-08",
        example={"report_url": "https://files.example.org/grade_report_2024-03-05.csv"},
        envelope={**STAFF, **BROWSER},
    ),
    *(
        EventType(name, _SYSTEM_ACT, _SYSTEM, "2013 to 2020", example={}, envelope=_dashboard("user_sysdashboard"))
        for name in ("download_users", "repair_eamap", "create_user", "del_user", "add_course", "del_course", "get_staff_csv")
    ),
    *(
        EventType(name, _AUTHOR, _RELOAD, "2013 to 2015", example={"directory": "mooc-2013"}, envelope=_dashboard())
        for name in ("git-pull", "reload")
    ),
    *(
        EventType(
            name,
            meaning,
            _CODE if meaning is _TEAM else _RELOAD,
            "2012",
            source="server",
            label=label,
            example={},
            envelope=_dashboard(event_type=whole),
        )
        for name, label, whole, meaning in _FREE_TEXT
    ),
    *(
        EventType(
            f"edx.{what}",
            _MACHINE,
            _INDEX,
            "since 2015",
            example={"category": "courseware_index", "indexed_count": 12},
            envelope=STAFF,
        )
        for what in ("course.index.reindexed", "course.index.published", "library.index.reindexed")
    ),
)
