"""Searching a course, and searching for one."""

from ._samples import BROWSER, COURSE, OUTSIDE, course_path
from ._spec import EventType, Meaning

_DOC = "source of the platform's search (edx-search)"
_RESULTS = "source of the platform's search results"
_MFE = "source of the learning micro-frontend"

_SEARCH = Meaning()

_TERM = {"search_term": "resistor", "page_size": 20, "page_number": 0}

TYPES = (
    *(
        EventType(f"{where}.search.{what}", _SEARCH, _DOC, "since 2015", example=example, envelope=envelope)
        for where, envelope in (("edx.course", {}), ("edx.course_discovery", OUTSIDE))
        for what, example in (("initiated", _TERM), ("results_displayed", {**_TERM, "results_count": 3}))
    ),
    EventType(
        "edx.course.search.result_selected",
        _SEARCH,
        _RESULTS,
        "since 2015",
        example={"search_term": "resistor", "result_position": 1, "result_link": course_path("courseware/week1/lesson2/")},
        envelope=BROWSER,
    ),
    EventType(
        "edx.course.home.courseware_search.submit",
        Meaning(course=("courserun_key",)),
        _MFE,
        "since 2023",
        example={"event_type": "searchKeyword", "keyword": "resistor", "org_key": "Example", "courserun_key": COURSE},
        envelope=BROWSER,
    ),
)
