"""Polls, surveys, ratings. Of the rating blocks the server's lines are the answers; those of the browser tell of clicks and keys."""

from typing import Any

from ._samples import BROWSER, inside
from ._spec import EventType, Meaning, Question

_DOC = "edX research guide, student event types: poll and survey events"
_RATINGS = {"feedback": "source of the feedback block", "rate": "source of the rating block, which became the feedback block"}

_LOOK = Meaning()
_CLICK = Meaning(mode="feedback")
_LIKERT = Meaning(mode="feedback", questions=(Question("likert", ("new_vote",), name="likert"),))
_FREEFORM = Meaning(mode="feedback", questions=(Question("freeform", ("new_freeform",), name="freeform"),))

_TEXT = "The pace was right."
_OLD_VOTE, _OLD_TEXT = {"old_vote": -1, "new_vote": 4}, {"old_freeform": "", "new_freeform": _TEXT}

# name behind `edx.…xblock.`, meaning, whether it comes from the browser, example
_EVENTS: tuple[tuple[str, Meaning, bool, dict[str, Any]], ...] = (
    ("submitted", _CLICK, True, {"freeform": _TEXT, "vote": 4}),
    ("freeform_changed", _CLICK, True, {"freeform": _TEXT}),
    ("nothing_provided", _CLICK, False, {}),
    ("likert_provided", _LIKERT, False, _OLD_VOTE),
    ("freeform_provided", _FREEFORM, False, _OLD_TEXT),
)
_CLICKED = {"feedback": "likert_changed", "rate": "likert_clicked"}
_EARLY = {  # spellings of the first versions of the rating block, the last one a misprint
    "edx.ratexblock.submitted": ("edx.ratexblock.submit",),
    "edx.ratexblock.likert_provided": ("edx.ratexblock.likert_rate",),
    "edx.ratexblock.freeform_provided": ("edx.ratexblock.freeform_feedback",),
    "edx.ratexblock.likert_clicked": ("edx.recommender.likert_rate",),
}


def _rating(block: str) -> tuple[EventType, ...]:
    events = (*_EVENTS, (_CLICKED[block], _CLICK, True, {"vote": 4}))
    return tuple(
        EventType(
            name := f"edx.{block}xblock.{what}",
            meaning,
            _RATINGS[block],
            "since 2016" if block == "feedback" else "since 2015" + ("; the other name only at first" if name in _EARLY else ""),
            _EARLY.get(name, ()),
            example=example,
            envelope=BROWSER if browser else inside(block, "how_was_it"),
        )
        for what, meaning, browser, example in events
    )


TYPES = (
    EventType(
        "xblock.poll.submitted",
        Meaning(mode="feedback", module=("url_name",), category="poll", questions=(Question("poll", ("choice",)),)),
        _DOC,
        "since 2015-07-08",
        example={"url_name": "favourite_law", "choice": "Ohm"},
    ),
    EventType("xblock.poll.view_results", _LOOK, _DOC, "since 2015-07-08", example={}, envelope=inside("poll", "favourite_law")),
    EventType(
        "xblock.survey.submitted",
        Meaning(mode="feedback", module=("url_name",), category="survey", questions=(Question("survey", ("choices",), "members"),)),
        _DOC,
        "since 2015-07-08",
        example={"url_name": "about_week_1", "choices": {"enjoy": "Y", "learn": "M"}},
    ),
    EventType("xblock.survey.view_results", _LOOK, _DOC, "since 2015-07-08", example={}, envelope=inside("survey", "about_week_1")),
    *_rating("feedback"),
    *_rating("rate"),
)
