"""kill -9 at many moments: of the parent, after which the same command gives the bytes of an unbroken run, and of workers, which are replaced.

The size is that of a quick test. The full one, over a log of 200 MB:

    MOOCDB_FAST_KILLS=200 MOOCDB_FAST_KILL_MB=200 pytest tests/faults/test_kills.py -s
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from dataclasses import dataclass, field

import pytest

from faults.runs import command, fast_folder, files, ledger, left_overs, of_session, seconds_to_end, start, workers_of, write_log

KILLS = int(os.environ.get("MOOCDB_FAST_KILLS", "8"))
MEGABYTES = float(os.environ.get("MOOCDB_FAST_KILL_MB", "1"))
LIMIT = 120 + MEGABYTES  # seconds that no run may take


@dataclass
class Place:
    """A log, an unbroken run over it, and how long that took."""

    folder: object
    argv: list
    seconds: float
    whole: dict
    ledger: dict
    tally: dict = field(default_factory=lambda: dict.fromkeys(("parents", "finished", "workers", "partly published"), 0) | {"slowest end": 0.0})

    @property
    def out(self):
        return self.folder / "out"

    def clear(self):
        subprocess.run(["rm", "-rf", str(self.out)], check=True)

    def is_whole(self):
        assert files(self.out) == self.whole
        assert ledger(self.out) == self.ledger
        assert left_overs(self.out) == []

    def again(self):
        done = subprocess.run(self.argv, capture_output=True, text=True, timeout=LIMIT, check=False)
        assert done.returncode == 0, done.stderr
        self.is_whole()


@pytest.fixture(scope="module")
def place():
    with fast_folder() as folder:
        log = write_log(folder / "log.json", int(MEGABYTES * 1e6))
        pieces = int(MEGABYTES * 1e6 / 10) if MEGABYTES < 100 else 8_000_000
        options = {"workers": 2, "shard_bytes": pieces, "format": "csv,parquet", "key": folder / "key"}
        subprocess.run(command(log, out=folder / "warm", **options), check=True, timeout=LIMIT)
        began = time.monotonic()
        subprocess.run(command(log, out=folder / "whole", **options), check=True, timeout=LIMIT)
        took = time.monotonic() - began
        made = Place(folder, command(log, out=folder / "out", **options), took, files(folder / "whole"), ledger(folder / "whole"))
        yield made
        print(f"\n{KILLS} kill points over {log.stat().st_size / 1e6:.0f} MB, an unbroken run takes {took:.1f} s: {made.tally}")


def moments():
    """Shares of a run, evenly spread, each a little off: the same ones every time."""
    chance = random.Random(5)
    return [(number, (number + chance.random()) / KILLS) for number in range(KILLS)]


@pytest.mark.promise("P11", "P12")
@pytest.mark.parametrize(("number", "share"), [m for m in moments() if m[0] % 3 != 1])
def test_the_parent_is_killed(place, number, share):
    place.clear()
    process = start(place.argv)
    time.sleep(share * place.seconds)
    finished = process.poll() is not None
    process.kill()
    process.communicate(timeout=10)  # its pipes are open as long as somebody has them
    took = seconds_to_end(process.pid, 5)
    assert of_session(process.pid) == {}, "orphans live on"
    place.tally["parents"] += 1
    place.tally["slowest end"] = max(place.tally["slowest end"], took)
    there = files(place.out) if place.out.exists() else {}
    assert there == {name: place.whole.get(name) for name in there}, "a file is not whole at its final name"
    if (place.out / "summary.json").exists():  # the commit mark
        assert there == place.whole
        place.tally["finished"] += 1
        assert not finished or process.returncode == 0
        return
    place.tally["partly published"] += bool(there)
    place.again()


@pytest.mark.promise("P12")
@pytest.mark.parametrize(("number", "share"), [m for m in moments() if m[0] % 3 == 1])
def test_a_worker_is_killed(place, number, share):
    place.clear()
    process = start(place.argv)
    end = time.monotonic() + LIMIT
    while not workers_of(process.pid) and process.poll() is None and time.monotonic() < end:
        time.sleep(0.005)
    time.sleep(share * place.seconds * 0.9)
    victims = workers_of(process.pid)
    for pid in victims[number % 2 :][:1]:
        os.kill(pid, signal.SIGKILL)
        place.tally["workers"] += 1
    _, err = process.communicate(timeout=LIMIT)
    assert (process.returncode, err) == (0, "")
    assert seconds_to_end(process.pid, 5) < 5
    place.is_whole()
