"""Enrolment."""

from ._spec import EventType, Meaning

_DOC = "edX research guide, student event types: enrolment events"
_COURSE, _USER = ("course_id",), ("user_id",)
_CHANGE = Meaning(course=_COURSE, user=_USER)

TYPES = (
    EventType("edx.course.enrollment.activated", Meaning(course=_COURSE, user=_USER, joins=True), _DOC),
    EventType("edx.course.enrollment.deactivated", _CHANGE, _DOC),
    EventType("edx.course.enrollment.mode_changed", _CHANGE, _DOC),
    EventType("edx.course.enrollment.upgrade.clicked", Meaning(course=_COURSE), _DOC, also=("edx.course.enrollment.upgrade_clicked",)),
    EventType("edx.course.enrollment.upgrade.succeeded", _CHANGE, _DOC),
)
