"""Discovery: canonical order, odd files, shards, and what is refused in one sentence."""

import bz2
import gzip
import os
import socket
import sys
import threading
from itertools import pairwise
from pathlib import Path

import pytest

from moocdb_fast.errors import InputError
from moocdb_fast.inputs import check, describe, discover, fingerprint, shards, sniff, spool

LINE = b'{"username": "learner_1", "event_type": "seq_next"}\n'


@pytest.fixture
def tree(tmp_path):
    rotated = ("tracking.log", "tracking.log-20130301.gz", "tracking.log.3", "tracking.log-2013-03-01.1.bz2")
    for name in ("b.json", "a.log.gz", "sub/c.jsonl", "sub/a.log", *rotated):
        path = tmp_path / "logs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = LINE * len(name)
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else bz2.compress(data) if name.endswith(".bz2") else data)
    for name in ("notes.txt", "x.csv", ".hidden.json", "logs.json.d", "sub/y.log.swp"):
        (tmp_path / "logs" / name).write_bytes(LINE)
    return tmp_path / "logs"


def names(inputs):
    return [item.name for item in inputs]


def test_folders_are_searched_and_ordered_by_bytes(tree):
    skipped = []
    inputs = discover([tree], skipped=skipped)
    assert names(inputs) == [
        "a.log", "b.json", "sub/a.log", "sub/c.jsonl", "tracking.log", "tracking.log-2013-03-01.1", "tracking.log-20130301", "tracking.log.3",
    ]  # fmt: skip
    assert [item.number for item in inputs] == list(range(1, 9))
    assert [item.compression for item in inputs] == ["gz", "", "", "", "", "bz2", "gz", ""]
    assert sorted(Path(path).name for path in skipped) == ["logs.json.d", "notes.txt", "x.csv", "y.log.swp"]


def test_order_of_arguments_does_not_matter(tree):
    files = [tree / "b.json", tree / "sub" / "c.jsonl", tree / "a.log.gz"]
    assert discover(files) == discover(reversed(files))
    assert names(discover(files)) == ["a.log", "b.json", "c.jsonl"]


def test_order_is_that_of_bytes_not_of_letters(tmp_path):
    for name in ("B.json", "a.json", "ä.json", "A.json", "Z.json.gz", "\U0001f600.json", "\uff5e.json"):
        (tmp_path / name).write_bytes(LINE)
    got = names(discover([tmp_path]))
    assert got == sorted(got, key=lambda n: n.encode())
    assert got[:3] == ["A.json", "B.json", "Z.json"]


def test_same_names_are_ordered_by_path(tmp_path):
    for folder in ("y", "x"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "t.log").write_bytes(LINE)
    assert [item.path.parent.name for item in discover([tmp_path / "y", tmp_path / "x"])] == ["x", "y"]


def test_patterns(tree):
    assert names(discover([f"{tree}/*.json"])) == ["b.json"]
    assert names(discover([f"{tree}/**/*.jsonl"])) == ["c.jsonl"]
    literal = tree / "we[i]rd*.json"
    literal.write_bytes(LINE)
    assert names(discover([literal])) == ["we[i]rd*.json"]
    with pytest.raises(InputError, match="no file or folder"):
        discover([f"{tree}/*.nothing"])


def test_a_file_is_read_once_however_often_it_is_named(tree):
    (tree / "zz-link.json").symlink_to(tree / "b.json")
    os.link(tree / "b.json", tree / "zz-hard.json")
    assert names(discover([tree, tree / "b.json", f"{tree}/b*"])).count("b.json") == 1
    assert not [name for name in names(discover([tree])) if name.startswith("zz")]


@pytest.mark.promise("P16")
def test_link_loops_end_and_linked_folders_are_read(tree, tmp_path):
    (tree / "sub" / "loop").symlink_to(tree)
    (tree / "also").symlink_to(tree / "sub")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "o.json").write_bytes(LINE)
    (tree / "0").symlink_to(outside)
    got = names(discover([tree]))
    assert got[0] == "0/o.json"
    assert "sub/c.jsonl" in got
    assert len(got) == 9


def test_output_folder_is_left_out(tree):
    out = tree / "moocdb"
    out.mkdir()
    (out / "rejects.jsonl").write_bytes(LINE)
    (out / "summary.json").write_bytes(LINE)
    assert not [name for name in names(discover([tree], exclude=[out])) if name.startswith("moocdb")]


@pytest.mark.promise("P16")
@pytest.mark.parametrize("name", [b"bad\xff\xfe.json", b"new\nline.json", b"-.json", b"quote'\".json", b" .json", b"esc\x1b[2J.json"])
def test_odd_names_are_read_and_printable(tmp_path, name):
    path = tmp_path / os.fsdecode(name)
    path.write_bytes(LINE)
    for item in (discover([tmp_path])[0], discover([path])[0]):
        assert os.fsencode(item.name) == name
        assert item.given.isprintable()
        assert sniff(item) == "log"


def sentence(*arguments):
    with pytest.raises(InputError) as caught:
        check(discover([str(a) for a in arguments]))
    error = caught.value
    assert error.exit_code == 3
    assert error.hint
    assert "\n" not in error.message + error.hint
    return error.message


@pytest.mark.promise("P16")
def test_what_is_refused(tmp_path):
    assert sentence(tmp_path / "none.json") == f"there is no file or folder {tmp_path}/none.json"
    assert sentence(tmp_path) == f"there are no logs in the folder {tmp_path}"
    assert sentence() == "no input was named"
    assert "empty or impossible name" in sentence("")
    (tmp_path / "loop.json").symlink_to("loop.json")
    assert sentence(tmp_path / "loop.json").endswith("loop.json is a link that leads back to itself")
    (tmp_path / "loop.json").unlink()
    (tmp_path / "gone.json").symlink_to("nowhere")
    assert sentence(tmp_path) == f"there is no file or folder {tmp_path}/gone.json"
    assert sentence("/dev/null") == "there is nothing to read: /dev/null is empty"
    assert sentence("/dev/zero") == "/dev/zero is a device or a socket, not a file"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s.json"))
        assert sentence(tmp_path / "s.json").endswith("is a device or a socket, not a file")


def test_empty_inputs(tmp_path):
    (tmp_path / "e.json").write_bytes(b"")
    (tmp_path / "blank.json").write_bytes(b"\xef\xbb\xbf \r\n\n")
    (tmp_path / "e.json.gz").write_bytes(gzip.compress(b""))
    assert sentence(tmp_path / "e.json") == f"there is nothing to read: {tmp_path}/e.json is empty"
    assert sentence(tmp_path / "e.json.gz").endswith("e.json.gz is empty")
    assert sentence(tmp_path) == "there is nothing to read: each of the 3 inputs is empty"
    (tmp_path / "log.json").write_bytes(LINE)
    check(discover([tmp_path]))


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"user_id,event\n1,play_video\n",
        b"<!DOCTYPE html><html><body>404</body></html>",
        b"PK\x03\x04" + bytes(60),
        bytes(5000),
        '{"username": 1}'.encode("utf-16"),
    ],
)
def test_files_that_are_no_logs(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    assert sentence(path) == f"{path} is no tracking log: no line of it holds a JSON object"


@pytest.mark.parametrize(
    "content",
    [
        LINE,
        b"garbage\n\xff\xfe\n{broken\n" * 20 + LINE,
        b"\xef\xbb\xbf" + LINE,
        b"Mar  5 10:15:00 web-1 tracking: " + LINE,
        b"\n" * 100_000 + LINE,
        b'{"username": "' + b"x" * 200_000,
        bytes(70_000) + LINE,
    ],
)
def test_logs_with_a_bad_beginning_pass(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    check(discover([path]))


def test_damaged_gzip_is_not_called_empty(tmp_path):
    path = tmp_path / "x.json.gz"
    path.write_bytes(gzip.compress(LINE)[:5])
    check(discover([path]))


def test_compression_is_told_by_content(tmp_path):
    (tmp_path / "plain.json.gz").write_bytes(LINE)
    (tmp_path / "packed.json").write_bytes(gzip.compress(LINE))
    (tmp_path / "broken.json.xz").write_bytes(b"\0\0\0")
    found = {item.path.name: item.compression for item in discover([tmp_path])}
    assert found == {"plain.json.gz": "", "packed.json": "gz", "broken.json.xz": "xz"}


@pytest.mark.promise("P16")
def test_unreadable_file_and_folder(tmp_path, monkeypatch):
    (tmp_path / "x.json").write_bytes(LINE)
    real = os.open

    def denied(path, *args, **kwargs):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("moocdb_fast.inputs.Path.open", lambda self, *a, **k: denied(self))
    assert sentence(tmp_path / "x.json") == f"{tmp_path}/x.json may not be read by this user"
    monkeypatch.setattr("moocdb_fast.inputs.os.scandir", denied)
    assert sentence(tmp_path) == f"{tmp_path} may not be read by this user"
    assert os.open is real


@pytest.mark.promise("P16")
def test_fifo_is_spooled(tmp_path):
    os.mkfifo(tmp_path / "pipe.log")
    (tmp_path / "work").mkdir()
    item = discover([tmp_path])[0]
    assert item.pipe
    writer = threading.Thread(target=(tmp_path / "pipe.log").write_bytes, args=(gzip.compress(LINE * 1000),))
    writer.start()
    spooled = spool(item, tmp_path / "work")
    writer.join()
    assert (spooled.name, spooled.compression, spooled.pipe) == ("pipe.log", "gz", False)
    with spooled.open_stream() as stream:
        assert b"".join(iter(lambda: stream.read(100_000), b"")) == LINE * 1000


@pytest.mark.promise("P16")
def test_stdin_is_spooled(tmp_path, monkeypatch):
    (tmp_path / "data").write_bytes(LINE)
    with (tmp_path / "data").open("rb") as file:
        monkeypatch.setattr(sys, "stdin", file)
        item = discover(["-", "-"])[0]
        spooled = spool(item, tmp_path)
    assert (spooled.name, spooled.size) == ("stdin", len(LINE))
    assert spool(spooled, tmp_path) is spooled
    with pytest.raises(InputError, match="closed"):
        spool(item, tmp_path)


def test_shards_cover_every_byte_once(tree):
    inputs = discover([tree])
    plan = shards(inputs, 100)
    assert [shard.index for shard in plan] == list(range(len(plan)))
    for item in inputs:
        own = [(shard.start, shard.end) for shard in plan if shard.input == item]
        if item.compression:
            assert own == [(0, None)]
        else:
            assert own[0][0] == 0
            assert own[-1][1] == item.size
            assert all(before[1] == after[0] for before, after in pairwise(own))


def test_an_empty_file_is_one_shard(tmp_path):
    (tmp_path / "e.json").write_bytes(b"")
    assert [(s.start, s.end) for s in shards(discover([tmp_path]), 100)] == [(0, 0)]


def test_fingerprint_tells_files_apart(tmp_path):
    data = bytearray(os.urandom(3_000_000))
    (tmp_path / "a.json").write_bytes(data)
    (tmp_path / "b.json").write_bytes(data)
    data[-1] ^= 1
    (tmp_path / "c.json").write_bytes(data)
    (tmp_path / "d.json").write_bytes(b"")
    a, b, c, d = (fingerprint(item) for item in discover([tmp_path]))
    assert a == b
    assert len({a, c, d}) == 3


def test_describe(tree):
    plan = describe([tree], 100)
    assert len(plan.inputs) == 8
    assert plan.bytes == sum(item.size for item in plan.inputs)
    assert plan.unpacked > plan.bytes
    assert len(plan.skipped) == 4
