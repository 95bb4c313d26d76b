"""The oracle on small logs: rows, durations, panels and echoes worked out by hand. The logs are synthetic."""

from __future__ import annotations

import csv
import io
import json

from .sessions import FRESH
from .translate import TwinOptions, TwinResult, translate

KEY = bytes(32)
COURSE = "MITx/6.002x/2013_Spring"
SITE = f"https://courses.edx.org/courses/{COURSE}"
PAGE = f"{SITE}/courseware/Week_1/S1/"
PROBLEM = "i4x://MITx/6.002x/problem/H1P1"
PART = "i4x-MITx-6_002x-problem-H1P1_2_1"
PATH = f"/courses/{COURSE}/courseware/Week_1/S1/"
CHECK = f"/courses/{COURSE}/modx/{PROBLEM}/problem_check"


def event(
    seconds: float, type_: str, payload: object = "", *, user: str = "ann", page: object = None, source: str = "server", **more: object
) -> bytes:
    """A line of a log, `seconds` after noon."""
    time = f"2013-03-05T{12 + int(seconds) // 3600:02}:{int(seconds) // 60 % 60:02}:{int(seconds) % 60:02}.{round(seconds % 1 * 10**6):06}"
    line = {"username": user, "event_source": source, "event_type": type_, "time": time, "host": "courses.edx.org", "event": payload, "page": page}
    return json.dumps({**line, "context": {"course_id": COURSE}, **more}).encode() + b"\n"


def run(*lines: bytes, **options: bool) -> TwinResult:
    """Translate the lines as one file."""
    return translate([("log", b"".join(lines))], KEY, TwinOptions(**options))  # type: ignore[arg-type]


def column(result: TwinResult, table: str, *names: str) -> list[tuple[str, ...]]:
    """Some columns of a table."""
    return [tuple(row[n] for n in names) for row in csv.DictReader(io.StringIO(result.tables[table].decode(), newline=""))]


def urls(result: TwinResult) -> list[str]:
    """The URL of each observed event, without what all have in common."""
    by_id = dict(column(result, "urls", "url_id", "url"))
    return [by_id.get(i, "").removeprefix(f"{SITE}/courseware/Week_1/") for (i,) in column(result, "observed_events", "url_id")]


def durations(result: TwinResult) -> list[str]:
    """The duration of each observed event."""
    return [d for (d,) in column(result, "observed_events", "observed_event_duration")]


def test_a_problem_check_by_hand() -> None:
    payload = {
        "problem_id": PROBLEM,
        "attempts": 2,
        "answers": {PART: "3.5"},
        "correct_map": {PART: {"correctness": "correct", "hint": "", "msg": "well, done", "npoints": None}},
    }
    result = run(event(1.25, "problem_check", payload, page="x_module"))
    assert result.tables["submissions"].splitlines()[1:] == [b"1,1,3,2013-03-05 12:00:01.250000,2,3.5,1,,,,1:0:1,1,"]
    assert result.tables["assessments"].splitlines()[1:] == [b'1,1,"well, done",1.0,,,automatic,2013-03-05 12:00:01.250000']
    assert result.tables["problems"].splitlines()[1:] == [
        f"1,{PROBLEM}/,,,0,{PROBLEM},,,,,,,,1,".encode(),
        f"2,{PROBLEM}/2/,1,2,0,{PROBLEM}_2,,,,,,,,1,".encode(),
        f"3,{PROBLEM}/2/1/,2,1,0,{PROBLEM}_2_1,,,,,,,,1,".encode(),
    ]
    assert result.tables["resources"].splitlines()[1:] == [f"1,H1P1,https://unknown/problem/H1P1/,{PROBLEM},6,,,,,".encode()]
    assert result.tables["observed_event_types"].splitlines()[1:] == [b"1,problem_check,submitting"]
    assert column(result, "observed_events", "observed_event_id") == []
    assert result.summary["events"] == result.summary["lines_read"] == 1


def test_a_sequence_by_hand() -> None:
    sequence = "i4x://MITx/6.002x/sequential/S1"
    result = run(
        event(0, PATH),
        event(10.5, "seq_goto", json.dumps({"old": 1, "new": 4, "id": sequence}), page=PAGE, source="browser"),
        event(11, f"/courses/{COURSE}/modx/{sequence}/goto_position", {"POST": {"position": ["4"]}}),
        event(20, "play_video", json.dumps({"id": "i4x-MITx-6_002x-video-V1", "code": "c", "currentTime": 2}), page=PAGE, source="browser"),
        event(30, f"/courses/{COURSE}/modx/{PROBLEM}/problem_get"),
        event(100, "page_close", page=PAGE, source="browser"),
        event(200, "play_video", json.dumps({"id": "i4x-MITx-6_002x-video-V1"}), page=PAGE, source="browser"),
    )
    assert urls(result) == ["S1/1/", "S1/4/", "S1/4/", "S1/4/", "S1/"]
    assert durations(result) == ["10", "9", "10", "70", ""]
    assert [t for (t,) in column(result, "observed_events", "observed_event_type")] == [
        "url_change", "seq_goto", "play_video", "i4x_problem_problem_get", "play_video",
    ]  # fmt: skip
    assert column(result, "click_events", "code", "video_current_time", "video_old_time") == [("c", "2.0", ""), ("", "", "")]
    assert [(fate, reason) for _, _, fate, reason in result.fates][2] == ("filtered", "echo")
    # host, courses, MITx, 6.002x, run, courseware, Week_1, S1, panel 1, panel 4, the video, the problem, and at last S1 without panel: known already
    names = column(result, "resources", "resource_id", "resource_uri", "resource_parent_id", "resource_child_number")
    assert names[8:] == [
        ("9", f"{PAGE}1/", "8", "1"),
        ("10", f"{PAGE}4/", "8", "2"),
        ("11", f"{PAGE}4/video/V1/", "10", "1"),
        ("12", f"{PAGE}4/problem/H1P1/", "10", "2"),
    ]
    assert column(result, "resources_urls", "resource_id", "url_id") == [("9", "1"), ("10", "2"), ("11", "2"), ("12", "2"), ("11", "3")]


def test_locations_grow_old() -> None:
    hour = FRESH // 10**6
    fresh = run(event(0, PATH), event(hour - 0.5, "showanswer"), event(hour, "showanswer"), event(2 * hour - 1, "showanswer"))
    assert urls(fresh) == ["S1/1/", "S1/1/", "S1/1/", "S1/1/"]  # each event makes the location young again
    stale = run(event(0, PATH), event(hour, "showanswer"))
    assert urls(stale) == ["S1/1/", ""]


def test_books_turn_to_their_page() -> None:
    book = f"{SITE}/book/0/17"
    result = run(event(0, "book", {"new": 18, "old": 17}, page=book), event(5, "textbook.pdf.page.scrolled", {"page": 3}, page=f"{SITE}/pdfbook/0/"))
    assert [u for (u,) in column(result, "urls", "url")] == [f"{SITE}/book/0/18/", f"{SITE}/pdfbook/0/3/"]


def check(answers: bool = True, mark: bool = True) -> dict[str, object]:
    """A server's payload."""
    payload: dict[str, object] = {"problem_id": PROBLEM}
    if answers:
        payload["answers"] = {PART: "server"}
    if mark:
        payload["correct_map"] = {PART: {"correctness": "incorrect"}}
    return payload


def test_echoes_fill_what_the_server_lacks() -> None:
    result = run(
        event(0, "problem_check", f"input_{PART}=browser", source="browser", page=PAGE),
        event(1, CHECK, {"POST": {f"input_{PART}": ["request"]}}),
        event(60, "problem_check", check(answers=False)),
        event(61, "problem_graded", [f"input_{PART}=g", f'<p aria-describedby="input_{PART}">correct'], source="browser", page=PAGE),
        event(200, "problem_check", check()),
        event(260.000001, "problem_check", f"input_{PART}=late", source="browser", page=PAGE),
    )
    assert [reason for _, _, _, reason in result.fates] == ["echo", "echo", None, "echo", None, None]
    assert [a for (a,) in column(result, "submissions", "submission_answer")] == ["browser", "server", "late"]
    assert column(result, "assessments", "submission_id", "assessment_grade") == [("1", "0.0"), ("2", "0.0")]


def test_without_a_server_the_request_is_the_record() -> None:
    result = run(
        event(0, "problem_check", f"input_{PART}=browser", source="browser", page=PAGE),
        event(1, CHECK, {"POST": {}}),
        event(2, "problem_check", f"input_{PART}=again", source="browser", page=PAGE),
    )
    assert [reason for _, _, _, reason in result.fates] == ["echo", None, None]
    assert column(result, "submissions", "submission_key", "submission_answer")[0][1] == "browser"


def test_submissions_do_not_end_a_duration() -> None:
    result = run(event(0, PATH), event(10, "problem_check", check()), event(30, "showanswer", {"problem_id": PROBLEM}))
    assert durations(result) == ["30", ""]


def test_people() -> None:
    context = {"user_id": 7, "course_id": COURSE}
    lines = (
        event(0, "showanswer", user="", context=context),
        event(1, "showanswer", user="ann", context={**context, "user_id": "007"}),
        event(2, "showanswer", user="", context={**context, "user_id": 8}),
        event(3, "showanswer", user=" anonymous "),
        event(4, "edx.course.enrollment.activated", {"course_id": COURSE, "user_id": 7}, user="ann", context=context),
    )
    result = run(*lines)
    assert [u for (u,) in column(result, "observed_events", "user_id")] == ["1", "1", "1", "2"]
    assert result.summary["filtered_by_reason"] == {"anonymous": 1}
    assert column(result, "users", "user_join_timestamp") == [("2013-03-05 12:00:04.000000",), ("",)]
    kept = run(*lines, keep_anonymous=True)
    assert len(column(kept, "users", "user_id")) == 3


def test_duplicates_and_fates() -> None:
    line = event(0, "showanswer")
    lines = (line, line, b"\n", b"{]\n", b"7\n", event(1, "page_close"), event(2, "/heartbeat"), event(3, "showanswer", agent="Googlebot/2.1"))
    result = run(*lines)
    assert [reason for _, _, _, reason in result.fates] == [
        None, "duplicate", "blank", "bad_json", "not_an_event", "page_close", "background", "machine",
    ]  # fmt: skip
    assert result.rejects[0] == {"file": "log", "line": 4, "offset": len(line) * 2 + 1, "reason": "bad_json"}
    kept = run(*lines, keep_duplicates=True, keep_background=True)
    assert kept.summary["events"] == 3
    assert [t for (t,) in column(kept, "observed_events", "observed_event_type")] == ["showanswer", "showanswer", "background_request"]


def test_two_objects_on_a_line() -> None:
    a, b = event(0, "showanswer").strip(), event(5, "showanswer").strip()
    result = run(a + b" " + b + b"\n")
    assert column(result, "observed_events", "observed_event_key") == [("1:0",), (f"1:{len(a) + 1}",)]
    assert (result.summary["lines_read"], result.summary["events"], result.summary["extra_events"]) == (1, 1, 1)
    assert result.summary["salvaged_by_reason"] == {"second_object": 1}
    assert durations(result) == ["5", ""]
