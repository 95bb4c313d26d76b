"""Open response assessment of the first generation (combined open ended, peer and staff grading)."""

from ._spec import EventType, Meaning, PathPattern

_DOC = "edX research guide, student event types: open response assessment events (removed 2015)"
_PATH = "the platform's request middleware"
_QUESTION = Meaning(kind="open_response", module=("location",))
_PLAIN = Meaning(kind="open_response")
_CATEGORIES = ("combinedopenended", "peergrading")

TYPES = (
    *(
        EventType(f"{who}_{verb}_{what}", _QUESTION, _DOC)
        for who in ("oe", "peer_grading", "staff_grading")
        for verb in ("show", "hide")
        for what in ("question", "problem")
    ),
    EventType("rubric_select", _QUESTION, _DOC),
    EventType("oe_show_full_feedback", _PLAIN, _DOC),
    EventType("oe_show_respond_to_feedback", _PLAIN, _DOC),
    EventType("oe_feedback_response_selected", _PLAIN, _DOC),
)

# the request names the essay in its payload (peer grading) or in its path
PATHS = (PathPattern(Meaning(kind="open_response", module=("POST.location",)), _PATH, action="*", categories=_CATEGORIES),)
