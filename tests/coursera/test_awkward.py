"""The awkward golden course: each case of its manifest behaves as its `wanted` column says. Skipped where the course is not there."""

from __future__ import annotations

import json
from collections import Counter
from types import SimpleNamespace

import pytest

from moocdb_fast.coursera.detect import open_export
from moocdb_fast.coursera.run import Course, translate_export
from moocdb_fast.options import Options

from .published import GOLDEN, moment, rows

COURSE = GOLDEN / "coursera_2"
pytestmark = pytest.mark.skipif(not COURSE.is_dir(), reason="the golden courses are not on this machine")
MANIFEST = {case["id"]: case for case in json.loads((COURSE / "manifest.json").read_text())["awkward"]} if COURSE.is_dir() else {}
CASES = {}


def case(*names):
    """The check of manifest cases."""

    def register(check):
        CASES.update(dict.fromkeys(names, check))
        return check

    return register


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The export's rows, ours, and the ledger."""
    place = tmp_path_factory.mktemp("awkward")
    summary = translate_export(lambda: open_export(COURSE), place / "out", Course("synth-001"), Options(key_file=place / "key"))
    source, export = open_export(COURSE), {}
    for table, columns in source.tables().items():
        names = [column.name for column in columns]
        export[table] = [row for batch in source.rows(table, names) for row in batch.rename_columns(names).to_pylist()]
    source.close()
    ours = {path.stem: rows(path) for path in (place / "out").glob("*.csv")}
    ledger = {report.name: report.counts for report in summary.inputs}
    people = {row["session_user_id"]: number for number, row in enumerate(sorted(export["hash_mapping"], key=lambda r: r["user_id"]), 1)}
    numbers = {row["user_id"]: people[row["session_user_id"]] for row in export["hash_mapping"]}
    rejects = [json.loads(line) for line in (place / "out" / "rejects.jsonl").read_text().splitlines()]
    return SimpleNamespace(export=export, ledger=ledger, people=people, numbers=numbers, rejects=rejects, **ours)


@pytest.mark.parametrize("name", MANIFEST)
def test_case(name, course):
    CASES[name](course)


def by(found, column):
    return {row[column]: row for row in found}


def resource(c, key):
    return by(c.resources, "resource_key")[key]


def answers(c, number):
    """The submissions of a quiz attempt."""
    return [row for row in c.submissions if row["submission_key"].startswith(f"quiz_submission:{number}:")]


def marks(c, number):
    ids = {row["submission_id"] for row in answers(c, number)}
    return [row for row in c.assessments if row["submission_id"] in ids]


def only(found):
    (row,) = found
    return row


def problem(c, row):
    return by(c.problems, "problem_id")[row["problem_id"]]


def rejected(c, table, reason, number=None):
    return [row for row in c.rejects if (row["table"], row["reason"]) == (table, reason) and number in (None, row["id"])]


@case("user-unmapped")
def unmapped_users_are_counted_per_table(c):
    tables = {
        "users": "session_user_id", "course_grades": "session_user_id", "lecture_submission_metadata": "session_user_id",
        "quiz_submission_metadata": "session_user_id", "wiki_revisions": "session_user_id",
    }  # fmt: skip
    for table, column in tables.items():
        lost = sum(row[column] not in c.people for row in c.export[table])
        assert lost and c.ledger[table].rejected["no_user"] == lost == len(rejected(c, table, "no_user"))
    for table in ("forum_posts", "forum_comments", "forum_reputation_record", "activity_log"):
        lost = sum(row["user_id"] not in c.numbers for row in c.export[table])
        assert lost and c.ledger[table].rejected["no_user"] == lost


@case("user-hash-only")
def people_without_registration_are_students(c):
    registered = {row["session_user_id"] for row in c.export["users"]}
    lost = [number for name, number in c.people.items() if name not in registered]
    assert lost and c.ledger["hash_mapping"].salvaged["no_users_row"] == len(lost)
    for number in lost:
        row = by(c.users, "user_id")[str(number)]
        assert (row["user_type_id"], row["user_join_timestamp"]) == ("4", "")


@case("user-odd-group", "user-missing-group")
def strange_groups_are_other(c):
    groups = {row["id"]: row["name"] for row in c.export["access_groups"]}
    odd = [
        row
        for row in c.export["users"]
        if groups.get(row["access_group_id"], "Course Observer") == "Course Observer" and row["session_user_id"] in c.people
    ]
    assert {row["access_group_id"] in groups for row in odd} == {True, False}
    assert c.ledger["users"].salvaged["unknown_group"] == len(odd)
    assert {by(c.users, "user_id")[str(c.people[row["session_user_id"]])]["user_type_id"] for row in odd} == {"7"}


@case("user-reg-zero")
def registration_at_zero_is_null(c):
    row = only([row for row in c.export["users"] if row["registration_time"] == 0 and row["session_user_id"] in c.people])
    assert by(c.users, "user_id")[str(c.people[row["session_user_id"]])]["user_join_timestamp"] == ""


@case("ip-odd")
def addresses_are_of_format_1(c):
    assert "last_access_ip" not in c.export["users"][0]  # tested in test_people.py


@case("grade-null")
def no_grade_is_null(c):
    row = only([row for row in c.export["course_grades"] if row["normal_grade"] is None and row["session_user_id"] in c.people])
    assert by(c.users, "user_id")[str(c.people[row["session_user_id"]])]["user_final_grade"] == ""


@case("lecture-draft")
def drafts_are_their_lecture(c):
    live = resource(c, "lecture:1")
    assert "lecture:15" not in by(c.resources, "resource_key")
    views = [row for row in c.export["lecture_submission_metadata"] if row["item_id"] == 15 and row["session_user_id"] in c.people]
    events = by(c.observed_events, "observed_event_key")
    assert views and {events[f"lecture_view:{row['id']}"]["resource_id"] for row in views} == {live["resource_id"]}


@case("lecture-deleted", "quiz-deleted")
def deleted_things_are_kept_and_marked(c):
    for key in ("lecture:16", "quiz:11"):
        row = resource(c, key)
        assert row["resource_status"] == "deleted"
        assert any(event["resource_id"] == row["resource_id"] for event in c.observed_events)


@case("lecture-null-title", "quiz-null-title")
def no_title_is_no_name(c):
    for key in ("lecture:17", "quiz:13"):
        assert (resource(c, key)["resource_name"], resource(c, key)["resource_parent_id"]) == ("", "")


@case("item-orphan-section")
def unknown_sections_leave_the_place(c):
    assert (resource(c, "lecture:18")["resource_parent_id"], resource(c, "lecture:18")["resource_child_number"]) == ("", "3")
    assert c.ledger["items_sections"].salvaged["no_section"] == 1


@case("item-orphan-item")
def unknown_items_are_ignored(c):
    assert "lecture:888" not in by(c.resources, "resource_key")


@case("items-sections-varchar")
def numbers_are_compared_as_numbers(c):
    sections = {row["section_id"] for row in c.export["items_sections"]}
    assert len(sections) > 5 and all(isinstance(row["item_id"], str) for row in c.export["items_sections"])
    titles = {row["id"]: row["title"] for row in c.export["sections"]}
    names = by(c.resources, "resource_id")
    for row in c.export["items_sections"]:
        if row["section_id"] in titles and f"{row['item_type']}:{row['item_id']}" in by(c.resources, "resource_key"):
            found = resource(c, f"{row['item_type']}:{row['item_id']}")
            assert names[found["resource_parent_id"]]["resource_name"] == titles[row["section_id"]]
            assert found["resource_child_number"] == str(row["order"])


@case("quiz-copied-questions")
def copies_have_problems_of_their_own(c):
    first, copy = ({row["problem_name"].split(".")[1] for row in c.problems if row["problem_name"].startswith(f"quiz_{n}.")} for n in (1, 4))
    assert first & copy
    answered = Counter(problem(c, row)["problem_name"].split(".")[0] for row in c.submissions if row["submission_key"].startswith("quiz_submission"))
    quizzes = {row["id"]: row["item_id"] for row in c.export["quiz_submission_metadata"]}
    assert answered["quiz_1"] and answered["quiz_4"]
    for row in c.submissions:
        kind, number, _ = [*row["submission_key"].split(":"), ""][:3]
        if kind == "quiz_submission":
            item = quizzes[int(number)]
            assert problem(c, row)["problem_name"].split(".")[0] == f"quiz_{1 if item == 5 else item}"


@case("quiz-draft")
def draft_quizzes_are_their_quiz(c):
    assert "quiz:5" not in by(c.resources, "resource_key")
    assert not [row for row in c.problems if row["problem_name"].startswith("quiz_5")]


@case("quiz-broken-xml")
def answers_without_xml_are_kept(c):
    assert rejected(c, "kvs.quiz", "bad_xml", 6)
    mine = [row for row in c.problems if row["problem_name"].startswith("quiz_6.")]
    assert mine and {row["problem_format"] for row in mine} == {""}
    assert {row["problem_id"] for row in mine} <= {row["problem_id"] for row in c.submissions}


@case("quiz-no-xml")
def no_xml_is_reported(c):
    assert c.ledger["quiz_metadata"].salvaged["no_xml"] == 1
    assert [row for row in c.problems if row["problem_name"].startswith("quiz_7.")]


@case("quiz-no-explanation", "quiz-plain-text", "quiz-padded-cdata", "quiz-control-chars", "quiz-raw-ampersand")
def optional_parts_are_optional(c):
    for quiz in (8, 9, 10, 12, 14):
        mine = [row for row in c.problems if row["problem_name"].startswith(f"quiz_{quiz}.")]
        assert mine and all(row["problem_format"] for row in mine)
        ids = {row["problem_id"] for row in mine}
        assert [row for row in c.submissions if row["problem_id"] in ids]
    assert len(rejected(c, "kvs.quiz", "bad_xml")) == 1


@case("quiz-half-points")
def half_points_are_shares(c):
    found = [mark for number in range(197, 205) for mark in marks(c, number)]
    assert {mark["assessment_grade_with_penalty"] for mark in found} > {""}  # the worst option costs points
    assert {float(mark["assessment_grade"]) for mark in found} >= {0.0}
    assert {mark["assessment_max_grade"] for mark in found} == {"0.5"} or max(float(m["assessment_grade"]) for m in found) <= 1


@case("quiz-xml-null")
def xml_of_null_is_reported(c):
    assert rejected(c, "kvs.quiz", "bad_value", 16)
    assert [row for row in c.problems if row["problem_name"].startswith("quiz_16.")]


@case("quiz-question-no-id")
def questions_are_named_after_their_place(c):
    assert c.ledger["kvs.quiz"].salvaged["no_question_id"] == 1
    assert [row for row in c.problems if row["problem_name"].startswith("quiz_17.question_")]


@case("quiz-empty-score")
def unknown_scores_give_no_marks(c):
    found = [len(marks(c, number)) for number in range(205, 213)]
    assert 0 in found and 1 in found
    assert c.ledger["kvs.quiz"].salvaged["unknown_score"] == found.count(0)


@case("lecture-event-no-lecture")
def views_of_nothing_are_reported(c):
    lost = [row["id"] for row in c.export["lecture_submission_metadata"] if row["item_id"] == 9999]
    assert [row["id"] for row in rejected(c, "lecture_submission_metadata", "no_item")] == lost != []


@case("lecture-download")
def downloads_are_events_of_their_own(c):
    events = by(c.observed_events, "observed_event_key")
    for row in c.export["lecture_submission_metadata"]:
        event = events.get(f"lecture_view:{row['id']}")
        if event:
            assert event["observed_event_type"] == ("tutorial_download" if row["action"] == "download" else "tutorial_visit")


def whole_quiz(c, number):
    row = only(answers(c, number))
    assert problem(c, row)["problem_name"] == "quiz_1" and row["submission_answer"] == ""
    sent = by(c.export["quiz_submission_metadata"], "id")[number]
    assert row["user_id"] == str(c.people[sent["session_user_id"]])
    assert any(e["observed_event_key"] == f"quiz_submission:{number}" and e["observed_event_type"] == "test_submission" for e in c.observed_events)


@case("sub-no-kvs")
def attempts_without_answers_are_submissions(c):
    whole_quiz(c, 213)


@case("sub-truncated", "sub-bad-length", "sub-false", "sub-kvs-null")
def damaged_answers_are_reported(c):
    for number in (214, 215, 232, 233):
        assert rejected(c, "kvs.quiz", "bad_value", number)
        whole_quiz(c, number)


@case("sub-non-ascii")
def text_is_kept(c):
    assert only(answers(c, 216))["submission_answer"] == "réponse: данные 数据"


@case("sub-unknown-question")
def unknown_questions_get_a_place(c):
    row = only(answers(c, 217))
    assert problem(c, row)["problem_name"] == "quiz_1." + "0" * 31 + "f" and problem(c, row)["problem_format"] == ""


@case("sub-radio-two")
def two_choices_are_not_marked(c):
    assert len(json.loads(only(answers(c, 218))["submission_answer"])) == 2 and marks(c, 218) == []


@case("sub-radio-none")
def no_choice_is_no_point(c):
    assert only(answers(c, 219))["submission_answer"] == ""
    assert float(only(marks(c, 219))["assessment_grade"]) == 0


@case("sub-radio-unknown-option")
def unknown_options_are_not_marked(c):
    assert only(answers(c, 220)) and marks(c, 220) == [] and c.ledger["kvs.quiz"].salvaged["unknown_option"] == 1


@case("sub-display-key")
def the_answer_is_the_answer(c):
    assert only(answers(c, 221))["submission_answer"] == "-2"


@case("sub-no-answers-empty", "sub-no-answers-key")
def empty_attempts_are_submissions(c):
    whole_quiz(c, 222)
    whole_quiz(c, 231)


@case("sub-same-again-0", "sub-same-again-1")
def both_attempts_are_kept(c):
    first, second = only(answers(c, 223)), only(answers(c, 224))
    assert first["submission_answer"] == second["submission_answer"]
    assert int(second["submission_attempt_number"]) == int(first["submission_attempt_number"]) + 1


@case("sub-types")
def types_of_php_are_read(c):
    assert sorted(row["submission_answer"] for row in answers(c, 225)) == ["", "1.5"]


@case("sub-int-question-key")
def keys_are_text(c):
    assert problem(c, only(answers(c, 226)))["problem_name"] == "quiz_1.12345"


@case("sub-other-quiz-answers")
def answers_of_nobody_are_reported(c):
    assert rejected(c, "quiz_submission_metadata", "no_user", 227) and rejected(c, "kvs.quiz", "no_user", 227)


@case("sub-kvs-only")
def answers_without_attempt_are_reported(c):
    assert rejected(c, "kvs.quiz", "no_submission", 228)


@case("sub-saved-null", "sub-no-times")
def the_time_of_the_attempt_counts(c):
    times = {row["id"]: row["submission_time"] for row in c.export["quiz_submission_metadata"]}
    for number in (229, 230):
        assert moment(only(answers(c, number))["submission_timestamp"]) == utc(times[number])
    assert c.ledger["quiz_submission_metadata"].salvaged["other_time"] == 2


def utc(seconds):
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


@case("sub-choice-scalar")
def a_single_choice_is_a_choice(c):
    assert len(json.loads(only(answers(c, 234))["submission_answer"])) == 1 and len(marks(c, 234)) == 1


@case("assignment-submissions")
def assignments_are_submitted_and_graded(c):
    most = {row["id"]: row["maximum_score"] for row in c.export["assignment_part_metadata"]}
    submissions, marked = by(c.submissions, "submission_key"), by(c.assessments, "submission_id")
    for row in c.export["assignment_submission_metadata"]:
        if row["session_user_id"] not in c.people:
            continue
        made = submissions[f"assignment_submission:{row['id']}"]
        assert problem(c, made)["problem_name"] == f"assn_part_{row['item_id']}"
        if row["raw_score"] is not None:
            mark = marked[made["submission_id"]]
            assert float(mark["assessment_grade"]) == pytest.approx(row["raw_score"] / most[row["item_id"]])
            assert float(mark["assessment_max_grade"]) == most[row["item_id"]]


@case("part-orphan")
def parts_of_nothing_are_reported(c):
    row = by(c.problems, "problem_name")["assn_part_9"]
    assert (row["problem_parent_id"], row["resource_id"]) == ("", "") and c.ledger["assignment_part_metadata"].salvaged["no_parent"] == 1


@case("peer-assessment")
def peers_are_graders(c):
    submissions = by(c.submissions, "submission_key")
    owner = {row["id"]: row["author_id"] for row in c.export["hg_assessment_submission_metadata"]}
    found = Counter((row["submission_id"], row["assessment_grader_id"], float(row["assessment_grade"])) for row in c.assessments)
    for row in c.export["hg_assessment_evaluation_metadata"]:
        grader = "self" if owner[row["submission_id"]] == row["author_id"] else str(c.people[row["author_id"]])
        assert found[submissions[f"peer_submission:{row['submission_id']}"]["submission_id"], grader, row["grade"] / 20]
    for row in c.export["hg_assessment_overall_evaluation_metadata"]:
        assert found[submissions[f"peer_submission:{row['submission_id']}"]["submission_id"], "automatic", row["final_grade"] / 20]


@case("wiki-missing-page")
def edits_of_nothing_are_reported(c):
    assert [row["id"] for row in rejected(c, "wiki_revisions", "no_item")] == [11]


@case("wiki-unmapped")
def edits_of_nobody_are_reported(c):
    assert c.ledger["wiki_revisions"].rejected["no_user"] == sum(row["session_user_id"] not in c.people for row in c.export["wiki_revisions"]) > 0


@case("thread-unmapped-author", "post-unmapped-original")
def others_stay_when_the_starter_is_unknown(c):
    posts = by(c.collaborations, "collaboration_key")
    checked = 0
    for thread in {row["thread_id"] for row in c.export["forum_posts"]}:
        members = [row for row in c.export["forum_posts"] if row["thread_id"] == thread]
        original = [row for row in members if row["original"]]
        if original and original[0]["user_id"] not in c.numbers and len(members) > 1 and thread != 8888:
            for row in members:
                if row["user_id"] in c.numbers:
                    made = posts[f"post:{row['id']}"]
                    assert (made["collaboration_type_id"], made["collaboration_parent_id"]) == ("2", "")
                    checked += 1
    assert checked > 1


@case("thread-missing-forum")
def threads_without_forum_are_kept(c):
    thread = only([row["id"] for row in c.export["forum_threads"] if row["forum_id"] == 999])
    found = resource(c, f"thread:{thread}")
    assert found["resource_parent_id"] == "" and [row for row in c.collaborations if row["resource_id"] == found["resource_id"]]


@case("post-missing-thread", "comment-missing-post")
def posts_of_nothing_are_reported(c):
    for table, column, number in (("forum_posts", "thread_id", 8888), ("forum_comments", "post_id", 7777)):
        lost = sorted(row["id"] for row in c.export[table] if row[column] == number and row["user_id"] in c.numbers)
        assert lost and [row["id"] for row in rejected(c, table, "no_item")] == lost


@case("comment-on-dropped-post")
def comments_and_votes_keep_together(c):
    kept = {row["collaboration_id"] for row in c.collaborations}
    assert all(row["collaboration_parent_id"] in kept for row in c.collaborations if row["collaboration_parent_id"])
    authors = {row["id"]: row["user_id"] for row in c.export["forum_posts"]}
    posts = by(c.collaborations, "collaboration_key")
    orphans = [row["id"] for row in c.export["forum_comments"] if authors.get(row["post_id"], 0) not in c.numbers and row["user_id"] in c.numbers]
    orphans = [number for number in orphans if f"comment:{number}" in posts]
    assert orphans and all(posts[f"comment:{number}"]["collaboration_parent_id"] == "" for number in orphans)
    assert c.ledger["forum_comments"].salvaged["no_parent"] == len(orphans)


@case("post-order")
def the_original_is_the_root(c):
    posts = by(c.collaborations, "collaboration_key")
    late = 0
    for row in c.export["forum_posts"]:
        if row["original"] and f"post:{row['id']}" in posts:
            others = [o for o in c.export["forum_posts"] if o["thread_id"] == row["thread_id"] and not o["original"] and f"post:{o['id']}" in posts]
            root = posts[f"post:{row['id']}"]
            assert root["collaboration_type_id"] == "1"
            assert {posts[f"post:{o['id']}"]["collaboration_parent_id"] for o in others} <= {root["collaboration_id"]}
            late += any(o["id"] < row["id"] for o in others)
    assert late


@case("post-empty")
def text_of_every_kind_is_kept(c):
    texts = {f"post:{row['id']}": row["post_text"] for row in c.export["forum_posts"]}
    kept = [row for row in c.collaborations if row["collaboration_key"] in texts]
    assert all(row["collaboration_content"] == texts[row["collaboration_key"]].replace("\0", "\ufffd") for row in kept)
    assert "" in {row["collaboration_content"] for row in kept} and any(not row["collaboration_content"].isascii() for row in kept)


@case("post-deleted-root")
def deleted_and_spam_are_marked(c):
    posts = by(c.collaborations, "collaboration_key")
    seen = set()
    for row in c.export["forum_posts"]:
        if f"post:{row['id']}" in posts:
            state = "deleted" if row["deleted"] else "spam" if row["is_spam"] else ""
            assert posts[f"post:{row['id']}"]["collaboration_status"] == state
            seen.add(state)
    assert seen == {"", "deleted", "spam"}


@case("vote-missing-item")
def votes_for_nothing_are_reported(c):
    assert [row for row in c.export["forum_reputation_record"] if row["pc_id"] == 66666]
    assert c.ledger["forum_reputation_record"].rejected["no_item"] >= 1
    assert not [row for row in c.collaborations if row["collaboration_key"].startswith("vote:post:66666")]


@case("vote-time-minus-one")
def votes_without_time_have_none(c):
    lost = [row for row in c.export["forum_reputation_record"] if row["timestamp"] == -1 and row["user_id"] in c.numbers]
    found = [row for row in c.collaborations if row["collaboration_type_id"] == "5" and row["collaboration_timestamp"] == ""]
    assert len(found) == len(lost) == 1 == c.ledger["forum_reputation_record"].salvaged["no_event_time"]


def reads(c, forum, user):
    return [row for row in c.observed_events if row["observed_event_key"].startswith(f"read:{forum}:") and row["user_id"] == str(c.numbers[user])]


@case("read-empty")
def nothing_read_is_no_event(c):
    empty = [row["key"] for row in c.export["kvs.forum_readrecord"] if row["value"] == b"a:0:{}"]
    assert empty and c.ledger["kvs.forum_readrecord"].filtered["nothing"] == len(empty)


@case("read-mixed")
def both_kinds_of_entries_count(c):
    mixed = [row for row in c.export["kvs.forum_readrecord"] if row["value"] and b"_all" in row["value"] and row["value"].count(b"i:") > 2]
    assert mixed
    for row in mixed:
        forum, user = row["key"].removeprefix("forum_").split(".")
        assert {event["observed_event_type"] for event in reads(c, forum, int(user))} == {"forum_visit", "forum_post_read"}


@case("read-unknown-thread")
def unknown_threads_are_reported(c):
    assert c.ledger["kvs.forum_readrecord"].salvaged["no_item_entry"] == 1


@case("read-not-a-number", "read-no-dot", "read-bad-forum")
def strange_keys_are_counted(c):
    assert c.ledger["kvs.forum_readrecord"].rejected["bad_key"] == 3


@case("read-unknown-user")
def records_of_nobody_are_counted(c):
    assert c.ledger["kvs.forum_readrecord"].rejected["no_user"] >= 1


@case("read-missing-forum")
def forums_that_are_not_there_are_reported(c):
    assert c.ledger["kvs.forum_readrecord"].salvaged["no_resource"] == 1
    assert only([row for row in c.observed_events if row["observed_event_key"] == "read:4242:all"])["resource_id"] == ""


@case("read-malformed", "read-false", "read-null")
def damaged_records_are_reported(c):
    assert c.ledger["kvs.forum_readrecord"].rejected["bad_value"] == 3
