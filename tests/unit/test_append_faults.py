"""Whatever happens to a run that appends: the output is there and its state fits, or the next run sees to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from days import Runs, copied, days_of, differences, fast_folder, files, state_is_tidy, story

import moocdb_fast
from moocdb_fast import output
from moocdb_fast.errors import InputError, InternalError, OutputError

LOG = story(200_000)


@pytest.fixture
def runs():
    with fast_folder() as folder:
        yield Runs(folder)


@pytest.fixture
def days(runs):
    return days_of(runs.folder, LOG, 3)


EVERY_MOMENT = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from days import Runs, copied, differences, dying, files, moments, state_is_tidy
base, expected, target, split, *days = sys.argv[2:]
options = {"split_by_course": split == "split", "formats": ("csv", "parquet")[: 1 + (split == "split")]}
runs = Runs(Path(target))
runs.key = Path(expected, "key")
if split == "split":
    options["restricted"] = runs.folder / "private"
append = lambda: runs.append(days[-1], **options)
copied(Path(base), runs.folder)
runs.whole(days, "warm")  # what is loaded now need not be loaded by every child
changed, _ = dying(0, append)
killed = 0
for moment in moments(changed):
    copied(Path(base), runs.folder)
    _, dead = dying(moment, append)
    killed += dead
    _, dead = dying(0, append)
    assert not dead
    assert differences(runs.folder / "out", Path(expected, "whole")) == [], moment
    if split == "split":
        assert files(runs.folder / "private") == files(Path(expected, "private_whole")), moment
    state_is_tidy(runs.folder)
print(len(changed), killed)
"""


@pytest.mark.promise("P11", "P12")
@pytest.mark.parametrize("kind", ["first", "split"])
def test_killed_at_any_change_of_a_folder(runs, kind):
    """A run that is killed as it is about to make, link, rename or remove something, and then the same command again."""
    days = days_of(runs.folder, LOG[:60] + LOG[-60:], 2)
    options = {"split_by_course": kind == "split", "formats": ("csv", "parquet")[: 1 + (kind == "split")]}
    base, target = runs.folder / "base", runs.folder / "target"
    base.mkdir(), target.mkdir()
    before = Runs(base)
    before.key = runs.key
    private = {"restricted": target / "private"} if kind == "split" else {}
    if kind == "first":
        days = days[:1]
    else:
        before.append(days[0], **options, **({"restricted": base / "private"} if private else {}))
    runs.whole(days, **options, **({"restricted": runs.folder / "private_whole"} if private else {}))
    command = [sys.executable, "-c", EVERY_MOMENT, str(Path(__file__).parent), str(base), str(runs.folder), str(target), kind, *map(str, days)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    total, killed = map(int, done.stdout.split())
    assert total > killed > 10


@pytest.mark.promise("P12")
def test_killed_at_random(runs, days):
    """The real command, with workers, killed after so many seconds."""
    runs.append(days[:2])
    runs.whole(days)
    base, place = runs.folder / "base", runs.folder / "place"
    copied(runs.folder, base), place.mkdir()
    command = [
        sys.executable,
        "-m",
        "moocdb_fast",
        "run",
        str(days[2]),
        "--out",
        str(place / "out"),
        "--append",
        "--quiet",
        "--key-file",
        str(runs.key),
    ]
    command += ["--workers", "2", "--shard-bytes", "20K"]
    began = time.monotonic()
    copied(base, place)
    subprocess.run(command, check=True, timeout=60)
    took = time.monotonic() - began
    for share in (0.6, 0.95):
        copied(base, place)
        process = subprocess.Popen(command)
        time.sleep(took * share)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=10)
        subprocess.run(command, check=True, timeout=60)
        assert differences(place / "out", runs.folder / "whole") == []
        state_is_tidy(place)


@pytest.mark.promise("P11", "P14")
@pytest.mark.parametrize("target", ["agent.csv", "users.csv", "summary.json"])
def test_a_disk_that_fails_while_files_get_their_names(runs, days, monkeypatch, target):
    """The old output is gone by then; the next append brings the new one out, whatever else it does."""
    runs.append(days[0])
    replace = os.replace

    def fail(source, to):
        if Path(to) == runs.folder / "out" / target:
            raise OSError(28, "full")
        replace(source, to)

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OutputError):
        runs.append(days[1])
    monkeypatch.undo()
    with pytest.raises(InputError):
        moocdb_fast.open(runs.folder / "out")
    assert runs.append(days[2]).run.taken == 1
    runs.whole(days)
    assert differences(runs.folder / "out", runs.folder / "whole") == []
    state_is_tidy(runs.folder)


def test_an_ordinary_run_does_not_throw_away_half_an_append(runs, days, monkeypatch):
    runs.append(days[0])
    replace = os.replace

    def fail(source, to):
        if Path(to) == runs.folder / "out" / "users.csv":
            raise OSError(28, "full")
        replace(source, to)

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OutputError):
        runs.append(days[1])
    monkeypatch.undo()
    with pytest.raises(OutputError, match="is not empty"):
        moocdb_fast.translate(days[2], runs.folder / "out", runs.options())
    runs.whole(days[:2])
    assert differences(runs.folder / "out", runs.folder / "whole") == []


def test_an_append_that_fails_leaves_everything_as_it_was(runs, days, monkeypatch):
    runs.append(days[0])
    before = files(runs.folder)
    write_tables = output.Output.write

    def fail(*args, **options):
        write_tables(*args, **options)
        raise InternalError("no")

    monkeypatch.setattr(output.Output, "write", fail)
    with pytest.raises(InternalError):
        runs.append(days[1])
    assert files(runs.folder) == before
    with pytest.raises(InternalError):
        runs.append(days[1], out="new")
    assert not (runs.folder / "new").exists()
    assert not (runs.folder / "new.state").exists()
