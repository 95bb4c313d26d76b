"""Published examples become the rows that the documentation of their events lets one expect, and go on doing so.

The assertions are written by hand, from the documentation and from what the lines say; `expected/` pins the rest.
"""

import datetime
import json
import re
import urllib.parse

import pytest

from moocdb_fast import Options, translate
from moocdb_fast import open as open_moocdb

from . import sources
from .sources import FILES, FOLDER, PINS, member, traced, type_of

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="the samples are not here")

FIXTURES = "openedx_event-routing-backends__fixtures_current"
GUIDE = "openedx_edx-documentation__guide_examples_all_revisions"
POLLS = "open-craft_xblock-poll__readme_examples"
ENGAGEMENT = "openedx-unsupported_edx-analytics-pipeline__module_engagement_acceptance_tracking_20150413"
ANSWERS = "openedx-unsupported_edx-analytics-pipeline__answer_dist_acceptance_tracking"
TAGS = "openedx-unsupported_edx-analytics-pipeline__tags_dist_acceptance_tracking"
ENROLMENT = "openedx-unsupported_edx-analytics-pipeline__enrollment_trends_tracking"


@pytest.mark.parametrize("name", FILES)
def test_what_becomes_of_each_line_is_pinned(name):
    pinned = json.loads((PINS / f"{name}.json").read_text(encoding="utf-8"))
    assert sources.pin(name) == pinned, "if this is meant: python tests/samples/pin.py, and look at the difference"


def test_types_with_a_published_example_are_pinned():
    assert sources.types() == json.loads((PINS / "types.json").read_text(encoding="utf-8"))


def test_pins_hold_no_text_of_the_samples():
    """Only fates, tables, counts and digests."""
    for name in FILES:
        for fate, reason, rows, digest in json.loads((PINS / f"{name}.json").read_text(encoding="utf-8")):
            assert fate in ("translated", "filtered", "rejected")
            assert reason == "" or reason.replace("_", "").isalpha()
            assert all(count > 0 for count in rows.values())
            assert digest == "" or int(digest, 16) >= 0


def payload(line):
    event = line.get("event", line.get("data"))
    if isinstance(event, str) and event.startswith("{"):
        event = json.loads(event)
    return event


def rows(made, table):
    return [row.values for row in made.rows if row.table == table]


def of_type(*names, files=FILES):
    """(line, trace) of the translated lines of some types."""
    found = [(line, made) for name in files for line, made in traced(name) if type_of(line) in names and made.fate == "translated"]
    assert found
    return found


def test_every_line_has_a_fate_and_only_fragments_are_rejected():
    for name in FILES:
        rejected = [made.reason for _, made in traced(name) if made.fate == "rejected"]
        assert not rejected or name == "openfun_ralph__tests_docs"
    ralph = [made.reason for _, made in traced("openfun_ralph__tests_docs")]
    assert ralph == ["not_an_event"] * 2 + ["no_time"] * 2 + ["not_an_event"] * 2 + ["no_time"] * 2 + ["anonymous"]


def test_videos():
    """Position, speed and code are where the guide says; the block's name ends the key, whichever spelling the player used."""
    videos = (
        "play_video", "pause_video", "stop_video", "load_video", "complete_video", "seek_video", "speed_change_video", "show_transcript",
        "hide_transcript", "video_show_cc_menu", "video_hide_cc_menu", "edx.video.closed_captions.shown", "edx.video.closed_captions.hidden",
    )  # fmt: skip
    seen = 0
    for line, made in of_type(*videos):
        event = payload(line)
        (observed,), (click,) = rows(made, "observed_events"), rows(made, "click_events")
        name = (event.get("module_id") or event["id"]).split("/")[-1].split("-")[-1]
        assert observed["resource_id"].endswith(name)
        assert click["video_key"] == observed["resource_id"]
        assert click.get("code") == event.get("code")
        position = event.get("currentTime", event.get("current_time"))
        assert click.get("video_current_time") == position
        for column, field in (
            ("video_old_time", "old_time"),
            ("video_new_time", "new_time"),
            ("video_old_speed", "old_speed"),
            ("video_new_speed", "new_speed"),
        ):
            told = event.get(field, event.get("speed") if field == "new_speed" else None)
            assert click.get(column) == (None if told is None else float(told)), field
        seen += 1
    assert seen >= 60


def test_video_bumper_is_about_the_video_that_follows():
    ((line, made),) = of_type("edx.video.bumper.played")
    event = payload(line)
    (click,) = rows(made, "click_events")
    assert event["host_component_id"].startswith("i4x-edX-DemoX_1-video-")
    assert click["video_key"] == "i4x://edX/DemoX.1/video/" + event["host_component_id"].rpartition("-")[2]
    assert click["code"] == event["bumper_id"]


def test_problem_checks_of_the_server():
    """One submission and one mark per part that the answers or the marks name: joined by part, not by position."""
    parts = 0
    for line, made in of_type("problem_check"):
        event = payload(line)
        if member(line, "event_source") == "browser" or not isinstance(event, dict):
            continue
        marks = {key.removeprefix("input_"): mark["correctness"] for key, mark in event["correct_map"].items()}
        answers = {key: answer for key, answer in event.get("answers", {}).items() if not key.endswith("_dynamath")}
        submissions = {row["problem_id"]: row for row in rows(made, "submissions")}
        assessments = {row["submission_id"]: row for row in rows(made, "assessments")}
        assert len(submissions) == len(set(answers) | set(marks)) == len(rows(made, "submissions"))
        assert len(assessments) == len(marks)
        for key in set(answers) | set(marks):
            numbers = re.search(r"(_\d{1,3}_\d{1,3})$", key)
            # The keys of one log were scrambled into names of other problems: then these are the problems.
            problem = event["problem_id"] + numbers[1] if numbers else event["problem_id"].rpartition("@")[0] + f"@{key}"
            row = submissions[problem]
            assert row["submission_is_submitted"] == 1
            assert row.get("submission_attempt_number") == event.get("attempts")
            answer = answers.get(key)
            if answer is not None:
                told = row["submission_answer"]
                assert (json.loads(told) if isinstance(answer, list) else told) == answer
            if key in marks:
                assert assessments[problem].get("assessment_grade") == {"correct": 1.0, "incorrect": 0.0}.get(marks[key])
                assert assessments[problem]["assessment_grader_id"] == "automatic"
            parts += 1
    assert parts > 200


def test_checks_are_told_once():
    """66 checks, each told four times: by the browser, by the request, by the server, and by the graded page. The server's counts."""
    fates = {}
    for line, made in traced(ANSWERS):
        kind = type_of(line).rstrip("/").rpartition("/")[2]
        if kind in ("problem_check", "problem_graded"):
            who = "request" if type_of(line).startswith("/") else member(line, "event_source")
            fates.setdefault((kind, who), []).append(made.reason or made.fate)
    assert fates == {
        ("problem_check", "browser"): ["echo"] * 66,
        ("problem_check", "request"): ["echo"] * 66,
        ("problem_check", "server"): ["translated"] * 66,
        ("problem_graded", "browser"): ["echo"] * 66,
    }


def test_checks_of_the_browser_alone_are_the_submission():
    """Checkboxes send one key several times: a list."""
    checks = [(line, made) for line, made in of_type("problem_check", files=[FIXTURES]) if member(line, "event_source") == "browser"]
    assert len(checks) == 3
    for line, made in checks:
        answers = urllib.parse.parse_qsl(payload(line))
        (row,) = rows(made, "submissions")
        assert json.loads(row["submission_answer"]) == [value for _, value in answers]
        assert row["problem_id"].endswith("_2_1")
        assert "submission_attempt_number" not in row


def test_tags_log_has_a_submission_for_each_check():
    checks = of_type("problem_check", files=[TAGS])
    assert len(checks) == 100
    assert all([row.table for row in made.rows] == ["submissions", "assessments"] for _, made in checks)
    others = [made for line, made in traced(TAGS) if type_of(line).startswith("other_event_type")]
    assert [[row.table for row in made.rows] for made in others] == [["observed_events"]] * 17


def test_sequences():
    """On the panel they lead to, where the line says on which page it happened."""
    log = sources.LOGS
    seen = [(line, rows(made, "observed_events")[0]) for line, made in of_type("seq_goto", "seq_next", "seq_prev", files=log)]
    for line, row in seen:
        assert row["url_id"].rstrip("/").rpartition("/")[2] == str(payload(line)["new"])
        assert row["resource_id"] == row["url_id"]
    assert len(seen) == 17


def test_pages():
    """Page views of the courseware are events on that page; what the platform asks in the background, or for authors, is none."""
    reasons = {"goto_position": "echo", "save_user_state": "background", "jsi18n": "background", "logout": "background", "i18n.js": "background"}
    seen = set()
    for name in sources.LOGS:
        for line, made in traced(name):
            path = type_of(line)
            last = path.rstrip("/").rpartition("/")[2]
            if not path.startswith("/") or made.reason in ("studio", "anonymous", "duplicate"):
                continue
            if last in reasons:
                assert (made.fate, made.reason) == ("filtered", reasons[last]), path
                seen.add(last)
            if "/courseware" in path:
                (row,) = made.rows
                assert row.values["observed_event_type"] == "url_change"
                assert urllib.parse.urlsplit(row.values["url_id"]).path.startswith(path.partition("?")[0].rstrip("/"))
                seen.add("courseware")
    assert seen == {*reasons, "courseware"}


def test_links_and_outlines_happen_on_the_page_that_is_left():
    for line, made in of_type("edx.ui.lms.link_clicked", "edx.ui.lms.outline.selected"):
        left = payload(line).get("current_url") if isinstance(payload(line), dict) else None
        if left:
            (row,) = rows(made, "observed_events")
            assert urllib.parse.urlsplit(row["url_id"]).netloc == urllib.parse.urlsplit(left).netloc
    clicked = [made.reason for line, made in traced(sources.LOGS[2])]
    assert clicked == ["anonymous"] * 20, "all of that file's lines are of nobody"


def test_forum_tree_of_a_log():
    """A thread, a response to it, a comment on that: parents by id."""
    posts = [rows(made, "collaborations")[0] for line, made in traced(ENGAGEMENT) if type_of(line).startswith("edx.forum.")]
    told = [(post["collaboration_type_id"], post["collaboration_key"], post.get("collaboration_parent_id")) for post in posts]
    thread, response, comment = "553024d156c02c8f55000001", "553024e056c02c3a14000004", "553024e956c02c265f000006"
    assert told == [("forum_question", thread, None), ("forum_answer", response, thread), ("forum_comment", comment, response)]
    assert [post.get("collaboration_child_number") for post in posts] == [None, 1, 1]


def test_forum_fixtures():
    """Created posts have their id as key; votes and marks have what they are about as parent, if the log holds it."""
    created, word = {}, {"edited", "deleted", "reported", "unreported"}
    kinds = {"thread": "forum_question", "response": "forum_answer", "comment": "forum_comment"}
    for line, made in traced(FIXTURES):
        if not type_of(line).startswith("edx.forum.") or type_of(line).endswith("viewed"):
            continue
        (post,), event = rows(made, "collaborations"), payload(line)
        _, _, what, deed = type_of(line).split(".")
        if deed == "created":
            created[event["id"]] = post
            assert (post["collaboration_type_id"], post["collaboration_key"]) == (kinds[what], event["id"])
            assert post["collaboration_content"].endswith(event["body"])
        elif deed == "voted":
            assert (post["collaboration_type_id"], post["collaboration_content"]) == ("forum_vote", event["vote_value"])
        else:
            assert deed in word
            assert (post["collaboration_type_id"], post["collaboration_content"]) == ("other", deed)
        about = event["id"] if deed != "created" else (event.get("response") or event.get("discussion") or {}).get("id")
        assert post.get("collaboration_parent_id") == (about if about in created and about != post.get("collaboration_key") else None)
        assert "observed_events" not in made.tables
    assert len(created) == 3


def test_polls_and_surveys():
    """A poll is one question, a survey one for each of its keys; looking at the results is an observed event."""
    poll, seen, survey, looked = [made for _, made in traced(POLLS)]
    assert [(row["question_id"], row["answer_id"]) for row in rows(poll, "feedbacks")] == [
        ("i4x://JediAcademy/FW301/poll/2d25e451be884aa7a15b33860d7c9647", "B")
    ]
    block = "i4x://JediAcademy/FW301/survey/e4975240b6c64a1e988bad86ea917070"
    assert {(row["question_id"], row["answer_id"]) for row in rows(survey, "feedbacks")} == {
        (f"{block}/enjoy", "Y"),
        (f"{block}/learn", "M"),
        (f"{block}/recommend", "N"),
    }
    assert {"surveys", "questions", "answers", "feedbacks"} <= survey.tables
    assert [[row.table for row in made.rows] for made in (seen, looked)] == [["observed_events"], ["observed_events"]]
    assert rows(looked, "observed_events")[0]["resource_id"] == block


def test_grades():
    (first, made), (last, made_last) = of_type("edx.grades.course.grade_calculated")
    assert payload(first)["user_id"] == payload(last)["user_id"]
    assert rows(made, "users") == rows(made_last, "users") == [{"user_final_grade": payload(last)["percent_grade"]}]
    for line, made in of_type("edx.grades.problem.submitted"):
        event = payload(line)
        (row,) = rows(made, "assessments")
        earned, possible = event.get("weighted_earned"), event.get("weighted_possible")
        assert row.get("assessment_grade") == (earned / possible if earned is not None and possible else None)
        assert row["submission_id"] == event["problem_id"]


def test_special_exams():
    """Handing in is a submission of the exam, which is a sequence; everything before is observed."""
    for line, made in traced(FIXTURES):
        if type_of(line).startswith("edx.special_exam."):
            exam = payload(line)["exam_content_id"]
            if type_of(line).endswith("submitted"):
                assert [(row["problem_id"], row["submission_is_submitted"]) for row in rows(made, "submissions")] == [(exam, 1)]
            else:
                assert [row["resource_id"] for row in rows(made, "observed_events")] == [exam]


def test_completion_hints_and_answers_name_their_block():
    names = {
        "edx.completion.block_completion.changed": "block_id", "edx.problem.completed": "problem_id",
        "edx.problem.hint.demandhint_displayed": "module_id", "showanswer": "problem_id",
    }  # fmt: skip
    for name, field in names.items():
        for line, made in of_type(name):
            assert rows(made, "observed_events")[0]["resource_id"] == payload(line)[field]


def test_book_page_is_the_one_turned_to():
    ((line, made),) = of_type("book")
    assert payload(line)["new"] == 6
    assert rows(made, "observed_events")[0]["url_id"].endswith("/pdfbook/0/6/")


def test_enrolments_tell_when_people_joined(tmp_path):
    """Batch enrolments have no actor: whom they are about says the payload. Two people remain: one has a name and several ids."""
    translate(FOLDER / f"{ENROLMENT}.jsonl", tmp_path / "out", Options(key_file=tmp_path / "key", workers=1))
    users = open_moocdb(tmp_path / "out").table("users").to_pylist()
    assert [row["user_join_timestamp"] for row in users] == [datetime.datetime(2014, 7, 30, 17, 9, 59, 941616)] * 2
    assert {row["user_type_id"] for row in users} == {4}
    (first, made), (second, again), _ = of_type("edx.course.enrollment.activated", files=[FIXTURES])
    assert (member(first, "username"), member(first, "user_id"), payload(first)["user_id"]) == ("", "", 3)
    assert member(second, "user_id") == 3
    assert ([row.table for row in made.rows], [row.table for row in again.rows]) == (["observed_events", "users"], ["observed_events"])
