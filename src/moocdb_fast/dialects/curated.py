"""The tables of MOOC-Learner-Curated: those of 2014 with `validity`, an hour as the longest event, `click_events` and `answer`."""

from ._spec import WHOLE_MINUTES, Dialect, empty, view
from .edx2014 import COMMON, EVENTS_OF_USERS, OBSERVED, PROBLEM, SUBMISSIONS_OF_USERS, SUBMITTED

# An event of more than an hour counts as one of two minutes.
_CAPPED = WHOLE_MINUTES.map(lambda minutes: f"CASE WHEN {minutes} > 60 THEN 2 ELSE {minutes} END")

DIALECT = Dialect(
    "curated",
    "MOOC-Learner-Curated: as edx2014, with validity, at most an hour per event, click_events by video_id, and answer",
    (
        view(
            "observed_events",
            EVENTS_OF_USERS,
            *((name, _CAPPED if name == "observed_event_duration" else expression) for name, expression in OBSERVED),
            ("validity", "e.validity"),
        ),
        view("submissions", SUBMISSIONS_OF_USERS, *SUBMITTED, ("validity", "s.validity")),
        view("problems", "@problems", *PROBLEM, "problem_week"),
        *COMMON,
        view(
            "click_events",
            "@click_events",
            "observed_event_id",
            ("course_id", "course_key"),
            "user_id",
            ("video_id", "video_key"),
            "observed_event_timestamp",
            "observed_event_type",
            "url",
            "code",
            "video_current_time",
            "video_new_time",
            "video_old_time",
            "video_new_speed",
            "video_old_speed",
        ),
        view("answer", "@answers", "answer_id", "answer_content"),
        empty("metadata", "commit_hash", "events_processing_duration"),
    ),
)
