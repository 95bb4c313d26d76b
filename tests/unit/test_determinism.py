"""The same inputs give the same bytes, whatever the workers, the shards, the order and the packing of the files, and the surroundings."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import zstandard

from moocdb_fast import Options, output, plan, translate
from moocdb_fast.partitions import Partitions
from moocdb_fast.schema import TABLES

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

from synthetic_log import Plan, lines  # noqa: E402

KIB = 1024
WRITTEN = {*(f"{name}.{suffix}" for name in TABLES for suffix in ("csv", "parquet")), "moocdb.sql", "rejects.jsonl"}


def made(size, era, seed):
    log = list(lines(Plan(size=size, era=era, seed=seed, users=30, courses=4, resources=60, bad_rate=0.01)))
    return b"".join(line + b"\n" for line in log)


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    """Four files of both eras; one repeats the end of the file before it, one has no last newline."""
    folder = tmp_path_factory.mktemp("logs")
    old = made(500_000, "legacy", 1)
    repeated = old[old.index(b"\n", 450_000) + 1 :]
    for name, content in {
        "2013-03.json": old,
        "2013-04.json": repeated + made(450_000, "legacy", 2),
        "2024-09.json": made(600_000, "modern", 3),
        "2024-10.json": made(500_000, "modern", 4)[:-1],
    }.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    path = tmp_path_factory.mktemp("key") / "key"
    path.write_text("0123456789abcdef" * 4 + "\n")
    path.chmod(0o600)
    return path


def bytes_of(folder, names=WRITTEN):
    return {name: (folder / name).read_bytes() for name in sorted(names)}


def ledger(summary):
    """The summary without what may differ from run to run."""
    return {name: value for name, value in summary.to_dict().items() if name != "run"}


@pytest.fixture(scope="module")
def run(key, tmp_path_factory):
    def run(inputs, **options):
        out = tmp_path_factory.mktemp("moocdb")
        made = Options(**({"key_file": key, "formats": ("csv", "parquet"), "workers": 1} | options))
        return translate(inputs, out, made), out

    return run


@pytest.fixture(scope="module")
def reference(run, logs):
    """Summary and files of a run with one worker and a shard per file."""
    summary, out = run(sorted(logs.iterdir()))
    assert min(summary.tables[name] for name in ("observed_events", "click_events", "submissions", "assessments", "problems")) > 100
    assert summary.counts.filtered["duplicate"] > 10
    assert summary.rejected > 0
    return summary, bytes_of(out)


def assert_same(folder, reference):
    found = bytes_of(folder)
    assert [name for name in found if found[name] != reference[1][name]] == []


@pytest.mark.promise("P10")
@pytest.mark.parametrize("shard_bytes", [64 * KIB, 64 * KIB * KIB])
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_workers_and_shards(run, logs, reference, workers, shard_bytes):
    summary, out = run(logs, workers=workers, shard_bytes=shard_bytes)
    assert summary.run.workers == workers
    assert (summary.run.shards > 30) == (shard_bytes == 64 * KIB)
    assert_same(out, reference)
    assert ledger(summary) == ledger(reference[0])
    assert summary.run.uncompressed_bytes == reference[0].run.uncompressed_bytes


@pytest.mark.promise("P10")
def test_shards_shorter_than_a_line(run, tmp_path):
    (tmp_path / "log.json").write_bytes(made(60_000, "modern", 5))
    whole, one = run(tmp_path / "log.json")
    parts, many = run(tmp_path / "log.json", shard_bytes=400)
    assert parts.run.uncompressed_bytes == (tmp_path / "log.json").stat().st_size
    assert parts.run.shards > whole.lines_read
    assert bytes_of(many) == bytes_of(one)
    assert ledger(parts) == ledger(whole)


@pytest.mark.promise("P10")
def test_order_of_the_files(run, logs, reference):
    a, b, c, d = sorted(logs.iterdir())
    for order in ([d, c, b, a], [b, d, a, c], [c, a, a, d, b], [logs], [str(logs / "*-1*.json"), str(logs / "*-0*.json")]):
        assert_same(run(order)[1], reference)


PACK = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstandard.ZstdCompressor().compress}


@pytest.mark.promise("P8", "P10")
@pytest.mark.parametrize("suffix", PACK)
def test_compressed_files(run, logs, reference, tmp_path, suffix):
    for log in logs.iterdir():
        (tmp_path / f"{log.name}.{suffix}").write_bytes(PACK[suffix](log.read_bytes()))
    for shard_bytes in (64 * KIB, 64 * KIB * KIB):
        assert_same(run(tmp_path, shard_bytes=shard_bytes)[1], reference)


@pytest.mark.promise("P8")
def test_packed_and_plain_files_together(run, logs, reference, tmp_path):
    for log, suffix in zip(sorted(logs.iterdir()), ("zst", "", "gz", "xz"), strict=True):
        if suffix:
            data = log.read_bytes()
            half = data.index(b"\n", len(data) // 2) + 9  # two members that meet within a line
            (tmp_path / f"{log.name}.{suffix}").write_bytes(PACK[suffix](data[:half]) + PACK[suffix](data[half:]))
        else:
            shutil.copy(log, tmp_path)
    assert_same(run(tmp_path, workers=2, shard_bytes=200 * KIB)[1], reference)


SURROUNDINGS = [
    (0o000, {"TZ": "XYZ-13:45", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1"}),
    (0o077, {"TZ": "America/New_York", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "4294967295"}),
    (0o027, {"TZ": "", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONHASHSEED": "random"}),
]


@pytest.mark.promise("P10")
@pytest.mark.parametrize(("umask", "environment"), SURROUNDINGS)
def test_surroundings(logs, key, reference, tmp_path, umask, environment):
    """Another time zone, locale, hash seed, umask and current folder, in a process of its own."""
    shutil.copytree(logs, tmp_path / "here")
    out = tmp_path / "out"
    command = [sys.executable, "-m", "moocdb_fast", "run", *sorted(path.name for path in logs.iterdir())]
    command += ["--out", str(out), "--key-file", str(key), "--format", "parquet,csv", "--workers", "1", "--quiet"]
    subprocess.run(command, cwd=tmp_path / "here", env=os.environ | environment, umask=umask, check=True, timeout=60)
    assert_same(out, reference)


OPTIONS = [{}, {"split_by_course": True}, {"keep_duplicates": True, "keep_anonymous": True, "keep_background": True}]


@pytest.mark.promise("P10")
@pytest.mark.parametrize(("options", "workers"), [*((options, 1) for options in OPTIONS), (OPTIONS[0], 3), (OPTIONS[2], 2)])
def test_partitions_on_disk(run, logs, monkeypatch, options, workers):
    """Rows resolved a hundred or so at a time, from disk, maybe by several processes, are those resolved all at once in memory."""
    whole, one = run(logs, shard_bytes=300 * KIB, **options)
    sizes = []
    make_plan = output.make_plan

    def noting(*args, **kwargs):
        made = make_plan(*args, **kwargs)
        sizes.append((made.partitions, len(Partitions(made, Path()).batches)))
        return made

    monkeypatch.setattr(plan, "PARTITION_ROWS", 150)
    monkeypatch.setattr(output, "make_plan", noting)
    summary, many = run(logs, shard_bytes=300 * KIB, workers=workers, **options)
    assert max(sizes) > (3, 1)
    assert ledger(summary) == ledger(whole)
    assert_same_files(many, one)


def assert_same_files(many, one):
    files = {path.relative_to(one) for path in one.rglob("*") if path.is_file()} - {Path("summary.json")}
    assert {path.relative_to(many) for path in many.rglob("*") if path.is_file()} - {Path("summary.json")} == files
    assert bytes_of(many, files) == bytes_of(one, files)


@pytest.mark.promise("P10")
def test_courses_side_by_side(run, logs, tmp_path):
    """Outputs of courses that several processes write are those of one."""
    whole, one = run(logs, split_by_course=True, restricted=tmp_path / "private", payloads=True)
    summary, many = run(logs, split_by_course=True, restricted=tmp_path / "private-too", payloads=True, workers=3)
    assert len(whole.courses) > 1
    assert ledger(summary) == ledger(whole)
    assert summary.warnings == whole.warnings
    assert_same_files(many, one)
    assert_same_files(tmp_path / "private-too", tmp_path / "private")
