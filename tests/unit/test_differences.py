"""docs/differences.md, number by number: a log of a few lines, and what must come of it.

Each test is named after its number there. The lines are made up; what is expected was worked out by hand.
"""

import csv
import hashlib
import hmac
import json
import re
import time
from pathlib import Path

import pytest

from moocdb_fast import Options, translate
from moocdb_fast.schema import TABLES

HOST = "https://lms.example.org"
COURSE = "X/Y.1/Z"
HOME = f"{HOST}/courses/{COURSE}/"
UNIT = f"{HOME}courseware/U/S/"
MODULE = "i4x://X/Y.1/problem/p"
PART = "i4x-X-Y_1-problem-p"  # how the page spells it


class Result:
    def __init__(self, summary, folder):
        self.summary, self.folder = summary, folder

    def rows(self, table, *columns):
        """Cells as text, in the order of the file; one column gives a plain list."""
        with (self.folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        if not columns:
            return rows
        return [row[columns[0]] if len(columns) == 1 else tuple(row[c] for c in columns) for row in rows]

    def urls(self):
        """The address of each observed event."""
        known = {row["url_id"]: row["url"] for row in self.rows("urls")}
        return [known.get(key, "") for key in self.rows("observed_events", "url_id")]

    def resource(self, key):
        return next(row for row in self.rows("resources") if key in (row["resource_key"], row["resource_uri"]))


@pytest.fixture
def run(tmp_path):
    def run(*lines, **options):
        """Translate lines: objects, or bytes as they are."""
        log = tmp_path / "log.json"
        log.write_bytes(b"".join((x if isinstance(x, bytes) else json.dumps(x).encode()) + b"\n" for x in lines))
        made = Options(workers=1, key_file=tmp_path / "key", overwrite=True, **options)
        return Result(translate(log, tmp_path / "moocdb", made), tmp_path / "moocdb")

    return run


def at(seconds):
    """A time, in seconds behind 2013-03-05 10:00."""
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(1362477600 + seconds))


def line(kind, seconds=0, *, source="browser", page=UNIT, user="learner_1", **more):
    made = {"username": user, "time": at(seconds), "event_source": source, "event_type": kind, "page": page, "ip": "192.0.2.1", "event": {}}
    return made | more


def view(path, seconds=0, **more):
    return line(path, seconds, source="server", page=None, host="lms.example.org", **more)


def check(seconds=0, answers=None, marks=None, kind="problem_check", **more):
    """A server check of MODULE; `marks`: part → correctness."""
    event = {"problem_id": MODULE, "answers": answers or {}, "correct_map": {k: {"correctness": v} for k, v in (marks or {}).items()}}
    return line(kind, seconds, source="server", event=event | more, context={"course_id": COURSE})


def context(made):
    return made | {"context": {"course_id": COURSE}}


def answers(result):
    return result.rows("submissions", "submission_answer")


SEQ = f"/courses/{COURSE}/courseware/U/S/"


def test_K1(run):
    bad = [
        b'{"broken',
        b"   ",
        b"[1, 2]",
        b"null",
        b'"text"',
        {k: v for k, v in line("seq_next").items() if k != "ip"},
        line("seq_next", ip=None),
        line("seq_next", page=None),
        line(""),
        line(None),
        line(7),
        line("seq_next", user=7),
        line("seq_next") | {"time": None},
        line("seq_next") | {"time": 7},
        line("seq_next") | {"time": "7"},
        line("problem_reset", event={"POST": [1]}),
        view(f"/courses/{COURSE}/modx/{MODULE}/problem_check", event={"POST": None}),
        check(answers={f"{PART}_2_1": [1, None]}),
        line("problem_check", 9, source="server", event={"problem_id": MODULE, "correct_map": {f"{PART}_2_1": None}}),
        view("/create_account", event={"POST": {"mailing_address": []}}),
    ]
    result = run(*bad, line("last_one", 50))
    found = result.summary
    assert found.lines_read == len(bad) + 1 == found.events + found.filtered + found.rejected
    assert "last_one" in result.rows("observed_events", "observed_event_type")


def test_K2(run):
    hint = check(5, {f"{PART}_2_1": "a"})
    hint["event"]["correct_map"] = {f"{PART}_2_1": {"correctness": "correct", "hint": "first\nsecond"}}
    result = run(line("seq_next") | {"time": "2013-03-05T10:00:00-05:00"}, hint, line("play_video", 9, event={"id": "v", "code": "abc/"}))
    assert "2013-03-05 15:00:00.000000" in result.rows("observed_events", "observed_event_timestamp")
    assert result.rows("assessments", "assessment_feedback") == ["first\nsecond"]
    assert result.rows("click_events", "code") == ["abc/"]


def test_K3(run, tmp_path):
    code = f"__import__('pathlib').Path({str(tmp_path / 'proof')!r}).touch()"
    run(line("problem_reset", event=code), line("problem_check", 1, event=code), line("play_video", 2, event=code), check(3, {f"{PART}_2_1": code}))
    assert not (tmp_path / "proof").exists()


def test_K4(run):
    assert answers(run(check(0, {f"{PART}_2_1": "it's, so"}), check(900, {f"{PART}_2_1": "b"}))) == ["it's, so", "b"]


def test_D1(run):
    result = run(line("a"), line("b", 90), line("c", 90 + 86405))
    assert result.rows("observed_events", "observed_event_duration") == ["90", "86405", ""]


def test_D2(run):
    result = run(line("a"), line("page_close", 30), context(line("b", 1000, page=None)))
    assert result.rows("observed_events", "observed_event_duration") == ["30", ""]
    assert result.urls() == [UNIT, ""]
    assert result.summary.counts.filtered["page_close"] == 1


def test_D3(run):
    copy = view(f"/courses/{COURSE}/modx/i4x://X/Y.1/sequential/S/goto_position", 5, event={"POST": {"position": ["2"]}})
    result = run(view(f"/courses/{COURSE}/wiki/sequential_circuits/"), copy)
    assert result.urls() == [f"{HOME}wiki/sequential_circuits/"]
    assert result.summary.counts.filtered["echo"] == 1


def test_D4(run):
    result = run(line("a"), line("showanswer", 50, source="server", event={"problem_id": MODULE}), line("b", 80))
    assert result.rows("observed_events", "observed_event_duration") == ["50", "30", ""]


def test_D5(run):
    part = f"{PART}_2_1"
    page = f'<span aria-describedby=\\"input_{part}\\">Status: correct'
    result = run(
        line("problem_check", 0, event=f"input_{part}=42"),
        view(f"/courses/{COURSE}/modx/{MODULE}/problem_check", 1, event={"POST": {f"input_{part}": ["42"]}}),
        check(1, {part: "42"}, {part: "correct"}, attempts=2),
        line("problem_graded", 2, event=[f"input_{part}=42", page]),
    )
    assert result.rows("submissions", "submission_answer", "submission_attempt_number", "submission_is_submitted") == [("42", "2", "1")]
    assert result.rows("assessments", "assessment_grade") == ["1.0"]
    assert result.summary.counts.filtered["echo"] == 3


def test_D6(run):
    post = {f"input_{PART}_2_1": ["a"], f"input_{PART}_3_1": ["b"]}
    request = view(f"/courses/{COURSE}/modx/{MODULE}/problem_check", event={"POST": post})
    failed = check(900, {f"{PART}_2_1": "c"}, kind="problem_check_fail", failure="closed")
    result = run(request, failed)
    assert result.rows("submissions", "submission_answer", "submission_is_submitted") == [("a", "1"), ("b", "1"), ("c", "2")]


def test_D7(run):
    state = {"student_answers": {f"{PART}_2_1": "a", f"{PART}_3_1": "b"}, "correct_map": {}, "done": True}
    event = {"problem_id": MODULE, "old_state": state, "new_state": state}
    result = run(line("reset_problem", source="server", event=event))
    assert result.rows("submissions", "submission_answer", "submission_is_submitted") == [("", "3")]


FORMULA = {f"{PART}_2_1": "x^2", f"{PART}_2_1_dynamath": "<math/>", f"{PART}_3_1": "7"}
MARKS = {f"{PART}_3_1": "incorrect", f"{PART}_2_1": "correct"}


def test_D8(run):
    result = run(check(0, FORMULA, MARKS))
    answer_of = {row["submission_id"]: row["submission_answer"] for row in result.rows("submissions")}
    marked = {answer_of[key]: grade for key, grade in result.rows("assessments", "submission_id", "assessment_grade")}
    assert marked == {"x^2": "1.0", "7": "0.0"}


def test_D9(run):
    assert answers(run(check(0, FORMULA))) == ["x^2", "7"]


def test_D10(run):
    page = f'<span aria-describedby="input_{PART}_2_1">Status: correct'
    result = run(line("problem_graded", event=[f"input_{PART}_2_1=forty-two", page]))
    assert answers(result) == ["forty-two"]
    assert result.rows("assessments", "assessment_grade") == ["1.0"]


def test_D11(run):
    unreadable = line("problem_check", 900, source="server", event={"problem_id": "no such id!", "answers": {"??": "b"}})
    result = run(check(0, {f"{PART}_2_1": "a"}), unreadable)
    assert answers(result) == ["a"]
    assert result.rows("observed_events", "observed_event_type") == ["problem_check"]


def test_D12(run):
    shown = line("problem_show", 5, event={"problem": PART})
    result = run(check(0, {f"{PART}_2_1": "a"}), shown, context(line("problem_show", 9, event={"problem": MODULE})))
    assert result.rows("problems", "problem_key") == [MODULE, f"{MODULE}_2", f"{MODULE}_2_1"]
    assert len([key for key in result.rows("resources", "resource_key") if key]) == 1


def test_D13(run):
    told = check(0, {f"{PART}_2_1": "a"}, attempts=3)
    untold = line("problem_check", 900, event=f"input_{PART}_2_1=b")
    assert run(told, untold).rows("submissions", "submission_attempt_number") == ["3", ""]


def test_D14(run):
    texts = ["", "NA", "null", "nan", "None", "NULL", "-1"]
    result = run(*(check(n * 900, {f"{PART}_2_1": text}) for n, text in enumerate(texts)))
    assert answers(result) == texts
    assert ',"",' in (result.folder / "submissions.csv").read_text()  # an empty answer is not NULL


def test_D15(run):
    texts = ["it's", "5'", "'quoted'", "a','b"]
    assert answers(run(*(check(n * 900, {f"{PART}_2_1": text}) for n, text in enumerate(texts)))) == texts


def test_D16(run):
    events = [f"input_{PART}_2_1=a%20b%2Bc+d", f"input_{PART}_2_1%5B%5D=choice_1&input_{PART}_2_1%5B%5D=choice_2", f"input_{PART}_2_1=x%3D1=y"]
    result = run(*(line("problem_check", n * 900, event=event) for n, event in enumerate(events)))
    assert answers(result) == ["a b+c d", '["choice_1","choice_2"]', "x=1=y"]


def test_D17(run):
    result = run(line("play_video", event={"id": "v"}))
    (event,) = result.rows("observed_events")
    assert result.urls() == [UNIT]
    (video,) = [row for row in result.rows("resources") if row["resource_id"] == event["resource_id"]]
    assert video["resource_key"] == "i4x://X/Y.1/video/v"


def test_D18(run):
    result = run(line("a"), check(9, {f"{PART}_2_1": "a"}))
    assert result.rows("observed_events", "observed_event_ip") == [""]
    assert result.rows("submissions", "submission_ip") == [""]
    assert not [p for p in result.folder.glob("*.csv") if "192.0.2.1" in p.read_text()]


def test_D19(run):
    assert run(line("a")).rows("users", "user_country") == [""]


def test_D20(run):
    result = run(line("a", page=f"{UNIT}1/"), line("seq_goto", 5, event={"id": "i4x://X/Y.1/sequential/S", "old": 1, "new": 4}))
    assert result.urls() == [f"{UNIT}1/", f"{UNIT}4/"]


def test_D21(run):
    assert run(line("a", page=f"{UNIT}1/"), line("b", 5, page=f"{UNIT}3/")).urls() == [f"{UNIT}1/", f"{UNIT}3/"]


def test_D22(run):
    result = run(line("a", page=f"{UNIT}2/"), line("b", 60), line("c", 86400 + 120), line("d", 86400 + 120 + 3600))
    assert result.urls() == [f"{UNIT}2/", f"{UNIT}2/", UNIT, UNIT]


def test_D23(run):
    noise = [view(path, n) for n, path in enumerate(("/change_enrollment", "/favicon.ico", "/heartbeat"), 5)]
    result = run(view(SEQ), *noise, context(line("a", 9, page=None)))
    assert result.rows("observed_events", "observed_event_type") == ["url_change", "a"]
    assert result.urls() == [f"{UNIT}1/", f"{UNIT}1/"]
    assert result.summary.counts.filtered["background"] == 3


def test_D24(run):
    nowhere = [context(line("a", n, page=None)) for n in (0, 20)]
    result = run(nowhere[0], line("b", 10, page=f"{UNIT}2/"), nowhere[1], line("c", 30))
    assert result.urls() == ["", f"{UNIT}2/", f"{UNIT}2/", f"{UNIT}2/"]


def test_D25(run):
    nobody = [line("a", n, user="") for n in (0, 10)]
    health = view("/courses", 20, user="", agent="ELB-HealthChecker/1.0")
    result = run(*nobody, health, line("b", 30))
    assert len(result.rows("users")) == 1
    assert (result.summary.counts.filtered["anonymous"], result.summary.counts.filtered["machine"]) == (2, 1)
    kept = run(*nobody, line("b", 30), keep_anonymous=True)
    assert len(kept.rows("users")) == 2
    assert kept.rows("observed_events", "observed_event_duration") == [""] * 3


def test_D26(run):
    result = run(view("/login_ajax", event={"POST": {"email": ["learner@example.org"]}}), line("a", 5))
    assert len(result.rows("users")) == 1
    assert result.summary.counts.filtered["background"] == 1


def test_D27(run, tmp_path):
    (found,) = run(line("a")).rows("users", "user_key")
    key = bytes.fromhex((tmp_path / "key").read_text().strip())
    assert found == hmac.new(key, b"n:learner_1", hashlib.sha256).hexdigest()[:40]
    assert found not in [hashlib.new(kind, b"learner_1").hexdigest()[:40] for kind in ("md5", "sha1", "sha256")]


def test_D28(run):
    result = run(
        json.dumps(line("a")).encode().replace(b"learner_1", b"learner\\_1"),
        line("problem_check", 10, event=f"input_{PART}_3_1=raw+query"),
        line("b", 20, event=""),
        line("c") | {"time": "2013-03-05T11:00:00"},
        line("d", 30, ip=""),
        line("problem_save", 900, event=f"input_{PART}_2_1=a=b"),
        {k: v for k, v in line("e").items() if k != "time"},
        json.dumps(line("f", 40)).encode()[:-20],
    )
    assert (result.summary.events, result.summary.rejected) == (7, 1)
    assert result.summary.counts.salvaged["backslash"] == 1
    assert result.summary.counts.salvaged["cut_tail"] == 1
    assert answers(result) == ["raw query", "a=b"]


def test_D29(run):
    result = run(
        line("problem_graded", event=[f"input_{PART}_2_1=a", "<p>nothing graded</p>"]),
        check(900),
        line("oe_feedback_response_selected", 2000, event={"value": 3}),
        line("oe_show_full_feedback", 2001),
    )
    assert answers(result) == ["a", ""]
    assert result.rows("feedbacks", "feedback_timestamp")
    assert result.rows("answers", "answer_content") == ["3"]
    assert result.rows("observed_events", "observed_event_type") == ["oe_show_full_feedback"]


def test_D30(run):
    essay = line("oe_show_question", 20, event={"location": "i4x://X/Y.1/combinedopenended/essay"})
    result = run(view(f"/courses/{COURSE}/progress/7/"), view(f"/courses/{COURSE}/progress/", 10), essay)
    assert result.resource(f"{HOME}progress/")["resource_type_id"] == "1"
    assert result.resource("i4x://X/Y.1/combinedopenended/essay")["resource_type_id"] == "6"
    assert all(result.rows("resources", "resource_type_id"))


def test_D31(run):
    key = "i4x://X/Y.1/video/v"
    spellings = enumerate((key, "i4x-X-Y_1-video-v"))
    result = run(*(context(line("play_video", n, page=f"{UNIT}{n + 1}/", event={"id": s, "code": f"code{n}"})) for n, s in spellings))
    assert len(set(result.rows("observed_events", "resource_id"))) == 1
    pages = [url for resource, url in result.rows("resources_urls", "resource_id", "url_id") if resource == result.resource(key)["resource_id"]]
    assert len(pages) == 2


def test_D32(run):
    book = f"{HOME}book/0/"
    assert run(line("book", page=book, event={"type": "gotopage", "old": 1, "new": 17})).urls() == [f"{book}17/"]


def test_D33(run):
    pages = [f"http://courses.example.org/courses/{COURSE}/wiki/{name}/" for name in ("a", "ab", "a/b")]
    result = run(*(line("x", n, page=page) for n, page in enumerate(pages)))
    parent = {row["resource_uri"]: row["resource_parent_id"] for row in result.rows("resources")}
    name = {row["resource_id"]: row["resource_uri"] for row in result.rows("resources")}
    wiki = f"http://courses.example.org/courses/{COURSE}/wiki/"
    assert [name[parent[page]] for page in pages] == [wiki, wiki, pages[0]]
    assert "http://courses.example.org/" in parent


def test_D34(run):
    unit = f"{HOST}/courses/X/1/Z/courseware/1/S/"
    assert run(line("seq_next", page=f"{unit}1/", event={"id": "i4x://X/1/sequential/S", "old": 1, "new": 2})).urls() == [f"{unit}2/"]


def test_D35(run):
    assert run(line("a")).rows("urls", "url") == [UNIT]


def test_D36(run):
    result = run(
        line("a"),
        line("showanswer", 5, source="server", page=None, event={"problem_id": MODULE}, context={"course_id": "course-v1:A+B+C"}),
        view("/courses/D/E/F/info", 9),
        view("/dashboard", 12),
    )
    assert result.summary.courses == {COURSE: 1, "course-v1:A+B+C": 1, "D/E/F": 1, "": 1}


def test_D37(run):
    people = [line("a", n, user=name, page=f"{HOME}wiki/Ünïcödé/") for n, name in enumerate(("jose", "josé", "学生", "\x80x"))]
    result = run(*people, check(60, {f"{PART}_2_1": "π ≈ 3 😀"}))
    assert len(result.rows("users")) == 5
    assert answers(result) == ["π ≈ 3 😀"]
    assert result.urls()[0] == f"{HOME}wiki/Ünïcödé/"


def test_D38(run, monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        result = run(line("a") | {"time": {"$date": 1362477600123}})
    finally:
        monkeypatch.undo()
        time.tzset()
    assert result.rows("observed_events", "observed_event_timestamp") == ["2013-03-05 10:00:00.123000"]


def test_D39(run):
    result = run(line("a") | {"time": "2013-03-05T10:00:00.000000"}, line("b") | {"time": "2013-03-05T14:00:00.5+02:00"})
    assert result.rows("observed_events", "observed_event_timestamp") == ["2013-03-05 10:00:00.000000", "2013-03-05 12:00:00.500000"]


def test_D40(run):
    result = run(check(0, {f"{PART}_2_1": "a"}))
    for name, table in TABLES.items():
        header = (result.folder / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0]
        assert header.split(",") == table.names
    assert result.rows("problem_types")[1] == {"problem_type_id": "1", "problem_type_name": "Homework"}
    assert result.rows("problems", "problem_key", "problem_child_number")[-1] == (f"{MODULE}_2_1", "1")


def test_D41(run):
    result = run(line("a", 50, user="u2"), line("b", 10, user="u1"), line("c", 30, user="u2"), line("d", 20, user="u1"), line("e", 30, user="u2"))
    assert result.rows("observed_events", "user_id", "observed_event_type") == [("1", "c"), ("1", "e"), ("1", "a"), ("2", "b"), ("2", "d")]


def test_D42(run):
    text = r"a\b \\ \n \'"
    assert answers(run(check(0, {f"{PART}_2_1": text}))) == [text]


def test_D43():
    assert not [column for table in TABLES.values() for column in table.names if re.search("down_?time", column)]


def test_D44(run):
    first = json.dumps(line("a")).encode()
    result = run(first, b"", b"[]")
    assert json.loads((result.folder / "rejects.jsonl").read_text()) == {
        "file": "log.json", "line": 3, "offset": len(first) + 2, "reason": "not_an_event",
    }  # fmt: skip


def test_D45(run):
    page = f"{HOME}discussion/forum/"
    result = run(line("edx.forum.searched", page=page, event={"query": "q", "page": 7, "total_results": 3}))
    assert result.urls() == [page]
    assert answers(result) == []


def test_every_number_of_the_page_has_a_test():
    page = (Path(__file__).resolve().parents[2] / "docs" / "differences.md").read_text(encoding="utf-8")
    numbers = re.findall(r"^\| ([KD]\d+) \|", page, re.MULTILINE)
    assert sorted(numbers) == sorted([f"K{n}" for n in range(1, 5)] + [f"D{n}" for n in range(1, 46)])
    assert not [number for number in numbers if f"test_{number}" not in globals()]
