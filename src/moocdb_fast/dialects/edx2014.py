"""The tables of the edX pipeline of 2014: the resource in `url_id`, whole minutes, the country in the `ip` columns, no users."""

from ._spec import WHOLE_MINUTES, Dialect, view

# The pieces that the later MOOC-Learner-Curated tables have in common with these.
OBSERVED = (
    ("observed_event_id", "e.observed_event_id"),
    ("user_id", "e.user_id"),
    ("url_id", "e.resource_id"),
    ("observed_event_timestamp", "e.observed_event_timestamp"),
    ("observed_event_duration", WHOLE_MINUTES),
    ("observed_event_ip", "u.user_country"),
    ("observed_event_os", "e.observed_event_os"),
    ("observed_event_agent", "e.observed_event_agent"),
    ("observed_event_type", "e.observed_event_type"),
)
SUBMITTED = (
    ("submission_id", "s.submission_id"),
    ("user_id", "s.user_id"),
    ("problem_id", "s.problem_id"),
    ("submission_timestamp", "s.submission_timestamp"),
    ("submission_attempt_number", "COALESCE(s.submission_attempt_number, -1)"),
    ("submission_answer", "s.submission_answer"),
    ("submission_is_submitted", "s.submission_is_submitted"),
    ("submission_ip", "u.user_country"),
    ("submission_os", "s.submission_os"),
    ("submission_agent", "s.submission_agent"),
)
PROBLEM = (
    "problem_id",
    # the address of an i4x problem, as the resource tables of the time have it
    ("problem_name", "CASE WHEN problem_key LIKE 'i4x://%' THEN CONCAT('i4x://', problem_name) ELSE problem_name END"),
    "problem_parent_id",
    "problem_child_number",
    "problem_type_id",
    "problem_release_timestamp",
    "problem_soft_deadline",
    "problem_hard_deadline",
    "problem_max_submission",
    "problem_max_duration",
    "problem_weight",
    "resource_id",
)
EVENTS_OF_USERS = "@observed_events e LEFT JOIN @users u ON u.user_id = e.user_id"
SUBMISSIONS_OF_USERS = "@submissions s LEFT JOIN @users u ON u.user_id = s.user_id"
COMMON = (
    view("urls", "@urls", "url_id", "url"),
    view(
        "resources",
        "@resources",
        "resource_id",
        "resource_name",
        "resource_uri",
        "resource_type_id",
        "resource_parent_id",
        "resource_child_number",
        "resource_relevant_week",
        "resource_release_timestamp",
    ),
    view("resource_types", "@resource_types", "resource_type_id", "resource_type_content", "resource_type_medium"),
    view("resources_urls", "@resources_urls", "resources_urls_id", "resource_id", "url_id"),
    view("os", "@os", "os_id", "os_name"),
    view("agent", "@agent", "agent_id", "agent_name"),
    view("problem_types", "@problem_types", "problem_type_id", "problem_type_name"),
    view(
        "assessments",
        "@assessments",
        "assessment_id",
        "submission_id",
        "assessment_feedback",
        "assessment_grade",
        "assessment_grade_with_penalty",
        "assessment_grader_id",
        "assessment_timestamp",
    ),
)

DIALECT = Dialect(
    "edx2014",
    "the edX pipeline of 2014: the resource in url_id, whole minutes, the country in the ip columns",
    (
        view("observed_events", EVENTS_OF_USERS, *OBSERVED),
        view("submissions", SUBMISSIONS_OF_USERS, *SUBMITTED),
        view("problems", "@problems", *PROBLEM),
        *COMMON,
    ),
)
