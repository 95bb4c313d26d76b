"""Pieces of a plan, scanned in any order, twice, killed and repeated, merge into the tables of one process."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import threading
from dataclasses import fields
from pathlib import Path

import pytest

from moocdb_fast import Options
from moocdb_fast.cluster.merge import merge_shards
from moocdb_fast.cluster.piece import run_piece
from moocdb_fast.cluster.plan import ShardPlan, make_plan, weight
from moocdb_fast.errors import InputError, OutputError, UsageError
from moocdb_fast.inputs import discover, shards
from moocdb_fast.options import SCAN_FIELDS
from moocdb_fast.scan import ShardScan, scan_options

from .conftest import SHARD

COUNT = 7


@pytest.fixture
def plan(course):
    return make_plan(course.logs, COUNT, course.options())


@pytest.fixture
def scans(monkeypatch):
    """The shards that are scanned in this process."""
    scanned = []
    run = ShardScan.run

    def noting(self):
        scanned.append(self.shard.name)
        return run(self)

    monkeypatch.setattr(ShardScan, "run", noting)
    return scanned


def run_all(plan, work, indexes=None):
    for index in range(len(plan.pieces)) if indexes is None else indexes:
        run_piece(plan.piece(index), work)


def merged(course, plan, work):
    out = work.with_name("out")
    summary = merge_shards(plan, work, out, course.options(shard_bytes=Options().shard_bytes))
    course.is_whole(out)
    return summary


# ---------------------------------------------------------------- the plan


def test_a_plan_is_a_function_of_its_files_and_options(course, plan, tmp_path):
    plan.write(tmp_path / "plan.json")
    make_plan([*reversed(course.logs), course.logs[0]], COUNT, course.options(workers=3)).write(tmp_path / "again.json")
    assert (tmp_path / "plan.json").read_bytes() == (tmp_path / "again.json").read_bytes()
    read = ShardPlan.read(tmp_path / "plan.json")
    assert read == plan
    assert read.digest == plan.digest
    assert make_plan(course.logs, COUNT, course.options(keep_anonymous=True)).digest != plan.digest
    assert (course.folder / "key").read_text().strip() not in (tmp_path / "plan.json").read_text()


def test_pieces_are_balanced_and_the_whole(course, plan):
    pieces = [plan.piece(index) for index in range(COUNT)]
    dealt = sorted((s.input.number, s.start, s.end) for piece in pieces for s in piece.shards)
    assert dealt == sorted((s.input.number, s.start, s.end) for s in shards(discover(course.logs), SHARD))
    sizes = [piece.bytes for piece in pieces]
    assert max(sizes) - min(sizes) <= max(weight(shard) for piece in pieces for shard in piece.shards)


def test_more_pieces_than_shards(course, work):
    plan = make_plan(course.logs, COUNT * 10, course.options(shard_bytes=1 << 20))
    assert sum(1 for piece in plan.pieces if piece) == 2
    run_all(plan, work)
    merge_shards(plan, work, work.with_name("out"), course.options(shard_bytes=1 << 20))
    course.is_whole(work.with_name("out"))


def test_the_scan_depends_on_no_other_option():
    """What a plan holds is what shapes shards."""
    changes = {
        "courses": ("A/b/c",), "keep_anonymous": True, "keep_background": True, "payloads": True, "line_limit": 5, "shard_bytes": 5,
        "split_by_course": True, "workers": 3, "formats": ("parquet",), "overwrite": True, "append": True, "resume": True, "key_file": Path("k"),
        "spreadsheet_safe": True, "geoip": Path("g"), "keep_duplicates": True, "max_rejects": 1, "max_reject_rate": 0.5,
        "state": Path("s"), "restricted": Path("r"),
    }  # fmt: skip
    assert set(changes) == {field.name for field in fields(Options)}
    needs = {"payloads": {"restricted": Path("r")}, "state": {"append": True}}
    for name, value in changes.items():
        without = Options(**needs.get(name, {}))
        changed = Options(**needs.get(name, {}) | {name: value})
        shapes = scan_options(changed) != scan_options(without) or name == "shard_bytes"
        assert shapes == (name in SCAN_FIELDS), name


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"moocdb_fast_plan": 1}'])
def test_no_plan(tmp_path, content):
    (tmp_path / "plan.json").write_bytes(content)
    with pytest.raises(InputError, match="no plan"):
        ShardPlan.read(tmp_path / "plan.json")


def test_a_plan_without_some_lines_is_refused(plan, tmp_path):
    content = json.loads(plan.to_bytes())
    content["pieces"][2].pop()
    (tmp_path / "plan.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match="damaged"):
        ShardPlan.read(tmp_path / "plan.json")


def test_pipes_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    for name in ("-", str(tmp_path / "pipe.json")):
        with pytest.raises(UsageError, match="pipe"):
            make_plan([name], 2, Options())


def test_a_plan_replaces_no_log(plan, course):
    with pytest.raises(UsageError, match="among the logs"):
        plan.write(course.logs[0])


# ---------------------------------------------------------------- pieces


def test_any_order_and_twice(course, plan, work, scans):
    order = [*range(COUNT), 2, 5, 5]
    random.Random(1).shuffle(order)
    run_all(plan, work, order)
    assert sorted(scans) == sorted(shard.name for shard in plan.shards)
    del scans[:]
    summary = merged(course, plan, work)
    assert scans == []
    assert summary.run.resumed == len(plan.shards)
    assert stat.S_IMODE(work.stat().st_mode) == 0o700


@pytest.mark.parametrize("workers", [2, 4])
def test_worker_processes_give_the_same(course, plan, work, workers):
    """Of a run on one machine, and of a piece."""
    out = work.with_name("many")
    course.translate(os.fspath(out), workers=workers)
    course.is_whole(out)
    if workers == 2:
        for index in range(COUNT):
            run_piece(plan.piece(index), work, workers=2 if index == 3 else 1)
        merged(course, plan, work)


KILLED = """
import os, signal, sys
from pathlib import Path
from moocdb_fast.cluster.piece import run_piece
from moocdb_fast.cluster.plan import ShardPlan
plan, index, work, moment = sys.argv[1:]
done = 0
def watch(event, args):
    global done
    if event == "os.rename":
        target = os.fsdecode(args[1])
        done += target.endswith(".done")
        if moment == f"mark {done}" and target.endswith(".done") or moment == "end" and target == os.path.join(work, f"piece-{index}"):
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
run_piece(ShardPlan.read(Path(plan)).piece(int(index)), Path(work))
"""


def killed(plan, index, work, moment):
    """An attempt that kills itself as shard number n is about to be marked ("mark n"), or the piece to get its name ("end")."""
    path = work.with_name("plan.json")
    plan.write(path)
    command = [sys.executable, "-c", KILLED, str(path), str(index), str(work), moment]
    assert subprocess.run(command, timeout=60, check=False).returncode == -signal.SIGKILL


def test_killed_and_repeated(course, plan, work, scans):
    """What the killed attempt had finished is taken over, twice, and nothing is left of it."""
    assert len(plan.pieces[4]) > 3
    killed(plan, 4, work, "mark 2")
    killed(plan, 4, work, "mark 3")
    assert len(list(work.glob("piece-4.*"))) == 2
    run_piece(plan.piece(4), work)
    assert len(scans) == len(plan.pieces[4]) - 2
    assert [path.name for path in work.iterdir() if path.is_dir()] == ["piece-4"]
    run_all(plan, work)
    merged(course, plan, work)


def test_killed_before_the_last_rename(course, plan, work, scans):
    killed(plan, 0, work, "end")
    run_all(plan, work)
    assert len(scans) == len(plan.shards) - len(plan.pieces[0])
    merged(course, plan, work)


def test_two_attempts_at_once(course, plan, work, monkeypatch):
    """One waits in the middle of its scan until the other has made the piece, and is content."""
    first, second = threading.Event(), threading.Event()
    run = ShardScan.run

    def held(self):
        if threading.current_thread().name == "slow":
            first.set()
            assert second.wait(30)
        return run(self)

    monkeypatch.setattr(ShardScan, "run", held)
    outcome = []
    slow = threading.Thread(target=lambda: outcome.append(run_piece(plan.piece(1), work)), name="slow")
    slow.start()
    assert first.wait(30)
    assert run_piece(plan.piece(1), work) is True
    second.set()
    slow.join(30)
    assert outcome == [False]
    assert [path.name for path in work.iterdir() if path.is_dir()] == ["piece-1"]
    run_all(plan, work)
    merged(course, plan, work)


# ---------------------------------------------------------------- what is refused


def test_a_changed_log(course, work):
    logs = [Path(shutil.copy2(path, work.with_name(path.name))) for path in course.logs]
    plan = make_plan(logs, COUNT, course.options())
    run_piece(plan.piece(0), work)
    content = bytearray(logs[0].read_bytes())
    content[0:1] = b" "
    before = logs[0].stat()
    logs[0].write_bytes(content)
    os.utime(logs[0], ns=(before.st_atime_ns, before.st_mtime_ns))  # the same size and time: the content tells
    index = next(i for i in range(1, COUNT) if any(file.input.path == logs[0] for file in plan.piece(i).files))
    with pytest.raises(InputError, match="not the file that it was"):
        run_piece(plan.piece(index), work)
    with logs[1].open("ab") as file:
        file.write(b"\n")
    index = next(i for i in range(COUNT) if any(file.input.path == logs[1] for file in plan.piece(i).files))
    with pytest.raises(InputError, match="not the file that it was"):
        run_piece(plan.piece(index), work.with_name("other"))


def test_missing_pieces_are_named(course, plan, work):
    run_all(plan, work, [0, 1, 3, 5, 6])
    out = work.with_name("out")
    with pytest.raises(InputError, match=r"^2 of the 7 pieces are not in .*: 2, 4$"):
        merge_shards(plan, work, out, course.options())
    assert not out.exists()


def test_a_damaged_piece(course, plan, work):
    run_all(plan, work)
    victim = next((work / "piece-3").glob("*/columns"))
    victim.write_bytes(victim.read_bytes()[:-1])
    with pytest.raises(InputError, match="piece-3 is damaged"):
        merge_shards(plan, work, work.with_name("out"), course.options())


def test_pieces_of_another_plan(course, plan, work):
    run_all(plan, work, [2])
    other = make_plan(course.logs, COUNT, course.options(keep_background=True))
    with pytest.raises(OutputError, match="another plan"):
        run_piece(other.piece(2), work)


def test_options_of_the_merge(course, plan, work):
    """Those of the scan are fixed; the others are free."""
    run_all(plan, work)
    out = work.with_name("out")
    for options in ({"keep_background": True}, {"append": True}):
        with pytest.raises(UsageError):
            merge_shards(plan, work, out, course.options(**options))
    merge_shards(plan, work, out, course.options(formats=("parquet",), split_by_course=True))
    other = work.with_name("other")
    course.translate(os.fspath(other), formats=("parquet",), split_by_course=True)
    files = {path.relative_to(other): path.read_bytes() for path in other.rglob("*.parquet")}
    assert files == {path.relative_to(out): path.read_bytes() for path in out.rglob("*.parquet")}
    assert len({path.parent for path in files}) > 1


def test_payloads_are_kept_where_the_merge_says(course, work):
    plan = make_plan(course.logs, 2, course.options(payloads=True, restricted=work / "unused"))
    run_all(plan, work)
    with pytest.raises(UsageError, match="payloads"):
        merge_shards(plan, work, work.with_name("out"), course.options())
    merge_shards(plan, work, work.with_name("out"), course.options(restricted=work.with_name("private")))
    course.translate(os.fspath(work.with_name("other")), payloads=True, restricted=work.with_name("private2"))
    name = "event_payloads.parquet"
    assert (work.with_name("private") / name).read_bytes() == (work.with_name("private2") / name).read_bytes()
