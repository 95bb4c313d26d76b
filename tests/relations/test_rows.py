"""What each type becomes in the nine tables, checked against the documented meaning of its members."""

from __future__ import annotations

import json

import pytest
from golden.run import KEY

from moocdb_fast import Options
from moocdb_fast.identities import pseudonym
from moocdb_fast.relations import write_relations

from .files import ours

COURSE = "MITx/6.002x/2013_Spring"
PAGE = f"https://courses.edx.org/courses/{COURSE}/courseware/Week_1/S1/"
PROBLEM, PART = "i4x://MITx/6.002x/problem/H1P1", "i4x-MITx-6_002x-problem-H1P1_2_1"
MODX = f"/courses/{COURSE}/modx/"
ESSAY = f"{MODX}i4x://MITx/6.002x/combinedopenended/OE"
ORA = "block-v1:X+Y+Z+type@openassessment+block@o"
BASE = {"username": "ann", "host": "courses.edx.org", "time": "2013-03-05T10:00:00+00:00", "context": {"course_id": COURSE}, "ip": "192.0.2.1"}


@pytest.fixture
def tables(tmp_path, key):
    """Events to tables; each event is a line with its own second."""

    def write(*events, **options):
        lines = []
        for second, event in enumerate(events):
            line = event if isinstance(event, bytes) else json.dumps({**BASE, "time": f"2013-03-05T10:00:{second:02}+00:00", **event}).encode()
            lines.append(line + b"\n")
        (tmp_path / "log.json").write_bytes(b"".join(lines))
        made = Options(**{"workers": 1, "key_file": key, "restricted": tmp_path / "private", "overwrite": True} | options)
        write_relations(tmp_path / "log.json", tmp_path / "out", made)
        return ours(tmp_path / "out", tmp_path / "private")

    return write


def browser(name, payload, **more):
    return {"event_source": "browser", "event_type": name, "page": PAGE, "event": payload, **more}


def server(name, payload, **more):
    return {"event_source": "server", "event_type": name, "page": "x_module", "event": payload, **more}


def keyed(text):
    return pseudonym(KEY, text.encode())


FILLED = [
    (browser("seq_goto", '{"old": 1, "new": 3, "id": "i4x://s"}'), {"sequence_id": "i4x://s", "goto_from": "1", "goto_dest": "3"}),
    (browser("seq_goto", {"id": "i4x://s"}), {"sequence_id": "i4x://s", "goto_from": "-1", "goto_dest": "-1"}),
    (browser("edx.ui.lms.sequence.next_selected", {"id": "s", "old": "2", "new": "3"}), {"sequence_id": "s", "goto_from": "2", "goto_dest": "3"}),
    (
        browser("play_video", {"id": "i4x-v", "code": "abc", "currentTime": 308.506103515625, "speed": "1.0"}),
        {"video_id": "i4x-v", "video_code": "abc", "video_current_time": "308.506103515625", "video_speed": "1.0"},
    ),
    (browser("play_video", {"id": "i4x-v"}), {"video_id": "i4x-v", "video_code": "", "video_current_time": "", "video_speed": ""}),
    (
        browser("edx.video.position.changed", {"module_id": "m", "code": "mobile", "old_time": 1, "new_time": 2.5, "seek_type": "skip"}),
        {"video_id": "m", "video_code": "mobile", "video_old_time": "1", "video_new_time": "2.5", "video_seek_type": "skip"},
    ),
    (
        browser("speed_change_video", {"id": "v", "current_time": 3, "old_speed": "1.0", "new_speed": "1.5"}),
        {"video_current_time": "3", "video_old_speed": "1.0", "video_new_speed": "1.5", "video_speed": ""},
    ),
    (browser("show_transcript", {"id": "v", "code": "c"}), {"transcript_id": "v", "transcript_code": "c", "video_id": ""}),
    (browser("book", {"type": "gotopage", "old": 7, "new": 25}), {"book_interaction_type": "gotopage", "goto_from": "7", "goto_dest": "25"}),
    (browser("problem_show", {"problem": PROBLEM}), {"problem_id": PROBLEM}),
    (server("showanswer", {"problem_id": PROBLEM}), {"problem_id": PROBLEM}),
    (browser("oe_hide_question", {"location": "i4x://OE"}), {"question_location": "i4x://OE"}),
    (
        browser("rubric_select", {"location": "i4x://OE", "selection": 2, "category": 0}),
        {"question_location": "i4x://OE", "rubric_selection": "2", "rubric_category": "0"},
    ),
    (browser("oe_feedback_response_selected", {"value": "5"}), {"feedback_response_selected": "5"}),
    (server("edx.course.enrollment.activated", {"mode": "honor", "user_id": 7}), {"mode": "honor"}),
    (
        server("delete-student-module-state", {"problem": "p", "course": COURSE, "student": "bob"}),
        {"problem_id": "p", "student_id": keyed("n:bob"), "instructor_id": ""},
    ),
    (server("add-instructor", {"instructor_id": "12"}), {"instructor_id": keyed("i:12")}),
    (
        server("add-or-remove-user-group", {"event_name": "beta-tester", "user": "bob", "event": "add"}),
        {"event_name": "beta-tester", "group_user": keyed("n:bob"), "group_action": "add"},
    ),
    (
        server(f"{ESSAY}/save_answer", {"POST": {"student_answer": ["It's\nlong"], "can_upload_files": ["true"]}}),
        {"long_answer": "It's\nlong", "can_upload_file": "true"},
    ),
    (
        server(f"{MODX}i4x://MITx/6.002x/peergrading/PG/save_grade", {"POST": {"submission": ["60611"], "feedback": ["good"]}}),
        {"submission_id": "60611", "long_answer": "good"},
    ),
    (
        server(f"{MODX}i4x://MITx/6.002x/peergrading/PG/is_student_calibrated", {"POST": {"location": ["i4x://OE"]}}),
        {"question_location": "i4x://OE"},
    ),
    (
        server("openassessmentblock.create_submission",
               {"answer": {"parts": [{"text": "a"}, {"text": "b"}]}, "submission_uuid": "u", "attempt_number": 1},
               context={"course_id": "course-v1:X+Y+Z", "module": {"usage_key": ORA}}),
        {"long_answer": '["a","b"]', "submission_id": "u", "attempts": "1", "question_location": ORA},
    ),
    (
        server("edx.forum.searched", {"query": "q", "page": 1, "total_results": 3}, page=PAGE, session="s"),
        {"page": PAGE, "success": "", "submission_id": "", "session": keyed("s:s")},
    ),
    (server("some.new.type", {"answers": {"x": "y"}, "id": "z"}), {"event_type": "some.new.type", "problem_id": "", "sequence_id": ""}),
    (browser("seq_goto", "{\"old\": 1, \"ne"), {"event_type": "seq_goto", "goto_dest": "-1"}),
    (browser("seq_goto", [1, 2]), {"event_type": "seq_goto", "goto_dest": "-1"}),
    (browser("seq_goto", json.dumps(json.dumps({"new": 4}))), {"goto_dest": "4"}),
]  # fmt: skip


@pytest.mark.parametrize(("event", "expected"), FILLED, ids=lambda value: value.get("event_type", "")[-40:] if "event_source" in value else "")
def test_columns(tables, event, expected):
    (found,) = tables(event).events()
    assert len(found.rows) == 1
    assert {name: found.first[name] for name in expected} == expected


def test_common_columns(tables):
    event = browser("some.type", {}, agent="Firefox", session="abc", time="2013-03-05T10:00:00-05:00",
                    context={"course_id": COURSE, "org_id": "MITx", "module": {"display_name": "A title"}})  # fmt: skip
    (found,) = tables(event).events()
    row = {k: v for k, v in found.first.items() if v not in ("", "-1", "00000000000000")}
    assert row == {
        "_id": "1:0:1", "event_id": "1:0", "agent": "Firefox", "event_source": "browser", "event_type": "some.type", "page": PAGE,
        "session": keyed("s:abc"), "time": "2013-03-05T15:00:00.000000+00:00", "anon_screen_name": keyed("n:ann"), "course_id": COURSE,
        "course_display_name": COURSE, "resource_display_name": "A title", "organization": "MITx", "load_info_fk": "1",
    }  # fmt: skip
    assert found.ip == "192.0.2.1"


MARK = {"correctness": "correct", "npoints": None, "msg": "m", "hint": "it's\na hint", "hintmode": "always", "queuestate": None}


def parts(event):
    joined = zip(event.rows, event.answers, event.marks, strict=True)
    return [(row["problem_id"], answer and answer[1], mark and mark["correctness"]) for row, answer, mark in joined]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (server("problem_check", {"answers": {PART: "x", f"{PART}_dynamath": "<m/>"}, "correct_map": {PART: MARK}}), [(PART, "x", "correct")]),
        (server("save_problem_check", {"answers": {PART: ["a", "b"]}, "correct_map": {}}), [(PART, '["a","b"]', None)]),
        (server("problem_check", {"answers": {"a_2_1": "1"}, "correct_map": {"b_2_1": MARK}}), [("a_2_1", "1", None), ("b_2_1", None, "correct")]),
        (server("problem_check", {"submission": {"p_2_1": {"answer": "4 ohm", "correct": False}}}), [("p_2_1", "4 ohm", "incorrect")]),
        (browser("problem_check", f"input_{PART}=it%27s+5&input_{PART[:-3]}3_1=a%3Db"), [(PART, "it's 5", None), (f"{PART[:-3]}3_1", "a=b", None)]),
        (browser("problem_check", f"input_{PART}%5B%5D=c1&input_{PART}%5B%5D=c2"), [(PART, '["c1","c2"]', None)]),
        (browser("problem_save", f"input_{PART}_choice_2=on"), [(PART, "choice_2", None)]),
        (browser("problem_reset", PROBLEM), [(PROBLEM, None, None)]),
        (server(f"{MODX}{PROBLEM}/problem_check", {"POST": {f"input_{PART}": ["x"], "other": ["y"]}}), [(PART, "x", None)]),
        (server(f"{MODX}{PROBLEM}/problem_save", {"POST": {f"input_{PART}[]": ["x"]}}), [(PART, '["x"]', None)]),
        (browser("problem_graded", [f"input_{PART}=x", f'<p aria-describedby="input_{PART}">\n Status: incorrect</p>']), [(PART, "x", "incorrect")]),
        (server("problem_check_fail", {"answers": {PART: "x"}, "failure": "closed"}), [(PART, "x", None)]),
        (server("save_problem_success", {"problem_id": PROBLEM, "answers": {}, "state": {"seed": 1}}), [(PROBLEM, None, None)]),
        (server("problem_rescore", {"problem_id": PROBLEM, "correct_map": {PART: MARK}}), [(PART, None, "correct")]),
    ],
)  # fmt: skip
def test_parts(tables, event, expected):
    (found,) = tables(event).events()
    assert parts(found) == expected


def test_an_answer_keeps_its_text_and_course(tables):
    made = tables(server("problem_check", {"answers": {PART: "it's \\5,\n'"}, "correct_map": {PART: MARK}}))
    assert made.tables["Answer"] == [["1:0:a1", PART, "it's \\5,\n'", COURSE]]
    assert made.tables["CorrectMap"] == [["1:0:m1", PART, "correct", "-1", "m", "it's\na hint", "always", ""]]


def test_states_are_joined_by_part(tables):
    other = PART.replace("_2_1", "_3_1")
    state = {
        "seed": 5,
        "done": True,
        "student_answers": {PART: "a", other: "b"},
        "correct_map": {other: MARK},
        "input_state": {PART: {}, other: {"x": 1}},
    }
    made = tables(server("problem_check", {"answers": {other: "b"}, "state": state}))
    (found,) = made.events()
    assert [row["state_fk"] for row in found.rows] == ["1:0:s2"]
    assert [(row[0], row[1], row[2], row[3]) for row in made.tables["State"]] == [("1:0:s1", "5", "True", PART), ("1:0:s2", "5", "True", other)]
    assert [(state["answer"], state["mark"] and state["mark"]["correctness"], state["input"]) for state in found.states] == [
        ((PART, "a"), None, (PART, "")),
        ((other, "b"), "correct", (other, '{"x":1}')),
    ]


def test_a_reset_is_one_row(tables):
    """D7: a state is no submission."""
    state = {"seed": 1, "done": True, "student_answers": {PART: "a", PART + "x": "b"}, "correct_map": {}, "input_state": {}}
    (found,) = tables(server("reset_problem", {"problem_id": PROBLEM, "old_state": state, "new_state": {"seed": 2, "done": False}})).events()
    assert [(row["problem_id"], row["state_fk"]) for row in found.rows] == [(PROBLEM, "1:0:s1")]
    assert [state["seed"] for state in found.states] == ["1", "1", "2"]


def test_experiments(tables):
    tags = {"xblock.partition_service.partition_7": "3", "other": 1}
    made = tables(
        server("xmodule.partitions.assigned_user_to_partition", {"group_id": 1, "group_name": "A", "partition_id": 2, "partition_name": "P"}),
        server("child_render", {"child_id": "i4x://child"}),
        server("some.type", {}, context={"course_id": COURSE, "course_user_tags": tags}),
    )
    lines = made.tables["ABExperiment"]
    assert lines[0][1:] == ["xmodule.partitions.assigned_user_to_partition", "1", "A", "2", "P", ""]
    assert lines[1][1:] == ["child_render", "-1", "", "-1", "", "i4x://child"]
    assert [row[2:6] for row in lines[2:]] == [["3", "", "7", "xblock.partition_service.partition_7"], ["1", "", "-1", "other"]]


FORM = {
    "username": ["bob"],
    "name": ["Bob O'Hara"],
    "email": ["bob@example.org"],
    "year_of_birth": ["1980"],
    "terms_of_service": ["true"],
    "password": ["x"],
}


def test_accounts(tables):
    created = server("/create_account", {"POST": FORM, "GET": {}}, username="")
    made = tables(created, browser("some.type", {}), {**created, "agent": "Googlebot/2.1"}, server("/create_account_x", {"POST": FORM}))
    (row,) = made.tables["Account"]
    assert row[:4] == ["1:0:c", "bob", "Bob O'Hara", keyed("n:bob")]
    assert row[8] == "1980"
    assert (row[12], row[15]) == ("1", "bob@example.org")
    assert not any(cell == "x" for cell in row)  # no password
    assert [event.first["event_type"] for event in made.events()] == ["some.type", "/create_account_x"]  # the request is background


def test_an_account_of_another_course_is_not_written(tables):
    made = tables(server("/create_account", {"POST": FORM}, username="", context={}), browser("some.type", {}), courses=(COURSE,))
    assert made.tables["Account"] == []


def test_what_the_scan_knows(tables):
    """The course of a module, the name of an id, further events of a line, repeats."""
    seen = browser("seq_goto", {"new": 2}, context={"course_id": COURSE, "user_id": 5})
    nameless = server("problem_check", {"problem_id": PROBLEM, "answers": {PART: "x"}}, username="", context={"user_id": 5}, page="x_module")
    line = json.dumps(BASE | browser("page_close", {})).encode()
    staff = server("add-instructor", {"instructor_id": "5"})
    made = tables(seen, nameless, b"noise " + line + b" " + line.replace(b"page_close", b"seq_next"), line.replace(b"page_close", b"seq_prev"),
                  line.replace(b"page_close", b"seq_prev"), staff)  # fmt: skip
    events = made.events()
    assert [event.first["event_type"] for event in events] == ["seq_goto", "problem_check", "page_close", "seq_next", "seq_prev", "add-instructor"]
    assert {event.first["course_id"] for event in events} == {COURSE}
    assert {event.first["anon_screen_name"] for event in events} == {keyed("n:ann")}
    assert events[-1].first["instructor_id"] == keyed("n:ann")


def test_paths_and_pages(tables):
    made = tables(
        server(f"/courses/{COURSE}/courseware/Week_1/S1/?tok=1", {}, page=None),
        server("/u/bob?x=1", {}, page=None),
        browser("some.type", {}, page=f"{PAGE}3/?email=a@b.org#x"),
        server(f"{MODX}i4x:;_;_MITx;_6.002x;_problem;_H1P1/problem_get?x", {}, page=None),
        server(f"/courses/{COURSE}/xqueue/77/{PROBLEM}/score_update", {}, page=None),
        keep_background=True,
    )
    assert [(event.first["event_type"], event.first["page"]) for event in made.events()] == [
        (f"/courses/{COURSE}/courseware/Week_1/S1/", PAGE),
        ("/u/-", "https://courses.edx.org/u/-/"),
        ("some.type", f"{PAGE}3/"),
        (f"{MODX}{PROBLEM}/problem_get", ""),
        (f"/courses/{COURSE}/xqueue/-/{PROBLEM}/score_update", made.events()[-1].first["page"]),
    ]


def test_a_payload_too_deep_to_follow(tables):
    """Within the limit of the scan, beyond what an interpreter likes."""
    deep = "[" * 990 + "]" * 990
    line = json.dumps(BASE | browser("seq_goto", {"id": "s", "x": 0})).replace('"x": 0', f'"x": {deep}').encode()
    (found,) = tables(line).events()
    assert (found.first["event_id"], found.first["course_id"], found.first["anon_screen_name"]) == ("1:0", COURSE, keyed("n:ann"))


def test_countries(tables, tmp_path):
    writer = pytest.importorskip("mmdb_writer")
    netaddr = pytest.importorskip("netaddr")
    database = writer.MMDBWriter(4, "test", languages=["en"])
    database.insert_network(netaddr.IPSet(["192.0.2.0/24"]), {"country": {"iso_code": "FR"}})
    database.to_db_file(str(tmp_path / "country.mmdb"))
    made = tables(browser("some.type", {}), browser("some.type", {}, ip="198.51.100.1"), geoip=tmp_path / "country.mmdb")
    assert [event.first["ip_country"] for event in made.events()] == ["FRA", ""]
