"""Commands of the program in processes of their own, watched while they run: what they say, and what others on the machine can see of them."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Watched:
    """A finished command. `seen` are the command lines of it and of all processes below it; `open_folders` the folders of its work
    that others could have entered."""

    code: int
    said: bytes
    seen: set[bytes] = field(default_factory=set)
    open_folders: set[str] = field(default_factory=set)


def watched(*words: object, place: Path, work: tuple[Path, ...] = (), terminal: bool = False, stdin: bytes = b"", **environment: str) -> Watched:
    """Run `python -m moocdb_fast WORDS` without an umask; its home and its temporary files are below `place`."""
    command = [sys.executable, "-m", "moocdb_fast", *map(str, words)]
    places = {"XDG_CONFIG_HOME": place / "config", "HOME": place / "home", "TMPDIR": place / "tmp"}
    for folder in places.values():
        folder.mkdir(exist_ok=True)
    env = os.environ | {name: str(folder) for name, folder in places.items()} | environment
    said = place / "said"
    ours, theirs = pty.openpty() if terminal else (-1, -1)
    with said.open("wb") as out:
        error = theirs if terminal else out
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=error, env=env, umask=0)
        assert process.stdin is not None
        process.stdin.write(stdin)
        process.stdin.close()
        done = Watched(-1, b"")
        shown = _watch(process, done, (places["TMPDIR"], *work), ours)
    done.code, done.said = process.returncode, said.read_bytes() + shown
    said.unlink()
    for handle in (ours, theirs):
        if handle >= 0:
            os.close(handle)
    return done


def _watch(process: subprocess.Popen[bytes], done: Watched, folders: tuple[Path, ...], terminal: int) -> bytes:
    """Look again and again until the process has ended; what it wrote to the terminal."""
    shown = b""
    if terminal >= 0:
        os.set_blocking(terminal, False)
    deadline = time.monotonic() + 120
    running = True
    while running:
        running = process.poll() is None  # once more after the end
        if time.monotonic() > deadline:
            process.kill()
        for number in _below(process.pid):
            done.seen.add(_read(f"/proc/{number}/cmdline"))
        for folder in folders:
            done.open_folders |= {str(path) for path in _children(folder) if _mode(path) & 0o077}
        if terminal >= 0:
            shown += _typed(terminal)
        time.sleep(0.005)
    return shown


def _below(parent: int) -> list[int]:
    """A process and those below it."""
    found = [parent]
    for number in found:
        found += map(int, _read(f"/proc/{number}/task/{number}/children").split())
    return found


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:  # it has ended
        return b""


def _children(folder: Path) -> list[Path]:
    """Folders of work: in an output they have hidden names, and what has none is finished and for everybody."""
    try:
        return [path for path in folder.iterdir() if path.is_dir() and (path.name.startswith(".") or folder.name == "tmp")]
    except OSError:
        return []


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def _typed(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 20)
    except OSError:  # nothing is there
        return b""
