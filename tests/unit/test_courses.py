"""Courses: one MOOCdb per course holds what the course alone would give, and old server events find their course."""

from __future__ import annotations

import csv
import json
import re
import sys
from pathlib import Path

import pytest

from moocdb_fast import Options, translate
from moocdb_fast.schema import TABLES

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

from synthetic_log import Plan, lines  # noqa: E402

NO_COURSE = "no_course"


def folder_of(course):
    return course.replace("/", "%2F").replace(":", "%3A")


def rows(folder, name):
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


NATURAL = {
    "users": ("user_key",),
    "urls": ("url",),
    "resources": ("resource_key", "resource_uri"),
    "problems": ("problem_key",),
    "os": ("os_name",),
    "agent": ("agent_name",),
    "observed_event_types": ("observed_event_type_name",),
    "observed_events": ("user_id", "observed_event_timestamp", "observed_event_type", "url_id"),
    "submissions": ("user_id", "submission_timestamp", "problem_id"),
}
SOURCE_KEYS = ("observed_event_key", "submission_key")


def natural(folder):
    """All tables in their order, with the natural keys of what their ids refer to; ids and source keys are left out."""
    tables = {name: rows(folder, name) for name in TABLES}

    def key(name, *columns):
        ids = TABLES[name].names[0]
        return {row[ids]: tuple(row[c] for c in columns) for row in tables[name]}

    known = {name: key(name, *columns) for name, columns in NATURAL.items()}
    for number, (user, time, kind, url) in known["observed_events"].items():
        known["observed_events"][number] = known["users"][user], time, kind, known["urls"].get(url)
    for number, (user, time, problem) in known["submissions"].items():
        known["submissions"][number] = known["users"][user], time, known["problems"][problem]

    def meaning(name, row):
        first = TABLES[name].columns[0]
        own = first.name if not first.references and not TABLES[name].pinned else None
        columns = [c for c in TABLES[name].columns if c.name not in (own, *SOURCE_KEYS)]
        return {c.name: known[c.references].get(row[c.name]) if c.references in known else row[c.name] for c in columns}

    return {name: [meaning(name, row) for row in table] for name, table in tables.items()}


def assert_same(found, expected):
    assert list(found) == list(expected)
    for name, table in found.items():
        assert len(table) == len(expected[name]), name
        for ours, theirs in zip(table, expected[name], strict=True):
            assert ours == theirs, name


# ---------------------------------------------------------------- a generated log


def course_of(line):
    """The course of a line of the generator, found without the package: it gives each course a number of its own."""
    event = json.loads(line)
    payload = event["event"] if isinstance(event["event"], dict) else {}
    if course := event.get("context", {}).get("course_id") or payload.get("course_id"):
        return course
    if found := re.search(r"/courses/(course-v1:[^/\"]+|[A-Z]\w+/[\w.]+/\w+)", f"{event['event_type']} {event['page']}"):
        return found[1]
    found = re.search(r"i4x://[A-Z]\w+/(SYN\d+\.\dx)/|i4x-[A-Z][a-zA-Z]+-(SYN\d+_\dx)-", line.decode())
    return (found[1] or found[2].replace("_", ".")) if found else None  # a server event of 2013 knows only the number


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A log of both eras; the output for all its courses, for one course alone, and for a log of that course's lines alone."""
    folder = tmp_path_factory.mktemp("courses")
    log = []
    for era in ("legacy", "modern"):
        log += lines(Plan(size=900_000, era=era, seed=22, users=30, courses=3, resources=30, bad_rate=0))
    by_course = {}
    for line in log:
        by_course.setdefault(course_of(line), []).append(line)
    numbers = {course.split("/")[1]: course for course in by_course if course and course.count("/") == 2}
    for number, course in numbers.items():
        alone = set(by_course.pop(number, ())) | set(by_course[course])
        by_course[course] = [line for line in log if line in alone]
    (folder / "log.json").write_bytes(b"".join(line + b"\n" for line in log))

    def run(name, log, **options):
        return translate(log, folder / name, Options(workers=1, key_file=folder / "key", shard_bytes=200_000, **options))

    summary = run("split", folder / "log.json", split_by_course=True)
    return folder, by_course, run, summary


def courses_of(world):
    return sorted(course for course in world[1] if course)


def test_there_is_a_folder_for_each_course(world):
    folder, _, _, summary = world
    assert len(courses_of(world)) == 6
    assert {path.name for path in (folder / "split").iterdir() if path.is_dir()} == {*map(folder_of, courses_of(world)), NO_COURSE}
    assert set(summary.courses) == {*courses_of(world), ""}


@pytest.mark.parametrize("number", range(6))
def test_a_course_among_others_chosen_and_alone_is_the_same(world, number):
    folder, by_course, run, split = world
    course = courses_of(world)[number]
    found = natural(folder / "split" / folder_of(course))
    assert min(len(found[name]) for name in ("observed_events", "urls", "resources", "problems", "submissions", "assessments", "users")) > 0
    chosen = run(f"chosen-{number}", folder / "log.json", courses=course)
    assert_same(natural(folder / f"chosen-{number}"), found)
    (folder / f"alone-{number}.json").write_bytes(b"".join(line + b"\n" for line in by_course[course]))
    alone = run(f"alone-{number}", folder / f"alone-{number}.json")
    assert_same(natural(folder / f"alone-{number}"), found)
    assert chosen.courses == alone.courses == {course: split.courses[course]}
    assert chosen.filtered + chosen.events == chosen.lines_read == split.lines_read


def test_chosen_and_split(world):
    folder, _, run, _ = world
    course = courses_of(world)[3]
    summary = run("one-split", folder / "log.json", courses=course, split_by_course=True)
    assert [path.name for path in (folder / "one-split").iterdir() if path.is_dir()] == [folder_of(course)]
    assert_same(natural(folder / "one-split" / folder_of(course)), natural(folder / "split" / folder_of(course)))
    assert summary.courses == {course: summary.events}


def test_two_chosen_courses_share_one_moocdb(world):
    folder, _, run, split = world
    two = courses_of(world)[1:3]
    summary = run("two", folder / "log.json", courses=tuple(two))
    assert summary.courses == {course: split.courses[course] for course in two}
    keys = {row["user_key"] for course in two for row in rows(folder / "split" / folder_of(course), "users")}
    assert {row["user_key"] for row in rows(folder / "two", "users")} == keys


def test_the_parts_are_the_whole(world):
    """Together the outputs of a split hold the events of one output for all, those of no course in a folder of their own."""
    folder, by_course, run, split = world
    whole = run("whole", folder / "log.json")
    assert split.courses == whole.courses
    assert split.event_types == whole.event_types
    assert (split.events, split.filtered) == (whole.events, whole.filtered)
    for name, column in (("observed_events", "observed_event_key"), ("submissions", "submission_key")):
        parts = [row[column] for path in sorted((folder / "split").iterdir()) if path.is_dir() for row in rows(path, name)]
        assert sorted(parts) == sorted(row[column] for row in rows(folder / "whole", name))
    dashboards = rows(folder / "split" / NO_COURSE, "urls")
    assert "https://courses.example.org/dashboard/" in {row["url"] for row in dashboards}
    assert not [row for row in dashboards if "/courses/" in row["url"] and row["url"].count("/") > 5]
    assert 0 < split.courses[""] <= len(by_course[None])


# ---------------------------------------------------------------- placing


@pytest.fixture
def run(tmp_path):
    """Translate events, one course per folder."""

    def run(*events, **options):
        (tmp_path / "log.json").write_text("".join(json.dumps(event) + "\n" for event in events))
        made = Options(workers=1, key_file=tmp_path / "key", split_by_course=True, **options)
        return translate(tmp_path / "log.json", tmp_path / "out", made)

    return run


def line(kind, user, second, source="browser", **more):
    made = {"username": user, "time": f"2012-09-05T10:{second // 60:02}:{second % 60:02}", "event_source": source, "event_type": kind}
    return made | {"event": {}, "page": None} | more


def seen(course, user, second, kind="seq_next"):
    return line(kind, user, second, page=f"https://lms.example.org/courses/{course}/courseware/u/s/")


def checked(answer, user, second, module="i4x://X/Y.1/problem/p"):
    part = "-".join(["i4x", *re.sub(r"[^\w/]", "_", module.removeprefix("i4x://")).split("/")]) + "_2_1"
    payload = {"problem_id": module, "answers": {part: answer}, "correct_map": {part: {"correctness": "correct"}}}
    return line("problem_check", user, second, "server", page="x_module", event=payload)


def placed(tmp_path):
    """Answer → course folder, problem key."""
    found = {}
    for folder in (path for path in (tmp_path / "out").iterdir() if path.is_dir()):
        problems = {row["problem_id"]: row["problem_key"] for row in rows(folder, "problems")}
        for row in rows(folder, "submissions"):
            found[row["submission_answer"]] = folder.name, problems[row["problem_id"]]
    return found


SPRING, FALL, OTHER = "X/Y.1/2012_Spring", "X/Y.1/2012_Fall", "X/Y.2/2012_Fall"
KEY = "i4x://X/Y.1/problem/p_2_1"


def test_server_events_are_placed_where_their_user_is(run, tmp_path):
    run(
        seen(FALL, "first", 0),
        checked("before anything", "ann", 1),
        checked("other number", "ann", 2, "i4x://X/Y.3/problem/p"),
        seen(SPRING, "ann", 3),
        checked("in spring", "ann", 200),
        seen(OTHER, "ann", 201),
        checked("still in spring", "ann", 400),
        seen(FALL, "ann", 401, "page_close"),
        checked("in fall", "ann", 600),
        checked("never seen", "bob", 601),
        seen(OTHER, "cem", 602),
        checked("seen elsewhere only", "cem", 603),
        checked("other course", "cem", 604, "i4x://X/Y.2/problem/p"),
    )
    assert placed(tmp_path) == {
        "before anything": (folder_of(SPRING), KEY),  # where ann is seen first, later
        "in spring": (folder_of(SPRING), KEY),
        "still in spring": (folder_of(SPRING), KEY),
        "in fall": (folder_of(FALL), KEY),
        "never seen": (folder_of(FALL), KEY),  # where anybody is seen first
        "seen elsewhere only": (folder_of(FALL), KEY),
        "other course": (folder_of(OTHER), KEY.replace("Y.1", "Y.2")),
        "other number": (NO_COURSE, KEY.replace("Y.1", "Y.3")),
    }


def test_placing_follows_the_order_of_the_log_and_not_the_clock(run, tmp_path):
    run(seen(SPRING, "ann", 500), checked("late", "ann", 600), seen(FALL, "ann", 100), checked("early", "ann", 200))
    assert placed(tmp_path) == {"late": (folder_of(SPRING), KEY), "early": (folder_of(FALL), KEY)}


def test_placing_knows_both_spellings_of_a_module(run, tmp_path):
    run(
        seen(SPRING, "ann", 0),
        seen(FALL, "ann", 1),
        checked("slashes", "ann", 2),
        checked("dashes", "ann", 200, "i4x-X-Y_1-problem-p"),
    )
    assert placed(tmp_path) == {"slashes": (folder_of(FALL), KEY), "dashes": (folder_of(FALL), KEY)}


def test_placing_comes_before_the_choice_of_courses(run, tmp_path):
    events = [seen(SPRING, "ann", 0), checked("spring", "ann", 1), seen(FALL, "ann", 2), checked("fall", "ann", 200), checked("bob", "bob", 300)]
    summary = run(*events, courses=FALL)
    assert placed(tmp_path) == {"fall": (folder_of(FALL), KEY)}
    assert summary.counts.filtered["course"] == 3
    assert summary.courses == {FALL: 2}


# ---------------------------------------------------------------- folders


NAMES = {
    "course-v1:Org+Number+Run": "course-v1%3AOrg+Number+Run",
    "Org/Number.1x/2013_Spring": "Org%2FNumber.1x%2F2013_Spring",
    "../../..": "..%2F..%2F..",
    "Org/A%2FB/Run": "Org%2FA%252FB%2FRun",
    "course-v1:Üni+N+R": "course-v1%3A%C3%9Cni+N+R",
    "course-v1:uni+n+r": "course-v1%3Auni+n+r",
    "course-v1:UNI+N+R": "course-v1%3AUNI+N+R",
}


def enrolled(course, user="ann", second=0):
    return line("edx.course.enrollment.activated", user, second, "server", context={"course_id": course})


@pytest.mark.promise("P27")
def test_names_of_folders(run, tmp_path):
    summary = run(*(enrolled(course) for course in NAMES))
    assert summary.courses == dict.fromkeys(NAMES, 1)
    folders = {path.name for path in (tmp_path / "out").iterdir() if path.is_dir()}
    assert folders == {*NAMES.values(), NO_COURSE}
    for name in NAMES.values():
        assert len(rows(tmp_path / "out" / name, "users")) == 1


def test_courses_with_long_names_have_folders_too(run, tmp_path):
    """A course id may have 255 bytes, and so may the name of a folder: but escapes need room."""
    long = [f"course-v1:{'a' * 220}+{'b' * 20}+{n}" for n in range(2)] + [f"course-v1:{'é' * 100}+N+{n}" for n in range(2)] + [f"{'x' * 250}/y/z"]
    summary = run(*(enrolled(course) for course in long))
    assert summary.courses == dict.fromkeys(long, 1)
    folders = [path for path in (tmp_path / "out").iterdir() if path.is_dir()]
    assert len(folders) == len(long) + 1
    assert sorted(len(rows(path, "users")) for path in folders) == [0] + [1] * len(long)


def test_a_run_that_the_log_does_not_hold(tmp_path):
    """Lines of another run of the course are counted, also when no output is left to write them to."""
    (tmp_path / "key").write_text("ab" * 32)
    (tmp_path / "key").chmod(0o600)
    event = {"username": "a", "event_type": "x", "time": "2013-03-05T10:00:00", "context": {"course_id": "Org/Number/Spring"}}
    (tmp_path / "log.json").write_text(json.dumps(event) + "\n")
    options = Options(courses=("Org/Number/Fall",), split_by_course=True, workers=1, key_file=tmp_path / "key")
    summary = translate(tmp_path / "log.json", tmp_path / "out", options)
    assert (summary.lines_read, summary.counts.filtered["course"]) == (1, 1)
