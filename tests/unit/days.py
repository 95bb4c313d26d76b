"""Logs in pieces, runs over them, and what is compared of their outputs: for the tests of --append and --resume."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

from synthetic_log import Plan, lines  # noqa: E402

from moocdb_fast import Options, translate  # noqa: E402
from moocdb_fast.inputs import STATE_MARK  # noqa: E402

COURSE = "course-v1:X+Y+Z"
PAGE = f"https://lms.example.org/courses/{COURSE}/courseware/u/s{{}}/"
CHANGES = {"os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir"}
"""Audit events of a process that changes folders."""


def story(size, era="mixed", seed=11):
    """Lines of a made-up log, in the order of time."""
    return list(lines(Plan(size=size, era=era, seed=seed, users=25, courses=4, resources=60, bad_rate=0.01)))


def event(second, user="ann", day=5, **members):
    """A line; `second` of the day, which may have a fraction."""
    whole = int(second)
    time = f"2024-03-{day:02}T{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}.{round((second - whole) * 1e6):06}+00:00"
    made = {"username": user, "time": time, "event_source": "browser", "event_type": "seq_next", "page": PAGE.format(1)} | members
    return json.dumps(made).encode()


def write(path, log):
    path.write_bytes(b"".join(line + b"\n" for line in log))
    return path


def files(folder):
    """Every file of an output but summary.json, with its bytes."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != "summary.json"}


def ledger(folder):
    """The summary without what is about the run."""
    return {name: value for name, value in json.loads((folder / "summary.json").read_text()).items() if name != "run"}


def facts(folder):
    return json.loads((folder / "summary.json").read_text())["run"]


def differences(one, other):
    """Names of what two outputs do not have in common."""
    a, b = files(one), files(other)
    return sorted(name for name in a.keys() | b.keys() if a.get(name) != b.get(name)) + ["summary"] * (ledger(one) != ledger(other))


@contextmanager
def fast_folder():
    """A folder in memory where there is such a thing: these tests bring thousands of files to the disk."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        yield Path(folder)


class Runs:
    """Runs below a folder, all with one key."""

    def __init__(self, folder):
        self.folder = folder
        self.key = folder / "key"

    def options(self, **options):
        return Options(**({"key_file": self.key, "workers": 1} | options))

    def append(self, inputs, out="out", **options):
        return translate(inputs, self.folder / out, self.options(**({"append": True} | options)))

    def whole(self, inputs, out="whole", **options):
        return translate(inputs, self.folder / out, self.options(overwrite=True, **options))


def dying(moment, work):
    """Run `work` in a process of its own that is killed as it is about to make the change of folders number `moment` (0: never).

    Returns the names of what it changed, as far as it came, and whether it was killed.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            changed = []

            def watch(event, arguments):
                if event in CHANGES:
                    changed.append(Path(os.fsdecode(arguments[event in ("os.rename", "os.link")])).name)
                    if len(changed) == moment:
                        os.kill(os.getpid(), signal.SIGKILL)

            sys.addaudithook(watch)
            work()
            with os.fdopen(writer, "w") as pipe:
                json.dump(changed, pipe)
            code = 0
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, -signal.SIGKILL), status
    return json.loads(text or "[]"), status != 0


def moments(changed):
    """Numbers of the changes at which much depends, of those that follow them, and of some others."""
    great = {n for n, name in enumerate(changed, 1) if name in ("summary.json", "publishing.json") or name.endswith((".pending", ".index"))}
    return sorted(great | {n + 1 for n in great if n < len(changed)} | set(range(1, len(changed), len(changed) // 5)))


def copied(source, target):
    """A folder and the one beside it with its state, in another place."""
    for name in ("out", "out.state", "private"):
        shutil.rmtree(target / name, ignore_errors=True)
        if (source / name).exists():
            shutil.copytree(source / name, target / name)


def pieces(log, count):
    return [log[len(log) * n // count : len(log) * (n + 1) // count] for n in range(count)]


def days_of(folder, log, count, suffix=".json"):
    return [write(folder / f"day{n}{suffix}", piece) for n, piece in enumerate(pieces(log, count))]


def state_is_tidy(folder):
    """One index, and no shard that it does not name."""
    (index,) = [path for path in (folder / "out.state").iterdir() if path.is_file() and path.name != STATE_MARK]
    assert index.stem == facts(folder / "out")["state"]
    named = {name.split("/")[0] for taken in json.loads(index.read_bytes())["inputs"] for name in taken["folders"]}
    assert {path.name for path in (folder / "out.state" / "shards").iterdir()} == named
    assert not (folder / "out" / ".moocdb_fast.staging").exists()
