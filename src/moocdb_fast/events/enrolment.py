"""Enrolment."""

from ._spec import EventType, Meaning

_DOC = "edX research guide, student event types: enrolment events"
_FIELDS = {"course": ("course_id",), "user": ("user_id",)}

TYPES = (
    EventType("edx.course.enrollment.activated", Meaning(**_FIELDS, joins=True), _DOC),
    EventType("edx.course.enrollment.deactivated", Meaning(**_FIELDS), _DOC),
    EventType("edx.course.enrollment.mode_changed", Meaning(**_FIELDS), _DOC),
    EventType("edx.course.enrollment.upgrade.clicked", Meaning(course=("course_id",)), _DOC, also=("edx.course.enrollment.upgrade_clicked",)),
    EventType("edx.course.enrollment.upgrade.succeeded", Meaning(**_FIELDS), _DOC),
)
