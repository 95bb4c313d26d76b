"""Corners of the rules where two readings lie close together, each as a small log for the kernel and the twin. The logs are synthetic."""

from __future__ import annotations

import random

import pytest

from .test_kernel_agrees import agree
from .test_twin_logs import CHECK, COURSE, PART, PROBLEM, SITE, event
from .translate import TwinOptions

NOWHERE: dict[str, object] = {"context": {}}
ONE = TwinOptions(courses=(COURSE,))
DICE = random.Random(5)
EPOCHS = [1362477600 + DICE.random() * 10**6 for _ in range(100)]
DEEP = [event(0, "showanswer")[:-2] + b', "x": ' + b"[" * n + b"1" + b"]" * n + b"}\n" for n in (998, 999, 1000)]

CORNERS: dict[str, tuple[list[bytes], TwinOptions]] = {
    "an escaped query string": ([event(0, "problem_check", f'\\"input_{PART}=5\\"', source="browser")], TwinOptions()),
    "npoints belong to their own correctness": (
        [
            event(0, "problem_check", {
                "problem_id": PROBLEM,
                "correct_map": {f"{PART}_choice_1": {"correctness": "", "npoints": 0.2}, f"{PART}_choice_2": {"correctness": "partially-correct"}},
            })
        ],
        TwinOptions(),
    ),
    "a filtered line says nothing of a type": ([event(0, f"/preview/modx/0/{PROBLEM}/problem_check"), event(5, CHECK, {"POST": {}})], TwinOptions()),
    "a dashed id without course, one course chosen": ([event(0, "problem_show", {"problem": PART}, **NOWHERE), event(5, "problem_show")], ONE),
    "epochs with fractions": ([event(0, "showanswer", time=t) for t in EPOCHS], TwinOptions()),
    "milliseconds with fractions": ([event(0, "showanswer", time={"$date": 1000 * t}) for t in EPOCHS], TwinOptions()),
    "a part key without name": ([event(0, "problem_check", {"problem_id": PROBLEM, "answers": {"_2_1": "x"}})], TwinOptions()),
    "attempts in a request": ([event(0, CHECK, {"POST": {}, "attempts": 3})], TwinOptions()),
    "a byte order mark inside": ([event(0, "showanswer"), b"\xef\xbb\xbf" + event(1, "showanswer")], TwinOptions()),
    "a panel with many zeros": ([event(0, "seq_goto", {"new": "0" * 25 + "3"}, page=f"{SITE}/courseware/a/b/")], TwinOptions()),
    "the first title of a placed module": (
        [
            event(0, "showanswer", {"problem_id": PROBLEM}, context={"module": {"display_name": "first"}}),
            event(5, "showanswer", {"problem_id": PROBLEM}, context={"course_id": COURSE, "module": {"display_name": "second"}}),
        ],
        TwinOptions(),
    ),
    "addresses cut at a slash": ([event(0, "showanswer", page="https://h.org/" + "a" * 1984 + "/b/c")], TwinOptions()),
    "addresses that end with many slashes": ([event(0, "showanswer", page="https://h.org/x://")], TwinOptions()),
    "a hint without correctness": (
        [
            event(0, "problem_check", {"problem_id": PROBLEM, "max_grade": 2, "correct_map": {PART: {"hint": "h"}}}),
            event(3, "problem_graded", [f"input_{PART}=5", f'aria-describedby="input_{PART}">correct'], source="browser"),
        ],
        TwinOptions(),
    ),
    "a course with a slash and a dashed id": (
        [event(0, "showanswer", {"problem_id": PART}, context={"course_id": "course-v1:a/b+c+d"})],
        TwinOptions(),
    ),
    "a dashed id with slashes": ([event(0, "problem_check", {"problem_id": "i4x-/-/-/-x", "answers": {}})], TwinOptions()),
    "a page that spells a host and a path": (
        [event(i, "showanswer", page=page, host="h.org") for i, page in enumerate(("h.org\n/courses/A/B/C/info/", "/courses/A/B/C/info/"))],
        TwinOptions(),
    ),
    "the deepest line": (DEEP, TwinOptions()),
    "two keys of one part": (
        [
            event(0, "problem_check", {
                "problem_id": PROBLEM,
                "answers": {PART: None, f"input_{PART}": "b"},
                "submission": {PART: {"answer": "c"}},
            })
        ],
        TwinOptions(),
    ),
    "a line repeated as a second object": ([event(0, "showanswer")[:-1] + b" " + event(0, "showanswer"), event(0, "showanswer")], TwinOptions()),
    "what follows an object": ([event(0, "showanswer")[:-1] + tail + b"\n" for tail in (b"\0", b"\0,]", b" , ;", b"}", b" x")], TwinOptions()),
    "a copy of a move without course": ([event(0, "/modx/i4x://MITx/6.002x/sequential/S/goto_position", **NOWHERE), event(5, "showanswer")], ONE),
}  # fmt: skip


@pytest.mark.parametrize("corner", CORNERS)
def test_corner(corner: str) -> None:
    lines, options = CORNERS[corner]
    agree([("corner.log", event(0, "edx.bookmark.listed", user="eve") + b"".join(lines))], options)
