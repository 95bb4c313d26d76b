"""Certificates and badges."""

from functools import partial

from ._samples import BROWSER, COURSE, PEER, STAFF
from ._spec import EventType, Meaning

_DOC = "edX research guide, student event types: certificate events"
_BADGES = "edX research guide, student event types: badge events (in its source only)"
_STUDIO = "source of Studio's certificates"

_COURSE = ("course_id",)
_OWN = Meaning(course=_COURSE, user=("user_id",))
# `user_id` is the owner, not the visitor
_VISIT = Meaning(course=_COURSE)
_SWITCH = Meaning(course=_COURSE, staff=True)
_AUTHOR = Meaning(fate="studio", course=_COURSE)

_UUID = "8f14e45fceea467f9c3d1a2b3c4d5e6f"
_CERTIFICATE = {
    "course_id": COURSE,
    "user_id": 1001,
    "certificate_id": _UUID,
    "certificate_url": f"https://courses.example.org/certificates/{_UUID}",
    "enrollment_mode": "verified",
}
_VISITED = {**_CERTIFICATE, "social_network": "LinkedIn", "source_url": "https://social.example.org/learner"}
_BADGE = {
    "course_id": COURSE,
    "user_id": 1001,
    "badge_slug": "mooc_2024",
    "assertion_id": "17",
    "assertion_image_url": "https://badges.example.org/17.png",
    "assertion_json_url": "https://badges.example.org/17.json",
    "issuer": "https://badges.example.org",
    "enrollment_mode": "verified",
}

_visitor = partial(EventType, envelope={"username": PEER[0], "context": {"user_id": PEER[1]}})

TYPES = (
    EventType("edx.certificate.created", _OWN, _DOC, "since 2015-09-02", example={**_CERTIFICATE, "generation_mode": "self"}),
    EventType(
        "edx.certificate.shared",
        _OWN,
        _DOC,
        "since 2015-09-02",
        example={**_CERTIFICATE, "social_network": "LinkedIn"},
        envelope=BROWSER,
    ),
    EventType("edx.certificate.revoked", _OWN, _DOC, "since 2021-05-27", example={**_CERTIFICATE, "source": "certificate_invalidation"}),
    _visitor("edx.certificate.evidence_visited", _VISIT, _DOC, "since 2015-09-02", example=_VISITED),
    *(
        EventType(
            f"edx.certificate.generation.{what}",
            _SWITCH,
            _DOC,
            "since 2015-07-14",
            source="server",
            example={"course_id": COURSE},
            envelope=STAFF,
        )
        for what in ("enabled", "disabled")
    ),
    *(
        EventType(
            f"edx.certificate.configuration.{what}",
            _AUTHOR,
            _STUDIO,
            "since 2015",
            example={"course_id": COURSE, "configuration_id": "1"},
            envelope=STAFF,
        )
        for what in ("created", "modified", "deleted")
    ),
    EventType("edx.badge.assertion.created", _OWN, _BADGES, "since 2015-06-08", example=_BADGE),
    EventType("edx.badge.assertion.shared", _OWN, _BADGES, "since 2015-06-08", example={**_BADGE, "social_network": "Facebook"}),
    _visitor("edx.badge.assertion.evidence_visited", _VISIT, _BADGES, "since 2015-06-08", example=_BADGE),
)
