"""Notes in the margin, and bookmarks."""

from typing import Any

from ._samples import BROWSER, COURSE, block, course_page
from ._spec import EventType, Meaning

_NOTES = "edX research guide, student event types: notes events"
_BOOKMARKS = "edX research guide, student event types: bookmark events"
_SINCE, _BOOKMARKED = "since 2016-03-16", "since 2016-01-04"
_MISPRINT = "; the other name is a misprint of the guide"

_ON = Meaning(module=("component_usage_id",))
_PAGE = Meaning()
_BOOKMARK = Meaning(module=("component_usage_id",), course=("course_id",))

_TEXT = block("html", "ohms_law_text")
_NOTE: dict[str, Any] = {
    "note_id": "1f2e3d",
    "note_text": "Ask about this.",
    "tags": ["question"],
    "highlighted_content": "U equals R times I",
    "component_usage_id": _TEXT,
    "truncated": [],
}
_MARK = {"bookmark_id": f"learner,{block('vertical', 'unit3')}", "component_type": "vertical", "component_usage_id": block("vertical", "unit3")}
_NOTES_PAGE = course_page("edxnotes/")

# meaning, page, example
_NOTE_EVENTS: dict[str, tuple[Meaning, str | None, dict[str, Any]]] = {
    "added": (_ON, None, _NOTE),
    "edited": (_ON, None, {**_NOTE, "old_note_text": "Hm?", "old_tags": []}),
    "deleted": (_ON, None, _NOTE),
    "viewed": (_PAGE, None, {"notes": [{"note_id": "1f2e3d"}]}),
    "searched": (_PAGE, _NOTES_PAGE, {"search_string": "ask", "number_of_results": 1}),
    "notes_page_viewed": (_PAGE, _NOTES_PAGE, {"view": "Recent Activity"}),
    "used_unit_link": (_ON, _NOTES_PAGE, {"note_id": "1f2e3d", "component_usage_id": _TEXT, "view": "Tags"}),
}

TYPES = (
    *(
        EventType(
            f"edx.course.student_notes.{what}",
            meaning,
            _NOTES,
            _SINCE,
            example=example,
            envelope={**BROWSER, "page": page} if page else BROWSER,
        )
        for what, (meaning, page, example) in _NOTE_EVENTS.items()
    ),
    *(
        EventType(
            f"edx.bookmark.{what}",
            _BOOKMARK,
            _BOOKMARKS,
            _BOOKMARKED + _MISPRINT,
            (f"edx.course.bookmark.{what}",),
            example={**_MARK, "course_id": COURSE},
        )
        for what in ("added", "removed")
    ),
    EventType("edx.bookmark.accessed", _ON, _BOOKMARKS, _BOOKMARKED, example=_MARK, envelope=BROWSER),
    EventType(
        "edx.bookmark.listed",
        Meaning(course=("course_id",)),
        _BOOKMARKS,
        _BOOKMARKED,
        example={"list_type": "per_course", "course_id": COURSE, "bookmarks_count": 1, "page_size": 10, "page_number": 1},
    ),
)
