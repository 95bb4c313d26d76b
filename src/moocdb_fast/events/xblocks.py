"""Blocks beyond the platform's own. Their events tell which block they happened in by `context.module`."""

from functools import partial
from typing import Any

from ._samples import BROWSER, block, inside
from ._spec import SUBMITTED, Clicks, EventType, Meaning, Submit, Whole

_GUIDE = "edX research guide, student event types: "
_SEEN = Meaning()
_AT_PROBLEM = Meaning(kind="problem")


def _submits(whole: Whole) -> Meaning:
    return Meaning(kind="problem", mode="submitting", submit=Submit("check", SUBMITTED, "server", "whole", whole))


# Exercises

_DRAG = partial(EventType, doc=_GUIDE + "drag and drop problem events", era="since 2016-02-24", envelope=inside("drag-and-drop-v2", "sort_the_parts"))
# each drop is marked by itself; the thing that was dropped is the part, where it fell (or what was typed there) the answer
_DROP = _submits(Whole(answer=("input", "location", "location_id"), item=("item_id",), correct=("is_correct",)))
_FELL = {"item_id": 0, "item": "Resistor", "location": "Passive", "location_id": 1, "is_correct": True, "is_correct_location": True}
_SAID = {"content": "Right, it only takes power.", "truncated": False}

_BUILDER = partial(EventType, doc="source of the problem builder", envelope=inside("problem-builder", "think_it_over"))
# the grade is a share; the number of attempts is only counted when it is limited
_BUILT = _submits(Whole(answer=("submitted_answer",), attempts=("num_attempts",), earned=("grade",)))
_MESSAGE = {"content": "Not quite yet."}

_PEERS = partial(
    EventType,
    doc=_GUIDE + "peer instruction events",
    era="since 2015-12-15",
    envelope=inside("ubcpi", "which_lamp_is_brighter"),
)
# the option and the reason for it belong together
_ANSWERED = _submits(Whole(answer=(".",)))

_OPPIA = partial(EventType, doc=_GUIDE + "Oppia exploration events", era="since 2015-10-27", envelope=inside("oppia", "series_and_parallel"))
_EXPLORATION = {"exploration_id": "Xy12", "exploration_version": 3}

_EXERCISES = (
    _DRAG(name="edx.drag_and_drop_v2.loaded", meaning=_AT_PROBLEM, example={}),
    _DRAG(name="edx.drag_and_drop_v2.item.picked_up", meaning=_AT_PROBLEM, example={"item_id": 0}),
    _DRAG(name="edx.drag_and_drop_v2.item.dropped", meaning=_DROP, example=_FELL),
    _DRAG(name="edx.drag_and_drop_v2.feedback.opened", meaning=_AT_PROBLEM, example=_SAID),
    _DRAG(name="edx.drag_and_drop_v2.feedback.closed", meaning=_AT_PROBLEM, example={**_SAID, "manually": True}),
    _BUILDER(name="xblock.problem_builder.loaded", meaning=_AT_PROBLEM, era="since 2015", example={}),
    _BUILDER(
        name="xblock.problem_builder.submitted",
        meaning=_BUILT,
        era="since 2015; with the other name in 2014",
        also=("xblock.mentoring.submitted",),
        example={"num_attempts": 1, "submitted_answer": {"goal": {"student_input": "Draw it first."}}, "grade": 1.0},
    ),
    _BUILDER(name="xblock.problem_builder.feedback.closed", meaning=_AT_PROBLEM, era="since 2015", example=_MESSAGE),
    *(_BUILDER(name=f"xblock.mentoring.feedback.{what}", meaning=_AT_PROBLEM, era="since 2014", example=_MESSAGE) for what in ("opened", "closed")),
    EventType(
        "xblock.webwork.submitted",
        _BUILT,
        "source of the WeBWorK block",
        "since 2015",
        example={"num_attempts": 2, "submitted_answer": {"AnSwEr0001": "4"}, "grade": 0.5},
        envelope=inside("webwork", "voltage_divider"),
    ),
    _PEERS(name="ubc.peer_instruction.accessed", meaning=_AT_PROBLEM, example={}),
    _PEERS(
        name="ubc.peer_instruction.original_submitted",
        meaning=_ANSWERED,
        example={"answer": 1, "rationale": "The current is the same.", "truncated": False},
    ),
    _PEERS(
        name="ubc.peer_instruction.revised_submitted",
        meaning=_ANSWERED,
        example={"answer": 0, "rationale": "The current splits up.", "truncated": False},
    ),
    _OPPIA(name="oppia.exploration.loaded", meaning=_AT_PROBLEM, example=_EXPLORATION),
    _OPPIA(name="oppia.exploration.completed", meaning=_submits(Whole()), example=_EXPLORATION),
    _OPPIA(
        name="oppia.exploration.state.changed",
        meaning=_AT_PROBLEM,
        example={**_EXPLORATION, "old_state_name": "Series", "new_state_name": "Parallel"},
    ),
    EventType(
        "edx.assessment_factory.problem.loaded",
        _AT_PROBLEM,
        "source of the assessment factory block",
        "since 2015",
        example={},
        envelope=inside("assessment_factory", "find_the_fault"),
    ),
)

# Slides with sound

# `code` tells which talk it is
_MIX = Meaning(kind="video", clicks=Clicks(code=("url",)))
_TALK = {"url": "https://mix.example.org/embed/ohm"}
_AT = {**_TALK, "current_slide": 2, "current_time": 31.2}

_SLIDES = tuple(
    EventType(
        f"microsoft.office.mix.{what}",
        _MIX,
        _GUIDE + "Office Mix events",
        "since 2015-12-01",
        example=example,
        envelope=inside("officemix", "ohms_law_slides"),
    )
    for what, example in (
        ("loaded", {**_TALK, "duration": 180.5, "total_slides": 12}),
        ("played", _AT),
        ("paused", _AT),
        ("stopped", _TALK),
        ("slide.loaded", {**_TALK, "slide": 3}),
    )
)

# Things to look at and to use

_DONE = _GUIDE + "completion events"
_GOOGLE = _GUIDE + "Google component events"
_TUTOR = "source of the Open Learning chat"
_ON_BLOCK = Meaning(module=("blockUsageKey",))
_TOLD = {"value": "What is a resistor?", "blockUsageKey": block("problem", "ohms_law")}
_LAUNCH = {"lti_version": "lti_1p3", "user_roles": "Student", "launch_url": "https://tool.example.org/launch"}
_PDF = {"url": "https://files.example.org/ohm.pdf", "source_url": ""}

_SHOWN = {"url": "https://docs.example.org/1", "displayed_in": "iframe"}
_LAMP = {"item_id": "lamp"}

# where it is documented, since when, category and name of the block, names and examples
_LOOKS: tuple[tuple[str, str, tuple[str, str], dict[str, dict[str, Any]]], ...] = (
    (_GOOGLE, "2015-03-05", ("google-calendar", "dates"), {"edx.googlecomponent.calendar.displayed": _SHOWN}),
    (_GOOGLE, "2015-03-05", ("google-document", "handout"), {"edx.googlecomponent.document.displayed": {**_SHOWN, "displayed_in": "img"}}),
    (
        "source of the image explorer",
        "2015",
        ("image-explorer", "circuit"),
        {"xblock.image-explorer.hotspot.opened": _LAMP, "xblock.image-explorer.hotspot.closed": {**_LAMP, "duration": 4.2}},
    ),
    ("source of the chat block", "2015", ("chat", "small_talk"), {"xblock.chat.complete": {"final_step": "goodbye"}}),
    ("source of the PDF block", "2015", ("pdf", "script"), {"edx.pdf.loaded": _PDF, "edx.pdf.downloaded": _PDF}),
    (
        "source of the LTI consumer block",
        "2017",
        ("lti_consumer", "simulator"),
        {"edx.lti.xblock.launch_request": _LAUNCH, "edx.lti.embed.launch_request": _LAUNCH},
    ),
)

TYPES = (
    *_EXERCISES,
    *_SLIDES,
    EventType("edx.done.toggled", _SEEN, _DONE, "since 2016-01-27", source="server", example={"done": True}, envelope=inside("done", "read_it")),
    EventType(
        "edx.done.toggled",
        _SEEN,
        "source of the completion block",
        "since 2014; at first with the other name",
        ("edx.done.toggle",),
        "browser",
        example={"done": True},
    ),
    *(
        EventType(name, _SEEN, doc, f"since {since}", example=example, envelope=inside(*where))
        for doc, since, where, events in _LOOKS
        for name, example in events.items()
    ),
    *(
        EventType(name, _ON_BLOCK, _TUTOR, "since 2025", example=_TOLD, envelope=BROWSER)
        for name in ("ol_openedx_chat.drawer.open", "ol_openedx_chat_xblock.OLChat.submit", "ol_openedx_chat_xblock.OLChat.response")
    ),
)
