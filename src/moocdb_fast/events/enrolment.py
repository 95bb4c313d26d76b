"""Enrolment: joining, leaving, changing the track, and verifying oneself for it."""

from ._samples import BROWSER, COURSE
from ._spec import EventType, Meaning

_DOC = "edX research guide, student event types: enrollment events"
_VERIFY = "source of the platform's identity verification"

_COURSE, _USER = ("course_id", "courserun_key"), ("user_id",)
_CHANGE = Meaning(course=_COURSE, user=_USER)

_ENROLMENT = {"course_id": COURSE, "user_id": 1001, "mode": "audit"}

TYPES = (
    EventType("edx.course.enrollment.activated", Meaning(course=_COURSE, user=_USER, joins=True), _DOC, "since 2013-12-03", example=_ENROLMENT),
    EventType("edx.course.enrollment.deactivated", _CHANGE, _DOC, "since 2013-12-03", example=_ENROLMENT),
    EventType("edx.course.enrollment.mode_changed", _CHANGE, _DOC, "since 2014-08-21", example={**_ENROLMENT, "mode": "verified"}),
    EventType(
        "edx.course.enrollment.upgrade.clicked",
        Meaning(course=_COURSE),
        _DOC,
        "since 2013-12-18; in the guide's text once with an underscore",
        ("edx.course.enrollment.upgrade_clicked",),
        example={"location": "sock", "org_key": "Example", "courserun_key": COURSE},
        envelope={**BROWSER, "context": {"mode": "audit"}},
    ),
    EventType(
        "edx.course.enrollment.upgrade.succeeded",
        Meaning(),
        _DOC,
        "since 2013-12-18",
        example={},
        envelope={"context": {"mode": "verified"}},
    ),
    *(
        EventType(
            f"edx.course.enrollment.reverify.{what}",
            _CHANGE,
            _VERIFY,
            "2014-01 to about 2016",
            example={**_ENROLMENT, "mode": "verified"},
        )
        for what in ("started", "submitted", "reviewed")
    ),
)
