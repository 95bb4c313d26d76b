"""Open response assessment: the first generation (combined open ended, peer and staff grading) and the second (ORA2)."""

from functools import partial

from ._samples import BROWSER, BROWSER_2013, COURSE, ID_2013, PEER, SERVER_2013, TEACHER, block, handler, i4x, inside
from ._spec import MIDDLEWARE, SAVED, SUBMITTED, Assess, EventType, Grader, Meaning, PathPattern, Question, Submit, Whole

_DOC = "edX research guide, student event types: open response assessment events"
_OLD = "edX research guide, student event types: open response assessment events (deprecated)"
_NEW = "Open edX documentation, student event types: open response assessment events"
_SELF = "source of the platform's self assessment module of 2012"
_CODE = "source of the second open response assessment (ORA2)"

_PLAIN = Meaning(kind="open_response")

# the first generation

_CATEGORIES = ("combinedopenended", "peergrading")
_QUESTION = Meaning(kind="open_response", module=("location",))
_FEEDBACK = Meaning(kind="open_response", mode="feedback")
_ESSAY_2013 = i4x("combinedopenended", "circuit_essay")

_event = partial(EventType, envelope=BROWSER_2013)

_FIRST = (
    *(
        _event(
            f"{who}_{verb}_question",
            _QUESTION,
            _OLD,
            "2013-02 to 2015; until mid-2013 with problem in place of question",
            (f"{who}_{verb}_problem",),
            example={"location": _ESSAY_2013},
        )
        for who in ("oe", "peer_grading", "staff_grading")
        for verb in ("show", "hide")
    ),
    _event(
        "rubric_select",
        Meaning(kind="open_response", mode="submitting", module=("location",)),
        _OLD,
        "2013-01 to 2015",
        example={"location": _ESSAY_2013, "category": 0, "selection": 2},
    ),
    _event("oe_show_full_feedback", _FEEDBACK, _OLD, "2013-02 to 2015", example={}),
    _event("oe_show_respond_to_feedback", _FEEDBACK, _OLD, "2013-02 to 2015", example={}),
    _event(
        "oe_feedback_response_selected",
        Meaning(kind="open_response", mode="feedback", questions=(Question("likert", ("value",)),)),
        _OLD,
        "2013-02 to 2015",
        example={"value": 4},
    ),
    EventType(
        "save_hint",
        Meaning(kind="open_response", mode="submitting", module=("location",)),
        _SELF,
        "2012 to 2013",
        example={"location": i4x("selfassessment", "circuit_essay"), "hint": "Draw the circuit first."},
        envelope=SERVER_2013,
    ),
)

# the second generation

_SECOND = Meaning(kind="open_response", mode="submitting")
_FETCHES = Meaning(kind="open_response", module=("item_id",))


def _essay(code: int, *answer: str, key: bool = False) -> Meaning:
    whole = Whole(answer=answer, essay=True, attempts=("attempt_number",) if key else (), key=("submission_uuid",) if key else ())
    return Meaning(kind="open_response", mode="submitting", submit=Submit("check" if key else "save", code, "server", "whole", whole))


def _assesses(grader: Grader, staff: bool = False) -> Meaning:
    mark = Assess(grader, key=("submission_uuid",), rubric=("parts",), feedback=("feedback",))
    return Meaning(kind="open_response", mode="submitting", assess=mark, questions=(Question("rubric", ("parts",), "rubric"),), staff=staff)


_MADE = _essay(SUBMITTED, "answer", key=True)
_ASKED = Meaning(
    kind="open_response",
    mode="feedback",
    questions=(Question("freeform", ("feedback_text",), name="feedback_text"), Question("choice", ("options",), "each", name="options")),
)

_IN_ESSAY = inside("openassessment", "circuit_essay")
_server = partial(EventType, envelope=_IN_ESSAY)

_UUID = "5ab0d3a4-0c5e-4d0a-9a51-8f0f3f1f2c11"
_TEXT = {"parts": [{"text": "A resistor limits the current."}]}
_SUBMISSION = {"submission_uuid": _UUID, "attempt_number": 1, "created_at": "2024-03-04T10:00:00Z", "submitted_at": "2024-03-04T10:00:00Z"}
_PARTS = [
    {"criterion": {"name": "Ideas", "points_possible": 5}, "option": {"name": "Good", "points": 3}, "feedback": ""},
    {"criterion": {"name": "Content", "points_possible": 5}, "option": {"name": "Excellent", "points": 5}, "feedback": "Clear"},
]


def _assessment(score_type: str, **more: str) -> dict[str, object]:
    rubric = {"content_hash": "1641a7c2"}
    given = {"scorer_id": "f0e1d2c3b4a5968778695a4b3c2d1e0f", "scored_at": "2024-03-04T11:00:00Z", "feedback": "Well argued", "rubric": rubric}
    return {"submission_uuid": _UUID, "score_type": score_type, "parts": _PARTS, **given, **more}


_CREATED = ("openassessmentblock.create_submission",)

_ORA2 = (
    _server(
        "openassessmentblock.create_submission",
        _MADE,
        _DOC,
        "since 2014-04-03; openassessment.create_submission only in the guide of 2014",
        ("openassessment.create_submission",),
        example={**_SUBMISSION, "answer": _TEXT},
    ),
    _server("openassessmentblock.create_team_submission", _MADE, _CODE, "since 2019", example={**_SUBMISSION, "team_id": "ohm", "answer": _TEXT}),
    _server(
        "openassessmentblock.save_submission",
        _essay(SAVED, "saved_response"),
        _DOC,
        "since 2014-04-03; openassessment.save_submission only in the guide of 2014",
        ("openassessment.save_submission",),
        example={"saved_response": '{"parts": [{"text": "A resistor lim"}]}'},
    ),
    _server(
        "openassessmentblock.peer_assess",
        _assesses("peer"),
        _DOC,
        "since 2014-04-03",
        example=_assessment("PE"),
        envelope=inside("openassessment", "circuit_essay", PEER),
        after=_CREATED,
    ),
    _server("openassessmentblock.self_assess", _assesses("self"), _DOC, "since 2014-04-03", example=_assessment("SE"), after=_CREATED),
    _server(
        "openassessmentblock.staff_assess",
        _assesses("staff", staff=True),
        _DOC,
        "since 2016-01-20",
        example=_assessment("ST", type="full-grade"),
        envelope=inside("openassessment", "circuit_essay", TEACHER),
        after=_CREATED,
    ),
    _server(
        "openassessmentblock.get_peer_submission",
        _FETCHES,
        _DOC,
        "since 2014-04-03",
        example={
            "course_id": COURSE,
            "item_id": block("openassessment", "circuit_essay"),
            "requesting_student_id": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
            "submission_returned_uuid": _UUID,
        },
    ),
    _server(
        "openassessmentblock.get_submission_for_staff_grading",
        Meaning(kind="open_response", module=("item_id",), staff=True),
        _DOC,
        "since 2016-01-20",
        example={
            "item_id": block("openassessment", "circuit_essay"),
            "requesting_staff_id": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
            "submission_returned_uuid": _UUID,
            "type": "full-grade",
        },
        envelope=inside("openassessment", "circuit_essay", TEACHER),
    ),
    _server(
        "openassessmentblock.submit_feedback_on_assessments",
        _ASKED,
        _DOC,
        "since 2014-04-03",
        example={"feedback_text": "Thank you, peers.", "options": ["These assessments were useful."], "submission_uuid": _UUID},
    ),
    _server(
        "openassessment.student_training_assess_example",
        _SECOND,
        _DOC,
        "since 2014-08-06",
        example={"submission_uuid": _UUID, "options_selected": {"Ideas": "Good"}, "corrections": {"Ideas": "Fair"}},
    ),
    EventType(
        "openassessment.upload_file",
        _SECOND,
        _DOC,
        "since 2014-08-06",
        example={"fileName": "circuit.png", "fileSize": 20480, "fileType": "image/png"},
        envelope=BROWSER,
    ),
    EventType(
        "openassessment.upload_file_error",
        _SECOND,
        _NEW,
        "since 2023",
        example={"fileName": "circuit.png", "fileSize": 20480, "fileType": "image/png", "contentType": "image/png", "statusText": "Forbidden"},
        envelope=BROWSER,
    ),
    _server("openassessmentblock.remove_uploaded_file", _SECOND, _CODE, "since 2019", example={"student_item_key": "circuit_essay/0"}),
    _server(
        "openassessmentblock.save_files_descriptions",
        _SECOND,
        _CODE,
        "since 2019",
        example={"saved_response": '[{"description": "My circuit", "name": "circuit.png", "size": 20480}]'},
    ),
)

TYPES = (*_FIRST, *_ORA2)

# requests whose deed is an openassessmentblock.* event of its own
_ECHOED = (
    "submit", "save_submission", "peer_assess", "self_assess", "training_assess", "staff_assess", "submit_feedback",
    "save_files_descriptions", "remove_uploaded_file", "upload_url", "download_url",
)  # fmt: skip
_MODX = f"/courses/{ID_2013}/modx"

PATHS = (
    PathPattern(
        Meaning(
            kind="open_response",
            mode="submitting",
            submit=Submit("check", SUBMITTED, "request", "whole", Whole(answer=("POST.student_answer",))),
        ),
        MIDDLEWARE,
        action="save_answer",
        categories=("combinedopenended",),
        era="2012 to 2015",
        path=f"{_MODX}/{_ESSAY_2013}/save_answer",
        example={"POST": {"student_answer": ["A resistor limits the current."], "can_upload_files": ["false"]}, "GET": {}},
        envelope=SERVER_2013,
    ),
    # the request names the essay in its payload (peer grading) or in its path
    PathPattern(
        Meaning(kind="open_response", module=("POST.location",)),
        MIDDLEWARE,
        action="*",
        categories=_CATEGORIES,
        era="2012 to 2015",
        path=f"{_MODX}/{i4x('peergrading', 'circuit_peers')}/is_student_calibrated",
        example={"POST": {"location": [_ESSAY_2013]}, "GET": {}},
        envelope=SERVER_2013,
    ),
    *(
        PathPattern(
            Meaning(kind="open_response", fate="background"),
            MIDDLEWARE,
            action=action,
            categories=("openassessment",),
            era="since 2014",
            path=handler("openassessment", "circuit_essay", action),
            example={"POST": {}, "GET": {}},
        )
        for action in _ECHOED
    ),
    PathPattern(
        _PLAIN,
        MIDDLEWARE,
        action="*",
        categories=("openassessment",),
        era="since 2014",
        path=handler("openassessment", "circuit_essay", "render_submission"),
        example={"POST": {}, "GET": {}},
    ),
)
