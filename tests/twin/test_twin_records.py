"""The oracle on what makes rows of its own: values worked out by hand from docs/reference/rules.md. All data is synthetic."""

from __future__ import annotations

import json
from typing import Any

import pytest

from moocdb_fast.events._spec import Assess, Clicks, Post, Question, Whole

from . import invented
from .addresses import read_page
from .answers import read_answers
from .clicks import read_clicks
from .facts import birthdate, country, read_setting
from .marks import read_mark, share
from .modules import Module
from .names import canonical, declaration_of
from .payload import end_of, found, found_end, found_key, found_number, found_text, member
from .posts import read_post
from .requests import read_request_around
from .standing import standing_payload
from .test_corners_records import ANN, BOB, EVERYTHING, mark, rubric, submit
from .test_kernel_agrees import declare
from .test_twin_logs import COURSE, PROBLEM, column, durations, event, run, urls
from .whole import attempts_of_whole, part_of_whole

MODULE = Module("i4x://M/6/problem/P", "problem", "P")


@pytest.fixture(autouse=True)
def invented_types(monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch, EVERYTHING)


# 5. Names


def test_names() -> None:
    assert declaration_of("team.of.x", "server").label == "team"  # the first declared one
    assert declaration_of("squad..of.", "server").label == "squad of"
    assert declaration_of("post.older", None).name == "post"
    assert declaration_of("problem_check", "browser") != declaration_of("problem_check", "mobile")
    assert declaration_of("nobody's", "server").meaning.kind == "other"
    assert [canonical(name) for name in ("post.old", "post", "essay.old", "x")] == ["post", "post", "essay", "x"]


# 7. Modules of requests around


@pytest.mark.parametrize(
    ("path", "page", "name"),
    [
        ("/modx/i4x://M/6/problem/A/x", "https://h.org/modx/i4x://M/6/problem/B", "A"),
        ("/elsewhere", "https://h.org/modx/i4x://M/6/problem/B", "B"),
        (None, "/xblock/i4x:;_;_M;_6;_problem;_C/handler/save", "C"),
        ("modx/i4x://M/6/problem/A", "h.org/modx/i4x://M/6/problem/B", None),
        (5, "https://h.org", None),
        (None, "https://h.org/?/modx/i4x://M/6/problem/B", None),
    ],
)
def test_requests_around(path: object, page: object, name: str | None) -> None:
    module = read_request_around(path, page, COURSE)
    assert (module.name if module else None) == name


# 8. Members


def test_members_that_are_there() -> None:
    payload = {"a": None, "b": [None, 1], "c": [], "d": [[2]], "e": {"f": "x"}}
    assert member([payload], ".") == payload
    assert end_of([payload], ".") == [payload]
    assert found(payload, ("a", "b", "c", "d", "e.f")) == 2  # arrays stand for their first elements, of which `b` and `c` have none
    assert found_end(payload, ("a", "b")) == [None, 1]
    assert found_end(payload, ("c", "d"), single=True) == []
    assert found_end(payload, ("a", "d"), single=True) == [2]
    assert found_end({"x": [None], "y": 1}, ("x", "y"), single=True) == 1
    assert (member("text", "."), found_end("text", (".",))) == (None, "text")


def test_texts_and_numbers() -> None:
    assert found_text({"a": " ", "b": 5, "c": " x "}, ("a", "b", "c")) == " x "
    assert found_key({"c": " " + "é" * 256}, ("c",)) == "é" * 255
    assert [found_number({"a": x, "b": 2}, ("a", "b")) for x in (None, 1, "1", True, [0.5])] == [2.0, 1.0, None, None, 0.5]
    clicks = read_clicks(Clicks(), {"code": " \t", "currentTime": "x", "current_time": " 1.5 ", "speed": [2]})
    assert [clicks[name] for name in ("code", "current_time", "old_time", "new_speed")] == [None, 1.5, None, 2.0]


# 9. Whole submissions

WHOLE = Whole(answer=("answer",), item=("item",), attempts=("n",), correct=("right",), earned=("earned",), possible=("possible",))


@pytest.mark.parametrize(
    ("payload", "grade", "max_grade", "marked"),
    [
        ({"right": True, "earned": 0, "possible": 5}, 1.0, None, True),
        ({"right": False}, 0.0, None, True),
        ({"right": "true", "earned": 1, "possible": 4}, 0.25, 4.0, True),
        ({"earned": 5, "possible": 4}, None, 4.0, True),
        ({"earned": 0, "possible": 0}, None, 0.0, True),
        ({"earned": 1}, None, None, True),
        ({"earned": "1", "possible": 4}, None, None, False),
        ({"possible": 4}, None, None, False),
    ],
)
def test_marks_of_whole_submissions(payload: object, grade: float | None, max_grade: float | None, marked: bool) -> None:
    part = part_of_whole(WHOLE, payload, MODULE)
    assert (part.grade, part.max_grade, part.correctness is not None) == (grade, max_grade, marked)


def test_shares_without_possible() -> None:
    assert [part_of_whole(Whole(earned=("e",)), {"e": e}, MODULE).grade for e in (0, 0.5, 1, 1.5, -1)] == [0.0, 0.5, 1.0, None, None]
    assert [share(*x) for x in ((1, 2), (0, 3), (3, 3), (4, 3), (-1, 3), (0, 0), (None, 1), (1, None))] == [
        0.5,
        0.0,
        1.0,
        None,
        None,
        None,
        None,
        None,
    ]


def test_parts_of_whole_submissions() -> None:
    assert [part_of_whole(WHOLE, {"item": i}, MODULE).numbers for i in (0, 999, 1000, -1, "1", True, None)] == ["1_0", "1_999", "", "", "", "", ""]
    assert [attempts_of_whole(WHOLE, {"n": n}) for n in (0, 2**31 - 1, 2**31, -1, "1", 1.0)] == [0, 2**31 - 1, None, None, None, None]
    answers = ([], ["a"], ["a", 1.5], [["a"]], "", False, {"a": None}, None)
    assert [part_of_whole(WHOLE, {"answer": a}, MODULE).answer for a in answers] == ["[]", "a", '["a",1.5]', '["a"]', "", "false", '{"a":null}', None]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("plain", "plain"),
        (' {"text": "t"}', "t"),
        ({"text": "t", "parts": []}, "t"),
        ('{"parts": [{"text": "a"}, {"x": 1}]}', "a"),
        ({"parts": [{"text": "a"}, {"text": "é"}]}, '["a","é"]'),
        ({"parts": [{"x": 1.0}]}, '{"parts":[{"x":1.0}]}'),
        ('{"a": 1, "b": "\\u00e9"}', '{"a":1,"b":"é"}'),
        ('{"text": "cut', '{"text": "cut'),
        ("[1]", "[1]"),
        ([1, 2], "[1,2]"),
        (None, None),
    ],
)
def test_essays(text: object, answer: str | None) -> None:
    assert part_of_whole(Whole(answer=("t",), essay=True), {"t": text}, MODULE).answer == answer


# 9a. Posts, answers, marks, facts

POST = Post("forum_comment", "request", key=("id",), about=("to.id", "to"), content=("title", "body"), word="did", undo=("undo",))


def post(payload: object, declared: Post = POST, path: str | None = None, piece: int = 0, *, undecoded: bool = False) -> Any:
    return read_post(declared, payload, undecoded=undecoded, path=read_page(path, None), piece=piece)


def test_posts() -> None:
    told = post({"id": " k ", "to": {"id": "p"}, "title": "T", "body": " b\n"})
    assert (told.type, told.trust, told.key, told.about, told.content) == (3, "request", "k", "p", "T\n\n b\n")
    assert post({"to": "p", "title": " "}).about == "p"
    assert [post({"title": "T", "undo": u}).content for u in (True, False, "true", None, 1)] == ["unvote", "T", "T", "T", "T"]
    assert post({}).content == "did"
    assert post({}, Post("other")).content is None


def test_posts_that_need_content() -> None:
    needs = Post("wiki_edit", content=("body",), undo=("undo",), needs_content=True)
    assert post({"body": " "}, needs) is post({"undo": True}, needs) is None
    assert post({"body": "b"}, needs).content == "b"
    assert post('{"body": "b', needs, undecoded=True).content is None


def test_what_a_path_is_about() -> None:
    path = "/courses/a/b/c/discussion/threads/t1/reply?x"
    assert [post({"to": "p"}, path=path, piece=n).about for n in (0, 1, 2, 8, 9)] == ["p", "reply", "t1", "courses", None]


def answers(payload: object, form: Any = "value", name: str = "") -> list[tuple[str, bool, str]]:
    return [(a.name, a.shown, a.text) for a in read_answers((Question("t", ("a", "b"), form, name),), payload)]


def test_answers() -> None:
    assert answers({"b": 5}, name="n") == [("n", False, "5")]
    assert answers({"a": ["x"]}) == answers({"a": "x"}) == [("", False, "x")]
    assert answers({"a": ["x", "y"]}) == [("", False, '["x","y"]')]
    assert answers({"a": " "}) == answers({"a": None}) == answers({}) == []
    assert [a[2] for a in answers({"a": ["x", None, " ", ["y"]]}, "each")] == ["x", '["y"]']
    assert [a[2] for a in answers({"a": {"k": 1}}, "each")] == ['{"k":1}']
    assert answers({"a": {" k ": 1, "l": None, "m" * 300: "x"}}, "members") == [(" k ", True, "1"), ("m" * 255, True, "x")]
    assert answers({"a": [{"k": 1}]}, "members") == answers({"a": {"k": 1}}, "rubric") == []
    parts = [{"criterion": {"name": "c"}, "option": {"name": "o"}}, {"criterion": {"name": " "}, "option": {"name": "o"}}, 5]
    assert answers({"a": [*parts, {"criterion": {"name": ["c"]}, "option": {"name": "o"}}, {"criterion": {"name": "d"}}]}, "rubric") == [
        ("c", True, "o")
    ]


def test_marks() -> None:
    told = read_mark(Assess("peer", ("k",), (), ("e",), ("p",), ("f", "g")), {"k": " x ", "e": 1, "p": 4, "f": " ", "g": " so "})
    assert (told.grader, told.keyed, told.key, told.grade, told.max_grade, told.feedback) == ("peer", True, "x", 0.25, 4.0, " so ")
    without = read_mark(Assess("self", earned=("e",)), {"e": 1})
    assert (without.keyed, without.grade, without.max_grade) == (False, None, None)


@pytest.mark.parametrize(
    ("parts", "grade", "possible"),
    [
        (rubric((1, 2), (0.5, 1)), 0.5, 3.0),
        (rubric(("1", 2), (True, 2)), None, 4.0),
        (rubric((1, None)), None, None),
        ([5, {"option": []}, *rubric((1, 1))], 1.0, 1.0),
        (rubric((1, 1e308), (1, 1e308)), None, None),  # a sum that is no number
        ({}, None, None),
        ([rubric((1, 1))], None, None),
    ],
)
def test_rubrics(parts: object, grade: float | None, possible: float | None) -> None:
    told = read_mark(Assess("staff", rubric=("parts",), earned=("e",), possible=("p",)), {"parts": parts})
    assert (told.grade, told.max_grade) == (grade, possible)


def test_settings() -> None:
    told = [read_setting({"setting": s, "new": n}) for s, n in (("gender", " f "), ("year_of_birth", 1990), ("country", -5), (["language"], ["en"]))]
    assert [(t.name, t.value) for t in told if t] == [("gender", "f"), ("year_of_birth", "1990"), ("country", "-5"), ("language", "en")]
    assert [read_setting({"setting": s, "new": n}) for s, n in (("Gender", "f"), ("gender", " "), ("gender", 1.5), ("gender", True))] == [None] * 4
    assert [birthdate(x) for x in ("1990", "7", "0", "10000", "+99", None)] == [
        "1990-01-01 00:00:00.000000", "0007-01-01 00:00:00.000000", None, None, None, None,
    ]  # fmt: skip
    assert [country(x) for x in ("DE", "XK", "DEU", "")] == ["DEU", None, None, None]


# 11. and 12. Small logs


def test_scores() -> None:
    """Within 60 s a score is an echo, which gives its mark; later it is an assessment; before any submission it is one itself."""
    result = run(
        submit(0, "whole.score", earned=1, possible=4),
        submit(100, answer="a"),
        submit(160, "whole.score", earned=2, possible=4),
        submit(161, "whole.score", earned=3, possible=4),
        submit(200, "whole.score"),
        event(300, "showanswer", {"problem_id": PROBLEM}),
    )
    assert [reason for *_, reason in result.fates] == [None, None, "echo", None, None, None]
    assert column(result, "submissions", "submission_key", "submission_answer")[1][1] == "a"
    assert len(column(result, "submissions", "submission_id")) == 2
    assert column(result, "assessments", "submission_id", "assessment_grade", "assessment_timestamp") == [
        ("1", "0.25", "2013-03-05 12:00:00.000000"),
        ("2", "0.5", "2013-03-05 12:01:40.000000"),
        ("2", "0.75", "2013-03-05 12:02:41.000000"),
    ]
    assert column(result, "observed_events", "observed_event_type") == [("showanswer",)]


def test_marks_find_their_submissions() -> None:
    result = run(
        mark(0, "mark.peer.keyed", uuid="k"),
        event(10, "whole.server", {"id": PROBLEM, "uuid": "k"}, **ANN),
        event(100, "whole.server", {"id": PROBLEM, "uuid": "k"}, **ANN),
        mark(110, "mark.staff.keyed", uuid="k", feedback="good"),
        mark(111, "mark.staff.keyed", uuid="other"),
        mark(112, "mark.staff.last", user_id=7),
        mark(113, "mark.self.last"),
    )
    assert column(
        result, "assessments", "submission_id", "assessment_grader_id", "assessment_feedback", "assessment_grade", "assessment_max_grade"
    ) == [
        ("1", "1", "", "0.5", "2.0"),
        ("1", "staff", "good", "0.5", "2.0"),
        ("2", "staff", "", "0.5", "2.0"),
    ]
    assert len(column(result, "observed_events", "observed_event_id")) == 5


def test_threads() -> None:
    result = run(
        event(0, "post", {"about": "t", "title": "first, by time"}),
        event(5, "/say/t/to/x/", {"POST": {"body": ["b"]}}),
        event(70, "post", {"id": "t", "title": "thread"}),
        event(80, "post", {"about": "t", "undo": True}, **BOB),
        event(90, "post", {"about": "t"}, context={"course_id": "A/B/C"}),
    )
    assert [reason for *_, reason in result.fates] == [None, "echo", None, None, None]
    rows = column(
        result, "collaborations", "collaboration_id", "collaboration_content", "collaboration_parent_id", "collaboration_child_number", "user_id"
    )
    assert rows == [
        ("4", "did", "", "", "1"),
        ("1", "first, by time", "2", "1", "1"),
        ("2", "thread", "", "", "1"),
        ("3", "unvote", "2", "2", "2"),
    ]
    assert column(result, "observed_events", "observed_event_id") == []


def test_a_request_that_posts_has_the_page_of_its_line() -> None:
    info = f"https://courses.edx.org/courses/{COURSE}/info"
    result = run(event(0, "/say/t/to/x/", {"POST": {}}, page=info), event(1, "/say/t/to/x/", {"POST": {}}, user="", page=info), keep_anonymous=True)
    assert column(result, "urls", "url") == [(f"{info}/",), ("https://courses.edx.org/say/t/to/x/",)]
    assert column(result, "observed_event_types", "observed_event_type_name") == [("say",), ("url_change",)]


def test_surveys() -> None:
    result = run(
        event(0, "answers", {"id": "p", "choice": "a", "fields": {"q": "a", "r": "b"}}),
        event(9, "answers.old", {"choice": "a"}),
        event(10, "showanswer"),
        event(20, "answers", {"id": "p"}),
    )
    poll = "i4x://MITx/6.002x/poll/p"
    assert column(result, "questions", "question_id", "question_content", "question_type", "question_reference", "survey_id") == [
        ("1", "", "value", f"{poll}/choice", "1"),
        ("2", "", "each", f"{poll}/{'é' * 255}", "1"),
        ("3", "q", "members", f"{poll}/q", "1"),
        ("4", "r", "members", f"{poll}/r", "1"),
        ("5", "", "value", "answers.kept/choice", ""),
        ("6", "", "each", f"answers.kept/{'é' * 255}", ""),
    ]
    assert column(result, "answers", "answer_content") == [("a",), ("b",)]
    pairs = [("1", "1"), ("2", "1"), ("3", "1"), ("4", "2"), ("5", "1"), ("6", "1")]
    assert column(result, "feedbacks", "question_id", "answer_id") == pairs
    assert column(result, "surveys", "survey_id") == [("1",)]
    assert durations(result) == ["10", ""]  # from the question to the unanswered one


def test_pages_of_the_payload_move_nobody() -> None:
    path, lesson = f"/courses/{COURSE}/courseware/Week_1/S1/", f"https://h.org/courses/{COURSE}/courseware/Week_1/S2/"
    result = run(event(0, path), event(5, "sequence.told", {"new": 3, "url": lesson}), event(9, "showanswer"))
    assert urls(result) == ["S1/1/", lesson, "S1/1/"]


def test_people_by_hand() -> None:
    result = run(
        event(9, "profile", {"setting": "gender", "new": "late", "user_id": 7}, **BOB),
        event(5, "profile", {"setting": "gender", "new": "early"}, **ANN),
        event(6, "profile", {"setting": "country", "new": "FR"}, **ANN, source="browser"),
        event(7, "profile", {"setting": "country", "new": "??"}, **ANN, source="browser"),
        event(8, "grade", {"user_id": 7, "grade": 0.5}, user="", context={}),
        event(8, "grade", {"user_id": 99, "grade": None}, user="", context={}),
    )
    rows = column(result, "users", "user_gender", "user_country", "user_final_grade", "user_type_id")
    assert rows == [("", "", "", "3"), ("late", "FRA", "0.5", "3"), ("", "", "", "4")]
    assert column(result, "observed_events", "observed_event_type") == [("grade",), ("profile",), ("profile",), ("profile",), ("profile",)]


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ('{"event": { "a" :1.50}, "x": 1}', '{ "a" :1.50}'),
        ('{"event": "a\\n\\u00e9"}', "a\né"),
        ('{"event": null, "data": 5}', "null"),
        ('{"data" : [ ] }', "[ ]"),
        ('{"event": 1, "\\u0065vent":\t"last"}', "last"),
        ("{}", None),
    ],
)
def test_payloads_as_they_stand(text: str, payload: str | None) -> None:
    assert standing_payload(text) == payload


def test_one_payload_for_each_event_with_rows() -> None:
    lines = (
        submit(0),
        submit(1, "whole.browser"),
        submit(200, "whole.score"),
        event(300, "grade", {"grade": 1}),
        event(400, "page_close"),
        event(500, "post"),
    )
    offsets = [sum(map(len, lines[:n])) for n in (0, 5)]
    assert run(*lines).payloads == [
        {"observed_event_key": f"1:{offsets[0]}", "event_payload": json.dumps({"id": PROBLEM})},
        {"observed_event_key": f"1:{offsets[1]}", "event_payload": ""},
    ]


def test_other_names_share_an_id() -> None:
    result = run(event(0, "answers.old"), event(1, "answers.kept"), event(2, "nobody's"))
    assert column(result, "observed_event_types", "observed_event_type_id", "observed_event_type_name") == [("1", "answers.kept"), ("2", "nobody's")]
    assert column(result, "observed_events", "observed_event_type", "observed_event_type_id")[0] == ("answers.old", "1")


def test_invented_names_are_invented() -> None:
    assert len({t.name for f in invented.FAMILIES.values() for t in f.TYPES}) == len(EVERYTHING.TYPES)
