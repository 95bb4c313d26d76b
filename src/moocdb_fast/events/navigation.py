"""Moving inside a course: sequence tabs, links, the course home, and leaving a page."""

from functools import partial

from ._samples import BROWSER, COURSE, block, course_page
from ._spec import EventType, Meaning

_DOC = "edX research guide, student event types: course navigation events"
_TOOLS = "edX research guide, student event types: course resource events"
_NEW = "Open edX documentation, student event types: course navigation events"
_OLD = "edX research guide, edition of August 2017 (removed since)"
_HOME = "source of the platform's course home"
_MFE = "source of the learning micro-frontend"

# inside a subsection `new` is where it goes; `current_tab` is what is left
_SEQUENCE = Meaning(kind="navigation", module=("id",), category="sequential", panel=("new", "target_tab"))
_LINK = Meaning(kind="navigation", page=("current_url",))
_JUMP = Meaning(kind="navigation", module=("id", "current_id"))
_PLAIN = Meaning(kind="navigation")
_RUN = Meaning(kind="navigation", course=("courserun_key", "course_id"))
_BANNER = Meaning(fate="background", course=("courserun_key", "courseRunKey"))

_event = partial(EventType, envelope=BROWSER)

_PAGE = course_page("courseware/week1/lesson2/")
_LESSON = block("sequential", "lesson2")
# the type inside a subsection, the type when it is left (and elsewhere than in the browser's courseware), special fields, from tab, to tab
_SEQUENCES: tuple[tuple[str, str, dict[str, int], int, int], ...] = (
    ("seq_goto", "edx.ui.lms.sequence.tab_selected", {"target_tab": 4}, 1, 4),
    ("seq_next", "edx.ui.lms.sequence.next_selected", {}, 1, 2),
    ("seq_prev", "edx.ui.lms.sequence.previous_selected", {}, 2, 1),
)

TYPES = (
    *(
        _event(
            name,
            _SEQUENCE,
            _DOC,
            "since 2012; with the longer name since 2016-05-03",
            also=(longer,),
            example={"old": old, "new": new, "id": _LESSON, "current_tab": old, "tab_count": 5, "widget_placement": "top", **more},
        )
        for name, longer, more, old, new in _SEQUENCES
    ),
    _event(
        "edx.ui.lms.link_clicked",
        _LINK,
        _DOC,
        "since 2016-05-05",
        example={"current_url": _PAGE, "target_url": course_page("courseware/week1/lesson3/")},
    ),
    _event(
        "edx.ui.lms.outline.selected",
        _LINK,
        _DOC,
        "since 2016-05-05",
        example={
            "current_url": _PAGE,
            "target_url": course_page("courseware/week2/lesson4/"),
            "target_name": "Lesson 4",
            "widget_placement": "accordion",
        },
    ),
    _event(
        "edx.ui.lms.jump_nav.selected",
        _JUMP,
        _NEW,
        "since 2021-09-20",
        example={"target_name": "Lesson 4", "id": block("sequential", "lesson4"), "current_id": _LESSON, "widget_placement": "breadcrumb"},
    ),
    _event("page_close", Meaning(fate="page_close"), _DOC, "since 2012-01", example={}, after=("seq_goto",)),
    _event(
        "accordion",
        _PLAIN,
        "source of the platform's course navigation pane",
        "2012 to 2015",
        example={"oldheader": "Week 1", "newheader": "Week 2"},
    ),
    _event(
        "edx.course.home.course_update.toggled",
        _PLAIN,
        _HOME,
        "since 2017",
        example={"action": "hide", "publish_date": "2024-03-04"},
    ),
    _event(
        "edx.course.home.resume_course.clicked",
        _RUN,
        _OLD,
        "since 2017-08",
        example={"event_type": "resume", "url": _PAGE, "org_key": "Example", "courserun_key": COURSE},
    ),
    _event(
        "edx.course.home.course_end.clicked",
        _RUN,
        _MFE,
        "since 2022",
        example={"url": course_page("progress"), "org_key": "Example", "courserun_key": COURSE},
    ),
    _event(
        "edx.course.tool.accessed",
        _RUN,
        _TOOLS,
        "since 2017-07-24",
        example={"tool_name": "edx.bookmarks", "course_id": COURSE, "is_staff": False},
    ),
    EventType(
        "edx.ui.lms.reset_deadlines.clicked",
        Meaning(kind="navigation", course=("courserun_key",), user=("user_id",)),
        "source of the platform and of the learning micro-frontend",
        "since 2020",
        example={"courserun_key": COURSE, "org_key": "Example", "is_masquerading": False, "is_staff": False, "user_id": 1001},
    ),
    # shown, not done: impressions of an offer
    *(
        _event(
            f"edx.bi.course.upgrade.{what}.displayed",
            _BANNER,
            _MFE,
            "since 2017",
            example={"org_key": "Example", "courserun_key": COURSE},
        )
        for what in ("sidebarupsell", "hero")
    ),
    # robots that call the event endpoint without a type
    _event("unknown", Meaning(fate="machine"), "seen in logs of 2017", "since 2015", example={}),
)
