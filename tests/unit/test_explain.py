"""`events explain`: the first line of each type of a log, whatever the log is packed in, and what it becomes; no learner's text."""

import bz2
import gzip
import json
import lzma
import subprocess
import sys

import pytest
import zstandard

from moocdb_fast import Options
from moocdb_fast.cli import main
from moocdb_fast.demonstration import demonstrate
from moocdb_fast.events import TYPES
from moocdb_fast.events.examples import has_example, scene, text
from moocdb_fast.explain import explain

PAGE = "https://courses.example.org/courses/course-v1:A+B+C/courseware/u/s/"
SECRET = "My grandmother's recipe"


def line(kind, second=0, **more):
    base = {"username": "anna", "event_source": "browser", "event_type": kind, "time": f"2024-03-05T10:{second // 60:02}:{second % 60:02}Z"}
    return base | {"page": PAGE, "context": {"course_id": "course-v1:A+B+C"}, "event": {}} | more


def write(path, lines):
    data = "".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in lines).encode()
    path.write_bytes(data)
    return data


def test_first_lines_counts_and_places(tmp_path):
    lines = [line("seq_next", i) for i in range(5)] + [line("my.own"), line("seq_prev", 9), line("my.own", 11), "no json", "", "[1]"]
    data = write(tmp_path / "a.json", lines)
    found = explain(tmp_path / "a.json")
    assert found.lines == len(lines)
    assert [(f.type, f.number, f.count) for f in found.firsts] == [
        ("seq_next", 1, 5),
        ("my.own", 6, 2),
        ("seq_prev", 7, 1),
        ("", 9, 1),
        ("", 10, 1),
        ("", 11, 1),
    ]
    assert [(f.trace.fate, f.trace.reason) for f in found.firsts[3:]] == [
        ("rejected", "bad_json"),
        ("filtered", "blank"),
        ("rejected", "not_an_event"),
    ]
    for first in found.firsts:
        assert data[first.offset :].startswith(first.line + b"\n")
        assert data[: first.offset].count(b"\n") + 1 == first.number
    assert [f.declared is None for f in found.firsts[:3]] == [False, True, False]


def test_every_declared_type_is_found_and_becomes_what_its_example_becomes(tmp_path):
    """The example lines, each in its own course and by its own person, are one log: explain says of each what the reference says."""
    plain = [t for t in TYPES if has_example(t) and not t.after and t.meaning.fate == "translate" and not t.label]
    chosen = [t for t in plain if t.source == "any" or t.meaning.submit]  # the two sides of other types are one type here
    lines = [text(scene(t)[0] | {"username": f"learner{i}", "time": f"2024-03-05T1{i // 60}:{i % 60:02}:00Z"}) for i, t in enumerate(chosen)]
    write(tmp_path / "log.json", lines)
    by_type = {(f.type, f.source == "browser"): f for f in explain(tmp_path / "log.json").firsts}
    for made in demonstrate(chosen):
        own = json.loads(made.line)
        found = by_type[own["event_type"], own["event_source"] == "browser"]
        assert found.declared == made.declared
        tables = [row.table for row in made.trace.rows if row.table != "users"]
        assert [row.table for row in found.trace.rows if row.table != "users"] == tables


@pytest.mark.parametrize(
    ("suffix", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress), ("zst", zstandard.ZstdCompressor().compress)]
)
def test_compressed_logs(tmp_path, suffix, pack):
    data = write(tmp_path / "a.json", [line("seq_next", i) for i in range(100)] + [line("play_video", 100, event={"id": "v"})])
    (tmp_path / f"b.json.{suffix}").write_bytes(pack(data))
    plain, packed = explain(tmp_path / "a.json"), explain(tmp_path / f"b.json.{suffix}")
    assert [(f.type, f.number, f.offset, f.count, f.line, f.trace) for f in plain.firsts] == [
        (f.type, f.number, f.offset, f.count, f.line, f.trace) for f in packed.firsts
    ]


def test_several_inputs_are_one_log(tmp_path):
    write(tmp_path / "b.json", [line("seq_next", 3), line("seq_prev", 4)])
    write(tmp_path / "a.json", [line("seq_next", 9)])
    firsts = explain([tmp_path / "b.json", tmp_path / "a.json"]).firsts
    assert [(f.type, f.input.name, f.number, f.count) for f in firsts] == [("seq_next", "a.json", 1, 2), ("seq_prev", "b.json", 2, 1)]


def test_one_type_from_browser_and_server_is_two(tmp_path):
    key = "block-v1:A+B+C+type@problem+block@p"
    check = {"problem_id": key, "answers": {"p_2_1": "1"}, "correct_map": {"p_2_1": {"correctness": "correct"}}}
    write(tmp_path / "a.json", [line("problem_check", 1, event="input_p_2_1=1"), line("problem_check", 2, event_source="server", event=check)])
    browser, server = explain(tmp_path / "a.json").firsts
    assert (browser.source, browser.trace.fate, browser.trace.reason) == ("browser", "filtered", "echo")
    assert [row.table for row in server.trace.rows] == ["submissions", "assessments"]


def test_a_line_that_names_somebody_is_preferred(tmp_path):
    write(tmp_path / "a.json", [line("seq_next", 1, username=""), line("seq_next", 2), line("seq_prev", 3, username="")])
    named, nobody = explain(tmp_path / "a.json").firsts
    assert (named.number, named.count, named.trace.fate) == (2, 2, "translated")
    assert (nobody.number, nobody.trace.reason) == (3, "anonymous")


def test_machines_authors_and_echoes_have_a_first_line_too(tmp_path):
    key = "block-v1:A+B+C+type@sequential+block@s"
    lines = [
        line("seq_next", 1),
        line("/courses/", 2, event_source="server", agent="ELB-HealthChecker/2.0"),
        line("seq_next", 3),
        line("/home/", 4, event_source="server", host="studio.example.org"),
        line(f"/courses/course-v1:A+B+C/xblock/{key}/handler/xmodule_handler/goto_position", 5, event_source="server"),
        line("/courses/", 6, event_source="server", agent="ELB-HealthChecker/2.0"),
    ]
    data = write(tmp_path / "a.json", lines)
    firsts = explain(tmp_path / "a.json").firsts
    assert [(f.number, f.count, f.trace.reason) for f in firsts] == [(1, 2, ""), (2, 2, "machine"), (4, 1, "studio"), (5, 1, "echo")]
    assert all(data[f.offset :].startswith(f.line + b"\n") for f in firsts)


def test_a_line_that_is_too_long_and_one_without_an_end(tmp_path):
    long = json.dumps(line("seq_next", 1, event={"x": "y" * 3_000_000}))
    (tmp_path / "a.json").write_text(json.dumps(line("seq_prev")) + "\n" + long + "\n" + json.dumps(line("seq_goto", 3)))
    found = explain(tmp_path / "a.json", Options(line_limit=1_500_000))
    assert [(f.type, f.number, f.trace.reason) for f in found.firsts] == [("seq_prev", 1, ""), ("", 2, "too_long"), ("seq_goto", 3, "")]
    assert found.lines == 3
    assert [f.type for f in explain(tmp_path / "a.json").firsts] == ["seq_prev", "seq_next", "seq_goto"]


def test_types_beyond_the_limit_are_counted_once(tmp_path, monkeypatch, capsys):
    """Each once, however many kinds of lines of it were left out; neither a type that is shown nor lines that have none."""
    monkeypatch.setattr("moocdb_fast.explain._MOST_TYPES", 3)
    write(tmp_path / "a.json", [line("seq_goto", 1), line("seq_next", 2), line("seq_prev", 3)])
    write(tmp_path / "b.json", [line("seq_goto", 4, username=""), line("my.own", 5), line("my.own", 6, username=""), "no json"])
    found = explain([tmp_path / "a.json", tmp_path / "b.json"])
    assert [first.type for first in found.firsts] == ["seq_goto", "seq_next", "seq_prev"]
    assert found.types_left_out == 1
    write(tmp_path / "c.json", [line("other.own", 7), line("other.own", 8, username="")])
    assert main(["events", "explain", *(str(tmp_path / name) for name in ("a.json", "b.json", "c.json"))]) == 0
    assert capsys.readouterr().out.endswith("9 lines, 3 types; 2 more types were only counted\n")


@pytest.mark.promise("P17")
def test_memory_does_not_grow_with_the_log(tmp_path):
    """150 MB of log, in a process of its own, take little more than a log of one line."""
    code = "import sys, resource\nfrom moocdb_fast.cli import main\nassert main(['events', 'explain', '--quiet', sys.argv[1]]) == 0\n"
    code += "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    data = write(tmp_path / "small.json", [line("seq_next")])
    with gzip.open(tmp_path / "big.json.gz", "wb", 1) as file:
        for _ in range(150):
            file.write(data * (1_000_000 // len(data)))
    peaks = [
        int(subprocess.run([sys.executable, "-c", code, tmp_path / name], capture_output=True, text=True, check=True).stderr)
        for name in ("small.json", "big.json.gz")
    ]
    assert peaks[1] - peaks[0] < 40_000  # KiB


@pytest.mark.promise("P25")
def test_the_command_never_shows_what_learners_wrote(tmp_path, capsys):
    post = {"id": "t1", "title": SECRET, "body": SECRET}
    key = "block-v1:A+B+C+type@problem+block@p"
    check = {"problem_id": key, "answers": {"p_2_1": SECRET}, "correct_map": {"p_2_1": {"correctness": "correct", "msg": SECRET}}}
    lines = [
        line("edx.forum.thread.created", 1, event_source="server", event=post),
        line("problem_check", 2, event_source="server", event=check),
        line("xblock.poll.submitted", 3, event_source="server", event={"url_name": "poll", "choice": SECRET}),
        line(SECRET, 4),
        line("oe_feedback_response_selected", 5, event={"value": SECRET}),
        '{"username": "' + SECRET + '" "no json"}',
    ]
    write(tmp_path / "a.json", lines)
    assert main(["events", "explain", str(tmp_path / "a.json")]) == 0
    out, err = capsys.readouterr()
    assert SECRET not in out + err
    assert "anna" not in out + err
    assert "edx.forum.thread.created" in out
    assert main(["events", "explain", "--show-text", str(tmp_path / "a.json")]) == 0
    assert capsys.readouterr().out.count(SECRET) >= 5


def test_the_command_says_where_what_and_why(tmp_path, capsys):
    write(tmp_path / "a.json", [line("page_close"), line("seq_goto", 1, event={"new": 4})])
    assert main(["events", "explain", str(tmp_path / "a.json")]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[:4] == [
        "page_close",
        f"  1 line: line 1, byte 0 of {tmp_path}/a.json",
        "  navigation: filtered: page_close",
        "  filtered: page_close - The line ends a page. It sets the duration of the event before it and is no event itself.",
    ]
    assert f"{PAGE}4/" in out
    assert out.endswith("2 lines, 2 types\n")


def test_bad_inputs_are_told_as_by_run(tmp_path, capsys):
    assert main(["events", "explain", str(tmp_path / "none.json")]) == 3
    (tmp_path / "text.json").write_text("hello\n")
    assert main(["events", "explain", str(tmp_path / "text.json")]) == 3
    packed = gzip.compress("".join(json.dumps(line("seq_next", i % 60, event=str(i * 7919 % 1000))) + "\n" for i in range(5000)).encode())
    (tmp_path / "cut.json.gz").write_bytes(packed[: len(packed) // 2])
    assert main(["events", "explain", str(tmp_path / "cut.json.gz")]) == 5
    out, err = capsys.readouterr()
    assert "seq_next" in out
    assert "breaks off" in err


def test_nothing_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "tmp").mkdir()
    write(tmp_path / "a.json", [line("seq_next")])
    explain(tmp_path / "a.json")
    assert list((tmp_path / "tmp").iterdir()) == []
    assert not (tmp_path / "config").exists(), "no key is made for it"
