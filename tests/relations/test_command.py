"""`relations` and `run --from-relations` as a person meets them: what they write, say and refuse, and that they write the same again."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import random
import shutil
import stat
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from types import SimpleNamespace

import pytest

from moocdb_fast.cli import main
from moocdb_fast.errors import InputError
from moocdb_fast.inputs import discover
from moocdb_fast.publish import STAGING
from moocdb_fast.relations import repeats
from moocdb_fast.relations.lines import Lines

from .conftest import made
from .files import PUBLIC, unpacked

SECRETS = ("learner_secret", "secret@example.org", "198.51.100.77", "Quintessa Zyxwvut", "7100900010017")


def run(tmp_path, *arguments):
    """A command, in this process: what it returned and said."""
    stdout, stderr, before = io.StringIO(), io.StringIO(), os.environ.get("XDG_CONFIG_HOME")
    os.environ["XDG_CONFIG_HOME"] = str(tmp_path / "config")
    try:
        with redirect_stdout(stdout), redirect_stderr(stderr):
            code = main([*map(str, arguments)])
    except SystemExit as stop:
        code = stop.code
    finally:
        os.environ.pop("XDG_CONFIG_HOME")
        if before is not None:
            os.environ["XDG_CONFIG_HOME"] = before
    return SimpleNamespace(returncode=code, stdout=stdout.getvalue(), stderr=stderr.getvalue())


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "summary.json"}


def summary(folder):
    return json.loads((folder / "summary.json").read_text())


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    """Two files of both eras, the second with lines of the first again."""
    folder = tmp_path_factory.mktemp("logs")
    first, second = made("legacy", 200_000, 1), made("modern", 200_000, 2)
    (folder / "a.json").write_bytes(b"\n".join(first) + b"\n")
    (folder / "b.json").write_bytes(b"\n".join([*second, *first[-100:]]))
    return folder


@pytest.fixture(scope="module")
def reference(logs, key, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reference")
    done = run(folder, "relations", logs, "--out", folder / "out", "--key-file", key, "--restricted", folder / "private", "--workers", 1)
    assert done.returncode == 0, done.stderr
    assert "lines" in done.stderr
    assert done.stdout == ""
    return folder


def test_what_is_written(reference):
    assert set(files(reference / "out")) == {*(f"{name}.csv" for name in PUBLIC), "rejects.jsonl"}
    assert set(files(reference / "private")) == {"Account.csv", "EventIp.csv", "rejects.jsonl"}
    assert stat.S_IMODE((reference / "private").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (reference / "private").iterdir()} == {0o600}
    told = summary(reference / "out")
    assert told["lines_read"] == told["events"] + told["filtered"] + told["rejected"]
    assert told["rejected"] == files(reference / "out")["rejects.jsonl"].count(b"\n") > 0
    assert told["filtered_by_reason"]["duplicate"] > 10
    assert told["tables"]["EdxTrackEvent"] > told["events"]
    assert [item["name"] for item in told["inputs"]] == ["a.json", "b.json"]


@pytest.mark.promise("P10")
@pytest.mark.parametrize("options", [("--workers", "2"), ("--workers", "3", "--shard-bytes", "50K"), ("--shard-bytes", "9K")], ids=str)
def test_the_same_bytes_with_other_workers_and_shards(reference, logs, key, tmp_path, options):
    done = run(tmp_path, "relations", logs, "--out", tmp_path / "out", "--key-file", key, "--restricted", tmp_path / "private", *options)
    assert done.returncode == 0, done.stderr
    assert files(tmp_path / "out") == files(reference / "out")
    assert files(tmp_path / "private") == files(reference / "private")
    assert {k: v for k, v in summary(tmp_path / "out").items() if k != "run"} == {k: v for k, v in summary(reference / "out").items() if k != "run"}


@pytest.mark.promise("P8", "P10")
def test_the_same_bytes_in_another_order_and_packed(reference, logs, key, tmp_path):
    shutil.copy(logs / "a.json", tmp_path)
    (tmp_path / "b.json.gz").write_bytes(gzip.compress((logs / "b.json").read_bytes()))
    inputs = [tmp_path / "b.json.gz", tmp_path / "a.json"]
    done = run(
        tmp_path, "relations", *inputs, "--out", tmp_path / "out", "--key-file", key, "--restricted", tmp_path / "private", "--shard-bytes", "60K"
    )
    assert done.returncode == 0, done.stderr
    assert files(tmp_path / "out") == files(reference / "out")
    assert files(tmp_path / "private") == files(reference / "private")


def test_the_same_bytes_however_repeats_are_found(reference, logs, key, tmp_path, monkeypatch):
    monkeypatch.setattr(repeats, "BUCKET_ROWS", 40)
    done = run(tmp_path, "relations", logs, "--out", tmp_path / "out", "--key-file", key, "--workers", 1)
    assert done.returncode == 0, done.stderr
    assert files(tmp_path / "out") == files(reference / "out")


def test_an_input_that_changes(tmp_path):
    """What the scan found must be there when it is read again."""
    (tmp_path / "log.json").write_bytes(b'{"a": 1}\n{"b": 2}\n')
    (item,) = discover([tmp_path / "log.json"])
    with Lines(item, 0, 100) as lines:
        assert list(lines.documents([(0, False), (9, False)])) == [{"a": 1}, {"b": 2}]
    for offset in (4, 18):
        with Lines(item, 0, 100) as lines, pytest.raises(InputError, match="changed while it was read"):
            list(lines.documents([(0, False), (offset, False)]))


def test_header(reference, logs, key, tmp_path):
    done = run(tmp_path, "relations", logs, "--out", tmp_path / "out", "--key-file", key, "--header", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    for name, content in files(tmp_path / "out").items():
        first, _, rest = content.partition(b"\n")
        if name.endswith(".csv"):
            assert b"'" not in first
            assert rest == files(reference / "out")[name]
    assert set(files(tmp_path / "out")) == set(files(reference / "out"))  # nothing personal without a restricted folder
    through = [
        run(tmp_path, "run", "--from-relations", folder / "out", "--out", folder / "moocdb", "--key-file", key) for folder in (tmp_path, reference)
    ]
    assert [done.returncode for done in through] == [0, 0], through[0].stderr
    assert files(tmp_path / "moocdb") == files(reference / "moocdb")


def test_from_relations_says_what_it_read(key, tmp_path):
    folder = unpacked("navigation", tmp_path / "intermediary")
    plan = run(tmp_path, "run", "--from-relations", folder, "--dry-run")
    assert (plan.returncode, plan.stderr) == (0, "")
    assert {line.split()[-1] for line in plan.stdout.splitlines()} == {"EdxTrackEvent.csv", "Answer.csv", "CorrectMap.csv", "EventIp.csv"}
    done = run(tmp_path, "run", "--from-relations", folder, "--out", tmp_path / "moocdb", "--key-file", key, "--restricted", tmp_path / "private")
    assert done.returncode == 0, done.stderr
    told = summary(tmp_path / "moocdb")
    assert [item["name"] for item in told["inputs"]] == ["intermediary"]
    assert told["run"]["paths"] == [str(folder)]
    assert "24.5.14.103" in (tmp_path / "private" / "user_pii.csv").read_text()  # EventIp was there
    again = run(tmp_path, "run", "--from-relations", folder, "--out", tmp_path / "again", "--key-file", key, "--workers", 2, "--shard-bytes", "2K")
    assert again.returncode == 0, again.stderr
    assert files(tmp_path / "again") == files(tmp_path / "moocdb")


def test_packed_tables_are_read(key, tmp_path):
    plain = unpacked("navigation", tmp_path / "plain")
    shutil.copytree(plain, tmp_path / "packed" / "plain")
    packed = tmp_path / "packed" / "plain"
    for path in list(packed.iterdir()):
        (packed / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    for folder in (plain, packed):
        assert run(tmp_path, "run", "--from-relations", folder, "--out", folder.parent / "moocdb", "--key-file", key).returncode == 0
    assert files(tmp_path / "moocdb") == files(tmp_path / "packed" / "moocdb")
    (packed / "Answer.csv.gz").write_bytes((packed / "Answer.csv.gz").read_bytes()[:40])
    done = run(tmp_path, "run", "--from-relations", packed, "--out", tmp_path / "cut", "--key-file", key)
    assert done.returncode == 3
    assert "Answer.csv.gz is damaged" in done.stderr
    assert not (tmp_path / "cut").exists()


def test_rows_that_cannot_be_read_are_counted(key, tmp_path):
    folder = unpacked("navigation", tmp_path / "intermediary")
    events, answers = folder / "EdxTrackEvent.csv", folder / "Answer.csv"
    rows = events.read_text().splitlines(keepends=True)
    events.write_text("".join([*rows[:3], "'cut','off\n", rows[3][:50] + "\n", *rows[3:]]))
    answers.write_text(answers.read_text() + "'x','y'\n")
    whole = run(tmp_path, "run", "--from-relations", unpacked("navigation", tmp_path / "whole"), "--out", tmp_path / "a", "--key-file", key)
    done = run(tmp_path, "run", "--from-relations", folder, "--out", tmp_path / "b", "--key-file", key)
    assert (whole.returncode, done.returncode) == (0, 0)
    told = summary(tmp_path / "b")
    assert told["rejected_by_reason"] == {"bad_json": 2}
    assert told["events"] == summary(tmp_path / "a")["events"]
    assert [json.loads(line)["line"] for line in (tmp_path / "b" / "rejects.jsonl").read_text().splitlines()] == [4, 5]
    assert "Answer.csv: 1 rows have not the columns of the table" in done.stderr


def test_a_partner_that_is_missing_or_elsewhere(key, tmp_path):
    """K2: rows are joined by key, in whatever order they lie, and without an answer that is not there."""
    folder = unpacked("problem_server", tmp_path / "tables")
    assert run(tmp_path, "run", "--from-relations", folder, "--out", tmp_path / "a", "--key-file", key).returncode == 0
    for name in ("Answer", "CorrectMap"):
        rows = (folder / f"{name}.csv").read_text().splitlines(keepends=True)
        random.Random(1).shuffle(rows)
        (folder / f"{name}.csv").write_text("".join(rows))
    assert run(tmp_path, "run", "--from-relations", folder, "--out", tmp_path / "b", "--key-file", key).returncode == 0
    assert files(tmp_path / "a") == files(tmp_path / "b")
    (folder / "CorrectMap.csv").unlink()
    assert run(tmp_path, "run", "--from-relations", folder, "--out", tmp_path / "c", "--key-file", key).returncode == 0
    assert summary(tmp_path / "c")["tables"]["assessments"] == 0
    assert summary(tmp_path / "c")["tables"]["submissions"] > 10


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("relations",), 2, "INPUT"),
        (("relations", "{log}"), 2, "--out"),
        (("relations", "{log}", "--out", "{tmp}/o", "--split-by-course"), 2, "--split-by-course"),
        (("relations", "{tmp}/missing.json", "--out", "{tmp}/o"), 3, "missing.json"),
        (("relations", "{log}", "--out", "{tmp}/o", "--max-rejects", "0"), 6, "--max-rejects"),
        (("run", "--out", "{tmp}/o"), 2, "--from-relations"),
        (("run", "{log}", "--from-relations", "{tmp}/t", "--out", "{tmp}/o"), 2, "--from-relations"),
        (("run", "--from-relations", "{tmp}/none", "--out", "{tmp}/o"), 3, "none"),
        (("run", "--from-relations", "{tmp}/empty", "--out", "{tmp}/o"), 3, "holds no EdxTrackEvent.csv"),
        (("run", "--from-relations", "{tmp}/t", "--out", "{tmp}/t", "--overwrite"), 2, "what is read"),
        (("run", "--from-relations", "{log}", "--out", "{tmp}/o"), 3, "no folder"),
        (("run", "--from-relations", "{tmp}/nothing", "--out", "{tmp}/o"), 3, "nothing to read"),
    ],
)
def test_refusals(logs, tmp_path, arguments, code, text):
    (tmp_path / "empty").mkdir()
    (tmp_path / "nothing").mkdir()
    (tmp_path / "nothing" / "EdxTrackEvent.csv").write_bytes(b"")
    unpacked("navigation", tmp_path / "t")
    done = run(tmp_path, *(text.format(log=logs / "a.json", tmp=tmp_path) for text in arguments))
    assert (done.returncode, done.stdout) == (code, "")
    assert text in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "o").exists()


def test_outputs_replace_each_other(logs, key, tmp_path):
    """The nine tables and the MOOCdb tables never lie in one folder; other files stay."""
    out = tmp_path / "out"
    assert run(tmp_path, "run", logs, "--out", out, "--key-file", key, "--workers", 1).returncode == 0
    (out / "mine.txt").write_text("mine")
    done = run(tmp_path, "relations", logs, "--out", out, "--key-file", key)
    assert done.returncode == 4
    assert run(tmp_path, "relations", logs, "--out", out, "--key-file", key, "--workers", 1, "--overwrite").returncode == 0
    assert set(files(out)) == {*(f"{name}.csv" for name in PUBLIC), "rejects.jsonl", "mine.txt"}
    assert run(tmp_path, "run", logs, "--out", out, "--key-file", key, "--workers", 1, "--overwrite").returncode == 0
    assert not {f"{name}.csv" for name in PUBLIC} & set(files(out))


FORM = {"username": [SECRETS[0]], "email": [SECRETS[1]], "name": [SECRETS[3]]}
PERSONAL = [
    {"event_type": "seq_next", "event_source": "browser", "event": {}, "page": "https://h.org/u/learner_secret?m=secret@example.org"},
    {"event_type": "/u/learner_secret", "event_source": "server", "event": {}},
    {"event_type": "/courses/A/B/C/progress/7100900010017/?email=secret@example.org", "event_source": "server", "event": {}},
    {"event_type": "/courses/A/B/C/xqueue/7100900010017/i4x://A/B/problem/P/score_update", "event_source": "server", "event": {}},
    {"event_type": "delete-student-module-state", "event_source": "server", "event": {"student": "learner_secret", "instructor_id": 7100900010017}},
    {"event_type": "add-instructor", "event_source": "server", "event": {"instructor_id": "secret@example.org"}},
    {"event_type": "add-or-remove-user-group", "event_source": "server", "event": {"event_name": "x", "user": "learner_secret", "event": "add"}},
    {"event_type": "edx.user.settings.changed", "event_source": "server", "event": {"setting": "email", "old": SECRETS[1], "user_id": 7100900010017}},
    {"event_type": "edx.course.enrollment.activated", "event_source": "server", "event": {"user_id": 7100900010017, "mode": "honor"}},
    {"event_type": "problem_rescore", "event_source": "server", "event": {"student": "secret@example.org", "problem_id": "i4x://A/B/problem/P"}},
    {"event_type": "/create_account", "event_source": "server", "event": json.dumps({"POST": FORM})},
]  # fmt: skip


@pytest.mark.promise("P23")
def test_nothing_personal_outside_the_restricted_folder(tmp_path, key):
    base = {"username": "learner_secret", "ip": SECRETS[2], "context": {"user_id": 7100900010017, "course_id": "A/B/C"}, "session": "5e55" * 8}
    lines = [json.dumps(base | {"time": f"2013-03-05T10:00:{n:02}+00:00"} | event).encode() for n, event in enumerate(PERSONAL)]
    lines.append(b'{"username": "learner_secret", "email": "secret@example.org" "broken"}')
    (tmp_path / "log.json").write_bytes(b"\n".join(lines) + b"\n")
    done = run(tmp_path, "relations", tmp_path / "log.json", "--out", tmp_path / "out", "--key-file", key, "--restricted", tmp_path / "private")
    assert done.returncode == 0, done.stderr
    through = run(tmp_path, "run", "--from-relations", tmp_path / "out", "--out", tmp_path / "moocdb", "--key-file", key)
    assert through.returncode == 0, through.stderr
    open_ = {**files(tmp_path / "out"), **files(tmp_path / "moocdb")}
    open_ |= {"1": (tmp_path / "out" / "summary.json").read_bytes(), "2": (done.stdout + done.stderr + through.stdout + through.stderr).encode()}
    for secret in (*SECRETS, "5e55" * 8, hashlib.new("sha256", b"learner_secret").hexdigest()):
        assert [name for name, content in open_.items() if secret.encode() in content] == [], secret
    private = b"".join(files(tmp_path / "private").values())
    assert all(secret.encode() in private for secret in SECRETS[:4])


@pytest.mark.promise("P13")
def test_it_can_be_stopped(logs, key, tmp_path):
    """A line on standard error, nothing at final names."""
    (tmp_path / "log.json").write_bytes((logs / "a.json").read_bytes() * 30)
    argv = [sys.executable, "-m", "moocdb_fast", "relations", str(tmp_path / "log.json"), "--out", str(tmp_path / "out"), "--key-file", str(key)]
    process = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True)
    while not (tmp_path / "out" / STAGING / "work" / "shards").exists() and process.poll() is None:
        time.sleep(0.01)
    process.terminate()
    _, error = process.communicate(timeout=60)
    assert process.returncode == 143
    assert "stopped by SIGTERM" in error
    assert not (tmp_path / "out").exists()
