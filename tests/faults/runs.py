"""The command in a process group of its own, what is left of it, and what it wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS.parent / "benchmarks"))

from synthetic_log import Plan  # noqa: E402
from synthetic_log import write as write_plan  # noqa: E402

from moocdb_fast.publish import LOCK, STAGING  # noqa: E402

PAGE = "https://lms.example.org/courses/course-v1:X+Y+Z/courseware/u/s{}/"


def event(n, users=5):
    """A line."""
    time = f"2024-03-05T{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}.{n % 1000:03}+00:00"
    made = {"username": f"learner_{n % users}", "time": time, "event_source": "browser", "event_type": "seq_next", "page": PAGE.format(n % 7)}
    return json.dumps(made) + "\n"


def events(count, **more):
    return "".join(event(n, **more) for n in range(count)).encode()


def write_log(path, size, *, users=60, bad_rate=0.01):
    """A made-up log of so many bytes."""
    with path.open("wb") as file:
        write_plan(Plan(size=size, era="mixed", seed=11, users=users, courses=3, resources=60, bad_rate=bad_rate), file)
    return path


@contextmanager
def fast_folder():
    """A folder in memory where there is such a thing."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        yield Path(folder)


def command(*inputs, out, key, **options):
    """The arguments of `run`; an option that is True has no value."""
    argv = [sys.executable, "-m", "moocdb_fast", "run", *map(str, inputs), "--out", str(out), "--key-file", str(key)]
    for name, value in ({"quiet": True} | options).items():
        argv += [f"--{name.replace('_', '-')}"] * bool(value) + [str(value)] * (value is not True and value is not False)
    return argv


def start(argv, **more):
    """The command as the leader of a session, so that all that it starts can be found."""
    return subprocess.Popen(argv, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def refusal(argv, code, **more):
    """The one sentence of a command that fails, and nothing but that."""
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False, **more)
    assert done.returncode == code, (done.returncode, done.stderr)
    assert done.stdout == ""
    assert done.stderr.startswith("moocdb_fast: "), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def of_session(session):
    """The living processes of a session, with their parents."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            state, parent, _, its_session, *_ = (path / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(its_session) == session and state not in "ZX":
            found[int(path.name)] = int(parent)
    return found


def workers_of(session):
    """The worker processes of a command: the children of its process, copies of it or new ones."""
    processes, found = of_session(session), []
    for pid, parent in processes.items():
        try:
            if parent in processes and b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
        except OSError:
            continue
    return sorted(found)


def seconds_to_end(session, most):
    """How long it takes until nothing of a session lives; `most` seconds at most."""
    began = time.monotonic()
    while of_session(session) and time.monotonic() - began < most:
        time.sleep(0.02)
    return time.monotonic() - began


def files(folder):
    """Every file of an output but summary.json, with its bytes; what is not at a final name is left out."""
    found = {}
    for path in Path(folder).rglob("*"):
        name = path.relative_to(folder)
        if path.is_file() and STAGING not in name.parts and name.name not in (LOCK, "summary.json"):
            found[str(name)] = path.read_bytes()
    return found


def ledger(folder):
    """The summary without what is about the run."""
    return {name: value for name, value in json.loads((Path(folder) / "summary.json").read_text()).items() if name != "run"}


def left_overs(folder):
    """What only a run that is at work has in its output folder."""
    return [name for name in (LOCK, STAGING) if os.path.lexists(Path(folder) / name)]
