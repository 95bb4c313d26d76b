"""The schema of the Coursera translator: one `item_id` per event, its own numbers for types, submissions and posts among the events."""

from __future__ import annotations

from ._spec import Dialect, Select, View, constants, empty, view

# Its pinned types. `observed_event_types` has two names twice; events carry the higher number.
_RESOURCE_TYPES = (
    (1, "content_section", "text"), (2, "tutorial", "video"), (3, "informational", "video"), (4, "problem", "text"), (5, "testing", "text"),
    (6, "wiki", "text"), (7, "forum", "text"), (8, "profile", "text"), (9, "index", "text"), (10, "book", "text"), (11, "survey", "text"),
    (12, "home", "text"), (13, "other", "text"), (14, "exam", "text"), (15, "lecture", "video"),
)  # fmt: skip
_PROBLEM_TYPES = (
    (1, "multipart"), (2, "question_mc_single"), (3, "question_mc_multiple"), (4, "question_free_text"), (5, "question_group"), (6, "quiz"),
    (7, "assignment"), (8, "assignment_part"),
)  # fmt: skip
_COLLABORATION_TYPES = ((1, "forum_post"), (2, "forum_answer"), (3, "forum_comment"), (4, "forum_vote"), (5, "wiki_edit"), (6, "other"))
_USER_TYPES = (
    (1, "Administrator"), (2, "Instructor"), (3, "Teaching Staff"), (4, "Student"), (5, "Blocked"), (6, "Student Access"), (7, "Community TA"),
    (8, "School Administrator"), (9, "Student (Forum Banned)"),
)  # fmt: skip
_EVENT_TYPES = (
    (1, "index_visit", "passive"), (2, "tutorial_visit", "passive"), (3, "test_visit", "passive"), (4, "test_submission", "active"),
    (5, "problem_visit", "passive"), (6, "problem_submission", "active"), (7, "forum_visit", "passive"), (8, "forum_post", "active"),
    (9, "forum_post_read", "passive"), (10, "forum_comment", "active"), (11, "forum_vote", "active"), (12, "wiki_edit", "active"),
    (13, "wiki_visit", "passive"), (14, "wiki_edit", "active"), (15, "forum_visit", "passive"), (16, "video_play", "passive"),
    (17, "video_pause", "passive"), (18, "video_seek_back", "passive"), (19, "video_seek_forward", "passive"),
    (20, "video_speed_change", "passive"), (21, "activity_start", "passive"),
)  # fmt: skip


def _case(value: str, numbers: dict[int, int], otherwise: str) -> str:
    """Our number of a type as its."""
    return f"CASE {value} " + " ".join(f"WHEN {ours} THEN {its}" for ours, its in numbers.items()) + f" ELSE {otherwise} END"


_RESOURCE = {0: 13, 1: 3, 2: 9, 3: 10, 4: 15, 5: 2, 6: 4, 7: 6, 8: 14, 9: 7, 10: 8, 11: 11, 12: 5}
_COLLABORATION = {1: 1, 2: 2, 3: 3, 4: 5, 5: 4, 6: 6}
_USER = {1: 1, 2: 2, 3: 3, 4: 4, 5: 9}
_VISIT = {4: 2, 5: 2, 6: 5, 7: 13, 8: 3, 9: 15, 12: 3}
_POST = {1: 8, 2: 10, 3: 10, 4: 14, 5: 11}

# What a video event is, else what kind of resource it visits; a seek to the same place, or to an unknown one, goes forward.
_EVENT = (
    "CASE WHEN e.observed_event_type IN ('play_video', 'edx.video.played', 'video_play') THEN 16 "
    "WHEN e.observed_event_type IN ('pause_video', 'edx.video.paused', 'video_pause') THEN 17 "
    "WHEN e.observed_event_type IN ('seek_video', 'edx.video.position.changed', 'edx.video.seeked', "
    "'video_seek', 'video_seek_back', 'video_seek_forward') "
    "THEN CASE WHEN c.video_new_time < c.video_old_time THEN 18 ELSE 19 END "
    "WHEN e.observed_event_type IN ('speed_change_video', 'edx.video.speed.changed', 'video_speed_change') THEN 20 "
    "WHEN e.observed_event_type = 'test_submission' THEN 4 WHEN e.observed_event_type = 'forum_post_read' THEN 9 "
    f"ELSE {_case('r.resource_type_id', _VISIT, '1')} END"
)
# Events of courses of Coursera that stand for a row of submissions, assessments or collaborations: that row gives them here.
_TOLD = (
    "'problem_submission', 'assignment_submission', 'peer_submission', 'peer_evaluation', "
    "'forum_post', 'forum_comment', 'forum_vote', 'wiki_edit', 'announcement'"
)
_AFTER_EVENTS = "(SELECT COALESCE(MAX(observed_event_id), 0) FROM @observed_events)"
_AFTER_SUBMISSIONS = "(SELECT COALESCE(MAX(submission_id), 0) FROM @submissions)"
_OBSERVED_EVENTS = View(
    "observed_events",
    (
        Select(
            "@observed_events e LEFT JOIN @resources r ON r.resource_id = e.resource_id "
            f"LEFT JOIN @click_events c ON c.observed_event_id = e.observed_event_id WHERE e.observed_event_type NOT IN ({_TOLD})",
            (
                ("observed_event_id", "e.observed_event_id"),
                ("observed_event_type_id", _EVENT),
                ("user_id", "e.user_id"),
                ("item_id", "COALESCE(e.resource_id, -1)"),
                ("observed_event_timestamp", "e.observed_event_timestamp"),
                ("observed_event_data", "'{}'"),
                ("observed_event_duration", "e.observed_event_duration"),
                ("observed_event_ip", "NULL"),
                ("observed_event_os", "e.observed_event_os"),
                ("observed_event_agent", "e.observed_event_agent"),
            ),
        ),
        Select(
            "@submissions s",
            (
                f"{_AFTER_EVENTS} + s.submission_id",
                "6",
                "s.user_id",
                "s.problem_id",
                "s.submission_timestamp",
                "'{}'",
                "NULL",
                "NULL",
                "s.submission_os",
                "s.submission_agent",
            ),
        ),
        Select(
            "@collaborations k WHERE k.collaboration_type_id <> 6",
            (
                f"{_AFTER_EVENTS} + {_AFTER_SUBMISSIONS} + k.collaboration_id",
                _case("k.collaboration_type_id", _POST, "8"),
                "k.user_id",
                "COALESCE(k.collaboration_parent_id, k.resource_id, -1)",
                "k.collaboration_timestamp",
                "'{}'",
                "NULL",
                "NULL",
                "k.collaborations_os",
                "k.collaborations_agent",
            ),
        ),
    ),
)
# A problem with parts, else by its kind of response.
_PROBLEM = (
    "CASE WHEN p.problem_format = 'quiz' THEN 6 WHEN p.problem_format IN ('assignment', 'peer_assessment') THEN 7 "
    "WHEN p.problem_format = 'assignment_part' THEN 8 "
    "WHEN EXISTS (SELECT 1 FROM @problems part WHERE part.problem_parent_id = p.problem_id) THEN 1 "
    "WHEN p.problem_format IN ('multiplechoiceresponse', 'optionresponse', 'truefalseresponse', 'question_mc_single') THEN 2 "
    "WHEN p.problem_format IN ('choiceresponse', 'question_mc_multiple') THEN 3 ELSE 4 END"
)

DIALECT = Dialect(
    "coursera",
    "the Coursera translator's schema: item_id and its own type ids, submissions and posts among the events",
    (
        _OBSERVED_EVENTS,
        constants("observed_event_types", ("observed_event_type_id", "observed_event_type_name", "observed_event_type_activity_mode"), _EVENT_TYPES),
        view("urls", "@urls", "url_id", "url"),
        view(
            "resources",
            "@resources",
            "resource_id",
            ("resource_name", "COALESCE(resource_name, '')"),
            "resource_uri",
            ("resource_type_id", _case("resource_type_id", _RESOURCE, "13")),
            "resource_parent_id",
            "resource_child_number",
            "resource_relevant_week",
            ("resource_release_date", "CAST(resource_release_timestamp AS DATE)"),
        ),
        constants("resource_types", ("resource_type_id", "resource_type_name", "resource_type_medium"), _RESOURCE_TYPES),
        view("resources_urls", "@resources_urls", "resources_urls_id", "resource_id", "url_id"),
        view(
            "problems",
            "@problems p",
            "problem_id",
            "problem_name",
            "problem_parent_id",
            "problem_child_number",
            ("problem_type_id", _PROBLEM),
            "problem_release_timestamp",
            "problem_soft_deadline",
            "problem_hard_deadline",
            "problem_max_submission",
            "problem_max_duration",
            "problem_weight",
            "resource_id",
        ),
        constants("problem_types", ("problem_type_id", "problem_type_name"), _PROBLEM_TYPES),
        view(
            "submissions",
            "@submissions",
            "submission_id",
            "user_id",
            "problem_id",
            "submission_timestamp",
            ("submission_attempt_number", "COALESCE(submission_attempt_number, -1)"),
            ("submission_answer", "COALESCE(submission_answer, '')"),
            ("submission_is_submitted", "CASE WHEN submission_is_submitted = 1 THEN 1 ELSE 0 END"),
            ("submission_ip", "NULL"),
            "submission_os",
            "submission_agent",
        ),
        view(
            "assessments",
            "@assessments",
            "assessment_id",
            "submission_id",
            "assessment_feedback",
            "assessment_grade",
            "assessment_max_grade",
            "assessment_grade_with_penalty",
            # 0 where no user graded; a user_id is the only other thing that begins with a digit
            ("assessment_grader_id", "CASE WHEN assessment_grader_id BETWEEN '0' AND '9z' THEN CAST(assessment_grader_id AS SIGNED) ELSE 0 END"),
            "assessment_timestamp",
        ),
        view(
            "collaborations",
            "@collaborations",
            "collaboration_id",
            "user_id",
            ("collaboration_type_id", _case("collaboration_type_id", _COLLABORATION, "6")),
            ("collaboration_content", "COALESCE(collaboration_content, '')"),
            "collaboration_timestamp",
            "collaboration_parent_id",
            "collaboration_child_number",
            ("collaborations_ip", "NULL"),
            "collaborations_os",
            "collaborations_agent",
            "resource_id",
        ),
        view("collaboration_content", "@collaborations WHERE collaboration_content IS NOT NULL", "collaboration_id", "collaboration_content"),
        constants("collaboration_types", ("collaboration_type_id", "collaboration_type_name"), _COLLABORATION_TYPES),
        view("surveys", "@surveys", "survey_id", "survey_start_timestamp", "survey_end_timestamp"),
        view("questions", "@questions", "question_id", "question_content", "question_type", "question_reference", "survey_id"),
        view("answers", "@answers", "answer_id", "answer_content"),
        view("feedbacks", "@feedbacks", "feedback_id", "user_id", "answer_id", "question_id", "feedback_timestamp"),
        view(
            "users",
            "@users",
            "user_id",
            "user_name",
            ("user_email", "COALESCE(user_email, '')"),
            "user_gender",
            ("user_birthdate", "CAST(user_birthdate AS DATE)"),
            "user_country",
            ("user_ip", "NULL"),
            "user_timezone_offset",
            "user_final_grade",
            "user_join_timestamp",
            "user_os",
            "user_agent",
            "user_language",
            "user_screen_resolution",
            ("user_type_id", _case("user_type_id", _USER, "6")),
        ),
        constants("user_types", ("user_type_id", "user_type_name"), _USER_TYPES),
        empty(
            "user_pii", "user_id", "user_name", "user_email", "user_gender", "user_birthdate", "user_country", "user_ip", "user_timezone_offset"
        ),
        empty(
            "course_metadata", "title", "start_date", "wrap_up_date", "last_release_date", "midterm_exam_resource_id", "final_exam_resource_id",
            "release_periodicity", "uses_peer_grading", "uses_self_grading", "uses_staff_grading", "has_problems", "has_in_video_quizzes",
            "has_open_ended_assignments", "uses_soft_deadlines", "uses_hard_deadlines", "allows_drop_in", "offers_certificates",
            "offers_verified_certificates", "uses_video_pip", "uses_annotated_slide_instruction", "uses_static_slides_instruction",
            "uses_board_style_instruction",
        ),
    ),
)  # fmt: skip
