"""The tables of an export, in both formats of the platform.

A column is `name:type`. Types are i (int), t (tinyint), f (float), vN (varchar of N), x (text), X (longtext), a|b (enum); `?` behind it allows NULL,
`=value` is its default. `@user`, `@forum` and `@author` are the columns that tell a person, whose names and types differ between the formats.
`1>` and `2>` before a column: only in that format.
"""

from __future__ import annotations

from dataclasses import dataclass

_PARTS = {
    "hash_mapping": {
        "hash_mapping": "user_id:i 1>anon_user_id:v120 1>forum_user_id:v120 2>eventing_user_id:v255 2>session_user_id:v255 2>public_user_id:v255",
    },
    "general": {
        "access_groups": (
            "id:i name:v255 default:t allow_site_access:t=1 forum_title:v255 forum_admin:t forum_moderate:t 2>forum_banned:t"
            " admin_access:t user_admin:t wiki_admin:t wiki_createpage:t i18n_admin:t staging_admin:t navbar:t dev_admin:t log_admin:t"
            " prereg_access:t user_level_priority:i 2>data_access_tier:t?"
        ),
        "announcements": (
            "id:i title:x message:X @user open_time:i? close_time:i=2147483647 icon:v255 deleted:t"
            " email_announcements:no_email|email_staged|email_sent|email_resend_staged 2>published:t=1"
        ),
        "assignment_metadata": (
            "id:i parent_id:i=-1 open_time:i? soft_close_time:i? hard_close_time:i? title:v255? maximum_submissions:i deleted:t last_updated:i"
        ),
        "assignment_part_metadata": (
            "id:i assignment_id:i sid:v255 part_order:i maximum_score:i retry_delay:i optional:t maximum_submissions:i title:v255"
            " grader:v255 deleted:t"
        ),
        "assignment_submission_metadata": (
            "id:i item_id:i @user submission_time:i submission_number:i raw_score:f? 2>authenticated_submission_id:i?"
        ),
        "course_grades": (
            "id:i @user normal_grade:f? distinction_grade:f? achievement_level:none|normal|distinction authenticated_overall:t?"
            " ace_grade:f? passed_ace:t?"
        ),
        "hg_assessment_metadata": (
            "id:i @user open_time:i? submission_deadline:i? submission_deadline_grace_period:i grading_start:i? grading_deadline:i?"
            " grading_deadline_grace_period:i display_grades_time:i? title:v255 max_grade:f 2>last_updated:i? 2>published:i=1"
            " deleted:t"
        ),
        "hg_assessment_submission_metadata": (
            "id:i @author title:v50? assessment_id:i included_in_training:t included_in_grading:t=1 included_in_ground_truth:t"
            " excluded_from_circulation:t anonymized_if_showcased:t blank:t start_time:i save_time:i submit_time:i?"
            " allocation_score:f? authenticated_submission_id:i? 2>ignore_grade_adjustments:t"
        ),
        "hg_assessment_evaluation_metadata": (
            "id:i @author author_group:student|staff submission_id:i start_time:i save_time:i submit_time:i? grade:f? ignore:t"
        ),
        "hg_assessment_overall_evaluation_metadata": "id:i submission_id:i grade:f? final_grade:f? staff_grade:f? peer_grade:f? self_grade:f?",
        "hg_assessment_calibration_gradings": (
            "id:i item_number:i calibration_set_id:i evaluation_id:i type:training|groundTruth|staffGradeOnly submit_time:i?"
        ),
        "hg_assessment_peer_grading_metadata": (
            "id:i item_number:i peer_grading_set_id:i evaluation_id:i submit_time:i? required:i=1 last_required:i"
        ),
        "hg_assessment_peer_grading_set_metadata": "id:i @user assessment_id:i start_time:i finish_time:i? status:ongoing|completed",
        "hg_assessment_self_grading_set_metadata": "id:i @user assessment_id:i start_time:i finish_time:i? status:ongoing|completed",
        "hg_assessment_training_metadata": "id:i item_number:i training_set_id:i evaluation_id:i submit_time:i?",
        "hg_assessment_training_set_metadata": "id:i @user assessment_id:i start_time:i finish_time:i? status:ongoing|pass|fail",
        "items_sections": (
            "1>item_type:quiz|lecture|assignment|peergrading 2>item_type:quiz|lecture|assignment|peergrading|coursepage|announcement"
            " 1>item_id:i 2>item_id:v128 section_id:i order:i"
        ),
        "kvs.assignment.data": "key:x value:X?",
        "kvs.assignment.submissions": "key:x value:X?",
        "kvs.human_grading": "key:x value:X?",
        "kvs.internationalization": "key:x value:X?",
        "kvs.lecture": "key:x value:X?",
        "kvs.quiz": "key:x value:X?",
        "late_days_applied": "item_type:quiz|lecture|assignment item_id:i @user late_days_applied:i",
        "late_days_left": "@user late_days_left:i",
        "lecture_metadata": (
            "id:i parent_id:i=-1 open_time:i? soft_close_time:i? hard_close_time:i? maximum_submissions:i=100 title:v255?"
            " source_video:v255? video_length:f? quiz_id:i? final:t deleted:t last_updated:i 2>video_id:v255? 2>video_id_v2:v255?"
        ),
        "lecture_submission_metadata": "id:i item_id:i @user submission_time:i submission_number:i raw_score:f? action:view|download",
        "navbar_list": "id:i name:v255 icon:v255 link_type:circuit|wiki|link|window_link|heading link_data:v255 order:i",
        "quiz_metadata": (
            "id:i parent_id:i=-1 open_time:i? soft_close_time:i? hard_close_time:i? maximum_submissions:i=100 title:v255? duration:i"
            " quiz_type:quiz|video|exam|homework|survey proctoring_requirement:none|proctored|nonproctored"
            " 2>authentication_required:t=1 deleted:t last_updated:i"
        ),
        "quiz_submission_metadata": (
            "id:i item_id:i @user submission_time:i submission_number:i raw_score:f? grading_error:t authenticated_submission_id:i?"
        ),
        "sections": "id:i title:v255 display_order:i last_published_date:i visible_date:i=-1",
        "users": (
            "@user locale:v10=en_US timezone:v255=America/Los_Angeles access_group_id:i registration_time:i last_access_time:i"
            " 1>last_access_ip:v255 email_announcement:t=1 email_forum:t=1 in_signature_track:t wishes_proctored_exam:t?"
            " email_review:t=1 deleted:t 2>signature_track_register_time:i"
        ),
        "wiki_pages": "id:i canonical_name:v100 title:x creator:i created:i locked:t visible:t=1 deleted:t modified:i current_revision:i",
        "wiki_revisions": "id:i page_id:i @user timestamp:i comments:v255",
    },
    "forum": {
        "activity_log": "id:i @forum module:v255 action:v255 item_id:i metadata:X timestamp:i",
        "forum_comments": (
            "id:i 2>thread_id:i post_id:i @forum post_time:i deleted:t is_spam:t votes:i anonymous:t comment_text:x user_agent:x"
            " text_type:markdown|html"
        ),
        "forum_forums": (
            "id:i parent_id:i=-1 name:v255 description:x type:forum|qna deleted:t can_post:t=1 show_threads:t=1 resolved_tag:t"
            " display_order:i open_time:i 2>forum_moderators_only:t"
        ),
        "forum_posts": (
            "id:i thread_id:i @forum post_time:i edit_time:i=-1 deleted:t is_spam:t original:t stickied:t approved:t anonymous:t"
            " votes:i post_text:x user_agent:x text_type:markdown|html"
        ),
        "forum_reporting": "id:i @forum report_type:inappropriate|technical item_type:post|comment item_id:i description:x timestamp:i",
        "forum_reputation_points": "@forum points:i",
        "forum_reputation_record": "@forum pc_id:i type:post|comment direction:t timestamp:i=-1",
        "forum_subscribe_forums": "@forum forum_id:i start_time:i",
        "forum_subscribe_threads": "@forum thread_id:i start_time:i",
        "forum_tags": "id:i tag_name:v100?",
        "forum_tags_threads": "tag_id:i thread_id:i 2>user_id:i? timestamp:i 2>is_spam:t",
        "forum_threads": (
            "id:i forum_id:i @forum posted_time:i last_updated_time:i last_updated_user:i deleted:t is_spam:t stickied:t approved:t"
            " unresolved:t instructor_replied:t num_posts:i=1 num_views:i votes:i locked:t anonymous:t title:x 2>triage_sync_status:t"
            " 2>triage_status:i 2>private:i 2>problem_id:v255?"
        ),
        "kvs.forum_readrecord": "key:x value:X?",
    },
}
PARTS = tuple(_PARTS)
_PERSON = {
    "@user": ("anon_user_id:v120", "session_user_id:v160"),
    "@author": ("anon_user_id:v120", "author_id:v160"),
    "@forum": ("forum_user_id:v120", "user_id:i"),
}
_LATIN1 = {"hash_mapping", "course_grades"}  # as format 2 has them, in the midst of utf8mb4
_LATIN1_COLUMNS = {("access_groups", "name"), ("users", "locale"), ("users", "timezone")}


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `key` is what rows call it: its name, or @user, @author, @forum."""

    key: str
    name: str
    sql: str
    default: object


def columns(part: str, table: str, form: int) -> list[Column]:
    """The columns of a table in one of the two formats."""
    found = []
    for word in _PARTS[part][table].split():
        if word[1] == ">":
            if int(word[0]) != form:
                continue
            word = word[2:]
        found.append(_column(table, word if word[0] == "@" else "", _PERSON[word][form - 1] if word[0] == "@" else word, form))
    return found


def _column(table: str, key: str, word: str, form: int) -> Column:
    name, _, kind = word.partition(":")
    kind, _, default = kind.partition("=")
    null = kind.endswith("?")
    kind = kind.removesuffix("?")
    charset = " CHARACTER SET latin1" if form == 2 and (table, name) in _LATIN1_COLUMNS else ""
    if table.startswith("kvs.") and name == "key":
        charset = " CHARACTER SET utf8 COLLATE utf8_bin"
    if "|" in kind:
        words = kind.split("|")
        sql, value = "enum(" + ",".join(f"'{w}'" for w in words) + ")", default or words[0]
    elif kind in ("i", "t"):
        sql, value = {"i": "int(11)", "t": "tinyint(4)"}[kind], int(default or 0)
    elif kind == "f":
        sql, value = "float", 0.0
    else:
        sql, value = {"x": "text", "X": "longtext"}.get(kind, f"varchar({kind[1:]})"), default
    given = "" if kind in ("x", "X") else f" DEFAULT '{value}'" if not key and name != "id" else ""
    rule = ("" if kind in ("x", "X") else " DEFAULT NULL") if null else " NOT NULL" + given
    return Column(key or name, name, f"`{name}` {sql}{charset}{rule}", None if null else value)


def tables(part: str) -> list[str]:
    """The tables of one of the three dumps."""
    return list(_PARTS[part])


def sql_name(table: str, form: int, course: int) -> str:
    """What a table is called in the dump."""
    return table if not table.startswith("kvs.") else f"kvs_course.{course}.{table[4:]}" if form == 1 else f"kvs_course.{table[4:]}"


def create(part: str, table: str, form: int, course: int) -> str:
    """CREATE TABLE."""
    cols = columns(part, table, form)
    lines = [f"  {column.sql}" for column in cols]
    if table.startswith("kvs."):
        lines.append("  PRIMARY KEY (`key`(160))")
    elif cols[0].name in ("id", "user_id") and cols[0].key == cols[0].name:
        lines.append(f"  PRIMARY KEY (`{cols[0].name}`)")
    charset = "utf8" if form == 1 else "latin1" if table in _LATIN1 else "utf8mb4"
    return f"CREATE TABLE `{sql_name(table, form, course)}` (\n" + ",\n".join(lines) + f"\n) ENGINE=InnoDB DEFAULT CHARSET={charset}"
