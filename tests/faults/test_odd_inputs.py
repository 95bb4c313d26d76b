"""Inputs that change while they are read, cannot be read, or are no ordinary files: read, or refused in one line."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from faults.runs import command, events, files, refusal
from moocdb_fast import Options, translate
from moocdb_fast.errors import InputError
from moocdb_fast.inputs import discover

translation = sys.modules["moocdb_fast.translate"]  # the package's own `translate` is the function


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*inputs, out="out", **options):
    return translate(inputs, out, Options(**({"workers": 1, "key_file": Path("key"), "shard_bytes": 65536} | options)))


def at_the_scan(monkeypatch, change):
    """Change something when the inputs have been found and looked at, and the scan begins."""
    scan = translation._scan

    def changing(*args):
        change()
        scan(*args)

    monkeypatch.setattr(translation, "_scan", changing)


# ---------------------------------------------------------------- files that change


@pytest.mark.promise("P16")
def test_a_file_that_grows_is_read_to_its_size_at_the_start(place, monkeypatch):
    path = place / "log.json"
    path.write_bytes(events(2000))
    run(path, out="whole")

    def grow():
        with path.open("ab") as file:
            file.write(events(2500)[len(events(2000)) :])

    at_the_scan(monkeypatch, grow)
    summary = run(path)
    assert (summary.events, summary.damaged) == (2000, [])
    assert files("out") == files("whole")


@pytest.mark.promise("P7", "P1")
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_file_that_shrinks_is_damaged(place, monkeypatch, packed):
    """What was read is kept and counted, and the summary names the file."""
    content = gzip.compress(events(1000)) + gzip.compress(events(2000)) if packed else events(2000)
    left = len(gzip.compress(events(1000))) if packed else len(events(1000))
    path = place / "log.json"
    path.write_bytes(content)
    at_the_scan(monkeypatch, lambda: os.truncate(path, left))
    summary = run(path)
    assert summary.events == 1000
    assert "became shorter while it was read" in summary.damaged[0].damage
    assert f"{left} of {len(content)} bytes" in summary.damaged[0].damage
    written = json.loads((place / "out" / "summary.json").read_text())
    assert written["lines_read"] == written["events"] + written["filtered"] + written["rejected"] == 1000


@pytest.mark.promise("P7")
@pytest.mark.parametrize("left", [0, 100_000, 65536, 65536 * 2 - 1])
def test_wherever_it_was_cut_the_place_is_named(place, monkeypatch, left):
    path = place / "log.json"
    other = place / "other.json"
    path.write_bytes(events(2000))
    other.write_bytes(events(5))
    at_the_scan(monkeypatch, lambda: os.truncate(path, left))
    (damaged,) = run(path, other).damaged
    assert damaged.damage == f"became shorter while it was read: {left} of {len(events(2000))} bytes are left"


@pytest.mark.promise("P7", "P16")
@pytest.mark.parametrize("how", ["vanishes", "is replaced"])
def test_a_file_that_another_takes_the_name_of(place, monkeypatch, how):
    """Rotation in the middle of a run: half of one file and half of another would be taken for one whole log."""
    path = place / "log.json"
    path.write_bytes(events(2000))
    os.utime(path, (0, 0))

    def rotate():
        path.rename(place / "log.json.1")
        if how == "is replaced":
            path.write_bytes(events(4000))

    at_the_scan(monkeypatch, rotate)
    with pytest.raises(InputError, match="was replaced by another file" if how == "is replaced" else "there is no file") as caught:
        run(path)
    assert "log.json" in caught.value.message
    assert not (place / "out").exists()


@pytest.mark.promise("P16")
def test_a_worker_says_the_same(place, monkeypatch):
    path = place / "log.json"
    path.write_bytes(events(2000))
    at_the_scan(monkeypatch, path.unlink)
    with pytest.raises(InputError, match="there is no file or folder"):
        run(path, workers=2)
    assert not (place / "out").exists()


# ---------------------------------------------------------------- links and folders


@pytest.mark.promise("P16")
@pytest.mark.parametrize("name", ["loop.json", "loop", "loop.gz"])
def test_a_link_to_itself_in_a_folder(place, name):
    """What is named like a log is refused, in one line; another is passed over."""
    (place / "logs").mkdir()
    (place / "logs" / name).symlink_to(name)
    (place / "logs" / "log.json").write_bytes(events(3))
    if name == "loop.json":
        assert "loop.json is a link that leads back to itself" in refusal(command("logs", out="out", key="key"), 3)
    else:
        skipped = []
        assert [item.name for item in discover(["logs"], skipped=skipped)] == ["log.json"]
        assert skipped == [f"logs/{name}"]


@pytest.mark.promise("P16")
def test_a_folder_that_vanishes_while_it_is_searched(place, monkeypatch):
    from moocdb_fast import inputs

    (place / "logs" / "sub").mkdir(parents=True)
    (place / "logs" / "log.json").write_bytes(events(3))
    entries = inputs._entries

    def vanishing(folder):
        found = entries(folder)
        if (place / "logs" / "sub").exists():
            (place / "logs" / "sub").rmdir()
        return found

    monkeypatch.setattr(inputs, "_entries", vanishing)
    with pytest.raises(InputError, match=r"there is no file or folder logs/sub|no file"):
        discover(["logs"])


# ---------------------------------------------------------------- pipes


@pytest.mark.promise("P16")
def test_standard_input_that_is_closed(place):
    argv = " ".join(command("-", out="out", key="key"))
    said = refusal(["bash", "-c", f"exec {argv} <&-"], 3)
    assert "cannot read" in said
    assert "it is closed" in said


@pytest.mark.promise("P8", "P16")
@pytest.mark.parametrize("content", [events(50), gzip.compress(events(50)), gzip.compress(events(20)) + gzip.compress(events(50)[len(events(20)) :])])
def test_a_pipe_gives_the_tables_of_the_file(place, content):
    (place / "log.json").write_bytes(events(50))
    run("log.json", out="whole")
    os.mkfifo("fifo")
    writer = threading.Thread(target=lambda: Path("fifo").write_bytes(content))
    writer.start()
    run("fifo")
    writer.join()
    assert files("out") == files("whole")
    argv = command("/dev/stdin", out="out2", key="key")
    done = subprocess.run(argv, input=content, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert files("out2") == files("whole")


@pytest.mark.promise("P7")
def test_a_pipe_whose_writer_is_killed_in_a_compressed_stream(place):
    argv = command("-", out="out", key="key")
    done = subprocess.run(argv, input=gzip.compress(events(3000))[:-3000], capture_output=True, check=False)
    assert done.returncode == 5
    assert b"the gzip data breaks off" in done.stderr


@pytest.mark.promise("P16")
def test_a_pipe_without_data_and_the_null_device(place):
    assert "there is nothing to read" in refusal(command("-", out="out", key="key"), 3, stdin=subprocess.DEVNULL)
    assert "there is nothing to read" in refusal(command("/dev/null", out="out", key="key"), 3)
    assert not (place / "out").exists()


# ---------------------------------------------------------------- names


@pytest.mark.promise("P16", "P25")
@pytest.mark.parametrize("name", [b"--out.json", b"new\nline.json", b"bad\xff\xfe.json", b"%s{0}$HOME`x`\x1b[2J.json"])
def test_odd_names_are_read_and_told_in_one_line(place, name):
    path = place / os.fsdecode(name)
    path.write_bytes(gzip.compress(events(500))[:-30])
    said = refusal(command(path, out="out", key="key"), 5)
    assert said[:-1].isprintable()
    summary = json.loads((place / "out" / "summary.json").read_text())
    assert 0 < summary["events"] <= 500
