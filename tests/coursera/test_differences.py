"""docs/differences-coursera.md, number by number: an export of a few rows, and what must come of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from moocdb_fast import Options
from moocdb_fast.coursera.run import Course, translate_export
from moocdb_fast.errors import OutputError

from .exports import T0, Export, attempt, php, question, quiz_xml, session, translate

AT = "2013-09-02 07:00:00.000000"
LATER = "2013-09-02 07:10:00.000000"
DOC = Path(__file__).resolve().parents[2] / "docs" / "differences-coursera.md"


@pytest.fixture(params=[1, 2], ids=["older", "newer"])
def run(request, tmp_path):
    """Translate tables, in both layouts."""
    return lambda **tables: translate(Export(request.param, **tables), tmp_path)


def test_every_number_has_a_test():
    numbers = re.findall(r"^\| ([A-Z]\d+) \|", DOC.read_text(encoding="utf-8"), re.MULTILINE)
    tests = [name for name in globals() if name.startswith("test_")]
    assert [n for n in numbers if not any(f"_{n.lower()}_" in f"{name}_" for name in tests)] == []


def only(rows):
    (row,) = rows
    return row


def key(rows, name, column):
    return next(row for row in rows if row[column] == name)


def one_quiz(*questions, answers=None, xml=None, value=None, **metadata):
    """A quiz that person 5 has tried once."""
    stored = [{"key": "xml.quiz_id:1", "value": quiz_xml(*questions) if xml is None else xml}]
    if value is not None or answers is not None:
        stored.append({"key": "submission.submission_id:9", "value": attempt(answers) if value is None else value})
    return {
        "quiz_metadata": [{"id": 1, "parent_id": -1, "title": "Q", "quiz_type": "homework", **metadata}],
        "quiz_submission_metadata": [{"id": 9, "item_id": 1, "submission_time": T0 + 900, "person": 5}],
        "kvs__quiz": stored,
    }


FORUM = {
    "forum_forums": [{"id": 0, "parent_id": -1, "name": "All"}, {"id": 2, "parent_id": 0, "name": "General", "display_order": 1}],
    "forum_threads": [{"id": 3, "forum_id": 2, "title": "Why?", "posted_time": T0}],
}


def post(id, person, original=0, time=T0, **more):
    return {"id": id, "thread_id": 3, "person": person, "original": original, "post_time": time, "post_text": f"text {id}", **more}


# ---------------------------------------------------------------- it runs


def test_k1_dirt_costs_a_row(run):
    tables = one_quiz(question(None), question("q", options=(("a", ""), ("b", 1))), value=b"a:1:{")
    got = run(**tables, users=[{"person": 5, "access_group_id": 99}], course_grades=[{"person": 5, "normal_grade": None}])
    assert only([u for u in got.users if u["user_id"] == "1"])["user_type_id"] == "7"
    assert got.ledger["kvs.quiz"].rejected["bad_value"] == 1 and got.ledger["users"].salvaged["unknown_group"] == 1


def test_k2_every_row_has_a_fate(run):
    got = run(
        **FORUM,
        forum_posts=[post(1, 99, 1), post(2, 5)],
        forum_reputation_record=[{"person": 7, "pc_id": 1, "type": "post", "direction": 1, "timestamp": T0}],
    )
    counts = got.summary.counts
    assert counts.lines_read == counts.events + counts.filtered_total + counts.rejected_total == 2 + 2 + 1 + 2 + 1
    assert got.ledger["forum_posts"].rejected["no_user"] == 1
    assert [c["collaboration_parent_id"] for c in got.collaborations] == ["", ""]
    assert [json.loads(line) for line in (got.out / "rejects.jsonl").read_text().splitlines()] == [
        {"table": "forum_posts", "id": 1, "reason": "no_user"}
    ]


def test_k2_ids_that_are_missing_or_come_twice(run):
    view = {"item_id": 1, "person": 5, "submission_time": T0, "action": "view"}
    got = run(
        lecture_metadata=[{"id": 1, "parent_id": -1, "title": "L"}, {"id": None, "title": "?"}, {"id": 1, "title": "again"}],
        lecture_submission_metadata=[{"id": 2, **view}, {"id": 2, **view}, {"id": None, **view}],
    )
    assert [r["resource_name"] for r in got.resources[4:]] == ["L"] and len(got.observed_events) == 1
    for table in ("lecture_metadata", "lecture_submission_metadata"):
        assert (got.ledger[table].rejected["bad_id"], got.ledger[table].rejected["duplicate"]) == (1, 1)


def test_k3_nothing_is_replaced_unasked(tmp_path):
    translate(Export(), tmp_path)
    with pytest.raises(OutputError, match="not empty"):
        translate_export(Export, tmp_path / "moocdb", Course("x"), Options(key_file=tmp_path / "key"))


def test_k4_the_same_bytes_in_any_order(tmp_path):
    votes = [{"person": p, "pc_id": i, "type": "post", "direction": 1, "timestamp": T0 + i} for p in (5, 7) for i in (1, 2)]
    tables = {**FORUM, "forum_posts": [post(1, 5, 1), post(2, 7)], "forum_reputation_record": votes}
    made = []
    for number, order in enumerate((1, -1)):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "key").write_text("ab" * 32)
        (tmp_path / str(number) / "key").chmod(0o600)
        got = translate(Export(2, **{name: rows[::order] for name, rows in tables.items()}), tmp_path / str(number))
        made.append({path.name: path.read_bytes() for path in got.out.iterdir() if path.suffix != ".json"})
    assert made[0] == made[1]


# ---------------------------------------------------------------- users


def test_p1_groups_have_types(run):
    groups = ("Data Coordinator", "External Viewer", "Course Observer", "Coursera Tech Support")
    people = [{"user_id": n} for n in range(1, 5)]
    got = run(
        hash_mapping=people,
        access_groups=[{"id": n, "name": name} for n, name in enumerate(groups, 1)],
        users=[{"person": n, "access_group_id": n, "registration_time": T0} for n in range(1, 5)],
    )
    assert [u["user_type_id"] for u in got.users] == ["1", "6", "7", "1"]


def test_p2_grades_are_of_100(run):
    got = run(course_grades=[{"person": 5, "normal_grade": 40.0}, {"person": 7, "normal_grade": 80.0}])
    assert [float(u["user_final_grade"]) for u in got.users] == [0.4, 0.8]


def test_p3_offsets_are_of_the_zone(run):
    zones = ("Asia/Kolkata", "America/Los_Angeles")
    got = run(users=[{"person": p, "timezone": zone, "registration_time": T0} for p, zone in zip((5, 7), zones, strict=True)])
    assert [u["user_timezone_offset"] for u in got.users] == ["19800", "-28800"]


def test_p4_languages(run):
    assert run(users=[{"person": 5, "locale": "pt_BR"}]).users[0]["user_language"] == "pt_BR"


def test_p5_no_country_without_a_database(tmp_path):
    assert translate(Export(1, users=[{"person": 5, "last_access_ip": "8.8.8.8"}]), tmp_path).users[0]["user_country"] == ""


def test_p5_countries_from_a_database(tmp_path):
    writer = MMDBWriter(4, database_type="Test-Country", description="Synthetic, for a test")
    writer.insert_network(IPSet(["192.0.2.0/24"]), {"country": {"iso_code": "BR"}})
    writer.to_db_file(str(tmp_path / "c.mmdb"))
    people = [{"person": 5, "last_access_ip": "192.0.2.7, 10.0.0.1"}, {"person": 7, "last_access_ip": "198.51.100.1"}]
    got = translate(Export(1, users=people), tmp_path, geoip=tmp_path / "c.mmdb")
    assert [u["user_country"] for u in got.users] == ["BRA", ""]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("8.8.8.8", "8.8.8.8"),
        ("8.8.8.8, 10.0.0.1", "8.8.8.8"),
        ("2001:db8::1", "2001:db8::1"),
        ("300.1.1.1", ""),
        ("localhost", ""),
        ("1.2.3", ""),
        ("", ""),
    ],
)
def test_p6_addresses_are_restricted(tmp_path, given, kept):
    got = translate(Export(1, users=[{"person": 5, "last_access_ip": given}]), tmp_path, restricted=tmp_path / "pii")
    assert got.users[0]["user_ip"] == ""
    rows = (tmp_path / "pii" / "user_pii.csv").read_text().splitlines()
    assert rows[1].split(",")[3:] == ["5", kept] and got.ledger["users"].salvaged["bad_address"] == int(bool(given) and not kept)


# ---------------------------------------------------------------- resources


def test_r1_each_index_once(run):
    names = [r["resource_name"] for r in run().resources]
    assert names == ["Class Index", "Wiki Index", "Forum Index", "Tutorial Index"]


def test_r2_everything_has_an_address(run):
    got = run(sections=[{"id": 1, "title": "Week 1"}])
    assert all(r["resource_uri"].startswith("www.coursera.org/algo-001/") for r in got.resources)


def test_r3_forums_have_parents(run):
    got = run(**FORUM)
    general, everything = (key(got.resources, f"forum:{n}", "resource_key") for n in (2, 0))
    assert general["resource_parent_id"] == everything["resource_id"] and everything["resource_parent_id"] == ""


def test_r4_items_have_sections(run):
    got = run(
        sections=[{"id": 4, "title": "Week 1"}],
        items_sections=[{"item_type": "lecture", "item_id": 8, "section_id": 4, "order": 3}],
        lecture_metadata=[{"id": 8, "parent_id": -1, "title": "L"}],
    )
    lecture = key(got.resources, "lecture:8", "resource_key")
    assert lecture["resource_parent_id"] == key(got.resources, "section:4", "resource_key")["resource_id"] and lecture["resource_child_number"] == "3"


def test_r5_threads_have_titles(run):
    thread = key(run(**FORUM).resources, "thread:3", "resource_key")
    assert (thread["resource_name"], thread["resource_release_timestamp"]) == ("Why?", AT)


def test_r6_tasks_are_resources(run):
    got = run(hg_assessment_metadata=[{"id": 2, "title": "Essay", "open_time": T0}])
    assert key(got.resources, "peer:2", "resource_key")["resource_name"] == "Essay"


def test_r7_announcements_are_resources(run):
    got = run(announcements=[{"id": 2, "title": "Hello", "message": "all", "open_time": T0, "person": 5}])
    assert key(got.resources, "announcement:2", "resource_key")["resource_name"] == "Hello"


def test_r8_drafts_and_deleted_items(run):
    lectures = [
        {"id": 1, "parent_id": -1, "title": "A"},
        {"id": 2, "parent_id": 1, "title": "A draft"},
        {"id": 3, "parent_id": -1, "title": "B", "deleted": 1},
    ]
    view = {"submission_time": T0, "action": "view", "person": 5}
    got = run(lecture_metadata=lectures, lecture_submission_metadata=[{"id": 1, "item_id": 2, **view}, {"id": 2, "item_id": 3, **view}])
    mine = [r for r in got.resources if r["resource_key"].startswith("lecture")]
    assert [(r["resource_name"], r["resource_status"]) for r in mine] == [("A", ""), ("B", "deleted")]
    assert [e["resource_id"] for e in got.observed_events] == [r["resource_id"] for r in mine]


def test_r8_drafts_in_a_circle_stay_apart(run):
    lectures = [{"id": 0, "parent_id": 1}, {"id": 1, "parent_id": 2}, {"id": 2, "parent_id": 1}, {"id": 3, "parent_id": 3}, {"id": 4, "parent_id": 9}]
    got = run(lecture_metadata=lectures)
    assert [r["resource_key"] for r in got.resources[4:]] == [f"lecture:{n}" for n in range(5)]


# ---------------------------------------------------------------- problems


def problems(got):
    return {p["problem_name"]: p for p in got.problems}


def test_q1_q2_q6_problems_are_a_tree(run):
    got = problems(run(**one_quiz(question("q1"), question("q2"))))
    quiz = got["quiz_1"]
    assert quiz["problem_parent_id"] == "" and quiz["problem_format"] == "quiz"
    assert [(got[f"quiz_1.{n}"]["problem_parent_id"], got[f"quiz_1.{n}"]["problem_child_number"]) for n in ("q1", "q2")] == [
        (quiz["problem_id"], "1"),
        (quiz["problem_id"], "2"),
    ]


def test_q1_parts_are_below_their_assignment(run):
    got = problems(run(
        assignment_metadata=[{"id": 3, "parent_id": -1, "title": "A"}],
        assignment_part_metadata=[{"id": 4, "assignment_id": 3, "part_order": 1}, {"id": 2, "assignment_id": 3, "part_order": 2}],
    ))  # fmt: skip
    assert [(got[f"assn_part_{n}"]["problem_child_number"], got[f"assn_part_{n}"]["problem_parent_id"]) for n in (4, 2)] == [
        ("1", got["assignment_3"]["problem_id"]),
        ("2", got["assignment_3"]["problem_id"]),
    ]


@pytest.mark.parametrize(
    ("choice", "format"),
    [("radio", "question_mc_single"), ("select", "question_mc_single"), ("checkbox", "question_mc_multiple"), ("", "question_free_text")],
)
def test_q3_formats(run, choice, format):
    assert problems(run(**one_quiz(question("q", choice))))["quiz_1.q"]["problem_format"] == format


def test_q4_q5_never_and_no_limit_are_null(run):
    got = run(**one_quiz(question("q"), open_time=0, soft_close_time=T0, hard_close_time=2147483647, maximum_submissions=0))
    for row in got.problems:
        assert (row["problem_release_timestamp"], row["problem_soft_deadline"], row["problem_hard_deadline"]) == ("", AT, "")
        assert row["problem_max_submission"] == ""


def test_q7_questions_belong_to_a_quiz(run):
    xml = quiz_xml(question("q"))
    meta = {"parent_id": -1, "quiz_type": "homework"}
    got = run(
        quiz_metadata=[{"id": n, "title": "Q", **meta} for n in (1, 2)],
        kvs__quiz=[{"key": f"xml.quiz_id:{n}", "value": xml} for n in (1, 2)]
        + [{"key": "submission.submission_id:9", "value": attempt({"q": ["a"]})}],
        quiz_submission_metadata=[{"id": 9, "item_id": 1, "submission_time": T0, "person": 5}],
    )
    assert only(got.submissions)["problem_id"] == problems(got)["quiz_1.q"]["problem_id"] != problems(got)["quiz_2.q"]["problem_id"]


@pytest.mark.parametrize(
    "xml",
    [
        quiz_xml(question("q", body="plain & bare <explanation/>")),
        quiz_xml(question("q", body="\n <![CDATA[ \v \x1a & <b> ]]> \n")),
        quiz_xml(question("q")).replace(b"<text><![CDATA[x]]></text>", b""),
        quiz_xml(question("q")).replace(b'encoding="UTF-8"', b'encoding="UTF-7"'),
        quiz_xml(question("q", body="&nbsp;&#11;&amp;")),
    ],
)
def test_q8_parts_are_optional(run, xml):
    row = problems(run(**one_quiz(xml=xml, answers={"q": ["b"]})))["quiz_1.q"]
    assert row["problem_format"] == "question_mc_single"


@pytest.mark.parametrize(
    "xml", [b"", b"N;", php("<quiz").encode(), php('<!DOCTYPE x [<!ENTITY a "b">]><quiz>&a;</quiz>').encode(), php([1]).encode()]
)
def test_q8_answers_stay_without_xml(run, xml):
    got = run(**one_quiz(xml=xml, answers={"q": ["b"]}))
    assert only(got.submissions)["problem_id"] == problems(got)["quiz_1.q"]["problem_id"]
    assert problems(got)["quiz_1.q"]["problem_format"] == "" and got.ledger["kvs.quiz"].rejected_total == 1


# ---------------------------------------------------------------- submissions and assessments


def test_s1_answers_as_they_are(run):
    quiz = (question("r"), question("c", "checkbox"), question("t", ""), question("n"))
    got = run(**one_quiz(*quiz, answers={"r": ["a"], "c": ["a", "b"], "t": {"answer": 'sa"y'}, "n": []}))
    names = {p["problem_id"]: p["problem_name"] for p in got.problems}
    assert {names[s["problem_id"]][-1]: s["submission_answer"] for s in got.submissions} == {"r": '["a"]', "c": '["a", "b"]', "t": 'sa"y', "n": ""}


def tries(*answers):
    """Attempts of person 5 at quiz 1, an hour apart."""
    return {
        "quiz_metadata": [{"id": 1, "parent_id": -1, "title": "Q", "quiz_type": "quiz"}],
        "quiz_submission_metadata": [{"id": n, "item_id": 1, "submission_time": T0 + 3600 * n, "person": 5} for n in range(1, len(answers) + 1)],
        "kvs__quiz": [
            {"key": "xml.quiz_id:1", "value": quiz_xml(question("q"), question("w"))},
            *({"key": f"submission.submission_id:{n}", "value": attempt(a, saved=T0 + 3600 * n)} for n, a in enumerate(answers, 1)),
        ],
    }


def test_s2_s3_attempts(run):
    got = run(**tries({"q": ["a"], "w": ["a"]}, {"q": ["a"]}, {"q": ["b"], "w": ["a"]}))
    names = {p["problem_id"]: p["problem_name"][-1] for p in got.problems}
    assert [(names[s["problem_id"]], s["submission_attempt_number"]) for s in got.submissions] == [
        ("q", "1"), ("w", "1"), ("q", "2"), ("q", "3"), ("w", "2"),
    ]  # fmt: skip


def test_s4_saved_answers(run):
    tables = tries({"q": ["a"]})
    tables["kvs__quiz"].append({"key": f"saved.quiz_id:1.user_id:{session(7)}", "value": attempt({"q": ["b"]})})
    row = run(**tables).submissions[-1]
    assert (row["user_id"], row["submission_is_submitted"], row["submission_attempt_number"], row["submission_answer"]) == ("2", "0", "", '["b"]')


ASSIGNMENT = {
    "assignment_metadata": [{"id": 3, "parent_id": -1, "title": "A"}],
    "assignment_part_metadata": [{"id": 4, "assignment_id": 3, "maximum_score": 20}],
    "assignment_submission_metadata": [
        {"id": n, "item_id": 4, "person": 5, "submission_time": T0 + n, "raw_score": score} for n, score in enumerate((5.0, None, 20.0), 1)
    ],
}


def test_s5_a3_e3_assignments(run):
    got = run(**ASSIGNMENT)
    assert [s["submission_attempt_number"] for s in got.submissions] == ["1", "2", "3"]
    assert [(a["submission_id"], a["assessment_grade"], a["assessment_max_grade"]) for a in got.assessments] == [
        ("1", "0.25", "20.0"),
        ("3", "1.0", "20.0"),
    ]
    assert [e["observed_event_type"] for e in got.observed_events] == ["assignment_submission"] * 3


def test_s6_a4_e3_peers(run):
    mark = {"submit_time": T0 + 50, "ignore": 0}
    got = run(
        hg_assessment_metadata=[{"id": 1, "title": "Essay", "max_grade": 20.0, "display_grades_time": T0 + 99}],
        hg_assessment_submission_metadata=[
            {"id": 1, "assessment_id": 1, "person": 5, "submit_time": T0},
            {"id": 2, "assessment_id": 1, "person": 7, "save_time": T0 + 1},
        ],
        hg_assessment_evaluation_metadata=[
            {"id": 1, "submission_id": 1, "person": 7, "author_group": "student", "grade": 10.0, **mark},
            {"id": 2, "submission_id": 1, "person": 5, "author_group": "student", "grade": 20.0, **mark},
            {"id": 3, "submission_id": 1, "person": 7, "author_group": "staff", "grade": 5.0, **mark},
            {"id": 4, "submission_id": 1, "person": 7, "author_group": "student", "grade": 1.0, **mark, "ignore": 1},
        ],
        hg_assessment_overall_evaluation_metadata=[{"id": 1, "submission_id": 1, "final_grade": 15.0, "grade": 10.0}],
    )
    assert [s["submission_is_submitted"] for s in got.submissions] == ["1", "0"]
    assert [(a["assessment_grader_id"], float(a["assessment_grade"])) for a in got.assessments] == [
        ("2", 0.5),
        ("self", 1.0),
        ("staff", 0.25),
        ("automatic", 0.75),
    ]
    assert [e["observed_event_type"] for e in got.observed_events] == ["peer_submission"] + ["peer_evaluation"] * 4


@pytest.mark.parametrize("text", ["größer", "数据", "😀", "a\x1ab", "'\"\\"])
def test_s7_f1_text_is_kept(run, text):
    got = run(**one_quiz(question("q", ""), answers={"q": {"answer": text}}), **FORUM, forum_posts=[post(1, 5, 1, post_text=text)])
    assert (only(got.submissions)["submission_answer"], only(got.collaborations)["collaboration_content"]) == (text, text)


@pytest.mark.parametrize("value", [None, b"", b"N;", b"b:0;", attempt({}), attempt({"q": ["a"]})[:-20], php(php({"saved_time": T0})).encode()])
def test_s8_attempts_without_answers(run, value):
    got = run(**one_quiz(question("q"), answers={} if value is None else None, value=value or attempt({})))
    assert only(got.submissions)["problem_id"] == problems(got)["quiz_1"]["problem_id"]
    assert "test_submission" in {e["observed_event_type"] for e in got.observed_events}


@pytest.mark.parametrize("saved", [None, 0, -1, "x"])
def test_s9_the_time_of_the_attempt(run, saved):
    got = run(**one_quiz(question("q"), value=attempt({"q": ["a"]}, saved=saved)))
    assert only(got.submissions)["submission_timestamp"] == "2013-09-02 07:15:00.000000"


@pytest.mark.parametrize(
    ("options", "chosen", "grade", "most", "penalty"),
    [
        ((("a", 0), ("b", 2)), ["b"], 1.0, 2.0, ""),
        ((("a", 0.5), ("b", 2)), ["a"], 0.25, 2.0, ""),
        ((("a", -0.25), ("b", 0.5)), ["a"], 0.0, 0.5, "-0.5"),
        ((("a", 0), ("b", 1)), [], 0.0, 1.0, ""),
    ],
)
def test_a1_grades_are_shares(run, options, chosen, grade, most, penalty):
    row = only(run(**one_quiz(question("q", "radio", options), answers={"q": chosen})).assessments)
    assert (float(row["assessment_grade"]), float(row["assessment_max_grade"]), row["assessment_grade_with_penalty"]) == (grade, most, penalty)


@pytest.mark.parametrize(
    ("chosen", "grade"),
    [(["a", "b"], 1.0), (["a"], 2 / 3), (["a", "b", "c"], 2 / 3), (["c"], 0.0), ([], 1 / 3), (["a", "a"], 2 / 3), (["a", "z"], None)],
)
def test_a2_check_boxes(run, chosen, grade):
    options = (("a", 1, 0), ("b", 1, 0), ("c", 0, 1))
    rows = run(**one_quiz(question("q", "checkbox", options), answers={"q": chosen})).assessments
    assert [round(float(row["assessment_grade"]), 6) for row in rows] == ([] if grade is None else [round(grade, 6)])


# ---------------------------------------------------------------- forum and wiki


def test_f2_f4_f5_f6_f8_threads(run):
    comment = {"id": 1, "post_id": 1, "person": 7, "post_time": T0 + 90, "comment_text": "c"}
    vote = {"person": 7, "pc_id": 2, "type": "post", "direction": -1, "timestamp": T0 + 99}
    got = run(
        **FORUM, forum_posts=[post(1, 5, time=T0 + 20), post(2, 7, time=T0 + 10), post(4, 5, 1, time=T0 + 30)], forum_comments=[comment],
        forum_reputation_record=[vote],
    )  # fmt: skip
    rows = {c["collaboration_key"]: c for c in got.collaborations}
    root = rows["post:4"]
    assert {name: row["collaboration_type_id"] for name, row in rows.items()} == {
        "post:1": "2", "post:2": "2", "post:4": "1", "comment:1": "3", "vote:post:2:1": "5",
    }  # fmt: skip
    assert [(rows[f"post:{n}"]["collaboration_parent_id"], rows[f"post:{n}"]["collaboration_child_number"]) for n in (1, 2)] == [
        (root["collaboration_id"], "2"),
        (root["collaboration_id"], "1"),
    ]
    assert {c["resource_id"] for c in got.collaborations} == {key(got.resources, "thread:3", "resource_key")["resource_id"]}
    assert (rows["vote:post:2:1"]["collaboration_content"], rows["vote:post:2:1"]["collaboration_parent_id"]) == (
        "-1",
        rows["post:2"]["collaboration_id"],
    )


def test_f3_edits_have_comments(run):
    got = run(
        wiki_pages=[{"id": 1, "title": "Page", "canonical_name": "Page"}],
        wiki_revisions=[
            {"id": 1, "page_id": 1, "person": 5, "timestamp": T0, "comments": "typo"},
            {"id": 2, "page_id": 9, "person": 5, "timestamp": T0},
        ],
    )
    row = only(got.collaborations)
    assert (row["collaboration_type_id"], row["collaboration_content"], row["resource_id"]) == ("4", "typo", got.resources[-1]["resource_id"])
    assert got.ledger["wiki_revisions"].rejected["no_item"] == 1


def test_f7_announcements_have_messages(run):
    got = run(announcements=[{"id": 2, "title": "Hello", "message": "<p>all</p>", "open_time": T0, "person": 5}])
    row = only(got.collaborations)
    assert (row["collaboration_type_id"], row["collaboration_content"], row["collaboration_timestamp"]) == ("6", "<p>all</p>", AT)


def test_f9_threads_of_unknown_people_stay(run):
    got = run(**FORUM, forum_posts=[post(1, 99, 1), post(2, 5)])
    row = only(got.collaborations)
    assert (row["collaboration_type_id"], row["collaboration_parent_id"]) == ("2", "")
    assert got.ledger["forum_posts"].salvaged["no_parent"] == 1


def test_f10_deleted_and_spam_are_marked(run):
    got = run(**FORUM, forum_posts=[post(1, 5, 1, deleted=1), post(2, 5, is_spam=1), post(3, 5)])
    assert [c["collaboration_status"] for c in got.collaborations] == ["deleted", "spam", ""]


def test_f11_votes_without_time(run):
    got = run(
        **FORUM, forum_posts=[post(1, 5, 1)], forum_reputation_record=[{"person": 7, "pc_id": 1, "type": "post", "direction": 1, "timestamp": -1}]
    )
    assert got.collaborations[-1]["collaboration_timestamp"] == "" and [e["observed_event_type"] for e in got.observed_events] == ["forum_post"]


# ---------------------------------------------------------------- observed events


def test_e1_downloads(run):
    view = {"item_id": 1, "person": 5, "submission_time": T0}
    views = [{"id": 1, "action": "view", **view}, {"id": 2, "action": "download", **view}, {"id": 3, "action": "view", **view, "item_id": 8}]
    got = run(lecture_metadata=[{"id": 1, "parent_id": -1, "title": "L"}], lecture_submission_metadata=views)
    assert [e["observed_event_type"] for e in got.observed_events] == ["tutorial_visit", "tutorial_download"]
    assert got.ledger["lecture_submission_metadata"].rejected["no_item"] == 1


def test_e2_e5_events_lead_to_submissions_and_collaborations(run):
    got = run(**tries({"q": ["a"], "w": ["b"]}), **FORUM, forum_posts=[post(1, 5, 1)])
    keys = {s["submission_key"] for s in got.submissions}
    assert {e["observed_event_key"] for e in got.observed_events if e["observed_event_type"] == "problem_submission"} == keys
    event = key(got.observed_events, "forum_post", "observed_event_type")
    assert event["observed_event_key"] == only(got.collaborations)["collaboration_key"]
    assert event["resource_id"] == only(got.collaborations)["resource_id"]


def test_e3_starts_soon_after_a_submission_are_no_visits(run):
    tables = tries({"q": ["a"]}, {"q": ["b"]}, {"q": ["a"]})
    starts = {2: T0 + 3600 + 119, 3: T0 + 7200 + 120}
    for row in tables["kvs__quiz"][2:]:
        number = int(row["key"].split(":")[1])
        row["value"] = attempt({"q": ["a"]}, start=starts[number], saved=T0 + 3600 * number)
    visits = [e["observed_event_key"] for e in run(**tables).observed_events if e["observed_event_type"] == "test_visit"]
    assert visits == ["quiz_submission:1", "quiz_submission:3"]


def test_e4_the_activity_log(run):
    log = {"person": 5, "module": "forum", "timestamp": T0}
    got = run(
        **FORUM,
        forum_posts=[post(1, 5, 1)],
        activity_log=[
            {"id": 1, "action": "view.thread", "item_id": 3, **log},
            {"id": 2, "action": "post.upvote", "item_id": 1, **log},
            {"id": 3, "action": "view.forum", "item_id": 2, **log},
        ],
    )
    found = [e for e in got.observed_events if e["observed_event_key"].startswith("activity")]
    places = [key(got.resources, name, "resource_key")["resource_id"] for name in ("thread:3", "thread:3", "forum:2")]
    assert [(e["observed_event_type"], e["resource_id"]) for e in found] == list(
        zip(("forum.view.thread", "forum.post.upvote", "forum.view.forum"), places, strict=True)
    )


def test_e6_records_of_reading(run):
    records = [
        {"key": "forum_2.5", "value": php({"_all": T0, 3: T0 + 5, 44: T0}).encode()},
        {"key": "forum_2.99", "value": php({3: T0}).encode()},
        {"key": "forum_2", "value": php({3: T0}).encode()},
        {"key": "forum_2.7", "value": b"b:0;"},
    ]
    got = run(**FORUM, kvs__forum_readrecord=records)
    assert [(e["observed_event_type"], e["user_id"]) for e in got.observed_events] == [("forum_post_read", "1"), ("forum_visit", "1")]
    counts = got.ledger["kvs.forum_readrecord"]
    assert (counts.rejected["no_user"], counts.rejected["bad_key"], counts.rejected["bad_value"], counts.salvaged["no_item_entry"]) == (1, 1, 1, 1)


def test_e7_times_are_utc(run, monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    got = run(**one_quiz(question("q"), answers={"q": ["a"]}))
    assert only(got.submissions)["submission_timestamp"] == LATER
