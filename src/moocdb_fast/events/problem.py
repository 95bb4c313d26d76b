"""Problems (capa): browser, request and server forms of checking, saving and resetting; looking at answers; progress."""

from functools import partial
from typing import Any

from ._samples import BROWSER, COURSE, TASK, block, handler, inside
from ._spec import FAILED, MIDDLEWARE, RESET, SAVED, SUBMITTED, Act, EventType, Form, Meaning, PathPattern, Submit, Trust

_DOC = "edX research guide, student event types: problem interaction events"
_TASK = "source of the platform's instructor tasks"
_FIXTURES = "test fixtures of event-routing-backends"
_AGGREGATOR = "source of the completion aggregator"


def _submits(act: Act, code: int, trust: Trust, form: Form) -> Meaning:
    module = ("problem_id",) if form == "maps" else ()
    return Meaning(kind="problem", mode="submitting", module=module, category="problem", submit=Submit(act, code, trust, form))


def _views(*fields: str) -> Meaning:
    return Meaning(kind="problem", module=fields, category="problem")


_MAPS = _views("problem_id", "problem")
_CHECK = _submits("check", SUBMITTED, "server", "maps")
# who is rescored is only named by a user name or an address: no assessment
_RESCORE = Meaning(kind="problem", mode="submitting", module=("problem_id",), category="problem", staff=True)
_STUDENT_STATE = Meaning(kind="problem", mode="submitting", staff=True)
_PROGRESS = Meaning(module=("block_id",), course=("course_id", "context_key"), user=("user_id",))

_browser = partial(EventType, envelope=BROWSER)

_ID = block("problem", "ohms_law")
_PART = "ohms_law_2_1"
_FORM = f"input_{_PART}=choice_1"
_POST = {"POST": {f"input_{_PART}": ["choice_1"]}, "GET": {}}
_STATE: dict[str, Any] = {"seed": 1, "done": None, "student_answers": {}, "correct_map": {}, "input_state": {_PART: {}}}
_RIGHT = {"correctness": "correct", "npoints": None, "msg": "", "hint": "Well done", "hintmode": None, "queuestate": None}
_CHECKED = {
    "problem_id": _ID,
    "attempts": 1,
    "grade": 1,
    "max_grade": 1,
    "success": "correct",
    "answers": {_PART: "choice_1"},
    "correct_map": {_PART: _RIGHT},
    "submission": {
        _PART: {
            "question": "What is R?",
            "answer": "4 ohm",
            "response_type": "multiplechoiceresponse",
            "input_type": "choicegroup",
            "correct": True,
            "variant": "",
        }
    },
    "state": _STATE,
}
_REFUSED = {"problem_id": _ID, "answers": {_PART: "choice_1"}, "failure": "closed", "state": _STATE}
_RESCORED = {"problem_id": _ID, "student": "learner", "orig_score": 0, "orig_total": 1, "new_score": 1, "new_total": 1, "success": "correct"}
_BLOCK = {"user_id": 1001, "course_id": COURSE, "context_key": COURSE}

TYPES = (
    _browser("problem_check", _submits("check", SUBMITTED, "browser", "query"), _DOC, "since 2012", source="browser", example=_FORM),
    EventType(
        "problem_check",
        _CHECK,
        _DOC,
        "since 2013-06; save_problem_check from 2012 to 2013-10-15",
        ("save_problem_check",),
        "server",
        example=_CHECKED,
        envelope=inside("problem", "ohms_law"),
    ),
    EventType(
        "problem_check_fail",
        _submits("check", FAILED, "server", "maps"),
        _DOC,
        "since 2013-06; save_problem_check_fail from 2012 to 2013-10-15",
        ("save_problem_check_fail",),
        example=_REFUSED,
    ),
    _browser(
        "problem_graded",
        _submits("check", SUBMITTED, "graded", "graded"),
        _DOC,
        "since 2013-06",
        example=[_FORM, f'<p class="status" aria-describedby="input_{_PART}">correct</p>'],
    ),
    _browser("problem_save", _submits("save", SAVED, "browser", "query"), _DOC, "since 2012", example=_FORM),
    EventType(
        "save_problem_success",
        _submits("save", SAVED, "server", "maps"),
        _DOC,
        "since 2013-02-18; before that logged as save_problem_fail",
        example={"problem_id": _ID, "answers": {_PART: "choice_1"}, "state": _STATE},
    ),
    EventType("save_problem_fail", _submits("save", FAILED, "server", "maps"), _DOC, "since 2012", example=_REFUSED),
    _browser("problem_reset", _submits("reset", RESET, "browser", "query"), _DOC, "since 2012", example=_FORM),
    EventType(
        "reset_problem",
        _submits("reset", RESET, "server", "maps"),
        _DOC,
        "since 2012",
        example={"problem_id": _ID, "old_state": {**_STATE, "done": True}, "new_state": _STATE},
    ),
    EventType(
        "reset_problem_fail",
        _submits("reset", FAILED, "server", "maps"),
        _DOC,
        "since 2012",
        example={"problem_id": _ID, "failure": "not_done", "old_state": _STATE},
    ),
    _browser("problem_show", _views("problem"), _DOC, "since 2012", example={"problem": _ID}),
    EventType("showanswer", _MAPS, _DOC, "since 2013-06; show_answer from 2012 to 2013-10", ("show_answer",), example={"problem_id": _ID}),
    EventType("problem_rescore", _RESCORE, _DOC, "since 2013-06", example=_RESCORED, envelope=TASK),
    EventType(
        "problem_rescore_fail",
        _RESCORE,
        _DOC,
        "since 2013-06",
        example={"problem_id": _ID, "student": "learner", "failure": "unanswered"},
        envelope=TASK,
    ),
    EventType(
        "problem_reset_attempts",
        _STUDENT_STATE,
        _TASK,
        "since 2013",
        example={"student": "learner", "old_attempts": 3, "new_attempts": 0},
        envelope=TASK,
    ),
    EventType("problem_delete_state", _STUDENT_STATE, _TASK, "since 2013", example={}, envelope=TASK),
    EventType(
        "edx.problem.hint.demandhint_displayed",
        _views("module_id"),
        _DOC,
        "since 2015-07-01",
        example={"module_id": _ID, "hint_index": 0, "hint_len": 2, "hint_text": "Think of U and I."},
    ),
    EventType(
        "edx.problem.hint.feedback_displayed",
        _views("module_id"),
        _DOC,
        "since 2015-07-01",
        example={
            "module_id": _ID,
            "problem_part_id": _PART,
            "trigger_type": "single",
            "hint_label": "Correct:",
            "hints": [{"text": "Well done"}],
            "correctness": True,
            "question_type": "multiplechoiceresponse",
            "student_answer": ["choice_1"],
            "choice_all": ["choice_0", "choice_1"],
        },
    ),
    EventType(
        "edx.problem.completed",
        Meaning(kind="problem", mode="submitting", module=("problem_id",), category="problem", course=("course_id",), user=("user_id",)),
        _FIXTURES,
        "since 2020",
        example={"course_id": COURSE, "problem_id": _ID, "user_id": "1001", "weighted_earned": 1, "weighted_possible": 1},
    ),
    EventType(
        "edx.completion.block_completion.changed",
        _PROGRESS,
        _FIXTURES,
        "since 2023",
        example={**_BLOCK, "block_id": _ID, "block_type": "problem", "completion": 1.0, "is_new": True},
    ),
    *(
        EventType(
            f"openedx.completion_aggregator.{what}.{category}",
            _PROGRESS,
            _AGGREGATOR,
            "since 2023",
            example={**_BLOCK, "block_id": block(category, name), "block_type": category, "earned": 4.0, "possible": possible, "percent": share},
        )
        for what, possible, share in (("progress", 8.0, 0.5), ("completion", 4.0, 1.0))
        for category, name in (("course", "course"), ("chapter", "week1"), ("sequential", "lesson2"), ("vertical", "unit3"))
    ),
)

# the act, its code, what the request posts
_REQUESTED: tuple[tuple[Act, int, dict[str, Any]], ...] = (
    ("check", SUBMITTED, _POST),
    ("save", SAVED, _POST),
    ("reset", RESET, {"POST": {"id": [_ID]}, "GET": {}}),
)

PATHS = (
    *(
        PathPattern(
            _submits(act, code, "request", "post"),
            MIDDLEWARE,
            action=f"problem_{act}",
            categories=("problem",),
            era="since 2012",
            path=handler("problem", "ohms_law", f"xmodule_handler/problem_{act}"),
            example=example,
        )
        for act, code, example in _REQUESTED
    ),
    PathPattern(
        Meaning(kind="problem"),
        MIDDLEWARE,
        action="*",
        categories=("problem",),
        era="since 2012",
        path=handler("problem", "ohms_law", "xmodule_handler/problem_get"),
        example={"POST": {}, "GET": {}},
    ),
)
