"""Logs in an object store become the bytes that the same logs become on this machine."""

from __future__ import annotations

import gzip

import pytest
from unit.days import differences, facts, pieces, story, write

from moocdb_fast import translate
from moocdb_fast.cli import main
from moocdb_fast.cluster.afar import run_piece_afar
from moocdb_fast.cluster.merge import merge_shards
from moocdb_fast.cluster.piece import run_piece
from moocdb_fast.cluster.plan import ShardPlan, make_plan
from moocdb_fast.errors import InputError, OutputError, UsageError
from moocdb_fast.explain import explain
from moocdb_fast.inputs import discover
from moocdb_fast.remote import place_of

from .conftest import SHARD, no_secret_below

PLACES = [
    ("logs/",),
    ("logs",),
    ("logs/*.json",),
    ("logs/**/*.gz", "logs/2024/c.log"),
    ("logs/20?4", "logs/[ad].json"),
    ("logs/2024/b.json.gz",),
]


@pytest.mark.promise("P8", "P10")
@pytest.mark.parametrize("names", PLACES)
@pytest.mark.parametrize("workers", [1, 2])
def test_the_same_bytes(store, logs, runs, names, workers):
    """A folder, patterns and single objects, plain and compressed, in shards that are smaller than an object."""
    options = {"workers": workers, "shard_bytes": SHARD}
    translate([logs.parent / name for name in names], runs.folder / "here", runs.options(**options))
    translate([store.uri(f"course/{name}") for name in names], runs.folder / "there", runs.options(**options))
    assert differences(runs.folder / "there", runs.folder / "here") == []
    assert no_secret_below(runs.folder / "there")


def test_a_store_that_the_environment_names(store, logs, runs, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{store.port}")
    translate("s3://course/logs/", runs.folder / "there", runs.options())
    translate(logs, runs.folder / "here", runs.options())
    assert differences(runs.folder / "there", runs.folder / "here") == []


def test_names_order_and_what_is_passed_over(store, logs):
    skipped = []
    found = discover([store.uri("course/logs/"), store.uri("course/logs/a.json")], skipped=skipped)
    assert [(i.name, i.number, i.size, i.compression) for i in found] == [(i.name, i.number, i.size, i.compression) for i in discover([logs])]
    assert skipped == ["s3://course/logs/notes.txt"]
    assert found[0].given == "s3://course/logs/2024/b.json.gz"


def test_an_output_and_a_state_are_no_logs(store, logs):
    """What lies there of an earlier run is not read as a log."""
    for name in ("x.json", "done/summary.json", "kept/.moocdb_fast.state", "kept/shards/y.json"):
        store.put(f"course/mixed/{name}", b'{"event_type": "x"}\n')
    found = discover([store.uri("course/mixed/")], exclude=[place_of(store.uri("course/mixed/done"))])
    assert [item.name for item in found] == ["x.json"]


def test_only_the_range_of_a_shard_is_read(store, wire, runs):
    """A large object is not fetched once per shard: what comes over the wire is its size, and samples."""
    lines = story(6_000_000)
    path = write(runs.folder / "large.json", lines)
    store.put("course/large/large.json", path.read_bytes())
    shard = 1 << 20
    translate(path, runs.folder / "here", runs.options(shard_bytes=shard))
    translate(store.uri("course/large/large.json", wire.port), runs.folder / "there", runs.options(shard_bytes=shard))
    assert differences(runs.folder / "there", runs.folder / "here") == []
    size = path.stat().st_size
    samples = 20 * 64 * 1024  # its beginning, its fingerprint
    tails = 2 * (size // shard + 1) * 64 * 1024  # behind a shard, to the end of its last line
    assert size < wire.received < size + samples + tails


def test_a_file_uri_is_a_path(logs, runs):
    odd = runs.folder / "odd name%.json"
    odd.write_bytes((logs / "a.json").read_bytes())
    translate(odd, runs.folder / "here", runs.options())
    translate(odd.as_uri(), runs.folder / "there", runs.options())
    translate([str(odd)], (runs.folder / "by uri").as_uri(), runs.options())
    assert differences(runs.folder / "there", runs.folder / "here") == []
    assert differences(runs.folder / "by uri", runs.folder / "here") == []
    assert [i.name for i in discover([f"{logs.as_uri()}/*.json"])] == ["a.json", "d.json", "empty.json"]


def test_damage_is_in_the_ledger(store, logs, runs):
    content = (logs / "2024" / "b.json.gz").read_bytes()
    for name, data in (("cut.json.gz", content[: len(content) // 2]), ("bad.json.gz", content[:-100] + bytes(100))):
        store.put(f"course/damaged/{name}", data)
        (runs.folder / "logs").mkdir(exist_ok=True)
        (runs.folder / "logs" / name).write_bytes(data)
    translate(runs.folder / "logs", runs.folder / "here", runs.options())
    summary = translate(store.uri("course/damaged/"), runs.folder / "there", runs.options())
    assert len(summary.damaged) == 2
    assert differences(runs.folder / "there", runs.folder / "here") == []


def test_days_are_appended(store, runs):
    days = pieces(story(60_000), 2)
    for n, lines in enumerate(days):
        store.put(f"course/days/day{n}.json", b"".join(line + b"\n" for line in lines))
    runs.append(store.uri("course/days/day0.json"))
    runs.append(store.uri("course/days/"))
    assert facts(runs.folder / "out")["skipped"] == ["s3://course/days/day0.json"]
    runs.append(store.uri("course/days/"))
    runs.whole(store.uri("course/days/"))
    assert differences(runs.folder / "out", runs.folder / "whole") == []


def test_events_are_explained(store, logs):
    here, there = (explain(place) for place in (logs, store.uri("course/logs/")))
    assert (there.lines, [first.type for first in there.firsts]) == (here.lines, [first.type for first in here.firsts])


# ---------------------------------------------------------------- faults


def large(store, name="course/lost/log.json", size=400_000):
    lines = story(size)
    store.put(name, b"".join(line + b"\n" for line in lines))
    return lines


@pytest.mark.promise("P12")
def test_a_server_that_is_lost_and_a_run_that_is_resumed(store, wire, runs, fails):
    """No part of an object is taken for the whole. What was scanned by then is kept."""
    large(store)
    store.put("course/lost/notes.txt", b"")
    before = 2 + 16 + 1  # what is read of an object before its scan
    wire.cut("GET", "log.json", before + 6)
    out = runs.folder / "out"
    argv = ["--out", out, "--shard-bytes", SHARD, "--workers", 1, "--resume"]
    error = fails(3, "run", store.uri("course/lost/log.json", wire.port), *argv)
    assert "s3://course/lost/log.json: the store does not answer" in error
    assert "kept for --resume" in error
    assert not (out / "summary.json").exists()
    summary = translate(store.uri("course/lost/log.json"), out, runs.options(shard_bytes=SHARD, resume=True))
    assert summary.run.resumed > 0
    translate(store.uri("course/lost/log.json"), runs.folder / "whole", runs.options(shard_bytes=SHARD))
    assert differences(out, runs.folder / "whole") == []


@pytest.mark.promise("P7")
@pytest.mark.parametrize("change", ["replaced", "cut", "removed"])
@pytest.mark.parametrize("workers", [1, 2])
def test_an_object_that_changes_while_it_is_read(store, runs, change, workers):
    lines = large(store, "course/changing/log.json")
    done = []

    def watch(progress):
        if done:
            return
        done.append(progress)
        if change == "removed":
            store.files.delete_file("course/changing/log.json")
        else:
            kept = lines[: len(lines) // 3] if change == "cut" else [*lines[1:], lines[0]]
            store.put("course/changing/log.json", b"".join(line + b"\n" for line in kept))

    out = runs.folder / "out"
    with pytest.raises(InputError, match="there is no (such )?object" if change == "removed" else "was replaced by another object"):
        translate(store.uri("course/changing/log.json"), out, runs.options(shard_bytes=SHARD, workers=workers), watch)
    assert not out.exists()


def test_one_compressed_object_that_changes_between_two_reads(store, logs, runs, monkeypatch):
    """Also within a shard: each block is known to be of the object that was found."""
    monkeypatch.setattr("moocdb_fast.remote._BLOCK", 1024)
    content = (logs / "2024" / "b.json.gz").read_bytes()
    store.put("course/changing/log.json.gz", content)
    item = discover([store.uri("course/changing/log.json.gz")])[0]
    with item.open_stream() as stream:
        assert stream.read(10)
        store.put("course/changing/log.json.gz", gzip.compress(b"{}" * 1000))
        with pytest.raises(InputError, match="was replaced by another object"):
            while stream.read(1 << 16):
                pass


@pytest.mark.promise("P14", "P24")
def test_what_is_not_there_or_not_let_in(store, logs, fails, tmp_path, monkeypatch):
    out = ["--out", tmp_path / "out"]
    assert "there is no bucket nowhere" in fails(3, "run", store.uri("nowhere/logs/"), *out)
    assert "no logs in the folder s3://course/nothing" in fails(3, "run", store.uri("course/nothing"), *out)
    assert "nothing in the store fits s3://course/logs/z*" in fails(3, "run", store.uri("course/logs/z*"), *out)
    assert "is no tracking log" in fails(3, "run", store.uri("course/logs/notes.txt"), *out)
    assert "does not answer" in fails(3, "run", store.uri("course/logs/", 1), *out)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of another")
    assert "does not let these credentials in" in fails(3, "run", store.uri("course/logs/"), *out)
    assert "does not let these credentials in" in fails(3, "run", store.uri("course/logs/a.json"), *out)
    assert not (tmp_path / "out").exists()


@pytest.mark.promise("P24")
@pytest.mark.parametrize("uri", ["s3://name:geheim@course/x", "s3://name:ge/heim@course/x", "s3://course/x?secret_key=geheim", "s3://course?password=geheim",
                                 "s3://geheim@course/x", "s3://course/x?endpoint_override=me:geheim@host", "hdfs://me:geheim@host/x"])  # fmt: skip
@pytest.mark.parametrize("where", ["input", "out"])
def test_a_uri_with_a_secret_is_refused_and_not_repeated(logs, fails, tmp_path, uri, where):
    argv = [uri, "--out", tmp_path / "out"] if where == "input" else [logs, "--out", uri]
    error = fails(2, "run", *argv)
    assert "geheim" not in error
    assert "never on the command line" in error


# ---------------------------------------------------------------- many machines


def test_pieces_read_the_objects_themselves(store, logs, runs, tmp_path):
    translate(logs, tmp_path / "whole", runs.options(shard_bytes=SHARD))
    made = make_plan([store.uri("course/logs/")], 5, runs.options(shard_bytes=SHARD))
    made.write(tmp_path / "plan.json")
    plan = ShardPlan.read(tmp_path / "plan.json")
    assert plan == made
    for index in (4, 0, 2, 1, 3):
        run_piece(plan.piece(index), tmp_path / "pieces")
    merge_shards(plan, tmp_path / "pieces", tmp_path / "out", runs.options())
    assert differences(tmp_path / "out", tmp_path / "whole") == []
    assert no_secret_below(tmp_path)
    merge_shards(plan, tmp_path / "pieces", store.uri("course/merged"), runs.options())
    assert differences(store.get_folder("course/merged", tmp_path / "merged"), tmp_path / "whole") == []


def test_machines_that_share_only_the_store(store, logs, runs, tmp_path, fails, capsys):
    """Pieces lie in the store; one appears whole, with its piece.json last."""
    translate(logs, tmp_path / "whole", runs.options(shard_bytes=SHARD))
    plan, work = tmp_path / "plan.json", store.uri("course/pieces")
    argv = ["shard", "plan", store.uri("course/logs/"), "--shards", 3, "--out", plan, "--shard-bytes", SHARD, "--quiet"]
    assert main([*map(str, argv)]) == 0
    for index in (2, 0, 2):
        assert main(["shard", "run", str(plan), "--index", str(index), "--work", work]) == 0
    assert "were scanned already" in capsys.readouterr().err.splitlines()[-1]
    merge = ["shard", "merge", plan, "--work", work, "--out", tmp_path / "out"]
    assert "1 of the 3 pieces are not in s3://course/pieces: 1 " in fails(3, *merge)
    store.put("course/pieces/piece-1/half", b"")  # of a machine that died
    assert "1 of the 3 pieces are not in" in fails(3, *merge)
    assert main(["shard", "run", str(plan), "--index", "1", "--work", work, "--quiet"]) == 0
    assert main([*map(str, merge), "--key-file", str(runs.key), "--quiet"]) == 0
    assert differences(tmp_path / "out", tmp_path / "whole") == []
    other = make_plan([store.uri("course/logs/a.json")], 3, runs.options())
    with pytest.raises(OutputError, match="another plan"):
        run_piece_afar(other.piece(0), place_of(work))
    with pytest.raises(OutputError, match="cannot write to"):
        run_piece_afar(other.piece(0), place_of(store.uri("nowhere/pieces")))


def test_an_object_that_was_replaced_after_the_plan(store, runs, tmp_path):
    """Even by one of the same size, and of the same samples."""
    large(store, "course/planned/log.json")
    plan = make_plan([store.uri("course/planned/")], 3, runs.options(shard_bytes=SHARD))
    run_piece(plan.piece(0), tmp_path / "pieces")
    large(store, "course/planned/log.json", 500_000)
    with pytest.raises(InputError, match="not the file that it was when the plan was made"):
        run_piece(plan.piece(1), tmp_path / "pieces")


def test_a_dask_cluster_reads_the_objects(store, logs, runs, tmp_path):
    pytest.importorskip("distributed")
    translate(logs, tmp_path / "whole", runs.options())
    argv = ["run", store.uri("course/logs/"), "--out", tmp_path / "out", "--engine", "dask", "--workers", 1, "--quiet", "--key-file", runs.key]
    assert main([*map(str, argv)]) == 0
    assert differences(tmp_path / "out", tmp_path / "whole") == []
    from moocdb_fast.cluster.dask import translate_on_dask

    with pytest.raises(UsageError, match="no place for what the workers scan"):
        translate_on_dask(logs, store.uri("course/dask"), runs.options())
