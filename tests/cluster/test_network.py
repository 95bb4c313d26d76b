"""Machines that are network namespaces of the test's own making: one is cut off in the middle of the scan, and the tables are the same."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest

from .conftest import SHARD

pytest.importorskip("distributed")

NAMES = [f"moocdb{os.getpid()}{letter}" for letter in "sab"]
"""The scheduler (and the run), and two workers, each linked to it alone."""


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


@pytest.fixture
def machines():
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("network namespaces need root and the ip command")
    scheduler = NAMES[0]
    with ExitStack() as stack:
        for name in NAMES:
            try:
                ip("netns", "add", name)
            except subprocess.CalledProcessError as error:
                pytest.skip(f"no network namespaces here: {error.stderr.decode().strip()}")
            stack.callback(ip, "netns", "del", name)
            ip("-n", name, "link", "set", "lo", "up")
        for number, name in enumerate(NAMES[1:], 1):
            link = f"worker{number}"
            ip("-n", scheduler, "link", "add", link, "type", "veth", "peer", "name", "uplink", "netns", name)
            for where, device, address in ((scheduler, link, 1), (name, "uplink", 2)):
                ip("-n", where, "address", "add", f"10.77.{number}.{address}/24", "dev", device)
                ip("-n", where, "link", "set", "dev", device, "up")
        yield NAMES


def wait_for(what, seconds=60):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_machine_is_cut_off(course, work, machines):
    here = work.with_name("run")
    here.mkdir()
    environment = os.environ | {"DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "3s"}
    with ExitStack() as stack:

        def start(machine, log, *words):
            file = stack.enter_context((here / log).open("wb"))
            command = ["ip", "netns", "exec", machine, sys.executable, "-m", *words]
            process = subprocess.Popen(command, stdout=file, stderr=file, env=environment)
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        found = here / "scheduler.json"
        start(machines[0], "scheduler.log", "dask", "scheduler", "--host", "0.0.0.0", "--scheduler-file", str(found), "--no-dashboard")
        wait_for(lambda: found.exists() and found.read_text().rstrip().endswith("}"))  # it is there before it is whole
        port = json.loads(found.read_text())["address"].rpartition(":")[2]
        workers = []
        for number, machine in enumerate(machines[1:], 1):
            words = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--death-timeout", "60", "--name", f"worker{number}")
            workers.append(start(machine, f"worker{number}.log", "dask", "worker", f"tcp://10.77.{number}.1:{port}", *words))
        wait_for(lambda: (here / "scheduler.log").read_text().count("Register worker") == 2)
        argv = ["run", *course.logs, "--out", here / "out", "--engine", "dask", "--scheduler", f"tcp://127.0.0.1:{port}", "--work", work]
        argv += ["--key-file", course.folder / "key", "--shard-bytes", SHARD, "--quiet"]
        run = start(machines[0], "run.log", "moocdb_fast", *map(str, argv))
        wait_for(lambda: any("." not in path.name for path in work.glob("piece-*")))
        ip("-n", machines[0], "link", "set", "worker2", "down")
        assert run.poll() is None
        assert run.wait(120) == 0, (here / "run.log").read_text()
        assert workers[1].poll() is None
        told = [line for line in (here / "scheduler.log").read_text().splitlines() if "failed to heartbeat" in line]
        assert told
        assert all("10.77.2.2" in line for line in told), told
    assert (here / "run.log").read_text() == ""
    course.is_whole(here / "out")
