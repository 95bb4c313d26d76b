"""Outputs appear whole or not at all, and nothing but earlier outputs is ever touched."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import moocdb_fast
from moocdb_fast import Options, output, translate
from moocdb_fast.errors import InputError, OutputError, TooManyRejects
from moocdb_fast.publish import LOCK, STAGING, Staging
from moocdb_fast.schema import TABLES

COURSES = ("course-v1:X+Y+Z", "X/Y/Z")


@pytest.fixture
def log(tmp_path):
    """Twenty events in each of two courses, and a line that is rejected."""
    path = tmp_path / "log.json"
    with path.open("w") as file:
        for n in range(40):
            page = f"https://lms.example.org/courses/{COURSES[n % 2]}/courseware/u/s/"
            event = {"username": f"learner_{n % 3}", "time": f"2024-03-05T10:00:{n:02}+00:00", "event_type": "seq_next", "page": page}
            file.write(json.dumps(event | {"event_source": "browser"}) + "\n")
        file.write('{"broken" 1}\n')
    return path


@pytest.fixture
def run(log, tmp_path):
    def run(out=tmp_path / "out", **options):
        return translate(log, out, Options(**({"workers": 1, "key_file": tmp_path / "key"} | options)))

    return run


def files(folder):
    """Every file below a folder and its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def tables(folder):
    """Names of files below a folder that could be taken for tables."""
    return {name for name in files(folder) if name.endswith((".csv", ".parquet", ".sql"))}


CSV = {f"{name}.csv" for name in TABLES} | {"moocdb.sql"}
PARQUET = {f"{name}.parquet" for name in TABLES}
COURSE_FOLDERS = ("X%2FY%2FZ", "course-v1%3AX+Y+Z", "no_course")


def test_an_output_is_exactly_the_documented_files(run, tmp_path):
    run(formats=("csv", "parquet"))
    assert set(files(tmp_path / "out")) == CSV | PARQUET | {"summary.json", "rejects.jsonl"}
    run(tmp_path / "split", split_by_course=True)
    expected = {f"{folder}/{name}" for folder in COURSE_FOLDERS for name in CSV}
    assert set(files(tmp_path / "split")) == expected | {"summary.json", "rejects.jsonl"}


# ---------------------------------------------------------------- whole or not at all


class FullDisk:
    """A sink that has room for a few tables."""

    side_by_side = False

    def __init__(self, folder):
        self.folder, self.left = folder, 4

    def write(self, table, batch):
        self.left -= 1
        if not self.left:
            raise OSError(errno.ENOSPC, "full")
        (self.folder / f"{table}.csv").write_text("half")

    def close(self):
        raise AssertionError


def fail_writing(monkeypatch):
    monkeypatch.setattr(output, "open_sinks", lambda formats, folder, work, **options: [FullDisk(folder)])


@pytest.mark.promise("P11")
def test_a_failed_run_leaves_nothing(run, tmp_path, monkeypatch):
    with pytest.raises(TooManyRejects):
        run(max_rejects=0)
    fail_writing(monkeypatch)
    with pytest.raises(OutputError, match="No space left on device"):
        run()
    assert not (tmp_path / "out").exists()


@pytest.mark.promise("P11")
def test_a_failed_run_leaves_the_earlier_output_as_it_was(run, tmp_path, monkeypatch):
    run()
    before = files(tmp_path / "out")
    fail_writing(monkeypatch)
    with pytest.raises(OutputError):
        run(overwrite=True)
    assert files(tmp_path / "out") == before


@pytest.mark.promise("P11")
def test_an_output_without_its_summary_is_not_finished(run, tmp_path, monkeypatch):
    """summary.json comes last: all tables are there before, and the summary of an earlier output is gone."""
    run(courses=COURSES[0])
    out, replace = tmp_path / "out", os.replace

    def fail(source, target):
        if Path(target) == out / "summary.json":
            assert not (out / "summary.json").exists()
            assert set(files(out)) > CSV | {"rejects.jsonl"}
            raise OSError(errno.ENOSPC, "full")
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OutputError):
        run(overwrite=True)
    with pytest.raises(InputError):
        moocdb_fast.open(out)


KILLED = """
import os, signal, sys
from pathlib import Path
from moocdb_fast import Options, translate
log, out, key, moment = sys.argv[1:]
replace = os.replace
def replace_or_die(source, target):
    if Path(target) == Path(out, moment):
        os.kill(os.getpid(), signal.SIGKILL)
    replace(source, target)
os.replace = replace_or_die
if not moment:
    import moocdb_fast.output
    moocdb_fast.output.Output.write = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
translate(log, out, Options(workers=1, key_file=key))
"""


@pytest.mark.promise("P12")
@pytest.mark.parametrize("moment", ["", "agent.csv", "submissions.csv", "summary.json"])
def test_the_same_command_again_after_a_kill(run, log, tmp_path, moment):
    """Killed before tables are written, or as one of the files gets its final name: nobody must clean up by hand."""
    run(tmp_path / "whole")
    out = tmp_path / "out"
    command = [sys.executable, "-c", KILLED, str(log), str(out), str(tmp_path / "key"), moment]
    assert subprocess.run(command, timeout=60, check=False).returncode == -signal.SIGKILL
    assert (out / STAGING).exists()
    assert not (out / "summary.json").exists()
    run()
    assert set(files(out)) == set(files(tmp_path / "whole"))
    assert {n: c for n, c in files(out).items() if n in CSV} == {n: c for n, c in files(tmp_path / "whole").items() if n in CSV}


@pytest.mark.promise("P12")
def test_what_a_dead_run_left_is_removed(run, tmp_path):
    out = tmp_path / "out"
    (out / STAGING / "work" / "shards").mkdir(parents=True)
    (out / STAGING / "final").mkdir()
    (out / STAGING / "final" / "observed_events.csv").write_text("half")
    (out / LOCK).touch()
    run()
    assert set(files(out)) == CSV | {"summary.json", "rejects.jsonl"}
    assert not (out / STAGING).exists()


# ---------------------------------------------------------------- two runs, earlier outputs, foreign files


@pytest.mark.promise("P15")
def test_a_second_run_into_a_folder_in_use_is_refused(run, tmp_path):
    out = tmp_path / "out"
    run()
    before = files(out)
    with (out / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(OutputError, match="another run is writing to"):
            run(overwrite=True)
        assert files(out) == before | {LOCK: b""}
    run(overwrite=True)
    assert set(files(out)) == set(before)


def test_the_folder_is_in_use_until_the_run_ends(run, tmp_path, monkeypatch):
    refused = []
    write = output.Output.write

    def meanwhile(*args, **named):
        for _ in range(2):  # the one that is refused must not open the door for the next
            with pytest.raises(OutputError, match="another run is writing to") as caught:
                monkeypatch.setattr(output.Output, "write", write)
                run(overwrite=True)
            refused.append(caught.value)
        return write(*args, **named)

    monkeypatch.setattr(output.Output, "write", meanwhile)
    run()
    assert len(refused) == 2
    assert set(files(tmp_path / "out")) > CSV


def test_a_run_that_ends_just_now_does_not_leave_the_door_open(tmp_path, monkeypatch):
    """The lock file that a run finds may be taken away, by the run that held it, before it can be locked."""
    out, flock = tmp_path / "out", fcntl.flock
    first, second = (Staging(out, overwrite=True, restricted=None) for _ in range(2))

    def late(handle, how):
        monkeypatch.setattr(fcntl, "flock", flock)
        (out / LOCK).unlink()
        flock(handle, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with first, pytest.raises(OutputError, match="another run"), second:
        pytest.fail("two runs at once")


FOREIGN = ("notes.txt", "my_table.csv", ".hidden", "figures/users.png", "analysis/users.csv", "analysis/rejects.jsonl", "X%2FY%2FZ/mine.txt")


@pytest.mark.promise("P15")
@pytest.mark.parametrize("options", [{}, {"split_by_course": True}], ids=["plain", "split"])
def test_foreign_files_are_left_alone(run, tmp_path, options):
    out = tmp_path / "out"
    for name in FOREIGN:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(name)
    foreign = files(out)
    with pytest.raises(OutputError, match="is not empty"):
        run(**options)
    assert files(out) == foreign
    for _ in range(2):  # also when the second run replaces the output of the first
        run(overwrite=True, **options)
        assert {name: files(out).get(name) for name in foreign} == foreign


@pytest.mark.parametrize(
    ("first", "second", "left"),
    [
        ({"formats": ("csv", "parquet")}, {}, CSV),
        ({}, {"formats": ("parquet",)}, PARQUET),
        ({"split_by_course": True}, {}, CSV),
        ({"split_by_course": True, "formats": ("parquet",)}, {}, CSV),
        ({}, {"split_by_course": True, "courses": COURSES[1]}, {f"X%2FY%2FZ/{name}" for name in CSV}),
        ({"split_by_course": True}, {"split_by_course": True, "courses": COURSES[1]}, {f"X%2FY%2FZ/{name}" for name in CSV}),
    ],
    ids=["fewer-formats", "other-format", "split-plain", "split-parquet-plain", "plain-split", "fewer-courses"],
)
def test_nothing_of_an_earlier_output_is_left(run, tmp_path, first, second, left):
    run(**first)
    run(overwrite=True, **second)
    assert tables(tmp_path / "out") == left


# ---------------------------------------------------------------- personal data


def modes(folder):
    return {str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.rglob("*")]}


@pytest.fixture
def generous():
    """A umask that gives everything to everybody."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.promise("P23")
@pytest.mark.usefixtures("generous")
def test_only_the_owner_can_enter_the_restricted_folder(run, tmp_path):
    private = tmp_path / "private"
    private.mkdir(mode=0o755)
    run(restricted=private)
    assert modes(private) == {".": 0o700, "user_pii.csv": 0o600, "rejects.jsonl": 0o600}


@pytest.mark.usefixtures("generous")
def test_the_same_for_each_course(run, tmp_path):
    private = tmp_path / "new" / "private"
    run(restricted=private, split_by_course=True)
    folders = {name: 0o700 for name in (".", *COURSE_FOLDERS)}
    assert modes(private) == folders | {f"{name}/user_pii.csv": 0o600 for name in COURSE_FOLDERS} | {"rejects.jsonl": 0o600}


def test_no_stale_identities(run, tmp_path):
    private = tmp_path / "private"
    run(restricted=private, split_by_course=True)
    run(restricted=private, overwrite=True)
    assert set(files(private)) == {"user_pii.csv", "rejects.jsonl"}


def test_a_restricted_folder_inside_the_output(run, tmp_path):
    private = tmp_path / "out" / "restricted"
    run(restricted=private)
    assert set(files(private)) == {"user_pii.csv", "rejects.jsonl"}


def test_a_restricted_folder_on_another_disk(run, tmp_path):
    other = Path("/dev/shm")
    if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system at hand")
    with tempfile.TemporaryDirectory(dir=other) as folder:
        run(restricted=Path(folder) / "private")
        assert modes(Path(folder) / "private") == {".": 0o700, "user_pii.csv": 0o600, "rejects.jsonl": 0o600}
