"""`user_dropout`, which MOOC-Learner-Quantified and the later DigitalLearnerQuantified compute first, beside the curated tables.

A user begins with the first video click, drops out with the last submission, and has one row if there is a submission. The week
of the dropout counts from 1; it is NULL without a click, and when the last submission lies weeks before the first click."""

from . import curated
from ._spec import Dialect, view, whole_weeks

_WEEK = whole_weeks("c.first_click", "s.submission_timestamp").map(lambda weeks: f"CASE WHEN {weeks} + 1 >= 0 THEN {weeks} + 1 END")
_LAST = (
    "SELECT user_id, submission_id, submission_timestamp, "
    "ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY submission_timestamp DESC, submission_id DESC) AS number_from_last FROM @submissions"
)
_FIRST = "SELECT user_id, MIN(observed_event_timestamp) AS first_click FROM @click_events GROUP BY user_id"

DIALECT = Dialect(
    "dropout",
    "user_dropout, beside the tables of curated",
    (
        *curated.DIALECT.views,
        view(
            "user_dropout",
            f"({_LAST}) s LEFT JOIN ({_FIRST}) c ON c.user_id = s.user_id WHERE s.number_from_last = 1",
            ("user_id", "s.user_id"),
            ("start_timestamp", "c.first_click"),
            ("dropout_timestamp", "s.submission_timestamp"),
            ("dropout_week", _WEEK),
            ("last_submission_id", "s.submission_id"),
        ),
    ),
)
