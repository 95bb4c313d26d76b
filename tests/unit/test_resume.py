"""--resume goes on from what an interrupted run had scanned, and gives the bytes of an unbroken run."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from days import Runs, differences, facts, fast_folder, files, story, write

import moocdb_fast
from moocdb_fast import resume, translate
from moocdb_fast.errors import OutputError, TooManyRejects, UsageError
from moocdb_fast.publish import STAGING
from moocdb_fast.resume import DONE
from moocdb_fast.scan import ShardScan

LOG = story(200_000)
KIB = 1024


@pytest.fixture
def runs():
    with fast_folder() as folder:
        yield Runs(folder)


@pytest.fixture
def log(runs):
    """A log of some ten shards, another beside it, and what an unbroken run makes of them."""
    paths = [write(runs.folder / "a.json", LOG[:-40]), write(runs.folder / "b.json", LOG[-40:])]
    runs.whole(paths, shard_bytes=20 * KIB)
    return paths


KILLED = """
import os, signal, sys
from days import Runs
from pathlib import Path
folder, moment, append, resume, *inputs = sys.argv[1:]
done = 0
def watch(event, args):
    global done
    if event != "os.rename":
        return
    done += str(args[1]).endswith(".done")
    if moment == f"scan {done}" or str(args[1]) == os.path.join(folder, "out", moment):
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
runs = Runs(Path(folder))
options = {"shard_bytes": 20480, "resume": resume == "resume"}
runs.append(inputs, **options) if append == "append" else runs.whole(inputs, "out", **options)
"""


def killed(runs, inputs, moment, *, append=False, resume=False):
    """A run that kills itself as shard number n is about to be marked as done ("scan n"), or a file to get its final name."""
    how = ["append" if append else "", "resume" if resume else ""]
    command = [sys.executable, "-c", KILLED, str(runs.folder), moment, *how, *map(str, inputs)]
    path = os.pathsep.join((str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")))
    assert subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, timeout=60, check=False).returncode == -signal.SIGKILL


def marks(runs):
    return sorted((runs.folder / "out" / STAGING).rglob(f"*{DONE}"))


@pytest.fixture
def scans(monkeypatch):
    """The shards that are scanned in this process."""
    scanned = []
    run = ShardScan.run

    def noting(self):
        scanned.append((self.shard.input.name, self.shard.start))
        return run(self)

    monkeypatch.setattr(ShardScan, "run", noting)
    return scanned


def is_whole(runs):
    assert differences(runs.folder / "out", runs.folder / "whole") == []
    assert not (runs.folder / "out" / STAGING).exists()


# ---------------------------------------------------------------- kill -9


@pytest.mark.promise("P12")
@pytest.mark.parametrize("resumed", [True, False], ids=["resume", "plain"])
@pytest.mark.parametrize("append", [False, True], ids=["run", "append"])
def test_killed_while_it_scans(runs, log, scans, append, resumed):
    """Also of a run that knew nothing of --resume: what it had scanned is not scanned again."""
    killed(runs, log, "scan 5", append=append, resume=resumed)
    assert len(marks(runs)) == 4
    again = runs.append if append else lambda *a, **k: runs.whole(*a, "out", **k)
    summary = again(log, shard_bytes=20 * KIB, resume=True)
    assert (summary.run.resumed, summary.run.restarted) == (4, False)
    assert len(scans) == summary.run.shards - 4
    assert len(set(scans)) == len(scans)
    is_whole(runs)


@pytest.mark.promise("P12")
@pytest.mark.parametrize("moment", ["users.csv", "summary.json"])
def test_killed_while_files_get_their_names(runs, log, scans, moment):
    """Everything was scanned."""
    killed(runs, log, moment, resume=True)
    summary = runs.whole(log, "out", shard_bytes=20 * KIB, resume=True)
    assert summary.run.resumed == summary.run.shards
    assert scans == []
    is_whole(runs)


def test_killed_twice(runs, log, scans):
    killed(runs, log, "scan 3", resume=True)
    killed(runs, log, "scan 4", resume=True)
    assert len(marks(runs)) == 5
    assert runs.whole(log, "out", shard_bytes=20 * KIB, resume=True).run.resumed == 5
    is_whole(runs)


def test_a_compressed_log_in_windows(runs, log, scans):
    """One task that leaves many shard folders: whole or not at all."""
    import gzip

    packed = runs.folder / "a.json.gz"
    packed.write_bytes(gzip.compress(b"".join(line + b"\n" for line in LOG * 40)))
    killed(runs, [packed, log[1]], "scan 2", resume=True)
    (mark,) = marks(runs)
    assert len(list(mark.parent.glob("000001-*-*"))) > 5
    assert runs.whole([packed, log[1]], "out", shard_bytes=20 * KIB, resume=True).run.resumed == 1
    is_whole_of(runs, [packed, log[1]])


def is_whole_of(runs, inputs, **options):
    runs.whole(inputs, **options)
    is_whole(runs)


def test_a_day_that_is_appended(runs, log, scans):
    runs.append(log[:1])
    killed(runs, log[1:], "scan 1", append=True, resume=True)
    killed(runs, log[1:], "scan 2", append=True, resume=True)
    scans.clear()
    summary = runs.append(log[1:], shard_bytes=20 * KIB, resume=True)
    assert summary.run.resumed == 1
    assert {name for name, _ in scans} == {"b.json"}
    is_whole(runs)


# ---------------------------------------------------------------- what is not gone on with


def test_without_the_option_a_dead_run_is_cleared_away(runs, log, scans):
    killed(runs, log, "scan 5", resume=True)
    summary = runs.whole(log, "out", shard_bytes=20 * KIB)
    assert summary.run.resumed == 0
    assert len(scans) == summary.run.shards
    is_whole(runs)


def longer(log):
    with log[0].open("ab") as file:
        file.write(LOG[0] + b"\n")
    return log, {}


def touched(log):
    os.utime(log[0])
    return log, {}


CHANGES = {
    "longer": longer,
    "touched": touched,
    "fewer": lambda log: (log[:1], {}),
    "options": lambda log: (log, {"keep_background": True}),
    "shards": lambda log: (log, {"shard_bytes": 30 * KIB}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_other_inputs_or_options(runs, log, scans, change):
    killed(runs, log, "scan 5", resume=True)
    inputs, options = CHANGES[change](log)
    options = {"shard_bytes": 20 * KIB} | options
    summary = runs.whole(inputs, "out", resume=True, **options)
    assert (summary.run.resumed, summary.run.restarted) == (0, True)
    is_whole_of(runs, inputs, **options)


def test_options_that_shape_no_shard_may_change(runs, log, scans):
    killed(runs, log, "scan 5", resume=True)
    assert runs.whole(log, "out", shard_bytes=20 * KIB, resume=True, formats=("parquet",)).run.resumed == 4
    is_whole_of(runs, log, formats=("parquet",))


def test_shards_that_are_not_whole_are_scanned_again(runs, log, scans):
    killed(runs, log, "scan 5", resume=True)
    first, second, third, _ = (mark.parent / f"{mark.stem}-000000" for mark in marks(runs))
    (first / "columns").write_bytes((first / "columns").read_bytes()[:-10])
    (second / "shard.json").unlink()
    shutil.rmtree(third)
    marks(runs)[3].write_text("{")
    (first.parent / "000001-0000000000000000-000000.4711").mkdir()  # of a worker that was killed
    summary = runs.whole(log, "out", shard_bytes=20 * KIB, resume=True)
    assert summary.run.resumed == 0
    is_whole(runs)


def test_after_the_machine_was_restarted(runs, log, scans, monkeypatch):
    """Only a run with --resume brings what it scanned to the disk at once."""
    monkeypatch.setattr(resume, "_boot", lambda: "another")
    killed(runs, log, "scan 5")
    assert runs.whole(log, "out", shard_bytes=20 * KIB, resume=True).run.resumed == 0
    killed(runs, log, "scan 5", resume=True)
    assert runs.whole(log, "out", shard_bytes=20 * KIB, resume=True).run.resumed == 4


def test_pipes_cannot_be_read_again(runs):
    fifo = runs.folder / "fifo"
    os.mkfifo(fifo)
    for source in ("-", fifo):
        with pytest.raises(UsageError, match="only be resumed when it reads files"):
            translate(source, runs.folder / "out", runs.options(resume=True))


def test_a_finished_output_is_no_interrupted_run(runs, log):
    with pytest.raises(OutputError, match="is not empty"):
        translate(log, runs.folder / "whole", runs.options(resume=True))


# ---------------------------------------------------------------- errors and signals


def test_a_run_that_fails_says_how_to_go_on(runs, log, scans):
    with pytest.raises(TooManyRejects) as caught:
        runs.whole(log, "out", shard_bytes=20 * KIB, resume=True, max_rejects=0)
    assert "what was scanned is kept for --resume" in caught.value.hint
    assert {path.name for path in (runs.folder / "out").iterdir()} == {STAGING}
    scans.clear()
    summary = translate(log, runs.folder / "out", runs.options(resume=True, shard_bytes=20 * KIB))
    assert summary.run.resumed == summary.run.shards
    assert scans == []
    is_whole(runs)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_the_command_stopped_and_run_again(runs, signum):
    log = write(runs.folder / "log.json", LOG * 30)
    runs.whole(log)
    command = [sys.executable, "-m", "moocdb_fast", "run", str(log), "--out", str(runs.folder / "out"), "--resume", "--key-file", str(runs.key)]
    command += ["--workers", "2", "--shard-bytes", "40K"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while len(marks(runs)) < 3:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signum)
    err = process.communicate(timeout=15)[1].splitlines()[-1]
    assert process.returncode == 128 + signum
    assert err.endswith("nothing was written - run the same command again; what was scanned is kept for --resume")
    assert not (runs.folder / "out" / "summary.json").exists()
    kept = len(marks(runs))
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0
    assert facts(runs.folder / "out")["resumed"] == kept >= 3
    assert f"resumed: {kept} of the pieces of work" in done.stderr
    is_whole(runs)
    assert moocdb_fast.open(runs.folder / "out").table("users").num_rows > 0
    assert files(runs.folder / "out")
