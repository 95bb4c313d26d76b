"""Rows are led back to the lines that made them: nothing is lost, nothing is booked twice."""

import datetime
import gzip
import json
from collections import Counter
from pathlib import Path

from moocdb_fast import Options, translate
from moocdb_fast.events.examples import examples, scene, text
from moocdb_fast.tracing import Trace, times_of, trace

MADE = ("observed_events", "click_events", "submissions", "assessments", "collaborations", "feedbacks")
START = datetime.datetime(2024, 3, 5, 10, tzinfo=datetime.UTC)
EXAMPLE_LOG = Path(__file__).resolve().parents[2] / "examples" / "tracking.log.gz"


def example_log():
    """All example lines and those before them, seven seconds apart: one user's busy day."""
    lines = [line for declared in examples() for line in scene(declared)]
    return [text(line | {"time": (START + datetime.timedelta(seconds=7 * i)).isoformat()}).encode() for i, line in enumerate(lines)]


def whole(tmp_path, lines):
    (tmp_path / "log.json").write_bytes(b"".join(line + b"\n" for line in lines))
    return translate(tmp_path / "log.json", tmp_path / "out", Options(key_file=tmp_path / "key", workers=1))


def test_traces_add_up_to_the_tables(tmp_path):
    lines = example_log()
    made, summary = trace(lines), whole(tmp_path, lines)
    rows = Counter(row.table for each in made for row in each.rows if row.table != "users")
    assert rows == {name: summary.tables[name] for name in MADE}
    fates = Counter((each.fate, each.reason) for each in made)
    assert fates.pop(("translated", "")) == summary.events
    assert {reason: count for (_, reason), count in fates.items()} == {k: v for k, v in summary.counts.filtered.items() if v}


def test_a_real_looking_log_is_traced_line_by_line(tmp_path):
    """Lines of the example log with times of their own: what the second pass says of lines without rows adds up, too."""
    seen, lines = set(), []
    for line in gzip.decompress(EXAMPLE_LOG.read_bytes()).splitlines()[:150]:
        times = times_of([line], Options())[0]
        if not times & seen:
            lines.append(line)
            seen |= times
    made, summary = trace(lines), whole(tmp_path, lines)
    assert Counter(row.table for each in made for row in each.rows if row.table in MADE) == {k: v for k in MADE if (v := summary.tables[k])}
    fates = Counter(each.fate for each in made)
    assert (fates["translated"], fates["filtered"], fates["rejected"]) == (summary.events, summary.filtered, summary.rejected)


LINE = {"username": "a", "event_source": "browser", "event_type": "seq_next", "time": "2024-03-05T10:00:00Z", "page": None, "event": ""}


def test_lines_of_one_time_are_told_apart():
    post = LINE | {"event_type": "edx.forum.thread.created"}
    posts = [post | {"username": name, "event": {"id": name, "title": name, "body": "?"}} for name in ("anna", "bert")]
    made = trace([json.dumps(line).encode() for line in posts])
    assert [[row.values["collaboration_content"] for row in each.rows] for each in made] == [["anna\n\n?"], ["bert\n\n?"]]


def test_fates_of_lines_without_rows():
    lines = [b"", b"no json", b'{"username": "a"}', json.dumps(LINE).encode(), json.dumps(LINE | {"event_type": "/heartbeat"}).encode()]
    made = [(each.fate, each.reason) for each in trace(lines)]
    assert made == [("filtered", "blank"), ("rejected", "bad_json"), ("rejected", "not_an_event"), ("translated", ""), ("filtered", "background")]


def test_a_second_event_on_a_line_and_what_only_the_neighbours_decide():
    check = {"event_type": "problem_check", "context": {"course_id": "course-v1:A+B+C"}}
    key = "block-v1:A+B+C+type@problem+block@p"
    server = LINE | check | {"event_source": "server", "time": "2024-03-05T10:00:01Z", "event": {"problem_id": key, "answers": {"p_2_1": "4"}}}
    lines = [LINE | check | {"event": "input_p_2_1=4"}, server, LINE | {"event_type": "page_close"}, LINE, LINE]
    written = [json.dumps(line).encode() for line in lines]
    written.append(json.dumps(LINE | {"event_type": "/heartbeat"}).encode() + b" " + json.dumps(LINE | {"event_type": "seq_prev"}).encode())
    written.append(json.dumps(LINE | {"event_type": "edx.forum.thread.created", "username": "", "context": {"user_id": 3}}).encode())
    made = trace(written)
    assert [(each.reason, [row.table for row in each.rows]) for each in made[:5]] == [
        ("echo", []),
        ("", ["submissions"]),
        ("page_close", []),
        ("", ["observed_events"]),
        ("duplicate", []),
    ]
    assert [[row.values.get("observed_event_type") for row in each.rows] for each in made[5:]] == [["seq_prev"], [None]]


def test_references_are_text_and_say_which_tables_hold_something():
    page = "https://courses.example.org/courses/course-v1:A+B+C/courseware/u/s/"
    (row,) = trace([json.dumps(LINE | {"page": page, "event": {"new": 3}}).encode()])[0].rows
    assert row.values["url_id"] == row.values["resource_id"] == page + "3/"
    assert row.tables == {"observed_events", "urls", "resources", "resource_types", "observed_event_types"}
    assert Trace().tables == frozenset()


def test_facts_about_users_go_to_the_line_that_tells_them():
    joins = LINE | {"event_type": "edx.course.enrollment.activated", "event_source": "server", "context": {"user_id": 7}, "event": {"user_id": 7}}
    again = joins | {"time": "2024-03-05T11:00:00Z"}
    graded = LINE | {"username": "", "event_type": "edx.grades.course.grade_calculated", "time": "2024-03-05T12:00:00Z"}
    graded |= {"event_source": "server", "event": {"user_id": "7", "percent_grade": 0.5, "course_id": "course-v1:A+B+C"}}
    made = trace([json.dumps(line).encode() for line in (joins, again, graded)])
    told = [[row.values for row in each.rows if row.table == "users"] for each in made]
    assert told == [[{"user_join_timestamp": datetime.datetime(2024, 3, 5, 10)}], [], [{"user_final_grade": 0.5}]]
