"""`run` end to end in a process of its own: what a person sees when things go right and wrong."""

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from moocdb_fast.ledger import FilterReason, RejectReason, SalvageReason

PAGE = "https://lms.example.org/courses/course-v1:X+Y+Z/courseware/u/s/"


def event(n, kind="seq_next"):
    return json.dumps(
        {
            "username": f"learner_{n % 5}",
            "time": f"2024-03-05T{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}+00:00",
            "event_source": "browser",
            "event_type": kind,
            "page": PAGE,
        }
    )


def log(lines=20):
    return "".join(event(n) + "\n" for n in range(lines)).encode()


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "log.json").write_bytes(log())
    return tmp_path


def run(*argv, stdin=b"", **environment):
    env = os.environ | {"XDG_CONFIG_HOME": str(Path.cwd() / "config")} | environment
    command = [sys.executable, "-m", "moocdb_fast", "run", *map(str, argv)]
    done = subprocess.run(command, input=stdin, capture_output=True, env=env, timeout=120, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def refused(*argv, **more):
    """A failed run: its code and its one sentence. Nothing may lie at the final names."""
    code, out, err = run(*argv, **more)
    assert out == ""
    assert "Traceback" not in err
    assert err.startswith("moocdb_fast: ")
    assert err.count("\n") == 1, err
    assert " - " in err, "a hint is missing"
    return code, err


def summary(folder):
    return json.loads((Path(folder) / "summary.json").read_text())


def fates(content, *argv):
    Path("case.json").write_bytes(content)
    shutil.rmtree("case", ignore_errors=True)
    code, _, err = run("case.json", "--out", "case", *argv)
    assert code == 0, err
    return summary("case")


def test_a_run_writes_everything_and_reports(place):
    code, out, err = run("log.json", "--out", "moocdb")
    assert (code, out) == (0, ""), err
    names = {p.name for p in (place / "moocdb").iterdir()}
    assert {"summary.json", "rejects.jsonl", "moocdb.sql", "observed_events.csv", "users.csv"} <= names
    found = summary("moocdb")
    assert (found["lines_read"], found["events"], found["rejected"]) == (20, 20, 0)
    assert "a new key for pseudonyms" in err
    assert "translated" in err
    assert "output: " in err


def test_quiet_says_nothing(place):
    assert run("log.json", "--out", "moocdb", "--quiet") == (0, "", "")


@pytest.mark.promise("P16")
def test_standard_input(place):
    code, _, err = run("-", "--out", "moocdb", stdin=gzip.compress(log(7)))
    assert code == 0, err
    assert summary("moocdb")["events"] == 7


@pytest.mark.promise("P16")
def test_inputs_that_are_refused(place):
    (place / "folder").mkdir()
    (place / "empty.json").write_bytes(b"")
    (place / "photo.json").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(500))
    (place / "table.csv").write_bytes(b"a,b\n1,2\n")
    for argument, says in (
        ("none.json", "there is no file or folder none.json"),
        ("folder", "there are no logs in the folder folder"),
        ("empty.json", "there is nothing to read: empty.json is empty"),
        ("photo.json", "photo.json is no tracking log"),
        ("table.csv", "table.csv is no tracking log"),
        ("/dev/null", "there is nothing to read: /dev/null is empty"),
    ):
        code, err = refused(argument, "--out", "moocdb")
        assert code == 3
        assert says in err
        assert not (place / "moocdb").exists()


@pytest.mark.promise("P7")
def test_damaged_gzip_is_translated_and_named(place):
    packed = gzip.compress(log(5000))
    (place / "cut.json.gz").write_bytes(packed[: len(packed) // 2])
    code, out, err = run("cut.json.gz", "--out", "moocdb", "--quiet")
    assert (code, out) == (5, "")
    assert err.startswith("moocdb_fast: cut.json.gz: the gzip data breaks off - what could be read is in moocdb")
    found = summary("moocdb")
    assert found["inputs"][0]["damage"] == "the gzip data breaks off"
    assert 1000 < found["events"] < 5000
    assert found["lines_read"] == found["events"] + found["filtered"] + found["rejected"]


@pytest.mark.promise("P7")
def test_gzip_that_gives_no_line_is_damaged_too(place):
    (place / "bad.json.gz").write_bytes(gzip.compress(log())[:12])
    code, _, err = run("bad.json.gz", "--out", "moocdb", "--quiet")
    assert code == 5
    assert "breaks off" in err


@pytest.mark.promise("P15")
def test_output_that_is_not_empty(place):
    (place / "moocdb").mkdir()
    (place / "moocdb" / "mine.txt").write_text("mine")
    code, err = refused("log.json", "--out", "moocdb")
    assert code == 4
    assert "moocdb" in err
    assert "--overwrite" in err
    assert [p.name for p in (place / "moocdb").iterdir()] == ["mine.txt"]
    code, _, err = run("log.json", "--out", "moocdb", "--overwrite", "--quiet")
    assert code == 0, err
    assert (place / "moocdb" / "mine.txt").read_text() == "mine"
    before = (place / "moocdb" / "observed_events.csv").read_bytes()
    code, _, err = run("log.json", "--out", "moocdb", "--overwrite", "--quiet")
    assert code == 0, err
    assert (place / "moocdb" / "observed_events.csv").read_bytes() == before


@pytest.mark.promise("P14")
def test_output_that_cannot_be(place):
    (place / "file").write_text("x")
    code, err = refused("log.json", "--out", "file/moocdb")
    assert code == 4
    code, err = refused("log.json", "--out", "file")
    assert code == 4
    assert "file" in err
    assert (place / "file").read_text() == "x"


@pytest.mark.promise("P14")
def test_full_disk_is_one_line(place):
    (place / "big.json").write_bytes(log(40_000))
    command = f"ulimit -f 64; exec {sys.executable} -m moocdb_fast run big.json --out moocdb --quiet --key-file k"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 4, done.stderr
    assert done.stderr.count("\n") == 1
    assert not (place / "moocdb").exists() or not list((place / "moocdb").glob("*.csv"))


@pytest.mark.promise("P9")
def test_too_many_rejects(place):
    (place / "log.json").write_bytes(log(8) + b'{"bad" 1}\n["no event"]\n')
    for limit in (("--max-rejects", 1), ("--max-reject-rate", 0.1)):
        code, err = refused("log.json", "--out", "moocdb", "--quiet", *limit)
        assert code == 6
        assert limit[0] in err
        assert not (place / "moocdb" / "summary.json").exists()
    for limit in (("--max-rejects", 2), ("--max-reject-rate", 0.2), ()):
        code, _, err = run("log.json", "--out", f"ok{len(limit)}{limit[:1]}", "--quiet", *limit)
        assert code == 0, err


@pytest.mark.promise("P2", "P25")
def test_rejects_are_listed_without_their_text(place):
    (place / "log.json").write_bytes(log(3) + b'\n{"marker_word" 1}\n["marker_word"]\n')
    code, _, err = run("log.json", "--out", "moocdb", "--restricted", "private")
    assert code == 0
    assert "marker_word" not in err
    rows = [json.loads(row) for row in (place / "moocdb" / "rejects.jsonl").read_text().splitlines()]
    offset = len(log(3)) + 1
    assert rows == [
        {"file": "log.json", "line": 5, "offset": offset, "reason": "bad_json"},
        {"file": "log.json", "line": 6, "offset": offset + 18, "reason": "not_an_event"},
    ]
    private = place / "private"
    assert private.stat().st_mode & 0o777 == 0o700
    full = [json.loads(row) for row in (private / "rejects.jsonl").read_text().splitlines()]
    assert [row["start"] for row in full] == ['{"marker_word" 1}', '["marker_word"]']
    assert (private / "rejects.jsonl").stat().st_mode & 0o777 == 0o600


@pytest.mark.promise("P3", "P4")
@pytest.mark.parametrize("reason", [r for r in (*FilterReason, *RejectReason, *SalvageReason) if r.example], ids=str)
def test_documented_examples_have_their_fate(place, reason):
    group = {FilterReason: "filtered", RejectReason: "rejected", SalvageReason: "salvaged"}[type(reason)]
    found = fates(reason.example.encode() + b"\n" + log(1))
    assert found[f"{group}_by_reason"] == {reason: 1}
    assert found["lines_read"] == reason.example.count("\n") + 2


def test_reasons_without_an_example(place):
    deep = b'{"username": "a", "event_type": "x", "time": "2024-03-05T10:15:00", "event": ' + b"[" * 1100 + b"]" * 1100 + b"}\n"
    assert fates(deep + log(1))["rejected_by_reason"] == {"too_deep": 1}
    assert fates(log(1).replace(b"seq_next", b"seq_n\xffxt"))["salvaged_by_reason"] == {"utf8": 1}
    assert fates(log(3), "--course", "course-v1:Other+Course+Run")["filtered_by_reason"] == {"course": 3}
    Path("limit.toml").write_text("line-limit = 1000\n")
    assert fates(log(1)[:-2] + b', "event": "' + b"x" * 2000 + b'"}\n' + log(2), "--config", "limit.toml")["rejected_by_reason"] == {"too_long": 1}


@pytest.mark.promise("P23", "P24")
def test_keys(place):
    code, err = refused("log.json", "--out", "moocdb", "--key-file", "log.json")
    assert code == 3
    assert "chmod 600" in err or "64 hexadecimal digits" in err
    run("log.json", "--out", "one", "--key-file", "k", "--quiet")
    run("log.json", "--out", "two", "--key-file", "k", "--quiet")
    run("log.json", "--out", "three", "--key-file", "other", "--quiet")
    users = [(place / name / "users.csv").read_bytes() for name in ("one", "two", "three")]
    assert users[0] == users[1] != users[2]
    key = (place / "k").read_text().strip()
    assert not [p for p in (place / "one").rglob("*") if p.is_file() and key in p.read_text()]


STOPS = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]


@pytest.fixture(scope="module")
def long_log(tmp_path_factory):
    """A log that takes many seconds to read and little space: one file of many members."""
    path = tmp_path_factory.mktemp("long") / "long.json.gz"
    path.write_bytes(gzip.compress(log(5000)) * 4000)
    return path


def stopped(process, signum, code):
    process.send_signal(signum)
    process.send_signal(signum)  # as `timeout` does
    out, err = process.communicate(timeout=15)
    assert process.returncode == code, (out, err)
    assert out == ""
    assert err == f"moocdb_fast: stopped by {signal.Signals(signum).name}; nothing was written - run the same command again\n"
    assert not Path("moocdb/summary.json").exists()
    assert not list(Path("moocdb").glob("*.csv"))


@pytest.mark.promise("P13")
@pytest.mark.parametrize(("signum", "code"), STOPS)
def test_signals_stop_in_one_line(place, long_log, signum, code):
    options = ["--out", "moocdb", "--quiet", "--key-file", "k", "--workers", "2"]
    command = [sys.executable, "-m", "moocdb_fast", "run", str(long_log), "log.json", *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    time.sleep(2)
    assert process.poll() is None, process.communicate()
    stopped(process, signum, code)


@pytest.mark.promise("P13")
def test_a_signal_while_waiting_for_input(place):
    command = [sys.executable, "-m", "moocdb_fast", "run", "-", "--out", "moocdb", "--quiet", "--key-file", "k"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    time.sleep(1.5)
    stopped(process, signal.SIGTERM, 143)
