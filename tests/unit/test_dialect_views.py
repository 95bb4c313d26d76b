"""Dialects in DuckDB: the tables, columns and units that the published variants have."""

from __future__ import annotations

import duckdb
import pytest
from dialect_course import EXPECTED, ROWS
from filled import write_output

import moocdb_fast
from moocdb_fast.cli import main
from moocdb_fast.dialects import DIALECTS, create_views
from moocdb_fast.errors import UsageError
from moocdb_fast.schema import TABLES

EDX = [
    "agent",
    "assessments",
    "observed_events",
    "os",
    "problem_types",
    "problems",
    "resource_types",
    "resources",
    "resources_urls",
    "submissions",
    "urls",
]
COLUMNS = {  # as OLD_PIPELINE.md and the published CREATE TABLE statements have them
    ("edx2014", "observed_events"): (
        "observed_event_id user_id url_id observed_event_timestamp observed_event_duration observed_event_ip observed_event_os "
        "observed_event_agent observed_event_type"
    ),
    ("edx2014", "assessments"): (
        "assessment_id submission_id assessment_feedback assessment_grade assessment_grade_with_penalty assessment_grader_id assessment_timestamp"
    ),
    ("edx2014", "submissions"): (
        "submission_id user_id problem_id submission_timestamp submission_attempt_number submission_answer submission_is_submitted "
        "submission_ip submission_os submission_agent"
    ),
    ("edx2014", "resource_types"): "resource_type_id resource_type_content resource_type_medium",
    ("curated", "click_events"): (
        "observed_event_id course_id user_id video_id observed_event_timestamp observed_event_type url code video_current_time video_new_time "
        "video_old_time video_new_speed video_old_speed"
    ),
    ("curated", "answer"): "answer_id answer_content",
    ("dropout", "user_dropout"): "user_id start_timestamp dropout_timestamp dropout_week last_submission_id",
}
COURSERA = """
answers: answer_id answer_content
assessments: assessment_id submission_id assessment_feedback assessment_grade assessment_max_grade assessment_grade_with_penalty
  assessment_grader_id assessment_timestamp
collaboration_content: collaboration_id collaboration_content
collaboration_types: collaboration_type_id collaboration_type_name
collaborations: collaboration_id user_id collaboration_type_id collaboration_content collaboration_timestamp collaboration_parent_id
  collaboration_child_number collaborations_ip collaborations_os collaborations_agent resource_id
course_metadata: title start_date wrap_up_date last_release_date midterm_exam_resource_id final_exam_resource_id release_periodicity
  uses_peer_grading uses_self_grading uses_staff_grading has_problems has_in_video_quizzes has_open_ended_assignments uses_soft_deadlines
  uses_hard_deadlines allows_drop_in offers_certificates offers_verified_certificates uses_video_pip uses_annotated_slide_instruction
  uses_static_slides_instruction uses_board_style_instruction
feedbacks: feedback_id user_id answer_id question_id feedback_timestamp
observed_event_types: observed_event_type_id observed_event_type_name observed_event_type_activity_mode
observed_events: observed_event_id observed_event_type_id user_id item_id observed_event_timestamp observed_event_data observed_event_duration
  observed_event_ip observed_event_os observed_event_agent
problem_types: problem_type_id problem_type_name
problems: problem_id problem_name problem_parent_id problem_child_number problem_type_id problem_release_timestamp problem_soft_deadline
  problem_hard_deadline problem_max_submission problem_max_duration problem_weight resource_id
questions: question_id question_content question_type question_reference survey_id
resource_types: resource_type_id resource_type_name resource_type_medium
resources: resource_id resource_name resource_uri resource_type_id resource_parent_id resource_child_number resource_relevant_week
  resource_release_date
resources_urls: resources_urls_id resource_id url_id
submissions: submission_id user_id problem_id submission_timestamp submission_attempt_number submission_answer submission_is_submitted submission_ip
  submission_os submission_agent
surveys: survey_id survey_start_timestamp survey_end_timestamp
urls: url_id url
user_pii: user_id user_name user_email user_gender user_birthdate user_country user_ip user_timezone_offset
user_types: user_type_id user_type_name
users: user_id user_name user_email user_gender user_birthdate user_country user_ip user_timezone_offset user_final_grade user_join_timestamp
  user_os user_agent user_language user_screen_resolution user_type_id
"""


@pytest.fixture(scope="module", params=["csv", "duckdb"])
def course(request, tmp_path_factory):
    return moocdb_fast.open(write_output(tmp_path_factory.mktemp("course") / "out", ROWS, (request.param,)))


@pytest.mark.parametrize(("dialect", "query", "rows"), EXPECTED)
def test_what_the_variant_shows(course, dialect, query, rows):
    assert [tuple(row.values()) for row in course.sql(query, dialect=dialect).to_pylist()] == rows


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.name)
def test_every_view_can_be_read_and_has_its_columns(course, dialect):
    for view in dialect.views:
        assert course.sql(f"SELECT * FROM {view.name}", dialect=dialect.name).schema.names == view.columns


def test_tables_and_columns_are_the_published_ones():
    assert sorted(view.name for view in DIALECTS["edx2014"].views) == EDX
    assert {view.name for view in DIALECTS["curated"].views} == {*EDX, "click_events", "metadata", "answer"}
    for (dialect, name), columns in COLUMNS.items():
        view = next(view for view in DIALECTS[dialect].views if view.name == name)
        assert view.columns == columns.split()


def test_the_coursera_tables_have_the_columns_that_the_published_translator_wrote():
    published = dict(line.split(": ") for line in COURSERA.replace("\n  ", " ").strip().splitlines())
    assert {view.name: " ".join(view.columns) for view in DIALECTS["coursera"].views} == published


def test_the_coursera_types_have_the_published_numbers(course):
    """A few of each table, by hand."""
    for table, number, *names in (
        ("resource_types", 7, "forum", "text"),
        ("resource_types", 15, "lecture", "video"),
        ("problem_types", 4, "question_free_text"),
        ("collaboration_types", 4, "forum_vote"),
        ("user_types", 9, "Student (Forum Banned)"),
        ("observed_event_types", 6, "problem_submission", "active"),
        ("observed_event_types", 14, "wiki_edit", "active"),
        ("observed_event_types", 18, "video_seek_back", "passive"),
    ):
        rows = [tuple(row.values()) for row in course.sql(f"SELECT * FROM {table}", dialect="coursera").to_pylist()]
        assert (number, *names) in rows


def test_the_printed_views_work_in_a_database_file(tmp_path, capsys):
    out = write_output(tmp_path / "out", ROWS, ("duckdb",))
    assert main(["views", "dropout"]) == 0
    script = capsys.readouterr().out
    with duckdb.connect(str(out / "moocdb.duckdb")) as connection:
        connection.execute(script)
        connection.execute(script)  # again does no harm
    with duckdb.connect(str(out / "moocdb.duckdb"), read_only=True) as connection:
        rows = connection.execute("SELECT dropout_week FROM dropout.user_dropout ORDER BY user_id").fetchall()
        assert rows == [(3,), (None,), (0,), (None,), (2,), (1,)]
        assert connection.execute("SELECT COUNT(*) FROM observed_events").fetchall() == [(12,)]


def test_names_are_quoted():
    script = create_views(DIALECTS["edx2014"], "mysql", source="my`course", target="views")
    assert "FROM `my``course`.`urls`" in script and "VIEW `views`.`urls`" in script


def test_a_view_never_changes_with_a_type_that_it_does_not_know(course):
    """Every pinned type of ours has a number in the other schema."""
    for table, column in (("resource_types", "resource_type_id"), ("collaboration_types", "collaboration_type_id"), ("user_types", "user_type_id")):
        known = {row[column] for row in course.sql(f"SELECT {column} FROM {table}", dialect="coursera").to_pylist()}
        view = next(
            view for view in DIALECTS["coursera"].views if view.name == {"resource_types": "resources"}.get(table, table.replace("_type", ""))
        )
        case = dict(c for c in view.selects[0].columns if not isinstance(c, str))[column]
        with duckdb.connect() as connection:
            for row in TABLES[table].pinned:
                assert connection.execute(f"SELECT {case} FROM (SELECT {row[0]} AS {column})").fetchall()[0][0] in known


def test_a_dialect_that_does_not_exist(course):
    with pytest.raises(UsageError, match="there is no dialect 'latin'"):
        course.sql("SELECT 1", dialect="latin")
