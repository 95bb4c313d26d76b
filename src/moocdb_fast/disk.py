"""Files that must survive: written whole, brought to the disk, linked."""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

_AT_ONCE = 16
_PIECE = 1 << 20
_NO_LINKS = {errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS}


@contextmanager
def made_whole(path: Path) -> Iterator[Path]:
    """Another name to make a file under, which becomes `path` in the end: whoever sees that sees all of it, however often it is made."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Write a file that appears whole or not at all; `durable` brings it to the disk."""
    with made_whole(path) as temporary, temporary.open("wb") as file:
        file.write(content)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    if durable:
        sync(path.parent)


def make_private(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for their owner alone."""
    for path in (*reversed(folder.parents), folder):
        if not path.exists():
            path.mkdir(mode=0o700, exist_ok=True)


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file; an empty one if there is no such file, or if it was cut off."""
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return content


def sync(path: Path) -> None:
    """Bring a file, or the entries of a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(*folders: Path) -> None:
    """Bring all files and folders below some folders, and these, to the disk."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:  # a disk that is asked for many at once writes them together
        for folder in folders:
            for _ in pool.map(sync, (path for path in folder.rglob("*") if path.is_file())):
                pass
            for path in (*folder.rglob("*"), folder):
                if path.is_dir():
                    sync(path)


def link(source: Path, target: Path) -> None:
    """Give a file a second name; on another file system, a copy."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        shutil.copyfile(source, target)


def disk_use(folder: str | os.PathLike[str]) -> int:
    """The bytes that the files below a folder take on the disk."""
    total = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):  # an attempt that another process has given up may go meanwhile
                total += disk_use(entry.path) if entry.is_dir(follow_symlinks=False) else entry.stat(follow_symlinks=False).st_blocks * 512
    return total


def append_file(source: BinaryIO, target: BinaryIO) -> None:
    """Append what is in a file to another. Where the system can, it copies: then no byte comes through this process."""
    target.flush()
    if sys.platform.startswith("linux"):
        done, size = 0, os.fstat(source.fileno()).st_size
        while done < size:
            copied = os.sendfile(target.fileno(), source.fileno(), done, size - done)
            if not copied:
                raise OSError(errno.EIO, "the file is shorter than it was", source.name)
            done += copied
    else:
        shutil.copyfileobj(source, target, _PIECE)
