"""Corners of what makes rows of its own: whole submissions, marks, posts, answers, facts. The logs are synthetic.

The types are invented (`invented.py`), so that what real families mean may change without touching the corners.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from . import invented
from .test_kernel_agrees import agree, declare
from .test_twin_logs import COURSE, PROBLEM, event
from .translate import TwinOptions

EVERYTHING = invented.Family(
    tuple({t.name: t for family in invented.FAMILIES.values() for t in family.TYPES}.values()),
    tuple(p for family in invented.FAMILIES.values() for p in family.PATHS),
)
OLD_MODULE = f"{PROBLEM.replace('/', ';_')}"
HANDLER = f"https://h.org/courses/{COURSE}/xblock/{OLD_MODULE}/handler/xmodule_handler/problem_get"
BOB: dict[str, Any] = {"user": "bob", "context": {"course_id": COURSE, "user_id": 8}}
ANN: dict[str, Any] = {"context": {"course_id": COURSE, "user_id": 7}}
NOBODY: dict[str, Any] = {"user": "", "context": {"course_id": COURSE}}


def submit(seconds: float, type_: str = "whole.server", **told: object) -> bytes:
    """A submission of the problem."""
    return event(seconds, type_, {"id": PROBLEM, **told})


def mark(seconds: float, type_: str, who: dict[str, Any] = BOB, **told: object) -> bytes:
    """A mark for a submission of the problem."""
    return event(seconds, type_, {"id": PROBLEM, "earned": 1, "possible": 2, **told}, **who)


def profile(seconds: float, setting: object, new: object, **more: object) -> bytes:
    """A change of a profile."""
    return event(seconds, "profile", {"setting": setting, "new": new, **more})


def rubric(*points: tuple[object, object]) -> list[object]:
    """Elements of a rubric: points and points possible."""
    return [{"option": {"points": p, "name": "o"}, "criterion": {"points_possible": q, "name": "c"}} for p, q in points]


def raw(**members: str) -> bytes:
    """A line whose members are written as given."""
    line = json.loads(event(0, "post"))
    del line["event"]
    return b"{" + json.dumps(line).encode()[1:-1] + "".join(f', "{k}": {v}' for k, v in members.items()).encode() + b"}\n"


CORNERS: dict[str, list[bytes]] = {
    # whole submissions
    "items and attempts": [
        submit(100 * n, item=item, attempt=item) for n, item in enumerate((0, 999, 1000, -1, True, "1", 1.0, [5], None, 2**31 - 1, 2**31))
    ],
    "marks of whole submissions": [
        submit(100 * n, **told)
        for n, told in enumerate((
            {"correct": True, "earned": 0, "possible": 1}, {"correct": False}, {"correct": "true", "earned": 1, "possible": 4}, {"correct": [False]},
            {"earned": 3, "possible": 2}, {"earned": 0, "possible": 0}, {"earned": 1}, {"earned": "1", "possible": 2}, {"earned": 1, "possible": "2"},
            {"possible": 2}, {"earned": -1}, {"score": {"earned": None}, "earned": 1, "possible": 1e308}, {"earned": 5e-324, "possible": 1e308},
        ))
    ],
    "shares": [submit(100 * n, "share.server", earned=earned) for n, earned in enumerate((0, 1, 1.5, -0.0, 0.3, "0.3", True))],
    "answers of whole submissions": [
        submit(100 * n, answer=answer)
        for n, answer in enumerate(([], [None], ["a"], [["a"]], ["a", 1.50], {"é": None}, "", " ", False, 1e22, [[]], "\0"))
    ],
    "the payload is the answer": [
        event(100 * n, "share.server", payload, context={"course_id": COURSE, "module": {"usage_key": PROBLEM}})
        for n, payload in enumerate(("x y", '"x y"', '"\\"x y\\""', "", " ", "[1]", ["a"], ["a", "b"], [["a"]], None, 5, True, "{broken", {"a": 1.0}))
    ],
    "essays": [
        event(100 * n, "essay", {"id": PROBLEM, "text": text})
        for n, text in enumerate((
            "plain", ' {"text": "t"} ', '{"text": 5}', '{"text": ""}', '{"parts": [{"text": "a"}]}', {"parts": [{"text": "a"}, {}, 5, {"text": "é"}]},
            {"parts": []}, {"parts": [{"t": 1}]}, '{"parts": [', "{", '{"a": 1.50, "a": 2}', [{"text": "a"}], ["{\"text\": \"in\"}"], '["a"]', None,
            7,
            '{"x": ' + "[" * 1001 + "1" + "]" * 1001 + "}", {"text": None, "parts": [{"text": "late"}]}, '{"text": "a\\ud800"}',
        ))
    ],
    "nothing said of a whole submission": [submit(0, "nothing"), submit(100, "whole.server"), submit(200, "maps", problem_id=PROBLEM)],
    "by nobody, without module": [
        event(0, "whole.server", {"id": PROBLEM}, **NOBODY), event(1, "whole.server", {}), event(2, "save.browser", {"id": "x y"}),
    ],
    "an echo gives its mark, not its key": [
        submit(0, "whole.browser", earned=1, possible=2, uuid="k", answer="b"),
        submit(30, "whole.server", uuid="s"),
        mark(40, "mark.staff.keyed", uuid="k"),
        mark(41, "mark.staff.keyed", uuid="s"),
    ],
    "items are parts of their own": [submit(0, "whole.browser", item=1, answer="1"), submit(5, item=2), submit(6, item=1)],
    # scores
    "scores near and far": [
        submit(0, "whole.score", earned=1, possible=2),
        submit(100, "whole.score", earned=2, possible=2),
        submit(200, answer="a"),
        submit(260, "whole.score", earned=1, possible=2),
        submit(260.000001, "whole.score", earned=1, possible=3),
        submit(400, "whole.score"),
        submit(500, "whole.score", correct=False),
        submit(600, "whole.browser", answer="b"),
        submit(601, "whole.score", earned=1, possible=1),
        submit(700, "share.score", earned=0.5),
    ],
    "scores of a save are none of a check": [submit(0, "save.server"), submit(100, "whole.score", earned=1, possible=2)],
    "scores out of order": [submit(100, "whole.score", earned=1, possible=2), submit(0)],
    "a score far from its page": [submit(0), event(100, "whole.score", {"id": PROBLEM}, page="https://h.org/only/here")],
    # marks
    "keys, and whose they are": [
        mark(0, "mark.peer.keyed", uuid="k"),
        submit(100, uuid=" k "),
        submit(200, uuid="k"),
        event(300, "whole.server", {"id": PROBLEM, "uuid": "k"}, context={"course_id": "course-v1:a+b+c"}),
        mark(400, "mark.self.keyed", ANN, uuid="k"),
        mark(500, "mark.staff.keyed", uuid="other"),
        mark(600, "mark.staff.keyed", uuid=["k"], other={"uuid": "k"}),
        mark(700, "mark.staff.keyed", uuid=5, other={"uuid": "k"}),
        mark(800, "mark.staff.keyed"),
        submit(900, uuid="é" * 300),
        mark(1000, "mark.automatic.keyed", uuid="é" * 255),
    ],
    "the last check of the affected user": [
        event(0, "whole.server", {"id": PROBLEM}, **ANN),
        event(100, "save.server", {"id": PROBLEM}, **ANN),
        mark(200, "mark.staff.last", user_id=7),
        mark(201, "mark.peer.last", user_id="007", feedback=" ", hint="so"),
        mark(202, "mark.peer.last"),
        mark(203, "mark.peer.last", user_id=99),
        mark(204, "mark.self.last", ANN, user_id="x", **{"for": {"whom": 8}}),
        event(300, "whole.server", {"id": PROBLEM}, **ANN),
        mark(300, "mark.self.last", ANN),
        event(300, "whole.server", {"id": PROBLEM, "answer": "same time, later line"}, **ANN),
        mark(301, "mark.automatic.last", ANN, id="i4x://a/b/problem/other"),
        event(302, "mark.self.last", {}),
    ],
    "who is marked and does not act": [
        event(0, "mark.automatic.last", {"id": PROBLEM, "user_id": 8, "earned": 1, "possible": 1}, **NOBODY),
        event(1, "whole.server", {"id": PROBLEM}, user="", context={"course_id": COURSE, "user_id": 8}),
        event(2, "mark.automatic.last", {"id": PROBLEM, "user_id": 8, "earned": 1, "possible": 1}, **NOBODY),
        event(3, "mark.automatic.last", {"id": PROBLEM, "earned": 1, "possible": 1}, **NOBODY),
    ],
    "rubrics": [
        submit(0),
        *(
            event(100 + n, "mark.rubric", {"id": PROBLEM, "parts": parts, "earned": 9, "possible": 9})
            for n, parts in enumerate((
                rubric((1, 2), (0.1, 1), (0.2, 1)), rubric(("1", 2), (True, 2)), rubric((1, None)), [], {}, None,
                [5, [], {"option": []}, *rubric((1, 1))],
                [rubric((1, 1))], rubric((3, 2)), rubric((-1, 2), (2, 2)), [{"option": [{"points": 1}], "criterion": {"points_possible": 2}}],
                rubric((1e308, 1e308), (1e308, 1e308)), rubric((1, 1e308), (1, 1e308)), rubric((0.0, 0)),
            ))
        ),
    ],
    "a mark with answers, a mark with a grade": [
        submit(0),
        event(10, "mark.and.answers", {"id": PROBLEM, "parts": rubric((1, 2)), "choice": "c"}),
        event(20, "mark.and.grade", {"id": PROBLEM, "grade": 0.5}),
        event(30, "mark.and.grade", {"id": PROBLEM, "grade": "0.5"}),
        event(40, "showanswer"),
    ],
    "marks of what is filtered": [
        submit(0), submit(0), mark(10, "mark.self.last", ANN), submit(20, "whole.browser"), mark(90, "mark.self.last", ANN),
    ],
    # posts
    "threads": [
        event(0, "post", {"id": "c", "about": "r", "title": "before its parent"}),
        event(1, "post", {"id": " r ", "about": "t", "title": "T", "body": {"text": "B"}}),
        event(2, "post", {"id": "t", "about": "t"}),
        event(3, "post", {"id": "t", "about": "r", "parent": {"id": " "}, "title": ["in an array"], "body": [{"text": " b "}]}),
        event(4, "post", {"key": "é" * 256, "about": 5}),
        event(5, "post", {"about": "é" * 255, "title": " \n", "body": {"text": 5}}),
        event(6, "post", {"about": "t"}, context={"course_id": "course-v1:a+b+c"}),
        event(7, "post.old", '{"about": "t", "title": "cut'),
        event(8, "post.older", None),
    ],
    "undone": [
        event(n, "post", {"title": "t", "undo": undo, "undone": True}) for n, undo in enumerate((True, False, None, "true", 1, [True], [], [False]))
    ],
    "posts that need content": [
        event(100 * n, "post.with.content", payload)
        for n, payload in enumerate((
            {}, {"title": " "}, {"title": "t"}, {"undo": True}, {"title": "t", "undo": True}, '{"title": "t', "title=t", "", '""', '"text"', None,
            [], 5,
        ))
    ],
    "requests that post": [
        event(0, "/say/t1/to/t2/?x=y", {"POST": {"body": ["b"]}}, page=f"https://h.org/courses/{COURSE}/info"),
        event(1, "/say/t1/to/t2", {"POST": {}}),
        event(2, "/say/t1//to/t2", {"POST": {}}),
        event(3, "/write/t1/", {"POST": {}}),
        event(4, "/write/t1/", {"POST": {"body": ["b"], "key": ["t1"]}}),
        event(5, "/write/t1/", '{"POST": {"body": ["b'),
        event(6, "/tell/t1/", {"POST": {"id": ["t1"]}}),
        event(7, "/say/t1/to/t2/", {"POST": {"body": ["b"]}}, **NOBODY),
        event(8, f"/courses/{COURSE}/modx/{PROBLEM}/discuss", {"POST": {"body": ["b"]}}, page=f"https://h.org/courses/{COURSE}/info"),
        event(9, f"/courses/{COURSE}/modx/{PROBLEM}/discuss", {}, **NOBODY),
    ],
    "a request and its event": [
        event(0, "/say/t1/to/t2/", {"POST": {"body": ["r"]}}),
        event(60, "post", {"about": "t1"}),
        event(120, "/say/t1/to/t2/", {"POST": {"body": ["r"]}}),
        event(120.000001, "/say/t1/to/t2/", {"POST": {"body": ["r"]}}),
        event(121, "/say/t9/to/t2/", {"POST": {"body": ["r"]}}),
        event(122, "post.with.content", {"about": "t9", "title": "other type"}),
        event(200, "/tell/x/", {}),
        event(201, "post", {}),
        event(202, "post", {}, **BOB),
    ],
    "an event with an echo, and answers": [
        event(0, "/say/t1/to/t2/", {"POST": {"body": ["r"]}}), event(1, "post.and.answer", {"about": "t1", "choice": "c"}),
    ],
    # answers
    "forms of answers": [
        event(n, "answers", {"id": "p1", name: value})
        for n, (name, value) in enumerate(
            (name, value)
            for name in ("choice", "choices", "fields", "parts")
            for value in (
                None, "", " ", "a", ["a"], ["a", None, " ", ["b"], {}], [], [[]], {"a": "b"}, {"": "x", " ": None, "a": ["c"], "é" * 256: 1.0}, 0,
                False,
            )
        )
    ],
    "names of criteria": [
        event(n, "answers", {"id": "p1", "parts": [{"criterion": criterion, "option": {"name": "o"}}]})
        for n, criterion in enumerate(({"name": "c"}, {"name": ["c"]}, {"name": " "}, {"name": 5}, ["x"], None, {"name": " c "}, {"name": "é" * 300}))
    ],
    "questions of modules, of types": [
        event(0, "answers.kept", {"id": "p1", "choice": "a"}),
        event(1, "answers", {"id": "p1", "choice": "b"}),
        event(2, "answers.old", {"choice": "a"}),
        event(3, "answers.kept", {"choice": "a"}, context={"course_id": "course-v1:a+b+c"}),
        event(4, "club.chess", {"choice": "\0"}),
        event(5, "club.go", {"choice": "\ufffd"}),
        event(6, "club.", {"choice": "a"}),
        event(7, "club", {"choice": "a"}),
        event(8, "/ask/x/y", {"POST": {"answer": ["a", "b"]}}),
        event(9, f"/courses/{COURSE}/modx/{PROBLEM}/vote", {"choice": ["a"], "fields": {"q": "a"}}),
        event(10, "answers", {"id": "p1", "choice": "b"}, **NOBODY),
    ],
    "answers of the whole payload": [
        event(n, type_, payload)
        for n, (type_, payload) in enumerate(
            (type_, payload)
            for type_ in ("answers.whole", "answers.members")
            for payload in (
                "x y", '"x y"', "", [], ["a", "b"], [["a"]], {"q": "a"}, [{"q": "a"}], rubric((1, 1)), [rubric((1, 1))], 5, None, "{broken",
            )
        )
    ],
    "answers do not end an event": [
        event(0, "showanswer", {"problem_id": PROBLEM}), event(10, "answers", {"choice": "a"}), event(20, "answers", {}),
        event(30, "grade", {"grade": 1}), event(40, "post"), event(50, "grade", {"grade": "1"}), event(60, "showanswer"),
        event(70, "answers.clicked", {"id": "v", "choice": "a"}),
        event(80, "answers.clicked", {"id": "v", "code": "c"}),
    ],
    # people
    "years, countries": [
        profile(n, setting, new)
        for n, (setting, new) in enumerate((
            ("year_of_birth", 1990), ("country", "de"), ("country", "XK"), ("country", "DEU"), ("country", " FR "), ("country", ""), ("country", 5),
            ("gender", "g" * 60), ("language", " é "), ("Gender", "x"), (["gender"], "f"), ("gender", ["m"]), ("gender", 1.5), ("gender", True),
        ))
    ],
    **{
        f"born {new!r}": [profile(0, "year_of_birth", new)]
        for new in (0, 1, 9999, 10000, -5, "0099", "01990", "+1990", " 1990 ", "19 90", "٢٠١٣", "0", "", 1990.0, 2**64 - 1)
    },
    "the latest fact": [
        profile(10, "gender", "late"), profile(5, "gender", "early"), profile(10, "gender", "last"), profile(11, "year_of_birth", 1990),
        profile(12, "year_of_birth", "x"), profile(1, "language", "xy"), profile(1, "language", "xy"), event(3, "grade", {"grade": 0.25}),
        event(3, "grade", {"grade": None, "score": {"grade": 1}}), event(4, "grade", {"grade": True}),
        event(5, "grade.of.own", 5), event(6, "grade.of.own", "7"),
    ],
    "facts about others": [
        event(0, "showanswer", **ANN),
        event(1, "showanswer", user="", context={"user_id": 9}),
        *(event(2 + n, "profile", {"setting": "gender", "new": f"g{n}", "user_id": who}, **BOB) for n, who in enumerate((7, "009", 10, None, "x"))),
        event(20, "grade", {"user_id": 7, "grade": 0.5}, **NOBODY),
        event(21, "grade", {"grade": 0.5}, **NOBODY),
        event(22, "profile", {"setting": "gender", "new": "x"}, **NOBODY),
    ],
    "who is staff": [
        event(0, "profile", {}, user="a", source="browser"), event(0, "profile", {}, user="b"), event(0, "profile", {"user_id": 5}, **NOBODY),
        event(0, "team.x", user="c"), event(0, "profile", {}, user="", context={"user_id": 6}), event(0, "team.x", user="d", source="browser"),
    ],
    "pages that the payload tells": [
        event(0, f"/courses/{COURSE}/courseware/W/S/"),
        event(10, "post", {"url": f"https://h.org/courses/{COURSE}/courseware/W/S/2/"}),
        event(20, "showanswer"),
        event(30, "sequence.told", {"new": 3, "url": f"/courses/{COURSE}/courseware/W/S/"}),
        event(40, "sequence.told", {"new": 4, "url": "nowhere"}),
        event(50, "sequence.told", {"new": 5, "url": [f"https://h.org/courses/{COURSE}/courseware/W/S/"]}, page="x_module"),
        event(60, "book.told", {"new": 5, "url": f"/courses/{COURSE}/book/0/"}),
        event(70, "book.told", {"new": 5, "url": "/courses/A/B/C/info"}, context={}),
        event(80, "profile.own", {"url": 5, "page": "/x"}, context={"open_in_browser_url": f"/courses/{COURSE}/courseware/W/S/"}),
        event(90, "page_close", page=f"https://courses.edx.org/courses/{COURSE}/courseware/W/S/"),
        event(95, "showanswer"),
    ],
    # names, modules, payloads
    "names with stars": [
        event(n, name, {"title": "t"}) for n, name in enumerate(("team.", "team.a.of.b", "squad.a.of.b", "squad.of.", "squad..of.\nx", "team"))
    ],
    "other names of a type": [
        event(0, "post.old", {}), event(1, "post", {}), event(2, "post.older", {}), event(3, "essay.old", {}), event(4, "essay", {"id": PROBLEM}),
        event(5, "save_user_state"), event(6, "show_answer"), event(7, "showanswer"),
    ],
    "the module of the request around": [
        event(0, "showanswer", page=HANDLER),
        event(1, "showanswer", page=HANDLER.removeprefix("https://h.org")),
        event(2, "showanswer", page=HANDLER + "?x#y", context={"path": "/nothing"}),
        event(3, "showanswer", page=HANDLER, context={"path": f"/modx/{PROBLEM}2"}),
        event(4, "showanswer", {"problem_id": f"{PROBLEM}3"}, page=HANDLER),
        event(5, "showanswer", page=HANDLER, context={"module": {"usage_key": f"{PROBLEM}4"}}),
        event(6, "showanswer", context={"open_in_browser_url": HANDLER}),
        event(7, f"/courses/{COURSE}/info", page=HANDLER, context={"path": f"/modx/{PROBLEM}2"}),
        event(8, "showanswer", page="ftp" + HANDLER, context={"path": f" /modx/{PROBLEM}5/x "}),
        event(9, "showanswer", page=f"https://h.org?x=/modx/{PROBLEM}", context={"path": [f"/modx/{PROBLEM}"]}),
        event(10, "whole.server", {}, page=HANDLER),
        event(11, "showanswer", page="//h.org" + HANDLER.removeprefix("https://h.org"), context={"path": f"https://h.org/modx/{PROBLEM}6"}),
    ],
    "payloads as they stand": [
        raw(event=' { "a" :1.50, "b": [1e5, "\\u00e9"] } '), raw(event='"a\\u0000\\n"'), raw(event="null"), raw(data='"d"'),
        raw(data="5", event="null"), raw(),
        raw(event="1", **{"x": "2"}), raw(event="1")[:-2] + b', "event": {"last":1}}\n', raw(event='"\\"{}\\""'), raw(**{"\\u0065vent": "[ ]"}),
        raw(event='{"a": "C:\\dir"}'), raw(event='{"a": 1e999, "b": "\\ud800"}'), raw(event='{"a": 1, "b": 2}', z='"cut')[:-4],
        raw(event='"one"')[:-1] + b" " + raw(event='"two"', y='"\\q"'), raw(event='"\xff"').decode().encode("latin-1"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("corner", CORNERS)
@pytest.mark.parametrize("kept", [False, True], ids=["", "kept"])
def test_corner(corner: str, kept: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch, EVERYTHING)
    told = TwinOptions(keep_anonymous=kept, keep_background=kept, keep_duplicates=kept)
    agree([("corner.log", event(0, "edx.bookmark.listed", user="eve") + b"".join(CORNERS[corner]))], told)
