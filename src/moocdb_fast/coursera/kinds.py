"""What things of the platform are in MOOCdb: event types, resources, problems, collaborations and user types, declared once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mode = Literal["observing", "submitting", "collaborating", "feedback"]
SITE = "www.coursera.org"


@dataclass(frozen=True, slots=True)
class EventType:
    """A type of observed events; `resource` says what its resource is."""

    name: str
    mode: Mode
    source: str
    when: str
    resource: str


EVENTS: dict[str, EventType] = {
    event.name: event
    for event in (
        EventType("problem_submission", "submitting", "kvs.quiz", "saved_time, else submission_time", "the quiz; the key is that of the submission"),
        EventType("tutorial_visit", "observing", "lecture_submission_metadata", "submission_time", "the lecture"),
        EventType("tutorial_download", "observing", "lecture_submission_metadata with action download", "submission_time", "the lecture"),
        EventType(
            "test_visit",
            "observing",
            "quiz_submission_metadata",
            "start_time; not if the user had submitted anything in the 120 s before",
            "the quiz",
        ),
        EventType("test_submission", "submitting", "quiz_submission_metadata", "saved_time, else submission_time", "the quiz"),
        EventType("assignment_submission", "submitting", "assignment_submission_metadata", "submission_time", "the assignment"),
        EventType("peer_submission", "submitting", "hg_assessment_submission_metadata", "submit_time", "the task"),
        EventType(
            "peer_evaluation", "submitting", "hg_assessment_evaluation_metadata", "submit_time, else save_time", "the task; the user is the grader"
        ),
        EventType("forum_post", "collaborating", "forum_posts, originals", "post_time", "the thread; the key is that of the collaboration"),
        EventType("forum_comment", "collaborating", "forum_posts, others, and forum_comments", "post_time", "the thread"),
        EventType("forum_vote", "collaborating", "forum_reputation_record", "timestamp", "the thread"),
        EventType("wiki_edit", "collaborating", "wiki_revisions", "timestamp", "the page"),
        EventType("announcement", "collaborating", "announcements", "open_time", "the announcement"),
        EventType("forum_visit", "observing", "kvs.forum_readrecord, entry _all", "the time in the entry", "the forum"),
        EventType("forum_post_read", "observing", "kvs.forum_readrecord, other entries", "the time in the entry", "the thread"),
    )
}


@dataclass(frozen=True, slots=True)
class ResourceKind:
    """A kind of resources: its type in resource_types and its address below the course's."""

    name: str
    type: int
    address: str
    doc: str


INFORMATIONAL, INDEX, TUTORIAL, WIKI, EXAM, FORUM, SURVEY, TESTING = 1, 2, 5, 7, 8, 9, 11, 12
RESOURCES: dict[str, ResourceKind] = {
    kind.name: kind
    for kind in (
        ResourceKind("section", INFORMATIONAL, "lecture/index#section_{id}", "sections"),
        ResourceKind("lecture", TUTORIAL, "lecture/view?lecture_id={id}", "lecture_metadata"),
        ResourceKind("quiz", TESTING, "quiz/start?quiz_id={id}", "quiz_metadata (quiz_type exam: exam, survey: survey)"),
        ResourceKind("assignment", TESTING, "assignment/view?assignment_id={id}", "assignment_metadata"),
        ResourceKind("peer", TESTING, "human_grading/view?assessment_id={id}", "hg_assessment_metadata"),
        ResourceKind("wiki", WIKI, "wiki/view?page={id}", "wiki_pages; the address has the canonical name"),
        ResourceKind("forum", FORUM, "forum/list?forum_id={id}", "forum_forums"),
        ResourceKind("thread", FORUM, "forum/thread?thread_id={id}", "forum_threads"),
        ResourceKind("announcement", INFORMATIONAL, "announcement/view?announcement_id={id}", "announcements"),
    )
}
INDEXES = (
    ("Class Index", "class/index"),
    ("Wiki Index", "wiki/index"),
    ("Forum Index", "forum/index"),
    ("Tutorial Index", "lecture/index"),
)
"""Pages that every course has: name and address."""

QUIZ_RESOURCE = {"exam": EXAM, "survey": SURVEY}
QUIZ_PROBLEM = {"quiz": 1, "homework": 1, "video": 2}
"""quiz_type → problem_type_id; exams and surveys are Unknown, because nothing tells a midterm from a final."""
HOMEWORK = 1

SINGLE, MULTIPLE, FREE_TEXT = "question_mc_single", "question_mc_multiple", "question_free_text"
CHOICE_TYPES = {"radio": SINGLE, "select": SINGLE, "checkbox": MULTIPLE}
"""choice_type of a question → problem_format; without one it is FREE_TEXT."""

QUESTION, ANSWER, COMMENT, WIKI_EDIT, VOTE, OTHER = 1, 2, 3, 4, 5, 6
"""collaboration_type_id."""

STUDENT, UNKNOWN_USER = 4, 7
USER_TYPES = {
    "Administrator": 1,
    "Instructor": 2,
    "Teaching Staff": 3,
    "Community TA": 3,
    "Student": STUDENT,
    "Student Access": STUDENT,
    "Student (Forum Banned)": 5,
    "External Viewer": 6,
    "School Administrator": 1,
    "Data Coordinator": 1,
    "Coursera Tech Support": 1,
    "Blocked": 7,
}
"""Name of the access group → user_type_id; other names are Other."""

VIDEO_KEY, PAGE_VIEW = "user.video.lecture.action", "page_view"
VIDEO_CLICKS = {
    "play": "video_play",
    "pause": "video_pause",
    "seeked": "video_seek",
    "ratechange": "video_speed_change",
}
"""What the player reports → observed_event_type; a seek has `_back` or `_forward` behind it, others are video_ and the player's word."""
