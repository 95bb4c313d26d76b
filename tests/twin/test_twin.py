"""The oracle is tested too: its rules, one by one, against values worked out by hand from docs/reference/rules.md."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from .addresses import clean, understand
from .agents import names_of
from .courses import read_course
from .csvtext import quoted
from .lines import lines_of
from .modules import read_module
from .parts import answer_text, parts_of, read_key, read_marks, read_query
from .payload import decode, is_bad, member, platform_id
from .people import pseudonym
from .problems import problem_name
from .repair import repair
from .requests import pattern_matches, read_module_request
from .resources import ancestors, type_of_page
from .strictjson import JsonError, TooDeep, parse, parse_bytes
from .times import read_time, show_time

OLD, NEW = "MITx/6.002x/2013_Spring", "course-v1:edX+DemoX+2015"
SITE = f"https://courses.edx.org/courses/{OLD}"
NO_TIME = None

# 1. Lines


def test_lines() -> None:
    content = b'\xef\xbb\xbf{"a":1}\r\n\n  \nlast'
    assert [(x.number, x.offset, x.data) for x in lines_of(1, content)] == [(1, 3, b'{"a":1}'), (2, 12, b""), (3, 13, b"  "), (4, 16, b"last")]
    assert list(lines_of(1, b"")) == []
    assert len(list(lines_of(1, b"one\n"))) == 1


# 2. Strict JSON and repair


@pytest.mark.promise("P4")
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, -0, 2.5e1, true, null, "\\u00e9\\ud83d\\ude00\\n"], "a": {}, "b": []}', {"a": {}, "b": []}),
        (" \t\r\n18446744073709551615 ", 2**64 - 1),
        ("[-9223372036854775808, 1e-400]", [-(2**63), 0.0]),
        ('["\x7f\u2028"]', ["\x7f\u2028"]),
    ],
)
def test_strict_takes(text: str, value: object) -> None:
    assert parse(text) == value


@pytest.mark.promise("P3")
@pytest.mark.parametrize(
    "text",
    [
        "", "NaN", "[1,]", "{1:2}", '{"a":1,}', "01", "1.", ".5", "+1", "1e999", "18446744073709551616", "-9223372036854775809", '"\t"', '"\\x"',
        '"\\ud800"', '"\\udc00\\ud800"', "[1]\x0b", "\ufeff[1]", "[1] [2]", "truefalse", '"open', "[", '{"a"', '{"a":', "'a'",
    ],
)  # fmt: skip
def test_strict_refuses(text: str) -> None:
    with pytest.raises(JsonError):
        parse(text)


def test_depth() -> None:
    parse("[" * 1000 + "0" + "]" * 1000)
    parse("[" * 1001 + "]" * 1001)
    with pytest.raises(TooDeep):
        parse("[" * 1001 + "0" + "]" * 1001)


def test_broken_utf8_is_no_json() -> None:
    with pytest.raises(JsonError):
        parse_bytes(b'"\xff"')


@pytest.mark.promise("P3")
@pytest.mark.parametrize(
    ("line", "documents", "reason"),
    [
        (b'{"a": "C:\\dir\\u12"}', ['{"a": "C:\\\\dir\\\\u12"}'], "backslash"),
        (b'log: {"a": 1}', ['{"a": 1}'], "prefix"),
        (b'[{"a": 1} ,;]', ['{"a": 1}'], "prefix"),
        (b'{"a": "\\ud800\\ud83d\\ude00 \\udc00"}', ['{"a": "\\ufffd\\ud83d\\ude00 \\ufffd"}'], "surrogate"),
        (b'{"a": 18446744073709551616, "b": -1e999, "c": 1.5}', ['{"a": "18446744073709551616", "b": "-1e999", "c": 1.5}'], None),
        (b'{"a": {"b": 1, "c": 2}, "d": [3, 4', ['{"a": {"b": 1, "c": 2}}'], "cut_tail"),
        (b'{"a": 1} {"b": 2}', ['{"a": 1}', '{"b": 2}'], "second_object"),
        (b'{"a": "\xff\xe2\x82"}', ['{"a": "\ufffd\ufffd"}'], "utf8"),
        (b'x{"a": "\\q"}{"b": 2}', ['{"a": "\\\\q"}', '{"b": 2}'], "prefix"),
    ],
)
def test_repair(line: bytes, documents: list[str], reason: str | None) -> None:
    repaired = repair(line)
    assert [d.text for d in repaired.documents] == documents
    assert repaired.reason == reason
    assert repaired.bad is None


@pytest.mark.promise("P3")
@pytest.mark.parametrize("line", [b"no object", b'{"a": 1} and more', b'{"a": 1} {"b": 2} and more'])
def test_beyond_repair(line: bytes) -> None:
    assert repair(line).bad == "bad_json"


def test_offset_of_a_second_object() -> None:
    assert [d.offset for d in repair('é {"a": "\\q"} {"b": 1}'.encode()).documents] == [3, 15]


# 4. Times

_NOON = 1362484800 * 10**6  # 2013-03-05 12:00:00


@pytest.mark.parametrize(
    ("value", "time"),
    [
        ("2013-03-05T12:00:00", _NOON),
        (" 2013-03-05 12:00:00.5 UTC\n", _NOON + 500_000),
        ("2013-03-05t13:30:00,1234567+01:30", _NOON + 123_456),
        ("2013-03-05T06:30:00-0530", _NOON),
        ("2013-03-05T14:00:00+02", _NOON),
        ("2013-03-05T12:00:00z", _NOON),
        ("0001-01-01T00:00:00", -62135596800 * 10**6),
        ("9999-12-31T23:59:59.999999Z", 253402300800 * 10**6 - 1),
        (1362484800, _NOON),
        (1362484800000, _NOON),
        (-1, -(10**6)),
        (1362484800.25, _NOON + 250_000),
        ({"$date": 1362484800}, 1362484800 * 1000),
        ({"$date": "2013-03-05T12:00:00Z"}, _NOON),
        ({"$date": {"$numberLong": "1362484800001"}}, _NOON + 1000),
    ],
)
def test_times(value: object, time: int) -> None:
    assert read_time(value) == time


@pytest.mark.parametrize(
    "value",
    [
        "", "2013-03-05", "2013-02-29T00:00:00", "2013-03-05T24:00:00", "2013-03-05T12:00:60", "2013-03-05T12:00:00.", "2013-03-05T12:00:00+24:00",
        "0000-01-01T00:00:00", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "2013-03-05  12:00:00", "٢٠١٣-03-05T12:00:00",
        True, None, [], {}, {"$date": None}, {"$date": {"$numberLong": "x"}}, 1e18, 10**15,
    ],
)  # fmt: skip
def test_no_times(value: object) -> None:
    assert read_time(value) is NO_TIME


def test_half_microseconds_are_rounded_to_even() -> None:
    assert read_time(0.5 / 2**20) == 0  # 0.4768... microseconds
    assert read_time({"$date": 0.0625 + 0.5**11}) == 63  # 62.98828125
    assert read_time({"$date": 0.0625}) == 62  # 62.5
    assert show_time(-62135596800 * 10**6 + 7) == "0001-01-01 00:00:00.000007"


# 5. Addresses


@pytest.mark.promise("P23")
@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://h.org/a?b=c", "https://h.org/a/"),
        (" /a/b ", "https://www.edx.org/a/b/"),
        ("http://h.org/a/undefined?x", "http://h.org/a/"),
        ("https://h.org/a//b", "https://h.org/a/"),
        ("https://h.org/i4x://a/b#c", "https://h.org/i4x://a/b/"),
        ("https://h.org/course-v1%3aX%2BY%2bZ/block%40q/", "https://h.org/course-v1:X+Y+Z/block@q/"),
        ("https://h.org/a/show_answer", "https://h.org/a/show_/"),
        ("https://h.org/a/xsolutionanswer", "https://h.org/a/x/"),
        ("https://h.org/answers/a", "https://h.org/answers/a/"),
        ("https://h.org/a;b", "https://h.org/a/"),
        ("x_module", None),
        ("", None),
        ("ftp://h.org/", None),
        ("https:///a", None),
        ("http://?", None),
        ("https://h.org/x://", "https://h.org/x:/"),
        ("https://ann:secret@h.org/a@b", "https://h.org/a@b/"),
        ("https://ann%40x.org@h.org", "https://h.org/"),
        ("https://ann@/a", None),
        ("/u/ann/u/bob", "https://www.edx.org/u/-/u/bob/"),
        ("/courses/X/Y/Z/progress/7", "https://www.edx.org/courses/X/Y/Z/progress/-/"),
        ("/courses/course-v1:X+Y+Z/xqueue/7/p/score_update", "https://www.edx.org/courses/course-v1:X+Y+Z/xqueue/-/p/score_update/"),
        ("/courses/course-v1:X+Y+Z/a/progress/7", "https://www.edx.org/courses/course-v1:X+Y+Z/a/progress/7/"),
        ("/courses/X/Y/Z/discussion/forum/users/7/followed", "https://www.edx.org/courses/X/Y/Z/discussion/forum/users/-/followed/"),
        ("/certificates/user/7/course/course-v1:X+Y+Z", "https://www.edx.org/certificates/user/-/course/course-v1:X+Y+Z/"),
        ("/api/user/v1/accounts/ann", "https://www.edx.org/api/user/v1/accounts/-/"),
        ("/api/profile_images/v1/ann/upload", "https://www.edx.org/api/profile_images/v1/-/upload/"),
        ("/api/enrollment/v1/enrollment/ann,course-v1:X+Y+Z", "https://www.edx.org/api/enrollment/v1/enrollment/-/"),
        ("/accounts/ann", "https://www.edx.org/accounts/ann/"),
        ("/activate/5e55", "https://www.edx.org/activate/-/"),
    ],
)
def test_clean(text: str, address: str | None) -> None:
    assert clean(text) == address


def test_long_addresses() -> None:
    long = clean("https://h.org/" + "é" * 1500)
    assert long is not None
    assert len(long.encode()) == 1999  # 14 + 2 * 992 = 1998, and the slash: a further é does not fit before it
    assert clean("https://h.org/" + "a" * 1985) == "https://h.org/" + "a" * 1985 + "/"


@pytest.mark.parametrize(
    ("address", "level", "place", "base", "panel"),
    [
        ("https://h.org/dashboard/", 0, "", "https://h.org/dashboard/", ""),
        (f"{SITE}/", 1, "", f"{SITE}/", ""),
        (f"{SITE}/courseware/", 1, "", f"{SITE}/courseware/", ""),
        (f"{SITE}/courseware/W/", 2, "", f"{SITE}/courseware/W/", ""),
        (f"{SITE}/courseware/W/S/", 3, "W/S", f"{SITE}/courseware/W/S/", ""),
        (f"{SITE}/courseware/W/S/12/", 3, "W/S", f"{SITE}/courseware/W/S/", "12"),
        (f"{SITE}/courseware/W/S/1234/", 3, "W/S", f"{SITE}/courseware/W/S/1234/", ""),
        (f"{SITE}/book/0/17/", 4, "", f"{SITE}/book/0/", "17"),
        (f"{SITE}/book/0/", 4, "", f"{SITE}/book/0/", ""),
        (f"{SITE}/pdfbook/0/chapter/1/7/", 4, "", f"{SITE}/pdfbook/0/chapter/1/", "7"),
        (f"{SITE}/pdfbook/0/chapter/1/", 4, "", f"{SITE}/pdfbook/0/chapter/1/", ""),
        (f"{SITE}/wiki/x/", 1, "", f"{SITE}/wiki/x/", ""),
        ("https://h.org/courses/only/two/", 0, "", "https://h.org/courses/only/two/", ""),
        ("https://h.org/xblock/block-v1:a+b+c/", 0, "", "https://h.org/xblock/block-v1:a+b+c/", ""),
    ],
)
def test_levels(address: str, level: int, place: str, base: str, panel: str) -> None:
    page = understand(address)
    got = page.level, page.place if level == 3 else "", page.base, page.panel
    assert got == (level, place, base, panel)
    assert page.url == address
    assert page.course == (OLD if level else None)


def test_learning_pages() -> None:
    sequence = "block-v1:edX+DemoX+2015+type@sequential+block@abc"
    page = understand(f"https://learning.edx.org/course/{NEW}/{sequence}/block-v1:x/")
    assert (page.course, page.level, page.place, page.panel) == (NEW, 3, "/abc", "block-v1:x")
    assert page.base == f"https://learning.edx.org/course/{NEW}/{sequence}/"
    assert understand(f"https://courses.edx.org/courses/{NEW}/{sequence}/").level == 1


def test_patterns() -> None:
    assert pattern_matches("/*.js/", "/app.js/")
    assert not pattern_matches("/*.js/", "/a/app.js/")
    assert pattern_matches("/courses/**/xqueue/**", "/courses/a/b/c/xqueue/")
    assert not pattern_matches("/", "/a/")


# 6. Courses


@pytest.mark.parametrize(
    ("text", "course"),
    [
        (f" {OLD}/ ", OLD),
        ("course-v1%3AedX%2bDemoX 2015", "course-v1:edX+DemoX+2015"),
        ("ccx-v1:edX+DemoX+2015+ccx@1", "ccx-v1:edX+DemoX+2015+ccx@1"),
        ("a/b", None),
        ("a//c", None),
        ("a/b/c/d", None),
        ("i4x:/b/c", None),
        ("course-v1:a+b", None),
        ("course-v1:a++c", None),
        ("a/b/c d", None),
        ("a/b/" + "c" * 252, None),
        (None, None),
    ],
)
def test_courses(text: object, course: str | None) -> None:
    assert read_course(text) == course


# 7. Modules


@pytest.mark.parametrize(
    ("text", "course", "category", "module"),
    [
        ("i4x://MITx/6.002x/problem/H1 P1@2", None, "", "i4x://MITx/6.002x/problem/H1_P1"),
        ("i4x:;_;_MITx;_6.002x;_problem;_H1P1", None, "", "i4x://MITx/6.002x/problem/H1P1"),
        ("i4x-MITx-6_002x-problem-H1P1", OLD, "", "i4x://MITx/6.002x/problem/H1P1"),
        ("i4x-MITx-6_002x-problem-H1P1", None, "", "i4x://MITx/6_002x/problem/H1P1"),
        ("i4x-A-B-1-video-V-2", "A-B/1/r", "", "i4x://A-B/1/video/V-2"),
        ("i4x-A-B-video", None, "", None),
        ("i4x://a/b/c", None, "", None),
        ("x block-v1:a+b+c+branch@d+type@video+block@v?e", None, "", "block-v1:a+b+c+type@video+block@v"),
        ("lib-block-v1:a+b+type@html+block@h", None, "", "lib-block-v1:a+b+type@html+block@h"),
        ("block-v1:a+b+c+type@video", None, "", None),
        ("block-v1:a+b+c+type@+block@v", None, "", None),
        ("abc", NEW, "video", "block-v1:edX+DemoX+2015+type@video+block@abc"),
        ("abc", "ccx-v1:a+b+c+ccx@1", "video", "ccx-block-v1:a+b+c+ccx@1+type@video+block@abc"),
        ("a.b", OLD, "video", "i4x://MITx/6.002x/video/a_b"),
        ("abc", NEW, "", None),
        ("abc", None, "video", None),
        ("a b", NEW, "video", None),
        (7, NEW, "video", None),
        ("i4x://a/b/c/" + "d" * 490, None, "", None),
    ],
)
def test_modules(text: object, course: str | None, category: str, module: str | None) -> None:
    found = read_module(text, course, category)
    assert (found.id if found else None) == module


def test_course_of_a_module() -> None:
    key = read_module("ccx-block-v1:a+b+c+ccx@1+type@video+block@v")
    assert key and key.course == "ccx-v1:a+b+c+ccx@1"
    assert (key.category, key.name, key.path) == ("video", "v", "video/v/")
    inside = read_module("block-v1:a+b+c+type@video+block@v", OLD)
    assert inside and inside.course == OLD


@pytest.mark.parametrize(
    ("path", "module", "action"),
    [
        (f"/courses/{OLD}/modx/i4x://MITx/6.002x/problem/H1P1/problem_check?x", "i4x://MITx/6.002x/problem/H1P1", "problem_check"),
        (f"/courses/{OLD}/modx/i4x://MITx/6.002x/problem/H1P1", "i4x://MITx/6.002x/problem/H1P1", None),
        ("/c/xblock/i4x:;_;_M;_6;_problem;_H/handler/xmodule_handler/problem_get", "i4x://M/6/problem/H", "problem_get"),
        ("/c/xblock/block-v1:a+b+c+type@poll+block@p/handler/vote/", "block-v1:a+b+c+type@poll+block@p", "vote"),
        ("/c/xblock/block-v1:a+b+c+type@poll+block@p/handler/xmodule_handler", "block-v1:a+b+c+type@poll+block@p", None),
    ],
)
def test_module_requests(path: str, module: str, action: str | None) -> None:
    request = read_module_request(path)
    assert request and (request.module.id, request.action) == (module, action)


@pytest.mark.parametrize("path", ["/courses/a/b/c/modx/nothing/x", "/xblock/block-v1:a+b+c+type@poll+block@p/", "/a?/modx/i4x://a/b/c/d/e"])
def test_no_module_requests(path: str) -> None:
    assert read_module_request(path) is None


# 8. Payloads


@pytest.mark.parametrize(
    ("value", "decoded"),
    [
        ({"a": 1}, {"a": 1}),
        (' {"a": 1} ', {"a": 1}),
        ('"{\\"a\\": 1}"', {"a": 1}),
        ('"input_1=2"', "input_1=2"),
        ('{\\"a\\": 1}', {"a": 1}),
        (" input_1=2 ", "input_1=2"),
        (' {"a": ', '{"a":'),
        ('{"a": "\\q"}', {"a": "\\q"}),
        ("[1e999]", ["1e999"]),
        (None, None),
    ],
)
def test_payloads(value: object, decoded: object) -> None:
    assert decode(value)[0] == decoded


@pytest.mark.promise("P6")
def test_bad_payloads() -> None:
    assert is_bad('{"a": 1, "b', decoded=False)
    assert not is_bad('{"a": }', decoded=False)
    assert is_bad('{"a": }', decoded=True)
    assert not is_bad("input_1=2", decoded=True)
    assert not is_bad({"a": 1}, decoded=True)


def test_members() -> None:
    payload = {"POST": {"location": ["i4x", "other"], "none": []}, "new": 3}
    assert member(payload, "POST.location") == "i4x"
    assert member(payload, "POST.none") is None
    assert member([payload], "new") == 3
    assert member("text", "new") is None
    assert [platform_id(x) for x in (7, " 007 ", "0", "x", "1" * 21, True, 1.0)] == ["7", "7", "0", None, None, None, None]


# 9. Parts


def test_queries() -> None:
    assert read_query("input_a=1+2%2B&&input_b[]=x&input_b%5B%5D=%c3%a9%ff&other=1&input_c&input_d=a=b") == {
        "input_a": ["1 2+"],
        "input_b[]": ["x", "é\ufffd"],
        "input_c": [""],
        "input_d": ["a=b"],
    }


@pytest.mark.parametrize(
    ("text", "module", "numbers", "choice", "many"),
    [
        ("input_i4x-MITx-6_002x-problem-H1P1_2_1", "i4x://MITx/6.002x/problem/H1P1", "2_1", None, False),
        ("i4x-MITx-6_002x-problem-H1P1_10_2_1_choice_a_b", "i4x://MITx/6.002x/problem/H1P1_10", "2_1", "choice_a_b", False),
        ("input_i4x-MITx-6_002x-problem-H1P1_02_1[]", "i4x://MITx/6.002x/problem/H1P1", "2_1", None, True),
        ("i4x-MITx-6_002x-problem-H1P1_1234_1", "i4x://MITx/6.002x/problem/H1P1_1234_1", "", None, False),
        ("input_name_2_1", "i4x://MITx/6.002x/problem/name", "2_1", None, False),
    ],
)
def test_part_keys(text: str, module: str, numbers: str, choice: str | None, many: bool) -> None:
    key = read_key(text, OLD, None)
    assert key and (key.module.id, key.numbers, key.choice, key.many) == (module, numbers, choice, many)


def test_keys_without_module() -> None:
    problem = read_module("i4x://a/b/problem/c")
    assert read_key("input_2_1_dynamath", OLD, problem) is None
    assert read_key("strange key_2_1", OLD, None) is None
    found = read_key("strange key_2_1", OLD, problem)
    assert found and (found.module, found.numbers) == (problem, "2_1")


@pytest.mark.parametrize(
    ("value", "answer"),
    [("", ""), (None, None), (True, "true"), (1.0, "1.0"), (1e22, "1e+22"), (3, "3"), (["é", 1, None], '["é",1,null]'), ({"a": {}}, '{"a":{}}')],
)
def test_answers(value: object, answer: str | None) -> None:
    assert answer_text(value) == answer


def _parts(form: str, payload: object) -> list[tuple[object, ...]]:
    return [(p.module.name, p.numbers, p.answer, p.correctness, p.grade, p.feedback, p.format, p.max_grade) for p in parts_of(form, payload, NEW)]


def test_parts_of_maps() -> None:
    payload = {
        "problem_id": "block-v1:edX+DemoX+2015+type@problem+block@p",
        "answers": {"p_2_1": "x", "p_3_1": ["choice_0", "choice_2"], "p_4_1_dynamath": "<math/>"},
        "correct_map": {
            "p_2_1": {"correctness": "partially-correct", "npoints": 0.5, "hint": " ", "msg": "nearly"},
            "p_3_1": {"correctness": "odd", "hint": "so"},
        },
        "submission": {
            "p_3_1": {"response_type": " choiceresponse ", "answer": "no", "correct": True},
            "p_5_1": {"answer": "late", "correct": False},
        },
        "grade": 1,
        "max_grade": 3,
    }
    assert _parts("maps", payload) == [
        ("p", "2_1", "x", "partially-correct", 0.5, "nearly", None, None),
        ("p", "3_1", '["choice_0","choice_2"]', "odd", None, "so", "choiceresponse", None),
        ("p", "5_1", "late", "incorrect", 0.0, None, None, None),
    ]


def test_grade_of_a_single_part() -> None:
    payload = {"correct_map": {"p_2_1": {"correctness": "partially-correct", "npoints": 2}}, "grade": 1, "max_grade": 4}
    assert _parts("maps", payload) == [("p", "2_1", None, "partially-correct", 0.25, None, None, 4.0)]
    assert _parts("maps", {**payload, "grade": 5})[0][4] is None


def test_parts_of_posts_and_queries() -> None:
    post = {"POST": {"input_p_2_1": ["1"], "input_p_3_1[]": ["a"], "input_p_4_1": ["a", "b"], "input_p_5_1_choice_2": [""], "other": ["x"]}}
    assert [p[1:3] for p in _parts("post", post)] == [("2_1", "1"), ("3_1", '["a"]'), ("4_1", '["a","b"]'), ("5_1", "choice_2")]
    query = "input_p_2_1_choice_1=true&input_p_2_1_choice_3=true&input_p_3_1=a&input_p_3_1=b&input_p=whole"
    assert [p[1:3] for p in _parts("query", query)] == [("2_1", "choice_1"), ("3_1", '["a","b"]'), ("", "whole")]
    assert _parts("query", {"a": 1}) == []


def test_marks() -> None:
    page = (
        '<p aria-describedby="input_p_2_1">\n Status: incorrect</p> <b aria-describedby=\\"input_p_3_1\\">correct</b>'
        '<i aria-describedby=\'input_p_4_1\'>unanswered</i> <p aria-describedby="input_p_2_1">Incorrect <p aria-describedby="other">correct'
    )
    assert read_marks(page) == {"input_p_2_1": "incorrect", "input_p_3_1": "correct"}
    assert [p[1:5] for p in _parts("graded", ["input_p_2_1=7", page])] == [("2_1", "7", "incorrect", 0.0), ("3_1", None, "correct", 1.0)]
    assert _parts("graded", "input_p_2_1=7") == []


# 12. and 13. Rows


def test_resources_along_an_address() -> None:
    assert ancestors("https://h.org/a/i4x://b/") == ["https://h.org/", "https://h.org/a/", "https://h.org/a/i4x:/", "https://h.org/a/i4x://b/"]
    assert ancestors("https://h.org/") == ["https://h.org/"]
    assert [type_of_page(x) for x in (f"{SITE}/info/", f"{SITE}/", f"{SITE}/courseware/W/", "https://h.org/dashboard/", "https://h.org/")] == [
        1,
        0,
        0,
        10,
        0,
    ]


def test_names() -> None:
    old, new = read_module("i4x://a/b/problem/c"), read_module("block-v1:a+b+c+type@problem+block@d")
    assert old and new
    assert problem_name(old, "2_1") == "i4x://a/b/problem/c/2/1/"
    assert problem_name(new, "") == "problem/d/"
    assert names_of(None) == (None, None)
    assert names_of("nothing known") == ("Other", "Other")
    assert names_of("Mozilla/5.0 (Windows NT 6.1; WOW64; rv:20.0) Gecko/20100101 Firefox/20.0") == ("Windows 7", "Firefox 20.0")


def test_pseudonyms() -> None:
    key = bytes(range(32))
    assert pseudonym(key, "n:zoë") == hmac.new(key, b"n:zo\xc3\xab", hashlib.sha256).hexdigest()[:40]


@pytest.mark.parametrize(
    ("text", "cell"), [("", '""'), ("NULL", '"NULL"'), ("a", "a"), ("a,b", '"a,b"'), ('"', '""""'), ("a\rb", '"a\rb"'), ("'\\ ", "'\\ ")]
)
def test_cells(text: str, cell: str) -> None:
    assert quoted(text) == cell
