"""The tables of an export that are read: which columns, under which names, and what becomes of their rows.

Everything that knows a source table derives from here, the mapping in the reference too. A column is known by the name that the
translation uses; where the formats differ, its names stand in the order in which they are looked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SESSION = "session_user_id|anon_user_id"
FORUM = "forum_user_id|user_id"
AUTHOR = "author_id|session_user_id|anon_user_id"

Where = Literal["hash_mapping", "general", "forum"]


@dataclass(frozen=True)
class SourceTable:
    """A table of the export. `columns`: our name → its name, or names with `|` between them."""

    name: str
    where: Where
    doc: str
    into: str
    columns: dict[str, str]


def _same(*names: str, **others: str) -> dict[str, str]:
    return {**{name: name for name in names}, **others}


_TIMES = ("open_time", "soft_close_time", "hard_close_time")

SOURCES: dict[str, SourceTable] = {
    table.name: table
    for table in (
        SourceTable(
            "hash_mapping",
            "hash_mapping",
            "who is who under which name",
            "one row of users each, ordered by user_id; nobody else has rows anywhere",
            _same("user_id", session=SESSION, forum=FORUM, eventing="eventing_user_id"),
        ),
        SourceTable(
            "users",
            "general",
            "registrations",
            "users: user_join_timestamp, user_type_id by access group, user_timezone_offset (standard time, seconds), user_language; "
            "last_access_ip (format 1 only) gives user_country with --geoip",
            _same("access_group_id", "registration_time", "timezone", "locale", "last_access_ip", session=SESSION),
        ),
        SourceTable("access_groups", "general", "names of groups", "users.user_type_id", _same("id", "name")),
        SourceTable("course_grades", "general", "final grades", "users.user_final_grade: normal_grade / 100", _same("normal_grade", session=SESSION)),
        SourceTable(
            "sections",
            "general",
            "sections of the course",
            "resources (informational), in the order of display_order and id",
            _same("id", "title", "display_order", "visible_date"),
        ),
        SourceTable(
            "items_sections",
            "general",
            "which item stands where in which section",
            "resource_parent_id and resource_child_number of items",
            _same("item_type", "item_id", "section_id", "order"),
        ),
        SourceTable(
            "lecture_metadata",
            "general",
            "lectures",
            "resources (tutorial); a draft (parent_id names the live one) is the live one",
            _same("id", "parent_id", "open_time", "title", "deleted"),
        ),
        SourceTable(
            "lecture_submission_metadata",
            "general",
            "views and downloads of lectures",
            "observed_events: tutorial_visit, or tutorial_download",
            _same("id", "item_id", "submission_time", "action", session=SESSION),
        ),
        SourceTable(
            "quiz_metadata",
            "general",
            "quizzes",
            "resources (testing; exams and surveys as such) and problems (format quiz); a draft is the live one",
            _same("id", "parent_id", *_TIMES, "maximum_submissions", "title", "duration", "quiz_type", "deleted"),
        ),
        SourceTable(
            "kvs.quiz",
            "general",
            "the XML of quizzes, and the answers of each attempt",
            "problems below that of their quiz, keyed by quiz and question; submissions, one per answered question; assessments of choices",
            _same("key", "value"),
        ),
        SourceTable(
            "quiz_submission_metadata",
            "general",
            "attempts at quizzes",
            "submissions and problem_submission events of their answers; test_visit and test_submission events",
            _same("id", "item_id", "submission_time", session=SESSION),
        ),
        SourceTable(
            "assignment_metadata",
            "general",
            "programming assignments",
            "resources (testing) and problems (format assignment)",
            _same("id", "parent_id", *_TIMES, "title", "maximum_submissions", "deleted"),
        ),
        SourceTable(
            "assignment_part_metadata",
            "general",
            "their parts",
            "problems (format assignment_part) below that of the assignment",
            _same("id", "assignment_id", "part_order", "maximum_score", "maximum_submissions"),
        ),
        SourceTable(
            "assignment_submission_metadata",
            "general",
            "attempts at parts",
            "submissions, assessments (raw_score / maximum_score), assignment_submission events",
            _same("id", "item_id", "submission_time", "raw_score", session=SESSION),
        ),
        SourceTable(
            "hg_assessment_metadata",
            "general",
            "peer assessed tasks",
            "resources (testing) and problems (format peer_assessment)",
            _same("id", "open_time", "submission_deadline", "grading_deadline", "display_grades_time", "title", "max_grade", "deleted"),
        ),
        SourceTable(
            "hg_assessment_submission_metadata",
            "general",
            "what was handed in",
            "submissions (saved only, if there is no submit_time) and peer_submission events; the text itself is not in the table",
            _same("id", "assessment_id", "title", "save_time", "submit_time", author=AUTHOR),
        ),
        SourceTable(
            "hg_assessment_evaluation_metadata",
            "general",
            "marks by peers, staff and authors",
            "assessments, the grader being the peer's user_id, staff or self; peer_evaluation events",
            _same("id", "author_group", "submission_id", "save_time", "submit_time", "grade", "ignore", author=AUTHOR),
        ),
        SourceTable(
            "hg_assessment_overall_evaluation_metadata",
            "general",
            "the mark that counts",
            "one assessment more per submission, the grader being automatic, or staff where a staff grade is final",
            _same("id", "submission_id", "grade", "final_grade", "staff_grade"),
        ),
        SourceTable(
            "announcements",
            "general",
            "announcements",
            "resources (informational), and collaborations (other) with the message",
            _same("id", "title", "message", "open_time", "deleted", session=SESSION),
        ),
        SourceTable("wiki_pages", "general", "wiki pages", "resources (wiki)", _same("id", "title", "canonical_name", "deleted")),
        SourceTable(
            "wiki_revisions",
            "general",
            "edits of wiki pages",
            "collaborations (wiki_edit) with the comment, and wiki_edit events",
            _same("id", "page_id", "timestamp", "comments", session=SESSION),
        ),
        SourceTable(
            "forum_forums",
            "forum",
            "forums",
            "resources (forum), in the order of display_order and id; parent_id gives the parent",
            _same("id", "parent_id", "name", "display_order", "deleted"),
        ),
        SourceTable(
            "forum_threads",
            "forum",
            "threads",
            "resources (forum) below their forum, named by the title",
            _same("id", "forum_id", "title", "posted_time", "deleted", "is_spam"),
        ),
        SourceTable(
            "forum_posts",
            "forum",
            "posts",
            "collaborations: the original of a thread is a forum_question, the others are forum_answers to it; forum_post and forum_comment events",
            _same("id", "thread_id", "post_time", "deleted", "is_spam", "original", "post_text", "user_agent", user=FORUM),
        ),
        SourceTable(
            "forum_comments",
            "forum",
            "comments on posts",
            "collaborations (forum_comment) on their post, and forum_comment events",
            _same("id", "post_id", "post_time", "deleted", "is_spam", "comment_text", "user_agent", user=FORUM),
        ),
        SourceTable(
            "forum_reputation_record",
            "forum",
            "votes",
            "collaborations (forum_vote) for their post or comment, 1 or -1, and forum_vote events",
            _same("pc_id", "type", "direction", "timestamp", user=FORUM),
        ),
        SourceTable(
            "kvs.forum_readrecord",
            "forum",
            "which threads a user has read, and when last",
            "observed_events: forum_post_read per thread, forum_visit for a whole forum",
            _same("key", "value"),
        ),
        SourceTable(
            "activity_log",
            "forum",
            "actions in the forum",
            "observed_events named module.action as logged",
            _same("id", "module", "action", "item_id", "timestamp", user=FORUM),
        ),
    )
}

NOT_READ = {
    "late_days_applied, late_days_left": "a policy of grading, not an activity",
    "hg_assessment_peer_grading_metadata, ..._set_metadata, hg_assessment_self_grading_set_metadata, hg_assessment_training_metadata, "
    "..._set_metadata, hg_assessment_calibration_gradings": "which evaluations belong together; the evaluations themselves are read",
    "kvs.assignment.data, kvs.assignment.submissions, kvs.human_grading, kvs.lecture, kvs.internationalization": "no known layout",
    "forum_tags, forum_tags_threads, forum_subscribe_forums, forum_subscribe_threads, forum_reporting, forum_reputation_points": "no place for them",
    "navbar_list": "the menu of the site",
}
"""Tables that are known and left alone."""
