"""The MOOCdb tables, declared once.

Arrow schemas, CSV headers, SQL (`sql.py`) and the documentation derive from `TABLES`. A column that the published schemas
do not have is marked `ours`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pyarrow as pa

Type = Literal["tinyint", "int", "bigint", "double", "timestamp", "text"]
Area = Literal["observing", "submitting", "collaborating", "feedback", "users"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `size` is the VARCHAR length in code points (0: TEXT); `default` is a constant for rows that say nothing else;
    `least` and `most` bound what a translation writes."""

    name: str
    type: Type
    doc: str = ""
    null: bool = True
    size: int = 0
    references: str = ""
    ours: bool = False
    default: int | None = None
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `key` are its primary key columns, `pinned` rows are the same in every output."""

    name: str
    area: Area
    doc: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    unique: tuple[tuple[str, ...], ...] = ()
    pinned: tuple[tuple[object, ...], ...] = ()

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [c.name for c in self.columns]

    @property
    def key_column(self) -> Column:
        """The first column of the primary key."""
        return next(c for c in self.columns if c.name == self.key[0])

    def arrow(self) -> pa.Schema:
        """The Arrow schema; nullability as declared."""
        import pyarrow as pa

        types = {
            "tinyint": pa.int8(),
            "int": pa.int32(),
            "bigint": pa.int64(),
            "double": pa.float64(),
            "timestamp": pa.timestamp("us"),
            "text": pa.string(),
        }
        return pa.schema([pa.field(c.name, types[c.type], nullable=c.null) for c in self.columns])


def _id(name: str, type: Type = "int") -> Column:
    return Column(name, type, "row id, from 1, in order of first appearance", null=False)


def _ref(name: str, table: str, doc: str = "", *, type: Type = "int", null: bool = True, ours: bool = False, default: int | None = None) -> Column:
    return Column(name, type, doc, null=null, references=table, ours=ours, default=default)


def _text(name: str, size: int = 0, doc: str = "", *, null: bool = True, ours: bool = False) -> Column:
    return Column(name, "text", doc, null=null, size=size, ours=ours)


def _time(name: str, doc: str = "", *, null: bool = True) -> Column:
    return Column(name, "timestamp", doc or "UTC, microseconds", null=null)


_VALID = (
    Column("validity", "tinyint", "1 valid, 0 invalid; curation decides", null=False, default=1, least=0, most=1),
    Column("invalid_reason", "text", "why a row is invalid", size=255, ours=True),
)
_USER = _ref("user_id", "users", null=False)
_PERSONAL = "NULL: personal data stays out of the tables"

RESOURCE_TYPES = (
    (0, "other", None, "other"),
    (1, "informational", "text", "informational"),
    (2, "index", "text", "index"),
    (3, "book", "text", "book"),
    (4, "lecture", "video", "lecture"),
    (5, "tutorial", "video", "tutorial"),
    (6, "problem", "text", "problem"),
    (7, "wiki", "text", "wiki"),
    (8, "exam", "text", "exam"),
    (9, "forum", "text", "forum"),
    (10, "profile", "text", "profile"),
    (11, "survey", "text", "survey"),
    (12, "testing", "text", "testing"),
)
PROBLEM_TYPES = (
    (0, "Unknown"),
    (1, "Homework"),
    (2, "Lecture quiz"),
    (3, "Lab"),
    (4, "Midterm example"),
    (5, "Midterm exam"),
    (6, "Final exam"),
    (7, "Sandbox"),
)
COLLABORATION_TYPES = ((1, "forum_question"), (2, "forum_answer"), (3, "forum_comment"), (4, "wiki_edit"), (5, "forum_vote"), (6, "other"))
USER_TYPES = (
    (1, "Administrator"),
    (2, "Instructor"),
    (3, "Teaching Staff"),
    (4, "Student"),
    (5, "Student (forum banned)"),
    (6, "External Viewer"),
    (7, "Other"),
)
TEACHING_STAFF, STUDENT = 3, 4

_OBSERVING = (
    Table(
        "observed_events",
        "observing",
        "What a user was seen doing, and for how long.",
        (
            _id("observed_event_id", "bigint"),
            _USER,
            _ref("url_id", "urls", "the page it happened on"),
            _ref("resource_id", "resources", "the module or page it is about", ours=True),
            _time("observed_event_timestamp", null=False),
            Column("observed_event_duration", "int", "whole seconds to the user's next event in the course; NULL for the last", least=0),
            _text("observed_event_ip", 45, _PERSONAL),
            _ref("observed_event_os", "os"),
            _ref("observed_event_agent", "agent"),
            _text("observed_event_type", 255, "event type as logged; url_change for page views", null=False),
            _ref("observed_event_type_id", "observed_event_types", null=False),
            _text("observed_event_key", 64, "file number:byte offset of the source line", null=False, ours=True),
            *_VALID,
        ),
        ("observed_event_id",),
    ),
    Table(
        "observed_event_types",
        "observing",
        "Event types that occur.",
        (
            _id("observed_event_type_id"),
            _text("observed_event_type_name", 255, null=False),
            _text("observed_event_type_activity_mode", 45, "observing, submitting, collaborating or feedback", null=False),
        ),
        ("observed_event_type_id",),
    ),
    Table(
        "urls",
        "observing",
        "Cleaned page addresses, with the panel as last piece.",
        (_id("url_id"), _text("url", 2083, null=False)),
        ("url_id",),
    ),
    Table(
        "resources",
        "observing",
        "Pages and modules, a tree along the address.",
        (
            _id("resource_id"),
            _text("resource_name", 555, "display name, else the module's name"),
            _text("resource_uri", 2083, "the page; of a module its first page and the module path", null=False),
            _text("resource_key", 555, "block or module id", ours=True),
            _ref("resource_type_id", "resource_types", null=False),
            _ref("resource_parent_id", "resources", "the enclosing page"),
            Column("resource_child_number", "int", "rank among the parent's children, from 1", least=1),
            Column("resource_relevant_week", "int", "0-based; filled by curation"),
            _time("resource_release_timestamp", "filled by curation; of Coursera courses when it was opened"),
            _text("resource_status", 45, "deleted or spam, where the platform tells; else NULL", ours=True),
        ),
        ("resource_id",),
    ),
    Table(
        "resource_types",
        "observing",
        "Kinds of resources.",
        (
            Column("resource_type_id", "int", null=False),
            _text("resource_type_content", 40, null=False),
            _text("resource_type_medium", 40),
            _text("resource_type_name", 40, "the content again", null=False, ours=True),
        ),
        ("resource_type_id",),
        pinned=RESOURCE_TYPES,
    ),
    Table(
        "resources_urls",
        "observing",
        "Which resource was met on which page.",
        (_id("resources_urls_id"), _ref("resource_id", "resources", null=False), _ref("url_id", "urls", null=False)),
        ("resources_urls_id",),
        unique=(("resource_id", "url_id"),),
    ),
    Table("os", "observing", "Operating systems.", (_id("os_id"), _text("os_name", 255, null=False)), ("os_id",)),
    Table("agent", "observing", "Browsers.", (_id("agent_id"), _text("agent_name", 255, null=False)), ("agent_id",)),
    Table(
        "click_events",
        "observing",
        "What the video player reported with an observed event.",
        (
            _ref("observed_event_id", "observed_events", type="bigint", null=False),
            _text("course_key", 255, "course id"),
            _USER,
            _text("video_key", 555, "id of the video", null=False),
            _time("observed_event_timestamp", null=False),
            _text("observed_event_type", 255, null=False),
            _text("url", 2083),
            _text("code", 255, "the player's code of the video"),
            Column("video_current_time", "double", "seconds"),
            Column("video_old_time", "double", "seconds, before a seek"),
            Column("video_new_time", "double", "seconds, after a seek"),
            Column("video_old_speed", "double"),
            Column("video_new_speed", "double"),
        ),
        ("observed_event_id",),
    ),
)

_SUBMITTING = (
    Table(
        "problems",
        "submitting",
        "Problems and their numbered parts, a tree.",
        (
            _id("problem_id"),
            _text("problem_name", 555, "the id as a path, part numbers behind it", null=False),
            _ref("problem_parent_id", "problems"),
            Column("problem_child_number", "int", "number of the part"),
            _ref("problem_type_id", "problem_types", null=False, default=0),
            _text("problem_key", 555, "module id, `_` and part numbers", null=False, ours=True),
            _text("problem_format", 255, "response type", ours=True),
            _time("problem_release_timestamp", "filled by curation"),
            _time("problem_soft_deadline", "filled by curation"),
            _time("problem_hard_deadline", "filled by curation"),
            Column("problem_max_submission", "int"),
            Column("problem_max_duration", "int"),
            Column("problem_weight", "double"),
            _ref("resource_id", "resources"),
            Column("problem_week", "int", "filled by curation", ours=True),
        ),
        ("problem_id",),
    ),
    Table(
        "problem_types",
        "submitting",
        "Kinds of problems; curation assigns them.",
        (Column("problem_type_id", "int", null=False), _text("problem_type_name", 45, null=False)),
        ("problem_type_id",),
        pinned=PROBLEM_TYPES,
    ),
    Table(
        "submissions",
        "submitting",
        "One row per answered part of a submitting event.",
        (
            _id("submission_id", "bigint"),
            _USER,
            _ref("problem_id", "problems", null=False),
            _time("submission_timestamp", null=False),
            Column("submission_attempt_number", "int", least=0),
            _text("submission_answer", doc="lists of choices are JSON arrays"),
            Column("submission_is_submitted", "tinyint", "0 saved, 1 submitted, 2 failed, 3 reset", null=False, least=0, most=3),
            _text("submission_ip", 45, _PERSONAL),
            _ref("submission_os", "os"),
            _ref("submission_agent", "agent"),
            _text("submission_key", 80, "file number:byte offset:part", null=False, ours=True),
            *_VALID,
        ),
        ("submission_id",),
    ),
    Table(
        "assessments",
        "submitting",
        "Marks of submissions.",
        (
            _id("assessment_id", "bigint"),
            _ref("submission_id", "submissions", type="bigint", null=False),
            _text("assessment_feedback", doc="the hint, else the message shown"),
            Column("assessment_grade", "double", "0 to 1", least=0, most=1),
            Column("assessment_max_grade", "double", "the raw maximum", ours=True),
            Column("assessment_grade_with_penalty", "double"),
            _text("assessment_grader_id", 50, "automatic, self, staff or a user_id"),
            _time("assessment_timestamp", null=False),
        ),
        ("assessment_id",),
    ),
)

_COLLABORATING = (
    Table(
        "collaborations",
        "collaborating",
        "Forum posts, votes and wiki edits.",
        (
            _id("collaboration_id", "bigint"),
            _USER,
            _ref("collaboration_type_id", "collaboration_types", null=False),
            _text("collaboration_content"),
            _time("collaboration_timestamp"),
            _ref("collaboration_parent_id", "collaborations", type="bigint"),
            Column("collaboration_child_number", "int"),
            _text("collaborations_ip", 45, _PERSONAL),
            _ref("collaborations_os", "os"),
            _ref("collaborations_agent", "agent"),
            _ref("resource_id", "resources"),
            _text("collaboration_key", 255, "id of the post", ours=True),
            _text("collaboration_status", 45, "deleted or spam, where the platform tells; else NULL", ours=True),
        ),
        ("collaboration_id",),
    ),
    Table(
        "collaboration_types",
        "collaborating",
        "Kinds of collaborations.",
        (Column("collaboration_type_id", "int", null=False), _text("collaboration_type_name", 45, null=False)),
        ("collaboration_type_id",),
        pinned=COLLABORATION_TYPES,
    ),
)

_FEEDBACK = (
    Table(
        "surveys",
        "feedback",
        "Surveys and polls.",
        (_id("survey_id"), _time("survey_start_timestamp"), _time("survey_end_timestamp")),
        ("survey_id",),
    ),
    Table(
        "questions",
        "feedback",
        "Questions of surveys.",
        (_id("question_id"), _text("question_content"), _text("question_type", 45), _text("question_reference", 555), _ref("survey_id", "surveys")),
        ("question_id",),
    ),
    Table("answers", "feedback", "Answers that were given.", (_id("answer_id"), _text("answer_content")), ("answer_id",)),
    Table(
        "feedbacks",
        "feedback",
        "Who answered what.",
        (
            _id("feedback_id", "bigint"),
            _USER,
            _ref("answer_id", "answers"),
            _ref("question_id", "questions"),
            _time("feedback_timestamp"),
        ),
        ("feedback_id",),
    ),
)

_USERS = (
    Table(
        "users",
        "users",
        "One row per person, under a keyed pseudonym.",
        (
            _id("user_id"),
            _text("user_key", 40, "HMAC-SHA-256 of the user name under your key, first 40 hex digits", null=False, ours=True),
            _text("user_name", 255, _PERSONAL),
            _text("user_email", 255, _PERSONAL),
            _text("user_gender", 45),
            _time("user_birthdate"),
            _text("user_country", 3, "of the most frequent address, with --geoip"),
            _text("user_ip", 45, _PERSONAL),
            Column("user_timezone_offset", "int"),
            Column("user_final_grade", "double"),
            _time("user_join_timestamp", "first enrolment seen"),
            _ref("user_os", "os", "of the first event"),
            _ref("user_agent", "agent", "of the first event"),
            _text("user_language", 45),
            _text("user_screen_resolution", 45),
            _ref("user_type_id", "user_types", null=False, default=STUDENT),
            Column("user_last_submission_id", "bigint", "filled by curation"),
            Column("user_dropout_week", "int", "filled by curation"),
            _time("user_dropout_timestamp", "filled by curation"),
        ),
        ("user_id",),
    ),
    Table(
        "user_types",
        "users",
        "Roles.",
        (Column("user_type_id", "int", null=False), _text("user_type_name", 45, null=False)),
        ("user_type_id",),
        pinned=USER_TYPES,
    ),
)

TABLES: dict[str, Table] = {t.name: t for t in (*_OBSERVING, *_SUBMITTING, *_COLLABORATING, *_FEEDBACK, *_USERS)}

USER_PII = Table(
    "user_pii",
    "users",
    "Identities, only on request and only in the restricted folder.",
    (
        Column("user_id", "int", null=False),
        _text("user_key", 40, null=False),
        _text("user_name", 255),
        _text("platform_id", 45),
        _text("user_ip", 45, "most frequent address"),
    ),
    ("user_id",),
)

EVENT_PAYLOADS = Table(
    "event_payloads",
    "observing",
    "What events said, as it stood in the log; only on request and only in the restricted folder.",
    (
        _text("observed_event_key", 64, "file number:byte offset of the source line; submission_key has a part number behind it", null=False),
        _text("event_payload", doc="the event as text, mostly JSON"),
    ),
    ("observed_event_key",),
)
