"""A merge in parts: in any order, twice, killed, by processes."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading

import pytest
from unit.days import differences, files

from moocdb_fast import plan as plans
from moocdb_fast.cli import main
from moocdb_fast.cluster.merge import merge_shards
from moocdb_fast.cluster.part import run_part
from moocdb_fast.cluster.piece import run_piece
from moocdb_fast.cluster.plan import make_plan
from moocdb_fast.errors import InputError, OutputError, UsageError


@pytest.fixture
def small(monkeypatch):
    """Partitions of few rows."""
    monkeypatch.setattr(plans, "PARTITION_ROWS", 60)


@pytest.fixture
def scanned(course, work):
    """A plan whose pieces are there."""
    plan = make_plan(course.logs, 3, course.options())
    for index in range(3):
        run_piece(plan.piece(index), work)
    return plan


@pytest.mark.parametrize(
    ("parts", "options"), [(1, {}), (4, {}), (200, {}), (3, {"split_by_course": True}), (3, {"keep_duplicates": True, "formats": ("parquet",)})]
)
def test_parts_make_the_tables_of_one_run(course, work, small, scanned, parts, options):
    """In any order, some twice; also more parts than there are partitions."""
    order = [*range(parts), *range(min(2, parts))]
    random.shuffle(order)
    done = [run_part(scanned, work, part, parts, course.options(**options)) for part in order]
    assert sum(done) == parts
    merge_shards(scanned, work, work.with_name("out"), course.options(**options), parts=parts)
    course.translate(work.with_name("whole"), **options)
    assert differences(work.with_name("out"), work.with_name("whole")) == []
    assert not [path for path in work.iterdir() if path.name.startswith("part-") and "." in path.name]


def test_payloads_and_identities(course, work, tmp_path):
    options = course.options(payloads=True, restricted=tmp_path / "private")
    plan = make_plan(course.logs, 1, options)
    run_piece(plan.piece(0), work)
    for part in range(2):
        run_part(plan, work, part, 2, course.options())
    merge_shards(plan, work, work.with_name("out"), options, parts=2)
    course.translate("payloads", payloads=True, restricted=tmp_path / "other")
    assert differences(work.with_name("out"), course.folder / "payloads") == []
    assert files(tmp_path / "private") == files(tmp_path / "other")
    assert len(files(tmp_path / "private")) == 3


def test_a_part_that_is_killed_is_made_again(course, work, scanned, tmp_path):
    """Nothing of it is taken for the part, and nothing of it stays in the way."""
    scanned.write(tmp_path / "plan.json")
    argv = [sys.executable, "-m", "moocdb_fast", "shard", "merge", tmp_path / "plan.json", "--work", work, "--part", "0/2", "--quiet"]
    for delay in (0.2, 0.3, 0.4, 0.5):
        process = subprocess.Popen([str(a) for a in argv])
        timer = threading.Timer(delay, process.send_signal, [signal.SIGKILL])
        timer.start()
        assert process.wait() in (0, -signal.SIGKILL)
        timer.join()
    assert subprocess.run([str(a) for a in argv], check=False).returncode == 0
    run_part(scanned, work, 1, 2, course.options())
    merge_shards(scanned, work, work.with_name("out"), course.options(), parts=2)
    course.is_whole(work.with_name("out"))


def test_what_is_missing_or_of_another_kind(course, work, scanned):
    run_part(scanned, work, 0, 3, course.options())
    with pytest.raises(InputError, match=r"2 of the 3 parts are not in .*: 1, 2") as caught:
        merge_shards(scanned, work, work.with_name("out"), course.options(), parts=3)
    assert "--part J/3" in caught.value.hint
    with pytest.raises(OutputError, match="was made of another plan, with other options") as caught:
        run_part(scanned, work, 0, 3, course.options(keep_duplicates=True))
    assert "remove it" in caught.value.hint
    with pytest.raises(UsageError, match="--part cannot be 3/3"):
        run_part(scanned, work, 3, 3, course.options())
    assert not work.with_name("out").exists()


WRONG = [
    (["--part", "x"], "--part cannot be"),
    (["--part", "0/2", "--out", "o"], "--out is of no use"),
    (["--part", "0/2", "--format", "parquet"], "--format is of no use"),
    (["--part", "2/2"], "--part cannot be 2/2"),
    (["--parts", "2"], "where should the tables go"),
    (["--out", "o", "--parts", "-1"], "--parts cannot be -1"),
]


@pytest.mark.parametrize(("words", "message"), WRONG, ids=[" ".join(words) for words, _ in WRONG])
def test_words_that_make_no_sense(course, work, scanned, tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    scanned.write(tmp_path / "plan.json")
    assert main(["shard", "merge", "plan.json", "--work", str(work), *words]) == 2
    out, said = capsys.readouterr()
    assert (out, message in said) == ("", True), said


def test_the_command(course, work, scanned, tmp_path, capsys):
    """As a batch system calls it; a part that is there answers at once."""
    scanned.write(tmp_path / "plan.json")
    argv = ["shard", "merge", str(tmp_path / "plan.json"), "--work", str(work)]
    for said in ("resolved", "was resolved already"):
        assert main([*argv, "--part", "0/1", "--workers", "2"]) == 0
        assert f"part 0 of 1: {said}" in capsys.readouterr().err
    assert main([*argv, "--out", str(work.with_name("out")), "--parts", "1", "--key-file", str(course.folder / "key"), "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")
    course.is_whole(work.with_name("out"))
