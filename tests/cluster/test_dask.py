"""The same over Dask: real schedulers and workers, of which some are killed."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time

import pytest
from synthetic import made
from unit.days import differences, write

from moocdb_fast import Options, plan, translate
from moocdb_fast.cli import main
from moocdb_fast.cluster.dask import DaskEngine, _result, do_stage, translate_on_dask
from moocdb_fast.errors import ClusterError, InputError
from moocdb_fast.inputs import discover, shards

from .conftest import SHARD

distributed = pytest.importorskip("distributed")
psutil = pytest.importorskip("psutil")

from moocdb_fast.cluster.backends import Backend  # noqa: E402


def workers_of(process):
    """The worker processes that distributed has started below a process: copies of the one that it has asked for them."""
    found = []
    for child in process.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # it may be one that was killed
            if child.status() != psutil.STATUS_ZOMBIE and any("forkserver" in word for word in child.parent().cmdline()):
                found.append(child)
    return found


def test_a_worker_is_killed(course, work):
    """The tables are those of one process, and the pieces are gone."""
    killed = []

    def watch(progress):
        if progress.phase == "cluster" and not killed and progress.bytes_done < progress.bytes_total / 2:
            victim = random.choice(workers_of(psutil.Process()))
            victim.send_signal(signal.SIGKILL)
            killed.append(victim)

    out = work.with_name("out")
    summary = translate_on_dask(course.logs, out, course.options(workers=2), watch)
    assert killed
    course.is_whole(out)
    assert summary.run.resumed == len(shards(discover(course.logs), SHARD))  # nothing was scanned here
    assert list(out.parent.iterdir()) == [out]


class Remote:
    """A scheduler and a worker as they run on a cluster, in processes of their own."""

    def __init__(self, folder):
        folder.mkdir()
        self._log = (folder / "dask.log").open("wb")
        self._processes = []
        file = folder / "scheduler.json"
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file), "--no-dashboard")
        deadline = time.monotonic() + 60
        while not (file.exists() and file.read_text().rstrip().endswith("}")):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        self.address = json.loads(file.read_text())["address"]
        self._start("worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--death-timeout", "10")

    def _start(self, *words):
        command = [sys.executable, "-m", "dask", *words]
        self._processes.append(subprocess.Popen(command, stdout=self._log, stderr=self._log))
        return self._processes[-1]

    def stop(self):
        for process in self._processes:
            process.kill()
            process.wait()
        self._log.close()


@pytest.fixture
def remote(work):
    started = Remote(work.with_name("remote"))
    yield started
    started.stop()


def test_the_scheduler_is_killed(course, work, remote, capsys, monkeypatch):
    """One line says so; the repeat takes what was scanned, and the tables are the same."""
    seen, remove = [], shutil.rmtree

    def watch(progress):
        seen.append(progress.bytes_done)
        remote.scheduler.kill()

    out = work.with_name("out")
    backend = Backend(scheduler=remote.address)
    with pytest.raises(ClusterError, match="the scheduler was lost") as caught:
        translate_on_dask(course.logs, out, course.options(), watch, backend=backend, work=work)
    assert "finished pieces are kept" in caught.value.hint
    assert not out.exists()
    pieces = {path: path.stat().st_ino for path in work.glob("piece-*") if "." not in path.name}
    assert pieces
    assert 0 < seen[0] < sum(path.stat().st_size for path in course.logs) * 12

    second = Remote(work.with_name("second"))
    argv = ["run", *course.logs, "--out", out, "--engine", "dask", "--scheduler", second.address, "--work", work, "--quiet"]
    argv += ["--key-file", course.folder / "key", "--shard-bytes", SHARD]
    kept = []
    monkeypatch.setattr(shutil, "rmtree", lambda path, **_: kept.append(path) if path == work else remove(path, ignore_errors=True))
    try:
        assert main([str(a) for a in argv]) == 0
    finally:
        second.stop()
    assert kept == [work]  # it would have been removed
    assert {path: path.stat().st_ino for path in pieces} == pieces
    assert capsys.readouterr() == ("", "")
    course.is_whole(out)


def test_an_error_of_a_task_is_that_of_the_run(course, work, remote):
    """A log that changes after the plan was made."""
    logs = [write(work.with_name("a.json"), course.logs[0].read_bytes().splitlines()), course.logs[1]]

    def change(progress):
        with logs[0].open("ab") as file:
            file.write(b"\n")

    with pytest.raises(InputError, match="not the file that it was") as caught:
        translate_on_dask(logs, work.with_name("out"), course.options(), change, backend=Backend(scheduler=remote.address), work=work)
    assert "finished pieces are kept" in caught.value.hint


DEADLY = """
import os, signal, sys
def die(event, arguments):
    if event == "os.mkdir" and os.path.basename(os.fsdecode(arguments[0])).startswith({name!r}):
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(die)
"""


def test_workers_die_on_one_piece_each_time(course, work, tmp_path):
    """One sentence says so. The other pieces are kept, and a repeat in which nobody dies goes on from them."""
    from moocdb_fast.cluster.plan import make_plan

    dask = pytest.importorskip("dask")
    last = make_plan(course.logs, None, course.options()).piece(0)
    deadly = tmp_path / "deadly.py"
    deadly.write_text(DEADLY.format(name=f"{last.name}."))
    out = work.with_name("out")
    with (
        dask.config.set({"distributed.worker.preload": [str(deadly)], "distributed.scheduler.allowed-failures": 2}),
        pytest.raises(ClusterError, match="workers keep dying on the same piece of work") as caught,
    ):
        translate_on_dask(course.logs, out, course.options(workers=2), work=work)
    assert "short of memory or time" in caught.value.hint
    assert "finished pieces are kept" in caught.value.hint
    assert not out.exists()
    kept = {path.name for path in work.glob("piece-*") if "." not in path.name}
    assert kept
    assert last.name not in kept
    summary = translate_on_dask(course.logs, out, course.options(workers=1), work=work)
    course.is_whole(out)
    assert summary.run.resumed == len(shards(discover(course.logs), SHARD))


def test_workers_do_the_work_behind_the_scan(course, work, monkeypatch):
    """Cutting, resolving and writing are tasks too. A worker is killed while each of them is done."""
    monkeypatch.setattr(plan, "PARTITION_ROWS", 60)
    spread, stages = DaskEngine.spread, []

    def killing(self, make, args, numbers):
        victim = random.choice(workers_of(psutil.Process()))
        timer = threading.Timer(random.uniform(0, 0.1), victim.kill)
        timer.start()
        stages.append(len(numbers))
        try:
            return spread(self, make, args, numbers)
        finally:
            timer.join()

    monkeypatch.setattr(DaskEngine, "spread", killing)
    out = work.with_name("out")
    translate_on_dask(course.logs, out, course.options(workers=2))
    assert len(stages) == 3
    assert min(stages) > 3
    course.is_whole(out)
    assert list(out.parent.iterdir()) == [out]


def test_workers_of_many_threads(work, monkeypatch, tmp_path):
    """As `dask worker` starts them: the tasks that one process does at the same time share nothing either."""
    work.mkdir()
    log = work / "log.json"
    log.write_bytes(made(8_000_000, "modern", 5))
    options = Options(key_file=tmp_path / "key", shard_bytes=500_000, workers=1)
    translate(log, work / "whole", options)
    monkeypatch.setattr(plan, "PARTITION_ROWS", 300)
    settings = {"n_workers": 1, "threads_per_worker": 4, "dashboard_address": None, "silence_logs": logging.CRITICAL}
    with distributed.LocalCluster(**settings) as cluster:
        translate_on_dask(log, work / "out", options, backend=Backend(scheduler=cluster.scheduler_address), work=work / "pieces")
    assert differences(work / "out", work / "whole") == []


def test_the_work_folder_is_for_its_owner(course, work, remote, monkeypatch):
    """Whatever the umask is: what lies there is believed."""
    modes = []

    def look(engine, *_):
        modes.extend(stat.S_IMODE(path.stat().st_mode) for path in (engine.work, work))
        raise ZeroDivisionError

    monkeypatch.setattr(DaskEngine, "spread", look)
    monkeypatch.setattr(plan, "PARTITION_ROWS", 60)
    before = os.umask(0o002)
    try:
        with pytest.raises(ZeroDivisionError):
            translate_on_dask(course.logs, work.with_name("out"), course.options(), backend=Backend(scheduler=remote.address), work=work)
    finally:
        os.umask(before)
    assert modes == [0o700, 0o700]


def test_workers_write_the_outputs_of_courses(course, work, remote):
    """A scheduler and a worker on another machine, as far as they know; each course is a task."""
    options = {"split_by_course": True, "formats": ("csv", "parquet")}
    course.translate("split", **options)
    out = work.with_name("out")
    translate_on_dask(course.logs, out, course.options(**options), backend=Backend(scheduler=remote.address), work=work)
    assert differences(out, course.folder / "split") == []


def test_a_worker_that_does_not_see_the_folder(course, work, remote):
    engine = DaskEngine(Backend(scheduler=remote.address), work)
    engine.work.mkdir(parents=True)
    hidden = engine.work / "stage-1"
    with engine, pytest.raises(ClusterError, match="a worker does not see"):
        task = engine.client.submit(do_stage, f"{hidden}-elsewhere", [0])
        _result(distributed, task)


def _fail_beside(folder):
    """A task that fails when another has begun, which leaves a file after a second."""

    def work(number, _report):
        begun = folder / "begun"
        if number:
            while not begun.exists():
                time.sleep(0.01)
            raise InputError("this one fails")
        begun.touch()
        time.sleep(1)
        (folder / "left").touch()

    return work


def test_a_failed_stage_waits_for_tasks_that_run(work, monkeypatch):
    """They would leave files behind the back of a run that is over. Those that have not begun do not."""
    with DaskEngine(Backend(workers=2), work) as engine:
        engine.work.mkdir(parents=True)
        with pytest.raises(InputError, match="this one fails"):
            engine.spread(_fail_beside, (engine.work,), [0, 1])
        assert sorted(path.name for path in engine.work.iterdir()) == ["begun", "left"]


def _tell_variable(name):
    return lambda _number, _report: os.environ.get(name)


def test_workers_have_the_environment_of_now(work, monkeypatch):
    """They come from a process that is as old as the first cluster of this one."""
    found = []
    for value in ("one", "two"):
        monkeypatch.setenv("MOOCDB_FAST_TEST", value)
        with DaskEngine(Backend(workers=1), work) as engine:
            engine.work.mkdir(parents=True)
            found += engine.spread(_tell_variable, ("MOOCDB_FAST_TEST",), [0])
    assert found == ["one", "two"]


SBATCH = """#!/bin/sh
# Stands in for SLURM's command: takes a copy of the script, which is removed as soon as this ends, and runs it at once, here.
for script; do :; done
cp "$script" "$0.$$"
nohup sh "$0.$$" >"$0.$$.log" 2>&1 &
echo $! >>"$0.jobs"
echo "Submitted batch job $!"
"""


def test_a_batch_system_starts_the_workers(course, work, monkeypatch):
    """SLURM is not here; the class of dask-jobqueue is, with a command of ours that takes its job scripts."""
    before = signal.getsignal(signal.SIGINT)
    work.mkdir()
    for name, script in (("sbatch", SBATCH), ("scancel", '#!/bin/sh\nkill "$@"\n')):
        (work / name).write_text(script)
        (work / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{work}{os.pathsep}{os.environ['PATH']}")
    config = work / "dask.toml"
    options = ("cores = 1", "processes = 1", 'memory = "1GB"', "n_workers = 2", 'interface = "lo"', f'local_directory = "{work}"')
    config.write_text("\n".join(options))
    translate_on_dask(course.logs, work / "out", course.options(), backend=Backend(cluster="slurm", config=config))
    course.is_whole(work / "out")
    assert signal.getsignal(signal.SIGINT) is before  # which dask-jobqueue takes when it is imported
    jobs = [int(line) for line in (work / "sbatch.jobs").read_text().split()]
    assert len(jobs) == 2
    deadline = time.monotonic() + 20
    while any(psutil.pid_exists(job) and psutil.Process(job).status() != psutil.STATUS_ZOMBIE for job in jobs):
        assert time.monotonic() < deadline, "the jobs were not cancelled"
        time.sleep(0.1)
