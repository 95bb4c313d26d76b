"""Two runs at once, in the output folder, in the state folder, and as one ends while the other begins."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys

import pytest

from faults.runs import command, events, files, left_overs, refusal, start, workers_of
from moocdb_fast import Options, output, state, translate
from moocdb_fast.errors import OutputError
from moocdb_fast.locks import FolderLock


def test_what_was_made_goes_again_and_nothing_else(tmp_path):
    lock = FolderLock(tmp_path / "a" / "b" / ".lock")
    lock.take()
    assert lock.path.exists()
    with pytest.raises(BlockingIOError):
        FolderLock(lock.path).take()
    lock.release()
    assert list(tmp_path.iterdir()) == []
    lock.take()
    (tmp_path / "a" / "mine").write_text("mine")
    lock.release()
    assert [path.name for path in tmp_path.rglob("*")] == ["a", "mine"]


def test_a_folder_that_goes_as_it_is_about_to_be_locked(tmp_path, monkeypatch):
    """The run that made it ends between the making of the folder and that of the lock file."""
    lock, real = FolderLock(tmp_path / "new" / ".lock"), os.open

    def late(path, *more):
        if os.fspath(path) == os.fspath(lock.path):
            monkeypatch.setattr(os, "open", real)
            lock.path.parent.rmdir()
        return real(path, *more)

    monkeypatch.setattr(os, "open", late)
    lock.take()
    assert lock.path.exists()


def test_a_lock_file_that_can_never_be_made_is_an_error(tmp_path):
    (tmp_path / ".lock").symlink_to(tmp_path / "nowhere" / "file")
    with pytest.raises(FileNotFoundError):
        FolderLock(tmp_path / ".lock").take()


@pytest.mark.promise("P15")
def test_two_appends_at_once_with_one_state_folder(tmp_path, monkeypatch):
    """Two outputs, and the second takes the state folder for one that it made: it is refused, and takes nothing of it away."""
    (tmp_path / "log.json").write_bytes(events(30))
    options = Options(append=True, state=tmp_path / "state", workers=1, key_file=tmp_path / "key")
    write, take = output.Output.write, FolderLock.take

    def late(self):
        """As if both had found no state folder and then made it."""
        try:
            take(self)
        finally:
            self.made = [self.path.parent] if self.path.parent == tmp_path / "state" else self.made

    def meanwhile(*args, **named):
        monkeypatch.setattr(output.Output, "write", write)
        monkeypatch.setattr(FolderLock, "take", late)
        with pytest.raises(OutputError, match="another run uses the state folder"):
            translate(tmp_path / "log.json", tmp_path / "second", options)
        monkeypatch.setattr(FolderLock, "take", take)
        assert (tmp_path / "state" / state.SHARDS).is_dir()
        return write(*args, **named)

    monkeypatch.setattr(output.Output, "write", meanwhile)
    assert translate(tmp_path / "log.json", tmp_path / "first", options).run.taken == 1
    assert translate(tmp_path / "log.json", tmp_path / "first", options).run.taken == 0
    assert not (tmp_path / "second").exists()


@pytest.mark.promise("P15")
def test_two_commands_at_once(tmp_path):
    """The first is stopped in its tracks, the second refused; then the first goes on to its end."""
    (tmp_path / "log.json").write_bytes(events(40_000))
    argv = command(tmp_path / "log.json", out=tmp_path / "out", key=tmp_path / "key", workers=2, shard_bytes=500_000)
    first = start(argv)
    while not workers_of(first.pid):
        assert first.poll() is None
    first.send_signal(signal.SIGSTOP)
    try:
        assert "another run is writing to" in refusal(argv, 4)
        assert "another run is writing to" in refusal([*argv, "--overwrite"], 4)
    finally:
        first.send_signal(signal.SIGCONT)
    out, err = first.communicate(timeout=60)
    assert (first.returncode, out, err) == (0, "", "")
    assert left_overs(tmp_path / "out") == []
    translate(tmp_path / "log.json", tmp_path / "whole", Options(workers=1, key_file=tmp_path / "key"))
    assert files(tmp_path / "out") == files(tmp_path / "whole")


@pytest.mark.promise("P15")
def test_many_at_once_give_one_output(tmp_path):
    """Of commands that race for a folder that is not there, one writes; whoever comes late finds the output or the lock."""
    (tmp_path / "log.json").write_bytes(events(300))
    argv = command(tmp_path / "log.json", out=tmp_path / "new" / "out", key=tmp_path / "key", workers=1)
    racing = [start(argv) for _ in range(4)]
    ends = [process.communicate(timeout=60)[1] for process in racing]
    codes = sorted(process.returncode for process in racing)
    assert codes == [0, 4, 4, 4], ends
    assert all(not end or "another run is writing" in end or "is not empty" in end for end in ends)
    translate(tmp_path / "log.json", tmp_path / "whole", Options(workers=1, key_file=tmp_path / "key"))
    assert files(tmp_path / "new" / "out") == files(tmp_path / "whole")


def test_the_lock_is_gone_with_its_process(tmp_path):
    """kill -9 needs no cleaning up."""
    script = (
        "import sys, pathlib, os; from moocdb_fast.locks import FolderLock; FolderLock(pathlib.Path(sys.argv[1])).take(); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", script, str(tmp_path / ".lock")], check=False).returncode == -9
    with (tmp_path / ".lock").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    lock = FolderLock(tmp_path / ".lock")
    lock.take()
    lock.release()
    assert list(tmp_path.iterdir()) == []
