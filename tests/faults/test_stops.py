"""Signals: to the parent alone, and to its whole group as terminals and `timeout` send them, from the first moment to the last."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from faults.runs import command, events, fast_folder, files, left_overs, of_session, seconds_to_end, start, workers_of, write_log
from moocdb_fast import Options, translate
from moocdb_fast.interrupts import held
from moocdb_fast.publish import Staging

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(scope="module")
def place():
    with fast_folder() as folder:
        write_log(folder / "log.json", 1_000_000)
        yield folder


def argv(place):
    return command(place / "log.json", out=place / "out", key=place / "key", workers=2, shard_bytes=100_000)


def stopped(process, signum):
    """It ends in time, in one line, and leaves nothing."""
    out, err = process.communicate(timeout=15)
    assert out == ""
    assert process.returncode == 128 + signum, err
    assert err == f"moocdb_fast: stopped by {signal.Signals(signum).name}; nothing was written - run the same command again\n"
    assert seconds_to_end(process.pid, 5) < 5
    assert of_session(process.pid) == {}


@pytest.mark.promise("P13")
@pytest.mark.parametrize(("signum", "wait"), list(zip(STOPS, ("first worker", "later", "first worker"), strict=True)))
def test_a_signal_to_the_whole_group(place, signum, wait):
    """Also while the workers are being started, when they know nothing yet of how to take it."""
    process = start(argv(place))
    end = time.monotonic() + 60
    while not workers_of(process.pid) and time.monotonic() < end:
        time.sleep(0.002)
    time.sleep(random.Random(wait + str(signum)).random() * 0.3 * (wait == "later"))
    os.killpg(process.pid, signum)
    stopped(process, signum)
    assert not (place / "out").exists()


@pytest.mark.promise("P13")
def test_no_worker_ever_hears_ctrl_c(place):
    """From its first instruction: what the terminal sends to the group would end it, with a traceback, before the parent can."""
    process = start(argv(place))
    deaf = set()
    while process.poll() is None:
        for pid in workers_of(process.pid):
            try:
                masks = dict(line.split(":\t") for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("Sig"))
            except (FileNotFoundError, ProcessLookupError):
                continue
            deaf.add(bool((int(masks["SigBlk"], 16) | int(masks["SigIgn"], 16)) >> (signal.SIGINT - 1) & 1))
    assert process.communicate() == ("", "")
    assert deaf == {True}
    shutil.rmtree(place / "out")


HELD_UP = """
import os, sys, time
import moocdb_fast.publish as publish
moment = sys.argv.pop(1)
def wait_at(name):
    work = getattr(*name)
    def waiting(*args, **kwargs):
        if moment == "before":
            tell()
        result = work(*args, **kwargs)
        if moment == "behind":
            tell()
        return result
    setattr(*name, waiting)
def tell():
    print("here", flush=True)
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        time.sleep(0.01)
wait_at((sys.modules.get(sys.argv[1]) or getattr(publish, sys.argv[1]), sys.argv[2]))
del sys.argv[1:3]
from moocdb_fast.cli import main
sys.exit(main())
"""


def at(place, moment, owner, name, *more):
    """The command, held up for a second before or behind a step, when the signal comes."""
    arguments = [sys.executable, "-c", HELD_UP, moment, owner, name, *argv(place)[3:], *more]
    process = start(arguments)
    assert process.stdout.readline() == "here\n", process.communicate()
    return process


@pytest.mark.promise("P13")
@pytest.mark.parametrize(
    ("signum", "moment", "owner", "name"),
    [
        (signal.SIGINT, "before", "fcntl", "flock"),
        (signal.SIGHUP, "behind", "Staging", "_prepare"),
        (signal.SIGTERM, "before", "Staging", "publish"),
    ],
)
def test_a_signal_between_two_steps(place, signum, moment, owner, name):
    """The folder is made and locked, is prepared, all is written: nothing of it is left."""
    process = at(place, moment, owner, name)
    process.send_signal(signum)
    stopped(process, signum)
    assert not (place / "out").exists()


@pytest.mark.promise("P11", "P13")
@pytest.mark.parametrize(("moment", "name"), [("before", "_bring_out"), ("behind", "_bring_out"), ("behind", "_clean")])
def test_a_signal_while_files_get_their_names(place, moment, name):
    """Then it is too late to stop: the output is whole, and what is said is true."""
    process = at(place, moment, "Staging", name)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=15)
    assert (process.returncode, err) == (143, "moocdb_fast: stopped by SIGTERM; the output is complete\n")
    assert left_overs(place / "out") == []
    translate(place / "log.json", place / "whole", Options(workers=1, key_file=place / "key", overwrite=True))
    assert files(place / "out") == files(place / "whole")
    shutil.rmtree(place / "out")


@pytest.mark.promise("P13")
def test_a_second_signal_while_it_cleans_up_changes_nothing(place):
    process = at(place, "before", "Staging", "_clean_folders", "--max-rejects", "0")
    process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    stopped(process, signal.SIGTERM)
    assert not (place / "out").exists()


@pytest.mark.promise("P13")
def test_a_signal_that_was_held_back_comes_behind_the_block():
    steps = []
    before = signal.signal(signal.SIGTERM, lambda *_: steps.append("signal"))
    try:
        with held():
            with held():
                signal.raise_signal(signal.SIGTERM)
                signal.raise_signal(signal.SIGTERM)
                steps.append("inner")
            steps.append("outer")
        steps.append("behind")
        assert steps == ["inner", "outer", "signal", "behind"]
        with held():
            pass
        assert signal.getsignal(signal.SIGTERM) is not before
        signal.raise_signal(signal.SIGTERM)
        assert steps[-1] == "signal"
    finally:
        signal.signal(signal.SIGTERM, before)


def test_nothing_is_held_in_a_thread():
    """Handlers run in the main thread: a library that is used in another changes none."""
    seen = []

    def work():
        with held():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]


def test_ctrl_c_in_a_script_leaves_no_folder(tmp_path, monkeypatch):
    """The library, without the handlers of the command line."""
    (tmp_path / "log.json").write_bytes(events(20))
    monkeypatch.setattr(Staging, "_prepare", lambda self: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        translate(tmp_path / "log.json", tmp_path / "new" / "out", Options(workers=1, key_file=tmp_path / "key"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["key", "log.json"]
