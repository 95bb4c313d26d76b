"""Special exams (timed, practice, proctored). Types are named after the status of an attempt, so there is a table of them."""

from functools import partial
from typing import Any

from ._samples import NOBODY, STAFF, block
from ._spec import SUBMITTED, Assess, EventType, Meaning, Submit, Whole

_DOC = "edX research guide, student event types: timed, practice, and proctored exam events"
_TEAM = "edX research guide, course team event types: special exam events"
_CODE = "source of the special exams application, which names events after statuses"
_GUIDE, _LATER = "since 2015-12-01", "since 2016"

_EXAM = ("exam_content_id",)
_attempt = partial(Meaning, module=_EXAM, category="sequential", user=("attempt_user_id",))
_STATUS = _attempt()
_SUBMIT = _attempt(mode="submitting", submit=Submit("check", SUBMITTED, "server", "whole", Whole(key=("attempt_code",))))
_REVIEW = _attempt(mode="submitting", assess=Assess("staff", key=("attempt_code",), feedback=("review_status", "attempt_status")))
_ALLOWANCE = Meaning(module=_EXAM, category="sequential", user=("allowance_user_id",), staff=True)
_OPTION = Meaning(module=_EXAM, category="sequential")
_AUTHOR = Meaning(fate="studio", module=_EXAM, category="sequential")

_MEANINGS = {"submitted": _SUBMIT, "verified": _REVIEW, "rejected": _REVIEW, "review_received": _REVIEW}

# per kind of exam: the statuses that the guide documents, and those that only the source tells
_STATUSES = {
    "timed": ("created started ready_to_submit submitted deleted", "ready_to_start timed_out error expired"),
    "practice": (
        "created download_software_clicked ready_to_start started ready_to_submit submitted error deleted",
        "timed_out second_review_required verified rejected expired reset_practice_exam review_received onboarding_reset",
    ),
    "proctored": (
        "created download_software_clicked ready_to_start started ready_to_submit declined submitted verified rejected error deleted review_received",
        "eligible timed_out second_review_required expired onboarding_missing onboarding_pending onboarding_failed onboarding_expired",
    ),
}
_OTHER_SPELLING = {"edx.special_exam.proctored.attempt.review_received": ("edx.special_exam.proctored.attempt.review-received",)}


def _exam(kind: str) -> dict[str, Any]:
    return {
        "exam_id": 3,
        "exam_content_id": block("sequential", "final_exam"),
        "exam_name": "Final exam",
        "exam_default_time_limit_mins": 90,
        "exam_is_proctored": kind == "proctored",
        "exam_is_practice_exam": kind == "practice",
        "exam_is_active": True,
    }


def _example(kind: str, status: str) -> dict[str, Any]:
    began = None if status in ("created", "eligible", "download_software_clicked", "ready_to_start") else "2024-03-05T09:00:00+00:00"
    done = "2024-03-05T10:10:00+00:00" if status in ("submitted", *_MEANINGS) else None
    review = {"review_attempt_code": "6C1D9A52-40", "review_status": "Clean", "review_video_url": "https://review.example.org/6C1D9A52-40"}
    return {
        **_exam(kind),
        "attempt_id": 41,
        "attempt_user_id": 1001,
        "attempt_code": "6C1D9A52-40",
        "attempt_status": "verified" if status == "review_received" else status,
        "attempt_started_at": began,
        "attempt_completed_at": done,
        "attempt_allowed_time_limit_mins": 90,
        "attempt_event_elapsed_time_secs": 4200 if done else None,
        **(review if status == "review_received" else {}),
    }


def _attempts(kind: str) -> tuple[EventType, ...]:
    name = f"edx.special_exam.{kind}.attempt."
    return tuple(
        EventType(
            name + status,
            meaning := _MEANINGS.get(status, _STATUS),
            doc,
            era + ("; with a dash in the first guide" if name + status in _OTHER_SPELLING else ""),
            _OTHER_SPELLING.get(name + status, ()),
            example=_example(kind, status),
            envelope=NOBODY if meaning is _REVIEW else {},
            after=(name + "submitted",) if meaning is _REVIEW else (),
        )
        for statuses, doc, era in zip(_STATUSES[kind], (_DOC, _CODE), (_GUIDE, _LATER), strict=True)
        for status in statuses.split()
    )


def _by_the_team(kind: str) -> tuple[EventType, ...]:
    allowance = {**_exam(kind), "allowance_user_id": 1001, "allowance_key": "additional_time_granted", "allowance_value": "30"}
    return (
        *(
            EventType(f"edx.special_exam.{kind}.{what}", _AUTHOR, _TEAM, _GUIDE, example=_exam(kind), envelope=STAFF)
            for what in ("created", "updated")
        ),
        *(
            EventType(
                f"edx.special_exam.{kind}.allowance.{what}",
                _ALLOWANCE,
                _TEAM,
                _GUIDE + ("; in the guide only of 2015, but still logged" if what == "updated" else ""),
                source="server",
                example=allowance,
                envelope=STAFF,
            )
            for what in ("created", "updated", "deleted")
        ),
    )


TYPES = (
    *(t for kind in _STATUSES for t in (*_attempts(kind), *_by_the_team(kind))),
    EventType("edx.special_exam.proctored.option-presented", _OPTION, _DOC, _GUIDE, example=_exam("proctored")),
)
