"""Full disks, limits on file sizes, places that cannot be written to: exit 4, one line that names the place, nothing at final names."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from contextlib import contextmanager

import pytest

from faults.runs import command, events, files, refusal, write_log
from moocdb_fast import Options, counts, translate
from moocdb_fast.errors import OutputError, UsageError
from moocdb_fast.publish import LOCK, STAGING


def mounted(place, size, *, read_only=False):
    """Mount a file system in memory, if this user may: (whether it was)."""
    options = f"size={size},mode=0777" + (",ro" * read_only)
    return subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], capture_output=True, check=False).returncode == 0


@contextmanager
def small_disk(place, size, **more):
    place.mkdir(exist_ok=True)
    if not mounted(place, size, **more):
        pytest.skip("mounting needs root")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return write_log(tmp_path_factory.mktemp("log") / "log.json", 1_500_000)


@pytest.mark.promise("P11", "P14")
@pytest.mark.parametrize(("room", "formats"), [(0.1, "csv"), (0.5, "csv,parquet"), (0.9, "csv,parquet"), (0.9, "duckdb")])
def test_a_full_disk(tmp_path, log, room, formats):
    """A disk that has room for a part of what the run needs; and once there is more, the same command again."""
    options = {"key": tmp_path / "key", "workers": 2, "shard_bytes": 500_000, "format": formats}
    summary = translate(
        log, tmp_path / "whole", Options(workers=1, shard_bytes=500_000, formats=tuple(formats.split(",")), key_file=tmp_path / "key")
    )
    with small_disk(tmp_path / "disk", int(summary.run.peak_disk_bytes * room)) as disk:
        argv = command(log, out=disk / "out", **options)
        said = refusal(argv, 4)
        assert said.startswith(f"moocdb_fast: cannot write to {disk}/out")
        assert "No space left on device - free some space" in said
        assert list(disk.iterdir()) == []
        subprocess.run(["mount", "-o", "remount,size=200M", str(disk)], check=True)
        assert subprocess.run(argv, check=False).returncode == 0
        if "duckdb" not in formats:
            assert files(disk / "out") == files(tmp_path / "whole")


@pytest.mark.promise("P14")
def test_large_arrays_on_a_full_disk(tmp_path, monkeypatch):
    """Arrays that lie on the disk are given their room at once: a page without room would end the process without a word."""
    monkeypatch.setattr(counts, "_IN_MEMORY", 0)
    with small_disk(tmp_path / "disk", 1_000_000) as disk:
        array = counts.rows_array(disk, "small", 1000, "int32")
        assert (array.sum(), len(array)) == (0, 1000)
        with pytest.raises(OSError, match="No space left"):
            counts.rows_array(disk, "large", 10_000_000, "int32")


@pytest.mark.promise("P14")
@pytest.mark.parametrize(("limit", "workers"), [(1_000, 2), (20_000, 1), (60_000, 2)])
def test_a_limit_on_the_size_of_files(tmp_path, log, limit, workers):
    (tmp_path / "key").write_text("00" * 32)
    (tmp_path / "key").chmod(0o600)
    argv = command(log, out=tmp_path / "out", key=tmp_path / "key", workers=workers, shard_bytes=500_000)
    said = refusal(argv, 4, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    assert "File too large - raise the limit on file sizes (ulimit -f)" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.promise("P14")
def test_a_disk_that_is_read_only(tmp_path, log):
    """Found before the work: the folder of the output, of identities, of the state, of the key."""
    with small_disk(tmp_path / "disk", 1_000_000, read_only=True) as disk:
        good = {"out": tmp_path / "out", "key": tmp_path / "key"}
        for options in ({"out": disk / "out"}, {"restricted": disk / "private"}, {"append": True, "state": disk / "state"}, {"key": disk / "key"}):
            said = refusal(command(log, **(good | options)), 4)
            assert f"cannot write to {disk}/" in said
            assert "Read-only file system - choose a folder on a file system that is not read-only" in said
            assert not (tmp_path / "out").exists()


@pytest.mark.promise("P14")
def test_a_folder_without_permission(tmp_path):
    """As a user who is not root, whom permissions do not stop."""
    (tmp_path / "log.json").write_bytes(events(20))
    (tmp_path / "closed").mkdir(mode=0o500)
    (tmp_path / "key").write_text("00" * 32)
    for path, mode in ((tmp_path / "key", 0o600), (tmp_path, 0o755)):
        path.chmod(mode)
    nobody = 65534
    if os.getuid() == 0:
        os.chown(tmp_path / "key", nobody, nobody)
        os.chown(tmp_path / "closed", nobody, nobody)
        probe = ["-c", f"open({str(tmp_path / 'log.json')!r}); import moocdb_fast"]
        try:
            subprocess.run([sys.executable, *probe], user=nobody, group=nobody, capture_output=True, check=True)
        except (PermissionError, subprocess.CalledProcessError):
            pytest.skip("another user cannot enter the folders of the tests and of Python")
    who = {"user": nobody, "group": nobody, "extra_groups": []} if os.getuid() == 0 else {}
    said = refusal(command(tmp_path / "log.json", out=tmp_path / "closed" / "out", key=tmp_path / "key"), 4, **who)
    assert said.endswith("closed/out: Permission denied - choose a folder you may write to\n")


# ---------------------------------------------------------------- folders of identities


@pytest.fixture
def small(tmp_path):
    (tmp_path / "log.json").write_bytes(events(40))
    return tmp_path


def run(place, **options):
    return translate(place / "log.json", place / "out", Options(**({"workers": 1, "key_file": place / "key"} | options)))


DEAD = """
import os, signal, sys
from pathlib import Path
from moocdb_fast import Options, translate
from moocdb_fast.publish import Staging
place, step, restricted = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
if step == "rename":
    replace, names = os.replace, []
    def counting(source, target):
        names.append(target)
        if Path(target).name == "users.csv":
            os.kill(os.getpid(), signal.SIGKILL)
        replace(source, target)
    os.replace = counting
else:
    setattr(Staging, step, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
translate(place / "log.json", place / "out", Options(workers=1, key_file=place / "key", restricted=restricted))
"""


@pytest.mark.promise("P11", "P12")
@pytest.mark.parametrize(
    ("where", "step"),
    [("out/restricted", step) for step in ("_prepare", "rejects", "publish", "_bring_out", "rename")]
    + [("out/deep/r", "rename"), ("private", "rename")],
)
def test_the_same_command_again_with_a_restricted_folder(small, where, step):
    """Also one in the output folder: what a killed run left there is no foreign file."""
    died = subprocess.run([sys.executable, "-c", DEAD, str(small), step, str(small / where)], timeout=60, check=False)
    assert died.returncode == -9
    run(small, restricted=small / where)
    assert {path.name for path in (small / where).iterdir()} == {"user_pii.csv", "rejects.jsonl"}
    whole = translate(small / "log.json", small / "whole", Options(workers=1, key_file=small / "key", restricted=small / "other"))
    assert whole.events == 40
    found = {name: content for name, content in files(small / "out").items() if "/" not in name}
    assert found == files(small / "whole")
    assert files(small / where) == files(small / "other")


def test_a_failed_run_leaves_no_restricted_folder(small):
    with pytest.raises(OutputError, match=r"cannot write to .*/private"):
        (small / "private").write_text("a file")
        run(small, restricted=small / "private")
    assert not (small / "out").exists()
    (small / "private").unlink()
    (small / "log.json").write_bytes(events(40) + b"{bad}\n")
    with pytest.raises(Exception, match="rejected"):
        run(small, restricted=small / "new" / "private", max_rejects=0)
    assert not (small / "new").exists()


@pytest.mark.promise("P15")
def test_two_outputs_cannot_use_one_restricted_folder_at_once(small, monkeypatch):
    from moocdb_fast import output

    write = output.Output.write

    def meanwhile(*args, **named):
        monkeypatch.setattr(output.Output, "write", write)
        with pytest.raises(OutputError, match=r"another run is writing to .*private"):
            translate(small / "log.json", small / "second", Options(workers=1, key_file=small / "key", restricted=small / "private"))
        assert not (small / "second").exists()
        return write(*args, **named)

    monkeypatch.setattr(output.Output, "write", meanwhile)
    run(small, restricted=small / "private")
    assert set(files(small / "private")) == {"user_pii.csv", "rejects.jsonl"}


def test_the_restricted_folder_is_not_the_output(small):
    with pytest.raises(UsageError, match="--restricted names the output folder"):
        run(small, restricted=small / "out")
    assert not (small / "out").exists()


@pytest.mark.promise("P27")
@pytest.mark.parametrize(
    "journal", ['{"append": false, "ours": ["../victim"], "fresh": []}', '{"append": false, "ours": ["VICTIM"], "fresh": []}', "[]", "{", "7"]
)
def test_a_journal_that_somebody_else_wrote(small, journal):
    """It may lie in a folder that came from elsewhere; no name in it leads out of the output."""
    (small / "victim").write_text("mine")
    (small / "out" / STAGING).mkdir(parents=True)
    (small / "out" / STAGING / "publishing.json").write_text(journal.replace("VICTIM", str(small / "victim")))
    with pytest.raises(OutputError, match=r"publishing\.json is damaged"):
        run(small)
    assert (small / "victim").read_text() == "mine"
    assert not (small / "out" / LOCK).exists()


@pytest.mark.promise("P14")
def test_a_load_without_a_place_for_its_pipes(tmp_path, monkeypatch):
    """The advice is about that place, not about the output."""
    from moocdb_fast.database import load

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    with pytest.raises(OutputError, match=r"cannot write to .*/none") as caught, load._pipes():
        pass
    assert caught.value.hint == "choose another place with TMPDIR"
