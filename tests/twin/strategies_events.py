"""Hypothesis strategies for events by hand: few pages, few problems, so that events meet each other.

An event is a dictionary of envelope members whose `event` is the payload as a value. Everything here is synthetic.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

Event = dict[str, Any]
Draw = Callable[[st.SearchStrategy[Any]], Any]

COURSES = ("MITx/6.002x/2013_Spring", "course-v1:edX+DemoX+2015", "A-B/1/r", "ccx-v1:edX+DemoX+2015+ccx@1")
SEQUENTIAL = "block-v1:edX+DemoX+2015+type@sequential+block@"
UNITS, SUBUNITS = ("Week_1", "Übung"), ("S1", "S2")


def pick(*values: Any) -> st.SearchStrategy[Any]:
    """One of some values."""
    return st.sampled_from(values)


def mostly(value: st.SearchStrategy[Any], *others: Any) -> st.SearchStrategy[Any]:
    """A value of the strategy, and now and then one of the others."""
    return st.integers(0, 15).flatmap(lambda n: pick(*others) if n == 15 else value)


def one_of(*strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One of some strategies, which may be named more than once to come more often."""
    return st.sampled_from(range(len(strategies))).flatmap(lambda n: strategies[n])


# Pages


@st.composite
def course_paths(draw: Draw, course: str) -> str:
    """A path inside a course."""
    head = f"/courses/{course}"
    unit, subunit = draw(pick(*UNITS)), draw(pick(*SUBUNITS))
    lesson = f"{head}/courseware/{unit}/{subunit}"
    return str(
        draw(
            pick(
                lesson, lesson + "/", f"{lesson}/1", f"{lesson}/2/", f"{lesson}/12", f"{lesson}/1234", f"{lesson}/2/x", f"{head}/courseware/{unit}/",
                f"{head}/courseware", f"{head}/info", f"{head}/progress", f"{head}/wiki/a_b/", f"{head}/", f"{head}/book/0/17", f"{head}/book/0",
                f"{head}/pdfbook/0/chapter/1/3/", f"{head}/pdfbook/0/chapter/1/", f"{head}/htmlbook/1/4", f"{head}/discussion/forum/i4x/threads/5",
                f"/course/{course}/{SEQUENTIAL}s1/block-v1:edX+DemoX+2015+type@vertical+block@v{draw(pick(1, 2))}",
                f"/course/{course}/{SEQUENTIAL}s1", f"/course/{course}/{SEQUENTIAL}s2/", f"/course/{course}/home",
                f"{head}/progress/7/progress/7", f"{head}/xqueue/7/x/score_update",
            )
        )
    )  # fmt: skip


_PLAIN_PATHS = (
    "/dashboard", "/", "/heartbeat", "/login", "/courses", "/about/x", "/wiki/a", "/event", "/favicon.ico", "/static/a.js", "/a.js", "/a/b.js",
    "/api/user/v1/accounts/ann", "/robots.txt", "/x.php", "/a/.env", "/wp-admin/setup.php", "/preview/x", "/course/x", "/xblock/outline/b",
    "/xblock/block-v1:edX+DemoX+2015+type@vertical+block@v1", "/xblock/x/container_preview", "/unit/i4x", "/u/ann", "/account/settings", "/search",
    "/certificates/user/7/x", "/u/ann/u/ann", "/api/user/v2/users/v3/accounts/bob", "/activate/5e55", "/support/certificates/ann/users//bob",
    "/api/profile_images/v1/ann/upload", "/api/x/certificates/user/v1", "/discussion/forum/users/ann/discussion/forum/users/7",
)  # fmt: skip
plain_paths = pick(*_PLAIN_PATHS)


@st.composite
def pages(draw: Draw, course: str) -> object:
    """The `page` of a line: an address, mostly of the course."""
    path = draw(one_of(*[course_paths(course)] * 9, plain_paths))
    address = draw(pick("https://courses.edx.org", "https://courses.edx.org", "http://localhost:8000", "")) + path
    address += draw(
        pick(
            "",
            "",
            "",
            "",
            "",
            "?a=b",
            "#x",
            "//x",
            ";y",
            "/undefined?c",
            "/answer_1",
            "/x_solution",
            "%3Aa%2bb%40c",
            "$[",
            "/i4x://M/6/problem/P",
            " ",
            "/é",
        )
    )
    return draw(
        mostly(st.just(address), "x_module", "", " ", None, 5, "https://", "http://a", "ftp://a/b", "/", "https://h/" + "ä" * 1200, "https:///a")
    )


# Modules


@st.composite
def modules(draw: Draw, course: str, category: str) -> str:
    """A module in one of its spellings."""
    name = draw(mostly(st.just("H1P1"), "H1P2", "a.b", "0123456789abcdef0123456789abcdef", "P_2"))
    new = ":" in course
    organisation, number = ("edX", "DemoX") if new else course.split("/")[:2]
    dashed = f"i4x-{organisation}-{number}-{category}-{name}".replace(".", "_")
    spelled = [dashed, f"i4x://{organisation}/{number}/{category}/{name}", name]
    if new:
        prefix, rest = course.split(":")
        key = f"{prefix.replace('course', 'block').replace('ccx-', 'ccx-block-')}:{rest}"
        spelled += [f"{key}+type@{category}+block@{name}"] * 4 + [f"{key}+branch@x+type@{category}+block@{name}+version@1"]
    else:
        spelled += spelled[:2] * 2
    return str(
        draw(
            mostly(pick(*spelled), f"lib-block-v1:a+b+type@{category}+block@{name}", "block-v1:x", "i4x://a/b", "strange id", "", f"i4x:///{dashed}")
        )
    )


@st.composite
def requests(draw: Draw, course: str, category: str, action: str) -> str:
    """The path of a request on a module."""
    module = draw(modules(course, category))
    handler = module.replace("/", ";_")
    forms = (
        f"/courses/{course}/modx/{module}/{action}", f"/courses/{course}/modx/{module}/{action}", f"/courses/{course}/modx/{module}",
        f"/courses/{course}/xblock/{handler}/handler/xmodule_handler/{action}", f"/courses/{course}/xblock/{handler}/handler/{action}/",
        f"/courses/{course}/xblock/{handler}/handler/xmodule_handler", f"/preview/modx/0/{module}/{action}",
        f"/courses/{course}/modx//{module}//{action}?a",
    )  # fmt: skip
    return str(draw(pick(*forms[:2], *forms[:4], *forms)))


# Events


def event(type_: str, payload: object = None, *, page: object = None, source: str = "server", **members: object) -> Event:
    """An event that does not yet know who and when."""
    return {"event_type": type_, "event": payload, "page": page, "event_source": source, **members}


@st.composite
def page_views(draw: Draw, course: str) -> Event:
    """A page request, or leaving a page."""
    if draw(st.integers(0, 4)) == 0:
        return event("page_close", {}, page=draw(pages(course)), source="browser")
    return event(draw(one_of(*[course_paths(course)] * 5, plain_paths)), {"POST": {}, "GET": {}}, page=draw(mostly(st.none(), "x_module")))


@st.composite
def sequences(draw: Draw, course: str) -> Event:
    """Moving inside a sequence: browser events and the server's copy."""
    if draw(st.integers(0, 5)) == 0:
        category = draw(pick("sequential", "videosequence", "problem"))
        return event(draw(requests(course, category, "goto_position")), {"POST": {"position": ["3"]}})
    to = draw(mostly(st.integers(1, 4), "2", 0, 10000, -1, "x", None, 2.0, [3], "007", True))
    kind = draw(
        pick("seq_goto", "seq_next", "seq_prev", "edx.ui.lms.sequence.tab_selected", "edx.ui.lms.link_clicked", "edx.ui.lms.outline.selected")
    )
    payload = {"old": 1, draw(pick("new", "new", "target_tab")): to, "id": draw(modules(course, "sequential"))}
    return event(kind, payload, page=draw(pages(course)), source="browser")


@st.composite
def videos(draw: Draw, course: str) -> Event:
    """A video click, web or mobile."""
    kind = draw(
        pick("play_video", "pause_video", "load_video", "seek_video", "speed_change_video", "edx.video.played", "show_transcript", "fullscreen")
    )
    number = mostly(st.floats(0, 1e6), 5, "1.50", " 2 ", "x", None, 2**64 - 1, "1e999", 1e22, -0.0, [1.5, 2], "99999999999999999999")
    payload: Event = {
        draw(pick("id", "id", "module_id")): draw(modules(course, "video")),
        "code": draw(mostly(pick("c1", 'é,"x'), "", 5, None, "\n", "c" * 300)),
    }
    for name in draw(st.lists(pick("currentTime", "current_time", "old_time", "new_time", "old_speed", "new_speed", "speed"), max_size=4)):
        payload[name] = draw(number)
    source = draw(pick("browser", "mobile"))
    return event(kind, draw(mostly(st.just(payload), {}, None, "text", [payload])), page=draw(pages(course)), source=source)


@st.composite
def books(draw: Draw, course: str) -> Event:
    """Turning pages."""
    kind = draw(pick("book", "textbook.pdf.page.navigated", "textbook.pdf.page.scrolled", "textbook.pdf.zoom.menu.changed"))
    payload = {draw(pick("new", "page", "new_page")): draw(mostly(st.integers(1, 20), "7", 0, "x")), "old": 1}
    return event(kind, payload, page=draw(pages(course)), source="browser")


_PART = ("_2_1", "_3_1", "_2_1_choice_1", "_2_1_choice_3", "_4_1_dynamath", "", "_02_1", "_2_1[]", "_10_2_1", "_2_1_choice_a_choice_2", "_1234_1")
answers = mostly(
    pick("choice_1", "5", "", "true", "on", " ", "é", "a,b\"c\nd", "a=b&c+d%20", "\0", "x\r"),
    ["choice_0", "é"], [], None, True, 3, 2.50, {"a": [1, "ß"]}, [[None]],
)  # fmt: skip
marks = mostly(pick("correct", "incorrect", "partially-correct"), "odd", "", None, 1, "Correct")


@st.composite
def part_keys(draw: Draw, problem: str) -> str:
    """The key of a part, mostly of this problem."""
    name = problem.replace("://", "-").replace("/", "-").replace(".", "_") if problem.startswith("i4x") else problem.rpartition("@")[2]
    return str(draw(mostly(st.just(name), "other", "strange id", problem, ""))) + str(draw(mostly(pick(*_PART[:4]), *_PART)))


@st.composite
def map_payloads(draw: Draw, problem: str) -> Event:
    """What the server logs of a check."""
    keys = draw(st.lists(part_keys(problem), min_size=1, max_size=4))
    payload: Event = {draw(mostly(st.just("problem_id"), "other_id")): problem}
    if draw(st.booleans()):
        payload["attempts"] = draw(mostly(st.integers(0, 4), -1, 2**31, "1", None, 1.0, True))
    if draw(st.booleans()):
        payload["grade"], payload["max_grade"] = draw(mostly(pick(0, 1, 2, 0.5), "1", None, -1)), draw(mostly(pick(1, 2, 3), 0, None, 2.5, True))
    if draw(st.integers(0, 3)):
        payload["answers"] = draw(mostly(st.fixed_dictionaries({k: answers for k in keys}), None, [], {}))
    if draw(st.integers(0, 3)):
        mark = st.fixed_dictionaries(
            {"correctness": marks},
            optional={"npoints": mostly(st.floats(0, 1), None, 2, -1, "1"), "hint": pick("", "h,i", " "), "msg": pick("", 'm"s', None, 5)},
        )
        payload["correct_map"] = draw(st.fixed_dictionaries({k: mostly(mark, None, {}, "correct") for k in keys}))
    if draw(st.booleans()):
        told = st.fixed_dictionaries(
            {},
            optional={
                "answer": answers,
                "correct": mostly(st.booleans(), "", None, 1),
                "response_type": mostly(pick("choiceresponse", " x "), "", 5, "r" * 300),
                "question": st.just("?"),
            },
        )
        payload["submission"] = draw(st.fixed_dictionaries({k: mostly(told, None) for k in draw(st.lists(part_keys(problem), max_size=2)) or keys}))
    return payload


def query_of(fields: list[tuple[str, object]]) -> str:
    """A query string, sloppily encoded."""
    return "&".join(f"{k}={v}" if i % 3 else f"{k.replace('[', '%5B')}={v}" for i, (k, v) in enumerate(fields))


@st.composite
def queries(draw: Draw, problem: str) -> str:
    """What the browser sends on a check, as a query string."""
    value = pick("5", "a+b", "%C3%A9", "%ff", "", "true", "a=b", "%zz", "choice_1", "ü", "%")
    fields = draw(st.lists(st.tuples(part_keys(problem).map("input_{}".format), value), max_size=4))
    return query_of(fields) + str(draw(pick("", "", "", "&", "&&other=1", "&input_", "&input_x", "&plain")))


@st.composite
def checks(draw: Draw, course: str) -> Event:
    """A check, a save or a reset, from any of the four sides."""
    problem = draw(modules(course, "problem"))
    act = draw(pick("check", "check", "check", "save", "reset"))
    side = draw(pick("server", "server", "browser", "request", "graded"))
    page, context = draw(pages(course)), {"course_id": course}
    if side == "server":
        kind = draw(pick(*{"check": ("problem_check", "problem_check", "save_problem_check", "problem_check_fail"), "save": ("save_problem_success", "save_problem_fail"), "reset": ("reset_problem", "reset_problem_fail")}[act]))  # fmt: skip  # noqa: E501
        return event(kind, draw(map_payloads(problem)), page="x_module", context=context)
    if side == "browser":
        return event(f"problem_{act}", draw(mostly(queries(problem), problem, "", {}, None)), page=page, source="browser")
    if side == "request":
        return event(draw(requests(course, "problem", f"problem_{act}")), draw(posted(problem)), context=context)
    return event("problem_graded", draw(graded_pages(problem)), page=page, source="browser")


@st.composite
def posted(draw: Draw, problem: str) -> Event:
    """What a form sends."""
    values = mostly(st.lists(pick("5", "", "é", "true"), min_size=1, max_size=2), [], "5", None, [None], [["a"]])
    fields = {f"input_{k}": draw(values) for k in draw(st.lists(part_keys(problem), max_size=3))}
    return {"POST": {**fields, "other": ["x"]}, "GET": {}}


@st.composite
def graded_pages(draw: Draw, problem: str) -> object:
    """The query string again, and the page that came back."""
    names = [f"input_{k}" for k in draw(st.lists(part_keys(problem), min_size=1, max_size=3))]
    text = "".join(draw(graded_mark(name)) for name in names)
    return draw(mostly(st.just([draw(queries(problem)), text]), [], ["x"], {}, [5, 6], None))


@st.composite
def graded_mark(draw: Draw, name: str) -> str:
    """A piece of a graded page."""
    quote = draw(pick('"', "'", '\\"', ""))
    word = draw(pick("correct", "incorrect", "Incorrect", "unanswered", "Status: correct"))
    return f"<p aria-describedby={quote}{name}{quote}{draw(pick('', ' '))}>{draw(pick('', chr(10), '  ', chr(9)))}{word}</p>"


@st.composite
def problem_views(draw: Draw, course: str) -> Event:
    """Looking at a problem or its answer."""
    problem = draw(modules(course, "problem"))
    if draw(st.booleans()):
        action = draw(pick("problem_get", "problem_show", "input_ajax", "hint_button"))
        return event(draw(requests(course, "problem", action)), {"POST": {}}, page=draw(pages(course)))
    kind, field = draw(
        pick(("problem_show", "problem"), ("showanswer", "problem_id"), ("show_answer", "problem_id"), ("problem_rescore", "problem_id"))
    )
    return event(kind, {field: problem}, page=draw(pages(course)))


@st.composite
def open_responses(draw: Draw, course: str) -> Event:
    """Open response assessment of the first generation."""
    category = draw(pick("combinedopenended", "peergrading"))
    if draw(st.booleans()):
        where = draw(mostly(modules(course, category).map(lambda m: [m]), [], None))
        action = draw(pick("save_answer", "get_results", "is_student_calibrated", "publish_completion"))
        return event(draw(requests(course, category, action)), {"POST": {"location": where}}, page=draw(pages(course)))
    kind = draw(pick("oe_show_question", "oe_hide_problem", "peer_grading_show_question", "rubric_select", "oe_show_full_feedback"))
    return event(kind, {"location": draw(modules(course, category)), "category": 0}, page=draw(pages(course)), source="browser")


@st.composite
def enrolments(draw: Draw, course: str) -> Event:
    """Enrolling, with the user named in the payload."""
    verb = draw(pick("activated", "activated", "deactivated", "mode_changed", "upgrade.clicked", "upgrade.succeeded"))
    payload = {
        "course_id": draw(mostly(st.just(course), "bad", None, "course-v1%3aA+B+C/")),
        "user_id": draw(mostly(pick(7, 8, "7"), None, "x", -1)),
        "mode": "honor",
    }
    return event(f"edx.course.enrollment.{verb}", payload)


@st.composite
def other_types(draw: Draw, course: str) -> Event:
    """Types nobody declared."""
    kind = draw(
        pick("edx.forum.searched", "edx.bookmark.added", "list-students", "é" * 300, "openassessmentblock.create_submission", " padded ", 'a,b"c')
    )
    return event(kind, {"a": 1}, page=draw(pages(course)))
