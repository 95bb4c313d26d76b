"""Worker processes: answers in order, and what happens when one of them, or their parent, is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from moocdb_fast import Options, translate
from moocdb_fast.errors import InternalError, OutputError
from moocdb_fast.pool import run_tasks

make_scan = sys.modules["moocdb_fast.translate"].make_scan  # the package's own `translate` is the function


def alive(pid):
    """Whether a process is there and not only its grave."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def gone(pids, seconds):
    """Whether all of these processes end in time."""
    end = time.monotonic() + seconds
    while any(map(alive, pids)) and time.monotonic() < end:
        time.sleep(0.05)
    return not any(map(alive, pids))


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def once(marker):
    """True for the first process that asks."""
    try:
        marker.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


@pytest.fixture(autouse=True)
def _never_hang():
    """A pool that waits for ever fails its test."""

    def stop(*_):
        raise TimeoutError("the pool hangs")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def run(make, args, tasks, workers=2, report=lambda *_: None):
    return run_tasks(make, args, tasks, workers, report)


# ---------------------------------------------------------------- work for the workers, which import this module


def sleeps():
    def work(task, report):
        time.sleep(task)
        report(task, os.getpid())
        return task, os.getpid()

    return work


def dies_once(marker):
    def work(task, report):
        report(1)
        if task == 3 and once(marker):
            die()
        return task * 10

    return work


def dies_always():
    return lambda task, report: die() if task == 1 else task


class Deadly:
    """A result whose reader kills who sent it: a worker that ends between two tasks."""

    def __reduce__(self):
        return kill, (os.getpid(),)


def kill(pid):
    os.kill(pid, signal.SIGKILL)
    assert gone([pid], 10)
    return "deadly"


def deadly(marker):
    return lambda task, report: Deadly() if once(marker) else task


def refuses(folder):
    def work(task, report):
        (folder / str(os.getpid())).touch()
        if task == "refuse":
            while len(list(folder.iterdir())) < 2:
                time.sleep(0.02)
            raise OutputError("no room for task 0", "make room")
        time.sleep(60)

    return work


def has_a_bug():
    return lambda task, report: {}[f"text of line {1111 * task}"] if task else task


def waits(folder):
    def work(task, report):
        (folder / str(os.getpid())).touch()
        time.sleep(120)

    return work


def scan_and_die(marker, when, *args):
    scan = make_scan(*args)

    def work(shard, report):
        if when == "before" and once(marker):
            die()
        done = scan(shard, report)
        if when == "behind" and once(marker):
            die()
        return done

    return work


# ---------------------------------------------------------------- tests


@pytest.mark.parametrize("workers", [1, 2, 9])
def test_results_are_in_the_order_of_the_tasks(workers):
    tasks = [0.4, 0.1, 0.3, 0.0, 0.2]
    reports = []
    results = run(sleeps, (), tasks, workers, lambda *values: reports.append(values))
    assert [task for task, _ in results] == tasks
    assert sorted(reports) == sorted(results)
    assert (os.getpid() in {pid for _, pid in results}) == (workers == 1)
    assert gone([pid for _, pid in results if pid != os.getpid()], 0)


def test_no_tasks():
    assert run(sleeps, (), []) == []


@pytest.mark.promise("P12")
def test_a_killed_worker_is_replaced(tmp_path):
    assert run(dies_once, (tmp_path / "died",), list(range(8))) == [10 * task for task in range(8)]
    assert (tmp_path / "died").exists()


@pytest.mark.promise("P12")
def test_a_worker_killed_between_two_tasks_is_replaced(tmp_path):
    results = run(deadly, (tmp_path / "died",), list(range(6)))
    assert results.count("deadly") == 1
    assert [r for r in results if r != "deadly"] == [t for t in range(6) if results[t] != "deadly"]


@pytest.mark.promise("P12")
def test_a_task_that_kills_every_worker_fails_the_run():
    with pytest.raises(InternalError, match="died 3 times"):
        run(dies_always, (), [0, 1, 2, 3])


def test_an_error_of_a_worker_is_raised_here_and_ends_the_others(tmp_path):
    began = time.monotonic()
    with pytest.raises(OutputError, match=r"^no room for task 0$") as caught:
        run(refuses, (tmp_path,), ["refuse", "sleep"])
    assert caught.value.hint == "make room"
    assert time.monotonic() - began < 30
    pids = [int(path.name) for path in tmp_path.iterdir()]
    assert len(pids) == 2
    assert gone(pids, 0)


@pytest.mark.promise("P25")
def test_a_bug_in_a_worker_is_an_internal_error_that_quotes_no_line(capfd):
    """The text of an unexpected error may quote a line of the log: only its kind is told, and it is not tried three times."""
    with pytest.raises(InternalError, match="KeyError") as caught:
        run(has_a_bug, (), [0, 1, 2])
    shown = capfd.readouterr()
    assert "text of line" not in f"{caught.value} {caught.value.hint} {shown.out} {shown.err}"


@pytest.mark.promise("P12")
def test_workers_end_with_a_killed_parent(tmp_path):
    (tmp_path / "pids").mkdir()
    script = "import sys, pathlib, test_pool; test_pool.run_tasks(test_pool.waits, (pathlib.Path(sys.argv[1]),), [1, 2], 2, print)"
    path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    parent = subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "pids")], env=os.environ | {"PYTHONPATH": path})
    try:
        end = time.monotonic() + 30
        while len(pids := [int(p.name) for p in (tmp_path / "pids").iterdir()]) < 2 and time.monotonic() < end:
            time.sleep(0.05)
        assert all(map(alive, pids))
        assert len(pids) == 2
    finally:
        parent.kill()
        parent.wait()
    assert gone(pids, 5)


# ---------------------------------------------------------------- a whole translation


PAGE = "https://lms.example.org/courses/course-v1:X+Y+Z/courseware/u/s/"


def log(path, lines, hour=10):
    """A file of events of a few users on one page."""
    event = {"event_source": "browser", "event_type": "seq_next", "page": PAGE}
    with path.open("w") as file:
        for n in range(lines):
            time = f"2024-03-05T{hour}:{n // 60:02}:{n % 60:02}+00:00"
            file.write(json.dumps({"username": f"learner_{n % 7}", "time": time, **event}) + "\n")
    return path


@pytest.mark.promise("P12")
@pytest.mark.parametrize("when", ["before", "behind"])
def test_a_translation_survives_a_killed_worker(tmp_path, monkeypatch, when):
    """Killed before it has written its shard, or behind that but before it could say so."""
    path = log(tmp_path / "log.json", 2000)
    options = {"key_file": tmp_path / "key", "shard_bytes": 80_000}
    translate(path, tmp_path / "whole", Options(workers=1, **options))
    monkeypatch.setattr(sys.modules["moocdb_fast.translate"], "make_scan", partial(scan_and_die, tmp_path / "died", when))
    summary = translate(path, tmp_path / "moocdb", Options(workers=2, **options))
    assert (tmp_path / "died").exists()
    assert summary.events == 2000
    for name in ("observed_events.csv", "users.csv", "urls.csv"):
        assert (tmp_path / "moocdb" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


SCRIPT = """
from moocdb_fast import Options, translate
print(translate(["a.json", "b.json"], "moocdb", Options(workers=2, key_file="key")).events)
"""


@pytest.mark.parametrize("how", ["file", "stdin"])
def test_a_script_without_a_main_guard(tmp_path, how):
    log(tmp_path / "a.json", 50)
    log(tmp_path / "b.json", 60, hour=11)
    (tmp_path / "script.py").write_text(SCRIPT)
    command = [sys.executable, "script.py" if how == "file" else "-"]
    given = SCRIPT if how == "stdin" else ""
    done = subprocess.run(command, cwd=tmp_path, input=given, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "110\n", "")
